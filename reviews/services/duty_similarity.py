"""Comparing the reports of a round with each other and with those of the round before: a job's work."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from reviews.duty.layout import layout_of
from reviews.duty.similarity import Boilerplate, Document, Progress, compare_all, document
from reviews.models import DutySimilarity, DutySubmission, Round
from reviews.queries.duty_reports import parts_of
from units import access, audit
from units.models import User

from .duty_review import criteria_of
from .errors import InvalidInput, NotAllowed


def boilerplate_of(submissions: Iterable[DutySubmission], rounds: Iterable[Round]) -> Boilerplate:
    """What the plans and last year's problems say themselves."""
    titles: list[str] = []
    texts: list[str] = []
    for round_ in rounds:
        layout = layout_of(round_.plan_version.document)
        titles += [each.title for each in layout.parts]
        titles += [each.title for each in layout.aspects]
        titles += [each.title for each in layout.topics]
        plan = round_.plan_version.document
        texts += [plan.get("title", ""), plan.get("source", ""), *titles, *criteria_of(round_)]
        texts += _notes(plan.get("duty_report", {}))
        # Quoted one after the other they have runs that none of them has alone.
        texts.append("".join(criteria_of(round_)))
        titles += criteria_of(round_)
    for submission in submissions:
        texts += [row["text"] for row in submission.questions]
    return Boilerplate.of(titles, texts)


def _notes(value: object) -> list[str]:
    """The explanations in a part of a plan, however deep."""
    if isinstance(value, dict):
        own = [str(value["note"])] if value.get("note") else []
        return [*own, *(note for each in value.values() for note in _notes(each))]
    return [note for each in value for note in _notes(each)] if isinstance(value, list) else []


def document_of(submission: DutySubmission, boilerplate: Boilerplate) -> Document:
    texts = [(section.key, section.text) for part in parts_of(submission) for section in part.sections]
    texts += [(each.question.name, each.text) for part in parts_of(submission) for each in part.answers]
    return document(submission.pk, texts, boilerplate)


def submissions_to_compare(round_: Round) -> list[DutySubmission]:
    """What stands in a round as handed in last, whatever was decided on it. One query."""
    found = DutySubmission.objects.filter(report__subject__round=round_, is_current=True)
    return list(found.select_related("report__subject").order_by("report__subject__order", "pk"))


def earlier_round_of(round_: Round) -> Round | None:
    """The last round of the same plan before this one that has reports. One query."""
    found = Round.objects.filter(plan=round_.plan_id, opened_at__lt=round_.opened_at).exclude(pk=round_.pk)
    found = found.filter(subjects__duty_report__submissions__is_current=True).distinct()
    return found.select_related("plan", "plan_version").order_by("-opened_at", "-id").first()


def compare_reports(*, round: Round, by: User | None, progress: Progress) -> DutySimilarity:  # noqa: A002
    """Compare all pairs and keep what they have in common in place of what was kept before. Audited.

    Raises NotAllowed, InvalidInput where fewer than two reports are there.
    """
    if by is not None and not access.may_run_duty_reports(by):
        raise NotAllowed
    rows = submissions_to_compare(round)
    before = earlier_round_of(round)
    earlier = submissions_to_compare(before) if before else []
    if len(rows) + len(earlier) < 2 or not rows:
        raise InvalidInput(_("There are fewer than two reports to compare."))
    words = boilerplate_of([*rows, *earlier], [each for each in (round, before) if each])
    pairs, left_out = compare_all(
        [document_of(row, words) for row in rows], [document_of(row, words) for row in earlier], progress
    )
    with transaction.atomic():
        found, _new = DutySimilarity.objects.update_or_create(
            round=round,
            defaults={
                "earlier_round": before,
                "compared": [row.pk for row in rows],
                "earlier": [row.pk for row in earlier],
                "pairs": [
                    {
                        "left": pair.left,
                        "right": pair.right,
                        "left_share": pair.left_share,
                        "right_share": pair.right_share,
                        "common": pair.common,
                        "longest": pair.longest,
                    }
                    for pair in pairs
                ],
                "left_out": left_out,
                "created_by": by,
            },
        )
        changes = {"reports compared": (None, len(rows) + len(earlier)), "pairs": (None, len(pairs))}
        audit.record(by, "compare duty reports", round, changes=changes, round_id=round.pk)
    return found

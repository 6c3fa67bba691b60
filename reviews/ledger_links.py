"""What ties the rectification ledger to the rest: where its findings come from, where its items are asked for again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from indicators.services import engine_plan
from units import access
from units.models import User

from .duty.layout import Question
from .duty.questions import answer_for
from .findings import Finding, findings_from
from .meeting_actions import Action, on_commentaries
from .models import Conclusion, Inspection, ItemSource, LedgerItem, MeetingState, Remark, RemarkKind, Round, Subject
from .queries.ledger import asked_of
from .queries.poll_office import comments_of
from .queries.promises import unfinished_promises
from .tree import Tree


@findings_from
def commentaries(round_: Round, user: User) -> Iterator[Finding]:
    """What was commented at meetings of the round (领导点评). One query."""
    if not access.may_see_meetings(user):
        return
    rows = Remark.objects.filter(kind=RemarkKind.COMMENTARY, talk__meeting__round=round_).exclude(text="")
    rows = rows.exclude(talk__meeting__state=MeetingState.CANCELLED)
    for row in rows.select_related("talk__meeting", "talk__subject").order_by("talk__meeting", "talk__order", "pk"):
        yield _of_remark(row)


def _of_remark(row: Remark) -> Finding:
    meeting = row.talk.meeting
    return Finding(
        source=ItemSource.COMMENTARY,
        source_id=str(row.pk),
        subject=row.talk.subject,
        text=row.text,
        words=" · ".join(filter(None, (meeting.title, row.who))),
        url=reverse("reviews:talk_record", args=[meeting.round_id, meeting.pk, row.talk_id]),
    )


@findings_from
def comments(round_: Round, user: User) -> Iterator[Finding]:
    """What voters wrote, as far as it is shown, once the subjects may read it themselves. Five queries.

    The key is made of the text alone: no row of a ballot is named, and nothing of who wrote, or when.
    """
    if round_.phase not in access.PUBLISHED or not access.may_read_comments(user):
        return
    for written in comments_of(round_, Subject.objects.filter(round=round_).order_by("order", "code")).values():
        for each in written:
            for text in each.texts:
                key = f"{each.subject.pk}\n{text}"
                yield Finding(
                    source=ItemSource.COMMENT,
                    source_id=hashlib.sha256(key.encode()).hexdigest()[:32],
                    subject=each.subject,
                    text=text,
                    words=_("comments of voters"),
                    url=reverse("reviews:poll_comments", args=[round_.pk]),
                )


@findings_from
def visits(round_: Round, user: User) -> Iterator[Finding]:
    """What visits found partly true or not true. One query."""
    if not access.may_see_inspections(user):
        return
    tree = Tree(engine_plan(round_.plan_version))
    bad = [Conclusion.PARTLY, Conclusion.FALSE]
    rows = Inspection.objects.filter(sampling__round=round_, conclusion__in=bad).select_related("sampling", "subject")
    for row in rows.order_by("sampling__number", "order", "pk"):
        node = tree.get(row.indicator)
        yield Finding(
            source=ItemSource.INSPECTION,
            source_id=str(row.pk),
            subject=row.subject,
            text=row.found,
            words=" · ".join((row.sampling.title, f"{row.indicator} {node.title if node else ''}".strip())),
            url=reverse("reviews:inspection", args=[round_.pk, row.pk]),
        )


@findings_from
def promises_left(round_: Round, user: User) -> Iterator[Finding]:
    """Promises and tasks that were not done, or not as the check found. Three queries."""
    if not access.may_see_all_promises(user):
        return
    for row in unfinished_promises(round_):
        yield Finding(
            source=ItemSource.PROMISE,
            source_id=str(row.pk),
            subject=row.list.subject,
            text=row.text,
            words=" · ".join(filter(None, (row.list.get_kind_display(), row.measure)))[:240],
            url=reverse("reviews:promise_list", args=[round_.pk, row.list_id]),
        )


@on_commentaries
def take_commentaries_in(rows: list[Remark], user: User) -> dict[int, Action]:
    """For whoever keeps the ledger: take a commentary in, or the item that it has become. Two queries."""
    if not access.may_run_ledger(user):
        return {}
    keys = {str(row.pk): row for row in rows if row.text}
    taken = LedgerItem.objects.filter(source=ItemSource.COMMENTARY, source_id__in=keys).exclude(state="withdrawn")
    items = {item.source_id: item for item in taken.select_related("round")}
    rounds = dict(Remark.objects.filter(pk__in=keys).values_list("pk", "talk__meeting__round_id"))
    found = {}
    for key, row in keys.items():
        round_id = rounds[row.pk]
        if item := items.get(key):
            words = _("rectification: %(number)s, %(state)s")
            label = words % {"number": item.code, "state": item.get_state_display()}
            found[row.pk] = Action(label, reverse("reviews:ledger_item", args=[round_id, item.pk]))
        else:
            url = reverse("reviews:ledger_add", args=[round_id])
            found[row.pk] = Action(_("Take into the ledger"), f"{url}?from={ItemSource.COMMENTARY}.{key}")
    return found


@answer_for
def problems_before(subject: Subject) -> Iterator[Question]:
    """What a duty report has to answer: the subject's items of earlier rounds. Two queries.

    Reports are printed and published; what voters wrote its writer reads at the item.
    """
    for item in asked_of(subject):
        words = " · ".join((item.code, item.get_source_display(), item.get_state_display()))
        yield Question(key=f"ledger.{item.pk}", text=item.quotable, source=words)

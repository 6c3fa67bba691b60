"""Grades that the committee sets, for ties at a limit and for cases the rules do not settle.

A decision is an input like any other: the result follows from it when the round is computed again.
It is taken when the input of others may be closed already, so `reviewing` allows it too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from indicators.services import engine_plan
from reviews.models import GradeDecision, Phase, Round, Subject
from units import access, audit
from units.models import User

from .errors import Conflict, InvalidInput, NotAllowed, ReviewError, RoundClosed, Theirs
from .rounds import touch_inputs

OPEN = frozenset({Phase.COLLECTING, Phase.REVIEWING})


def decide_grade(*, subject: Subject, grade: str, reason: str, document: str, seen: int, by: User) -> GradeDecision:
    """Record the committee's grade for a subject, or change it. `seen`: its version, 0 for none yet.

    Audited with from and to; the computed result is stale afterwards. Raises NotAllowed, RoundClosed,
    InvalidInput ("grade", "reason", "document"), Conflict.
    """
    if not access.may_run_rounds(by):
        raise NotAllowed
    reason, document = _stated(reason, document)
    try:
        with transaction.atomic():
            round_ = _open_round(subject.round_id)
            decision = _decide(round_, subject, {"grade": grade, "reason": reason, "document": document}, seen, by)
            touch_inputs(round_.pk)
    except IntegrityError:
        # Somebody else recorded the first decision under our hands.
        raise _conflict(GradeDecision.objects.get(subject=subject)) from None
    return decision


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """The grade that one subject of a block is to get. `seen`: its decision's version, 0 for none yet."""

    subject_id: int
    grade: str
    seen: int


def decide_grades(
    *,
    round: Round,  # noqa: A002
    rows: Sequence[DecisionRow],
    reason: str,
    document: str,
    by: User,
) -> dict[int, ReviewError]:
    """Decide on several subjects with one reason and one document: all of them, or none if one is refused.

    Returns the refused ones by subject. Audited subject by subject; raises like `decide_grade` about what they share.
    """
    if not access.may_run_rounds(by):
        raise NotAllowed
    reason, document = _stated(reason, document)
    if not rows:
        raise InvalidInput(_("Choose a grade for one subject at least."), "grade")
    refused: dict[int, ReviewError] = {}
    with transaction.atomic():
        round_ = _open_round(round.pk)  # locked: nobody else decides in this round meanwhile
        subjects = {s.pk: s for s in Subject.objects.filter(round=round_, pk__in=[row.subject_id for row in rows])}
        for row in rows:
            if row.subject_id not in subjects:
                raise InvalidInput(_("This subject is not of this round."))
            values = {"grade": row.grade, "reason": reason, "document": document}
            try:
                _decide(round_, subjects[row.subject_id], values, row.seen, by)
            except ReviewError as error:
                refused[row.subject_id] = error
        if refused:
            transaction.set_rollback(True)
        else:
            touch_inputs(round_.pk)
    return refused


def _stated(reason: str, document: str) -> tuple[str, str]:
    reason, document = reason.strip(), document.strip()
    if not reason:
        raise InvalidInput(_("A decision needs a reason."), "reason")
    if not document:
        raise InvalidInput(_("State the number of the document or minutes."), "document")
    return reason, document


def _decide(round_: Round, subject: Subject, values: dict[str, str], seen: int, by: User) -> GradeDecision:
    if values["grade"] not in engine_plan(round_.plan_version).grades:
        raise InvalidInput(_("The plan does not have this grade."), "grade")
    before = _seen(subject, seen)
    if before is None:
        decision = GradeDecision.objects.create(subject=subject, created_by=by, updated_by=by, **values)
    else:
        decision = _swap(before, by, values)
    _record(by, "decide grade", subject, before, values)
    return decision


def withdraw_decision(*, subject: Subject, reason: str, seen: int, by: User) -> None:
    """Take a decision back: the rules alone give the grade again. Raises like `decide_grade`."""
    if not access.may_run_rounds(by):
        raise NotAllowed
    if not reason.strip():
        raise InvalidInput(_("Withdrawing a decision needs a reason."), "reason")
    with transaction.atomic():
        round_ = _open_round(subject.round_id)
        before = _seen(subject, seen)
        if before is None:
            return
        if not GradeDecision.objects.filter(pk=before.pk, version=before.version).delete()[0]:
            raise _conflict(before)
        nothing: dict[str, str | None] = {"grade": None, "reason": None, "document": None}
        _record(by, "withdraw grade decision", subject, before, nothing, reason.strip())
        touch_inputs(round_.pk)


def _open_round(pk: int) -> Round:
    """The round, locked, while it takes decisions."""
    round_ = Round.objects.select_for_update().get(pk=pk)
    if round_.phase not in OPEN:
        raise RoundClosed(_("The result of this round is announced; its grades can no longer be changed here."))
    return round_


def _seen(subject: Subject, seen: int) -> GradeDecision | None:
    """The decision as it stands, if that is what the user saw."""
    current = GradeDecision.objects.filter(subject=subject).select_related("updated_by").first()
    if (current.version if current else 0) != seen:
        if current is None:
            raise Conflict(Theirs(_("the decision was withdrawn")))
        raise _conflict(current)
    return current


def _swap(before: GradeDecision, by: User, values: dict[str, str]) -> GradeDecision:
    changed = GradeDecision.objects.filter(pk=before.pk, version=before.version).update(
        version=F("version") + 1, updated_by=by, updated_at=timezone.now(), **values
    )
    if not changed:
        raise _conflict(before)
    return GradeDecision.objects.get(pk=before.pk)


def _conflict(decision: GradeDecision) -> Conflict:
    return Conflict(
        Theirs(decision.grade, decision.reason, decision.updated_by, decision.updated_at, str(decision.version))
    )


def _record(
    by: User,
    action: str,
    subject: Subject,
    before: GradeDecision | None,
    after: dict[str, str] | dict[str, str | None],
    reason: str = "",
) -> None:
    audit.record(
        by,
        action,
        subject,
        changes={name: (getattr(before, name, None), value) for name, value in after.items()},
        round_id=subject.round_id,
        reason=reason,
    )

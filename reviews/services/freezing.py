"""The freeze of a sheet at its deadline (到期冻结), deadlines of single sheets, and opening one again."""

from __future__ import annotations

import datetime
from collections.abc import Collection

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from reviews.models import Assignment, Reopening, Round
from reviews.queries.freezing import standings
from reviews.words import today
from units import access, audit
from units.models import AuditEntry, User

from .errors import InvalidInput, NotAllowed, RoundClosed
from .rounds import ensure_collecting


class SheetFrozen(RoundClosed):
    """The sheet's deadline has passed and the round freezes sheets at their deadlines."""


def frozen_sheets(round_: Round, assignments: Collection[Assignment]) -> dict[int, SheetFrozen]:
    """Assignment id → why it takes no entry now. To be asked by every service that enters on a sheet.

    The office's own loading of a workbook is not asked: that is the office's act, with its own trail.
    """
    found = standings(round_, assignments)
    return {pk: SheetFrozen(standing.words) for pk, standing in found.items() if standing.frozen}


def ensure_open(round_: Round, assignment: Assignment) -> None:
    """Raise SheetFrozen if the sheet takes no entry now."""
    if error := frozen_sheets(round_, [assignment]).get(assignment.pk):
        raise error


def set_freezing(*, round: Round, on: bool, reason: str, by: User) -> Round:  # noqa: A002
    """Switch the freeze of sheets at their deadlines on or off, with a reason. Audited."""
    _guard(by, reason)
    with transaction.atomic():
        locked = ensure_collecting(round)
        before, locked.freeze_at_deadline = locked.freeze_at_deadline, on
        locked.save(update_fields=["freeze_at_deadline"])
        if before != on:
            audit.record(
                by,
                "change freezing",
                locked,
                changes={"freeze at the deadline": ("yes" if before else "no", "yes" if on else "no")},
                round_id=locked.pk,
                reason=reason.strip(),
            )
    return locked


def set_deadlines(
    *,
    round: Round,  # noqa: A002
    assignments: Collection[Assignment],
    deadline: datetime.date | None,
    reason: str,
    by: User,
) -> int:
    """Give sheets a deadline of their own, or (None) the round's again. Says how many changed. Audited."""
    _guard(by, reason)
    with transaction.atomic():
        locked = ensure_collecting(round)
        rows = list(Assignment.objects.filter(round=locked, pk__in=[one.pk for one in assignments]))
        changed = [row for row in rows if row.deadline != deadline]
        AuditEntry.objects.bulk_create(
            audit.entry(
                by,
                "change deadline",
                row,
                changes={"deadline": (row.deadline, deadline)},
                round_id=locked.pk,
                reason=reason.strip(),
            )
            for row in changed
        )
        Assignment.objects.filter(pk__in=[row.pk for row in changed]).update(deadline=deadline)
    return len(changed)


def reopen_sheet(*, assignment: Assignment, until: datetime.date, reason: str, by: User) -> Reopening:
    """Open a frozen sheet again until the end of a day, for its assessor. Ends an earlier opening. Audited."""
    _guard(by, reason)
    if until < today():
        raise InvalidInput(_("The day until which the sheet is open must not have passed."), "until")
    with transaction.atomic():
        ensure_collecting(assignment.round_id)
        before = _end(assignment, by)
        created = Reopening.objects.create(assignment=assignment, until=until, reason=reason.strip(), created_by=by)
        audit.record(
            by,
            "open sheet again",
            assignment,
            changes={"open until": (before, until)},
            round_id=assignment.round_id,
            reason=reason.strip(),
        )
    return created


def close_sheet(*, assignment: Assignment, reason: str, by: User) -> None:
    """Take an opening back before its day. Audited. Raises InvalidInput if there is none."""
    _guard(by, reason)
    with transaction.atomic():
        ensure_collecting(assignment.round_id)
        before = _end(assignment, by)
        if before is None:
            raise InvalidInput(_("This sheet is not opened again."))
        audit.record(
            by,
            "freeze sheet again",
            assignment,
            changes={"open until": (before, None)},
            round_id=assignment.round_id,
            reason=reason.strip(),
        )


def _end(assignment: Assignment, by: User) -> datetime.date | None:
    """End the opening that stands, and say until when it would have been."""
    standing = Reopening.objects.filter(assignment=assignment, ended_at__isnull=True).first()
    if standing is None:
        return None
    standing.ended_at, standing.ended_by = timezone.now(), by
    standing.save(update_fields=["ended_at", "ended_by"])
    return standing.until


def _guard(by: User, reason: str) -> None:
    if not access.may_run_rounds(by):
        raise NotAllowed
    if not reason.strip():
        raise InvalidInput(_("This needs a reason."), "reason")

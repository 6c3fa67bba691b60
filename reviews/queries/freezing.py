"""Until when a sheet takes entries: its deadline, what the office opened again, and both in words."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext as _

from reviews.models import Assignment, Reopening, Round
from reviews.words import is_late, today


@dataclass(frozen=True, slots=True)
class Standing:
    """One sheet's dates. `reopening` is the one in force today, if any."""

    deadline: datetime.date | None
    freezes: bool
    reopening: Reopening | None = None

    @property
    def frozen(self) -> bool:
        """From the day after the deadline, local time, unless the office opened the sheet again."""
        return self.freezes and is_late(self.deadline) and self.reopening is None

    @property
    def words(self) -> str:
        """Until when in words; empty where no date closes the sheet."""
        if not self.freezes or self.deadline is None:
            return ""
        date = {"date": self.deadline.isoformat()}
        if self.reopening is not None and is_late(self.deadline):
            date["until"] = self.reopening.until.isoformat()
            return (
                _(
                    "The deadline was %(date)s. The appraisal office has opened this sheet again: "
                    "it can be filled in until the end of %(until)s."
                )
                % date
            )
        if self.frozen:
            return (
                _(
                    "This sheet is frozen: its deadline was %(date)s. "
                    "The appraisal office can open it again, with a reason."
                )
                % date
            )
        return _("This sheet can be filled in until the end of %(date)s; then it is frozen.") % date


def standings(round_: Round, assignments: Collection[Assignment]) -> dict[int, Standing]:
    """Assignment id → its standing. One query, none if no sheet is both frozen by date and late."""
    deadlines = {one.pk: one.deadline or round_.deadline for one in assignments}
    late = [pk for pk, day in deadlines.items() if is_late(day)] if round_.freeze_at_deadline else []
    opened: dict[int, Reopening] = {}
    if late:
        rows = Reopening.objects.filter(assignment__in=late, ended_at__isnull=True, until__gte=today())
        opened = {row.assignment_id: row for row in rows.select_related("created_by")}
    return {pk: Standing(day, round_.freeze_at_deadline, opened.get(pk)) for pk, day in deadlines.items()}


def standing_of(round_: Round, assignment: Assignment) -> Standing:
    return standings(round_, [assignment])[assignment.pk]

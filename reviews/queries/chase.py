"""The chase board (催办): who still has to enter what, late ones first, and what was done about it.

The number of queries depends on neither subjects, sheets nor accounts.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.db.models import Max

from reviews.models import (
    Assignment,
    Attainment,
    Delegation,
    Mark,
    NumberInput,
    Reminder,
    Reopening,
    Round,
)
from reviews.tree import Tree, takes_marks
from units.models import Role, Unit, User

from .accounts import assessors_of
from .freezing import Standing, standings
from .progress import Completeness, LeafProgress, completeness, leaf_progress


@dataclass(frozen=True, slots=True)
class Line:
    """One sheet: a leaf of one assessor."""

    leaf: LeafProgress
    assignment: Assignment
    standing: Standing
    last_activity: datetime.datetime | None = None
    last_reminded: datetime.datetime | None = None
    deputies: tuple[Delegation, ...] = ()

    @property
    def late(self) -> bool:
        return self.leaf.late


@dataclass(slots=True)
class Group:
    """One assessor with its sheets; `unit` None and no name: the office itself."""

    assessor: str
    unit: Unit | None
    lines: list[Line] = field(default_factory=list)

    @property
    def total(self) -> Completeness:
        return completeness([line.leaf for line in self.lines])

    @property
    def late(self) -> int:
        return sum(line.late for line in self.lines)

    @property
    def first_deadline(self) -> datetime.date | None:
        """Of what is missing, the deadline that comes (or came) first."""
        days = [line.leaf.deadline for line in self.lines if line.leaf.missing and line.leaf.deadline]
        return min(days, default=None)

    @property
    def last_activity(self) -> datetime.datetime | None:
        return max((line.last_activity for line in self.lines if line.last_activity), default=None)

    @property
    def last_reminded(self) -> datetime.datetime | None:
        return max((line.last_reminded for line in self.lines if line.last_reminded), default=None)

    @property
    def pending(self) -> list[Line]:
        return [line for line in self.lines if line.leaf.missing]


def chase_groups(round_: Round, tree: Tree, assignments: Collection[Assignment] | None = None) -> list[Group]:
    """Every assessor's sheets (or those given), the latest first, then the least complete. 13 queries at most."""
    wanted = list(round_.assignments.select_related("unit")) if assignments is None else list(assignments)
    leaves = leaf_progress(round_, tree, wanted)
    dates = standings(round_, wanted)
    active = _last_activity(round_)
    reminded = dict(
        Reminder.objects.filter(round=round_, about=Reminder.About.SHEETS)
        .order_by()
        .values_list("sheets")
        .annotate(last=Max("sent_at"))
        .values_list("sheets", "last")
    )
    deputies = _deputies(round_)
    groups: dict[tuple[str, int | None], Group] = {}
    for leaf in leaves:
        one = leaf.assignment
        if one is None:
            continue
        group = groups.setdefault((one.assessor, one.unit_id), Group(one.assessor, one.unit))
        by = one.assessor if takes_marks(leaf.node) else ""
        group.lines.append(
            Line(
                leaf,
                one,
                dates[one.pk],
                active.get((one.indicator, by)),
                reminded.get(one.pk),
                tuple(deputies.get(one.pk, ())),
            )
        )
    return sorted(groups.values(), key=_urgency)


def _urgency(group: Group) -> tuple[bool, bool, datetime.date, int]:
    return (
        not group.late,
        not group.total.missing,
        group.first_deadline or datetime.date.max,
        group.total.percent,
    )


def _last_activity(round_: Round) -> dict[tuple[str, str], datetime.datetime]:
    """(leaf, assessor) → when a value was entered or changed last; assessor "" where only the leaf is known."""
    found: dict[tuple[str, str], datetime.datetime] = {}
    marks = Mark.objects.filter(subject__round=round_).order_by()
    for code, assessor, last in marks.values_list("indicator", "assessor").annotate(last=Max("updated_at")):
        for key in ((code, assessor), (code, "")):
            found[key] = max(last, found.get(key, last))
    for model in (Attainment, NumberInput):
        rows = model.objects.filter(subject__round=round_).order_by()
        for code, last in rows.values_list("indicator").annotate(last=Max("updated_at")):
            found[code, ""] = last
    return found


def _deputies(round_: Round) -> dict[int, list[Delegation]]:
    """Sheet → the delegations in force on it today."""
    found: dict[int, list[Delegation]] = {}
    rows = Delegation.objects.current().filter(round=round_).select_related("giver", "taker")
    for row in rows.prefetch_related("sheets"):
        for sheet in row.sheets.all():
            found.setdefault(sheet.pk, []).append(row)
    return found


def recipients(groups: Iterable[Group]) -> dict[int, list[User]]:
    """Place of a group → the accounts that can enter for it: its assessors and who stands in for them. Two queries."""
    groups = list(groups)
    by_unit = assessors_of({group.unit.pk for group in groups if group.unit})
    office: list[User] = []
    if any(group.unit is None and not group.assessor for group in groups):
        accounts = User.objects.filter(role_grants__role=Role.OFFICE, is_active=True)
        office = list(accounts.order_by("name", "pk").distinct())
    found: dict[int, list[User]] = {}
    for place, group in enumerate(groups):
        if group.unit is None and group.assessor:
            found[place] = []
            continue
        own = by_unit.get(group.unit.pk, []) if group.unit else office
        deputies = [row.taker for line in group.lines for row in line.deputies if row.taker.is_active]
        found[place] = list({user.pk: user for user in (*own, *deputies)}.values())
    return found


def reopenings_of(assignment: Assignment) -> list[Reopening]:
    """Each time the sheet was opened again, the last first."""
    return list(assignment.reopenings.select_related("created_by", "ended_by"))

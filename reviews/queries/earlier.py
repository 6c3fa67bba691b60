"""Which rounds may be put into a set of earlier rounds, the likely ones first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from indicators.sets import PlanSet
from reviews.models import Round, RoundSetMember
from reviews.periods import read
from reviews.services.set_members import reading_rounds

CHOICES = 300  # of the newest rounds


@dataclass(slots=True)
class Choices:
    """`suggested`: of the set's plan and kind of period, within this round's period, first period first.
    `fitting`: the others of that plan and kind of period, `others`: all else, both newest first."""

    suggested: list[Round] = field(default_factory=list)
    fitting: list[Round] = field(default_factory=list)
    others: list[Round] = field(default_factory=list)

    @property
    def all(self) -> list[Round]:
        return [*self.suggested, *self.fitting, *self.others]


def members_of(round_: Round) -> list[RoundSetMember]:
    """The members of all sets of a round with their rounds and plans, by the period's name. One query."""
    found = RoundSetMember.objects.filter(round=round_).select_related("earlier__plan", "earlier__plan_version__plan")
    return sorted(found, key=lambda member: (member.set_name, member.earlier.name, member.pk))


def rounds_to_choose(round_: Round | None = None) -> list[Round]:
    """The newest rounds that a round (or one to be opened) may read: not itself, none that reads it. Two queries."""
    found = Round.objects.select_related("plan").order_by("-opened_at", "-id")
    if round_ is not None:
        found = found.exclude(pk__in={round_.pk, *reading_rounds(round_.pk)})
    return list(found[:CHOICES])


def choices(rounds: Sequence[Round], each: PlanSet, name: str, *, taken: Collection[RoundSetMember] = ()) -> Choices:
    """Sort rounds by how well they fit a set of a round of this name; those in the set already are left out."""
    here, found = read(name), Choices()
    ids = {member.earlier_id for member in taken}
    names = {member.earlier.name for member in taken}
    for one in rounds:
        if one.pk in ids or one.name in names:
            continue
        period = read(one.name)
        fits = (not each.plan or one.plan.code == each.plan) and (
            not each.period or (period is not None and period.kind == each.period)
        )
        if not fits or not (each.plan or each.period):
            found.others.append(one)
        elif here and period and here.holds(period) and period not in {read(other.name) for other in found.suggested}:
            found.suggested.append(one)
        else:
            found.fitting.append(one)
    found.suggested.sort(key=lambda one: one.name if (period := read(one.name)) is None else period.label)
    return found

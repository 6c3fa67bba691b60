"""The payout list (绩效奖金): what each subject is paid for its grade, or for its months.

Whoever was there only part of the period is paid at one grade of the plan, by months, whatever the own grade is:
amount × months ÷ months of the period, rounded half up to 0.01.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from appraisal_site.lib.fields import canonical
from indicators import document as documents
from indicators.models import PlanVersion
from reviews.models import PartialPresence, Round
from reviews.services.selections import months_of

from .engine.rounding import round_half_up
from .engine.text import figure, gettext_noop
from .engine.types import Plan, Text
from .money import LARGEST, YUAN, amount_in_words
from .standings import Standing

CENT = 2  # decimals of a sum that is paid
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Table:
    """The plan's amounts, best grade first. `months` is the length of the round's period, where it is known."""

    unit: str
    amounts: Mapping[str, Decimal]
    otherwise: Decimal
    partial_at: str
    months: int | None
    note: str

    def of(self, grade: str | None) -> Decimal:
        return self.amounts.get(grade, self.otherwise) if grade else self.otherwise

    @property
    def by_months(self) -> bool:
        """Whether months present count at all."""
        return bool(self.partial_at and self.months)


@dataclass(frozen=True, slots=True)
class Line:
    """One subject. `amount` is the full one that the payment is worked out from."""

    standing: Standing
    presence: PartialPresence | None
    amount: Decimal
    paid: Decimal

    @property
    def months(self) -> int | None:
        return self.presence.months if self.presence else None


@dataclass(frozen=True, slots=True)
class Sum:
    """`title` "": those without a grade. `part`: how many of them are paid by months."""

    title: str
    amount: Decimal | None  # the full one, of a grade
    count: int
    part: int
    paid: Decimal


def payout_table(round_: Round, plan: Plan) -> Table | None:
    """The payout of the round's plan, or None. No query."""
    version: PlanVersion = round_.plan_version
    if not version.document.get("payout"):
        return None
    row = documents.read_stored(version.document)["payout"]
    return Table(
        unit=row.get("unit", ""),
        amounts=dict(documents.in_order(row["amounts"], plan.grades)),
        otherwise=row.get("otherwise", NOTHING),
        partial_at=row.get("partial_at", ""),
        months=months_of(round_),
        note=row.get("note", ""),
    )


def presences(round_: Round) -> dict[int, PartialPresence]:
    """Subject → its months, for those who were there only part of the period. One query."""
    return {row.subject_id: row for row in PartialPresence.objects.filter(subject__round=round_)}


def pay(table: Table, standing: Standing, presence: PartialPresence | None) -> Line:
    """What one subject is paid."""
    if presence is None or not table.by_months:
        amount = table.of(standing.grade)
        return Line(standing, None, amount, _to_cents(Fraction(amount)))
    amount = table.of(table.partial_at)
    return Line(standing, presence, amount, _to_cents(Fraction(amount) * presence.months / (table.months or 1)))


def payout_lines(table: Table, standings: Iterable[Standing], present: Mapping[int, PartialPresence]) -> list[Line]:
    return [pay(table, standing, present.get(standing.pk)) for standing in standings]


def _to_cents(value: Fraction) -> Decimal:
    return Decimal(round_half_up(value.numerator * 10**CENT, value.denominator)).scaleb(-CENT)


# ---------------------------------------------------------------- sums


def sums_by_grade(table: Table, plan: Plan, lines: Sequence[Line]) -> list[Sum]:
    """A line for each grade of the plan, and one for those without a grade if there are any."""
    groups: dict[str, list[Line]] = {grade: [] for grade in plan.grades}
    for line in lines:
        groups.setdefault(line.standing.grade or "", []).append(line)
    return [_sum(grade, table.of(grade), members) for grade, members in groups.items()]


def sums_by_category(plan: Plan, lines: Sequence[Line]) -> list[Sum]:
    groups: dict[str, list[Line]] = {category: [] for category in plan.categories}
    for line in lines:
        groups.setdefault(line.standing.category, []).append(line)
    return [_sum(category, None, members) for category, members in groups.items() if members]


def total_of(lines: Sequence[Line]) -> Sum:
    return _sum("", None, lines)


def _sum(title: str, amount: Decimal | None, lines: Sequence[Line]) -> Sum:
    return Sum(
        title=title,
        amount=amount,
        count=len(lines),
        part=sum(line.presence is not None for line in lines),
        paid=sum((line.paid for line in lines), Decimal("0.00")),
    )


def in_words(table: Table, paid: Decimal) -> str:
    """The sum as a form writes it (大写); empty where the plan does not pay in yuan."""
    return amount_in_words(paid) if table.unit == YUAN and paid < LARGEST else ""


def line_words(table: Table, line: Line) -> Text:
    """How the payment comes about, in a sentence."""
    unit = table.unit
    if line.presence is not None:
        exact = Fraction(line.amount) * line.presence.months / (table.months or 1)
        return Text(
            gettext_noop(
                "present %(months)s of %(whole)s months (%(reason)s): paid at “%(grade)s”, "
                "%(amount)s × %(months)s ÷ %(whole)s = %(exact)s, rounded half up: %(paid)s %(unit)s"
            ),
            {
                "months": line.presence.months,
                "whole": table.months,
                "reason": line.presence.reason,
                "grade": table.partial_at,
                "amount": canonical(line.amount),
                "exact": figure(exact),
                "paid": str(line.paid),
                "unit": unit,
            },
        )
    if line.standing.grade is None:
        return Text(gettext_noop("without a grade: %(paid)s %(unit)s"), {"paid": str(line.paid), "unit": unit})
    return Text(
        gettext_noop("for the grade “%(grade)s”: %(paid)s %(unit)s"),
        {"grade": line.standing.grade, "paid": str(line.paid), "unit": unit},
    )

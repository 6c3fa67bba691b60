"""What a circular says: by responsible unit how many problems there were, are settled and overdue, and which are."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from reviews.models import ItemState, LedgerItem, Round
from reviews.queries.ledger import ledger_of
from units import access

NUMBERS = ("items", "struck_off", "in_time", "open", "waiting", "overdue")


@dataclass(frozen=True, slots=True)
class Period:
    starts: datetime.date
    ends: datetime.date

    @property
    def day(self) -> datetime.date:
        """As of when the numbers are: its last day, or today while it lasts."""
        return min(self.ends, timezone.localdate())

    @property
    def words(self) -> str:
        year = self.starts.year
        for number, title in ((1, _("first half of %(year)d")), (2, _("second half of %(year)d"))):
            if self == half_year(year, number):
                return title % {"year": year}
        return _("%(start)s to %(end)s") % {"start": self.starts.isoformat(), "end": self.ends.isoformat()}


def half_year(year: int, number: int) -> Period:
    if number == 1:
        return Period(datetime.date(year, 1, 1), datetime.date(year, 6, 30))
    return Period(datetime.date(year, 7, 1), datetime.date(year, 12, 31))


@dataclass(slots=True)
class Line:
    """One unit, or the sum. What was struck off in the period and what is open at its end are the items; `waiting` and
    `overdue` are parts of what is open, `in_time` of what was struck off."""

    unit: str
    items: int = 0
    struck_off: int = 0
    in_time: int = 0
    open: int = 0
    waiting: int = 0
    overdue: int = 0

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(getattr(self, name) for name in NUMBERS)

    def add(self, item: LedgerItem, day: datetime.date) -> None:
        self.items += 1
        if _struck_off_by(item, day):
            self.struck_off += 1
            self.in_time += item.in_time
        else:
            self.open += 1
            self.waiting += _reported_by(item, day)
            self.overdue += is_overdue(item, day)


@dataclass(slots=True)
class Circular:
    round: Round
    period: Period
    lines: list[Line] = field(default_factory=list)
    overdue: list[LedgerItem] = field(default_factory=list)
    items: list[LedgerItem] = field(default_factory=list)

    @property
    def total(self) -> Line:
        total = Line(_("Sum"))
        for line in self.lines:
            for name in (each.name for each in fields(Line) if each.name != "unit"):
                setattr(total, name, getattr(total, name) + getattr(line, name))
        return total

    @property
    def title(self) -> str:
        return _("Circular on the rectification of %(round)s") % {"round": self.round.title}

    @property
    def summary(self) -> str:
        total = self.total
        words = _(
            "As of %(day)s the ledger of this period (%(period)s) has %(items)d problems. %(struck_off)d are struck "
            "off, %(in_time)d of them in time; %(open)d are not settled, of which %(waiting)d wait to be verified and "
            "%(overdue)d are overdue."
        )
        said: dict[str, Any] = {name: getattr(total, name) for name in NUMBERS}
        return words % (said | {"day": self.period.day.isoformat(), "period": self.period.words})


def circular_of(round_: Round, period: Period, user: Any) -> Circular:
    """The numbers are of all items; lists hold those that this account may read. One query.

    Deadlines are those of today: what was put off meanwhile counts as put off.
    """
    day = period.day
    found = [item for item in ledger_of(round_).exclude(state=ItemState.WITHDRAWN) if _belongs(item, period)]
    made = Circular(round_, period, items=[item for item in found if access.may_read_item(user, item)])
    made.lines = _lines(found, day)
    made.overdue = [item for item in made.items if is_overdue(item, day)]
    made.overdue.sort(key=lambda item: (item.deadline, item.round_id, item.number))
    return made


def _lines(items: Iterable[LedgerItem], day: datetime.date) -> list[Line]:
    lines: dict[str, Line] = {}
    for item in items:
        unit = unit_of(item)
        lines.setdefault(unit, Line(unit)).add(item, day)
    return sorted(lines.values(), key=lambda line: (-line.overdue, -line.open, line.unit))


def unit_of(item: LedgerItem) -> str:
    return item.unit.name if item.unit else item.subject.name


def _belongs(item: LedgerItem, period: Period) -> bool:
    """Taken in by the end of the period, and not settled before it."""
    if timezone.localtime(item.created_at).date() > period.ends:
        return False
    return item.struck_off_at is None or timezone.localtime(item.struck_off_at).date() >= period.starts


def _struck_off_by(item: LedgerItem, day: datetime.date) -> bool:
    return item.struck_off_at is not None and timezone.localtime(item.struck_off_at).date() <= day


def _reported_by(item: LedgerItem, day: datetime.date) -> bool:
    return item.reported_at is not None and timezone.localtime(item.reported_at).date() <= day


def is_overdue(item: LedgerItem, day: datetime.date) -> bool:
    """Past its deadline, and nobody had reported by that day that it is done."""
    return item.deadline < day and not _struck_off_by(item, day) and not _reported_by(item, day)


HALVES = 6


def recent_halves(today: datetime.date) -> Sequence[tuple[str, Period]]:
    """The half-year of today and those before, by their keys such as 2026-2."""
    number = today.year * 2 + (today.month > 6)
    pairs = [divmod(number - back, 2) for back in range(HALVES)]
    return [(f"{year}-{half + 1}", half_year(year, half + 1)) for year, half in pairs]

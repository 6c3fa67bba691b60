"""The labels of periods: 2026, 2026-Q1, 2026-11, and how people write them (2026年第一季度, 2026年11月)."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass

YEAR, QUARTER, MONTH = "year", "quarter", "month"

_NUMBERS = {"一": 1, "二": 2, "三": 3, "四": 4}
# Exactly these: a label that says more (2026 上半年) is none of these periods.
_LABELS = (
    (YEAR, re.compile(r"(\d{4})(?:\s*年度?)?")),
    (QUARTER, re.compile(r"(\d{4})[-/. ]?[Qq]([1-4])")),
    (QUARTER, re.compile(r"(\d{4})\s*年?\s*第?([一二三四1-4])季度?")),
    (MONTH, re.compile(r"(\d{4})(?:[-/.]|\s*年\s*)(0?[1-9]|1[0-2])月?")),
)


@dataclass(frozen=True, slots=True)
class Period:
    """`number`: of the quarter or the month; 0 for a year."""

    kind: str
    year: int
    number: int = 0

    @property
    def label(self) -> str:
        if self.kind == QUARTER:
            return f"{self.year}-Q{self.number}"
        return f"{self.year}-{self.number:02}" if self.kind == MONTH else str(self.year)

    def holds(self, other: Period) -> bool:
        """Whether the other is a shorter period within this one."""
        if other.year != self.year or other.kind == YEAR:
            return False
        if self.kind == YEAR:
            return True
        return self.kind == QUARTER and other.kind == MONTH and (other.number + 2) // 3 == self.number

    def before(self) -> Period:
        """The one before of the same kind."""
        last = {QUARTER: 4, MONTH: 12}.get(self.kind, 0)
        if self.number > 1:
            return Period(self.kind, self.year, self.number - 1)
        return Period(self.kind, self.year - 1, last)


def read(name: str) -> Period | None:
    """What period a round's name says; None if it says none."""
    for kind, pattern in _LABELS:
        if match := pattern.fullmatch(name.strip()):
            year, number = match[1], (match[2] if kind != YEAR else "0")
            return Period(kind, int(year), _NUMBERS.get(number) or int(number))
    return None


def around(day: datetime.date, kinds: Sequence[str]) -> list[Period]:
    """The periods of these kinds in which the day lies, and the one before each: what a round is opened for."""
    now = {
        MONTH: Period(MONTH, day.year, day.month),
        QUARTER: Period(QUARTER, day.year, (day.month + 2) // 3),
        YEAR: Period(YEAR, day.year),
    }
    return [period for kind in (MONTH, QUARTER, YEAR) if kind in kinds for period in (now[kind], now[kind].before())]

"""What a round workbook states about a round's input, as plain rows."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from decimal import Decimal

from units.models import Person, Unit

SUBJECTS, FACTS = "subjects", "facts"
MARKS, NOT_APPLICABLE, ATTAINMENTS, NUMBERS = "marks", "not_applicable", "attainments", "numbers"
EVENTS, BALLOTS, TALLIES, EARLIER = "events", "ballots", "tallies", "earlier"
SECTIONS = (SUBJECTS, FACTS, MARKS, NOT_APPLICABLE, ATTAINMENTS, NUMBERS, EVENTS, BALLOTS, TALLIES, EARLIER)


# Rows name their subject by code; `row` is the caller's own place of it (a sheet's row), never stored.


@dataclass(slots=True)
class SubjectRow:
    """`facts`: code → stored form ("true", "12.5", a choice), or "" where the cell is empty.

    `unit` and `person`: whom a new subject stands for, if the organisation knows it (`link_subjects`).
    """

    code: str
    name: str
    category: str
    group: str
    facts: dict[str, str]
    row: int = 0
    unit: Unit | None = None
    person: Person | None = None


@dataclass(slots=True)
class MarkRow:
    subject: str
    indicator: str
    assessor: str
    value: Decimal
    note: str
    row: int = 0


@dataclass(slots=True)
class NotApplicableRow:
    subject: str
    indicator: str
    assessor: str
    note: str
    row: int = 0


@dataclass(slots=True)
class AttainmentRow:
    subject: str
    indicator: str
    target: Decimal
    actual: Decimal
    row: int = 0


@dataclass(slots=True)
class NumberRow:
    subject: str
    indicator: str
    value: Decimal
    row: int = 0


@dataclass(slots=True)
class EventRow:
    subject: str
    indicator: str
    item: str
    count: Decimal
    value: Decimal | None
    matter: str
    basis: str
    date: datetime.date | None
    status: str
    row: int = 0


@dataclass(slots=True)
class VoteRow:
    """One answer of a ballot. Who voted was checked and is not here."""

    number: str
    voter_class: str
    subject: str
    indicator: str
    answer: str
    row: int = 0


@dataclass(slots=True)
class TallyRow:
    subject: str
    indicator: str
    voter_class: str
    answer: str
    count: int
    row: int = 0


@dataclass(slots=True)
class EarlierRow:
    subject: str
    set_name: str
    round_name: str
    total: Decimal | None
    points: Decimal | None
    grade: str
    row: int = 0


@dataclass(slots=True)
class Content:
    """What a workbook states. `stated`: the sections it has, be they empty."""

    subjects: list[SubjectRow] = field(default_factory=list)
    marks: list[MarkRow] = field(default_factory=list)
    not_applicable: list[NotApplicableRow] = field(default_factory=list)
    attainments: list[AttainmentRow] = field(default_factory=list)
    numbers: list[NumberRow] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    votes: list[VoteRow] = field(default_factory=list)
    tallies: list[TallyRow] = field(default_factory=list)
    earlier: list[EarlierRow] = field(default_factory=list)
    stated: frozenset[str] = frozenset()


@dataclass(slots=True)
class Changes:
    """How many rows of a section are new, changed, withdrawn, unchanged."""

    new: int = 0
    changed: int = 0
    withdrawn: int = 0
    unchanged: int = 0

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.withdrawn)

"""From what the independent check reads out of a workbook to the engine's inputs, and plans by their codes."""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction
from functools import cache
from typing import Any

from indicators import document, plan_file
from indicators.services import preset_text
from scoring.engine import types as t

WIDE = Context(prec=60)


@cache
def preset(code: str) -> t.Plan:
    """The plan as the product ships it."""
    return document.parse(plan_file.load(preset_text(code)))


def decimal(value: Fraction | int | str) -> Decimal:
    number = Fraction(value)
    return WIDE.divide(Decimal(number.numerator), Decimal(number.denominator))


def answer(value: Fraction | str) -> str:
    return value if isinstance(value, str) else f"{decimal(value):f}"


def inputs_of(book: Any) -> t.Inputs:
    """A workbook as the oracle read it (`tests.oracle.book.read`), as the engine takes it."""
    subjects = [_subject(book, one) for one in book.subjects]
    return t.Inputs(subjects, frozenset(row["set"] for row in book.past))


def _subject(book: Any, one: Any) -> t.SubjectInput:
    def own(table: dict[Any, Any]) -> dict[str, Any]:
        return {key[1]: value for key, value in table.items() if key[0] == one.code}

    marks = {}
    for code, values in own(book.marks).items():
        names = _names(book.markers[one.code, code])
        marks[code] = [t.Mark(name, decimal(value)) for name, value in zip(names, values, strict=True)]
    votes: dict[str, dict[str, dict[str, int]]] = {}
    for (subject, code, name), counter in book.votes.items():
        if subject == one.code:
            votes.setdefault(code, {})[name] = {answer(value): count for value, count in counter.items()}
    earlier: dict[str, list[t.Earlier]] = {}
    for row in book.past:
        if row["subject"] == one.code:
            total = None if row["total"] is None else decimal(row["total"])
            full = None if row["full"] is None else decimal(row["full"])
            earlier.setdefault(row["set"], []).append(t.Earlier(row["round"], total, full, row["grade"] or None))
    return t.SubjectInput(
        key=one.code,
        category=one.category,
        group=one.group,
        name=one.name,
        facts={code: _fact(value) for code, value in one.facts.items() if value is not None},
        not_applicable=frozenset(own(dict.fromkeys(book.not_applicable))),
        marks=marks,
        events={code: [_event(event) for event in events] for code, events in own(book.events).items()},
        attainment={code: t.Attainment(decimal(a), decimal(b)) for code, (a, b) in own(book.attainments).items()},
        numbers={code: decimal(value) for code, value in own(book.values).items()},
        votes=votes,
        earlier=earlier,
    )


def _names(written: list[str]) -> list[str]:
    """As written; an engine's input needs to tell those apart that a workbook leaves empty."""
    return written if len(set(written)) == len(written) else [f"{name}{i}" for i, name in enumerate(written)]


def _fact(value: Any) -> t.FactValue:
    return decimal(value) if isinstance(value, Fraction) else value


def _event(event: dict[str, Any]) -> t.Event:
    value = None if event["value"] is None else decimal(event["value"])
    status = "approved" if event["approved"] else "pending"
    return t.Event(event["item"], decimal(event["count"]), value, event["matter"], status)

"""The engine's judgement of a workbook's inputs, put to the cells they came from.

What the plan's rules forbid (a mark above the points, an item that the catalogue does not have, an input where
nothing applies …) is checked by the engine alone, so that a workbook and a computation can never disagree.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from indicators.rendering import render
from reviews.services.bulk.content import Content, SubjectRow
from scoring.engine import check_inputs
from scoring.engine.types import (
    Attainment,
    Earlier,
    Event,
    FactType,
    FactValue,
    InputError,
    Inputs,
    Mark,
    Plan,
    SubjectInput,
)
from scoring.load import fact_value

from . import layout
from .checked import Checked

# Where an error of a field belongs; on the indicator itself if not said here.
_COLUMNS = {
    "mark": layout.MARK,
    "event.item": layout.CATALOGUE_ITEM,
    "event.count": layout.COUNT,
    "event.value": layout.WORTH,
    "event.status": layout.STATUS,
    "attainment.target": layout.TARGET,
    "attainment.actual": layout.ACTUAL,
    "number": layout.NUMBER,
    "vote": layout.ANSWER,
    "vote.class": layout.VOTER_CLASS,
    "earlier": layout.POINTS,
}


def find_errors(checked: Checked, known_sets: Iterable[str], *, allow_missing: bool) -> None:
    """Ask the engine, and add what it finds to `checked.problems`, each at its cell."""
    inputs = as_inputs(checked.plan, checked.content, known_sets, allow_missing=allow_missing)
    place_errors(checked, check_inputs(checked.plan, inputs))


def place_errors(checked: Checked, errors: Iterable[InputError]) -> None:
    errors = list(errors)
    # To whom nothing applies: that everything entered for him applies to nothing is no further error.
    empty = {e.subject for e in errors if (e.field, e.code) == ("not_applicable", checked.plan.root.code)}
    for error in errors:
        if error.field == "missing" and _is_tainted(checked, error):
            continue
        if error.field.endswith(".not_applicable") and error.subject in empty:
            continue
        for sheet, row, column in _places(checked, error):
            checked.problems.add(sheet, checked.tables[sheet].cell(row, column), render(error.text))


def _is_tainted(checked: Checked, error: InputError) -> bool:
    """Whether the input is there but has an error of its own; a carried leaf's input is the whole of 往期."""
    carried = checked.tree.nodes[error.code].method == "carried" and (error.subject, "") in checked.tainted
    return carried or (error.subject, error.code) in checked.tainted


def _places(checked: Checked, error: InputError) -> list[tuple[str, int, str]]:
    if error.field == "missing" and (error.subject, error.code) in checked.unfilled:
        column, row = checked.unfilled[error.subject, error.code]
        sheet = {layout.TARGET: layout.ATTAINMENTS, layout.NUMBER: layout.NUMBERS}.get(column, layout.SCORES)
        return [(sheet, row, column)]
    column = _COLUMNS.get(error.field, layout.INDICATOR)
    found = [(sheet, row, column) for sheet, row in _rows(checked.content, error)]
    if found:
        return found
    subject = checked.subjects[error.subject]
    where = {"fact": error.key, "category": layout.CATEGORY}.get(error.field, layout.CODE)
    return [(layout.SUBJECTS, subject.row, where)]


def _rows(content: Content, error: InputError) -> Iterator[tuple[str, int]]:
    """The sheet rows that the error is about."""
    kind = error.field.partition(".")[0]
    same = (error.subject, error.code)
    whole = error.field.endswith((".indicator", ".not_applicable"))
    if kind == "mark":
        yield from (
            (layout.SCORES, r.row)
            for r in content.marks
            if (r.subject, r.indicator) == same and (whole or r.assessor == error.key)
        )
    elif kind == "event":
        yield from (
            (layout.EVENTS, r.row)
            for r in content.events
            if (r.subject, r.indicator) == same and (whole or str(r.row) == error.key)
        )
    elif kind in {"attainment", "number"}:
        sheet = layout.ATTAINMENTS if kind == "attainment" else layout.NUMBERS
        rows = content.attainments if kind == "attainment" else content.numbers
        yield from ((sheet, r.row) for r in rows if (r.subject, r.indicator) == same)
    elif kind == "not_applicable":
        yield from ((layout.SCORES, r.row) for r in content.not_applicable if (r.subject, r.indicator) == same)
    elif kind == "earlier":
        yield from (
            (layout.EARLIER, r.row) for r in content.earlier if r.subject == error.subject and r.round_name == error.key
        )
    elif kind == "vote":
        for sheet, votes in ((layout.VOTES, content.votes), (layout.TALLIES, content.tallies)):
            yield from (
                (sheet, r.row)
                for r in votes
                if (r.subject, r.indicator) == same
                and (whole or r.voter_class == error.key)
                and (error.field != "vote" or r.answer == error.answer)
            )


# ---------------------------------------------------------------------------- rows → engine types


def as_inputs(plan: Plan, content: Content, known_sets: Iterable[str], *, allow_missing: bool) -> Inputs:
    """The workbook's inputs as the engine takes them. An event's key is its sheet row."""
    off: dict[str, set[str]] = defaultdict(set)
    for none in content.not_applicable:
        off[none.subject].add(none.indicator)
    marks: dict[str, dict[str, list[Mark]]] = defaultdict(lambda: defaultdict(list))
    for mark in content.marks:
        marks[mark.subject][mark.indicator].append(Mark(mark.assessor, mark.value))
    events: dict[str, dict[str, list[Event]]] = defaultdict(lambda: defaultdict(list))
    for event in content.events:
        events[event.subject][event.indicator].append(
            Event(event.item, event.count, event.value, event.matter, event.status, str(event.row))
        )
    attained: dict[str, dict[str, Attainment]] = defaultdict(dict)
    for pair in content.attainments:
        attained[pair.subject][pair.indicator] = Attainment(pair.target, pair.actual)
    numbers: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for one in content.numbers:
        numbers[one.subject][one.indicator] = one.value
    earlier: dict[str, dict[str, list[Earlier]]] = defaultdict(lambda: defaultdict(list))
    for result in content.earlier:
        earlier[result.subject][result.set_name].append(
            Earlier(result.round_name, result.total, result.points, result.grade or None)
        )
    votes = _votes(content)
    kinds = {fact.code: fact.type for fact in plan.facts}
    return Inputs(
        subjects=[
            SubjectInput(
                key=subject.code,
                category=subject.category,
                group=subject.group,
                name=subject.name,
                facts=_facts(subject, kinds),
                not_applicable=frozenset(off.get(subject.code, ())),
                marks=marks.get(subject.code, {}),
                events=events.get(subject.code, {}),
                attainment=attained.get(subject.code, {}),
                numbers=numbers.get(subject.code, {}),
                votes=votes.get(subject.code, {}),
                earlier=earlier.get(subject.code, {}),
            )
            for subject in content.subjects
        ],
        known_sets=frozenset(known_sets) | {result.set_name for result in content.earlier},
        allow_missing=allow_missing,
    )


def _votes(content: Content) -> dict[str, dict[str, dict[str, Counter[str]]]]:
    votes: dict[str, dict[str, dict[str, Counter[str]]]] = {}
    for vote in content.votes:
        classes = votes.setdefault(vote.subject, {}).setdefault(vote.indicator, {})
        classes.setdefault(vote.voter_class, Counter())[vote.answer] += 1
    for tally in content.tallies:
        classes = votes.setdefault(tally.subject, {}).setdefault(tally.indicator, {})
        classes.setdefault(tally.voter_class, Counter())[tally.answer] += tally.count
    return votes


def _facts(subject: SubjectRow, kinds: Mapping[str, FactType]) -> dict[str, FactValue]:
    return {code: fact_value(kinds[code], value) for code, value in subject.facts.items() if value}

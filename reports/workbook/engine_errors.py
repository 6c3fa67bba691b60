"""The engine's judgement of a workbook's inputs, put to the cells they came from.

What the plan's rules forbid (a mark above the points, an item that the catalogue does not have, an input where
nothing applies …) is checked by the engine alone, so that a workbook and a computation can never disagree.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

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


Place = tuple[str, int, str]  # sheet, row, column


def find_errors(checked: Checked, known_sets: Iterable[str], *, allow_missing: bool) -> None:
    """Ask the engine, and add what it finds to `checked.problems`, each at its cell."""
    inputs = as_inputs(checked, known_sets, allow_missing=allow_missing)
    place_errors(checked, check_inputs(checked.plan, inputs))


def place_errors(checked: Checked, errors: Iterable[InputError]) -> None:
    errors = list(errors)
    # To whom nothing applies: that everything entered for him applies to nothing is no further error.
    empty = {e.subject for e in errors if (e.field, e.code) == ("not_applicable", checked.plan.root.code)}
    places = _Places(checked) if errors else None
    said = {(problem.sheet, problem.cell) for problem in checked.problems}
    for error in errors:
        if error.field == "missing" and _is_tainted(checked, error):
            continue
        if error.field.endswith(".not_applicable") and error.subject in empty:
            continue
        for sheet, row, column in places.of(error) if places else ():
            cell = checked.tables[sheet].cell(row, column)
            # A cell that could not even be read is left at that.
            if error.field == "missing" or (sheet, cell) not in said:
                checked.problems.add(sheet, cell, render(error.text))
        if error.subject not in checked.listed:
            _add_unlisted(checked, error)


def _add_unlisted(checked: Checked, error: InputError) -> None:
    """The round's own input breaks the rules together with the workbook's, and no row of it is to blame."""
    subject = checked.subjects.get(error.subject)
    values = {"name": subject.name if subject else "", "code": error.subject, "text": render(error.text)}
    checked.problems.add("", "", _("%(name)s (%(code)s), not in the workbook: %(text)s") % values)


def _is_tainted(checked: Checked, error: InputError) -> bool:
    """Whether the input is there but has an error of its own; a carried leaf's input is the whole of 往期."""
    carried = checked.tree.nodes[error.code].method == "carried" and (error.subject, "") in checked.tainted
    return carried or (error.subject, error.code) in checked.tainted


class _Places:
    """Finds the rows that an error is about, by kind of input, subject and indicator (往期: by round)."""

    def __init__(self, checked: Checked) -> None:
        self.checked = checked
        content = checked.content
        self.rows: dict[tuple[str, str, str], list[tuple[str, Any]]] = defaultdict(list)
        for kind, sheet, rows in (
            ("mark", layout.SCORES, content.marks),
            ("not_applicable", layout.SCORES, content.not_applicable),
            ("event", layout.EVENTS, content.events),
            ("attainment", layout.ATTAINMENTS, content.attainments),
            ("number", layout.NUMBERS, content.numbers),
            ("vote", layout.VOTES, content.votes),
            ("vote", layout.TALLIES, content.tallies),
        ):
            for row in rows:
                self.rows[kind, row.subject, row.indicator].append((sheet, row))
        for past in content.earlier:
            self.rows["earlier", past.subject, past.round_name].append((layout.EARLIER, past))

    def of(self, error: InputError) -> list[Place]:
        """The error's cells; without a row of its own, the subject's in 对象; none if that has no row either."""
        kind = error.field.partition(".")[0]
        code = error.key if kind == "earlier" else error.code
        column = _COLUMNS.get(error.field, layout.INDICATOR)
        found = [
            (sheet, row.row, column)
            for sheet, row in self.rows.get((kind, error.subject, code), ())
            if _meant(row, error)
        ]
        if not found and error.field.endswith(".not_applicable"):
            found = self._switched_off(error)  # the input itself was entered in the browser
        subject = self.checked.listed.get(error.subject)
        if found or subject is None:
            return found
        where = {"fact": error.key, "category": layout.CATEGORY}.get(error.field, layout.CODE)
        return [(layout.SUBJECTS, subject.row, where)]

    def _switched_off(self, error: InputError) -> list[Place]:
        """The rows that set the indicator, or one around it, 不适用."""
        around = self.checked.tree.path(error.code) if error.code in self.checked.tree.nodes else ()
        return [
            (sheet, row.row, layout.MARK)
            for code in around
            for sheet, row in self.rows.get(("not_applicable", error.subject, code), ())
        ]


def _meant(row: Any, error: InputError) -> bool:
    """Whether this row of the subject and indicator is the one that the error's key and answer name."""
    if error.field == "mark":
        return bool(row.assessor == error.key)
    if error.field in {"event.item", "event.count", "event.value", "event.status"}:
        return str(row.row) == error.key
    if error.field == "vote.class":
        return bool(row.voter_class == error.key)
    if error.field == "vote":
        return bool((row.voter_class, row.answer) == (error.key, error.answer))
    return True


# ---------------------------------------------------------------------------- rows → engine types


def as_inputs(checked: Checked, known_sets: Iterable[str], *, allow_missing: bool) -> Inputs:
    """The workbook's inputs as the engine takes them. An event's key is its sheet row."""
    plan, content = checked.plan, checked.content
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
            for subject in checked.subjects.values()
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

"""Saving cells of the score sheet: one by one as they are typed, or a pasted block, each decided on its own."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from django.db import OperationalError, connection
from django.utils.translation import gettext as _

from appraisal_site.lib.fields import canonical
from appraisal_site.lib.turns import in_turn
from reviews.models import Attainment, NumberInput, Subject
from reviews.numbers import read_number
from reviews.own_unit import forbids
from reviews.queries.marks import EMPTY
from reviews.queries.sheet import Grid, Leaf
from reviews.queries.sheet_cells import mark_data, number_data
from reviews.tree import ATTAINMENT, takes_marks
from units import access
from units.models import User

from .errors import Conflict, InvalidInput, NotAllowed, ReviewError, Theirs
from .marks import Row, Saved, save_sheets
from .numbers import NumberRow, rows_of, save_numbers, token

NOTE_LENGTH = 500
TRIES = 4


@dataclass(frozen=True, slots=True)
class Wish:
    """What a user wants a cell to be. `value` as typed; `part` of a leaf with several; `seen` the state they saw."""

    assignment: int
    subject: int
    value: str = ""
    na: bool = False
    note: str = ""
    seen: str = ""
    part: str = ""


@dataclass(slots=True)
class Answer:
    """What became of a wish. `cell`: how it is now (theirs, on a conflict); `error`: why it is not as wished."""

    cell: dict[str, Any] = field(default_factory=dict)
    error: ReviewError | None = None


def save_cells(*, grid: Grid, wishes: Sequence[Wish], by: User, only_look: bool = False) -> list[Answer]:
    """Save what can be saved, and answer each wish in its order.

    A leaf that is not in the grid, or not this account's to enter, is refused cell by cell (`NotAllowed`), as is a
    closed round (`RoundClosed`). The number of queries depends on neither rows nor columns of marks.
    `only_look`: answer as if saving, by the same rules, and write nothing.
    """
    answers = [Answer() for _wish in wishes]
    leaves = {leaf.assignment.pk: leaf for leaf in grid.leaves}
    taken: dict[int, list[int]] = defaultdict(list)
    places: set[tuple[int, int, str]] = set()
    for number, wish in enumerate(wishes):
        place = wish.assignment, wish.subject, wish.part
        leaf = leaves.get(wish.assignment)
        if leaf is None or not _may_enter(grid, leaf, by):
            answers[number].error = NotAllowed()
        elif wish.part not in (leaf.parts or ("",)):
            answers[number].error = InvalidInput(_("This leaf has no such part."), "part")
        elif place in places:
            answers[number].error = InvalidInput(_("The same cell is there twice."))
        else:
            places.add(place)
            taken[wish.assignment].append(number)
    wanted = [(leaves[pk], [(wishes[number], answers[number]) for number in numbers]) for pk, numbers in taken.items()]
    for wave in _waves([(leaf, cells) for leaf, cells in wanted if takes_marks(leaf.node)]):
        _save_marks(grid, wave, by, only_look=only_look)
    for leaf, cells in wanted:
        if not takes_marks(leaf.node):
            _save_numbers(leaf, cells, by, only_look=only_look)
    return answers


def _may_enter(grid: Grid, leaf: Leaf, by: User) -> bool:
    """On the leaf at all; where the plan leaves some cells to the office, `save_sheets` decides cell by cell."""
    for_office = access.is_office(by) and takes_marks(leaf.node) and forbids(grid.tree.plan)
    return access.may_enter_marks(by, leaf.assignment) or for_office


Cells = list[tuple[Wish, Answer]]
T = TypeVar("T")


def patiently(save: Callable[[], T]) -> T:
    """Once more, a little later, if the database was too busy or had two transactions in each other's way."""
    for attempt in range(1, TRIES):
        try:
            with in_turn():
                return save()
        except OperationalError:
            if _in_transaction():
                raise
            time.sleep(0.05 * attempt)
    with in_turn():
        return save()


def _in_transaction() -> bool:
    """What failed in the middle of a transaction cannot be tried again by itself."""
    return connection.in_atomic_block


def _waves(sheets: list[tuple[Leaf, Cells]]) -> Iterable[list[tuple[Leaf, Cells]]]:
    """Sheets of one leaf share its 不适用 and have to come one after the other; all others go at once."""
    while sheets:
        wave = {leaf.node.code: (leaf, cells) for leaf, cells in reversed(sheets)}
        yield list(wave.values())
        sheets = [sheet for sheet in sheets if sheet not in wave.values()]


# ---------------------------------------------------------------- marks


def _save_marks(grid: Grid, sheets: list[tuple[Leaf, Cells]], by: User, *, only_look: bool) -> None:
    asked = []
    for leaf, cells in sheets:
        rows = []
        for wish, answer in cells:
            try:
                rows.append(_row(wish))
            except InvalidInput as error:
                answer.error = error
        asked.append((leaf.assignment, rows))
    try:
        save = partial(save_sheets, sheets=asked, by=by, round=grid.round, only_look=only_look)
        saved = patiently(save)
    except ReviewError as error:
        for _leaf, cells in sheets:
            for _wish, answer in cells:
                answer.error = answer.error or error
        return
    for (_leaf, cells), done in zip(sheets, saved, strict=True):
        _answer_marks(grid, cells, done)


def _answer_marks(grid: Grid, cells: Cells, done: Saved) -> None:
    for wish, answer in cells:
        answer.error = answer.error or done.refused.get(wish.subject)
        answer.cell = mark_data(done.cells.get(wish.subject, EMPTY), grid.tree)


def _row(wish: Wish) -> Row:
    """Raises InvalidInput. An emptied mark takes its note along: a note alone says nothing."""
    value = _figure(wish)
    if wish.na and value is not None:
        raise InvalidInput(_("A mark and “not applicable” exclude each other: choose one."), "value")
    note = wish.note.replace("\r\n", "\n").strip()
    if len(note) > NOTE_LENGTH:
        raise InvalidInput(_("The note is longer than %(length)d characters.") % {"length": NOTE_LENGTH}, "note")
    if value is None and not wish.na:
        note = ""
    return Row(wish.subject, value=value, not_applicable=wish.na, note=note, seen=wish.seen)


def _figure(wish: Wish) -> Decimal | None:
    return read_number(wish.value, wish.part or "value") if wish.value.strip() else None


# ---------------------------------------------------------------- numbers


def _save_numbers(leaf: Leaf, cells: Cells, by: User, *, only_look: bool) -> None:
    by_subject: dict[int, Cells] = defaultdict(list)
    for wish, answer in cells:
        by_subject[wish.subject].append((wish, answer))
    stored = rows_of(leaf.node, by_subject)
    known = set(Subject.objects.filter(round=leaf.assignment.round_id, pk__in=by_subject).values_list("pk", flat=True))
    rows = []
    for subject, parts in by_subject.items():
        try:
            if subject not in known:
                raise InvalidInput(_("A row names a subject that is not in this round."), "subject")
            rows.append(_number_row(leaf, subject, stored.get(subject), parts))
        except ReviewError as error:
            _refuse(parts, error)
    save = partial(save_numbers, assignment=leaf.assignment, rows=rows, by=by, only_look=only_look)
    try:
        saved = patiently(save) if rows else Saved()
    except ReviewError as error:
        for parts in by_subject.values():
            _refuse(parts, error)
        return
    now = rows_of(leaf.node, by_subject)
    for subject, parts in by_subject.items():
        row = now.get(subject)
        current = number_data(row, leaf.assignment.pk) if row else {}
        if refusal := saved.refused.get(subject):
            _refuse(parts, _lone(leaf, rows, subject, refusal))
        for wish, answer in parts:
            key = ":".join(filter(None, (str(subject), str(leaf.assignment.pk), wish.part)))
            answer.cell = current.get(key, {"v": "", "seen": ""})


def _lone(leaf: Leaf, rows: Sequence[NumberRow], subject: int, refusal: ReviewError) -> ReviewError:
    """Names "pair" as the field where nothing is wrong but that the other part has still to come."""
    row = next(row for row in rows if row.subject_id == subject)
    if (
        leaf.node.method in ATTAINMENT
        and isinstance(refusal, InvalidInput)
        and (row.target is None) != (row.value is None)
    ):
        return InvalidInput(refusal.message, "pair")
    return refusal


def _refuse(parts: Cells, error: ReviewError) -> None:
    for _wish, answer in parts:
        answer.error = answer.error or error


def _number_row(leaf: Leaf, subject: int, old: Attainment | NumberInput | None, parts: Cells) -> NumberRow:
    """The row that the parts make together with what is stored. Raises InvalidInput, Conflict."""
    figures: dict[str, Decimal | None] = {}
    if isinstance(old, Attainment):
        figures = {"target": old.target, "actual": old.actual}
    elif old is not None:
        figures = {"": old.value}
    for wish, _answer in parts:
        if wish.na:
            raise InvalidInput(_("Only the appraisal office sets such a leaf not applicable."), "not_applicable")
        before, after = figures.get(wish.part), _figure(wish)
        if before != after and wish.seen != ("" if before is None else f"={canonical(before)}"):
            raise Conflict(Theirs(canonical(before) if before is not None else _("empty")))
        figures[wish.part] = after
    if leaf.node.method in ATTAINMENT:
        return NumberRow(subject, figures.get("actual"), figures.get("target"), seen=token(old))
    return NumberRow(subject, figures.get(""), seen=token(old))

"""What an uploaded score sheet asks for: the file as it is, the cells as they were when it was made, the cells now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from reviews.own_unit import NO_DEPUTY
from reviews.queries.sheet import Leaf
from reviews.queries.sheet_cells import EMPTY, CellData
from reviews.services.errors import Conflict, InvalidInput, ReviewError
from reviews.services.sheet import Answer, Wish, save_cells
from units.models import User

from ..models import OfflineCell
from ..workbook.parse import near, plain_words
from .contents import Contents, Line
from .layout import NOT_APPLICABLE, NOTE_PART, columns_of, fingerprint
from .read import Book, FileRow, Given, refused, same_value
from .state import Held, held_of

MOST_PROBLEMS = 2_000  # wrong or closed cells that are listed; what lies beyond is counted
BATCH = 500  # cells that are looked at, or saved, in one transaction: others save in between
Group = OfflineCell.Group


@dataclass(frozen=True, slots=True)
class Slot:
    """A column of entries, with the note beside it. `reason`: why nothing can be entered in it."""

    key: str
    assignment: int
    part: str = ""
    leaf: Leaf | None = None
    note_key: str = ""
    reason: str = ""

    @property
    def is_mark(self) -> bool:
        return bool(self.note_key)


@dataclass(slots=True)
class Comparison:
    """`cells` that ask for something, in the file's order; `counts` of what asks for nothing or is not listed."""

    cells: list[OfflineCell] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    note_places: dict[int, str] = field(default_factory=dict)  # by `id` of the cell


def heads_of(contents: Contents) -> dict[str, str]:
    return {column.key: column.head for column in columns_of(contents.leaves)}


def compare(book: Book, contents: Contents, by: User) -> Comparison:
    """Compare a file with what its owner enters now (`contents`); writes nothing.

    A constant number of queries for each batch of cells that ask for something. Raises WorkbookRefused if the file is
    of another round, or none of its columns is the owner's.
    """
    _check_round(book, contents)
    slots = _slots(book, contents)
    if not any(slot.leaf for slot in slots):
        owner = book.state.facts.get("填表人", "")
        text = _("None of the indicators in this file is yours to enter: it was made for “%(owner)s”.")
        raise refused(text % {"owner": owner})
    comparer = _Comparer(book, contents, slots)
    comparer.run()
    _look(comparer.found, contents, by)
    return _listed(comparer.found)


def _check_round(book: Book, contents: Contents) -> None:
    round_, facts = contents.round, book.state.facts
    if facts["轮次"] != str(round_.pk) or facts.get("开启") != round_.opened_at.isoformat():
        values = {"other": facts.get("名称", ""), "round": round_.title}
        raise refused(_("The file is of another round: “%(other)s”. This is “%(round)s”.") % values)


def _slots(book: Book, contents: Contents) -> list[Slot]:
    """The columns of the file that take entries, its own and those that were added to it."""
    tree = contents.grid.tree
    slots, mine = [], set()
    columns = list(columns_of(contents.leaves))
    notes = {column.leaf.assignment.pk: column.key for column in columns if column.part == NOTE_PART}
    for column in columns:
        leaf, pk = column.leaf, column.leaf.assignment.pk
        mine.add(column.key)
        note = notes.get(pk, "")
        if column.part == NOTE_PART or not {column.key, note} & book.columns.keys():
            continue
        stated = book.state.columns.get(column.key)
        same = stated is None or stated.fingerprint == fingerprint(leaf.node, tree.plan)
        reason = leaf.reason if same else _other_plan()
        slots.append(Slot(column.key, pk, column.part, leaf, note, reason))
    for key in book.columns:
        if key in mine or key.endswith(f":{NOTE_PART}"):
            continue
        number, _colon, part = key.partition(":")
        known = number in contents.grid.codes
        reason = _("This indicator is not yours to enter.") if known else _other_plan()
        note = f"{key}:{NOTE_PART}" if f"{key}:{NOTE_PART}" in book.columns else ""
        slots.append(Slot(key, int(number) if known else 0, part, None, note, reason))
    return slots


def _other_plan() -> str:
    return _("The plan has changed this indicator since the file was downloaded. Download it again.")


class _Comparer:
    """Goes through the file row by row."""

    def __init__(self, book: Book, contents: Contents, slots: Sequence[Slot]) -> None:
        self.book, self.slots, self.cells = book, slots, contents.cells
        self.lines = {line.code: line for line in contents.lines}
        self.found = Comparison()

    def run(self) -> None:
        for problem in self.book.problems:
            self._problem(problem.cell, problem.message)
        rows = list(self.book.rows())
        often = Counter(row.code for row in rows if row.code)
        first: dict[str, int] = {}
        for row in rows:
            before = first.setdefault(row.code, row.number)
            line = self.lines.get(row.code)
            if line is None or often[row.code] > 1 or row.error:
                if self._says_something(row):
                    self._refuse_row(row, line, before)
                continue
            self._row(row, line)

    def _row(self, row: FileRow, line: Line) -> None:
        asked = [cell for slot in self.slots if (cell := self._cell(row, line, slot))]
        if asked and row.name and plain_words(row.name) != plain_words(line.name):
            text = _(
                "Here stands “%(name)s”, but the code %(code)s is “%(right)s”: the row was torn apart, "
                "as when only a part of the table is sorted. It is not read."
            )
            self._problem(row.name_place, text % {"name": row.name, "code": line.code, "right": line.name}, line)
            return
        for cell in asked:
            self._add(cell)

    def _says_something(self, row: FileRow) -> bool:
        keys = [key for slot in self.slots for key in (slot.key, slot.note_key) if key]
        return any(not row.given(key).is_empty for key in keys)

    def _refuse_row(self, row: FileRow, line: Line | None, before: int) -> None:
        if row.error:
            self._problem(row.code_place, row.error)
        elif not row.code:
            self._problem(row.code_place, _("This row has entries but no code; it is not read."))
        elif line is None:
            text = _("“%(code)s” is not a subject of this round; the row is not read.") % {"code": row.code}
            self._problem(row.code_place, text + near(row.code, self.lines))
        elif before != row.number:
            text = _("“%(code)s” is there twice, in row %(row)d too; neither row is read.")
            self._problem(row.code_place, text % {"code": row.code, "row": before + 1}, line)

    # -------------------------------------------------------------------- one cell

    def _cell(self, row: FileRow, line: Line, slot: Slot) -> OfflineCell | None:
        """What a cell asks for; None if nothing."""
        given = row.given(slot.key)
        note = row.given(slot.note_key, is_note=True) if slot.note_key else Given("")
        held = self.book.state.held(row.code, slot.key)
        data = self.cells.get(f"{line.pk}:{slot.key}", EMPTY)
        now = held_of(data)
        moved = now.seen != held.seen and (now.value, now.note) != (held.value, held.note)
        error = given if given.error else note if note.error else None
        value, text = _wanted(given, note, held)
        touched = bool(error) or given.clears or note.clears
        is_note = same_value(value, held.value) and not given.clears  # nothing but the note is asked for
        if not touched and is_note and text == held.note:
            if slot.leaf:
                self.found.counts["moved"] += moved
                self.found.counts["blank"] += bool(held.value) and given.is_empty
            return None
        if not error and slot.leaf and same_value(value, now.value) and text == now.note:
            self.found.counts["same"] += 1
            return None
        cell = self._new(slot, line, note if is_note and not note.is_empty else given, held, now)
        cell.value, cell.note = value[:40], text
        if why := slot.reason or data.get("locked"):
            cell.group, cell.message = Group.CLOSED, why
        elif error:
            cell.group, cell.place, cell.message = Group.WRONG, error.place, error.error
        elif wrong := _impossible(slot, value, text, given):
            cell.group, cell.message = Group.WRONG, wrong
        else:
            cell.group = Group.CONFLICT if moved else Group.CHANGED if now.value else Group.NEW
            self.found.note_places[id(cell)] = note.place
        return cell

    def _new(self, slot: Slot, line: Line, given: Given, held: Held, now: Held) -> OfflineCell:
        return OfflineCell(
            place=given.place,
            subject_id=line.pk,
            assignment_id=slot.assignment or None,
            part=slot.part,
            base_value=held.value[:40],
            base_note=held.note,
            now_value=now.value,
            now_note=now.note,
            seen=now.seen,
        )

    def _problem(self, place: str, message: str, line: Line | None = None) -> None:
        self._add(OfflineCell(group=Group.WRONG, place=place, message=message, subject_id=line.pk if line else None))

    def _add(self, cell: OfflineCell) -> None:
        self.found.cells.append(cell)


def _wanted(given: Given, note: Given, held: Held) -> tuple[str, str]:
    """Value and note that a place of the file asks for. What is empty asks for what was there."""
    if given.clears:
        return "", ""
    return given.text or held.value, "" if note.clears else note.text or held.note


def _impossible(slot: Slot, value: str, note: str, given: Given) -> str:
    """What a file can ask for and the grid cannot."""
    if value == NOT_APPLICABLE and not slot.is_mark:
        return _("Only the appraisal office sets such a leaf not applicable.")
    if not value and note and not given.clears:
        return _("There is a note but no mark.")
    return ""


# ------------------------------------------------------------------------------ what the services say


def _look(found: Comparison, contents: Contents, by: User) -> None:
    """Ask the services what they would say to each cell, and put it where that belongs."""
    asking = [cell for cell in found.cells if cell.group in {Group.NEW, Group.CHANGED, Group.CONFLICT}]
    for batch in batches(asking):
        answers = save_cells(grid=contents.grid, wishes=[wish_of(cell) for cell in batch], by=by, only_look=True)
        for cell, answer in zip(batch, answers, strict=True):
            if answer.error is not None:
                put_refusal(cell, answer, found.note_places.get(id(cell), ""))
            elif cell.group == Group.CONFLICT:
                put_now(cell, answer.cell)


def batches(cells: Sequence[OfflineCell]) -> Iterator[list[OfflineCell]]:
    """Some whole subjects at a time: the parts of a pair belong together."""
    batch: list[OfflineCell] = []
    for cell in cells:
        if len(batch) >= BATCH and cell.subject_id != batch[-1].subject_id:
            yield batch
            batch = []
        batch.append(cell)
    if batch:
        yield batch


def wish_of(cell: OfflineCell) -> Wish:
    na = cell.value == NOT_APPLICABLE
    return Wish(
        assignment=cell.assignment_id or 0,
        subject=cell.subject_id or 0,
        value="" if na else cell.value,
        na=na,
        note=cell.note,
        seen=cell.seen,
        part=cell.part,
    )


def put_refusal(cell: OfflineCell, answer: Answer, note_place: str = "") -> None:
    """Sort a cell that the services refused by why they did."""
    error = answer.error
    if error is None:
        return
    if isinstance(error, Conflict):
        cell.group, cell.choice = Group.CONFLICT, ""
        put_now(cell, answer.cell)
        return
    cell.message = str(error)
    cell.group = Group.WRONG if _is_mistake(error) else Group.CLOSED
    if note_place and isinstance(error, InvalidInput) and error.field == "note":
        cell.place = note_place


def _is_mistake(error: ReviewError) -> bool:
    return isinstance(error, InvalidInput) and str(error) != str(NO_DEPUTY)


def put_now(cell: OfflineCell, data: CellData) -> None:
    """What stands there now, who entered it and when."""
    now = held_of(data)
    cell.now_value, cell.now_note, cell.seen = now.value, now.note, now.seen
    cell.now_by, cell.now_at = data.get("by", ""), data.get("at", "")


def _listed(found: Comparison) -> Comparison:
    """At most so many problems; the rest is counted only. The order of the file becomes a number."""
    kept, problems = [], 0
    for cell in found.cells:
        if cell.group in {Group.WRONG, Group.CLOSED}:
            problems += 1
            if problems > MOST_PROBLEMS:
                continue
        kept.append(cell)
    found.counts["left_out"] = max(0, problems - MOST_PROBLEMS)
    found.cells = kept
    for number, cell in enumerate(kept, start=1):
        cell.number = number
    return found

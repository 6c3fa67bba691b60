"""From an uploaded file to cells with a meaning. What cannot be read is said of its cell; nothing is compared yet."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from appraisal_site.lib.cells import NotACode, NotANumber, cell_name, clean_text, code_text, number
from appraisal_site.lib.fields import canonical
from appraisal_site.lib.filetypes import MACROS, detect
from reviews.numbers import normal

from ..workbook.package import Unusable
from ..workbook.parse import near, no_code_words, no_number_words, plain_words, unusable_words
from ..workbook.problems import Problem, WorkbookRefused
from ..workbook.read import RawSheet, read_workbook
from .layout import CATEGORY, CLEAR, CODE, FORMAT, GRID, GROUP, HINT, NAME, NOT_APPLICABLE, NOT_APPLICABLE_WORDS, STATE
from .state import State, plain_note, read_state

SEARCHED = 30  # rows in which the heads are looked for


@dataclass(frozen=True, slots=True)
class Given:
    """What stands in a cell. `text`: plain digits, 不适用, a note; "" if empty. `error`: why it cannot be read."""

    place: str
    text: str = ""
    clears: bool = False
    error: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.text or self.clears or self.error)


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row that says anything. `code` and `name` as they stand; `error`: why the code cannot be read."""

    number: int
    code: str
    name: str
    code_place: str
    name_place: str
    error: str
    values: list[Any]
    book: Book

    def given(self, key: str, *, is_note: bool = False) -> Given:
        """What stands in a column of entries."""
        position = self.book.columns.get(key, -1)
        value = self.values[position] if 0 <= position < len(self.values) else None
        if value is None or value == "":
            return _EMPTY
        place = cell_name(self.number, position)
        return _note(place, value) if is_note else _value(place, value)


@dataclass(slots=True)
class Book:
    """An uploaded file. `columns`: key of a column of entries → where it stands; `problems`: of heads."""

    state: State
    raw: RawSheet
    columns: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    code_column: int = 0
    name_column: int = -1

    def rows(self) -> Iterator[FileRow]:
        """The rows below the heads that say anything."""
        for row, values in self.raw.rows:
            yield self._row(row, values)

    def _row(self, row: int, values: list[Any]) -> FileRow:
        value = values[self.code_column] if self.code_column < len(values) else None
        code, error = "", ""
        if isinstance(value, Unusable):
            error = unusable_words(value)
        else:
            try:
                code = _storable(code_text(value, self.raw.formats.get((row, self.code_column), "")))
            except NotACode as wrong:
                error = no_code_words(wrong.kind)
        name = values[self.name_column] if 0 <= self.name_column < len(values) else None
        return FileRow(
            row,
            code,
            "" if isinstance(name, Unusable) else _storable(clean_text(name)),
            cell_name(row, self.code_column),
            cell_name(row, max(self.name_column, 0)),
            error,
            values,
            self,
        )


_EMPTY = Given("")


def read_book(path: Path, heads: Mapping[str, str]) -> Book:
    """The file's cells. `heads`: key → head of the columns that the account has now, for heads that the file's own
    hidden sheet does not know. Raises WorkbookRefused where nothing of the file can be used."""
    with path.open("rb") as file:
        if detect(file) is MACROS:
            raise refused(_("The workbook carries macros. Save it as an Excel workbook (.xlsx) without macros."))
    sheets, _others = read_workbook(path, {GRID, STATE})
    if STATE not in sheets:
        raise refused(_not_ours())
    try:
        state = read_state(sheets[STATE])
    except (ValueError, TypeError, AttributeError) as error:
        raise refused(_not_ours()) from error
    if not state.columns or "轮次" not in state.facts:
        raise refused(_not_ours())
    if state.facts.get("格式") != FORMAT:
        raise refused(_("The file was made by another version of this program. Download it again."))
    if GRID not in sheets:
        raise refused(_("The file has no sheet “%(sheet)s”. Its name must not be changed.") % {"sheet": GRID})
    raw = _below_heads(sheets[GRID])
    book = Book(state, raw)
    _read_heads(book, {key: column.head for key, column in state.columns.items()} | dict(heads))
    return book


def refused(message: str) -> WorkbookRefused:
    return WorkbookRefused([Problem("", "", message)], can_be_marked=False)


def _not_ours() -> str:
    return _(
        "This is not a score sheet that was downloaded here, or its hidden sheet “%(sheet)s” is gone "
        "(as when the cells are copied into a new workbook). Download it again and copy the marks into it."
    ) % {"sheet": STATE}


# ------------------------------------------------------------------------------ heads


def _below_heads(raw: RawSheet) -> RawSheet:
    """The sheet with the row of heads as its header: the first that has a column 编码. Raises WorkbookRefused."""
    header = dict(raw.header)
    rows = [(raw.header_row, [header.get(i) for i in range(max(header, default=-1) + 1)]), *raw.rows]
    for place, (row, values) in enumerate(rows[:SEARCHED]):
        titles = [_storable(clean_text(value)) if isinstance(value, str) else "" for value in values]
        if CODE in [plain_words(title) for title in titles]:
            return RawSheet(raw.name, row, list(enumerate(titles)), rows[place + 1 :], raw.formats)
    text = _("The sheet “%(sheet)s” has no row of heads with “%(code)s”. Download it again, and leave the heads alone.")
    raise refused(text % {"sheet": GRID, "code": CODE})


def _read_heads(book: Book, heads: Mapping[str, str]) -> None:
    """Where each column of entries stands, whatever the order. A column nobody knows is a problem of its own."""
    known = {plain_words(head): key for key, head in heads.items()}
    fixed = {plain_words(head) for head in (CODE, NAME, CATEGORY, GROUP, HINT)}
    for position, title in book.raw.header:
        plain = plain_words(title)
        cell = cell_name(book.raw.header_row, position)
        if plain == CODE:
            book.code_column = position
        elif plain == NAME:
            book.name_column = position
        elif plain in fixed or not title:
            if not title and _has_entries(book.raw, position):
                _head_problem(book, cell, _("This column has entries but no title in its header."))
        elif plain not in known:
            text = _("The column “%(title)s” is not known here: what stands in it is not read.")
            words = [head.replace("\n", " ") for head in heads.values()]
            title = " ".join(title.split())
            _head_problem(book, cell, text % {"title": title} + near(title, words))
        elif known[plain] in book.columns:
            title = " ".join(title.split())
            _head_problem(book, cell, _("The column “%(title)s” is there twice.") % {"title": title})
        else:
            book.columns[known[plain]] = position


def _has_entries(raw: RawSheet, position: int) -> bool:
    return any(position < len(values) and clean_text(values[position]) for _row, values in raw.rows)


def _head_problem(book: Book, cell: str, text: str) -> None:
    book.problems.append(Problem(GRID, cell, text))


# ------------------------------------------------------------------------------ cells


def _value(place: str, value: Any) -> Given:
    """A mark or a number, 不适用, or 清空."""
    if isinstance(value, Unusable):
        return Given(place, error=unusable_words(value))
    if isinstance(value, str):
        value = _storable(value)
        word = unicodedata.normalize("NFKC", clean_text(value)).casefold()
        if not word:
            return _EMPTY
        if word in NOT_APPLICABLE_WORDS:
            return Given(place, NOT_APPLICABLE)
        if word == CLEAR:
            return Given(place, clears=True)
    try:
        found = number(normal(value) if isinstance(value, str) else value)
    except NotANumber as wrong:
        return Given(place, error=no_number_words(wrong.kind, value, expected_words()))
    return _EMPTY if found is None else Given(place, canonical(found))


def expected_words() -> str:
    return _("a number, 不适用 (not applicable), or 清空 to empty the cell")


def _note(place: str, value: Any) -> Given:
    if isinstance(value, Unusable):
        return Given(place, error=unusable_words(value))
    text = plain_note(_storable(clean_text(value)))
    if not text:
        return _EMPTY
    return Given(place, clears=True) if text == CLEAR else Given(place, text)


def _storable(text: str) -> str:
    """A file can spell a letter that no database keeps."""
    return text.replace("\x00", "") if "\x00" in text else text


def same_value(first: str, second: str) -> bool:
    """Whether two texts of cells are the same: as numbers where both are."""
    if first == second:
        return True
    try:
        return Decimal(first) == Decimal(second)
    except ArithmeticError:
        return False

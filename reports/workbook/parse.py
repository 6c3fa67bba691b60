"""From raw rows to typed cells. A cell that cannot be read is an error at that cell, and reading goes on."""

from __future__ import annotations

import datetime
import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise, lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appraisal_site.lib.cells import NotACode, NotANumber, cell_name, clean_text, code_text, number

from .layout import SheetLayout
from .package import Unusable
from .problems import Problems
from .read import RawSheet

CODE_LENGTH = 40


class Table:
    """A sheet whose header was understood: column titles to positions."""

    def __init__(
        self, raw: RawSheet, layout: SheetLayout, problems: Problems, also: Mapping[str, str] | None = None
    ) -> None:
        """`also`: further titles → the name under which the column is asked for (facts by title and by code)."""
        self.raw, self.layout, self.problems = raw, layout, problems
        self.name = layout.name
        self.columns: dict[str, int] = {}
        self._codes: dict[str, str] = {}
        self._read_header({title: title for title in layout.columns} | dict(also or {}))

    def _read_header(self, known: Mapping[str, str]) -> None:
        plain = {plain_words(title): name for title, name in known.items()}
        for column, title in self.raw.header:
            name = plain.get(plain_words(title))
            cell = cell_name(self.raw.header_row, column)
            if not title:
                if any(column < len(values) and clean_text(values[column]) for _row, values in self.raw.rows):
                    self.problems.add(self.name, cell, _("This column has entries but no title in its header."))
            elif name is None:
                self.problems.add(self.name, cell, _unknown_column(title, known))
            elif name in self.columns:
                self.problems.add(self.name, cell, _("The column “%(title)s” is there twice.") % {"title": title})
            else:
                self.columns[name] = column
        for title in self.layout.columns:
            if title in self.layout.needed and title not in self.columns:
                self.missing(title)

    def missing(self, title: str) -> None:
        """A needed column is not there: an error at the header row."""
        text = _("The column “%(title)s” is missing.")
        self.problems.add(self.name, self.header_cell, text % {"title": title})

    @property
    def header_cell(self) -> str:
        return cell_name(self.raw.header_row, 0)

    @property
    def complete(self) -> bool:
        return self.layout.needed <= self.columns.keys()

    def rows(self) -> Iterator[Row]:
        """The rows that say anything; none if a needed column is missing."""
        if self.complete:
            for row, values in self.raw.rows:
                yield Row(self, row, values)

    def cell(self, row: int, column: str) -> str:
        """The cell's name; of a column that the sheet does not have, the cell of the row's first column."""
        return cell_name(row, self.columns.get(column, self.columns.get(self.layout.columns[0], 0)))


class Row:
    """One row. A getter gives the typed value, or records an error, sets `ok` to False and gives None (text: "")."""

    __slots__ = ("ok", "row", "table", "values")

    def __init__(self, table: Table, row: int, values: list[Any]) -> None:
        self.table, self.row, self.values = table, row, values
        self.ok = True

    def raw(self, column: str) -> Any:
        position = self.table.columns.get(column, -1)
        if position < 0 or position >= len(self.values):
            return None
        return self.values[position]

    def bad(self, column: str, message: str) -> None:
        self.ok = False
        self.table.problems.add(self.table.name, self.table.cell(self.row, column), message)

    def is_empty(self, *columns: str) -> bool:
        return not any(self.raw(column) not in {None, ""} and clean_text(self.raw(column)) for column in columns)

    def text(self, column: str, most: int, *, needed: bool = False) -> str:
        """Trimmed text of at most `most` letters."""
        value = self.raw(column)
        if isinstance(value, Unusable):
            self.bad(column, unusable_words(value))
            return ""
        found = clean_text(value)
        if needed and not found:
            self.bad(column, _("This cell is empty; an entry is needed."))
        elif len(found) > most:
            self.bad(column, _too_long(found, most))
            return ""
        return found

    def code(self, column: str, *, needed: bool = True, most: int = CODE_LENGTH) -> str:
        """A code: numbers by their displayed digits."""
        value = self.raw(column)
        table = self.table
        if isinstance(value, str):
            found = table._codes.get(value)
            if found is None:
                found = table._codes[value] = code_text(value)
        elif isinstance(value, Unusable):
            self.bad(column, unusable_words(value))
            return ""
        else:
            try:
                found = code_text(value, table.raw.formats.get((self.row, table.columns.get(column, -1)), ""))
            except NotACode as error:
                self.bad(column, no_code_words(error.kind))
                return ""
        if needed and not found:
            self.bad(column, _("This cell is empty; an entry is needed."))
        elif len(found) > most:
            self.bad(column, _too_long(found, most))
            return ""
        return found

    def number(self, column: str, expected: str | Promise, *, needed: bool = False) -> Decimal | None:
        """An exact number; `expected` says in words which."""
        value = self.raw(column)
        if isinstance(value, Unusable):
            self.bad(column, unusable_words(value))
            return None
        try:
            found = number(value)
        except NotANumber as error:
            self.bad(column, no_number_words(error.kind, value, expected))
            return None
        if found is None and needed:
            self.bad(column, _("This cell is empty; expected: %(expected)s.") % {"expected": expected})
        return found

    def date(self, column: str) -> datetime.date | None:
        value = self.raw(column)
        if isinstance(value, Unusable):
            self.bad(column, unusable_words(value))
            return None
        if isinstance(value, datetime.datetime):
            return value.date()
        if isinstance(value, datetime.date):
            return value
        found = code_text(value) if isinstance(value, str) else clean_text(value)
        if not found:
            return None
        for pattern in ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d"):
            try:
                return datetime.datetime.strptime(found, pattern).date()  # noqa: DTZ007
            except ValueError:
                continue
        self.bad(column, _("“%(value)s” is not a date; expected: a date such as 2020-11-30.") % {"value": found})
        return None

    def choice(self, column: str, choices: Mapping[str, Any], default: Any) -> Any:
        """What the text stands for; the default if empty."""
        found = self.text(column, 200)
        if not found:
            return default
        if found in choices:
            return choices[found]
        values = {"value": found, "choices": "、".join(choices)}
        self.bad(column, _("“%(value)s” is not known; expected one of: %(choices)s.") % values)
        return default


def _a_number_to(most: str, otherwise: str) -> str:
    if otherwise:
        return _("a number from 0 to %(most)s, or %(otherwise)s") % {"most": most, "otherwise": otherwise}
    return _("a number from 0 to %(most)s") % {"most": most}


# What is expected, in words that are only made when something else was found: sheets have many good cells.
A_NUMBER = gettext_lazy("a number")
ABOVE_ZERO = gettext_lazy("a number above 0")
WHOLE_NUMBER = gettext_lazy("a whole number from 0")
number_to = lazy(_a_number_to, str)


def near(word: str, known: Iterable[str]) -> str:
    """“ Did you mean …?” with the nearest known word, or nothing."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return " " + _("Did you mean “%(word)s”?") % {"word": found[0]} if found else ""


def plain_words(title: str) -> str:
    """A title for comparing: full-width and plain forms, quotes and spaces inside make no difference."""
    return re.sub(r"[\s\"'“”‘’]", "", unicodedata.normalize("NFKC", title)).casefold()


def _unknown_column(title: str, known: Mapping[str, str]) -> str:
    text = _("The column “%(title)s” is not known here; expected: %(known)s.")
    return text % {"title": title, "known": "、".join(known)} + near(title, known)


def unusable_words(value: Unusable) -> str:
    if value.error:
        return _("The cell has the error value %(error)s; a value is expected.") % {"error": value.error}
    return _("The formula has no stored value. Open the workbook in Excel or WPS, let it calculate, and save it again.")


def _too_long(text: str, most: int) -> str:
    return _("The text has %(length)d letters; at most %(most)d fit.") % {"length": len(text), "most": most}


def no_code_words(kind: str) -> str:
    if kind == "date":
        return _("The spreadsheet made a date of this; format the cell as text and type it again.")
    return _("A number of more than 15 digits loses its last ones; format the cell as text and type it again.")


def no_number_words(kind: str, value: Any, expected: str | Promise) -> str:
    values = {"value": clean_text(value), "expected": expected}
    if kind == "size":
        return _("%(value)s has too many digits; expected: %(expected)s, of at most 15 digits.") % values
    return _("“%(value)s” is not a number; expected: %(expected)s.") % values

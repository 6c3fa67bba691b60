"""From the bytes of an .xlsx file to rows of raw cells. Nothing is judged here but the file itself."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from appraisal_site.lib.cells import cell_name, clean_text

from .layout import INSTRUCTIONS, MAX_ROWS, SHEETS, Column, Sheet
from .problems import Problem, UnreadableFile

MAX_BYTES = 10 * 1024 * 1024
MAX_UNPACKED = 200 * 1024 * 1024
MAX_COLUMNS = 60
HEADING_ROWS = 10  # a title may stand above the headings

OLD_FORMAT = b"\xd0\xcf\x11\xe0"  # .xls, and .xlsx with a password


class Cell(NamedTuple):
    value: Any
    number_format: str


@dataclass
class Row:
    """`number` counts from 1 as the spreadsheet does."""

    number: int
    cells: dict[str, Cell]


@dataclass
class Table:
    """One sheet as found. `columns` maps a field to its column, counted from 0."""

    sheet: Sheet
    title: str
    columns: dict[str, int] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)

    def place(self, row: int, name: str) -> str:
        return f"{self.title}!{cell_name(row - 1, self.columns[name])}"


def _check_package(content: bytes) -> None:
    """Raise UnreadableFile unless this is a ZIP archive that unpacks to a bearable size."""
    if len(content) > MAX_BYTES:
        size = MAX_BYTES // 1024 // 1024
        raise UnreadableFile(_("The file is too large: at most %(size)d MB are accepted.") % {"size": size})
    if content.startswith(OLD_FORMAT):
        raise UnreadableFile(
            _(
                "The file is protected by a password or is in the old .xls format. "
                "Remove the password, or save it as .xlsx, and choose it again."
            )
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            unpacked = sum(entry.file_size for entry in package.infolist())
    except zipfile.BadZipFile:
        raise UnreadableFile(_("This is not an Excel workbook. Choose a file that ends in .xlsx.")) from None
    if unpacked > MAX_UNPACKED:
        raise UnreadableFile(_("The workbook unpacks to far more than a roster needs and was not opened."))


def read_roster(content: bytes) -> tuple[list[Table], list[Problem]]:
    """The roster's sheets. Raises UnreadableFile; missing sheets, columns and unknown ones are problems."""
    _check_package(content)
    problems: list[Problem] = []
    tables: list[Table] = []
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        for worksheet in book.worksheets:
            title = clean_text(worksheet.title)
            if sheet := _sheet(title):
                tables.append(_table(sheet, title, worksheet, problems))
            elif title.casefold() not in INSTRUCTIONS:
                problems.append(Problem(title, _unknown_sheet()))
        book.close()
    except (
        InvalidFileException,
        ParseError,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
        OSError,
    ) as error:
        raise UnreadableFile(
            _("The workbook is damaged and cannot be read. Open it in Excel or WPS, save it again and choose it again.")
        ) from error
    if not tables:
        expected = ", ".join(sheet.title for sheet in SHEETS)
        raise UnreadableFile(_("No sheet of a roster was found. Expected: %(sheets)s.") % {"sheets": expected})
    return tables, problems


def _unknown_sheet() -> str:
    expected = ", ".join(sheet.title for sheet in SHEETS)
    return _("This sheet is not known. Expected: %(sheets)s. Rename or delete it.") % {"sheets": expected}


def _sheet(title: str) -> Sheet | None:
    return next((sheet for sheet in SHEETS if title.casefold() in {sheet.title, sheet.other}), None)


def _rows(worksheet: Any) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Rows with their numbers; rows without content are left out, at most one more than MAX_ROWS."""
    worksheet.reset_dimensions()
    limit = MAX_ROWS + HEADING_ROWS + 1
    for number, cells in enumerate(worksheet.iter_rows(max_row=limit, max_col=MAX_COLUMNS), start=1):
        if any(cell.value is not None and clean_text(cell.value) for cell in cells):
            yield number, cells


def _table(sheet: Sheet, title: str, worksheet: Any, problems: list[Problem]) -> Table:
    table = Table(sheet, title)
    rows = _rows(worksheet)
    for number, cells in rows:
        if number > HEADING_ROWS:
            break
        headings = {index: clean_text(cell.value) for index, cell in enumerate(cells)}
        if any(sheet.column("code").is_called(heading) for heading in headings.values()):
            _headings(table, number, headings, problems)
            break
    if not table.columns:
        wanted = ", ".join(column.title for column in sheet.columns)
        text = _("No row of headings was found in the first %(count)d rows. Expected: %(columns)s.")
        problems.append(Problem(title, text % {"count": HEADING_ROWS, "columns": wanted}))
        return table
    for number, cells in rows:
        found = {
            name: Cell(cells[index].value, cells[index].number_format or "")
            for name, index in table.columns.items()
            if index < len(cells) and cells[index].value is not None
        }
        table.rows.append(Row(number, found))
        if len(table.rows) > MAX_ROWS:
            text = _("More than %(count)d rows. Split the roster into several files.")
            problems.append(Problem(title, text % {"count": MAX_ROWS}))
            break
    return table


def _headings(table: Table, row: int, headings: dict[int, str], problems: list[Problem]) -> None:
    sheet = table.sheet
    for index, heading in headings.items():
        if not heading:
            continue
        place = f"{table.title}!{cell_name(row - 1, index)}"
        column: Column | None = next((one for one in sheet.columns if one.is_called(heading)), None)
        if column is None:
            wanted = ", ".join(one.title for one in sheet.columns)
            text = _("The column “%(heading)s” is not known. Expected: %(columns)s.")
            problems.append(Problem(place, text % {"heading": heading, "columns": wanted}))
        elif column.field in table.columns:
            problems.append(Problem(place, _("The column “%(heading)s” is there twice.") % {"heading": heading}))
        else:
            table.columns[column.field] = index
    for column in sheet.columns:
        if column.required and column.field not in table.columns:
            text = _("The column “%(column)s” is missing.") % {"column": column.title}
            problems.append(Problem(table.title, text))

"""From a file to raw rows with the addresses of their cells. Nothing is judged here but the file itself."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook

from appraisal_site.lib.cells import cell_name, clean_text

from .package import MAX_UNPACKED, Package, Place, TooFar, refusal
from .problems import Problem, WorkbookRefused


@dataclass(slots=True)
class RawSheet:
    """A sheet's used area. Rows and columns count from 0 at the sheet's own A1.

    `header` is the first row that says anything: (column, title). `rows` are (row number, values by column).
    A value is as python-calamine gives it, None if empty, or `Unusable`.
    """

    name: str
    header_row: int = 0
    header: list[tuple[int, str]] = field(default_factory=list)
    rows: list[tuple[int, list[Any]]] = field(default_factory=list)
    formats: dict[Place, str] = field(default_factory=dict)


def read_workbook(path: Path, wanted: Iterable[str]) -> tuple[dict[str, RawSheet], list[str]]:
    """The wanted sheets that are there, and the names of the others. Raises WorkbookRefused."""
    if reason := refusal(path, settings.UPLOAD_MAX_BYTES):
        raise _refused(_refusals()[reason])
    names = set(wanted)
    try:
        package = Package(path)
        try:
            book = CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes()))
            sheets = {name: _sheet(book, package, name) for name in book.sheet_names if name.strip() in names}
        finally:
            package.close()
    except (CalamineError, zipfile.BadZipFile, KeyError, ParseError, OSError, ValueError) as error:
        raise _refused(_refusals()["damaged"]) from error
    return {name.strip(): sheet for name, sheet in sheets.items()}, [
        n for n in book.sheet_names if n.strip() not in names
    ]


def _sheet(book: CalamineWorkbook, package: Package, name: str) -> RawSheet:
    raw = RawSheet(name.strip())
    try:
        unusable, raw.formats = package.look(name)
    except TooFar as far:
        text = _("This cell lies far outside the table. Delete it, and everything else around the table.")
        raise WorkbookRefused([Problem(raw.name, cell_name(*far.place), text)], can_be_marked=False) from far
    sheet = book.get_sheet_by_name(name)
    start = sheet.start or (0, 0)
    rows: dict[int, list[Any]] = {
        start[0] + i: [None] * start[1] + values for i, values in enumerate(sheet.to_python())
    }
    for (row, column), mark in unusable.items():
        values = rows.setdefault(row, [])
        values.extend([None] * (column + 1 - len(values)))
        values[column] = mark
    is_header = True
    for number in sorted(rows) if unusable else rows:
        values = rows[number]
        if not any(value not in {None, ""} and clean_text(value) for value in values):
            continue
        if is_header:
            raw.header_row, is_header = number, False
            raw.header = [(column, clean_text(value)) for column, value in enumerate(values)]
        else:
            raw.rows.append((number, values))
    return raw


def _refused(message: str) -> WorkbookRefused:
    return WorkbookRefused([Problem("", "", message)], can_be_marked=False)


def _refusals() -> dict[str, str]:
    limit = {"limit": filesizeformat(settings.UPLOAD_MAX_BYTES)}
    unpacked = {"limit": filesizeformat(MAX_UNPACKED)}
    return {
        "size": _("The file is larger than %(limit)s.") % limit,
        "encrypted": _("The file is protected by a password, or is an old .xls. Save it as .xlsx without a password."),
        "format": _("The file is not an Excel workbook: an .xlsx file is expected."),
        "damaged": _("The file is damaged and cannot be read. Open it in Excel or WPS, save it as .xlsx, try again."),
        "unpacked": _("The file holds more than %(limit)s when unpacked.") % unpacked,
    }

"""What the quick reader does not tell about a workbook: formulas without a value, error values, padded numbers.

python-calamine gives values only. A formula that was never calculated and an error value both come as empty, and a
code typed as a number comes without the format that shows its leading zeros. The file's own XML has them; it is
looked through only where a sheet has such a cell at all.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
MAX_UNPACKED = 512 * 1024 * 1024
MAX_AREA = 10_000_000  # cells from A1 to the last that holds something: the quick reader keeps them all

_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="([0-9]+)"')
_WIDE = re.compile(rb'\br="([A-Z]{2,3})[0-9]+"')  # cells right of column Z
_NAME = re.compile(rb'\br="([A-Z]+)([0-9]+)"')
_STYLE = re.compile(rb'\bs="([0-9]+)"')
_FORMULA = re.compile(rb"<(?:\w+:)?f\b")
_CACHED = re.compile(rb"<(?:\w+:)?v\b[^>]*>([^<]+)<")
_TEXT_RESULT = re.compile(rb'\bt="str"')
_ERROR = re.compile(rb'\bt="e"')


@dataclass(frozen=True, slots=True)
class Unusable:
    """A cell that has no usable value: an error value (`error` is its text), or a formula never calculated ("")."""

    error: str = ""


Place = tuple[int, int]  # row and column, from 0


class TooFar(Exception):
    """A sheet has a cell so far away that reading up to it would take all memory."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place


class Package:
    """The parts of an .xlsx file."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path)
        self._parts = self._sheet_parts()
        self._padded = self._padded_styles()

    def close(self) -> None:
        self._zip.close()

    def look(self, sheet: str) -> tuple[dict[Place, Unusable], dict[Place, str]]:
        """Cells without a usable value, and the formats of those whose numbers are shown with leading zeros.

        Raises TooFar; to be called before the sheet is read.
        """
        part = self._parts.get(sheet)
        if part is None:
            return {}, {}
        data = self._zip.read(part)
        _check_reach(data)
        unusable: dict[Place, Unusable] = {}
        formats: dict[Place, str] = {}
        suspicious = b't="e"' in data or _FORMULA.search(data) is not None
        padded = any(b's="%d"' % style in data for style in self._padded)
        if not suspicious and not padded:
            return unusable, formats
        for cell in _CELL.finditer(data):
            attributes, content = cell.group(1), cell.group(3) or b""
            broken = _unusable(attributes, content) if suspicious else None
            style = _STYLE.search(attributes) if padded and content else None
            shown = self._padded.get(int(style.group(1))) if style else None
            if broken is None and shown is None:
                continue
            place = _place(attributes)
            if broken is not None:
                unusable[place] = broken
            elif shown is not None:
                formats[place] = shown
        return unusable, formats

    def _sheet_parts(self) -> dict[str, str]:
        book = ElementTree.fromstring(self._zip.read("xl/workbook.xml"))  # noqa: S314
        links = ElementTree.fromstring(self._zip.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
        targets = {link.get("Id"): link.get("Target", "") for link in links.iter(PACKAGE)}
        parts = {}
        for sheet in book.iter(f"{MAIN}sheet"):
            target = targets.get(sheet.get(RELATION), "")
            part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            if part in self._zip.NameToInfo:
                parts[sheet.get("name", "")] = part
        return parts

    def _padded_styles(self) -> Mapping[int, str]:
        """Styles whose number format shows more digits than the number has: position → format."""
        if "xl/styles.xml" not in self._zip.NameToInfo:
            return {}
        styles = ElementTree.fromstring(self._zip.read("xl/styles.xml"))  # noqa: S314
        codes = {
            entry.get("numFmtId"): entry.get("formatCode", "")
            for entry in styles.iter(f"{MAIN}numFmt")
            if re.search(r'0[0\-/: ]*0|["\\]', entry.get("formatCode", "").split(";")[0])
        }
        formats = styles.find(f"{MAIN}cellXfs")
        found = list(formats) if formats is not None else []
        return {i: codes[xf.get("numFmtId")] for i, xf in enumerate(found) if xf.get("numFmtId") in codes}


def _check_reach(data: bytes) -> None:
    """Raise TooFar for the last cell of a sheet that reaches too far. Rows and columns without entries may."""
    rows = max(map(int, _ROW.findall(data)), default=0)
    columns = max((_column(letters) + 1 for letters in set(_WIDE.findall(data))), default=26)
    if rows * columns <= MAX_AREA:
        return
    places = [_place(cell.group(1)) for cell in _CELL.finditer(data) if cell.group(3)]
    last = max((row for row, _column in places), default=0), max((column for _row, column in places), default=0)
    if (last[0] + 1) * (last[1] + 1) > MAX_AREA:
        raise TooFar(max(places, key=lambda place: (place[0] + 1) * (place[1] + 1)))


def _unusable(attributes: bytes, content: bytes) -> Unusable | None:
    cached = _CACHED.search(content)
    if _ERROR.search(attributes):
        return Unusable(cached.group(1).decode(errors="replace") if cached else "#")
    if _FORMULA.search(content) and cached is None and not _TEXT_RESULT.search(attributes):
        return Unusable()
    return None


def _place(attributes: bytes) -> Place:
    name = _NAME.search(attributes)
    if name is None:
        raise ValueError("a cell without a reference")
    return int(name.group(2)) - 1, _column(name.group(1))


def _column(letters: bytes) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + letter - ord("A") + 1
    return column - 1


def refusal(path: Path, limit: int) -> str:
    """Why this file cannot be read at all: "size", "encrypted", "format", "unpacked", "damaged", or ""."""
    if path.stat().st_size > limit:
        return "size"
    with path.open("rb") as handle:
        if handle.read(8) == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
            return "encrypted"
    if not zipfile.is_zipfile(path):
        return "format"
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
                return "unpacked"
            if any(entry.flag_bits & 1 for entry in entries):
                return "encrypted"
            if archive.testzip() is not None:
                return "damaged"  # or not of the size that it states
    except zipfile.BadZipFile:
        return "format"
    return "" if any(entry.filename == "xl/workbook.xml" for entry in entries) else "format"

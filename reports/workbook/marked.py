"""A copy of an uploaded workbook in which every wrong cell is red and says what is wrong.

The words here are Chinese as the workbook's own are; the messages come in the language of the user.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils.cell import coordinate_from_string, quote_sheetname, range_boundaries
from openpyxl.utils.exceptions import CellCoordinatesException
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties

from .layout import ERRORS as LIST
from .template_sheets import WAITING_COLOUR

COLUMNS = (("工作表", 14), ("单元格", 10), ("问题", 100))
MOST_COMMENTS = 2_000  # a spreadsheet becomes slow with more; cells beyond are red, and in the list
LONGEST = 32_000  # characters of a cell; Excel takes 32,767
FAR_ROW, FAR_COLUMN = 1_048_576, 16_384
AUTHOR = "考评"
# What stands below it in a comment is ours; what stands above it the user wrote himself.
SEPARATOR = "—— 导入检查 ——"
RED = PatternFill("solid", start_color="FFFFC7CE", end_color="FFFFC7CE")
HEAD = PatternFill("solid", start_color="FFD9DEE5", end_color="FFD9DEE5")
LINK = Font(name="宋体", color="FF1F4E79", underline="single")


class Problem(Protocol):
    """Something wrong in a workbook: `cell` like "D5", empty where it is no single cell; `message` is shown."""

    @property
    def sheet(self) -> str: ...

    @property
    def cell(self) -> str: ...

    @property
    def message(self) -> object: ...


def write_marked_copy(source: str | Path, out: str | Path, problems: Iterable[Problem]) -> None:
    """Write a copy of `source` with the wrong cells red and commented, and the list of all problems in front.

    Problems of one cell share one comment; a comment of the user's stays above it. A problem without a cell of this
    workbook is in the list only. Marks of an earlier check, in a copy that was corrected and uploaded again, are
    taken off first, and so is the template's yellow of empty cells on sheets with errors. Everything else stays:
    formulas too, but openpyxl drops their cached values, which a spreadsheet computes again when it opens the copy.
    Raises what openpyxl raises on a file it cannot read.
    """
    found = list(problems)
    book = load_workbook(source, rich_text=True)
    _take_off(book)
    cells = _by_cell(book, found)
    for number, ((sheet, cell), messages) in enumerate(cells.items()):
        _mark(book[sheet][cell], messages, with_comment=number < MOST_COMMENTS)
    for sheet in {sheet for sheet, _cell in cells}:
        _stop_waiting(book[sheet])
    _list(book, found)
    book.save(out)


# ------------------------------------------------------------------------------ cells


def _by_cell(book: Workbook, problems: Iterable[Problem]) -> dict[tuple[str, str], list[str]]:
    """Messages by the (sheet, cell) they stand at, each once, in the order of the problems."""
    cells: dict[tuple[str, str], list[str]] = {}
    for problem in problems:
        place = _place(book, problem)
        if place is not None:
            messages = cells.setdefault(place, [])
            message = _clean(problem.message)
            if message not in messages:
                messages.append(message)
    return cells


def _place(book: Workbook, problem: Problem) -> tuple[str, str] | None:
    """Where a problem can be marked: its cell, the first of a merged range; None if there is no such cell."""
    # The reader takes a sheet for what it is called apart from spaces around.
    name = next((each for each in book.sheetnames if each.strip() == problem.sheet.strip()), None)
    if name is None:
        return None
    sheet = book[name]
    if not hasattr(sheet, "merged_cells"):  # a sheet that is a chart
        return None
    try:
        coordinate_from_string(problem.cell)
        column, row, _last_column, _last_row = range_boundaries(problem.cell)
    except (CellCoordinatesException, ValueError, TypeError):
        return None
    if not (column and row and column <= FAR_COLUMN and row <= FAR_ROW):
        return None
    cell = sheet.cell(row, column)
    if isinstance(cell, MergedCell):
        merged = next(area for area in sheet.merged_cells.ranges if cell.coordinate in area)
        cell = sheet.cell(merged.min_row, merged.min_col)
    return name, cell.coordinate


def _mark(cell: Any, messages: list[str], *, with_comment: bool) -> None:
    cell.fill = RED
    if not with_comment:
        return
    own = f"{cell.comment.text}\n" if cell.comment is not None else ""
    text = f"{own}{SEPARATOR}\n" + "\n".join(messages)
    comment = Comment(text[:LONGEST], AUTHOR)
    comment.width = 320
    comment.height = 40 + 20 * sum(1 + len(line) // 24 for line in text[:2_000].split("\n"))
    cell.comment = comment


def _stop_waiting(sheet: Any) -> None:
    """Remove the template's yellow of empty cells: a conditional format would hide the red of one that is wrong."""
    for area in list(sheet.conditional_formatting):
        fills = [rule.dxf.fill for rule in area.rules if rule.dxf is not None and rule.dxf.fill is not None]
        if any(fill.bgColor.rgb == f"FF{WAITING_COLOUR}" for fill in fills):
            del sheet.conditional_formatting[str(area.sqref)]


def _take_off(book: Workbook) -> None:
    """Undo the marks of an earlier check: the list, our comments, and the red of their cells."""
    if LIST in book.sheetnames and len(book.sheetnames) > 1:
        del book[LIST]
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if not cell.has_style and cell.comment is None:
                    continue
                if cell.comment is not None and SEPARATOR in cell.comment.text:
                    own, author = cell.comment.text.split(SEPARATOR)[0].rstrip("\n"), cell.comment.author
                    cell.comment = Comment(own, author) if own else None
                if cell.fill == RED:
                    cell.fill = PatternFill()


# ------------------------------------------------------------------------------ list


def _list(book: Workbook, problems: list[Problem]) -> None:
    if LIST in book.sheetnames:  # the only sheet of the workbook: cleared, as a workbook needs one
        book[LIST].title = f"{LIST}（旧）"
    sheet = book.create_sheet(LIST, 0)
    for position, (title, width) in enumerate(COLUMNS, start=1):
        cell = sheet.cell(1, position, title)
        cell.font, cell.fill = Font(name="宋体", bold=True), HEAD
        sheet.column_dimensions[cell.column_letter].width = width
    for row, problem in enumerate(problems, start=2):
        for position, text in enumerate((problem.sheet, problem.cell, problem.message), start=1):
            cell = sheet.cell(row, position)
            # A text whatever it begins with: a message may quote what stands in a cell, and that may be "=…".
            cell.value = _clean(text)
            cell.data_type = "s"
        sheet.cell(row, 3).alignment = Alignment(wrap_text=True, vertical="top")
        place = _place(book, problem)
        if place is not None:
            link = sheet.cell(row, 2)
            target = f"{quote_sheetname(place[0])}!{problem.cell}"
            link.hyperlink = Hyperlink(ref=link.coordinate, location=target, display=problem.cell)
            link.font = LINK
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:C{len(problems) + 1}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    book.active = 0
    for other in book.worksheets[1:]:
        other.sheet_view.tabSelected = False


def _clean(text: object) -> str:
    """Text without characters that a workbook cannot hold."""
    return ILLEGAL_CHARACTERS_RE.sub("�", str(text))[:LONGEST]

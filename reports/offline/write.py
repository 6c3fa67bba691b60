"""Writing a score sheet as a file: subjects × leaves, as the grid in the browser has them.

Row by row in constant memory. What cannot be entered is grey and locked; the sheet is protected without a password,
so that whoever wants to sort can take the protection off.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from django.utils import translation
from xlsxwriter.utility import xl_col_to_name, xl_range

from appraisal_site.lib.cells import SIGNIFICANT_DIGITS
from appraisal_site.lib.fields import canonical
from reviews.models import Round
from reviews.queries.sheet import Leaf
from reviews.queries.sheet_cells import EMPTY
from reviews.tree import takes_marks
from units.models import Unit, User

from ..workbook.layout import INSTRUCTIONS
from ..workbook.style import Style, printed
from ..workbook.template_sheets import WAITING_COLOUR
from .contents import Contents, Line, contents_for, contents_of_unit
from .guide import Guide
from .layout import (
    CATEGORY,
    CODE,
    GRID,
    GROUP,
    HEAD_ROW,
    HINT,
    NAME,
    NOTE_PART,
    OWN_UNIT,
    STATE,
    Column,
    columns_of,
)
from .state import facts_of, held_of, state_lines
from .validation import validation_of

GREY, SUBTLE, EDGE = "#E7EAEE", "#5A6675", "#D5DAE1"
LANGUAGE = "zh-hans"  # of the file, whoever downloads it
MOST_RUNS = 100  # of cells that are open, in a column with closed ones between: beyond, none is coloured


def write_own_book(path: str | Path, user: User, round_: Round) -> None:
    """What this account enters. 14 queries at most, whatever the size."""
    with translation.override(LANGUAGE):
        write_book(path, contents_for(user, round_), str(user))


def write_unit_book(path: str | Path, unit: Unit, round_: Round, by: User) -> None:
    """What the assessors of this unit enter, made by somebody else for them. 12 queries at most."""
    with translation.override(LANGUAGE):
        write_book(path, contents_of_unit(unit, round_), str(by))


def write_book(path: str | Path, contents: Contents, made_by: str) -> None:
    """Write the file to `path`. No query: everything is in `contents`."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    file = xlsxwriter.Workbook(str(path), options)
    style = Style(file)
    guide = file.add_worksheet(INSTRUCTIONS)
    printed(guide)
    Guide(contents, facts_of(contents, made_by)).write(guide, style)
    columns = list(columns_of(contents.leaves))
    sheet = file.add_worksheet(GRID)
    _Grid(file, sheet, contents, columns).write()
    sheet.activate()
    state = file.add_worksheet(STATE)
    for number, line in enumerate(state_lines(contents, columns, facts_of(contents, made_by))):
        for position, text in enumerate(line):
            state.write_string(number, position, text)
    state.very_hidden()
    file.close()


class _Forms:
    """The formats of the grid: open to be filled in, and closed."""

    def __init__(self, file: Any) -> None:
        def make(**values: Any) -> Any:
            line = {"bottom": 1, "bottom_color": EDGE, "right": 1, "right_color": EDGE}
            return file.add_format({"font_name": "宋体", "font_size": 11, "valign": "vcenter"} | line | values)

        self.fixed = make(num_format="@", text_wrap=True)
        self.value = make(locked=False, align="right")
        self.note = make(locked=False, num_format="@", text_wrap=True, font_size=10)
        self.closed_value = make(bg_color=GREY, font_color=SUBTLE, align="right")
        self.closed_note = make(bg_color=GREY, font_color=SUBTLE, num_format="@", text_wrap=True, font_size=10)
        heading = {"border": 1, "border_color": "#B7C0CC", "text_wrap": True, "align": "center"}
        self.title = make(bold=True, bg_color="#1F4E79", font_color="#FFFFFF", **heading)
        self.dates = make(font_size=9, bg_color="#EEF2F7", font_color=SUBTLE, **heading)
        self.shut = make(font_size=9, bg_color=GREY, font_color="#97201A", **heading)
        self.head = make(bold=True, bg_color="#D9DEE5", font_color="#1B2733", **heading)
        self.plain = file.add_format({"font_name": "宋体", "font_size": 11, "valign": "vcenter", "bold": True})
        self.subtle = file.add_format({"font_name": "宋体", "font_size": 9, "font_color": SUBTLE, "valign": "vcenter"})
        self.waiting = file.add_format({"bg_color": f"#{WAITING_COLOUR}"})


class _Grid:
    """The sheet that is filled in."""

    def __init__(self, file: Any, sheet: Any, contents: Contents, columns: Sequence[Column]) -> None:
        self.sheet, self.contents, self.columns = sheet, contents, columns
        self.forms = _Forms(file)
        self.fixed = self._fixed()
        self.open: list[list[int]] = [[] for _column in columns]  # rows of the cells that wait for an entry

    def _fixed(self) -> list[tuple[str, int]]:
        """The columns that say who a row is about: (head, width)."""
        lines = self.contents.lines
        names = min(36, max([12, *(2 * len(line.name) + 2 for line in lines)]))
        kinds = min(24, max([10, *(2 * len(line.category) + 2 for line in lines)]))
        found = [(CODE, 11), (NAME, names), (CATEGORY, kinds)]
        if any(line.group for line in lines):
            found.append((GROUP, 14))
        if any(line.own for line in lines):
            found.append((HINT, 9))
        return found

    def write(self) -> None:
        self._page()
        self._heads()
        for number, line in enumerate(self.contents.lines, start=HEAD_ROW + 1):
            self._line(number, line)
        self._rules()

    def _page(self) -> None:
        sheet, width = self.sheet, len(self.fixed)
        for position, (_head, size) in enumerate(self.fixed):
            sheet.set_column(position, position, size)
        for position, column in enumerate(self.columns, start=width):
            sheet.set_column(position, position, 22 if column.part == NOTE_PART else 9 if _is_mark(column.leaf) else 13)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer("&C&A　第 &P / &N 页")
        sheet.repeat_rows(0, HEAD_ROW)
        sheet.repeat_columns(0, 1)
        # Who, and to which category it belongs, stays in sight.
        sheet.freeze_panes(HEAD_ROW + 1, 3)
        sheet.hide_gridlines(2)
        last = HEAD_ROW + max(1, len(self.contents.lines))
        sheet.autofilter(HEAD_ROW, 0, last, width + len(self.columns) - 1)
        allowed = ("format_columns", "format_rows", "autofilter", "sort", "select_locked_cells")
        sheet.protect("", dict.fromkeys(allowed, True))

    def _heads(self) -> None:
        sheet, width = self.sheet, len(self.fixed)
        sheet.set_row(0, 34)
        sheet.set_row(1, 28)
        sheet.set_row(HEAD_ROW, 50 if any(column.head.count("\n") > 1 for column in self.columns) else 34)
        sheet.write_string(0, 0, self.contents.round.title, self.forms.plain)
        self._over(0, lambda leaf: (f"{leaf.node.code} {leaf.node.title}", self.forms.title))
        sheet.write_string(1, 0, f"填表人：{self.contents.owner}", self.forms.subtle)
        self._over(1, self._dates)
        for position, (head, _size) in enumerate(self.fixed):
            sheet.write_string(HEAD_ROW, position, head, self.forms.head)
        for position, column in enumerate(self.columns, start=width):
            sheet.write_string(HEAD_ROW, position, column.head, self.forms.head)

    def _over(self, row: int, say: Any) -> None:
        """A line of heads over the leaves: one cell for all columns of a leaf."""
        position = len(self.fixed)
        for leaf in self.contents.leaves:
            text, form = say(leaf)
            count = sum(column.leaf is leaf for column in self.columns)
            if count > 1:
                self.sheet.merge_range(row, position, row, position + count - 1, "", form)
            self.sheet.write_string(row, position, text, form)
            position += count

    def _dates(self, leaf: Leaf) -> tuple[str, Any]:
        words = [f"满分 {canonical(leaf.node.points)}"]
        deadline = leaf.assignment.deadline or self.contents.round.deadline
        if leaf.reason:
            return f"{words[0]}　不能填写", self.forms.shut
        if deadline is not None:
            words.append(f"截止 {deadline:%Y-%m-%d}")
        return "　".join(words), self.forms.dates

    def _line(self, number: int, line: Line) -> None:
        sheet, forms = self.sheet, self.forms
        texts = {CODE: line.code, NAME: line.name, CATEGORY: line.category, GROUP: line.group}
        texts[HINT] = OWN_UNIT if line.own else ""
        for position, (head, _size) in enumerate(self.fixed):
            sheet.write_string(number, position, texts[head], forms.fixed)
        for place, column in enumerate(self.columns):
            is_note = column.part == NOTE_PART
            key = f"{line.pk}:{column.leaf.assignment.pk}" if is_note else f"{line.pk}:{column.key}"
            cell = self.contents.cells.get(key, EMPTY)
            held = held_of(cell)
            closed = bool(column.leaf.reason or cell.get("locked"))
            position = len(self.fixed) + place
            if is_note:
                form = forms.closed_note if closed else forms.note
                _text(sheet, number, position, held.note, form)
            else:
                form = forms.closed_value if closed else forms.value
                _value(sheet, number, position, held.value, form)
            if not closed:
                self.open[place].append(number)

    def _rules(self) -> None:
        """What may be typed, and the colour of what waits."""
        plan = self.contents.grid.tree.plan
        for place, column in enumerate(self.columns):
            rows = self.open[place]
            if not rows:
                continue
            position = len(self.fixed) + place
            at = xl_col_to_name(position)
            first, last = HEAD_ROW + 1, HEAD_ROW + len(self.contents.lines)
            rule = validation_of(column.leaf.node, column.part, plan, f"{at}{first + 1}")
            self.sheet.data_validation(first, position, last, position, rule)
            runs = list(_runs(rows))
            if len(runs) > MOST_RUNS:
                continue
            top = f"{at}{runs[0][0] + 1}"
            if column.part != NOTE_PART:
                criteria = f'={top}=""'
            elif plan.notes_required:
                criteria = f'=AND(ISNUMBER({xl_col_to_name(position - 1)}{runs[0][0] + 1}),{top}="")'
            else:
                continue
            areas = [xl_range(start, position, end, position) for start, end in runs]
            rule = {"type": "formula", "criteria": criteria, "format": self.forms.waiting}
            if len(areas) > 1:
                rule["multi_range"] = " ".join(areas)
            self.sheet.conditional_format(runs[0][0], position, runs[0][1], position, rule)


def _is_mark(leaf: Leaf) -> bool:
    return takes_marks(leaf.node)


def _runs(rows: Iterable[int]) -> Iterable[tuple[int, int]]:
    """Neighbouring rows as (first, last)."""
    start = end = None
    for row in rows:
        if end is None or row != end + 1:
            if start is not None and end is not None:
                yield start, end
            start = row
        end = row
    if start is not None and end is not None:
        yield start, end


def _value(sheet: Any, row: int, column: int, value: str, form: Any) -> None:
    """A number as a number, as far as a spreadsheet keeps its digits."""
    digits = value.replace("-", "").replace(".", "")
    if digits.isdecimal() and len(digits.strip("0")) <= SIGNIFICANT_DIGITS:
        sheet.write_number(row, column, Decimal(value), form)
    else:
        _text(sheet, row, column, value, form)


def _text(sheet: Any, row: int, column: int, text: str, form: Any) -> None:
    if text:
        sheet.write_string(row, column, text, form)
    else:
        sheet.write_blank(row, column, None, form)

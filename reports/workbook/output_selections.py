"""Sheets of what follows from the result: one for each selection of the plan, and the payout list.

Like the other sheets they are Chinese in every language of the product. Numbers of places and sums of money are live
formulas with their values beside them; each rounds to 8 places first (see formulas.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol

from xlsxwriter.utility import xl_rowcol_to_cell

from indicators.rendering import render
from reviews.models import Round
from scoring.engine.rounding import ceil_of
from scoring.engine.types import Plan
from scoring.models import Computation
from scoring.payout import (
    Line,
    Sum,
    Table,
    in_words,
    line_words,
    payout_lines,
    payout_table,
    presences,
    sums_by_category,
    sums_by_grade,
    total_of,
)
from scoring.selections import EXCLUSION, FOCUS, QUOTA, Part, Selection, read_selections, selection_rows
from scoring.standings import Standing, read_standings
from scoring.vetoes import VETO

PAYOUT = "奖金发放"
NO_GRADE, ALL, NO_UNIT, TOTAL = "不定等次", "全体", "未登记单位", "合计"
PEOPLE = ("范围", "编码", "名称", "类别", "类别名次", "名次", "总分", "等次")
PEOPLE_WIDTHS = (22, 12, 26, 18, 10, 8, 10, 10)
VERDICTS = {"kept": "保留名额", "tied": "并列待定", "vetoed": "否决", "barred": "不得推荐"}
PARTS = {
    FOCUS: ("范围", "有等次人数", "比例", "取最后", "列入人数"),
    EXCLUSION: ("范围", "有等次人数", "比例", "取最后", "列入人数"),
    QUOTA: ("范围", "有等次人数", "比例", "名额", "可推荐人数"),
    VETO: ("范围", "名额", "比例", "取前", "候选人数", "保留人数"),
}
PAYOUT_COLUMNS = ("编码", "名称", "类别", "等次", "标准", "在岗月数", "周期月数", "实发", "说明", "签领")
PAYOUT_WIDTHS = (12, 26, 18, 10, 10, 10, 10, 12, 60, 16)
PROVISIONAL = "有缺失数据，结果为暂定，本表可能随之改变"

_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
LONGEST = 31


class Book(Protocol):
    """What these sheets need of the workbook that is being written."""

    file: Any
    head: Any
    score: Any
    text: Any
    bold: Any
    plan: Plan
    computation: Computation

    def sheet(self, name: str, columns: Sequence[str], widths: Sequence[int], frozen: int = 0) -> Any: ...


def sheet_name(title: str, taken: Iterable[str]) -> str:
    """The title as Excel takes it: without []:*?/\\, at most 31 letters, not the name of another sheet."""
    name = _FORBIDDEN.sub(" ", title).strip().strip("'").strip()[:LONGEST].strip() or "结果运用"
    used = {each.casefold() for each in taken} | {"history"}
    number, found = 2, name
    while found.casefold() in used:
        tail = f" {number}"
        found, number = name[: LONGEST - len(tail)] + tail, number + 1
    return found


def write_uses(book: Book) -> None:
    """The sheets of the plan's selections and of its payout. No query for a plan without either."""
    round_ = book.computation.round
    table = payout_table(round_, book.plan)
    if table is None and not selection_rows(round_.plan_version):
        return
    standings = read_standings(book.computation, book.plan)
    for selection in read_selections(round_, book.computation, book.plan, standings):
        _selection(book, selection)
    if table is not None:
        _payout(book, round_, table, standings)


def _taken(book: Book) -> list[str]:
    return [sheet.get_name() for sheet in book.file.worksheets()]


# ---------------------------------------------------------------- selections


def _selection(book: Book, selection: Selection) -> None:
    more: tuple[str, ...] = ()
    if selection.kind == VETO:
        more = ("对照轮次总分", "结论")
    elif selection.kind == QUOTA:
        more = ("结论",)
    columns, widths = (*PEOPLE, *more, "说明"), (*PEOPLE_WIDTHS, *(14 for _name in more), 70)
    sheet = book.sheet(sheet_name(selection.title, _taken(book)), columns, widths, frozen=3)
    row = 0
    for row, chosen in enumerate(selection.chosen, start=1):
        _person(book, sheet, row, _scope(selection, chosen.scope), chosen.standing)
        column = len(PEOPLE)
        if selection.kind == VETO:
            if chosen.other is not None:
                sheet.write_number(row, column, chosen.other.total)
            column += 1
        if more:
            sheet.write_string(row, column, VERDICTS.get(chosen.verdict, "可推荐"))
        sheet.write_string(row, len(columns) - 1, render(chosen.words))
    row = _parts(book, sheet, row + 2, selection)
    for line in _remarks(book, selection):
        row += 1
        sheet.write_string(row, 0, line)


def _scope(selection: Selection, scope: str) -> str:
    return scope or (NO_UNIT if selection.by_unit else ALL)


def _person(book: Book, sheet: Any, row: int, scope: str, standing: Standing) -> None:
    sheet.write_string(row, 0, scope)
    sheet.write_string(row, 1, standing.code, book.text)
    sheet.write_string(row, 2, standing.name)
    sheet.write_string(row, 3, standing.category)
    sheet.write_number(row, 4, standing.category_rank)
    sheet.write_number(row, 5, standing.rank)
    sheet.write_number(row, 6, standing.total, book.score)
    sheet.write_string(row, 7, standing.grade or NO_GRADE)


def _parts(book: Book, sheet: Any, row: int, selection: Selection) -> int:
    """The arithmetic, a line for each part; the row after the last one."""
    sheet.write_row(row, 0, PARTS[selection.kind], book.head)
    for part in selection.parts:
        row += 1
        sheet.write_string(row, 0, _scope(selection, part.scope))
        sheet.write_number(row, 1, part.places if selection.kind == VETO else part.size)
        sheet.write_number(row, 2, part.share)
        places, result = _places(selection.kind, part, row)
        sheet.write_formula(row, 3, places, None, result)
        if selection.kind == VETO:
            sheet.write_number(row, 4, part.size)
        sheet.write_number(row, len(PARTS[selection.kind]) - 1, part.chosen)
    return row


def _places(kind: str, part: Part, row: int) -> tuple[str, int]:
    """How many are taken as a formula of the two cells before it, and its value."""
    product = f"ROUND({xl_rowcol_to_cell(row, 1)}*{xl_rowcol_to_cell(row, 2)},8)"
    if kind == QUOTA:
        return f"=ROUNDDOWN({product},0)", part.places
    invited = ceil_of(Fraction(part.share) * part.places) if kind == VETO else part.places
    return f"=ROUNDUP({product},0)", invited


def _remarks(book: Book, selection: Selection) -> list[str]:
    lines = [render(selection.sentence)]
    veto = selection.veto
    if veto is not None and veto.earlier is None:
        lines.append("尚未确定对照轮次和名额")
    elif veto is not None and veto.earlier is not None:
        lines.append(f"对照轮次：{veto.earlier.title}（{veto.earlier.name}）")
        if veto.computation is None:
            lines.append("对照轮次尚未计算")
        elif not veto.is_final:
            lines.append("对照轮次的结果尚未公布，本表可能随之改变")
    return lines + ([PROVISIONAL] if book.computation.provisional else [])


# ---------------------------------------------------------------- payout


def _payout(book: Book, round_: Round, table: Table, standings: Sequence[Standing]) -> None:
    lines = payout_lines(table, standings, presences(round_))
    sheet = book.sheet(sheet_name(PAYOUT, _taken(book)), PAYOUT_COLUMNS, PAYOUT_WIDTHS, frozen=2)
    money = book.file.add_format({"num_format": "0.00"})
    for row, line in enumerate(lines, start=1):
        _payout_line(book, sheet, row, table, line, money)
    last = max(1, len(lines))
    row = last + 1
    total = total_of(lines)
    sheet.write_string(row, 0, TOTAL, book.bold)
    first, end = xl_rowcol_to_cell(1, 7), xl_rowcol_to_cell(last, 7)
    sheet.write_formula(row, 7, f"=ROUND(SUM({first}:{end}),2)", money, _cached(total.paid))
    if words := in_words(table, total.paid):
        row += 1
        sheet.write_string(row, 0, "大写", book.bold)
        sheet.write_string(row, 1, words)
    row = _sums(book, sheet, row + 2, ("等次", "标准", "人数", "实发"), 3, sums_by_grade(table, book.plan, lines), last)
    row = _sums(book, sheet, row + 2, ("类别", "", "人数", "实发"), 2, sums_by_category(book.plan, lines), last)
    remarks = [f"单位：{table.unit}"] if table.unit else []
    if table.by_months:
        remarks.append(
            f"周期内只有部分时间在岗的，不论本人等次，按“{table.partial_at}”标准 × 在岗月数 ÷ {table.months} 计发，"
            "四舍五入到 0.01"
        )
    for text in [*remarks, *([PROVISIONAL] if book.computation.provisional else [])]:
        row += 1
        sheet.write_string(row, 0, text)


def _payout_line(book: Book, sheet: Any, row: int, table: Table, line: Line, money: Any) -> None:
    standing = line.standing
    sheet.write_string(row, 0, standing.code, book.text)
    sheet.write_string(row, 1, standing.name)
    sheet.write_string(row, 2, standing.category)
    sheet.write_string(row, 3, standing.grade or NO_GRADE)
    sheet.write_number(row, 4, line.amount)
    amount = xl_rowcol_to_cell(row, 4)
    formula = f"=ROUND(ROUND({amount},8),2)"
    if table.by_months:
        sheet.write_number(row, 5, table.months if line.months is None else line.months)
        sheet.write_number(row, 6, table.months)
        if line.months is not None:
            months, whole = xl_rowcol_to_cell(row, 5), xl_rowcol_to_cell(row, 6)
            formula = f"=ROUND(ROUND({amount}*{months}/{whole},8),2)"
    sheet.write_formula(row, 7, formula, money, _cached(line.paid))
    sheet.write_string(row, 8, render(line_words(table, line)))


def _sums(book: Book, sheet: Any, row: int, heads: Sequence[str], column: int, sums: Sequence[Sum], last: int) -> int:
    """Numbers and sums by what stands in `column`; the row after the last one."""
    money = book.file.add_format({"num_format": "0.00"})

    def span(of: int) -> str:
        first, end = (xl_rowcol_to_cell(r, of, row_abs=True, col_abs=True) for r in (1, last))
        return f"{first}:{end}"

    sheet.write_row(row, 0, heads, book.head)
    for each in sums:
        row += 1
        own = xl_rowcol_to_cell(row, 0)
        sheet.write_string(row, 0, each.title or NO_GRADE)
        if each.amount is not None:
            sheet.write_number(row, 1, each.amount)
        sheet.write_formula(row, 2, f"=COUNTIF({span(column)},{own})", None, each.count)
        sheet.write_formula(row, 3, f"=ROUND(SUMIF({span(column)},{own},{span(7)}),2)", money, _cached(each.paid))
    return row


def _cached(value: Decimal) -> float:
    """The value stored beside a formula: the border to a spreadsheet's numbers, nothing is computed with it."""
    return float(value)

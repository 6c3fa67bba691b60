"""Counting sheets, the summary form and the list of who gets a paper, as one Excel file that adds up by itself."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from io import BytesIO
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from xlsxwriter.utility import xl_rowcol_to_cell

from reviews.paper_figures import BALLOTS
from reviews.queries.ballot_sheets import Sheets, Table
from scoring.engine.rounding import round_half_up

from .summary import LeafTable, Summary

FIGURES = 8  # pairs of figure and number on a line of the counting sheet


def write_book(sheets: Sheets, summary: Summary) -> bytes:
    """One counting sheet of each leaf, the summary, and the list of those who vote on paper where they have names."""
    held = BytesIO()
    book = _Book(held, sheets)
    for place, table in enumerate(sheets.tallies, 1):
        book.counting_sheet(place, table)
    book.summary(summary)
    book.names()
    book.file.close()
    return held.getvalue()


class _Book:
    def __init__(self, held: BytesIO, sheets: Sheets) -> None:
        self.sheets = sheets
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self.file = xlsxwriter.Workbook(held, options)
        line = {"border": 1, "valign": "vcenter"}
        self.title = self.file.add_format({"bold": True, "font_size": 14, "align": "center"})
        self.head = self.file.add_format({**line, "bold": True, "text_wrap": True, "align": "center"})
        self.cell = self.file.add_format(line)
        self.name = self.file.add_format({**line, "num_format": "@", "text_wrap": True})
        self.mean = self.file.add_format({**line, "num_format": "0.0000"})
        self.category = self.file.add_format({**line, "bg_color": "#F2F2F2"})
        self.wrong = self.file.add_format({"font_color": "#97201A", "bold": True})
        self.wrap = self.file.add_format({"text_wrap": True, "valign": "top"})

    def sheet(self, name: str, title: str, columns: int) -> Any:
        sheet = self.file.add_worksheet(name[:31])
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(0.5, 0.5, 0.6, 0.6)
        if columns > 9:
            sheet.set_landscape()
        sheet.merge_range(0, 0, 0, columns - 1, self.sheets.poll.round.title, self.title)
        sheet.merge_range(1, 0, 1, columns - 1, title, self.file.add_format({"align": "center"}))
        return sheet

    # ------------------------------------------------------------------ counting sheets

    def counting_sheet(self, place: int, table: Table) -> None:
        leaf, abstain = table.leaves[0], self.sheets.terms.abstain
        answers = list(leaf.options) or [
            part for _n in range(FIGURES) for part in (pgettext("ballots", "Figure"), pgettext("ballots", "Number"))
        ]
        columns = [_("No."), _("Subject"), *answers, *([_("Abstain")] if abstain else []), _("Sum"), _("Check")]
        name = _("Counting sheet") + (f" {place}" if len(self.sheets.tallies) > 1 else "")
        title = f"{_('Counting sheet')} · {self.sheets.title} · {leaf.title}"
        sheet = self.sheet(name, title, len(columns))
        sheet.set_column(0, 0, 5)
        sheet.set_column(1, 1, 24)
        sheet.set_column(2, len(columns) - 1, 8)
        valid = self._ballots(sheet)
        head = 5
        sheet.write_row(head, 0, columns, self.head)
        sheet.repeat_rows(head)
        sheet.freeze_panes(head + 1, 2)
        row = head + 1
        for group in table.groups:
            if group.category:
                sheet.merge_range(row, 0, row, len(columns) - 1, group.category, self.category)
                row += 1
            for number, subject in group.rows:
                sheet.write_number(row, 0, number, self.cell)
                sheet.write_string(row, 1, subject.name, self.name)
                self._answers(sheet, row, len(columns), valid, pairs=not leaf.options)
                row += 1
        for words in self.sheets.rules:
            sheet.merge_range(row + 1, 0, row + 1, len(columns) - 1, words, self.wrap)
            row += 1
        signs = _("Called out by"), _("Counted by"), _("Watched by"), _("Date")
        sheet.write_row(row + 2, 1, [f"{words}：" for words in signs])

    def _ballots(self, sheet: Any) -> str:
        """The ballots as a whole, with what does not add up in words; gives the cell of the valid ones."""
        labels = [_("handed out"), *map(str, BALLOTS.values())]
        sheet.write_row(3, 1, labels, self.head)
        for column in range(1, len(labels) + 1):
            sheet.write_blank(4, column, None, self.cell)
        if handed := self.sheets.common.handed:
            sheet.write_number(4, 1, handed, self.cell)
        received, valid, invalid, blank = (xl_rowcol_to_cell(4, column, True, True) for column in (2, 3, 4, 5))
        wrong = _("does not add up")
        formula = f'=IF(AND({received}<>"",{received}<>{valid}+{invalid}+{blank}),"{wrong}","")'
        sheet.write_formula(4, 6, formula, self.wrong, "")
        return valid

    def _answers(self, sheet: Any, row: int, columns: int, valid: str, *, pairs: bool) -> None:
        for column in range(2, columns - 2):
            sheet.write_blank(row, column, None, self.cell)
        cells = [xl_rowcol_to_cell(row, column) for column in range(2, columns - 2)]
        if pairs:
            cells = [cell for place, cell in enumerate(cells) if place % 2 or place >= 2 * FIGURES]
        sheet.write_formula(row, columns - 2, f"=SUM({','.join(cells)})", self.cell, 0)
        total, wrong = xl_rowcol_to_cell(row, columns - 2), _("not as many as valid ballots")
        check = f'=IF(OR({valid}="",{total}=0,{total}={valid}),"","{wrong}")'
        sheet.write_formula(row, columns - 1, check, self.wrong, "")

    # ------------------------------------------------------------------ the summary form

    def summary(self, summary: Summary) -> None:
        width = max([len(table.leaf.options) for table in summary.tables] + [1]) + 5
        title = f"{_('Summary of the vote')} · {summary.title}"
        sheet = self.sheet(_("Summary form"), title, width)
        sheet.set_column(0, 0, 5)
        sheet.set_column(1, 1, 24)
        sheet.set_column(2, width, 10)
        for column, (words, number) in enumerate(summary.ballots, 1):
            sheet.write_string(3, column, words, self.head)
            self._write(sheet, 4, column, number)
        row = 6
        for table in summary.tables:
            row = self._leaf(sheet, row, table, several=len(summary.tables) > 1) + 1

    def _leaf(self, sheet: Any, row: int, table: LeafTable, *, several: bool) -> int:
        leaf = table.leaf
        if several:
            sheet.write_string(row, 1, leaf.title, self.file.add_format({"bold": True}))
            row += 1
        answers: Sequence[str] = leaf.options or [pgettext("ballots", "Figures")]
        sheet.write_row(row, 0, [_("No."), _("Subject"), *answers, _("Votes"), _("Abstain"), _("Mean")], self.head)
        for line in table.lines:
            row += 1
            sheet.write_number(row, 0, line.number, self.cell)
            sheet.write_string(row, 1, line.subject.name, self.name)
            if line.withheld:
                sheet.write_string(row, 2, line.withheld, self.name)
                continue
            if leaf.options:
                for column, count in enumerate(line.counts, 2):
                    self._write(sheet, row, column, count)
            else:
                sheet.write_string(row, 2, line.figures, self.name)
            last = 2 + len(answers)
            self._write(sheet, row, last, line.votes)
            self._write(sheet, row, last + 1, line.abstained)
            if line.mean is None:
                sheet.write_blank(row, last + 2, None, self.cell)
            else:
                ten_thousandths = round_half_up(line.mean.numerator * 10_000, line.mean.denominator)
                sheet.write_number(row, last + 2, Decimal(ten_thousandths).scaleb(-4), self.mean)
        return row + 1

    def _write(self, sheet: Any, row: int, column: int, number: int | None) -> None:
        if number is None:
            sheet.write_blank(row, column, None, self.cell)
        else:
            sheet.write_number(row, column, number, self.cell)

    # ------------------------------------------------------------------ who gets a paper

    def names(self) -> None:
        """To be signed when the papers are given out. Which paper somebody gets is no secret; how he fills it in is."""
        papers = [paper for paper in self.sheets.papers if paper.voters]
        if not papers:
            return
        columns = [_("No."), _("Voter"), _("Paper"), _("Signature")]
        sheet = self.sheet(_("Handed out to"), f"{_('Ballot papers handed out')} · {self.sheets.title}", len(columns))
        for column, size in enumerate((6, 30, 12, 30)):
            sheet.set_column(column, column, size)
        sheet.write_row(3, 0, columns, self.head)
        sheet.repeat_rows(3)
        row = 3
        for number, paper in enumerate(self.sheets.wanted, 1):
            for voter in paper.voters:
                row += 1
                sheet.write_number(row, 0, row - 3, self.cell)
                sheet.write_string(row, 1, voter, self.name)
                sheet.write_number(row, 2, number, self.cell)
                sheet.write_blank(row, 3, None, self.cell)

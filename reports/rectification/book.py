"""The circular as an Excel file: numbers by unit that add up by formulas, what is overdue, and the ledger itself."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import xlsxwriter
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from xlsxwriter.utility import xl_rowcol_to_cell

from reviews.models import LedgerItem

from .circular import NUMBERS, Circular, unit_of
from .words import column_words

HEAD = 3  # row of the heads: title, period and an empty row stand above
RATE = ("struck_off", "items")


def write_book(circular: Circular) -> bytes:
    held = BytesIO()
    book = _Book(held, circular)
    book.numbers()
    book.listing(_("Overdue"), circular.overdue)
    book.listing(_("Rectification ledger"), circular.items)
    book.file.close()
    return held.getvalue()


class _Book:
    def __init__(self, held: BytesIO, circular: Circular) -> None:
        self.circular = circular
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self.file = xlsxwriter.Workbook(held, options)
        line = {"border": 1, "valign": "vcenter"}
        self.title = self.file.add_format({"bold": True, "font_size": 14, "align": "center"})
        self.middle = self.file.add_format({"align": "center"})
        self.head = self.file.add_format({**line, "bold": True, "text_wrap": True, "align": "center"})
        self.text = self.file.add_format({**line, "num_format": "@", "text_wrap": True, "valign": "top"})
        self.number = self.file.add_format(line)
        self.sum = self.file.add_format({**line, "bold": True})
        self.share = self.file.add_format({**line, "num_format": "0.0%"})
        self.day = self.file.add_format({**line, "num_format": "yyyy-mm-dd", "valign": "top"})

    def sheet(self, name: str, heads: list[str], widths: tuple[int, ...]) -> Any:
        sheet = self.file.add_worksheet(name[:31])
        sheet.set_paper(9)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        last = len(heads) - 1
        sheet.merge_range(0, 0, 0, last, self.circular.title, self.title)
        period = f"{self.circular.period.words} · {self.circular.period.day.isoformat()}"
        sheet.merge_range(1, 0, 1, last, period, self.middle)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.write_row(HEAD, 0, heads, self.head)
        sheet.repeat_rows(HEAD)
        sheet.freeze_panes(HEAD + 1, 1)
        return sheet

    def numbers(self) -> None:
        """By unit; what was struck off and what is open make the items, the last row and the rates are formulas too."""
        heads = [_("Unit"), *column_words(), _("Share struck off")]
        sheet = self.sheet(_("By unit"), heads, (28, *(12 for _each in NUMBERS), 12))
        first, lines = HEAD + 1, self.circular.lines
        places = {name: column for column, name in enumerate(NUMBERS, start=1)}
        for row, line in enumerate(lines, start=first):
            sheet.write_string(row, 0, line.unit, self.text)
            for name, column in places.items():
                sheet.write_number(row, column, getattr(line, name), self.number)
            settled, open_ = (xl_rowcol_to_cell(row, places[name]) for name in ("struck_off", "open"))
            sheet.write_formula(row, places["items"], f"={settled}+{open_}", self.number, line.items)
            self._rate(sheet, row, places, line)
        last = first + len(lines)
        total = self.circular.total
        sheet.write_string(last, 0, total.unit, self.sum)
        for name, column in places.items():
            ends = xl_rowcol_to_cell(first, column), xl_rowcol_to_cell(max(first, last - 1), column)
            formula = f"=SUM({ends[0]}:{ends[1]})" if lines else "=0"
            sheet.write_formula(last, column, formula, self.sum, getattr(total, name))
        self._rate(sheet, last, places, total)

    def _rate(self, sheet: Any, row: int, places: dict[str, int], line: Any) -> None:
        part, whole = (xl_rowcol_to_cell(row, places[name]) for name in RATE)
        value: Any = line.struck_off / line.items if line.items else ""
        sheet.write_formula(row, len(places) + 1, f'=IF({whole}=0,"",{part}/{whole})', self.share, value)

    def listing(self, name: str, items: list[LedgerItem]) -> None:
        heads = [
            pgettext("ledger", "No."),
            _("Subject"),
            _("Unit"),
            _("Problem"),
            _("Source"),
            _("Responsible person"),
            _("Measures"),
            _("Deadline"),
            _("State"),
            _("Reported on"),
            _("Struck off on"),
        ]
        sheet = self.sheet(name, heads, (12, 16, 22, 46, 16, 12, 46, 12, 12, 12, 12))
        for row, item in enumerate(items, start=HEAD + 1):
            texts = (
                item.code,
                item.subject.name,
                unit_of(item),
                item.problem,
                str(item.get_source_display()),
                item.responsible,
                item.measures,
            )
            for column, text in enumerate(texts):
                sheet.write_string(row, column, text, self.text)
            sheet.write_datetime(row, 7, item.deadline, self.day)
            sheet.write_string(row, 8, str(item.get_state_display()), self.text)
            for column, at in ((9, item.reported_at), (10, item.struck_off_at)):
                if at is None:
                    sheet.write_blank(row, column, None, self.day)
                else:
                    sheet.write_datetime(row, column, timezone.localtime(at).date(), self.day)
        if items:
            sheet.autofilter(HEAD, 0, HEAD + len(items), len(heads) - 1)

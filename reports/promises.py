"""Promises and task lists of a round as an Excel file: each subject with its share done, and every row."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from reviews.models import Promise, Round
from reviews.queries.promises import SubjectRow


def write_promises(round_: Round, rows: Sequence[SubjectRow], promises: Sequence[Promise]) -> bytes:
    held = BytesIO()
    book = _Book(held, round_)
    book.summary(rows)
    book.rows(promises)
    book.file.close()
    return held.getvalue()


class _Book:
    def __init__(self, held: BytesIO, round_: Round) -> None:
        self.round = round_
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self.file = xlsxwriter.Workbook(held, options)
        line = {"border": 1, "valign": "top"}
        self.title = self.file.add_format({"bold": True, "font_size": 14, "align": "center"})
        self.head = self.file.add_format({**line, "bold": True, "text_wrap": True, "align": "center"})
        self.cell = self.file.add_format({**line, "num_format": "@", "text_wrap": True})
        self.number = self.file.add_format(line)
        self.share = self.file.add_format({**line, "num_format": "0%"})
        self.date = self.file.add_format({**line, "num_format": "yyyy-mm-dd", "align": "left"})

    def sheet(self, name: str, columns: Sequence[tuple[str, float]]) -> Any:
        sheet = self.file.add_worksheet(name)
        sheet.set_paper(9)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.merge_range(0, 0, 0, len(columns) - 1, f"{self.round.title} {name}", self.title)
        for place, (head, width) in enumerate(columns):
            sheet.set_column(place, place, width)
            sheet.write_string(1, place, head, self.head)
        sheet.repeat_rows(0, 1)
        sheet.freeze_panes(2, 2)
        return sheet

    def summary(self, rows: Sequence[SubjectRow]) -> None:
        """The share is a formula, so that it follows what is corrected in the file."""
        numbers = [
            pgettext("promises", "Rows"),
            pgettext("promises", "Reported"),
            pgettext("promises", "Checked"),
            pgettext("promises", "Done"),
        ]
        heads = [(_("Code"), 10), (_("Subject"), 26), (_("Category"), 18), *((each, 9) for each in numbers)]
        sheet = self.sheet(_("Share done"), [*heads, (_("Share done"), 9)])
        for place, row in enumerate(rows, start=2):
            for column, text in enumerate((row.subject.code, row.subject.name, row.subject.category)):
                sheet.write_string(place, column, text, self.cell)
            for column, number in enumerate((row.rows, row.reported, row.checked, row.done), start=3):
                sheet.write_number(place, column, number, self.number)
            if row.rows:
                formula = f"=G{place + 1}/D{place + 1}"
                sheet.write_formula(place, 7, formula, self.share, row.done / row.rows)
            else:
                sheet.write_blank(place, 7, None, self.share)

    def rows(self, promises: Sequence[Promise]) -> None:
        heads = [
            (_("Code"), 10), (_("Subject"), 20), (_("Kind"), 10), (_("No."), 5), (_("Promise or task"), 36),
            (_("Measure or target"), 28), (_("Deadline"), 11), (_("Responsible"), 12),
            (pgettext("promises", "Outcome"), 9), (_("What became of it"), 36), (pgettext("promises", "Check"), 12),
            (_("Reason"), 24),
        ]  # fmt: skip
        sheet = self.sheet(_("Promises and tasks"), heads)
        for place, each in enumerate(promises, start=2):
            subject, told = each.list.subject, each.list.is_reported
            words = [
                subject.code, subject.name, each.list.get_kind_display(), str(each.order), each.text, each.measure, "",
                each.who, each.get_outcome_display() if told else "", each.report if told else "",
                each.get_verdict_display(), each.verdict_reason,
            ]  # fmt: skip
            for column, text in enumerate(words):
                sheet.write_string(place, column, str(text), self.cell)
            if each.until:
                sheet.write_datetime(place, 6, each.until, self.date)

"""The roster workbook to fill in: instructions, headings, drop-downs; empty or with what is stored."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _

from appraisal_site.lib.cells import column_letters

from ..models import Person, Unit
from .layout import INSTRUCTIONS, NUMBER, PEOPLE, SHEETS, UNIT, UNITS, Sheet

SPARE_ROWS = 2000  # rows below the data that still have drop-downs


def write_roster(units: Iterable[Unit], people: Iterable[Person]) -> bytes:
    """An .xlsx with these units and people; headings stay Chinese as the product's workbooks all do."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    rows: dict[str, list[Unit] | list[Person]] = {UNITS.title: list(units), PEOPLE.title: list(people)}
    _instructions(book)
    last = {title: len(entries) + 1 + SPARE_ROWS for title, entries in rows.items()}
    for sheet in SHEETS:
        _sheet(book, sheet, rows[sheet.title], last)
    book.close()
    return content.getvalue()


def _instructions(book: Any) -> None:
    page = book.add_worksheet(INSTRUCTIONS[0])
    page.set_column(0, 0, 90)
    wrap, bold = book.add_format({"text_wrap": True, "valign": "top"}), book.add_format({"bold": True})
    page.write_string(0, 0, _("How to fill in the roster"), bold)
    lines = [
        _("Sheet %(sheet)s: one row per unit. Sheet %(other)s: one row per person.")
        % {"sheet": UNITS.title, "other": PEOPLE.title},
        _("Columns marked with * must be filled. You choose the codes; each stands for one unit or person for good."),
        _("A unit or person whose code is stored already is changed; a new code adds one. Nobody is deleted."),
        _("An empty cell empties the field. A column that you delete leaves its field as it is."),
        _("The higher unit and a person's unit are given by code: one on the sheet or one stored already."),
        _("Who stands in the roster becomes active. To deactivate a unit or person, use its page."),
        _("Importing the same file again changes nothing. With a mistake in any cell nothing at all is imported."),
    ]
    for number, line in enumerate(lines, start=1):
        page.write_string(number, 0, f"{number}. {line}", wrap)


def _sheet(book: Any, sheet: Sheet, entries: Iterable[Any], last: dict[str, int]) -> None:
    page = book.add_worksheet(sheet.title)
    head = book.add_format({"bold": True, "bg_color": "#E5EEFA", "border": 1, "border_color": "#BCD2EE"})
    text, whole = book.add_format({"num_format": "@"}), book.add_format({"num_format": "0"})
    page.freeze_panes(1, 2)
    for index, column in enumerate(sheet.columns):
        page.set_column(index, index, column.width, whole if column.kind == NUMBER else text)
        page.write_string(0, index, column.title + ("*" if column.required else ""), head)
        _validate(page, sheet, index, last)
    for row, entry in enumerate(entries, start=1):
        for index, column in enumerate(sheet.columns):
            value = getattr(entry, column.field)
            if column.kind == NUMBER:
                page.write_number(row, index, value, whole)
            elif column.kind == UNIT:
                page.write_string(row, index, value.code if value else "", text)
            else:
                page.write_string(row, index, value, text)


def _validate(page: Any, sheet: Sheet, index: int, last: dict[str, int]) -> None:
    column = sheet.columns[index]
    bottom = last[sheet.title]
    if column.kind == NUMBER:
        rule = {"validate": "integer", "criteria": ">=", "value": 0}
        message = _("A whole number from 0 is expected.")
        page.data_validation(1, index, bottom, index, {**rule, "error_message": message})
    elif column.kind == UNIT:
        codes = f"='{UNITS.title}'!$A$2:$A${last[UNITS.title] + 1}"
        # A warning only: the code may be of a unit that is stored but not on the sheet.
        message = _("This code is not on the sheet %(sheet)s.") % {"sheet": UNITS.title}
        rule = {"validate": "list", "source": codes, "error_type": "warning", "error_message": message}
        page.data_validation(1, index, bottom, index, rule)
    elif column.field == "code":
        letters = column_letters(index)
        rule = {
            "validate": "custom",
            "value": f"=COUNTIF(${letters}:${letters},{letters}2)=1",
            "error_message": _("This code is there already."),
        }
        page.data_validation(1, index, bottom, index, rule)

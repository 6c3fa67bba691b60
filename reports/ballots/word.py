"""Ballot papers as a Word file, so that an office can adapt what is printed: the same contents as the page to print."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import docx
from django.utils.translation import gettext as _
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from reviews.queries.ballot_sheets import Paper, Sheets, Table

SERIF, SANS = "宋体", "黑体"
CENTER = WD_ALIGN_PARAGRAPH.CENTER
NUMBER_WIDTH, NAME_WIDTH, TEXT_WIDTH = Mm(11), Mm(52), Mm(170)


def write_papers(sheets: Sheets, papers: Sequence[Paper]) -> bytes:
    """One paper after the other, each beginning on a page of its own."""
    document = docx.Document()
    _set_up(document)
    for place, paper in enumerate(papers):
        if place:
            document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        _write_paper(document, sheets, paper)
    # Nothing of who made it, or when, goes along with a ballot.
    document.core_properties.author = document.core_properties.last_modified_by = ""
    held = BytesIO()
    document.save(held)
    return held.getvalue()


def _set_up(document: Any) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(20)
    section.top_margin = section.bottom_margin = Mm(18)
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(11)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), SERIF)
    style.paragraph_format.space_after = Pt(2)


def _write_paper(document: Any, sheets: Sheets, paper: Paper) -> None:
    _line(document, sheets.poll.round.title, size=16, bold=True)
    _line(document, f"{_('Ballot paper')} · {sheets.title}", size=12)
    for number, words in enumerate(paper.instructions, 1):
        document.add_paragraph(f"{number}. {words}").paragraph_format.space_after = Pt(1)
    for table in paper.tables:
        heading = table.leaves[0].title if len(paper.tables) > 1 else ""
        document.add_paragraph(heading).paragraph_format.keep_with_next = True
        _write_table(document, table)
    if sheets.comment_lines:
        document.add_paragraph().add_run(_("Comments (say whom each one is about):"))
        for _each in sheets.comment_lines:
            document.add_paragraph("＿" * 40)


def _line(document: Any, words: str, *, size: int, bold: bool = False) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = CENTER
    run = paragraph.add_run(words)
    run.bold, run.font.size = bold, Pt(size)
    run.font.name = "Arial"
    run._element.rPr.rFonts.set(qn("w:eastAsia"), SANS)


def _write_table(document: Any, table: Table) -> None:
    several = len(table.leaves) > 1
    rows = sum(len(group.rows) + bool(group.category) for group in table.groups)
    made = document.add_table(rows=rows + 1 + several, cols=len(table.columns) + 2)
    made.style, made.alignment, made.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    lines = [_Line(row) for row in made.rows]
    _heading(lines, table, several=several)
    place = 1 + several
    for group in table.groups:
        if group.category:
            lines[place].merge(group.category)
            place += 1
        for number, subject in group.rows:
            boxes = ["☐" if column.is_box else "" for column in table.columns]
            lines[place].fill([str(number), subject.name, *boxes])
            place += 1
    widths = [NUMBER_WIDTH, NAME_WIDTH]
    rest = (TEXT_WIDTH - sum(widths)) // len(table.columns)
    for line in lines:
        line.set_widths([*widths, *([rest] * len(table.columns))])


def _heading(lines: Sequence[_Line], table: Table, *, several: bool) -> None:
    labels = [_("No."), _("Subject"), *(column.label for column in table.columns)]
    lines[int(several)].fill(labels, bold=True)
    lines[int(several)].repeat()
    if several:
        lines[0].repeat()
        start = 2
        for leaf, span in table.spans:
            lines[0].merge(leaf.title, start, start + span - 1)
            start += span


class _Line:
    """A row of a table; its cells are looked up once, which python-docx does anew each time."""

    def __init__(self, row: Any) -> None:
        self.row = row
        self.cells = row.cells
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))

    def fill(self, texts: Sequence[str], *, bold: bool = False) -> None:
        for column, (cell, words) in enumerate(zip(self.cells, texts, strict=True)):
            paragraph = cell.paragraphs[0]
            paragraph.add_run(words).bold = bold
            if column != 1 or bold:
                paragraph.alignment = CENTER

    def merge(self, words: str, first: int = 0, last: int = -1) -> None:
        merged = self.cells[first].merge(self.cells[last])
        merged.paragraphs[0].add_run(words).bold = bool(first)
        if first:
            merged.paragraphs[0].alignment = CENTER

    def repeat(self) -> None:
        """On every page that the table goes on."""
        self.row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))

    def set_widths(self, widths: Sequence[int]) -> None:
        for cell, width in zip(self.cells, widths, strict=True):
            cell.width = width

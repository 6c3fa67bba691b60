"""A Word file in the type of official documents (仿宋, 黑体 for headings, 小标宋 for the title)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from django.utils.translation import pgettext
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

BODY, HEAD, TITLE = "仿宋_GB2312", "黑体", "方正小标宋简体"


class Paper:
    """A document in the making: the few things that minutes and circulars consist of."""

    def __init__(self) -> None:
        self.document = Document()
        section = self.document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(37), Mm(35)
        section.left_margin, section.right_margin = Mm(28), Mm(26)
        style = self.document.styles["Normal"]
        style.font.size = Pt(14)
        self._font(style.font, style.element.get_or_add_rPr(), BODY)

    @staticmethod
    def _font(font: Any, properties: Any, name: str) -> None:
        font.name = name
        properties.get_or_add_rFonts().set(qn("w:eastAsia"), name)

    def _run(self, paragraph: Any, text: str, name: str = BODY, size: int = 14) -> None:
        run = paragraph.add_run(clean(text))
        run.font.size = Pt(size)
        self._font(run.font, run._element.get_or_add_rPr(), name)

    def title(self, text: str, size: int = 20) -> None:
        paragraph = self.document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        self._run(paragraph, text, TITLE, size)

    def heading(self, text: str, level: int = 1) -> None:
        paragraph = self.document.add_heading(level=level)
        self._run(paragraph, text, HEAD, {1: 16, 2: 15, 3: 14}[level])

    def text(self, text: str) -> None:
        for line in text.split("\n"):
            paragraph = self.document.add_paragraph()
            paragraph.paragraph_format.first_line_indent = Pt(28)
            self._run(paragraph, line)

    def facts(self, rows: Sequence[tuple[str, str]]) -> None:
        for label, text in rows:
            paragraph = self.document.add_paragraph()
            self._run(paragraph, label + pgettext("colon", ": "), HEAD)
            self._run(paragraph, text)

    def part(self, title: str, text: str, level: int = 1) -> None:
        if text:
            self.heading(title, level)
            self.text(text)

    def line(self, label: str, text: str, who: str = "") -> None:
        first, *rest = text.split("\n")
        paragraph = self.document.add_paragraph()
        paragraph.paragraph_format.first_line_indent = Pt(28)
        self._run(paragraph, (f"{label} ({who})" if who else label) + pgettext("colon", ": "), HEAD)
        self._run(paragraph, first)
        if rest:
            self.text("\n".join(rest))

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str | int]], widths: Sequence[int]) -> None:
        """Widths in millimetres; numbers stand at the right. The heads come again on every page."""
        table = self.document.add_table(rows=1 + len(rows), cols=len(heads))
        table.style, table.autofit = "Table Grid", False
        for place, texts in enumerate((heads, *rows)):
            line = table.rows[place]
            for cell, text, width in zip(line.cells, texts, widths, strict=True):
                cell.width = Mm(width)
                paragraph = cell.paragraphs[0]
                if isinstance(text, int):
                    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
                elif not place:
                    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
                self._run(paragraph, str(text), BODY if place else HEAD, 11)
            line._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))

    def signatures(self, labels: Sequence[str]) -> None:
        self.document.add_paragraph()
        for label in labels:
            paragraph = self.document.add_paragraph()
            self._run(paragraph, label + pgettext("colon", ": ") + " " * 24, HEAD)

    def bytes(self) -> bytes:
        out = io.BytesIO()
        self.document.save(out)
        return out.getvalue()


def clean(text: str) -> str:
    """Without signs that XML cannot hold, such as a form feed pasted along."""
    return "".join(one for one in text if one in "\t\n" or (ord(one) >= 32 and not _is_refused(ord(one))))


def _is_refused(code: int) -> bool:
    """Halves of a pair, and the two codes that are no sign."""
    return 0xD800 <= code <= 0xDFFF or code in {0xFFFE, 0xFFFF}

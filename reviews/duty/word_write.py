"""A report as a Word document, set as GB/T 9704 sets official papers.

Title 方正小标宋 二号, body 仿宋 三号 with two signs of indent and 28 points from line to line, headings 黑体 and 楷体,
margins 37/35/28/26 mm. Where a machine lacks a face, the document's own font table names the next best.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt

from reviews.word_paper import clean

from .blocks import HEADING, Block, blocks
from .numbering import chinese

TITLE_FACE, BODY_FACE, FIRST_FACE, SECOND_FACE = "方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312"
LATIN = "Times New Roman"
FALLBACKS = {TITLE_FACE: "华文中宋", BODY_FACE: "仿宋", FIRST_FACE: "SimHei", SECOND_FACE: "楷体"}
TITLE, BODY, SMALL = Pt(22), Pt(16), Pt(14)
LINE = Pt(28)


@dataclass(frozen=True, slots=True)
class Paper:
    """What is printed. `parts`: heading → its texts, each under a heading of its own ("" for none)."""

    title: str
    byline: str
    parts: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    ending: Sequence[str] = ()


def write_word(paper: Paper) -> bytes:
    document = docx.Document()
    _page(document)
    _name_fallbacks(document)
    _paragraph(document, paper.title, TITLE_FACE, TITLE, centred=True, indent=False)
    if paper.byline:
        _paragraph(document, paper.byline, SECOND_FACE, BODY, centred=True, indent=False)
    _paragraph(document, "", BODY_FACE, BODY)
    for place, (heading, texts) in enumerate(paper.parts, start=1):
        if heading:
            _paragraph(document, f"{chinese(place)}、{heading}", FIRST_FACE, BODY, level=1)
        for name, text in texts:
            if name:  # without a number: the text below may have （一） of its own
                _paragraph(document, name, SECOND_FACE, BODY, level=2)
            for block in blocks(text):
                _block(document, block, below=bool(name))
    for line in paper.ending:
        _paragraph(document, line, BODY_FACE, BODY, right=True)
    document.core_properties.title = clean(paper.title)
    document.core_properties.author = clean(paper.byline)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _page(document: Any) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _run(footer, "— ", "宋体", SMALL)
    _page_number(_run(footer, "", "宋体", SMALL))
    _run(footer, " —", "宋体", SMALL)


def _page_number(run: Any) -> None:
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.set(qn("xml:space"), "preserve")
            element.text = text
        run._r.append(element)


def _name_fallbacks(document: Any) -> None:
    """The font table says which face stands in for one that is missing."""
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/></w:font>'
        for name, other in FALLBACKS.items()
    )
    for part in document.part.package.iter_parts():
        if str(part.partname) == "/word/fontTable.xml":
            head, tail = part.blob.decode().rsplit("</w:fonts>", 1)
            part._blob = f"{head}{fonts}</w:fonts>{tail}".encode()
            return


def _block(document: Any, block: Block, *, below: bool) -> None:
    """A paragraph of the text. Below a heading of ours its own headings are one level lower."""
    if block.kind == HEADING:
        face = FIRST_FACE if block.level == 1 and not below else SECOND_FACE
        _paragraph(document, block.text, face, BODY)
    elif block.lead:
        paragraph = _paragraph(document, block.lead, SECOND_FACE, BODY)
        _run(paragraph, block.rest, BODY_FACE, BODY)
    else:
        _paragraph(document, block.text, BODY_FACE, BODY)


def _paragraph(
    document: Any,
    text: str,
    face: str,
    size: Pt,
    *,
    centred: bool = False,
    right: bool = False,
    indent: bool = True,
    level: int = 0,
) -> Any:
    paragraph = document.add_paragraph()
    shape = paragraph.paragraph_format
    shape.space_before = shape.space_after = Pt(0)
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(36) if size == TITLE else LINE
    if centred or right:
        shape.alignment = WD_ALIGN_PARAGRAPH.CENTER if centred else WD_ALIGN_PARAGRAPH.RIGHT
    else:
        shape.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    properties = paragraph._p.get_or_add_pPr()
    if indent and not centred and not right:
        shape.first_line_indent = 2 * size
        properties.ind.set(qn("w:firstLineChars"), "200")
    if level:
        # So that the outline of Word, and our own reading of the file, find the headings again.
        properties.append(parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="{level - 1}"/>'))
    _run(paragraph, text, face, size)
    return paragraph


def _run(paragraph: Any, text: str, face: str, size: Pt) -> Any:
    run = paragraph.add_run(clean(text))
    run.font.size = size
    run.font.name = LATIN
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), face)
    return run


def named(title: str, others: Iterable[str]) -> str:
    """A file name of a title and what else tells it from others; signs that no system takes are left out."""
    joined = "-".join(filter(None, (title, *others)))
    return "".join(sign for sign in joined if sign.isalnum() or sign in "-_ ()（）《》“”·")[:120].strip() + ".docx"

"""Reading a Word file (.docx): its paragraphs with the level of their headings, and nothing else.

The file is judged by its content and measured before anything of it is unpacked. What is read is text: no
pictures, no fields, no scripts, no links; deleted text of tracked changes and hidden text are left out.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, cast

import docx
from django.core.files.base import File
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from docx.opc.exceptions import OpcError
from lxml import etree  # type: ignore[import-untyped]

from appraisal_site.lib import filetypes

from .blocks import clean, number_of
from .numbering import Numbering

LARGEST_FILE = 10 * 1024 * 1024
LARGEST_UNPACKED = 60 * 1024 * 1024  # all parts together, pictures too
LARGEST_PART = 12 * 1024 * 1024  # a part of XML, which takes many times its size in memory
MOST_ENTRIES = 4000
MOST_CHARACTERS = 200_000
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# What unpacking a damaged archive may raise.
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)
_SKIPPED = {f"{W}{name}" for name in ("del", "moveFrom", "instrText", "delText", "txbxContent")}
_HEADING = re.compile(r"(?:heading|标题)\s*(\d)", re.IGNORECASE)


class WordRefused(Exception):
    """The file is not taken; the words say why, and what to do."""


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph. `level`: of a heading by its style, 0 for body text; `title`: by its style the title of all."""

    text: str
    level: int = 0
    title: bool = False


def read_word(file: File[bytes]) -> list[Line]:
    """The paragraphs that are not empty. Raises WordRefused; the file is left as it is."""
    name = file.name or ""
    _check_file(file, name)
    try:
        file.seek(0)
        document = docx.Document(io.BytesIO(file.read()))
        lines = list(_lines(document))
    except (*_DAMAGED, OpcError, etree.LxmlError, LookupError, ValueError, AttributeError, TypeError) as problem:
        raise WordRefused(_damaged(name)) from problem
    if not lines:
        raise WordRefused(_("“%(name)s” has no text in it (pictures of text cannot be read).") % {"name": name})
    return lines


def _damaged(name: str) -> str:
    return _("“%(name)s” cannot be read: it is damaged. Open it in Word or WPS, save it again and try once more.") % {
        "name": name
    }


# ---------------------------------------------------------------- before it is opened


def _check_file(file: File[bytes], name: str) -> None:
    said = {"name": name}
    if not file.size:
        raise WordRefused(_("“%(name)s” is empty.") % said)
    if file.size > LARGEST_FILE:
        sizes = said | {"size": filesizeformat(file.size), "limit": filesizeformat(LARGEST_FILE)}
        raise WordRefused(
            _("“%(name)s” has %(size)s; at most %(limit)s can be read. Are there pictures in it?") % sizes
        )
    kind = filetypes.detect(cast("IO[bytes]", file))
    if kind is filetypes.MACROS:
        raise WordRefused(_("“%(name)s” has macros in it. Save it as a Word document without macros (.docx).") % said)
    if kind is filetypes.PROTECTED:
        raise WordRefused(_("“%(name)s” has a password. Take the password off and try again.") % said)
    if kind is not None and "doc" in kind.extensions:
        raise WordRefused(_("“%(name)s” is in an old format. Save it as .docx in Word or WPS and try again.") % said)
    if kind is None:
        raise WordRefused(
            _damaged(name) if name.lower().endswith(".docx") else _("“%(name)s” is no Word document.") % said
        )
    if kind is not filetypes.DOCX:
        words = said | {"kind": kind.words}
        raise WordRefused(_("“%(name)s” is no Word document (.docx); its content is: %(kind)s.") % words)
    _check_archive(file, name)


def _check_archive(file: File[bytes], name: str) -> None:
    """Whether it can be unpacked without fear, by its own table of contents: no entry becomes larger than it says."""
    try:
        file.seek(0)
        with zipfile.ZipFile(cast("IO[bytes]", file)) as archive:
            entries = archive.infolist()
            if any(entry.flag_bits & 1 for entry in entries):
                raise WordRefused(_("“%(name)s” has a password. Take the password off and try again.") % {"name": name})
            whole = sum(entry.file_size for entry in entries)
            xml = [entry for entry in entries if entry.filename.lower().endswith((".xml", ".rels"))]
            if (
                len(entries) > MOST_ENTRIES
                or whole > LARGEST_UNPACKED
                or any(entry.file_size > LARGEST_PART for entry in xml)
            ):
                raise WordRefused(_("“%(name)s” is too large when it is unpacked; it is not opened.") % {"name": name})
            for entry in xml:
                _check_xml(archive, entry, name)
    except _DAMAGED as problem:
        raise WordRefused(_damaged(name)) from problem


def _check_xml(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> None:
    """Word writes no document types; entities in one would be a trick."""
    with archive.open(entry) as part:
        head = part.read(4096)
    for encoding in ("utf-8", "utf-16"):
        if "<!DOCTYPE" in head.decode(encoding, "ignore") or "<!ENTITY" in head.decode(encoding, "ignore"):
            raise WordRefused(_("“%(name)s” holds what Word documents do not hold; it is not opened.") % {"name": name})


# ---------------------------------------------------------------- reading


def _lines(document: Any) -> Iterator[Line]:
    levels, titles = _styles(document)
    numbering = Numbering.of(document)
    count = 0
    for paragraph in _paragraphs(document.element.body):
        text = clean(_text(paragraph)).replace("\t", " ").strip()
        style = _style_of(paragraph)
        level = _outline(paragraph) or levels.get(style, 0)
        number = numbering.number(paragraph, style)
        for each in text.split("\n"):
            if not (line := each.strip()):
                continue
            count += len(line)
            if count > MOST_CHARACTERS:
                raise WordRefused(_("There are more than %(most)d characters in the file.") % {"most": MOST_CHARACTERS})
            whole = line if not number or number_of(line)[0] else f"{number}{line}"
            yield Line(whole, level, style in titles)
            number = ""


def _styles(document: Any) -> tuple[dict[str, int], set[str]]:
    """Style → level of its headings, by name or outline; and the styles of the title."""
    levels: dict[str, int] = {}
    titles: set[str] = set()
    for style in document.styles.element.findall(f"{W}style"):
        key = style.get(f"{W}styleId", "")
        name = style.find(f"{W}name")
        words = name.get(f"{W}val", "") if name is not None else ""
        if words.lower() in ("title", "标题"):
            titles.add(key)
        elif found := _HEADING.fullmatch(words.strip()):
            levels[key] = int(found[1])
        else:
            levels[key] = _outline(style)
    return {key: level for key, level in levels.items() if level}, titles


def _outline(element: Any) -> int:
    found = element.find(f"{W}pPr/{W}outlineLvl")
    value = found.get(f"{W}val", "") if found is not None else ""
    return int(value) + 1 if value.isdigit() and int(value) < 9 else 0


def _style_of(paragraph: Any) -> str:
    found = paragraph.find(f"{W}pPr/{W}pStyle")
    return str(found.get(f"{W}val", "")) if found is not None else ""


def _paragraphs(parent: Any) -> Iterator[Any]:
    """Paragraphs in reading order, those in tables too; text boxes are no part of the running text."""
    for child in parent:
        if child.tag == f"{W}p":
            yield child
        elif child.tag in (f"{W}tbl", f"{W}tr", f"{W}tc", f"{W}sdt", f"{W}sdtContent", f"{W}customXml", f"{W}ins"):
            yield from _paragraphs(child)


def _text(element: Any) -> str:
    """The visible text of a paragraph; line breaks as line ends."""
    said: list[str] = []
    for child in element:
        tag = child.tag
        if tag in _SKIPPED or not isinstance(tag, str):
            continue
        if tag == f"{W}t":
            said.append(child.text or "")
        elif tag in (f"{W}br", f"{W}cr"):
            said.append("" if child.get(f"{W}type") in ("page", "column") else "\n")
        elif tag == f"{W}tab":
            said.append("\t")
        elif tag == f"{W}r":
            if child.find(f"{W}rPr/{W}vanish") is None:
                said.append(_text(child))
        elif tag in (
            f"{W}ins",
            f"{W}moveTo",
            f"{W}hyperlink",
            f"{W}smartTag",
            f"{W}sdt",
            f"{W}sdtContent",
            f"{W}fldSimple",
        ):
            said.append(_text(child))
    return "".join(said)

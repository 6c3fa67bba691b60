"""Which section of a report each stretch of a file belongs to: proposed by its headings, decided by the writer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from reviews.wordcount import word_count

from .blocks import LONGEST_HEADING, normal, number_of
from .layout import Layout, Section
from .numbering import chinese
from .word_read import Line

ALIKE = 0.72  # how alike a heading and a title must be
_DATE = re.compile(
    r"[\d〇零一二三四五六七八九十]{4}年[\d一二三四五六七八九十]{1,3}月([\d一二三四五六七八九十]{1,3}日)?"
)
MOST_HEAD = 120  # characters in front of the first heading that are but title and name


@dataclass(slots=True)
class Chunk:
    """Lines under one heading. `target`: key of the section it is proposed for, "" for none."""

    heading: str
    target: str
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def characters(self) -> int:
        return word_count(self.text)

    @property
    def beginning(self) -> str:
        joined = " ".join(self.lines)
        return joined if len(joined) <= 80 else joined[:79] + "…"


def place(layout: Layout, lines: Sequence[Line]) -> list[Chunk]:
    """The file in stretches, each with the section proposed for it.

    A heading that is like a part's or an aspect's title begins a new stretch; other headings stay in the text. Where a
    part is written by aspect, part and aspect may be named in either order.
    """
    part = aspect = ""
    chunks = [Chunk("", "")]
    for line in lines:
        if line.title and len(chunks) == 1 and not chunks[0].lines:
            continue
        if _may_be_heading(line):
            new_part, new_aspect = _meant(layout, line.text)
            if new_part or new_aspect:
                part, aspect = new_part or part, new_aspect or (aspect if not new_part else "")
                chunks.append(Chunk(line.text, _key(layout, part, aspect)))
                continue
        text = line.text
        if line.level > 1 and not number_of(text)[0]:
            text = _numbered(chunks[-1], text)
        chunks[-1].lines.append(text)
    _head(layout, chunks)
    chunks += _ending(chunks[-1])
    return [chunk for chunk in chunks if chunk.lines]


def _may_be_heading(line: Line) -> bool:
    if line.level:
        return True
    return len(line.text) <= LONGEST_HEADING and not line.text.endswith(("。", "；", "，", "！", "？"))


def _meant(layout: Layout, text: str) -> tuple[str, str]:
    """(part, aspect) that a heading names; "" for what it does not."""
    said = normal(text)
    if not said:
        return "", ""
    parts = [part.title for part in layout.parts]
    aspects = [aspect.title for aspect in layout.aspects if any(part.sections[0].split for part in layout.parts)]
    found, share = _nearest(said, parts)
    other, other_share = _nearest(said, aspects)
    if found and share >= other_share:
        return found, ""
    return ("", other) if other else ("", "")


def _nearest(said: str, titles: Sequence[str]) -> tuple[str, float]:
    best, share = "", 0.0
    for title in titles:
        name = normal(title)
        if not name:
            continue
        if said == name:
            return title, 1.0
        within = len(said) <= 2 * len(name) and (name in said or (said in name and len(said) >= 4))
        alike = 0.9 if within else SequenceMatcher(None, said, name, autojunk=False).ratio()
        if alike >= ALIKE and alike > share:
            best, share = title, alike
    return best, share


def _key(layout: Layout, part: str, aspect: str) -> str:
    """The section of a part (and aspect); of a part written by aspect the first one until an aspect is named."""
    of_part = [section for section in layout.sections if section.part == part]
    exact: list[Section] = [section for section in of_part if section.split and section.aspect == aspect]
    return (exact or of_part)[0].key if of_part else ""


def _numbered(chunk: Chunk, text: str) -> str:
    """A heading of the file that has no number gets the next one, so that it stays a heading."""
    taken = sum(number_of(line)[0] == 2 for line in chunk.lines)
    return f"（{chinese(taken + 1)}）{text}"


def _head(layout: Layout, chunks: list[Chunk]) -> None:
    """What stands in front of the first heading: a title and a name, or the text of a report without headings."""
    first = chunks[0]
    if len(first.text) > MOST_HEAD or len(chunks) == 1:
        first.target = layout.sections[0].key


def _ending(last: Chunk) -> list[Chunk]:
    """Name and date below the text are no part of it."""
    if len(last.lines) < 2 or not _DATE.fullmatch(last.lines[-1].replace(" ", "")):
        return []
    count = 2 if len(last.lines[-2]) <= 12 and not last.lines[-2].endswith("。") else 1
    cut = Chunk("", "", last.lines[-count:])
    del last.lines[-count:]
    return [cut]

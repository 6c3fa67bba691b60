"""A text as it is read: paragraph by paragraph, with the passages marked that somebody said something about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from .anchors import Place
from .blocks import Block, blocks


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a paragraph; `marks`: the numbers of the passages that it belongs to."""

    text: str
    marks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Paragraph:
    block: Block
    start: int  # where it begins in the text
    pieces: tuple[Piece, ...]


def paragraphs(text: str, places: Sequence[tuple[int, Place]] = ()) -> list[Paragraph]:
    """`places`: number of a passage and where it stands."""
    found, offset = [], 0
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped:
            start = offset + line.index(stripped)
            [block] = blocks(stripped)
            found.append(Paragraph(block, start, tuple(_pieces(stripped, start, places))))
        offset += len(line) + 1
    return found


def _pieces(line: str, start: int, places: Sequence[tuple[int, Place]]) -> list[Piece]:
    here = [(number, max(0, place.start - start), min(len(line), place.end - start)) for number, place in places]
    here = [each for each in here if each[1] < each[2]]
    cuts = sorted({0, len(line), *(at for _number, a, b in here for at in (a, b))})
    return [
        Piece(line[a:b], tuple(number for number, low, high in here if low <= a and b <= high))
        for a, b in pairwise(cuts)
    ]

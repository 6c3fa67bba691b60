"""What changed between two texts: by paragraphs, and by characters within a paragraph that changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

SAME, GONE, NEW = "same", "gone", "new"
# Comparing by characters takes the square of the length; longer paragraphs are shown whole, before and after.
LONGEST = 3000


@dataclass(frozen=True, slots=True)
class Piece:
    kind: str
    text: str


def paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def compare(before: str, after: str) -> list[list[Piece]]:
    """Paragraph by paragraph, the pieces that stayed, went and came. Same texts: all pieces are `same`."""
    old, new = paragraphs(before), paragraphs(after)
    found: list[list[Piece]] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found += [[Piece(SAME, line)] for line in old[a:b]]
            continue
        for was, now in zip_longest(old[a:b], new[c:d], fillvalue=""):
            found.append(list(_within(was, now)))
    return found


def _within(was: str, now: str) -> Iterator[Piece]:
    if max(len(was), len(now)) > LONGEST or not was or not now:
        yield from (piece for piece in (Piece(GONE, was), Piece(NEW, now)) if piece.text)
        return
    for tag, a, b, c, d in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Piece(SAME, was[a:b])
        else:
            yield from (piece for piece in (Piece(GONE, was[a:b]), Piece(NEW, now[c:d])) if piece.text)

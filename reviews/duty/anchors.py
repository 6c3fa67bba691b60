"""Passages of a text that are found again after the text has changed.

A passage is its words and what stood beside them. It is looked for as it is; then without regard to blanks and
punctuation; then what is most of it. A passage of which less than half is left counts as gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

BESIDE = 30  # characters kept on either side
LEFT = 0.5


@dataclass(frozen=True, slots=True)
class Anchor:
    quote: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a passage stands. `exact`: its words are unchanged."""

    start: int
    end: int
    exact: bool = True


def anchor(text: str, quote: str, near: int | None = None) -> Anchor | None:
    """The anchor of a passage of `text`; of several the one nearest to `near`. None: it does not stand there.

    A browser's selection may have other blanks and line ends than the text.
    """
    if not quote.strip():
        return Anchor("")
    plain, places = _squeezed(text)
    wanted, _places = _squeezed(quote)
    if not wanted:
        return None
    found = [places[at] for at in _all(plain, wanted)]
    if not found:
        return None
    start = found[0] if near is None else min(found, key=lambda at: abs(at - near))
    end = places[places.index(start) + len(wanted) - 1] + 1
    return Anchor(text[start:end], text[max(0, start - BESIDE) : start], text[end : end + BESIDE])


def locate(text: str, at: Anchor) -> Place | None:
    """Where the passage stands in a later text; None for the whole section, or if too little of it is left."""
    if not at.quote:
        return None
    if exact := _all(text, at.quote):
        start = max(exact, key=lambda here: _beside(text, here, here + len(at.quote), at))
        return Place(start, start + len(at.quote))
    plain, places = _squeezed(text)
    wanted, _places = _squeezed(at.quote)
    if wanted and (here := plain.find(wanted)) >= 0:
        return Place(places[here], places[here + len(wanted) - 1] + 1)
    return _mostly(plain, places, wanted)


def _mostly(plain: str, places: list[int], wanted: str) -> Place | None:
    """The stretch that holds the pieces of the passage that are left, if they are half of it and close together."""
    if not wanted or not plain:
        return None
    matcher = SequenceMatcher(None, plain, wanted, autojunk=False)
    longest = matcher.find_longest_match()
    if not longest.size:
        return None
    room = len(wanted)
    low, high = max(0, longest.a - longest.b - room // 2), min(len(plain), longest.a + room + room // 2)
    blocks = SequenceMatcher(None, plain[low:high], wanted, autojunk=False).get_matching_blocks()
    pieces = [each for each in blocks if each.size > 1]
    if sum(each.size for each in pieces) < LEFT * len(wanted):
        return None
    start, end = low + pieces[0].a, low + pieces[-1].a + pieces[-1].size
    return Place(places[start], places[end - 1] + 1, exact=False)


def _beside(text: str, start: int, end: int, at: Anchor) -> int:
    """How many characters beside a place are those that stood there."""
    before = text[max(0, start - len(at.before)) : start]
    left = next((n for n in range(min(len(before), len(at.before)), 0, -1) if before[-n:] == at.before[-n:]), 0)
    right = next((n for n in range(len(at.after), 0, -1) if text[end : end + n] == at.after[:n]), 0)
    return left + right


def _all(text: str, wanted: str) -> list[int]:
    found, at = [], text.find(wanted)
    while at >= 0:
        found.append(at)
        at = text.find(wanted, at + 1)
    return found


def _squeezed(text: str) -> tuple[str, list[int]]:
    """Letters, figures and characters alone, and where each of them stands."""
    places = [at for at, sign in enumerate(text) if sign.isalnum()]
    return "".join(text[at] for at in places), places

"""What reports have in common: a hint for a person who then reads both, never a verdict.

Two texts are compared by their letters and figures alone. A passage counts as common where at least `RUN` of them in a
row stand in the other text too; the share of a report is the part of it that lies in such passages. Titles of the
plan and whatever quotes the plan itself are left out on both sides, they are the same in every honest report.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product
from zlib import crc32

from .anchors import Place
from .blocks import normal

RUN = 13  # characters in a row; fewer are often the same by chance or custom
LISTED = 50  # in thousandths: pairs with less in common are not worth a look
MOST_PAIRS = 3000
SAMPLED = 4  # one run in so many
_GAP = "\0"  # what no passage goes across
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Boilerplate:
    """What does not count: titles that stand in a line of their own, and runs of the plan's own text."""

    titles: frozenset[str]
    runs: frozenset[int]

    @classmethod
    def of(cls, titles: Iterable[str], texts: Iterable[str]) -> Boilerplate:
        runs = {run for text in texts for _at, run in _runs(_plain(text)[0])}
        return cls(frozenset(filter(None, map(normal, titles))), frozenset(runs))


@dataclass(slots=True)
class Document:
    """A report made ready: its signs without blanks and punctuation, where each stands, its runs."""

    key: int
    plain: str
    places: list[tuple[str, int]]  # of each sign: section and offset
    runs: list[tuple[int, int]]  # (where it begins, its hash), those of the plan left out
    size: int  # signs that can count
    kinds: frozenset[int] = frozenset()  # of the runs that another report has too
    sample: int = 0  # a bit for each sampled run
    shared: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Pair:
    """Shares in thousandths: of the left report that stands in the right one, and the other way round."""

    left: int
    right: int
    left_share: int
    right_share: int
    common: int  # signs of the left one
    longest: int

    @property
    def share(self) -> int:
        return max(self.left_share, self.right_share)


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch that both texts have: section and place in each."""

    left_section: str
    left: Place
    right_section: str
    right: Place
    length: int


def document(key: int, texts: Iterable[tuple[str, str]], boilerplate: Boilerplate) -> Document:
    """`texts`: (section, text) in their order."""
    signs: list[str] = []
    places: list[tuple[str, int]] = []
    for section, text in texts:
        offset = 0
        for line in text.split("\n"):
            if normal(line) in boilerplate.titles:
                signs.append(_GAP)
                places.append((section, offset))
            else:
                plain, at = _plain(line)
                signs.append(plain)
                places.extend((section, offset + place) for place in at)
            offset += len(line) + 1
        signs.append(_GAP)
        places.append((section, offset))
    plain = "".join(signs)
    every = list(_runs(plain))
    quoted = bytearray(len(plain))
    for start, run in every:
        if run in boilerplate.runs:
            quoted[start : start + RUN] = b"\1" * RUN
    size = sum(sign != _GAP and not gone for sign, gone in zip(plain, quoted, strict=True))
    own = [(start, run) for start, run in every if run not in boilerplate.runs]
    return Document(key, plain, places, own, size)


def compare_all(
    documents: Sequence[Document], earlier: Sequence[Document] = (), progress: Progress = lambda _done, _all: None
) -> tuple[list[Pair], int]:
    """Every pair of `documents`, and each of them beside each of `earlier`; those with most in common first.

    Also says how many more there were than are kept. Runs that only one report has are dropped first: of honest
    reports hardly anything is left. All pairs are judged by a sample of the runs that is the same in every report
    (a copied passage of fifty signs is missed once in fifty thousand times), the likely ones then in full.
    """
    everyone = [*documents, *earlier]
    spread = Counter(run for each in everyone for run in {run for _at, run in each.runs})
    for each in everyone:
        each.shared = [(at, run) for at, run in each.runs if spread[run] > 1]
        each.kinds = frozenset(run for _at, run in each.shared)
    _sample(everyone)
    total = len(documents) * (len(documents) - 1) // 2 + len(documents) * len(earlier)
    likely: list[tuple[int, int, Document, Document]] = []
    for done, (left, right) in enumerate(_pairs(documents, earlier)):
        if done % 1000 == 0:
            progress(done, total)
        alike = (left.sample & right.sample).bit_count() * SAMPLED * 1000
        if alike and (share := alike // max(1, min(left.size, right.size))) * 2 >= LISTED:
            likely.append((-share, done, left, right))
    likely.sort(key=lambda each: each[:2])
    found = [_pair(left, right) for _share, _done, left, right in likely[:MOST_PAIRS]]
    found = [pair for pair in found if pair.share >= LISTED]
    found.sort(key=lambda pair: (-pair.share, -pair.common, pair.left, pair.right))
    return found, max(0, len(likely) - MOST_PAIRS)


def _sample(documents: Sequence[Document]) -> None:
    """The sampled runs of each as bits of one number: what two have in common is one step of the machine.

    A check sum of its signs decides whether a run is sampled, so that every comparison samples the same.
    """
    sampled = [
        {run for at, run in each.shared if crc32(each.plain[at : at + RUN].encode()) % SAMPLED == 0}
        for each in documents
    ]
    places = {run: at for at, run in enumerate(set().union(*sampled))}
    for each, runs in zip(documents, sampled, strict=True):
        bits = bytearray(len(places) // 8 + 1)
        for run in runs:
            at = places[run]
            bits[at >> 3] |= 1 << (at & 7)
        each.sample = int.from_bytes(bits, "little")


def _pairs(documents: Sequence[Document], earlier: Sequence[Document]) -> Iterator[tuple[Document, Document]]:
    yield from combinations(documents, 2)
    yield from product(documents, earlier)


def _pair(left: Document, right: Document) -> Pair:
    common = left.kinds & right.kinds
    left_signs, longest = _covered(left, common)
    right_signs, _longest = _covered(right, common)
    return Pair(
        left.key,
        right.key,
        _share(left_signs, left.size),
        _share(right_signs, right.size),
        left_signs,
        longest,
    )


def _covered(each: Document, common: frozenset[int]) -> tuple[int, int]:
    """How many signs lie in common passages, and how long the longest of these is."""
    covered = longest = length = 0
    end = -1
    for at in [at for at, run in each.shared if run in common]:
        if at > end:
            longest = max(longest, length)
            length = 0
            end = at
        length += at + RUN - end
        covered += at + RUN - end
        end = at + RUN
    longest = max(longest, length)
    return covered, longest


def _share(signs: int, size: int) -> int:
    return min(1000, signs * 1000 // size) if size else 0


def passages(left: Document, right: Document) -> list[Passage]:
    """The stretches that stand in both, in the order of the left text; of several equal ones the first."""
    where: dict[int, list[int]] = {}
    for at, run in right.runs:
        where.setdefault(run, []).append(at)
    found: list[Passage] = []
    after = -1
    for at, run in left.runs:
        if at < after or run not in where:
            continue
        length, there = max((_length(left, at, right, place), -place) for place in where[run])
        after = at + length
        found.append(_passage(left, at, right, -there, length))
    return found


def _length(left: Document, at: int, right: Document, there: int) -> int:
    length = RUN
    a, b = left.plain, right.plain
    limit = min(len(a) - at, len(b) - there)
    while length < limit and a[at + length] == b[there + length] != _GAP:
        length += 1
    return length


def _passage(left: Document, at: int, right: Document, there: int, length: int) -> Passage:
    first, last = left.places[at], left.places[at + length - 1]
    first_there, last_there = right.places[there], right.places[there + length - 1]
    return Passage(
        first[0], Place(first[1], last[1] + 1), first_there[0], Place(first_there[1], last_there[1] + 1), length
    )


def _plain(text: str) -> tuple[str, list[int]]:
    """Letters and figures, width and case folded, and where each stands."""
    places = [at for at, sign in enumerate(text) if sign.isalnum()]
    return "".join(map(_folded, map(text.__getitem__, places))), places


def _folded(sign: str) -> str:
    """One sign for one: Chinese characters, which are nearly all, stay what they are."""
    if "\u4e00" <= sign <= "\u9fff":
        return sign
    return unicodedata.normalize("NFKC", sign).casefold()[:1] or "?"


def _runs(plain: str) -> Iterator[tuple[int, int]]:
    """Every stretch of RUN signs that no gap interrupts, by its hash."""
    start = 0
    for stretch in plain.split(_GAP):
        for at in range(len(stretch) - RUN + 1):
            yield start + at, hash(stretch[at : at + RUN])
        start += len(stretch) + 1

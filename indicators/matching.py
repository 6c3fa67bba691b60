"""Which row of one list is which row of another: what stayed, moved, came or went."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

# (place in the old list, place in the new one); None: the row is in only one of them.
Pair = tuple[int | None, int | None]
ALIKE_ENOUGH = Fraction(1, 2)


def paired(
    old: Sequence[Any],
    new: Sequence[Any],
    *,
    key: Callable[[Any], str | None],
    alike: Callable[[Any, Any], Fraction] | None = None,
    gaps: bool = False,
) -> list[Pair]:
    """The rows of both lists in pairs, in the order of the new list; those that went come last.

    Rows of one key belong together (of several with one key, the first with the first). Of the others those
    that are most alike are paired, if at least half alike. `gaps`: a single row that is left over belongs to
    the single one that is left over at the same place.
    """
    found = _by_key([key(row) for row in old], [key(row) for row in new])
    if alike is not None:
        _pair_alike(old, new, found, alike)
    if gaps:
        _pair_gaps(len(old), len(new), found)
    came_from = {j: i for i, j in found.items()}
    pairs: list[Pair] = [(came_from.get(j), j) for j in range(len(new))]
    return [*pairs, *((i, None) for i in range(len(old)) if i not in found)]


def _by_key(old: Sequence[str | None], new: Sequence[str | None]) -> dict[int, int]:
    places = {name: j for j, name in enumerate(_numbered(new)) if name is not None}
    return {i: places[name] for i, name in enumerate(_numbered(old)) if name is not None and name in places}


def _numbered(keys: Sequence[str | None]) -> list[tuple[str, int] | None]:
    seen: Counter[str] = Counter()
    numbered: list[tuple[str, int] | None] = []
    for key in keys:
        numbered.append(None if key is None else (key, seen[key]))
        if key is not None:
            seen[key] += 1
    return numbered


def _pair_alike(
    old: Sequence[Any], new: Sequence[Any], found: dict[int, int], alike: Callable[[Any, Any], Fraction]
) -> None:
    taken = set(found.values())
    scored = [
        (-score, abs(i - j), i, j)
        for i, a in enumerate(old)
        if i not in found
        for j, b in enumerate(new)
        if j not in taken and (score := alike(a, b)) >= ALIKE_ENOUGH
    ]
    for _score, _distance, i, j in sorted(scored):
        if i not in found and j not in taken:
            found[i] = j
            taken.add(j)


def _pair_gaps(old: int, new: int, found: dict[int, int]) -> None:
    """A gap is named by the pair before it."""
    left: dict[int, list[int]] = {}
    right: dict[int, list[int]] = {}
    before = -1
    for i in range(old):
        if i in found:
            before = found[i]
        else:
            left.setdefault(before, []).append(i)
    before, taken = -1, set(found.values())
    for j in range(new):
        if j in taken:
            before = j
        else:
            right.setdefault(before, []).append(j)
    for place, rows in left.items():
        if len(rows) == 1 and len(right.get(place, ())) == 1:
            found[rows[0]] = right[place][0]


def moved(pairs: Sequence[Pair]) -> set[int]:
    """Places in the new list of rows that were moved: as few as explain the new order."""
    places = [(i, j) for i, j in pairs if i is not None and j is not None]
    # The longest rising run of old places stayed where it was.
    ends: list[int] = []
    last: list[int] = []
    previous: list[int] = []
    for at, (i, _j) in enumerate(places):
        length = bisect_left(ends, i)
        if length == len(ends):
            ends.append(i)
            last.append(at)
        else:
            ends[length], last[length] = i, at
        previous.append(last[length - 1] if length else -1)
    stayed = set()
    at = last[-1] if last else -1
    while at >= 0:
        stayed.add(places[at][1])
        at = previous[at]
    return {j for _i, j in places if j not in stayed}

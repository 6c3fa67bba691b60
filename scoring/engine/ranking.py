"""Ranks (rules of §6) and the order of merit (§7)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

Merit = tuple[int, ...]  # lower is better


def competition_ranks(totals: Sequence[int]) -> list[int]:
    """Highest first, equal totals share the better rank: 1, 2, 2, 4."""
    first: dict[int, int] = {}
    for place, total in enumerate(sorted(totals, reverse=True), start=1):
        first.setdefault(total, place)
    return [first[total] for total in totals]


def ranks_within(totals: Sequence[int], parts: Sequence[Hashable]) -> list[int]:
    """`competition_ranks` inside each part (category)."""
    ranks = [0] * len(totals)
    for members in members_of(parts).values():
        for i, rank in zip(members, competition_ranks([totals[i] for i in members]), strict=True):
            ranks[i] = rank
    return ranks


def members_of(parts: Sequence[Hashable]) -> dict[Hashable, list[int]]:
    """Part → positions of its members, both in order of appearance."""
    members: dict[Hashable, list[int]] = {}
    for i, part in enumerate(parts):
        members.setdefault(part, []).append(i)
    return members


def merit(total: int, tie_breakers: Sequence[int | None]) -> Merit:
    """Key of the order of merit: total, then the tie-breakers; not applicable is below any score."""
    key = [-total]
    for score in tie_breakers:
        key += (1, 0) if score is None else (0, -score)
    return tuple(key)

"""Drawing a sample that anybody can draw again with a seed (随机抽样).

Every subject has as many tickets as it has weight. The number of a ticket is the SHA-256 of “seed|code|ticket”, and
the smallest numbers are drawn: whole-number arithmetic that any program repeats, on any machine and in any year, which
a language's own random numbers do not promise. Everything here is plain data; nothing reads the database.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

MOST_TICKETS = 100
_SHARE = re.compile(r"(\d{1,3})(?:\.(\d{1,4}))?%")


@dataclass(frozen=True, slots=True)
class Candidate:
    code: str
    category: str = ""
    weight: int = 1


def ticket(seed: str, what: str, number: int = 1) -> str:
    """The number of one ticket, as 64 hexadecimal digits."""
    return hashlib.sha256(f"{seed}|{what}|{number}".encode()).hexdigest()


def lot(seed: str, what: str, weight: int = 1) -> str:
    """The best of all tickets of one candidate."""
    return min(ticket(seed, what, number) for number in range(1, weight + 1))


def size_of(asked: str, population: int) -> int | None:
    """“5” or “20%” (rounded up) of so many, never more than there are; None if it is neither."""
    if asked.isascii() and asked.isdigit() and len(asked) < 7:
        return min(int(asked), population)
    if match := _SHARE.fullmatch(asked):
        share = Fraction(int(match[1] + (match[2] or "")), 100 * 10 ** len(match[2] or ""))
        return min(ceil(share * population), population)
    return None


def draw(seed: str, population: Sequence[Candidate], sizes: Mapping[str, int]) -> list[str]:
    """The codes drawn, category by category in the order of `sizes`, each in the order of their numbers."""
    drawn: list[str] = []
    for category, size in sizes.items():
        here = sorted((lot(seed, one.code, one.weight), one.code) for one in population if one.category == category)
        drawn += [code for _number, code in here[:size]]
    return drawn


def draw_leaves(seed: str, subject: str, leaves: Sequence[str], each: int, spared: Collection[str] = ()) -> list[str]:
    """Which of these indicators are looked at with one subject, in the plan's order; `each` 0: all that apply."""
    apply = [code for code in leaves if code not in spared]
    if not each:
        return apply
    chosen = {code for _number, code in sorted((ticket(seed, f"{subject}|{code}"), code) for code in apply)[:each]}
    return [code for code in apply if code in chosen]

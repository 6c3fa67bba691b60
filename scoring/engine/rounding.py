"""Exact numbers: rounding half up (四舍五入), and the border between Decimal and int.

Inside the engine a score is an int in the plan's smallest unit (cents when decimals is 2).
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache
from math import lcm

_WIDE = Context(prec=2000)  # never rounds a score


def round_half_up(numerator: int, denominator: int) -> int:
    """numerator / denominator to the nearest whole number, halves away from zero."""
    if numerator < 0:
        return -((-2 * numerator + denominator) // (2 * denominator))
    return (2 * numerator + denominator) // (2 * denominator)


def to_cents(value: Decimal, unit: int) -> int | None:
    """value × unit, or None where that is no whole number (too many decimals)."""
    numerator, denominator = value.as_integer_ratio()
    if unit % denominator:
        return None
    return numerator * (unit // denominator)


@lru_cache(maxsize=2**16)
def to_decimal(cents: int, decimals: int) -> Decimal:
    """The Decimal with exactly `decimals` decimals; never a negative zero."""
    return Decimal(cents).scaleb(-decimals, _WIDE)


def whole_numbers(values: Iterable[Fraction]) -> tuple[list[int], int]:
    """The values over their common denominator: numerators and that denominator."""
    fractions = list(values)
    common = lcm(*(value.denominator for value in fractions))
    return [int(value * common) for value in fractions], common


def floor_of(value: Fraction) -> int:
    return value.numerator // value.denominator


def ceil_of(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)


def half_up_of(value: Fraction) -> int:
    return round_half_up(value.numerator, value.denominator)

"""Marking sentences for translation, and writing exact figures for people."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from .types import Text

EXACT_PLACES = 8  # a figure with more decimals is cut off and ends in …
SHOWN_PLACES = 6


def gettext_noop(message: str) -> str:
    """Mark an English sentence for translation; it is translated where it is shown."""
    return message


def figure(value: Fraction | Decimal | int) -> str:
    """A number in plain digits: exact where it ends within 8 decimals, else cut off: "1.333333…"."""
    number = Fraction(value)
    unit = 10**EXACT_PLACES
    if unit % number.denominator == 0:
        return _digits(number.numerator * (unit // number.denominator), EXACT_PLACES)
    cut = abs(number.numerator) * 10**SHOWN_PLACES // number.denominator
    sign = "-" if number < 0 else ""
    return f"{sign}{cut // 10**SHOWN_PLACES}.{cut % 10**SHOWN_PLACES:0{SHOWN_PLACES}d}…"


def number_in(text: str) -> Fraction:
    """What a `figure` shows, as a number again: near the value where it was cut off."""
    return Fraction(text.rstrip("…"))


def _digits(scaled: int, places: int) -> str:
    whole, rest = divmod(abs(scaled), 10**places)
    tail = f"{rest:0{places}d}".rstrip("0")
    sign = "-" if scaled < 0 else ""
    return f"{sign}{whole}.{tail}" if tail else f"{sign}{whole}"


def percent(share: Decimal | Fraction | int) -> str:
    """A share as "30%"."""
    return f"{figure(Fraction(share) * 100)}%"


def percent_of(shown: str) -> str:
    """A share that a `figure` shows, as a percentage; it says where it was cut off."""
    rest = "…" if shown.endswith("…") else ""
    return f"{figure(number_in(shown) * 100)}{rest}%"


def plain(message: str) -> Text:
    """A sentence without values."""
    return Text(message)

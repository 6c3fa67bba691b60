"""Reading spreadsheet cells the way people mean them: text, codes, exact numbers.

A cell comes as Python gives it: str, float, int, bool, date, datetime, time, timedelta or None.
Nothing here knows a sheet or a database.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from decimal import Decimal

from .fields import canonical

# Spreadsheets keep 15 significant digits; what lies beyond is noise of the binary form.
SIGNIFICANT_DIGITS = 15
_LARGEST = Decimal(10) ** SIGNIFICANT_DIGITS
_SMALLEST_EXPONENT = -20

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_MINUS = str.maketrans({"\u2212": "-"})


class NotANumber(ValueError):
    """The cell is not a number that can be used; `kind` is "text", "date", "boolean" or "size"."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class NotACode(ValueError):
    """The cell cannot be read as a code; `kind` is "date" or "size" (a spreadsheet lost its last digits)."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def exact(value: float) -> Decimal:
    """A spreadsheet's binary number as the decimal it shows: 15 significant digits."""
    return Decimal(format(value, f".{SIGNIFICANT_DIGITS}g")) if isinstance(value, float) else Decimal(value)


def clean_text(value: object) -> str:
    """The cell as text, without surrounding spaces (U+3000 too) and invisible letters; empty: ""."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.translate(_INVISIBLE).strip() if value else ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return canonical(exact(value))
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ")
    return str(value)


def code_text(value: object, number_format: str = "") -> str:
    """The cell as a code: full-width letters and digits made plain; a number by its displayed digits.

    `number_format` is the cell's format in the spreadsheet, if it has one that pads: 1 shown under "000"
    is "001". Raises NotACode.
    """
    if isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
        raise NotACode("date")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = exact(value)
        if abs(number) >= _LARGEST:
            raise NotACode("size")
        shown = canonical(number)
        return displayed(shown, number_format) if shown.isdigit() else shown
    return unicodedata.normalize("NFKC", clean_text(value)).translate(_MINUS).strip()


def displayed(digits: str, number_format: str) -> str:
    """Whole-number digits as a format of zeros and fixed letters shows them: "7" under "S-000" → "S-007"."""
    pattern = re.sub(r"\[[^\]]*\]", "", number_format.split(";")[0])
    parts = re.findall(r'"([^"]*)"|\\(.)|(0)|([^"\\0])', pattern)
    zeros = sum(bool(zero) for _quoted, _escaped, zero, _plain in parts)
    if not zeros or any(plain and plain not in "-/: ()" for _quoted, _escaped, _zero, plain in parts):
        return digits
    padded = digits.rjust(zeros, "0")
    lead, rest = padded[: len(padded) - zeros], iter(padded[len(padded) - zeros :])
    shown = ""
    for quoted, escaped, zero, plain in parts:
        if zero:
            shown += lead + next(rest)
            lead = ""
        else:
            shown += quoted or escaped or plain
    return shown.strip()


def number(value: object) -> Decimal | None:
    """The exact number of a cell, or None if it is empty.

    Text counts as a number with full-width digits, point and minus and with surrounding spaces. Raises NotANumber.
    """
    if isinstance(value, bool):
        raise NotANumber("boolean")
    if isinstance(value, (int, float)):
        found = exact(value)
    elif isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
        raise NotANumber("date")
    else:
        text = unicodedata.normalize("NFKC", clean_text(value)).translate(_MINUS).strip()
        if not text:
            return None
        if not _NUMBER.fullmatch(text):
            raise NotANumber("text")
        found = Decimal(text)
    exponent = found.as_tuple().exponent
    if not found.is_finite() or abs(found) >= _LARGEST or not isinstance(exponent, int):
        raise NotANumber("size")
    if exponent < _SMALLEST_EXPONENT:
        raise NotANumber("size")
    return found


def column_letters(column: int) -> str:
    """The letters of a column, counted from 0: 0 → "A", 26 → "AA"."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def cell_name(row: int, column: int) -> str:
    """A cell's name by row and column, both counted from 0: (0, 0) → "A1"."""
    return f"{column_letters(column)}{row + 1}"

"""Reading numbers as people type them, and refusing them in words."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from django.utils.translation import gettext as _

from appraisal_site.lib.fields import canonical

from .services.errors import InvalidInput

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
MAX_DIGITS = 15


def normal(text: str) -> str:
    """Full-width digits, point and minus become plain ones; surrounding spaces go (U+3000 too)."""
    return unicodedata.normalize("NFKC", text).replace("。", ".").replace("−", "-").strip()


def read_number(text: str, field: str) -> Decimal:
    """The exact number; raises InvalidInput naming what was typed."""
    plain = normal(text)
    if not _NUMBER.fullmatch(plain):
        raise InvalidInput(_("“%(text)s” is not a number.") % {"text": text}, field)
    if sum(letter.isdigit() for letter in plain) > MAX_DIGITS:
        raise InvalidInput(
            _("“%(text)s” has more than %(digits)d digits.") % {"text": text, "digits": MAX_DIGITS},
            field,
        )
    return Decimal(plain)


def check_mark(value: Decimal, points: Decimal, decimals: int) -> None:
    """A mark lies in 0 … points and has at most `decimals` decimals."""
    if not 0 <= value <= points:
        raise InvalidInput(
            _("%(value)s is outside 0 … %(points)s.") % {"value": canonical(value), "points": canonical(points)},
            "value",
        )
    if value != round(value, decimals):
        raise InvalidInput(
            _("%(value)s has too many decimals: at most %(decimals)d.")
            % {"value": canonical(value), "decimals": decimals},
            "value",
        )

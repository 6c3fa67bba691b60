"""Figures as people type and see them: full-width digits, thousands commas, shares in per cent. All exact."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Mapping
from decimal import Context, Decimal
from typing import Any

from appraisal_site.lib.fields import canonical
from indicators.schema import shown

_DIGITS = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,60})?", re.ASCII)
_THOUSANDS = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", re.ASCII)
_MINUS = str.maketrans({"−": "-", "–": "-", "—": "-"})
_BETWEEN = re.compile(r"[\s、,;/]+")
_EXACT = Context(prec=200)
HUNDRED = Decimal(100)


def as_text(value: Any) -> str:
    """A raw value of a document as an input shows it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal) and value.is_finite():
        return canonical(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return shown(value)


def number_text(typed: str) -> str:
    """Plain digits of what was typed; what is no number stays as it was typed."""
    return _plain(typed) or typed.strip()


def _plain(typed: str) -> str:
    text = unicodedata.normalize("NFKC", typed).translate(_MINUS).strip()
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    return text if _DIGITS.fullmatch(text) else ""


def share_text(typed: str) -> str:
    """A share as the document holds it, of what was typed as per cent: "３０％" → "0.3"."""
    text = unicodedata.normalize("NFKC", typed).strip().removesuffix("%").strip()
    plain = _plain(text)
    return canonical(_EXACT.divide(Decimal(plain), HUNDRED)) if plain else typed.strip()


def percent_text(value: Any) -> str:
    """A share of a document as per cent; what is no number is shown as it is."""
    text = as_text(value)
    return canonical(_EXACT.multiply(Decimal(text), HUNDRED)) if _DIGITS.fullmatch(text) else text


def figure_list(typed: str) -> list[str]:
    """Several figures on one line, between them spaces, commas or 、."""
    parts = _BETWEEN.split(unicodedata.normalize("NFKC", typed).strip())
    return [number_text(part) for part in parts if part]


def lines(typed: str) -> list[str]:
    """One entry a line; empty lines do not count."""
    return [" ".join(line.split()) for line in typed.splitlines() if line.strip()]


def list_items(value: Any) -> list[Any]:
    """The entries of a raw list; a single text where a list is expected is its only entry."""
    if isinstance(value, (list, tuple)):
        return list(value)
    return [] if value is None or isinstance(value, Mapping) else [value]

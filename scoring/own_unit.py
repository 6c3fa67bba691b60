"""Which figures of a result hold a mark that an assessor gave its own unit, or a person of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def marked_by(detail: Mapping[str, Any], assessors: frozenset[str]) -> bool:
    """Whether one of these assessors gave a mark that counted in this figure (`NodeScore.detail`)."""
    return any(name in assessors for name, _value in detail.get("marks", ()))


def holds_own_marks(scores: Mapping[str, Any], own: Mapping[str, frozenset[str]]) -> bool:
    """The same of a stored result's scores (code → status, value, incomplete, detail)."""
    return any(scores.get(code) and marked_by(scores[code][3] or {}, names) for code, names in own.items())

"""Showing the engine's `Text` in the language of the reader."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, gettext

from appraisal_site.lib.fields import canonical
from scoring.engine.types import Text


def render(text: Text | str) -> str:
    """The sentence in the active language, its values put in: nested texts rendered, lists joined
    with 、 (Chinese) or a comma, figures in plain digits."""
    if isinstance(text, str):
        return text
    message = gettext(text.message) if text.message else ""
    if not text.values:
        # Without values a text is shown as it stands, but for the %% that gettext style demands.
        return message.replace("%%", "%")
    return message % {name: _word(value) for name, value in text.values.items()}


def joined(words: list[str]) -> str:
    """A list in words: 甲、乙、丙, or a, b, c."""
    return ("、" if (get_language() or "").startswith("zh") else ", ").join(words)


def _word(value: Any) -> Any:
    if isinstance(value, Text):
        return render(value)
    if isinstance(value, Decimal):
        return canonical(value)
    if isinstance(value, Mapping):
        return joined([f"{key} {_word(item)}" for key, item in value.items()])
    if isinstance(value, (list, tuple, set, frozenset)):
        items = sorted(value) if isinstance(value, (set, frozenset)) else value
        return joined([str(_word(item)) for item in items])
    return "—" if value is None else value

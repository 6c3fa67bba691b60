"""Tags of plan words: the engine's texts, and marks of what a plan does not state itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from indicators import words as plan_words
from indicators.rendering import joined, render
from indicators.value_words import value_words
from scoring.engine.types import Text

register = template.Library()


@register.filter
def words(text: Text | str | None) -> str:
    """An engine text in the reader's language; None is an empty string."""
    return "" if text is None else render(text)


@register.filter
def listed(items: Any) -> str:
    """A list in words: 甲、乙、丙. Texts among them are rendered."""
    return joined([render(item) if isinstance(item, Text) else str(item) for item in items or ()])


@register.simple_tag
def value_word(key: str, value: Any) -> str:
    """A value of the plan's field `key` as it is read aloud."""
    return render(value_words(key, value))


@register.filter
def invalid_ballot(rule: str) -> str:
    """Which ballots a rule of `[voting]` makes invalid, in words."""
    return str(plan_words.INVALID_BALLOTS.get(rule, rule))


@register.filter
def default_names(part: Mapping[str, Any]) -> str:
    """The values of this part that are defaults, in words; empty if the plan states them all."""
    return joined(plan_words.default_names(part))


@register.inclusion_tag("indicators/_default.html")
def default_mark(part: Mapping[str, Any], *only: str, without: str = "", short: bool = False) -> dict[str, Any]:
    """The mark of this part's defaults: of the values named, or of all but `without`.

    `short`: only "default", where a heading already says of what.
    """
    names = [name for name in part.get("defaults", ()) if name != without and (not only or name in only)]
    return {"names": joined(plan_words.named(plan_words.VALUES, names)), "short": short}

"""What is offered where one of a few must be chosen: fixed words, or the plan's own names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from indicators import words
from indicators.rendering import render
from scoring.engine import METHODS, RULES
from scoring.engine.text import gettext_noop
from scoring.engine.types import Text

from .controls import Offer
from .figures import as_text
from .labels import Lazy
from .names import Names

CHOSEN = "chosen"  # the scope that is a list of categories
SCOPES: Mapping[str, Lazy] = {
    "all": _("all together"),
    "category": _("each category"),
    "group": _("each group"),
    "unit": _("each unit"),
    CHOSEN: _("chosen categories together"),
}
COMPOSITE = Text(gettext_noop("Sum of the indicators below it"))
WORDS: Mapping[str, Mapping[str, Lazy]] = {
    "subjects": words.SUBJECTS,
    "period": words.PERIODS,
    "ranking": words.RANKINGS,
    "own_unit_marks": words.OWN_UNIT_MARKS,
    "order": words.TALK_ORDERS,
    "commentary": words.COMMENTARIES,
    "voters": words.VOTERS,
    "type": words.FACT_TYPES,
    "kind": words.SELECTIONS,
    "scope": SCOPES,
    "rounding": {"floor": _("rounded down"), "half_up": _("rounded half up"), "ceil": _("rounded up")},
    "invalid": words.INVALID_BALLOTS,
    "sign": {"1": _("add points"), "-1": _("take points away")},
    "fallback": {"marks": _("marks are entered instead")},
}


def fixed(key: str, options: Iterable[Any]) -> list[tuple[str, str]]:
    """The options of a field in words."""
    return [(str(option), _word(key, str(option))) for option in options]


def _word(key: str, option: str) -> str:
    if key == "method":
        return render(METHODS[option].title if option in METHODS else COMPOSITE)
    if key == "rule":
        return render(RULES[option].title)
    return str(WORDS.get(key, {}).get(option, option))


def named(source: str, names: Names, own_options: tuple[str, ...]) -> list[tuple[str, str]]:
    """The plan's names of one kind: value and what is shown. `own_options`: of the indicator under work."""
    if source == "indicators":
        return [(each.code, f"{each.code} {each.title}") for each in names.indicators]
    if source == "all_facts":
        return [(each.code, f"{each.title} ({each.code})") for each in names.facts]
    if source == "sets":
        return [(each.code, f"{each.title} ({each.code})") for each in names.sets]
    if source == "facts":
        return [(each.code, f"{each.title} ({each.code})") for each in names.facts if each.type == "boolean"]
    # Outside an indicator (ballots of the whole plan): the options of all of them.
    options = own_options or tuple(dict.fromkeys(title for titles in names.options.values() for title in titles))
    lists = {"grades": names.grades, "categories": names.categories, "options": options}
    return [(name, name) for name in lists[source]]


def offers(known: Iterable[tuple[str, str]], chosen: Iterable[Any]) -> tuple[Offer, ...]:
    """All that is known, the chosen ones marked; what is chosen but not known stands at the end."""
    picked = [as_text(value) for value in chosen]
    known = list(known)
    values = {value for value, _label in known}
    strange = dict.fromkeys(value for value in picked if value not in values)
    return (
        *(Offer(value, label, value in picked) for value, label in known),
        *(Offer(value, value, True, unknown=True) for value in strange),
    )


def no_longer(value: str) -> Text:
    return Text(gettext_noop("“%(name)s” is not (or no longer) there: choose another."), {"name": value})

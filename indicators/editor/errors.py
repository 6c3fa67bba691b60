"""Errors as a form says them: the reading of a file speaks of keys and of shares between 0 and 1."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from indicators.schema import Field, NamedRow, Path, Record
from scoring.engine.text import gettext_noop as _
from scoring.engine.text import percent
from scoring.engine.types import Problem, Text

from . import kinds, labels

MISSING = _("“%(key)s” is missing.")
_NEEDED = _("“%(key)s” is missing; %(kind)s needs it.")
_NO_METHOD = _("“%(key)s” is missing; only an indicator with children needs none.")
_NO_NUMBER = _("“%(value)s” is not a number in plain digits.")
_OUT_OF_RANGE = _("%(value)s is out of range: %(expected)s is expected.")


def for_a_form(record: Record, path: Path, text: Text) -> Text:
    """An error of a value of this record, in the words of a form; other errors stay as they are."""
    if text.message in (MISSING, _NEEDED):
        return Text(_("This must be filled in."))
    if text.message not in (_NO_NUMBER, _OUT_OF_RANGE):
        return text
    field = _field_at(record, path)
    if field is None or not kinds.is_share(field):
        return text
    if text.message == _NO_NUMBER:
        return Text(_("“%(value)s” is not a number: state the share in per cent, such as 25."), text.values)
    expected = text.values["expected"]
    bounds = {name: percent(bound) for name, bound in expected.values.items()}
    values = {"value": percent(Decimal(text.values["value"])), "expected": Text(expected.message, bounds)}
    return Text(_("A share of %(value)s is out of range: %(expected)s is expected."), values)


def for_the_editor(problem: Problem) -> Problem:
    """A problem of a draft, without the names that its values have in a plan file."""
    text = problem.text
    if text.message == _NO_METHOD:
        return replace(problem, text=Text(_("Choose how this indicator is scored.")))
    if text.message not in (MISSING, _NEEDED):
        return problem
    place, *_rest = problem.path.split(".")
    label = labels.label_of(place, "", str(text.values["key"])).label
    return replace(problem, text=Text(_("“%(name)s” must be filled in."), {"name": str(label)}))


def _field_at(record: Record, path: Path) -> Field | None:
    """The field of a value by its path."""
    here: Any = record
    for step in path:
        row = kinds.record_of(here) if isinstance(here, (Record, NamedRow)) else None
        here = row[0].fields.get(str(step)) if row else getattr(here, "item", None)
    return here if isinstance(here, Field) else None

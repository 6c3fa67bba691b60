"""The change log in words. An app adds its own with `describe` when it is ready (see apps.py)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

_actions: dict[str, str] = {}
_fields: dict[str, str] = {}
_values: dict[tuple[str, str], str] = {}
_targets: dict[str, str] = {}


class Change(NamedTuple):
    """One field in words; None where there was nothing."""

    field: str
    before: str | None
    after: str | None


def describe(
    *,
    actions: Mapping[str, str] | None = None,
    fields: Mapping[str, str] | None = None,
    values: Mapping[tuple[str, str], str] | None = None,
    targets: Mapping[str, str] | None = None,
) -> None:
    """Add English words (marked for translation) of actions, fields, (field, value) pairs and kinds of objects."""
    _actions.update(actions or {})
    _fields.update(fields or {})
    _values.update(values or {})
    _targets.update(targets or {})


def action_words(action: str) -> str:
    return _(_actions[action]) if action in _actions else action


def target_words(target: str) -> str:
    """ "units.unit" → "unit", in the active language."""
    if target in _targets:
        return _(_targets[target])
    try:
        return str(apps.get_model(target)._meta.verbose_name)
    except (LookupError, ValueError):
        return target


def _field_words(target: str, field: str) -> str:
    if field in _fields:
        return _(_fields[field])
    try:
        return str(apps.get_model(target)._meta.get_field(field).verbose_name)
    except (LookupError, ValueError, FieldDoesNotExist, AttributeError):
        return field


def _value_words(field: str, value: str | None) -> str | None:
    if value is None:
        return None
    if (field, value) in _values:
        return _(_values[field, value])
    if value in {"True", "False"}:
        return _("yes") if value == "True" else _("no")
    return value


def change_words(target: str, changes: Mapping[str, Iterable[str | None]]) -> list[Change]:
    """What an audit entry's `changes` say, in the active language."""
    said = []
    for field, (before, after) in changes.items():
        words = capfirst(_field_words(target, field))
        said.append(Change(words, _value_words(field, before), _value_words(field, after)))
    return said


ACTIONS = {
    "create account": gettext_noop("created the account"),
    "change account": gettext_noop("changed the account"),
    "reset password": gettext_noop("gave a new initial password"),
    "change password": gettext_noop("changed the own password"),
    "change email": gettext_noop("changed the own e-mail address"),
    "grant administrator": gettext_noop("made administrator on the server"),
    "create unit": gettext_noop("added the unit"),
    "change unit": gettext_noop("changed the unit"),
    "create person": gettext_noop("added the person"),
    "change person": gettext_noop("changed the person"),
}
FIELDS = {
    "username": gettext_noop("user name"),
    "email": gettext_noop("e-mail"),
    "roles": gettext_noop("roles"),
    "active": gettext_noop("may log in"),
}

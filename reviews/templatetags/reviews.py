"""Words of the audit trail, and what the sheet's template cannot say itself."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

register = template.Library()

_ACTIONS = {
    "open round": gettext_noop("opened the round"),
    "change phase": gettext_noop("changed the phase"),
    "change deadline": gettext_noop("changed the deadline"),
    "assign assessor": gettext_noop("assigned the assessor"),
    "add subject": gettext_noop("added the subject"),
    "withdraw subject": gettext_noop("withdrew the subject"),
    "change category": gettext_noop("changed the category"),
    "enter mark": gettext_noop("entered the mark"),
    "clear mark": gettext_noop("cleared the mark"),
    "set not applicable": gettext_noop("set not applicable"),
    "set applicable": gettext_noop("set applicable again"),
    "add event": gettext_noop("entered the event"),
    "change event": gettext_noop("changed the event"),
    "decide event": gettext_noop("decided on the event"),
    "withdraw event": gettext_noop("withdrew the event"),
    "enter fact": gettext_noop("entered the fact"),
    "enter number": gettext_noop("entered the number"),
}
_FIELDS = {
    "mark": gettext_noop("mark"),
    "note": gettext_noop("note"),
    "not applicable": gettext_noop("not applicable"),
    "value": gettext_noop("value"),
    "count": gettext_noop("count"),
    "matter": gettext_noop("matter"),
    "basis": gettext_noop("basis"),
    "date": gettext_noop("date"),
    "status": gettext_noop("status"),
    "indicator": gettext_noop("indicator"),
    "item": gettext_noop("item"),
    "category": gettext_noop("category"),
    "code": gettext_noop("code"),
    "inputs": gettext_noop("inputs"),
    "plan": gettext_noop("plan"),
    "period": gettext_noop("period"),
    "deadline": gettext_noop("deadline"),
    "subjects": gettext_noop("subjects"),
    "subject": gettext_noop("subject"),
    "phase": gettext_noop("phase"),
    "unit": gettext_noop("unit"),
    "target": gettext_noop("target"),
    "actual": gettext_noop("actual"),
}
_VALUES = {
    ("not applicable", "yes"): gettext_noop("yes"),
    ("status", "pending"): gettext_noop("waiting for approval"),
    ("status", "approved"): gettext_noop("approved"),
    ("status", "rejected"): gettext_noop("rejected"),
    ("phase", "collecting"): gettext_noop("collecting"),
    ("phase", "reviewing"): gettext_noop("reviewing"),
    ("phase", "announced"): gettext_noop("announced"),
    ("phase", "sealed"): gettext_noop("sealed"),
    ("value", "true"): gettext_noop("yes"),
    ("value", "false"): gettext_noop("no"),
}


@register.filter
def action_words(action: str) -> str:
    """An audit action in words; one of another app is shown as it is."""
    return _(_ACTIONS[action]) if action in _ACTIONS else action


@register.filter
def change_words(changes: dict[str, list[str | None]]) -> list[tuple[str, str | None, str | None]]:
    """(field, before, after) in words; None where there was nothing."""

    def shown(field: str, value: str | None) -> str | None:
        words = _VALUES.get((field, value or ""))
        return _(words) if words else value

    return [
        (_(_FIELDS[field]) if field in _FIELDS else field, shown(field, before), shown(field, after))
        for field, (before, after) in changes.items()
    ]


@register.filter
def get(mapping: dict[Any, Any], key: Any) -> Any:
    """A mapping's value for a key that the template holds in a variable."""
    return mapping.get(key)

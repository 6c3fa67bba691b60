"""Words of the audit trail, and what the sheet's template cannot say itself."""

from __future__ import annotations

import datetime
from typing import Any

from django import template
from django.utils.translation import gettext as _

from appraisal_site.lib import workdays
from reviews.services.minutes import spoken_text
from units import audit_words

register = template.Library()


@register.filter
def action_words(action: str) -> str:
    """An audit action in words, whichever app wrote it."""
    return audit_words.action_words(action)


@register.filter
def change_words(changes: dict[str, list[str | None]]) -> list[tuple[str, str | None, str | None]]:
    """(field, before, after) in words; None where there was nothing."""
    return [(said.field, said.before, said.after) for said in audit_words.change_words("reviews.round", changes)]


@register.filter
def spoken(milliseconds: int) -> str:
    """“8:05” minutes and seconds of a talk; empty where nothing was measured."""
    return spoken_text(milliseconds)


@register.filter
def get(mapping: dict[Any, Any], key: Any) -> Any:
    """A mapping's value for a key that the template holds in a variable."""
    return mapping.get(key)


@register.filter
def rest_day_words(day: datetime.date | None) -> str:
    """For a deadline on a day on which nobody works: the last working day before it. Else nothing."""
    if day is None or workdays.is_workday(day):
        return ""
    return _("a day of rest: hand in by %(day)s, the last working day before") % {
        "day": workdays.last_workday(day).isoformat()
    }

"""Words of results, and addresses with another sorting."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext as _

from ..models import SubjectResult
from ..queries import DECIDED
from ..trial import Line
from ..words import flag_label

register = template.Library()

SHOWN_ELSEWHERE = {"missing", "tie"}


@register.filter
def other_flags(row: SubjectResult) -> list[str]:
    """The flags that have no badge of their own, each once, and whether the committee set the grade."""
    keys = dict.fromkeys(key for key, _values in row.document["flags"] if key not in SHOWN_ELSEWHERE)
    if any(rule is None for rule, *_rest in row.document["reasons"]):
        keys = {DECIDED: None, **keys}
    return [flag_label(key) for key in keys]


@register.simple_tag(takes_context=True)
def query_with(context: Any, **changes: Any) -> str:
    """This page's query string with some values changed; None takes one out."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = value
    return f"?{query.urlencode()}"


@register.filter
def trial_name(line: Line) -> str:
    """A subject of a round by its name, a made-up one by its number."""
    return line.name or _("Example %(number)s") % {"number": line.key}

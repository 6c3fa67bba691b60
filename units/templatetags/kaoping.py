"""Filters that every app's pages use: figures, per cent, deadlines, one query string."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appraisal_site.lib.fields import canonical
from units import audit_words

register = template.Library()

NONE = "—"


def _decimal(value: Decimal | int | Fraction, places: int | None) -> Decimal:
    """Half up, as everywhere in the product. A fraction without `places` gets twelve."""
    number = Fraction(value)
    digits = 12 if places is None else places
    scaled = abs(number) * 10**digits
    whole = int(scaled + Fraction(1, 2))
    return Decimal(whole if number >= 0 else -whole).scaleb(-digits)


@register.filter
def points(value: Decimal | int | Fraction | str | None, decimals: int | str | None = None) -> str:
    """A score: `decimals` places, half up; without it as many as it has. None is shown as —."""
    if value is None or isinstance(value, str):
        return NONE
    if decimals is None or decimals == "":
        return canonical(value if isinstance(value, Decimal) else _decimal(value, None))
    return format(_decimal(value, int(decimals)), "f")


@register.filter
def percent(value: Decimal | int | Fraction | str | None, decimals: int = 0) -> str:
    """A share, 1 for all of it: 0.375|percent:1 → 37.5%. None is shown as —."""
    return NONE if value is None or isinstance(value, str) else f"{points(Fraction(value) * 100, decimals)}%"


@register.filter
def deadline_in_words(day: date | None) -> str:
    """How far a deadline is: 3 days left, due today, 2 days overdue. None is an empty string."""
    if day is None:
        return ""
    days = (day - timezone.localdate()).days
    if days > 0:
        return ngettext("%(count)d day left", "%(count)d days left", days) % {"count": days}
    if days == 0:
        return _("due today")
    return ngettext("%(count)d day overdue", "%(count)d days overdue", -days) % {"count": -days}


@register.filter
def aside(words: Any) -> str:
    """Words set behind others in the brackets of the reader's language, with the space that these want."""
    return _(" (%(words)s)") % {"words": words}


@register.filter
def is_overdue(day: date | None) -> bool:
    """Whether the deadline has passed: the day itself is still in time."""
    return day is not None and day < timezone.localdate()


@register.simple_tag(takes_context=True)
def page_query(context: Any, page: int, name: str = "page") -> str:
    """This page's query string with another page number; filters and sorting stay."""
    query = context["request"].GET.copy()
    query[name] = page
    return f"?{query.urlencode()}"


@register.simple_tag
def elided_pages(page: Any) -> list[Any]:
    """Page numbers around the current one, with … for those left out."""
    return list(page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1))


@register.filter
def audit_action(entry: Any) -> str:
    """What an audit entry says was done, in words."""
    return audit_words.action_words(entry.action)


@register.filter
def audit_actor(entry: Any) -> str:
    """Who did it; for somebody who stood in for a colleague, both (张二代张一)."""
    if entry.on_behalf_id is None:
        return str(entry.actor or NONE)
    return _("%(deputy)s for %(colleague)s") % {"deputy": entry.actor, "colleague": entry.on_behalf}


@register.filter
def audit_target(entry: Any) -> str:
    """The kind of object an audit entry is about."""
    return audit_words.target_words(entry.target)


@register.filter
def audit_changes(entry: Any) -> list[audit_words.Change]:
    """What an audit entry changed: field, before, after."""
    return audit_words.change_words(entry.target, entry.changes)

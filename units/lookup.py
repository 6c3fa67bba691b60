"""Finding one unit or person among thousands: a text field that takes a code or a name.

The field works by typing alone; with htmx a list of matches opens below it (units:unit_search,
units:person_search).
"""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse_lazy
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from .models import Person, Unit

SHOWN = 12


def entry_text(target: Unit | Person) -> str:
    """What stands in the field for a unit or person: code and name."""
    return f"{target.code} {target.name}"


def find_units(words: str) -> QuerySet[Unit]:
    """Active units that contain every word in code, name or short name."""
    found = Unit.objects.filter(is_active=True)
    for word in words.split():
        found = found.filter(Q(code__icontains=word) | Q(name__icontains=word) | Q(short_name__icontains=word))
    return found.order_by("order", "code")


def find_people(words: str) -> QuerySet[Person]:
    """Active people that contain every word in code, name or their unit's name."""
    found = Person.objects.filter(is_active=True).select_related("unit")
    for word in words.split():
        found = found.filter(
            Q(code__icontains=word)
            | Q(name__icontains=word)
            | Q(unit__name__icontains=word)
            | Q(unit__short_name__icontains=word)
        )
    return found.order_by("unit__order", "order", "code")


class LookupWidget(forms.TextInput):
    """A text input with a list of matches. Rendered with the site's own templates."""

    def __init__(self, search_url: Any) -> None:
        super().__init__(attrs={"autocomplete": "off"})
        self.search_url = search_url

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, value, attrs) | {"search_url": self.search_url}

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        return render_to_string("units/_lookup.html", self.get_context(name, value, attrs))


class _LookupField(forms.CharField):
    """Takes "code", "code name" or a name that only one active entry has; cleans to the object or None."""

    model: type[Unit] | type[Person]
    search_url: Any
    default_error_messages = {
        "unknown": _("“%(text)s” was not found. Type a code or a full name, or choose from the list."),
        "several": _("Several are called “%(text)s”. Type the code, or choose from the list."),
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", LookupWidget(self.search_url))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, (Unit, Person)):
            return entry_text(value)
        if isinstance(value, int):
            target = self.model._default_manager.filter(pk=value).first()
            return entry_text(target) if target else ""
        return value

    def _named(self, text: str) -> Q:
        return Q(name=text)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        plain = unicodedata.normalize("NFKC", text)
        code = plain.split(maxsplit=1)[0]
        wanted = Q(code__in={text, plain, code}) | self._named(text) | self._named(plain)
        found: list[Any] = list(self.model._default_manager.filter(wanted)[:20])
        for match in (
            [one for one in found if entry_text(one) in {text, plain} or one.code in {text, plain}],
            [one for one in found if one.is_active and one.code not in {code} - {text, plain}],
        ):
            if len(match) == 1:
                return match[0]
            if match:
                raise forms.ValidationError(self.error_messages["several"], "several", {"text": text})
        raise forms.ValidationError(self.error_messages["unknown"], "unknown", {"text": text})

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class UnitField(_LookupField):
    model = Unit
    search_url = reverse_lazy("units:unit_search")

    def _named(self, text: str) -> Q:
        return Q(name=text) | Q(short_name=text)


class PersonField(_LookupField):
    model = Person
    search_url = reverse_lazy("units:person_search")

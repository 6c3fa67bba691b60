"""The form of an event. The catalogue's items are choices; its values are checked by the service."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from appraisal_site.lib.fields import canonical
from reviews.models import Event, Round, Subject
from reviews.numbers import read_number
from reviews.services.errors import InvalidInput
from reviews.services.events import EventData
from reviews.tree import COUNTED, EVENTS, Tree
from scoring.engine.types import CatalogueItem, Node

from .rounds import DateInput

SEPARATOR = "|"


class SubjectByCode(forms.Field):
    """A subject typed by code or name, with suggestions: quick for 25 units and for 5,000 people."""

    def __init__(self, round_: Round, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.round = round_

    def to_python(self, value: Any) -> Subject | None:
        text = str(value or "").strip()
        if not text:
            return None
        found = Subject.objects.filter(round=self.round)
        code = text.split()[0]
        matches = list(found.filter(code=code)[:2]) or list(found.filter(name=text)[:2])
        if len(matches) == 1:
            return matches[0]
        if len(matches) > 1:
            raise forms.ValidationError(_("Several subjects have this name: type the code."))
        raise forms.ValidationError(_("No subject of this round has this code or name."))

    def prepare_value(self, value: Any) -> Any:
        return f"{value.code} {value.name}" if isinstance(value, Subject) else value


def value_words(item: CatalogueItem | None) -> str:
    """What the catalogue says of an item's value."""
    if item is None or not item.values:
        return str(_("value to be stated"))
    values = " / ".join(canonical(value) for value in item.values)
    if len(item.values) == 1:
        return str(_("fixed: %(value)s") % {"value": values})
    return str(_("one of %(values)s") % {"values": values})


def entry_choices(tree: Tree) -> list[tuple[str, list[tuple[str, str]]]]:
    """Leaf by leaf the items that may be chosen, as `LEAF|ITEM`."""
    groups = []
    for node in tree.of(EVENTS):
        items: list[CatalogueItem | None] = list(node.catalogue) or [None]
        choices = [(f"{node.code}{SEPARATOR}{item.code if item else ''}", _item_words(node, item)) for item in items]
        groups.append((f"{node.code} {node.title}", choices))
    return groups


def _item_words(node: Node, item: CatalogueItem | None) -> str:
    title = f"{item.code} {item.title}" if item else node.title
    return f"{title} ({value_words(item)})"


class EventForm(forms.Form):
    entry = forms.ChoiceField(label=_("Catalogue item"))
    value = forms.CharField(
        label=_("Value"),
        required=False,
        max_length=20,
        help_text=_("In points, without sign. Leave empty where the catalogue fixes it."),
    )
    count = forms.CharField(
        label=_("Count"),
        required=False,
        max_length=20,
        initial="1",
        help_text=_("How many times; a bonus has none."),
    )
    matter = forms.CharField(
        label=_("Matter"),
        required=False,
        max_length=240,
        help_text=_(
            "Entries of one item with the same matter count once. Pick a matter that exists already if it is the same."
        ),
        widget=forms.TextInput(attrs={"list": "matters", "autocomplete": "off"}),
    )
    basis = forms.CharField(
        label=_("Basis"),
        required=False,
        max_length=500,
        help_text=_("Document and number that proves it."),
    )
    date = forms.DateField(label=_("Date"), required=False, widget=DateInput())

    field_order = ("subject", "entry", "value", "count", "matter", "basis", "date")

    def __init__(self, *args: Any, round_: Round, tree: Tree, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tree = tree
        self.fields["subject"] = SubjectByCode(
            round_,
            label=_("Subject"),
            widget=forms.TextInput(attrs={"list": "subjects", "autocomplete": "off"}),
            help_text=_("Code or name."),
        )
        entry = self.fields["entry"]
        assert isinstance(entry, forms.ChoiceField)
        entry.choices = [("", _("— choose —")), *entry_choices(tree)]
        if not any(node.method in COUNTED for node in tree.of(EVENTS)):
            del self.fields["count"]
        self.order_fields(self.field_order)

    def _number(self, name: str) -> Any:
        text = self.cleaned_data.get(name) or ""
        if not text.strip():
            return None
        try:
            return read_number(text, name)
        except InvalidInput as error:
            raise forms.ValidationError(str(error)) from None

    def clean_value(self) -> Any:
        return self._number("value")

    def clean_count(self) -> Any:
        return self._number("count")

    def data_of(self) -> EventData:
        """The event that the valid form describes."""
        cleaned = self.cleaned_data
        indicator, _sep, item = cleaned["entry"].partition(SEPARATOR)
        count = cleaned.get("count")
        return EventData(
            indicator=indicator,
            item=item,
            count=Decimal(1) if count is None else count,
            value=cleaned["value"],
            matter=cleaned["matter"],
            basis=cleaned["basis"],
            date=cleaned["date"],
        )

    def refuse(self, error: InvalidInput) -> None:
        """Put a service's refusal at its field."""
        name = {"indicator": "entry", "item": "entry"}.get(error.field, error.field)
        self.add_error(name if name in self.fields else None, str(error))


def initial_of(event: Event) -> dict[str, Any]:
    return {
        "subject": event.subject,
        "entry": f"{event.indicator}{SEPARATOR}{event.item}",
        "value": "" if event.value is None else canonical(event.value),
        "count": canonical(event.count),
        "matter": event.matter,
        "basis": event.basis,
        "date": event.date,
    }

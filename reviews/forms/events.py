"""The form of an event. The catalogue's items are choices; its values are checked by the service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from appraisal_site.lib.fields import canonical
from reviews.matters import Likeness
from reviews.models import Event, Round, Subject
from reviews.numbers import read_number
from reviews.queries.running import Room
from reviews.services.errors import InvalidInput
from reviews.services.event_checks import EventData
from reviews.tree import COUNTED, Tree
from scoring.engine.types import CatalogueItem, Node

from .rounds import DateInput

SEPARATOR = "|"
OTHER_MATTER = "|other"  # the answer that it is another matter; no matter begins like this


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


class OwnSubject(forms.ChoiceField):
    """One of the few subjects that are the account's own."""

    def __init__(self, subjects: Sequence[Subject], **kwargs: Any) -> None:
        self.subjects = {subject.code: subject for subject in subjects}
        super().__init__(choices=[(s.code, f"{s.code} {s.name}") for s in subjects], **kwargs)

    def clean(self, value: Any) -> Subject | None:
        code = super().clean(value)
        return self.subjects.get(code)

    def prepare_value(self, value: Any) -> Any:
        return value.code if isinstance(value, Subject) else value


def value_words(item: CatalogueItem | None) -> str:
    """What the catalogue says of an item's value."""
    if item is None or not item.values:
        return str(_("value to be stated"))
    values = " / ".join(canonical(value) for value in item.values)
    if len(item.values) == 1:
        return str(_("fixed: %(value)s") % {"value": values})
    return str(_("one of %(values)s") % {"values": values})


@dataclass(frozen=True, slots=True)
class PickerRow:
    """One item of the catalogue as the picker shows it. `values`: what it may be worth, for the value's field."""

    entry: str
    title: str
    words: str
    values: str
    cap: Decimal | None
    room: Room | None
    counted: bool


def picker(tree: Tree, leaves: Sequence[Node], rooms: dict[tuple[str, str], Room] | None) -> list[Any]:
    """(leaf, where it stands, its items) for each indicator; with what is left where the subject is known."""
    groups = []
    for node in leaves:
        items: list[CatalogueItem | None] = list(node.catalogue) or [None]
        rows = []
        for item in items:
            code = item.code if item else ""
            rows.append(
                PickerRow(
                    entry=f"{node.code}{SEPARATOR}{code}",
                    title=f"{item.code} {item.title}" if item else node.title,
                    words=value_words(item),
                    values=" ".join(canonical(value) for value in item.values) if item else "",
                    cap=item.cap if item else None,
                    room=rooms.get((node.code, code)) if rooms is not None else None,
                    counted=node.method in COUNTED,
                )
            )
        groups.append((node, tree.crumbs(node.code), rows))
    return groups


class EventForm(forms.Form):
    """`leaves`: where this account may propose. `own`: the subjects of its own that it applies for."""

    entry = forms.ChoiceField(label=_("Catalogue item"))
    value = forms.CharField(
        label=_("Value"),
        required=False,
        max_length=20,
        help_text=_("In points, without sign. Leave empty where the catalogue fixes it."),
        widget=forms.TextInput(attrs={"list": "values", "autocomplete": "off", "inputmode": "decimal"}),
    )
    count = forms.CharField(
        label=_("Count"),
        required=False,
        max_length=20,
        initial="1",
        help_text=_("How many times; a bonus has none."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    matter = forms.CharField(
        label=_("Matter"),
        required=False,
        max_length=240,
        help_text=_(
            "Entries of one item with the same matter count once. Pick a matter that exists already if it is the same."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    basis = forms.CharField(
        label=_("Basis"),
        required=False,
        max_length=500,
        help_text=_("The document or fact that proves it."),
    )
    document = forms.CharField(
        label=_("Document number"),
        required=False,
        max_length=120,
        help_text=_("As on the document: issuing office, year, number."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    date = forms.DateField(label=_("Date"), required=False, widget=DateInput())
    month = forms.CharField(
        label=_("Month"),
        required=False,
        max_length=7,
        help_text=_("The month of the daily appraisal it belongs to; left empty it is the date's."),
        widget=forms.TextInput(attrs={"type": "month"}),
    )

    field_order = ("subject", "entry", "value", "count", "matter", "basis", "document", "date", "month")

    def __init__(
        self,
        *args: Any,
        round_: Round,
        tree: Tree,
        leaves: Sequence[Node],
        own: Sequence[Subject] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.tree = tree
        if own is not None:
            self.fields["subject"] = OwnSubject(own, label=_("Subject"))
        else:
            self.fields["subject"] = SubjectByCode(
                round_,
                label=_("Subject"),
                widget=forms.TextInput(attrs={"list": "subjects", "autocomplete": "off"}),
                help_text=_("Code or name."),
            )
        entry = self.fields["entry"]
        assert isinstance(entry, forms.ChoiceField)
        entry.choices = [
            (f"{node.code}{SEPARATOR}{code}", code)
            for node in leaves
            for code in [item.code for item in node.catalogue] or [""]
        ]
        if not any(node.method in COUNTED for node in leaves):
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
        """The event that the valid form describes. The answer to “same matter?” stands for what was typed."""
        cleaned = self.cleaned_data
        indicator, _sep, item = cleaned["entry"].partition(SEPARATOR)
        count = cleaned.get("count")
        answer = self.answer
        return EventData(
            indicator=indicator,
            item=item,
            count=Decimal(1) if count is None else count,
            value=cleaned["value"],
            matter=answer if answer and answer != OTHER_MATTER else cleaned["matter"],
            basis=cleaned["basis"],
            date=cleaned["date"],
            document=cleaned["document"],
            month=cleaned["month"],
        )

    @property
    def answer(self) -> str:
        """What was answered to “same matter?”: a matter, OTHER_MATTER, or nothing yet."""
        return str(self.data.get("same_matter", "")).strip()

    def ask(self, suspects: Sequence[Likeness]) -> None:
        """Come back with the question whether it is one of these matters."""
        self.suspects = suspects
        self.add_error("matter", _("A matter of nearly the same name is there already: is it the same?"))

    suspects: Sequence[Likeness] = ()
    # Indicators of which who applies may know only its own applications.
    kept_back: frozenset[str] = frozenset()

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
        "document": event.document,
        "date": event.date,
        "month": event.month,
    }

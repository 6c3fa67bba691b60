"""Forms of units and people, and the filters of their lists and of the change log."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .lookup import UnitField
from .models import Person, Unit
from .services.organisation import PERSON_FIELDS, UNIT_FIELDS, fingerprint


class _SeenForm(forms.ModelForm):
    """Carries the fingerprint of what was shown, so that the service notices a change in between."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, suggestions: dict[str, list[str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["seen"].initial = fingerprint(self.instance)
        self.suggestions = suggestions or {}
        for name in self.suggestions:
            self.fields[name].widget.attrs["list"] = f"known-{name}"

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "seen"}


class UnitForm(_SeenForm):
    parent = UnitField(label=_("Higher unit"), required=False)

    class Meta:
        model = Unit
        fields = UNIT_FIELDS

    def clean_parent(self) -> Unit | None:
        parent: Unit | None = self.cleaned_data["parent"]
        if parent is not None and parent.pk == self.instance.pk:
            raise forms.ValidationError(_("A unit cannot be above itself."))
        return parent


class PersonForm(_SeenForm):
    unit = UnitField(label=_("Unit"))

    class Meta:
        model = Person
        fields = PERSON_FIELDS


class UnitFilter(forms.Form):
    q = forms.CharField(label=_("Search"), required=False)
    category = forms.ChoiceField(label=_("Category"), required=False)
    inactive = forms.BooleanField(label=_("Inactive too"), required=False)

    def __init__(self, *args: Any, categories: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = _choices(categories)  # type: ignore[attr-defined]


class PersonFilter(forms.Form):
    q = forms.CharField(label=_("Search"), required=False)
    unit = UnitField(label=_("Unit"), required=False)
    category = forms.ChoiceField(label=_("Category"), required=False)
    group = forms.ChoiceField(label=_("Group"), required=False)
    inactive = forms.BooleanField(label=_("Inactive too"), required=False)

    def __init__(self, *args: Any, categories: list[str], groups: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = _choices(categories)  # type: ignore[attr-defined]
        self.fields["group"].choices = _choices(groups)  # type: ignore[attr-defined]


class AuditFilter(forms.Form):
    actor = forms.CharField(label=_("Who"), required=False)
    target = forms.ChoiceField(label=_("Kind"), required=False)
    q = forms.CharField(label=_("Object or reason"), required=False)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))

    def __init__(self, *args: Any, targets: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target"].choices = [("", _("all")), *targets]  # type: ignore[attr-defined]


def _choices(values: list[str]) -> list[tuple[str, Any]]:
    return [("", _("all")), *((value, value) for value in values)]

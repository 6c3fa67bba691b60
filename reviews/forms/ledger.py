"""Forms of the rectification ledger: an item, what is done about it, and the findings that become items."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reviews.findings import Finding
from reviews.models import LedgerItem, Round, Subject
from reviews.queries.rounds import subjects_of
from reviews.services.errors import Conflict, InvalidInput
from reviews.services.ledger import LONGEST_REASON, LONGEST_TEXT
from reviews.services.ledger_intake import LONGEST_PROBLEM, ItemData, Wanted
from units.lookup import PersonField, UnitField

from .rounds import DateInput


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class ItemForm(forms.Form):
    """What the office says about a problem."""

    problem = forms.CharField(label=gettext_lazy("Problem"), max_length=LONGEST_PROBLEM, widget=_area(5))
    unit = UnitField(label=gettext_lazy("Responsible unit"), required=False)
    person = PersonField(
        label=gettext_lazy("Responsible person"),
        required=False,
        help_text=gettext_lazy("Sees the item with an account of the own, as the subject does."),
    )
    responsible = forms.CharField(
        label=gettext_lazy("Name, where the person is in no roster"), max_length=60, required=False
    )

    @property
    def item(self) -> ItemData:
        values = self.cleaned_data
        return ItemData(values["problem"], values["responsible"], values["person"], values["unit"])

    def field_of(self, name: str) -> str | None:
        return name if name in self.fields else None


class SubjectChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.code} {obj.name}"


class NewItemForm(ItemForm):
    """With its deadline; by hand also with whom it is about, which a finding says itself."""

    deadline = forms.DateField(label=gettext_lazy("Deadline"), widget=DateInput())
    field_order = ("subject", "problem", "deadline")

    def __init__(self, *args: Any, round_: Round, finding: Finding | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if finding is None:
            self.fields["subject"] = SubjectChoice(label=gettext_lazy("Subject"), queryset=subjects_of(round_))
            self.order_fields(self.field_order)
        self.finding = finding

    @property
    def subject(self) -> Subject:
        return self.finding.subject if self.finding else self.cleaned_data["subject"]


class ChangeItemForm(ItemForm):
    seen = forms.IntegerField(widget=forms.HiddenInput)


# ---------------------------------------------------------------- what is done about an item


class _Step(forms.Form):
    """`seen`: the version of the item that the page showed."""

    seen = forms.IntegerField(widget=forms.HiddenInput)


class MeasuresForm(_Step):
    measures = forms.CharField(label=gettext_lazy("Measures"), max_length=LONGEST_TEXT, widget=_area(4))


class ProgressForm(forms.Form):
    text = forms.CharField(label=gettext_lazy("What was done"), max_length=LONGEST_TEXT, widget=_area(3))


class ReportForm(_Step):
    text = forms.CharField(
        label=gettext_lazy("How the problem was put right"), max_length=LONGEST_TEXT, widget=_area(3)
    )


class StrikeForm(_Step):
    note = forms.CharField(
        label=gettext_lazy("What the verification found (optional)"), max_length=LONGEST_REASON, required=False
    )


class SendBackForm(_Step):
    reason = forms.CharField(label=gettext_lazy("What is still lacking"), max_length=LONGEST_REASON)


class PutOffForm(_Step):
    deadline = forms.DateField(label=gettext_lazy("New deadline"), widget=DateInput())
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=LONGEST_REASON)


class TakeOutForm(_Step):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=LONGEST_REASON)


STEPS: dict[str, type[forms.Form]] = {
    "measures": MeasuresForm,
    "progress": ProgressForm,
    "report": ReportForm,
    "strike": StrikeForm,
    "return": SendBackForm,
    "put_off": PutOffForm,
    "take_out": TakeOutForm,
}


def step_forms(item: LedgerItem, wanted: str, data: Mapping[str, Any] | None) -> dict[str, forms.Form]:
    """A form for each step; the one that was sent is bound. Their fields have ids of their own."""
    initial = {"seen": item.version, "measures": item.measures}
    return {
        name: form(data if name == wanted else None, initial=initial, auto_id=f"id_{name}_%s")
        for name, form in STEPS.items()
    }


def tell_conflict(form: forms.Form, error: Conflict) -> None:
    """Say what somebody else did meanwhile; sent once more, what was typed goes over it knowingly."""
    words = _("%(who)s changed this meanwhile; it is now: %(value)s. Send again what you typed, if it still fits.")
    form.add_error(None, words % {"who": error.theirs.by or "—", "value": error.theirs.value})
    form.data = {**form.data.dict(), "seen": error.theirs.seen}  # type: ignore[attr-defined]


# ---------------------------------------------------------------- findings


@dataclass(slots=True)
class FindingRow:
    """A finding as the page shows it: with what was typed, if it comes back."""

    finding: Finding
    ticked: bool
    problem: str
    deadline: str
    error: str = ""

    @property
    def wanted(self) -> Wanted:
        """The deadline is None for what is no day."""
        return Wanted(self.finding.key, self.problem, _day(self.deadline))


def _day(text: str) -> datetime.date | None:
    try:
        return parse_date(text.strip())
    except ValueError:
        return None


def finding_rows(findings: Sequence[Finding], data: Any = None) -> list[FindingRow]:
    """The findings of a page; with what was posted in `data`, if anything."""
    ticked = set(data.getlist("finding")) if data else set()
    rows = []
    for each in findings:
        problem, deadline = each.text, each.deadline.isoformat()
        if data and f"problem-{each.key}" in data:
            problem, deadline = data[f"problem-{each.key}"], data.get(f"deadline-{each.key}", "")
        rows.append(FindingRow(each, each.key in ticked, problem, deadline))
    return rows


def blame_row(rows: Sequence[FindingRow], error: InvalidInput) -> str:
    """Put a refusal beside its row; gives the words back if it is about none of them."""
    key = error.field.rpartition(".")[0]
    for row in rows:
        if key and row.finding.key == key:
            row.error = str(error)
            return _("Nothing was taken in: see the row that is marked.")
    return str(error)

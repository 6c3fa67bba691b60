"""Forms of the chase board: a deadline, opening a sheet again, a delegation."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from reviews.models import Assignment

from .accounts import AccountField
from .rounds import DateInput


class SheetDeadlineForm(forms.Form):
    deadline = forms.DateField(
        label=_("Deadline"),
        required=False,
        widget=DateInput(),
        help_text=_("Left empty: the deadline of the round."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=500)


class ReopenForm(forms.Form):
    until = forms.DateField(label=_("Open until the end of"), widget=DateInput())
    reason = forms.CharField(label=_("Reason"), max_length=500)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=500)


class SheetChoice(forms.ModelMultipleChoiceField):
    """Sheets by leaf and assessor."""

    def __init__(self, titles: dict[str, str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.titles = titles

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.indicator} {self.titles.get(obj.indicator, '')}"


class DelegationForm(forms.Form):
    """`sheets` are the giver's own; `taker` is found by user name or, if there is only one, by name."""

    taker = AccountField(
        label=_("Colleague"),
        help_text=_(
            "User name or full name. A colleague of your own unit may enter at once; "
            "for an account of another unit the appraisal office has to agree."
        ),
        widget=forms.TextInput(attrs={"list": "colleagues", "autocomplete": "off"}),
    )
    starts = forms.DateField(label=_("From"), widget=DateInput())
    ends = forms.DateField(label=_("Until the end of"), widget=DateInput())
    reason = forms.CharField(label=_("Reason"), max_length=500)

    def __init__(self, *args: Any, sheets: list[Assignment], titles: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sheets"] = SheetChoice(
            titles,
            label=_("Sheets"),
            queryset=Assignment.objects.filter(pk__in=[one.pk for one in sheets]),
            widget=forms.CheckboxSelectMultiple,
            error_messages={"required": _("Choose at least one sheet.")},
        )
        self.order_fields(["taker", "sheets", "starts", "ends", "reason"])

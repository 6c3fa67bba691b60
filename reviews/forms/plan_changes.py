"""Forms of changes of a running plan: an application, a date, another version."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from reviews.models import PlanChange, PlanChangeKind, Round, Subject
from reviews.numbers import read_number
from reviews.services.errors import InvalidInput
from reviews.services.plan_changes import ChangeData
from reviews.tree import Tree

from .events import OwnSubject, SubjectByCode
from .rounds import DateInput


class PlanChangeForm(forms.Form):
    """`own`: the account's own subjects; None for the office, which asks on anybody's behalf."""

    kind = forms.ChoiceField(label=_("What is asked for"), choices=PlanChangeKind.choices, widget=forms.RadioSelect)
    indicator = forms.ChoiceField(label=_("Indicator"), required=False)
    target = forms.CharField(
        label=_("New target"),
        required=False,
        max_length=20,
        help_text=_("Only for another target."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    wish = forms.CharField(
        label=_("Proposed change"),
        required=False,
        max_length=4000,
        help_text=_("For a change of the plan itself: how it should read."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
    document = forms.CharField(label=_("Document number"), required=False, max_length=120)

    def __init__(self, *args: Any, round_: Round, tree: Tree, own: Sequence[Subject] | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = [(code, node) for code, node in tree.nodes.items() if tree.parents[code] is not None]
        choices = [(code, f"{'　' * (tree.depths[code] - 1)}{code} {node.title}") for code, node in codes]
        self.fields["indicator"].choices = [("", "—"), *choices]  # type: ignore[attr-defined]
        if own is None:
            self.fields["subject"] = SubjectByCode(
                round_,
                label=_("Whom it concerns"),
                required=False,
                help_text=_("Code or name. Left empty: the plan as a whole."),
            )
        else:
            self.fields["subject"] = OwnSubject(own, label=_("Whom it concerns"))
        self.order_fields(["subject", "kind", "indicator", "target", "wish", "reason", "document"])

    def clean_target(self) -> Decimal | None:
        text = self.cleaned_data["target"]
        try:
            return read_number(text, "target") if text.strip() else None
        except InvalidInput as error:
            raise forms.ValidationError(str(error)) from None

    @property
    def data_asked(self) -> ChangeData:
        return ChangeData(**{name: value for name, value in self.cleaned_data.items() if name != "subject"})


class OpinionForm(forms.Form):
    """A decision, or a withdrawal; the service says when the reason is needed."""

    reason = forms.CharField(
        label=_("Opinion"),
        required=False,
        max_length=500,
        help_text=_("Needed for a rejection or a withdrawal."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ChangeDateForm(forms.Form):
    due = forms.DateField(
        label=_("Changes are taken until"),
        required=False,
        widget=DateInput(),
        help_text=_("The day itself is in time. Left empty: the date that the plan states, if it states one."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=500)


class ApplicationChoice(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.number} · {obj.subject or '—'} · {obj.wish[:80]}"


class TakeOverForm(forms.Form):
    """`seen`: the token of the inputs that leave, as they stood on the page."""

    reason = forms.CharField(label=_("Reason"), max_length=500)
    document = forms.CharField(label=_("Document number"), required=False, max_length=120)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    agreed = forms.BooleanField(label=_("These inputs are withdrawn"), required=False)

    def __init__(self, *args: Any, approved: Sequence[PlanChange], misfits: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not misfits:
            del self.fields["agreed"]
        if approved:
            self.fields["applications"] = ApplicationChoice(
                label=_("Approved applications that this carries out"),
                queryset=PlanChange.objects.filter(pk__in=[one.pk for one in approved]).select_related("subject"),
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )
            self.order_fields(["applications", "reason", "document", "agreed", "seen"])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "agreed" in self.fields and not values.get("agreed"):
            self.add_error("agreed", _("Agree to the withdrawal of these inputs, or keep the plan as it is."))
        return values

"""Forms about a round: its heading, its deadline, its phase."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from indicators.models import PlanVersion
from indicators.services import engine_plan
from reviews.models import Round
from reviews.services.errors import InvalidInput
from reviews.services.rounds import check_period, period_taken_words
from units.models import Unit


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


def version_words(version: PlanVersion) -> str:
    return str(
        _("%(title)s (%(code)s, version %(number)d)")
        % {"title": version.plan.title, "code": version.plan.code, "number": version.number}
    )


class VersionChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return version_words(obj)


class OpenRoundForm(forms.Form):
    """What a round is: plan version, period, title, deadline. `initial` may hold any of them."""

    version = VersionChoice(
        label=_("Plan"),
        queryset=PlanVersion.objects.none(),
        empty_label=None,
        help_text=_("The newest version of each plan. Opening the round freezes a copy of it."),
    )
    name = forms.CharField(
        label=_("Period"),
        max_length=40,
        help_text=_("Year 2020, quarter 2020-Q3 or month 2020-11, as the plan says."),
    )
    title = forms.CharField(
        label=_("Title"),
        max_length=200,
        required=False,
        help_text=_("Left empty: the plan's title and the period."),
    )
    deadline = forms.DateField(
        label=_("Deadline"),
        required=False,
        widget=DateInput(),
        help_text=_("Until when marks are to be entered. It can be changed later, with a reason."),
    )

    def __init__(self, *args: Any, versions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["version"]
        assert isinstance(field, VersionChoice)
        field.queryset = versions
        # Another plan, other periods to suggest.
        field.widget.attrs |= {
            "hx-get": reverse("reviews:round_open_periods"),
            "hx-target": "#periods",
            "hx-swap": "outerHTML",
            "hx-trigger": "change",
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        version, name = data.get("version"), data.get("name")
        if version is None or not name:
            return data
        try:
            check_period(version.document.get("period", ()), name)
        except InvalidInput as error:
            self.add_error("name", str(error))
            return data
        if Round.objects.filter(plan=version.plan_id, name=name).exists():
            self.add_error("name", period_taken_words(engine_plan(version), name))
        return data


class AssignForm(forms.Form):
    """The unit whose accounts enter this assessor's leaves; none: by workbook only."""

    unit = forms.ModelChoiceField(
        label=_("Unit"),
        queryset=Unit.objects.filter(is_active=True).order_by("code"),
        required=False,
        empty_label=_("no account: by workbook only"),
    )


class DeadlineForm(forms.Form):
    deadline = forms.DateField(label=_("Deadline"), widget=DateInput())
    reason = forms.CharField(label=_("Reason"), max_length=500)


class PhaseForm(forms.Form):
    """`needs_reason` for the step back."""

    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)

    def __init__(self, *args: Any, needs_reason: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = needs_reason
        if not needs_reason:
            self.fields["reason"].label = _("Remark (optional)")


class WithdrawForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=500)
    confirmed = forms.BooleanField(label=_("Remove the subject with everything entered for it"), required=False)

"""Forms with which a draft begins: a plan from nothing, a copy of another plan."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from . import shape, words
from .models import Plan
from .rendering import render
from .schema import REFUSED, Field

GRADES = "优秀\n良好\n合格\n不合格"


def _by_shape(field: Field) -> Any:
    """A check of a form's value by the plan's own shape, so that both say the same."""

    def check(value: Any) -> None:
        found: list[Any] = []
        if field.read(value, (), lambda _path, text: found.append(text)) is REFUSED or found:
            raise ValidationError([render(text) for text in found])

    return check


class CodeField(forms.CharField):
    """The code of a plan that the library does not have yet."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Code"))
        kwargs.setdefault(
            "help_text", _("Small English letters, digits and -, such as jiguan-2026. Files and workbooks use it.")
        )
        super().__init__(max_length=60, validators=[_by_shape(shape.PLAN_CODE), _is_free], **kwargs)


def _is_free(code: str) -> None:
    if Plan.objects.filter(code=code).exists():
        raise ValidationError(_("The library has a plan of this code already: choose another one."))


def lines(text: str) -> list[str]:
    """The lines of a text area that are not empty."""
    return [line.strip() for line in text.splitlines() if line.strip()]


class NewPlanForm(forms.Form):
    """What a plan cannot do without; all of it can be changed later."""

    title = forms.CharField(label=_("Title"), max_length=160)
    code = CodeField()
    subjects = forms.ChoiceField(label=_("Who is appraised"), choices=list(words.SUBJECTS.items()))
    period = forms.MultipleChoiceField(
        label=_("Period"),
        choices=list(words.PERIODS.items()),
        initial=["year"],
        widget=forms.CheckboxSelectMultiple,
    )
    ranking = forms.ChoiceField(label=_("Ranking"), choices=list(words.RANKINGS.items()))
    categories = forms.CharField(
        label=_("Categories"),
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("One on each line: whom one may be ranked against. May stay empty."),
    )
    grades = forms.CharField(
        label=_("Grades"),
        initial=GRADES,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("One on each line, the best first."),
    )

    def clean_categories(self) -> list[str]:
        found = lines(self.cleaned_data["categories"])
        _by_shape(shape.NAMES)(found)
        return found

    def clean_grades(self) -> list[str]:
        found = lines(self.cleaned_data["grades"])
        _by_shape(shape.PLAN_FIELDS["grades"])(found)
        return found

    def values(self) -> dict[str, Any]:
        """The document's values; what is empty is left out."""
        data = dict(self.cleaned_data)
        if len(data["period"]) == 1:
            data["period"] = data["period"][0]
        return {key: value for key, value in data.items() if value}


class CopyPlanForm(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=160)
    code = CodeField()
    years = forms.IntegerField(
        label=_("Move the dates of the process by years"), min_value=-50, max_value=50, initial=0
    )

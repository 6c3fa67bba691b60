"""Forms of the result pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .engine.types import Plan
from .queries import DECIDED, FLAGGED, INCOMPLETE, NO_GRADE, TIED

SIZES = (50, 100, 500)  # rows per page; more than 500 only in the print view


class RankingFilter(forms.Form):
    """What narrows the ranking. Read from the address; anything unknown is left out, not refused."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=60,
        widget=forms.SearchInput(attrs={"placeholder": _("name or code")}),
    )
    category = forms.ChoiceField(label=_("Category"), required=False)
    grade = forms.ChoiceField(label=_("Grade"), required=False)
    flag = forms.ChoiceField(label=_("Flag"), required=False)
    size = forms.ChoiceField(label=_("Rows"), required=False, choices=[(str(n), str(n)) for n in SIZES])
    sort = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, plan: Plan, categories: list[str], flags: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everything = [("", _("all"))]
        self._choices("category", everything + [(title, title) for title in categories])
        self._choices("grade", [*everything, *((grade, grade) for grade in plan.grades), (NO_GRADE, _("no grade"))])
        if flags:
            self._choices(
                "flag",
                [
                    *everything,
                    (FLAGGED, _("with any flag")),
                    (INCOMPLETE, _("input missing")),
                    (TIED, _("tie at a limit")),
                    (DECIDED, _("decided by the committee")),
                ],
            )
        else:
            del self.fields["flag"]

    def _choices(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def wanted(self, name: str) -> str:
        """The valid value of a field, or an empty one."""
        self.is_valid()
        return self.cleaned_data.get(name) or ""

    @property
    def rows(self) -> int:
        """Rows per page."""
        return int(self.wanted("size") or SIZES[0])


class DecisionForm(forms.Form):
    """The committee's grade for one subject."""

    grade = forms.ChoiceField(label=_("Grade"))
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    document = forms.CharField(label=_("Document number or minutes"), max_length=120)
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["grade"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "—"), *((grade, grade) for grade in plan.grades)]


class BlockForm(forms.Form):
    """What one decision says about several subjects; which grade each gets stands beside each (`grade-ID`)."""

    rest = forms.ChoiceField(label=_("All other tied subjects without a decision get"), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    document = forms.CharField(label=_("Document number or minutes"), max_length=120)

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["rest"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("nothing is decided")), *((grade, grade) for grade in plan.grades)]


class WithdrawForm(forms.Form):
    """Taking a decision back."""

    reason = forms.CharField(label=_("Reason"), max_length=500)
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class VetoForm(forms.Form):
    """With which round, and for how many places, a differential veto is carried out."""

    earlier = forms.ChoiceField(label=_("Round compared with"), required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)

    def __init__(self, *args: Any, rounds: list[tuple[str, str]], keys: list[str], **kwargs: Any) -> None:
        """`keys`: what a number of places is asked for, a category each or "" alone."""
        super().__init__(*args, **kwargs)
        field = self.fields["earlier"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("not settled yet")), *rounds]
        self.keys = {f"places-{number}": key for number, key in enumerate(keys)}
        for name, key in self.keys.items():
            self.fields[name] = forms.IntegerField(
                label=_("Places: %(category)s") % {"category": key} if key else _("Number of places"),
                required=False,
                min_value=1,
                max_value=100_000,
            )

    def places(self) -> dict[str, int]:
        """What was typed; a category left empty is not selected from."""
        return {key: self.cleaned_data[name] for name, key in self.keys.items() if self.cleaned_data[name] is not None}

    def initial_places(self, places: Mapping[str, int]) -> dict[str, int]:
        return {name: places[key] for name, key in self.keys.items() if key in places}

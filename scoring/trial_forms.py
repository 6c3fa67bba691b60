"""Forms of the trial page. Both are read from the address, so that a trial can be kept as a link."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .engine.types import Plan
from .forms import SIZES
from .trial_fit import CUT, FULL, GENERATED, NOT_APPLICABLE, SCALE

MADE_UP = "made-up"
MOST = 5000  # made-up subjects in all
REGRADED, UP, DOWN, OUT = "grade", "up", "down", "out"


class TrialForm(forms.Form):
    """On what to try the plan, and what to assume where its inputs do not fit."""

    on = forms.ChoiceField(label=_("Inputs"))
    marks = forms.ChoiceField(
        label=_("Marks where the full points changed"),
        required=False,
        choices=[(SCALE, _("scale by the ratio of the full points")), (CUT, _("leave, but cut at the full points"))],
    )
    fresh = forms.ChoiceField(
        label=_("Indicators without input"),
        required=False,
        choices=[
            (NOT_APPLICABLE, _("not applicable in this comparison")),
            (FULL, _("full points for everyone")),
            (GENERATED, _("made up from the seed")),
        ],
    )
    seed = forms.IntegerField(label=_("Seed"), required=False, min_value=0, max_value=999_999)
    against = forms.ChoiceField(label=_("Compare with"), required=False)

    def __init__(
        self,
        *args: Any,
        plan: Plan,
        rounds: Sequence[tuple[str, Sequence[tuple[str, str]]]],
        versions: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._choices("on", [*rounds, (MADE_UP, _("made-up inputs"))])
        self._choices("against", [("", _("nothing")), *versions])
        self.categories = plan.categories or ("",)
        for place, category in enumerate(self.categories):
            self.fields[f"size_{place}"] = forms.IntegerField(
                label=category or _("all"), required=False, min_value=0, max_value=MOST
            )
        for field in self.fields.values():
            number = isinstance(field, forms.IntegerField)
            look = "form-control form-control-sm kp-trial-number" if number else "form-select form-select-sm"
            field.widget.attrs["class"] = look

    def _choices(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    @property
    def sizes(self) -> list[Any]:
        """The fields of the numbers of made-up subjects."""
        return [self[f"size_{place}"] for place in range(len(self.categories))]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("on") == MADE_UP:
            total = sum(found.get(f"size_{place}") or 0 for place in range(len(self.categories)))
            if not 0 < total <= MOST and not any(name.startswith("size_") for name in self.errors):
                message = _("From 1 to %(most)d subjects in all expected, not %(total)d.") % {
                    "most": MOST,
                    "total": total,
                }
                self.add_error("size_0", message)
        return found

    def wanted_sizes(self) -> dict[str, int]:
        return {c: self.cleaned_data.get(f"size_{place}") or 0 for place, c in enumerate(self.categories)}


class TrialFilter(forms.Form):
    """What narrows the table. Anything unknown is left out, not refused."""

    q = forms.CharField(label=_("Search"), required=False, max_length=60)
    show = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[
            ("", _("all")),
            (REGRADED, _("grade changes")),
            (UP, _("rank goes up")),
            (DOWN, _("rank goes down")),
            (OUT, _("left out")),
        ],
    )
    category = forms.ChoiceField(label=_("Category"), required=False)
    size = forms.ChoiceField(label=_("Rows"), required=False, choices=[(str(n), str(n)) for n in SIZES])

    def __init__(self, *args: Any, categories: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["category"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("all")), *((title, title) for title in categories)]

    def wanted(self, name: str) -> str:
        """The valid value of a field, or an empty one."""
        self.is_valid()
        return self.cleaned_data.get(name) or ""

    @property
    def rows(self) -> int:
        """Rows per page."""
        return int(self.wanted("size") or SIZES[0])

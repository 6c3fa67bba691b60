"""Forms of on-site verification: a sample drawn or chosen, a record, a deduction."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from reviews.models import Conclusion, Round, Subject
from reviews.numbers import normal, read_number
from reviews.services.errors import InvalidInput
from reviews.services.event_checks import EventData
from reviews.services.inspections import Finding, SampleWish
from reviews.tree import BALLOTS, CARRIED, Tree

from .events import SEPARATOR, value_words
from .rounds import DateInput

DEDUCTIONS = frozenset({"inspection", "penalty", "deduct"})
ADJUSTMENTS = frozenset({"inspection", "penalty", "bonus"})
MOST_CHOSEN = 500


class _Sample(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=120)

    def __init__(self, *args: Any, tree: Tree, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        leaves = [
            (code, f"{code} {node.title}")
            for code, node in tree.nodes.items()
            if not node.children and node.method not in BALLOTS | CARRIED | ADJUSTMENTS
        ]
        self.fields["leaves"] = forms.MultipleChoiceField(
            label=_("Indicators to look at"),
            choices=leaves,
            widget=forms.CheckboxSelectMultiple,
            error_messages={"required": _("Choose at least one indicator.")},
        )
        self.fields["shown"] = forms.BooleanField(
            label=_("Subjects see their records at once"),
            required=False,
            help_text=_("Otherwise when the result is announced."),
        )


class DrawForm(_Sample):
    """`categories`: (category, number of subjects), each with a field of its own."""

    each = forms.IntegerField(
        label=_("Indicators per subject"),
        min_value=0,
        initial=0,
        help_text=_("So many of the indicators are drawn for each subject; 0: all that apply to it."),
    )
    seed = forms.CharField(
        label=_("Seed"),
        required=False,
        max_length=80,
        help_text=_("Any text, for instance numbers drawn in public. Left empty, one is made; both are kept."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    weights = forms.CharField(
        label=_("More likely than others"),
        required=False,
        max_length=20_000,
        help_text=_("One subject per line: its code, a space, and how many times as likely (1 to 100)."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, categories: list[tuple[str, int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.categories = [name for name, _number in categories]
        for place, (name, number) in enumerate(categories):
            self.fields[f"size-{place}"] = forms.CharField(
                label=_("How many of “%(category)s” (%(number)d)") % {"category": name or "—", "number": number},
                required=False,
                max_length=8,
                help_text=_("A number, or a share in per cent with its sign, rounded up. Left empty: none."),
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )
        sizes = [f"size-{place}" for place in range(len(categories))]
        self.order_fields(["title", *sizes, "leaves", "each", "seed", "weights", "shown"])

    def clean_weights(self) -> dict[str, int]:
        found = {}
        for line in filter(None, map(str.strip, self.cleaned_data["weights"].splitlines())):
            code, _space, weight = normal(line).rpartition(" ")
            if not code.strip() or not weight.isascii() or not weight.isdigit() or len(weight) > 3:
                raise forms.ValidationError(
                    _("“%(line)s”: a code, a space and a whole number are expected."), params={"line": line}
                )
            found[code.strip()] = int(weight)
        return found

    @property
    def wish(self) -> SampleWish:
        values = self.cleaned_data
        return SampleWish(
            title=values["title"],
            sizes={name: normal(values[f"size-{place}"]) for place, name in enumerate(self.categories)},
            leaves=values["leaves"],
            each=values["each"],
            seed=values["seed"],
            weights=values["weights"],
            shown=values["shown"],
        )

    def field_of(self, name: str) -> str | None:
        """The form's field for one that a service complains about."""
        return "size-0" if name == "sizes" else name if name in self.fields else None


class ChooseForm(_Sample):
    subjects = forms.CharField(
        label=_("Subjects"),
        max_length=40_000,
        help_text=_("One per line: code or name."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    reason = forms.CharField(label=_("Why these"), max_length=500)

    def __init__(self, *args: Any, round_: Round, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.round = round_
        self.order_fields(["title", "subjects", "leaves", "reason", "shown"])

    def clean_subjects(self) -> list[Subject]:
        """Two queries, however many there are."""
        lines = list(dict.fromkeys(filter(None, map(str.strip, self.cleaned_data["subjects"].splitlines()))))
        if len(lines) > MOST_CHOSEN:
            raise forms.ValidationError(_("At most %(most)d lines."), params={"most": MOST_CHOSEN})
        here = Subject.objects.filter(round=self.round)
        by_code = {one.code: one for one in here.filter(code__in=[*lines, *(line.split()[0] for line in lines)])}
        by_name: dict[str, list[Subject]] = {}
        for one in here.filter(name__in=lines):
            by_name.setdefault(one.name, []).append(one)
        found, unknown = [], []
        for line in lines:
            named = by_name.get(line, [])
            subject = by_code.get(line) or (named[0] if len(named) == 1 else None) or by_code.get(line.split()[0])
            if subject is None:
                unknown.append(line)
            else:
                found.append(subject)
        if unknown:
            words = _("Not found, or there are several of this name: %(list)s")
            raise forms.ValidationError(words, params={"list": "、".join(unknown[:10])})
        return found

    def field_of(self, name: str) -> str | None:
        return name if name in self.fields else None


class FindingForm(forms.Form):
    """`seen`: the version of the record that the page showed."""

    date = forms.DateField(label=_("Date of the visit"), required=False, widget=DateInput())
    inspectors = forms.CharField(label=_("Inspectors"), required=False, max_length=240)
    checked = forms.CharField(
        label=_("What was checked"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2})
    )
    claimed = forms.CharField(
        label=_("Claimed"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    found = forms.CharField(label=_("Found"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))
    conclusion = forms.ChoiceField(
        label=_("Conclusion"),
        required=False,
        choices=[("", _("not yet")), *Conclusion.choices],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2}))
    seen = forms.IntegerField(widget=forms.HiddenInput)

    @property
    def finding(self) -> Finding:
        return Finding(**{name: value for name, value in self.cleaned_data.items() if name != "seen"})


class DeductionForm(forms.Form):
    """What is deducted, from the catalogues of the plan's deductions."""

    entry = forms.ChoiceField(label=_("Catalogue item"))
    value = forms.CharField(
        label=_("Value"),
        required=False,
        max_length=20,
        help_text=_("In points, without sign. Leave empty where the catalogue fixes it."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    count = forms.CharField(
        label=_("Count"),
        required=False,
        max_length=20,
        initial="1",
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    document = forms.CharField(label=_("Document number"), required=False, max_length=120)
    approve = forms.BooleanField(label=_("Approve it at once"), required=False)

    def __init__(self, *args: Any, tree: Tree, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The plan's own place for on-site verification first.
        leaves = sorted(tree.of(DEDUCTIONS), key=lambda node: node.method != "inspection")
        self.fields["entry"].choices = [  # type: ignore[attr-defined]
            (
                f"{node.code} {node.title}",
                [
                    (
                        f"{node.code}{SEPARATOR}{item.code if item else ''}",
                        f"{item.code + ' ' + item.title if item else node.title} · {value_words(item)}",
                    )
                    for item in (node.catalogue or (None,))
                ],
            )
            for node in leaves
        ]

    def _number(self, name: str) -> Decimal | None:
        text = self.cleaned_data[name].strip()
        try:
            return read_number(text, name) if text else None
        except InvalidInput as error:
            raise forms.ValidationError(str(error)) from None

    def clean_value(self) -> Decimal | None:
        return self._number("value")

    def clean_count(self) -> Decimal:
        return self._number("count") or Decimal(1)

    def event(self, finding: Any, basis: str) -> EventData:
        values = self.cleaned_data
        indicator, _separator, item = values["entry"].partition(SEPARATOR)
        return EventData(
            indicator=indicator,
            item=item,
            count=values["count"],
            value=values["value"],
            matter=basis[:240],
            basis=basis[:500],
            date=finding.date,
            document=values["document"],
        )

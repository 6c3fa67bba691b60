"""Forms of who votes: a source of voters, and who does not vote on whom."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from reviews import voter_lines
from reviews.models import Poll, Round
from reviews.services.polls.exclusions import Exclusion
from reviews.services.polls.voters import KINDS, Rule, Source, kinds_named
from units.models import Person, Unit, User

MOST_PLACES = 20_000
MOST_TEXT = 800_000
UNKNOWN_SHOWN = 10
# What a source of each kind asks for.
FIELDS: dict[str, tuple[str, ...]] = {
    "units": (),
    "chosen_units": ("lines",),
    "leaders": ("supervised",),
    "accounts": ("lines", "supervised"),
    "people": ("units", "ranks", "positions", "categories"),
    "chosen_people": ("lines",),
    "own_staff": (),
    "attendees": (),
    "slips": ("number",),
    "door": ("label", "number"),
    "paper": ("number",),
}
LINES: dict[str, tuple[str | Promise, str | Promise]] = {
    "chosen_units": (_("Units"), _("One per line: code or name.")),
    "accounts": (_("Accounts"), _("One per line: user name or name.")),
    "chosen_people": (
        _("People"),
        _("One per line: code or name; for people of the same name with the unit behind it."),
    ),
}
_MODELS: dict[str, Any] = {"chosen_units": Unit, "accounts": User, "chosen_people": Person}
_INDEXES: dict[str, Any] = {
    "chosen_units": voter_lines.units,
    "accounts": voter_lines.accounts,
    "chosen_people": voter_lines.people,
}


def _lines_field(label: Any, help_text: Any, *, required: bool) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )


class SourceForm(forms.Form):
    """A source of one kind; `source` is what it says."""

    def __init__(self, *args: Any, kind: str, before: Source | None = None, **kwargs: Any) -> None:
        self.kind, self.before = kind, before
        if before is not None:
            kwargs["initial"] = _initial(before)
        super().__init__(*args, **kwargs)
        make = {
            "lines": lambda: _lines_field(*LINES[kind], required=True),
            "units": lambda: _lines_field(
                _("Of these units"), _("One per line: code or name. Left empty: of all units."), required=False
            ),
            "ranks": lambda: _choices(pgettext_lazy("of a person", "Rank"), "rank"),
            "positions": lambda: _choices(_("Position"), "position"),
            "categories": lambda: _choices(_("Category"), "category"),
            "supervised": lambda: forms.BooleanField(
                label=_("Only on the subjects of the group that bears their name"), required=False
            ),
            "label": lambda: forms.CharField(label=_("Label"), max_length=80),
            "number": lambda: forms.IntegerField(
                label=_("At most so many ballots") if kind == "door" else _("How many"),
                min_value=1,
                max_value=MOST_PLACES,
            ),
        }
        for name in FIELDS[kind]:
            self.fields[name] = make[name]()

    @property
    def title(self) -> str | Promise:
        return KINDS[self.kind]

    def _found(self, name: str, index: Any) -> list[Any]:
        found, unknown = index.find_all(self.cleaned_data[name])
        if unknown:
            raise forms.ValidationError(
                _("Not found, or there are several of this name: %(list)s"),
                params={"list": "、".join(unknown[:UNKNOWN_SHOWN])},
            )
        return list(found)

    def clean_lines(self) -> list[Any]:
        return self._found("lines", _INDEXES[self.kind]())

    def clean_units(self) -> list[Any]:
        return self._found("units", voter_lines.units()) if self.cleaned_data["units"].strip() else []

    @property
    def source(self) -> Source:
        values = self.cleaned_data
        fresh = Source(
            kind=self.kind,
            ids=tuple(one.pk for one in values.get("lines", ())),
            units=tuple(one.pk for one in values.get("units", ())),
            ranks=tuple(values.get("ranks", ())),
            positions=tuple(values.get("positions", ())),
            categories=tuple(values.get("categories", ())),
            number=values.get("number") or 0,
            label=values.get("label", ""),
            supervised=values.get("supervised", False),
        )
        return replace(fresh, origin=self.before.origin) if self.before else fresh


def _choices(label: Any, column: str) -> forms.MultipleChoiceField:
    used = Person.objects.filter(is_active=True).exclude(**{column: ""}).order_by(column)
    return forms.MultipleChoiceField(
        label=label,
        required=False,
        choices=[(value, value) for value in used.values_list(column, flat=True).distinct()],
        widget=forms.SelectMultiple(attrs={"size": 6}),
        help_text=_("Several are chosen with the control key held. None chosen: any."),
    )


def _initial(source: Source) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: getattr(source, name) for name in ("ranks", "positions", "categories", "number", "label", "supervised")
    }
    values["lines"] = _text(_MODELS.get(source.kind), source.ids)
    values["units"] = _text(Unit, source.units)
    return values


def _text(model: Any, ids: tuple[int, ...]) -> str:
    rows = model.objects.filter(pk__in=ids) if model is not None and ids else ()
    return "\n".join(voter_lines.line_of(one) for one in rows)


# ---------------------------------------------------------------- who does not vote on whom

_SPLIT = re.compile(r"[\t,，;；]")


class ExclusionForm(forms.Form):
    """One voter and one subject."""

    voter = forms.CharField(
        label=_("Voter"), max_length=160, help_text=_("A unit, a person or an account: code, user name or name.")
    )
    subject = forms.CharField(
        label=_("Does not vote on"),
        max_length=160,
        widget=forms.TextInput(attrs={"list": "subjects", "autocomplete": "off"}),
    )
    reason = forms.CharField(label=_("Reason"), max_length=240)

    def __init__(self, *args: Any, round_: Round, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.round = round_

    def clean_voter(self) -> Any:
        found = _Names(self.round).voter(self.cleaned_data["voter"])
        if found is None:
            raise forms.ValidationError(_("Not found, or there are several of this name."))
        return found

    def clean_subject(self) -> Any:
        found = voter_lines.subjects(self.round).find(self.cleaned_data["subject"])
        if found is None:
            raise forms.ValidationError(_("There is no subject of this code or name in the round."))
        return found

    @property
    def rows(self) -> list[Exclusion]:
        values = self.cleaned_data
        return [Exclusion(values["voter"], values["subject"], values["reason"])]


class ExclusionListForm(forms.Form):
    """Many, pasted from a list: voter, subject, reason on each line."""

    lines = forms.CharField(
        label=_("List"),
        max_length=MOST_TEXT,
        help_text=_("One per line: voter, subject, reason; copied from a sheet, or with commas between."),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, round_: Round, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.round = round_

    def clean_lines(self) -> list[Exclusion]:
        names, rows, wrong = _Names(self.round), [], []
        for number, line in enumerate(self.cleaned_data["lines"].splitlines(), start=1):
            if not line.strip():
                continue
            parts = [part.strip() for part in _SPLIT.split(line, maxsplit=2)]
            voter = names.voter(parts[0])
            subject = names.subjects.find(parts[1]) if len(parts) > 1 else None
            if voter is None or subject is None or len(parts) < 3 or not parts[2]:
                wrong.append(_("line %(number)d: %(line)s") % {"number": number, "line": line.strip()[:60]})
            else:
                rows.append(Exclusion(voter, subject, parts[2]))
        if wrong:
            words = _(
                "Voter, subject and reason are expected, each known and only one of its name. Please look at %(list)s"
            )
            raise forms.ValidationError(words, params={"list": "；".join(map(str, wrong[:UNKNOWN_SHOWN]))})
        return rows

    @property
    def rows(self) -> list[Exclusion]:
        return list(self.cleaned_data["lines"])


class LateVoterForm(forms.Form):
    """A voter who joins a poll whose voters are fixed."""

    which = forms.CharField(
        label=_("Voter"), max_length=160, help_text=_("A unit, a person or an account: code, user name or name.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, *args: Any, poll: Poll, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.poll = poll

    def clean_which(self) -> Any:
        names = _Names(self.poll.round, kinds_named(Rule.from_json(self.poll.rule)))
        if (found := names.voter(self.cleaned_data["which"])) is None:
            raise forms.ValidationError(_("Not found, or there are several of this name."))
        return found


class _Names:
    """Who may be meant by a voter's name: units first, then people, then accounts, or by other `kinds` first."""

    def __init__(self, round_: Round, kinds: Iterable[str] = ("unit", "person", "account")) -> None:
        known = {"unit": voter_lines.units, "person": voter_lines.people, "account": voter_lines.accounts}
        self.indexes: list[Any] = [known[kind]() for kind in kinds]
        self.subjects = voter_lines.subjects(round_)

    def voter(self, text: str) -> Unit | Person | User | None:
        found = (index.find(text) for index in self.indexes)
        return next((one for one in found if one is not None), None)

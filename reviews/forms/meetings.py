"""Forms of review meetings: what is settled beforehand, the order of the talks, who is expected."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reviews.agenda import Rule
from reviews.models import Round, Subject
from reviews.queries.meetings import free_subjects
from reviews.services.attendance import NewAttendee
from reviews.services.meetings import MeetingData
from units.models import Person, Unit, User

from .rounds import DateInput

GROUP_WORDS = {
    "plan": _("the plan's stages"),
    "category": _("category, in the order of the plan"),
    "fact": _("for whom a fact holds, then the others"),
    "posts": _("words of the post"),
    "none": _("nothing: all in one"),
}
WITHIN_WORDS = {
    "strokes": _("strokes of the surname"),
    "lot": _("lot"),
    "list": _("list of subjects"),
}
MOST_LINES = 1000


class MeetingForm(forms.Form):
    """`subjects_of`: the round whose free subjects may be chosen by category; None where they are settled already."""

    title = forms.CharField(label=_("Title"), max_length=120)
    date = forms.DateField(label=_("Date"), widget=DateInput())
    time = forms.TimeField(
        label=_("Time"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    place = forms.CharField(label=_("Venue"), max_length=120, required=False)
    chair = forms.CharField(label=_("Chaired by"), max_length=60, required=False)
    host = forms.CharField(label=_("Held by"), max_length=60, required=False)
    recorder = forms.CharField(label=_("Recorded by"), max_length=60, required=False)
    recorder_account = forms.CharField(
        label=_("User name of the recorder"),
        max_length=150,
        required=False,
        help_text=_("An account that may record this meeting beside the appraisal office. Left empty: none."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    minutes = forms.IntegerField(label=_("Minutes of each talk"), min_value=1, max_value=600)
    questions = forms.BooleanField(label=_("Questions from the floor are recorded"), required=False)
    quorum = forms.CharField(
        label=_("Quorum"),
        max_length=20,
        required=False,
        help_text=_(
            "2/3 or 80%: at least so many of those expected; >1/2: more than half; 30: so many people; empty: none."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, subjects_of: Round | None = None, closed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.round = subjects_of
        if subjects_of is not None:
            free = list(free_subjects(subjects_of).values_list("category", flat=True))
            choices = [(name, f"{name or '—'} ({free.count(name)})") for name in dict.fromkeys(free)]
            self.fields["categories"] = forms.MultipleChoiceField(
                label=_("Subjects of these categories talk"),
                choices=choices,
                initial=[name for name, _label in choices],
                required=False,
                widget=forms.CheckboxSelectMultiple,
                help_text=_("Who stands in no other meeting of this round. Single ones can be taken off the agenda."),
            )
        if closed:
            self.fields["reason"] = forms.CharField(
                label=_("Reason"), max_length=500, help_text=_("The meeting is closed: a correction needs a reason.")
            )

    def clean_recorder_account(self) -> int | None:
        name = self.cleaned_data["recorder_account"].strip()
        if not name:
            return None
        found = User.objects.filter(username=name, is_active=True).first()
        if found is None:
            raise forms.ValidationError(_("There is no active account “%(name)s”."), params={"name": name})
        if not found.grants:
            raise forms.ValidationError(_("The account “%(name)s” has no role yet."), params={"name": name})
        return found.pk

    @property
    def meeting(self) -> MeetingData:
        values = self.cleaned_data
        names = ("title", "date", "time", "place", "chair", "host", "recorder", "questions", "quorum", "minutes")
        return MeetingData(**{name: values[name] for name in names}, recorder_account_id=values["recorder_account"])

    @property
    def subjects(self) -> list[Subject]:
        assert self.round is not None
        return list(free_subjects(self.round).filter(category__in=self.cleaned_data["categories"]))


class OrderForm(forms.Form):
    """How the order of the talks is made."""

    group = forms.ChoiceField(label=_("First by"))
    fact = forms.ChoiceField(label=_("Fact"), required=False)
    posts = forms.CharField(
        label=_("Words of the post"),
        required=False,
        max_length=2000,
        help_text=_("A line for each stage, heads first; several words of a line with 、 between them."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    within = forms.ChoiceField(label=_("Then by"), choices=list(WITHIN_WORDS.items()))
    seed = forms.CharField(
        label=_("Seed of the lot"),
        required=False,
        max_length=80,
        help_text=_("Any text, for instance numbers drawn in public. Left empty, one is made; both are kept."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, document: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        staged = bool(document.get("meeting", {}).get("stages"))
        facts = [(row["code"], row["title"]) for row in document.get("facts", ()) if row["type"] == "boolean"]
        left_out = ({"plan"} if not staged else set()) | ({"fact"} if not facts else set())
        self.fields["group"].choices = [  # type: ignore[attr-defined]
            (key, words) for key, words in GROUP_WORDS.items() if key not in left_out
        ]
        self.fields["fact"].choices = [("", "—"), *facts]  # type: ignore[attr-defined]
        if not facts:
            del self.fields["fact"]

    @property
    def rule(self) -> Rule:
        values = self.cleaned_data
        lines = [re.sub(r"[,，;；/\s]+", "、", line.strip()) for line in values["posts"].splitlines()]
        return Rule(
            group=values["group"],
            within=values["within"],
            fact=values.get("fact", ""),
            posts=tuple(line for line in lines if line),
            seed=values["seed"],
        )


class ExpectForm(forms.Form):
    """Who is expected: pasted lines, the people of units, or the subjects who talk."""

    group = forms.ChoiceField(label=_("Group of the plan"), required=False)
    title = forms.CharField(label=_("Another group"), max_length=160, required=False)
    voter_class = forms.ChoiceField(
        label=_("Voter class"), required=False, help_text=_("Whose ballot they cast after the talks.")
    )
    is_observer = forms.BooleanField(
        label=_("Observers"), required=False, help_text=_("Present, but not counted in the quorum.")
    )
    people = forms.CharField(
        label=_("Names"),
        required=False,
        max_length=100_000,
        help_text=_(
            "One person a line: name, unit, position, with commas or tabs between them, as copied from a sheet."
        ),
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    units = forms.CharField(
        label=_("Everybody of these units"),
        required=False,
        max_length=20_000,
        help_text=_("One unit a line: code or name."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    talkers = forms.BooleanField(label=_("Those who talk at this meeting"), required=False)

    def __init__(self, *args: Any, document: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.groups = list(document.get("meeting", {}).get("attendees", ()))
        classes = {each["code"]: each["title"] for row in document["indicators"] for each in row.get("classes", ())}
        self.fields["group"].choices = [  # type: ignore[attr-defined]
            ("", "—"),
            *((str(place), row["title"]) for place, row in enumerate(self.groups)),
        ]
        self.fields["voter_class"].choices = [  # type: ignore[attr-defined]
            ("", _("as the group, or none")),
            *classes.items(),
        ]
        if not self.groups:
            del self.fields["group"]
        if not classes:
            del self.fields["voter_class"]

    def clean_units(self) -> list[Unit]:
        lines = [line.strip() for line in self.cleaned_data["units"].splitlines() if line.strip()]
        found: dict[str, Unit] = {}
        for unit in Unit.objects.filter(Q(code__in=lines) | Q(name__in=lines), is_active=True):
            found |= {unit.code: unit, unit.name: unit}
        if unknown := [line for line in lines if line not in found]:
            raise forms.ValidationError(_("There is no unit “%(name)s”."), params={"name": unknown[0]})
        return list({found[line].pk: found[line] for line in lines}.values())

    def clean_people(self) -> list[NewAttendee]:
        """A person of the roster where name and unit, or the name alone, name exactly one."""
        lines = [line.strip() for line in self.cleaned_data["people"].splitlines() if line.strip()]
        if len(lines) > MOST_LINES:
            raise forms.ValidationError(_("At most %(most)d people at once."), params={"most": MOST_LINES})
        rows = [[*map(str.strip, re.split(r"[\t,，]", line)), "", ""][:3] for line in lines]
        if any(not name for name, _unit, _post in rows):
            raise forms.ValidationError(_("Every line needs a name."))
        known: dict[str, list[Person]] = {}
        names = [name for name, _unit, _post in rows]
        for person in Person.objects.filter(name__in=names, is_active=True).select_related("unit"):
            known.setdefault(person.name, []).append(person)
        return [_new(name, unit, post, known.get(name, [])) for name, unit, post in rows]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors and not (values["people"] or values["units"] or values["talkers"]):
            raise forms.ValidationError(_("Write down at least one person or unit."))
        return values

    @property
    def settings(self) -> dict[str, Any]:
        """Group, class and whether they are observers: of the plan's group unless stated."""
        values = self.cleaned_data
        row = self.groups[int(values["group"])] if values.get("group") else {}
        return {
            "group": values["title"].strip() or row.get("title", ""),
            "voter_class": values.get("voter_class") or row.get("class", ""),
            "is_observer": values["is_observer"] or bool(row.get("observers")),
        }


def _new(name: str, unit: str, post: str, people: list[Person]) -> NewAttendee:
    here = [each for each in people if not unit or unit in {each.unit.name, each.unit.short_name}]
    person = here[0] if len(here) == 1 else None
    if person is None:
        return NewAttendee(name, unit, post)
    return NewAttendee(name, unit or person.unit.name, post or person.position, person)

"""The writing page's form, as it was posted or as it is stored; forms of the review."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from appraisal_site.lib.numbers import as_id
from reviews.duty.layout import ANSWER, REPLY, WHY, Layout, Part, Question, Section, Topic
from reviews.models import DutyReport, DutySubmission, Round
from reviews.services.duty_reports import Typed, fingerprint
from reviews.services.errors import ReviewError, Theirs
from reviews.wordcount import word_count

from .accounts import AccountField

TEXT, SEEN = "text:", "seen:"


@dataclass(slots=True)
class TextField:
    """One text on the page. `theirs`: what somebody else saved in its place meanwhile."""

    key: str
    text: str
    seen: str
    label: str = ""
    number: int = 0  # for ids on the page
    theirs: Theirs | None = None
    error: str = ""

    @property
    def characters(self) -> int:
        return word_count(self.text)

    @property
    def rows(self) -> int:
        """As high as its text, for a browser that cannot do that itself."""
        lines = sum(1 + len(line) // 44 for line in self.text.splitlines())
        return min(40, max(5, lines + 1))


@dataclass(slots=True)
class PartFields:
    part: Part
    sections: list[tuple[Section, TextField]]
    answers: list[tuple[Question, TextField]]
    topics: list[Topic]

    @property
    def characters(self) -> int:
        return sum(each.characters for _what, each in (*self.sections, *self.answers))


@dataclass(slots=True)
class DutyForm:
    """All that a writer may fill in. `left`: texts of sections that the plan no longer has."""

    layout: Layout
    parts: list[PartFields]
    left: list[TextField]
    replies: dict[int, TextField]  # by comment
    why: TextField
    numbers: Iterator[int]
    error: str = ""

    @property
    def fields(self) -> list[TextField]:
        found = [each for part in self.parts for _what, each in (*part.sections, *part.answers)]
        return [*found, *self.left, *self.replies.values(), self.why]

    def reply_to(self, comment: int) -> TextField:
        """The field in which the writer says what was done about a comment."""
        if comment not in self.replies:
            self.replies[comment] = TextField(f"{REPLY}{comment}", "", fingerprint(""), number=next(self.numbers))
        return self.replies[comment]

    @property
    def texts(self) -> dict[str, str]:
        return {each.key: each.text for each in self.fields}

    @property
    def characters(self) -> int:
        return sum(part.characters for part in self.parts)

    @property
    def conflicts(self) -> list[TextField]:
        return [each for each in self.fields if each.theirs]

    def take(
        self, seen: Mapping[str, str], conflicts: Mapping[str, Theirs], refused: Mapping[str, ReviewError]
    ) -> None:
        """What a save answered: its marks, and what was not saved."""
        for each in self.fields:
            if each.key in conflicts:
                each.theirs = conflicts[each.key]
                each.seen = each.theirs.seen
            elif each.key in refused:
                each.error = str(refused[each.key])
            else:
                each.seen = seen.get(each.key, fingerprint(""))


def stored_form(layout: Layout, report: DutyReport | None) -> DutyForm:
    held: Mapping[str, str] = report.texts if report else {}
    return _form(layout, {key: (text, fingerprint(text)) for key, text in held.items()})


def posted_form(layout: Layout, report: DutyReport | None, post: Any) -> DutyForm:
    """What was typed, with the marks of what its writer saw; where nothing was posted, what is stored."""
    held: Mapping[str, str] = report.texts if report else {}
    given = {key: (text, fingerprint(text)) for key, text in held.items()}
    return _form(layout, given | {key: (one.text, one.seen) for key, one in typed_in(post).items()})


def typed_in(post: Any) -> dict[str, Typed]:
    """Every text of a posted form, as the service takes it."""
    keys = [name.removeprefix(TEXT) for name in post if name.startswith(TEXT)]
    return {key: Typed(post.get(TEXT + key, ""), post.get(SEEN + key, "0")) for key in keys}


def _form(layout: Layout, given: Mapping[str, tuple[str, str]]) -> DutyForm:
    numbers = count(1)

    def one(key: str, label: str = "") -> TextField:
        text, seen = given.get(key, ("", fingerprint("")))
        return TextField(key, text, seen, label, next(numbers))

    parts = [
        PartFields(
            part,
            [(section, one(section.key, section.title)) for section in part.sections],
            [(each, one(each.name, each.text)) for each in layout.questions] if part.answers else [],
            layout.topics_of(part),
        )
        for part in layout.parts
    ]
    replies = {pk: one(key) for key in given if key[:1] == REPLY and (pk := as_id(key[1:])) is not None}
    known = {*layout.counted, WHY}
    others = [key for key, (text, _seen) in given.items() if key not in known and key[:1] != REPLY and text]
    left = [one(key, key.removeprefix(ANSWER)) for key in others]
    return DutyForm(layout, parts, left, replies, one(WHY), numbers)


# ---------------------------------------------------------------- the office and the reviewer


class ReviewerForm(forms.Form):
    """Who reviews, and whose reports."""

    account = AccountField(
        label=_("Account"),
        help_text=_("User name or full name, such as the secretary's."),
        widget=forms.TextInput(attrs={"list": "accounts", "autocomplete": "off"}),
    )
    category = forms.ChoiceField(label=_("Category"), required=False)
    group = forms.ChoiceField(label=_("Group"), required=False)

    def __init__(self, *args: Any, round_: Round, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("category", "group"):
            values = round_.subjects.order_by(name).values_list(name, flat=True).distinct()
            choices = [(value, value) for value in values if value]
            self.fields[name].choices = [("", _("all")), *choices]  # type: ignore[attr-defined]
            if not choices:
                del self.fields[name]


class CommentForm(forms.Form):
    """A comment at a passage. The page's script fills in the passage that is selected."""

    section = forms.ChoiceField(label=_("Section"))
    quote = forms.CharField(
        label=_("Passage"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Select it in the text above, or copy it here. Empty: the section as a whole."),
    )
    near = forms.IntegerField(required=False, widget=forms.HiddenInput())
    text = forms.CharField(
        label=pgettext_lazy("on a duty report", "Comment"), widget=forms.Textarea(attrs={"rows": 2}), max_length=2000
    )

    def __init__(self, *args: Any, submission: DutySubmission, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = {row["key"]: _title(part, row) for part in submission.parts for row in part["sections"]}
        names |= {f"?{row['key']}": row["text"][:60] for row in submission.questions}
        self.fields["section"].choices = [(key, name) for key, name in names.items() if submission.texts.get(key)]  # type: ignore[attr-defined]


def _title(part: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    return f"{part['title']} · {row['aspect']}" if row["aspect"] else str(part["title"])


class ImportForm(forms.Form):
    file = forms.FileField(
        label=_("Word file (.docx)"),
        widget=forms.FileInput(
            attrs={"accept": ".docx,application/vnd.openxmlformats-officedocument.wordprocessingml.document"}
        ),
    )

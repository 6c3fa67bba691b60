"""Forms about promises and tasks: rows as they are written, what is said of each at the end, tasks for many."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from appraisal_site.lib.numbers import as_id
from reviews.models import Promise
from reviews.promise_rows import MOST_ROWS, Row, new_key, pasted, posted, problems, rows_of
from reviews.services.errors import InvalidInput, ReviewError
from reviews.services.promise_reports import Said

LEAST, SPARE = 4, 2  # fields for rows in an empty list, and below those of another


@dataclass(slots=True)
class RowFields:
    row: Row
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class RowsForm:
    """A list on its page: as stored or as typed. `seen` is the version that its reader has before the eyes."""

    rows: list[Row] = field(default_factory=list)
    why: str = ""
    seen: int = 0
    paste: str = ""
    error: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def fields(self) -> list[RowFields]:
        spare = max(LEAST - len(self.rows), SPARE) if len(self.rows) < MOST_ROWS else 0
        blank = [Row(new_key()) for _row in range(spare)]
        found = []
        for row in [*self.rows, *blank]:
            names = {name: f"{name}-{row.key}" for name in ("text", "measure", "until", "who")}
            found.append(RowFields(row, {name: self.errors[key] for name, key in names.items() if key in self.errors}))
        return found

    def refuse(self, error: ReviewError) -> None:
        """Say what was wrong at its field, with whatever else is wrong."""
        name = error.field if isinstance(error, InvalidInput) else ""
        if "-" in name:
            self.errors = problems(self.rows)
            self.error = str(_("The list is not handed in yet: see the rows marked below."))
        else:
            self.errors = {name: str(error)} if name in {"why", "paste"} else {}
            self.error = "" if self.errors else str(error)


def stored_rows(data: Iterable[Mapping[str, Any]], why: str = "", seen: int = 0) -> RowsForm:
    return RowsForm(rows_of(data), why, seen)


def posted_rows(post: Any) -> RowsForm:
    """What was typed, and below it what was pasted; that stays where it is if it cannot be read."""
    seen = post.get("seen", "")
    form = RowsForm(posted(post), post.get("why", ""), as_id(seen) or 0, post.get("paste", ""))
    try:
        form.rows += pasted(form.paste)
        form.paste = ""
    except InvalidInput as error:
        form.refuse(error)
    return form


# ---------------------------------------------------------------- what became of them


@dataclass(slots=True)
class SaidFields:
    """A row in force with what is said of it, as stored or as typed."""

    promise: Promise
    choice: str
    words: str
    error: str = ""


_SAID = re.compile(r"choice-(\d{1,18})")


def posted_said(post: Any) -> dict[int, Said]:
    return {
        int(match[1]): Said(post.get(name, ""), post.get(f"words-{match[1]}", ""))
        for name in post
        if (match := _SAID.fullmatch(name))
    }


def said_fields(
    promises: Iterable[Promise], said: Mapping[int, Said], error: ReviewError | None = None, *, check: bool = False
) -> list[SaidFields]:
    """Fields of a report, or of its `check`."""
    wrong = error.field if isinstance(error, InvalidInput) else ""
    found = []
    for each in promises:
        stored = Said(each.verdict, each.verdict_reason) if check else Said(each.outcome, each.report)
        now = said.get(each.pk, stored)
        here = wrong in {f"choice-{each.pk}", f"words-{each.pk}"}
        found.append(SaidFields(each, now.choice, now.words, str(error) if here else ""))
    return found


class GiveForm(forms.Form):
    """Tasks as pasted; the subjects are ticked in a table of their own."""

    paste = forms.CharField(
        label=_("Tasks"),
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_(
            "Copied from a spreadsheet, in this order: task, measure or target, deadline, responsible. "
            "A line without columns is a task of its own."
        ),
    )

    def clean_paste(self) -> list[Row]:
        try:
            rows = pasted(self.cleaned_data["paste"])
        except InvalidInput as error:
            raise forms.ValidationError(str(error)) from None
        if not rows:
            raise forms.ValidationError(_("There is no task in this."))
        for words in problems(rows).values():
            raise forms.ValidationError(words)
        return rows

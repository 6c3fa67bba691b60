"""The facts of a round's subjects, a page of subjects at a time."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from appraisal_site.lib.numbers import as_id
from reviews.eligibility import Line, affected, has_rules, lines_of
from reviews.models import Phase, Round, Subject, SubjectFact
from reviews.navigation import round_context
from reviews.queries.rounds import categories_of, subjects_of
from reviews.services.errors import Conflict, InvalidInput, ReviewError
from reviews.services.facts import FactRow, save_facts
from scoring.engine.types import FactDefinition
from units import access
from units.guards import require, require_known

from ._common import get_round, paged, tree_of

AFFECTED = "affected"
# What the page states once for all values entered now.
COMMON_BASIS, COMMON_DATE = "basis", "date"


@dataclass(slots=True)
class Field:
    """One fact of one subject on the page."""

    definition: FactDefinition
    name: str
    value: str
    seen: str
    basis: str = ""
    date: str = ""
    error: str = ""

    @property
    def was(self) -> str:
        """Basis and date as the page shows them, to tell an edited field from one left alone."""
        return f"{self.date}|{self.basis}"


@dataclass(frozen=True, slots=True)
class Row:
    """One subject's facts, and what follows from them for its grade."""

    subject: Subject
    fields: list[Field]
    effects: list[Line]


@require_http_methods(["GET", "POST"])
def fact_table(request: HttpRequest, pk: int) -> HttpResponse:
    round_ = get_round(request, pk)
    require(access.may_see_events(request.user))
    definitions = tree_of(round_).plan.facts
    require_known(bool(definitions))
    filters = {name: request.GET.get(name, "").strip() for name in ("category", "q", "show")}
    found = subjects_of(round_, category=filters["category"], words=filters["q"])
    page = paged(request, _affected(round_, found) if filters["show"] == AFFECTED else found)
    subjects = list(page.object_list)
    refused: dict[tuple[int, str], ReviewError] = {}
    if request.method == "POST":
        require(access.may_run_rounds(request.user))
        # Those of the form: by now the filter may find others.
        subjects = list(subjects_of(round_).filter(pk__in=_posted_subjects(request)))
        rows, refused = _posted(request, subjects, definitions)
        try:
            saved, by_service = save_facts(
                round=round_,
                rows=rows,
                by=request.user,  # type: ignore[arg-type]
            )
            refused |= by_service
        except ReviewError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(request.get_full_path())
        if saved:
            words = ngettext("%(count)d change saved.", "%(count)d changes saved.", saved)
            messages.success(request, words % {"count": saved})
        if not refused:
            return HttpResponseRedirect(request.get_full_path())
    context = round_context(request, round_, "facts") | {
        "page_obj": page,
        "definitions": definitions,
        "rows": _rows(request, round_, subjects, definitions, refused),
        "common": {name: request.POST.get(name, "") if refused else "" for name in (COMMON_BASIS, COMMON_DATE)},
        "effects": has_rules(tree_of(round_).plan),
        "refused": refused,
        "categories": categories_of(round_),
        "filters": filters,
        "may_change": _may_change(request, round_),
    }
    return render(request, "reviews/fact_table.html", context, status=422 if refused else 200)


def _affected(round_: Round, found: QuerySet[Subject]) -> list[Subject]:
    """Of these subjects those from whose facts (or earlier rounds) something follows."""
    subjects = list(found)
    facts = SubjectFact.objects.filter(subject__round=round_).values_list("subject_id", "code", "value")
    wanted = affected(round_, tree_of(round_).plan, subjects, facts)
    return [subject for subject in subjects if subject.pk in wanted]


def _may_change(request: HttpRequest, round_: Round) -> bool:
    return access.may_run_rounds(request.user) and round_.phase == Phase.COLLECTING


def _posted_subjects(request: HttpRequest) -> set[int]:
    names = (name.split("-")[1] for name in request.POST if name.startswith("seen-"))
    return {pk for name in names if (pk := as_id(name)) is not None}


def _posted(
    request: HttpRequest, subjects: list[Subject], definitions: tuple[FactDefinition, ...]
) -> tuple[list[FactRow], dict[tuple[int, str], ReviewError]]:
    """The facts that differ from what the page showed, and those whose date is none.

    What was left alone is never written.
    """
    post: Any = request.POST
    common = post.get(COMMON_BASIS, "").strip(), post.get(COMMON_DATE, "")
    rows: list[FactRow] = []
    refused: dict[tuple[int, str], ReviewError] = {}
    for subject in subjects:
        for fact in definitions:
            key = f"{subject.pk}-{fact.code}"
            if f"seen-{key}" not in post:
                continue
            value, seen = post.get(f"value-{key}", "").strip(), post[f"seen-{key}"]
            basis, date = post.get(f"basis-{key}", "").strip(), post.get(f"date-{key}", "")
            if (value, f"{date}|{basis}") != (seen, post.get(f"was-{key}", "")):
                if value and value != seen:
                    # A value entered now takes what is stated for all where it has nothing of its own.
                    basis, date = basis or common[0], date or common[1]
                try:
                    rows.append(FactRow(subject.pk, fact.code, value, seen, basis[:240], _date(date)))
                except InvalidInput as error:
                    refused[subject.pk, fact.code] = error
    return rows, refused


def _date(text: str) -> datetime.date | None:
    """What a date field posts: an ISO date or nothing. A browser without date fields sends what was typed."""
    try:
        return datetime.date.fromisoformat(text) if text.strip() else None
    except ValueError:
        raise InvalidInput(_("“%(value)s” is no date; expected: 2026-03-31.") % {"value": text}) from None


def _rows(
    request: HttpRequest,
    round_: Round,
    subjects: list[Subject],
    definitions: tuple[FactDefinition, ...],
    refused: dict[tuple[int, str], ReviewError],
) -> list[Row]:
    facts = list(SubjectFact.objects.filter(subject__in=subjects))
    stored = {(fact.subject_id, fact.code): fact for fact in facts}
    given = [(fact.subject_id, fact.code, fact.value) for fact in facts]
    effects = lines_of(round_, tree_of(round_).plan, subjects, given)
    rows = []
    for subject in subjects:
        fields = []
        for definition in definitions:
            fact = stored.get((subject.pk, definition.code))
            name = f"{subject.pk}-{definition.code}"
            value = fact.value if fact else ""
            date = fact.date.isoformat() if fact and fact.date else ""
            field = Field(definition, name, value, value, fact.basis if fact else "", date)
            if error := refused.get((subject.pk, definition.code)):
                # What was typed stays; the token is renewed, so that saving again is a choice made.
                field.value = request.POST.get(f"value-{name}", "")
                field.basis = request.POST.get(f"basis-{name}", "")
                field.date = request.POST.get(f"date-{name}", "")
                field.error = str(error)
                if isinstance(error, Conflict):
                    words = _("%(who)s has entered %(value)s. Saving again takes yours.")
                    theirs = error.theirs
                    field.error = words % {"who": theirs.by or "—", "value": theirs.value}
            fields.append(field)
        rows.append(Row(subject, fields, effects[subject.pk]))
    return rows

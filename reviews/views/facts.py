"""The facts of a round's subjects, a page of subjects at a time."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from reviews.models import Phase, Round, Subject, SubjectFact
from reviews.navigation import round_context
from reviews.queries.rounds import categories_of, subjects_of
from reviews.services.errors import Conflict, ReviewError
from reviews.services.facts import FactRow, save_facts
from scoring.engine.types import FactDefinition
from units import access
from units.guards import require, require_known

from ._common import get_round, paged, tree_of


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


@require_http_methods(["GET", "POST"])
def fact_table(request: HttpRequest, pk: int) -> HttpResponse:
    round_ = get_round(request, pk)
    require(access.may_see_events(request.user))
    definitions = tree_of(round_).plan.facts
    require_known(bool(definitions))
    filters = {name: request.GET.get(name, "").strip() for name in ("category", "q")}
    page = paged(request, subjects_of(round_, category=filters["category"], words=filters["q"]))
    subjects = list(page.object_list)
    refused: dict[tuple[int, str], ReviewError] = {}
    if request.method == "POST":
        require(access.may_run_rounds(request.user))
        try:
            saved, refused = save_facts(
                round=round_,
                rows=_posted(request, subjects, definitions),
                by=request.user,  # type: ignore[arg-type]
            )
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
        "rows": _rows(request, subjects, definitions, refused),
        "refused": refused,
        "categories": categories_of(round_),
        "filters": filters,
        "may_change": _may_change(request, round_),
    }
    return render(request, "reviews/fact_table.html", context, status=422 if refused else 200)


def _may_change(request: HttpRequest, round_: Round) -> bool:
    return access.may_run_rounds(request.user) and round_.phase == Phase.COLLECTING


def _posted(request: HttpRequest, subjects: list[Subject], definitions: tuple[FactDefinition, ...]) -> list[FactRow]:
    """The facts that differ from what the page showed: what was left alone is never written."""
    post: Any = request.POST
    rows = []
    for subject in subjects:
        for fact in definitions:
            key = f"{subject.pk}-{fact.code}"
            if f"seen-{key}" not in post:
                continue
            value, seen = post.get(f"value-{key}", "").strip(), post[f"seen-{key}"]
            basis, date = post.get(f"basis-{key}", "").strip(), post.get(f"date-{key}", "")
            if (value, f"{date}|{basis}") != (seen, post.get(f"was-{key}", "")):
                rows.append(FactRow(subject.pk, fact.code, value, seen, basis[:240], _date(date)))
    return rows


def _date(text: str) -> datetime.date | None:
    """What a date field posts; a browser sends an ISO date or nothing."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


def _rows(
    request: HttpRequest,
    subjects: list[Subject],
    definitions: tuple[FactDefinition, ...],
    refused: dict[tuple[int, str], ReviewError],
) -> list[tuple[Subject, list[Field]]]:
    stored = {(fact.subject_id, fact.code): fact for fact in SubjectFact.objects.filter(subject__in=subjects)}
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
        rows.append((subject, fields))
    return rows

"""A page of opening a round: which earlier rounds it reads, for plans that read any."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from indicators.sets import PlanSet, reader_words
from reviews.models import Round
from reviews.queries.earlier import Choices, choices, rounds_to_choose
from scoring.engine.types import Text
from units import access
from units.guards import require

from .opening import Draft, load_draft, store_draft


@dataclass(frozen=True, slots=True)
class SetToChoose:
    set: PlanSet
    readers: list[Text]
    choices: Choices
    chosen: frozenset[int]


@require_http_methods(["GET", "POST"])
def round_open_earlier(request: HttpRequest) -> HttpResponse:
    """After the assessors: the rounds of each set; those within the period are ticked already."""
    require(access.may_run_rounds(request.user))
    draft = load_draft(request)
    if draft is None:
        return redirect("reviews:round_open")
    if not draft.sets:
        return redirect("reviews:round_open_confirm")
    offered = rounds_to_choose()
    refused: list[str] = []
    if request.method == "POST":
        draft.earlier = _chosen(request, draft, offered)
        refused = _twice(draft, offered)
        if not refused:
            store_draft(request, draft)
            return redirect("reviews:round_open_confirm")
        for words in refused:
            messages.error(request, words)
    context = {"step": 4, "draft": draft, "sets": _sets(draft, offered)}
    return render(request, "reviews/open_earlier.html", context, status=422 if refused else 200)


def _chosen(request: HttpRequest, draft: Draft, offered: list[Round]) -> dict[str, list[int]]:
    known = {str(one.pk) for one in offered}
    return {
        each.code: [int(pk) for pk in request.POST.getlist(f"round-{place}") if pk in known]
        for place, each in enumerate(draft.sets)
    }


def _twice(draft: Draft, offered: list[Round]) -> list[str]:
    """Two rounds of one period cannot stand in one set: results are told apart by the period."""
    names = {one.pk: one.name for one in offered}
    words = _("Only one round of the period %(period)s can be in a set.")
    twice: dict[str, None] = {}
    for ids in (draft.earlier or {}).values():
        chosen = [names[pk] for pk in ids]
        twice |= dict.fromkeys(name for name in chosen if chosen.count(name) > 1)
    return [words % {"period": name} for name in twice]


def _sets(draft: Draft, offered: list[Round]) -> list[SetToChoose]:
    found = []
    for each in draft.sets:
        likely = choices(offered, each, draft.name)
        asked = draft.earlier or {}
        ids = asked[each.code] if each.code in asked else [one.pk for one in likely.suggested]
        found.append(SetToChoose(each, reader_words(draft.plan, each.code), likely, frozenset(ids)))
    return found

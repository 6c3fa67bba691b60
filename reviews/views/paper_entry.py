"""Entering what one counted of a poll's paper ballots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from reviews.ballot_form import Leaf, Place, Problem
from reviews.forms.paper import (
    CountLine,
    mark_refused,
    place_lines,
    posted_places,
    refusal_words,
    whole_line,
)
from reviews.models import PaperEntry, Poll, Subject
from reviews.paper_figures import WHOLE, Frame, by_place
from reviews.queries.ballot_sheets import counting_rules, titled
from reviews.queries.paper import entry_figures, frame_of_poll, own_entry
from reviews.services.errors import Conflict, RoundClosed
from reviews.services.polls import tally
from units.views._common import who

from ._common import paged
from .paper import poll_context, poll_of


@dataclass(slots=True)
class _Table:
    """One page of one leaf of somebody's own table."""

    poll: Poll
    entry: PaperEntry
    frame: Frame
    leaf: Leaf
    subjects: list[tuple[int, Subject]]


def _own(request: HttpRequest, poll: Poll) -> PaperEntry:
    entry = own_entry(poll, request.user)
    if entry is None:
        raise Http404
    entry.count.poll = poll
    return entry


def _table(request: HttpRequest, poll: Poll, entry: PaperEntry) -> _Table:
    frame = frame_of_poll(poll)
    code = request.GET.get("leaf", "") or request.POST.get("leaf", "")
    leaf = frame.terms.leaf(code) or frame.terms.leaves[0]
    asked = {subject for subject, asks in frame.having() if asks == leaf.code}
    subjects = [subject for subject in poll.round.subjects.all() if subject.pk in asked]
    return _Table(poll, entry, frame, leaf, list(enumerate(subjects, 1)))


@require_http_methods(["GET", "POST"])
def paper_entry(request: HttpRequest, pk: int, poll_pk: int) -> HttpResponse:
    """The table in which somebody types what he counted: one leaf, `?leaf=`. A POST saves it, or finishes it."""
    poll = poll_of(request, pk, poll_pk, runs=True)
    entry = own_entry(poll, request.user)
    if entry is None:
        return redirect("reviews:paper", pk, poll_pk)
    entry.count.poll = poll
    table = _table(request, poll, entry)
    if request.method != "POST":
        return _page(request, table)
    posted = posted_places(request.POST, table.leaf)
    refused: dict[Place, Any] = dict(posted.wrong)
    try:
        saved = tally.save_places(entry=entry, rows=posted.rows, by=who(request))
        refused |= saved.refused
        if not refused and request.POST.get("do") == "finish":
            tally.finish_entry(entry=entry, by=who(request))
            messages.success(request, _("Your figures are finished."))
            return redirect("reviews:paper", pk, poll_pk)
    except tally.DoesNotAddUp as error:
        return _page(request, table, wrong=error.problems, status=422)
    except RoundClosed as error:
        messages.error(request, str(error))
        return redirect("reviews:paper", pk, poll_pk)
    if refused:
        return _page(request, table, typed=request.POST, refused=refused, status=422)
    words = ngettext("%(count)d line saved.", "%(count)d lines saved.", saved.changed)
    messages.success(request, words % {"count": saved.changed})
    return redirect(request.get_full_path())


def _page(
    request: HttpRequest,
    table: _Table,
    *,
    typed: Mapping[str, str] | None = None,
    refused: Mapping[Place, Any] | None = None,
    wrong: tuple[Problem, ...] = (),
    status: int = 200,
) -> HttpResponse:
    figures = entry_figures(table.entry)
    places = by_place(figures)
    page = paged(request, table.subjects)
    whole = whole_line(places.get(WHOLE, {}), typed)
    lines = place_lines(table.frame, table.leaf, page.object_list, figures, typed)
    mark_refused([whole, *lines], refused or {})
    terms = titled(table.poll, table.frame.terms)
    names = dict(Subject.objects.filter(round=table.poll.round_id).values_list("pk", "name")) if wrong else {}
    context = poll_context(request, table.poll) | {
        "entry": table.entry,
        "finished": table.entry.finished_at is not None,
        "leaf": terms.leaf(table.leaf.code),
        "leaves": [(leaf, *_progress(table.frame, leaf, places)) for leaf in terms.leaves],
        "whole": whole,
        "lines": lines,
        "labels": [field.label for field in lines[0].fields] if lines else [],
        "page_obj": page,
        "handed": table.frame.handed,
        "rules": counting_rules(terms, ()),
        "refused": [line for line in [whole, *lines] if line.error],
        "wrong": [(problem, names.get(problem.place[0], "") if problem.place else "") for problem in wrong],
    }
    return render(request, "reviews/paper_entry.html", context, status=status)


def _progress(frame: Frame, leaf: Leaf, places: Mapping[Place, Mapping[str, int]]) -> tuple[int, int]:
    """How many places of a leaf have any figure, of how many."""
    asked = [place for place in frame.having() if place[1] == leaf.code]
    return sum(place in places for place in asked), len(asked)


@require_POST
def paper_entry_save(request: HttpRequest, pk: int, poll_pk: int) -> JsonResponse:
    """Save the lines a request names; the answer says what became of each."""
    poll = poll_of(request, pk, poll_pk, runs=True)
    table = _table(request, poll, _own(request, poll))
    posted = posted_places(request.POST, table.leaf)
    try:
        saved = tally.save_places(entry=table.entry, rows=posted.rows, by=who(request))
    except RoundClosed as error:
        return JsonResponse({"closed": str(error)}, status=409)
    shown = place_lines(table.frame, table.leaf, table.subjects, entry_figures(table.entry))
    lines: dict[Place, CountLine] = {line.place: line for line in shown}
    answer: dict[str, dict[str, Any]] = {}
    for row in posted.rows:
        why = saved.refused.get(row.place)
        line = lines.get(row.place)
        answer[str(row.place[0])] = {
            "error": refusal_words(why) if why else "",
            "seen": why.theirs.seen if isinstance(why, Conflict) else saved.seen[row.place],
            "problem": line.problem if line else "",
        }
    answer |= {str(place[0]): {"error": words} for place, words in posted.wrong.items()}
    return JsonResponse({"rows": answer})

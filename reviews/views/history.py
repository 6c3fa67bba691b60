"""The log of a round, and the history of one cell or event (a page, or a fragment for htmx)."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from appraisal_site.lib.numbers import as_id
from reviews.models import Assignment, Event, Round
from reviews.navigation import round_context
from reviews.queries.history import trail_of_cell, trail_of_event, trail_of_round
from units import access
from units.guards import require, require_known
from units.models import AuditEntry

from ._common import get_round, paged, tree_of


@require_GET
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole round's log; with `?assignment=&subject=` one cell's, with `?event=` one event's."""
    round_ = get_round(request, pk)
    if "assignment" in request.GET:
        return _cell(request, round_)
    if "event" in request.GET:
        require(access.may_see_events(request.user))
        event = get_object_or_404(Event, pk=_number(request, "event"), subject__round=round_)
        return _part(request, round_, str(event), trail_of_event(round_, event), "events")
    require(access.may_see_audit(request.user))
    filters = {name: request.GET.get(name, "").strip() for name in ("q", "action")}
    entries = trail_of_round(round_, words=filters["q"], action=filters["action"])
    context = round_context(request, round_, "history") | {
        "page_obj": paged(request, entries),
        "filters": filters,
    }
    return render(request, "reviews/history.html", context)


def _number(request: HttpRequest, name: str) -> int:
    number = as_id(request.GET.get(name, ""))
    if number is None:
        raise Http404
    return number


def cell_fragment(request: HttpRequest, round_: Round) -> HttpResponse:
    """The history of the cell in the query string, without a page around it. 404 if it is not for this account."""
    label, entries = _cell_trail(request, round_)
    return render(request, "reviews/_history.html", {"entries": entries, "label": label})


def _cell(request: HttpRequest, round_: Round) -> HttpResponse:
    label, entries = _cell_trail(request, round_)
    return _part(request, round_, label, entries, "marks")


def _cell_trail(request: HttpRequest, round_: Round) -> tuple[str, QuerySet[AuditEntry]]:
    assignment = get_object_or_404(Assignment, pk=_number(request, "assignment"), round=round_)
    require_known(access.may_see_marks(request.user, assignment))
    subject = get_object_or_404(round_.subjects, pk=_number(request, "subject"))
    tree = tree_of(round_)
    node = tree.nodes[assignment.indicator]
    label = f"{subject.name} · {node.code} {node.title}"
    return label, trail_of_cell(round_, tree, assignment, subject)


def _part(request: HttpRequest, round_: Round, label: str, entries: object, tab: str) -> HttpResponse:
    context = {"entries": entries, "label": label}
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "reviews/_history.html", context)
    return render(request, "reviews/history_part.html", round_context(request, round_, tab) | context)

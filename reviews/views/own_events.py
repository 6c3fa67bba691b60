"""For the one who is appraised: the daily record (日常考核记录), what it applied for, and what the office said."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from reviews.models import Phase, Round, Subject
from reviews.navigation import round_context
from reviews.queries.events import Filters, item_titles, months_of, own_subjects_of, visible_events, worth
from reviews.queries.evidence import event_counts
from reviews.queries.running import scores_of
from reviews.services.event_leaves import LeafSetting, leaf_settings
from reviews.tree import EVENTS, Tree
from units import access
from units.guards import require
from units.models import Role

from ._common import get_round, paged, tree_of


@require_GET
def own_events(request: HttpRequest, pk: int) -> HttpResponse:
    """Events on one's own unit or person as they come in; nobody else's, and nothing that the round keeps back."""
    round_ = get_round(request, pk)
    require(access.has_role(request.user, Role.SUBJECT))
    own = own_subjects_of(round_, request.user)
    settings = leaf_settings(round_)
    tree = tree_of(round_)
    subject = next((one for one in own if one.code == request.GET.get("subject")), own[0] if own else None)
    month = request.GET.get("month", "").strip()
    context = round_context(request, round_, "own_events") | {
        "own": own,
        "subject": subject,
        "month": month,
        "may_apply": round_.phase == Phase.COLLECTING and any(leaf.applications for leaf in settings.values()),
        "applications": [tree.nodes[code] for code, leaf in settings.items() if leaf.applications],
        "shown_leaves": [tree.nodes[code] for code, leaf in settings.items() if leaf.shown],
    }
    if subject is not None:
        context |= _of_subject(request, round_, tree, settings, subject, month)
    return render(request, "reviews/own_events.html", context)


def _of_subject(
    request: HttpRequest, round_: Round, tree: Tree, settings: dict[str, LeafSetting], subject: Subject, month: str
) -> dict[str, Any]:
    """The subject's events, and what those of the indicators shown to it come to so far."""
    # `subject` is one of the account's own, and an assessor's account sees here only what its subject may see.
    found = visible_events(round_, request.user, settings, Filters(subject=subject.code, month=month))
    everything = visible_events(round_, request.user, settings, Filters(subject=subject.code))
    page = paged(request, found, 50)
    titles = item_titles(tree)
    _events, scores = scores_of(tree, subject)
    running = [
        (node, scores[node.code] if scores is not None else None)
        for node in tree.of(EVENTS)
        if settings[node.code].shown
    ]
    return {
        "page_obj": page,
        "rows": [
            (event, titles.get((event.indicator, event.item), event.item), worth(tree, event))
            for event in page.object_list
        ],
        "files": event_counts([event.pk for event in page.object_list]),
        "months": months_of(everything),
        "running": running,
        "nodes": tree.nodes,
    }

"""The list of events with decisions on many at once; joining events under one matter; comments."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from appraisal_site.lib.numbers import as_id
from reviews.models import EventStatus, Phase, Proposer, Round
from reviews.navigation import round_context
from reviews.queries.events import (
    COMMENTED,
    RETURNED,
    Filters,
    doubles,
    item_titles,
    months_of,
    sees_list,
    visible_events,
    with_unanswered,
    worth,
)
from reviews.queries.evidence import event_counts
from reviews.services.errors import Conflict, ReviewError
from reviews.services.event_leaves import leaf_settings
from reviews.services.event_matters import comment_event, join_matters
from reviews.services.events import decide_events, return_events
from reviews.tree import EVENTS
from units import access
from units.guards import require, require_known

from ._common import get_round, paged, tree_of
from .event_entry import setting_of, visible_event

NAMES = ("indicator", "item", "status", "month", "proposer", "subject")
REFUSED = "refused_event_decision"
STATUSES = [
    *EventStatus.choices,
    (RETURNED, gettext_lazy("returned for revision")),
    (COMMENTED, gettext_lazy("commented by the subject")),
]


@require_GET
def event_list(request: HttpRequest, pk: int) -> HttpResponse:
    """All events for the office and auditors; for an assessor those of the indicators it may propose on."""
    round_ = get_round(request, pk)
    settings = leaf_settings(round_)
    require(sees_list(request.user, settings))
    tree = tree_of(round_)
    shown = {name: request.GET.get(name, "").strip() for name in (*NAMES, "q")}
    filters = Filters(**{name: shown[name] for name in NAMES}, words=shown["q"])
    visible = visible_events(round_, request.user, settings)
    page = paged(request, with_unanswered(visible_events(round_, request.user, settings, filters)))
    kept = _kept(request, round_)
    titles = item_titles(tree)
    sees_all = access.may_see_events(request.user)
    doubted = doubles(tree, page.object_list) if sees_all else {}
    leaves = [n for n in tree.of(EVENTS) if sees_all or access.may_propose_events(request.user, settings[n.code])]
    context = round_context(request, round_, "events") | {
        "page_obj": page,
        "rows": [
            {
                "event": event,
                "item": titles.get((event.indicator, event.item), event.item),
                "worth": worth(tree, event),
                "tick": f"{event.pk}.{event.version}",
                "doubles": doubted.get(event.pk, []),
            }
            for event in page.object_list
        ],
        "files": event_counts([event.pk for event in page.object_list]),
        "filters": shown,
        "leaves": leaves,
        "items": [(item, title) for (leaf, item), title in titles.items() if leaf in {n.code for n in leaves}],
        "statuses": STATUSES,
        "proposers": Proposer.choices,
        "months": months_of(visible),
        "pending": visible.filter(status=EventStatus.PENDING, returned=False).count(),
        "ticked": kept["event"],
        "reason": kept["reason"],
        "filtered": any(shown.values()),
        "may_decide": access.may_manage_events(request.user) and round_.phase == Phase.COLLECTING,
        "may_propose": round_.phase == Phase.COLLECTING
        and any(access.may_propose_events(request.user, leaf) for leaf in settings.values()),
        "sees_effect": access.may_see_all_results(request.user),
        "sees_all": sees_all,
    }
    return render(request, "reviews/event_list.html", context)


def ticked(request: HttpRequest) -> list[tuple[int, int]]:
    """(id, version seen) of the ticked events, posted as `event` = ID.VERSION."""
    seen = []
    for text in request.POST.getlist("event"):
        event, version = map(as_id, text.partition(".")[::2])
        if event is not None and version is not None:
            seen.append((event, version))
    return seen


@require_POST
def event_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve, reject, send back or reopen the ticked events, all with one reason."""
    round_ = get_round(request, pk)
    require(access.may_manage_events(request.user))
    back = HttpResponseRedirect(_back(request, round_))
    seen = ticked(request)
    if not seen:
        messages.info(request, _("No event was ticked."))
        _keep(request, round_)
        return back
    status, reason = request.POST.get("status", ""), request.POST.get("reason", "")
    user: Any = request.user
    try:
        if status == RETURNED:
            decided = return_events(round=round_, seen=seen, reason=reason, by=user)
        else:
            decided = decide_events(round=round_, seen=seen, status=status, reason=reason, by=user)
    except ReviewError as error:
        messages.error(request, str(error))
        _keep(request, round_)
        return back
    if decided.done:
        words = ngettext("%(count)d event decided.", "%(count)d events decided.", len(decided.done))
        messages.success(request, words % {"count": len(decided.done)})
    for conflict in decided.refused.values():
        assert isinstance(conflict, Conflict)
        words = _("Not decided, changed meanwhile by %(who)s: %(event)s")
        messages.warning(request, words % {"who": conflict.theirs.by or "—", "event": conflict.theirs.value})
    if not decided.done and not decided.refused:
        messages.info(request, _("Nothing was to be changed on the ticked events."))
    return back


def _keep(request: HttpRequest, round_: Round) -> None:
    """A refused decision's ticks and reason wait for the list that is shown next."""
    events, reason = request.POST.getlist("event"), request.POST.get("reason", "")
    request.session[REFUSED] = {"round": round_.pk, "event": events, "reason": reason}


def _kept(request: HttpRequest, round_: Round) -> dict[str, Any]:
    kept: dict[str, Any] = request.session.pop(REFUSED) if REFUSED in request.session else {}
    return kept if kept.get("round") == round_.pk else {"event": [], "reason": ""}


def _back(request: HttpRequest, round_: Round) -> str:
    """The event's own page, or the list as it was filtered: only our own query string is taken over."""
    if (one := as_id(request.POST.get("back", ""))) is not None:
        return str(redirect("reviews:event_detail", round_.pk, one).url)
    url = redirect("reviews:event_list", round_.pk).url
    query = request.POST.get("query", "")
    return f"{url}?{query}" if query and "\n" not in query and "\r" not in query else str(url)


@require_POST
def event_join(request: HttpRequest, pk: int, event_pk: int) -> HttpResponse:
    """This event and the ticked doubts about it become one matter; the form posts `event` = ID.VERSION for each."""
    round_ = get_round(request, pk)
    require(access.may_manage_events(request.user))
    back = redirect("reviews:event_detail", round_.pk, event_pk)
    try:
        join_matters(
            round=round_,
            seen=ticked(request),
            matter=request.POST.get("matter", ""),
            reason=request.POST.get("reason", ""),
            by=request.user,  # type: ignore[arg-type]
        )
    except Conflict as conflict:
        words = _("Not joined, changed meanwhile by %(who)s: %(event)s")
        messages.warning(request, words % {"who": conflict.theirs.by or "—", "event": conflict.theirs.value})
    except ReviewError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The events are one matter now; of a bonus the highest value counts."))
    return back


@require_POST
def event_comment(request: HttpRequest, pk: int, event_pk: int) -> HttpResponse:
    """The subject says something about an event, or the office answers."""
    round_ = get_round(request, pk)
    settings = leaf_settings(round_)
    event = visible_event(request, round_, settings, event_pk)
    require_known(access.may_comment_event(request.user, event, setting_of(settings, event)))
    try:
        comment_event(event=event, text=request.POST.get("text", ""), by=request.user)  # type: ignore[arg-type]
    except ReviewError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Your comment was sent."))
    return redirect("reviews:event_detail", round_.pk, event_pk)

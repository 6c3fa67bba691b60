"""Bonus and penalty events: list with bulk decisions, entering, one event."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviews.forms.events import EventForm, initial_of
from reviews.models import Event, EventStatus, Phase, Round
from reviews.navigation import round_context
from reviews.queries.events import effect_words, events_of, item_titles, known_matters, worth
from reviews.services.errors import Conflict, InvalidInput, ReviewError
from reviews.services.events import add_event, change_event, decide_events, delete_event
from reviews.tree import EVENTS
from units import access
from units.guards import require

from ._common import get_round, paged, tree_of

FILTERS = ("indicator", "item", "status", "q")
REFUSED = "refused_event_decision"
# Up to so many subjects are offered as suggestions; beyond, one types the code.
SUGGESTED_SUBJECTS = 500


@require_GET
def event_list(request: HttpRequest, pk: int) -> HttpResponse:
    round_ = get_round(request, pk)
    require(access.may_see_events(request.user))
    tree = tree_of(round_)
    filters = {name: request.GET.get(name, "").strip() for name in FILTERS}
    found = events_of(
        round_,
        indicator=filters["indicator"],
        item=filters["item"],
        status=filters["status"],
        words=filters["q"],
    )
    page = paged(request, found)
    kept = _kept(request, round_)
    titles = item_titles(tree)
    pending = Event.objects.filter(subject__round=round_, status=EventStatus.PENDING).count()
    context = round_context(request, round_, "events") | {
        "page_obj": page,
        "rows": [
            (
                event,
                titles.get((event.indicator, event.item), event.item),
                worth(tree, event),
                f"{event.pk}.{event.version}",
            )
            for event in page.object_list
        ],
        "filters": filters,
        "leaves": tree.of(EVENTS),
        "items": [(item, title) for (_leaf, item), title in titles.items()],
        "statuses": EventStatus.choices,
        "pending": pending,
        "ticked": kept["event"],
        "reason": kept["reason"],
        "filtered": any(filters.values()),
        "may_change": _may_change(request, round_),
    }
    return render(request, "reviews/event_list.html", context)


def _may_change(request: HttpRequest, round_: Round) -> bool:
    return access.may_manage_events(request.user) and round_.phase == Phase.COLLECTING


@require_POST
def event_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve or reject the ticked events; the form posts `event` = ID.VERSION for each."""
    round_ = get_round(request, pk)
    require(access.may_manage_events(request.user))
    back = HttpResponseRedirect(_back(request, round_))
    seen = []
    for text in request.POST.getlist("event"):
        event, _dot, version = text.partition(".")
        if event.isdigit() and version.isdigit():
            seen.append((int(event), int(version)))
    if not seen:
        messages.info(request, _("No event was ticked."))
        _keep(request, round_)
        return back
    try:
        decided = decide_events(
            round=round_,
            seen=seen,
            status=request.POST.get("status", ""),
            reason=request.POST.get("reason", ""),
            by=request.user,  # type: ignore[arg-type]
        )
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
    return back


def _keep(request: HttpRequest, round_: Round) -> None:
    """A refused decision's ticks and reason wait for the list that is shown next."""
    events, reason = request.POST.getlist("event"), request.POST.get("reason", "")
    request.session[REFUSED] = {"round": round_.pk, "event": events, "reason": reason}


def _kept(request: HttpRequest, round_: Round) -> dict[str, Any]:
    kept: dict[str, Any] = request.session.pop(REFUSED) if REFUSED in request.session else {}
    return kept if kept.get("round") == round_.pk else {"event": [], "reason": ""}


def _back(request: HttpRequest, round_: Round) -> str:
    """The list as it was filtered: only our own query string is taken over."""
    url = redirect("reviews:event_list", round_.pk).url
    query = request.POST.get("query", "")
    return f"{url}?{query}" if query and "\n" not in query and "\r" not in query else str(url)


@require_http_methods(["GET", "POST"])
def event_add(request: HttpRequest, pk: int) -> HttpResponse:
    round_ = get_round(request, pk)
    require(access.may_manage_events(request.user))
    tree = tree_of(round_)
    initial = {"subject": request.GET.get("subject", ""), "entry": request.GET.get("entry", "")}
    form = EventForm(request.POST if request.method == "POST" else None, round_=round_, tree=tree, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            event = add_event(
                subject=form.cleaned_data["subject"],
                data=form.data_of(),
                by=request.user,  # type: ignore[arg-type]
            )
        except InvalidInput as error:
            form.refuse(error)
        except ReviewError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The event was entered and waits for approval."))
            if "another" in request.POST:
                return redirect("reviews:event_add", pk)
            return redirect("reviews:event_detail", pk, event.pk)
    context = _form_context(request, round_, form) | {"event": None}
    return render(request, "reviews/event_form.html", context, status=_status(form))


@require_http_methods(["GET", "POST"])
def event_detail(request: HttpRequest, pk: int, event_pk: int) -> HttpResponse:
    """One event: what it says and does; the office changes, decides or withdraws it here."""
    round_ = get_round(request, pk)
    require(access.may_see_events(request.user))
    event = get_object_or_404(events_of(round_), pk=event_pk)
    tree = tree_of(round_)
    seen = _seen(request, event)
    form = EventForm(
        request.POST if request.method == "POST" else None, round_=round_, tree=tree, initial=initial_of(event)
    )
    conflict: Conflict | None = None
    if request.method == "POST":
        require(access.may_manage_events(request.user))
        if request.POST.get("do") == "withdraw":
            return _withdraw(request, round_, event, seen)
        if form.is_valid():
            try:
                change_event(
                    event=event,
                    subject=form.cleaned_data["subject"],
                    data=form.data_of(),
                    seen=seen,
                    by=request.user,  # type: ignore[arg-type]
                )
            except Conflict as error:
                conflict = error
            except InvalidInput as error:
                form.refuse(error)
            except ReviewError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("The event was saved and waits for approval."))
                return redirect("reviews:event_detail", pk, event_pk)
    others = list(Event.objects.filter(subject=event.subject, indicator=event.indicator))
    context = _form_context(request, round_, form) | {
        "event": event,
        "conflict": conflict,
        "seen": seen,
        "leaf": tree.nodes[event.indicator],
        "item": item_titles(tree).get((event.indicator, event.item), event.item),
        "worth": worth(tree, event),
        "effect": effect_words(tree, event, others),
    }
    status = 409 if conflict else _status(form)
    return render(request, "reviews/event_detail.html", context, status=status)


def _seen(request: HttpRequest, event: Event) -> int:
    text = request.POST.get("seen", "")
    return int(text) if text.isdigit() else event.version


def _withdraw(request: HttpRequest, round_: Round, event: Event, seen: int) -> HttpResponse:
    try:
        delete_event(
            event=event,
            seen=seen,
            reason=request.POST.get("reason", ""),
            by=request.user,  # type: ignore[arg-type]
        )
    except Conflict as error:
        words = _("%(who)s changed this event meanwhile; look at it again before withdrawing it.")
        messages.error(request, words % {"who": error.theirs.by or "—"})
    except ReviewError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The event was withdrawn. The log keeps what it said."))
        return redirect("reviews:event_list", round_.pk)
    return redirect("reviews:event_detail", round_.pk, event.pk)


def _form_context(request: HttpRequest, round_: Round, form: EventForm) -> dict[str, Any]:
    subjects = round_.subjects.order_by("order", "code").values_list("code", "name")
    return round_context(request, round_, "events") | {
        "form": form,
        "subjects": list(subjects[:SUGGESTED_SUBJECTS]),
        "matters": known_matters(round_),
        "may_change": _may_change(request, round_),
    }


def _status(form: EventForm) -> int:
    return 422 if form.is_bound and form.errors else 200

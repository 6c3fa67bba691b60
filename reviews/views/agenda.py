"""The agenda of a review meeting: its order, who speaks or hands in writing, and strokes that nobody knows yet."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from appraisal_site.lib.numbers import as_id
from reviews import strokes
from reviews.forms.meetings import OrderForm
from reviews.models import CharacterStrokes, Meeting, MeetingState, Subject, Talk, TalkMode
from reviews.navigation import round_context
from reviews.queries.meetings import free_subjects, known_strokes, order_seen, talks_of
from reviews.services import agenda as service
from reviews.services.errors import Conflict, ReviewError
from units import access
from units.guards import require, require_known
from units.models import User

from .meetings import TAB, get_meeting, may_record, order_words, plan_rule


@require_http_methods(["GET", "POST"])
def meeting_agenda(request: HttpRequest, pk: int, meeting_pk: int) -> HttpResponse:
    """Who talks in which order. POST: do = rule, order, up-KEY, down-KEY, mode, add or remove-KEY."""
    round_, meeting = get_meeting(request, pk, meeting_pk)
    document = round_.plan_version.document
    by_rule = request.method == "POST" and request.POST.get("do") == "rule"
    form = OrderForm(request.POST if by_rule else None, document=document, initial=_usual(meeting))
    error = ""
    if request.method == "POST":
        require(access.may_record_meeting(request.user, meeting))
        try:
            if _do(request, meeting, form):
                return redirect("reviews:meeting_agenda", pk, meeting_pk)
        except service.StrokesMissing as lacking:
            messages.warning(request, str(lacking))
            characters = "".join(lacking.characters)
            address = reverse("reviews:meeting_strokes", args=[pk, meeting_pk])
            return redirect(f"{address}?characters={characters}")
        except Conflict as refused:
            error = _("Somebody else changed the agenda meanwhile: %(order)s. Look at it again.") % {
                "order": refused.theirs.value
            }
        except ReviewError as refused:
            error = str(refused)
    talks = talks_of(meeting)
    runs = access.may_run_meetings(request.user)
    context = round_context(request, round_, TAB) | {
        "meeting": meeting,
        "talks": talks,
        "seen": order_seen(talks),
        "form": form,
        "error": error,
        "modes": TalkMode.choices,
        "order_words": order_words(meeting),
        "again": _again(request, meeting, talks),
        "free": list(free_subjects(round_)) if runs and meeting.is_open else [],
        "may_order": runs and meeting.state == MeetingState.PLANNED,
        "may_run": runs and meeting.is_open,
        "may_record": may_record(request, meeting),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "reviews/meeting_agenda.html", context, status=status)


def _usual(meeting: Meeting) -> dict[str, Any]:
    """The rule that was used last, else the plan's."""
    kept = meeting.order_rule
    if "group" in kept:
        return {**kept, "posts": "\n".join(kept["posts"]), "seed": ""}
    rule = plan_rule(meeting.round)
    return {"group": rule.group, "within": rule.within}


def _again(request: HttpRequest, meeting: Meeting, talks: list[Talk]) -> dict[str, Any] | None:
    """`?verify=1`: the order that the kept rule and seed give now, beside the one that stands."""
    if "verify" not in request.GET:
        return None
    again = service.drawn_again(meeting, talks)
    return {"order": again, "same": again == [talk.subject.code for talk in talks]}


def _do(request: HttpRequest, meeting: Meeting, form: OrderForm) -> bool:
    """Whether it was done; a form that is not right is shown again."""
    user, post = cast(User, request.user), request.POST
    do, _dash, key = post.get("do", "").partition("-")
    seen = post.get("seen", "")
    if do == "rule":
        if not form.is_valid():
            return False
        service.order_talks(meeting=meeting, rule=form.rule, seen=seen, by=user)
    elif do in {"up", "down"}:
        order = [talk.pk for talk in talks_of(meeting)]
        _step(order, as_id(key) or 0, -1 if do == "up" else 1)
        service.move_talks(meeting=meeting, order=order, seen=seen, by=user)
    elif do == "order":
        order = [pk for each in post.get("order", "").split(",") if (pk := as_id(each)) is not None]
        service.move_talks(meeting=meeting, order=order, seen=seen, by=user)
    elif do == "mode":
        _mode(request, meeting, key, user)
    elif do == "add":
        wanted = [pk for each in post.getlist("subject") if (pk := as_id(each)) is not None]
        chosen = Subject.objects.filter(round=meeting.round, pk__in=wanted)
        service.add_talks(meeting=meeting, subjects=list(chosen), by=user)
    elif do == "remove":
        service.remove_talk(talk=_talk(meeting, key), by=user)
    return True


def _talk(meeting: Meeting, key: str) -> Talk:
    rows = Talk.objects.select_related("meeting", "subject")
    return get_object_or_404(rows, meeting=meeting, pk=as_id(key) or 0)


def _mode(request: HttpRequest, meeting: Meeting, key: str, user: User) -> None:
    post = request.POST
    minutes = post.get(f"minutes-{key}", "").strip()
    service.set_mode(
        talk=_talk(meeting, key),
        mode=post.get(f"mode-{key}", ""),
        reason=post.get(f"reason-{key}", ""),
        minutes=int(minutes) if minutes.isascii() and minutes.isdigit() and len(minutes) < 5 else None,
        by=user,
    )


def _step(order: list[int], key: int, by: int) -> None:
    if key not in order:
        return
    place = order.index(key)
    other = place + by
    if 0 <= other < len(order):
        order[place], order[other] = order[other], order[place]


@require_http_methods(["GET", "POST"])
def meeting_strokes(request: HttpRequest, pk: int, meeting_pk: int) -> HttpResponse:
    """Characters whose strokes decide the order and that no table has; and those that the office entered before."""
    round_, meeting = get_meeting(request, pk, meeting_pk)
    require_known(access.may_run_meetings(request.user))
    names = [talk.subject.name for talk in talks_of(meeting)]
    asked = list(dict.fromkeys(filter(strokes.is_han, request.GET.get("characters", ""))))
    wanted = list(dict.fromkeys([*strokes.missing(names, known_strokes()), *asked]))
    errors: dict[str, str] = {}
    if request.method == "POST":
        entered = {one: request.POST.get(f"strokes-{one}", "") for one in request.POST.getlist("character")}
        try:
            service.enter_strokes(entered=entered, by=cast(User, request.user))
        except ReviewError as error:
            errors = {getattr(error, "field", ""): str(error)}
        else:
            messages.success(request, _("The strokes are kept. Make the order now."))
            return redirect("reviews:meeting_agenda", pk, meeting_pk)
    known = {row.character: row for row in CharacterStrokes.objects.select_related("updated_by")}
    rows = [
        {
            "character": one,
            "strokes": request.POST.get(f"strokes-{one}", known[one].strokes if one in known else ""),
            "error": errors.get(one, ""),
        }
        for one in wanted
    ]
    context = round_context(request, round_, TAB) | {
        "meeting": meeting,
        "rows": rows,
        "known": [(row, strokes.in_words(row.strokes)) for row in known.values()],
        "digits": strokes.NAMES_OF_STROKES.items(),
        "error": errors.get("", ""),
    }
    return render(request, "reviews/meeting_strokes.html", context, status=422 if errors else 200)

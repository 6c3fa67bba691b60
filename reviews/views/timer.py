"""The clock of a review meeting on the big screen, and what it tells the server and hears from it."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from appraisal_site.lib.numbers import as_id
from reviews.models import Meeting, MeetingState, Talk, TalkMode
from reviews.queries.meetings import spoken_now, talks_of
from reviews.services.errors import Conflict, ReviewError
from reviews.services.talks import Clock, set_clock
from units import access
from units.guards import require
from units.models import User

from .meetings import get_meeting


def _state(meeting: Meeting, talks: list[Talk]) -> dict[str, Any]:
    """The agenda as the clock page needs it: all of it, so that it can go on without a connection."""
    now = timezone.now()
    return {
        "running": meeting.state == MeetingState.RUNNING,
        "talks": [_line(meeting, talk, now) for talk in talks if talk.mode == TalkMode.SPEAKS],
    }


def _line(meeting: Meeting, talk: Talk, now: Any) -> dict[str, Any]:
    return {
        "id": talk.pk,
        "name": talk.subject.name,
        "words": _about(talk),
        "minutes": talk.minutes or meeting.minutes,
        "state": talk.state,
        "spoken": spoken_now(talk, now),
        "version": talk.version,
    }


def _about(talk: Talk) -> str:
    """Unit and post of who speaks, or the stage where there is no more."""
    subject = talk.subject
    post = subject.person.position if subject.person else ""
    unit = subject.unit.name if subject.unit and subject.person else ""
    return " ".join(filter(None, (unit, post))) or talk.stage or subject.category


@require_GET
def meeting_timer(request: HttpRequest, pk: int, meeting_pk: int) -> HttpResponse:
    """The page for the big screen. Who may record runs it; the others look on."""
    round_, meeting = get_meeting(request, pk, meeting_pk)
    context = {
        "round": round_,
        "meeting": meeting,
        "state": _state(meeting, talks_of(meeting)),
        "may_record": access.may_record_meeting(request.user, meeting),
        "key": f"kp-timer-{request.user.pk}-{meeting.pk}",
    }
    return render(request, "reviews/meeting_timer.html", context)


@require_http_methods(["GET", "POST"])
def meeting_clock(request: HttpRequest, pk: int, meeting_pk: int) -> HttpResponse:
    """GET: how all clocks stand. POST: `talk`, `state`, `spoken` (milliseconds), `seen`: set one."""
    _round, meeting = get_meeting(request, pk, meeting_pk)
    if request.method == "GET":
        return JsonResponse(_state(meeting, talks_of(meeting)))
    require(access.may_record_meeting(request.user, meeting))
    post = request.POST
    key, spoken, seen = (post.get(name, "") for name in ("talk", "spoken", "seen"))
    rows = Talk.objects.select_related("meeting", "subject__person", "subject__unit")
    talk = rows.filter(meeting=meeting, pk=as_id(key) or 0).first()
    if talk is None:
        return JsonResponse({"error": _("This subject is no longer on the agenda.")}, status=422)
    clock = Clock(
        post.get("state", ""), int(spoken) if spoken.isascii() and spoken.isdigit() and len(spoken) < 10 else -1
    )
    try:
        saved = set_clock(talk=talk, clock=clock, seen=as_id(seen) or 0, by=cast(User, request.user))
    except Conflict as clash:
        return JsonResponse({"error": str(clash), **_state(meeting, talks_of(meeting))}, status=409)
    except ReviewError as error:
        return JsonResponse({"error": str(error)}, status=422)
    return JsonResponse({"version": saved.version})

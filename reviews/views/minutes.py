"""The minutes of a review meeting: written while it runs, corrected later, printed and as a Word file."""

from __future__ import annotations

import secrets
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviews.meeting_actions import actions_on
from reviews.minutes_file import minutes_file
from reviews.models import Meeting, MeetingState, Remark, RemarkKind, Talk
from reviews.navigation import round_context
from reviews.queries.meetings import (
    MEETING_TEXTS,
    TalkRecord,
    attendance_of,
    attendees_of,
    spoken_now,
    talk_records,
    talks_of,
)
from reviews.quorum import quorum_words, read_quorum
from reviews.report_texts import approved_texts
from reviews.services.errors import Conflict, ReviewError
from reviews.services.minutes import fingerprint, save_cell, spoken_text, tidy
from units import access
from units.guards import require, require_known
from units.models import User

from .meetings import TAB, get_meeting, marks_link

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TEXT_TITLES = {
    "opening": gettext_lazy("Opening"),
    "guidance": gettext_lazy("Words of those sent by the higher level"),
    "closing": gettext_lazy("Summary by the chair"),
    "remarks": gettext_lazy("Other matters"),
}
BLANK_ROWS = 1  # of questions and commentaries, for a page without scripts


def _cell(name: str, text: str, typed: Any = None) -> dict[str, str]:
    """A field of the form: its name, what the server has, and the sign of that; `typed` was refused."""
    stored = tidy(text)
    return {"name": name, "text": stored if typed is None else typed, "seen": fingerprint(stored)}


@require_http_methods(["GET", "POST"])
def meeting_record(request: HttpRequest, pk: int, meeting_pk: int, talk_pk: int | None = None) -> HttpResponse:
    """What is said: of the meeting as a whole, or of one talk. It saves itself; the button does it without scripts."""
    round_, meeting = get_meeting(request, pk, meeting_pk)
    talks = talks_of(meeting)
    talk = next((each for each in talks if each.pk == talk_pk), None)
    require_known(talk is not None or talk_pk is None)
    clashes: list[dict[str, str]] = []
    error = ""
    if request.method == "POST":
        require(access.may_record_meeting(request.user, meeting))
        clashes, error = _save_all(request, meeting)
        if not clashes and not error:
            messages.success(request, _("Saved."))
            return HttpResponseRedirect(request.get_full_path())
    record = talk_records([talk])[0] if talk else None
    place = talks.index(talk) if talk else -1
    context = round_context(request, round_, TAB) | {
        "meeting": meeting,
        "talks": talks,
        "talk": talk,
        "record": record,
        "cells": _cells(meeting, record, BLANK_ROWS if access.may_record_meeting(request.user, meeting) else 0),
        "before": talks[place - 1] if place > 0 else None,
        "after": talks[place + 1] if talk and place + 1 < len(talks) else None if talk else next(iter(talks), None),
        "spoken": spoken_text(spoken_now(talk)) if talk else "",
        "actions": actions_on(record.commentaries, cast(User, request.user)) if record else {},
        "marks": marks_link(cast(User, request.user), meeting) if talk else None,
        "sees_reports": access.may_see_all_reports(request.user),
        "report": _report_link(meeting, talk) if talk else "",
        "words": {"summary": _("What was said"), "spoken": _("Time spoken, minutes and seconds")},
        "clashes": clashes,
        "error": error,
        "typed": request.POST,
        "may_record": access.may_record_meeting(request.user, meeting) and meeting.state != MeetingState.CANCELLED,
        "closed": meeting.state == MeetingState.CLOSED,
        "key": f"kp-minutes-{request.user.pk}-{meeting.pk}",
    }
    return render(request, "reviews/meeting_record.html", context, status=409 if clashes else 422 if error else 200)


def _report_link(meeting: Meeting, talk: Talk) -> str:
    """Where the approved report of who speaks is read."""
    text = approved_texts(meeting.round, [talk.subject_id]).get(talk.subject_id)
    return reverse(text.page, args=[meeting.round_id, talk.subject_id]) if text else ""


def _cells(meeting: Meeting, record: TalkRecord | None, blanks: int) -> dict[str, Any]:
    """The fields of the page, with blank rows for what is asked or commented next."""
    if record is None:
        return {
            "texts": [{"title": TEXT_TITLES[name], **_cell(name, getattr(meeting, name))} for name in MEETING_TEXTS]
        }
    talk = record.talk
    start = f"talk.{talk.pk}"
    found: dict[str, Any] = {
        "summary": _cell(f"{start}.summary", talk.summary),
        "spoken": _cell(f"{start}.spoken", spoken_text(talk.spoken)),
    }
    for kind, rows in ((RemarkKind.QUESTION, record.questions), (RemarkKind.COMMENTARY, record.commentaries)):
        blank = [Remark(kind=kind, key=secrets.token_hex(8)) for _row in range(blanks)]
        fields = ("who", "text", "answer") if kind == RemarkKind.QUESTION else ("who", "text")
        found[kind.value] = [
            {
                "remark": row,
                "is_blank": row.pk is None,
                **{name: _cell(f"{start}.{kind.value}.{row.key}.{name}", getattr(row, name)) for name in fields},
            }
            for row in [*rows, *blank]
        ]
    return found


def _save_all(request: HttpRequest, meeting: Meeting) -> tuple[list[dict[str, str]], str]:
    """Save every field of the form that differs. Gives those that somebody else changed, and what was refused."""
    clashes: list[dict[str, str]] = []
    user, reason = cast(User, request.user), request.POST.get("reason", "")
    for name in [name for name in request.POST if f"seen-{name}" in request.POST]:
        text, seen = request.POST[name], request.POST[f"seen-{name}"]
        if fingerprint(tidy(text)) == seen:
            continue
        try:
            save_cell(meeting=meeting, cell=name, text=text, seen=seen, reason=reason, by=user)
        except Conflict as clash:
            clashes.append({"name": name, "mine": text, "theirs": clash.theirs.value, "seen": clash.theirs.seen})
        except ReviewError as error:
            return clashes, str(error)
    return clashes, ""


@require_POST
def meeting_cell(request: HttpRequest, pk: int, meeting_pk: int) -> HttpResponse:
    """Save one field while it is typed: `cell`, `text`, `seen`. The answer says how it stands now."""
    _round, meeting = get_meeting(request, pk, meeting_pk)
    require_known(access.may_record_meeting(request.user, meeting))
    post = request.POST
    try:
        saved = save_cell(
            meeting=meeting,
            cell=post.get("cell", ""),
            text=post.get("text", ""),
            seen=post.get("seen", ""),
            by=cast(User, request.user),
        )
    except Conflict as clash:
        said = {"error": str(clash), "theirs": clash.theirs.value, "seen": clash.theirs.seen}
        return JsonResponse(said, status=409)
    except ReviewError as error:
        return JsonResponse({"error": str(error)}, status=422)
    at = timezone.localtime().strftime("%H:%M:%S")
    return JsonResponse({"seen": saved.seen, "text": saved.text, "at": at})


def _document(meeting: Meeting) -> dict[str, Any]:
    """All that minutes on paper say."""
    talks = talks_of(meeting)
    quorum, now = read_quorum(meeting.quorum), attendance_of(meeting)
    assert quorum is not None
    return {
        "meeting": meeting,
        "records": talk_records(talks),
        "attendees": list(attendees_of(meeting)),
        "quorum_words": quorum_words(quorum, now),
        "texts": [(TEXT_TITLES[name], getattr(meeting, name)) for name in MEETING_TEXTS],
    }


@require_GET
def meeting_minutes(request: HttpRequest, pk: int, meeting_pk: int) -> HttpResponse:
    """The minutes (会议记录) to read and print."""
    round_, meeting = get_meeting(request, pk, meeting_pk)
    context = round_context(request, round_, TAB) | _document(meeting)
    return render(request, "reviews/meeting_minutes.html", context)


@require_GET
def meeting_minutes_file(request: HttpRequest, pk: int, meeting_pk: int) -> HttpResponse:
    """The same as a Word file."""
    _round, meeting = get_meeting(request, pk, meeting_pk)
    response = HttpResponse(minutes_file(**_document(meeting)), content_type=WORD)
    name = f"{meeting.title}-{meeting.date:%Y%m%d}.docx"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response

"""Review meetings: the list, planning one, its page with what can be done next, and what a subject sees of its talk."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from reviews.agenda import Rule
from reviews.forms.meetings import GROUP_WORDS, WITHIN_WORDS, MeetingForm
from reviews.meeting_actions import actions_once_open
from reviews.models import Assignment, Meeting, MeetingState, Phase, Round, Talk, TalkMode, TalkState
from reviews.navigation import round_context
from reviews.queries.meetings import (
    attendance_of,
    meetings_seen_by,
    order_seen,
    own_talks,
    present_by_class,
    records_in,
    talk_records,
    talks_of,
)
from reviews.quorum import Attendance, quorum_words, read_quorum
from reviews.services import meetings as service
from reviews.services.agenda import StrokesMissing, order_talks
from reviews.services.errors import Conflict, InvalidInput, ReviewError
from units import access
from units.guards import require, require_known
from units.models import User

from ._common import get_round

TAB = "meetings"
DEFAULT_MINUTES = 10
DEFAULT_QUORUM = "2/3"


def get_meeting(request: HttpRequest, pk: int, meeting_pk: int) -> tuple[Round, Meeting]:
    """The round and a meeting of it that this account may see; 404 for all others."""
    round_ = get_round(request, pk)
    meeting = get_object_or_404(Meeting.objects.select_related("recorder_account"), pk=meeting_pk, round=round_)
    require_known(access.may_see_meeting(request.user, meeting))
    meeting.round = round_
    return round_, meeting


def may_record(request: HttpRequest, meeting: Meeting) -> bool:
    """Whether this account may do anything at a meeting that is not over."""
    return access.may_record_meeting(request.user, meeting) and meeting.is_open


@require_GET
def meetings(request: HttpRequest, pk: int) -> HttpResponse:
    round_ = get_round(request, pk)
    user = cast(User, request.user)
    require(access.may_see_meetings(user) or records_in(user, round_))
    context = round_context(request, round_, TAB) | {
        "meetings": list(meetings_seen_by(user, round_)),
        "may_run": access.may_run_meetings(user) and round_.phase == Phase.COLLECTING,
    }
    return render(request, "reviews/meetings.html", context)


@require_http_methods(["GET", "POST"])
def meeting_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Plan a meeting; the plan's own order of talks is made at once where nothing is lacking for it."""
    round_ = get_round(request, pk)
    require(access.may_run_meetings(request.user))
    posted = request.POST if request.method == "POST" else None
    form = MeetingForm(posted, subjects_of=round_, initial=_from_plan(round_))
    if posted is not None and form.is_valid():
        user = cast(User, request.user)
        try:
            made = service.plan_meeting(round=round_, data=form.meeting, subjects=form.subjects, by=user)
        except ReviewError as error:
            _say(form, error)
        else:
            _order_as_planned(request, made, user)
            messages.success(request, _("The meeting is planned. Look at its agenda next."))
            return redirect("reviews:meeting_agenda", pk, made.pk)
    context = round_context(request, round_, TAB) | {"form": form, "possible": round_.phase == Phase.COLLECTING}
    return render(request, "reviews/meeting_form.html", context, status=422 if posted is not None else 200)


def _from_plan(round_: Round) -> dict[str, Any]:
    """What the plan says of the meeting, and what is usual where it is silent."""
    document = round_.plan_version.document
    stated = document.get("meeting", {})
    talk = document.get("duty_report", {}).get("talk_minutes")
    return {
        "title": _("Review meeting"),
        "minutes": stated.get("minutes") or talk or DEFAULT_MINUTES,
        "questions": stated.get("questions", True),
        "quorum": stated.get("quorum", DEFAULT_QUORUM),
        "chair": stated.get("chaired_by", ""),
    }


def plan_rule(round_: Round) -> Rule:
    """The order of talks that the plan lays down, else by category and list."""
    stated = round_.plan_version.document.get("meeting", {})
    return Rule(group="plan" if stated.get("stages") else "category", within=stated.get("order", "list"))


def _order_as_planned(request: HttpRequest, meeting: Meeting, user: User) -> None:
    rule = plan_rule(meeting.round)
    if rule.within == "lot":
        return  # drawn when everybody looks on
    try:
        order_talks(meeting=meeting, rule=rule, seen=order_seen(talks_of(meeting)), by=user)
    except StrokesMissing as error:
        messages.warning(request, str(error))


def _say(form: MeetingForm, error: ReviewError) -> None:
    name = getattr(error, "field", "")
    name = "categories" if name == "subjects" else name
    form.add_error(name if name in form.fields else None, str(error))


@require_http_methods(["GET", "POST"])
def meeting_edit(request: HttpRequest, pk: int, meeting_pk: int) -> HttpResponse:
    """Date, place, chair, quorum …; after the close with a reason."""
    round_, meeting = get_meeting(request, pk, meeting_pk)
    require_known(access.may_run_meetings(request.user))
    stored = service.data_of(meeting)
    initial = asdict(stored) | {
        "recorder_account": meeting.recorder_account.username if meeting.recorder_account else "",
        "seen": service.fingerprint(stored),
    }
    posted = request.POST if request.method == "POST" else None
    form = MeetingForm(posted, initial=initial, closed=meeting.state == MeetingState.CLOSED)
    if posted is not None and form.is_valid():
        try:
            service.change_meeting(
                meeting=meeting,
                data=form.meeting,
                seen=form.cleaned_data["seen"],
                reason=form.cleaned_data.get("reason", ""),
                by=cast(User, request.user),
            )
        except Conflict as error:
            form.add_error(None, str(error))
            typed = posted.copy()
            typed["seen"] = error.theirs.seen
            form.data = typed
        except ReviewError as error:
            _say(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("reviews:meeting", pk, meeting_pk)
    context = round_context(request, round_, TAB) | {
        "form": form,
        "meeting": meeting,
        "possible": meeting.state != MeetingState.CANCELLED and round_.phase != Phase.SEALED,
    }
    return render(request, "reviews/meeting_form.html", context, status=422 if posted is not None else 200)


@require_http_methods(["GET", "POST"])
def meeting(request: HttpRequest, pk: int, meeting_pk: int) -> HttpResponse:
    """Where the meeting stands and what comes next. POST: do = open, close or cancel."""
    round_, found = get_meeting(request, pk, meeting_pk)
    errors: dict[str, str] = {}
    if request.method == "POST":
        errors = _do(request, found)
        if not errors:
            return redirect("reviews:meeting", pk, meeting_pk)
    context = (
        round_context(request, round_, TAB)
        | _standing(request, found)
        | {
            "errors": errors,
            "typed": request.POST,
        }
    )
    return render(request, "reviews/meeting.html", context, status=422 if errors else 200)


def _do(request: HttpRequest, found: Meeting) -> dict[str, str]:
    """Carry it out; gives what was wrong, by the field."""
    user, do = cast(User, request.user), request.POST.get("do", "")
    require(access.may_record_meeting(user, found))
    reason = request.POST.get("reason", "")
    try:
        if do == "open":
            service.open_meeting(meeting=found, reason=reason, by=user)
            messages.success(request, _("The meeting is open."))
        elif do == "close":
            service.close_meeting(meeting=found, by=user)
            messages.success(request, _("The meeting is closed. Its minutes can be corrected only with a reason."))
        elif do == "cancel":
            service.cancel_meeting(meeting=found, reason=reason, by=user)
            messages.success(request, _("The meeting was called off; its subjects can stand in another one."))
        else:
            return {"": _("There is nothing here to decide on any more.")}
    except InvalidInput as error:
        return {f"{do}-{error.field}" if error.field else "": str(error)}
    except ReviewError as error:
        return {"": str(error)}
    return {}


def _standing(request: HttpRequest, found: Meeting) -> dict[str, Any]:
    user = cast(User, request.user)
    talks, now = talks_of(found), attendance_of(found)
    quorum = read_quorum(found.quorum)
    assert quorum is not None
    speaking = [talk for talk in talks if talk.mode == TalkMode.SPEAKS]
    over = (bool(speaking) and all(talk.state == TalkState.DONE for talk in speaking)) or not speaking
    began = found.opened_expected is not None
    at_opening = Attendance(found.opened_expected or 0, found.opened_present or 0)
    return {
        "meeting": found,
        "talks": talks,
        "records": talk_records(talks),
        "speaking": len(speaking),
        "heard": sum(talk.state == TalkState.DONE for talk in speaking),
        "written": sum(talk.mode == TalkMode.WRITTEN for talk in talks),
        "attendance": now,
        "quorum": quorum,
        "quorum_words": quorum_words(quorum, now),
        "reached": quorum.reached(now.expected, now.present),
        "reached_then": began and quorum.reached(at_opening.expected, at_opening.present),
        "classes": _class_titles(found, present_by_class(found)),
        "talks_over": over and found.state in {MeetingState.RUNNING, MeetingState.CLOSED},
        "actions": actions_once_open(found, user) if found.state in _HELD else [],
        "may_run": access.may_run_meetings(user),
        "may_record": access.may_record_meeting(user, found),
        "order_words": order_words(found),
        "marks": marks_link(user, found),
    }


_HELD = {MeetingState.RUNNING, MeetingState.CLOSED}


def _class_titles(found: Meeting, numbers: dict[str, int]) -> list[tuple[str, int]]:
    rows = found.round.plan_version.document["indicators"]
    titles = {each["code"]: each["title"] for row in rows for each in row.get("classes", ())}
    return [(titles.get(code, code), number) for code, number in numbers.items()]


def order_words(found: Meeting) -> dict[str, Any]:
    """How the order of the talks came about, in words."""
    rule = found.order_rule
    if "group" not in rule:
        return {"by_hand": bool(rule)}
    return {
        "group": GROUP_WORDS[rule["group"]],
        "within": WITHIN_WORDS[rule["within"]],
        "seed": rule["seed"],
        "ties": rule["ties"],
        "by_hand": bool(rule.get("by_hand")),
    }


def marks_link(user: User, found: Meeting) -> Assignment | None:
    """The sheet on which the commentary is marked, where the plan has such an indicator and the account sees it."""
    leaf = found.round.plan_version.document.get("meeting", {}).get("commentary_leaf")
    if not leaf:
        return None
    sheets = Assignment.objects.filter(round=found.round, indicator=leaf)
    return next((sheet for sheet in sheets if access.may_see_marks(user, sheet)), None)


@require_GET
def own_meeting(request: HttpRequest, pk: int) -> HttpResponse:
    """When, where and after whom the account's own unit or person speaks; once closed, what was said about it."""
    round_ = get_round(request, pk)
    require(access.is_subject(request.user))
    own = own_talks(cast(User, request.user), round_)
    closed = [talk for talk in own if talk.meeting.state == MeetingState.CLOSED]
    records = {record.talk.pk: record for record in talk_records(closed)}
    agendas: dict[int, list[Talk]] = {}
    for each in Talk.objects.filter(meeting__in={talk.meeting_id for talk in own}).select_related("subject"):
        agendas.setdefault(each.meeting_id, []).append(each)
    context = round_context(request, round_, "own_meeting") | {
        "rows": [(talk, agendas[talk.meeting_id], records.get(talk.pk)) for talk in own],
    }
    return render(request, "reviews/meeting_own.html", context)

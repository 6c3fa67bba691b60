"""Attendance at a review meeting: who is expected, who came, and the sheet to sign."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from appraisal_site.lib.numbers import as_id
from reviews.forms.meetings import ExpectForm
from reviews.models import Attendee, Meeting, MeetingState, Presence
from reviews.navigation import round_context
from reviews.queries.meetings import attendance_of, attendees_of, talks_of
from reviews.quorum import quorum_words, read_quorum
from reviews.services import attendance as service
from reviews.services.attendance import NewAttendee
from reviews.services.errors import InvalidInput, ReviewError
from units import access
from units.guards import require, require_known
from units.models import Person, User

from ._common import paged, refuse
from .meetings import TAB, get_meeting

PAGE = 200


@require_http_methods(["GET", "POST"])
def meeting_attendance(request: HttpRequest, pk: int, meeting_pk: int) -> HttpResponse:
    """The list. POST: do = number (check in), strike-KEY, or a presence for the rows that are ticked."""
    round_, meeting = get_meeting(request, pk, meeting_pk)
    error = ""
    if request.method == "POST":
        require(access.may_record_meeting(request.user, meeting))
        try:
            _do(request, meeting)
        except ReviewError as refused:
            error = str(refused)
        else:
            query = request.GET.urlencode()
            address = reverse("reviews:meeting_attendance", args=[pk, meeting_pk])
            return HttpResponseRedirect(f"{address}?{query}" if query else address)
    filters = {name: request.GET.get(name, "").strip() for name in ("q", "presence", "group")}
    found = attendees_of(meeting, words=filters["q"], presence=filters["presence"], group=filters["group"])
    now, quorum = attendance_of(meeting), read_quorum(meeting.quorum)
    assert quorum is not None
    context = round_context(request, round_, TAB) | {
        "meeting": meeting,
        "page_obj": paged(request, found, PAGE),
        "filters": filters,
        "presences": Presence.choices,
        "groups": [name for name in _groups(meeting) if name],
        "attendance": now,
        "quorum_words": quorum_words(quorum, now),
        "reached": quorum.reached(now.expected, now.present),
        "error": error,
        "typed": request.POST,
        "may_record": access.may_record_meeting(request.user, meeting) and meeting.state != MeetingState.CANCELLED,
        "closed": meeting.state == MeetingState.CLOSED,
    }
    return render(request, "reviews/meeting_attendance.html", context, status=422 if error else 200)


def _groups(meeting: Meeting) -> list[str]:
    return list(meeting.attendees.order_by("group").values_list("group", flat=True).distinct())


def _do(request: HttpRequest, meeting: Meeting) -> None:
    user, post = cast(User, request.user), request.POST
    do, _dash, key = post.get("do", "").partition("-")
    reason = post.get("reason", "")
    if do == "number":
        number = post.get("number", "").strip()
        if not (number.isascii() and number.isdigit() and len(number) < 7):
            raise InvalidInput(_("Type the number that stands on the list."), "number")
        attendee, news = service.check_in(meeting=meeting, number=int(number), by=user)
        words = _("%(number)d %(name)s is there.") if news else _("%(number)d %(name)s was there already.")
        (messages.success if news else messages.info)(
            request, words % {"number": attendee.number, "name": attendee.name}
        )
        return
    if do == "strike":
        row = get_object_or_404(Attendee, meeting=meeting, pk=as_id(key))
        service.strike(attendee=row, reason=reason, by=user)
        return
    seen = [tuple(each.split(".", 1)) for each in post.getlist("attendee") if "." in each]
    if not seen:
        raise InvalidInput(_("Tick the rows first."))
    changed = service.record_presence(
        meeting=meeting,
        seen=[(as_id(pk) or 0, was) for pk, was in seen],
        presence=do,
        reason=reason,
        by=user,
    )
    said = ngettext("%(count)d row changed.", "%(count)d rows changed.", changed)
    messages.success(request, said % {"count": changed})


@require_http_methods(["GET", "POST"])
def meeting_expect(request: HttpRequest, pk: int, meeting_pk: int) -> HttpResponse:
    """Put people on the list: pasted, of whole units, or those who talk."""
    round_, meeting = get_meeting(request, pk, meeting_pk)
    require_known(access.may_record_meeting(request.user, meeting))
    posted = request.POST if request.method == "POST" else None
    form = ExpectForm(posted, document=round_.plan_version.document)
    if posted is not None and form.is_valid():
        try:
            new = service.expect(meeting=meeting, who=_who(form, meeting), by=cast(User, request.user), **form.settings)
        except ReviewError as error:
            refuse(form, error)
        else:
            said = ngettext("%(count)d person was added.", "%(count)d people were added.", new)
            messages.success(request, said % {"count": new})
            return redirect("reviews:meeting_attendance", pk, meeting_pk)
    context = round_context(request, round_, TAB) | {"meeting": meeting, "form": form, "possible": meeting.is_open}
    return render(request, "reviews/meeting_expect.html", context, status=422 if posted is not None else 200)


def _who(form: ExpectForm, meeting: Meeting) -> list[NewAttendee]:
    values = form.cleaned_data
    found: list[NewAttendee] = list(values["people"])
    people = Person.objects.filter(unit__in=values["units"], is_active=True).select_related("unit")
    found += [NewAttendee(each.name, each.unit.name, each.position, each) for each in people]
    if values["talkers"]:
        subjects = [talk.subject for talk in talks_of(meeting)]
        talkers = Person.objects.select_related("unit").in_bulk([s.person_id for s in subjects if s.person_id])
        found += [_talker(subject, talkers.get(subject.person_id)) for subject in subjects]
    return found


def _talker(subject: Any, person: Person | None) -> NewAttendee:
    """With the unit that the person belongs to: a round of people has no units of its own."""
    if person is None:
        return NewAttendee(subject.name)
    return NewAttendee(person.name, person.unit.name, person.position, person)


@require_GET
def meeting_sign_in(request: HttpRequest, pk: int, meeting_pk: int) -> HttpResponse:
    """The sheet on which those who come sign (签到表)."""
    round_, meeting = get_meeting(request, pk, meeting_pk)
    rows = list(meeting.attendees.order_by("number"))
    groups: dict[str, list[Attendee]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    context = round_context(request, round_, TAB) | {"meeting": meeting, "groups": list(groups.items()), "rows": rows}
    return render(request, "reviews/meeting_sign_in.html", context)

"""Review meetings on the home page: for the office and the recorder what is next, for a subject when it speaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reviews.models import Meeting, MeetingState, Round, Talk, TalkMode
from reviews.queries.audience import open_for
from reviews.queries.meetings import next_meetings, own_open_talks
from units.models import User

from .base import Card, Task


def meeting_tasks(rounds: Sequence[Round]) -> dict[int, list[Task]]:
    """Round → a line for each meeting that is still to be held or under way. One query."""
    found: dict[int, list[Task]] = {}
    for meeting in next_meetings(rounds):
        found.setdefault(meeting.round_id, []).append(_line(meeting))
    return found


def recorder_card(user: User, rounds: Sequence[Round]) -> Card:
    """Meetings that the account records. One query."""
    card = Card(_("Meetings I record"))
    card.tasks += [_line(meeting) for meeting in next_meetings(rounds) if meeting.recorder_account_id == user.pk]
    return card


def own_talk_tasks(user: User, rounds: Sequence[Round]) -> Iterator[Task]:
    """When and where the account's own unit or person speaks. One query."""
    for talk in own_open_talks(user, rounds):
        yield Task(
            text=_("My talk: %(meeting)s") % {"meeting": talk.meeting.title},
            url=reverse("reviews:own_meeting", args=[talk.meeting.round_id]),
            words=" · ".join(filter(None, (_time(talk.meeting), talk.meeting.place, _how(talk)))),
            deadline=talk.meeting.date,
        )


def reading_card(user: User) -> Card:
    """Reports that are shown to the account today. One query where nothing is published."""
    card = Card(_("Reports to read"))
    for publication in open_for(user):
        number = publication.number_of_reports  # type: ignore[attr-defined]
        said = ngettext("%(count)d report", "%(count)d reports", number) % {"count": number}
        url = reverse("reviews:published", args=[publication.round_id])
        card.tasks.append(
            Task(publication.title, url, f"{publication.round.title} · {said}", deadline=publication.ends)
        )
    return card


def _line(meeting: Meeting) -> Task:
    running = meeting.state == MeetingState.RUNNING
    state = _("under way") if running else _("planned")
    return Task(
        text=meeting.title,
        url=reverse("reviews:meeting", args=[meeting.round_id, meeting.pk]),
        words=" · ".join(filter(None, (state, _time(meeting), meeting.place))),
        deadline=meeting.date,
        urgent=running,
    )


def _time(meeting: Meeting) -> str:
    return f"{meeting.time:%H:%M}" if meeting.time else ""


def _how(talk: Talk) -> str:
    return _("in writing") if talk.mode == TalkMode.WRITTEN else ""

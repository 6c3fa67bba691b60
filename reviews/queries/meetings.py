"""Review meetings: the list, the agenda, who is there, and what the minutes say."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from appraisal_site.lib.numbers import as_id
from reviews.agenda import Speaker
from reviews.models import (
    Attendee,
    CharacterStrokes,
    Meeting,
    MeetingState,
    Presence,
    Remark,
    RemarkKind,
    Round,
    Subject,
    SubjectFact,
    Talk,
    TalkMode,
    TalkState,
)
from reviews.quorum import Attendance
from units import access
from units.models import User

OPEN_MEETINGS = (MeetingState.PLANNED, MeetingState.RUNNING)
MEETING_TEXTS = ("opening", "guidance", "closing", "remarks")


def meetings_of(round_: Round) -> QuerySet[Meeting]:
    """With their numbers of talks: `speaking`, `heard`, `written`."""
    speaks = Q(talks__mode=TalkMode.SPEAKS)
    return Meeting.objects.filter(round=round_).annotate(
        speaking=Count("talks", filter=speaks),
        heard=Count("talks", filter=speaks & Q(talks__state=TalkState.DONE)),
        written=Count("talks", filter=Q(talks__mode=TalkMode.WRITTEN)),
    )


def meetings_seen_by(user: User, round_: Round) -> QuerySet[Meeting]:
    """All of them, or those that the account records."""
    found = meetings_of(round_)
    return found if access.may_see_meetings(user) else found.filter(recorder_account=user)


def records_in(user: User, round_: Round) -> bool:
    """Whether the account records a meeting of this round. One query."""
    return Meeting.objects.filter(round=round_, recorder_account=user).exists()


def talks_of(meeting: Meeting) -> list[Talk]:
    """The agenda in its order, those in writing and those who do not come as well. One query."""
    return list(meeting.talks.select_related("subject__person", "subject__unit"))


def own_talks(user: User, round_: Round) -> list[Talk]:
    """The talks of the account's own unit or person, in meetings that were not called off. One query."""
    units, people = access.own_keys(user)
    found = Talk.objects.filter(Q(subject__unit__in=units, subject__person=None) | Q(subject__person__in=people))
    found = found.filter(meeting__round=round_, is_current=True)
    return list(found.select_related("meeting", "subject").order_by("meeting__date", "order"))


def talk_dates(round_: Round) -> dict[int, datetime.date]:
    """Subject → the day of its meeting, for dates that count back from it. One query."""
    rows = Talk.objects.filter(meeting__round=round_, is_current=True)
    return dict(rows.values_list("subject_id", "meeting__date"))


def order_seen(talks: Iterable[Talk]) -> str:
    """What an arranged agenda was when it was read: who changes it names this."""
    return hashlib.sha256(",".join(str(talk.pk) for talk in talks).encode()).hexdigest()[:16]


def speakers(talks: Sequence[Talk]) -> list[Speaker]:
    """What the order of talks may depend on, in the order of the subjects' list. One query for the facts."""
    facts: dict[int, dict[str, str]] = {}
    ids = [talk.subject_id for talk in talks]
    for subject, code, value in SubjectFact.objects.filter(subject__in=ids).values_list("subject_id", "code", "value"):
        facts.setdefault(subject, {})[code] = value
    listed = sorted((talk.subject for talk in talks), key=lambda each: (each.order, each.code))
    posts = {each.pk: each.person.position if each.person else "" for each in listed}
    return [Speaker(each.code, each.name, each.category, posts[each.pk], facts.get(each.pk, {})) for each in listed]


def known_strokes() -> dict[str, str]:
    """What the office entered beside the product's own table. One query."""
    return dict(CharacterStrokes.objects.values_list("character", "strokes"))


def spoken_now(talk: Talk, now: datetime.datetime | None = None) -> int:
    """Milliseconds that a talk has taken so far."""
    if talk.state != TalkState.RUNNING or talk.clock_at is None:
        return talk.spoken
    passed = (now or timezone.now()) - talk.clock_at
    return talk.spoken + max(0, round(passed.total_seconds() * 1000))


def free_subjects(round_: Round) -> QuerySet[Subject]:
    """Who stands in no meeting yet."""
    taken = Talk.objects.filter(meeting__round=round_, is_current=True).values("subject")
    return Subject.objects.filter(round=round_).exclude(pk__in=taken).order_by("order", "code")


# ---------------------------------------------------------------- attendance


def attendance_of(meeting: Meeting) -> Attendance:
    """One query."""
    counted = Q(is_observer=False)
    numbers = meeting.attendees.order_by().aggregate(
        expected=Count("pk", filter=counted),
        present=Count("pk", filter=counted & Q(presence=Presence.PRESENT)),
        leave=Count("pk", filter=counted & Q(presence=Presence.LEAVE)),
        absent=Count("pk", filter=counted & Q(presence=Presence.ABSENT)),
        observers=Count("pk", filter=Q(is_observer=True, presence=Presence.PRESENT)),
    )
    return Attendance(**numbers)


def attendees_of(meeting: Meeting, *, words: str = "", presence: str = "", group: str = "") -> QuerySet[Attendee]:
    found = meeting.attendees.all()
    if presence in Presence.values:
        found = found.filter(presence=presence)
    if group:
        found = found.filter(group=group)
    for word in words.split():
        match = Q(name__icontains=word) | Q(unit__icontains=word)
        number = as_id(word)
        found = found.filter(match if number is None else match | Q(number=number))
    return found


def present_by_class(meeting: Meeting) -> dict[str, int]:
    """Voter class → how many of it are there, for the ballots of those present. One query."""
    rows = meeting.attendees.filter(presence=Presence.PRESENT).exclude(voter_class="").order_by()
    return dict(rows.values_list("voter_class").annotate(number=Count("pk")))


# ---------------------------------------------------------------- minutes


@dataclass(slots=True)
class TalkRecord:
    """One subject's part of the minutes."""

    talk: Talk
    questions: list[Remark] = field(default_factory=list)
    commentaries: list[Remark] = field(default_factory=list)


def talk_records(talks: Sequence[Talk]) -> list[TalkRecord]:
    """With what was asked and commented, but for rows that were emptied again. One query."""
    records = {talk.pk: TalkRecord(talk) for talk in talks}
    for remark in Remark.objects.filter(talk__in=records):
        if remark.is_empty:
            continue
        record = records[remark.talk_id]
        (record.questions if remark.kind == RemarkKind.QUESTION else record.commentaries).append(remark)
    return list(records.values())


def minutes_data(meeting: Meeting) -> dict[str, Any]:
    """All that the minutes state, as plain data: what the check sum is made of."""
    records = talk_records(talks_of(meeting))
    return {
        "meeting": [meeting.title, str(meeting.date), str(meeting.time or ""), meeting.place, meeting.chair],
        "texts": {name: getattr(meeting, name) for name in MEETING_TEXTS},
        "attendance": list(meeting.attendees.values_list("number", "name", "presence", "reason", "is_observer")),
        "talks": [
            {
                "subject": [record.talk.subject.code, record.talk.subject.name],
                "mode": [record.talk.mode, record.talk.mode_reason],
                "spoken": record.talk.spoken,
                "summary": record.talk.summary,
                "questions": [[each.who, each.text, each.answer] for each in record.questions],
                "commentaries": [[each.who, each.text] for each in record.commentaries],
            }
            for record in records
        ],
    }


def own_open_talks(user: User, rounds: Iterable[Round]) -> list[Talk]:
    """The account's talks in meetings of these rounds that are not over. One query."""
    units, people = access.own_keys(user)
    own = Q(subject__unit__in=units, subject__person=None) | Q(subject__person__in=people)
    found = Talk.objects.filter(own, meeting__round__in=rounds, is_current=True, meeting__state__in=OPEN_MEETINGS)
    return list(found.exclude(mode=TalkMode.ABSENT).select_related("meeting", "subject").order_by("meeting__date"))


def next_meetings(rounds: Iterable[Round]) -> list[Meeting]:
    """Meetings of these rounds that are still to be held or under way. One query."""
    return list(Meeting.objects.filter(round__in=rounds, state__in=OPEN_MEETINGS))

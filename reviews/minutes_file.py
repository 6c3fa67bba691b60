"""The minutes of a review meeting as a Word file,."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from reviews.models import Attendee, Meeting, Presence, TalkMode
from reviews.queries.meetings import TalkRecord
from reviews.services.minutes import spoken_text
from reviews.word_paper import Paper


def minutes_file(
    *,
    meeting: Meeting,
    records: Sequence[TalkRecord],
    attendees: Sequence[Attendee],
    quorum_words: str,
    texts: Sequence[tuple[Any, str]],
) -> bytes:
    """The bytes of a .docx. `texts`: (title, text) of the meeting as a whole, the opening first."""
    paper = Paper()
    paper.title(meeting.title)
    paper.title(_("Minutes of the meeting"), 16)
    paper.facts(_heading(meeting, quorum_words))
    _attendance(paper, attendees)
    opening, *rest = texts
    paper.part(str(opening[0]), opening[1])
    speaking = [record for record in records if record.talk.mode == TalkMode.SPEAKS]
    if speaking:
        paper.heading(_("Talks"))
    for number, record in enumerate(speaking, start=1):
        _talk(paper, number, record)
    _others(paper, records)
    for title, text in rest:
        paper.part(str(title), text)
    paper.signatures([_("Chaired by"), _("Recorded by")])
    return paper.bytes()


def _heading(meeting: Meeting, quorum_words: str) -> list[tuple[str, str]]:
    when = date_format(meeting.date, "Y-m-d")
    if meeting.time:
        when = f"{when} {meeting.time:%H:%M}"
    facts = [
        (_("Time"), when),
        (_("Venue"), meeting.place),
        (_("Chaired by"), meeting.chair),
        (_("Held by"), meeting.host),
        (_("Recorded by"), meeting.recorder),
        (_("Attendance"), quorum_words),
    ]
    if meeting.quorum_reason:
        facts.append((_("Held all the same because"), meeting.quorum_reason))
    return [(label, text) for label, text in facts if text]


def _attendance(paper: Paper, attendees: Sequence[Attendee]) -> None:
    """Names by presence; of those who are not there, why."""
    comma = pgettext("list", ", ")
    for presence, label in (
        (Presence.PRESENT, _("Present")),
        (Presence.LEAVE, _("On leave")),
        (Presence.ABSENT, _("Absent")),
    ):
        rows = [each for each in attendees if each.presence == presence]
        names = [f"{each.name} ({each.reason})" if each.reason else each.name for each in rows]
        if names:
            paper.facts([(label, comma.join(names))])


def _talk(paper: Paper, number: int, record: TalkRecord) -> None:
    talk = record.talk
    spoken = spoken_text(talk.spoken)
    time = _("spoke for %(time)s") % {"time": spoken} if spoken else ""
    stage = " · ".join(filter(None, (talk.stage, time)))
    paper.heading(f"{number}. {talk.subject.name}" + (f" ({stage})" if stage else ""), 2)
    paper.part(_("What was said"), talk.summary, 3)
    for each in record.questions:
        paper.line(_("Question"), each.text, each.who)
        if each.answer:
            paper.line(_("Answer"), each.answer)
    for each in record.commentaries:
        paper.line(_("Commentary"), each.text, each.who)


def _others(paper: Paper, records: Sequence[TalkRecord]) -> None:
    for mode, label in ((TalkMode.WRITTEN, _("In writing")), (TalkMode.ABSENT, _("Did not come"))):
        found = [record for record in records if record.talk.mode == mode]
        if not found:
            continue
        paper.heading(label)
        for record in found:
            reason = f" ({record.talk.mode_reason})" if record.talk.mode_reason else ""
            paper.text(f"{record.talk.subject.name}{reason}")
            for each in record.commentaries:
                paper.line(_("Commentary"), each.text, each.who)

"""The record of an interview (谈话记录) for paper: what it holds in order, and as a Word file."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from reviews.duty.word_write import Paper, write_word
from reviews.models import Interview, InterviewState


@dataclass(frozen=True, slots=True)
class Sheet:
    """`facts`: (label, text); `parts`: (heading, text); `signatures`: whose, each with a line and a date."""

    title: str
    facts: list[tuple[str, str]]
    parts: list[tuple[str, str]]
    signatures: list[str]


def sheet_of(interview: Interview) -> Sheet:
    """What stands on paper. Of one that is still to be held, the headings remain to be filled in by hand."""
    blank = interview.state == InterviewState.DUE
    facts = [
        (pgettext("interview", "Kind"), interview.kind),
        (_("Interviewed"), _name(interview)),
        (pgettext("interview", "Reason"), interview.reason),
        (_("Held on"), date_format(interview.held_on, "Y-m-d") if interview.held_on else ""),
        (_("Venue"), interview.place),
        (pgettext("interview", "Interviewers"), interview.interviewers),
        (_("Others present"), interview.present),
        (_("Recorded by"), interview.recorder),
    ]
    parts = [
        (_("What the interviewers said"), interview.said),
        (_("What the interviewed said"), interview.answer),
        (_("Demands"), _demands(interview)),
        (_("Statement of the interviewed"), interview.statement),
        (_("Remark of the interviewed on the record"), interview.remark),
    ]
    return Sheet(
        f"{interview.round.title} {_('Record of an interview')}",
        [(label, text) for label, text in facts if text or blank],
        [(heading, text) for heading, text in (parts[:4] if blank else parts) if text or blank],
        [pgettext("signature", "Interviewer"), pgettext("signature", "Interviewed"), pgettext("signature", "Recorder")],
    )


def _name(interview: Interview) -> str:
    """Who is interviewed, with the unit that gave cause where that is another subject."""
    if interview.name == interview.subject.name:
        return interview.name
    return f"{interview.name}（{interview.subject.name}）"


def _demands(interview: Interview) -> str:
    if not interview.demands_until:
        return interview.demands
    until = _("To be done by %(day)s.") % {"day": date_format(interview.demands_until, "Y-m-d")}
    return f"{interview.demands}\n{until}".strip()


def interview_file(interview: Interview) -> bytes:
    """The bytes of a .docx, set as official papers are."""
    sheet = sheet_of(interview)
    colon = pgettext("colon", ": ")
    facts = "\n".join(f"{label}{colon}{text}" for label, text in sheet.facts)
    line = f"{colon}____________  {_('Date')}{colon}____________"
    paper = Paper(
        title=sheet.title,
        byline="",
        parts=[("", [("", facts)]), *((heading, [("", text)]) for heading, text in sheet.parts)],
        ending=[f"{who}{line}" for who in sheet.signatures],
    )
    return write_word(paper)

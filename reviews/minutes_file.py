"""The minutes of a review meeting as a Word file, in the type of official documents (仿宋, 小标宋 for the title)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from reviews.models import Attendee, Meeting, Presence, TalkMode
from reviews.queries.meetings import TalkRecord
from reviews.services.minutes import spoken_text

BODY, HEAD, TITLE = "仿宋_GB2312", "黑体", "方正小标宋简体"


def minutes_file(
    *,
    meeting: Meeting,
    records: Sequence[TalkRecord],
    attendees: Sequence[Attendee],
    quorum_words: str,
    texts: Sequence[tuple[Any, str]],
) -> bytes:
    """The bytes of a .docx. `texts`: (title, text) of the meeting as a whole, the opening first."""
    paper = _Paper()
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


def _attendance(paper: _Paper, attendees: Sequence[Attendee]) -> None:
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


def _talk(paper: _Paper, number: int, record: TalkRecord) -> None:
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


def _others(paper: _Paper, records: Sequence[TalkRecord]) -> None:
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


class _Paper:
    """A document in the making: the few things that minutes consist of."""

    def __init__(self) -> None:
        self.document = Document()
        section = self.document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(37), Mm(35)
        section.left_margin, section.right_margin = Mm(28), Mm(26)
        style = self.document.styles["Normal"]
        style.font.size = Pt(14)
        self._font(style.font, style.element.get_or_add_rPr(), BODY)

    @staticmethod
    def _font(font: Any, properties: Any, name: str) -> None:
        font.name = name
        properties.get_or_add_rFonts().set(qn("w:eastAsia"), name)

    def _run(self, paragraph: Any, text: str, name: str = BODY, size: int = 14) -> None:
        run = paragraph.add_run(clean(text))
        run.font.size = Pt(size)
        self._font(run.font, run._element.get_or_add_rPr(), name)

    def title(self, text: str, size: int = 20) -> None:
        paragraph = self.document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        self._run(paragraph, text, TITLE, size)

    def heading(self, text: str, level: int = 1) -> None:
        paragraph = self.document.add_heading(level=level)
        self._run(paragraph, text, HEAD, {1: 16, 2: 15, 3: 14}[level])

    def text(self, text: str) -> None:
        for line in text.split("\n"):
            paragraph = self.document.add_paragraph()
            paragraph.paragraph_format.first_line_indent = Pt(28)
            self._run(paragraph, line)

    def facts(self, rows: Sequence[tuple[str, str]]) -> None:
        for label, text in rows:
            paragraph = self.document.add_paragraph()
            self._run(paragraph, label + pgettext("colon", ": "), HEAD)
            self._run(paragraph, text)

    def part(self, title: str, text: str, level: int = 1) -> None:
        if text:
            self.heading(title, level)
            self.text(text)

    def line(self, label: str, text: str, who: str = "") -> None:
        first, *rest = text.split("\n")
        paragraph = self.document.add_paragraph()
        paragraph.paragraph_format.first_line_indent = Pt(28)
        self._run(paragraph, (f"{label} ({who})" if who else label) + pgettext("colon", ": "), HEAD)
        self._run(paragraph, first)
        if rest:
            self.text("\n".join(rest))

    def signatures(self, labels: Sequence[str]) -> None:
        self.document.add_paragraph()
        for label in labels:
            paragraph = self.document.add_paragraph()
            self._run(paragraph, label + pgettext("colon", ": ") + " " * 24, HEAD)

    def bytes(self) -> bytes:
        out = io.BytesIO()
        self.document.save(out)
        return out.getvalue()


def clean(text: str) -> str:
    """Without signs that XML cannot hold, such as a form feed pasted along."""
    return "".join(one for one in text if one in "\t\n" or (ord(one) >= 32 and not 0xD800 <= ord(one) <= 0xDFFF))

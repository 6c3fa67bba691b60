"""What is written while a meeting runs, cell by cell: nothing is overwritten unseen, nothing sent twice counts twice.

A cell has a name: `opening`, `guidance`, `closing`, `remarks` of the meeting; `talk.7.summary` and `talk.7.spoken`;
`talk.7.question.KEY.who` (`text`, `answer`) and `talk.7.commentary.KEY.who` (`text`), where KEY is made by whoever
typed it first. Who saves names the text it was typed over, by its `fingerprint`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from django.db import models, transaction
from django.utils.translation import gettext as _

from reviews.models import Meeting, MeetingState, Remark, RemarkKind, Talk, TalkState
from reviews.queries.meetings import MEETING_TEXTS
from units import access, audit
from units.models import User

from .errors import Conflict, InvalidInput, NotAllowed, Theirs
from .meetings import MeetingClosed, locked_meeting, may_change

LONGEST = 20_000  # characters
LONGEST_NAME = 60
_TALK = re.compile(r"talk\.(\d{1,12})\.(summary|spoken)")
_REMARK = re.compile(r"talk\.(\d{1,12})\.(question|commentary)\.([0-9a-z]{8,32})\.(who|text|answer)")
_SPOKEN = re.compile(r"(\d{1,3})(?:[:：分](\d{1,2})秒?)?分?")


@dataclass(frozen=True, slots=True)
class Saved:
    """`seen` is what the next save of this cell names; `text` is how it stands now."""

    text: str
    seen: str


@dataclass(slots=True)
class _Cell:
    """Where a cell is stored. `row` None: a remark that is to be made."""

    row: Meeting | Talk | Remark | None
    field: str
    talk: Talk | None = None
    kind: str = ""
    key: str = ""
    label: str = ""

    @property
    def text(self) -> str:
        if self.row is None:
            return ""
        value = getattr(self.row, self.field)
        return spoken_text(value) if self.field == "spoken" else str(value)


def fingerprint(text: str) -> str:
    """What a text was when it was read, in 16 signs."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def tidy(text: str) -> str:
    """Line ends as one sign, no blanks at the ends of lines: what a form adds is not a change."""
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")).strip("\n")


def save_cell(*, meeting: Meeting, cell: str, text: str, seen: str, by: User, reason: str = "") -> Saved:
    """Write one cell, if it is still what was `seen`; a text that stands there already is saved.

    Before the end of the meeting this is a draft of those who record, and not audited: the close is, with a check sum
    of all of it. After the close it is a correction: it needs a reason and is audited with both texts.
    Raises NotAllowed, RoundClosed, MeetingClosed, Conflict, InvalidInput (the cell's name; "reason").
    """
    if not access.may_record_meeting(by, meeting):
        raise NotAllowed
    with transaction.atomic():
        locked = locked_meeting(meeting)
        may_change(locked, reason)
        if locked.state == MeetingState.PLANNED and _TALK.fullmatch(cell) and cell.endswith(".spoken"):
            raise MeetingClosed(_("The meeting has not begun."))
        found = _find(locked, cell)
        wanted = _checked(found, text, cell)
        before = found.text
        if before == wanted:
            return Saved(before, fingerprint(before))
        if fingerprint(before) != seen:
            raise Conflict(Theirs(before, seen=fingerprint(before)))
        _write(found, wanted)
        if locked.state == MeetingState.CLOSED:
            audit.record(
                by,
                "correct minutes",
                locked,
                label=f"{locked.title} · {found.label}" if found.label else locked.title,
                changes={found.field: (before or None, wanted or None)},
                round_id=locked.round_id,
                reason=reason.strip(),
            )
    return Saved(wanted, fingerprint(wanted))


def spoken_text(milliseconds: int) -> str:
    """“8:05”, as it is typed too; empty for who has not spoken."""
    seconds = round(milliseconds / 1000)
    return f"{seconds // 60}:{seconds % 60:02d}" if seconds else ""


def read_spoken(text: str) -> int | None:
    """Milliseconds of “8:05”, “8分5秒” or “8” minutes; None if it is none of these."""
    said = text.replace(" ", "")
    if not said:
        return 0
    match = _SPOKEN.fullmatch(said)
    if match is None or int(match[2] or 0) > 59:
        return None
    return (int(match[1]) * 60 + int(match[2] or 0)) * 1000


# ---------------------------------------------------------------- cells


def _find(meeting: Meeting, cell: str) -> _Cell:
    if cell in MEETING_TEXTS:
        return _Cell(meeting, cell)
    if match := _TALK.fullmatch(cell):
        talk = _talk(meeting, match[1])
        return _Cell(talk, match[2], talk, label=talk.subject.name)
    if match := _REMARK.fullmatch(cell):
        talk = _talk(meeting, match[1])
        kind, key, field = match[2], match[3], match[4]
        if kind == RemarkKind.COMMENTARY and field == "answer":
            raise InvalidInput(_("There is no such place in the minutes."), cell)
        row = Remark.objects.filter(talk=talk, key=key).first()
        if row is not None and row.kind != kind:
            raise InvalidInput(_("There is no such place in the minutes."), cell)
        return _Cell(row, field, talk, kind, key, talk.subject.name)
    raise InvalidInput(_("There is no such place in the minutes."), cell)


def _talk(meeting: Meeting, pk: str) -> Talk:
    talk = Talk.objects.select_related("subject").filter(meeting=meeting, pk=int(pk)).first()
    if talk is None:
        raise InvalidInput(_("This subject is no longer on the agenda."), "talk")
    return talk


def _checked(cell: _Cell, text: str, name: str) -> str:
    wanted = tidy(text)
    most = LONGEST_NAME if cell.field == "who" else LONGEST
    if len(wanted) > most:
        raise InvalidInput(_("This text is longer than %(most)d characters.") % {"most": most}, name)
    if cell.field != "spoken":
        return wanted
    spoken = read_spoken(wanted)
    if spoken is None:
        raise InvalidInput(_("Write the time spoken as minutes and seconds, such as 8:05."), name)
    if cell.talk is not None and cell.talk.state == TalkState.RUNNING:
        raise InvalidInput(_("The clock of this talk is running: it measures the time itself."), name)
    return spoken_text(spoken)


def _write(cell: _Cell, text: str) -> None:
    if cell.row is None:
        assert cell.talk is not None
        Remark.objects.create(talk=cell.talk, key=cell.key, kind=cell.kind, **{cell.field: text})
        return
    changes: dict[str, object] = {cell.field: text}
    if cell.field == "spoken":
        changes = {"spoken": read_spoken(text) or 0, "version": models.F("version") + 1}
        # Who was measured by hand was heard.
        if text and cell.talk is not None and cell.talk.state == TalkState.WAITING:
            changes["state"] = TalkState.DONE
    type(cell.row)._default_manager.filter(pk=cell.row.pk).update(**changes)

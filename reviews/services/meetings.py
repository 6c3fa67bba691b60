"""The review meeting: planned, opened (declared valid), closed, called off; corrections later need a reason."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from indicators.rendering import joined
from reviews.models import Meeting, MeetingState, Phase, Round, Subject, Talk, TalkMode, TalkState
from reviews.queries.meetings import attendance_of, minutes_data
from reviews.quorum import read_quorum
from units import access, audit
from units.models import User

from .errors import Conflict, InvalidInput, NotAllowed, ReviewError, RoundClosed, Theirs
from .rounds import ensure_collecting


class MeetingClosed(ReviewError):
    """The meeting's state does not allow this."""

    default = gettext_lazy("The meeting is not in a state that allows this.")


@dataclass(frozen=True, slots=True)
class MeetingData:
    """What is settled of a meeting beforehand."""

    title: str
    date: datetime.date
    time: datetime.time | None = None
    place: str = ""
    chair: str = ""
    host: str = ""
    recorder: str = ""
    recorder_account_id: int | None = None
    minutes: int = 10
    questions: bool = True
    quorum: str = ""


def locked_meeting(meeting: Meeting | int) -> Meeting:
    """The meeting, locked until the end of the transaction: its writers take turns. Its round must not be sealed."""
    pk = meeting.pk if isinstance(meeting, Meeting) else meeting
    locked = Meeting.objects.select_for_update(of=("self",)).select_related("round").get(pk=pk)
    if locked.round.phase == Phase.SEALED:
        raise RoundClosed(_("The round is sealed: nothing about its meetings can be changed any more."))
    return locked


def may_change(meeting: Meeting, reason: str) -> None:
    """While planned or running freely; once closed only with a reason; called off not at all."""
    if meeting.state == MeetingState.CANCELLED:
        raise MeetingClosed(_("This meeting was called off."))
    if meeting.state == MeetingState.CLOSED and not reason.strip():
        raise InvalidInput(_("The meeting is closed: a correction needs a reason."), "reason")


def plan_meeting(*, round: Round, data: MeetingData, subjects: Sequence[Subject], by: User) -> Meeting:  # noqa: A002
    """Plan a meeting at which these subjects talk, in the order given. Audited.

    Raises NotAllowed, RoundClosed, InvalidInput ("title", "minutes", "quorum", "subjects": one of them stands in
    another meeting already).
    """
    if not access.may_run_meetings(by):
        raise NotAllowed
    data = _checked(data)
    with transaction.atomic():
        locked = ensure_collecting(round)
        _check_subjects(locked, subjects)
        last = Meeting.objects.filter(round=locked).aggregate(last=Max("number"))["last"] or 0
        meeting = Meeting.objects.create(round=locked, number=last + 1, created_by=by, **asdict(data))
        Talk.objects.bulk_create(
            Talk(meeting=meeting, subject=subject, order=place) for place, subject in enumerate(subjects, start=1)
        )
        audit.record(
            by,
            "plan meeting",
            meeting,
            changes={
                **{name: (None, value or None) for name, value in _said(data).items()},
                "talks": (None, len(subjects)),
            },
            round_id=locked.pk,
        )
    return meeting


def change_meeting(*, meeting: Meeting, data: MeetingData, seen: str, by: User, reason: str = "") -> Meeting:
    """Change what is settled, if it still is what was `seen` (`fingerprint`). Audited; once closed with a reason."""
    if not access.may_run_meetings(by):
        raise NotAllowed
    data = _checked(data)
    with transaction.atomic():
        locked = locked_meeting(meeting)
        may_change(locked, reason)
        before = data_of(locked)
        if fingerprint(before) != seen:
            raise Conflict(Theirs(before.title, seen=fingerprint(before)))
        for name, value in asdict(data).items():
            setattr(locked, name, value)
        locked.save(update_fields=list(asdict(data)))
        old, new = _said(before), _said(data)
        audit.record(
            by,
            "change meeting",
            locked,
            changes={name: (old[name] or None, new[name] or None) for name in new},
            round_id=locked.round_id,
            reason=reason.strip(),
        )
    return locked


def open_meeting(*, meeting: Meeting, by: User, reason: str = "") -> Meeting:
    """Declare the meeting open and valid, with the numbers found now. Below the quorum only with a reason. Audited.

    Raises NotAllowed, MeetingClosed, InvalidInput ("reason").
    """
    if not access.may_record_meeting(by, meeting):
        raise NotAllowed
    with transaction.atomic():
        locked = locked_meeting(meeting)
        if locked.state != MeetingState.PLANNED:
            raise MeetingClosed(_("The meeting is open already, or over."))
        quorum, found = read_quorum(locked.quorum), attendance_of(locked)
        assert quorum is not None
        reached = quorum.reached(found.expected, found.present)
        if not reached and not reason.strip():
            words = _("The quorum is not reached: the meeting can be declared valid only with a reason.")
            raise InvalidInput(words, "reason")
        locked.state = MeetingState.RUNNING
        locked.opened_at, locked.opened_by = timezone.now(), by
        locked.opened_expected, locked.opened_present = found.expected, found.present
        locked.quorum_reason = "" if reached else reason.strip()[:500]
        locked.save()
        audit.record(
            by,
            "open meeting",
            locked,
            changes={
                "meeting state": ("planned", "running"),
                "expected": (None, found.expected),
                "present": (None, found.present),
                "quorum": (None, locked.quorum or None),
            },
            round_id=locked.round_id,
            reason=locked.quorum_reason,
        )
    return locked


def close_meeting(*, meeting: Meeting, by: User) -> Meeting:
    """Close the meeting. Everybody who was to speak was heard or is marked otherwise; else InvalidInput says who.

    Audited with the check sum of the minutes, so that it can be seen later whether they are those of that day.
    """
    if not access.may_record_meeting(by, meeting):
        raise NotAllowed
    with transaction.atomic():
        locked = locked_meeting(meeting)
        if locked.state != MeetingState.RUNNING:
            raise MeetingClosed(_("Only a meeting that is under way can be closed."))
        left = locked.talks.filter(mode=TalkMode.SPEAKS).exclude(state=TalkState.DONE).select_related("subject")
        names = [talk.subject.name for talk in left]
        if names:
            words = ngettext(
                "%(names)s has not been heard to the end: finish the talk, or say that it is in writing or not coming.",
                "%(names)s have not been heard to the end: finish the talks, or say that they are in writing or not "
                "coming.",
                len(names),
            )
            raise InvalidInput(words % {"names": joined(names)})
        locked.state, locked.closed_at, locked.closed_by = MeetingState.CLOSED, timezone.now(), by
        locked.save(update_fields=["state", "closed_at", "closed_by"])
        audit.record(
            by,
            "close meeting",
            locked,
            changes={"meeting state": ("running", "closed"), "check sum": (None, check_sum(locked))},
            round_id=locked.round_id,
        )
    return locked


def cancel_meeting(*, meeting: Meeting, reason: str, by: User) -> Meeting:
    """Call a meeting off before or while it is held; its subjects may stand in another one then. Audited."""
    if not access.may_run_meetings(by):
        raise NotAllowed
    if not reason.strip():
        raise InvalidInput(_("Calling a meeting off needs a reason."), "reason")
    with transaction.atomic():
        locked = locked_meeting(meeting)
        if not locked.is_open:
            raise MeetingClosed(_("The meeting is over already."))
        before = locked.state
        locked.state, locked.state_reason = MeetingState.CANCELLED, reason.strip()[:500]
        locked.save(update_fields=["state", "state_reason"])
        locked.talks.update(is_current=False)
        locked.talks.filter(state=TalkState.RUNNING).update(state=TalkState.PAUSED)
        audit.record(
            by,
            "call off meeting",
            locked,
            changes={"meeting state": (before, "cancelled")},
            round_id=locked.round_id,
            reason=reason.strip(),
        )
    return locked


def check_sum(meeting: Meeting) -> str:
    """SHA-256 of all that the minutes say, in a form that does not depend on language or page."""
    return hashlib.sha256(json.dumps(minutes_data(meeting), ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def data_of(meeting: Meeting) -> MeetingData:
    return MeetingData(**{name: getattr(meeting, name) for name in MeetingData.__dataclass_fields__})


def fingerprint(data: MeetingData) -> str:
    return hashlib.sha256(repr(data).encode()).hexdigest()[:16]


# ---------------------------------------------------------------- checks


def _checked(data: MeetingData) -> MeetingData:
    if not data.title.strip():
        raise InvalidInput(_("Give the meeting a title."), "title")
    if not 1 <= data.minutes <= 600:
        raise InvalidInput(_("A talk has between 1 and 600 minutes."), "minutes")
    quorum = read_quorum(data.quorum)
    if quorum is None:
        words = _("“%(text)s” is no quorum: write 2/3, 80%%, >1/2 (more than half) or a number of people.")
        raise InvalidInput(words % {"text": data.quorum}, "quorum")
    return MeetingData(**{**asdict(data), "title": data.title.strip(), "quorum": quorum.text})


def _said(data: MeetingData) -> dict[str, object]:
    """What the trail shows of it."""
    said = {**asdict(data), "questions": "yes" if data.questions else "no"}
    account = said.pop("recorder_account_id")
    return {**said, "recording account": str(User.objects.get(pk=account)) if account else None}


def _check_subjects(round_: Round, subjects: Sequence[Subject]) -> None:
    if not subjects:
        raise InvalidInput(_("Choose at least one subject."), "subjects")
    if any(each.round_id != round_.pk for each in subjects):
        raise InvalidInput(_("This subject is not in the round."), "subjects")
    taken = Talk.objects.filter(subject__in=subjects, is_current=True).select_related("subject")
    if names := [talk.subject.name for talk in taken]:
        words = _("In another meeting of this round already: %(names)s.")
        raise InvalidInput(words % {"names": joined(names)}, "subjects")

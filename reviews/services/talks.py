"""The clock of a talk: started, paused, finished; set again by hand."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from reviews.models import Meeting, MeetingState, Talk, TalkMode, TalkState
from reviews.queries.meetings import spoken_now
from units import access
from units.models import User

from .errors import Conflict, InvalidInput, NotAllowed, Theirs
from .meetings import MeetingClosed, locked_meeting

LONGEST = 24 * 60 * 60 * 1000  # milliseconds
# How far two clocks may be apart and still mean the same: the way to the server takes its time.
SAME = 1500


@dataclass(frozen=True, slots=True)
class Clock:
    """What a clock shows: the state, and the milliseconds spoken until the moment of saying so."""

    state: str
    spoken: int


def set_clock(*, talk: Talk, clock: Clock, seen: int, by: User) -> Talk:
    """Set the clock of one talk, if it is still at version `seen`; what it shows already is no change.

    The page that measures says how long was spoken, so that what happened without a connection counts too. One talk
    runs at a time: the database sees to it. Not audited while the meeting runs; the minutes keep what it came to.
    Raises NotAllowed, MeetingClosed, Conflict, InvalidInput ("state", "spoken").
    """
    if not access.may_record_meeting(by, talk.meeting):
        raise NotAllowed
    if clock.state not in TalkState.values:
        raise InvalidInput(_("Choose one of these."), "state")
    if not 0 <= clock.spoken <= LONGEST:
        raise InvalidInput(_("Nobody speaks for so long."), "spoken")
    with transaction.atomic():
        locked = locked_meeting(talk.meeting_id)
        if locked.state != MeetingState.RUNNING:
            raise MeetingClosed(_("The clock runs only while the meeting is under way."))
        current = Talk.objects.select_related("subject").get(pk=talk.pk, meeting=locked)
        now = timezone.now()
        if current.version != seen:
            if current.state == clock.state and abs(spoken_now(current, now) - clock.spoken) <= SAME:
                return current
            raise Conflict(Theirs(str(current.get_state_display()), seen=str(current.version)))
        if current.mode != TalkMode.SPEAKS:
            raise InvalidInput(_("This subject does not speak."), "state")
        if clock.state == TalkState.RUNNING:
            _stop_others(locked, current)
        current.state, current.spoken, current.clock_at = TalkState(clock.state), clock.spoken, now
        if clock.state == TalkState.WAITING:
            current.spoken, current.clock_at, current.began_at = 0, None, None
        elif current.began_at is None:
            current.began_at = now
        current.version += 1
        current.save(update_fields=["state", "spoken", "clock_at", "began_at", "version"])
    return current


def _stop_others(meeting: Meeting, current: Talk) -> None:
    running = meeting.talks.filter(state=TalkState.RUNNING).exclude(pk=current.pk).select_related("subject").first()
    if running is not None:
        words = _("%(name)s is still speaking: pause or finish that talk first.") % {"name": running.subject.name}
        raise Conflict(Theirs(words), words)

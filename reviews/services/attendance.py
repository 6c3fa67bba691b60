"""Who is expected at a meeting, and who came: by the list, or by the number called out at the door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reviews.models import Attendee, Meeting, Presence
from units import access, audit
from units.models import AuditEntry, Person, User

from .errors import Conflict, InvalidInput, NotAllowed, Theirs
from .meetings import MeetingClosed, locked_meeting, may_change

MOST_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class NewAttendee:
    """Somebody to be expected; a person's own name, unit and post are copied where they are not stated."""

    name: str
    unit: str = ""
    post: str = ""
    person: Person | None = None


def expect(
    *,
    meeting: Meeting,
    who: Sequence[NewAttendee],
    by: User,
    group: str = "",
    voter_class: str = "",
    is_observer: bool = False,
) -> int:
    """Put people on the list of those expected; who stands there already is passed over. Gives how many are new.

    Audited. Raises NotAllowed, MeetingClosed, InvalidInput ("people").
    """
    if not access.may_record_meeting(by, meeting):
        raise NotAllowed
    if len(who) > MOST_AT_ONCE:
        raise InvalidInput(_("At most %(most)d people at once.") % {"most": MOST_AT_ONCE}, "people")
    if any(not each.name.strip() for each in who):
        raise InvalidInput(_("Every line needs a name."), "people")
    with transaction.atomic():
        locked = locked_meeting(meeting)
        if not locked.is_open:
            raise MeetingClosed
        there = list(locked.attendees.values_list("person_id", "name", "unit"))
        people = {person for person, _name, _unit in there if person}
        names = {(name, unit) for _person, name, unit in there}
        last = locked.attendees.aggregate(last=Max("number"))["last"] or 0
        new: list[Attendee] = []
        for each in who:
            key = (each.name.strip()[:60], each.unit.strip()[:120])
            if key in names or (each.person is not None and each.person.pk in people):
                continue
            names.add(key)
            people |= {each.person.pk} if each.person else set()
            new.append(
                Attendee(
                    meeting=locked,
                    number=last + len(new) + 1,
                    name=key[0],
                    unit=key[1],
                    post=each.post.strip()[:80],
                    group=group.strip()[:160],
                    voter_class=voter_class,
                    is_observer=is_observer,
                    person=each.person,
                )
            )
        Attendee.objects.bulk_create(new, batch_size=500)
        if new:
            said = ngettext("%(count)d person", "%(count)d people", len(new)) % {"count": len(new)}
            changes = {"attendees": (None, said), "group": (None, group or None)}
            audit.record(by, "expect attendees", locked, changes=changes, round_id=locked.round_id)
    return len(new)


def strike(*, attendee: Attendee, by: User, reason: str = "") -> None:
    """Take somebody off the list. Audited; once the meeting is closed only with a reason."""
    if not access.may_record_meeting(by, attendee.meeting):
        raise NotAllowed
    with transaction.atomic():
        locked = locked_meeting(attendee.meeting_id)
        may_change(locked, reason)
        Attendee.objects.filter(pk=attendee.pk).delete()
        audit.record(
            by,
            "strike attendee",
            locked,
            changes={"attendee": (f"{attendee.number} {attendee.name}", None)},
            round_id=locked.round_id,
            reason=reason.strip(),
        )


def record_presence(
    *, meeting: Meeting, seen: Sequence[tuple[int, str]], presence: str, by: User, reason: str = ""
) -> int:
    """Note for these (key, presence seen) that they are there, on leave, absent or not there yet. All or nothing.

    Who is on leave needs a reason, and so does everything after the close. Who has that presence already is left alone.
    Gives how many changed. Each is audited. Raises NotAllowed, MeetingClosed, Conflict, InvalidInput ("reason").
    """
    if not access.may_record_meeting(by, meeting):
        raise NotAllowed
    if presence not in Presence.values:
        raise InvalidInput(_("Choose one of these."), "presence")
    if presence == Presence.LEAVE and not reason.strip():
        raise InvalidInput(_("Write down why they are on leave."), "reason")
    with transaction.atomic():
        locked = locked_meeting(meeting)
        may_change(locked, reason)
        before = dict(seen)
        rows = list(locked.attendees.filter(pk__in=before))
        if len(rows) != len(before):
            raise InvalidInput(_("Somebody is no longer on the list: look at it again."))
        wanted = (presence, reason.strip()[:240] if presence in {Presence.LEAVE, Presence.ABSENT} else "")
        changed = [row for row in rows if (row.presence, row.reason) != wanted]
        for row in changed:
            if row.presence != before[row.pk]:
                words = _("%(name)s: %(presence)s by now.")
                said = words % {"name": row.name, "presence": row.get_presence_display()}
                raise Conflict(Theirs(said, row.reason, seen=row.presence), said)
        entries = [
            audit.entry(
                by,
                "record presence",
                row,
                label=f"{row.number} {row.name}",
                changes={"presence": (row.presence, presence)},
                round_id=locked.round_id,
                reason=reason.strip(),
            )
            for row in changed
        ]
        now = timezone.now()
        for row in changed:
            row.presence, row.reason = Presence(presence), wanted[1]
            row.checked_at, row.checked_by = now, by
        Attendee.objects.bulk_update(changed, ["presence", "reason", "checked_at", "checked_by"], batch_size=500)
        AuditEntry.objects.bulk_create(entries, batch_size=500)
    return len(changed)


def check_in(*, meeting: Meeting, number: int, by: User) -> tuple[Attendee, bool]:
    """Somebody comes in and says the number: present from now on. Gives who it is, and whether that is news."""
    if not access.may_record_meeting(by, meeting):
        raise NotAllowed
    attendee = meeting.attendees.filter(number=number).first()
    if attendee is None:
        raise InvalidInput(_("Nobody on the list has the number %(number)d.") % {"number": number}, "number")
    news = record_presence(meeting=meeting, seen=[(attendee.pk, attendee.presence)], presence=Presence.PRESENT, by=by)
    attendee.refresh_from_db()
    return attendee, bool(news)

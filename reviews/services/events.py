"""Bonus, penalty, deduction and inspection events: proposed, revised, approved, rejected or sent back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from reviews.models import Event, EventStatus, Proposer, Round, Subject
from units import access, audit
from units.models import AuditEntry, User

from .errors import Conflict, InvalidInput, NotAllowed, ReviewError, Theirs
from .event_checks import EventData, check_event, checked, data_of, shown, value_of
from .event_leaves import LeafSetting, leaf_settings
from .event_notices import tell_proposers
from .rounds import ensure_collecting, touch_inputs

__all__ = [
    "Decided",
    "EventData",
    "add_event",
    "change_event",
    "check_event",
    "decide_events",
    "delete_event",
    "return_events",
    "value_of",
]


RETURNED = "returned"  # what the log calls the status of an event that was sent back


@dataclass(slots=True)
class Decided:
    """What became of a bulk decision: events decided, and by event id why others were not."""

    done: list[int] = field(default_factory=list)
    refused: dict[int, ReviewError] = field(default_factory=dict)


def add_event(*, subject: Subject, data: EventData, by: User, application: bool = False) -> Event:
    """Propose an event; it waits for approval and does not count yet. Audited.

    With `application` it is the subject's own (申报). Raises NotAllowed, RoundClosed, InvalidInput
    ("indicator", "item", "count", "value", "month").
    """
    with transaction.atomic():
        round_ = ensure_collecting(subject.round_id)
        leaf = leaf_settings(round_).get(data.indicator) or LeafSetting(data.indicator)
        proposed_as, unit = _proposer(by, subject, leaf, application=application)
        data = checked(subject, data, round_)
        event = Event.objects.create(
            subject=subject,
            proposed_as=proposed_as,
            proposed_for_id=unit,
            created_by=by,
            updated_by=by,
            **asdict(data),
        )
        audit.record(
            by,
            "add event",
            event,
            label=label_of(event, subject),
            changes={name: (None, value) for name, value in shown(data).items()},
            round_id=round_.pk,
        )
        touch_inputs(round_.pk)
    return event


def _proposer(by: User, subject: Subject, leaf: LeafSetting, *, application: bool) -> tuple[Proposer, int | None]:
    """As what this account proposes, and for which assessor unit; NotAllowed if as nothing."""
    if application:
        if access.may_apply_for_events(by, subject, leaf):
            return Proposer.SUBJECT, None
    elif access.is_office(by):
        return Proposer.OFFICE, None
    elif access.may_propose_events(by, leaf):
        return Proposer.ASSESSOR, min(access.assessor_units(by) & leaf.unit_ids)
    raise NotAllowed


def change_event(*, event: Event, subject: Subject, data: EventData, seen: int, by: User) -> Event:
    """Change an event, if its version is still the one `seen`. A decided or returned one waits for approval again.

    Who proposed it may do so until it is decided, the office always. Audited with from and to. Raises like
    `add_event`, and Conflict.
    """
    with transaction.atomic():
        round_ = ensure_collecting(event.subject.round_id)
        current = _current(event.pk)
        if current.version != seen and access.is_proposer(by, current):
            raise Conflict(_theirs(current))  # decided meanwhile, perhaps: its proposer shall see as what
        _may_change(by, current, subject, data, round_)
        if subject.round_id != round_.pk:
            raise InvalidInput(_("This subject is not in the round."), "subject")
        data = checked(subject, data, round_)
        before = data_of(current)
        if before == data and current.subject_id == subject.pk and not current.returned:
            return current
        _swap(
            current,
            seen,
            by,
            subject=subject,
            **_decision(EventStatus.PENDING, "", by),
            **asdict(data),
        )
        after = shown(data)
        audit.record(
            by,
            "change event",
            current,
            label=label_of(current, subject),
            changes={name: (old, after[name]) for name, old in shown(before).items()}
            | {
                "subject": (current.subject.name, subject.name),
                "status": (_status(current), EventStatus.PENDING.value),
            },
            round_id=round_.pk,
        )
        touch_inputs(round_.pk)
    return _current(event.pk)


def _may_change(by: User, event: Event, subject: Subject, data: EventData, round_: Round) -> None:
    """Who may not propose the event as it shall be may not make it so by changing another one."""
    if not access.may_change_event(by, event):
        raise NotAllowed
    if access.is_office(by):
        return
    leaf = leaf_settings(round_).get(data.indicator) or LeafSetting(data.indicator)
    own = event.proposed_as == Proposer.SUBJECT
    if not (access.may_apply_for_events(by, subject, leaf) if own else access.may_propose_events(by, leaf)):
        raise NotAllowed


def decide_events(
    *,
    round: Round,  # noqa: A002
    seen: Sequence[tuple[int, int]],
    status: str,
    reason: str,
    by: User,
) -> Decided:
    """Approve or reject events, or undo their decision, given as (id, version seen).

    A rejection and an undone decision need a reason. Events changed meanwhile are reported as conflicts, the
    others decided; each is audited.
    """
    if not access.may_manage_events(by):
        raise NotAllowed
    if status not in EventStatus.values:
        raise InvalidInput(_("This is not a status."), "status")
    if status == EventStatus.REJECTED and not reason.strip():
        raise InvalidInput(_("A rejection needs a reason."), "reason")
    if status == EventStatus.PENDING and not reason.strip():
        raise InvalidInput(_("Undoing a decision needs a reason."), "reason")
    return _settle(round, seen, by, reason, _decision(status, reason, by), lambda event: event.status != status)


def return_events(
    *,
    round: Round,  # noqa: A002
    seen: Sequence[tuple[int, int]],
    reason: str,
    by: User,
) -> Decided:
    """Send events that wait for approval back to who proposed them, for revision. Needs a reason; audited.

    They wait for approval all the same, and do not count. What the office entered itself has nobody to go back to.
    """
    if not access.may_manage_events(by):
        raise NotAllowed
    if not reason.strip():
        raise InvalidInput(_("Returning an event needs a reason: what is to be revised."), "reason")
    values = _decision(EventStatus.PENDING, reason, by) | {"returned": True, "decision_reason": reason.strip()}
    return _settle(round, seen, by, reason, values, _returnable)


def _returnable(event: Event) -> bool:
    return event.status == EventStatus.PENDING and not event.returned and event.proposed_as != Proposer.OFFICE


def _settle(
    round_: Round,
    seen: Sequence[tuple[int, int]],
    by: User,
    reason: str,
    values: dict[str, object],
    concerns: Callable[[Event], bool],
) -> Decided:
    """Write the same decision to all of these events that it concerns, and tell who proposed them.

    The number of queries does not grow with the events.
    """
    decided = Decided()
    with transaction.atomic():
        locked = ensure_collecting(round_)
        versions = dict(seen)
        found = Event.objects.filter(pk__in=versions, subject__round=locked).select_related("subject", "updated_by")
        concerned = [event for event in found.order_by("id") if concerns(event)]
        # Whoever writes an event holds the round's lock, as this does: what was just read is what is written over.
        settled = [event for event in concerned if event.version == versions[event.pk]]
        decided.done = [event.pk for event in settled]
        decided.refused = {event.pk: stale(event) for event in concerned if event.version != versions[event.pk]}
        Event.objects.filter(pk__in=decided.done).update(
            version=F("version") + 1, updated_by=by, updated_at=timezone.now(), **values
        )
        after = RETURNED if values["returned"] else str(values["status"])
        entries = [
            audit.entry(
                by,
                "decide event",
                event,
                label=label_of(event, event.subject),
                changes={"status": (_status(event), after)},
                round_id=locked.pk,
                reason=reason.strip(),
            )
            for event in settled
        ]
        AuditEntry.objects.bulk_create(entries)
        if decided.done:
            tell_proposers(locked, settled, after, reason, by)
            touch_inputs(locked.pk)
    return decided


def delete_event(*, event: Event, seen: int, reason: str, by: User) -> None:
    """Withdraw an event entered by mistake. Needs a reason; what it said stays in the audit trail."""
    if not access.may_change_event(by, event):
        raise NotAllowed
    if not reason.strip():
        raise InvalidInput(_("Withdrawing an event needs a reason."), "reason")
    with transaction.atomic():
        round_ = ensure_collecting(event.subject.round_id)
        current = _current(event.pk)
        if not access.may_change_event(by, current):
            raise Conflict(_theirs(current))  # decided meanwhile
        if not Event.objects.filter(pk=event.pk, version=seen).delete()[0]:
            raise Conflict(_theirs(current))
        audit.record(
            by,
            "withdraw event",
            event,
            label=label_of(current, current.subject),
            changes={name: (value, None) for name, value in shown(data_of(current)).items()}
            | {"status": (_status(current), None)},
            round_id=round_.pk,
            reason=reason.strip(),
        )
        touch_inputs(round_.pk)


# ---------------------------------------------------------------- rows


def _current(pk: int) -> Event:
    return Event.objects.select_related("subject", "updated_by").get(pk=pk)


def _swap(event: Event, seen: int, by: User, **values: object) -> None:
    changed = Event.objects.filter(pk=event.pk, version=seen).update(
        version=F("version") + 1, updated_by=by, updated_at=timezone.now(), **values
    )
    if not changed:
        raise Conflict(_theirs(event))


def _decision(status: str, reason: str, by: User) -> dict[str, object]:
    if status == EventStatus.PENDING:
        return {"status": status, "returned": False, "decided_by": None, "decided_at": None, "decision_reason": ""}
    return {
        "status": status,
        "returned": False,
        "decided_by": by,
        "decided_at": timezone.now(),
        "decision_reason": reason.strip(),
    }


def stale(event: Event) -> Conflict:
    """What somebody is told who saw an older state of this event."""
    return Conflict(_theirs(event))


def _theirs(event: Event) -> Theirs:
    words = " · ".join(str(value) for value in shown(data_of(event)).values() if value is not None)
    return Theirs(
        f"{event.subject.name} · {words} · {event.get_status_display()}",
        by=event.updated_by,
        at=event.updated_at,
        seen=str(event.version),
    )


def _status(event: Event) -> str:
    return RETURNED if event.returned else event.status


def label_of(event: Event, subject: Subject) -> str:
    return " · ".join(part for part in (subject.name, event.indicator, event.item, event.matter) if part)

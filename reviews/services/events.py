"""Bonus, penalty, deduction and inspection events: entered, changed, approved or rejected."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from appraisal_site.lib.fields import canonical
from indicators.services import engine_plan
from reviews.models import Event, EventStatus, NotApplicable, Round, Subject
from reviews.tree import COUNTED, EVENTS, Tree
from scoring.engine.types import CatalogueItem, Plan
from units import access, audit
from units.models import AuditEntry, User

from .errors import Conflict, InvalidInput, NotAllowed, ReviewError, Theirs
from .rounds import ensure_collecting, touch_inputs


@dataclass(frozen=True, slots=True)
class EventData:
    """What an event says. `value` None: the item's only value. `matter` is kept trimmed."""

    indicator: str
    item: str = ""
    count: Decimal = Decimal(1)
    value: Decimal | None = None
    matter: str = ""
    basis: str = ""
    date: datetime.date | None = None


@dataclass(slots=True)
class Decided:
    """What became of a bulk decision: events decided, and by event id why others were not."""

    done: list[int] = field(default_factory=list)
    refused: dict[int, ReviewError] = field(default_factory=dict)


def add_event(*, subject: Subject, data: EventData, by: User) -> Event:
    """Enter an event; it waits for approval and does not count yet. Audited.

    Raises NotAllowed, RoundClosed, InvalidInput ("indicator", "item", "count", "value").
    """
    if not access.may_manage_events(by):
        raise NotAllowed
    with transaction.atomic():
        round_ = ensure_collecting(subject.round_id)
        data = _checked(subject, data, round_)
        event = Event.objects.create(subject=subject, created_by=by, updated_by=by, **asdict(data))
        audit.record(
            by,
            "add event",
            event,
            label=_label(event, subject),
            changes={name: (None, value) for name, value in _shown(data).items()},
            round_id=round_.pk,
        )
        touch_inputs(round_.pk)
    return event


def change_event(*, event: Event, subject: Subject, data: EventData, seen: int, by: User) -> Event:
    """Change an event, if its version is still the one `seen`. A decided one waits for approval again.

    Audited with from and to. Raises like `add_event`, and Conflict.
    """
    if not access.may_manage_events(by):
        raise NotAllowed
    with transaction.atomic():
        round_ = ensure_collecting(event.subject.round_id)
        if subject.round_id != round_.pk:
            raise InvalidInput(_("This subject is not in the round."), "subject")
        data = _checked(subject, data, round_)
        current = _current(event.pk)
        before = _data(current)
        if before == data and current.subject_id == subject.pk:
            return current
        _swap(
            current,
            seen,
            by,
            subject=subject,
            status=EventStatus.PENDING,
            decided_by=None,
            decided_at=None,
            decision_reason="",
            **asdict(data),
        )
        after = _shown(data)
        audit.record(
            by,
            "change event",
            current,
            label=_label(current, subject),
            changes={name: (old, after[name]) for name, old in _shown(before).items()}
            | {
                "subject": (current.subject.name, subject.name),
                "status": (current.status, EventStatus.PENDING.value),
            },
            round_id=round_.pk,
        )
        touch_inputs(round_.pk)
    return _current(event.pk)


def decide_events(
    *,
    round: Round,  # noqa: A002
    seen: Sequence[tuple[int, int]],
    status: str,
    reason: str,
    by: User,
) -> Decided:
    """Approve, reject or reopen events, given as (id, version seen). A rejection needs a reason.

    Events changed meanwhile are reported as conflicts, the others decided; each is audited.
    """
    if not access.may_manage_events(by):
        raise NotAllowed
    if status not in EventStatus.values:
        raise InvalidInput(_("This is not a status."), "status")
    if status == EventStatus.REJECTED and not reason.strip():
        raise InvalidInput(_("A rejection needs a reason."), "reason")
    decided = Decided()
    with transaction.atomic():
        round_ = ensure_collecting(round)
        versions = dict(seen)
        events = Event.objects.filter(pk__in=versions, subject__round=round_).select_related("subject", "updated_by")
        entries: list[AuditEntry] = []
        for event in events:
            if event.status == status:
                continue
            try:
                _swap(event, versions[event.pk], by, **_decision(status, reason, by))
            except Conflict as conflict:
                decided.refused[event.pk] = conflict
                continue
            decided.done.append(event.pk)
            entries.append(
                audit.entry(
                    by,
                    "decide event",
                    event,
                    label=_label(event, event.subject),
                    changes={"status": (event.status, status)},
                    round_id=round_.pk,
                    reason=reason.strip(),
                )
            )
        AuditEntry.objects.bulk_create(entries)
        if decided.done:
            touch_inputs(round_.pk)
    return decided


def delete_event(*, event: Event, seen: int, reason: str, by: User) -> None:
    """Withdraw an event entered by mistake. Needs a reason; what it said stays in the audit trail."""
    if not access.may_manage_events(by):
        raise NotAllowed
    if not reason.strip():
        raise InvalidInput(_("Withdrawing an event needs a reason."), "reason")
    with transaction.atomic():
        round_ = ensure_collecting(event.subject.round_id)
        current = _current(event.pk)
        if not Event.objects.filter(pk=event.pk, version=seen).delete()[0]:
            raise Conflict(_theirs(current))
        audit.record(
            by,
            "withdraw event",
            event,
            label=_label(current, current.subject),
            changes={name: (value, None) for name, value in _shown(_data(current)).items()}
            | {"status": (current.status, None)},
            round_id=round_.pk,
            reason=reason.strip(),
        )
        touch_inputs(round_.pk)


def value_of(item: CatalogueItem | None, value: Decimal | None) -> Decimal | None:
    """What one count of an event is worth: its own value, else the item's only one."""
    if value is None and item is not None and len(item.values) == 1:
        return item.values[0]
    return value


# ---------------------------------------------------------------- checks


def _checked(subject: Subject, data: EventData, round_: Round) -> EventData:
    plan = engine_plan(round_.plan_version)
    data = check_event(plan, data)
    path = Tree(plan).path(data.indicator)
    above = NotApplicable.objects.filter(subject=subject, indicator__in=path).first()
    if above is not None:
        raise InvalidInput(
            _("“%(node)s” is not applicable to %(name)s.")
            % {"node": Tree(plan).nodes[above.indicator].title, "name": subject.name},
            "indicator",
        )
    return data


def check_event(plan: Plan, data: EventData) -> EventData:
    """The event as it is stored, or InvalidInput: leaf, item, count and value by the catalogue."""
    node = Tree(plan).get(data.indicator)
    if node is None or node.method not in EVENTS:
        raise InvalidInput(_("This indicator takes no events."), "indicator")
    items = {item.code: item for item in node.catalogue}
    item = items.get(data.item)
    if items and item is None:
        raise InvalidInput(_("Choose an item of the catalogue."), "item")
    if not items and data.item:
        raise InvalidInput(_("This indicator has no catalogue."), "item")
    if node.method not in COUNTED and data.count != 1:
        raise InvalidInput(_("A bonus has no count: it must be 1."), "count")
    if data.count <= 0:
        raise InvalidInput(_("The count must be greater than 0."), "count")
    return EventData(
        indicator=node.code,
        item=data.item,
        count=data.count,
        value=_check_value(item, data.value),
        matter=data.matter.strip(),
        basis=data.basis.strip(),
        date=data.date,
    )


def _check_value(item: CatalogueItem | None, value: Decimal | None) -> Decimal | None:
    values = item.values if item else ()
    if value is not None and value <= 0:
        raise InvalidInput(_("The value must be greater than 0; the indicator gives the sign."), "value")
    if len(values) == 1:
        if value is not None and value != values[0]:
            raise InvalidInput(
                _("The catalogue fixes the value at %(value)s.") % {"value": canonical(values[0])},
                "value",
            )
        return None
    if value is None:
        raise InvalidInput(_("State the value."), "value")
    if values and value not in values:
        expected = ", ".join(canonical(allowed) for allowed in values)
        raise InvalidInput(_("The value must be one of: %(values)s.") % {"values": expected}, "value")
    return value


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
        return {"status": status, "decided_by": None, "decided_at": None, "decision_reason": ""}
    return {
        "status": status,
        "decided_by": by,
        "decided_at": timezone.now(),
        "decision_reason": reason.strip(),
    }


def _theirs(event: Event) -> Theirs:
    words = " · ".join(str(value) for value in _shown(_data(event)).values() if value is not None)
    return Theirs(
        f"{event.subject.name} · {words} · {event.get_status_display()}",
        by=event.updated_by,
        at=event.updated_at,
        seen=str(event.version),
    )


def _data(event: Event) -> EventData:
    return EventData(event.indicator, event.item, event.count, event.value, event.matter, event.basis, event.date)


def _shown(data: EventData) -> dict[str, object]:
    """The fields that say something, for the audit trail and for the words of a conflict."""
    return {name: value if value != "" else None for name, value in asdict(data).items()}


def _label(event: Event, subject: Subject) -> str:
    return " · ".join(part for part in (subject.name, event.indicator, event.item, event.matter) if part)

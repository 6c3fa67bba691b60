"""An item of the rectification ledger: measures, progress, the report that it is done, and what is found of that."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from reviews.models import OPEN_ITEMS, TO_DO, ItemSource, ItemState, LedgerItem, LedgerNote
from reviews.queries.ledger import PARTS, trail_of_item, workers_of
from units import access, audit
from units.models import User

from .errors import Conflict, InvalidInput, NotAllowed, Theirs
from .ledger_notices import tell

LONGEST_TEXT = 4000
LONGEST_REASON = 500
TEXTS = {"measures", "progress"}  # as the log calls them


def said(item: LedgerItem) -> str:
    """What the log calls an item."""
    return f"{item.subject.name} · {item}"


def swap(item: LedgerItem, seen: int, states: Collection[str], **values: Any) -> None:
    """Change an item, if it is still the one `seen` and in one of these states. Call it inside a transaction.

    Raises Conflict with what it is now, InvalidInput where its state does not allow this.
    """
    rows = LedgerItem.objects.filter(pk=item.pk, version=seen, state__in=states)
    if rows.update(version=F("version") + 1, **values):
        return
    now = LedgerItem.objects.get(pk=item.pk)
    if now.version == seen:
        words = _("This cannot be done with an item in the state “%(state)s”.")
        raise InvalidInput(words % {"state": now.get_state_display()})
    last = trail_of_item(now).first()
    theirs = Theirs(
        str(now.get_state_display()),
        by=last.actor if last else None,
        at=last.at if last else None,
        seen=str(now.version),
    )
    raise Conflict(theirs)


def _text(text: str, field: str, empty: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise InvalidInput(empty, field)
    if len(text) > LONGEST_TEXT:
        words = _("The text has %(count)d characters; at most %(most)d can be kept.")
        raise InvalidInput(words % {"count": len(text), "most": LONGEST_TEXT}, field)
    return text


def _reason(text: str, empty: str) -> str:
    text = text.strip()
    if not text:
        raise InvalidInput(empty, "reason")
    return text[:LONGEST_REASON]


def _record(by: User, action: str, item: LedgerItem, changes: Mapping[str, tuple[Any, Any]], reason: str = "") -> None:
    """What answers a comment of voters easily quotes it, and more people read the log: then it says only that the texts
    changed. Why a deadline was put off stands nowhere else, and stays."""
    if item.source == ItemSource.COMMENT:
        changes = {name: pair for name, pair in changes.items() if name not in TEXTS}
        reason = reason if "deadline" in changes else ""
    audit.record(by, action, item, label=said(item), changes=changes, round_id=item.round_id, reason=reason)


# ---------------------------------------------------------------- the responsible side


def set_measures(*, item: LedgerItem, measures: str, seen: int, by: User) -> LedgerItem:
    """Write down what is to be done, or change it. From now on the item is being put right. Audited.

    Raises NotAllowed, Conflict, InvalidInput ("measures"; or the item is not being worked on).
    """
    if not access.may_work_on_item(by, item):
        raise NotAllowed
    measures = _text(measures, "measures", _("Say what is to be done."))
    with transaction.atomic():
        before, state = item.measures, item.state
        swap(item, seen, TO_DO, measures=measures, measures_by=by, state=ItemState.PLANNED)
        item.refresh_from_db()
        changes = {"measures": (before or None, measures), "item state": (state, item.state)}
        _record(by, "set ledger measures", item, changes)
    return item


def add_progress(*, item: LedgerItem, text: str, by: User) -> LedgerNote:
    """Write how far it is; nothing else changes. Audited. Raises NotAllowed, InvalidInput ("text"; or its state)."""
    if not access.may_work_on_item(by, item):
        raise NotAllowed
    text = _text(text, "text", _("Say what was done."))
    with transaction.atomic():
        # Locked, so that nothing is added to an item that somebody settles at this moment.
        locked = LedgerItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
        if locked.state not in TO_DO:
            words = _("This cannot be done with an item in the state “%(state)s”.")
            raise InvalidInput(words % {"state": locked.get_state_display()})
        note = LedgerNote.objects.create(item=item, text=text, by=by)
        _record(by, "write ledger progress", item, {"progress": (None, text)})
    return note


def report_done(*, item: LedgerItem, text: str, seen: int, by: User) -> LedgerItem:
    """Say that the problem is put right: it waits to be verified by somebody else. Audited.

    Raises NotAllowed, Conflict, InvalidInput ("text", "measures": none were set; or the item is not worked on).
    """
    if not access.may_work_on_item(by, item):
        raise NotAllowed
    text = _text(text, "text", _("Say what was done."))
    with transaction.atomic():
        if not item.measures:
            raise InvalidInput(_("Set the measures first."), "measures")
        state = item.state
        swap(item, seen, TO_DO, state=ItemState.REPORTED, state_words="", reported_at=timezone.now(), reported_by=by)
        LedgerNote.objects.create(item=item, text=text, is_report=True, by=by)
        item.refresh_from_db()
        _record(by, "report ledger item", item, {"progress": (None, text), "item state": (state, item.state)})
    return item


# ---------------------------------------------------------------- the office


def strike_off(*, items: Sequence[tuple[int, int]], note: str, by: User) -> list[LedgerItem]:
    """Find that reported items are done, all of them or none: (item, version seen). Audited one by one.

    Nobody strikes off what he did, reported or answers for himself. Raises NotAllowed (not the office), Conflict,
    InvalidInput (whose item it is, or none was chosen).
    """
    if not access.may_run_ledger(by):
        raise NotAllowed
    if not items:
        raise InvalidInput(_("Tick at least one item that waits to be verified."))
    note = note.strip()[:LONGEST_REASON]
    seen = dict(items)
    with transaction.atomic():
        found = list(LedgerItem.objects.filter(pk__in=seen).select_related(*PARTS).order_by("pk"))
        _ensure_another(found, by)
        for item in found:
            values = {"struck_off_at": timezone.now(), "struck_off_by": by, "state_words": note}
            swap(item, seen[item.pk], [ItemState.REPORTED], state=ItemState.STRUCK_OFF, **values)
            item.refresh_from_db()
            _record(by, "strike off ledger item", item, {"item state": (ItemState.REPORTED, item.state)}, note)
    return found


def _ensure_another(items: Sequence[LedgerItem], by: User) -> None:
    workers = workers_of(items)
    for item in items:
        if not access.may_verify_item(by, item, workers[item.pk]):
            words = _("%(number)s: whoever did it, reported it or answers for it cannot find that it is done.")
            raise InvalidInput(words % {"number": item.code})


def send_back(*, item: LedgerItem, reason: str, seen: int, by: User) -> LedgerItem:
    """Find that a reported item is not done. Its accounts are told. Audited with the reason.

    Raises NotAllowed, Conflict, InvalidInput ("reason"; or it does not wait, or is the own).
    """
    if not access.may_run_ledger(by):
        raise NotAllowed
    reason = _reason(reason, _("Sending back needs a reason."))
    with transaction.atomic():
        _ensure_another([item], by)
        values = {"state_words": reason, "reported_at": None, "reported_by": None}
        swap(item, seen, [ItemState.REPORTED], state=ItemState.RETURNED, **values)
        item.refresh_from_db()
        _record(by, "send back ledger item", item, {"item state": (ItemState.REPORTED, item.state)}, reason)
        tell([item], _("A problem is not put right yet"), by, reason)
    return item


def put_off(*, item: LedgerItem, deadline: datetime.date, reason: str, seen: int, by: User) -> LedgerItem:
    """Set a later deadline for an item that is worked on, with the reason. Audited.

    Raises NotAllowed, Conflict, InvalidInput ("deadline", "reason"; or it is not worked on).
    """
    if not access.may_change_item(by, item):
        raise NotAllowed
    reason = _reason(reason, _("Putting off the deadline needs a reason."))
    if deadline <= item.deadline:
        raise InvalidInput(_("The new deadline has to be after the old one."), "deadline")
    if deadline < timezone.localdate():
        raise InvalidInput(_("The deadline lies in the past."), "deadline")
    with transaction.atomic():
        before = item.deadline
        swap(item, seen, TO_DO, deadline=deadline)
        item.refresh_from_db()
        _record(by, "put off ledger item", item, {"deadline": (before, deadline)}, reason)
    return item


def take_out(*, item: LedgerItem, reason: str, seen: int, by: User) -> LedgerItem:
    """Withdraw an item that was entered wrongly, with the reason. It stays readable, its finding is free. Audited.

    Raises NotAllowed, Conflict, InvalidInput ("reason"; or it is settled).
    """
    if not access.may_change_item(by, item):
        raise NotAllowed
    reason = _reason(reason, _("Taking an item out needs a reason."))
    with transaction.atomic():
        state = item.state
        swap(item, seen, OPEN_ITEMS, state=ItemState.WITHDRAWN, state_words=reason)
        item.refresh_from_db()
        _record(by, "withdraw ledger item", item, {"item state": (state, item.state)}, reason)
    return item

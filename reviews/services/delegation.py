"""Delegation (委托代评): an assessor's account lets a colleague enter on its sheets for a time.

The colleague enters as long as it lasts and the trail names both. It ends by itself on its last day, and at once
when the giver's own right to the sheet ends.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from reviews.models import Assignment, Delegation, Round
from reviews.words import today
from units import access, audit
from units.models import Role, RoleGrant, User
from units.services.notifications import Message, notify

from .errors import InvalidInput, NotAllowed
from .rounds import ensure_collecting

OPEN_STATES = frozenset({Delegation.State.WAITING, Delegation.State.AGREED})


def delegate(
    *,
    round: Round,  # noqa: A002
    taker: User,
    sheets: Collection[Assignment],
    starts: datetime.date,
    ends: datetime.date,
    reason: str,
    by: User,
) -> Delegation:
    """Let `taker` enter on the giver's (`by`) sheets from one day to another.

    To an account of the same unit it is in force at once; to any other it waits for the office. Audited; the
    colleague is told. Raises NotAllowed, RoundClosed, InvalidInput ("taker", "sheets", "starts", "ends", "reason").
    """
    wanted = {sheet.pk for sheet in sheets}
    if not wanted:
        raise InvalidInput(_("Choose at least one sheet."), "sheets")
    if not reason.strip():
        raise InvalidInput(_("This needs a reason."), "reason")
    _check_dates(starts, ends)
    with transaction.atomic():
        locked = ensure_collecting(round)
        rows = list(Assignment.objects.filter(round=locked, pk__in=wanted))
        if len(rows) != len(wanted) or not all(access.may_delegate(by, row) for row in rows):
            raise NotAllowed
        _check_taker(taker, by, rows)
        state = Delegation.State.AGREED if _same_unit(taker, rows) else Delegation.State.WAITING
        created = Delegation.objects.create(
            round=locked, giver=by, taker=taker, starts=starts, ends=ends, reason=reason.strip(), state=state
        )
        created.sheets.set(rows)
        _record(created, "delegate sheets", by, None, reason)
        if state == Delegation.State.AGREED:
            _tell(taker, created, by, _("%(giver)s lets you enter marks in their place") % {"giver": by})
    return created


def decide_delegation(*, delegation: Delegation, agreed: bool, reason: str, by: User) -> Delegation:
    """The office's consent to a delegation to another unit, or its refusal with a reason. Audited; both are told."""
    if not access.may_consent_to_delegation(by):
        raise NotAllowed
    if not agreed and not reason.strip():
        raise InvalidInput(_("A refusal needs a reason."), "reason")
    with transaction.atomic():
        ensure_collecting(delegation.round_id)
        locked = _lock(delegation, {Delegation.State.WAITING})
        after = Delegation.State.AGREED if agreed else Delegation.State.REFUSED
        _settle(locked, after, "decide delegation", by, reason)
        if agreed:
            words = _("%(giver)s lets you enter marks in their place") % {"giver": locked.giver}
            _tell(locked.taker, locked, by, words)
            _tell(locked.giver, locked, by, _("The appraisal office agreed to your delegation"))
        else:
            _tell(locked.giver, locked, by, _("The appraisal office refused your delegation"))
    return locked


def revoke_delegation(*, delegation: Delegation, reason: str, by: User) -> Delegation:
    """Taken back by the giver, handed back by the taker, or ended by the office. Audited; the others are told."""
    if by.pk not in {delegation.giver_id, delegation.taker_id} and not access.may_consent_to_delegation(by):
        raise NotAllowed
    with transaction.atomic():
        locked = _lock(delegation, OPEN_STATES)
        _settle(locked, Delegation.State.REVOKED, "end delegation", by, reason)
        words = _("%(who)s ended the delegation of %(giver)s to %(taker)s") % {
            "who": by,
            "giver": locked.giver,
            "taker": locked.taker,
        }
        for account in (locked.giver, locked.taker):
            if account.pk != by.pk:
                _tell(account, locked, by, words)
    return locked


def _check_dates(starts: datetime.date, ends: datetime.date) -> None:
    if ends < starts:
        raise InvalidInput(_("The last day must not be before the first."), "ends")
    if ends < today():
        raise InvalidInput(_("The last day must not have passed."), "ends")


def _check_taker(taker: User, giver: User, rows: Collection[Assignment]) -> None:
    if taker.pk == giver.pk or not taker.is_active or not taker.grants:
        raise InvalidInput(_("Choose a colleague whose account is in use and has a role."), "taker")
    own = access.assessor_units(taker)
    if all(row.unit_id in own for row in rows):
        raise InvalidInput(_("%(name)s may enter on these sheets anyway.") % {"name": taker}, "taker")


def _same_unit(taker: User, rows: Collection[Assignment]) -> bool:
    """Whether every sheet belongs to a unit to which the account, or its person, belongs."""
    grants = RoleGrant.objects.filter(user=taker).values_list("unit_id", "person__unit_id")
    units = {unit for pair in grants for unit in pair if unit is not None}
    return all(row.unit_id in units for row in rows)


def colleagues(giver: User) -> list[User]:
    """Accounts of the giver's own assessing units, but for itself: those that need no consent. Two queries."""
    units = access.assessor_units(giver)
    grants = RoleGrant.objects.filter(Q(unit__in=units) | Q(person__unit__in=units)).exclude(user=giver)
    found = User.objects.filter(is_active=True, pk__in=grants.values("user"))
    # Who is an assessor of all these units anyway needs no delegation.
    having = RoleGrant.objects.filter(role=Role.ASSESSOR, unit__in=units).values_list("user_id", "unit_id")
    held: dict[int, set[int | None]] = {}
    for user, unit in having:
        held.setdefault(user, set()).add(unit)
    return [user for user in found.order_by("name", "username") if held.get(user.pk) != set(units)]


def _lock(delegation: Delegation, states: Collection[str]) -> Delegation:
    found = Delegation.objects.select_for_update(of=("self",)).select_related("giver", "taker")
    locked = found.get(pk=delegation.pk)
    if locked.state not in states:
        words = {"state": locked.get_state_display()}
        raise InvalidInput(_("This delegation is settled already: %(state)s.") % words)
    return locked


def _settle(locked: Delegation, after: str, action: str, by: User, reason: str) -> None:
    before, locked.state = locked.state, after
    locked.decided_at, locked.decided_by, locked.decision_reason = timezone.now(), by, reason.strip()
    locked.save(update_fields=["state", "decided_at", "decided_by", "decision_reason"])
    _record(locked, action, by, before, reason)


def _record(row: Delegation, action: str, by: User, before: str | None, reason: str) -> None:
    changes: dict[str, tuple[object, object]] = {"delegation": (before, row.state)}
    if before is None:
        changes |= {"from": (None, row.starts), "until": (None, row.ends)}
    audit.record(by, action, row, changes=changes, round_id=row.round_id, reason=reason.strip())


def _tell(account: User, row: Delegation, by: User, title: str) -> None:
    words = _("From %(from)s to %(until)s. %(reason)s") % {
        "from": row.starts.isoformat(),
        "until": row.ends.isoformat(),
        "reason": row.decision_reason or row.reason,
    }
    notify(messages=[Message(account, title, words, reverse("reviews:delegations", args=[row.round_id]))], by=by)

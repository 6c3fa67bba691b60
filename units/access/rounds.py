"""Accounts, the organisation, plans; rounds with their sheets and events; results."""

from __future__ import annotations

from typing import Any, Protocol

from ..models import Role, User
from .roles import (
    PUBLISHED,
    Assignment,
    Round,
    Subject,
    assessor_units,
    deputy_sheets,
    has_role,
    is_admin,
    is_office,
    is_own,
    stands_in_for,
)


class _Upload(Protocol):
    by_id: int


class _EventLeaf(Protocol):
    """What a round settles about one indicator's events (`unit_ids`: who may propose)."""

    @property
    def shown(self) -> bool: ...
    @property
    def applications(self) -> bool: ...
    @property
    def unit_ids(self) -> frozenset[int]: ...


class _Event(Protocol):
    status: str
    proposed_as: str
    proposed_for_id: int | None
    subject: Any


# ---------------------------------------------------------------- accounts, units, plans


def may_manage_accounts(user: Any) -> bool:
    return is_admin(user)


def may_see_accounts(user: Any) -> bool:
    return has_role(user, Role.ADMIN, Role.AUDITOR)


def may_see_organisation(user: Any) -> bool:
    return has_role(user, Role.ADMIN, Role.OFFICE, Role.AUDITOR)


def may_manage_organisation(user: Any) -> bool:
    return has_role(user, Role.ADMIN, Role.OFFICE)


def may_see_plans(user: Any) -> bool:
    """A plan is what everyone is measured by: everyone with an account may read it."""
    return isinstance(user, User) and user.is_active


def may_manage_plans(user: Any) -> bool:
    return is_office(user)


def may_see_audit(user: Any) -> bool:
    return has_role(user, Role.ADMIN, Role.OFFICE, Role.AUDITOR)


# ---------------------------------------------------------------- rounds


def may_see_rounds(user: Any) -> bool:
    return isinstance(user, User) and user.is_active and bool(user.grants)


def may_run_rounds(user: Any) -> bool:
    """Open, close, compute, announce, import, export, enter events and facts."""
    return is_office(user)


def may_see_progress(user: Any) -> bool:
    return has_role(user, Role.OFFICE, Role.AUDITOR, Role.ADMIN)


def may_see_some_marks(user: Any) -> bool:
    """Whether there is any sheet of marks this account may open: its own leaves, or all of them."""
    return may_see_all_marks(user) or bool(assessor_units(user)) or bool(deputy_sheets(user))


def may_enter_some_marks(user: Any) -> bool:
    """Whether there can be any leaf on which this account enters."""
    return is_office(user) or bool(assessor_units(user)) or bool(deputy_sheets(user))


def may_see_all_marks(user: Any) -> bool:
    return has_role(user, Role.OFFICE, Role.AUDITOR)


def may_see_marks(user: Any, assignment: Assignment) -> bool:
    return may_see_all_marks(user) or _assesses(user, assignment)


def may_enter_marks(user: Any, assignment: Assignment) -> bool:
    """Only the leaf's own assessor and who stands in for it; without a named one and a unit, the office."""
    if assignment.unit_id is None:
        return is_office(user)
    return _assesses(user, assignment)


def _assesses(user: Any, assignment: Assignment) -> bool:
    return assignment.unit_id in assessor_units(user) or stands_in_for(user, assignment) is not None


def may_delegate(user: Any, assignment: Assignment) -> bool:
    """An assessor passes on its own sheets, never those it holds for somebody else."""
    return assignment.unit_id is not None and assignment.unit_id in assessor_units(user)


def may_see_delegations(user: Any) -> bool:
    return may_see_some_marks(user)


def may_consent_to_delegation(user: Any) -> bool:
    return is_office(user)


def may_hand_out_sheets(user: Any) -> bool:
    """Download any assessor's score sheet as a file: there is nothing in it but marks."""
    return may_see_all_marks(user)


def may_settle_upload(user: Any, upload: _Upload) -> bool:
    """A score sheet that was filled in as a file is its uploader's alone until it is saved."""
    return isinstance(user, User) and user.is_active and upload.by_id == user.pk


def may_see_events(user: Any) -> bool:
    """Every event of a round. Assessors and subjects see those of theirs: `may_see_event`."""
    return has_role(user, Role.OFFICE, Role.AUDITOR)


def may_manage_events(user: Any) -> bool:
    """Decide on events, and change or withdraw those of others."""
    return is_office(user)


def may_propose_events(user: Any, leaf: _EventLeaf) -> bool:
    """Enter events of this indicator on any subject: the office, and the units that the round names for it."""
    return is_office(user) or not assessor_units(user).isdisjoint(leaf.unit_ids)


def may_apply_for_events(user: Any, subject: Subject, leaf: _EventLeaf) -> bool:
    """Apply for an event on one's own unit or person (申报)."""
    return leaf.applications and is_own(user, subject)


def may_see_event(user: Any, event: _Event, leaf: _EventLeaf) -> bool:
    """Who sees all; who may propose on its indicator; the subject what it applied for, and what is shown to it."""
    units = assessor_units(user)
    if may_see_events(user) or event.proposed_for_id in units or not units.isdisjoint(leaf.unit_ids):
        return True
    return (leaf.shown or event.proposed_as == "subject") and is_own(user, event.subject)


def is_proposer(user: Any, event: _Event) -> bool:
    """Whether this account speaks for who proposed the event: the assessor unit, or the subject itself."""
    if event.proposed_as == "subject":
        return is_own(user, event.subject)
    return event.proposed_as == "assessor" and event.proposed_for_id in assessor_units(user)


def may_change_event(user: Any, event: _Event) -> bool:
    """The office always; who proposed it as long as it is not decided."""
    return is_office(user) or (event.status == "pending" and is_proposer(user, event))


def may_comment_event(user: Any, event: _Event, leaf: _EventLeaf) -> bool:
    """The subject on what it sees, and the office, which answers."""
    return is_office(user) or (may_see_event(user, event, leaf) and is_own(user, event.subject))


def may_see_earlier(user: Any) -> bool:
    """The earlier rounds that a round reads, and the subjects' results in them."""
    return has_role(user, Role.OFFICE, Role.AUDITOR)


# ---------------------------------------------------------------- results


def may_see_ranking(user: Any, round_: Round) -> bool:
    """The office, auditors and leaders at any time; everybody with a role once it is announced."""
    if has_role(user, Role.OFFICE, Role.AUDITOR, Role.LEADER):
        return True
    return round_.phase in PUBLISHED and may_see_rounds(user)


def may_see_all_results(user: Any) -> bool:
    """Every subject's figures with their sources, and the arithmetic of the limits, at any time."""
    return has_role(user, Role.OFFICE, Role.AUDITOR, Role.LEADER)


def may_see_result(user: Any, round_: Round, subject: Subject) -> bool:
    """Every step from a figure to its source: office, auditors, leaders; the subject once announced."""
    if has_role(user, Role.OFFICE, Role.AUDITOR, Role.LEADER):
        return True
    return round_.phase in PUBLISHED and is_own(user, subject)


def may_download_workbook(user: Any) -> bool:
    return has_role(user, Role.OFFICE, Role.AUDITOR)


def may_upload_workbook(user: Any) -> bool:
    return is_office(user)

"""Polls: who runs them, who casts a ballot, who reads what of the count."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol

from ..models import Role, User
from .roles import PUBLISHED, Round, Subject, has_role, is_office, is_own, own_keys


class _Entitlement(Protocol):
    account_id: int | None
    unit_id: int | None
    person_id: int | None


def may_run_polls(user: Any) -> bool:
    """Say who votes, open and close, hand out slips, count with the keepers, annul."""
    return is_office(user)


def may_see_polls(user: Any) -> bool:
    """Turnout and what the counts found as a whole. No account sees a ballot: there is none to be seen."""
    return has_role(user, Role.OFFICE, Role.AUDITOR)


def may_be_voter(user: Any) -> bool:
    """Whether the account stands for somebody whom plans let vote. Whoever was chosen by name is one besides."""
    return has_role(user, Role.SUBJECT, Role.LEADER)


def may_see_paper_figures(user: Any, *, counters: Collection[int], compared: bool, is_over: bool, few: bool) -> bool:
    """The figures of a count of paper ballots: the two who counted once both are done (`compared`); office and auditors
    when the vote `is_over`, but not those of a `few` ballots, which say how their voters voted."""
    if not may_see_polls(user) or not compared:
        return False
    return user.pk in counters or (is_over and not few)


def may_read_comments(user: Any, round_: Round | None = None, subject: Subject | None = None) -> bool:
    """What voters wrote (above the minimum, shuffled): office and leaders; the subject of itself once announced.

    It is part of ballots: an auditor does not read it.
    """
    if has_role(user, Role.OFFICE, Role.LEADER):
        return True
    return round_ is not None and round_.phase in PUBLISHED and subject is not None and is_own(user, subject)


def may_cast(user: Any, entitlement: _Entitlement) -> bool:
    """Vote by account: whoever the entitlement names, or an account that stands for its unit or is its person."""
    if not isinstance(user, User) or not user.is_active:
        return False
    if entitlement.account_id is not None:
        return entitlement.account_id == user.pk
    units, _people = own_keys(user)
    people = {grant.person_id for grant in user.grants if grant.person_id}
    return (entitlement.unit_id in units) or (entitlement.person_id is not None and entitlement.person_id in people)

"""Interviews: who arranges, holds, reads and confirms them. What is said in them is for these few only."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol

from ..models import Role, User
from .roles import has_role, is_office


class _Interview(Protocol):
    state: str
    person_id: int | None

    @property
    def unit_id(self) -> int | None: ...
    @property
    def account_ids(self) -> Collection[int]: ...


SHOWN_TO_INTERVIEWED = frozenset({"held", "confirmed"})


def may_arrange_interviews(user: Any) -> bool:
    """Arrange, name who holds it, call off."""
    return is_office(user)


def may_see_interview_register(user: Any) -> bool:
    """Who was to be interviewed and whether it was done. An auditor sees that much and reads no record."""
    return has_role(user, Role.OFFICE, Role.AUDITOR)


def is_interviewed(user: Any, interview: _Interview) -> bool:
    """Whether it is about this account: the person's own, or the unit's where the unit as such is interviewed."""
    if not isinstance(user, User) or not user.is_active:
        return False
    mine = [grant for grant in user.grants if grant.role == Role.SUBJECT]
    if interview.person_id is not None:
        return any(grant.person_id == interview.person_id for grant in mine)
    return interview.unit_id is not None and any(
        grant.person_id is None and grant.unit_id == interview.unit_id for grant in mine
    )


def holds_interview(user: Any, interview: _Interview) -> bool:
    return isinstance(user, User) and user.is_active and user.pk in interview.account_ids


def may_record_interview(user: Any, interview: _Interview) -> bool:
    """Write the record and correct it: the office and who holds it, but nobody the one about himself."""
    if is_interviewed(user, interview):
        return False
    return is_office(user) or holds_interview(user, interview)


def may_read_interview(user: Any, interview: _Interview) -> bool:
    """The office, who holds it, and once it is held the interviewed. No leader, no auditor, no assessor."""
    if is_interviewed(user, interview):
        return interview.state in SHOWN_TO_INTERVIEWED
    return is_office(user) or holds_interview(user, interview)


def may_confirm_interview(user: Any, interview: _Interview) -> bool:
    return interview.state in SHOWN_TO_INTERVIEWED and is_interviewed(user, interview)

"""Changes of a running plan, on-site verification, review meetings."""

from __future__ import annotations

from typing import Any, Protocol

from ..models import Role, User
from .roles import Subject, has_role, is_office, is_own

# ---------------------------------------------------------------- changes of a running plan, on-site verification


def may_see_all_plan_changes(user: Any) -> bool:
    """Every application for a change. The versions of a round's plan are for everybody, as plans are."""
    return has_role(user, Role.OFFICE, Role.AUDITOR, Role.LEADER)


def may_see_plan_change(user: Any, subject: Subject | None) -> bool:
    return may_see_all_plan_changes(user) or (subject is not None and is_own(user, subject))


def may_ask_for_plan_change(user: Any, subject: Subject | None) -> bool:
    """The one appraised for itself; the office on anybody's behalf, and for the plan as a whole."""
    return is_office(user) or (subject is not None and is_own(user, subject))


def may_approve_plan_change(user: Any, subject: Subject | None) -> bool:
    """A supervising leader, but not on what concerns his own unit or himself."""
    return has_role(user, Role.LEADER) and (subject is None or not is_own(user, subject))


def may_run_plan_changes(user: Any) -> bool:
    """Carry out what was approved, change the plan of a round, set the date."""
    return is_office(user)


def may_see_inspections(user: Any) -> bool:
    return has_role(user, Role.OFFICE, Role.AUDITOR, Role.LEADER)


def may_run_inspections(user: Any) -> bool:
    """Draw samples, enter what was found, propose deductions."""
    return is_office(user)


# ---------------------------------------------------------------- review meetings


class _Meeting(Protocol):
    recorder_account_id: int | None


def may_see_meetings(user: Any) -> bool:
    """Every meeting with its agenda, attendance and minutes. The subjects see when and after whom they speak."""
    return has_role(user, Role.OFFICE, Role.AUDITOR, Role.LEADER)


def may_run_meetings(user: Any) -> bool:
    """Plan meetings, put the agenda in order, call off."""
    return is_office(user)


def may_record_meeting(user: Any, meeting: _Meeting) -> bool:
    """Check in, run the clock, write the minutes, open and close: the office, and the account it names."""
    if is_office(user):
        return True
    return isinstance(user, User) and user.is_active and meeting.recorder_account_id == user.pk


def may_see_meeting(user: Any, meeting: _Meeting) -> bool:
    return may_see_meetings(user) or may_record_meeting(user, meeting)

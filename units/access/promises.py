"""Open promises and task lists: who writes, approves, checks and reads them."""

from __future__ import annotations

from typing import Any, Protocol

from ..models import Person, Role, User
from .roles import Subject, has_role, is_office, is_own
from .rounds import may_see_rounds


class _Subject(Subject, Protocol):
    @property
    def person(self) -> Person | None: ...


def may_write_promises(user: Any, subject: Subject) -> bool:
    """Enter the own list, report on it."""
    return is_own(user, subject)


def may_run_promises(user: Any) -> bool:
    """Give task lists, change what is in force, dates and readers."""
    return is_office(user)


def may_decide_promises(user: Any, subject: Subject) -> bool:
    """Approve a list or send it back: the office, but nobody his own."""
    return is_office(user) and not is_own(user, subject)


def may_check_promises(user: Any, subject: Subject, *, assesses: bool) -> bool:
    """Say of each row whether it was done: the office, or who `assesses` in the round; nobody the own."""
    return (is_office(user) or assesses) and not is_own(user, subject)


def may_see_all_promises(user: Any) -> bool:
    """What was handed in, of everybody. A draft is its writer's alone."""
    return has_role(user, Role.OFFICE, Role.AUDITOR, Role.LEADER)


def may_read_promises(user: Any, subject: _Subject, *, audience: str, assesses: bool) -> bool:
    """What is in force: its writer, who sees all, who assesses; and the `audience` that was chosen for the round."""
    if is_own(user, subject) or may_see_all_promises(user) or assesses:
        return True
    if audience == "unit":
        return is_of_unit(user, subject)
    return audience == "all" and may_see_rounds(user)


def is_of_unit(user: Any, subject: _Subject) -> bool:
    """Whether the account, in whatever role, is of the subject's unit: of the one it is, or in which it works."""
    if not isinstance(user, User) or not user.is_active:
        return False
    wanted = {subject.unit_id, subject.person.unit_id if subject.person else None} - {None}
    units = {g.unit_id for g in user.grants} | {g.person.unit_id for g in user.grants if g.person}
    return not wanted.isdisjoint(units)


def units_of(user: Any) -> frozenset[int]:
    """The units that the account is of in whatever role: where `is_of_unit` holds, for a query."""
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    found = {g.unit_id for g in user.grants} | {g.person.unit_id for g in user.grants if g.person}
    return frozenset(pk for pk in found if pk is not None)

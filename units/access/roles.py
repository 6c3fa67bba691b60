"""Which account holds which role, and for whom it stands. The other modules of this package build on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ..models import Role, User

PUBLISHED = frozenset({"announced", "sealed"})


class Round(Protocol):
    phase: str


class Assignment(Protocol):
    pk: int
    unit_id: int | None


class Subject(Protocol):
    unit_id: int | None
    person_id: int | None


def has_role(user: Any, *roles: Role) -> bool:
    return isinstance(user, User) and user.is_active and any(grant.role in roles for grant in user.grants)


def is_admin(user: Any) -> bool:
    return has_role(user, Role.ADMIN)


def is_office(user: Any) -> bool:
    """The appraisal office (考核办): runs rounds. An administrator is not the office by that alone."""
    return has_role(user, Role.OFFICE)


def assessor_units(user: Any) -> frozenset[int]:
    """The units for which this account enters marks."""
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    return frozenset(g.unit_id for g in user.grants if g.role == Role.ASSESSOR and g.unit_id)


def deputy_sheets(user: Any) -> Mapping[int, int]:
    """The sheets this account enters in a colleague's place for a time (委托): sheet → the colleague's account."""
    return user.deputy_for if isinstance(user, User) and user.is_active else {}


def stands_in_for(user: Any, assignment: Assignment) -> int | None:
    """The account in whose place this one enters on a sheet; None where it has the right itself."""
    if assignment.unit_id is None or assignment.unit_id in assessor_units(user):
        return None
    return deputy_sheets(user).get(assignment.pk)


def is_own(user: Any, subject: Subject | None) -> bool:
    """Whether the subject is this account's own unit or person; what has no subject is nobody's own."""
    if not isinstance(user, User) or not user.is_active or subject is None:
        return False
    return any(
        g.role == Role.SUBJECT
        and (
            (g.person_id is not None and g.person_id == subject.person_id)
            or (g.person_id is None and g.unit_id is not None and g.unit_id == subject.unit_id)
        )
        for g in user.grants
    )


def belongs_to(user: Any, subject: Subject) -> bool:
    """Whether the account, in whatever role, is of the unit that is the subject, or is the person itself."""
    if not isinstance(user, User) or not user.is_active:
        return False
    if subject.person_id is not None:
        return any(g.person_id == subject.person_id for g in user.grants)
    units = {g.unit_id for g in user.grants} | {g.person.unit_id for g in user.grants if g.person}
    return subject.unit_id is not None and subject.unit_id in units


def is_subject(user: Any) -> bool:
    """Whether this account stands for a unit or a person that may be appraised."""
    return has_role(user, Role.SUBJECT)


def own_keys(user: Any) -> tuple[frozenset[int], frozenset[int]]:
    """The units and the people this account stands for: where `is_own` holds, for a query."""
    if not isinstance(user, User) or not user.is_active:
        return frozenset(), frozenset()
    mine = [grant for grant in user.grants if grant.role == Role.SUBJECT]
    people = frozenset(grant.person_id for grant in mine if grant.person_id)
    units = frozenset(grant.unit_id for grant in mine if grant.unit_id and not grant.person_id)
    return units, people

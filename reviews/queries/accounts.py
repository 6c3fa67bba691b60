"""Which accounts stand for whom: `units.access.is_own` and `assessor_units`, asked from the other side."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db.models import Q

from reviews.models import Subject
from units.models import Role, RoleGrant, User


def accounts_of(subjects: Sequence[Subject]) -> dict[int, list[User]]:
    """Subject id → the active accounts that stand for it. One query."""
    people = {subject.person_id for subject in subjects if subject.person_id}
    units = {subject.unit_id for subject in subjects if subject.unit_id}
    grants = RoleGrant.objects.filter(role=Role.SUBJECT, user__is_active=True)
    rows = grants.filter(Q(person__in=people) | Q(unit__in=units, person=None)).select_related("user")
    found: dict[int, list[User]] = {}
    by_person: dict[int, list[User]] = {}
    by_unit: dict[int, list[User]] = {}
    for grant in rows.order_by("user__name", "user_id"):
        if grant.person_id:
            by_person.setdefault(grant.person_id, []).append(grant.user)
        elif grant.unit_id:
            by_unit.setdefault(grant.unit_id, []).append(grant.user)
    for subject in subjects:
        both = [*by_person.get(subject.person_id or 0, ()), *by_unit.get(subject.unit_id or 0, ())]
        found[subject.pk] = list({user.pk: user for user in both}.values())
    return found


def assessors_of(unit_ids: Collection[int]) -> dict[int, list[User]]:
    """Unit id → the active accounts that enter marks for it, where there are any. One query."""
    found: dict[int, dict[int, User]] = {}
    grants = RoleGrant.objects.filter(role=Role.ASSESSOR, unit__in=unit_ids, user__is_active=True)
    for grant in grants.select_related("user").order_by("user__name", "user_id"):
        if grant.unit_id is not None:
            found.setdefault(grant.unit_id, {})[grant.user_id] = grant.user
    return {unit: list(accounts.values()) for unit, accounts in found.items()}

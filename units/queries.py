"""Reads of units, people, accounts and the change log. Each says how many queries it costs."""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from .models import AuditEntry, Notification, Person, Role, RoleGrant, Unit, User

MAX_DEPTH_SHOWN = 6  # static/css/app.css indents that deep


@dataclass
class Node:
    """One line of the tree. `depth` is 0 for a unit without a higher one; `path` names those above it."""

    unit: Unit
    depth: int
    has_children: bool
    path: str

    @property
    def indent(self) -> int:
        return min(self.depth, MAX_DEPTH_SHOWN)


def unit_tree(*, inactive: bool = False) -> list[Node]:
    """All units, each followed by those below it, siblings by order and code (one query).

    A unit whose higher unit is not among them stands at the top.
    """
    units = list(Unit.objects.all() if inactive else Unit.objects.filter(is_active=True))
    known = {unit.pk for unit in units}
    below: dict[int | None, list[Unit]] = defaultdict(list)
    for unit in units:
        below[unit.parent_id if unit.parent_id in known else None].append(unit)
    nodes: list[Node] = []
    waiting = [(unit, 0, "") for unit in reversed(below[None])]
    while waiting:
        unit, depth, path = waiting.pop()
        children = below.get(unit.pk, [])
        nodes.append(Node(unit, depth, bool(children), path))
        lower = f"{path} / {unit.name}" if path else unit.name
        waiting.extend((child, depth + 1, lower) for child in reversed(children))
    return nodes


def select_units(*, words: str = "", category: str = "", inactive: bool = False) -> list[Node]:
    """The tree, or with a search or a category the matching units as a flat list (one query)."""
    nodes = unit_tree(inactive=inactive)
    if not words and not category:
        return nodes
    wanted = [word.lower() for word in words.split()]
    found = []
    for node in nodes:
        unit = node.unit
        text = f"{unit.code} {unit.name} {unit.short_name} {unit.contact} {unit.phone}".lower()
        if category in {"", unit.category} and all(word in text for word in wanted):
            found.append(Node(unit, 0, False, node.path))
    return found


def people_per_unit(units: list[int]) -> dict[int, int]:
    """Active people of each of these units (one query)."""
    rows = Person.objects.filter(unit__in=units, is_active=True).values_list("unit").annotate(Count("pk")).order_by()
    return dict(rows)


def ancestors(unit: Unit) -> list[Unit]:
    """The units above, the highest first (one query)."""
    if unit.parent_id is None:
        return []
    all_units = {one.pk: one for one in Unit.objects.only("name", "parent_id")}
    path: list[Unit] = []
    above: int | None = unit.parent_id
    while above is not None and len(path) < len(all_units):
        path.append(all_units[above])
        above = all_units[above].parent_id
    return path[::-1]


def used_values(model: type[Unit] | type[Person], field: str) -> list[str]:
    """The values in use of a free-text field such as category, for filters and suggestions (one query)."""
    rows = model._default_manager.exclude(**{field: ""}).order_by(field)
    return list(rows.values_list(field, flat=True).distinct())


def select_people(
    *,
    words: str = "",
    unit: Unit | None = None,
    category: str = "",
    group: str = "",
    inactive: bool = False,
) -> QuerySet[Person]:
    found = Person.objects.select_related("unit").order_by("unit__order", "unit__code", "order", "code")
    if not inactive:
        found = found.filter(is_active=True)
    if unit is not None:
        found = found.filter(unit=unit)
    if category:
        found = found.filter(category=category)
    if group:
        found = found.filter(group=group)
    for word in words.split():
        found = found.filter(
            Q(code__icontains=word)
            | Q(name__icontains=word)
            | Q(position__icontains=word)
            | Q(phone__icontains=word)
            | Q(unit__name__icontains=word)
        )
    return found


def _with_grants(accounts: QuerySet[User]) -> QuerySet[User]:
    grants = RoleGrant.objects.select_related("unit", "person")
    return accounts.prefetch_related(Prefetch("role_grants", queryset=grants))


def select_accounts(*, words: str = "", role: str = "", state: str = "") -> QuerySet[User]:
    """Accounts with their roles (two queries). `state`: "active", "initial" (password), "inactive" or "" for all."""
    found = User.objects.order_by("username")
    if state:
        found = found.filter(is_active=state != "inactive")
    if state == "initial":
        found = found.filter(must_change_password=True)
    if role:
        found = found.filter(Exists(RoleGrant.objects.filter(user=OuterRef("pk"), role=role)))
    for word in words.split():
        bound = RoleGrant.objects.filter(user=OuterRef("pk")).filter(
            Q(unit__name__icontains=word) | Q(unit__code=word) | Q(person__name__icontains=word)
        )
        found = found.filter(Q(username__icontains=word) | Q(name__icontains=word) | Exists(bound))
    return _with_grants(found)


def accounts_of_unit(unit: Unit) -> QuerySet[User]:
    """Accounts with a role for the unit or for one of its people (two queries)."""
    bound = RoleGrant.objects.filter(Q(unit=unit) | Q(person__unit=unit), user=OuterRef("pk"))
    return _with_grants(User.objects.filter(Exists(bound)).order_by("username"))


def accounts_of_person(person: Person) -> QuerySet[User]:
    bound = RoleGrant.objects.filter(person=person, user=OuterRef("pk"))
    return _with_grants(User.objects.filter(Exists(bound)).order_by("username"))


def without_account(people: QuerySet[Person]) -> QuerySet[Person]:
    """Of these people those for whom no account stands as the subject that they are."""
    bound = RoleGrant.objects.filter(person=OuterRef("pk"), role=Role.SUBJECT)
    return people.filter(~Exists(bound))


def select_audit(
    *,
    actor: str = "",
    words: str = "",
    target: str = "",
    target_id: str = "",
    since: datetime.date | None = None,
    until: datetime.date | None = None,
) -> QuerySet[AuditEntry]:
    """The change log, newest first. `words` are sought in object and reason; both days are included."""
    found = AuditEntry.objects.select_related("actor", "on_behalf")
    for word in actor.split():
        found = found.filter(Q(actor__name__icontains=word) | Q(actor__username__icontains=word))
    for word in words.split():
        found = found.filter(Q(label__icontains=word) | Q(reason__icontains=word))
    if target:
        found = found.filter(target=target)
    if target_id:
        found = found.filter(target_id=target_id)
    if since:
        found = found.filter(at__date__gte=since)
    if until:
        found = found.filter(at__date__lte=until)
    return found


def audit_targets() -> list[str]:
    """Kinds of objects that the log mentions (one query)."""
    return list(AuditEntry.objects.order_by("target").values_list("target", flat=True).distinct())


def trail(target: Any, limit: int = 20) -> list[AuditEntry]:
    """The last changes of one object (one query)."""
    rows = AuditEntry.objects.filter(target=target._meta.label_lower, target_id=str(target.pk))
    return list(rows.select_related("actor", "on_behalf")[:limit])


# ---------------------------------------------------------------- messages


def notifications_of(account: User, *, unread: bool = False) -> QuerySet[Notification]:
    """The account's messages, the newest first."""
    found = Notification.objects.filter(account=account).select_related("created_by")
    return found.filter(read_at__isnull=True) if unread else found


def unread_count(account: User) -> int:
    return Notification.objects.filter(account=account, read_at__isnull=True).count()

"""Units and people: creating and changing. The tree stays a tree; nothing is ever deleted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from .. import access, audit
from ..guards import require
from ..models import Person, Unit, User
from .errors import ChangedMeanwhile, Refused

UNIT_FIELDS = ("code", "name", "short_name", "parent", "category", "order", "contact", "phone", "is_active")
PERSON_FIELDS = (
    "code",
    "name",
    "unit",
    "position",
    "rank",
    "category",
    "group",
    "order",
    "phone",
    "is_active",
)


def fields_of(target: Unit | Person) -> tuple[str, ...]:
    return UNIT_FIELDS if isinstance(target, Unit) else PERSON_FIELDS


def fingerprint(target: Unit | Person) -> str:
    """A digest of what a form showed, to find out whether somebody saved in between."""
    names = (target._meta.get_field(name).attname for name in fields_of(target))  # type: ignore[union-attr]
    content = json.dumps([str(getattr(target, name)) for name in names])
    return hashlib.sha256(content.encode()).hexdigest()[:20]


def higher_units() -> dict[int, int | None]:
    """Unit → the unit above it, for all units (one query)."""
    return dict(Unit.objects.values_list("pk", "parent_id"))


def is_below(unit: int | None, top: int, above: Mapping[int, int | None]) -> bool:
    """Whether `unit` is `top` itself or somewhere below it."""
    seen: set[int] = set()
    while unit is not None and unit not in seen:
        if unit == top:
            return True
        seen.add(unit)
        unit = above.get(unit)
    return False


def lock_tree() -> dict[int, int | None]:
    """`higher_units`, and nobody else moves a unit until this transaction ends.

    Two moves, each right by itself, could together make a circle.
    """
    rows = Unit.objects.select_for_update().order_by("pk")
    return dict(rows.values_list("pk", "parent_id"))


def _check_parent(unit: Unit, parent: Unit | None) -> None:
    if parent is None or parent.pk == unit.parent_id:
        return
    if is_below(parent.pk, unit.pk, lock_tree()):
        raise Refused(
            {
                "parent": _("“%(parent)s” is “%(unit)s” itself or lies below it. Choose another higher unit.")
                % {"parent": parent, "unit": unit}
            }
        )


def _check_closing(unit: Unit) -> None:
    if Unit.objects.filter(parent=unit, is_active=True).exists():
        raise Refused({"is_active": _("It still has active units below it. Move or deactivate those first.")})
    if Person.objects.filter(unit=unit, is_active=True).exists():
        raise Refused({"is_active": _("Active people still belong to it. Move or deactivate them first.")})


def _check_opening(target: Unit | Person, above: Unit | None) -> None:
    if above is not None and not above.is_active:
        field = "parent" if isinstance(target, Unit) else "unit"
        raise Refused({field: _("“%(unit)s” is not active.") % {"unit": above}})


def _create(target: models.Model, names: tuple[str, ...], values: Mapping[str, Any], by: User) -> None:
    for name in names:
        setattr(target, name, values[name])
    target.save()
    kind = target._meta.model_name
    changes = {name: (None, values[name]) for name in names if values[name] not in ("", None)}
    audit.record(by, f"create {kind}", target, changes=changes)


def _change(target: models.Model, names: tuple[str, ...], values: Mapping[str, Any], by: User) -> None:
    changes = {name: (getattr(target, name), values[name]) for name in names}
    changes = {name: pair for name, pair in changes.items() if pair[0] != pair[1]}
    if not changes:
        return
    for name in changes:
        setattr(target, name, values[name])
    target.save(update_fields=list(changes))
    audit.record(by, f"change {target._meta.model_name}", target, changes=changes)


@transaction.atomic
def create_unit(*, values: Mapping[str, Any], by: User) -> Unit:
    """A new unit from UNIT_FIELDS; also an audit entry. Raises Refused, or IntegrityError if code or name is taken."""
    require(access.may_manage_organisation(by))
    unit = Unit()
    if values["is_active"]:
        _check_opening(unit, values["parent"])
    _create(unit, UNIT_FIELDS, values, by)
    return unit


@transaction.atomic
def change_unit(*, pk: int, values: Mapping[str, Any], seen: str, by: User) -> Unit:
    """Change a unit; also an audit entry with what differs. `seen` is the fingerprint that the form showed.

    Raises ChangedMeanwhile, Refused (a circle, an inactive higher unit, active units or people below one that
    is closed), or IntegrityError if code or name is taken.
    """
    require(access.may_manage_organisation(by))
    unit = Unit.objects.select_for_update(of=("self",)).select_related("parent").get(pk=pk)
    if fingerprint(unit) != seen:
        raise ChangedMeanwhile(unit)
    _check_parent(unit, values["parent"])
    if unit.is_active and not values["is_active"]:
        _check_closing(unit)
    if values["is_active"] and (not unit.is_active or values["parent"] != unit.parent):
        _check_opening(unit, values["parent"])
    _change(unit, UNIT_FIELDS, values, by)
    return unit


@transaction.atomic
def create_person(*, values: Mapping[str, Any], by: User) -> Person:
    """A new person from PERSON_FIELDS; also an audit entry. Raises Refused, or IntegrityError if the code is taken."""
    require(access.may_manage_organisation(by))
    person = Person()
    if values["is_active"]:
        _check_opening(person, values["unit"])
    _create(person, PERSON_FIELDS, values, by)
    return person


@transaction.atomic
def change_person(*, pk: int, values: Mapping[str, Any], seen: str, by: User) -> Person:
    """Change a person; also an audit entry. Raises ChangedMeanwhile, Refused or IntegrityError as `change_unit`."""
    require(access.may_manage_organisation(by))
    person = Person.objects.select_for_update(of=("self",)).select_related("unit").get(pk=pk)
    if fingerprint(person) != seen:
        raise ChangedMeanwhile(person)
    if values["is_active"] and (not person.is_active or values["unit"] != person.unit):
        _check_opening(person, values["unit"])
    _change(person, PERSON_FIELDS, values, by)
    return person

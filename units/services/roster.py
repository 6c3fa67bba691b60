"""Applying a roster: all of it or nothing, and only what the preview showed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from .. import access, audit
from ..guards import require
from ..models import AuditEntry, Person, Unit, User
from ..roster.check import State, check_roster
from ..roster.compare import CHANGED, NEW, Comparison, RowChange, compare
from ..roster.layout import PEOPLE, UNITS
from .organisation import lock_tree

BATCH = 500


class RosterOutdated(Exception):
    """What would be written is no longer what the preview showed; show it again."""


@transaction.atomic
def apply_roster(*, content: bytes, digest: str, filename: str, by: User) -> Comparison:
    """Write what `compare` found with this `digest`; one audit entry for each unit and person written.

    The file is checked again against what is stored now, with the tree locked. Raises RosterOutdated, UnreadableFile.
    """
    require(access.may_manage_organisation(by))
    lock_tree()
    list(Person.objects.select_for_update().order_by("pk").values_list("pk"))
    state = State.load()
    roster = check_roster(content, state)
    found = compare(roster, state)
    if roster.problems or found.digest != digest:
        raise RosterOutdated
    new_units, changed_units = found.of(UNITS, NEW), found.of(UNITS, CHANGED)
    _create_units(new_units, state)
    _change_units(changed_units, state)
    new_people, changed_people = found.of(PEOPLE, NEW), found.of(PEOPLE, CHANGED)
    people = [Person(**_resolved(row, state)) for row in new_people]
    for person in Person.objects.bulk_create(people):
        state.people[person.code] = person
    _update(Person, changed_people, state.people, state)
    names = {code: unit.name for code, unit in state.units.items()}
    entries = [
        *_entries("create unit", new_units, state.units, names, filename, by),
        *_entries("change unit", changed_units, state.units, names, filename, by),
        *_entries("create person", new_people, state.people, names, filename, by),
        *_entries("change person", changed_people, state.people, names, filename, by),
    ]
    AuditEntry.objects.bulk_create(entries)
    return found


def _resolved(row: RowChange, state: State) -> dict[str, Any]:
    """The row's values with units in place of their codes."""
    values = row.values()
    for field in ("parent", "unit"):
        if field in values:
            values[field] = state.units[values[field]] if values[field] else None
    return values


def _create_units(rows: Sequence[RowChange], state: State) -> None:
    """One insert per level of the tree, as a unit needs the key of the one above it."""
    waiting = list(rows)
    while waiting:
        ready = [row for row in waiting if not row.values().get("parent") or row.values()["parent"] in state.units]
        for unit in Unit.objects.bulk_create([Unit(**_resolved(row, state)) for row in ready]):
            state.units[unit.code] = unit
        done = {row.code for row in ready}
        waiting = [row for row in waiting if row.code not in done]


def _change_units(rows: Sequence[RowChange], state: State) -> None:
    """Names are unique at every moment: where units exchange names, they step aside first."""
    held = {state.units[row.code].name for row in rows}
    aside = [state.units[row.code] for row in rows if row.values().get("name") in held]
    for unit in aside:
        unit.name = f"\u2060{unit.pk}"
    Unit.objects.bulk_update(aside, ["name"], batch_size=BATCH)
    _update(Unit, rows, state.units, state)


def _update(model: type[Unit] | type[Person], rows: Sequence[RowChange], stored: Any, state: State) -> None:
    fields: set[str] = set()
    for row in rows:
        for field, value in _resolved(row, state).items():
            setattr(stored[row.code], field, value)
            fields.add(field)
    if fields:
        targets = [stored[row.code] for row in rows]
        model._default_manager.bulk_update(targets, sorted(fields), batch_size=BATCH)


def _entries(
    action: str, rows: Iterable[RowChange], stored: Any, names: Mapping[str, str], filename: str, by: User
) -> list[AuditEntry]:
    """Units are named in the log as everywhere else, not by their codes."""

    def shown(field: str, value: Any) -> Any:
        return names.get(value, value) if field in {"parent", "unit"} else value

    return [
        audit.entry(
            by,
            action,
            stored[row.code],
            changes={one.field: (shown(one.field, one.before), shown(one.field, one.after)) for one in row.fields},
            reason=filename,
        )
        for row in rows
    ]

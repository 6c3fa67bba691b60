"""What a roster would change: new, changed and unchanged rows, and a digest of all of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst

from ..models import Person, Unit
from .check import Draft, Roster, State
from .layout import PEOPLE, UNITS, Sheet

NEW, CHANGED, UNCHANGED = "new", "changed", "unchanged"


@dataclass(frozen=True)
class FieldChange:
    """`field` is the model's; before and after are as stored, units by code; `words` is its name for people."""

    field: str
    words: str
    before: Any
    after: Any


@dataclass(frozen=True)
class RowChange:
    sheet: Sheet
    row: int
    code: str
    name: str
    kind: str
    fields: tuple[FieldChange, ...]

    def values(self) -> dict[str, Any]:
        return {change.field: change.after for change in self.fields}


@dataclass(frozen=True)
class Comparison:
    rows: tuple[RowChange, ...]

    def of(self, sheet: Sheet, kind: str) -> list[RowChange]:
        return [row for row in self.rows if row.sheet is sheet and row.kind == kind]

    def counts(self) -> dict[str, dict[str, int]]:
        """{"单位": {"new": 3, "changed": 0, "unchanged": 42}, …}"""
        return {
            sheet.title: {kind: len(self.of(sheet, kind)) for kind in (NEW, CHANGED, UNCHANGED)}
            for sheet in (UNITS, PEOPLE)
        }

    @property
    def changes_anything(self) -> bool:
        return any(row.kind != UNCHANGED for row in self.rows)

    @property
    def digest(self) -> str:
        """The same for two comparisons that would write the same over the same."""
        said = [
            [row.sheet.title, row.code, row.kind, [[one.field, one.before, one.after] for one in row.fields]]
            for row in self.rows
            if row.kind != UNCHANGED
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _stored(target: Unit | Person | None, field: str) -> Any:
    if target is None:
        return None
    value = getattr(target, field)
    if field in {"parent", "unit"}:
        return value.code if value else ""
    return value


def _compare(sheet: Sheet, draft: Draft, target: Unit | Person | None) -> RowChange:
    changes = []
    # Who stands in the roster is there: a deactivated unit or person becomes active again.
    wanted = draft.values if target is None else {**draft.values, "is_active": True}
    for field, after in wanted.items():
        before = _stored(target, field)
        if before != after and not (target is None and after in ("", 0)):
            words = capfirst(str(sheet.model._meta.get_field(field).verbose_name))  # type: ignore[union-attr]
            changes.append(FieldChange(field, words, before, after))
    kind = NEW if target is None else CHANGED if changes else UNCHANGED
    return RowChange(sheet, draft.row, draft.code, draft.values.get("name", ""), kind, tuple(changes))


def compare(roster: Roster, state: State) -> Comparison:
    """Each row of a roster without problems beside what is stored."""
    units = [_compare(UNITS, draft, state.units.get(draft.code)) for draft in roster.units]
    people = [_compare(PEOPLE, draft, state.people.get(draft.code)) for draft in roster.people]
    return Comparison((*units, *people))

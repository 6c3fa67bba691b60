"""Cells of a sheet: what stands now for each subject on one leaf, entered by one assessor."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from django.utils.translation import gettext as _

from appraisal_site.lib.fields import canonical
from reviews.models import Assignment, Mark, NotApplicable
from reviews.tree import Tree
from units.models import User


class Kind(StrEnum):
    EMPTY = "empty"
    MARK = "mark"
    NOT_APPLICABLE = "not_applicable"
    ABOVE = "above"  # a node above is not applicable, and this leaf with it


@dataclass(frozen=True, slots=True)
class Cell:
    """One subject's cell. `seen` names this very state: kind, row and version ("" when empty)."""

    kind: Kind = Kind.EMPTY
    value: Decimal | None = None
    note: str = ""
    by: User | None = None
    at: datetime | None = None
    seen: str = ""
    row: Mark | NotApplicable | None = None

    @property
    def words(self) -> str:
        if self.kind is Kind.EMPTY:
            return _("empty")
        return _("not applicable") if self.value is None else canonical(self.value)


EMPTY = Cell()


def cells_of(assignment: Assignment, tree: Tree, subject_ids: Collection[int]) -> dict[int, Cell]:
    """Subject id → its cell, for those that have one. Two queries."""
    marks = Mark.objects.filter(subject__in=subject_ids, indicator=assignment.indicator).select_related("updated_by")
    if assignment.assessor:
        marks = marks.filter(assessor=assignment.assessor)
    found = {mark.subject_id: mark_cell(mark) for mark in marks.order_by("-assessor", "-pk")}
    excluded = NotApplicable.objects.filter(
        subject__in=subject_ids, indicator__in=tree.path(assignment.indicator)
    ).select_related("updated_by")
    for row in excluded:
        cell = not_applicable_cell(row, own=row.indicator == assignment.indicator)
        if found.get(row.subject_id, EMPTY).kind is not Kind.ABOVE:
            found[row.subject_id] = cell
    return found


def mark_cell(mark: Mark) -> Cell:
    return Cell(
        Kind.MARK,
        mark.value,
        mark.note,
        mark.updated_by,
        mark.updated_at,
        f"m{mark.pk}.{mark.version}",
        mark,
    )


def not_applicable_cell(row: NotApplicable, *, own: bool) -> Cell:
    kind = Kind.NOT_APPLICABLE if own else Kind.ABOVE
    seen = f"n{row.pk}.{row.version}"
    return Cell(kind, None, row.note, row.updated_by, row.updated_at, seen, row)

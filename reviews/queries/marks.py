"""Cells of a sheet: what stands now for each subject on one leaf, entered by one assessor."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from appraisal_site.lib.fields import canonical
from appraisal_site.lib.prepared import Prepared, instance, names_of
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


SIGNATURE = ["updated_by__name", "updated_by__username"]
_marks = Prepared(
    lambda subjects, codes: (
        Mark.objects.filter(subject__in=subjects, indicator__in=codes)
        .order_by("-assessor", "-pk")
        .values_list(*names_of(Mark), *SIGNATURE)
    )
)
_excluded = Prepared(
    lambda subjects, codes: NotApplicable.objects.filter(subject__in=subjects, indicator__in=codes).values_list(
        *names_of(NotApplicable), *SIGNATURE
    )
)
R = TypeVar("R", bound=Mark | NotApplicable)


def _signed(model: type[R], rows: Iterable[tuple[Any, ...]]) -> list[R]:
    """The rows as objects, each with as much of the account that wrote it as is shown."""
    names = names_of(model)
    found: list[R] = []
    for values in rows:
        row = instance(model, names, values[: len(names)])
        if row.updated_by_id:
            row.updated_by = instance(User, ["id", "name", "username"], [row.updated_by_id, *values[len(names) :]])
        found.append(row)
    return found


def cells_of(assignment: Assignment, tree: Tree, subject_ids: Collection[int]) -> dict[int, Cell]:
    """Subject id → cell, for those that are not empty. Two queries."""
    found = cells_of_sheets([assignment], tree, subject_ids)
    return {subject_id: cell for (_pk, subject_id), cell in found.items()}


def cells_of_sheets(
    assignments: Collection[Assignment], tree: Tree, subject_ids: Collection[int]
) -> dict[tuple[int, int], Cell]:
    """(assignment id, subject id) → cell, for those that are not empty. Two queries, however many sheets.

    A leaf without a named assessor shows whatever mark is there.
    """
    given = _signed(Mark, _marks(list(subject_ids), sorted({one.indicator for one in assignments})))
    paths = {one.pk: tree.path(one.indicator) for one in assignments}
    codes = {code for path in paths.values() for code in path}
    excluded = _signed(NotApplicable, _excluded(list(subject_ids), sorted(codes)))
    found: dict[tuple[int, int], Cell] = {}
    for one in assignments:
        for mark in given:
            if mark.indicator == one.indicator and one.assessor in {"", mark.assessor}:
                found[one.pk, mark.subject_id] = mark_cell(mark)
        for row in excluded:
            place = one.pk, row.subject_id
            if row.indicator in paths[one.pk] and found.get(place, EMPTY).kind is not Kind.ABOVE:
                found[place] = not_applicable_cell(row, own=row.indicator == one.indicator)
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


def row_cell(row: Mark | NotApplicable) -> Cell:
    """The cell that this row makes of its own leaf."""
    return mark_cell(row) if isinstance(row, Mark) else not_applicable_cell(row, own=True)

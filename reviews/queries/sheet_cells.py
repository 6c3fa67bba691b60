"""The cells of the grid as plain data.

A cell has `v` (plain digits or ""), `seen` (names this very state), and where there is any `na`, `note`, `by`, `at`,
`locked` (why nothing can be entered). Numbers have one cell per part, without notes.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db.models import CharField
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from appraisal_site.lib.fields import canonical
from reviews.models import Attainment, Mark, NotApplicable, NumberInput, Round, Subject, Target, TargetState
from reviews.own_unit import OwnUnits
from reviews.tree import ATTAINMENT, NUMBERS, Tree, takes_marks
from units import access
from units.models import User

from .marks import Cell, Kind
from .sheet import Grid, Leaf, places

CellData = dict[str, Any]
EMPTY: CellData = {"v": "", "seen": ""}


def cells_of_grid(grid: Grid) -> dict[str, CellData]:
    """All cells that are not empty, by key. Seven queries at most, however many rows."""
    cells: dict[str, CellData] = {}
    if grid.marked:
        cells |= _all_marks(grid.round, grid.marked)
        _overlay_excluded(cells, grid)
    return cells | all_numbers(grid, Subject.objects.filter(round=grid.round).values("pk"))


def close_own_units(
    user: User, grid: Grid, own: OwnUnits, cells: dict[str, CellData], subjects: Iterable[int]
) -> dict[str, CellData]:
    """The cells, with the reason in those of these subjects that the plan closes to this account."""
    entitled = {leaf.assignment.pk for leaf in grid.marked if access.may_enter_marks(user, leaf.assignment)}
    return close_for(grid, own, cells, subjects, office=access.is_office(user), entitled=entitled)


def close_for(
    grid: Grid,
    own: OwnUnits,
    cells: dict[str, CellData],
    subjects: Iterable[int],
    *,
    office: bool = False,
    entitled: Collection[int] | None = None,
) -> dict[str, CellData]:
    """The same for whoever has a right of their own to the sheets `entitled` (None: all)."""
    if not own.forbidden:
        return cells
    closed, rows = dict(cells), list(subjects)
    for leaf in grid.marked:
        if leaf.reason:
            continue
        has_right = entitled is None or leaf.assignment.pk in entitled
        for subject in rows:
            why = own.why_not(leaf.assignment, subject, office=office)
            if not has_right and not own.office_enters(leaf.assignment, subject):
                why = _("Its assessor enters this mark.")
            if why:
                key = f"{subject}:{leaf.assignment.pk}"
                closed[key] = cells.get(key, EMPTY) | {"locked": why}
    return closed


def _all_marks(round_: Round, leaves: Sequence[Leaf]) -> dict[str, CellData]:
    """Tuples, not models: tens of thousands of rows are a page here. Numbers are stored as plain digits already."""
    marks = (
        Mark.objects.filter(subject__round=round_, indicator__in={leaf.node.code for leaf in leaves})
        .order_by("-assessor", "-pk")
        .annotate(digits=Cast("value", CharField()))
        .values_list("subject_id", "indicator", "assessor", "pk", "version", "digits", "note", "updated_by_id")
    )
    columns: dict[tuple[str, str], list[int]] = defaultdict(list)
    anybody: dict[str, list[int]] = defaultdict(list)
    for leaf in leaves:
        one = leaf.assignment
        (columns[one.indicator, one.assessor] if one.assessor else anybody[one.indicator]).append(one.pk)
    rows = list(marks)
    names = names_of({row[-1] for row in rows})
    cells: dict[str, CellData] = {}
    for subject, code, assessor, pk, version, digits, note, by in rows:
        cell: CellData = {"v": digits, "seen": f"m{pk}.{version}", "by": names.get(by, "")}
        if note:
            cell["note"] = note
        for column in (*columns.get((code, assessor), ()), *anybody.get(code, ())):
            cells[f"{subject}:{column}"] = cell
    return cells


def names_of(ids: Iterable[int | None]) -> dict[int, str]:
    """Account id → what its changes are signed with. One query."""
    accounts = User.objects.filter(pk__in={pk for pk in ids if pk is not None})
    return {pk: name or username for pk, name, username in accounts.values_list("pk", "name", "username")}


def _overlay_excluded(cells: dict[str, CellData], grid: Grid) -> None:
    """What is not applicable, itself or by a node above, hides whatever mark there is."""
    below: dict[str, list[Leaf]] = defaultdict(list)
    for leaf in grid.marked:
        for code in grid.tree.path(leaf.node.code):
            below[code].append(leaf)
    rows = NotApplicable.objects.filter(subject__round=grid.round, indicator__in=below).select_related("updated_by")
    for row in rows:
        for leaf in below[row.indicator]:
            key = f"{row.subject_id}:{leaf.assignment.pk}"
            if "locked" not in cells.get(key, {}):
                cells[key] = _excluded(row, grid.tree, own=row.indicator == leaf.node.code)


def _excluded(row: NotApplicable, tree: Tree, *, own: bool) -> CellData:
    cell = _signed({"v": "", "na": True, "seen": f"n{row.pk}.{row.version}"}, row.note, row.updated_by, row.updated_at)
    if not own:
        title = tree.nodes[row.indicator].title
        cell["locked"] = _("“%(node)s” is not applicable to this subject, and this leaf with it.") % {"node": title}
    return cell


def _signed(cell: CellData, note: str, by: User | None, at: datetime.datetime | None) -> CellData:
    if note:
        cell["note"] = note
    if by is not None:
        cell["by"] = str(by)
    if at is not None:
        cell["at"] = f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}"
    return cell


def mark_data(cell: Cell, tree: Tree) -> CellData:
    """One cell of marks as it travels."""
    if cell.kind is Kind.ABOVE:
        assert isinstance(cell.row, NotApplicable)
        return _excluded(cell.row, tree, own=False)
    data: CellData = {"v": "" if cell.value is None else canonical(cell.value), "seen": cell.seen}
    if cell.kind is Kind.NOT_APPLICABLE:
        data["na"] = True
    return _signed(data, cell.note, cell.by, cell.at)


def all_numbers(grid: Grid, subjects: Any) -> dict[str, CellData]:
    """The cells of attainment and number leaves of these subjects. Four queries at most."""
    leaves = [leaf for leaf in grid.leaves if not takes_marks(leaf.node)]
    if not leaves:
        return {}
    cells: dict[str, CellData] = {}
    for model, methods in ((Attainment, ATTAINMENT), (NumberInput, NUMBERS)):
        columns = {leaf.node.code: leaf for leaf in leaves if leaf.node.method in methods}
        if columns:
            rows = model.objects.filter(subject__in=subjects, indicator__in=columns)
            for row in rows.select_related("updated_by"):
                cells |= number_data(row, columns[row.indicator].assignment.pk)
    return _targets(subjects, leaves, cells) | _shut(grid, subjects)


def _targets(subjects: Any, leaves: Sequence[Leaf], cells: dict[str, CellData]) -> dict[str, CellData]:
    """The cells with the confirmed targets, which no sheet changes, in their places."""
    columns = {leaf.node.code: leaf.assignment.pk for leaf in leaves if leaf.node.method in ATTAINMENT}
    if not columns:
        return cells
    rows = Target.objects.filter(subject__in=subjects, indicator__in=columns, state=TargetState.CONFIRMED)
    words = _("The target is confirmed and frozen. The appraisal office changes it, with a reason.")
    for row in rows.select_related("decided_by"):
        figure = canonical(row.value)
        cell: CellData = {"v": figure, "seen": f"={figure}", "locked": words}
        cells[f"{row.subject_id}:{columns[row.indicator]}:target"] = _signed(cell, "", row.decided_by, row.decided_at)
    return cells


def _shut(grid: Grid, subjects: Any) -> dict[str, CellData]:
    """The cells of numbers that are not applicable, themselves or by a node above. Only the office sets that."""
    below: dict[str, list[Leaf]] = defaultdict(list)
    for leaf in grid.leaves:
        if not takes_marks(leaf.node):
            for code in grid.tree.path(leaf.node.code):
                below[code].append(leaf)
    rows = NotApplicable.objects.filter(subject__in=subjects, indicator__in=below).select_related("updated_by")
    return {
        key: _excluded(row, grid.tree, own=False)
        for row in rows
        for leaf in below[row.indicator]
        for key in places(row.subject_id, leaf)
    }


def number_data(row: Attainment | NumberInput, column: int) -> dict[str, CellData]:
    """The cells of one row of numbers, by key. What is seen of a part is its figure: the other one may change."""
    place = f"{row.subject_id}:{column}"
    figures = (
        {f"{place}:target": row.target, f"{place}:actual": row.actual}
        if isinstance(row, Attainment)
        else {place: row.value}
    )
    return {
        key: _signed({"v": canonical(figure), "seen": f"={canonical(figure)}"}, "", row.updated_by, row.updated_at)
        for key, figure in figures.items()
    }

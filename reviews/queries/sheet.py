"""The score sheet as a grid: its leaves, subjects and cells, and what changed since.

A cell travels as plain data: `v` (plain digits or ""), `seen` (names this very state), and where there is any `na`,
`note`, `by`, `at`, `locked` (why nothing can be entered). Numbers have one cell per part, without `na` and notes.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, Max, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from appraisal_site.lib.fields import canonical
from indicators.services import engine_plan
from reviews.models import (
    Assignment,
    Attainment,
    Mark,
    NotApplicable,
    NumberInput,
    Phase,
    Round,
    Subject,
    Target,
    TargetState,
)
from reviews.services.trail import BRANCH, CELL
from reviews.tree import ATTAINMENT, NUMBERS, Tree, takes_marks
from scoring.engine.types import Node
from units import access
from units.models import AuditEntry, User

from .freezing import Standing, standings
from .marks import Cell, Kind, cells_of_sheets

CellData = dict[str, Any]
ROUND = Round._meta.label_lower
# Entries of these are written while the round is locked: see `cursor_of`.
TRACED = (CELL, BRANCH)
LOADED = "load workbook"
# More changed cells than this, and all cells are sent anew: two queries instead of long lists.
MANY = 2000


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf of the grid. `reason`: why this account cannot enter on it now, "" if it can. `until`: in words."""

    assignment: Assignment
    node: Node
    reason: str
    until: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of its cells; none: one number without a name."""
        return ("target", "actual") if self.node.method in ATTAINMENT else ()


@dataclass(frozen=True, slots=True)
class Grid:
    """One round as one account may see it. `codes`: every assignment's leaf, also of those that it may not see."""

    round: Round
    tree: Tree
    leaves: list[Leaf]
    codes: dict[str, str]

    @property
    def marked(self) -> list[Leaf]:
        return [leaf for leaf in self.leaves if takes_marks(leaf.node)]


def grid_of(user: User, round_: Round, only: Collection[int] | None = None) -> Grid:
    """The leaves of marks that this account may see, and those of numbers that it may enter, in the plan's order.

    Two queries. Load the round by `round_for_grid`. `only`: of these assignments, for who is about to save.
    """
    tree = Tree(engine_plan(round_.plan_version))
    seen, codes = [], {}
    assignments = round_.assignments.select_related("unit")
    for one in assignments if only is None else assignments.filter(pk__in=only):
        codes[str(one.pk)] = one.indicator
        node = tree.nodes[one.indicator]
        marked = takes_marks(node)
        if not marked and node.method not in ATTAINMENT | NUMBERS:
            continue
        if access.may_see_marks(user, one) if marked else access.may_enter_marks(user, one):
            seen.append(one)
    seen.sort(key=lambda one: (tree.order[one.indicator], one.pk))
    dates = standings(round_, seen)
    leaves = [
        Leaf(one, tree.nodes[one.indicator], _why_not(user, round_, one, dates[one.pk]), dates[one.pk].words)
        for one in seen
    ]
    return Grid(round_, tree, leaves, codes)


def _why_not(user: User, round_: Round, assignment: Assignment, dates: Standing) -> str:
    if not access.may_enter_marks(user, assignment):
        return _("You can read this sheet; only its assessor can change it.")
    if round_.phase != Phase.COLLECTING:
        return _("The input is closed; this sheet can only be read.")
    return dates.words if dates.frozen else ""


# ---------------------------------------------------------------- cells


def cells_of_grid(grid: Grid) -> dict[str, CellData]:
    """All cells that are not empty, by key. Seven queries at most, however many rows."""
    cells: dict[str, CellData] = {}
    if grid.marked:
        cells |= _all_marks(grid.round, grid.marked)
        _overlay_excluded(cells, grid)
    return cells | _all_numbers(grid, Subject.objects.filter(round=grid.round).values("pk"))


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


def _all_numbers(grid: Grid, subjects: Any) -> dict[str, CellData]:
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
        for key in _places(row.subject_id, leaf)
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


# ---------------------------------------------------------------- what changed


def traced(round_: Round) -> QuerySet[AuditEntry]:
    """The entries that tell of changed cells: of a cell, of a branch, and of a workbook, whose new rows have none."""
    own = AuditEntry.objects.filter(round_id=round_.pk)
    return own.filter(target__in=TRACED) | own.filter(target=ROUND, action=LOADED)


def cursor_of(round_: Round) -> int:
    """Up to where the trail is known: ask for it before reading cells, never after.

    No change is ever skipped: whoever writes a traced entry holds the round's lock from before the entry gets its
    number until the commit (`ensure_collecting`). So the entries of a round become visible in the order of their
    numbers, whichever transaction began first, and below the highest that can be seen nothing appears later. Numbers
    of other entries have no such order: they never become a cursor.
    """
    newest = traced(round_).order_by("-id").values_list("id", flat=True).first()
    return newest or 0


@dataclass(slots=True)
class Changes:
    cursor: int
    cells: dict[str, CellData]


def changes_since(grid: Grid, cursor: int) -> Changes:
    """The cells of these leaves that anybody changed after the cursor, as they are now, and the next cursor.

    A cell that became empty is sent as empty. Eight queries at most; one if nothing changed.
    """
    entries = list(
        traced(grid.round).filter(id__gt=cursor).order_by("id").values_list("id", "target", "target_id")[: MANY + 1]
    )
    if not entries:
        return Changes(cursor, {})
    if len(entries) > MANY or any(target == ROUND for _id, target, _part in entries):
        return _everything(grid)
    keys = {key for _id, target, part in entries for key in _keys(grid, target, part)}
    cells: dict[str, CellData] = dict.fromkeys(keys, EMPTY)
    subjects = {int(key.split(":")[0]) for key in keys}
    current = _cells_of_subjects(grid, subjects) if keys else {}
    cells |= {key: cell for key, cell in current.items() if key in keys}
    return Changes(entries[-1][0], cells)


EMPTY: CellData = {"v": "", "seen": ""}


def _everything(grid: Grid) -> Changes:
    cursor = cursor_of(grid.round)
    subjects = Subject.objects.filter(round=grid.round).values_list("pk", flat=True)
    every = (key for subject in subjects for leaf in grid.leaves for key in _places(subject, leaf))
    return Changes(cursor, dict.fromkeys(every, EMPTY) | cells_of_grid(grid))


def _places(subject: int | str, leaf: Leaf) -> Iterator[str]:
    place = f"{subject}:{leaf.assignment.pk}"
    yield from (f"{place}:{part}" for part in leaf.parts) if leaf.parts else (place,)


def _keys(grid: Grid, target: str, part: str) -> Iterator[str]:
    """The cells that an entry of the trail is about: subject/assignment, or subject/code of a leaf or branch.

    Several assessors share the 不适用 of a leaf: an entry of one of them is about the cells of all.
    """
    subject, _slash, name = part.partition("/")
    codes = {name, grid.codes.get(name)} if target == CELL else {name}
    for leaf in grid.leaves:
        if not codes.isdisjoint(grid.tree.path(leaf.node.code)):
            yield from _places(subject, leaf)


def _cells_of_subjects(grid: Grid, subjects: Collection[int]) -> dict[str, CellData]:
    marked = [leaf.assignment for leaf in grid.marked]
    found = cells_of_sheets(marked, grid.tree, subjects) if marked else {}
    cells = {f"{subject}:{column}": mark_data(cell, grid.tree) for (column, subject), cell in found.items()}
    return cells | _all_numbers(grid, subjects)


def shape_of(grid: Grid) -> str:
    """Changes when rows or columns of the grid do: then the whole must be read again. One query."""
    subjects = Subject.objects.filter(round=grid.round).aggregate(number=Count("pk"), last=Max("pk"))
    columns = ",".join(str(leaf.assignment.pk) for leaf in grid.leaves)
    return f"{grid.round.plan_version_id}/{subjects['number']}.{subjects['last']}/{columns}"


# ---------------------------------------------------------------- rows and groups


def subjects_data(user: User, round_: Round) -> list[dict[str, Any]]:
    """The rows. `own`: the assessor marks its own unit, or a person of it. One query."""
    units = access.assessor_units(user)
    rows = Subject.objects.filter(round=round_).order_by("order", "code")
    found = []
    for pk, code, name, category, group, unit, persons in rows.values_list(
        "pk", "code", "name", "category", "group", "unit_id", "person__unit_id"
    ):
        row: dict[str, Any] = {"id": pk, "code": code, "name": name, "category": category}
        if group:
            row["group"] = group
        if unit in units or persons in units:
            row["own"] = True
        found.append(row)
    return found


def groups_data(grid: Grid) -> list[dict[str, Any]]:
    """The composite nodes over leaves of marks in this grid: `leaves` are the codes of those below, `whole` says
    that the node has no others, so that a sum over them is the whole of it."""
    tree, mine = grid.tree, {leaf.node.code for leaf in grid.marked}
    groups = []
    for node in tree.nodes.values():
        if not node.children:
            continue
        below = [code for code in tree.branch(node.code) if not tree.nodes[code].children]
        held = [code for code in below if code in mine]
        if held:
            groups.append(
                {
                    "code": node.code,
                    "title": node.title,
                    "points": canonical(node.points),
                    "depth": tree.depths[node.code],
                    "leaves": held,
                    "whole": len(held) == len(below),
                    "children": [_child(child) for child in node.children],
                }
            )
    return groups


def _child(node: Node) -> dict[str, Any]:
    weight = node.points if node.weight is None else node.weight
    return {"code": node.code, "title": node.title, "points": canonical(node.points), "weight": canonical(weight)}


def round_for_grid(pk: int) -> QuerySet[Round]:
    """The round without the document of its plan, which lies parsed in `engine_plan`."""
    return Round.objects.filter(pk=pk).select_related("plan_version").defer("plan_version__document")

"""Which cells of the grid anybody changed since, by the audit trail."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from appraisal_site.lib.prepared import Prepared
from reviews.models import FigureReport, Round, Subject, Target
from reviews.own_unit import forbids, own_units
from reviews.services.trail import BRANCH, CELL
from units.models import AuditEntry, User

from .marks import cells_of_sheets
from .sheet import Grid, Leaf, places
from .sheet_cells import EMPTY, CellData, all_numbers, cells_of_grid, close_own_units, mark_data

ROUND = Round._meta.label_lower
# Entries of these are written while the round is locked: see `cursor_of`.
TRACED = (CELL, BRANCH, Target._meta.label_lower, FigureReport._meta.label_lower)
LOADED = "load workbook"
# More entries than this, and all cells are sent anew: a few queries instead of long lists.
MANY = 2000


def traced(round_: int) -> QuerySet[AuditEntry]:
    """The entries that tell of changed cells: of a cell or a branch, of targets and figures reported, and of a
    workbook, whose new rows have none of their own."""
    own = AuditEntry.objects.filter(round_id=round_)
    return own.filter(target__in=TRACED) | own.filter(target=ROUND, action=LOADED)


def cursor_of(round_: Round) -> int:
    """Up to where the trail is known: ask for it before reading cells, never after.

    No change is ever skipped: whoever writes a traced entry holds the round's lock from before the entry gets its
    number until the commit (`ensure_collecting`). So the entries of a round become visible in the order of their
    numbers, whichever transaction began first, and below the highest that can be seen nothing appears later. Numbers
    of other entries have no such order: they never become a cursor.
    """
    newest = traced(round_.pk).order_by("-id").values_list("id", flat=True).first()
    return newest or 0


_entries = Prepared(
    lambda round_, cursor: (
        traced(round_).filter(id__gt=cursor).order_by("id").values_list("id", "target", "target_id")[: MANY + 1]
    )
)


@dataclass(slots=True)
class Changes:
    cursor: int
    cells: dict[str, CellData]


def changes_since(user: User, grid: Grid, cursor: int) -> Changes:
    """The cells of these leaves that anybody changed after the cursor, as they are now, and the next cursor.

    A cell that became empty is sent as empty. Ten queries at most; one if nothing changed.
    """
    entries = _entries(grid.round.pk, cursor)
    if not entries:
        return Changes(cursor, {})
    if len(entries) > MANY or any(target == ROUND for _id, target, _part in entries):
        return _everything(user, grid)
    touched = _Touched(grid)
    keys = {key for _id, target, part in entries for key in touched.keys(target, part)}
    cells: dict[str, CellData] = dict.fromkeys(keys, EMPTY)
    subjects = {int(key.split(":")[0]) for key in keys}
    current = _cells_of_subjects(grid, subjects) if keys else {}
    cells |= {key: cell for key, cell in current.items() if key in keys}
    return Changes(entries[-1][0], _closed(user, grid, cells, subjects))


def _everything(user: User, grid: Grid) -> Changes:
    cursor = cursor_of(grid.round)
    subjects = list(Subject.objects.filter(round=grid.round).values_list("pk", flat=True))
    every = (key for subject in subjects for leaf in grid.leaves for key in places(subject, leaf))
    cells = dict.fromkeys(every, EMPTY) | cells_of_grid(grid)
    return Changes(cursor, _closed(user, grid, cells, subjects))


def _closed(user: User, grid: Grid, cells: dict[str, CellData], subjects: Collection[int]) -> dict[str, CellData]:
    """As `close_own_units`, asked for where the plan has such a rule, and for these cells only."""
    if not forbids(grid.tree.plan):
        return cells
    closed = close_own_units(user, grid, own_units(grid.round, grid.tree, subjects), cells, subjects)
    return {key: closed[key] for key in cells}


class _Touched:
    """Which cells of the grid an entry of the trail is about: subject/assignment, or subject/code of a leaf or branch.

    Several assessors share the 不适用 of a leaf: an entry of one of them is about the cells of all. Of hundreds of
    entries most are about the same few leaves.
    """

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.paths = [(leaf, {*grid.tree.path(leaf.node.code)}) for leaf in grid.leaves]
        self.known: dict[tuple[str, str], list[Leaf]] = {}

    def keys(self, target: str, part: str) -> Iterator[str]:
        subject, _slash, name = part.partition("/")
        leaves = self.known.get((target, name))
        if leaves is None:
            leaves = self.known[target, name] = self._leaves(target, name)
        for leaf in leaves:
            yield from places(subject, leaf)

    def _leaves(self, target: str, name: str) -> list[Leaf]:
        codes = {name, self.grid.codes.get(name)} if target == CELL else {name}
        return [leaf for leaf, path in self.paths if not codes.isdisjoint(path)]


def _cells_of_subjects(grid: Grid, subjects: Collection[int]) -> dict[str, CellData]:
    marked = [leaf.assignment for leaf in grid.marked]
    found = cells_of_sheets(marked, grid.tree, subjects) if marked else {}
    cells = {f"{subject}:{column}": mark_data(cell, grid.tree) for (column, subject), cell in found.items()}
    return cells | all_numbers(grid, subjects)

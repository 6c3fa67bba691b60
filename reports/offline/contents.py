"""What goes into a score sheet as a file: the sheets that somebody enters, with what stands in them now."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reviews.models import Round, Subject
from reviews.own_unit import OwnUnits, own_units
from reviews.queries.sheet import Grid, Leaf, grid_of, grid_of_unit
from reviews.queries.sheet_cells import CellData, cells_of_grid, close_for, close_own_units
from reviews.tree import takes_marks
from units.models import Unit, User


@dataclass(frozen=True, slots=True)
class Line:
    """A subject. `own`: the assessor marks its own unit, or a person of it."""

    pk: int
    code: str
    name: str
    category: str
    group: str
    own: bool


@dataclass(frozen=True, slots=True)
class Contents:
    """`owner`: who fills the file in, in words. `cells`: as of the grid, by its keys."""

    grid: Grid
    owner: str
    lines: list[Line]
    cells: dict[str, CellData]

    @property
    def round(self) -> Round:
        return self.grid.round

    @property
    def leaves(self) -> list[Leaf]:
        return self.grid.leaves


def contents_for(user: User, round_: Round) -> Contents:
    """What this account enters itself, or in a colleague's place. 14 queries at most."""
    grid = own_part(grid_of(user, round_))
    own = own_units(round_, grid.tree)
    lines = _lines(grid, own)
    cells = close_own_units(user, grid, own, cells_of_grid(grid), [line.pk for line in lines])
    return Contents(grid, str(user), lines, cells)


def contents_of_unit(unit: Unit, round_: Round) -> Contents:
    """What any assessor of this unit enters. 12 queries at most."""
    grid = grid_of_unit(unit, round_)
    own = own_units(round_, grid.tree)
    lines = _lines(grid, own)
    return Contents(grid, unit.name, lines, close_for(grid, own, cells_of_grid(grid), [line.pk for line in lines]))


def own_part(grid: Grid) -> Grid:
    """The grid without what the account may only read."""
    return replace(grid, leaves=[leaf for leaf in grid.leaves if leaf.mine])


def _lines(grid: Grid, own: OwnUnits) -> list[Line]:
    """The round's subjects in its order. One query."""
    sheets = {leaf.assignment.pk for leaf in grid.leaves if takes_marks(leaf.node)}
    marked_by_own = {subject for sheet, subject in own.pairs if sheet in sheets}
    rows = Subject.objects.filter(round=grid.round).order_by("order", "code")
    return [
        Line(pk, code, name, category, group, pk in marked_by_own)
        for pk, code, name, category, group in rows.values_list("pk", "code", "name", "category", "group")
    ]

"""The score sheet as a grid: which leaves an account finds in it, the rows, the nodes above the leaves."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max
from django.utils.translation import gettext as _

from appraisal_site.lib.fields import canonical
from appraisal_site.lib.prepared import Prepared
from reviews.models import Assignment, Phase, Round, Subject
from reviews.own_unit import forbids, own_units
from reviews.tree import ATTAINMENT, NUMBERS, Tree, takes_marks, tree_of_version
from scoring.engine.types import Node
from units import access
from units.models import Unit, User

from .freezing import Standing, standings
from .keystroke import sheets_of

FIGURES = ATTAINMENT | NUMBERS


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf of the grid. `reason`: why this account cannot enter on it now, "" if it can. `until`: in words.

    `mine`: the account enters here, if not now then before or after; where not, it may only read.
    """

    assignment: Assignment
    node: Node
    reason: str
    until: str = ""
    mine: bool = True

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

    Two queries, or four. Load the round by `light_round`. `only`: of these assignments, for who is about to save.
    """
    tree = tree_of_version(round_.plan_version)
    seen, codes = [], {}
    for one in sheets_of(round_, only):
        codes[str(one.pk)] = one.indicator
        marked = takes_marks(tree.nodes[one.indicator])
        if access.may_see_marks(user, one) if marked else access.may_enter_marks(user, one):
            seen.append(one)
    for_office = _for_office(user, round_, tree) if only is None else set()
    mine = {one.pk for one in seen if one.pk in for_office or access.may_enter_marks(user, one)}
    return Grid(round_, tree, _leaves(round_, tree, seen, mine), codes)


def grid_of_unit(unit: Unit, round_: Round) -> Grid:
    """The same as any assessor of this unit finds it, without what it holds for a colleague. Two queries at most."""
    tree = tree_of_version(round_.plan_version)
    rows = list(round_.assignments.filter(unit=unit).select_related("unit"))
    leaves = _leaves(round_, tree, rows, {one.pk for one in rows})
    return Grid(round_, tree, leaves, {str(one.pk): one.indicator for one in rows})


def _leaves(round_: Round, tree: Tree, seen: Collection[Assignment], mine: Collection[int]) -> list[Leaf]:
    """The leaves of these sheets that the grid shows, in the plan's order. One query, or none."""
    shown = [one for one in seen if takes_marks(node := tree.nodes[one.indicator]) or node.method in FIGURES]
    shown.sort(key=lambda one: (tree.order[one.indicator], one.pk))
    dates = standings(round_, shown)
    return [
        Leaf(
            one,
            tree.nodes[one.indicator],
            _why_not(round_, dates[one.pk], mine=one.pk in mine),
            dates[one.pk].words,
            one.pk in mine,
        )
        for one in shown
    ]


def _for_office(user: User, round_: Round, tree: Tree) -> set[int]:
    """The sheets with subjects that the plan leaves to the office, if this is the office. Two queries, or none."""
    if not access.is_office(user) or not forbids(tree.plan):
        return set()
    own = own_units(round_, tree)
    return {pk for pk, subject in own.pairs if own.office_enters(own.sheets[pk], subject)}


def _why_not(round_: Round, dates: Standing, *, mine: bool) -> str:
    if not mine:
        return _("You can read this sheet; only its assessor can change it.")
    if round_.phase != Phase.COLLECTING:
        return _("The input is closed; this sheet can only be read.")
    return dates.words if dates.frozen else ""


def places(subject: int | str, leaf: Leaf) -> Iterator[str]:
    """The keys of a leaf's cells in a subject's row."""
    place = f"{subject}:{leaf.assignment.pk}"
    yield from (f"{place}:{part}" for part in leaf.parts) if leaf.parts else (place,)


_rows = Prepared(
    lambda round_: (
        Subject.objects.filter(round=round_)
        .order_by()
        .values("round")
        .annotate(number=Count("pk"), last=Max("pk"))
        .values_list("number", "last")
    )
)


def shape_of(grid: Grid) -> str:
    """Changes when rows or columns of the grid do: then the whole must be read again. One query."""
    subjects = "".join(f"{number}.{last}" for number, last in _rows(grid.round.pk))
    columns = ",".join(str(leaf.assignment.pk) for leaf in grid.leaves)
    return f"{grid.round.plan_version_id}/{subjects}/{columns}"


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

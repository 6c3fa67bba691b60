"""What the pages of score sheets as files read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from indicators.services import engine_plan
from reviews.models import Round
from reviews.own_unit import OwnUnits, own_units
from reviews.queries.sheet import FIGURES
from reviews.tree import Tree, takes_marks
from units.models import Unit, User

from ..models import OfflineCell, OfflineUpload

Group = OfflineCell.Group
PREVIEWED, PAGE_SIZE = 10, 100
# The groups of a preview in their order: what has to be decided first.
TITLES: dict[str, str | Promise] = {
    Group.CONFLICT: pgettext_lazy("cells", "in conflict"),
    Group.WRONG: pgettext_lazy("cells", "wrong"),
    Group.CLOSED: pgettext_lazy("cells", "not allowed"),
    Group.CHANGED: pgettext_lazy("cells", "changed"),
    Group.NEW: pgettext_lazy("cells", "new"),
}


def units_with_sheets(round_: Round) -> list[Unit]:
    """The units whose accounts enter anything per subject, in the order of the organisation. One query."""
    tree = Tree(engine_plan(round_.plan_version))
    found: dict[int, Unit] = {}
    for one in round_.assignments.exclude(unit=None).select_related("unit"):
        node = tree.nodes[one.indicator]
        if one.unit is not None and (takes_marks(node) or node.method in FIGURES):
            found[one.unit.pk] = one.unit
    return sorted(found.values(), key=lambda unit: (unit.order, unit.code))


def uploads_of(user: User, round_: Round, most: int = 10) -> list[OfflineUpload]:
    """The account's last uploads, but for those it discarded. One query."""
    found = OfflineUpload.objects.filter(round=round_, by=user).exclude(state=OfflineUpload.State.DISCARDED)
    return list(found[:most])


def earlier_upload(upload: OfflineUpload) -> OfflineUpload | None:
    """The last time that cells of this very file were saved, if there was one. One query."""
    same = OfflineUpload.objects.filter(round=upload.round_id, by=upload.by_id, digest=upload.digest, saved__gt=0)
    return same.exclude(pk=upload.pk).first()


def wanted_cells(upload: OfflineUpload) -> QuerySet[OfflineCell]:
    """What confirming saves: what is new or changed, and the conflicts that are decided for the file."""
    chosen = upload.cells.filter(group=Group.CONFLICT, choice=OfflineCell.Choice.MINE)
    return chosen | upload.cells.filter(group__in=[Group.NEW, Group.CHANGED])


# ------------------------------------------------------------------------------ the preview


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell of the preview in words."""

    cell: OfflineCell
    leaf: str
    assessor: str
    part: str
    own_unit: bool

    @property
    def file(self) -> str:
        """What it is to be."""
        return _words(self.cell.value)

    @property
    def base(self) -> str:
        return _words(self.cell.base_value)

    @property
    def now(self) -> str:
        return _words(self.cell.now_value)

    @property
    def note_changes(self) -> bool:
        return self.cell.note != self.cell.now_note


def _words(value: str) -> str:
    return value or _("empty")


@dataclass(frozen=True, slots=True)
class Part:
    """One group of a preview: how many cells it has, and some of them (`page`: the whole, page by page)."""

    group: str
    title: str | Promise
    total: int
    rows: list[Shown]
    page: Page[Any] | None = None

    @property
    def more(self) -> int:
        return self.total - len(self.rows)


@dataclass(frozen=True, slots=True)
class Preview:
    parts: list[Part]
    totals: dict[str, int]
    undecided: int
    wanted: int

    @property
    def headline(self) -> list[tuple[str, tuple[str | Promise, int]]]:
        """Group → its title and how many cells it has, in order."""
        return [(group, (TITLES[group], self.totals[group])) for group in TITLES if self.totals.get(group)]

    @property
    def problems(self) -> int:
        return self.totals.get(Group.WRONG, 0) + self.totals.get(Group.CLOSED, 0)


def preview_of(upload: OfflineUpload, tree: Tree, show: str = "", page: str | None = None) -> Preview:
    """The first cells of every group, or all of the group `show`, a page of them. Ten queries at most."""
    totals = _totals(upload)
    groups = [show] if show in TITLES else [group for group in TITLES if totals.get(group)]
    cells: dict[str, Sequence[OfflineCell]] = {}
    pages: dict[str, Page[Any]] = {}
    for group in groups:
        found = upload.cells.filter(group=group).select_related("subject", "assignment").order_by("number")
        if show:
            pages[group] = Paginator(found, PAGE_SIZE).get_page(page)
            cells[group] = list(pages[group].object_list)
        else:
            cells[group] = list(found[:PREVIEWED])
    own = _own(upload.round, tree, [cell for several in cells.values() for cell in several])
    parts = [
        Part(group, TITLES[group], totals.get(group, 0), _shown(cells[group], tree, own), pages.get(group))
        for group in groups
    ]
    conflicts = upload.cells.filter(group=Group.CONFLICT)
    chosen = dict(conflicts.order_by().values_list("choice").annotate(number=Count("pk")))
    wanted = totals.get(Group.NEW, 0) + totals.get(Group.CHANGED, 0) + chosen.get(OfflineCell.Choice.MINE, 0)
    return Preview(parts, totals, chosen.get("", 0), wanted)


def _totals(upload: OfflineUpload) -> dict[str, int]:
    return dict(upload.cells.order_by().values_list("group").annotate(number=Count("pk")))


def _own(round_: Round, tree: Tree, cells: Iterable[OfflineCell]) -> OwnUnits:
    """Which of these marks are for the assessor's own unit. Two queries."""
    return own_units(round_, tree, {cell.subject_id for cell in cells if cell.subject_id})


def _shown(cells: Sequence[OfflineCell], tree: Tree, own: OwnUnits) -> list[Shown]:
    words = {"target": _("Target"), "actual": _("Actual")}
    rows = []
    for cell in cells:
        one = cell.assignment
        node = tree.get(one.indicator) if one else None
        rows.append(
            Shown(
                cell,
                f"{node.code} {node.title}" if node else one.indicator if one else "",
                one.assessor if one and node and len(node.assessors) > 1 else "",
                words.get(cell.part, ""),
                bool(one and cell.subject_id and own.is_own(one, cell.subject_id)),
            )
        )
    return rows

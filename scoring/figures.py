"""One figure of one subject, down to what people entered: what the page of a figure shows.

Values that counted come from the stored result; notes, people and times from the rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from appraisal_site.lib.fields import canonical
from reviews.models import Event, EventStatus, Mark
from reviews.tree import Tree

from . import tallies, words
from .engine.types import CatalogueItem, Node, Plan, Result, Status
from .sources import Sources
from .tallies import BallotTable
from .trees import Branch, branches


@dataclass(frozen=True, slots=True)
class MarkLine:
    """One assessor's mark: `used` counted in the result, `now` stands in the round (None: none)."""

    assessor: str
    used: Decimal | None
    now: Decimal | None
    note: str
    entered: Mark | None
    own: bool = False  # the assessor marks its own unit, or a person of it

    @property
    def changed(self) -> bool:
        return self.used is not None and self.used != self.now


@dataclass(frozen=True, slots=True)
class EventLine:
    event: Event
    item: str  # code and title
    value: Decimal | None
    counted: bool
    why: str = ""  # why it does not count


@dataclass(frozen=True, slots=True)
class NumberLine:
    words: str
    entered: Any = None


@dataclass(frozen=True, slots=True)
class NotApplicableLine:
    node: Node
    note: str
    entered: Any


@dataclass(frozen=True, slots=True)
class Figure:
    branch: Branch
    rule: list[str]
    steps: list[str]
    marks: list[MarkLine] = field(default_factory=list)
    events: list[EventLine] | None = None  # None: a node that takes no events
    numbers: list[NumberLine] = field(default_factory=list)
    ballot: BallotTable | None = None
    not_applicable: list[NotApplicableLine] = field(default_factory=list)
    children: list[Branch] = field(default_factory=list)


def figures(plan: Plan, result: Result, sources: Sources) -> Iterator[Figure]:
    """Every node's figure in tree order."""
    tree = Tree(plan)
    found = branches(plan, result)
    for branch in found:
        yield _figure(plan, tree, result, branch, found, sources)


def figure_of(plan: Plan, result: Result, sources: Sources, code: str) -> Figure | None:
    """The figure of one node; None if the plan has no such node."""
    found = branches(plan, result)
    for branch in found:
        if branch.node.code == code:
            return _figure(plan, Tree(plan), result, branch, found, sources)
    return None


def codes_of(plan: Plan, code: str) -> list[str]:
    """The indicators whose inputs a figure shows: the node's own, and 不适用 of the nodes above."""
    tree = Tree(plan)
    return list(tree.path(code)) or [code] if tree.get(code) else []


def _figure(
    plan: Plan, tree: Tree, result: Result, branch: Branch, everything: list[Branch], sources: Sources
) -> Figure:
    node = branch.node
    ballot = tallies.table(plan, branch, sources.too_few.get(node.code, ())) if node.ballot is not None else None
    withheld = ballot is not None and ballot.withheld
    return Figure(
        branch=branch,
        rule=words.rule(node, plan),
        # The steps of a ballot name means and counts: with one class withheld, none of it is shown.
        steps=words.steps(node, plan, result) if not withheld else words.rounding_only(branch, plan),
        marks=_marks(branch, sources.marks.get(node.code, []), sources.own.get(node.code, frozenset())),
        events=_events(branch, sources.events.get(node.code, [])) if words.takes_events(node) else None,
        numbers=_numbers(node, sources),
        ballot=ballot,
        not_applicable=[
            NotApplicableLine(tree.nodes[row.indicator], row.note, row)
            for code in tree.path(node.code)
            for row in sources.not_applicable.get(code, [])
        ],
        children=[each for each in everything if each.parent == node.code],
    )


def _marks(branch: Branch, rows: list[Mark], own: frozenset[str]) -> list[MarkLine]:
    """The assessors of the plan, each with a mark or without, then anybody else who marked."""
    node = branch.node
    # A carried leaf has marks as long as its set has no round.
    marked = node.method == "marks" or "marks" in branch.score.detail
    if not marked or branch.score.status == Status.NOT_APPLICABLE:
        return []
    only = node.assessors[0].name if len(node.assessors) == 1 else ""
    used = {name: Decimal(value) for name, value in branch.score.detail.get("marks", [])}
    now = {row.assessor or only: row for row in rows}
    names = dict.fromkeys([*(assessor.name for assessor in node.assessors), *used, *now])
    scored = branch.score.status == Status.SCORED
    lines = []
    for name in names:
        row = now.get(name)
        # A leaf that waits for one of its assessors is missing, but the marks that are in are shown.
        value = used.get(name) if scored else (row.value if row else None)
        lines.append(MarkLine(name, value, row.value if row else None, row.note if row else "", row, name in own))
    return lines


def _events(branch: Branch, rows: list[Event]) -> list[EventLine]:
    items = {item.code: item for item in branch.node.catalogue}
    lines = []
    counted = words.counted_events(branch.score.detail)
    for row in rows:
        item = items.get(row.item)
        why = _why_not(row, str(row.pk) in counted)
        lines.append(EventLine(row, _item_words(row.item, item), _event_value(row, item), not why, why))
    return lines


def _item_words(code: str, item: CatalogueItem | None) -> str:
    return f"{code} {item.title}" if item else code


def _event_value(row: Event, item: CatalogueItem | None) -> Decimal | None:
    if row.value is None and item is not None and len(item.values) == 1:
        return item.values[0]
    return row.value


def _why_not(row: Event, counted: bool) -> str:
    if row.status == EventStatus.PENDING:
        return _("It waits for approval.")
    if row.status == EventStatus.REJECTED:
        reason = f" {row.decision_reason}" if row.decision_reason else ""
        return _("It was rejected.") + reason
    if not counted:
        return _("Of one matter only the highest counts.")
    return ""


def _numbers(node: Node, sources: Sources) -> list[NumberLine]:
    lines = [
        NumberLine(
            _("Target %(target)s, actual %(actual)s")
            % {"target": canonical(row.target), "actual": canonical(row.actual)},
            row,
        )
        for row in sources.attainments.get(node.code, [])
    ]
    lines += [NumberLine(canonical(row.value), row) for row in sources.numbers.get(node.code, [])]
    if node.method == "carried":
        wanted = node.settings.get("set")
        lines += [
            NumberLine(
                _("%(round)s: total %(total)s of %(points)s")
                % {
                    "round": row.round_name,
                    "total": "—" if row.total is None else canonical(row.total),
                    "points": "—" if row.points is None else canonical(row.points),
                }
            )
            for row in sources.earlier
            if row.set_name == wanted
        ]
    return lines

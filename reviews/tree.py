"""Looking things up in a plan's tree: a node, its path, the leaves of a kind."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from indicators.models import PlanVersion
from indicators.services import engine_plan
from scoring.engine.types import Node, Plan

MARKS = frozenset({"marks"})
EVENTS = frozenset({"bonus", "penalty", "deduct", "inspection"})
BALLOTS = frozenset({"ballot", "rank_band", "ballot_deduct"})
ATTAINMENT = frozenset({"attainment"})
CARRIED = frozenset({"carried"})
NUMBERS = frozenset({"rank_points", "ratio_to_best", "per_unit"})
# Methods whose leaves are entered one value per subject by somebody.
ENTERED = MARKS | ATTAINMENT | NUMBERS
# A count other than 1 is an error on a bonus.
COUNTED = EVENTS - {"bonus"}


def falls_back(node: Node) -> bool:
    """Whether a leaf takes marks as long as its set of earlier rounds has none (`carried` with `fallback`)."""
    return node.method in CARRIED and node.settings.get("fallback") == "marks"


def takes_marks(node: Node) -> bool:
    """Whether a leaf is marked, always or as long as there is no earlier round. Who marks has an assignment then."""
    return node.method in MARKS or falls_back(node)


class Tree:
    """A plan's nodes by code. Cheap to build: a plan has tens of nodes."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.nodes: dict[str, Node] = {}
        self.parents: dict[str, str | None] = {}
        self.depths: dict[str, int] = {}
        for node, parent, depth in self._walk(plan.root, None, 0):
            self.nodes[node.code] = node
            self.parents[node.code] = parent
            self.depths[node.code] = depth

    def _walk(self, node: Node, parent: str | None, depth: int) -> Iterator[tuple[Node, str | None, int]]:
        yield node, parent, depth
        for child in node.children:
            yield from self._walk(child, node.code, depth + 1)

    def get(self, code: str) -> Node | None:
        return self.nodes.get(code)

    def path(self, code: str) -> tuple[str, ...]:
        """The codes from the node itself up to the root's children; the root can never be left out."""
        codes = []
        current: str | None = code
        while current is not None and self.parents[current] is not None:
            codes.append(current)
            current = self.parents[current]
        return tuple(codes)

    def branch(self, code: str) -> tuple[str, ...]:
        """The node and everything below it."""
        return tuple(node.code for node, _parent, _depth in self._walk(self.nodes[code], None, 0))

    def crumbs(self, code: str) -> str:
        """Where a leaf stands, in titles, without the root and itself: “重点工作 / 个性工作”."""
        return " / ".join(self.nodes[above].title for above in reversed(self.path(code)[1:]))

    def of(self, methods: frozenset[str]) -> list[Node]:
        """The leaves of these methods, in the tree's order."""
        return [node for node in self.nodes.values() if node.method in methods]

    @cached_property
    def entered(self) -> list[Node]:
        """The leaves that somebody enters one value per subject on, those that fall back to marks among them."""
        return [node for node in self.nodes.values() if node.method in ENTERED or falls_back(node)]

    @cached_property
    def order(self) -> dict[str, int]:
        return {code: position for position, code in enumerate(self.nodes)}


_kept: dict[str, Tree] = {}
_MOST = 16


def tree_of_version(version: PlanVersion) -> Tree:
    """The tree of a version's plan, kept for as long as the plan itself is: for requests that do little else."""
    plan = engine_plan(version)
    found = _kept.get(version.digest)
    if found is None or found.plan is not plan:
        if len(_kept) >= _MOST:
            _kept.clear()
        found = _kept[version.digest] = Tree(plan)
    return found

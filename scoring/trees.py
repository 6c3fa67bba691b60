"""A subject's tree of scores as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from .engine.types import Node, NodeScore, Plan, Result, Status


@dataclass(frozen=True, slots=True)
class Branch:
    """One node in its place: `share` of its full points, None where there is no score."""

    node: Node
    score: NodeScore
    depth: int
    parent: str | None
    share: Fraction | None
    reference: bool  # weight 0: computed and shown, not counted

    @property
    def value(self) -> Decimal | None:
        return self.score.value

    @property
    def status(self) -> str:
        return str(self.score.status)

    @property
    def incomplete(self) -> bool:
        return self.score.incomplete


NOTHING = NodeScore(Status.NOT_APPLICABLE, None)


def branches(plan: Plan, result: Result) -> list[Branch]:
    """All nodes in tree order, root first."""
    return list(_walk(plan.root, None, 0, result))


def branch(plan: Plan, result: Result, code: str) -> Branch | None:
    return next((each for each in branches(plan, result) if each.node.code == code), None)


def _walk(node: Node, parent: str | None, depth: int, result: Result) -> Iterator[Branch]:
    score = result.scores.get(node.code, NOTHING)
    yield Branch(
        node=node,
        score=score,
        depth=depth,
        parent=parent,
        share=None if score.value is None else Fraction(score.value) / Fraction(node.points),
        reference=node.weight is not None and node.weight == 0,
    )
    for child in node.children:
        yield from _walk(child, node.code, depth + 1, result)

"""Live formulas of the result workbook: a composite's cell computes itself from its children's cells.

A spreadsheet computes in binary. A sum that is exactly a half in decimals may fall a hair below it there,
so every formula rounds to 14 digits first and then to the plan's decimals (half away from zero, as Excel's ROUND
does). Fewer digits would lift sums that lie a little below a half, more would keep the noise of binary numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from appraisal_site.lib.fields import canonical
from scoring.engine.composite import is_adjustment, ordinary_children
from scoring.engine.types import Node, NodeScore, Plan, Status

# Where a node's figure stands in the row at hand: code → "E5".
CellOf = Callable[[str], str]
DIGITS = 14


def node_formula(plan: Plan, node: Node, scores: Mapping[str, NodeScore], cell: CellOf) -> str | None:
    """The formula of a composite's score in one subject's row; None for a leaf or where there is no score.

    Source: rules on composites. Children that are not applicable or reference nodes (weight 0) are left out of the
    sum and of the weights; a missing one counts as 0 and keeps its weight; adjustments are added after it.
    """
    own = scores[node.code]
    if not node.children or own.status is not Status.SCORED:
        return None
    applicable = [c for c in node.children if scores[c.code].status is not Status.NOT_APPLICABLE]
    counted = ordinary_children(node)
    ordinary = [c for c in applicable if c in counted]
    adjustments = [c for c in applicable if is_adjustment(c)]
    terms = _sum(node, ordinary, scores, cell)
    terms += [cell(c.code) for c in adjustments if scores[c.code].status is Status.SCORED]
    added = [abs(scores[c.code].value or Decimal(0)) for c in adjustments]
    largest = max(node.points, abs(own.value or Decimal(0)), *added)
    inner = f"ROUND({'+'.join(terms) or '0'},{max(plan.decimals + 1, DIGITS - len(str(int(largest))))})"
    formula = f"ROUND({inner},{plan.decimals})"
    return f"=MAX(0,{formula})" if node is plan.root else f"={formula}"


def _weight(node: Node) -> Decimal:
    """As it is written into a formula: the plan's own digits."""
    return node.points if node.weight is None else node.weight


def _sum(node: Node, ordinary: list[Node], scores: Mapping[str, NodeScore], cell: CellOf) -> list[str]:
    """The weighted mean of the applicable children as terms to be added; a plain sum where that is the same."""
    present = [c for c in ordinary if scores[c.code].status is Status.SCORED]
    if not present:
        return []
    if all(_weight(c) == c.points for c in ordinary) and sum(c.points for c in ordinary) == node.points:
        return [cell(c.code) for c in present]
    weighted = "+".join(_share(c, cell) for c in present)
    total = sum((_weight(c) for c in ordinary), Decimal(0))
    return [f"{canonical(node.points)}*({weighted})/{canonical(total)}"]


def _share(child: Node, cell: CellOf) -> str:
    """weight × score / points; just the score where the weight is the points."""
    weight = _weight(child)
    if weight == child.points:
        return cell(child.code)
    return f"{canonical(weight)}*{cell(child.code)}/{canonical(child.points)}"

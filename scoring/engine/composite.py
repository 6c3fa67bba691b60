"""A composite's score from its children's rounded scores (rules of §3).

    score = points × Σ_A (weight × child.score / child.points) / Σ_A weight  +  Σ adjustments

A are the applicable, ordinary children with weight > 0. A child that is not applicable drops out and its share
passes to its siblings; a missing one counts as 0 and keeps its weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from .methods import ADJUSTMENTS
from .rounding import round_half_up, whole_numbers
from .text import figure
from .text import gettext_noop as _
from .types import Node, NodeScore, Plan, Status, Text


def weight_of(node: Node) -> Fraction:
    return Fraction(node.points if node.weight is None else node.weight)


def is_adjustment(node: Node) -> bool:
    return node.method in ADJUSTMENTS


def ordinary_children(node: Node) -> list[Node]:
    """The children whose weights make the sum: no adjustments, no reference nodes."""
    return [c for c in node.children if not is_adjustment(c) and weight_of(c) > 0]


class Composite:
    """The arithmetic of one composite, prepared once: only whole numbers are left for each subject."""

    def __init__(self, node: Node) -> None:
        self.node = node
        ordinary = ordinary_children(node)
        self.codes = [c.code for c in ordinary]
        self.adjustments = [c.code for c in node.children if is_adjustment(c)]
        shares = [Fraction(node.points) * weight_of(c) / Fraction(c.points) for c in ordinary]
        self.shares, self.share_common = whole_numbers(shares)
        self.weights, self.weight_common = whole_numbers(weight_of(c) for c in ordinary)

    def score(self, cents: Mapping[str, int | None]) -> int:
        """Score in the plan's smallest unit, for a subject to whom one of the ordinary children applies.

        `cents` has every descendant: its score, 0 for a missing one, None if not applicable.
        """
        total = weight = 0
        for code, share, own_weight in zip(self.codes, self.shares, self.weights, strict=True):
            value = cents[code]
            if value is not None:
                total += share * value
                weight += own_weight
        numerator, denominator = total * self.weight_common, weight * self.share_common
        # Rounded once, after the adjustments: half up away from zero depends on the sign of the whole.
        numerator += denominator * sum(cents[code] or 0 for code in self.adjustments)
        return round_half_up(numerator, denominator)


def composite_words(node: Node, plan: Plan) -> Text:
    """How a composite scores, with its weights where they are not simply its points."""
    ordinary = ordinary_children(node)
    words = [_sum_words(node, ordinary)]
    if adjustments := [_name(c) for c in node.children if is_adjustment(c)]:
        values = {"adjustments": adjustments}
        if node is plan.root:
            message = _("Then %(adjustments)s are added, and may take it above its points; a total below 0 is 0.")
        else:
            message = _("Then %(adjustments)s are added, and may take it above its points or below 0.")
        words.append(Text(message, values))
    if reference := [_name(c) for c in node.children if c not in ordinary and not is_adjustment(c)]:
        words.append(Text(_("For reference only, not counted: %(names)s."), {"names": reference}))
    said = words.pop()
    for first in reversed(words):
        said = Text(_("%(sentence)s %(next)s"), {"sentence": first, "next": said})
    return said


def _name(node: Node) -> str:
    return f"{node.code} {node.title}"


def _sum_words(node: Node, ordinary: list[Node]) -> Text:
    values: dict[str, Any] = {"points": figure(node.points), "children": [_name(c) for c in ordinary]}
    if len(ordinary) == 1:
        if ordinary[0].points == node.points:
            return Text(_("The score of %(children)s."), values)
        values["own"] = figure(ordinary[0].points)
        return Text(_("%(points)s × the score of %(children)s ÷ %(own)s."), values)
    if all(c.weight is None or c.weight == c.points for c in ordinary):
        return Text(_("Sum of %(children)s; the share of one that is not applicable passes to the others."), values)
    values["children"] = [
        Text(_("%(name)s (weight %(weight)s)"), {"name": _name(c), "weight": figure(weight_of(c))}) for c in ordinary
    ]
    return Text(
        _(
            "%(points)s × the weighted mean of score ÷ full points of %(children)s; the weight of one that is not "
            "applicable passes to the others."
        ),
        values,
    )


def composite_steps(node: Node, plan: Plan, scores: Mapping[str, NodeScore]) -> list[Text]:
    """The sum of one subject's composite, from the stored scores of its children."""
    ordinary = ordinary_children(node)
    applicable = [c for c in ordinary if scores[c.code].status is not Status.NOT_APPLICABLE]
    steps = []
    if left_out := [_name(c) for c in ordinary if c not in applicable]:
        steps.append(Text(_("Not applicable, its share passes to the others: %(names)s"), {"names": left_out}))
    if missing := [_name(c) for c in applicable if scores[c.code].status is Status.MISSING]:
        steps.append(Text(_("Missing, counted as 0 for now: %(names)s"), {"names": missing}))
    own = _weighted_sum(node, applicable, scores)
    steps.append(_sum_step(node, applicable, scores, own))
    added = [c for c in node.children if is_adjustment(c) and scores[c.code].value]
    total = own + sum((_value(scores[c.code]) for c in added), Fraction(0))
    if added:
        terms = "".join(_signed(c.code, scores[c.code]) for c in added)
        values = {"sum": figure(own), "terms": terms, "result": figure(total)}
        steps.append(Text(_("With bonus and penalty: %(sum)s%(terms)s = %(result)s"), values))
    if node is plan.root and total < 0:
        steps.append(Text(_("A total below 0 is 0")))
    return steps


def _value(score: NodeScore) -> Fraction:
    return Fraction(score.value or 0)


def _signed(code: str, score: NodeScore) -> str:
    value = _value(score)
    return f" {'+' if value > 0 else '−'} {code} {figure(abs(value))}"


def _weighted_sum(node: Node, applicable: list[Node], scores: Mapping[str, NodeScore]) -> Fraction:
    weight = sum((weight_of(c) for c in applicable), Fraction(0))
    shares = (weight_of(c) * _value(scores[c.code]) / Fraction(c.points) for c in applicable)
    return Fraction(node.points) * sum(shares, Fraction(0)) / weight


def _sum_step(node: Node, applicable: list[Node], scores: Mapping[str, NodeScore], result: Fraction) -> Text:
    total = sum((weight_of(c) for c in applicable), Fraction(0))
    values = {"points": figure(node.points), "total": figure(total), "result": figure(result)}
    if all(weight_of(c) == c.points for c in applicable):
        values["terms"] = " + ".join(f"{c.code} {figure(_value(scores[c.code]))}" for c in applicable)
        if total == node.points:
            return Text(_("%(terms)s = %(result)s"), values)
    else:
        values["terms"] = " + ".join(
            f"{figure(weight_of(c))} × {c.code} {figure(_value(scores[c.code]))} ÷ {figure(c.points)}"
            for c in applicable
        )
    return Text(_("%(points)s × (%(terms)s) ÷ %(total)s = %(result)s"), values)

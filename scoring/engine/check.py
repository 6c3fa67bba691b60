"""Whether a plan makes sense: what stands in the way of computing with it, and what is hardly meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

from .composite import is_adjustment, ordinary_children, weight_of
from .conditions import can_be_named
from .methods import METHODS
from .methods.base import problem
from .rules import RULES
from .rules.base import rule_problem
from .text import figure
from .text import gettext_noop as _
from .types import Node, Plan, Problem, Rule, Text

MAX_DECIMALS = 6


def check_plan(plan: Plan) -> list[Problem]:
    """All problems of a plan, each with the path of its place; empty: it can be computed with."""
    nodes: dict[str, Node] = {}
    problems: list[Problem] = []
    for node in _walk(plan.root):
        if node.code in nodes:
            problems.append(problem(node, "code", Text(_("The code %(code)s is there twice."), {"code": node.code})))
        nodes[node.code] = node
    problems += _plan_problems(plan, nodes)
    for node in nodes.values():
        problems += _node_problems(node, plan)
    for index, rule in enumerate(plan.rules):
        problems += _rule_problems(index, rule, plan, nodes)
    return [*problems, *_order_problems(plan)]


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _walk(child)


def _plan_problems(plan: Plan, nodes: dict[str, Node]) -> Iterable[Problem]:
    if not 0 <= plan.decimals <= MAX_DECIMALS:
        values = {"most": MAX_DECIMALS}
        yield Problem("decimals", Text(_("A whole number from 0 to %(most)s expected."), values))
    if plan.ranking not in ("overall", "category"):
        yield Problem("ranking", Text(_("Ranked “overall” or by “category” expected.")))
    if plan.own_unit_marks not in ("allow", "forbid"):
        yield Problem("own_unit_marks", Text(_("“allow” or “forbid” expected.")))
    for name, listed in (("categories", plan.categories), ("grades", plan.grades)):
        if len(set(listed)) < len(listed):
            yield Problem(name, Text(_("A name is there twice.")))
    codes = [fact.code for fact in plan.facts]
    for fact in plan.facts:
        if codes.count(fact.code) > 1:
            yield Problem(f"facts.{fact.code}", Text(_("The fact %(code)s is there twice."), {"code": fact.code}))
        if not can_be_named(fact.code):
            text = Text(_("%(code)s cannot be the name of a fact: it means something else."), {"code": fact.code})
            yield Problem(f"facts.{fact.code}", text)
    for position, code in enumerate(plan.tie_breakers):
        if code not in nodes:
            text = Text(_("%(code)s is not an indicator of this plan."), {"code": code})
            yield Problem(f"tie_breakers.{position}", text)
    if METHODS.get(plan.root.method) is not None and METHODS[plan.root.method].adjustment:
        yield problem(plan.root, "method", Text(_("The root cannot be a bonus, a penalty or an inspection.")))


# ------------------------------------------------------------------------------ indicators


def _node_problems(node: Node, plan: Plan) -> Iterable[Problem]:
    if node.points <= 0:
        yield problem(node, "points", Text(_("Full points are above 0.")))
        return
    if node.weight is not None and node.weight < 0:
        yield problem(node, "weight", Text(_("A weight is a number from 0.")))
        return
    if node.children:
        yield from _composite_problems(node)
        return
    method = METHODS.get(node.method)
    if method is None:
        values: dict[str, Any] = {"method": node.method or "—", "methods": list(METHODS)}
        if node.method == "composite":
            yield problem(node, "method", Text(_("A composite needs indicators below it.")))
        else:
            yield problem(node, "method", Text(_("“%(method)s” is no method; expected: %(methods)s."), values))
        return
    for name in sorted(set(node.settings) - method.settings):
        values = {"name": name, "method": method.title}
        yield problem(node, name, Text(_("%(name)s has no meaning for the method %(method)s."), values))
    for assessor in node.assessors:
        if assessor.weight <= 0:
            yield problem(node, "assessors", Text(_("An assessor's weight is above 0.")))
    names = [assessor.name for assessor in node.assessors]
    if len(set(names)) < len(names):
        yield problem(node, "assessors", Text(_("An assessor is there twice.")))
    yield from method.check(node, plan)


def _composite_problems(node: Node) -> Iterable[Problem]:
    if node.method != "composite":
        values = {"code": node.code, "method": node.method}
        yield problem(
            node,
            "method",
            Text(_("%(code)s has indicators below it, so its method is “composite”, not “%(method)s”."), values),
        )
        return
    for child in node.children:
        if child.points <= 0:
            return  # said at the child
        if is_adjustment(child) and child.weight is not None:
            yield problem(child, "weight", Text(_("A bonus, penalty or inspection is added and has no weight.")))
    ordinary = ordinary_children(node)
    if not ordinary:
        values = {"code": node.code}
        yield problem(
            node, "children", Text(_("%(code)s has nothing to sum: an indicator with a weight is needed."), values)
        )
        return
    if any(child.weight is not None for child in ordinary):
        return
    total = sum((weight_of(child) for child in ordinary), Fraction(0))
    if total != Fraction(node.points):
        values = {
            "code": node.code,
            "title": node.title,
            "points": figure(node.points),
            "sum": figure(total),
            "difference": figure(abs(total - Fraction(node.points))),
        }
        message = _(
            "%(code)s %(title)s has %(points)s points, but its indicators add up to %(sum)s: %(difference)s too few."
        )
        if total > Fraction(node.points):
            message = _(
                "%(code)s %(title)s has %(points)s points, but its indicators add up to %(sum)s: "
                "%(difference)s too many."
            )
        # A reference node's weight of 0 is a stated weight, so this can be computed with; it is hardly meant.
        stated = any(child.weight is not None for child in node.children)
        yield problem(node, "points", Text(message, values), warning=stated)


# ------------------------------------------------------------------------------ rules


def _rule_problems(index: int, rule: Rule, plan: Plan, nodes: dict[str, Node]) -> Iterable[Problem]:
    kind = RULES.get(rule.key)
    if kind is None:
        values = {"rule": rule.key, "rules": list(RULES)}
        yield rule_problem(index, "rule", Text(_("“%(rule)s” is no grade rule; expected: %(rules)s."), values))
        return
    for part, text in kind.check(rule, plan, nodes):
        yield rule_problem(index, part, text)


def _order_problems(plan: Plan) -> Iterable[Problem]:
    """Rules that can have no effect where they stand."""
    if plan.rules and not plan.grades:
        yield Problem("grades", Text(_("Grade rules need grades, best first.")))
        return
    given: set[str] = set()
    graded = False
    for index, rule in enumerate(plan.rules):
        if rule.key in ("thresholds", "distribute"):
            if graded:
                yield Problem(
                    f"rules.{index}",
                    Text(_("This rule gives everyone a grade anew: the ones before it lose their effect.")),
                    True,
                )
            given = set(rule.minimums) | set(rule.shares)
            graded = True
            continue
        if rule.key in ("limit", "limit_within", "cap", "lower") and not graded and not given:
            yield Problem(
                f"rules.{index}", Text(_("No rule before this one gives a grade, so it has no effect.")), True
            )
        elif rule.key in ("limit", "limit_within") and rule.grade in plan.grades and rule.grade not in given:
            values = {"grade": rule.grade}
            yield Problem(
                f"rules.{index}.grade", Text(_("No rule before this one gives the grade “%(grade)s”."), values), True
            )
        if rule.grade:
            given.add(rule.grade)
        if rule.key in ("limit", "limit_within", "lower"):
            given |= set(plan.grades)  # the next lower grade, whichever it is

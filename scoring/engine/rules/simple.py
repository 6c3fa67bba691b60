"""Rules that look at one subject at a time: exclude, thresholds, floor_grade, cap, set, lower (rules of §7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from ..conditions import check as check_condition
from ..conditions import condition_words, parse
from ..rounding import ceil_of
from ..text import figure, plain
from ..text import gettext_noop as _
from ..types import Node, Plan, Reason, Rule, Text
from .base import Grading, RuleKind

Nodes = Mapping[str, Node]
Checks = Iterable[tuple[str, Text]]


# ------------------------------------------------------------------------------ shared checks


def conditions_of(rule: Rule, plan: Plan, nodes: Nodes) -> Checks:
    if not rule.condition:
        yield "if", Text(_("A condition expected."))
        return
    for text in check_condition(rule.condition, plan, dict(nodes)):
        yield "if", text


def grade_of(rule: Rule, plan: Plan) -> Checks:
    if rule.grade not in plan.grades:
        values = {"grade": rule.grade or "—", "grades": list(plan.grades)}
        yield "grade", Text(_("“%(grade)s” is not a grade of this plan; expected: %(grades)s."), values)


def _said(rule: Rule, plan: Plan, nodes: Nodes) -> Text:
    return condition_words(rule.condition or "", plan, dict(nodes))


def _matching(grading: Grading, rule: Rule) -> Iterable[tuple[int, dict[str, Any]]]:
    """The open subjects that satisfy the rule's condition, with the facts behind it."""
    condition = parse(rule.condition or "")
    for i in grading.open():
        if grading.satisfies(i, condition):
            yield i, {"facts": grading.known_facts(i, condition)}


# ------------------------------------------------------------------------------ exclude


def apply_exclude(grading: Grading, rule: Rule, index: int) -> None:
    for i, values in list(_matching(grading, rule)):
        grading.reasons[i].append(Reason(index, rule.key, grading.name(grading.grade[i]), None, values))
        grading.grade[i] = None
        grading.excluded[i] = True


EXCLUDE = RuleKind(
    key="exclude",
    title=plain(_("No grade")),
    apply=apply_exclude,
    words=lambda rule, plan, nodes: Text(
        _("No grade if %(condition)s; such a subject does not count in the quotas."),
        {"condition": _said(rule, plan, nodes)},
    ),
    check=conditions_of,
)


# ------------------------------------------------------------------------------ thresholds


def steps_of(rule: Rule, plan: Plan) -> list[tuple[int, Decimal | None]]:
    """(grade position, minimum) best first; the last listed grade has no minimum."""
    listed = [(i, rule.minimums[g]) for i, g in enumerate(plan.grades) if g in rule.minimums]
    return [*listed[:-1], (listed[-1][0], None)]


def apply_thresholds(grading: Grading, rule: Rule, index: int) -> None:
    # In the plan's smallest unit: a total is a whole number of them, so rounding up loses nothing.
    steps = [
        (grade, None if minimum is None else ceil_of(Fraction(minimum) * grading.unit))
        for grade, minimum in steps_of(rule, grading.plan)
    ]
    shown = dict(steps_of(rule, grading.plan))
    for i in grading.open():
        total = grading.totals[i]
        grade = next(g for g, minimum in steps if minimum is None or total >= minimum)
        minimum = shown[grade]
        values = {} if minimum is None else {"minimum": figure(minimum)}
        grading.change(i, index, rule, grade, total=grading.total(i), **values)


def words_of_thresholds(rule: Rule, plan: Plan, nodes: Nodes) -> Text:
    parts = [
        Text(_("%(grade)s the rest"), {"grade": plan.grades[grade]})
        if minimum is None
        else Text(_("%(grade)s from %(minimum)s"), {"grade": plan.grades[grade], "minimum": figure(minimum)})
        for grade, minimum in steps_of(rule, plan)
    ]
    return Text(_("By the total: %(parts)s."), {"parts": parts})


def check_thresholds(rule: Rule, plan: Plan, nodes: Nodes) -> Checks:
    unknown = [grade for grade in rule.minimums if grade not in plan.grades]
    for grade in unknown:
        values = {"grade": grade, "grades": list(plan.grades)}
        yield "minimums", Text(_("“%(grade)s” is not a grade of this plan; expected: %(grades)s."), values)
    if not rule.minimums:
        yield "minimums", Text(_("Minimum totals by grade expected."))
    if unknown or not rule.minimums:
        return
    minimums = [minimum for _grade, minimum in steps_of(rule, plan)[:-1]]
    known = [minimum for minimum in minimums if minimum is not None]
    if len(known) < len(minimums):
        yield "minimums", Text(_("Only the last grade has no minimum."))
    elif any(upper <= lower for upper, lower in pairwise(known)):
        yield "minimums", Text(_("A better grade needs a higher minimum than the next one."))


THRESHOLDS = RuleKind(
    key="thresholds",
    title=plain(_("Grades by total")),
    apply=apply_thresholds,
    words=words_of_thresholds,
    check=check_thresholds,
)


# ------------------------------------------------------------------------------ floor_grade


def apply_floor_grade(grading: Grading, rule: Rule, index: int) -> None:
    minimum = Fraction(rule.minimum or 0)
    for i in grading.open():
        if grading.totals[i] < minimum * grading.unit:
            grade = grading.position[rule.grade or ""]
            grading.change(i, index, rule, grade, minimum=figure(minimum), total=grading.total(i))


def words_of_floor_grade(rule: Rule, plan: Plan, nodes: Nodes) -> Text:
    values = {"minimum": figure(rule.minimum or 0), "grade": rule.grade}
    return Text(_("A total below %(minimum)s: %(grade)s."), values)


def check_floor_grade(rule: Rule, plan: Plan, nodes: Nodes) -> Checks:
    yield from grade_of(rule, plan)
    if rule.minimum is None:
        yield "minimum", Text(_("A minimum total expected."))


FLOOR_GRADE = RuleKind(
    key="floor_grade",
    title=plain(_("Grade below a minimum")),
    apply=apply_floor_grade,
    words=words_of_floor_grade,
    check=check_floor_grade,
)


# ------------------------------------------------------------------------------ cap, set, lower


def apply_cap(grading: Grading, rule: Rule, index: int) -> None:
    best = grading.position[rule.grade or ""]
    for i, values in _matching(grading, rule):
        grade = grading.grade[i]
        if grade is not None and grade < best:
            grading.change(i, index, rule, best, **values)


def apply_set(grading: Grading, rule: Rule, index: int) -> None:
    for i, values in _matching(grading, rule):
        grading.change(i, index, rule, grading.position[rule.grade or ""], **values)


def apply_lower(grading: Grading, rule: Rule, index: int) -> None:
    last = len(grading.plan.grades) - 1
    for i, values in _matching(grading, rule):
        grade = grading.grade[i]
        if grade is not None:
            grading.change(i, index, rule, min(last, grade + rule.steps), **values)


def _check_graded(rule: Rule, plan: Plan, nodes: Nodes) -> Checks:
    yield from grade_of(rule, plan)
    yield from conditions_of(rule, plan, nodes)


def _check_lower(rule: Rule, plan: Plan, nodes: Nodes) -> Checks:
    if rule.steps < 1:
        yield "steps", Text(_("A whole number of steps from 1 expected."))
    yield from conditions_of(rule, plan, nodes)


CAP = RuleKind(
    key="cap",
    title=plain(_("At best a grade")),
    apply=apply_cap,
    words=lambda rule, plan, nodes: Text(
        _("At best %(grade)s if %(condition)s."), {"grade": rule.grade, "condition": _said(rule, plan, nodes)}
    ),
    check=_check_graded,
)
SET = RuleKind(
    key="set",
    title=plain(_("Exactly a grade")),
    apply=apply_set,
    words=lambda rule, plan, nodes: Text(
        _("%(grade)s if %(condition)s."), {"grade": rule.grade, "condition": _said(rule, plan, nodes)}
    ),
    check=_check_graded,
)
LOWER = RuleKind(
    key="lower",
    title=plain(_("Some grades lower")),
    apply=apply_lower,
    words=lambda rule, plan, nodes: Text(
        _("%(steps)s grade(s) lower if %(condition)s, not past the last grade."),
        {"steps": rule.steps, "condition": _said(rule, plan, nodes)},
    ),
    check=_check_lower,
)

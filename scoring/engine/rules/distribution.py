"""Forced distribution by largest remainder (rules of §7 and §8)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from ..rounding import floor_of
from ..text import gettext_noop as _
from ..text import percent, plain
from ..types import Flag, LimitReport, Plan, Rule, Text
from .base import Grading, RuleKind
from .limits import Scope, scope_words, scopes_of
from .simple import Checks, Nodes


def largest_remainder(size: int, shares: Sequence[Fraction]) -> list[int]:
    """Places per share: ⌊N·s⌋ each, the rest to the largest fractional parts, among equal ones to the first."""
    exact = [size * share for share in shares]
    counts = [floor_of(value) for value in exact]
    order = sorted(range(len(shares)), key=lambda i: (counts[i] - exact[i], i))
    for i in order[: size - sum(counts)]:
        counts[i] += 1
    return counts


def apply_distribute(grading: Grading, rule: Rule, index: int) -> None:
    for scope in scopes_of(grading, rule):
        _distribute(grading, rule, index, scope)


def _distribute(grading: Grading, rule: Rule, index: int, scope: Scope) -> None:
    plan = grading.plan
    grades = [g for g in plan.grades if g in rule.shares]
    members = sorted((i for i in scope.members if not grading.excluded[i]), key=grading.best_first)
    counts = largest_remainder(len(members), [Fraction(rule.shares[g]) for g in grades])
    fixed = [i for i in members if grading.decided[i]]
    ordered = [i for i in members if not grading.decided[i]]
    # A decided holder takes one of its grade's places; the places that are left go out in order of merit.
    held = [sum(1 for i in fixed if grading.name(grading.grade[i]) == g) for g in grades]
    grade_at = [g for g, count, taken in zip(grades, counts, held, strict=True) for _p in range(count - taken)]
    figures = {
        "size": len(members),
        "scope": scope.name,
        "places": dict(zip(grades, counts, strict=True)),
        "decided": {g: taken for g, taken in zip(grades, held, strict=True) if taken},
    }
    tied: dict[str, list[str]] = {}
    for block in _blocks(grading, ordered):
        first, last = block[0], block[-1]
        better, grade = grade_at[first], grade_at[last]
        subjects = [grading.keys[ordered[p]] for p in block]
        places = {"place": first + 1, "last": last + 1, "held": len(ordered), "total": grading.total(ordered[first])}
        for place in block:
            i = ordered[place]
            grading.change(i, index, rule, grading.position[grade], **figures, **places, tied=better != grade)
            if better != grade:
                values = {"rule": index, "grade": better, "to": grade, **figures, "subjects": subjects}
                grading.flags[i].append(Flag("tie", values))
        if better != grade:
            tied[better] = subjects
    for grade, count in zip(grades, counts, strict=True):
        holders = [grading.keys[i] for i in members if grading.name(grading.grade[i]) == grade]
        cut = tuple(tied.get(grade, ()))
        share: Decimal = rule.shares[grade]
        grading.limits.append(
            LimitReport(index, rule.key, scope.name, grade, len(members), share, count, tuple(holders), cut, cut)
        )


def _blocks(grading: Grading, ordered: Sequence[int]) -> list[range]:
    """Places (from 0) of each block of equal merit."""
    blocks, start = [], 0
    for place in range(1, len(ordered) + 1):
        if place == len(ordered) or grading.merits[ordered[place]] != grading.merits[ordered[start]]:
            blocks.append(range(start, place))
            start = place
    return blocks


def words_of_distribute(rule: Rule, plan: Plan, nodes: Nodes) -> Text:
    parts = [f"{g} {percent(rule.shares[g])}" for g in plan.grades if g in rule.shares]
    return Text(
        _(
            "Forced distribution in %(scope)s by merit: %(parts)s, places by largest remainder; subjects of equal "
            "merit across a boundary all get the lower grade and go to the committee."
        ),
        {"scope": scope_words(rule), "parts": parts},
    )


def check_distribute(rule: Rule, plan: Plan, nodes: Nodes) -> Checks:
    for grade in rule.shares:
        if grade not in plan.grades:
            values = {"grade": grade, "grades": list(plan.grades)}
            yield "shares", Text(_("“%(grade)s” is not a grade of this plan; expected: %(grades)s."), values)
    total = sum(rule.shares.values(), Decimal(0))
    if any(share < 0 for share in rule.shares.values()) or total != 1:
        yield (
            "shares",
            Text(
                _("The shares add up to %(total)s; %(whole)s expected."), {"total": percent(total), "whole": percent(1)}
            ),
        )
    if rule.scope not in ("category", "all", "group"):
        yield "scope", Text(_("A distribution is made per category, per group or over all."))


DISTRIBUTE = RuleKind(
    key="distribute",
    title=plain(_("Forced distribution")),
    apply=apply_distribute,
    words=words_of_distribute,
    check=check_distribute,
)

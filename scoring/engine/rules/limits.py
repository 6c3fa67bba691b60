"""Quotas: limit and limit_within (rules of §7).

A tie across a limit is never broken by chance and a limit is never exceeded: subjects of equal merit that do not all
fit all get the lower grade, nobody of lower merit moves up, and the block is flagged for the committee.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ..conditions import check as check_condition
from ..conditions import condition_words, parse
from ..rounding import ceil_of, floor_of, half_up_of
from ..text import figure, percent, plain
from ..text import gettext_noop as _
from ..types import Flag, LimitReport, Plan, Rule, Text
from .base import Grading, RuleKind
from .simple import Checks, Nodes, conditions_of, grade_of

ROUNDINGS = {"floor": floor_of, "half_up": half_up_of, "ceil": ceil_of}


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a limit counts together, and what to call them ("" for all)."""

    name: str
    members: tuple[int, ...]


def scopes_of(grading: Grading, rule: Rule) -> list[Scope]:
    """An empty group is one more group; categories never share a quota, so groups are counted inside them."""
    everyone = range(len(grading.keys))
    if rule.scope == "all":
        return [Scope("", tuple(everyone))]
    if isinstance(rule.scope, tuple):
        members = tuple(i for i in everyone if grading.categories[i] in rule.scope)
        return [Scope("、".join(rule.scope), members)]
    by_name: dict[tuple[str, ...], list[int]] = {}
    for i in everyone:
        part: tuple[str, ...] = (grading.categories[i],)
        if rule.scope == "group":
            part = (grading.categories[i], grading.groups[i])
        by_name.setdefault(part, []).append(i)
    return [Scope(" · ".join(filter(None, part)), tuple(by_name[part])) for part in sorted(by_name)]


def cut_after(
    places: int, ordered: Sequence[int], same: Callable[[int, int], bool]
) -> tuple[list[int], list[int], list[int]]:
    """(kept, cut, tied): who has a place, who has not, and of these the block tied across the limit.

    `ordered` is best first, `same(a, b)` tells equal merit.
    """
    if len(ordered) <= places:
        return list(ordered), [], []
    start = places
    while start > 0 and same(ordered[start - 1], ordered[places]):
        start -= 1
    tied: list[int] = []
    if start < places:
        end = places
        while end < len(ordered) and same(ordered[end], ordered[places]):
            end += 1
        tied = list(ordered[start:end])
    return list(ordered[:start]), list(ordered[start:]), tied


def _places(rule: Rule, count: int) -> int:
    share = Fraction(rule.share or 0)
    return max(rule.at_least, ROUNDINGS[rule.rounding](share * count))


def _lower_all(
    grading: Grading,
    rule: Rule,
    index: int,
    scope: Scope,
    *,
    size: int,
    fixed: list[int],
    ordered: list[int],
    same: Callable[[int, int], bool],
    preferred: Mapping[int, bool] | None = None,
) -> None:
    """Cut `ordered` to the places that the decided ones leave, and report the arithmetic."""
    places = _places(rule, size)
    kept, cut, tied = cut_after(max(0, places - len(fixed)), ordered, same)
    below = grading.position[rule.grade or ""] + 1
    figures = {"size": size, "share": figure(rule.share or 0), "places": places, "scope": scope.name}
    counts: dict[str, Any] = {"held": len(ordered), "decided": len(fixed)}
    if kept:
        counts["cut"] = grading.total(kept[-1])
    block = set(tied)
    for place, i in _shared_places(cut, len(kept) + 1, same):
        # Below a tied block places may be free, yet nobody moves up into them.
        behind = bool(block) and i not in block
        own: dict[str, Any] = {**counts, "place": place, "total": grading.total(i)}
        if preferred is not None:
            own["preferred"] = preferred[i]
        grading.change(i, index, rule, below, **figures, **own, tied=i in block, behind=behind)
    keys = [grading.keys[i] for i in tied]
    for i in tied:
        values = {"rule": index, "grade": rule.grade, "to": grading.name(below), **figures, "subjects": keys}
        grading.flags[i].append(Flag("tie", values))
    report = LimitReport(index, rule.key, scope.name, rule.grade or "", size, rule.share or Decimal(0), places, ())
    grading.limits.append(
        replace(
            report,
            holders=tuple(grading.keys[i] for i in [*fixed, *kept]),
            cut=tuple(grading.keys[i] for i in cut),
            tied=tuple(keys),
            decided=tuple(grading.keys[i] for i in fixed),
        )
    )


def _shared_places(ordered: Sequence[int], start: int, same: Callable[[int, int], bool]) -> Iterator[tuple[int, int]]:
    """(place, subject) from `start` on: equal merit shares the better place."""
    place = start
    for number, i in enumerate(ordered):
        if number and not same(ordered[number - 1], i):
            place = start + number
        yield place, i


def _holders(grading: Grading, rule: Rule, scope: Scope) -> list[int]:
    """Who holds the rule's grade, best first."""
    grade = grading.position[rule.grade or ""]
    return sorted((i for i in scope.members if grading.grade[i] == grade), key=grading.best_first)


# ------------------------------------------------------------------------------ limit


def apply_limit(grading: Grading, rule: Rule, index: int) -> None:
    condition = parse(rule.prefer) if rule.prefer else None
    for scope in scopes_of(grading, rule):
        size = sum(1 for i in scope.members if rule.of_participants or not grading.excluded[i])
        holders = _holders(grading, rule, scope)
        preferred = {i: condition is None or grading.satisfies(i, condition) for i in holders}

        def order(i: int, preferred: Mapping[int, bool] = preferred) -> tuple[Any, ...]:
            return (not preferred[i], grading.merits[i])

        ordered = sorted((i for i in holders if not grading.decided[i]), key=order)
        fixed = [i for i in holders if grading.decided[i]]

        def same(a: int, b: int, order: Callable[[int], tuple[Any, ...]] = order) -> bool:
            return order(a) == order(b)

        told = None if condition is None else preferred
        _lower_all(grading, rule, index, scope, size=size, fixed=fixed, ordered=ordered, same=same, preferred=told)


def _limited(rule: Rule, plan: Plan) -> Checks:
    yield from grade_of(rule, plan)
    if rule.grade in plan.grades[-1:]:
        yield "grade", Text(_("“%(grade)s” is the last grade: there is no lower one to go to."), {"grade": rule.grade})
    if rule.share is None or not 0 <= rule.share <= 1:
        yield "share", Text(_("A share from 0 to 1 expected."))
    if rule.rounding not in ROUNDINGS:
        values = {"rounding": rule.rounding, "known": list(ROUNDINGS)}
        yield "rounding", Text(_("“%(rounding)s” is no way of rounding; expected: %(known)s."), values)
    if rule.at_least < 0:
        yield "at_least", Text(_("A whole number from 0 expected."))
    if isinstance(rule.scope, tuple):
        unknown = [c for c in rule.scope if c not in plan.categories]
    else:
        unknown = [] if rule.scope in ("all", "category", "group") else [rule.scope]
    for name in unknown:
        values = {"scope": name, "known": ["all", "category", "group", *plan.categories]}
        yield "scope", Text(_("“%(scope)s” is no scope; expected: %(known)s."), values)


def check_limit(rule: Rule, plan: Plan, nodes: Nodes) -> Checks:
    yield from _limited(rule, plan)
    if rule.prefer:
        for text in check_condition(rule.prefer, plan, dict(nodes)):
            yield "prefer", text


def scope_words(rule: Rule) -> Text:
    if isinstance(rule.scope, tuple):
        return Text(_("%(categories)s together"), {"categories": list(rule.scope)})
    known = {"all": _("all subjects"), "category": _("each category"), "group": _("each group of a category")}
    return Text(known[rule.scope])


def rounding_words(rule: Rule) -> Text:
    """How N × share becomes a number of places."""
    rounding = {
        "floor": _("fractions are dropped"),
        "half_up": _("rounded half up"),
        "ceil": _("rounded up"),
    }[rule.rounding]
    if rule.at_least:
        return Text(_("%(rounding)s, at least %(count)s"), {"rounding": Text(rounding), "count": rule.at_least})
    return Text(rounding)


def words_of_limit(rule: Rule, plan: Plan, nodes: Nodes) -> Text:
    values: dict[str, Any] = {
        "scope": scope_words(rule),
        "share": percent(rule.share or 0),
        "grade": rule.grade,
        "lower": plan.grades[plan.grades.index(rule.grade or "") + 1],
        "arithmetic": rounding_words(rule),
    }
    first = _(
        "Of %(scope)s at most %(share)s hold %(grade)s (%(arithmetic)s); the last by merit get %(lower)s. Ties at the "
        "limit all get %(lower)s and go to the committee."
    )
    if rule.of_participants:
        first = _(
            "Of %(scope)s, those without a grade included, at most %(share)s hold %(grade)s (%(arithmetic)s); the last "
            "by merit get %(lower)s. Ties at the limit all get %(lower)s and go to the committee."
        )
    said = Text(first, values)
    if not rule.prefer:
        return said
    second = Text(
        _("Those come first for whom %(condition)s."), {"condition": condition_words(rule.prefer, plan, dict(nodes))}
    )
    return Text(_("%(sentence)s %(next)s"), {"sentence": said, "next": second})


LIMIT = RuleKind(
    key="limit", title=plain(_("At most a share")), apply=apply_limit, words=words_of_limit, check=check_limit
)


# ------------------------------------------------------------------------------ limit_within


def apply_limit_within(grading: Grading, rule: Rule, index: int) -> None:
    condition = parse(rule.condition or "")
    for scope in scopes_of(grading, rule):
        holders = _holders(grading, rule, scope)
        concerned = [i for i in holders if grading.satisfies(i, condition)]
        ordered = [i for i in concerned if not grading.decided[i]]
        fixed = [i for i in concerned if grading.decided[i]]
        _lower_all(
            grading,
            rule,
            index,
            scope,
            size=len(holders),
            fixed=fixed,
            ordered=ordered,
            same=lambda a, b: grading.merits[a] == grading.merits[b],
        )


def check_limit_within(rule: Rule, plan: Plan, nodes: Nodes) -> Checks:
    yield from _limited(rule, plan)
    yield from conditions_of(rule, plan, nodes)


def words_of_limit_within(rule: Rule, plan: Plan, nodes: Nodes) -> Text:
    values = {
        "scope": scope_words(rule),
        "share": percent(rule.share or 0),
        "grade": rule.grade,
        "lower": plan.grades[plan.grades.index(rule.grade or "") + 1],
        "condition": condition_words(rule.condition or "", plan, dict(nodes)),
        "arithmetic": rounding_words(rule),
    }
    return Text(
        _(
            "Of the holders of %(grade)s in %(scope)s at most %(share)s (%(arithmetic)s) may be such that "
            "%(condition)s; the last of these by merit get %(lower)s, and the places stay free."
        ),
        values,
    )


LIMIT_WITHIN = RuleKind(
    key="limit_within",
    title=plain(_("At most a share of the holders")),
    apply=apply_limit_within,
    words=words_of_limit_within,
    check=check_limit_within,
)

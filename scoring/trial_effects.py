"""What each figure contributes to the total, and which figures moved it between two plans.

A node's contribution is its score times the factor by which its branch carries it up to the root. The contributions
of the leaves add up to the total, but for the rounding of each composite and for a total that stops at 0.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from .engine.composite import is_adjustment, ordinary_children, weight_of
from .engine.types import Node, Plan, Status

# Of one subject: code → (status, value).
Figures = Mapping[str, tuple[str, Decimal | None]]


@dataclass(frozen=True, slots=True)
class Change:
    """One leaf or composite whose figure or weight changed. A status is empty where a plan lacks the node."""

    code: str
    old_status: str
    old: Decimal | None
    new_status: str
    new: Decimal | None
    effect: Decimal  # on the total
    leaf: bool


@dataclass(frozen=True, slots=True)
class Cause:
    """The leaf that sets a subject most apart from the others, and by how many points of the total."""

    code: str
    effect: Decimal


class Factors:
    """By how much a node's score counts in the total, for subjects to whom the same nodes do not apply."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._known: dict[frozenset[str], dict[str, Decimal]] = {}
        self.leaves = frozenset(node.code for node in _walk(plan.root) if not node.children)

    def of(self, figures: Figures) -> dict[str, Decimal]:
        out = frozenset(code for code, (status, _value) in figures.items() if status == Status.NOT_APPLICABLE)
        found = self._known.get(out)
        if found is None:
            exact = dict(_factors(self.plan.root, Fraction(1), out))
            found = {code: Decimal(f.numerator) / Decimal(f.denominator) for code, f in exact.items()}
            self._known[out] = found
        return found

    def contributions(self, figures: Figures) -> dict[str, Decimal]:
        factors = self.of(figures)
        return {code: factors.get(code, Decimal(0)) * (value or 0) for code, (_status, value) in figures.items()}


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _walk(child)


def _factors(node: Node, factor: Fraction, out: frozenset[str]) -> Iterator[tuple[str, Fraction]]:
    yield node.code, factor
    counted = [child for child in ordinary_children(node) if child.code not in out]
    weights = sum((weight_of(child) for child in counted), Fraction(0))
    codes = {child.code for child in counted}
    for child in node.children:
        own = Fraction(0)
        if is_adjustment(child):
            own = factor
        elif child.code in codes:
            own = factor * Fraction(node.points) * weight_of(child) / Fraction(child.points) / weights
        yield from _factors(child, own, out)


NO_FIGURE = ("", None)


def finest(old: Plan, new: Plan) -> Decimal:
    """The smaller one of the units in which two plans count."""
    return Decimal(1).scaleb(-max(old.decimals, new.decimals))


def changes(old: Figures, new: Figures, before: Factors, after: Factors) -> tuple[Change, ...]:
    """What changed, greatest effect on the total first; the roots are left out, as they are the total."""
    then, now = before.contributions(old), after.contributions(new)
    roots = {before.plan.root.code, after.plan.root.code}
    unit = finest(before.plan, after.plan)
    found = []
    for code in dict.fromkeys((*new, *old)):
        was, is_now = old.get(code, NO_FIGURE), new.get(code, NO_FIGURE)
        effect = now.get(code, Decimal(0)) - then.get(code, Decimal(0))
        if code in roots or (was == is_now and not effect):
            continue
        leaf = code in after.leaves or code in before.leaves
        found.append(Change(code, *was, *is_now, effect.quantize(unit), leaf))
    found.sort(key=lambda change: (-abs(change.effect), not change.leaf))
    return tuple(found)


def averages(all_changes: Sequence[Sequence[Change]], unit: Decimal) -> dict[str, Decimal]:
    """The mean effect of each node on the totals: what moves everyone alike moves nobody's rank."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for changed in all_changes:
        for change in changed:
            sums[change.code] += change.effect
    return {code: (total / len(all_changes)).quantize(unit) for code, total in sums.items()}


def main_cause(changed: Sequence[Change], means: Mapping[str, Decimal], leaves: Iterable[str]) -> Cause | None:
    """The leaf whose effect differs most from the average, in the direction in which the whole differs."""
    own = {change.code: change.effect for change in changed}
    apart = {code: own.get(code, Decimal(0)) - means.get(code, Decimal(0)) for code in leaves}
    direction = 1 if sum(apart.values()) > 0 else -1
    code = max(apart, key=lambda each: apart[each] * direction, default="")
    return Cause(code, apart[code]) if code and apart[code] * direction > 0 else None

"""What the grade rules work on: the grades so far, the order of merit, the facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ..conditions import Condition, Value, facts_of, holds
from ..ranking import Merit
from ..text import figure
from ..types import Flag, LimitReport, Node, Plan, Problem, Reason, Rule, Text


class Grading:
    """The state that the rules change, subject by position.

    `grade` is a position in plan.grades or None. An excluded subject stays without one and later rules pass it by;
    a decided one has the committee's grade, keeps it, and counts against every limit.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        keys: Sequence[str],
        categories: Sequence[str],
        groups: Sequence[str],
        totals: Sequence[int],
        unit: int,
        merits: Sequence[Merit],
        facts: Callable[[int, str], Value | None],
        may_tell: Callable[[int, str], bool],
    ) -> None:
        self.plan = plan
        self.keys, self.categories, self.groups = keys, categories, groups
        self.totals, self.unit, self.merits = totals, unit, merits
        self.facts, self.may_tell = facts, may_tell
        self.position = {grade: i for i, grade in enumerate(plan.grades)}
        size = len(keys)
        self.grade: list[int | None] = [None] * size
        self.excluded = [False] * size
        self.decided = [False] * size
        self.reasons: list[list[Reason]] = [[] for _key in keys]
        self.flags: list[list[Flag]] = [[] for _key in keys]
        self.limits: list[LimitReport] = []

    def name(self, position: int | None) -> str | None:
        return None if position is None else self.plan.grades[position]

    def total(self, i: int) -> str:
        """The subject's total, as it is stored with a reason."""
        return figure(Fraction(self.totals[i], self.unit))

    def open(self) -> Iterable[int]:
        """The subjects that a rule may still change."""
        return (i for i in range(len(self.keys)) if not self.excluded[i] and not self.decided[i])

    def best_first(self, i: int) -> tuple[Merit, str]:
        """Sorts by merit; equal ones by their key, so that no list depends on the order of the inputs."""
        return self.merits[i], self.keys[i]

    def change(self, i: int, index: int, rule: Rule, grade: int | None, **values: Any) -> None:
        """Give subject i a grade by a rule, and record it if that is another one."""
        before = self.grade[i]
        if before != grade:
            self.grade[i] = grade
            self.reasons[i].append(Reason(index, rule.key, self.name(before), self.name(grade), values))

    def satisfies(self, i: int, condition: Condition) -> bool:
        return holds(condition, lambda fact: self.facts(i, fact))

    def known_facts(self, i: int, condition: Condition) -> dict[str, str]:
        """The values behind a condition, as they are stored with a reason.

        Empty facts are left out, and so is a share of votes that would tell how single voters voted.
        """
        found = {}
        for fact in sorted(facts_of(condition)):
            value = self.facts(i, fact)
            if value is not None and self.may_tell(i, fact):
                found[fact] = _stored(value)
        return found


def _stored(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else figure(value)


@dataclass(frozen=True, slots=True)
class RuleKind:
    """One kind of grade rule. `check` yields (part of the rule, what is wrong)."""

    key: str
    title: Text
    apply: Callable[[Grading, Rule, int], None]
    words: Callable[[Rule, Plan, Mapping[str, Node]], Text]
    check: Callable[[Rule, Plan, Mapping[str, Node]], Iterable[tuple[str, Text]]]


def rule_problem(index: int, part: str, text: Text) -> Problem:
    return Problem(f"rules.{index}.{part}" if part else f"rules.{index}", text)

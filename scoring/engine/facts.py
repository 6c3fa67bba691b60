"""What conditions of grade rules read about a subject (rules of §7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Protocol

from .ballots import is_withheld
from .conditions import Value, decimal_value
from .earlier import earlier_value, reads_earlier
from .ranking import ranks_within
from .types import ABSTAIN, BallotForm, Node, Plan, SubjectInput


class Scored(Protocol):
    """A subject's scores in the plan's smallest unit, and the codes that are not applicable to it."""

    cents: dict[str, int | None]
    out: frozenset[str]


class Facts:
    """What conditions read: a subject's own facts and those that are always there (§7)."""

    def __init__(
        self,
        plan: Plan,
        nodes: Mapping[str, Node],
        subjects: Sequence[SubjectInput],
        entered: Sequence[Scored],
        totals: Sequence[int],
        category_ranks: Sequence[int],
    ) -> None:
        self.plan, self.nodes, self.subjects, self.entered = plan, nodes, subjects, entered
        self.unit = 10**plan.decimals
        self.totals, self.category_ranks = totals, category_ranks
        categories = [subject.category for subject in subjects]
        self.from_bottom = ranks_within([-total for total in totals], categories)
        self.sizes: dict[str, int] = {}
        for category in categories:
            self.sizes[category] = self.sizes.get(category, 0) + 1

    def __call__(self, i: int, fact: str) -> Value | None:
        subject = self.subjects[i]
        if fact in subject.facts:
            return decimal_value(subject.facts[fact])
        head, _colon, rest = fact.partition(":")
        if head == "score" and rest:
            return self._points(self.entered[i].cents[rest])
        if head == "option_share" and rest:
            return self._share(i, *rest.split(":", 1))
        if reads_earlier(fact):
            return earlier_value(fact, subject.earlier)
        if fact == "total":
            return self._points(self.totals[i])
        if fact == "category_rank":
            return Fraction(self.category_ranks[i])
        if fact == "category_rank_from_bottom":
            return Fraction(self.from_bottom[i])
        return Fraction(self.sizes[subject.category]) if fact == "category_size" else None

    def may_tell(self, i: int, fact: str) -> bool:
        """Whether a fact's value may stand in a reason: a share of withheld votes may not."""
        head, _colon, rest = fact.partition(":")
        if head != "option_share":
            return True
        code = rest.partition(":")[0]
        if code in self.subjects[i].untold:
            return False
        form = self.nodes[code].ballot or BallotForm()
        return not is_withheld(form, self.subjects[i].votes.get(code, {}), self.plan.minimum_votes)

    def _points(self, cents: int | None) -> Fraction | None:
        return None if cents is None else Fraction(cents, self.unit)

    def _share(self, i: int, code: str, option: str) -> Fraction | None:
        """Share of an option among the votes of all classes; empty without votes."""
        if code in self.entered[i].out:
            return None
        votes = chosen = 0
        for answers in self.subjects[i].votes.get(code, {}).values():
            votes += sum(number for answer, number in answers.items() if answer != ABSTAIN)
            chosen += answers.get(option, 0)
        return Fraction(chosen, votes) if votes else None

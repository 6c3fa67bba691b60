"""Selections made from results (rules of §9): focus list, differential veto, award exclusion.

N of a selection counts graded subjects, and only they can be selected. Nothing is decided by chance: whoever is
tied with the last one in is in, and a tie across the places of a veto is left to the committee.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from .ranking import Merit, members_of, merit
from .rounding import ceil_of
from .types import Outcome, Result


@dataclass(frozen=True, slots=True)
class LastOnes:
    """The last ⌈size × share⌉ of a scope, worst first; `subjects` are more than `places` where tied."""

    scope: str  # a category, or "" for all
    size: int
    share: Decimal
    places: int
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Veto:
    """Round A names the candidates, round B decides who of them keeps a place.

    `tied` are candidates of equal merit in B who do not all fit: none of them is kept or vetoed before the
    committee decides. All are best first by the round that decides about them.
    """

    places: int
    invited: int  # ⌈ratio × places⌉; candidates are more where tied
    candidates: tuple[str, ...]
    kept: tuple[str, ...]
    tied: tuple[str, ...]
    vetoed: tuple[str, ...]


def merits_of(outcome: Outcome) -> dict[str, Merit]:
    """Subject → key of the order of merit (lower is better), from the rounded scores of an outcome."""
    unit = 10**outcome.plan.decimals

    def score_of(result: Result, code: str) -> int | None:
        score = result.scores[code]
        if score.status == "not_applicable":
            return None
        return int((score.value or Decimal(0)) * unit)

    return {
        result.subject: merit(int(result.total * unit), [score_of(result, code) for code in outcome.plan.tie_breakers])
        for result in outcome.results
    }


def graded(outcome: Outcome) -> list[Result]:
    """The results that count: with a grade; all of a plan that gives none."""
    return [result for result in outcome.results if result.grade is not None or not outcome.plan.rules]


def _last(results: Sequence[Result], share: Decimal, scope: str, rank: Callable[[Result], int]) -> LastOnes:
    places = ceil_of(Fraction(share) * len(results))
    ordered = sorted(results, key=lambda result: (-rank(result), result.subject))
    chosen = tuple(
        result.subject for result in ordered if places and rank(result) >= rank(ordered[min(places, len(ordered)) - 1])
    )
    return LastOnes(scope, len(results), share, places, chosen)


def last_overall(outcome: Outcome, share: Decimal) -> LastOnes:
    """The last ⌈N × share⌉ by overall rank: who is not eligible for an award."""
    return _last(graded(outcome), share, "", lambda result: result.rank)


def last_per_category(
    outcome: Outcome, share: Decimal, categories: Sequence[str], shares: Mapping[str, Decimal] | None = None
) -> list[LastOnes]:
    """The last ⌈N × share⌉ of each category by category rank: the focus list, or an award exclusion by category.

    `categories` is the category of each subject, in the order of the outcome's results. `shares` are the
    categories whose share is another one.
    """
    own = shares or {}
    return _last_per_part(
        outcome, categories, lambda category: own.get(category, share), lambda result: result.category_rank
    )


def last_per_part(outcome: Outcome, share: Decimal, parts: Sequence[str]) -> list[LastOnes]:
    """The last ⌈N × share⌉ of each part (such as a unit) by overall rank."""
    return _last_per_part(outcome, parts, lambda _part: share, lambda result: result.rank)


def _last_per_part(
    outcome: Outcome, parts: Sequence[str], share_of: Callable[[str], Decimal], rank: Callable[[Result], int]
) -> list[LastOnes]:
    results = outcome.results
    counted = {result.subject for result in graded(outcome)}
    return [
        _last([results[i] for i in members if results[i].subject in counted], share_of(str(part)), str(part), rank)
        for part, members in sorted(members_of(parts).items(), key=lambda item: str(item[0]))
    ]


def differential_veto(first: Outcome, second: Outcome, places: int, ratio: Decimal) -> Veto:
    """For n places: the first ⌈ratio × n⌉ of round A are candidates, the n best of them in round B keep a place.

    A candidate without a grade in round B, or not in it, comes after all others and is vetoed.
    """
    invited = ceil_of(Fraction(ratio) * places)
    merits = merits_of(first)
    ordered = sorted((result.subject for result in graded(first)), key=lambda key: (merits[key], key))
    limit = ordered[min(invited, len(ordered)) - 1] if ordered and invited else None
    candidates = tuple(key for key in ordered if limit is not None and merits[key] <= merits[limit])
    there = {result.subject for result in graded(second)}
    rivals = merits_of(second)
    present = sorted((key for key in candidates if key in there), key=lambda key: (rivals[key], key))
    absent = tuple(key for key in candidates if key not in there)
    if len(present) <= places:
        return Veto(places, invited, candidates, tuple(present), (), absent)
    edge = rivals[present[places]]
    kept = tuple(key for key in present[:places] if rivals[key] < edge)
    tied = tuple(key for key in present if rivals[key] == edge) if len(kept) < places else ()
    vetoed = tuple(key for key in present if key not in kept and key not in tied)
    return Veto(places, invited, candidates, kept, tied, (*vetoed, *absent))

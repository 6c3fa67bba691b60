"""What conditions read of a subject's earlier rounds: `grade_in:ROUND`, `times_grade:SET:GRADE` (rules of §7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from .types import Earlier

EarlierRounds = Mapping[str, Sequence[Earlier]]  # set → rounds


def reads_earlier(fact: str) -> bool:
    return fact.startswith(("grade_in:", "times_grade:"))


def earlier_value(fact: str, earlier: EarlierRounds) -> Fraction | str | None:
    """The value of a fact that `reads_earlier`."""
    head, _colon, rest = fact.partition(":")
    if head == "grade_in":
        return _grade_in(rest, earlier)
    name, _colon, grade = rest.partition(":")
    return Fraction(sum(1 for each in earlier.get(name, ()) if each.grade == grade))


def _grade_in(name: str, earlier: EarlierRounds) -> str | None:
    """The grade of the earlier round of that name, whichever set it stands in; of several, the first set's by code.

    The order in which the sets come says nothing, so that it must not decide.
    """
    for _set, rounds in sorted(earlier.items()):
        for each in rounds:
            if each.round == name and each.grade:
                return each.grade
    return None

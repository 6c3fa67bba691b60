"""Ballot tallies as they may be shown: withheld where few voted.

A class with fewer votes on a subject than the plan's `minimum_votes`, or with fewer online ballots than are ever shown
(`reviews.queries.polls.withheld_classes`), is shown as 不足N票, to everybody.
Its mean could be worked out from the leaf's score and the means of the other classes; so they are
withheld with it, and with them the steps of the leaf.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reviews.ballot_form import LEAST_VOTERS

from .engine.ballots import trimmed
from .engine.rounding import whole_numbers
from .engine.types import ABSTAIN, BallotForm, Plan, VoterClass
from .trees import Branch


@dataclass(frozen=True, slots=True)
class ClassLine:
    """One voter class: `withheld` in words instead of the rest, or votes, mean and (answer, count)."""

    title: str
    weight: Decimal
    votes: int = 0
    mean: Fraction | None = None
    answers: tuple[tuple[str, int], ...] = ()
    abstained: int = 0
    withheld: str = ""


@dataclass(frozen=True, slots=True)
class BallotTable:
    classes: tuple[ClassLine, ...]

    @property
    def withheld(self) -> bool:
        return any(line.withheld for line in self.classes)


def table(plan: Plan, branch: Branch, too_few: Collection[str] = ()) -> BallotTable | None:
    """The tally that a leaf of votes was scored with, class by class. `too_few`: classes with too few online."""
    form = branch.node.ballot
    if form is None:
        return None
    return BallotTable(class_lines(form, branch.score.detail.get("votes", {}), plan.minimum_votes, too_few))


def class_lines(
    form: BallotForm, tally: Mapping[str, Mapping[str, int]], minimum: int, too_few: Collection[str] = ()
) -> tuple[ClassLine, ...]:
    """One line per class of the form. All are withheld if one has votes, but fewer than `minimum`, or is `too_few`."""
    counted = [(each, _valid(tally.get(each.code, {}))) for each in form.classes]
    few = {
        each.code
        for each, answers in counted
        if 0 < sum(answers.values()) < minimum or (answers and each.code in too_few)
    }
    if not few:
        return tuple(_line(form, each, answers, tally) for each, answers in counted)
    least = max(minimum, LEAST_VOTERS if too_few else 1)
    small = ngettext("fewer than %(count)d vote", "fewer than %(count)d votes", least) % {"count": least}
    return tuple(
        ClassLine(
            each.title,
            each.weight,
            withheld=small if each.code in few else _("withheld: another class has too few votes"),
        )
        for each in form.classes
    )


def _valid(answers: Mapping[str, int]) -> dict[str, int]:
    return {answer: count for answer, count in answers.items() if answer != ABSTAIN and count}


def _line(
    form: BallotForm, each: VoterClass, answers: dict[str, int], tally: Mapping[str, Mapping[str, int]]
) -> ClassLine:
    abstained = tally.get(each.code, {}).get(ABSTAIN, 0)
    if not answers:
        return ClassLine(each.title, each.weight, abstained=abstained)
    worth = {option.title: option.value for option in form.options}
    values = {answer: Fraction(worth[answer] if worth else Decimal(answer)) for answer in answers}
    wholes, common = whole_numbers(values.values())
    votes: dict[int, int] = {}
    for whole, count in zip(wholes, answers.values(), strict=True):
        votes[whole] = votes.get(whole, 0) + count
    total, number = trimmed(votes, form.trim)
    return ClassLine(
        each.title,
        each.weight,
        votes=sum(answers.values()),
        mean=Fraction(total, number * common),
        answers=tuple(sorted(answers.items(), key=lambda pair: values[pair[0]], reverse=True)),
        abstained=abstained,
    )

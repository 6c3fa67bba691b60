"""The secrecy check (保密检查) of a round: how many of each class may rate each subject, and what merging would do.

Of polls in preparation it says what fixing their voters now would give, of the others what was fixed. Reads only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from scoring.engine.types import Plan

from .ballot_form import Terms, leaves_of
from .models import Poll, PollState, Round, Subject
from .queries.poll_office import stored_voters, stored_votes_on
from .services.polls.setup import Preview, current_terms, preview
from .services.polls.voters import Key, Rule
from .voters_twice import Twice, people_of_accounts, twice


@dataclass(frozen=True, slots=True)
class Cell:
    """How many of a class may rate a subject: the fewest of its leaves. None: nothing of it is voted on."""

    voters: int
    thin: bool

    @property
    def nobody(self) -> bool:
        return not self.voters


@dataclass(slots=True)
class Check:
    """`previews`: of the polls in preparation. `cells`: (subject, poll) → how many may rate it."""

    polls: list[Poll]
    previews: dict[int, Preview] = field(default_factory=dict)
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    voters: dict[int, dict[Key, str]] = field(default_factory=dict)
    terms: dict[int, Terms] = field(default_factory=dict)

    def rows(self, subjects: Sequence[Subject]) -> list[tuple[Subject, list[Cell | None]]]:
        return [(subject, [self.cells.get((subject.pk, poll.pk)) for poll in self.polls]) for subject in subjects]

    def thin(self, poll: Poll) -> int:
        """On how many subjects fewer than the minimum may vote."""
        return sum(cell.thin for (_subject, pk), cell in self.cells.items() if pk == poll.pk)

    def unvoted(self, poll: Poll) -> int:
        return sum(cell.nobody for (_subject, pk), cell in self.cells.items() if pk == poll.pk)

    def twice(self, poll: Poll) -> list[Twice]:
        """Voters of a poll who have another vote: in it, or in another poll on one of its indicators."""
        mine = {leaf.code for leaf in self.terms[poll.pk].leaves}
        alike = [one for one in self.polls if mine & {leaf.code for leaf in self.terms[one.pk].leaves}]
        people = people_of_accounts()
        return [found for one in alike for found in twice(self.voters[poll.pk], one, self.voters[one.pk], people)]


def check_round(round_: Round, polls: Sequence[Poll]) -> Check:
    """The check of these polls of a round (none annulled). Queries grow with the classes of the plan only."""
    found = Check(list(polls))
    fixed = [poll for poll in polls if poll.state != PollState.PREPARED]
    votes_on: dict[int, Mapping[tuple[int, str], int]] = dict(stored_votes_on(fixed))
    found.voters = stored_voters(fixed)
    for poll in polls:
        poll.round = round_
        found.terms[poll.pk] = current_terms(poll)
        if poll.state == PollState.PREPARED:
            found.previews[poll.pk] = seen = preview(poll)
            votes_on[poll.pk] = seen.votes_on
            found.voters[poll.pk] = {voter.key: voter.label for voter in seen.electorate.voters if voter.key}
    subjects = list(round_.subjects.values_list("pk", flat=True))
    for poll in polls:
        terms, numbers = found.terms[poll.pk], votes_on[poll.pk]
        for subject in subjects:
            counted = [numbers.get((subject, leaf.code), 0) for leaf in terms.leaves]
            if counted:
                thin = any(0 < number < terms.minimum for number in counted)
                found.cells[subject, poll.pk] = Cell(min(counted), thin)
    return found


# ---------------------------------------------------------------- merging


@dataclass(frozen=True, slots=True)
class Effect:
    """What merging a class into another does to the weights of the indicators both vote on: class → share of 1."""

    into: Poll
    leaves: tuple[str, ...]
    before: tuple[tuple[str, Fraction], ...]
    after: tuple[tuple[str, Fraction], ...]


def merge_effects(plan: Plan, polls: Sequence[Poll], poll: Poll) -> list[Effect]:
    """The polls that one in preparation can be merged into (the same leaves, no sample), with what becomes of the
    weights: the merged class drops out, and its share falls to all others, not only to the class that takes it in."""
    leaves = leaves_of(plan, poll.voter_class)
    if poll.state != PollState.PREPARED or Rule.from_json(poll.rule).sample:
        return []
    effects = []
    for other in polls:
        same = other.pk != poll.pk and leaves_of(plan, other.voter_class) == leaves
        if not same or other.state != PollState.PREPARED or Rule.from_json(other.rule).sample:
            continue
        effects += _effects(plan, polls, poll, other)
    return effects


def _effects(plan: Plan, polls: Sequence[Poll], poll: Poll, other: Poll) -> list[Effect]:
    """One for every set of weights among the leaves; mostly all leaves have the same."""
    there = {one.voter_class for one in polls}
    found: dict[tuple[tuple[tuple[str, Fraction], ...], ...], list[str]] = {}
    for leaf in leaves_of(plan, poll.voter_class):
        assert leaf.ballot is not None
        weights = {each.title: Fraction(each.weight) for each in leaf.ballot.classes if each.code in there}
        gone = next(each.title for each in leaf.ballot.classes if each.code == poll.voter_class)
        rest = {title: weight for title, weight in weights.items() if title != gone}
        found.setdefault((_shares(weights), _shares(rest)), []).append(leaf.title)
    return [Effect(other, tuple(leaves), before, after) for (before, after), leaves in found.items()]


def _shares(weights: Mapping[str, Fraction]) -> tuple[tuple[str, Fraction], ...]:
    whole = sum(weights.values(), Fraction())
    return tuple((title, weight / whole if whole else Fraction()) for title, weight in weights.items())

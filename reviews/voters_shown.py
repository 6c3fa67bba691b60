"""Voters of a poll in preparation as its pages show them: on whom they vote, and by which way they could."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from units.models import Person

from .queries.poll_ways import Ways, can_log_in
from .services.polls.voters import Electorate, Voter

NAMES_SHOWN = 4


@dataclass(frozen=True, slots=True)
class VoterLine:
    label: str
    unit: str  # of a person
    rates: int
    not_rated: tuple[str, ...]  # names, if they are few
    can_log_in: bool


def shown_voters(voters: Sequence[Voter], subjects: Mapping[int, str]) -> list[VoterLine]:
    """A page of voters. Three queries."""
    units, people = _reachable(voters)
    homes = dict(Person.objects.filter(pk__in=[v.person for v in voters if v.person]).values_list("pk", "unit__name"))
    lines = []
    for voter in voters:
        rated = {subject for subject, _codes in voter.places}
        left = [name for pk, name in subjects.items() if pk not in rated]
        lines.append(
            VoterLine(
                voter.label,
                homes.get(voter.person or 0, ""),
                len(rated),
                tuple(left) if len(left) <= NAMES_SHOWN else (),
                _can(voter, units, people),
            )
        )
    return lines


def ways_before(electorate: Electorate) -> Ways:
    """How many voters would come by which way. Two queries."""
    units, people = _reachable(electorate.voters)
    counted: Counter[str] = Counter()
    for voter in electorate.voters:
        if voter.is_named:
            counted["accounts" if _can(voter, units, people) else "named"] += 1
        else:
            counted["numbered" if voter.slip else "seats" if voter.door is not None else "paper"] += 1
    return Ways(**counted)


def _reachable(voters: Sequence[Voter]) -> tuple[set[int], set[int]]:
    return can_log_in({v.unit for v in voters if v.unit}, {v.person for v in voters if v.person})


def _can(voter: Voter, units: set[int], people: set[int]) -> bool:
    return voter.account is not None or voter.unit in units or voter.person in people

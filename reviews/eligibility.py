"""What follows from the facts of a round's subjects under its plan, before anything is computed.

Results of earlier rounds are kept by an app above this one: it says how to read them (`read_earlier_with`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from indicators.rendering import render
from reviews.models import Round, Subject
from scoring.engine import consequences, has_consequences
from scoring.engine.conditions import facts_of, parse
from scoring.engine.earlier import EarlierRounds, reads_earlier
from scoring.engine.types import FactType, FactValue, Plan

# Subject id → its earlier rounds by set, for all subjects of a round.
EarlierReader = Callable[[Round], Mapping[int, EarlierRounds]]
_readers: list[EarlierReader] = []


@dataclass(frozen=True, slots=True)
class Line:
    """A consequence in the reader's language; not `certain`: it depends on the scores too."""

    words: str
    certain: bool


def read_earlier_with(reader: EarlierReader) -> None:
    """Called once when the app that keeps results starts."""
    _readers[:] = [reader]


def typed(kind: FactType, value: str) -> FactValue:
    """A stored fact by its type."""
    if kind is FactType.BOOLEAN:
        return value == "true"
    return Decimal(value) if kind is FactType.NUMBER else value


# (subject id, code, value as stored)
Facts = Iterable[tuple[int, str, str]]


def lines_of(round_: Round, plan: Plan, subjects: Iterable[Subject], facts: Facts) -> dict[int, list[Line]]:
    """Subject id → what follows from its facts; nobody is left out. No query, unless the plan's rules read earlier
    rounds: then a few, whatever the number of subjects."""
    earlier = _earlier(round_, plan)
    return {
        pk: [
            Line(render(each.text), each.certain)
            for each in consequences(plan, own, None if earlier is None else earlier.get(pk, {}))
        ]
        for pk, own in _by_subject(plan, subjects, facts).items()
    }


def affected(round_: Round, plan: Plan, subjects: Iterable[Subject], facts: Facts) -> frozenset[int]:
    """Ids of those from whose facts anything follows. Queries as in `lines_of`."""
    earlier = _earlier(round_, plan)
    return frozenset(
        pk
        for pk, own in _by_subject(plan, subjects, facts).items()
        if has_consequences(plan, own, None if earlier is None else earlier.get(pk, {}))
    )


def _by_subject(plan: Plan, subjects: Iterable[Subject], facts: Facts) -> dict[int, dict[str, FactValue]]:
    kinds = {fact.code: fact.type for fact in plan.facts}
    given: dict[int, dict[str, FactValue]] = {subject.pk: {} for subject in subjects}
    for pk, code, value in facts:
        if pk in given and code in kinds:
            given[pk][code] = typed(kinds[code], value)
    return given


def has_rules(plan: Plan) -> bool:
    """Whether anything can follow from facts at all."""
    return any(rule.condition or rule.prefer for rule in plan.rules)


def _earlier(round_: Round, plan: Plan) -> Mapping[int, EarlierRounds] | None:
    texts = [text for rule in plan.rules for text in (rule.condition, rule.prefer) if text]
    if not any(reads_earlier(fact) for text in texts for fact in facts_of(parse(text))):
        return {}
    return _readers[0](round_) if _readers else None

"""Made-up inputs for any plan: plausible, complete, and the same ones for the same seed.

For trying a plan before it is opened. Every subject has a level in per cent and scores around it on every leaf;
facts that a grade rule watches are rarely such that the rule acts. Each leaf and each fact draws from a sequence of
its own, so that changing one part of a plan leaves the inputs of the others as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from random import Random
from typing import Any

from .engine import walk
from .engine.conditions import Comparison, parse
from .engine.types import (
    ABSTAIN,
    Attainment,
    BallotForm,
    Earlier,
    Event,
    FactDefinition,
    FactType,
    FactValue,
    Inputs,
    Mark,
    Node,
    Plan,
    SubjectInput,
)

GROUPS = 3  # of a plan whose rules read groups
ROUNDS = 4  # of a set of earlier rounds
RARELY = 4  # per cent of the subjects that are weak, or for whom a watched fact makes its rule act
CASTS = range(5, 13)  # votes of a class

# What one leaf of one subject gets: the part of `SubjectInput`, the code (or set) and the input.
Drawn = tuple[str, str, Any]
Maker = Callable[[Node, Plan, int, Random], Drawn]


def generate(plan: Plan, sizes: Mapping[str, int], seed: int) -> Inputs:
    """Inputs of so many subjects per category, nothing missing. Keys count from 0001."""
    subjects = [
        SubjectInput(key=f"{number:04d}", category=category, group=group)
        for number, (category, group) in enumerate(_places(plan, sizes), start=1)
    ]
    drawn: list[dict[str, Any]] = [{} for _subject in subjects]
    own_levels = levels(len(subjects), seed)
    for node in walk(plan.root):
        if not node.children:
            for parts, (source, code, value) in zip(drawn, leaf(node, plan, own_levels, seed), strict=True):
                parts.setdefault(source, {})[code] = value
    for code, values in _facts(plan, len(subjects), seed):
        for parts, value in zip(drawn, values, strict=True):
            if value is not None:
                parts.setdefault("facts", {})[code] = value
    for name, results in _watched_sets(plan, own_levels, seed):
        for parts, rounds in zip(drawn, results, strict=True):
            parts.setdefault("earlier", {})[name] = rounds
    known = frozenset(name for parts in drawn for name in parts.get("earlier", {}))
    return Inputs(tuple(replace(one, **parts) for one, parts in zip(subjects, drawn, strict=True)), known)


def leaf(node: Node, plan: Plan, own_levels: Sequence[int], seed: int) -> list[Drawn]:
    """An input on this leaf for each of the subjects, by their levels."""
    rng = _sequence(seed, node.code)
    return [MAKERS[node.method](node, plan, level, rng) for level in own_levels]


def levels(count: int, seed: int) -> list[int]:
    """How good each subject is: 74 to 98, mostly in the middle, and a few weak ones."""
    rng = _sequence(seed, "")
    return [_level(rng) for _subject in range(count)]


def _level(rng: Random) -> int:
    usual = 74 + rng.randint(0, 8) + rng.randint(0, 8) + rng.randint(0, 8)
    return usual if rng.randint(1, 100) > RARELY else usual - 25


def full(node: Node, plan: Plan) -> Drawn:
    """The input with which a leaf has its full points; no events where events add or take off."""
    return FULL[node.method](node, plan)


def _sequence(seed: int, name: str) -> Random:
    return Random(f"{seed}:{name}")  # noqa: S311 — made-up inputs must be the same again for the same seed


def _places(plan: Plan, sizes: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    grouped = any(rule.scope == "group" for rule in plan.rules)
    grouped |= any(node.method == "ballot_deduct" for node in walk(plan.root))
    for category, size in sizes.items():
        for number in range(size):
            yield category, str(number % GROUPS + 1) if grouped else ""


def _around(level: int, rng: Random) -> int:
    return max(0, min(100, level + rng.randint(-10, 10)))


def _share(points: Decimal, per_cent: int, decimals: int) -> Decimal:
    """So many per cent of the points, cut to decimals."""
    return (points * per_cent / 100).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_DOWN)


# ------------------------------------------------------------------------------ leaves


def _marks(node: Node, plan: Plan, level: int, rng: Random) -> Drawn:
    names = [assessor.name for assessor in node.assessors] or [""]
    values = [_share(node.points, _around(level, rng), plan.decimals) for _name in names]
    return "marks", node.code, tuple(Mark(name, value) for name, value in zip(names, values, strict=True))


def _events(node: Node, plan: Plan, level: int, rng: Random) -> Drawn:
    """Up to three events; who is good has more of what adds and less of what takes off."""
    wanted = level if node.method == "bonus" else 100 - level
    number = sum(rng.randint(1, 100) <= wanted for _try in range(3)) if rng.randint(1, 100) <= 60 else 0
    return "events", node.code, tuple(_event(node, rng, str(place)) for place in range(number))


def _event(node: Node, rng: Random, key: str) -> Event:
    item = rng.choice(node.catalogue) if node.catalogue else None
    value = rng.choice(item.values) if item and item.values else Decimal(rng.randint(1, 4)) / 2
    return Event(
        item=item.code if item else "",
        count=Decimal(1 if node.method == "bonus" or rng.randint(1, 100) <= 80 else 2),
        value=value,
        matter=str(rng.randint(1, 5)),
        status="approved" if rng.randint(1, 100) <= 90 else "pending",
        key=key,
    )


def _attainment(node: Node, plan: Plan, level: int, rng: Random) -> Drawn:
    target = Decimal(rng.randint(5, 40) * 5)
    # Half of the targets of a middling subject are reached.
    actual = target * (_around(level, rng) + 20) / 100
    return "attainment", node.code, Attainment(target, actual)


def _votes(node: Node, plan: Plan, level: int, rng: Random) -> Drawn:
    form = node.ballot or BallotForm()
    tally: dict[str, dict[str, int]] = {}
    for voters in form.classes:
        answers: dict[str, int] = {}
        for _vote in range(rng.choice(CASTS)):
            answer = ABSTAIN if rng.randint(1, 100) <= 2 else _answer(form, _around(level, rng))
            answers[answer] = answers.get(answer, 0) + 1
        # Nobody's votes are all abstentions.
        answers[_answer(form, level)] = answers.get(_answer(form, level), 0) + 1
        tally[voters.code] = answers
    return "votes", node.code, tally


def _answer(form: BallotForm, per_cent: int) -> str:
    """The option (or the step of the scale) nearest to so many per cent of the scale."""
    wanted = form.scale * per_cent / 100
    if form.options:
        return min(form.options, key=lambda option: abs(option.value - wanted)).title
    return f"{wanted // form.step * form.step:f}"


def _rank(node: Node, plan: Plan, level: int, rng: Random) -> Drawn:
    worst = len(node.settings["table"]) + 2
    rank = 1 + (100 - _around(level, rng)) * worst // 60
    return "numbers", node.code, Decimal(max(1, min(worst, rank)))


def _number(node: Node, plan: Plan, level: int, rng: Random) -> Drawn:
    better = _around(level, rng)
    return "numbers", node.code, Decimal(201 - better if node.settings.get("lower_is_better") else better)


def _per_unit(node: Node, plan: Plan, level: int, rng: Random) -> Drawn:
    """So many units around what gives this level of the full points."""
    units = int((node.points * _around(level, rng) / 100 - _setting(node, "base")) / _setting(node, "value"))
    return "numbers", node.code, _setting(node, "threshold") + units * int(node.settings.get("sign", 1))


def _setting(node: Node, name: str) -> Decimal:
    return Decimal(node.settings.get(name, 0))


def _carried(node: Node, plan: Plan, level: int, rng: Random) -> Drawn:
    return "earlier", str(node.settings["set"]), _rounds(str(node.settings["set"]), plan, level, rng)


def _rounds(name: str, plan: Plan, level: int, rng: Random) -> tuple[Earlier, ...]:
    """Results in a set's rounds, with the grades that the rules ask about first, best first."""
    grades = _asked_grades(plan, name) or list(plan.grades)
    found = []
    for number in range(1, ROUNDS + 1):
        total = _around(level, rng)
        place = min(len(grades) - 1, (100 - total) * len(grades) // 60) if grades else 0
        grade = grades[place] if grades else None
        found.append(Earlier(f"{name} {number}", Decimal(total), Decimal(100), grade))
    return tuple(found)


MAKERS: Mapping[str, Maker] = {
    "marks": _marks,
    "deduct": _events,
    "bonus": _events,
    "penalty": _events,
    "inspection": _events,
    "attainment": _attainment,
    "ballot": _votes,
    "rank_band": _votes,
    "ballot_deduct": _votes,
    "carried": _carried,
    "rank_points": _rank,
    "ratio_to_best": _number,
    "per_unit": _per_unit,
}


# ------------------------------------------------------------------------------ full points


def _full_marks(node: Node, plan: Plan) -> Drawn:
    names = [assessor.name for assessor in node.assessors] or [""]
    return "marks", node.code, tuple(Mark(name, _share(node.points, 100, plan.decimals)) for name in names)


def _full_votes(node: Node, plan: Plan) -> Drawn:
    form = node.ballot or BallotForm()
    best = max(form.options, key=lambda option: option.value).title if form.options else _answer(form, 100)
    return "votes", node.code, {voters.code: {best: 1} for voters in form.classes}


def _full_rank(node: Node, plan: Plan) -> Drawn:
    rank, _value = max(node.settings["table"], key=lambda row: Fraction(row[1]))
    return "numbers", node.code, Decimal(rank)


def _full_per_unit(node: Node, plan: Plan) -> Drawn:
    units = -(-(node.points - _setting(node, "base")) // _setting(node, "value"))
    return "numbers", node.code, _setting(node, "threshold") + units * int(node.settings.get("sign", 1))


def _no_events(node: Node, plan: Plan) -> Drawn:
    return "events", node.code, ()


def _full_attainment(node: Node, plan: Plan) -> Drawn:
    return "attainment", node.code, Attainment(Decimal(1), Decimal(1))


def _full_ratio(node: Node, plan: Plan) -> Drawn:
    return "numbers", node.code, Decimal(1)


def _full_carried(node: Node, plan: Plan) -> Drawn:
    name = str(node.settings["set"])
    return "earlier", name, (Earlier(name, Decimal(1), Decimal(1), None),)


FULL: Mapping[str, Callable[[Node, Plan], Drawn]] = {
    "marks": _full_marks,
    "deduct": _no_events,
    "bonus": _no_events,
    "penalty": _no_events,
    "inspection": _no_events,
    "attainment": _full_attainment,
    "ballot": _full_votes,
    "rank_band": _full_votes,
    "ballot_deduct": _full_votes,
    "carried": _full_carried,
    "rank_points": _full_rank,
    "ratio_to_best": _full_ratio,
    "per_unit": _full_per_unit,
}


# ------------------------------------------------------------------------------ facts


def _comparisons(plan: Plan) -> list[Comparison]:
    """Every comparison of the plan's rules."""
    conditions = [text for rule in plan.rules for text in (rule.condition, rule.prefer) if text]
    return [comparison for text in conditions for comparison in parse(text).comparisons()]


def _facts(plan: Plan, count: int, seed: int) -> Iterator[tuple[str, list[FactValue | None]]]:
    watched = _comparisons(plan)
    for fact in plan.facts:
        rng = _sequence(seed, f"fact {fact.code}")
        about = [comparison for comparison in watched if fact.code in comparison.facts]
        yield fact.code, [_fact(fact, about, rng) for _subject in range(count)]


def _fact(fact: FactDefinition, about: Sequence[Comparison], rng: Random) -> FactValue | None:
    """A value with which the rules about it rarely act; None: not given."""
    acts = rng.randint(1, 100) <= RARELY
    if fact.type is FactType.BOOLEAN:
        return acts
    if fact.type is FactType.CHOICE:
        named = [choice for choice in fact.choices if any(one.value == choice for one in about)]
        others = [choice for choice in fact.choices if choice not in named]
        return rng.choice((named if acts else others) or fact.choices)
    if rng.randint(1, 100) <= 10:
        return None
    number = rng.randint(1, 10)
    if not about or about[0].operator is None:
        return Decimal(number)
    limit = Decimal(about[0].value) / len(about[0].facts)
    upwards = about[0].operator in (">", ">=", "=")
    if acts == upwards:
        return limit + number
    return max(Decimal(0), limit - number) if upwards or limit > number else limit / 2


def _asked_grades(plan: Plan, name: str) -> list[str]:
    """The grades of a set's rounds that rules ask about, in the order of the rules."""
    parts = [fact.split(":", 2) for one in _comparisons(plan) for fact in one.facts if fact.startswith("times_grade:")]
    asked = list(dict.fromkeys(part[2] for part in parts if part[1] == name))
    known = [grade for grade in plan.grades if grade not in asked]
    # Grades of this plan stand in its own order; a grade that it lacks stands last.
    order = {grade: place for place, grade in enumerate(plan.grades)}
    return sorted([*known, *asked], key=lambda grade: order.get(grade, len(order)))


def _watched_sets(plan: Plan, own_levels: Sequence[int], seed: int) -> Iterator[tuple[str, list[tuple[Earlier, ...]]]]:
    """Sets and single rounds that rules read without a leaf that carries them over."""
    carried = {str(node.settings.get("set")) for node in walk(plan.root) if node.method == "carried"}
    for fact in dict.fromkeys(fact for one in _comparisons(plan) for fact in one.facts):
        head, _colon, rest = fact.partition(":")
        if head == "times_grade" and (name := rest.partition(":")[0]) not in carried:
            rng = _sequence(seed, f"set {name}")
            carried.add(name)
            yield name, [_rounds(name, plan, level, rng) for level in own_levels]
        elif head == "grade_in":
            rng = _sequence(seed, f"round {rest}")
            yield rest, [_one_round(rest, plan, level, rng) for level in own_levels]


def _one_round(name: str, plan: Plan, level: int, rng: Random) -> tuple[Earlier, ...]:
    (first, *_others) = _rounds(name, plan, level, rng)
    return (replace(first, round=name),)

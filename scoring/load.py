"""The rows of a round as the engine's `Inputs`, in a fixed number of queries.

Rows come as tuples, not as model instances: a round of 5,000 people has hundreds of thousands of
them. The database counts ballots; nothing here ever sees a single one. Everything is read in an
order that every database shares, so that the same rows give the same result to the last byte.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet

from indicators.services import engine_plan
from reviews.models import (
    Attainment,
    BallotCount,
    BallotMark,
    EarlierResult,
    Event,
    GradeDecision,
    Mark,
    NotApplicable,
    NumberInput,
    PaperTally,
    Round,
    RoundSetMember,
    Subject,
    SubjectFact,
)
from reviews.own_unit import excused
from reviews.queries.figures import provisional_figures
from reviews.queries.polls import too_few
from reviews.tree import ATTAINMENT, NUMBERS, Tree

from .earlier import results_then
from .engine import types
from .engine.earlier import EarlierRounds


@dataclass(slots=True)
class _Rows:
    """What was said about one subject, while it is gathered."""

    key: str
    name: str
    category: str
    group: str
    unit: int | None
    person: int | None
    facts: dict[str, types.FactValue] = field(default_factory=dict)
    not_applicable: set[str] = field(default_factory=set)
    marks: dict[str, list[types.Mark]] = field(default_factory=lambda: defaultdict(list))
    events: dict[str, list[types.Event]] = field(default_factory=lambda: defaultdict(list))
    attainment: dict[str, types.Attainment] = field(default_factory=dict)
    numbers: dict[str, Decimal] = field(default_factory=dict)
    votes: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    earlier: dict[str, dict[str, types.Earlier]] = field(default_factory=lambda: defaultdict(dict))
    excused: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    untold: set[str] = field(default_factory=set)

    def votes_of(self, indicator: str, voter_class: str) -> dict[str, int]:
        return self.votes.setdefault(indicator, {}).setdefault(voter_class, {})

    def finished(self) -> types.SubjectInput:
        return types.SubjectInput(
            key=self.key,
            category=self.category,
            group=self.group,
            name=self.name,
            facts=self.facts,
            not_applicable=frozenset(self.not_applicable),
            marks=dict(self.marks),
            events=dict(self.events),
            attainment=self.attainment,
            numbers=self.numbers,
            votes=self.votes,
            earlier={name: [rounds[each] for each in sorted(rounds)] for name, rounds in self.earlier.items()},
            excused={code: frozenset(names) for code, names in self.excused.items()},
            untold=frozenset(self.untold),
        )


def load_inputs(
    round: Round,  # noqa: A002
    plan: types.Plan,
    allow_missing: bool = True,
    only: Collection[int] | None = None,
) -> types.Inputs:
    """All inputs of a round. A subject's key is its code; an event's key its row's id.

    14 queries whatever the size, one more if the round has sets of earlier rounds. The caller holds
    the round still (see `services.run_scoring`): nothing here locks. With `only`, the inputs of these
    subjects alone: enough to score them where no leaf compares subjects with each other.
    """
    subjects = _subjects(round, only)
    scope = Q(subject__round=round) if only is None else Q(subject__in=only)
    _read_facts(scope, plan, subjects)
    _read_entries(scope, subjects)
    _read_reported(round, Tree(plan), subjects)
    _read_votes(round, plan, scope, subjects)
    _read_excused(round, plan, subjects, only)
    known_sets = _read_earlier(round, subjects, only)
    decisions = {
        code: types.Decision(grade=grade, reason=reason, document=document)
        for code, grade, reason, document in GradeDecision.objects.filter(subject__round=round)
        .order_by("id")
        .values_list("subject__code", "grade", "reason", "document")
    }
    return types.Inputs(
        subjects=tuple(rows.finished() for rows in subjects.values()),
        known_sets=known_sets,
        decisions=decisions,
        allow_missing=allow_missing,
    )


def load_compared(round: Round, plan: types.Plan) -> tuple[types.SubjectInput, ...]:  # noqa: A002
    """Of all subjects what leaves read that compare them with each other: numbers and votes. Seven queries."""
    subjects = _subjects(round)
    for subject, code in _each(NotApplicable.objects.filter(subject__round=round), "indicator"):
        subjects[subject].not_applicable.add(code)
    for subject, code, value in _each(NumberInput.objects.filter(subject__round=round), "indicator", "value"):
        subjects[subject].numbers[code] = value
    _read_reported(round, Tree(plan), subjects)
    _read_votes(round, plan, Q(subject__round=round), subjects)
    return tuple(rows.finished() for rows in subjects.values())


def earlier_computations(round: Round) -> dict[str, str]:  # noqa: A002
    """Which results of earlier rounds a computation reads now: round id → digest of its current one."""
    members = RoundSetMember.objects.filter(round=round, earlier__computations__is_current=True).values_list(
        "earlier_id", "earlier__computations__digest"
    )
    return {str(earlier): digest for earlier, digest in members}


# ---------------------------------------------------------------- parts


def _subjects(round_: Round, only: Collection[int] | None = None) -> dict[int, _Rows]:
    wanted = Q(round=round_) if only is None else Q(round=round_, pk__in=only)
    rows = (
        Subject.objects.filter(wanted)
        .order_by("order", "code")
        .values_list("id", "code", "name", "category", "group", "unit_id", "person_id")
    )
    return {
        pk: _Rows(code, name, category, group, unit, person)
        for pk, code, name, category, group, unit, person in rows.iterator(chunk_size=5000)
    }


def _each(queryset: QuerySet[Any], *names: str) -> Iterator[tuple[Any, ...]]:
    return queryset.order_by("id").values_list("subject_id", *names).iterator(chunk_size=5000)


def _read_facts(scope: Q, plan: types.Plan, subjects: dict[int, _Rows]) -> None:
    kinds = {fact.code: fact.type for fact in plan.facts}
    facts = SubjectFact.objects.filter(scope)
    for subject, code, value in _each(facts, "code", "value"):
        subjects[subject].facts[code] = fact_value(kinds.get(code), value)


def fact_value(kind: types.FactType | None, value: str) -> types.FactValue:
    """A stored fact by its type. One that the plan does not have stays text: the engine names it."""
    if kind == types.FactType.BOOLEAN:
        return value == "true"
    if kind == types.FactType.NUMBER:
        return Decimal(value)
    return value


def _read_entries(scope: Q, subjects: dict[int, _Rows]) -> None:
    """Marks, not applicable nodes, events, attainments and numbers: one query each."""
    for subject, code in _each(NotApplicable.objects.filter(scope), "indicator"):
        subjects[subject].not_applicable.add(code)
    marks = Mark.objects.filter(scope)
    for subject, code, assessor, value in _each(marks, "indicator", "assessor", "value"):
        subjects[subject].marks[code].append(types.Mark(assessor=assessor, value=value))
    events = Event.objects.filter(scope)
    names = ("indicator", "id", "item", "count", "value", "matter", "status")
    for subject, code, pk, item, count, value, matter, status in _each(events, *names):
        subjects[subject].events[code].append(
            types.Event(item=item, count=count, value=value, matter=matter, status=status, key=str(pk))
        )
    attainments = Attainment.objects.filter(scope)
    for subject, code, target, actual in _each(attainments, "indicator", "target", "actual"):
        subjects[subject].attainment[code] = types.Attainment(target=target, actual=actual)
    for subject, code, value in _each(NumberInput.objects.filter(scope), "indicator", "value"):
        subjects[subject].numbers[code] = value


def _read_reported(round_: Round, tree: Tree, subjects: dict[int, _Rows]) -> None:
    """Reported figures that count before they are verified, where the office lets them; one query.

    One of a leaf that was set 不适用 after it was reported, or without a confirmed target, says nothing.
    """
    for subject, code, target, value in provisional_figures(round_):
        rows, node = subjects.get(subject), tree.get(code)
        if rows is None or node is None or not rows.not_applicable.isdisjoint(tree.path(code)):
            continue
        if node.method in ATTAINMENT and target is not None:
            rows.attainment.setdefault(code, types.Attainment(target=target, actual=value))
        elif node.method in NUMBERS:
            rows.numbers.setdefault(code, value)


def _read_excused(round_: Round, plan: types.Plan, subjects: dict[int, _Rows], only: Collection[int] | None) -> None:
    """Who must not mark whom, where the plan forbids marks for the own unit: two queries, otherwise none."""
    for subject, pairs in excused(round_, Tree(plan), only).items():
        for code, assessor in pairs:
            subjects[subject].excused[code].add(assessor)


def _read_votes(round_: Round, plan: types.Plan, scope: Q, subjects: dict[int, _Rows]) -> None:
    """Ballots of workbooks counted by the database, the tallies of paper and the counts of sealed ballots added."""
    key = ("subject_id", "indicator", "voter_class", "answer", "channel", "count")
    polled = list(BallotCount.objects.filter(scope).values_list(*key))
    _add_votes(subjects, counted_ballots(round_).filter(scope).iterator(chunk_size=5000))
    _add_votes(subjects, _tallies(scope).iterator(chunk_size=5000))
    _add_votes(subjects, ((*place, count) for *place, _channel, count in polled))
    for subject, code in too_few(polled, plan.minimum_votes):
        subjects[subject].untold.add(code)


def _add_votes(subjects: dict[int, _Rows], counted: Iterable[tuple[Any, ...]]) -> None:
    """The answers of a subject come one after the other, nearly always: it is looked up once."""
    place, answers = (0, "", ""), dict[str, int]()
    for subject, code, voter_class, answer, count in counted:
        if not count:
            continue
        if place != (subject, code, voter_class):
            place = (subject, code, voter_class)
            answers = subjects[subject].votes_of(code, voter_class)
        answers[answer] = answers.get(answer, 0) + count


def counted_ballots(round_: Round) -> QuerySet[Any, tuple[int, str, str, str, int]]:
    """(subject, leaf, class, answer, number of votes) of all ballots of a round: one GROUP BY.

    Counting rows, not ids, it never leaves the covering index.
    """
    key = ("subject_id", "indicator", "voter_class", "answer")
    return BallotMark.objects.filter(subject__round=round_).order_by().values_list(*key).annotate(votes=Count("*"))


def _tallies(scope: Q) -> QuerySet[Any, tuple[int, str, str, str, int]]:
    """Answers that were added up by hand from paper."""
    return PaperTally.objects.filter(scope).values_list("subject_id", "indicator", "voter_class", "answer", "count")


# ---------------------------------------------------------------- earlier rounds


def load_earlier(round: Round) -> dict[int, EarlierRounds]:  # noqa: A002
    """Subject id → its earlier rounds by set, as a computation reads them. At most 4 queries."""
    subjects = _subjects(round)
    _read_earlier(round, subjects)
    return {pk: rows.finished().earlier for pk, rows in subjects.items()}


def _read_earlier(round_: Round, subjects: dict[int, _Rows], only: Collection[int] | None = None) -> frozenset[str]:
    """Fill in results of earlier rounds; the names of all sets that have at least one round.

    A round of this database gives its current result; where the workbook has the same round of the
    same set, the workbook's row wins.
    """
    members = list(
        RoundSetMember.objects.filter(round=round_).select_related("earlier__plan_version__plan").order_by("id")
    )
    sets = {member.set_name for member in members}
    if members:
        _read_database_rounds(members, subjects)
    stated = EarlierResult.objects.filter(subject__round=round_)
    if only is not None:
        # A set is known if anybody has a round of it, whoever is looked at.
        sets.update(stated.order_by().values_list("set_name", flat=True).distinct())
        stated = stated.filter(subject__in=only)
    names = ("set_name", "round_name", "total", "points", "grade")
    for subject, set_name, name, total, points, grade in _each(stated, *names):
        sets.add(set_name)
        subjects[subject].earlier[set_name][name] = types.Earlier(
            round=name, total=total, points=points, grade=grade or None
        )
    return frozenset(sets)


def _read_database_rounds(members: list[RoundSetMember], subjects: dict[int, _Rows]) -> None:
    found = results_then({member.earlier_id for member in members})
    for member in members:
        points = engine_plan(member.earlier.plan_version).root.points
        then, name = found[member.earlier_id], member.earlier.name
        for rows in subjects.values():
            result = then.of(rows.person, rows.unit, rows.key)
            if result is not None:
                rows.earlier[member.set_name][name] = types.Earlier(
                    round=name, total=result[0], points=points, grade=result[1] or None
                )

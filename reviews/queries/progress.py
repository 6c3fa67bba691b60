"""Completeness: per assessor and leaf how much is in, missing or not applicable.

The database counts; the number of queries depends on neither subjects nor leaves.
"""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from reviews.models import (
    Assignment,
    Attainment,
    BallotCount,
    BallotMark,
    Mark,
    NotApplicable,
    NumberInput,
    PaperTally,
    Round,
    Subject,
)
from reviews.own_unit import excused
from reviews.tree import ATTAINMENT, BALLOTS, NUMBERS, Tree, takes_marks
from reviews.words import is_late
from scoring.engine.types import Node

from .figures import waiting_by_leaf, waiting_leaves_of


@dataclass(frozen=True, slots=True)
class LeafProgress:
    """One leaf, of one assessor unless it is voted on. All figures count subjects."""

    node: Node
    crumbs: str
    assignment: Assignment | None
    subjects: int
    not_applicable: int
    entered: int
    deadline: datetime.date | None
    excused: int = 0  # subjects that this assessor must not mark, being their own unit
    waiting: int = 0  # figures that the subjects reported and nobody has verified (待核验)

    @property
    def is_marked(self) -> bool:
        return takes_marks(self.node)

    @property
    def expected(self) -> int:
        return self.subjects - self.not_applicable - self.excused

    @property
    def missing(self) -> int:
        return max(0, self.expected - self.entered)

    @property
    def percent(self) -> int:
        """Whole per cent, rounded down: 100 only when nothing is missing. Nothing expected is done."""
        return 100 * min(self.entered, self.expected) // self.expected if self.expected else 100

    @property
    def late(self) -> bool:
        return bool(self.missing) and is_late(self.deadline)


@dataclass(frozen=True, slots=True)
class Completeness:
    expected: int
    entered: int
    missing: int
    not_applicable: int
    waiting: int = 0

    @property
    def percent(self) -> int:
        return 100 * (self.expected - self.missing) // self.expected if self.expected else 100


def completeness(leaves: Sequence[LeafProgress]) -> Completeness:
    return Completeness(
        sum(leaf.expected for leaf in leaves),
        sum(min(leaf.entered, leaf.expected) for leaf in leaves),
        sum(leaf.missing for leaf in leaves),
        sum(leaf.not_applicable for leaf in leaves),
        sum(leaf.waiting for leaf in leaves),
    )


def leaf_progress(round_: Round, tree: Tree, assignments: Sequence[Assignment] | None = None) -> list[LeafProgress]:
    """Every entered and voted leaf in the tree's order, or those of `assignments` only.

    Nine queries at most: assignments, subjects, not applicable, marks (by assessor, and by leaf),
    attainments, numbers, votes, reported figures; three more where the plan forbids marks for the own unit.
    """
    wanted = list(round_.assignments.select_related("unit")) if assignments is None else assignments
    ballots = tree.of(BALLOTS) if assignments is None else []
    codes = list(dict.fromkeys([a.indicator for a in wanted] + [node.code for node in ballots]))
    total = round_.subjects.count()
    excluded = not_applicable_counts(round_, tree, codes)
    counts = _counts(round_)
    votes = _voted(round_, [node.code for node in ballots])
    takes_figures = any(tree.nodes[code].method in ATTAINMENT | NUMBERS for code in codes)
    waiting = waiting_by_leaf(round_) if takes_figures else {}
    free = _excused_counts(round_, tree)

    def progress(code: str, assignment: Assignment | None, entered: int) -> LeafProgress:
        deadline = (assignment.deadline if assignment else None) or round_.deadline
        return LeafProgress(
            tree.nodes[code],
            tree.crumbs(code),
            assignment,
            total,
            excluded[code],
            entered,
            deadline,
            free[code, assignment.assessor] if assignment else 0,
            waiting.get(code, 0),
        )

    rows = [progress(a.indicator, a, counts.get(_key(tree, a), 0)) for a in wanted]
    rows += [progress(node.code, None, votes[node.code]) for node in ballots]
    return sorted(rows, key=lambda row: tree.order[row.node.code])


def _excused_counts(round_: Round, tree: Tree) -> Counter[tuple[str, str]]:
    """(leaf, assessor) → subjects of whom no mark is expected although the leaf is applicable to them."""
    pairs = excused(round_, tree)
    counts: Counter[tuple[str, str]] = Counter()
    if not pairs:
        return counts
    away: dict[int, set[str]] = defaultdict(set)
    for pk, code in NotApplicable.objects.filter(subject__in=pairs).values_list("subject_id", "indicator"):
        away[pk].add(code)
    for subject, keys in pairs.items():
        counts.update(key for key in keys if away[subject].isdisjoint(tree.path(key[0])))
    return counts


def _key(tree: Tree, assignment: Assignment) -> tuple[str, str]:
    """Only marks are told apart by assessor; of the other inputs a leaf has one per subject."""
    by_assessor = takes_marks(tree.nodes[assignment.indicator])
    return assignment.indicator, assignment.assessor if by_assessor else ""


def not_applicable_counts(round_: Round, tree: Tree, codes: Sequence[str]) -> dict[str, int]:
    """Leaf → number of subjects to which it, or a node above it, is not applicable. One query."""
    counted = NotApplicable.objects.filter(subject__round=round_).aggregate(
        **{
            f"n{place}": Count("subject", distinct=True, filter=Q(indicator__in=tree.path(code)))
            for place, code in enumerate(codes)
        }
    )
    return {code: counted[f"n{place}"] for place, code in enumerate(codes)}


def _counts(round_: Round) -> dict[tuple[str, str], int]:
    """(leaf, assessor) → subjects with a value; assessor "" counts whoever entered it."""
    of_round = {"subject__round": round_}
    found: dict[tuple[str, str], int] = {}
    marks = Mark.objects.filter(**of_round).order_by()
    for code, assessor, number in marks.values_list("indicator", "assessor").annotate(number=Count("pk")):
        found[code, assessor] = number
    for model in (Mark, Attainment, NumberInput):
        rows = (
            model.objects.filter(**of_round)
            .order_by()
            .values_list("indicator")
            .annotate(number=Count("subject", distinct=True))
        )
        for code, number in rows:
            found[code, ""] = number
    return found


def _votes_on(code: str) -> Q:
    """Whether a subject (outer) has any valid vote on a leaf: three index look-ups per subject."""
    key = {"subject": OuterRef("pk"), "indicator": code}
    counted = [rows.objects.filter(**key, count__gt=0).exclude(answer="") for rows in (PaperTally, BallotCount)]
    return (
        Q(Exists(BallotMark.objects.filter(**key).exclude(answer=""))) | Q(Exists(counted[0])) | Q(Exists(counted[1]))
    )


def _voted(round_: Round, codes: Sequence[str]) -> dict[str, int]:
    """Ballot leaf → subjects with at least one vote. One query; none without ballot leaves."""
    if not codes:
        return {}
    counted = round_.subjects.aggregate(
        **{f"n{place}": Count("pk", filter=_votes_on(code)) for place, code in enumerate(codes)}
    )
    return {code: counted[f"n{place}"] for place, code in enumerate(codes)}


# ---------------------------------------------------------------- drill-down


def applicable_subjects(round_: Round, tree: Tree, code: str) -> QuerySet[Subject]:
    excluded = NotApplicable.objects.filter(subject=OuterRef("pk"), indicator__in=tree.path(code))
    return round_.subjects.filter(~Exists(excluded))


def entered_filter(node: Node, assessor: str) -> Q:
    """The condition on subjects that have a value on this leaf (by this assessor, if one is named)."""
    if node.method in BALLOTS:
        return _votes_on(node.code)
    key = {"subject": OuterRef("pk"), "indicator": node.code}
    if node.method in ATTAINMENT:
        return Q(Exists(Attainment.objects.filter(**key)))
    if node.method in NUMBERS:
        return Q(Exists(NumberInput.objects.filter(**key)))
    if assessor:
        key["assessor"] = assessor
    return Q(Exists(Mark.objects.filter(**key)))


def missing_subjects(round_: Round, tree: Tree, code: str, assessor: str = "") -> QuerySet[Subject]:
    """The subjects still without a value on this leaf, by order."""
    found = applicable_subjects(round_, tree, code).filter(~entered_filter(tree.nodes[code], assessor))
    free = [pk for pk, keys in excused(round_, tree).items() if (code, assessor) in keys]
    return found.exclude(pk__in=free) if free else found


@dataclass(frozen=True, slots=True)
class SubjectProgress:
    subject: Subject
    expected: int
    missing: tuple[tuple[Node, str], ...]  # (leaf, assessor)
    waiting: frozenset[str] = frozenset()  # leaves whose reported figure nobody has verified

    @property
    def percent(self) -> int:
        return 100 * (self.expected - len(self.missing)) // self.expected if self.expected else 100


def subject_progress(round_: Round, tree: Tree, subjects: Sequence[Subject]) -> list[SubjectProgress]:
    """What is missing for each of these subjects (a page of them). Seven queries."""
    wanted = [_key(tree, assignment) for assignment in round_.assignments.all()]
    wanted += [(node.code, "") for node in tree.of(BALLOTS)]
    wanted.sort(key=lambda pair: tree.order[pair[0]])
    ids = [subject.pk for subject in subjects]
    excluded: dict[int, set[str]] = defaultdict(set)
    for pk, code in NotApplicable.objects.filter(subject__in=ids).values_list("subject_id", "indicator"):
        excluded[pk].add(code)
    entered = _entered_by(ids, [node.code for node in tree.of(BALLOTS)])
    waiting = waiting_leaves_of(ids)
    free = excused(round_, tree, ids)
    rows = []
    for subject in subjects:
        expected = [pair for pair in wanted if pair not in free.get(subject.pk, ())]
        applicable = [pair for pair in expected if excluded[subject.pk].isdisjoint(tree.path(pair[0]))]
        missing = tuple(
            (tree.nodes[code], assessor) for code, assessor in applicable if (code, assessor) not in entered[subject.pk]
        )
        rows.append(SubjectProgress(subject, len(applicable), missing, frozenset(waiting.get(subject.pk, ()))))
    return rows


def _entered_by(ids: Sequence[int], ballots: Sequence[str]) -> dict[int, set[tuple[str, str]]]:
    entered: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for pk, code, assessor in Mark.objects.filter(subject__in=ids).values_list("subject_id", "indicator", "assessor"):
        entered[pk] |= {(code, assessor), (code, "")}
    for model in (Attainment, NumberInput):
        rows = model.objects.filter(subject__in=ids)
        for pk, code in rows.values_list("subject_id", "indicator"):
            entered[pk].add((code, ""))
    if ballots:
        voted = Subject.objects.filter(pk__in=ids).annotate(
            **{f"n{place}": _votes_on(code) for place, code in enumerate(ballots)}
        )
        for row in voted.values_list("pk", *[f"n{place}" for place in range(len(ballots))]):
            entered[row[0]] |= {(code, "") for code, has in zip(ballots, row[1:], strict=True) if has}
    return entered

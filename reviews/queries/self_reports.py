"""Self-summaries: who has handed in, what was handed in, and what stands beside a mark."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet

from reviews.models import (
    ReportKind,
    ReportState,
    Round,
    SelfReport,
    SelfReportSubmission,
    Subject,
)
from reviews.tree import BALLOTS, Tree
from reviews.wordcount import word_count
from scoring.engine.types import Node
from units import access
from units.models import User

from .report_dates import ReportRules, Window, windows

NOT_BEGUN = "none"
# What the list can be narrowed to: nothing handed in yet, or the state of what was.
OPEN_STATES = (ReportState.DRAFT, ReportState.RETURNED)


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One subject in the list of self-summaries."""

    subject: Subject
    state: str  # of ReportState, or NOT_BEGUN
    submission: SelfReportSubmission | None
    window: Window

    @property
    def words(self) -> int:
        return word_count(self.submission.text) if self.submission else 0

    @property
    def is_open(self) -> bool:
        return self.state in {NOT_BEGUN, *OPEN_STATES}

    @property
    def overdue(self) -> bool:
        return self.is_open and self.window.collecting and not self.window.is_open

    @property
    def state_words(self) -> str:
        return str(ReportState(self.state).label) if self.state in ReportState.values else ""


def report_rows(round_: Round, rules: ReportRules, subjects: Sequence[Subject]) -> list[ReportRow]:
    """A page of subjects. Three queries."""
    ids = [subject.pk for subject in subjects]
    states = dict(SelfReport.objects.filter(subject__in=ids).values_list("subject_id", "state"))
    current = SelfReportSubmission.objects.filter(report__subject__in=ids, is_current=True)
    handed_in = {row.report.subject_id: row for row in current.select_related("report", "submitted_by", "decided_by")}
    times = windows(round_, rules, ReportKind.SELF_REPORT, ids)
    return [
        ReportRow(subject, states.get(subject.pk, NOT_BEGUN), handed_in.get(subject.pk), times[subject.pk])
        for subject in subjects
    ]


def in_state(subjects: QuerySet[Subject], state: str) -> QuerySet[Subject]:
    """Those whose report is in a state; `none`: not begun; `late`: handed in late; `open`: not handed in, or back."""
    if state == NOT_BEGUN:
        return subjects.filter(self_report=None)
    if state == "open":
        return subjects.filter(Q(self_report=None) | Q(self_report__state__in=OPEN_STATES))
    if state == "late":
        late = SelfReportSubmission.objects.filter(late=True).values("report__subject")
        return subjects.filter(pk__in=late)
    return subjects.filter(self_report__state=state) if state in ReportState.values else subjects


def state_counts(round_: Round) -> dict[str, int]:
    """State (`none` for not begun) → number of subjects. One query."""
    rows = Subject.objects.filter(round=round_).order_by().values_list("self_report__state")
    return {state or NOT_BEGUN: number for state, number in rows.annotate(number=Count("pk"))}


def late_count(round_: Round) -> int:
    """How many handed in late. One query."""
    late = SelfReportSubmission.objects.filter(report__subject__round=round_, late=True)
    return late.values("report").distinct().count()


@dataclass(frozen=True, slots=True)
class LeafLine:
    """What a report says about one leaf."""

    node: Node
    crumbs: str
    score: Decimal | None
    text: str

    @property
    def is_empty(self) -> bool:
        return self.score is None and not self.text


def leaves_of(tree: Tree) -> list[Node]:
    """What a subject can say something about: every leaf but those that are voted on."""
    return [node for node in tree.nodes.values() if not node.children and node.method not in BALLOTS]


def submitted_lines(tree: Tree, submission: SelfReportSubmission) -> list[LeafLine]:
    """The leaves that a submission says something about, in the tree's order. No query."""
    lines = []
    for node in leaves_of(tree):
        said: dict[str, Any] = submission.leaves.get(node.code, {})
        score = Decimal(said["score"]) if said.get("score") else None
        line = LeafLine(node, tree.crumbs(node.code), score, said.get("text", ""))
        if not line.is_empty:
            lines.append(line)
    return lines


def words_beside_marks(subject_ids: Collection[int], code: str) -> dict[int, dict[str, str]]:
    """Subject id → score and text of what it handed in about this leaf, if anything. One query."""
    current = SelfReportSubmission.objects.filter(report__subject__in=subject_ids, is_current=True)
    rows = current.values_list("report__subject", "leaves")
    return {pk: leaves[code] for pk, leaves in rows if code in leaves}


# ---------------------------------------------------------------- who may read


def assesses_in(user: User | Any, round_: Round) -> bool:
    """Whether the account enters marks in this round. At most one query."""
    if not access.may_see_some_marks(user):
        return False
    return any(access.may_enter_marks(user, each) for each in round_.assignments.all() if each.unit_id)


def may_read_report(user: User | Any, round_: Round, subject: Subject) -> bool:
    """The office, auditors and leaders; the subject itself; who assesses in the round (what was handed in)."""
    if access.may_see_all_reports(user) or access.is_own(user, subject):
        return True
    return assesses_in(user, round_)


def own_subjects(round_: Round, user: User | Any) -> QuerySet[Subject]:
    """The subjects of the round that this account stands for."""
    units, people = access.own_keys(user)
    mine = Q(person__in=people) | Q(unit__in=units)
    return Subject.objects.filter(mine, round=round_).order_by("order", "code")

"""The official summary of a vote (民主测评汇总表): ballots issued, received, valid, invalid, abstained; who got what.

Online and paper together. What must not be told of few votes is withheld here as everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext_lazy

from indicators.services import engine_plan
from reviews.ballot_form import LEAST_VOTERS, Leaf
from reviews.models import Poll, PollState, Subject
from reviews.queries.ballot_sheets import titled
from reviews.queries.polls import withheld_classes
from reviews.services.polls.setup import classes_of, current_terms
from reviews.tree import BALLOTS as BALLOT_LEAVES
from reviews.tree import Tree
from scoring.load import load_compared
from scoring.tallies import ClassLine, class_lines

BALLOTS = {
    "issued": gettext_lazy("issued"),
    "received": gettext_lazy("received"),
    "valid": gettext_lazy("valid"),
    "invalid": gettext_lazy("invalid"),
    "abstained": gettext_lazy("abstained"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """What a subject got on a leaf. `counts`: of each option; `figures`: of each figure, in words."""

    number: int
    subject: Subject
    votes: int | None = None
    abstained: int | None = None
    counts: tuple[int | None, ...] = ()
    figures: str = ""
    mean: Fraction | None = None
    withheld: str = ""


@dataclass(frozen=True, slots=True)
class LeafTable:
    leaf: Leaf
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """`ballots`: words → number; empty as long as nothing was counted, and the form is filled in by hand."""

    poll: Poll
    title: str
    ballots: tuple[tuple[str, int | None], ...]
    tables: tuple[LeafTable, ...]

    @property
    def is_counted(self) -> bool:
        return self.poll.state == PollState.COUNTED


def summary_of(poll: Poll) -> Summary:
    """Load the poll with `round__plan_version`. Ten queries of a counted poll, one of another."""
    terms = titled(poll, current_terms(poll))
    title = classes_of(poll.round).get(poll.voter_class, poll.voter_class)
    counted = poll.state == PollState.COUNTED
    subjects = list(poll.round.subjects.all())
    lines = _counted_lines(poll) if counted else {}
    tables = tuple(
        LeafTable(
            leaf, tuple(_line(n, one, leaf, lines.get((one.code, leaf.code))) for n, one in enumerate(subjects, 1))
        )
        for leaf in terms.leaves
    )
    found = ballots_of(poll.report, terms.minimum) if counted else {}
    return Summary(poll, title, tuple((str(words), found.get(key)) for key, words in BALLOTS.items()), tables)


def ballots_of(report: Mapping[str, object], minimum: int) -> dict[str, int]:
    """The ballots of both channels together, from what the count found. Of a channel with few it says only how many
    came: who knows the other's would know what they were."""
    paper = report.get("paper") or {}
    assert isinstance(paper, Mapping)
    invalid = report.get("invalid") or {}
    assert isinstance(invalid, Mapping)
    online = {
        "issued": report.get("issued"),
        "received": report.get("received"),
        "valid": report.get("valid"),
        "invalid": sum(invalid.values()) + _number(report.get("unreadable")),
        "abstained": report.get("abstained"),
    }
    beside = {**paper, "abstained": paper.get("blank")}
    few = 0 < _number(online["received"]) < minimum or 0 < _number(beside.get("received")) < LEAST_VOTERS
    shown = ("issued", "received") if few else tuple(BALLOTS)
    return {key: _number(online[key]) + _number(beside.get(key)) for key in shown}


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _counted_lines(poll: Poll) -> dict[tuple[str, str], ClassLine]:
    """(subject's code, leaf) → the poll's class as it may be shown."""
    plan = engine_plan(poll.round.plan_version)
    few = withheld_classes(poll.round, plan)
    leaves = {leaf.code for leaf in current_terms(poll).leaves}
    nodes = {node.code: node for node in Tree(plan).of(BALLOT_LEAVES) if node.code in leaves and node.ballot}
    found = {}
    for subject in load_compared(poll.round, plan):
        for code, node in nodes.items():
            assert node.ballot is not None
            lines = class_lines(
                node.ballot, subject.votes.get(code, {}), plan.minimum_votes, few.get((subject.key, code), ())
            )
            place = next((n for n, one in enumerate(node.ballot.classes) if one.code == poll.voter_class), None)
            if place is not None:
                found[subject.key, code] = lines[place]
    return found


def _line(number: int, subject: Subject, leaf: Leaf, counted: ClassLine | None) -> Line:
    blank = tuple(None for _option in leaf.options)
    if counted is None:
        return Line(number, subject, counts=blank)
    if counted.withheld:
        return Line(number, subject, counts=blank, withheld=counted.withheld)
    answers = dict(counted.answers)
    figures = "" if leaf.options else " ".join(f"{answer}×{count}" for answer, count in counted.answers)
    counts = tuple(answers.get(option, 0) for option in leaf.options)
    return Line(number, subject, counted.votes, counted.abstained, counts, figures, counted.mean)

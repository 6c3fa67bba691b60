"""The words of a plan, of its inputs and of its outcome.

Everything here is a frozen value. A `Plan` says how to score, `Inputs` what people
said in one round, `Outcome` what follows. `score(plan, inputs)` in `scoring.engine`
is the only function that turns the first two into the third.

Numbers are `Decimal` at this border (exact, never binary floats). A score is in points,
rounded half up to the plan's `decimals`. `None` never stands for zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

# --------------------------------------------------------------------------- text


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence to be translated where it is shown: English source and its values.

    `message` is a gettext msgid in %(name)s style, marked where it is written with
    `gettext_noop` of `scoring.engine.text`. Values are str, int, Decimal, Text or lists of them.
    """

    message: str
    values: Mapping[str, Any] = field(default_factory=dict)


# --------------------------------------------------------------------------- plan


@dataclass(frozen=True, slots=True)
class CatalogueItem:
    """One entry of a catalogue. No value: the event states it; one: fixed; several: a choice."""

    code: str
    title: str
    values: tuple[Decimal, ...] = ()
    cap: Decimal | None = None  # bonus: at most so many points from this item
    zero_at: Decimal | None = None  # deduct: the leaf is 0 once the summed count reaches this


@dataclass(frozen=True, slots=True)
class VoterClass:
    code: str
    title: str
    weight: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Option:
    title: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class BallotForm:
    """How a leaf is voted on: a numeric scale (0 … scale in steps), or options with values."""

    scale: Decimal = Decimal(100)
    step: Decimal = Decimal(1)
    options: tuple[Option, ...] = ()
    # A leaf that lists no class has one (rules of §4); its title is data like every other class's.
    classes: tuple[VoterClass, ...] = (VoterClass("staff", "职工"),)
    trim: int = 0
    self_vote: bool = False


@dataclass(frozen=True, slots=True)
class Assessor:
    name: str
    weight: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Node:
    """An indicator. `method` is a key of the method registry; "composite" has children."""

    code: str
    title: str
    points: Decimal
    method: str
    weight: Decimal | None = None  # None: its points; 0: a reference node
    children: tuple[Node, ...] = ()
    assessors: tuple[Assessor, ...] = ()
    catalogue: tuple[CatalogueItem, ...] = ()
    ballot: BallotForm | None = None
    # What only this method needs, by the names of the plan file and already typed:
    # penalty: uncapped (bool); rank_band: bands, tuple of (upto Decimal, value Decimal);
    # ballot_deduct: last (int), option (str), votes (int), value (Decimal);
    # carried: set (str), fallback ("marks");
    # rank_points: table, tuple of (rank int, value Decimal), scale (Decimal, default 100);
    # ratio_to_best has lower_is_better (bool);
    # per_unit: base, value, threshold, floor (Decimal; 0 unless given, value is required),
    # sign (1 or -1, default 1), fractions (bool).
    settings: Mapping[str, Any] = field(default_factory=dict)


class FactType(StrEnum):
    BOOLEAN = "boolean"
    NUMBER = "number"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class FactDefinition:
    code: str
    title: str
    type: FactType
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One grade rule. `key` is a key of the rule registry; it uses the fields it needs.

    `condition` is the text of a condition (`leave_days > 12`), `scope` one of "category",
    "group", "all", or a tuple of category titles ("categories […]": these together).
    """

    key: str
    grade: str | None = None
    condition: str | None = None  # of exclude, cap, set, lower, limit_within (where)
    prefer: str | None = None  # of limit
    steps: int = 1  # of lower
    share: Decimal | None = None  # of limit, limit_within
    scope: str | tuple[str, ...] = "all"
    rounding: str = "floor"  # floor, half_up, ceil
    at_least: int = 0
    of_participants: bool = False
    # of thresholds: every grade it may give; the lowest of them needs none (None, or any figure)
    minimums: Mapping[str, Decimal | None] = field(default_factory=dict)
    minimum: Decimal | None = None  # of floor_grade
    shares: Mapping[str, Decimal] = field(default_factory=dict)  # of distribute


@dataclass(frozen=True, slots=True)
class Plan:
    code: str
    title: str
    root: Node
    categories: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    facts: tuple[FactDefinition, ...] = ()
    tie_breakers: tuple[str, ...] = ()
    decimals: int = 2
    ranking: str = "overall"  # or "category"
    notes_required: bool = False
    own_unit_marks: str = "allow"  # or "forbid": who is `excused` gives no mark, and none is waited for
    minimum_votes: int = 1  # a class with fewer votes on a subject is withheld from reports
    sets: Mapping[str, str] = field(default_factory=dict)  # sets of earlier rounds: code → title, for words only


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a plan. `path` names the place: "indicators.K11.points",
    "rules.3.grade" (rules count from 0), "facts.leave_days", "tie_breakers.0", "decimals" …
    A warning can be computed with, but is hardly what was meant; an error cannot."""

    path: str
    text: Text
    warning: bool = False


class PlanErrors(ValueError):
    """The plan breaks its own language; nothing was computed."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.path for problem in problems))
        self.problems = tuple(problems)


# --------------------------------------------------------------------------- inputs


ABSTAIN = ""  # the answer of an abstention in a tally


@dataclass(frozen=True, slots=True)
class Mark:
    assessor: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Event:
    """An event as entered. `status`: only "approved" counts ("pending", "rejected" are shown)."""

    item: str = ""
    count: Decimal = Decimal(1)
    value: Decimal | None = None  # None: the item's only value
    matter: str = ""
    status: str = "approved"
    key: str = ""  # the caller's own name of it (a row id, a sheet row), for errors and pages


@dataclass(frozen=True, slots=True)
class Attainment:
    target: Decimal
    actual: Decimal


# One leaf of one subject: voter class → answer → number of votes. An answer is an option's
# title, a number in plain digits ("88", "87.5"), or ABSTAIN.
Tally = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Earlier:
    """A subject's result in an earlier round of a named set."""

    round: str
    total: Decimal | None
    points: Decimal | None  # root points of that round's plan
    grade: str | None


FactValue = bool | Decimal | str


@dataclass(frozen=True, slots=True)
class SubjectInput:
    """All that was said about one subject. Codes are indicator codes of the plan."""

    key: str
    category: str
    group: str = ""
    name: str = ""
    facts: Mapping[str, FactValue] = field(default_factory=dict)
    not_applicable: frozenset[str] = frozenset()
    marks: Mapping[str, Sequence[Mark]] = field(default_factory=dict)
    events: Mapping[str, Sequence[Event]] = field(default_factory=dict)
    attainment: Mapping[str, Attainment] = field(default_factory=dict)
    numbers: Mapping[str, Decimal] = field(default_factory=dict)
    votes: Mapping[str, Tally] = field(default_factory=dict)
    earlier: Mapping[str, Sequence[Earlier]] = field(default_factory=dict)  # set → rounds
    # Leaf → assessors who must not mark this subject, being its own unit, where others do.
    excused: Mapping[str, frozenset[str]] = field(default_factory=dict)
    # Leaves of whose votes nothing may be told, beside those with fewer than the plan's minimum.
    untold: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Decision:
    """A grade set by the committee, with its reason. It counts against every limit."""

    grade: str
    reason: str = ""
    document: str = ""


@dataclass(frozen=True, slots=True)
class Inputs:
    subjects: Sequence[SubjectInput]
    known_sets: frozenset[str] = frozenset()  # sets that have at least one round at all
    decisions: Mapping[str, Decision] = field(default_factory=dict)  # subject key → decision
    allow_missing: bool = True


@dataclass(frozen=True, slots=True)
class InputError:
    """One thing wrong with the inputs: whose, on which indicator, which part, in words.

    `field` names the part:
    "mark", "event.item", "event.count", "event.value", "event.status", "attainment.target",
    "attainment.actual", "number", "vote" (an answer or its count), "vote.class", "earlier";
    "X.indicator" (X = mark, event, attainment, number, vote): no such indicator, or one that
    takes no such input; "X.not_applicable": an input on a node that is not applicable;
    "not_applicable": the setting itself (unknown code, or nothing is left of the root);
    "missing": an expected input of leaf `code`; "fact", "category", "subject" (used twice),
    "decision".
    `key` is the event's key, the assessor's name, the voter class, the fact's code or the
    round of the set, if any; `answer` the answer of a vote.
    """

    subject: str
    code: str
    field: str
    text: Text
    key: str = ""
    answer: str = ""


class InputErrors(ValueError):
    """The inputs break the rules; nothing was computed."""

    def __init__(self, errors: Sequence[InputError]) -> None:
        super().__init__(f"{len(errors)} input errors")
        self.errors = tuple(errors)


# --------------------------------------------------------------------------- outcome


class Status(StrEnum):
    SCORED = "scored"
    NOT_APPLICABLE = "not_applicable"
    MISSING = "missing"  # counted as 0 in a provisional result, never shown as 0


@dataclass(frozen=True, slots=True)
class NodeScore:
    """Score of one node. `value` is None unless scored (a composite over missing leaves is
    scored with `incomplete` set). `detail` holds the steps in plain data (numbers as strings),
    enough to redo the sum by hand; `scoring.engine.explain` turns it into `Text`s."""

    status: Status
    value: Decimal | None
    incomplete: bool = False
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that changed a subject's grade: its position in plan.rules (None: a decision),
    the grade before and after (None: no grade) and the figures that decided."""

    rule: int | None
    key: str
    before: str | None
    after: str | None
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flag:
    """Something a person must look at, with its figures:

    "missing": leaves without input, counted as 0 (codes);
    "no_votes": a voter class without a valid vote dropped out (code, class);
    "tie": equal merit across a limit or a boundary, for the committee to decide
    (rule, grade, to, scope, size, places, subjects).
    """

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    subject: str
    total: Decimal
    rank: int
    category_rank: int
    grade: str | None
    scores: Mapping[str, NodeScore]
    reasons: tuple[Reason, ...] = ()
    flags: tuple[Flag, ...] = ()
    missing: tuple[str, ...] = ()  # codes of missing leaves


@dataclass(frozen=True, slots=True)
class LimitReport:
    """The arithmetic of one limit (or distribution) in one of its scopes."""

    rule: int
    key: str
    scope: str  # category or group title, titles joined by 、, or "" for all
    grade: str
    size: int  # N
    share: Decimal
    places: int
    holders: tuple[str, ...]  # subjects that keep the grade
    cut: tuple[str, ...] = ()  # subjects that lost it, best first
    tied: tuple[str, ...] = ()  # of these, the block tied across the limit
    decided: tuple[str, ...] = ()  # of the holders, those whose grade the committee set


@dataclass(frozen=True, slots=True)
class Outcome:
    plan: Plan
    results: tuple[Result, ...]  # in the order of the inputs' subjects
    limits: tuple[LimitReport, ...] = ()
    provisional: bool = False  # something was missing

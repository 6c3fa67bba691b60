"""What every leaf method is: a registry entry and a scorer made from it for one node."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ..rounding import round_half_up
from ..types import InputError, Inputs, Node, NodeScore, Plan, Problem, SubjectInput, Text

Detail = Mapping[str, Any]
# What read() returns for a leaf without (complete) input.
MISSING: Any = None


class Report:
    """Collects the input errors of one subject on one leaf."""

    def __init__(self, errors: list[InputError], subject: str, code: str) -> None:
        self.errors, self.subject, self.code = errors, subject, code

    def __call__(self, field: str, text: Text, key: str = "", answer: str = "") -> None:
        self.errors.append(InputError(self.subject, self.code, field, text, key, answer))


class Scorer(ABC):
    """Scores one leaf for all subjects: read() each, settle() once, then score() each.

    Scores are ints in the plan's smallest unit; `detail` is plain data, as stored.
    """

    source = ""  # the attribute of SubjectInput that it reads

    def __init__(self, node: Node, plan: Plan) -> None:
        self.node = node
        self.unit = 10**plan.decimals
        self.points = Fraction(node.points)

    def begin(self, inputs: Inputs) -> None:  # noqa: B027 — few methods need it
        """Look at the inputs as a whole before any subject is read."""

    @abstractmethod
    def read(self, subject: SubjectInput, report: Report) -> Any:
        """The subject's checked input, or MISSING. Errors go to `report`."""

    def settle(self, entries: Sequence[tuple[SubjectInput, Any]]) -> None:  # noqa: B027 — few methods need it
        """Look once at all who have an input, where the score depends on the others."""

    @abstractmethod
    def score(self, subject: SubjectInput, entry: Any) -> tuple[int, Detail]:
        """The score in the plan's smallest unit, and the steps that led to it."""

    def cents(self, score: Fraction) -> int:
        return round_half_up(score.numerator * self.unit, score.denominator)


@dataclass(frozen=True, slots=True)
class Method:
    """One way to score a leaf.

    `words` says in a sentence how the node scores; `check` finds what is wrong with a node's
    definition; `scorer` makes the function; `steps` redoes the sum in words from what was stored.
    """

    key: str
    title: Text
    scorer: type[Scorer]
    words: Callable[[Node, Plan], Text]
    steps: Callable[[Node, Plan, NodeScore], list[Text]]
    check: Callable[[Node, Plan], Iterable[Problem]]
    adjustment: bool = False
    votes: bool = False
    events: bool = False
    settings: frozenset[str] = frozenset()


def problem(node: Node, part: str, text: Text, warning: bool = False) -> Problem:
    return Problem(f"indicators.{node.code}.{part}", text, warning)


def no_check(node: Node, plan: Plan) -> Iterable[Problem]:
    return ()


def is_number(value: object) -> bool:
    """A finite Decimal or int; True and False are no numbers."""
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, int) and not isinstance(value, bool)

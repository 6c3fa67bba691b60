"""What the engine says about a figure or a grade, rendered in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from indicators.rendering import render
from reviews.tree import Tree

from . import engine
from .engine.types import LimitReport, Node, Plan, Reason, Result, Status
from .trees import Branch


@dataclass(frozen=True, slots=True)
class ReasonLine:
    words: str
    change: str  # "优秀 → 良好"; empty where the sentence says it


@dataclass(frozen=True, slots=True)
class FlagLine:
    label: str
    words: str


def takes_events(node: Node) -> bool:
    return not node.children and engine.METHODS[node.method].events


def rule(node: Node, plan: Plan) -> list[str]:
    """How the node scores, in words."""
    return [render(engine.method_words(node, plan))]


def steps(node: Node, plan: Plan, result: Result) -> list[str]:
    """The sum redone from what was stored, down to the rounding. Nothing for a node without a score."""
    score = result.scores.get(node.code)
    if score is None or score.status != Status.SCORED:
        return []
    return [render(text) for text in engine.explain_score(node, plan, score, result.scores)]


def rounding_only(branch: Branch, plan: Plan) -> list[str]:
    """What may be said of a leaf whose votes are withheld."""
    if branch.score.status != Status.SCORED:
        return []
    return [_("The votes are counted and averaged as the rule says; the steps are withheld with them.")]


def counted_events(detail: Mapping[str, Any]) -> frozenset[str]:
    """Keys of the events that made the score."""
    return frozenset(detail.get("events", ()))


def reasons(plan: Plan, result: Result) -> list[ReasonLine]:
    """The rules that made the grade, in order."""
    return reason_lines(plan, result.reasons)


def reason_lines(plan: Plan, reasons_: Iterable[Reason]) -> list[ReasonLine]:
    return [
        ReasonLine(render(engine.explain_reason(reason, plan)), _change(reason.before, reason.after))
        for reason in reasons_
    ]


def _change(before: str | None, after: str | None) -> str:
    """Empty for the first grade, which the sentence names."""
    return f"{before} → {after or _('no grade')}" if before is not None and before != after else ""


def flag_label(key: str) -> str:
    """A short word for a flag of the engine."""
    return {
        "missing": _("missing"),
        "tie": _("tie"),
        "decided": _("decided by the committee"),
        "no_votes": _("class without votes"),
    }.get(key, key)


def flags(plan: Plan, result: Result) -> list[FlagLine]:
    """What a person must look at, but for missing input, which the page says elsewhere."""
    return [
        FlagLine(flag_label(flag.key), render(engine.explain_flag(flag, plan)))
        for flag in result.flags
        if flag.key != "missing"
    ]


def limit(report: LimitReport, plan: Plan) -> str:
    """The arithmetic of a limit in a line."""
    return render(engine.explain_limit(report, plan))


def leaves(plan: Plan, codes: tuple[str, ...]) -> list[Node]:
    nodes = Tree(plan).nodes
    return [nodes[code] for code in codes]

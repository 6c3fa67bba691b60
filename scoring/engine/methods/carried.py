"""`carried`: the mean of the subject's earlier results in a named set of rounds (rules of §3)."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from ..text import figure, plain
from ..text import gettext_noop as _
from ..types import Inputs, Node, NodeScore, Plan, Problem, SubjectInput, Text
from .base import MISSING, Detail, Method, Report, Scorer, problem
from .marks import MarksScorer, mark_steps, mark_words


class CarriedScorer(Scorer):
    """points × the mean over the set's rounds with a total of total / that plan's root points; not below 0.

    With `fallback = "marks"` it is a leaf of marks as long as the set has no round at all.
    """

    source = "earlier"

    def __init__(self, node: Node, plan: Plan) -> None:
        super().__init__(node, plan)
        self.set = str(node.settings["set"])
        self.marks = MarksScorer(node, plan)
        self.by_marks = False

    def begin(self, inputs: Inputs) -> None:
        falls_back = self.node.settings.get("fallback") == "marks"
        self.by_marks = falls_back and self.set not in inputs.known_sets
        self.source = "marks" if self.by_marks else "earlier"

    def read(self, subject: SubjectInput, report: Report) -> Any:
        if self.by_marks:
            return self.marks.read(subject, report)
        rounds = []
        for earlier in subject.earlier.get(self.set, ()):
            total, points = earlier.total, earlier.points
            if total is None:
                continue
            if points is None or not (total.is_finite() and points.is_finite() and points > 0):
                text = Text(_("%(round)s: a total and full points above 0 expected."), {"round": earlier.round})
                report("earlier", text, earlier.round)
                continue
            rounds.append((earlier.round, Fraction(total), Fraction(points)))
        return sorted(rounds) or MISSING

    def score(self, subject: SubjectInput, entry: Any) -> tuple[int, Detail]:
        if self.by_marks:
            return self.marks.score(subject, entry)
        mean = sum((total / points for _name, total, points in entry), Fraction(0)) / len(entry)
        rows = [[name, figure(total), figure(points)] for name, total, points in entry]
        detail = {"rounds": rows, "mean": str(mean)}
        return self.cents(max(Fraction(0), self.points * mean)), detail


def carried_words(node: Node, plan: Plan) -> Text:
    code = str(node.settings["set"])
    values = {"points": figure(node.points), "set": plan.sets.get(code, code)}
    own = Text(_("%(points)s × the mean of total ÷ full points over the rounds of “%(set)s”, at least 0."), values)
    if node.settings.get("fallback") != "marks":
        return own
    return Text(_("%(carried)s Without any such round: %(marks)s"), {"carried": own, "marks": mark_words(node, plan)})


def carried_steps(node: Node, plan: Plan, score: NodeScore) -> list[Text]:
    if "rounds" not in score.detail:
        return mark_steps(node, plan, score)
    rows = score.detail["rounds"]
    mean = Fraction(score.detail["mean"])
    raw = Fraction(node.points) * mean
    steps = [
        Text(_("%(round)s: %(total)s of %(points)s"), {"round": name, "total": total, "points": points})
        for name, total, points in rows
    ]
    terms = " + ".join(f"{total} ÷ {points}" for _name, total, points in rows)
    values = {
        "terms": terms,
        "count": len(rows),
        "mean": figure(mean),
        "points": figure(node.points),
        "score": figure(raw),
    }
    steps.append(Text(_("Mean: (%(terms)s) ÷ %(count)s = %(mean)s"), values))
    steps.append(Text(_("%(points)s × %(mean)s = %(score)s"), values))
    if raw < 0:
        steps.append(Text(_("below 0, so 0")))
    return steps


def check_carried(node: Node, plan: Plan) -> Iterable[Problem]:
    if not node.settings.get("set"):
        yield problem(node, "set", Text(_("A carried leaf names the set of rounds that it reads.")))
    if node.settings.get("fallback") not in (None, "", "marks"):
        yield problem(node, "fallback", Text(_("The only way out without a round is “marks”.")))


CARRIED = Method(
    key="carried",
    title=plain(_("Carried over from earlier rounds")),
    scorer=CarriedScorer,
    words=carried_words,
    steps=carried_steps,
    check=check_carried,
    settings=frozenset({"set", "fallback"}),
)

"""`marks`: assessors give points; their weighted mean is the score."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ..rounding import round_half_up, to_cents, whole_numbers
from ..text import figure, plain
from ..text import gettext_noop as _
from ..types import Node, NodeScore, Plan, SubjectInput, Text
from .base import MISSING, Detail, Method, Report, Scorer, no_check


class MarksScorer(Scorer):
    source = "marks"

    def __init__(self, node: Node, plan: Plan) -> None:
        super().__init__(node, plan)
        self.decimals = plan.decimals
        self.forbids = plan.own_unit_marks == "forbid"
        weights, _common = whole_numbers(Fraction(a.weight) for a in node.assessors)
        self.weights = {a.name: w for a, w in zip(node.assessors, weights, strict=True)}
        self.only = node.assessors[0].name if len(node.assessors) == 1 else ""
        numerator, self.denominator = node.points.as_integer_ratio()
        self.highest = numerator * self.unit
        # Many subjects have the same mark of the same assessor: what is stored of it is then one object.
        self.details: dict[tuple[str, int], Detail] = {}

    def read(self, subject: SubjectInput, report: Report) -> Any:
        found: dict[str, int] = {}
        excused = self._excused(subject)
        for mark in subject.marks.get(self.node.code, ()):
            name = mark.assessor or self.only
            if self.weights and name not in self.weights:
                report("mark", self._unknown(name), name)
            elif name in excused:
                text = Text(_("%(assessor)s must not mark its own unit; the others do."), {"assessor": name})
                report("mark", text, name)
            elif name in found:
                report("mark", Text(_("%(assessor)s marked twice here."), {"assessor": name}), name)
            else:
                found[name] = self._cents(mark.value, name, report)
        if not found or len(found) < len(self.weights) - len(excused):
            return MISSING
        return found

    def _excused(self, subject: SubjectInput) -> frozenset[str]:
        """Of the leaf's assessors those that must not mark this subject; never all of them."""
        if not self.forbids or not subject.excused:
            return frozenset()
        names = subject.excused.get(self.node.code, frozenset()) & self.weights.keys()
        return names if len(names) < len(self.weights) else frozenset()

    def _cents(self, value: Any, name: str, report: Report) -> int:
        cents = to_cents(value, self.unit) if value.is_finite() else None
        if cents is not None and 0 <= cents * self.denominator <= self.highest:
            return cents
        if cents is None and value.is_finite() and 0 <= value <= self.node.points:
            text = Text(
                _("%(value)s has too many decimals; at most %(decimals)s expected."),
                {"value": str(value), "decimals": self.decimals},
            )
        else:
            text = Text(
                _("%(value)s is outside the points: 0 to %(points)s expected."),
                {"value": str(value), "points": figure(self.points)},
            )
        report("mark", text, name)
        return 0

    def _unknown(self, name: str) -> Text:
        return Text(
            _("%(assessor)s does not mark %(code)s; expected: %(assessors)s."),
            {
                "assessor": name or "—",
                "code": self.node.code,
                "assessors": list(self.weights),
            },
        )

    def score(self, subject: SubjectInput, entry: dict[str, int]) -> tuple[int, Detail]:
        if len(entry) == 1:
            (only,) = entry.items()
            detail = self.details.get(only)
            if detail is None:
                detail = self.details[only] = self._detail(entry)
            return only[1], detail
        weights = self.weights or dict.fromkeys(entry, 1)
        total = sum(weights[name] * cents for name, cents in entry.items())
        return round_half_up(total, sum(weights[name] for name in entry)), self._detail(entry)

    def _detail(self, entry: dict[str, int]) -> Detail:
        return {"marks": [[name, figure(Fraction(cents, self.unit))] for name, cents in sorted(entry.items())]}


def mark_words(node: Node, plan: Plan) -> Text:
    values: dict[str, Any] = {"points": figure(node.points), "assessors": [a.name for a in node.assessors]}
    if not node.assessors:
        return Text(_("Marked with 0 to %(points)s points; several marks: their mean."), values)
    if len(node.assessors) == 1:
        return Text(_("Marked with 0 to %(points)s points by %(assessors)s."), values)
    if len({a.weight for a in node.assessors}) == 1:
        return Text(_("Marked with 0 to %(points)s points by each of %(assessors)s; the mean counts."), values)
    values["assessors"] = [
        Text(_("%(name)s (weight %(weight)s)"), {"name": a.name, "weight": figure(a.weight)}) for a in node.assessors
    ]
    return Text(_("Marked with 0 to %(points)s points by %(assessors)s; the weighted mean counts."), values)


def mark_steps(node: Node, plan: Plan, score: NodeScore) -> list[Text]:
    weights = {a.name: Fraction(a.weight) for a in node.assessors}
    rows = score.detail["marks"]
    steps = [
        Text(_("%(assessor)s: %(value)s points"), {"assessor": name, "value": value})
        if name
        else Text(_("Mark: %(value)s points"), {"value": value})
        for name, value in rows
    ]
    if len(rows) > 1:
        terms = [(weights.get(name, Fraction(1)), Fraction(value)) for name, value in rows]
        weight = sum((w for w, _value in terms), Fraction(0))
        total = sum((w * value for w, value in terms), Fraction(0))
        terms_shown = " + ".join(figure(value) if w == 1 else f"{figure(value)} × {figure(w)}" for w, value in terms)
        steps.append(
            Text(
                _("Mean: (%(terms)s) ÷ %(weight)s = %(mean)s"),
                {"terms": terms_shown, "weight": figure(weight), "mean": figure(total / weight)},
            )
        )
    return steps


MARKS = Method(
    key="marks",
    title=plain(_("Marks")),
    scorer=MarksScorer,
    words=mark_words,
    steps=mark_steps,
    check=no_check,
)

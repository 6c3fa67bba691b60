"""Methods fed by one measured number: attainment, rank_points, ratio_to_best, per_unit (rules of §3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ..text import figure, number_in, plain
from ..text import gettext_noop as _
from ..types import Node, NodeScore, Plan, Problem, SubjectInput, Text
from .base import MISSING, Detail, Method, Report, Scorer, is_number, no_check, problem

ONE, ZERO = Fraction(1), Fraction(0)


def clamp(value: Fraction, low: Fraction, high: Fraction) -> Fraction:
    return max(low, min(high, value))


# ------------------------------------------------------------------------------ attainment


class AttainmentScorer(Scorer):
    """points × clamp(actual / target, 0, 1)."""

    source = "attainment"

    def read(self, subject: SubjectInput, report: Report) -> Any:
        found = subject.attainment.get(self.node.code)
        if found is None:
            return MISSING
        if not found.target.is_finite() or found.target <= 0:
            report(
                "attainment.target",
                Text(_("%(value)s is not a target; a number above 0 expected."), {"value": str(found.target)}),
            )
            return MISSING
        if not found.actual.is_finite():
            report("attainment.actual", Text(_("%(value)s is not a number."), {"value": str(found.actual)}))
            return MISSING
        return found

    def score(self, subject: SubjectInput, entry: Any) -> tuple[int, Detail]:
        share = clamp(Fraction(entry.actual) / Fraction(entry.target), ZERO, ONE)
        detail = {"target": figure(entry.target), "actual": figure(entry.actual), "share": str(share)}
        return self.cents(self.points * share), detail


def attainment_words(node: Node, plan: Plan) -> Text:
    return Text(_("%(points)s × actual ÷ target, at most %(points)s and at least 0."), {"points": figure(node.points)})


def attainment_steps(node: Node, plan: Plan, score: NodeScore) -> list[Text]:
    share = Fraction(score.detail["share"])
    values = {
        "target": score.detail["target"],
        "actual": score.detail["actual"],
        "share": figure(share),
        "points": figure(node.points),
        "score": figure(Fraction(node.points) * share),
    }
    first = _("actual %(actual)s ÷ target %(target)s = %(share)s")
    if share == 1:
        first = _("actual %(actual)s ÷ target %(target)s: reached, counts as 1")
    elif share == 0:
        first = _("actual %(actual)s ÷ target %(target)s: counts as 0")
    return [Text(first, values), Text(_("%(points)s × %(share)s = %(score)s"), values)]


ATTAINMENT = Method(
    key="attainment",
    title=plain(_("Attainment of a target")),
    scorer=AttainmentScorer,
    words=attainment_words,
    steps=attainment_steps,
    check=no_check,
)


# ------------------------------------------------------------------------------ one number


class NumberScorer(Scorer):
    source = "numbers"

    def read(self, subject: SubjectInput, report: Report) -> Any:
        value = subject.numbers.get(self.node.code)
        if value is None:
            return MISSING
        text = self.refuse(value)
        if text is not None:
            report("number", text)
            return MISSING
        return value

    def refuse(self, value: Decimal) -> Text | None:
        """What is wrong with this number, if anything."""
        return None if value.is_finite() else Text(_("%(value)s is not a number."), {"value": str(value)})


class RankPointsScorer(NumberScorer):
    """points × value / scale, the value by the rank; a rank beyond the table gets its last value."""

    def __init__(self, node: Node, plan: Plan) -> None:
        super().__init__(node, plan)
        self.table = {rank: Fraction(value) for rank, value in node.settings["table"]}
        self.last = self.table[max(self.table)]
        self.scale = Fraction(node.settings.get("scale", 100))

    def refuse(self, value: Decimal) -> Text | None:
        if value.is_finite() and value >= 1 and value == int(value):
            return None
        return Text(_("%(value)s is not a rank; a whole number from 1 expected."), {"value": str(value)})

    def score(self, subject: SubjectInput, entry: Any) -> tuple[int, Detail]:
        value = self.table.get(int(entry), self.last)
        return self.cents(self.points * value / self.scale), {"rank": int(entry), "value": figure(value)}


def rank_points_words(node: Node, plan: Plan) -> Text:
    rows = [
        Text(_("rank %(rank)s: %(value)s"), {"rank": rank, "value": figure(value)})
        for rank, value in node.settings["table"]
    ]
    values = {"points": figure(node.points), "rows": rows, "scale": figure(node.settings.get("scale", Decimal(100)))}
    return Text(
        _("%(points)s × value ÷ %(scale)s, the value by the rank: %(rows)s; further ranks as the last."), values
    )


def rank_points_steps(node: Node, plan: Plan, score: NodeScore) -> list[Text]:
    scale = node.settings.get("scale", Decimal(100))
    value = score.detail["value"]
    values = {
        "rank": score.detail["rank"],
        "value": value,
        "scale": figure(scale),
        "points": figure(node.points),
        "score": figure(Fraction(node.points) * number_in(value) / Fraction(scale)),
    }
    values["last"] = max(rank for rank, _value in node.settings["table"])
    first = _("rank %(rank)s: %(value)s")
    if values["rank"] > values["last"]:
        first = _("rank %(rank)s, beyond the table: as rank %(last)s, %(value)s")
    return [
        Text(first, values),
        Text(_("%(points)s × %(value)s ÷ %(scale)s = %(score)s"), values),
    ]


def check_rank_points(node: Node, plan: Plan) -> Iterable[Problem]:
    table = node.settings.get("table") or ()
    ranks = [row[0] for row in table]
    if not table or ranks != list(range(1, len(table) + 1)):
        yield problem(node, "table", Text(_("The table gives a value to each rank from 1 on, in order.")))
    if any(not is_number(value) or value < 0 for _rank, value in table):
        yield problem(node, "table", Text(_("A value of the table is a number from 0.")))
    scale = node.settings.get("scale", 100)
    if not is_number(scale) or scale <= 0:
        yield problem(node, "scale", Text(_("The scale is a number above 0.")))


RANK_POINTS = Method(
    key="rank_points",
    title=plain(_("Points by an outside rank")),
    scorer=RankPointsScorer,
    words=rank_points_words,
    steps=rank_points_steps,
    check=check_rank_points,
    settings=frozenset({"table", "scale"}),
)


# ------------------------------------------------------------------------------ ratio to the best


class RatioToBestScorer(NumberScorer):
    """points × actual / the highest of the category; lower_is_better: points × the lowest / actual."""

    def __init__(self, node: Node, plan: Plan) -> None:
        super().__init__(node, plan)
        self.lower = bool(node.settings.get("lower_is_better"))
        self.best: dict[str, Decimal] = {}

    def refuse(self, value: Decimal) -> Text | None:
        values = {"value": str(value)}
        if not value.is_finite() or value < 0:
            return Text(_("%(value)s: a number from 0 expected."), values)
        if self.lower and value == 0:
            return Text(_("%(value)s: where the lowest is the best, a number above 0 is expected."), values)
        return None

    def settle(self, entries: Sequence[tuple[SubjectInput, Any]]) -> None:
        pick = min if self.lower else max
        best: dict[str, Decimal] = {}
        for subject, value in entries:
            known = best.get(subject.category)
            best[subject.category] = value if known is None else pick(known, value)
        self.best = best

    def score(self, subject: SubjectInput, entry: Any) -> tuple[int, Detail]:
        best = self.best[subject.category]
        numerator, denominator = (best, entry) if self.lower else (entry, best)
        share = Fraction(numerator) / Fraction(denominator) if denominator else ZERO
        detail = {"actual": figure(entry), "best": figure(best), "share": str(share)}
        return self.cents(self.points * share), detail


def ratio_words(node: Node, plan: Plan) -> Text:
    values = {"points": figure(node.points)}
    if node.settings.get("lower_is_better"):
        return Text(_("%(points)s × the lowest figure of the category ÷ the subject's own figure."), values)
    return Text(_("%(points)s × the subject's own figure ÷ the highest figure of the category."), values)


def ratio_steps(node: Node, plan: Plan, score: NodeScore) -> list[Text]:
    share = Fraction(score.detail["share"])
    values = {
        "actual": score.detail["actual"],
        "best": score.detail["best"],
        "share": figure(share),
        "points": figure(node.points),
        "score": figure(Fraction(node.points) * share),
    }
    if node.settings.get("lower_is_better"):
        first = _("lowest of the category %(best)s ÷ own figure %(actual)s = %(share)s")
    elif number_in(score.detail["best"]) == 0:
        first = _("all figures of the category are 0: counts as 0")
    else:
        first = _("own figure %(actual)s ÷ highest of the category %(best)s = %(share)s")
    return [Text(first, values), Text(_("%(points)s × %(share)s = %(score)s"), values)]


RATIO_TO_BEST = Method(
    key="ratio_to_best",
    title=plain(_("Ratio to the best")),
    scorer=RatioToBestScorer,
    words=ratio_words,
    steps=ratio_steps,
    check=no_check,
    settings=frozenset({"lower_is_better"}),
)


# ------------------------------------------------------------------------------ so much per unit


class PerUnitScorer(NumberScorer):
    """clamp(base ± value × (actual − threshold), floor, points); whole units toward 0 unless `fractions`."""

    def __init__(self, node: Node, plan: Plan) -> None:
        super().__init__(node, plan)
        settings = node.settings
        self.base, self.value, self.threshold, self.floor = (
            Fraction(settings.get(name, 0)) for name in ("base", "value", "threshold", "floor")
        )
        self.sign = int(settings.get("sign", 1))
        self.fractions = bool(settings.get("fractions"))

    def score(self, subject: SubjectInput, entry: Any) -> tuple[int, Detail]:
        units = Fraction(entry) - self.threshold
        if not self.fractions:
            units = Fraction(int(units))  # int() truncates toward 0
        raw = self.base + self.sign * self.value * units
        detail = {"actual": figure(entry), "units": figure(units), "raw": figure(raw)}
        return self.cents(clamp(raw, self.floor, self.points)), detail


def per_unit_words(node: Node, plan: Plan) -> Text:
    values = _per_unit_values(node)
    if node.settings.get("fractions"):
        return Text(
            _("%(base)s %(sign)s %(value)s × (figure − %(threshold)s), at least %(floor)s, at most %(points)s."),
            values,
        )
    return Text(
        _(
            "%(base)s %(sign)s %(value)s × (figure − %(threshold)s, in whole units), "
            "at least %(floor)s, at most %(points)s."
        ),
        values,
    )


def _per_unit_values(node: Node) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: figure(Fraction(node.settings.get(name, 0))) for name in ("base", "value", "threshold", "floor")
    }
    values["sign"] = "−" if node.settings.get("sign", 1) == -1 else "+"
    values["points"] = figure(node.points)
    return values


def per_unit_steps(node: Node, plan: Plan, score: NodeScore) -> list[Text]:
    values = _per_unit_values(node) | dict(score.detail)
    raw = number_in(score.detail["raw"])
    difference = number_in(score.detail["actual"]) - Fraction(node.settings.get("threshold", 0))
    values["difference"] = figure(difference)
    first = _("figure %(actual)s − %(threshold)s = %(units)s units")
    if difference != number_in(score.detail["units"]):
        first = _("figure %(actual)s − %(threshold)s = %(difference)s, in whole units %(units)s")
    steps = [
        Text(first, values),
        Text(_("%(base)s %(sign)s %(value)s × %(units)s = %(raw)s"), values),
    ]
    if raw > Fraction(node.points):
        steps.append(Text(_("above the full points: %(points)s"), values))
    elif raw < Fraction(node.settings.get("floor", 0)):
        steps.append(Text(_("below the floor: %(floor)s"), values))
    return steps


def check_per_unit(node: Node, plan: Plan) -> Iterable[Problem]:
    settings = node.settings
    if not is_number(settings.get("value")) or settings["value"] <= 0:
        yield problem(node, "value", Text(_("The points per unit are a number above 0; `sign` gives the direction.")))
    for name in ("base", "threshold", "floor"):
        if not is_number(settings.get(name, 0)):
            yield problem(node, name, Text(_("A number expected.")))
    if settings.get("sign", 1) not in (1, -1):
        yield problem(node, "sign", Text(_("The sign is 1 or -1.")))
    if is_number(settings.get("floor", 0)) and settings.get("floor", 0) > node.points:
        yield problem(node, "floor", Text(_("The floor is above the full points.")))


PER_UNIT = Method(
    key="per_unit",
    title=plain(_("So much per unit")),
    scorer=PerUnitScorer,
    words=per_unit_words,
    steps=per_unit_steps,
    check=check_per_unit,
    settings=frozenset({"base", "value", "threshold", "floor", "sign", "fractions"}),
)

"""Every figure and every grade in words: enough for a clerk who knows only the plan to redo the sum by hand.

All functions return `Text`s: English sentences with their values, translated where they are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .composite import composite_steps, composite_words, is_adjustment
from .conditions import condition_words, is_one_fact
from .methods import METHODS
from .rules import RULES
from .text import figure, number_in, percent
from .text import gettext_noop as _
from .types import Flag, LimitReport, Node, NodeScore, Plan, Reason, Rule, Status, Text


def nodes_of(plan: Plan) -> dict[str, Node]:
    nodes: dict[str, Node] = {}
    waiting = [plan.root]
    while waiting:
        node = waiting.pop()
        nodes[node.code] = node
        waiting.extend(node.children)
    return nodes


# ------------------------------------------------------------------------------ the plan


def method_title(node: Node) -> Text:
    return Text(_("Composite")) if node.children else METHODS[node.method].title


def method_words(node: Node, plan: Plan) -> Text:
    """How a node scores, in a sentence or two."""
    return composite_words(node, plan) if node.children else METHODS[node.method].words(node, plan)


def rule_title(rule: Rule) -> Text:
    return RULES[rule.key].title


def rule_words(rule: Rule, plan: Plan) -> Text:
    """What a grade rule does, in a sentence or two."""
    return RULES[rule.key].words(rule, plan, nodes_of(plan))


# ------------------------------------------------------------------------------ a figure


def explain_score(
    node: Node, plan: Plan, score: NodeScore, scores: Mapping[str, NodeScore] | None = None
) -> list[Text]:
    """The steps from the inputs to a node's score, the rounding last.

    A composite needs `scores`, the subject's scores by code; a leaf works from its stored detail alone.
    """
    if score.status is Status.NOT_APPLICABLE:
        return [Text(_("Not applicable to this subject"))]
    if score.status is Status.MISSING or score.value is None:
        return [Text(_("No input yet: missing, counted as 0 for now"))]
    if node.children:
        steps = composite_steps(node, plan, scores) if scores else []
    else:
        steps = METHODS[node.method].steps(node, plan, score)
    values = {"decimals": plan.decimals, "value": _fixed(score.value, plan)}
    return [*steps, Text(_("rounded half up to %(decimals)s decimals: %(value)s"), values)]


def _fixed(value: Decimal, plan: Plan) -> str:
    return f"{value:.{plan.decimals}f}"


# ------------------------------------------------------------------------------ a grade


def explain_reason(reason: Reason, plan: Plan) -> Text:
    """Why a rule (or the committee) changed a grade, with the figures that decided."""
    values = dict(reason.values)
    if reason.rule is None:
        if values.get("document"):
            return Text(_("Decided by the committee (%(document)s): %(reason)s"), values)
        return Text(_("Decided by the committee: %(reason)s"), values)
    rule = plan.rules[reason.rule]
    said: Text = _REASONS[reason.key](rule, plan, reason, values)
    return said


def _by_condition(message: str) -> Any:
    def explain(rule: Rule, plan: Plan, reason: Reason, values: dict[str, Any]) -> Text:
        condition = condition_words(rule.condition or "", plan, nodes_of(plan))
        facts = _facts(values.get("facts", {}), plan)
        said = Text(message, {"condition": condition, "grade": rule.grade, "steps": rule.steps})
        if not facts or is_one_fact(rule.condition or ""):
            return said
        return Text(_("%(sentence)s (%(facts)s)"), {"sentence": said, "facts": facts})

    return explain


def _facts(facts: Mapping[str, str], plan: Plan) -> list[Text]:
    nodes = nodes_of(plan)
    shown = []
    for fact, value in facts.items():
        number = fact.startswith("option_share:")
        word: str | Text = percent(number_in(value)) if number else value
        if value in ("true", "false"):
            word = Text(_("yes")) if value == "true" else Text(_("no"))
        name = condition_words(f"{fact} = 0", plan, nodes).values["fact"]
        shown.append(Text(_("%(fact)s: %(value)s"), {"fact": name, "value": word}))
    return shown


def _thresholds(rule: Rule, plan: Plan, reason: Reason, values: dict[str, Any]) -> Text:
    values["grade"] = reason.after
    if "minimum" in values:
        return Text(_("The total reaches %(minimum)s: %(grade)s"), values)
    return Text(_("The total reaches no higher minimum: %(grade)s"), values)


def _floor_grade(rule: Rule, plan: Plan, reason: Reason, values: dict[str, Any]) -> Text:
    return Text(_("The total is below %(minimum)s: %(grade)s"), {**values, "grade": rule.grade})


def _quota(values: dict[str, Any]) -> dict[str, Any]:
    scope = values.get("scope")
    return {**values, "scope": scope or Text(_("all")), "share": percent(Fraction(values.get("share", "0")))}


def _limit(rule: Rule, plan: Plan, reason: Reason, values: dict[str, Any]) -> Text:
    shown = _quota({**values, "grade": rule.grade, "after": reason.after})
    if values.get("tied"):
        return Text(
            _(
                "%(grade)s is limited to %(share)s of %(size)s (%(scope)s): %(places)s places. Tied across the "
                "limit with others, so all of them get %(after)s; the committee may decide."
            ),
            shown,
        )
    if values.get("behind"):
        return Text(
            _(
                "%(grade)s is limited to %(share)s of %(size)s (%(scope)s): %(places)s places. Better ones are tied "
                "across the limit, and nobody moves up past them."
            ),
            shown,
        )
    return Text(
        _("%(grade)s is limited to %(share)s of %(size)s (%(scope)s): %(places)s places, all taken by better ones."),
        shown,
    )


def _limit_within(rule: Rule, plan: Plan, reason: Reason, values: dict[str, Any]) -> Text:
    shown = _quota({**values, "grade": rule.grade, "after": reason.after})
    shown["condition"] = condition_words(rule.condition or "", plan, nodes_of(plan))
    if values.get("tied"):
        return Text(
            _(
                "Of the %(size)s holders of %(grade)s (%(scope)s) at most %(share)s, that is %(places)s, may be such "
                "that %(condition)s. Tied across the limit with others, so all of them get %(after)s; "
                "the committee may decide."
            ),
            shown,
        )
    if values.get("behind"):
        return Text(
            _(
                "Of the %(size)s holders of %(grade)s (%(scope)s) at most %(share)s, that is %(places)s, may be such "
                "that %(condition)s. Better ones are tied across the limit, and nobody moves up past them."
            ),
            shown,
        )
    return Text(
        _(
            "Of the %(size)s holders of %(grade)s (%(scope)s) at most %(share)s, that is %(places)s, may be such that "
            "%(condition)s; the places are taken by better ones."
        ),
        shown,
    )


def _distribute(rule: Rule, plan: Plan, reason: Reason, values: dict[str, Any]) -> Text:
    places = [f"{grade} {count}" for grade, count in values.get("places", {}).items()]
    shown = {**values, "scope": values.get("scope") or Text(_("all")), "places": places, "grade": reason.after}
    if values.get("tied"):
        return Text(
            _(
                "Forced distribution over %(size)s (%(scope)s): %(places)s. Tied across a boundary with others, so all "
                "of them get %(grade)s; the committee may decide."
            ),
            shown,
        )
    return Text(_("Forced distribution over %(size)s (%(scope)s): %(places)s; by merit %(grade)s."), shown)


_REASONS: dict[str, Any] = {
    "exclude": _by_condition(_("No grade, because %(condition)s")),
    "cap": _by_condition(_("At best %(grade)s, because %(condition)s")),
    "set": _by_condition(_("%(grade)s, because %(condition)s")),
    "lower": _by_condition(_("%(steps)s grade(s) lower, because %(condition)s")),
    "thresholds": _thresholds,
    "floor_grade": _floor_grade,
    "limit": _limit,
    "limit_within": _limit_within,
    "distribute": _distribute,
}


# ------------------------------------------------------------------------------ flags, limits


def explain_flag(flag: Flag, plan: Plan) -> Text:
    nodes = nodes_of(plan)
    values = dict(flag.values)
    if flag.key == "missing":
        names = [f"{code} {nodes[code].title}" for code in values["codes"]]
        return Text(_("Missing, counted as 0 for now: %(names)s"), {"names": names})
    if flag.key == "no_votes":
        node = nodes[values["code"]]
        classes = {c.code: c.title for c in node.ballot.classes} if node.ballot else {}
        shown = {"code": node.code, "title": node.title, "class": classes.get(values["class"], values["class"])}
        return Text(_("%(code)s %(title)s: no votes of the class %(class)s, which drops out"), shown)
    values["count"] = len(values.get("subjects", ()))
    return Text(
        _("Tied at the boundary between %(grade)s and %(to)s (%(count)s subjects): for the committee to decide"), values
    )


def explain_limit(report: LimitReport, plan: Plan) -> Text:
    """The arithmetic of a limit: N × share = places, and who holds them."""
    exact = Fraction(report.share) * report.size
    values = {
        "size": report.size,
        "share": percent(report.share),
        "exact": figure(exact),
        "places": report.places,
        "holders": len(report.holders),
        "cut": len(report.cut),
    }
    return Text(
        _(
            "%(size)s × %(share)s = %(exact)s: %(places)s places, %(holders)s holders, %(cut)s with the next lower "
            "grade"
        ),
        values,
    )


__all__ = [
    "explain_flag",
    "explain_limit",
    "explain_reason",
    "explain_score",
    "is_adjustment",
    "method_title",
    "method_words",
    "nodes_of",
    "rule_title",
    "rule_words",
]

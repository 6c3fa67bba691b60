"""Every figure and every grade in words: enough for a clerk who knows only the plan to redo the sum by hand.

All functions return `Text`s: English sentences with their values, translated where they are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .composite import composite_steps, composite_words, is_adjustment
from .conditions import Value, condition_words, facts_of, only_facts, parse, part_that_holds, words_of
from .methods import METHODS
from .rules import RULES
from .rules.limits import rounding_words
from .rules.simple import steps_of
from .text import figure, number_in, percent, percent_of
from .text import gettext_noop as _
from .types import FactType, Flag, LimitReport, Node, NodeScore, Plan, Reason, Rule, Status, Text


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
        stored = values.get("facts", {})
        # Of several alternatives only those that hold are a reason; the rule's own words have them all.
        held = part_that_holds(parse(rule.condition or ""), lambda fact: _value(fact, stored.get(fact), plan))
        condition = words_of(held, plan, nodes_of(plan))
        facts = facts_in_words({fact: stored[fact] for fact in stored if fact in facts_of(held)}, plan)
        said = Text(message, {"condition": condition, "grade": rule.grade, "steps": rule.steps})
        if not facts or only_facts(held):
            return said
        return Text(_("%(sentence)s (%(facts)s)"), {"sentence": said, "facts": facts})

    return explain


def _value(fact: str, stored: str | None, plan: Plan) -> Value | None:
    """What a condition compares, from what is stored with a reason."""
    if stored is None or stored in ("true", "false"):
        return None if stored is None else stored == "true"
    own = next((f for f in plan.facts if f.code == fact), None)
    is_word = fact.startswith("grade_in:") or (own is not None and own.type is FactType.CHOICE)
    return stored if is_word else number_in(stored)


def facts_in_words(facts: Mapping[str, str], plan: Plan) -> list[Text]:
    """“title”: value, of facts as they are stored with a reason."""
    nodes = nodes_of(plan)
    shown = []
    for fact, value in facts.items():
        number = fact.startswith("option_share:")
        word: str | Text = percent_of(value) if number else value
        if value in ("true", "false"):
            word = Text(_("yes")) if value == "true" else Text(_("no"))
        name = condition_words(f"{fact} = 0", plan, nodes).values["fact"]
        shown.append(Text(_("%(fact)s: %(value)s"), {"fact": name, "value": word}))
    return shown


def _thresholds(rule: Rule, plan: Plan, reason: Reason, values: dict[str, Any]) -> Text:
    """The minimum that the total reaches, and the next better one that it does not."""
    listed = steps_of(rule, plan)
    at = next((n for n, (grade, _minimum) in enumerate(listed) if plan.grades[grade] == reason.after), 0)
    shown = {"total": values.get("total", "—"), "minimum": values.get("minimum"), "grade": reason.after}
    if at:
        better, missed = listed[at - 1]
        shown |= {"better": plan.grades[better], "missed": figure(missed or 0)}
    if at and "minimum" in values:
        return Text(
            _("The total %(total)s reaches %(minimum)s, not %(missed)s (%(better)s): %(grade)s"),
            shown,
        )
    if at:
        return Text(_("The total %(total)s is below %(missed)s (%(better)s): %(grade)s"), shown)
    if "minimum" in values:
        return Text(_("The total %(total)s reaches %(minimum)s: %(grade)s"), shown)
    return Text(_("Whatever the total (%(total)s): %(grade)s"), shown)


def _floor_grade(rule: Rule, plan: Plan, reason: Reason, values: dict[str, Any]) -> Text:
    shown = {"total": values.get("total", "—"), "minimum": values["minimum"], "grade": rule.grade}
    return Text(_("The total %(total)s is below %(minimum)s: %(grade)s"), shown)


def merit_words(plan: Plan) -> Text:
    """What the order of merit goes by."""
    if not plan.tie_breakers:
        return Text(_("by total"))
    nodes = nodes_of(plan)
    names = [f"{code} {nodes[code].title}" for code in plan.tie_breakers]
    return Text(_("by total, equal ones by %(names)s"), {"names": names})


def _whom(rule: Rule, values: Mapping[str, Any]) -> Text:
    """The scope of a quota with its N."""
    shown = {"scope": values.get("scope") or Text(_("all")), "size": values.get("size", "—")}
    if rule.key == "limit_within":
        return Text(_("%(scope)s, %(size)s holders"), shown)
    if rule.of_participants:
        return Text(_("%(scope)s, N = %(size)s, those without a grade included"), shown)
    return Text(_("%(scope)s, N = %(size)s"), shown)


def _arithmetic(rule: Rule, size: int, share: Fraction, places: int, decided: int) -> Text:
    """N × share = places, how it was rounded, and how many places decisions of the committee take."""
    shown = {
        "size": size,
        "share": percent(share),
        "exact": figure(share * size),
        "rounding": rounding_words(rule),
        "places": places,
        "decided": decided,
    }
    if decided:
        return Text(
            _(
                "%(size)s × %(share)s = %(exact)s (%(rounding)s): %(places)s places, %(decided)s of them taken by "
                "decisions of the committee"
            ),
            shown,
        )
    return Text(_("%(size)s × %(share)s = %(exact)s (%(rounding)s): %(places)s places"), shown)


def _quota(rule: Rule, plan: Plan, reason: Reason, values: dict[str, Any]) -> dict[str, Any]:
    """The figures of a limit and of the subject's place at it."""
    share = Fraction(values.get("share", "0"))
    held, decided = values.get("held", "—"), values.get("decided", 0)
    order = merit_words(plan)
    if rule.prefer:
        condition = condition_words(rule.prefer, plan, nodes_of(plan))
        prefer = {"order": order, "condition": condition}
        order = Text(_("%(order)s, those first for whom %(condition)s (this subject: no)"), prefer)
        if values.get("preferred"):
            order = Text(_("%(order)s, those first for whom %(condition)s (this subject: yes)"), prefer)
    place = {"place": values.get("place", "—"), "held": held, "total": values.get("total", "—"), "order": order}
    return {
        "grade": rule.grade,
        "after": reason.after,
        "cut": values.get("cut"),
        "share": percent(share),
        "whom": _whom(rule, values),
        "arithmetic": _arithmetic(rule, values.get("size", 0), share, values.get("places", 0), decided),
        "place": Text(_("With %(total)s place %(place)s of %(held)s %(order)s"), place),
    }


def _at_a_limit(values: Mapping[str, Any]) -> str:
    if values.get("tied"):
        return _(
            "%(limit)s. %(place)s, equal with others across the limit: all of them get %(after)s; the committee may "
            "decide."
        )
    if values.get("behind"):
        return _("%(limit)s. %(place)s, behind subjects tied across the limit, whom nobody passes: %(after)s.")
    if values.get("cut"):
        return _("%(limit)s. %(place)s, beyond the places (the last one went to a total of %(cut)s): %(after)s.")
    return _("%(limit)s. %(place)s, beyond the places: %(after)s.")


def _limit(rule: Rule, plan: Plan, reason: Reason, values: dict[str, Any]) -> Text:
    shown = _quota(rule, plan, reason, values)
    limit = Text(_("At most %(share)s hold %(grade)s (%(whom)s): %(arithmetic)s"), shown)
    return Text(_at_a_limit(values), {**shown, "limit": limit})


def _limit_within(rule: Rule, plan: Plan, reason: Reason, values: dict[str, Any]) -> Text:
    shown = _quota(rule, plan, reason, values)
    condition = condition_words(rule.condition or "", plan, nodes_of(plan))
    limit = Text(
        _("Of the holders of %(grade)s (%(whom)s) at most %(share)s may be such that %(condition)s: %(arithmetic)s"),
        {**shown, "condition": condition},
    )
    return Text(_at_a_limit(values), {**shown, "limit": limit})


def _distribute(rule: Rule, plan: Plan, reason: Reason, values: dict[str, Any]) -> Text:
    size, decided = values.get("size", 0), values.get("decided") or {}
    shown = {
        "whom": _whom(rule, values),
        "places": [
            _share_of_grade(grade, rule.shares[grade], size, count) for grade, count in values.get("places", {}).items()
        ],
        "taken": [f"{grade} {count}" for grade, count in decided.items()],
        "place": values.get("place", "—"),
        "last": values.get("last", "—"),
        "held": values.get("held", "—"),
        "total": values.get("total", "—"),
        "order": merit_words(plan),
        "grade": reason.after,
    }
    message = _("Forced distribution (%(whom)s), largest remainder: %(places)s")
    if decided:
        message = _(
            "Forced distribution (%(whom)s), largest remainder: %(places)s; of these, decisions of the committee take "
            "%(taken)s"
        )
    shown = {**shown, "distribution": Text(message, shown)}
    if values.get("tied"):
        return Text(
            _(
                "%(distribution)s. With %(total)s places %(place)s to %(last)s of %(held)s %(order)s, tied across a "
                "boundary: all of them get %(grade)s; the committee may decide."
            ),
            shown,
        )
    return Text(_("%(distribution)s. With %(total)s place %(place)s of %(held)s %(order)s: %(grade)s."), shown)


def _share_of_grade(grade: str, share: Decimal, size: int, count: int) -> Text:
    values = {"grade": grade, "size": size, "share": percent(share), "exact": figure(Fraction(share) * size)}
    return Text(_("%(grade)s %(size)s × %(share)s = %(exact)s → %(count)s"), {**values, "count": count})


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
    rule, share = plan.rules[report.rule], Fraction(report.share)
    shown = {
        "whom": _whom(rule, {"scope": report.scope, "size": report.size}),
        "arithmetic": _arithmetic(rule, report.size, share, report.places, len(report.decided)),
        "holders": len(report.holders),
        "cut": len(report.cut),
    }
    if report.key == "distribute":
        shown["arithmetic"] = _share_of_grade(report.grade, report.share, report.size, report.places)
        return Text(_("%(whom)s, by largest remainder: %(arithmetic)s places; %(holders)s holders"), shown)
    return Text(_("%(whom)s: %(arithmetic)s; %(holders)s holders, %(cut)s with the next lower grade"), shown)


__all__ = [
    "explain_flag",
    "explain_limit",
    "explain_reason",
    "explain_score",
    "facts_in_words",
    "is_adjustment",
    "merit_words",
    "method_title",
    "method_words",
    "nodes_of",
    "rule_title",
    "rule_words",
]

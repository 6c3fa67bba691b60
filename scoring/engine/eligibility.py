"""What follows from a subject's facts before there is any score: which rules will touch its grade, and how.

A condition may mix facts with scores. It is judged in three values: it holds, it does not, or it depends on what is
not known yet. A rule that no fact of the subject bears on says nothing about the subject and is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from .conditions import Comparison, Condition, Value, decimal_value, holds, parse, words_of
from .earlier import EarlierRounds, earlier_value, reads_earlier
from .explain import facts_in_words, nodes_of
from .text import figure, percent
from .text import gettext_noop as _
from .types import FactValue, Plan, Rule, Text


@dataclass(frozen=True, slots=True)
class Consequence:
    """What one rule (by its place in the plan) does to a subject. Not `certain`: only if the scores will have it so."""

    rule: int
    key: str
    certain: bool
    text: Text

    @property
    def ends(self) -> bool:
        """Whether later rules pass the subject by."""
        return self.certain and self.key == "exclude"


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of the subject: its facts, and its earlier rounds unless `earlier` is None."""

    plan: Plan
    facts: Mapping[str, FactValue]
    earlier: EarlierRounds | None

    def has(self, fact: str) -> bool:
        """Whether the value (an empty one too) is settled now."""
        if reads_earlier(fact):
            return self.earlier is not None
        return fact in self.facts or any(own.code == fact for own in self.plan.facts)

    def __call__(self, fact: str) -> Value | None:
        if reads_earlier(fact):
            return earlier_value(fact, self.earlier or {})
        return decimal_value(self.facts[fact]) if fact in self.facts else None

    def settles(self, comparison: Comparison) -> bool | None:
        """Whether a comparison holds; None: it depends on what is not known yet."""
        known = [fact for fact in comparison.facts if self.has(fact)]
        if any(self(fact) is None for fact in known):
            return False  # an empty fact makes it false, whatever the others are
        if len(known) < len(comparison.facts):
            return None
        return holds(Condition(((comparison,),)), self)


def consequences(plan: Plan, facts: Mapping[str, FactValue], earlier: EarlierRounds | None) -> list[Consequence]:
    """In the order of the rules. `earlier` None: results of earlier rounds are not known here."""
    known = _Known(plan, facts, earlier)
    found: list[Consequence] = []
    for index, rule in enumerate(plan.rules):
        for certain, said in _judged(known, _condition(rule), rule):
            found.append(Consequence(index, rule.key, certain, said))
            if found[-1].ends:
                return found
    return found


def has_consequences(plan: Plan, facts: Mapping[str, FactValue], earlier: EarlierRounds | None) -> bool:
    """Whether `consequences` finds any, without saying which."""
    known = _Known(plan, facts, earlier)
    return any(any(_alternatives(known, _condition(rule))) for rule in plan.rules)


def _condition(rule: Rule) -> Condition:
    text = rule.prefer if rule.key == "limit" else rule.condition
    return parse(text) if text else Condition(())


Alternative = tuple[Comparison, ...]


def _alternatives(
    known: _Known, condition: Condition
) -> tuple[list[Alternative], list[tuple[Alternative, Alternative]]]:
    """The alternatives that hold, and those that the scores may still fulfil: what holds of them, and what is open."""
    held: list[Alternative] = []
    waiting: list[tuple[Alternative, Alternative]] = []
    for alternative in condition.alternatives:
        settled = [(comparison, known.settles(comparison)) for comparison in alternative]
        if any(state is False for _comparison, state in settled):
            continue
        sure = tuple(comparison for comparison, state in settled if state)
        unsure = tuple(comparison for comparison, state in settled if state is None)
        if not unsure:
            held.append(sure)
        elif sure:
            waiting.append((sure, unsure))
    return held, waiting


def _judged(known: _Known, condition: Condition, rule: Rule) -> list[tuple[bool, Text]]:
    """(certain, sentence): one for all alternatives that hold, else one for each that the scores may still fulfil."""
    held, waiting = _alternatives(known, condition)
    if held:
        return [(True, _effect(known, rule, Condition(tuple(held))))]
    nodes = nodes_of(known.plan)
    return [
        (
            False,
            Text(
                _("If %(condition)s: %(effect)s"),
                {
                    "condition": words_of(Condition((unsure,)), known.plan, nodes),
                    "effect": _effect(known, rule, Condition((sure,))),
                },
            ),
        )
        for sure, unsure in waiting
    ]


_EFFECTS = {
    "exclude": _("no grade (%(why)s)"),
    "cap": _("at best %(grade)s (%(why)s)"),
    "set": _("set to %(grade)s (%(why)s)"),
    "lower": _("%(steps)s grade(s) lower (%(why)s)"),
    "limit": _("comes first for the places of %(grade)s (%(why)s)"),
    "limit_within": _("as a holder of %(grade)s counts against the limit of %(share)s for such (%(why)s)"),
}


def _effect(known: _Known, rule: Rule, condition: Condition) -> Text:
    values = {
        "grade": rule.grade,
        "steps": rule.steps,
        "share": percent(rule.share or 0),
        "why": _why(known, condition),
    }
    return Text(_EFFECTS[rule.key], values)


def _why(known: _Known, condition: Condition) -> Text:
    """The comparisons that hold, with the figures of those that compare one."""
    said = words_of(condition, known.plan, nodes_of(known.plan))
    compared = [fact for each in condition.comparisons() if each.operator is not None for fact in each.facts]
    values = {fact: value for fact in compared if (value := known(fact)) is not None and not isinstance(value, bool)}
    if not values:
        return said
    if len(values) == 1 and len(compared) == 1 and not isinstance(only := next(iter(values.values())), str):
        return Text(_("%(sentence)s, now %(value)s"), {"sentence": said, "value": figure(only)})
    stored = {fact: figure(value) if isinstance(value, Fraction) else str(value) for fact, value in values.items()}
    facts = facts_in_words(stored, known.plan)
    return Text(_("%(sentence)s; %(facts)s"), {"sentence": said, "facts": facts})

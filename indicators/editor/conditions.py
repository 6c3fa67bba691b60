"""The condition builder: boxes joined by "or", in each of them comparisons joined by "and"."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from indicators.rendering import render
from scoring.engine.conditions import (
    Comparison,
    Condition,
    ConditionError,
    condition_words,
    parse,
)
from scoring.engine.text import gettext_noop
from scoring.engine.types import FactDefinition, FactType, Node, Plan, Text

from .condition_text import EXTRA, MISSING, NO, SHARE, YES, is_word, read_condition, truth
from .controls import BoxForm, ComparisonForm, ConditionForm, FactGroup, FactOption, FactSelect, Offer
from .figures import as_text, percent_text
from .names import Names

Lazy = str | Promise
BOOLEAN, NUMBER, CHOICE, PERCENT, UNKNOWN = "boolean", "number", "choice", "share", ""
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_NUMBER_WORDS: Mapping[str, Lazy] = {
    ">": _("is more than"),
    ">=": _("is at least"),
    "<": _("is less than"),
    "<=": _("is at most"),
    "=": _("equals"),
    "!=": _("does not equal"),
}
_TRUTH_WORDS: Mapping[str, Lazy] = {YES: _("is the case"), NO: _("is not the case")}
_CHOICE_WORDS: Mapping[str, Lazy] = {"=": _("is"), "!=": _("is not")}
OPERATORS: Mapping[str, Mapping[str, Lazy]] = {
    BOOLEAN: _TRUTH_WORDS,
    NUMBER: _NUMBER_WORDS,
    PERCENT: _NUMBER_WORDS,
    CHOICE: _CHOICE_WORDS,
    UNKNOWN: {**_NUMBER_WORDS, **_TRUTH_WORDS},
}
_STANDING: Mapping[str, Lazy] = {
    "total": _("total"),
    "category_rank": _("rank in the category"),
    "category_rank_from_bottom": _("rank in the category from the end"),
    "category_size": _("number of subjects in the category"),
}


def condition_form(name: str, value: Any, names: Names) -> ConditionForm:
    """The builder of one condition, from the text that a document holds."""
    text = as_text(value).strip()
    builder = _Builder(names)
    try:
        condition = parse(text) if text else Condition(())
    except ConditionError as error:
        return ConditionForm(name, was=text, text=text, errors=(error.text,), preview_url=names.preview_url)
    boxes = [builder.box(str(i), part) for i, part in enumerate(condition.alternatives)]
    boxes = boxes or [builder.box("0", ())]
    said = ""
    if condition.alternatives and not any(each.errors for box in boxes for each in box.comparisons):
        said = sentence(text, names)
    operators = {kind: [[key, str(word)] for key, word in table.items()] for kind, table in OPERATORS.items()}
    return ConditionForm(
        name,
        boxes=(*boxes, builder.box(str(len(boxes)), (), spare=True)),
        blank=replace(builder.box("__box__", ()), blank=builder.comparison("__comparison__", None)),
        groups=builder.groups,
        operators_json=json.dumps(operators, ensure_ascii=False),
        was=text,
        sentence=said,
        rounds=names.rounds,
        grades=names.earlier_grades,
        preview_url=names.preview_url,
    )


def preview(post: QueryDict, names: Names, name: str = "") -> ConditionForm:
    """The condition under work, for its words and errors. `name`: of its input, else post["condition"] says it."""
    field = name or post.get("condition", "")
    return condition_form(field, read_condition(post, field), names)


def sentence(text: str, names: Names) -> str:
    """A condition that has no errors in words, in the reader's language."""
    nodes = {each.code: Node(each.code, each.title, Decimal(1), each.method) for each in names.indicators}
    types = {kind.value for kind in FactType}
    plan = Plan(
        code="",
        title="",
        root=Node("", "", Decimal(1), "composite"),
        facts=tuple(
            FactDefinition(each.code, each.title, FactType(each.type), each.choices)
            for each in names.facts
            if each.type in types
        ),
        sets={each.code: each.title for each in names.sets},
    )
    return render(condition_words(text, plan, nodes))


class _Builder:
    """What the selects offer, and the form of boxes and comparisons."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.groups = tuple(group for group in _groups(names) if group.options)
        self.options = {option.value: option for group in self.groups for option in group.options}

    def box(self, number: str, comparisons: Sequence[Comparison], spare: bool = False) -> BoxForm:
        filled = [self.comparison(str(i), each) for i, each in enumerate(comparisons)]
        filled = filled or [self.comparison("0", None)]
        return BoxForm(number, (*filled, self.comparison(str(len(filled)), None, spare=True)), spare=spare)

    def comparison(self, number: str, comparison: Comparison | None, spare: bool = False) -> ComparisonForm:
        if comparison is None:
            return ComparisonForm(number, (FactSelect(""),), self._operators(UNKNOWN, ""), spare=spare)
        facts = tuple(self._fact(fact) for fact in comparison.facts)
        first = self.options.get(facts[0].value)
        kind = first.type if first else self._type_of_unknown(comparison)
        operator = comparison.operator or YES
        if kind == BOOLEAN or first is None:
            operator = truth(comparison) or operator
        value, choices = comparison.value, first.choices if first else ()
        shown = percent_text(value) if kind == PERCENT else value
        known = tuple(Offer(each, each, each == value) for each in choices)
        strange = (Offer(value, value, True, unknown=True),) if choices and value and value not in choices else ()
        return ComparisonForm(
            number,
            (*facts, FactSelect("", spare=True)),
            self._operators(kind, operator),
            kind,
            "" if kind == BOOLEAN and truth(comparison) else shown,
            (*known, *strange) if choices else (),
            tuple(self._errors(comparison, facts, kind)),
            spare,
        )

    @staticmethod
    def _type_of_unknown(comparison: Comparison) -> str:
        """What a fact that is no longer there seems to have been."""
        if comparison.facts[0].startswith(SHARE):
            return PERCENT
        if truth(comparison):
            return BOOLEAN
        return NUMBER if not comparison.value or _NUMBER.fullmatch(comparison.value) else UNKNOWN

    @staticmethod
    def _operators(kind: str, operator: str) -> tuple[Offer, ...]:
        table = OPERATORS.get(kind, OPERATORS[UNKNOWN])
        known = [Offer(key, str(word), key == operator) for key, word in table.items()]
        # An operator that does not fit stays until another is chosen.
        words = {**_NUMBER_WORDS, **_TRUTH_WORDS}
        strange = [Offer(operator, str(words[operator]), True, unknown=True)] if operator not in (*table, "") else []
        return (*known, *strange)

    def _fact(self, fact: str) -> FactSelect:
        if fact == MISSING:
            return FactSelect("")
        head, _colon, rest = fact.partition(":")
        if head in EXTRA:
            code, _colon, grade = rest.partition(":")
            value, extra = (f"{head}:", rest) if head == "grade_in" else (f"{head}:{code}:", grade)
            if value in self.options:
                return FactSelect(value, extra.removeprefix(MISSING), EXTRA[head])
        return FactSelect(fact, unknown=fact not in self.options)

    def _errors(self, comparison: Comparison, facts: Sequence[FactSelect], kind: str) -> Iterator[Text]:
        """What is wrong with a comparison, said to somebody who fills in a form."""
        for fact, name in zip(facts, comparison.facts, strict=True):
            if not fact.value:
                yield Text(gettext_noop("Choose what is compared."))
            elif fact.unknown:
                yield Text(
                    gettext_noop("“%(name)s” is not (or no longer) there: choose another."), {"name": fact.value}
                )
            elif fact.extra_kind and (not fact.extra or MISSING in name):
                yield _extra_error(fact)
        if any(not fact.value or fact.unknown for fact in facts):
            return
        types = [self.options[fact.value].type for fact in facts]
        if len(facts) > 1 and any(each not in (NUMBER, PERCENT) for each in types):
            yield Text(gettext_noop("Only numbers can be added."))
        elif kind in (NUMBER, PERCENT):
            yield from _number_errors(comparison, kind)
        elif kind == BOOLEAN:
            if not truth(comparison):
                yield Text(gettext_noop("Choose whether this is the case or not."))
        elif kind == CHOICE:
            yield from self._choice_errors(comparison, self.options[facts[0].value])

    @staticmethod
    def _choice_errors(comparison: Comparison, option: FactOption) -> Iterator[Text]:
        if comparison.operator not in ("=", "!="):
            yield Text(gettext_noop("This can only be or not be one of its values: choose “is” or “is not”."))
        elif not comparison.value:
            yield Text(gettext_noop("Choose a value."))
        elif comparison.value not in option.choices and not option.extra:
            yield Text(
                gettext_noop("“%(name)s” is not (or no longer) there: choose another."), {"name": comparison.value}
            )


def _extra_error(fact: FactSelect) -> Text:
    if fact.extra:
        return Text(
            gettext_noop(
                'A condition cannot hold the name “%(name)s”: it must have no spaces and none of " < > = ! +.'
            ),
            {"name": fact.extra},
        )
    if fact.extra_kind == "round":
        return Text(gettext_noop("Fill in the name of the earlier round."))
    return Text(gettext_noop("Fill in the grade that is counted."))


def _number_errors(comparison: Comparison, kind: str) -> Iterator[Text]:
    if comparison.operator is None:
        yield Text(gettext_noop("Choose how this is compared, and fill in a number."))
    elif not comparison.value:
        yield Text(gettext_noop("Fill in a number."))
    elif not _NUMBER.fullmatch(comparison.value):
        value = percent_text(comparison.value) if kind == PERCENT else comparison.value
        yield Text(gettext_noop("“%(value)s” is not a number."), {"value": value})


def _groups(names: Names) -> Iterator[FactGroup]:
    """All that a condition of this plan can compare. What a condition cannot name is not offered."""
    facts = [FactOption(each.code, each.title, each.type, each.choices) for each in names.facts]
    yield FactGroup(str(_("Facts")), _nameable(facts))
    yield FactGroup(str(_("Results")), tuple(FactOption(code, str(word), NUMBER) for code, word in _STANDING.items()))
    scores = [FactOption(f"score:{each.code}", f"{each.code} {each.title}", NUMBER) for each in names.indicators]
    yield FactGroup(str(_("Score of an indicator")), _nameable(scores))
    titles = {each.code: f"{each.code} {each.title}" for each in names.indicators}
    shares = [
        FactOption(f"{SHARE}{code}:{option}", f"{titles.get(code, code)} — {option}", PERCENT)
        for code, options in names.options.items()
        for option in options
    ]
    yield FactGroup(str(_("Share of the votes")), _nameable(shares))
    counts = [
        FactOption(f"times_grade:{each.code}:", _times(each.title), NUMBER, extra="grade")
        for each in names.sets
        if is_word(each.code)
    ]
    named = FactOption("grade_in:", str(_("grade in an earlier round")), CHOICE, extra="round")
    yield FactGroup(str(_("Earlier rounds")), (*counts, named))


def _nameable(options: list[FactOption]) -> tuple[FactOption, ...]:
    return tuple(option for option in options if is_word(option.value) and option.value != MISSING)


def _times(title: str) -> str:
    return render(Text(gettext_noop("how many rounds of “%(set)s” gave a grade"), {"set": title}))

"""Conditions of grade rules: `leave_days > 12 or warned`, `score:D < 51 and head` (rules of §7).

A condition is alternatives (`or`) of comparisons that must all hold (`and`). A comparison is a fact, or a sum of
facts, an operator and a value; a boolean fact may stand alone. A comparison with an empty fact is false.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from .text import figure
from .text import gettext_noop as _
from .types import FactDefinition, FactType, Node, Plan, Text

OPERATORS = ("<=", ">=", "!=", "=", "<", ">")
TRUE_WORDS, FALSE_WORDS = ("true", "是"), ("false", "否")
# Always there, besides the plan's own facts: all are numbers.
STANDING = ("total", "category_rank", "category_rank_from_bottom", "category_size")
_TOKEN = re.compile(r'"(?P<quoted>[^"]*)"|(?P<operator><=|>=|!=|=|<|>|\+)|(?P<word>[^\s"<>=!+]+)|(?P<bad>\S)')
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)

# What people write for a sign of this language → the sign.
FOREIGN = {
    "＞": ">", "＜": "<", "＝": "=", "≥": ">=", "≤": "<=", "≠": "!=", "＋": "+",
    "且": "and", "并且": "and", "和": "and", "或": "or", "或者": "or",
}  # fmt: skip

Value = bool | Fraction | str
# What a fact is for the subject at hand; None: empty.
Lookup = Callable[[str], Value | None]


class ConditionError(ValueError):
    """The text is no condition; `text` says why."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.message % text.values)
        self.text = text


@dataclass(frozen=True, slots=True)
class Comparison:
    """`facts` are summed where there are several; no operator: one boolean fact on its own."""

    facts: tuple[str, ...]
    operator: str | None = None
    value: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds if all comparisons of one alternative hold."""

    alternatives: tuple[tuple[Comparison, ...], ...]

    def comparisons(self) -> Iterator[Comparison]:
        for alternative in self.alternatives:
            yield from alternative


# ------------------------------------------------------------------------------ reading


@lru_cache(maxsize=1024)
def parse(text: str) -> Condition:
    """Read a condition. Raises ConditionError."""
    alternatives: list[tuple[Comparison, ...]] = []
    conjunction: list[Comparison] = []
    tokens = _tokens(text)
    part: list[tuple[str, str]] = []
    for kind, word in [*tokens, ("end", "or")]:
        if kind == "end" or (kind == "word" and word in ("and", "or")):
            conjunction.append(_comparison(part))
            part = []
            if word == "or":
                alternatives.append(tuple(conjunction))
                conjunction = []
        else:
            part.append((kind, word))
    return Condition(tuple(alternatives))


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens = []
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        if kind == "bad":
            raise ConditionError(Text(_("“%(sign)s” has no meaning here."), {"sign": match.group()}))
        tokens.append((kind, match.group(kind)))
    return tokens


def _foreign(tokens: list[tuple[str, str]]) -> Text | None:
    """What was written in place of a sign, in a comparison that cannot be read."""
    words = [word for kind, word in tokens if kind == "word"]
    for sign, plain in FOREIGN.items():
        if sign in words or (not plain.isalpha() and any(sign in word for word in words)):
            return Text(_("“%(sign)s” has no meaning here; write %(plain)s instead."), {"sign": sign, "plain": plain})
    return None


def _comparison(tokens: list[tuple[str, str]]) -> Comparison:
    shown = " ".join(word for _kind, word in tokens)
    at = next((i for i, (kind, word) in enumerate(tokens) if kind == "operator" and word != "+"), None)
    left = tokens if at is None else tokens[:at]
    right = [] if at is None else tokens[at + 1 :]
    sums_well = len(left) % 2 == 1 and all(
        (kind == "word") if i % 2 == 0 else (word == "+") for i, (kind, word) in enumerate(left)
    )
    facts = tuple(word for _kind, word in left[::2])
    if not sums_well or (at is None and len(facts) > 1):
        expected = Text(_("“%(part)s” is no comparison; expected: fact, operator, value."), {"part": shown or "…"})
        raise ConditionError(_foreign(tokens) or expected)
    if at is None:
        return Comparison(facts)
    if len(right) != 1 or right[0][0] == "operator":
        expected = Text(_("“%(part)s”: one value expected after the operator."), {"part": shown})
        raise ConditionError(_foreign(tokens) or expected)
    return Comparison(facts, tokens[at][1], right[0][1])


# ------------------------------------------------------------------------------ deciding


def holds(condition: Condition, lookup: Lookup) -> bool:
    return any(all(_holds(c, lookup) for c in alternative) for alternative in condition.alternatives)


def _holds(comparison: Comparison, lookup: Lookup) -> bool:
    values = [lookup(fact) for fact in comparison.facts]
    if any(value is None for value in values):
        return False
    first = values[0]
    if comparison.operator is None:
        return first is True
    if isinstance(first, bool):
        return _compare(first, comparison.operator, comparison.value in TRUE_WORDS)
    if isinstance(first, str):
        return _compare(first, comparison.operator, comparison.value)
    total = sum((v for v in values if isinstance(v, Fraction)), Fraction(0))
    return _compare(total, comparison.operator, Fraction(comparison.value))


def _compare(left: Value, operator: str, right: Value) -> bool:
    if operator == "=":
        return left == right
    if operator == "!=":
        return left != right
    assert isinstance(left, Fraction)  # check() lets only numbers be ordered
    assert isinstance(right, Fraction)
    if operator == "<":
        return left < right
    if operator == "<=":
        return left <= right
    if operator == ">":
        return left > right
    return left >= right


# ------------------------------------------------------------------------------ checking


def check(text: str, plan: Plan, nodes: dict[str, Node]) -> list[Text]:
    """What is wrong with a condition of this plan."""
    try:
        condition = parse(text)
    except ConditionError as error:
        return [error.text]
    facts = {fact.code: fact for fact in plan.facts}
    found: list[Text] = []
    for comparison in condition.comparisons():
        found.extend(_check_comparison(comparison, plan, nodes, facts))
    return found


def _check_comparison(
    comparison: Comparison, plan: Plan, nodes: dict[str, Node], facts: dict[str, FactDefinition]
) -> Iterable[Text]:
    types = []
    for fact in comparison.facts:
        text = _unknown(fact, plan, nodes, facts)
        if text is not None:
            yield _misspelt(fact) or text
            return
        types.append(_type_of(fact, facts))
    values = {"fact": comparison.facts[0], "value": comparison.value, "operator": comparison.operator or ""}
    if comparison.operator is None:
        if types[0] is not FactType.BOOLEAN:
            yield Text(_("%(fact)s is not a yes-or-no fact: it needs an operator and a value."), values)
        return
    if len(types) > 1 and any(kind is not FactType.NUMBER for kind in types):
        yield Text(_("Only numbers can be added: %(facts)s."), {"facts": list(comparison.facts)})
    elif types[0] is FactType.NUMBER:
        if not _NUMBER.fullmatch(comparison.value):
            yield Text(_("%(fact)s is compared with a number, not with “%(value)s”."), values)
    elif comparison.operator not in ("=", "!="):
        yield Text(_("%(fact)s can only be equal (=) or not equal (!=)."), values)
    else:
        yield from _check_word(comparison, plan, facts, values)


def _check_word(
    comparison: Comparison, plan: Plan, facts: dict[str, FactDefinition], values: dict[str, str]
) -> Iterable[Text]:
    fact = facts.get(comparison.facts[0])
    if fact is None:  # grade_in of any plan: its grades are not known here
        return
    known = (*TRUE_WORDS, *FALSE_WORDS) if fact.type is FactType.BOOLEAN else fact.choices
    if comparison.value not in known:
        yield Text(
            _("“%(value)s” is not a value of %(fact)s; expected: %(choices)s."), {**values, "choices": list(known)}
        )


def _misspelt(fact: str) -> Text | None:
    """Why an unknown name is hardly a name at all."""
    if fact.strip("()（）") != fact:
        return Text(_("%(fact)s: parentheses have no meaning here; “and” binds before “or”."), {"fact": fact})
    return _foreign([("word", fact)])


def _unknown(fact: str, plan: Plan, nodes: dict[str, Node], facts: dict[str, FactDefinition]) -> Text | None:
    """Why a name is no fact of this plan; None if it is one."""
    head, _colon, rest = fact.partition(":")
    values = {"fact": fact, "code": rest, "facts": [*facts, *STANDING]}
    if not rest:
        return (
            None
            if fact in facts or fact in STANDING
            else Text(_("%(fact)s is not a fact of this plan; expected: %(facts)s."), values)
        )
    if head == "score":
        return None if rest in nodes else Text(_("%(code)s is not an indicator of this plan."), values)
    if head == "option_share":
        code, _colon, option = rest.partition(":")
        node = nodes.get(code)
        options = [o.title for o in node.ballot.options] if node is not None and node.ballot else []
        if option in options:
            return None
        if not options:
            return Text(_("%(fact)s: “%(code)s” is no ballot with options."), {"fact": fact, "code": code})
        return Text(_("%(fact)s: no such option of a ballot; expected: %(options)s."), {**values, "options": options})
    if head == "grade_in" or (head == "times_grade" and rest.partition(":")[2]):
        return None
    return Text(_("%(fact)s is not a fact of this plan; expected: %(facts)s."), values)


def _type_of(fact: str, facts: dict[str, FactDefinition]) -> FactType:
    if fact in facts:
        return facts[fact].type
    return FactType.CHOICE if fact.startswith("grade_in:") else FactType.NUMBER


# ------------------------------------------------------------------------------ in words


def condition_words(text: str, plan: Plan, nodes: dict[str, Node]) -> Text:
    """The condition as a sentence: facts by their titles, `and` before `or`."""
    return words_of(parse(text), plan, nodes)


def words_of(condition: Condition, plan: Plan, nodes: dict[str, Node]) -> Text:
    alternatives = [
        _joined([_comparison_words(c, plan, nodes) for c in alternative], _("%(first)s and %(next)s"))
        for alternative in condition.alternatives
    ]
    return _joined(alternatives, _("%(first)s, or %(next)s"))


def _joined(parts: list[Text], message: str) -> Text:
    said = parts[-1]
    for part in reversed(parts[:-1]):
        said = Text(message, {"first": part, "next": said})
    return said


_NUMBER_WORDS = {
    "=": _("%(fact)s equals %(value)s"),
    "!=": _("%(fact)s does not equal %(value)s"),
    "<": _("%(fact)s is below %(value)s"),
    "<=": _("%(fact)s is at most %(value)s"),
    ">": _("%(fact)s is above %(value)s"),
    ">=": _("%(fact)s is at least %(value)s"),
}
_WORD_WORDS = {"=": _("%(fact)s is %(value)s"), "!=": _("%(fact)s is not %(value)s")}


def _comparison_words(comparison: Comparison, plan: Plan, nodes: dict[str, Node]) -> Text:
    names = [_fact_words(fact, plan, nodes) for fact in comparison.facts]
    name = _joined(names, _("%(first)s + %(next)s"))
    if comparison.operator is None:
        return name
    value: str | Text = comparison.value
    words = _NUMBER_WORDS
    if comparison.facts[0].startswith("option_share:"):
        value = f"{figure(Fraction(comparison.value) * 100)}%"
    elif not _NUMBER.fullmatch(comparison.value):
        value, words = _word(comparison.value), _WORD_WORDS
    return Text(words[comparison.operator], {"fact": name, "value": value})


def _word(value: str) -> Text:
    if value in TRUE_WORDS:
        return Text(_("yes"))
    if value in FALSE_WORDS:
        return Text(_("no"))
    return Text(_("“%(title)s”"), {"title": value})


def _fact_words(fact: str, plan: Plan, nodes: dict[str, Node]) -> Text:
    for own in plan.facts:
        if own.code == fact:
            return Text(_("“%(title)s”"), {"title": own.title})
    head, _colon, rest = fact.partition(":")
    first, _colon, second = rest.partition(":")
    title = nodes[first].title if first in nodes else first
    values = {"code": first, "title": title, "second": second, "first": first}
    if head == "times_grade":
        values["first"] = plan.sets.get(first, first)
    return Text(
        {
            "total": _("the total"),
            "category_rank": _("the rank in the category"),
            "category_rank_from_bottom": _("the rank in the category from the end"),
            "category_size": _("the size of the category"),
            "score": _("the score of %(code)s %(title)s"),
            "option_share": _("the share of “%(second)s” among the votes of %(code)s %(title)s"),
            "grade_in": _("the grade in %(first)s"),
            "times_grade": _("the number of rounds of “%(first)s” with the grade %(second)s"),
        }[head],
        values,
    )


def facts_of(condition: Condition) -> set[str]:
    """All names that a condition reads."""
    return {fact for comparison in condition.comparisons() for fact in comparison.facts}


def can_be_named(code: str) -> bool:
    """Whether a condition can read a fact of this name: one word that has no meaning of its own."""
    match = _TOKEN.fullmatch(code)
    own = match is not None and match.lastgroup == "word" and ":" not in code
    return own and code not in (*STANDING, "and", "or")


def only_facts(condition: Condition) -> bool:
    """Whether the condition is nothing but boolean facts, so that its words say their values too."""
    return all(comparison.operator is None for comparison in condition.comparisons())


def part_that_holds(condition: Condition, lookup: Lookup) -> Condition:
    """The alternatives that hold; the whole condition if, by this lookup, none does."""
    held = tuple(a for a in condition.alternatives if all(_holds(c, lookup) for c in a))
    return Condition(held or condition.alternatives)


def decimal_value(value: bool | Decimal | str) -> Value:
    """An input fact in the shape that conditions compare."""
    return Fraction(value) if isinstance(value, Decimal) else value

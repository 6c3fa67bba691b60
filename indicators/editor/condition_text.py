"""Conditions as text: written out, compared, and read from what a browser posts.

What is not filled in yet is written too, so that a form can always be shown again from the text alone: a missing
fact is "?", a missing value an empty one in quotes, a name that a condition cannot hold begins with "?".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from django.http import QueryDict

from appraisal_site.lib.fields import canonical
from scoring.engine.conditions import FALSE_WORDS, TRUE_WORDS, Comparison, Condition, ConditionError, parse

from .figures import number_text, share_text

MISSING = "?"
YES, NO = "yes", "no"  # operators of a yes-or-no fact on the form
SHARE = "option_share:"
EXTRA = {"grade_in": "round", "times_grade": "grade"}  # facts that end in a name which the plan does not know
_WORD = re.compile(r'[^\s"<>=!+]+')
_BAD = re.compile(r'[\s"<>=!+]+')
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


def is_word(text: str) -> bool:
    """Whether a condition can hold this text as one bare word."""
    return bool(_WORD.fullmatch(text)) and text not in ("and", "or")


def write(condition: Condition) -> str:
    """The text of a condition, such that `parse` gives the same one. Raises ValueError where there is none."""
    return " or ".join(" and ".join(_written(each) for each in part) for part in condition.alternatives)


def _written(comparison: Comparison) -> str:
    if not comparison.facts or not all(is_word(fact) for fact in comparison.facts):
        raise ValueError(comparison.facts)
    left = " + ".join(comparison.facts)
    if comparison.operator is None:
        if len(comparison.facts) > 1:
            raise ValueError(comparison.facts)
        return left
    if '"' in comparison.value:
        raise ValueError(comparison.value)
    value = comparison.value if is_word(comparison.value) else f'"{comparison.value}"'
    return f"{left} {comparison.operator} {value}"


def same(one: Condition, other: Condition) -> bool:
    """Whether two conditions say the same, only in other signs: `a = true` and `a`, `0.10` and `0.1`."""
    return _plain(one) == _plain(other)


def _plain(condition: Condition) -> list[list[tuple[tuple[str, ...], str, str]]]:
    return [[_plain_comparison(each) for each in part] for part in condition.alternatives]


def _plain_comparison(comparison: Comparison) -> tuple[tuple[str, ...], str, str]:
    word = truth(comparison)
    if word:
        return comparison.facts, word, ""
    value = comparison.value
    return comparison.facts, comparison.operator or "", canonical(Decimal(value)) if _NUMBER.fullmatch(value) else value


def truth(comparison: Comparison) -> str:
    """Whether a comparison asks for yes or for no; empty if for neither, as a sum does."""
    if len(comparison.facts) > 1:
        return ""
    if comparison.operator is None:
        return YES
    if comparison.operator not in ("=", "!=") or comparison.value not in (*TRUE_WORDS, *FALSE_WORDS):
        return ""
    return YES if (comparison.operator == "=") == (comparison.value in TRUE_WORDS) else NO


# ------------------------------------------------------------------------------ from a browser


def read_condition(post: QueryDict, name: str) -> str:
    """The text of a posted condition; empty if nothing was filled in. One that was not changed stays to the sign."""
    if f"{name}.text" in post:
        return str(post[f"{name}.text"]).strip()
    parts = (tuple(_comparisons(post, f"{name}.{box}")) for box in _once(post, name))
    alternatives = tuple(part for part in parts if part)
    if not alternatives:
        return ""
    condition = Condition(alternatives)
    was = post.get(f"{name}.was", "")
    try:
        return was if was and same(parse(was), condition) else write(condition)
    except ConditionError:
        return write(condition)


def _once(post: QueryDict, name: str) -> list[str]:
    return list(dict.fromkeys(post.getlist(name)))


def _comparisons(post: QueryDict, box: str) -> Iterator[Comparison]:
    for number in _once(post, box):
        found = _comparison(post, f"{box}.{number}")
        if found:
            yield found


def _comparison(post: QueryDict, name: str) -> Comparison | None:
    """What was filled in of one comparison; None if nothing was."""
    chosen = post.getlist(f"{name}.fact")
    extras = [*post.getlist(f"{name}.extra"), *[""] * len(chosen)]
    facts = tuple(_fact(fact, extra) for fact, extra in zip(chosen, extras, strict=False) if fact.strip())
    words = post.get(f"{name}.choice")
    typed = post.get(f"{name}.value", "") if words is None else words
    if not facts and not typed.strip():
        return None
    facts = facts or (MISSING,)
    operator = post.get(f"{name}.operator", "")
    if operator == YES and len(facts) == 1:
        return Comparison(facts)
    if operator in (YES, NO):
        return Comparison(facts, "=", FALSE_WORDS[1] if operator == NO else "")
    if words is None:
        typed = share_text(typed) if facts[0].startswith(SHARE) else number_text(typed)
    return Comparison(facts, operator if operator in ("<=", ">=", "!=", "=", "<", ">") else "=", _value(typed))


def _value(typed: str) -> str:
    """A value must not hold the sign that ends it."""
    return " ".join(typed.split()).replace('"', "”")


def _fact(fact: str, extra: str) -> str:
    """A fact's name, with the name of the round or the grade that belongs to it."""
    fact, extra = fact.strip(), extra.strip()
    if fact.partition(":")[0] in EXTRA and fact.endswith(":"):
        fact += extra if not extra or is_word(extra) else MISSING + _BAD.sub("_", extra)
    return fact if is_word(fact) else MISSING

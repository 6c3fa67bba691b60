"""What a plan's own names are: grades, categories, indicators, facts, sets … to be offered for choice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeGuard

from scoring.engine.conditions import ConditionError, facts_of, parse

BALLOTS = ("ballot", "rank_band", "ballot_deduct")


class IndicatorName(NamedTuple):
    code: str
    title: str
    method: str


class FactName(NamedTuple):
    code: str
    title: str
    type: str
    choices: tuple[str, ...] = ()


class SetName(NamedTuple):
    code: str
    title: str


@dataclass(frozen=True)
class Names:
    """What inputs offer. `options`: of each ballot leaf; `earlier_grades` and `rounds`: suggestions for grades and
    names of earlier rounds; `preview_url`: where a condition under work is put into words (none: nowhere)."""

    grades: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    indicators: tuple[IndicatorName, ...] = ()
    facts: tuple[FactName, ...] = ()
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sets: tuple[SetName, ...] = ()
    earlier_grades: tuple[str, ...] = ()
    rounds: tuple[str, ...] = ()
    assessors: tuple[str, ...] = ()
    preview_url: str = ""


def names_of(document: Any, *, preview_url: str = "") -> Names:
    """The names of a document, which may be a draft with errors: what cannot be used is left out."""
    raw = document if isinstance(document, Mapping) else {}
    indicators = _rows(raw, "indicators")
    read = _names_in_conditions(raw)
    grades = _texts(raw.get("grades"))
    own_sets = {row["code"]: _title(row) for row in _rows(raw, "sets") if _is_name(row.get("code"))}
    carried = [row["set"] for row in indicators if _is_name(row.get("set"))]
    used_sets = dict.fromkeys([*own_sets, *carried, *(each.set for each in read if each.set)])
    leaves = [row for row in indicators if row.get("method") in BALLOTS and _is_name(row.get("code"))]
    return Names(
        grades=grades,
        categories=_texts(raw.get("categories")),
        indicators=tuple(
            IndicatorName(row["code"], _title(row), str(row.get("method") or "composite"))
            for row in indicators
            if _is_name(row.get("code"))
        ),
        facts=tuple(
            FactName(row["code"], _title(row), str(row.get("type", "")), _texts(row.get("choices")))
            for row in _rows(raw, "facts")
            if _is_name(row.get("code"))
        ),
        options={row["code"]: option_titles(row) for row in leaves if option_titles(row)},
        sets=tuple(SetName(code, own_sets.get(code, code)) for code in used_sets),
        earlier_grades=tuple(dict.fromkeys([*grades, *(each.grade for each in read if each.grade)])),
        rounds=tuple(dict.fromkeys(each.round for each in read if each.round)),
        assessors=tuple(dict.fromkeys(_assessors(indicators))),
        preview_url=preview_url,
    )


def option_titles(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The options of one ballot leaf."""
    return tuple(option["title"].strip() for option in _rows(row, "options") if _is_name(option.get("title")))


class _Read(NamedTuple):
    """What a condition reads of earlier rounds."""

    set: str = ""
    grade: str = ""
    round: str = ""


def _names_in_conditions(raw: Mapping[str, Any]) -> list[_Read]:
    found: list[_Read] = []
    for row in _rows(raw, "rules"):
        for key in ("if", "prefer"):
            text = row.get(key)
            if not isinstance(text, str):
                continue
            try:
                facts = facts_of(parse(text))
            except ConditionError:
                continue
            found.extend(_read(fact) for fact in sorted(facts))
    return found


def _read(fact: str) -> _Read:
    head, _colon, rest = fact.partition(":")
    if head == "times_grade":
        code, _colon, grade = rest.partition(":")
        return _Read(set=code, grade=grade)
    return _Read(round=rest) if head == "grade_in" else _Read()


def _assessors(indicators: list[Mapping[str, Any]]) -> Iterator[str]:
    for row in indicators:
        assessors = row.get("assessors")
        for each in assessors if isinstance(assessors, (list, tuple)) else ():
            name = each.get("name") if isinstance(each, Mapping) else each
            if _is_name(name):
                yield name.strip()


def _rows(raw: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    rows = raw.get(key)
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, (list, tuple)) else []


def _texts(value: Any) -> tuple[str, ...]:
    items = value if isinstance(value, (list, tuple)) else ()
    return tuple(dict.fromkeys(item.strip() for item in items if _is_name(item)))


def _title(row: Mapping[str, Any]) -> str:
    title = row.get("title")
    return title.strip() if _is_name(title) else str(row["code"])


def _is_name(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value.strip())

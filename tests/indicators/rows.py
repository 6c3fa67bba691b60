"""Hypothesis strategies for raw parts of a plan, made from its shape: valid rows, and rubbish."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from indicators import shape
from indicators.editor import kinds
from indicators.editor.names import FactName, IndicatorName, Names, SetName
from indicators.schema import Choice, Count, Day, Either, Field, Figure, Flag, ListOf, NamedRow, Record, TableOf, Words

NAMES = Names(
    grades=("优秀", "良好", "称职", "不称职"),
    categories=("机关 一", "局属<单位>", '"其他"'),
    indicators=(IndicatorName("R", "总分", "composite"), IndicatorName("T", "测评", "ballot")),
    facts=(
        FactName("warned", "效能告诫", "boolean"),
        FactName("leave_days", "请假天数", "number"),
        FactName("effect", "办公效能", "choice", ("好", "一 般", "差")),
    ),
    options={"T": ("好", "一般")},
    sets=(SetName("quarters", "四个季度"),),
    earlier_grades=("优秀", "合格"),
)
CONDITIONS = (
    "warned",
    "leave_days > 12 or warned and total < 60",
    "effect != 差",
    'effect = "一 般" and warned = 否',
    "option_share:T:一般 + option_share:T:好 > 0.125",
    "times_grade:quarters:优秀 >= 2 or grade_in:2025 = 合格",
    "score:T + score:R <= -1.50",
    "gone > 3 and was_there",
    "(not a condition >",
)
_TEXT = st.text("考核 评a1-.,，;:\"'<>&%{}()\u3000é", min_size=1, max_size=30).filter(str.strip)
_CODE = st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_]{0,8}\Z")


def rows(record: Record, place: str) -> st.SearchStrategy[dict[str, Any]]:
    """Valid raw rows of a record, of every method or kind that it has."""
    decides = kinds.VARIANT_KEYS.get(place)
    if decides is None:
        return _row(record, place, {})
    options = record.fields[decides]
    assert isinstance(options, Choice)
    return st.sampled_from(options.options).flatmap(lambda option: _row(record, place, {decides: option}))


def _row(record: Record, place: str, fixed: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    fields = {key: field for key, field in kinds.fields_of(record, place, fixed).items() if key not in fixed}
    required = kinds.required_of(record, place, fixed)
    made = {key: _value(field, place, key) for key, field in fields.items()}
    return st.fixed_dictionaries(
        {key: value for key, value in made.items() if key in required},
        optional={key: value for key, value in made.items() if key not in required},
    ).map(lambda row: {**fixed, **row})


def _value(field: Field, place: str, key: str) -> st.SearchStrategy[Any]:
    spot = f"{place}.{key}"
    if spot in kinds.CONDITIONS:
        return st.sampled_from(CONDITIONS)
    if spot in kinds.SOURCES and not isinstance(field, (TableOf, Either, ListOf)):
        return _known(kinds.SOURCES[spot])
    if isinstance(field, Words):
        words = _CODE if field.pattern else _TEXT.map(lambda text: text[: field.longest]).filter(str.strip)
        if field == shape.PLAN_CODE:
            words = st.from_regex(r"\A[a-z0-9]{1,5}(-[a-z0-9]{1,5}){0,3}\Z")
        if field == shape.QUORUM:
            words = st.sampled_from(["2/3", ">1/2", "80%", "30"])
        return st.lists(words, min_size=1, max_size=3).map("\n".join) if field.lines else words
    if isinstance(field, Figure):
        return _figures(field)
    if isinstance(field, Count):
        return st.integers(field.low, field.high)
    if isinstance(field, Flag):
        return st.booleans()
    if isinstance(field, Choice):
        return st.sampled_from(field.options)
    if isinstance(field, Day):
        return st.dates().map(str)
    return _several(field, place, key)


def _several(field: Field, place: str, key: str) -> st.SearchStrategy[Any]:
    spot = f"{place}.{key}"
    if isinstance(field, Either):
        return st.one_of(_value(field.single, "", key), _value(field.several, place, key))
    if isinstance(field, TableOf):
        return st.dictionaries(_known(kinds.SOURCES[spot]), _value(field.item, "", ""), min_size=1)
    if isinstance(field, (Record, NamedRow)):
        found = kinds.record_of(field)
        assert found
        return rows(found[0], key)
    assert isinstance(field, ListOf)
    source = "categories" if spot == "rules.scope" else kinds.SOURCES.get(spot)
    item = _known(source) if source else _value(field.item, "", key)
    unique = (lambda value: " ".join(str(value).split())) if field.unique else None
    return st.lists(item, min_size=1, max_size=3, unique_by=unique)


def _figures(field: Figure) -> st.SearchStrategy[str]:
    low = field.low if field.low is not None else field.above if field.above is not None else Decimal(-99999)
    figures = st.decimals(low, field.high or Decimal(99999), places=4, allow_nan=False)
    return figures.filter(lambda figure: field.above is None or figure > field.above).map(lambda figure: f"{figure:f}")


def _known(source: str) -> st.SearchStrategy[str]:
    lists = {
        "grades": NAMES.grades,
        "categories": NAMES.categories,
        "indicators": [each.code for each in NAMES.indicators],
        "sets": [each.code for each in NAMES.sets],
        "all_facts": [each.code for each in NAMES.facts],
        "options": ["好", "差"],
        "facts": [each.code for each in NAMES.facts if each.type == "boolean"],
    }
    return st.sampled_from(lists[source])


RUBBISH = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), _TEXT, st.sampled_from(CONDITIONS)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_CODE, inner, max_size=3)),
    max_leaves=5,
)


def rubbish(record: Record) -> st.SearchStrategy[dict[str, Any]]:
    """A row with anything at all for its keys, as a draft from elsewhere might have it."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(record.fields, RUBBISH))

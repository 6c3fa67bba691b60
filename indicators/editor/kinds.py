"""Which keys a part of a plan has, and what kind of input each of them takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from indicators import shape
from indicators.schema import Choice, Count, Day, Either, Field, Figure, Flag, ListOf, NamedRow, Record, TableOf, Words

PLAN = "plan"
# The key by which a part says what it is, and the keys that each of these kinds has.
VARIANT_KEYS = {"indicators": "method", "rules": "rule", "selections": "kind"}
NO_METHOD = "composite"
CONDITIONS = frozenset({"rules.if", "rules.prefer"})
# Values that name something of the plan: these are offered for choice, never typed.
SOURCES = {
    "plan.tie_breakers": "indicators",
    "indicators.parent": "indicators",
    "indicators.option": "options",
    "indicators.set": "sets",
    "rules.grade": "grades",
    "rules.otherwise": "grades",
    "rules.minimums": "grades",
    "rules.shares": "grades",
    "selections.shares": "categories",
    "voting.limits": "options",
    "payout.amounts": "grades",
    "payout.partial_at": "grades",
    "follow_ups.grades": "grades",
    "roles.fact": "facts",
    "roles.categories": "categories",
    "meeting.commentary_leaf": "indicators",
    "stages.categories": "categories",
    "stages.fact": "all_facts",
}
# Columns that only some methods read.
_METHODS_OF = {
    "catalogue.cap": ("bonus",),
    "catalogue.zero_at": ("deduct",),
    "assessors.weight": ("marks", "carried"),
}
AT_THE_END = ("note", "defaults")


def record_of(field: Field) -> tuple[Record, str] | None:
    """The record of a field that is a part or a list of parts, and the key by which a row may be just a text."""
    if isinstance(field, ListOf):
        field = field.item
    if isinstance(field, NamedRow):
        return field.record, field.name
    return (field, "") if isinstance(field, Record) else None


def place_of(record: Record) -> str:
    """Where in a plan a record stands: "plan", or the key of the list or part; empty if nowhere."""
    if record is shape.PLAN:
        return PLAN
    for key, field in shape.PLAN.fields.items():
        found = record_of(field)
        if found and found[0] is record:
            return key
    # A selection of a plan's top-level keys is the plan still.
    return PLAN if all(shape.PLAN.fields.get(key) is field for key, field in record.fields.items()) else ""


def variant_of(place: str, raw: Mapping[str, Any]) -> str:
    """The method of an indicator, the kind of a rule or of a selection; empty elsewhere."""
    if place not in VARIANT_KEYS:
        return ""
    value = raw.get(VARIANT_KEYS[place])
    if value is None:
        return NO_METHOD if place == "indicators" else ""
    return value if isinstance(value, str) else ""


def fields_of(record: Record, place: str, raw: Mapping[str, Any]) -> dict[str, Field]:
    """The keys that this part may have, with their fields, in the order in which a form asks for them."""
    variant = variant_of(place, raw)
    if place == "indicators":
        fields = _by_variant(shape.NODE_FIELDS, shape.METHOD_FIELDS.get(variant), record)
    elif place == "rules":
        fields = _by_variant({"rule": record.fields["rule"]}, shape.RULE_FIELDS.get(variant), record)
    elif place == "selections":
        own = {key: record.fields[key] for key in shape.SELECTION_FIELDS.get(variant, ())}
        fields = _by_variant({key: record.fields[key] for key in ("kind", "title")}, own, record)
    else:
        fields = {key: field for key, field in record.fields.items() if key not in AT_THE_END}
    return fields | {key: record.fields[key] for key in AT_THE_END if key in record.fields}


def _by_variant(common: Mapping[str, Field], own: Mapping[str, Field] | None, record: Record) -> dict[str, Field]:
    """`own` with the bounds of this kind; a part of no known kind has only the common keys."""
    return {key: field for key, field in {**common, **(own or {})}.items() if key in record.fields}


def keys_for(part: str, raw: Mapping[str, Any]) -> list[str]:
    """The keys of a part ("plan", "indicators", "rules", "payout" …) that have a meaning for `raw`."""
    found = (shape.PLAN, "") if part == PLAN else record_of(shape.PLAN.fields[part])
    if found is None:
        raise KeyError(part)
    return list(fields_of(found[0], part, raw))


def required_of(record: Record, place: str, raw: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys that this part cannot do without."""
    variant = variant_of(place, raw)
    table = {"indicators": shape.METHOD_REQUIRED, "rules": shape.RULE_REQUIRED}.get(place, {})
    return (*record.required, *table.get(variant, ()))


def is_column(place: str, key: str, method: str, rows: list[Any]) -> bool:
    """Whether a column of a table is of use: its method reads it, or some row has a value there."""
    own = _METHODS_OF.get(f"{place}.{key}")
    used = any(isinstance(row, Mapping) and row.get(key) is not None for row in rows)
    return own is None or not method or method in own or used


def kind_of(field: Field, place: str, key: str) -> str:
    """The kind of input of a field; there is one template for each."""
    spot = f"{place}.{key}"
    if spot in CONDITIONS:
        return "condition"
    if isinstance(field, Words):
        return "choice" if spot in SOURCES else "lines" if field.lines else "text"
    if isinstance(field, Figure):
        return "share" if is_share(field) else "figure"
    if isinstance(field, Either):
        return "choices" if isinstance(field.several, ListOf) and isinstance(field.several.item, Choice) else "scope"
    if isinstance(field, ListOf):
        return _kind_of_list(field, spot)
    for kind, name in ((Count, "count"), (Flag, "flag"), (Choice, "choice"), (Day, "day"), (TableOf, "table")):
        if isinstance(field, kind):
            return name
    return "part"


def _kind_of_list(field: ListOf, spot: str) -> str:
    if record_of(field):
        return "rows"
    if isinstance(field.item, Choice):
        return "choices"
    if isinstance(field.item, Figure):
        return "figures"
    return {"grades": "choices", "categories": "choices", "indicators": "ordered"}.get(SOURCES.get(spot, ""), "names")


def is_share(field: Field) -> bool:
    """Whether a figure is a share of a whole, which people know as per cent."""
    return isinstance(field, Figure) and field.high == shape.ONE

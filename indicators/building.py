"""The engine's `Plan` out of the typed values of a plan document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from scoring.engine.types import (
    Assessor,
    BallotForm,
    CatalogueItem,
    FactDefinition,
    FactType,
    Node,
    Option,
    Plan,
    Rule,
    VoterClass,
)

from . import shape

BALLOT_METHODS = ("ballot", "rank_band", "ballot_deduct")


def plan_of(values: Mapping[str, Any]) -> Plan:
    """The plan of a document that has no errors of its own; what the engine says to it is another question."""
    grades = tuple(values["grades"])
    return Plan(
        code=values["code"],
        title=values["title"],
        root=_tree(values["indicators"]),
        categories=tuple(values.get("categories", ())),
        grades=grades,
        rules=tuple(rule_of(row, grades) for row in values.get("rules", ())),
        facts=tuple(
            FactDefinition(row["code"], row["title"], FactType(row["type"]), tuple(row.get("choices", ())))
            for row in values.get("facts", ())
        ),
        tie_breakers=tuple(values.get("tie_breakers", ())),
        decimals=values.get("decimals", 2),
        ranking=values.get("ranking", "overall"),
        notes_required=values.get("notes_required", False),
        own_unit_marks=values.get("own_unit_marks", "allow"),
        minimum_votes=values.get("minimum_votes", 1),
        sets={row["code"]: row["title"] for row in values.get("sets", ())},
    )


def _tree(rows: Sequence[Mapping[str, Any]]) -> Node:
    below: dict[str | None, list[Mapping[str, Any]]] = {}
    for row in rows:
        below.setdefault(row.get("parent"), []).append(row)

    def build(row: Mapping[str, Any]) -> Node:
        return _node(row, tuple(build(child) for child in below.get(row["code"], ())))

    return build(below[None][0])


def _node(row: Mapping[str, Any], children: tuple[Node, ...]) -> Node:
    method = row.get("method", "composite")
    return Node(
        code=row["code"],
        title=row["title"],
        points=row["points"],
        method=method,
        weight=row.get("weight"),
        children=children,
        assessors=tuple(Assessor(a["name"], a.get("weight", Decimal(1))) for a in row.get("assessors", ())),
        catalogue=tuple(_item(item) for item in row.get("catalogue", ())),
        ballot=_ballot(row) if method in BALLOT_METHODS else None,
        settings=_settings(row, method),
    )


def _item(row: Mapping[str, Any]) -> CatalogueItem:
    return CatalogueItem(row["code"], row["title"], tuple(row.get("values", ())), row.get("cap"), row.get("zero_at"))


def _ballot(row: Mapping[str, Any]) -> BallotForm:
    chosen: dict[str, Any] = {key: row[key] for key in ("scale", "step", "trim", "self_vote") if key in row}
    if "classes" in row:
        chosen["classes"] = tuple(
            VoterClass(c["code"], c["title"], c.get("weight", Decimal(1))) for c in row["classes"]
        )
    options = tuple(Option(o["title"], o["value"]) for o in row.get("options", ()))
    return BallotForm(options=options, **chosen)


def _settings(row: Mapping[str, Any], method: str) -> dict[str, Any]:
    """What only this method has, in the types that the engine reads."""
    common = {"assessors", "catalogue", "daily", *(shape.BALLOT if method in BALLOT_METHODS else ())}
    found = {key: row[key] for key in shape.METHOD_FIELDS[method] if key in row and key not in common}
    if "bands" in found:
        found["bands"] = tuple((band["upto"], band["value"]) for band in found["bands"])
    if "table" in found:
        found["table"] = tuple((line["rank"], line["value"]) for line in found["table"])
    return found


def in_order(table: Mapping[str, Decimal], grades: Sequence[str]) -> dict[str, Any]:
    """Best grade first: a database need not keep the order of a table's keys."""
    ordered = [grade for grade in grades if grade in table]
    return {grade: table[grade] for grade in [*ordered, *sorted(set(table) - set(grades))]}


def rule_of(row: Mapping[str, Any], grades: Sequence[str]) -> Rule:
    scope = row.get("scope", "category" if row["rule"] == "distribute" else "all")
    minimums: dict[str, Decimal | None] = in_order(row.get("minimums", {}), grades)
    if "otherwise" in row:
        minimums.setdefault(row["otherwise"], None)
    return Rule(
        key=row["rule"],
        grade=row.get("grade"),
        condition=row.get("if"),
        prefer=row.get("prefer"),
        steps=row.get("by", 1),
        share=row.get("share"),
        scope=tuple(scope) if isinstance(scope, list) else scope,
        rounding=row.get("rounding", "floor"),
        at_least=row.get("at_least", 0),
        of_participants=row.get("of_participants", False),
        minimums=minimums,
        minimum=row.get("minimum"),
        shares=in_order(row.get("shares", {}), grades),
    )

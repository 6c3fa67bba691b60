"""A plan file read for the independent check: TOML → the plain data of `plans.py`, by what docs/plan-file.md says.

    plan = restate(Path("plan.toml").read_text())

Nothing here is imported from the application, so that a slip of its reader shows as a difference.
"""

import tomllib
from decimal import Decimal

from .plans import BALLOT_METHODS, EVENT_METHODS

KINDS = {"boolean": "bool", "number": "number", "choice": "choice"}
PLAIN = ("trim", "self_vote", "last", "option", "votes", "set", "uncapped", "lower_is_better", "fractions", "floor")


def restate(text):
    given = tomllib.loads(text, parse_float=Decimal)
    grades = given["grades"]
    return {
        "title": given["title"],
        "categories": given.get("categories", []),
        "root": _tree(given["indicators"]),
        "grades": grades,
        "rules": [_rule(row, grades) for row in given.get("rules", [])],
        "facts": {
            row["code"]: {"title": row["title"], "kind": KINDS[row["type"]], "choices": row.get("choices", [])}
            for row in given.get("facts", [])
        },
        "tie_breakers": given.get("tie_breakers", []),
        "ranked": "category" if given.get("ranking") == "category" else "all",
        "notes_required": given.get("notes_required", False),
        "decimals": given.get("decimals", 2),
        "code": given["code"],
    }


def _tree(rows):
    nodes = {row["code"]: _node(row) for row in rows}
    root = None
    for row in rows:
        if "parent" in row:
            nodes[row["parent"]]["children"].append(nodes[row["code"]])
        else:
            root = nodes[row["code"]]
    return root


def _node(row):
    method = row.get("method", "composite")
    node = {
        "code": row["code"],
        "title": row["title"],
        "points": row["points"],
        "method": method,
        "weight": row.get("weight"),
        "children": [],
        "assessors": [],
        "assessor_weights": {},
        **{key: row[key] for key in PLAIN if key in row},
    }
    for one in row.get("assessors", []):
        name, weight = (one, 1) if isinstance(one, str) else (one["name"], one.get("weight", 1))
        node["assessors"].append(name)
        node["assessor_weights"][name] = weight
    if method in EVENT_METHODS:
        node["items"] = [_item(one) for one in row.get("catalogue", [])] or None
    elif method in BALLOT_METHODS:
        _add_form(node, row)
    elif method == "rank_points":
        node["table"] = [line["value"] for line in sorted(row["table"], key=lambda line: line["rank"])]
        node["scale"] = row.get("scale", 100)
    elif method == "carried":
        node["marks_without_rounds"] = row.get("fallback") == "marks"
    elif method == "per_unit":
        node["value"] = row.get("sign", 1) * row["value"]
        for key in ("base", "threshold", "floor"):
            node[key] = row.get(key, 0)
    return node


def _item(row):
    return {
        "code": row["code"],
        "title": row["title"],
        "values": row.get("values", []),
        "cap": row.get("cap"),
        "zero_at": row.get("zero_at"),
    }


def _add_form(node, row):
    node["classes"] = {one["code"]: one.get("weight", 1) for one in row.get("classes", [])} or {"staff": 1}
    node["options"] = {one["title"]: one["value"] for one in row.get("options", [])} or None
    node["scale"], node["step"] = row.get("scale", 100), row.get("step", 1)
    if "bands" in row:
        node["bands"] = [(band["upto"], band["value"]) for band in row["bands"]]
    if "value" in row:
        node["value"] = row["value"]


def _rule(row, grades):
    rule = {key: value for key, value in row.items() if key not in ("note", "defaults")}
    if "minimums" in rule:
        minimums = dict(rule.pop("minimums"))
        if "otherwise" in rule:
            minimums.setdefault(rule.pop("otherwise"), None)
        rule["minimum"] = {grade: minimums[grade] for grade in grades if grade in minimums}
    if "shares" in rule:
        rule["shares"] = {grade: rule["shares"][grade] for grade in grades if grade in rule["shares"]}
    if rule["rule"] == "lower":
        rule.setdefault("by", 1)
    if rule["rule"] in ("limit", "limit_within"):
        rule.setdefault("scope", "all")
    return rule

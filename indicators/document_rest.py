"""What the engine can say of a document of which some values cannot be read: the rest is checked all the same.

Nobody who has forgotten one method shall learn only afterwards that the points do not add up. What is said here is
what would be said if only the wrong places were right: a row with a mistake of its own is checked no further, and
nothing is said of what such a row may decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from scoring.engine import check_plan, rule_words
from scoring.engine.conditions import ConditionError, facts_of, parse
from scoring.engine.methods import ADJUSTMENTS
from scoring.engine.types import Node, Plan, Problem, Text

from . import shape
from .building import plan_of
from .schema import Path

Row = Mapping[str, Any]
# Without these the tree hangs together in no known way.
_OF_THE_TREE = ("code", "parent")


def problems(document: Row, values: Row, found: Sequence[tuple[Path, Text]]) -> list[Problem]:
    """The engine's problems beside those that were `found`; none where the tree itself is wrong."""
    paths = [path for path, _text in found]
    wrong = _rows_of(paths, "indicators")
    if not _is_tree(document, values, paths):
        return []
    rules = _checkable(document, values, paths, wrong)
    plan = _plan(values, wrong, [values["rules"][index] for index in rules])
    composites = {row.get("parent") for row in values["indicators"]}
    said = []
    for problem in check_plan(plan):
        parts = problem.path.split(".")
        if parts[0] == "rules":
            parts[1] = str(rules[int(parts[1])])
        elif parts[0] == "indicators" and not _may_be_said(parts, values, wrong, composites, paths):
            continue
        # What rules do to each other is known when all of them are.
        if not (problem.warning and parts[0] in ("rules", "grades")):
            said.append(replace(problem, path=".".join(parts)))
    return said


def rule_sentence(rule: Row, document: Row) -> Text:
    """A grade rule in words, for a draft that makes no plan yet: its conditions need only the names of things.

    Raises ValueError, LookupError, TypeError or AttributeError where it cannot be read or names what is not there.
    """
    found: list[Path] = []
    typed = shape.RULE.read(rule, (), lambda path, _text: found.append(path))
    if found or not isinstance(typed, Mapping):
        raise ValueError(found)
    values = shape.PLAN.read(document, (), lambda _path, _text: None)
    rows = [row for row in values.get("indicators", ()) if "code" in row]
    leaves = tuple(Node(row["code"], row.get("title", ""), Decimal(1), "marks") for row in rows)
    facts = [row for row in values.get("facts", ()) if {"code", "title", "type"} <= row.keys()]
    sets = [row for row in values.get("sets", ()) if {"code", "title"} <= row.keys()]
    known = {"code": "", "title": "", "grades": [], **values, "facts": facts, "sets": sets, "rules": [typed]}
    plan = plan_of({**known, "indicators": [{"code": "", "title": "", "points": Decimal(1)}]})
    plan = replace(plan, root=replace(plan.root, children=leaves))
    return rule_words(plan.rules[0], plan)


def _rows_of(paths: Iterable[Path], part: str) -> dict[int, set[str]]:
    """The rows of a list that have mistakes of their own, with the keys that are wrong."""
    rows: dict[int, set[str]] = {}
    for path in paths:
        if path[0] == part and len(path) > 1 and isinstance(path[1], int):
            rows.setdefault(path[1], set()).add(str(path[2]) if len(path) > 2 else "")
    return rows


def _is_tree(document: Row, values: Row, paths: Iterable[Path]) -> bool:
    """Whether every indicator was read, has a code of its own and hangs below a root."""
    rows = values.get("indicators")
    if not rows or len(rows) != len(document["indicators"]):
        return False
    roots = [row for row in rows if "parent" not in row]
    broken = any(path[0] == "indicators" and (len(path) < 3 or path[2] in _OF_THE_TREE) for path in paths)
    return len(roots) == 1 and not broken and all("code" in row for row in rows)


def _plan(values: Row, wrong: Mapping[int, set[str]], rules: list[Row]) -> Plan:
    parents = {row.get("parent") for row in values["indicators"]}
    rows = [
        _stand_in(row, wrong[index], row["code"] in parents) if index in wrong else row
        for index, row in enumerate(values["indicators"])
    ]
    facts = [row for row in values.get("facts", ()) if {"code", "title", "type"} <= row.keys()]
    sets = [row for row in values.get("sets", ()) if {"code", "title"} <= row.keys()]
    known = {"code": "", "title": "", "grades": [], **values}
    return plan_of({**known, "indicators": rows, "facts": facts, "sets": sets, "rules": rules})


def _stand_in(row: Row, keys: set[str], is_sum: bool) -> Row:
    """An indicator with what its parent's sum needs. Points of 0 keep the engine from adding up."""
    unknown = keys & {"points", "weight"} or "points" not in row
    method = row.get("method", "")
    kept = {key: row[key] for key in ("code", "parent", "weight") if key in row}
    kept |= {"title": row.get("title", ""), "points": Decimal(0) if unknown else row["points"]}
    return kept if is_sum else {**kept, "method": method if method in ADJUSTMENTS else "marks"}


def _may_be_said(
    parts: list[str], values: Row, wrong: Mapping[int, set[str]], composites: set[Any], paths: Iterable[Path]
) -> bool:
    """Whether a problem of an indicator is none of its stand-in, nor of a set that could not be read."""
    index = next((place for place, row in enumerate(values["indicators"]) if row["code"] == parts[1]), -1)
    if parts[-1] == "set" and any(path[0] == "sets" for path in paths):
        return False
    return index not in wrong or (parts[-1] == "points" and parts[1] in composites and "points" not in wrong[index])


def _checkable(document: Row, values: Row, paths: Sequence[Path], wrong: Mapping[int, set[str]]) -> list[int]:
    """The places of the rules that can be judged: all that they read was read itself."""
    if any(path[0] in ("facts", "grades", "sets", "categories") for path in paths):
        return []
    if "rules" not in values or len(values["rules"]) != len(document["rules"]):
        return []
    own = _rows_of(paths, "rules")
    unsure = {values["indicators"][index]["code"] for index in wrong}
    rules = enumerate(values.get("rules", ()))
    return [index for index, row in rules if index not in own and not _reads(row, unsure)]


def _reads(rule: Row, codes: set[Any]) -> bool:
    for key in ("if", "prefer"):
        try:
            facts = facts_of(parse(rule[key])) if key in rule else ()
        except ConditionError:
            return False  # the engine says it
        if any(part in codes for fact in facts for part in fact.split(":")[1:]):
            return True
    return False

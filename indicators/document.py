"""A plan document ↔ the engine's `Plan`.

The document is nested data as a plan file holds it (`indicators/presets/*.toml`, `shape.py`): a flat
list of `indicators`, each naming its `parent`. Figures may be Decimal, whole numbers or plain digits
in text. `normalise` gives the one form that is stored and whose digest proves a plan unchanged;
`parse` gives what the engine computes with. Both refuse a document that has errors, all at once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scoring.engine import check_plan
from scoring.engine.text import gettext_noop as _
from scoring.engine.types import Plan, Problem, Text

from . import document_checks, document_rest, sets, shape
from .building import in_order as in_order
from .building import plan_of
from .schema import Path, plain, unknown_key

Document = Mapping[str, Any]


class DocumentErrors(ValueError):
    """What is wrong with a document. `errors`: (path, Text), the path as "indicators.K11.points"."""

    def __init__(self, errors: Sequence[tuple[str, Text]]) -> None:
        super().__init__("; ".join(path for path, _text in errors))
        self.errors = tuple(errors)


@dataclass(frozen=True)
class Checked:
    """A document that was read: typed values in the order of the shape, the plan, all problems.

    `plan` is None where errors forbid to build one. Problems are errors and warnings together.
    """

    values: dict[str, Any]
    plan: Plan | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> list[tuple[str, Text]]:
        return [(p.path, p.text) for p in self.problems if not p.warning]


def check(document: Any) -> Checked:
    """Read a document completely, without refusing it: for editors and for lists of problems."""
    found: list[tuple[Path, Text]] = []
    values = shape.PLAN.read(document, (), lambda path, text: found.append((path, text)))
    if not isinstance(document, Mapping):
        return Checked({}, None, tuple(Problem("", text) for _path, text in found))
    _check_methods(document, found)
    _check_rules(document, found)
    _check_selections(document, found)
    _check_tree(document, found)
    _check_names(values, found)
    found += [(("sets", index, "code"), text) for index, text in sets.twice_declared(_rows(document, "sets"))]
    found += document_checks.errors(values)
    if found:
        problems = [Problem(named_path(document, path), text) for path, text in found]
        return Checked(values, None, (*problems, *document_rest.problems(document, values, found)))
    plan = plan_of(values)
    problems = check_plan(plan)
    if any(not problem.warning for problem in problems):
        return Checked(values, None, tuple(problems))
    return Checked(values, plan, (*problems, *sets.warnings(plan), *document_checks.doubts(values)))


def parse(document: Any) -> Plan:
    """The engine's plan. Raises `DocumentErrors`."""
    checked = check(document)
    if checked.plan is None:
        raise DocumentErrors(checked.errors)
    return checked.plan


def typed(document: Any) -> dict[str, Any]:
    """The document's values, figures as Decimal, keys in the order of the shape. Raises `DocumentErrors`."""
    checked = check(document)
    if checked.plan is None:
        raise DocumentErrors(checked.errors)
    return checked.values


def read_stored(document: Document) -> dict[str, Any]:
    """The typed values of a document that was normalised before: its shape is known to be right."""
    values = shape.PLAN.read(document, (), lambda _path, _text: None)
    return dict(values)


def normalise(document: Any) -> dict[str, Any]:
    """The one form of a document that is stored: JSON data, figures as plain digits. Raises `DocumentErrors`."""
    return dict(plain(typed(document)))


def other_code(code: str, expected: str) -> Text:
    return Text(_("This document is the plan “%(code)s”, not “%(expected)s”."), {"code": code, "expected": expected})


def canonical(document: Document) -> str:
    """The text whose digest is taken: keys sorted, no spaces."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(document: Document) -> str:
    """SHA-256 of a normalised document, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(document).encode()).hexdigest()


def count_defaults(values: Any) -> int:
    """How many values of a document (or of a part of it) the original plan does not state."""
    if isinstance(values, Mapping):
        own = len(values.get("defaults", ()))
        return own + sum(count_defaults(item) for key, item in values.items() if key != "defaults")
    if isinstance(values, list):
        return sum(count_defaults(item) for item in values)
    return 0


def named_path(document: Any, path: Path) -> str:
    """A path with the codes of rows in place of their numbers: indicators.K111.catalogue.B-1.cap."""
    here, names = document, []
    for step in path:
        name = str(step)
        if isinstance(here, (list, tuple)) and isinstance(step, int) and step < len(here):
            rows, here = here, here[step]
            code = here.get("code") if isinstance(here, Mapping) else None
            twins = [row for row in rows if isinstance(row, Mapping) and row.get("code") == code]
            if isinstance(code, str) and code.strip() and len(twins) == 1:
                name = code.strip()
        else:
            here = here.get(step) if isinstance(here, Mapping) else None
        names.append(name)
    return ".".join(names)


# ------------------------------------------------------------------------- checks of the shape


Found = list[tuple[Path, Text]]


def _rows(document: Document, name: str) -> list[tuple[int, Mapping[str, Any]]]:
    rows = document.get(name)
    if not isinstance(rows, (list, tuple)):
        return []
    return [(index, row) for index, row in enumerate(rows) if isinstance(row, Mapping)]


def _check_methods(document: Document, found: Found) -> None:
    parents = {str(row.get("parent")) for _index, row in _rows(document, "indicators")}
    for index, row in _rows(document, "indicators"):
        path: Path = ("indicators", index)
        method = row.get("method")
        if method is None and str(row.get("code")) not in parents:
            text = Text(_("“%(key)s” is missing; only an indicator with children needs none."), {"key": "method"})
            found.append(((*path, "method"), text))
            continue  # which keys belong to it is not known
        method = "composite" if method is None else method
        if not isinstance(method, str) or method not in shape.METHOD_FIELDS:
            continue
        own = [*shape.METHOD_FIELDS[method]]
        every = [key for key in shape.INDICATOR.fields if key not in (*shape.NODE_FIELDS, "note", "defaults")]
        required = shape.METHOD_REQUIRED.get(method, ())
        found += document_checks.keys(row, path, own, every, required, ("method", method))


def _check_rules(document: Document, found: Found) -> None:
    every = [key for key in shape.RULE.fields if key not in ("rule", "note", "defaults")]
    for index, row in _rows(document, "rules"):
        rule = row.get("rule")
        if isinstance(rule, str) and rule in shape.RULE_FIELDS:
            own = list(shape.RULE_FIELDS[rule])
            required = shape.RULE_REQUIRED[rule]
            found += document_checks.keys(row, ("rules", index), own, every, required, ("rule", rule))


def _check_selections(document: Document, found: Found) -> None:
    every = [key for key in shape.SELECTION.fields if key not in ("kind", "title", "note", "defaults")]
    for index, row in _rows(document, "selections"):
        kind = row.get("kind")
        if isinstance(kind, str) and kind in shape.SELECTION_FIELDS:
            own = shape.SELECTION_FIELDS[kind]
            found += document_checks.keys(row, ("selections", index), own, every, (), ("kind", kind))


def _check_names(values: Mapping[str, Any], found: Found) -> None:
    """Grades and categories that only the product's own parts name: the engine sees none of them."""
    grades, categories = values.get("grades", []), values.get("categories", [])

    def known(name: str, names: Sequence[str], path: Path) -> None:
        if name not in names:
            found.append((path, unknown_key(name, names)))

    for index, row in enumerate(values.get("selections", [])):
        for name in row.get("shares", {}):
            known(name, categories, ("selections", index, "shares", name))
    for index, row in enumerate(values.get("follow_ups", [])):
        for place, name in enumerate(row.get("grades", [])):
            known(name, grades, ("follow_ups", index, "grades", place))
    options = [option.get("title") for row in values.get("indicators", []) for option in row.get("options", ())]
    for name in values.get("voting", {}).get("limits", {}):
        known(name, options, ("voting", "limits", name))
    payout = values.get("payout", {})
    for name in payout.get("amounts", {}):
        known(name, grades, ("payout", "amounts", name))
    if "partial_at" in payout:
        known(payout["partial_at"], grades, ("payout", "partial_at"))


def _check_tree(document: Document, found: Found) -> None:
    """Every code once, one root, every parent there, nobody below himself."""
    rows = _rows(document, "indicators")
    parent_of: dict[str, str | None] = {}
    for index, row in rows:
        code, path = row.get("code"), ("indicators", index)
        if not isinstance(code, str):
            continue
        if code in parent_of:
            found.append(((*path, "code"), Text(_("The code “%(code)s” is used twice."), {"code": code})))
        parent_of.setdefault(code, row.get("parent"))
    roots = [(index, row) for index, row in rows if row.get("parent") is None]
    if rows and not roots:
        found.append((("indicators",), Text(_("One indicator must be the root: without “parent”."))))
    for index, _row in roots[1:]:
        values = {"code": str(roots[0][1].get("code")), "key": "parent"}
        found.append(
            (("indicators", index, "parent"), Text(_("“%(key)s” is missing: the root is already “%(code)s”."), values))
        )
    for index, row in rows:
        parent = row.get("parent")
        if parent is None:
            continue
        where: Path = ("indicators", index, "parent")
        if not isinstance(parent, str) or parent not in parent_of:
            text = unknown_key(str(parent), list(parent_of))
            found.append(
                (where, Text(_("There is no indicator “%(code)s”: %(hint)s"), {"code": str(parent), "hint": text}))
            )
        elif roots and _circles(str(row.get("code")), parent_of):
            found.append((where, Text(_("“%(code)s” stands below itself."), {"code": str(row.get("code"))})))


def _circles(code: str, parent_of: Mapping[str, str | None]) -> bool:
    seen = {code}
    above = parent_of.get(code)
    while isinstance(above, str):
        if above in seen:
            return above == code
        seen.add(above)
        above = parent_of.get(above)
    return False

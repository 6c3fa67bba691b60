"""Changes of a draft's other parts: what stands on top, the lists (facts, rules …), the single tables (payout …)."""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Any

from scoring.engine import RULES
from scoring.engine.text import gettext_noop as _
from scoring.engine.types import Text

from . import shape
from .edits import Changed, Draft, Refused, _read_row, fingerprint, rename_in_conditions
from .schema import ListOf, Record, plain

# Lists of parts that have forms of their own, and tables of which there is one.
LISTS = tuple(
    key
    for key, field in shape.PLAN.fields.items()
    if isinstance(field, ListOf) and isinstance(field.item, Record) and key != "indicators"
)
TABLES = tuple(key for key, field in shape.PLAN.fields.items() if isinstance(field, Record))
CODED = ("facts", "sets")  # rows that others refer to by their code
BASICS = (*shape.PLAN_FIELDS, "note", "defaults")


def record_of(part: str) -> Record:
    """The shape of one row of a list, of a table, or (for "basics") of what stands on top."""
    if part == "basics":
        required = tuple(key for key in shape.PLAN.required if key in BASICS)
        return Record({key: shape.PLAN.fields[key] for key in BASICS}, required)
    field = shape.PLAN.fields[part]
    found = field.item if isinstance(field, ListOf) else field
    assert isinstance(found, Record)
    return found


def rows_of(document: Mapping[str, Any], part: str) -> list[dict[str, Any]]:
    rows = document.get(part)
    return rows if isinstance(rows, list) else []


def row_at(document: Mapping[str, Any], part: str, index: int) -> dict[str, Any]:
    """Raises `Refused` if the list has no such row (any more)."""
    rows = rows_of(document, part)
    if not 0 <= index < len(rows):
        raise Refused(((), Text(_("This entry is no longer there."))))
    return rows[index]


def basics_of(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: document[key] for key in BASICS if key in document}


# ------------------------------------------------------------------------------ lists


def add_row(document: Draft, part: str, raw: Mapping[str, Any], at: int | None = None) -> Text:
    row = plain(_read_row(record_of(part), raw))
    rows = document.setdefault(part, [])
    rows.insert(len(rows) if at is None else at, row)
    return Text(_("added to %(part)s: %(name)s"), {"part": PART_WORDS[part], "name": row_name(row)})


def replace_row(document: Draft, part: str, index: int, raw: Mapping[str, Any], seen: str | None = None) -> Text:
    old = row_at(document, part, index)
    if seen is not None and seen != fingerprint(old):
        raise Changed(old)
    row = plain(_read_row(record_of(part), raw))
    if part == "facts" and old.get("code") != row["code"]:
        _rename_fact(document, str(old.get("code")), row["code"])
    rows_of(document, part)[index] = row
    return Text(_("changed in %(part)s: %(name)s"), {"part": PART_WORDS[part], "name": row_name(row)})


def move_row(document: Draft, part: str, index: int, to: int) -> Text:
    row = row_at(document, part, index)
    rows = rows_of(document, part)
    if not 0 <= to < len(rows):
        raise Refused(((), Text(_("It cannot be moved further in this direction."))))
    rows.insert(to, rows.pop(index))
    values = {"part": PART_WORDS[part], "name": row_name(row), "place": to + 1}
    return Text(_("moved in %(part)s: %(name)s to place %(place)s"), values)


def copy_row(document: Draft, part: str, index: int) -> Text:
    """Put a copy of a row behind it; a code that others refer to is made a new one."""
    row = copy.deepcopy(row_at(document, part, index))
    rows = rows_of(document, part)
    if part in CODED:
        taken = {each.get("code") for each in rows}
        code = str(row.get("code", ""))[:36]
        row["code"] = next(f"{code}_{number}" for number in itertools.count(2) if f"{code}_{number}" not in taken)
    rows.insert(index + 1, row)
    return Text(_("copied in %(part)s: %(name)s"), {"part": PART_WORDS[part], "name": row_name(row)})


def delete_row(document: Draft, part: str, index: int) -> Text:
    row = row_at(document, part, index)
    del rows_of(document, part)[index]
    if not document[part]:
        del document[part]
    return Text(_("deleted from %(part)s: %(name)s"), {"part": PART_WORDS[part], "name": row_name(row)})


def row_name(row: Mapping[str, Any]) -> str | Text:
    """What a row is called in the list of changes: its title, else what it is."""
    if row.get("rule") in RULES:
        return RULES[row["rule"]].title
    for key in ("title", "action", "code"):
        if row.get(key):
            return str(row[key])[:60]
    return "—"


def _rename_fact(document: Draft, old: str, new: str) -> None:
    rename_in_conditions(document, re.compile(rf"(?<![\w:-]){re.escape(old)}(?![\w:-])", re.ASCII), new)
    for role in _roles(document):
        _in_row(role, "fact", old, new)
    for stage in _stages(document):
        _in_row(stage, "fact", old, new)


def _roles(document: Draft) -> list[dict[str, Any]]:
    """Whose duty report has a length of its own."""
    report = document.get("duty_report")
    return rows_of(report, "roles") if isinstance(report, dict) else []


# ------------------------------------------------------------------------------ tables and the top


def set_part(document: Draft, part: str, raw: Mapping[str, Any], seen: str | None = None) -> Text:
    """A table such as `payout`; an empty one goes."""
    old = document.get(part) or {}
    if seen is not None and seen != fingerprint(old):
        raise Changed(old)
    if raw:
        document[part] = plain(_read_row(record_of(part), raw))
    else:
        document.pop(part, None)
    return Text(_("changed: %(part)s"), {"part": PART_WORDS[part]})


def set_basics(document: Draft, raw: Mapping[str, Any], seen: str | None = None) -> Text:
    """Title, period, categories, grades … A grade or category that was renamed is renamed wherever it is used."""
    old = basics_of(document)
    if seen is not None and seen != fingerprint(old):
        raise Changed(old)
    new = plain(_read_row(record_of("basics"), raw))
    for key, rename in (("grades", _rename_grade), ("categories", _rename_category)):
        for before, after in renames(old.get(key, ()), new.get(key, ())):
            rename(document, before, after)
    for key in BASICS:
        document.pop(key, None)
    document.update(new)
    return Text(_("changed: %(part)s"), {"part": PART_WORDS["basics"]})


def renames(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, str]]:
    """Names that stand in the place of others which are gone, where the lists are equally long."""
    if len(old) != len(new):
        return []
    pairs = zip(old, new, strict=True)
    return [(a, b) for a, b in pairs if a != b and a not in new and b not in old]


def _in_table(table: Any, old: str, new: str) -> None:
    if isinstance(table, dict) and old in table:
        items = [(new if key == old else key, value) for key, value in table.items()]
        table.clear()
        table.update(items)


def _in_list(names: Any, old: str, new: str) -> None:
    if isinstance(names, list):
        names[:] = [new if name == old else name for name in names]


def _in_row(row: Any, key: str, old: str, new: str) -> None:
    if isinstance(row, dict) and row.get(key) == old:
        row[key] = new


def _rename_grade(document: Draft, old: str, new: str) -> None:
    """In rules, follow-ups and payout. Conditions name the grades of earlier rounds, which stay what they were."""
    for rule in rows_of(document, "rules"):
        for key in ("grade", "otherwise"):
            _in_row(rule, key, old, new)
        for key in ("minimums", "shares"):
            _in_table(rule.get(key), old, new)
    for follow in rows_of(document, "follow_ups"):
        _in_list(follow.get("grades"), old, new)
    payout = document.get("payout")
    if isinstance(payout, dict):
        _in_table(payout.get("amounts"), old, new)
        _in_row(payout, "partial_at", old, new)


def _rename_category(document: Draft, old: str, new: str) -> None:
    for rule in rows_of(document, "rules"):
        _in_list(rule.get("scope"), old, new)
    for selection in rows_of(document, "selections"):
        _in_table(selection.get("shares"), old, new)
    for role in _roles(document):
        _in_list(role.get("categories"), old, new)
    for stage in _stages(document):
        _in_list(stage.get("categories"), old, new)


def _stages(document: Draft) -> list[dict[str, Any]]:
    meeting = document.get("meeting")
    rows = meeting.get("stages") if isinstance(meeting, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


PART_WORDS: dict[str, Text] = {
    "basics": Text(_("basics of the plan")),
    "indicators": Text(_("indicators")),
    "facts": Text(_("facts")),
    "rules": Text(_("grade rules")),
    "selections": Text(_("use of the results")),
    "sets": Text(_("earlier rounds")),
    "voting": Text(_("ballots")),
    "duty_report": Text(_("duty report")),
    "meeting": Text(_("review meeting")),
    "process": Text(_("process")),
    "announcement": Text(_("announcement")),
    "objection": Text(_("objection")),
    "payout": Text(_("payout")),
    "follow_ups": Text(_("follow-up")),
}

"""Changes of a draft's indicators. Each takes the raw document, changes it in place, and says in words what it did.

The document may be wrong in any other place: only what is asked for is checked. `Refused` leaves it unchanged
for the caller, who works on a copy (`drafts.change`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from appraisal_site.lib.fields import canonical
from scoring.engine.methods import ADJUSTMENTS, METHODS
from scoring.engine.text import gettext_noop as _
from scoring.engine.types import Text

from . import shape
from .schema import REFUSED, Path, plain

Draft = dict[str, Any]
Row = dict[str, Any]
Edit = Callable[[Draft], Text]

CELLS = ("code", "title", "points", "weight", "method")
OPTIONAL_CELLS = ("weight", "method")


class Refused(ValueError):
    """A change that is not made. `problems`: (path below the part that was to change, why)."""

    def __init__(self, *problems: tuple[Path, Text]) -> None:
        super().__init__("; ".join(text.message for _path, text in problems))
        self.problems = problems

    @property
    def text(self) -> Text:
        return self.problems[0][1]


class Changed(Refused):
    """Somebody else changed the same part after it was read. `theirs` is what it is now."""

    def __init__(self, theirs: Any) -> None:
        text = Text(_("Somebody else changed this meanwhile; nothing was overwritten. Saving again takes yours."))
        super().__init__(((), text))
        self.theirs = theirs


# ------------------------------------------------------------------------------ reading


def indicators(document: Mapping[str, Any]) -> list[Row]:
    rows = document.get("indicators")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def find(document: Mapping[str, Any], code: str) -> Row:
    """The indicator of this code. Raises `Refused` if it is gone."""
    for row in indicators(document):
        if row.get("code") == code:
            return row
    raise Refused(((), Text(_("The indicator %(code)s is no longer there."), {"code": code})))


def children(document: Mapping[str, Any], code: str | None) -> list[Row]:
    return [row for row in indicators(document) if row.get("parent") == code]


def branch(document: Mapping[str, Any], code: str) -> list[Row]:
    """The indicator and all below it, from the top down."""
    below = [row for child in children(document, code) for row in branch(document, str(child.get("code")))]
    return [find(document, code), *below]


def in_tree_order(document: Mapping[str, Any]) -> Iterator[tuple[Row, int]]:
    """Each indicator with its depth, a branch at a time. What hangs nowhere comes last, at depth 0."""
    below: dict[Any, list[Row]] = {}
    for row in indicators(document):
        below.setdefault(row.get("parent"), []).append(row)
    seen: set[int] = set()

    def walk(row: Row, depth: int) -> Iterator[tuple[Row, int]]:
        if id(row) in seen:
            return
        seen.add(id(row))
        yield row, depth
        for child in below.get(row.get("code"), []):
            yield from walk(child, depth + 1)

    for root in below.get(None, []):
        yield from walk(root, 0)
    for row in indicators(document):
        yield from walk(row, 0)


def number(value: Any) -> Decimal | None:
    """A figure of a draft, None where there is none or it is not one."""
    try:
        return None if value is None or isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        return None


def summed(document: Mapping[str, Any], code: str, without: str = "") -> Decimal | None:
    """What the ordinary indicators directly below this one add up to; None where weights decide."""
    total = Decimal(0)
    for child in children(document, code):
        if child.get("method") in ADJUSTMENTS or child.get("code") == without:
            continue
        weight = number(child.get("weight"))
        if weight == 0:
            continue
        if weight is not None:
            return None
        total += number(child.get("points")) or Decimal(0)
    return total


def _name(row: Mapping[str, Any]) -> str:
    return f"{row.get('code', '')} {row.get('title', '')}".strip()


# ------------------------------------------------------------------------------ one value, one indicator


def typed_text(raw: Any) -> str:
    """What was typed, without blanks around it and with figures in plain digits: ６０ → 60, 1,000 → 1000."""
    text = str(raw).strip()
    wide = text.translate(str.maketrans("０１２３４５６７８９．－，", "0123456789.-,"))
    return wide.replace(",", "") if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", wide) else wide


def set_cell(document: Draft, code: str, key: str, raw: str, seen: str | None = None) -> Text:
    """Change one value of the tree's table. `seen`: what the page showed, to notice another's change."""
    row = find(document, code)
    before = row.get(key)
    text = typed_text(raw) if key in ("points", "weight", "code") else raw.strip()
    if seen is not None and text != seen and shown(before) not in (seen, text):
        raise Changed(shown(before))
    if not text and key in OPTIONAL_CELLS:
        row.pop(key, None)
        value: Any = None
    else:
        value = _read(shape.INDICATOR.fields[key], text, key)
        if key == "code":
            _rename(document, code, value)
        row[key] = plain(value)
    if key == "method":
        _drop_foreign(row)
    # A figure that somebody has set is the office's own, no longer the product's default.
    if key in row.get("defaults", ()) and plain(value) != before:
        row["defaults"] = [name for name in row["defaults"] if name != key]
    values = {"name": _name(row), "key": key, "before": _said(key, before), "after": _said(key, row.get(key))}
    return Text(_("%(name)s: %(key)s %(before)s → %(after)s"), values | {"key": Text(_KEYS[key])})


_KEYS = {
    "code": _("code"),
    "title": _("title"),
    "points": _("full points"),
    "weight": _("weight"),
    "method": _("method"),
}


def _said(key: str, value: Any) -> str | Text:
    """A value as the list of changes names it: a method by its name."""
    if key == "method" and value in METHODS:
        return METHODS[value].title
    return shown(value) or "—"


def shown(value: Any) -> str:
    """A value of the document as an input shows it."""
    if value is None:
        return ""
    return canonical(value) if isinstance(value, Decimal) else str(value)


def _read(field: Any, raw: Any, key: str) -> Any:
    if raw == "":
        raise Refused(((key,), Text(_("This must be filled in."))))
    found: list[tuple[Path, Text]] = []
    value = field.read(raw, (key,), lambda path, text: found.append((path, text)))
    if value is REFUSED or found:
        raise Refused(*found)
    return value


def _drop_foreign(row: Row) -> None:
    """A method takes only its own settings with it."""
    own = shape.METHOD_FIELDS.get(row.get("method") or "composite", {})
    for key in [key for key in row if key not in own and key not in (*shape.NODE_FIELDS, "note", "defaults")]:
        del row[key]
    row["defaults"] = [name for name in row.get("defaults", ()) if name in row]
    if not row["defaults"]:
        del row["defaults"]


def replace_indicator(document: Draft, code: str, new: Mapping[str, Any], seen: Any = None) -> Text:
    """Put a whole indicator, as its form gives it, in the place of the old one (its parent stays)."""
    row = find(document, code)
    if seen is not None and seen != fingerprint(row) and plain(new) != _without_parent(row):
        raise Changed(row)
    typed = _read_row(shape.INDICATOR, new)
    if typed["code"] != code:
        _rename(document, code, typed["code"])
    parent = row.get("parent")
    row.clear()
    row.update(plain(typed))
    if parent is not None:
        row["parent"] = parent
    return Text(_("%(name)s changed"), {"name": _name(row)})


def _without_parent(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != "parent"}


def _read_row(record: Any, raw: Mapping[str, Any]) -> dict[str, Any]:
    found: list[tuple[Path, Text]] = []
    typed = record.read(raw, (), lambda path, text: found.append((path, text)))
    if found:
        raise Refused(*found)
    return dict(typed)


def fingerprint(part: Any) -> str:
    """A short mark of a part's state, for forms: is it still what the page showed?"""
    from .document import canonical as canonical_json
    from .document import digest

    return digest(part)[:16] if isinstance(part, Mapping) else canonical_json({"": part})


def _rename(document: Draft, old: str, new: str) -> None:
    """A code is used by parents, tie-breakers and conditions: all follow."""
    if old == new:
        return
    if any(row.get("code") == new for row in indicators(document)):
        raise Refused((("code",), Text(_("The code “%(code)s” is used twice."), {"code": new})))
    for row in indicators(document):
        if row.get("code") == old:
            row["code"] = new
        if row.get("parent") == old:
            row["parent"] = new
    ties = document.get("tie_breakers")
    if isinstance(ties, list):
        document["tie_breakers"] = [new if code == old else code for code in ties]
    meeting = document.get("meeting")
    if isinstance(meeting, dict) and meeting.get("commentary_leaf") == old:
        meeting["commentary_leaf"] = new
    rename_in_conditions(document, re.compile(rf"\b(score:|option_share:){re.escape(old)}(?![\w-])"), rf"\g<1>{new}")


def rename_in_conditions(document: Draft, pattern: re.Pattern[str], replacement: str) -> None:
    for rule in document.get("rules") or []:
        for key in ("if", "prefer"):
            if isinstance(rule, dict) and isinstance(rule.get(key), str):
                rule[key] = pattern.sub(replacement, rule[key])


# ------------------------------------------------------------------------------ adding, moving, deleting


def new_code(document: Mapping[str, Any], parent: str | None) -> str:
    """A code that fits its siblings': K1, K2 → K3; below the root letters that are still free."""
    taken = {str(row.get("code")) for row in indicators(document)}
    at_top = parent is None or find(document, parent).get("parent") is None
    if at_top:
        free = [letter for letter in "ABCDEFGHIJKLMNOPQSTUVWXYZ" if letter not in taken]
        siblings = [str(row.get("code")) for row in children(document, parent)]
        if free and not any(re.search(r"\d$", code) for code in siblings):
            return free[0]
    stem, place = ("N" if at_top else str(parent)), 1
    while f"{stem}{place}" in taken:
        place += 1
    return f"{stem}{place}"


def add_indicator(document: Draft, parent: str, after: str | None = None, title: str = "") -> tuple[str, Text]:
    """A new indicator below `parent`, with the points that are still missing there. Gives its code."""
    above = find(document, parent)
    code = new_code(document, parent)
    siblings = children(document, parent)
    before = next((row for row in siblings if row.get("code") == after), siblings[-1] if siblings else {})
    method = before.get("method") or "marks"
    if not siblings:
        _make_composite(above)
    left = (number(above.get("points")) or Decimal(0)) - (summed(document, parent) or Decimal(0))
    points = left if method not in ADJUSTMENTS and left > 0 else Decimal(5)
    row = {"code": code, "parent": parent, "title": title, "points": canonical(points), "method": method}
    if before.get("method") in ("carried", "rank_band", "ballot_deduct", "rank_points", "per_unit"):
        row["method"] = "marks"  # these need settings that cannot be guessed
    _insert(document, [row], parent, after=str(before.get("code", "")))
    return code, Text(_("added %(code)s below %(parent)s"), {"code": code, "parent": _name(above)})


def _make_composite(row: Row) -> None:
    """An indicator that gets others below it is their sum: its own method goes."""
    row.pop("method", None)
    _drop_foreign(row)


def _insert(document: Draft, rows: list[Row], parent: str, *, after: str = "", before: str | None = None) -> None:
    """Put rows (an indicator and its branch) among the children of `parent`, and the list in the tree's order."""
    document["indicators"] = [row for row in indicators(document) if not any(row is one for one in rows)]
    siblings = children(document, parent)
    if before is not None:
        at = next((i for i, row in enumerate(siblings) if row.get("code") == before), len(siblings))
    else:
        at = next((i + 1 for i, row in enumerate(siblings) if row.get("code") == after), len(siblings))
    follow = siblings[at] if at < len(siblings) else None
    flat = document["indicators"]
    place = next((i for i, row in enumerate(flat) if row is follow), len(flat))
    flat[place:place] = rows
    document["indicators"] = [row for row, _depth in in_tree_order(document)]


def move_indicator(document: Draft, code: str, parent: str, before: str | None = None) -> Text:
    """Move a branch below `parent`: in front of its child `before`, or to the end."""
    rows = branch(document, code)
    if rows[0].get("parent") is None:
        raise Refused(((), Text(_("The root stays where it is."))))
    if any(row.get("code") == parent for row in rows):
        raise Refused(((), Text(_("An indicator cannot stand below itself."))))
    above = find(document, parent)
    if not children(document, parent):
        _make_composite(above)
    rows[0]["parent"] = parent
    _insert(document, rows, parent, before=before or "")
    return Text(_("moved %(name)s below %(parent)s"), {"name": _name(rows[0]), "parent": _name(above)})


def step_indicator(document: Draft, code: str, direction: str) -> Text:
    """Move a branch one step by keyboard: "up" and "down" among its siblings, "in" below the one
    before it, "out" behind its parent."""
    row = find(document, code)
    parent = row.get("parent")
    siblings = [str(one.get("code")) for one in children(document, parent)]
    at = siblings.index(code)
    if parent is None:
        raise Refused(((), Text(_("The root stays where it is."))))
    if direction == "up" and at > 0:
        return move_indicator(document, code, parent, siblings[at - 1])
    if direction == "down" and at < len(siblings) - 1:
        return move_indicator(document, code, parent, siblings[at + 2] if at + 2 < len(siblings) else None)
    if direction == "in" and at > 0:
        return move_indicator(document, code, siblings[at - 1])
    above = find(document, parent)
    if direction == "out" and above.get("parent") is not None:
        uncles = [str(one.get("code")) for one in children(document, above["parent"])]
        place = uncles.index(parent)
        return move_indicator(document, code, above["parent"], uncles[place + 1] if place + 1 < len(uncles) else None)
    raise Refused(((), Text(_("It cannot be moved further in this direction."))))


def delete_indicator(document: Draft, code: str) -> Text:
    """Take an indicator away with all below it, and out of the tie-breakers."""
    rows = branch(document, code)
    if rows[0].get("parent") is None:
        raise Refused(((), Text(_("The root cannot be deleted; its title, points and indicators can be changed."))))
    document["indicators"] = [row for row in indicators(document) if not any(row is one for one in rows)]
    gone = {row.get("code") for row in rows}
    if isinstance(document.get("tie_breakers"), list):
        document["tie_breakers"] = [one for one in document["tie_breakers"] if one not in gone]
    if len(rows) > 1:
        values = {"name": _name(rows[0]), "count": len(rows) - 1}
        return Text(_("deleted %(name)s with %(count)s indicators below it"), values)
    return Text(_("deleted %(name)s"), {"name": _name(rows[0])})


def copy_indicator(document: Draft, code: str) -> tuple[str, Text]:
    """Put a copy of a branch behind it, under new codes. Gives the copy's code."""
    rows = branch(document, code)
    parent = rows[0].get("parent")
    if parent is None:
        raise Refused(((), Text(_("The root stays where it is."))))
    copies: list[Row] = []
    renamed: dict[Any, str] = {}
    for row in rows:
        above = renamed.get(row.get("parent"), row.get("parent"))
        holder = {"indicators": [*indicators(document), *copies]}
        renamed[row.get("code")] = new_code(holder, above)
        copies.append({**_deep(row), "code": renamed[row.get("code")], "parent": above})
    _insert(document, copies, parent, after=code)
    return str(copies[0]["code"]), Text(
        _("copied %(name)s as %(code)s"), {"name": _name(rows[0]), "code": copies[0]["code"]}
    )


def _deep(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _deep(item) for key, item in value.items()}
    return [_deep(item) for item in value] if isinstance(value, list) else value

"""A draft as the editor shows it: its tree with the sums at the nodes, its problems with their places, pasted lists."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from scoring.engine.methods import ADJUSTMENTS, METHODS
from scoring.engine.text import gettext_noop as _
from scoring.engine.types import Problem, Text

from . import edits, shape, words
from .editor import kinds, labels
from .edits import Draft, Refused, find, in_tree_order, number, shown, summed, typed_text
from .edits_parts import PART_WORDS
from .rendering import render
from .schema import Path


@dataclass(frozen=True, slots=True)
class TreeRow:
    """One indicator in the editor's tree. `difference`: points that its children lack (below 0: have too many)."""

    row: Mapping[str, Any]
    depth: int
    is_root: bool
    is_sum: bool
    is_adjustment: bool
    sum: Decimal | None
    difference: Decimal | None
    problems: tuple[Problem, ...] = ()

    @property
    def code(self) -> str:
        return str(self.row.get("code", ""))

    @property
    def level(self) -> int:
        return self.depth + 1

    @property
    def points(self) -> str:
        return shown(self.row.get("points"))

    @property
    def weight(self) -> str:
        return shown(self.row.get("weight"))

    @property
    def lacks(self) -> bool:
        return self.difference is not None and self.difference > 0

    @property
    def gap(self) -> Decimal:
        return abs(self.difference or Decimal(0))


@dataclass(slots=True)
class Place:
    """A problem with the page on which it can be put right: a section, and the row or indicator in it."""

    problem: Problem
    section: str
    target: str = ""
    index: int | None = None


def tree(document: Mapping[str, Any], problems: Sequence[Problem] = ()) -> list[TreeRow]:
    """The rows of the tree, a branch at a time."""
    of_node: dict[str, list[Problem]] = {}
    for problem in problems:
        parts = problem.path.split(".")
        if parts[0] == "indicators" and len(parts) > 1:
            of_node.setdefault(parts[1], []).append(problem)
    parents = {row.get("parent") for row in edits.indicators(document)}
    found = []
    for row, depth in in_tree_order(document):
        code = str(row.get("code", ""))
        is_sum = row.get("code") in parents
        total = summed(document, code) if is_sum else None
        points = number(row.get("points"))
        lacks = None if total is None or points is None or points == total else points - total
        found.append(
            TreeRow(
                row=row,
                depth=depth,
                is_root=row.get("parent") is None,
                is_sum=is_sum,
                is_adjustment=row.get("method") in ADJUSTMENTS,
                sum=total,
                difference=lacks,
                problems=tuple(of_node.get(code, ())),
            )
        )
    return found


def method_choices() -> list[tuple[str, Text]]:
    """The leaf methods with their names, in the order of the registry."""
    return [(key, method.title) for key, method in METHODS.items()]


# ------------------------------------------------------------------------------ where a problem is put right

SECTIONS: dict[str, str] = {
    "indicators": "tree",
    "facts": "facts",
    "rules": "rules",
    "selections": "use",
    "follow_ups": "use",
    "payout": "use",
    "sets": "basics",
    "voting": "procedure",
    "duty_report": "procedure",
    "meeting": "procedure",
    "process": "procedure",
    "announcement": "procedure",
    "objection": "procedure",
}


def place_of(problem: Problem, document: Mapping[str, Any]) -> Place:
    """The section of the editor, and in it the indicator or the row, that a problem is about."""
    parts = problem.path.split(".")
    section = SECTIONS.get(parts[0], "basics")
    if len(parts) < 2:
        return Place(problem, section, parts[0] if parts[0] in SECTIONS else "")
    if parts[0] == "indicators":
        known = any(row.get("code") == parts[1] for row in edits.indicators(document))
        return Place(problem, section, parts[1] if known else "")
    rows = document.get(parts[0])
    if parts[0] in SECTIONS and isinstance(rows, list):
        for index, row in enumerate(rows):
            if parts[1] == str(index) or (isinstance(row, dict) and row.get("code") == parts[1]):
                return Place(problem, section, parts[0], index)
    return Place(problem, section, parts[0] if parts[0] in SECTIONS else "")


def place_words(path: str, document: Mapping[str, Any]) -> str:
    """A place in the document as people name it: "K11 区委重大决策 · full points", "grade rules 3 · condition"."""
    parts = [part for part in path.split(".") if part]
    if not parts:
        return render(PART_WORDS["basics"])
    if parts[0] == "indicators" and len(parts) > 1:
        titles = {str(row.get("code")): str(row.get("title", "")) for row in edits.indicators(document)}
        names = [f"{parts[1]} {titles.get(parts[1], '')}".strip(), *_step_words("indicators", parts[2:])]
    elif parts[0] in PART_WORDS:
        names = [render(PART_WORDS[parts[0]]), *_step_words(parts[0], parts[1:])]
    else:
        names = _step_words(kinds.PLAN, parts)
    return " · ".join(names)


def _step_words(place: str, steps: Sequence[str]) -> list[str]:
    """Keys by the labels of their inputs, rows by their numbers; names of the plan's own stay."""
    found = []
    for step in steps:
        label = str(labels.label_of(place, "", step).label)
        known = label if label != step else str(words.VALUES.get(step, step))
        found.append(str(int(step) + 1) if step.isdecimal() else known)
        place = place if step.isdecimal() else step
    return found


# ------------------------------------------------------------------------------ pasting a list


@dataclass(slots=True)
class PastedLine:
    """One line of a pasted list, read: how deep, and what it says."""

    line: int
    depth: int
    code: str
    title: str
    points: str
    method: str
    problems: list[Text] = field(default_factory=list)


_CODE = re.compile(r"[A-Za-z][\w-]{0,11}", re.ASCII)
_POINTS = re.compile(r"(\d+(?:\.\d+)?)\s*分?")


def read_lines(text: str, names: Mapping[str, str]) -> list[PastedLine]:
    """Lines of a spreadsheet or a document as indicators: code (optional), title, points, method (optional).

    Columns are parted by tabs or by two and more blanks. What stands under what is said by leading tabs or
    blanks (two for a level), else by the codes: K11 stands under K1. `names`: words of methods → keys.
    """
    found: list[PastedLine] = []
    for place, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            found.append(_line(place, line, names))
    if not any(each.depth for each in found):
        _depth_by_code(found)
    deepest = -1
    for each in found:
        each.depth = min(each.depth, deepest + 1)
        deepest = each.depth
    return found


def _line(place: int, line: str, names: Mapping[str, str]) -> PastedLine:
    bare = line.lstrip(" \t　")
    # Only the blanks in front say how deep a line stands: a tab within it parts two columns.
    indent = sum(2 if sign == "　" else 1 for sign in line[: len(line) - len(bare)].expandtabs(2))
    cells = [cell.strip() for cell in re.split(r"\t+|\s{2,}", bare.rstrip()) if cell.strip()]
    code = cells.pop(0) if len(cells) > 1 and _CODE.fullmatch(cells[0]) else ""
    title, points, method = (cells.pop(0) if cells else ""), "", ""
    problems = []
    for cell in cells:
        figures = _POINTS.fullmatch(typed_text(cell))
        if figures and not points:
            points = figures[1]
        elif cell in names:
            method = names[cell]
        else:
            problems.append(Text(_("“%(value)s” is neither points nor a method."), {"value": cell}))
    return PastedLine(place, indent // 2, code, title, points, method, problems)


def _depth_by_code(lines: list[PastedLine]) -> None:
    above: list[str] = []
    for each in lines:
        while above and not (each.code and each.code.startswith(above[-1]) and each.code != above[-1]):
            above.pop()
        each.depth = len(above)
        if each.code:
            above.append(each.code)


def paste(document: Draft, parent: str, lines: Sequence[PastedLine]) -> Text:
    """Add the lines below `parent`. Raises `Refused` with the line's number in each path."""
    wrong: list[tuple[Path, Text]] = [((str(each.line),), text) for each in lines for text in each.problems]
    if wrong or not lines:
        raise Refused(*(wrong or [((), Text(_("There is nothing to add: the list is empty.")))]))
    above = [parent]
    find(document, parent)
    for place, each in enumerate(lines):
        del above[each.depth + 1 :]
        has_more = place + 1 < len(lines) and lines[place + 1].depth > each.depth
        above.append(_add(document, above[-1], each, has_more))
    values = {"count": len(lines), "parent": str(find(document, parent).get("title", parent))}
    return Text(_("added %(count)s indicators from a list below %(parent)s"), values)


def _add(document: Draft, parent: str, line: PastedLine, has_more: bool) -> str:
    try:
        code, _words = edits.add_indicator(document, parent)
        row = find(document, code)
        if line.points:
            edits.set_cell(document, code, "points", line.points)
        edits.set_cell(document, code, "title", line.title)
        if has_more:
            row.pop("method", None)
        elif line.method:
            edits.set_cell(document, code, "method", line.method)
        elif row.get("method") in ADJUSTMENTS:
            row["method"] = "marks"  # a sibling's kind is a guess; a bonus is never meant by it
        if line.code:
            edits.set_cell(document, code, "code", line.code)
            code = line.code
    except Refused as refused:
        raise Refused(*[((str(line.line), *path), text) for path, text in refused.problems]) from None
    return code


def method_names() -> dict[str, str]:
    """Words that a pasted list may use for a method: its name in the reader's language, and its key."""
    names = {render(method.title): key for key, method in METHODS.items()}
    return names | {key: key for key in shape.METHOD_FIELDS if key != "composite"}

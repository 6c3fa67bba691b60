"""From raw cells to drafts of units and people; every mistake is named with its cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from appraisal_site.lib.cells import NotACode, NotANumber, clean_text, code_text, number

from ..models import Person, Unit
from .layout import CODE, NUMBER, PEOPLE, UNIT, UNITS, Column, Sheet
from .problems import Problem
from .read import Cell, Row, Table, read_roster

MAX_ORDER = 2_147_483_647  # what a PositiveIntegerField holds on every database
SPREADSHEET_ERROR = re.compile(r"#(REF!|N/A|NAME\?|VALUE!|DIV/0!|NULL!|NUM!)")


@dataclass
class Draft:
    """One row as it shall be. `values` has the columns that the sheet has; units are named by code."""

    row: int
    code: str
    values: dict[str, Any]


@dataclass
class State:
    """Units and people as they are, by code (two queries)."""

    units: dict[str, Unit]
    people: dict[str, Person]

    @classmethod
    def load(cls) -> State:
        units = {unit.code: unit for unit in Unit.objects.select_related("parent")}
        people = {person.code: person for person in Person.objects.select_related("unit")}
        return cls(units, people)


@dataclass
class Roster:
    units: list[Draft] = field(default_factory=list)
    people: list[Draft] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def check_roster(content: bytes, state: State) -> Roster:
    """Read and check a roster against what is stored. Raises UnreadableFile."""
    tables, problems = read_roster(content)
    roster = Roster(problems=problems)
    by_sheet: dict[Sheet, Table] = {}
    for table in tables:
        if table.sheet in by_sheet:
            roster.problems.append(Problem(table.title, _("This sheet is there twice.")))
            continue
        by_sheet[table.sheet] = table
    if (table_of_units := by_sheet.get(UNITS)) is not None:
        roster.units = _drafts(table_of_units, roster.problems)
        _check_names(table_of_units, roster, state)
        _check_parents(table_of_units, roster, state)
    if (table_of_people := by_sheet.get(PEOPLE)) is not None:
        roster.people = _drafts(table_of_people, roster.problems)
        _check_units(table_of_people, roster, state)
    return roster


# ---------------------------------------------------------------- cells


class _Wrong(ValueError):
    pass


def _code(cell: Cell) -> str:
    try:
        return code_text(cell.value, cell.number_format)
    except NotACode as error:
        if error.kind == "date":
            raise _Wrong(_("A date was found; a code was expected. Format the column as text.")) from None
        raise _Wrong(
            _("The number is so long that the spreadsheet lost its last digits. Format the column as text.")
        ) from None


def _order(cell: Cell) -> int:
    try:
        found = number(cell.value)
    except NotANumber:
        found = Decimal(-1)
    if found is None:
        return 0
    if found != found.to_integral_value() or not 0 <= found <= MAX_ORDER:
        text = _("“%(value)s” was found; a whole number from 0 was expected.")
        raise _Wrong(text % {"value": clean_text(cell.value)})
    return int(found)


def _value(sheet: Sheet, column: Column, cell: Cell | None) -> str | int:
    """The cell as its column means it. Raises _Wrong with words for the user."""
    if column.kind == NUMBER:
        return 0 if cell is None else _order(cell)
    if cell is None:
        text = ""
    elif column.kind in {CODE, UNIT}:
        text = _code(cell)
    else:
        text = clean_text(cell.value)
    if SPREADSHEET_ERROR.fullmatch(text):
        raise _Wrong(_("The formula in this cell has no result (%(error)s).") % {"error": text})
    if column.required and not text:
        raise _Wrong(_("“%(column)s” is empty.") % {"column": column.title})
    if any(unicodedata.category(sign) == "Cc" for sign in text):
        raise _Wrong(_("There is a line break or another control character in this cell; plain text was expected."))
    limit = sheet.max_length("code" if column.kind == UNIT else column.field)
    if len(text) > limit:
        words = _("%(count)d characters were found; at most %(limit)d are possible.")
        raise _Wrong(words % {"count": len(text), "limit": limit})
    return text


def _drafts(table: Table, problems: list[Problem]) -> list[Draft]:
    drafts: list[Draft] = []
    first_row: dict[str, int] = {}
    for row in table.rows:
        values = _values(table, row, problems)
        code = values.get("code", "")
        if not code:
            continue
        if code in first_row:
            text = _("The code “%(code)s” stands in row %(row)d already.")
            problems.append(Problem(table.place(row.number, "code"), text % {"code": code, "row": first_row[code]}))
            continue
        first_row[code] = row.number
        drafts.append(Draft(row.number, code, values))
    return drafts


def _values(table: Table, row: Row, problems: list[Problem]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for column in table.sheet.columns:
        if column.field not in table.columns:
            continue
        try:
            values[column.field] = _value(table.sheet, column, row.cells.get(column.field))
        except _Wrong as wrong:
            problems.append(Problem(table.place(row.number, column.field), str(wrong)))
    return values


# ---------------------------------------------------------------- between rows


def _check_names(table: Table, roster: Roster, state: State) -> None:
    """No two units have one name once the roster is in."""
    in_file = {draft.code for draft in roster.units}
    holder = {unit.name: code for code, unit in state.units.items() if code not in in_file}
    row_of: dict[str, int] = {}
    for draft in roster.units:
        name = draft.values.get("name")
        if not name:
            continue
        place = table.place(draft.row, "name")
        if name in row_of:
            text = _("The name “%(name)s” stands in row %(row)d already; every unit has a name of its own.")
            roster.problems.append(Problem(place, text % {"name": name, "row": row_of[name]}))
        elif name in holder:
            text = _("The name “%(name)s” belongs to the unit with code “%(code)s”; every unit has a name of its own.")
            roster.problems.append(Problem(place, text % {"name": name, "code": holder[name]}))
        row_of.setdefault(name, draft.row)


def _check_parents(table: Table, roster: Roster, state: State) -> None:
    """Every higher unit exists, is active, and no unit comes to lie below itself."""
    if "parent" not in table.columns:
        return
    listed = {draft.code for draft in roster.units}
    above: dict[str, str] = {code: unit.parent.code for code, unit in state.units.items() if unit.parent}
    for draft in roster.units:
        above[draft.code] = draft.values.get("parent", "")
    circle = _in_circle(above)
    for draft in roster.units:
        parent = draft.values.get("parent")
        if not parent:
            continue
        wrong = _unit_problem(parent, listed, state)
        if wrong is None and parent == draft.code:
            wrong = _("A unit cannot be above itself.")
        elif wrong is None and draft.code in circle:
            path = " → ".join(_path(draft.code, above))
            wrong = _("The unit would lie below itself: %(path)s.") % {"path": path}
        if wrong:
            roster.problems.append(Problem(table.place(draft.row, "parent"), wrong))


def _unit_problem(code: str, listed: Iterable[str], state: State) -> str | None:
    """Why nothing can be put below the unit of this code; None if it can. A listed unit becomes active."""
    if code in listed:
        return None
    unit = state.units.get(code)
    if unit is None:
        text = _("There is no unit with the code “%(code)s”, neither on the sheet %(sheet)s nor stored already.")
        return text % {"code": code, "sheet": UNITS.title}
    if not unit.is_active:
        return _("The unit with the code “%(code)s” is not active.") % {"code": code}
    return None


def _in_circle(above: Mapping[str, str]) -> set[str]:
    """Codes from which going up never ends because they are part of a circle (each code visited once)."""
    done: set[str] = set()
    circle: set[str] = set()
    for start in above:
        path: list[str] = []
        position: dict[str, int] = {}
        code = start
        while code and code not in done and code not in position:
            position[code] = len(path)
            path.append(code)
            code = above.get(code, "")
        if code in position:
            circle.update(path[position[code] :])
        done.update(path)
    return circle


def _path(start: str, above: Mapping[str, str]) -> list[str]:
    path, code = [start], above[start]
    while code != start and len(path) < 20:
        path.append(code)
        code = above[code]
    return [*path, start]


def _check_units(table: Table, roster: Roster, state: State) -> None:
    if "unit" not in table.columns:
        return
    listed = {draft.code for draft in roster.units}
    for draft in roster.people:
        code = draft.values.get("unit")
        wrong = _unit_problem(code, listed, state) if code else None
        if wrong:
            roster.problems.append(Problem(table.place(draft.row, "unit"), wrong))

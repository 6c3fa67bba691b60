"""The hidden sheet of a score sheet as a file: which round and columns it is of, and what each cell held.

So that an upload can tell what its owner changed from what somebody else changed meanwhile. A row's first cell says
what it is about: the whole, a column, or the cells of a subject (as JSON: column → value, note, state).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils import timezone

from appraisal_site.lib.cells import clean_text
from reviews.queries.sheet_cells import CellData

from ..workbook.read import RawSheet
from .contents import Contents
from .layout import FORMAT, NOT_APPLICABLE, NOTE_PART, Column, fingerprint

HEAD = ("种类", "键", "一", "二", "三")
WHOLE, COLUMN, CELLS = "项", "栏", "行"
LONGEST = 16_000  # characters in a cell; a spreadsheet takes 32,767
Line = Sequence[str]


@dataclass(frozen=True, slots=True)
class Held:
    """What a cell held: plain digits, 不适用 or "", and its note. `seen` named that very state."""

    value: str = ""
    note: str = ""
    seen: str = ""


NOTHING = Held()


@dataclass(frozen=True, slots=True)
class StateColumn:
    head: str
    code: str
    fingerprint: str


@dataclass(slots=True)
class State:
    """What the hidden sheet says; empty where it does not say it."""

    facts: dict[str, str] = field(default_factory=dict)
    columns: dict[str, StateColumn] = field(default_factory=dict)
    cells: dict[tuple[str, str], Held] = field(default_factory=dict)

    def held(self, subject: str, key: str) -> Held:
        return self.cells.get((subject, key), NOTHING)


def held_of(cell: CellData) -> Held:
    """A cell of the grid as a file holds it."""
    value = NOT_APPLICABLE if cell.get("na") else cell["v"]
    return Held(value, plain_note(cell.get("note", "")), cell["seen"])


def plain_note(text: str) -> str:
    """Spreadsheets and browsers end lines in different ways."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def state_lines(contents: Contents, columns: Sequence[Column], facts: Mapping[str, str]) -> Iterator[Line]:
    """The rows of the hidden sheet, all of them texts."""
    yield HEAD
    for name, value in facts.items():
        yield WHOLE, name, value
    plan = contents.grid.tree.plan
    for column in columns:
        node = column.leaf.node
        yield COLUMN, column.key, column.head.replace("\n", " "), node.code, fingerprint(node, plan)
    keys = [column.key for column in columns if column.part != NOTE_PART]
    for line in contents.lines:
        held = {key: _packed(cell) for key in keys if (cell := contents.cells.get(f"{line.pk}:{key}"))}
        if held:
            text = json.dumps(held, ensure_ascii=False, separators=(",", ":"))
            yield CELLS, line.code, *(text[start : start + LONGEST] for start in range(0, len(text), LONGEST))


def _packed(cell: CellData) -> list[str]:
    held = held_of(cell)
    return [held.value, held.note, held.seen]


def facts_of(contents: Contents, made_by: str) -> dict[str, str]:
    """What the hidden sheet says of the file as a whole."""
    round_ = contents.round
    return {
        "格式": FORMAT,
        "轮次": str(round_.pk),
        "开启": round_.opened_at.isoformat(),
        "名称": round_.title,
        "方案": round_.plan_version.digest,
        "填表人": contents.owner,
        "制表人": made_by,
        "制表时间": timezone.localtime().isoformat(timespec="seconds"),
    }


def read_state(raw: RawSheet) -> State:
    """Reads whatever is there; what is missing is for the caller to miss. Raises ValueError where it was changed."""
    state = State()
    for _row, values in raw.rows:
        kind, key, *rest = [clean_text(value) for value in values] + [""] * len(HEAD)
        if kind == WHOLE:
            state.facts[key] = rest[0]
        elif kind == COLUMN:
            state.columns[key] = StateColumn(*rest[:3])
        elif kind == CELLS:
            # Cut into pieces: their ends are not to be cleaned.
            text = "".join(str(value) for value in values[2:] if value)
            for column, (value, note, seen) in json.loads(text).items():
                state.cells[key, column] = Held(str(value), plain_note(str(note)), str(seen))
    return state

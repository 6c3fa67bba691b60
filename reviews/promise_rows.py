"""The rows of a list of promises or tasks: as typed, as pasted from a spreadsheet, as kept; what is wrong with them."""

from __future__ import annotations

import calendar
import datetime
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from reviews.services.errors import InvalidInput

MOST_ROWS = 200
LONGEST, LONGEST_NAME = 2000, 120
FIELDS = ("text", "measure", "until", "who")
# What the first cell of a heading pasted along says.
HEADINGS = ("序号", "承诺事项", "承诺内容", "任务", "任务内容", "工作任务", "事项", "内容")
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?\s*(?:之?前)?")
# A spreadsheet quotes a cell as a whole and doubles the quotes in it; any other quote is a sign of the text.
_CELL = re.compile(r'(?:"((?:[^"\t]|"")*+)"(?=[\t\n]|\Z)|([^\t\n]*))(\t|\n|\Z)')
_MONTH = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*月?\s*(?:底|末)?\s*(?:之?前)?")


@dataclass(frozen=True, slots=True)
class Row:
    """One promise or task. `until` is as typed; in rows that were handed in it is a date (ISO) or nothing."""

    key: str
    text: str = ""
    measure: str = ""
    until: str = ""
    who: str = ""

    @property
    def data(self) -> dict[str, str]:
        return asdict(self)

    @property
    def is_empty(self) -> bool:
        return not any((self.text, self.measure, self.until, self.who))

    @property
    def day(self) -> datetime.date | None:
        return read_day(self.until)


def new_key() -> str:
    return secrets.token_hex(8)


def rows_of(data: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Kept rows."""
    return [Row(str(one.get("key", "")), *(str(one.get(name, "")) for name in FIELDS)) for one in data]


def posted(post: Any) -> list[Row]:
    """The rows of a form, in its order; empty ones and those ticked to be left out are none."""
    found = []
    for key in dict.fromkeys(each[:20] for each in post.getlist("row")):
        row = Row(key, *(_clean(post.get(f"{name}-{key}", "")) for name in FIELDS))
        if not row.is_empty and f"drop-{key}" not in post:
            found.append(row)
    return found


def pasted(text: str) -> list[Row]:
    """Rows copied from a spreadsheet: what, measure or target, deadline, responsible; heading and numbers are skipped.

    A line without tabs is a promise of its own. Raises InvalidInput ("paste") for a deadline that is no date.
    """
    found = []
    for number, line in enumerate(_lines_of(text.replace("\r\n", "\n").replace("\r", "\n")), start=1):
        cells = [cell.strip() for cell in line]
        if not any(cells) or cells[0] in HEADINGS:
            continue
        if len(cells) > 1 and cells[0].rstrip(".、").isdigit():
            cells = cells[1:]
        row = Row(new_key(), *(_clean(cell) for cell in [*cells, "", "", "", ""][: len(FIELDS)]))
        if row.until and row.day is None:
            words = _("Line %(line)d: “%(text)s” in the third column is not a date; write it as 2026-12-31.")
            raise InvalidInput(words % {"line": number, "text": row.until}, "paste")
        found.append(replace(row, until=row.day.isoformat() if row.day else ""))
    return found


def _lines_of(text: str) -> Iterator[list[str]]:
    """The cells of each row. Not by csv: it drops the quotes of “"十四五"规划” and stops at long cells."""
    cells: list[str] = []
    for match in _CELL.finditer(text):
        quoted, plain, end = match.groups()
        cells.append(plain if quoted is None else quoted.replace('""', '"'))
        if end != "\t":
            yield cells
            cells = []


def read_day(text: str) -> datetime.date | None:
    """A date as people type it; of a month alone its last day. None if it is none."""
    if match := _DAY.fullmatch(text.strip()):
        year, month, day = (int(each) for each in match.groups())
    elif match := _MONTH.fullmatch(text.strip()):
        year, month = (int(each) for each in match.groups())
        day = calendar.monthrange(year, month)[1] if 1 <= month <= 12 and year else 0
    else:
        return None
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None


def problems(rows: Sequence[Row]) -> dict[str, str]:
    """Field of a row ("text-KEY") → what is wrong with it; nothing: they can be handed in."""
    found: dict[str, str] = {}
    for row in rows:
        if not row.text:
            found[f"text-{row.key}"] = _("Say what is promised or to be done.")
        if row.until and row.day is None:
            found[f"until-{row.key}"] = _("This is not a date; write it as 2026-12-31.")
        for name in FIELDS:
            most = LONGEST_NAME if name in ("who", "until") else LONGEST
            if len(getattr(row, name)) > most:
                found[f"{name}-{row.key}"] = _("This text is longer than %(most)d characters.") % {"most": most}
    return found


def checked(rows: Sequence[Row]) -> list[Row]:
    """The rows as they are handed in: deadlines as dates. Raises InvalidInput with the first field that is wrong."""
    if not rows:
        raise InvalidInput(_("The list has no row yet."), "rows")
    ensure_few(rows)
    for name, words in problems(rows).items():
        raise InvalidInput(words, name)
    return [replace(row, until=row.day.isoformat() if row.day else "") for row in rows]


def ensure_few(rows: Sequence[Row]) -> None:
    if len(rows) > MOST_ROWS:
        raise InvalidInput(_("A list has at most %(most)d rows.") % {"most": MOST_ROWS}, "rows")


def _clean(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")).strip()

"""What was renamed between two documents, so that all who merely follow the new name count as unchanged."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from .matching import Pair, paired

Row = Mapping[str, Any]

_WORD = re.compile(r'[^\s"<>=!+]+')
# Which names a field holds. Grades and categories may share a field (`shares`), never a name that was renamed.
_CODES = frozenset({"parent", "tie_breakers", "commentary_leaf"})
_NAMES = frozenset(
    {"grade", "grades", "categories", "otherwise", "partial_at", "minimums", "amounts", "shares", "scope"}
)
_CONDITIONS = frozenset({"if", "prefer"})


@dataclass
class Renames:
    """Old name → new name, by what they name."""

    codes: dict[str, str] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    sets: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # grades and categories
    options: dict[str, str] = field(default_factory=dict)

    def followed(self, key: str, value: Any) -> Any:
        """An old value of this field as it must read after the renaming."""
        if key in _CONDITIONS:
            return _WORD.sub(lambda found: self._fact(found.group()), value) if isinstance(value, str) else value
        table = self._table(key)
        return _mapped(value, table) if table else value

    def _table(self, key: str) -> Mapping[str, str]:
        if key in _CODES:
            return self.codes
        if key in _NAMES:
            return self.names
        return {"option": self.options, "set": self.sets, "fact": self.facts}.get(key, {})

    def _fact(self, word: str) -> str:
        """A word of a condition: a fact, or score:CODE, option_share:CODE:OPTION, times_grade:SET:GRADE."""
        head, *parts = word.split(":")
        if not parts:
            return self.facts.get(word, word)
        table = self.sets if head == "times_grade" else self.codes
        if head in ("score", "option_share", "times_grade"):
            parts[0] = table.get(parts[0], parts[0])
        if head == "option_share" and len(parts) > 1:
            parts[1] = self.options.get(parts[1], parts[1])
        return ":".join([head, *parts])


def _mapped(value: Any, table: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return table.get(value, value)
    if isinstance(value, list):
        return [_mapped(item, table) for item in value]
    if isinstance(value, Mapping):
        return {table.get(name, name): item for name, item in value.items()}
    return value


def rows(document: Row, name: str) -> list[Row]:
    """A list of rows of a document that may be unfinished."""
    found = document.get(name)
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


def code_of(row: Row) -> str | None:
    return str(row["code"]) if row.get("code") is not None else None


def names_paired(old: Sequence[Any], new: Sequence[Any]) -> list[Pair]:
    """Grades or categories: a single new name at the place of a single old one is that one, renamed."""
    return paired(old, new, key=str, gaps=True)


def coded_paired(old: Sequence[Row], new: Sequence[Row], same: Sequence[str] = ()) -> list[Pair]:
    """Rows with codes: one that lost its code for another but kept its title (and `same`) was renamed."""

    def alike(a: Row, b: Row) -> Fraction:
        kept = bool(a.get("title")) and all(a.get(key) == b.get(key) for key in ("title", *same))
        return Fraction(int(kept))

    return paired(old, new, key=code_of, alike=alike)


def renames_between(old: Row, new: Row) -> Renames:
    found = Renames()
    for name in ("grades", "categories"):
        lists = [list(doc[name]) if isinstance(doc.get(name), list) else [] for doc in (old, new)]
        found.names.update(_names_renamed(*lists))
    found.facts = _renamed(rows(old, "facts"), rows(new, "facts"), ("type",))
    found.sets = _renamed(rows(old, "sets"), rows(new, "sets"), ())
    for left, right in indicators_paired(old, new, found):
        if left is not None and right is not None:
            found.options.update(
                _names_renamed(*([option.get("title") for option in rows(row, "options")] for row in (left, right)))
            )
    return found


def _names_renamed(old: Sequence[Any], new: Sequence[Any]) -> dict[str, str]:
    """A name that another row of the list bears, before or after, was not renamed but moved."""
    pairs = [(str(old[i]), str(new[j])) for i, j in names_paired(old, new) if i is not None and j is not None]
    return {was: now for was, now in pairs if was != now}


def indicators_paired(old: Row, new: Row, renames: Renames) -> list[tuple[Row | None, Row | None]]:
    """The indicators in pairs; `renames.codes` is filled on the way, from the root down."""
    left, right = rows(old, "indicators"), rows(new, "indicators")
    while True:
        follow = [{**row, "parent": renames.codes.get(str(row.get("parent")), row.get("parent"))} for row in left]
        pairs = coded_paired(follow, right, ("parent", "method"))
        known = dict(renames.codes)
        for i, j in pairs:
            if i is not None and j is not None and code_of(left[i]) != code_of(right[j]):
                renames.codes[str(code_of(left[i]))] = str(code_of(right[j]))
        if renames.codes == known:
            return [(None if i is None else left[i], None if j is None else right[j]) for i, j in pairs]


def _renamed(old: Sequence[Row], new: Sequence[Row], same: Sequence[str]) -> dict[str, str]:
    return {
        str(code_of(old[i])): str(code_of(new[j]))
        for i, j in coded_paired(old, new, same)
        if i is not None and j is not None and code_of(old[i]) != code_of(new[j])
    }

"""What differs between two documents of a plan, in sentences that an office reads.

`differences` takes any two documents: stored, typed, or an unfinished draft with errors. Indicators, facts and
entries are the same by their codes, grade rules by what they say, so that a share of 25% instead of 30% is a
change of that rule and not another rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from scoring.engine import rule_words
from scoring.engine.text import gettext_noop
from scoring.engine.types import Plan, Text

from . import document as documents
from . import shape, value_words
from .changes import ADDED, CHANGED, MOVED, PARTS, REMOVED, Change, Part, in_parts
from .matching import Pair, moved, paired
from .renames import Renames, code_of, coded_paired, indicators_paired, names_paired, renames_between, rows
from .schema import Field, ListOf, NamedRow, Record, TableOf, plain, readable

Row = Mapping[str, Any]
Word = value_words.Word

_PART_OF = {
    "indicators": "indicators",
    "facts": "facts",
    "rules": "rules",
    "selections": "results",
    "payout": "results",
    "follow_ups": "results",
    "voting": "procedure",
    "duty_report": "procedure",
    "meeting": "procedure",
    "process": "procedure",
    "announcement": "procedure",
    "objection": "procedure",
}


def differences(old: Row, new: Row) -> list[Change]:
    """All changes that lead from one document to the other, in the order of the plan's parts."""
    return _Comparison(old, new).run()


def grouped(old: Row, new: Row) -> list[Part]:
    """The same by parts and places, as `indicators/_differences.html` shows them."""
    return in_parts(differences(old, new))


@dataclass(frozen=True, slots=True)
class _At:
    """Where the comparison stands. `list_name`: whose fields these are; `inner`: the row inside the place."""

    part: str
    place: str
    title: Word
    list_name: str = ""
    inner: Word = ""

    def inside(self, name: Word, list_name: str) -> _At:
        return replace(self, inner=_nested(self.inner, name), list_name=list_name)


def _nested(outer: Word, inner: Word) -> Word:
    return Text("%(outer)s · %(inner)s", {"outer": outer, "inner": inner}) if outer else inner


class _Comparison:
    def __init__(self, old: Row, new: Row) -> None:
        self.old, self.new = (dict(readable(shape.PLAN, values)) for values in (old, new))
        self.plans: tuple[Plan | None, Plan | None] = (documents.check(old).plan, documents.check(new).plan)
        self.renames: Renames = renames_between(self.old, self.new)
        self.changes: list[Change] = []

    def run(self) -> list[Change]:
        for key in _keys(shape.PLAN.fields, self.old, self.new):
            old, new = self.old.get(key), self.new.get(key)
            if key == "indicators" and _all_rows(old, new):
                self._indicators()
            elif not self._same(key, old, new) or key in ("grades", "categories"):
                self._part(key, shape.PLAN.fields.get(key), old, new)
        if not self.changes and _written(self.old) != _written(self.new):
            # Rows of other parents in another order, names of defaults …: nothing that anybody sees.
            at = _At("plan", "order", value_words.field_words("title"))
            self._add(at, CHANGED, Text(gettext_noop("order of writing")))
        return sorted(self.changes, key=lambda change: list(PARTS).index(change.part))

    # -------------------------------------------------------------------- parts of a plan

    def _part(self, key: str, kind: Field | None, old: Any, new: Any) -> None:
        at = _At(_PART_OF.get(key, "plan"), key, value_words.field_words(key))
        if key in ("grades", "categories") and _all_texts(old, new):
            self._names(at, old or [], new or [])
        elif _rows_of(kind) is not None and _all_rows(old, new):
            self._places(at, key, _rows_of(kind), rows(self.old, key), rows(self.new, key))
        elif isinstance(kind, Record):
            self._value(at, key, kind, old, new)
        else:
            self._value(replace(at, list_name="plan"), key, kind, old, new)

    def _names(self, at: _At, old: Sequence[str], new: Sequence[str]) -> None:
        """Grades or categories, each by its name."""
        name = value_words.field_words({"grades": "grade"}.get(at.place, "category"))
        pairs = names_paired(old, new)
        for i, j in pairs:
            if i is None and j is not None:
                self._add(at, ADDED, name, new=new[j])
            elif j is None and i is not None:
                self._add(at, REMOVED, name, old=old[i])
            elif i is not None and j is not None and old[i] != new[j]:
                self._add(at, CHANGED, Text(gettext_noop("name")), old[i], new[j])
        for j in sorted(moved(pairs)):
            self._add(at, MOVED, _ordered(new[j]), *_orders(pairs, j, old, new))

    def _indicators(self) -> None:
        pairs = indicators_paired(self.old, self.new, self.renames)
        old_names = {str(code_of(row)): value_words.row_name(row) for row in rows(self.old, "indicators")}
        new_names = {str(code_of(row)): value_words.row_name(row) for row in rows(self.new, "indicators")}
        skip = frozenset({"parent"})
        for old, new in pairs:
            row = new or old or {}
            at = _At("indicators", str(code_of(row)), value_words.row_name(row), str(row.get("method", "")))
            what = Text(gettext_noop("indicator"))
            if old is None and new is not None:
                self._add(at, ADDED, what, new=_below(new, new_names))
            elif new is None and old is not None:
                self._add(at, REMOVED, what, old=_below(old, old_names))
            elif old is not None and new is not None:
                if not self._same("parent", old.get("parent"), new.get("parent")):
                    above = (old_names.get(str(old.get("parent"))), new_names.get(str(new.get("parent"))))
                    self._add(at, MOVED, value_words.field_words("parent"), *(name or "—" for name in above))
                self._record(at, shape.INDICATOR.fields, old, new, skip)
        self._siblings(pairs)

    def _siblings(self, pairs: Sequence[tuple[Row | None, Row | None]]) -> None:
        """Indicators that stand at another place among those below the same one."""
        old_rows, new_rows = rows(self.old, "indicators"), rows(self.new, "indicators")
        new_of = {id(old): new for old, new in pairs if old is not None and new is not None}
        stayed: dict[str, list[Row]] = {}
        for row in old_rows:
            new = new_of.get(id(row))
            if new is not None and self._same("parent", row.get("parent"), new.get("parent")):
                stayed.setdefault(str(new.get("parent")), []).append(new)
        place_of = {id(row): place for place, row in enumerate(new_rows)}
        for family in stayed.values():
            now = sorted(family, key=lambda row: place_of[id(row)])
            was = {id(row): place for place, row in enumerate(family)}
            order: list[Pair] = [(was[id(row)], place) for place, row in enumerate(now)]
            names = [[value_words.row_name(row) for row in listed] for listed in (family, now)]
            for j in sorted(moved(order)):
                at = _At("indicators", str(code_of(now[j])), names[1][j])
                self._add(at, MOVED, Text(gettext_noop("order")), *_orders(order, j, *names))

    def _places(self, at: _At, key: str, record: Record | None, old: Sequence[Row], new: Sequence[Row]) -> None:
        """A list whose rows are places of their own: facts, rules, steps …"""
        pairs = self._paired(key, old, new)
        shifted = moved(pairs)
        for i, j in pairs:
            row, number = (new[j], j + 1) if j is not None else (old[i or 0], (i or 0) + 1)
            here = replace(at, place=code_of(row) or f"{key}.{number}", title=_title(key, row, number), list_name=key)
            if i is None or j is None:
                self._came_or_went(here, key, old, new, i, j)
            elif key == "rules":
                self._rule(here, i, j, old[i], new[j])
            else:
                self._record(here, record.fields if record else {}, old[i], new[j])
            if i is not None and j in shifted:
                self._add(here, MOVED, Text(gettext_noop("order")), str(i + 1), str(number))

    def _came_or_went(
        self, at: _At, key: str, old: Sequence[Row], new: Sequence[Row], i: int | None, j: int | None
    ) -> None:
        what = value_words.field_words(key)
        if i is None and j is not None:
            self._add(at, ADDED, what, new=self._said(1, j, new[j], key))
        elif i is not None:
            self._add(at, REMOVED, what, old=self._said(0, i, old[i], key))

    def _said(self, side: int, place: int, row: Row, key: str) -> Word:
        """A rule by the engine's sentence, where that plan is in order; any other row by its values."""
        plan = self.plans[side]
        if key == "rules" and plan is not None:
            return rule_words(plan.rules[place], plan)
        return value_words.summary(row, key) or value_words.row_name(row)

    def _rule(self, at: _At, i: int, j: int, old: Row, new: Row) -> None:
        own = [key for key in _keys(shape.RULE.fields, old, new) if key not in ("note", "defaults")]
        differ = [key for key in own if not self._same(key, old.get(key), new.get(key))]
        if differ:
            names = Text("%(list)s", {"list": [value_words.field_words(key, "rules") for key in differ]})
            both = None not in self.plans
            said = [
                self._said(side, place, row, "rules") if both else value_words.summary(row, "rules")
                for side, place, row in ((0, i, old), (1, j, new))
            ]
            self._add(at, CHANGED, names, *said)
        self._record(at, shape.RULE.fields, old, new, frozenset(own))

    # -------------------------------------------------------------------- fields

    def _record(
        self, at: _At, fields: Mapping[str, Field], old: Row, new: Row, skip: frozenset[str] = frozenset()
    ) -> None:
        for key in _keys(fields, old, new):
            if key not in skip:
                self._value(at, key, fields.get(key), old.get(key), new.get(key))

    def _value(self, at: _At, key: str, kind: Field | None, old: Any, new: Any) -> None:
        if self._same(key, old, new):
            return
        name = value_words.field_words(key, at.list_name)
        record = _rows_of(kind)
        if record is not None and _all_rows(old, new):
            self._inner_rows(at, key, record, old or [], new or [])
        elif isinstance(kind, Record) and isinstance(old, Mapping) and isinstance(new, Mapping):
            self._record(replace(at, list_name=key), kind.fields, old, new)
        elif isinstance(kind, TableOf) and isinstance(old, Mapping) and isinstance(new, Mapping):
            self._table(at.inside(name, key), key, old, new)
        else:
            what = _nested(at.inner, name)
            if isinstance(kind, Record) and None in (old, new):
                texts = [value_words.summary(row, key) if isinstance(row, Mapping) else "" for row in (old, new)]
                self._add(at, ADDED if old is None else REMOVED, what, *texts)
            else:
                self._add(at, CHANGED, what, value_words.value_words(key, old), value_words.value_words(key, new))

    def _table(self, at: _At, key: str, old: Row, new: Row) -> None:
        was = self.renames.followed(key, old)
        for name in _keys({}, was, new):
            if was.get(name) != new.get(name):
                words = [value_words.value_words(key, table.get(name)) for table in (was, new)]
                self._add(at, CHANGED, _nested(at.inner, name), *words)

    def _inner_rows(self, at: _At, key: str, record: Record, old: Sequence[Row], new: Sequence[Row]) -> None:
        """Rows inside a place: entries of a catalogue, options, classes, parts of a duty report …"""
        what = _nested(at.inner, value_words.field_words(key, at.list_name))
        pairs = self._paired(key, old, new)
        for i, j in pairs:
            if i is None and j is not None:
                self._add(at, ADDED, what, new=_whole(new[j], key))
            elif j is None and i is not None:
                self._add(at, REMOVED, what, old=_whole(old[i], key))
            elif i is not None and j is not None:
                self._record(_row_at(at, what, old[i], key), record.fields, old[i], new[j])
        names = [[value_words.row_name(row) for row in listed] for listed in (old, new)]
        for j in sorted(moved(pairs)):
            self._add(at, MOVED, _ordered(_nested(what, names[1][j])), *_orders(pairs, j, *names))

    # -------------------------------------------------------------------- helpers

    def _paired(self, key: str, old: Sequence[Row], new: Sequence[Row]) -> list[Pair]:
        if any("code" in row for row in (*old, *new)):
            return coded_paired(old, new, ("type",) if key == "facts" else ())
        if key == "rules":
            return paired(old, new, key=lambda _row: None, alike=self._alike)
        return paired(old, new, key=_identity, alike=self._alike, gaps=True)

    def _alike(self, old: Row, new: Row) -> Fraction:
        """The part of their values that two rows share."""
        keys = [key for key in _keys({}, old, new) if key not in ("note", "defaults")]
        return Fraction(sum(self._same(key, old.get(key), new.get(key)) for key in keys), max(1, len(keys)))

    def _same(self, key: str, old: Any, new: Any) -> bool:
        return bool(old == new or self.renames.followed(key, old) == new)

    def _add(self, at: _At, kind: str, what: Word, old: Word = "", new: Word = "") -> None:
        # A place with one value, such as the decimals, need not be named twice.
        self.changes.append(Change(at.part, at.place, at.title, kind, "" if what == at.title else what, old, new))


def _keys(fields: Mapping[str, Field], old: Row, new: Row) -> Iterator[str]:
    """Every key of two records, in the order of the shape, unknown ones after them."""
    yield from (key for key in fields if key in old or key in new)
    yield from dict.fromkeys(key for key in (*old, *new) if key not in fields)


def _rows_of(kind: Field | None) -> Record | None:
    item = kind.item if isinstance(kind, ListOf) else None
    if isinstance(item, NamedRow):
        return item.record
    return item if isinstance(item, Record) else None


def _all_rows(*lists: Any) -> bool:
    return all(
        value is None or (isinstance(value, list) and all(isinstance(row, Mapping) for row in value)) for value in lists
    )


def _all_texts(*lists: Any) -> bool:
    return all(
        value is None or (isinstance(value, list) and all(isinstance(item, str) for item in value)) for value in lists
    )


def _written(values: Any) -> str:
    """What the digest is taken of: the order of keys says nothing, and no database need keep it."""
    return documents.canonical(plain(values))


def _identity(row: Row) -> str | None:
    key = next((key for key in ("title", "name", "rank", "action") if row.get(key) is not None), None)
    return None if key is None else str(row[key])


def _title(key: str, row: Row, number: int) -> Word:
    if key == "rules":
        return Text(gettext_noop("Grade rule %(number)s"), {"number": number})
    name = value_words.row_name(row)
    if code_of(row) is not None:
        return name
    return Text("%(list)s %(number)s %(name)s", {"list": value_words.field_words(key), "number": number, "name": name})


def _row_at(at: _At, what: Word, row: Row, key: str) -> _At:
    return replace(
        at, inner=Text("%(what)s %(name)s", {"what": what, "name": value_words.row_name(row)}), list_name=key
    )


def _whole(row: Row, key: str) -> Word:
    """A row inside a place, by name and values."""
    name, values = value_words.row_name(row), value_words.summary(row, key)
    if not name or not values:
        return name or values
    return Text(gettext_noop("%(name)s (%(values)s)"), {"name": name, "values": values})


def _below(row: Row, names: Mapping[str, str]) -> Word:
    """An indicator in one line, with the one above it."""
    said = value_words.summary({**row, "parent": names.get(str(row.get("parent")))}, str(row.get("method", "")))
    return said or value_words.row_name(row)


def _ordered(name: Word) -> Text:
    return Text(gettext_noop("order of %(name)s"), {"name": name})


def _orders(pairs: Sequence[Pair], place: int, old: Sequence[str], new: Sequence[str]) -> tuple[Word, Word]:
    """Where a moved row stood and stands, by the row before it."""
    was = next(i for i, j in pairs if j == place) or 0
    return _after(was, old), _after(place, new)


def _after(place: int, names: Sequence[str]) -> Word:
    if place == 0:
        return Text(gettext_noop("first"))
    return Text(gettext_noop("after %(name)s"), {"name": names[place - 1]})

"""Reading a nested document by a declared shape.

A field turns a raw value (from TOML, JSON or a form) into a typed one and reports what it cannot
accept, with its path; reading goes on, so that one look shows everything that is wrong. Figures
become `Decimal`; a binary float is refused, because it is no longer what was written.
"""

from __future__ import annotations

import datetime
import difflib
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from appraisal_site.lib.fields import canonical
from scoring.engine.text import gettext_noop as _
from scoring.engine.types import Text

Path = tuple[str | int, ...]
Report = Callable[[Path, Text], None]

PLAIN_NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,12})?")
REFUSED: Any = object()  # what a field gives back for a value it reported


class Field(ABC):
    """One kind of value."""

    @abstractmethod
    def read(self, value: Any, path: Path, report: Report) -> Any:
        """The typed value, or REFUSED after reporting why."""


def shown(value: Any) -> str:
    """A refused value as it is quoted in a message: short, on one line."""
    if isinstance(value, Mapping):
        return "{…}"
    if isinstance(value, list):
        return "[…]"
    text = str(value).lower() if isinstance(value, bool) else " ".join(str(value).split())
    return text if len(text) <= 60 else text[:59] + "…"


def nearest(word: str, known: Sequence[str]) -> str:
    """The known word that was probably meant, or an empty string."""
    found = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return found[0] if found else ""


@dataclass(frozen=True)
class Words(Field):
    """A text on one line, or several lines where `lines` allows them."""

    longest: int = 200
    pattern: re.Pattern[str] | None = None
    expected: str = ""  # what `pattern` asks for, a msgid
    lines: bool = False

    def read(self, value: Any, path: Path, report: Report) -> Any:
        if not isinstance(value, str):
            report(path, Text(_("“%(value)s” is not a text: put it in quotation marks."), {"value": shown(value)}))
            return REFUSED
        text = value.strip()
        if not self.lines:
            text = " ".join(text.split())
        if not text:
            report(path, Text(_("This is empty; a text is expected.")))
        elif len(text) > self.longest:
            values = {"length": len(text), "longest": self.longest}
            report(path, Text(_("This is %(length)s characters long; at most %(longest)s are expected."), values))
        elif self.pattern and not self.pattern.fullmatch(text):
            report(
                path,
                Text(
                    _("“%(value)s” does not do: %(expected)s."), {"value": shown(text), "expected": Text(self.expected)}
                ),
            )
        else:
            return text
        return REFUSED


@dataclass(frozen=True)
class Figure(Field):
    """An exact number. Accepted are numbers of a TOML file, whole numbers, and plain digits as text."""

    low: Decimal | None = None
    high: Decimal | None = None
    above: Decimal | None = None  # greater than this

    def read(self, value: Any, path: Path, report: Report) -> Any:
        number = self._number(value)
        if number is None:
            message = _("“%(value)s” is not a number in plain digits.")
            if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value, re.ASCII):
                message = _("“%(value)s” has too many digits: at most 12 before and after the point.")
            report(path, Text(message, {"value": shown(value)}))
            return REFUSED
        if self.above is not None and number <= self.above:
            expected = Text(_("more than %(low)s"), {"low": self.above})
        elif self.low is not None and number < self.low:
            expected = Text(_("at least %(low)s"), {"low": self.low})
        elif self.high is not None and number > self.high:
            expected = Text(_("at most %(high)s"), {"high": self.high})
        else:
            return number
        report(
            path,
            Text(
                _("%(value)s is out of range: %(expected)s is expected."),
                {"value": canonical(number), "expected": expected},
            ),
        )
        return REFUSED

    @staticmethod
    def _number(value: Any) -> Decimal | None:
        if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
            return None
        text = canonical(value) if isinstance(value, Decimal) and value.is_finite() else str(value)
        return Decimal(canonical(Decimal(text))) if PLAIN_NUMBER.fullmatch(text) else None


@dataclass(frozen=True)
class Count(Field):
    """A whole number within bounds."""

    low: int = 0
    high: int = 1_000_000

    def read(self, value: Any, path: Path, report: Report) -> Any:
        if isinstance(value, str) and re.fullmatch(r"-?\d{1,9}", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            report(path, Text(_("“%(value)s” is not a whole number."), {"value": shown(value)}))
            return REFUSED
        if not self.low <= value <= self.high:
            values = {"value": value, "low": self.low, "high": self.high}
            report(path, Text(_("%(value)s is out of range: %(low)s to %(high)s is expected."), values))
            return REFUSED
        return value


class Flag(Field):
    """Yes or no: true or false."""

    def read(self, value: Any, path: Path, report: Report) -> Any:
        if isinstance(value, bool):
            return value
        report(path, Text(_("“%(value)s” is neither true nor false."), {"value": shown(value)}))
        return REFUSED


@dataclass(frozen=True)
class Choice(Field):
    """One of a few words."""

    options: tuple[Any, ...]

    def read(self, value: Any, path: Path, report: Report) -> Any:
        if not isinstance(value, bool) and value in self.options:
            return value
        values = {"value": shown(value), "options": [str(option) for option in self.options]}
        meant = nearest(value, [str(option) for option in self.options]) if isinstance(value, str) else ""
        if meant:
            report(path, Text(_("“%(value)s” is not known here. Did you mean “%(meant)s”?"), values | {"meant": meant}))
        else:
            report(path, Text(_("“%(value)s” is not known here; expected is one of: %(options)s."), values))
        return REFUSED


class Day(Field):
    """A date, as a TOML date or as text like 2016-11-25; typed as that text."""

    def read(self, value: Any, path: Path, report: Report) -> Any:
        if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
            return value.isoformat()
        if isinstance(value, str):
            try:
                return datetime.date.fromisoformat(value).isoformat()
            except ValueError:
                pass
        report(path, Text(_("“%(value)s” is not a date like 2016-11-25."), {"value": shown(value)}))
        return REFUSED


@dataclass(frozen=True)
class ListOf(Field):
    """A list of values of one kind. `unique`: no value twice. Rows are lists of `Record`."""

    item: Field
    unique: bool = False
    least: int = 0

    def read(self, value: Any, path: Path, report: Report) -> Any:
        if isinstance(value, Mapping) and isinstance(self.item, Record):
            report(
                path,
                Text(
                    _("There may be several of these: the heading stands in double brackets, [[%(name)s]]."),
                    {"name": path[-1] if path else ""},
                ),
            )
            return REFUSED
        if not isinstance(value, (list, tuple)):
            report(path, Text(_("“%(value)s” is not a list: put it in square brackets."), {"value": shown(value)}))
            return REFUSED
        if len(value) < self.least:
            report(
                path,
                Text(
                    _("This list has %(count)s entries; at least %(least)s are expected."),
                    {"count": len(value), "least": self.least},
                ),
            )
        found: list[Any] = []
        for index, raw in enumerate(value):
            typed = self.item.read(raw, (*path, index), report)
            if typed is REFUSED:
                continue
            if self.unique and typed in found:
                report((*path, index), Text(_("“%(value)s” is in this list twice."), {"value": shown(raw)}))
                continue
            found.append(typed)
        return found


@dataclass(frozen=True)
class TableOf(Field):
    """Names with values of one kind, such as grades with their minimum."""

    item: Field

    def read(self, value: Any, path: Path, report: Report) -> Any:
        if not isinstance(value, Mapping):
            report(
                path, Text(_("“%(value)s” is not a table: write it as { name = value, … }."), {"value": shown(value)})
            )
            return REFUSED
        typed = {str(key): self.item.read(raw, (*path, str(key)), report) for key, raw in value.items()}
        return {key: item for key, item in typed.items() if item is not REFUSED}


@dataclass(frozen=True)
class Either(Field):
    """One kind when the value is a list, another when it is not."""

    single: Field
    several: Field

    def read(self, value: Any, path: Path, report: Report) -> Any:
        chosen = self.several if isinstance(value, (list, tuple)) else self.single
        return chosen.read(value, path, report)


@dataclass(frozen=True)
class NamedRow(Field):
    """A record, or just its name: "区委办公室" stands for {name = "区委办公室"}. Typed as the record."""

    record: Record
    name: str

    def read(self, value: Any, path: Path, report: Report) -> Any:
        raw = {self.name: value} if isinstance(value, str) else value
        return self.record.read(raw, path, report)


@dataclass(frozen=True)
class Record(Field):
    """Named values, each of its own kind. An unknown name is an error that says which was meant."""

    fields: Mapping[str, Field] = field(default_factory=dict)
    required: tuple[str, ...] = ()

    def read(self, value: Any, path: Path, report: Report) -> Any:
        if not isinstance(value, Mapping):
            report(
                path, Text(_("“%(value)s” is not a table: write it as { name = value, … }."), {"value": shown(value)})
            )
            return REFUSED
        known = list(self.fields)
        unknown = [str(key) for key in value if key not in self.fields]
        for key in unknown:
            report((*path, key), unknown_key(key, known))
        meant = {nearest(key, known) for key in unknown}
        for key in self.required:
            if value.get(key) is None and key not in meant:
                report((*path, key), Text(_("“%(key)s” is missing."), {"key": key}))
        typed = {}
        # In the order of the shape, so that two documents that say the same are alike.
        for key, kind in self.fields.items():
            if value.get(key) is None:
                continue
            item = kind.read(value[key], (*path, key), report)
            if item is not REFUSED:
                typed[key] = item
        return typed


def unknown_key(key: str, known: Sequence[str]) -> Text:
    meant = nearest(key, known)
    if meant:
        return Text(_("“%(key)s” is not known here. Did you mean “%(meant)s”?"), {"key": key, "meant": meant})
    return Text(_("“%(key)s” is not known here; known are: %(known)s."), {"key": key, "known": list(known)})


def readable(kind: Field, raw: Any) -> Any:
    """The typed value; where something cannot be read, that as it was written and the rest typed."""
    problems: list[Any] = []
    typed = kind.read(raw, (), lambda path, _text: problems.append(path))
    if not problems:
        return typed
    if isinstance(kind, Either):
        return readable(kind.several if isinstance(raw, (list, tuple)) else kind.single, raw)
    if isinstance(kind, NamedRow):
        return readable(kind.record, {kind.name: raw} if isinstance(raw, str) else raw)
    if isinstance(kind, ListOf) and isinstance(raw, (list, tuple)):
        return [readable(kind.item, item) for item in raw]
    if isinstance(kind, TableOf) and isinstance(raw, Mapping):
        return {str(key): readable(kind.item, item) for key, item in raw.items()}
    if isinstance(kind, Record) and isinstance(raw, Mapping):
        known = [key for key in kind.fields if raw.get(key) is not None]
        others = {str(key): value for key, value in raw.items() if key not in kind.fields and value is not None}
        return {key: readable(kind.fields[key], raw[key]) for key in known} | others
    return raw


def plain(value: Any) -> Any:
    """A typed value as JSON can hold it: figures as plain digits in text."""
    if isinstance(value, Decimal):
        return canonical(value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value

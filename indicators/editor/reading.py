"""What a browser posts back, as raw values of the document; and these values checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.http import QueryDict

from indicators.schema import Choice, Either, Field, Path, Record
from scoring.engine.types import Text

from . import kinds
from .condition_text import read_condition
from .errors import MISSING, for_a_form
from .figures import figure_list, lines, number_text, share_text
from .offers import CHOSEN


def read_post(
    record: Record,
    post: QueryDict,
    *,
    keys: Sequence[str] | None = None,
    prefix: str = "",
    place: str | None = None,
) -> dict[str, Any]:
    """The raw values of a part as they were typed, figures as plain digits in text. What is empty is absent.

    `keys`: those to be read, unless all that the part's kind (a posted method, rule …) has. What was posted of
    other keys is left out: after another method was chosen, only the values that it has too remain.
    """
    where = kinds.place_of(record) if place is None else place
    return _Posted(record, post, where, prefix).read(keys)


class _Posted:
    def __init__(self, record: Record, post: QueryDict, place: str, prefix: str) -> None:
        self.record, self.post, self.place, self.prefix = record, post, place, prefix

    def name(self, key: str) -> str:
        return f"{self.prefix}.{key}" if self.prefix else key

    def text(self, name: str) -> str:
        return str(self.post.get(name, "")).replace("\r\n", "\n").strip()

    def read(self, keys: Sequence[str] | None) -> dict[str, Any]:
        decides = kinds.VARIANT_KEYS.get(self.place, "")
        chosen = {decides: self.text(self.name(decides)) or None} if decides else {}
        fields = kinds.fields_of(self.record, self.place, chosen)
        found: dict[str, Any] = {}
        for key in fields if keys is None else keys:
            if key not in self.record.fields:
                continue
            field = fields.get(key, self.record.fields[key])
            value = self.value(key, field)
            if value is not None:
                found[key] = value
        return found

    def value(self, key: str, field: Field) -> Any:
        """The raw value of one key; None if nothing was filled in."""
        name = self.name(key)
        if key == "defaults":
            return self.ticked(name) or None
        kind = kinds.kind_of(field, self.place, key)
        special: dict[str, Callable[[str, Any, str], Any]] = {
            "flag": self._flag,
            "choice": self._choice,
            "choices": self._choices,
            "ordered": self._ordered,
            "table": self._table,
            "scope": self._scope,
            "rows": self._rows,
            "part": self._part,
        }
        if kind in special:
            return special[kind](name, field, key)
        plain: dict[str, Callable[[str], Any]] = {
            "figure": number_text,
            "count": number_text,
            "share": share_text,
            "figures": figure_list,
            "names": lines,
        }
        if kind == "condition":
            return read_condition(self.post, name) or None
        return plain.get(kind, str)(self.text(name)) or None

    def ticked(self, name: str) -> list[str]:
        """The ticked names: in the order in which the document had them, then the new ones."""
        ticked = list(dict.fromkeys(value for value in self.post.getlist(name) if value.strip()))
        order = [value for value in self.post.getlist(f"{name}.order") if value in ticked]
        return list(dict.fromkeys([*order, *ticked]))

    def _flag(self, name: str, field: Field, key: str) -> bool | None:
        values = self.post.getlist(name)
        return True if "true" in values else False if "false" in values else None

    def _choice(self, name: str, field: Field, key: str) -> Any:
        return _option(field, self.text(name)) or None

    def _choices(self, name: str, field: Field, key: str) -> Any:
        ticked = self.ticked(name)
        single = isinstance(field, Either) and len(ticked) == 1 and f"{name}.listed" not in self.post
        return (ticked[0] if single else ticked) or None

    def _ordered(self, name: str, field: Field, key: str) -> list[str] | None:
        return [value.strip() for value in self.post.getlist(name) if value.strip()] or None

    def _table(self, name: str, field: Any, key: str) -> dict[str, str] | None:
        typed = share_text if kinds.is_share(field.item) else number_text
        pairs = zip(self.post.getlist(name), self.post.getlist(f"{name}.value"), strict=False)
        return {row: typed(value) for row, value in pairs if value.strip()} or None

    def _scope(self, name: str, field: Field, key: str) -> Any:
        mode = self.text(name)
        return self.ticked(f"{name}.{CHOSEN}") if mode == CHOSEN else mode or None

    def _rows(self, name: str, field: Field, key: str) -> list[dict[str, Any]] | None:
        found = kinds.record_of(field)
        assert found is not None
        ids = dict.fromkeys(self.post.getlist(name))
        rows = (_Posted(found[0], self.post, key, f"{name}.{each}").read(None) for each in ids)
        return [row for row in rows if row] or None

    def _part(self, name: str, field: Any, key: str) -> dict[str, Any] | None:
        return _Posted(field, self.post, key, name).read(None) or None


def _option(field: Field, text: str) -> Any:
    """The option of this text, which need not be a text itself; what is no option stays as it is."""
    options: Iterable[Any] = field.options if isinstance(field, Choice) else ()
    return next((option for option in options if str(option) == text), text)


# ------------------------------------------------------------------------------ checking


def check(record: Record, raw: Mapping[str, Any], *, place: str | None = None) -> tuple[Any, dict[Path, list[Text]]]:
    """The typed values, and what is wrong with them by path; the values are None where anything is."""
    where = kinds.place_of(record) if place is None else place
    found: dict[Path, list[Text]] = {}

    def report(path: Path, text: Text) -> None:
        found.setdefault(path, []).append(for_a_form(record, path, text))

    typed = record.read(raw, (), report)
    for key in kinds.required_of(record, where, raw):
        if raw.get(key) is None and (key,) not in found:
            report((key,), Text(MISSING, {"key": key}))
    return (None if found else typed), found

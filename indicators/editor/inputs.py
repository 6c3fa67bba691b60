"""A part of a plan as inputs: one for each key, made from the key's field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from indicators import words
from indicators.schema import Choice, Count, Either, Field, Figure, ListOf, Path, Record, TableOf, Words
from scoring.engine.types import Text

from . import kinds, labels, offers
from .conditions import condition_form
from .controls import Input, Mark, Row, TableLine
from .errors import for_a_form
from .figures import as_text, list_items, percent_text
from .names import Names, option_titles
from .offers import CHOSEN

Errors = Mapping[Path, Sequence[Text]]
SPARE_ROWS = 2  # of a list, where there is no script to add some
_LENGTHS = {"figure": 25, "share": 25, "count": 12}
# A row is one line of a table where all its inputs are small.
_SMALL = {"text", "figure", "figures", "share", "count", "flag", "choice", "day"}


def inputs(
    record: Record,
    raw: Mapping[str, Any],
    names: Names,
    *,
    keys: Sequence[str] | None = None,
    errors: Errors | None = None,
    prefix: str = "",
    place: str | None = None,
) -> list[Input]:
    """The inputs of a part, in the order of `keys` (all that have a meaning for `raw`, unless given).

    `errors` are by path from the part, of `reading.check` or of `record.read`. `place` is where the part stands in
    the plan, needed only for a record that is not itself one of `shape.PLAN`.
    """
    said = {path: [for_a_form(record, path, text) for text in texts] for path, texts in (errors or {}).items()}
    form = _Form(record, raw, names, place if place is not None else kinds.place_of(record), prefix, said)
    return form.inputs(keys)


@dataclass(frozen=True)
class _Form:
    """One part under work; parts and rows within it are forms of their own."""

    record: Record
    raw: Mapping[str, Any]
    names: Names
    place: str
    prefix: str
    errors: Errors
    path: Path = ()
    depth: int = 0
    method: str = ""  # of the indicator that this is a part of

    @cached_property
    def variant(self) -> str:
        return kinds.variant_of(self.place, self.raw)

    @cached_property
    def defaults(self) -> list[str]:
        return [as_text(item) for item in list_items(self.raw.get("defaults"))]

    @cached_property
    def required(self) -> tuple[str, ...]:
        return kinds.required_of(self.record, self.place, self.raw)

    def inputs(self, keys: Sequence[str] | None) -> list[Input]:
        fields = kinds.fields_of(self.record, self.place, self.raw)
        chosen = [key for key in (fields if keys is None else keys) if key in self.record.fields]
        marked = "defaults" in chosen
        found = [
            self.input(key, fields.get(key, self.record.fields[key]), marked) for key in chosen if key != "defaults"
        ]
        return [*found, *self._other_defaults(found)] if marked else found

    def input(self, key: str, field: Field, marked: bool) -> Input:
        kind = kinds.kind_of(field, self.place, key)
        label = labels.label_of(self.place, self.variant, key)
        base = Input(
            kind=kind,
            key=key,
            name=self._name(key),
            label=str(label.label),
            help=str(label.help),
            unstated=str(label.unstated),
            required=key in self.required,
            mark=self._mark(key) if marked else None,
            errors=tuple(self.errors.get((*self.path, key), ())),
        )
        made: Input = getattr(self, f"_{kind}")(base, field, self.raw.get(key))
        return made

    def _name(self, key: str) -> str:
        return f"{self.prefix}.{key}" if self.prefix else key

    def _mark(self, key: str) -> Mark | None:
        if (key not in words.VALUES or key == "note") and key not in self.defaults:
            return None
        return Mark(self._name("defaults"), key, key in self.defaults)

    def _other_defaults(self, found: Iterable[Input]) -> list[Input]:
        """Names in `defaults` that have no input here to stand beside; and the order of all of them."""
        marks = {each.key for each in found if each.mark}
        known = [(key, str(words.VALUES.get(key, key))) for key in self.record.fields]
        others = [name for name in self.defaults if name not in marks]
        if not self.defaults:
            return []
        label = labels.label_of(self.place, self.variant, "defaults")
        return [
            Input(
                kind="defaults",
                key="defaults",
                name=self._name("defaults"),
                label=str(label.label),
                choices=tuple(each for each in offers.offers(known, others) if each.selected),
                order=tuple(self.defaults),
                errors=tuple(self._under("defaults")),
            )
        ]

    def _under(self, *steps: str | int) -> list[Text]:
        """The errors of a value and of everything in it."""
        start = (*self.path, *steps)
        return [text for path, texts in self.errors.items() if path[: len(start)] == start for text in texts]

    # One method for each kind of input: base, field and raw value → the input.

    def _text(self, base: Input, field: Words, value: Any) -> Input:
        suggestions = self.names.assessors if (self.place, base.key) == ("assessors", "name") else ()
        return replace(base, value=as_text(value), longest=field.longest, suggestions=suggestions)

    def _lines(self, base: Input, field: Words, value: Any) -> Input:
        return replace(base, value=as_text(value), longest=field.longest)

    def _figure(self, base: Input, field: Figure, value: Any) -> Input:
        return replace(base, value=as_text(value), longest=_LENGTHS["figure"])

    def _share(self, base: Input, field: Figure, value: Any) -> Input:
        return replace(base, value=percent_text(value), longest=_LENGTHS["share"])

    def _count(self, base: Input, field: Count, value: Any) -> Input:
        return replace(base, value=as_text(value), longest=_LENGTHS["count"])

    def _day(self, base: Input, field: Field, value: Any) -> Input:
        return replace(
            base, value=as_text(value), checked=field.read(value, (), lambda *_found: None) == as_text(value)
        )

    def _flag(self, base: Input, field: Field, value: Any) -> Input:
        return replace(base, checked=value is True, stated=value is False)

    def _figures(self, base: Input, field: ListOf, value: Any) -> Input:
        text = "、".join(as_text(item) for item in list_items(value))
        return replace(base, value=text, errors=tuple(self._under(base.key)))

    def _names(self, base: Input, field: ListOf, value: Any) -> Input:
        text = "\n".join(" ".join(as_text(item).split()) for item in list_items(value))
        return replace(base, value=text, errors=tuple(self._under(base.key)))

    def _known(self, base: Input, field: Field) -> list[tuple[str, str]]:
        """What there is to choose from."""
        source = kinds.SOURCES.get(f"{self.place}.{base.key}")
        if source:
            return offers.named(source, self.names, option_titles(self.raw))
        options = field.options if isinstance(field, Choice) else ()
        return offers.fixed(base.key, options)

    def _choice(self, base: Input, field: Field, value: Any) -> Input:
        known = self._known(base, field)
        if (self.place, base.key) == ("indicators", "parent"):
            known = [each for each in known if each[0] != self.raw.get("code")]
        chosen = [] if value is None or value == "" else [value]
        return self._with_unknown(replace(base, choices=offers.offers(known, chosen)))

    def _with_unknown(self, found: Input) -> Input:
        """Adds the errors of what is chosen but not there, where nothing else is said of it."""
        if found.errors:
            return found
        return replace(found, errors=tuple(offers.no_longer(each.value) for each in found.choices if each.unknown))

    def _choices(self, base: Input, field: Field, value: Any) -> Input:
        several = field.several if isinstance(field, Either) else field
        assert isinstance(several, ListOf)
        chosen = [item for item in list_items(value) if as_text(item)]
        found = replace(
            base,
            choices=offers.offers(self._known(base, several.item), chosen),
            order=tuple(as_text(item) for item in chosen),
            listed=isinstance(field, Either) and isinstance(value, (list, tuple)),
            source=kinds.SOURCES.get(f"{self.place}.{base.key}", ""),
            errors=tuple(self._under(base.key)),
        )
        return self._with_unknown(found)

    def _ordered(self, base: Input, field: ListOf, value: Any) -> Input:
        """A list of names in an order: a select for each, rows of which may be moved."""
        known = self._known(base, field)

        def row(number: str, chosen: list[Any], errors: Iterable[Text] = (), spare: bool = False) -> Row:
            choices = offers.offers(known, chosen)
            select = Input("choice", base.key, base.name, base.label, choices=choices, number=f"-{number}")
            return Row(number, (self._with_unknown(replace(select, errors=tuple(errors))),), spare=spare)

        items = list_items(value)
        rows = [row(str(i), [item], self._under(base.key, i)) for i, item in enumerate(items)]
        spare = [row(str(len(items) + i), [], spare=True) for i in range(SPARE_ROWS)]
        return replace(base, rows=(*rows, *spare), blank=row(f"__row{self.depth}__", []), source="indicators")

    def _table(self, base: Input, field: TableOf, value: Any) -> Input:
        known = self._known(base, field)
        table = value if isinstance(value, Mapping) else {}
        share = kinds.is_share(field.item)
        strange = [str(name) for name in table if str(name) not in dict(known)]
        lines = []
        for number, name in enumerate([*(value for value, _label in known), *strange]):
            item = table.get(name)
            errors = [*self._under(base.key, name), *([offers.no_longer(name)] if name in strange else [])]
            shown = percent_text(item) if share else as_text(item)
            lines.append(TableLine(name, shown, f"{base.id}-{number}", tuple(errors)))
        source = kinds.SOURCES.get(f"{self.place}.{base.key}", "")
        return replace(base, lines=tuple(lines), value="%" if share else "", source=source)

    def _scope(self, base: Input, field: Either, value: Any) -> Input:
        assert isinstance(field.single, Choice)
        several = isinstance(value, (list, tuple))
        known = [*offers.fixed("scope", field.single.options), (CHOSEN, str(offers.SCOPES[CHOSEN]))]
        modes = offers.offers(known, [CHOSEN] if several else [value] if value else [])
        chosen = [item for item in list_items(value) if as_text(item)] if several else []
        ticks = offers.offers([(name, name) for name in self.names.categories], chosen)
        picked = Input("choices", base.key, f"{base.name}.{CHOSEN}", str(offers.SCOPES[CHOSEN]), choices=ticks)
        picked = replace(picked, order=tuple(as_text(item) for item in chosen), source="categories")
        errors = tuple(self._under(base.key))
        strange = [*modes, *ticks] if not errors else []
        errors = (*errors, *(offers.no_longer(each.value) for each in strange if each.unknown))
        return replace(base, choices=modes, inputs=(picked,), checked=several, errors=errors)

    def _condition(self, base: Input, field: Field, value: Any) -> Input:
        return replace(base, condition=condition_form(base.name, value, self.names))

    def _part(self, base: Input, field: Record, value: Any) -> Input:
        own = value if isinstance(value, Mapping) else {}
        form = self._below(field, own, base.key, base.name, (*self.path, base.key))
        return replace(base, inputs=tuple(form.inputs(None)))

    def _below(
        self, record: Record, raw: Mapping[str, Any], place: str, prefix: str, path: Path, deeper: int = 0
    ) -> _Form:
        method = self.variant if self.place == "indicators" else self.method
        return _Form(record, raw, self.names, place, prefix, self.errors, path, self.depth + deeper, method)

    def _rows(self, base: Input, field: ListOf, value: Any) -> Input:
        found = kinds.record_of(field)
        assert found is not None
        record, short = found
        items = list_items(value)

        def row(number: str, item: Any, path: Path = ("",), spare: bool = False) -> Row:
            raw = item if isinstance(item, Mapping) else {short: item} if short and item is not None else {}
            form = self._below(record, raw, base.key, f"{base.name}.{number}", path, deeper=1)
            every = form.inputs(None)
            every = [each for each in every if kinds.is_column(base.key, each.key, form.method, items)]
            more = tuple(replace(each, mark=None) for each in every if each.key == "note")
            if "defaults" in record.fields:
                more = (*more, form.row_defaults(every))
            inputs = tuple(replace(each, mark=None) for each in every if each.key not in kinds.AT_THE_END)
            return Row(number, inputs, more, tuple(self.errors.get(path, ())), spare)

        rows = [row(str(i), item, (*self.path, base.key, i)) for i, item in enumerate(items)]
        spare = [row(str(len(items) + i), None, spare=True) for i in range(SPARE_ROWS)]
        blank = row(f"__row{self.depth}__", None)
        as_cards = len(blank.inputs) > 6 or any(each.kind not in _SMALL for each in blank.inputs)
        return replace(base, rows=(*rows, *spare), blank=blank, as_cards=as_cards)

    def row_defaults(self, every: Iterable[Input]) -> Input:
        """In a row there is no room beside each value: all ticks stand together."""
        known = [(each.key, each.label) for each in every if each.mark and each.key != "note"]
        label = labels.label_of(self.place, self.variant, "defaults")
        return Input(
            kind="defaults",
            key="defaults",
            name=self._name("defaults"),
            label=str(label.label),
            choices=offers.offers(known, self.defaults),
            order=tuple(self.defaults),
            errors=tuple(self._under("defaults")),
        )

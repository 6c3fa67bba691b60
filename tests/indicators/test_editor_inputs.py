"""Inputs made from the shape of a plan: what goes out as HTML comes back the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string

from indicators import document, plan_file, services, shape
from indicators.editor import kinds
from indicators.editor.inputs import inputs
from indicators.editor.names import Names, names_of
from indicators.editor.reading import check, read_post
from indicators.schema import Path, Record, plain
from scoring.engine.types import Text

from .posting import post_of

PRESETS = services.preset_codes()


def preset(code: str) -> dict[str, Any]:
    return document.normalise(plan_file.load(services.preset_text(code)))


def typed_values(record: Record, raw: Mapping[str, Any]) -> Any:
    """What the shape makes of raw values that have no errors."""
    found: list[Any] = []
    values = record.read(raw, (), lambda *each: found.append(each))
    assert found == []
    return values


def rendered(
    record: Record,
    raw: Mapping[str, Any],
    names: Names,
    *,
    keys: Sequence[str] | None = None,
    errors: Mapping[Path, Sequence[Text]] | None = None,
) -> str:
    made = inputs(record, raw, names, keys=keys, errors=errors, prefix="p")
    return render_to_string("indicators/editor/_inputs.html", {"inputs": made})


def posted(html: str, **changed: Any) -> QueryDict:
    post = post_of(html)
    for name, value in changed.items():
        post.setlist(name, value if isinstance(value, list) else [value])
    return post


def there_and_back(record: Record, raw: Mapping[str, Any], names: Names, keys: Sequence[str] | None = None) -> Any:
    read = read_post(record, posted(rendered(record, raw, names, keys=keys)), keys=keys, prefix="p")
    return check(record, read)


def parts(raw: Mapping[str, Any]) -> Iterator[tuple[str, Record, Mapping[str, Any]]]:
    """Every part of a document that has a form of its own: what stands on top, each row, each single table."""
    head = [key for key in kinds.keys_for("plan", raw) if kinds.record_of(shape.PLAN.fields[key]) is None]
    yield "plan", Record({key: shape.PLAN.fields[key] for key in head}), {k: raw[k] for k in head if k in raw}
    for key, field in shape.PLAN.fields.items():
        found = kinds.record_of(field)
        if found is None or key not in raw:
            continue
        rows = raw[key] if isinstance(raw[key], list) else [raw[key]]
        for row in rows:
            yield key, found[0], row


@pytest.mark.parametrize("code", PRESETS)
def test_every_part_of_every_preset_comes_back_the_same(code: str) -> None:
    raw = preset(code)
    names = names_of(raw)
    for key, record, row in parts(raw):
        typed, errors = there_and_back(record, row, names)
        assert errors == {}, (key, row)
        assert typed == typed_values(record, row), key


@pytest.mark.parametrize("code", PRESETS)
def test_a_whole_preset_in_one_form_comes_back_the_same(code: str) -> None:
    raw = preset(code)
    typed, errors = there_and_back(shape.PLAN, raw, names_of(raw))
    assert errors == {}
    assert document.digest(document.normalise(plain(typed))) == document.digest(raw)

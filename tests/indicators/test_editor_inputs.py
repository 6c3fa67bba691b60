"""Inputs made from the shape of a plan: what goes out as HTML comes back the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string
from hypothesis import given, settings
from hypothesis import strategies as st

from appraisal_site.lib.fields import canonical
from indicators import document, plan_file, services, shape
from indicators.editor import figures, kinds, labels
from indicators.editor.controls import Input
from indicators.editor.inputs import inputs
from indicators.editor.names import Names, names_of
from indicators.editor.reading import check, read_post
from indicators.rendering import render
from indicators.schema import Field, Path, Record, plain
from scoring.engine.types import Text

from .posting import fields_of, post_of
from .rows import NAMES, rows, rubbish

PRESETS = services.preset_codes()
RECORDS = {key: found[0] for key, field in shape.PLAN.fields.items() if (found := kinds.record_of(field)) is not None}


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
        assert "pe-error" not in rendered(record, row, names), key
        typed, errors = there_and_back(record, row, names)
        assert errors == {}, (key, row)
        assert typed == typed_values(record, row), key


@pytest.mark.parametrize("code", PRESETS)
def test_a_whole_preset_in_one_form_comes_back_the_same(code: str) -> None:
    raw = preset(code)
    typed, errors = there_and_back(shape.PLAN, raw, names_of(raw))
    assert errors == {}
    assert document.digest(document.normalise(plain(typed))) == document.digest(raw)


@pytest.mark.parametrize("part", RECORDS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_row_comes_back_the_same(part: str, data: st.DataObject) -> None:
    row = data.draw(rows(RECORDS[part], part))
    typed, errors = there_and_back(RECORDS[part], row, NAMES)
    assert errors == {}
    assert typed == typed_values(RECORDS[part], row)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_stands_on_top_of_a_plan_comes_back_the_same(data: st.DataObject) -> None:
    top = Record({key: field for key, field in shape.PLAN.fields.items() if kinds.record_of(field) is None})
    row = data.draw(rows(top, "plan"))
    typed, errors = there_and_back(top, row, NAMES)
    assert errors == {}
    assert typed == typed_values(top, row)


@pytest.mark.parametrize("part", ["plan", *RECORDS])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_form_can_be_made_of_anything(part: str, data: st.DataObject) -> None:
    record = RECORDS.get(part, shape.PLAN)
    raw = data.draw(rubbish(record))
    _typed, errors = check(record, raw)
    html = rendered(record, raw, names_of(raw), errors=errors)
    read = read_post(record, posted(html), prefix="p")
    assert set(read) <= set(record.fields)


def every_label() -> Iterator[tuple[str, str, str]]:
    """Place, variant and key of everything that a form can ask for."""

    def of(record: Record, place: str, raw: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        fields: Mapping[str, Field] = kinds.fields_of(record, place, raw)
        for key, field in fields.items():
            yield place, kinds.variant_of(place, raw), key
            if (below := kinds.record_of(field)) and place != "plan":
                yield from of(below[0], key, {})

    yield from of(shape.PLAN, "plan", {})
    for place, record in RECORDS.items():
        decides = kinds.VARIANT_KEYS.get(place)
        for option in record.fields[decides].options if decides else [None]:  # type: ignore[attr-defined]
            yield from of(record, place, {decides: option} if decides else {})


def test_every_key_of_the_language_has_a_label() -> None:
    found = {(place, key): labels.label_of(place, variant, key) for place, variant, key in every_label()}
    assert [where for where, label in found.items() if label == labels.Label(where[1])] == []
    assert len(found) > 130


@pytest.mark.parametrize("code", ["yinhai-2016", "subdistrict-quarterly", "farm-two-duties", "district-2020"])
def test_every_control_is_labelled_and_every_id_is_there_once(code: str) -> None:
    raw = preset(code)
    parsed = fields_of(rendered(shape.PLAN, raw, names_of(raw)))
    assert len(parsed.ids) > 100
    assert len(parsed.ids) == len(set(parsed.ids))
    assert [name for name, number in parsed.controls if number not in parsed.labelled] == []


# ------------------------------------------------------------------------------ figures


@pytest.mark.parametrize(
    ("typed", "raw"),
    [
        ("25", "0.25"),
        ("３０％", "0.3"),
        ("30 %", "0.3"),
        ("33.333333333333", "0.33333333333333"),
        ("1，200", "12"),
        ("0.5", "0.005"),
        ("－5", "-0.05"),
        ("一半", "一半"),
        ("1/3", "1/3"),
    ],
)
def test_shares_are_typed_as_per_cent(typed: str, raw: str) -> None:
    assert figures.share_text(typed) == raw


@pytest.mark.parametrize(
    ("typed", "raw"),
    [
        ("１２．５", "12.5"),
        ("1,234,567.8", "1234567.8"),
        ("12,34", "12,34"),
        ("−3", "-3"),
        ("30%", "30%"),
        ("1e5", "1e5"),
    ],
)
def test_figures_are_plain_digits(typed: str, raw: str) -> None:
    assert figures.number_text(typed) == raw


@given(st.decimals(-1, 1, places=12, allow_nan=False))
def test_a_share_is_the_same_after_per_cent(share: Decimal) -> None:
    raw = canonical(share)
    assert figures.share_text(figures.percent_text(raw)) == raw


@pytest.mark.parametrize("typed", ["3 5 8", "3、5、8", "３，５，８", "3,5;8", " 3 / 5 / 8 "])
def test_several_figures_stand_on_one_line(typed: str) -> None:
    assert figures.figure_list(typed) == ["3", "5", "8"]


# ------------------------------------------------------------------------------ forms

LIMIT = {"rule": "limit", "grade": "优秀", "share": "0.25", "scope": "category"}
RULES = RECORDS["rules"]
INDICATORS = RECORDS["indicators"]


def by_key(made: Sequence[Input]) -> dict[str, Input]:
    return {each.key: each for each in made}


def test_the_keys_are_those_of_the_method() -> None:
    assert kinds.keys_for("rules", LIMIT)[:4] == ["rule", "grade", "share", "scope"]
    assert kinds.keys_for("rules", {}) == ["rule", "note", "defaults"]
    assert "catalogue" in kinds.keys_for("indicators", {"method": "bonus"})
    assert "catalogue" not in kinds.keys_for("indicators", {"method": "marks"})
    assert "ratio" in kinds.keys_for("selections", {"kind": "differential_veto"})
    assert kinds.keys_for("payout", {})[-2:] == ["note", "defaults"]


def test_only_the_keys_asked_for_are_shown_and_read() -> None:
    made = inputs(RULES, LIMIT, NAMES, keys=["share"])
    assert [each.key for each in made] == ["share"]
    assert read_post(RULES, QueryDict("rule=limit&share=30&grade=良好"), keys=["share"]) == {"share": "0.3"}


def test_another_method_keeps_what_it_has_too() -> None:
    row = {"code": "J", "title": "考勤", "points": "10", "method": "deduct", "weight": "5"}
    row |= {"catalogue": [{"code": "late", "title": "迟到"}], "assessors": [{"name": "人事科"}]}
    html = rendered(INDICATORS, row, NAMES)
    assert read_post(INDICATORS, posted(html, **{"p.method": "penalty"}), prefix="p") == {**row, "method": "penalty"}
    marks = {key: value for key, value in row.items() if key != "catalogue"} | {"method": "marks"}
    assert read_post(INDICATORS, posted(html, **{"p.method": "marks"}), prefix="p") == marks
    neither = {key: row[key] for key in ("code", "title", "points", "weight")} | {"method": "ballot"}
    assert read_post(INDICATORS, posted(html, **{"p.method": "ballot"}), prefix="p") == neither


def test_a_grade_that_is_gone_stays_and_is_marked() -> None:
    rule = {"rule": "thresholds", "minimums": {"优秀": "90", "特优": "95"}, "otherwise": "基本称职"}
    made = by_key(inputs(RULES, rule, NAMES))
    assert [render(text) for text in made["otherwise"].errors] == ["“基本称职”不存在或已被删除，请另行选择。"]
    lines = {line.name: line for line in made["minimums"].lines}
    assert [name for name, line in lines.items() if line.errors] == ["特优"]
    typed, errors = there_and_back(RULES, rule, NAMES)
    assert errors == {}
    assert typed == typed_values(RULES, rule)


def test_grades_of_a_follow_up_and_categories_of_a_scope_that_are_gone() -> None:
    follow_up = {"grades": ["差", "优秀"], "action": "约谈"}
    made = by_key(inputs(RECORDS["follow_ups"], follow_up, NAMES))
    assert [each.value for each in made["grades"].choices if each.selected] == ["优秀", "差"]
    assert len(made["grades"].errors) == 1
    typed, _errors = there_and_back(RECORDS["follow_ups"], follow_up, NAMES)
    assert typed["grades"] == ["差", "优秀"]
    rule = {**LIMIT, "scope": ["已撤并", "机关 一"]}
    assert len(by_key(inputs(RULES, rule, NAMES))["scope"].errors) == 1
    assert there_and_back(RULES, rule, NAMES)[0]["scope"] == ["已撤并", "机关 一"]


def test_every_offer_of_a_valid_row_is_known() -> None:
    for rule, scope in (("distribute", "group"), ("limit", "all"), ("limit", ["机关 一"])):
        made = by_key(inputs(RULES, {"rule": rule, "scope": scope}, NAMES))["scope"]
        assert made.errors == ()
        assert [each.value for each in made.choices][:3] == ["category", "group", "all"]


def test_a_plan_without_grades_says_what_to_do_first() -> None:
    html = rendered(RULES, {"rule": "distribute"}, Names())
    assert "方案还没有等次，请先填写等次。" in html


def test_rows_come_in_the_posted_order_and_empty_ones_are_dropped() -> None:
    html = rendered(INDICATORS, {"method": "ballot"}, NAMES)
    post = posted(html, **{"p.options": ["new2", "1", "0"]})
    post["p.options.new2.title"] = "好"
    post["p.options.new2.value"] = "９０"
    post["p.options.0.value"] = "60"
    read = read_post(INDICATORS, post, prefix="p")
    assert read["options"] == [{"title": "好", "value": "90"}, {"value": "60"}]
    _typed, errors = check(INDICATORS, read)
    assert [render(text) for text in errors["options", 1, "title"]] == ["此项必填。"]
    made = by_key(inputs(INDICATORS, read, NAMES, errors=errors, prefix="p"))
    titles = [row.inputs[0] for row in made["options"].rows]
    assert [bool(each.errors) for each in titles] == [False, True, False, False]


def test_what_was_typed_stays_after_an_error() -> None:
    post = QueryDict("rule=limit&grade=优秀&share=一成&scope=chosen&at_least=x&defaults=share")
    read = read_post(RULES, post)
    typed, errors = check(RULES, read)
    assert typed is None
    assert set(errors) == {("share",), ("at_least",), ("scope",)}
    html = rendered(RULES, read, NAMES, errors=errors)
    again = posted(html)
    assert (again["p.share"], again["p.at_least"], again["p.scope"]) == ("一成", "x", "chosen")
    assert again.getlist("p.defaults") == ["share"]
    assert html.count('aria-invalid="true"') >= 3
    assert "“一成”" in html


def test_errors_speak_as_a_form_does() -> None:
    typed, errors = check(RULES, {"rule": "limit", "share": "1.5"})
    assert typed is None
    assert [render(text) for text in errors["grade",]] == ["此项必填。"]
    assert "150%" in render(errors["share",][0])
    assert "100%" in render(errors["share",][0])
    bands = {
        "code": "T",
        "title": "测评",
        "points": "10",
        "method": "rank_band",
        "bands": [{"upto": "2", "value": "1"}],
    }
    assert "200%" in render(check(INDICATORS, bands)[1]["bands", 0, "upto"][0])


def test_errors_of_the_shape_itself_are_said_as_a_form_does_too() -> None:
    raw = {"rule": "thresholds", "minimums": {"优秀": "x"}, "defaults": []}
    found: dict[Path, list[Text]] = {}
    selection = {"kind": "focus_list", "title": "重点管理", "shares": {"机关 一": "1.2", "其他": "多"}}
    RECORDS["selections"].read(selection, (), lambda path, text: found.setdefault(path, []).append(text))
    lines = by_key(inputs(RECORDS["selections"], selection, NAMES, errors=found))["shares"].lines
    said = {line.name: [render(text) for text in line.errors] for line in lines}
    assert "120%" in said["机关 一"][0]
    assert "25" in said["其他"][0]
    _typed, errors = check(RULES, raw)
    again = by_key(inputs(RULES, raw, NAMES, errors=errors))["minimums"].lines[0]
    assert [render(text) for text in again.errors] == [render(text) for text in errors["minimums", "优秀"]]


def test_a_flag_that_is_said_to_be_false_is_not_lost() -> None:
    rule = {**LIMIT, "of_participants": False}
    html = rendered(RULES, rule, NAMES)
    assert read_post(RULES, posted(html), prefix="p") == rule
    ticked = posted(html)
    ticked.appendlist("p.of_participants", "true")
    assert read_post(RULES, ticked, prefix="p")["of_participants"] is True
    assert "of_participants" not in read_post(RULES, posted(rendered(RULES, LIMIT, NAMES)), prefix="p")


def test_what_the_document_does_not_state_is_ticked_beside_the_value() -> None:
    rule = {**LIMIT, "defaults": ["scope", "rule"]}
    made = inputs(RULES, rule, NAMES)
    assert {each.key for each in made if each.mark and each.mark.checked} == {"rule", "scope"}
    post = posted(rendered(RULES, rule, NAMES))
    post.appendlist("p.defaults", "share")
    assert read_post(RULES, post, prefix="p")["defaults"] == ["scope", "rule", "share"]
    # A name with no input here to stand beside is kept, ticked, at the end.
    gone = {**LIMIT, "defaults": ["if"]}
    assert read_post(RULES, posted(rendered(RULES, gone, NAMES)), prefix="p")["defaults"] == ["if"]


def test_one_period_is_a_word_and_several_are_a_list() -> None:
    def back(stored: Any, **more: str) -> Any:
        html = rendered(shape.PLAN, {"period": stored}, NAMES, keys=["period"])
        post = posted(html)
        for name, value in more.items():
            post.appendlist(f"p.{name}", value)
        return read_post(shape.PLAN, post, keys=["period"], prefix="p").get("period")

    assert back("year") == "year"
    assert back(["year"]) == ["year"]
    assert back(["quarter", "month"]) == ["quarter", "month"]
    assert back("year", period="month") == ["year", "month"]
    assert back(None) is None


def test_columns_that_the_method_does_not_read_are_left_out() -> None:
    def columns(method: str, *items: Mapping[str, str]) -> list[str]:
        row = {"code": "A", "title": "甲", "points": "5", "method": method, "catalogue": list(items)}
        return [each.key for each in by_key(inputs(INDICATORS, row, NAMES))["catalogue"].columns]

    assert columns("bonus") == ["code", "title", "values", "cap"]
    assert columns("deduct") == ["code", "title", "values", "zero_at"]
    assert columns("penalty") == ["code", "title", "values"]
    assert columns("penalty", {"code": "x", "title": "y", "cap": "3"}) == ["code", "title", "values", "cap"]


def test_an_indicator_is_not_offered_as_its_own_parent() -> None:
    made = by_key(inputs(INDICATORS, {"code": "T", "title": "测评", "points": "10"}, NAMES))
    assert [each.value for each in made["parent"].choices] == ["R"]


def test_a_day_that_cannot_be_read_stays_as_it_was_typed() -> None:
    html = rendered(RECORDS["process"], {"title": "公示", "start": "十一月", "due": "2026-11-25"}, NAMES)
    read = read_post(RECORDS["process"], posted(html), prefix="p")
    assert (read["start"], read["due"]) == ("十一月", "2026-11-25")
    assert html.count('type="date"') == 1

"""Two documents of a plan: what is said of their difference, and that nothing else is."""

from __future__ import annotations

import copy
import datetime
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators import document, plan_file, services
from indicators.changes import ADDED, CHANGED, MOVED, REMOVED, Change, in_parts
from indicators.difference import differences
from indicators.rendering import render

from .broken import BASE

Path = tuple[str | int, ...]
PRESETS = services.preset_codes()
# Changing one of these changes what other parts mean: they have tests of their own.
NAMES = {"code", "parent", "grades", "categories"}
ODD: list[Any] = [None, [], {}, 3, "x", True, Decimal("NaN"), [1], [[]], {"a": [1]}, [{"code": []}], [{}, {}], 10**30]


@lru_cache
def loaded(code: str) -> dict[str, Any]:
    return plan_file.load(services.preset_text(code) if code else BASE)


def preset(code: str = "") -> dict[str, Any]:
    return copy.deepcopy(loaded(code))


def row(values: dict[str, Any], name: str, code: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in values[name] if each["code"] == code)
    return found


def said(changes: list[Change]) -> list[tuple[str, str, str]]:
    with translation.override("en"):
        return [(change.place, change.kind, render(change.what)) for change in changes]


def sentences(changes: list[Change], language: str = "en") -> list[str]:
    with translation.override(language):
        return [render(change.sentence) for change in changes]


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    elif not NAMES & set(path):
        yield path


def at(values: Any, path: Path) -> Any:
    for step in path:
        values = values[step]
    return values


def put(values: Any, path: Path, item: Any) -> None:
    at(values, path[:-1])[path[-1]] = item


def place_of(values: dict[str, Any], path: Path) -> str:
    """Where a change of this value must be said."""
    if len(path) < 3 or not isinstance(path[1], int):
        return str(path[0])
    code = values[path[0]][path[1]].get("code")
    return code or f"{path[0]}.{path[1] + 1}"


def other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, datetime.date):
        return value + datetime.timedelta(days=1)
    return value + "改" if isinstance(value, str) else value + 1


# ------------------------------------------------------------------------------ properties


@pytest.mark.parametrize("code", PRESETS)
def test_nothing_differs_from_itself_however_it_is_written(code: str) -> None:
    normal = document.normalise(preset(code))
    for form in (preset(code), normal, document.read_stored(normal), plan_file.load(plan_file.dump(preset(code)))):
        assert differences(normal, form) == []
        assert differences(form, normal) == []


@settings(max_examples=250, deadline=None)
@given(data=st.data())
def test_one_changed_value_is_said_at_its_place_and_nothing_else(data: st.DataObject) -> None:
    old = preset(data.draw(st.sampled_from(["", *PRESETS])))
    path = data.draw(st.sampled_from(list(leaves(old))))
    new = copy.deepcopy(old)
    put(new, path, other(at(old, path)))
    changes = differences(old, new)
    assert [(change.place, change.kind) for change in changes] == [(place_of(new, path), CHANGED)]
    assert changes[0].old != changes[0].new or path[-1] == "defaults"
    back = differences(new, old)
    assert [(change.kind, change.old, change.new) for change in back] == [
        (CHANGED, change.new, change.old) for change in changes
    ]


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_one_row_less_or_more_is_said_at_its_place_and_nothing_else(data: st.DataObject) -> None:
    new = preset(data.draw(st.sampled_from(PRESETS)))
    parents = {each.get("parent") for each in new["indicators"]}
    rows = [
        (name, index)
        for name in ("indicators", "facts", "rules", "selections", "process", "follow_ups")
        for index, each in enumerate(new.get(name, ()))
        if name != "indicators" or each["code"] not in parents
    ]
    name, index = data.draw(st.sampled_from(rows))
    old = copy.deepcopy(new)
    gone = old[name].pop(index)
    place = gone.get("code") or f"{name}.{index + 1}"
    twins = [each for each in old[name] if each == gone]
    assert twins or [(c.place, c.kind) for c in differences(old, new)] == [(place, ADDED)]
    assert twins or [(c.place, c.kind) for c in differences(new, old)] == [(place, REMOVED)]


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_moved_row_is_said_to_have_moved(data: st.DataObject) -> None:
    old = preset(data.draw(st.sampled_from(PRESETS)))
    lists = [name for name in ("facts", "rules", "process") if len(old.get(name, ())) > 2]
    if not lists:
        return
    name = data.draw(st.sampled_from(lists))
    new = copy.deepcopy(old)
    new[name].append(new[name].pop(0))
    last = new[name][-1]
    place = last.get("code") or f"{name}.{len(new[name])}"
    assert [(c.place, c.kind) for c in differences(old, new)] == [(place, MOVED)]


@settings(max_examples=60, deadline=None)
@given(first=st.sampled_from(PRESETS), second=st.sampled_from(PRESETS))
def test_both_ways_the_same_number_of_changes(first: str, second: str) -> None:
    there = Counter(change.kind for change in differences(preset(first), preset(second)))
    back = Counter(change.kind for change in differences(preset(second), preset(first)))
    assert (there[ADDED], there[REMOVED], there[CHANGED]) == (back[REMOVED], back[ADDED], back[CHANGED])


@settings(max_examples=200, deadline=None)
@given(data=st.data(), odd=st.sampled_from(ODD))
def test_an_unfinished_draft_is_compared_as_far_as_it_goes(data: st.DataObject, odd: Any) -> None:
    old = preset(data.draw(st.sampled_from(PRESETS)))
    new = copy.deepcopy(old)
    path = data.draw(st.sampled_from(list(leaves(old))))
    path = path[: data.draw(st.integers(1, len(path)))]
    put(new, path, odd)
    changes = [*differences(old, new), *differences(new, old), *differences(new, new)]
    assert all(text.strip() for text in [*sentences(changes), *sentences(changes, "zh-hans")])
    parts = in_parts(changes)
    assert sum(len(place.changes) for part in parts for place in part.places) == len(changes)


# ------------------------------------------------------------------------------ sentences


def test_figures_shares_and_titles_are_said_in_words() -> None:
    new = preset()
    row(new, "indicators", "A")["points"] = 50
    new["title"] = "新方案"
    new["payout"]["amounts"]["优秀"] = 2100
    new["selections"][0]["share"] = Decimal("0.1")
    with translation.override("zh-hans"):
        changes = [(render(c.title), render(c.what), render(c.old), render(c.new)) for c in differences(preset(), new)]
    assert changes == [
        ("名称", "", "样本方案", "新方案"),
        ("A 工作", "满分", "60", "50"),
        ("结果运用项目 1 重点管理", "比例", "5%", "10%"),
        ("奖金发放", "金额 · 优秀", "2000", "2100"),
    ]


def test_a_rule_shows_its_old_and_its_new_sentence() -> None:
    new = preset()
    new["rules"][2]["share"] = Decimal("0.25")
    (change,) = differences(preset(), new)
    with translation.override("en"):
        assert (change.place, render(change.what)) == ("rules.3", "share")
        assert "30%" in render(change.old)
        assert "25%" in render(change.new)
        assert render(change.new).replace("25%", "30%") == render(change.old)


def test_a_rule_of_a_broken_draft_shows_its_values() -> None:
    new = preset()
    new["rules"][2]["share"] = Decimal("0.25")
    new["grades"] = []
    changed = [change for change in differences(preset(), new) if change.part == "rules"]
    with translation.override("en"):
        assert [render(change.new) for change in changed] == [
            "At most a share, scope each category, grade 优秀, share 25%"
        ]


def test_a_renamed_indicator_takes_its_children_conditions_and_tie_breakers_along() -> None:
    old = preset("subdistrict-quarterly")
    text = plan_file.dump(old).replace('"J1"', '"GZ"').replace('"J"', '"DF"').replace("score:J ", "score:DF ")
    assert said(differences(old, plan_file.load(text))) == [("DF", CHANGED, "code"), ("GZ", CHANGED, "code")]


def test_a_renamed_grade_takes_rules_payout_and_follow_ups_along() -> None:
    new = plan_file.load(BASE.replace("优秀", "特优"))
    assert sentences(differences(preset(), new)) == ["grades: name was changed from “优秀” to “特优”"]
    new = plan_file.load(BASE.replace('grades = ["优秀"', 'grades = ["特优"'))
    assert said(differences(preset(), new)) == [("grades", CHANGED, "name")]


def test_a_renamed_fact_and_option_take_conditions_along() -> None:
    text = BASE.replace("leave_days > 12", "leave_days > 12 or option_share:T:差 > 0.1")
    new = text.replace("leave_days", "days_off").replace("差", "不好")
    assert said(differences(plan_file.load(text), plan_file.load(new))) == [
        ("T", CHANGED, "option 差 · title"),
        ("days_off", CHANGED, "code"),
    ]


def test_grades_and_categories_come_go_and_move() -> None:
    new = preset("yinhai-2016")
    new["grades"].insert(0, "特等")
    new["categories"].append(new["categories"].pop(0))
    changes = differences(preset("yinhai-2016"), new)
    assert said(changes)[0][:2] == ("categories", MOVED)
    assert said(changes)[1] == ("grades", ADDED, "grade")
    assert render(changes[1].new) == "特等"


def test_an_indicator_under_another_parent_and_another_order() -> None:
    new = preset("district-2020")
    row(new, "indicators", "K113")["parent"] = "K12"
    new["indicators"].append(new["indicators"].pop(new["indicators"].index(row(new, "indicators", "K21"))))
    changes = differences(preset("district-2020"), new)
    assert said(changes) == [("K113", MOVED, "indicator above"), ("K21", MOVED, "order")]
    assert (render(changes[0].old), render(changes[0].new)) == ("K11 区委重大决策", "K12 区委重大专项")
    with translation.override("zh-hans"):
        assert (render(changes[1].old), render(changes[1].new)) == ("排在最前", "排在 K23 区委日常工作 之后")


def test_assessors_entries_and_classes_by_name() -> None:
    new = preset()
    row(new, "indicators", "A")["assessors"] = ["办公室", "财务处"]
    entries = row(new, "indicators", "B")["catalogue"]
    entries[0]["cap"] = 5
    entries.append({"code": "B-2", "title": "创新", "values": [2]})
    row(new, "indicators", "T")["classes"][0]["voters"] = "list"
    assert said(differences(preset(), new)) == [
        ("A", CHANGED, "assessor 人事处 · name"),
        ("A", CHANGED, "assessor 人事处 · weight"),
        ("T", CHANGED, "voter class leader 领导 · voters"),
        ("B", CHANGED, "catalogue entry B-1 表彰 · cap of the entry"),
        ("B", ADDED, "catalogue entry"),
    ]


def test_a_default_that_is_stated_now() -> None:
    new = preset("district-2020")
    row(new, "indicators", "K11").pop("defaults")
    (change,) = differences(preset("district-2020"), new)
    with translation.override("en"):
        assert (
            render(change.sentence)
            == "K11 区委重大决策: values marked as default was changed from “full points” to “—”"
        )


def test_an_order_that_means_nothing_is_still_said() -> None:
    new = preset()
    new["indicators"].insert(0, new["indicators"].pop(1))
    assert said(differences(preset(), new)) == [("order", CHANGED, "order of writing")]

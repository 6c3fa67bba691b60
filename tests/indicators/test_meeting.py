"""`[meeting]` in a plan: what is read, what is doubted, and names that change."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from indicators import document, edits, edits_parts
from indicators.difference import differences
from indicators.rendering import render

from .test_presets import preset

MEETING: dict[str, Any] = {
    "minutes": 8,
    "stages": [
        {"title": "正职", "categories": ["单位负责人"]},
        {"title": "被问责的", "fact": "case_or_accident"},
        {"title": "书面", "posts": ["副职"], "written": True},
    ],
    "order": "strokes",
    "quorum": "2/3",
    "commentary": "each",
    "attendees": [{"title": "中层干部", "class": "cadre"}, {"title": "列席", "observers": True}],
}


def bank(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(preset("bank-midlevel")), "meeting": {**copy.deepcopy(MEETING), **changes}}


def said(raw: dict[str, Any]) -> dict[str, bool]:
    return {p.path: p.warning for p in document.check(raw).problems if p.path.startswith("meeting")}


def test_a_meeting_without_a_doubt() -> None:
    assert said(bank()) == {}


@pytest.mark.parametrize("quorum", ["2/3", ">1/2", "80%", "66.6667%", ">50%", "30"])
def test_quorums_that_are_read(quorum: str) -> None:
    assert said(bank(quorum=quorum)) == {}


@pytest.mark.parametrize("quorum", ["2/0", "two thirds", "-1", "0", "2/3/4", "%"])
def test_quorums_that_are_not(quorum: str) -> None:
    assert said(bank(quorum=quorum)) == {"meeting.quorum": False}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"stages": [{"title": "x", "categories": ["没有的"]}]}, "meeting.stages.0.categories.0"),
        ({"stages": [{"title": "x", "fact": "nothing"}]}, "meeting.stages.0.fact"),
        ({"stages": [{"title": "x", "fact": "case_or_accident", "value": "是"}]}, "meeting.stages.0.value"),
        ({"stages": [{"title": "x", "fact": "deposit_rate"}]}, "meeting.stages.0.value"),
        ({"commentary_leaf": "T"}, "meeting.commentary_leaf"),
        ({"commentary_leaf": "X"}, "meeting.commentary_leaf"),
        ({"attendees": [{"title": "x", "class": "nobody"}]}, "meeting.attendees.0.class"),
    ],
)
def test_names_that_are_nowhere_are_doubted(changes: dict[str, Any], path: str) -> None:
    assert said(bank(**changes)) == {path: True}


def test_minutes_stated_twice() -> None:
    raw = bank()
    raw["duty_report"] = {**raw["duty_report"], "talk_minutes": 10}
    assert said(raw) == {"meeting.minutes": True}
    raw["duty_report"]["talk_minutes"] = 8
    assert said(raw) == {}


def test_renamed_names_are_followed() -> None:
    raw = copy.deepcopy(preset("system-party-secretary"))
    edits.set_cell(raw, "C", "code", "C9")
    assert raw["meeting"]["commentary_leaf"] == "C9"
    basics = edits_parts.basics_of(raw)
    edits_parts.set_basics(raw, {**basics, "categories": ["旗县局党组", "党总支", "局属支部"]})
    assert raw["meeting"]["stages"][2]["categories"] == ["局属支部"]
    row = dict(raw["facts"][0])
    raw["meeting"]["stages"][0]["fact"] = row["code"]
    edits_parts.replace_row(raw, "facts", 0, {**row, "code": "failure"})
    assert raw["meeting"]["stages"][0]["fact"] == "failure"


def test_what_differs_is_said_and_followed_names_are_not() -> None:
    old, new = bank(), bank(minutes=10)
    [change] = differences(old, new)
    assert "8" in render(change.old)
    assert "10" in render(change.new)
    renamed = copy.deepcopy(old)
    renamed["categories"] = ["负责人", "副职"]
    renamed["meeting"]["stages"][0]["categories"] = ["负责人"]
    assert {change.place for change in differences(old, renamed)} == {"categories"}

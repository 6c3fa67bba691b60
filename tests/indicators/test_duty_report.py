"""What a plan says of duty reports: hardly meant names and limits are told, names that change are followed."""

from __future__ import annotations

from typing import Any

import pytest

from indicators import document, edits_parts, plan_file
from indicators.difference import differences
from indicators.services import preset_text

BASE = preset_text("bureau-annual")
REPORT = BASE.index("[duty_report]")


def checked(report: str) -> dict[str, str]:
    """Problem paths of the preset with another duty report → message."""
    text = f"{BASE[:REPORT]}[duty_report]\n{report}\n"
    found = document.check(plan_file.load(text))
    assert found.errors == []
    return {problem.path: problem.text.message for problem in found.problems}


@pytest.mark.parametrize(
    ("report", "path"),
    [
        ('parts = [{ title = "德" }, { title = "德" }]', "parts.1.title"),
        ('parts = [{ title = "德", aspect = "成绩" }]', "parts.0.aspect"),
        ('parts = [{ title = "德", by_aspect = true }]', "parts.0.by_aspect"),
        (
            'aspects = [{ title = "成绩" }]\nparts = [{ title = "德", by_aspect = true, aspect = "成绩" }]',
            "parts.0.by_aspect",
        ),
        ('topics = [{ title = "学习", part = "德" }]', "topics.0.part"),
        ('roles = [{ title = "负责人", fact = "nobody" }]', "roles.0.fact"),
        ('roles = [{ title = "负责人", fact = "office_effectiveness" }]', "roles.0.fact"),
        ('roles = [{ title = "负责人", categories = ["无此类"] }]', "roles.0.categories"),
        ("least_characters = 10\nmost_characters = 5", "least_characters"),
        ('parts = [{ title = "德", least_characters = 10, most_characters = 5 }]', "parts.0.least_characters"),
        ('most_characters = 5\nparts = [{ title = "德", least_characters = 6 }]', "parts"),
        ('least_characters = 7\nparts = [{ title = "德", most_characters = 6 }]', "parts"),
        ('parts = [{ title = "德", least_share = 0.5, most_share = 0.4 }]', "parts.0.least_share"),
        ('aspects = [{ title = "甲", least_share = 0.6 }, { title = "乙", least_share = 0.6 }]', "aspects"),
    ],
)
def test_what_is_hardly_meant_is_told(report: str, path: str) -> None:
    assert f"duty_report.{path}" in checked(report)


def test_what_is_meant_is_not() -> None:
    report = (
        'least_characters = 5\nmost_characters = 9\naspects = [{ title = "成绩", most_share = 0.4 }]\n'
        'roles = [{ title = "负责人", fact = "head", categories = ["处级正职"], most_characters = 5 }]\n'
        'parts = [{ title = "德", by_aspect = true, least_characters = 5 }]\n'
        'topics = [{ title = "学习", part = "德", required = true }]'
    )
    assert not [path for path in checked(report) if path.startswith("duty_report")]


def raw() -> dict[str, Any]:
    given = plan_file.load(BASE)
    given["duty_report"]["roles"][1]["categories"] = ["一般人员"]
    return document.normalise(given)


def test_a_renamed_fact_or_category_is_renamed_in_the_roles() -> None:
    draft = raw()
    facts = draft["facts"]
    at = next(place for place, row in enumerate(facts) if row["code"] == "head")
    edits_parts.replace_row(draft, "facts", at, {**facts[at], "code": "office_head"})
    basics = edits_parts.basics_of(draft)
    names = ["普通人员" if name == "一般人员" else name for name in basics["categories"]]
    edits_parts.set_basics(draft, {**basics, "categories": names})
    roles = draft["duty_report"]["roles"]
    assert (roles[0]["fact"], roles[1]["categories"]) == ("office_head", ["普通人员"])
    told = {change.part for change in differences(raw(), draft)}
    assert "procedure" not in told  # nobody changed the duty report

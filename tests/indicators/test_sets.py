"""Sets of earlier rounds in a plan: declared, read, shown, and what is warned of."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation

from indicators import document, plan_file, sets
from indicators.rendering import render
from indicators.services import ensure_plan, preset_text
from scoring.engine import method_words, rule_words
from tests.factories import client_for, make_user
from units.models import Role

BASE = """\
code = "yearly"
title = "年度"
grades = ["优秀", "合格"]

[[sets]]
code = "quarters"
title = "四个季度"
plan = "quarterly"
period = "quarter"
rounds = 4

[[indicators]]
code = "R"
title = "总分"
points = 100

[[indicators]]
code = "Q"
parent = "R"
title = "平均"
points = 100
method = "carried"
set = "quarters"

[[rules]]
rule = "thresholds"
minimums = { "优秀" = 90 }
otherwise = "合格"

[[rules]]
rule = "limit"
grade = "优秀"
share = 0.3
prefer = "times_grade:quarters:优秀 >= 3"
"""


def check(text: str) -> document.Checked:
    return document.check(plan_file.load(text))


def said(checked: document.Checked) -> list[tuple[str, str, bool]]:
    with translation.override("en"):
        return [(p.path, render(p.text), p.warning) for p in checked.problems]


def plan_of(text: str) -> Any:
    found = check(text).plan
    assert found is not None
    return found


def test_declared_and_read_is_right():
    checked = check(BASE)
    assert checked.problems == ()
    assert plan_of(BASE).sets == {"quarters": "四个季度"}


def test_file_document_and_file_again_are_the_same():
    first = document.typed(plan_file.load(BASE))
    assert document.typed(plan_file.load(plan_file.dump(first))) == first
    assert document.normalise(plan_file.load(BASE))["sets"] == [
        {"code": "quarters", "title": "四个季度", "plan": "quarterly", "period": "quarter", "rounds": 4}
    ]


def test_words_say_the_title():
    plan = plan_of(BASE)
    with translation.override("zh-hans"):
        leaf = render(method_words(plan.root.children[0], plan))
        rule = render(rule_words(plan.rules[1], plan))
    assert "“四个季度”" in leaf
    assert "quarters" not in leaf + rule
    assert "四个季度" in rule


def test_a_plan_without_titles_says_the_code():
    plan = plan_of(BASE.replace('code = "quarters"\ntitle = "四个季度"', 'code = "other"\ntitle = "别的"'))
    with translation.override("en"):
        assert "“quarters”" in render(method_words(plan.root.children[0], plan))


def test_read_but_not_declared_is_a_warning_with_its_place():
    text = BASE.replace('code = "quarters"\ntitle', 'code = "months"\ntitle')
    checked = check(text)
    assert checked.plan is not None
    assert said(checked) == [
        (
            "indicators.Q.set",
            "The set “quarters” is not declared: pages show its code instead of a title.",
            True,
        ),
        ("sets.months", "Nothing in the plan reads the set “四个季度”.", True),
    ]
    assert plan_file.Lines(text).line_of("indicators.Q.set") == text.splitlines().index('set = "quarters"') + 1
    assert plan_file.Lines(text).line_of("sets.months") == text.splitlines().index("[[sets]]") + 1


def test_a_set_of_a_condition_is_named_at_the_condition():
    text = BASE.replace("times_grade:quarters", "times_grade:months")
    assert [(path, warning) for path, _words, warning in said(check(text))] == [("rules.1.prefer", True)]


def test_declared_twice_is_an_error():
    twice = BASE.replace("[[indicators]]", '[[sets]]\ncode = "quarters"\ntitle = "又一次"\n\n[[indicators]]', 1)
    checked = check(twice)
    assert checked.plan is None
    assert said(checked) == [("sets.1.code", "The code “quarters” is used twice.", False)]


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ('period = "quarter"', 'period = "week"', "sets.quarters.period"),
        ("rounds = 4", "rounds = 0", "sets.quarters.rounds"),
        ('plan = "quarterly"', 'plan = "Quarterly plan"', "sets.quarters.plan"),
        ('title = "四个季度"\n', "", "sets.quarters.title"),
        ('plan = "quarterly"', 'plans = "quarterly"', "sets.quarters.plans"),
    ],
)
def test_a_broken_set_is_refused_at_its_place(old, new, path):
    assert BASE.count(old) == 1
    assert [found for found, _words, _warning in said(check(BASE.replace(old, new)))] == [path]


def test_a_named_round_may_stand_in_any_declared_set():
    text = BASE.replace('prefer = "times_grade:quarters:优秀 >= 3"', 'prefer = "grade_in:2025 = 优秀"')
    text = text.replace('method = "carried"\nset = "quarters"', 'method = "marks"')
    checked = check(text)
    assert checked.problems == ()
    plan = plan_of(text)
    assert [each.code for each in sets.read_sets(checked.values, plan)] == ["quarters"]
    assert sets.readers(plan).named == {"2025": [1]}


def test_a_plan_that_only_names_a_round_has_one_set_without_declaring_any():
    text = BASE.replace('prefer = "times_grade:quarters:优秀 >= 3"', 'prefer = "grade_in:2025 = 优秀"')
    text = text.replace('method = "carried"\nset = "quarters"', 'method = "marks"')
    start, end = text.index("[[sets]]"), text.index("[[indicators]]")
    text = text[:start] + text[end:]
    found = sets.read_sets(check(text).values, plan_of(text))
    assert [(each.code, each.declared) for each in found] == [("earlier", False)]


def test_a_plan_that_reads_nothing_has_no_sets():
    plan = document.parse(plan_file.load(preset_text("district-2020")))
    assert not sets.readers(plan)
    assert sets.read_sets({}, plan) == []


@pytest.mark.django_db
def test_the_plan_page_shows_its_sets():
    client = client_for(make_user(Role.OFFICE))
    ensure_plan("finance-points")
    ensure_plan("finance-annual")
    page = client.get(reverse("indicators:plan_detail", args=["finance-annual"])).content.decode()
    assert "四个季度" in page
    assert reverse("indicators:plan_detail", args=["finance-points"]) in page
    other = client.get(reverse("indicators:plan_detail", args=["finance-points"])).content.decode()
    assert "plan-sets" not in other


@pytest.mark.django_db
def test_a_set_of_a_plan_that_is_not_in_the_library_is_no_link():
    client = client_for(make_user(Role.OFFICE))
    ensure_plan("subdistrict-annual")
    page = client.get(reverse("indicators:plan_detail", args=["subdistrict-annual"])).content.decode()
    assert "subdistrict-quarterly" in page
    assert reverse("indicators:plan_detail", args=["subdistrict-quarterly"]) not in page

"""The smallest steps across a border, where one sign less in the engine would show."""

import pytest

from scoring.engine import score
from scoring.engine import types as t

from .build import composite, d, event, inputs, leaf, plan, subject

TWO = (
    t.FactDefinition("days", "天数", t.FactType.NUMBER),
    t.FactDefinition("more", "又", t.FactType.NUMBER),
)


def total(built, given):
    return score(built, inputs(given)).results[0].total


@pytest.mark.parametrize(("taken", "left"), [("3.00", "0.00"), ("2.99", "0.01"), ("3.01", "0.00")])
def test_a_root_one_cent_below_zero_is_zero(taken, left):
    built = plan(composite("R", 10, leaf("K"), leaf("V", 5, "inspection")))
    assert str(total(built, subject(marks={"K": 3}, events={"V": [event(taken)]}))) == left


@pytest.mark.parametrize(
    ("facts", "hit"),
    [
        ({"days": d(3), "more": d(2)}, True),
        ({"days": d(3), "more": d(1)}, False),
        ({"days": d(9)}, False),
        ({"more": d(9)}, False),
        ({}, False),
    ],
)
def test_a_sum_with_an_empty_fact_is_false(facts, hit):
    rule = t.Rule("set", grade="D", condition="days + more >= 5")
    built = plan(leaf("L"), [rule], facts=TWO)
    result = score(built, inputs(subject(marks={"L": 1}, facts=facts))).results[0]
    assert (result.grade == "D") is hit


def test_a_negative_half_of_a_composite_goes_away_from_zero():
    # 10 × (0.01 ÷ 10) × 1 ÷ 2 = 0.005 and −0.01 from the inspection: −0.005, rounded −0.01; in a branch below the root.
    branch = composite("B", 10, leaf("K", weight=1), leaf("L", weight=1), leaf("V", 5, "inspection"))
    built = plan(composite("R", 20, branch, leaf("M")))
    given = subject(marks={"K": "0.01", "L": 0, "M": 5}, events={"V": [event("0.01")]})
    result = score(built, inputs(given)).results[0]
    assert str(result.scores["B"].value) == "-0.01"
    assert str(result.total) == "4.99"


def test_a_place_is_taken_by_the_last_whole_one():
    """30 % of 10 are 3 places exactly; of 9, 2.7 and so 2."""
    rules = [t.Rule("thresholds", minimums={"A": d(1), "B": None}), t.Rule("limit", grade="A", share=d("0.3"))]
    for size, held in ((10, 3), (9, 2)):
        subjects = [subject(str(i), marks={"L": i + 1}) for i in range(size)]
        outcome = score(plan(leaf("L"), rules, grades=("A", "B")), inputs(*subjects))
        assert [r.grade for r in outcome.results] == ["B"] * (size - held) + ["A"] * held


def test_a_group_of_two_categories_is_one_group_in_each():
    """Categories never share places: 50 % of one subject each is no place, of the two together it would be one."""
    rules = [
        t.Rule("thresholds", minimums={"A": d(1), "B": None}),
        t.Rule("limit", grade="A", share=d("0.5"), scope="group"),
    ]
    subjects = [subject("1", "甲", "组", marks={"L": 5}), subject("2", "乙", "组", marks={"L": 6})]
    outcome = score(plan(leaf("L"), rules, grades=("A", "B")), inputs(*subjects))
    assert [(report.scope, report.size, report.places) for report in outcome.limits] == [
        ("乙 · 组", 1, 0),
        ("甲 · 组", 1, 0),
    ]
    assert [result.grade for result in outcome.results] == ["B", "B"]

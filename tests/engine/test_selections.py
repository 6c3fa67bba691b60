"""Selections from results, worked out by hand."""

import pytest

from scoring.engine import score
from scoring.engine import types as t
from scoring.engine.selections import differential_veto, last_overall, last_per_category, last_per_part

from .build import composite, d, inputs, leaf, plan, subject

THRESHOLDS = t.Rule("thresholds", minimums={"A": d(90), "B": d(0)})
FACTS = (t.FactDefinition("out", "不定等次", t.FactType.BOOLEAN),)


def outcome(marks, *, out=(), category=None, rules=(THRESHOLDS,), **more):
    root = composite("R", 100, leaf("L", 100, weight=1), leaf("M", 10, weight=0))
    subjects = []
    for key, mark in marks.items():
        total, tie_break = mark if isinstance(mark, tuple) else (mark, 0)
        given = {"marks": {"L": total} if tie_break is None else {"L": total, "M": tie_break}}
        given["not_applicable"] = frozenset("M" if tie_break is None else "")
        subjects.append(subject(key, (category or {}).get(key, "甲"), facts={"out": key in out}, **given))
    everything = (t.Rule("exclude", condition="out"), *rules) if rules else ()
    return score(plan(root, everything, facts=FACTS, **more), inputs(*subjects))


@pytest.mark.parametrize(
    ("share", "places", "chosen"),
    [("0.2", 1, "e"), ("0.21", 2, "ecd"), ("0.6", 3, "ecd"), ("0.61", 4, "ecdb"), ("0", 0, ""), ("1", 5, "ecdba")],
)
def test_the_last_share_is_rounded_up_and_takes_its_ties(share, places, chosen):
    found = last_overall(outcome({"a": 90, "b": 80, "c": 70, "d": 70, "e": 60}), d(share))
    assert (found.size, found.places, "".join(found.subjects)) == (5, places, chosen)


def test_who_has_no_grade_is_neither_counted_nor_selected():
    found = last_overall(outcome({"a": 90, "b": 80, "c": 70, "d": 60}, out="d"), d("0.34"))
    assert (found.size, found.places, found.subjects) == (3, 2, ("c", "b"))


def test_a_plan_without_rules_counts_everyone():
    assert last_overall(outcome({"a": 90, "b": 80}, rules=()), d("0.5")).subjects == ("b",)
    assert last_overall(outcome({"a": 90}, out="a"), d("0.5")).subjects == ()


def test_the_last_of_each_category():
    category = {"c": "乙", "d": "乙"}
    found = outcome({"a": 90, "b": 80, "c": 70, "d": 60}, category=category)
    assert [(one.scope, one.places, one.subjects) for one in last_per_category(found, d("0.1"), "甲甲乙乙")] == [
        ("乙", 1, ("d",)),
        ("甲", 1, ("b",)),
    ]


def test_a_category_may_have_a_share_of_its_own_and_a_share_of_zero_takes_nobody():
    category = {"c": "乙", "d": "乙"}
    found = outcome({"a": 90, "b": 80, "c": 70, "d": 60}, category=category)
    last = last_per_category(found, d(0), "甲甲乙乙", {"乙": d("0.51")})
    assert [(one.scope, one.share, one.places, one.subjects) for one in last] == [
        ("乙", d("0.51"), 2, ("d", "c")),
        ("甲", d(0), 0, ()),
    ]


def test_the_last_of_each_unit_go_by_the_overall_rank():
    category = {"b": "乙", "d": "乙"}
    found = outcome({"a": 90, "b": 80, "c": 70, "d": 60}, category=category, out="d")
    assert [(one.scope, one.size, one.subjects) for one in last_per_part(found, d("0.5"), ["x", "y", "x", "y"])] == [
        ("x", 2, ("c",)),
        ("y", 1, ("b",)),
    ]


def test_differential_veto():
    first = outcome({"a": 90, "b": 85, "c": 80, "d": 75})
    second = outcome({"a": 60, "b": 70, "c": 80, "d": 99})
    found = differential_veto(first, second, 2, d("1.5"))
    assert (found.invited, found.candidates, found.kept, found.tied, found.vetoed) == (
        3,
        ("a", "b", "c"),
        ("c", "b"),
        (),
        ("a",),
    )
    assert differential_veto(first, second, 1, d("1.5")).candidates == ("a", "b")  # ⌈1.5⌉
    assert differential_veto(first, second, 0, d("1.5")).candidates == ()
    assert differential_veto(first, second, 9, d("1.5")).kept == ("d", "c", "b", "a")


def test_candidates_tied_with_the_last_one_are_candidates():
    first = outcome({"a": 90, "b": 80, "c": 80})
    found = differential_veto(first, outcome({"a": 1, "b": 2, "c": 3}), 1, d("1.5"))
    assert (found.invited, found.candidates, found.kept, found.vetoed) == (2, ("a", "b", "c"), ("c",), ("b", "a"))


def test_tie_breakers_decide_who_is_a_candidate():
    first = outcome({"a": 90, "b": (80, 1), "c": (80, 2), "d": (80, None)}, tie_breakers=("M",))
    found = differential_veto(first, outcome({"a": 1, "b": 2, "c": 3, "d": 4}), 1, d(2))
    assert found.candidates == ("a", "c")


def test_a_tie_in_the_second_round_is_for_the_committee():
    first = outcome({"a": 90, "b": 85, "c": 80, "d": 75})
    found = differential_veto(first, outcome({"a": 90, "b": 70, "c": 70, "d": 60}), 2, d(2))
    assert (found.kept, found.tied, found.vetoed) == (("a",), ("b", "c"), ("d",))
    found = differential_veto(first, outcome({"a": 70, "b": 70, "c": 60, "d": 60}), 2, d(2))
    assert (found.kept, found.tied, found.vetoed) == (("a", "b"), (), ("c", "d"))


def test_who_is_not_in_the_second_round_is_vetoed():
    first = outcome({"a": 90, "b": 85, "c": 80})
    found = differential_veto(first, outcome({"b": 70, "c": 60, "a": 99}, out="a"), 1, d(3))
    assert (found.kept, found.tied, found.vetoed) == (("b",), (), ("c", "a"))
    found = differential_veto(first, outcome({"b": 70}), 2, d("1.5"))
    assert (found.kept, found.vetoed) == (("b",), ("a", "c"))


def test_a_missing_tie_breaker_is_zero():
    root = composite("R", 100, leaf("L", 100, weight=1), leaf("M", 10, weight=0))
    given = [subject("a", marks={"L": 80}), subject("b", marks={"L": 80, "M": 1})]
    first = score(plan(root, tie_breakers=("M",)), inputs(*given))
    assert differential_veto(first, first, 1, d(1)).candidates == ("b",)

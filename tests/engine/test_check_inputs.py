"""`check_inputs` says what `score` would refuse, and computes nothing."""

import pytest

from scoring.engine import check_inputs, score
from scoring.engine import types as t

from .build import composite, d, inputs, leaf, plan, subject

BUILT = plan(composite("R", 20, leaf("K"), leaf("L", method="carried", settings={"set": "q", "fallback": "marks"})))


def test_the_same_errors_as_score():
    given = inputs(subject(marks={"K": 11, "X": 1}), subject("s", "丙"), allow_missing=False)
    errors = check_inputs(BUILT, given)
    assert [(e.subject, e.code, e.field) for e in errors] == [
        ("s", "X", "mark.indicator"),
        ("s", "K", "mark"),
        ("s", "L", "missing"),
        ("s", "", "subject"),
        ("s", "", "category"),
        ("s", "K", "missing"),
        ("s", "L", "missing"),
    ]
    with pytest.raises(t.InputErrors) as caught:
        score(BUILT, given)
    assert list(caught.value.errors) == errors
    assert str(caught.value) == "7 input errors"


def test_sound_inputs_have_none():
    assert check_inputs(BUILT, inputs(subject(marks={"K": 10, "L": 5}))) == []


def test_marks_on_a_carried_leaf_whose_set_has_rounds():
    given = inputs(subject(marks={"K": 10, "L": 5}), known_sets=frozenset({"q"}))
    assert [(e.code, e.field) for e in check_inputs(BUILT, given)] == [("L", "mark.indicator")]


def test_a_broken_plan_is_no_matter_of_the_inputs():
    with pytest.raises(t.PlanErrors):
        check_inputs(plan(leaf("L", d(0))), inputs())

"""Composites, what is not applicable or missing, and inputs in the wrong place, worked out by hand."""

import pytest

from scoring.engine import score
from scoring.engine import types as t
from scoring.engine.types import Status

from .build import composite, d, event, inputs, leaf, plan, subject


def scores(root, given, **more):
    result = score(plan(root, **more), inputs(given)).results[0]
    return {code: None if s.value is None else str(s.value) for code, s in result.scores.items()}


def errors(root, *given, decisions=None, allow_missing=True, **more):
    with pytest.raises(t.InputErrors) as caught:
        score(plan(root, **more), t.Inputs(given, decisions=decisions or {}, allow_missing=allow_missing))
    return {(e.subject, e.code, e.field, e.key) for e in caught.value.errors}


def test_a_plain_sum():
    root = composite("R", 20, leaf("L", 12), leaf("M", 8))
    assert scores(root, subject(marks={"L": "7.25", "M": "3.5"})) == {"R": "10.75", "L": "7.25", "M": "3.50"}


def test_explicit_weights():
    # 100 × (60 × 45 ÷ 90 + 40 × 80 ÷ 100) ÷ 100 = 30 + 32
    root = composite("R", 100, leaf("L", 90, weight=60), leaf("M", 100, weight=40))
    assert scores(root, subject(marks={"L": 45, "M": 80}))["R"] == "62.00"
    # 10 × (1 × 1 ÷ 3 + 2 × 1 ÷ 7) ÷ 3 = 2.0634…
    root = composite("R", 10, leaf("L", 3, weight=1), leaf("M", 7, weight=2))
    assert scores(root, subject(marks={"L": 1, "M": 1}))["R"] == "2.06"


def test_a_weight_beside_points():
    # M weighs its points, 10: 20 × (30 × 5 ÷ 10 + 10 × 10 ÷ 10) ÷ 40 = 12.5
    root = composite("R", 20, leaf("L", 10, weight=30), leaf("M", 10))
    assert scores(root, subject(marks={"L": 5, "M": 10}))["R"] == "12.50"


def test_a_reference_node_is_shown_and_not_counted():
    root = composite("R", 10, leaf("L", 10, weight=1), leaf("Q", 10, weight=0))
    assert scores(root, subject(marks={"L": 4, "Q": 9})) == {"R": "4.00", "L": "4.00", "Q": "9.00"}
    result = score(plan(root), inputs(subject(marks={"L": 4}))).results[0]
    assert result.missing == ("Q",)
    assert (result.total, result.scores["R"].incomplete) == (4, False)  # what is missing is not counted anyway
    inner = composite("C", 10, leaf("L", 10, weight=1), leaf("Q", 10, weight=0))
    root = composite("R", 20, inner, leaf("N", 10))
    given = subject(marks={"N": 5}, not_applicable=frozenset("L"))
    assert scores(root, given)["C"] is None  # a reference node alone does not make a composite


def test_parents_are_computed_from_rounded_children():
    # each third is 3.333… → 3.33; the sum is 9.99, not 10
    third = [t.Mark("a", d(3)), t.Mark("b", d(3)), t.Mark("c", d(4))]
    root = composite("R", 12, *(leaf(code, 4) for code in "LMN"))
    assert scores(root, subject(marks=dict.fromkeys("LMN", third))) == {
        "R": "9.99",
        "L": "3.33",
        "M": "3.33",
        "N": "3.33",
    }


def test_a_composite_is_rounded_half_up_once_with_its_adjustments():
    # 1 × (0.01 ÷ 2) = 0.005: half up 0.01; with −1.00 it is −0.995, half up away from zero −1.00
    inner = composite("C", 1, leaf("K", 2, weight=1), leaf("P", 5, "penalty"))
    root = composite("R", 101, inner, leaf("M", 100))
    marks = {"K": "0.01", "M": 50}
    assert scores(root, subject(marks=marks))["C"] == "0.01"
    assert scores(root, subject(marks=marks, events={"P": [event(1)]}))["C"] == "-1.00"


def test_adjustments_go_beyond_full_points():
    root = composite("R", 10, leaf("L", 10), leaf("B", 5, "bonus"), leaf("P", 5, "penalty"))
    given = subject(marks={"L": 10}, events={"B": [event(3)], "P": [event(1)]})
    assert scores(root, given) == {"R": "12.00", "L": "10.00", "B": "3.00", "P": "-1.00"}


def test_the_share_of_what_is_not_applicable_passes_on():
    root = composite("R", 30, leaf("L", 10), leaf("M", 10), leaf("N", 10))
    given = subject(marks={"L": 7, "M": 8}, not_applicable=frozenset("N"))
    assert scores(root, given) == {"R": "22.50", "L": "7.00", "M": "8.00", "N": None}  # 30 × 15 ÷ 20
    # a missing one keeps its share
    assert scores(root, subject(marks={"L": 7, "M": 8}))["R"] == "15.00"


def deep():
    inner = composite("C", 10, leaf("L", 5), leaf("M", 5), leaf("B", 5, "bonus"))
    return composite("R", 20, inner, leaf("N", 10))


def test_a_composite_without_anything_applicable_is_not_applicable_with_its_adjustments():
    given = subject(marks={"N": 6}, not_applicable=frozenset({"L", "M"}))
    result = score(plan(deep()), inputs(given)).results[0]
    assert result.total == 12  # 20 × 6 ÷ 10
    assert {code for code, s in result.scores.items() if s.status is Status.NOT_APPLICABLE} == {"C", "L", "M", "B"}
    assert result.missing == ()
    with_bonus = subject(marks={"N": 6}, events={"B": [event(1)]}, not_applicable=frozenset({"L", "M"}))
    assert errors(deep(), with_bonus) == {("s", "B", "event.not_applicable", "")}


def test_a_branch_is_left_out_by_its_top():
    given = subject(marks={"N": 6}, not_applicable=frozenset({"C"}))
    assert scores(deep(), given) == {"R": "12.00", "C": None, "L": None, "M": None, "B": None, "N": "6.00"}
    marked = subject(marks={"N": 6, "L": 1}, not_applicable=frozenset({"C"}))
    assert errors(deep(), marked) == {("s", "L", "mark.not_applicable", "")}


def test_a_composite_of_composites_may_be_emptied_from_below():
    inner = composite("C", 10, composite("E", 10, leaf("L", 10)))
    root = composite("R", 20, inner, leaf("N", 10))
    given = subject(marks={"N": 6}, not_applicable=frozenset({"L"}))
    assert scores(root, given) == {"R": "12.00", "C": None, "E": None, "L": None, "N": "6.00"}


def test_an_adjustment_that_is_not_applicable_counts_nothing():
    given = subject(marks={"L": 3, "M": 4, "N": 5}, not_applicable=frozenset({"B"}))
    assert scores(deep(), given) == {"R": "12.00", "C": "7.00", "L": "3.00", "M": "4.00", "B": None, "N": "5.00"}


def test_a_root_needs_something_applicable():
    assert errors(deep(), subject(not_applicable=frozenset({"R"}))) == {("s", "R", "not_applicable", "")}
    left = subject(not_applicable=frozenset({"C", "N"}))
    assert errors(deep(), left) == {("s", "R", "not_applicable", "")}
    assert errors(deep(), subject(not_applicable=frozenset({"X"}))) == {("s", "X", "not_applicable", "")}


# ------------------------------------------------------------------------- missing


def test_missing_inputs_are_errors_where_none_may_be_missing():
    root = composite("R", 20, leaf("L"), leaf("M"), leaf("B", 5, "bonus"))
    given = subject(marks={"L": 5})
    assert errors(root, given, allow_missing=False) == {("s", "M", "missing", "")}
    complete = score(plan(root), t.Inputs([subject(marks={"L": 5, "M": 0})], allow_missing=False))
    assert not complete.provisional
    provisional = score(plan(root), inputs(given))
    assert provisional.provisional
    assert list(provisional.results[0].flags) == [t.Flag("missing", {"codes": ["M"]})]


def test_incomplete_goes_up_to_the_root():
    result = score(plan(deep()), inputs(subject(marks={"L": 5, "N": 5}))).results[0]
    assert {code for code, s in result.scores.items() if s.incomplete} == {"C", "R"}


def test_a_broken_input_is_not_reported_as_missing_too():
    assert errors(leaf("L"), subject(marks={"L": 11}), allow_missing=False) == {("s", "L", "mark", "")}


# ------------------------------------------------------------------------- wrong places


def test_inputs_of_unknown_places():
    given = subject(
        marks={"X": 1},
        events={"X": [event(1)]},
        attainment={"X": t.Attainment(d(1), d(1))},
        numbers={"X": d(0)},
        votes={"X": {"staff": {"1": 1}}},
    )
    fields = {"mark", "event", "attainment", "number", "vote"}
    assert errors(leaf("L"), given) == {("s", "X", f"{name}.indicator", "") for name in fields}


def test_inputs_of_another_method_or_on_a_composite():
    root = composite("R", 10, leaf("L", 10), leaf("B", 5, "bonus"))
    given = subject(marks={"R": 1, "B": 1}, events={"L": [event(1)]}, votes={"L": {"staff": {"1": 1}}})
    assert errors(root, given) == {
        ("s", "R", "mark.indicator", ""),
        ("s", "B", "mark.indicator", ""),
        ("s", "L", "event.indicator", ""),
        ("s", "L", "vote.indicator", ""),
    }


def test_inputs_of_every_kind_on_what_is_not_applicable():
    settings = {"value": d(1)}
    root = composite(
        "R",
        50,
        leaf("M"),
        leaf("D", method="deduct"),
        leaf("A", method="attainment"),
        leaf("N", method="per_unit", settings=settings),
        leaf("V", method="ballot"),
        leaf("B", method="bonus"),
    )
    given = subject(
        marks={"M": 0},
        events={"D": [event(1)], "B": [event(1)]},
        attainment={"A": t.Attainment(d(1), d(0))},
        numbers={"N": d(0)},
        votes={"V": {"staff": {"1": 1}}},
        not_applicable=frozenset("DANVB"),
    )
    assert errors(root, given) == {
        ("s", "D", "event.not_applicable", ""),
        ("s", "B", "event.not_applicable", ""),
        ("s", "A", "attainment.not_applicable", ""),
        ("s", "N", "number.not_applicable", ""),
        ("s", "V", "vote.not_applicable", ""),
    }


FACTS = (
    t.FactDefinition("head", "负责人", t.FactType.BOOLEAN),
    t.FactDefinition("days", "天数", t.FactType.NUMBER),
    t.FactDefinition("level", "效能", t.FactType.CHOICE, ("好", "一般")),
)


@pytest.mark.parametrize(
    "facts",
    [
        {"head": d(1)},
        {"head": "是"},
        {"days": True},
        {"days": "3"},
        {"days": d("NaN")},
        {"level": "差"},
        {"level": True},
    ],
)
def test_facts_of_the_wrong_type(facts):
    ((code, _value),) = facts.items()
    assert errors(leaf("L"), subject(facts=facts), facts=FACTS) == {("s", "", "fact", code)}


def test_facts_and_categories_that_the_plan_has_not():
    given = subject(category="丙", facts={"head": True, "days": d(3), "level": "好", "wind": True})
    assert errors(leaf("L"), given, facts=FACTS) == {("s", "", "category", ""), ("s", "", "fact", "wind")}
    assert errors(leaf("L"), subject(category="")) == {("s", "", "category", "")}


def test_a_subject_is_there_once_and_decisions_fit():
    assert errors(leaf("L"), subject("a"), subject("a")) == {("a", "", "subject", "")}
    decisions = {"b": t.Decision("A"), "a": t.Decision("Z")}
    assert errors(leaf("L"), subject("a"), decisions=decisions) == {
        ("a", "", "decision", ""),
        ("b", "", "decision", ""),
    }


def test_all_errors_of_all_subjects_are_told_at_once():
    assert errors(leaf("L"), subject("a", marks={"L": 11}), subject("b", marks={"X": 1})) == {
        ("a", "L", "mark", ""),
        ("b", "X", "mark.indicator", ""),
    }


def test_ranks_share_the_better_place():
    root = leaf("L", 100)
    given = [("a", "甲", 80), ("b", "乙", 90), ("c", "甲", 90), ("d", "甲", 80), ("e", "乙", 70)]
    subjects = [subject(key, category, marks={"L": mark}) for key, category, mark in given]
    results = score(plan(root), inputs(*subjects)).results
    assert [(r.subject, r.rank, r.category_rank) for r in results] == [
        ("a", 3, 2),
        ("b", 1, 1),
        ("c", 1, 1),
        ("d", 3, 2),
        ("e", 5, 2),
    ]


def test_nobody_at_all():
    outcome = score(plan(leaf("L"), [t.Rule("limit", "A", share=d("0.5"), scope="category")]), inputs())
    assert (outcome.results, outcome.limits, outcome.provisional) == ((), (), False)

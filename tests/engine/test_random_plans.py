"""What holds for every plan and every input: random trees, weights, methods, inputs and limits (Hypothesis).

KAOPING_EXAMPLES sets the number of rounds per property (default 30).
"""

import os
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.engine import check_plan, explain_reason, explain_score, score, walk
from scoring.engine import types as t
from scoring.engine.methods import ADJUSTMENTS
from scoring.engine.types import Status

from .build import d, say

EXAMPLES = settings(max_examples=int(os.environ.get("KAOPING_EXAMPLES", "30")), deadline=None)
CLASSES = (t.VoterClass("a", "a", d("0.6")), t.VoterClass("b", "b", d("0.4")))
HOW = {
    "rank_points": {"table": ((1, d(100)), (2, d(70)))},
    "per_unit": {"value": d("1.5"), "base": d(2), "threshold": d(3)},
    "rank_band": {"bands": ((d("0.3"), d(90)), (d(1), d(70)))},
}
ORDINARY = ("marks", "deduct", "attainment", "ballot", "rank_band", "ratio_to_best", "per_unit", "rank_points")
CATEGORIES = ("甲", "乙")
GRADES = ("A", "B", "C")
cents = st.integers(0, 1000).map(lambda n: Decimal(n) / 100)


@st.composite
def leaves(draw, code, methods=ORDINARY):
    method = draw(st.sampled_from(methods))
    ballot = t.BallotForm(classes=CLASSES, trim=draw(st.integers(0, 1))) if method in ("ballot", "rank_band") else None
    points, weight = Decimal(10), draw(st.sampled_from([1, 2, 3, 7]))
    return t.Node(code, code, points, method, Decimal(weight), ballot=ballot, settings=HOW.get(method, {}))


@st.composite
def trees(draw, adjustments=True):
    branches = []
    for name in "KLM"[: draw(st.integers(1, 3))]:
        below = [draw(leaves(f"{name}{i}")) for i in range(draw(st.integers(1, 3)))]
        if adjustments and draw(st.booleans()):
            method = draw(st.sampled_from(sorted(ADJUSTMENTS)))
            below.append(t.Node(f"{name}X", f"{name}X", Decimal(3), method))
        weight = Decimal(draw(st.integers(1, 5)))
        branches.append(t.Node(name, name, Decimal(30), "composite", weight, tuple(below)))
    return t.Node("R", "R", Decimal(100), "composite", None, tuple(branches))


@st.composite
def plans(draw, adjustments=True):
    root = draw(trees(adjustments))
    codes = [node.code for node in walk(root)]
    by_total = t.Rule("thresholds", minimums={"A": Decimal(60), "B": Decimal(30), "C": None})
    shares = st.integers(0, 10).map(lambda n: Decimal(n) / 10)
    limits = st.builds(
        t.Rule,
        st.just("limit"),
        st.sampled_from(["A", "B"]),
        share=shares,
        scope=st.sampled_from(["all", "category", "group", ("甲",)]),
        rounding=st.sampled_from(["floor", "half_up", "ceil"]),
        prefer=st.sampled_from([None, "category_rank <= 2"]),
    )
    grading = draw(st.lists(limits, max_size=3))
    exclude = draw(st.sampled_from([(), (t.Rule("exclude", condition="score:K < 8"),)]))
    breakers = draw(st.lists(st.sampled_from(codes), max_size=2, unique=True))
    return t.Plan("p", "p", root, CATEGORIES, GRADES, (*exclude, by_total, *grading), (), tuple(breakers))


def event(draw, method):
    value, count = draw(cents.filter(bool)), Decimal(1) if method == "bonus" else Decimal(draw(st.integers(0, 2)))
    status = draw(st.sampled_from(["approved", "approved", "pending"]))
    return t.Event("", count, value / 10, draw(st.sampled_from(["", "m"])), status)


@st.composite
def subjects(draw, plan, key):
    top = [node.code for node in plan.root.children]
    left_out = draw(st.sets(st.sampled_from(top), max_size=len(top) - 1)) if draw(st.booleans()) else set()
    parts = {"marks": {}, "events": {}, "attainment": {}, "numbers": {}, "votes": {}}
    for branch in plan.root.children:
        for leaf in branch.children:
            if branch.code in left_out or draw(st.integers(0, 9)) == 0:
                continue
            code, method = leaf.code, leaf.method
            if method == "marks":
                names = ("x", "y")[: draw(st.integers(1, 2))]
                parts["marks"][code] = [t.Mark(name, draw(cents)) for name in names]
            elif method == "attainment":
                parts["attainment"][code] = t.Attainment(draw(cents.filter(bool)), draw(cents))
            elif method in ("ratio_to_best", "per_unit"):
                parts["numbers"][code] = draw(cents)
            elif method == "rank_points":
                parts["numbers"][code] = Decimal(draw(st.integers(1, 4)))
            elif leaf.ballot is not None:
                answers = st.dictionaries(st.sampled_from(["", "0", "60", "85", "100"]), st.integers(0, 3))
                parts["votes"][code] = {name: draw(answers) for name in ("a", "b")}
            else:
                parts["events"][code] = [event(draw, method) for _i in range(draw(st.integers(0, 3)))]
    category, group = draw(st.sampled_from(CATEGORIES)), draw(st.sampled_from(["", "g"]))
    return t.SubjectInput(key, category, group, not_applicable=frozenset(left_out), **parts)


@st.composite
def rounds(draw, adjustments=True):
    plan = draw(plans(adjustments))
    assert [p for p in check_plan(plan) if not p.warning] == []
    return plan, [draw(subjects(plan, f"s{i}")) for i in range(draw(st.integers(1, 6)))]


def comparable(outcome):
    return {result.subject: result for result in outcome.results}, sorted(map(repr, outcome.limits))


@EXAMPLES
@given(rounds(), st.randoms(use_true_random=False))
def test_the_order_of_the_inputs_is_irrelevant(a_round, random):
    plan, given_subjects = a_round
    first = score(plan, t.Inputs(given_subjects))
    shuffled = []
    for one in random.sample(given_subjects, len(given_subjects)):
        events = {code: random.sample(list(e), len(e)) for code, e in reversed(list(one.events.items()))}
        marks = {code: list(m)[::-1] for code, m in reversed(list(one.marks.items()))}
        votes = {code: dict(reversed(list(tally.items()))) for code, tally in one.votes.items()}
        shuffled.append(replace(one, events=events, marks=marks, votes=votes))
    second = score(plan, t.Inputs(shuffled))
    assert [r.subject for r in second.results] == [one.key for one in shuffled]
    assert comparable(first) == comparable(second)


@EXAMPLES
@given(rounds())
def test_running_again_gives_the_same(a_round):
    plan, given_subjects = a_round
    assert score(plan, t.Inputs(given_subjects)) == score(plan, t.Inputs(given_subjects))


def bounds(node):
    """Lowest and highest score of a leaf, or of a composite without adjustments."""
    if node.method in ("penalty", "inspection"):
        return Decimal(-node.points if node.method == "penalty" else -100), Decimal(0)
    return Decimal(0), node.points


@EXAMPLES
@given(rounds())
def test_scores_lie_within_their_bounds(a_round):
    plan, given_subjects = a_round
    for result in score(plan, t.Inputs(given_subjects)).results:
        for node in walk(plan.root):
            found = result.scores[node.code]
            adjusted = any(child.method in ADJUSTMENTS for child in walk(node) if child is not node)
            if found.value is not None and not adjusted:
                low, high = bounds(node)
                assert low <= found.value <= high
            if found.value is not None:
                assert found.value.as_tuple().exponent == -2
                assert not (found.value == 0 and found.value.is_signed())
        assert result.total >= 0


@EXAMPLES
@given(rounds(), st.data())
def test_raising_one_mark_never_lowers_the_total(a_round, data):
    plan, given_subjects = a_round
    marked = [
        (i, code, place)
        for i, one in enumerate(given_subjects)
        for code, marks in one.marks.items()
        for place, mark in enumerate(marks)
        if mark.value < 10
    ]
    if not marked:
        return
    i, code, place = data.draw(st.sampled_from(marked))
    marks = list(given_subjects[i].marks[code])
    more = data.draw(st.integers(int(marks[place].value * 100) + 1, 1000))
    marks[place] = t.Mark(marks[place].assessor, Decimal(more) / 100)
    raised = replace(given_subjects[i], marks={**given_subjects[i].marks, code: marks})
    before = score(plan, t.Inputs(given_subjects)).results[i]
    after = score(plan, t.Inputs([*given_subjects[:i], raised, *given_subjects[i + 1 :]])).results[i]
    assert after.total >= before.total
    assert after.rank <= before.rank


def scaled(node, factor):
    weight = None if node.weight is None else node.weight * factor
    return replace(node, weight=weight, children=tuple(scaled(child, factor) for child in node.children))


@EXAMPLES
@given(rounds(), st.sampled_from([Decimal("0.1"), Decimal("0.7"), Decimal(3), Decimal(1000)]))
def test_scaling_all_weights_changes_nothing(a_round, factor):
    plan, given_subjects = a_round
    other = replace(plan, root=scaled(plan.root, factor))
    assert score(plan, t.Inputs(given_subjects)).results == score(other, t.Inputs(given_subjects)).results


ROUNDED = {
    "floor": lambda x: x.__floor__(),
    "ceil": lambda x: x.__ceil__(),
    "half_up": lambda x: (x + Fraction(1, 2)).__floor__(),
}


@EXAMPLES
@given(rounds())
def test_limits_are_never_exceeded(a_round):
    plan, given_subjects = a_round
    outcome = score(plan, t.Inputs(given_subjects))
    grade = {result.subject: result.grade for result in outcome.results}
    total = {result.subject: result.total for result in outcome.results}
    for limit in outcome.limits:
        rule = plan.rules[limit.rule]
        assert limit.places == ROUNDED[rule.rounding](Fraction(limit.share) * limit.size)
        assert len(limit.holders) <= limit.places
        assert not set(limit.holders) & set(limit.cut)
        assert set(limit.tied) <= set(limit.cut)
        assert all(grade[key] is None or grade[key] > limit.grade for key in limit.cut)
        if rule.prefer is None:  # nobody who kept the grade has less than one who lost it
            # A bonus takes a total above 100: nobody who holds the grade stands for more than any total.
            least = min(map(total.get, limit.holders), default=Decimal("Infinity"))
            assert least >= max(map(total.get, limit.cut), default=-1)
    last = [limit for limit in outcome.limits if limit.rule == len(plan.rules) - 1]
    for limit in last:
        assert all(grade[key] == limit.grade for key in limit.holders)


@EXAMPLES
@given(rounds())
def test_ranks_follow_totals(a_round):
    plan, given_subjects = a_round
    results = score(plan, t.Inputs(given_subjects)).results
    for one in results:
        assert one.rank == 1 + sum(other.total > one.total for other in results)
    for category in CATEGORIES:
        inside = [r for r, s in zip(results, given_subjects, strict=True) if s.category == category]
        for one in inside:
            assert one.category_rank == 1 + sum(other.total > one.total for other in inside)


@EXAMPLES
@given(rounds())
def test_everything_can_be_explained(a_round):
    plan, given_subjects = a_round
    outcome = score(plan, t.Inputs(given_subjects))
    for result in outcome.results:
        for node in walk(plan.root):
            found = result.scores[node.code]
            lines = [say(text) for text in explain_score(node, plan, found, result.scores)]
            assert lines
            assert (found.status is Status.SCORED) == lines[-1].endswith(f"{found.value}")
        for reason in result.reasons:
            assert say(explain_reason(reason, plan))


@EXAMPLES
@given(rounds())
def test_a_missing_input_is_an_error_exactly_where_none_may_be_missing(a_round):
    plan, given_subjects = a_round
    outcome = score(plan, t.Inputs(given_subjects))
    missing = {(result.subject, code) for result in outcome.results for code in result.missing}
    assert outcome.provisional == bool(missing)
    strict = t.Inputs(given_subjects, allow_missing=False)
    if not missing:
        assert score(plan, strict) == outcome
        return
    with pytest.raises(t.InputErrors) as refused:
        score(plan, strict)
    assert {(e.subject, e.code, e.field) for e in refused.value.errors} == {(*one, "missing") for one in missing}

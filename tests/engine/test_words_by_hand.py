"""What the engine says about figures, rules, grades, flags and limits: literal sentences, from stored data alone."""

import json
from fractions import Fraction

import pytest

from scoring.engine import (
    explain_flag,
    explain_limit,
    explain_reason,
    explain_score,
    method_title,
    method_words,
    rule_title,
    rule_words,
    score,
)
from scoring.engine import types as t
from scoring.engine.explain import nodes_of
from scoring.engine.text import figure, number_in, percent

from .build import composite, d, event, inputs, leaf, plan, say, subject
from .test_grades_by_hand import FACTS, HALVES, THRESHOLDS, graded, limit, within

OPTIONS = (t.Option("好", d(90)), t.Option("差", d(60)))
CLASSES = (t.VoterClass("a", "A票", d("0.6")), t.VoterClass("b", "B票", d("0.4")), t.VoterClass("c", "C票", d("0.4")))
DEDUCT = {"last": 2, "option": "差", "votes": 2, "value": d(2)}


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("8.50", "8.5"),
        ("-8.50", "-8.5"),
        ("100", "100"),
        ("0.00000001", "0.00000001"),
        ("0.000000001", "0.000000…"),
        ("-0.5", "-0.5"),
    ],
)
def test_figures_are_exact_where_they_can_be(number, text):
    assert figure(d(number)) == text


def test_other_figures_are_cut_off_and_say_so():
    assert figure(Fraction(2, 3)) == "0.666666…"
    assert figure(Fraction(-5, 3)) == "-1.666666…"
    assert number_in(figure(Fraction(-5, 3))) == Fraction("-1.666666")
    assert number_in(figure(d("8.5"))) == Fraction(17, 2)
    assert percent(d("0.125")) == "12.5%"


def steps(node, given, code=None, *, others=(), **more):
    """The lines about a node, after the trip of its detail through a database."""
    built = plan(node, **more)
    known = frozenset({"quarters"}) if given.earlier else frozenset()
    result = score(built, inputs(given, *others, known_sets=known)).results[0]
    stored = {
        key: t.NodeScore(s.status, s.value, s.incomplete, json.loads(json.dumps(dict(s.detail))))
        for key, s in result.scores.items()
    }
    shown = nodes_of(built)[code or node.code]
    return [say(text) for text in explain_score(shown, built, stored[shown.code], stored)]


def words(node):
    built = plan(node)
    return say(method_words(nodes_of(built)[node.code], built))


def rounded(value, decimals=2):
    return f"rounded half up to {decimals} decimals: {value}"


def test_marks_in_words():
    assert steps(leaf("L"), subject(marks={"L": 7})) == ["Mark: 7 points", rounded("7.00")]
    weighted = leaf("L", assessors=(t.Assessor("a"), t.Assessor("b", d(3))))
    both = subject(marks={"L": [t.Mark("a", d(7)), t.Mark("b", d(8))]})
    assert steps(weighted, both) == [
        "a: 7 points",
        "b: 8 points",
        "Mean: (7 + 8 × 3) ÷ 4 = 7.75",
        rounded("7.75"),
    ]
    assert words(leaf("L")) == "Marked with 0 to 10 points; several marks: their mean."
    assert words(leaf("L", assessors=(t.Assessor("a"),))) == "Marked with 0 to 10 points by a."
    even = leaf("L", assessors=(t.Assessor("a"), t.Assessor("b")))
    assert words(even) == "Marked with 0 to 10 points by each of a, b; the mean counts."
    assert words(weighted) == ("Marked with 0 to 10 points by a (weight 1), b (weight 3); the weighted mean counts.")


LATE = t.CatalogueItem("late", "迟到", (d(1),), zero_at=d(10))


@pytest.mark.parametrize(
    ("events", "catalogue", "said"),
    [
        ([event(item="late", count=3)], (LATE,), ["late 迟到: 3 × 1 = 3 points", "10 − 3 = 7", rounded("7.00")]),
        (
            [event(item="late", count=11)],
            (LATE,),
            ["late 迟到: 11 × 1 = 11 points", "late 迟到: 11 reaches 10, so the score is 0", rounded("0.00")],
        ),
        ([event("10.5", matter="m")], (), ["m: 10.5 points", "10 − 10.5 is below 0, so 0", rounded("0.00")]),
        ([], (), ["No approved event", "10 − 0 = 10", rounded("10.00")]),
    ],
)
def test_deductions_in_words(events, catalogue, said):
    assert steps(leaf("L", method="deduct", catalogue=catalogue), subject(events={"L": events})) == said


def with_adjustment(method, **more):
    return composite("R", 10, leaf("K", 10), leaf("B", 5, method, **more))


def test_a_bonus_in_words():
    items = (t.CatalogueItem("x", "x", cap=d(3)), t.CatalogueItem("y", "y"))
    events = [
        event(2, item="x", matter="m"),
        event(1, item="x", matter="m"),
        event(2, item="x"),
        event(4, item="y", status="pending"),
        event(4, item="y"),
    ]
    node = with_adjustment("bonus", catalogue=items)
    given = subject(marks={"K": 8}, events={"B": events})
    assert steps(node, given, "B") == [
        "x x: 2 points",
        "x x (m): 2 points",
        "y y: 4 points",
        "Not counted, as another event on the same matter is as high or higher: x x (m): 1 points",
        "x: 2 + 2 = 4",
        "x: 4, capped at 3",
        "Sum: x 3 + y 4 = 7",
        "7 is above the cap: 5",
        rounded("5.00"),
    ]
    assert steps(node, given) == ["K 8 = 8", "With bonus and penalty: 8 + B 5 = 13", rounded("13.00")]
    exact = subject(marks={"K": 8}, events={"B": [event(3, item="x"), event(2, item="y")]})
    assert steps(node, exact, "B") == ["x x: 3 points", "y y: 2 points", "Sum: x 3 + y 2 = 5", rounded("5.00")]


@pytest.mark.parametrize(
    ("method", "how", "count", "said"),
    [
        ("penalty", {}, 3, ["Event: 3 × 2 = 6 points", "6 is above the cap: 5 is taken off", rounded("-5.00")]),
        ("penalty", {"uncapped": True}, 3, ["Event: 3 × 2 = 6 points", "Taken off: 6", rounded("-6.00")]),
        ("penalty", {}, 1, ["Event: 2 points", "Taken off: 2", rounded("-2.00")]),
        ("inspection", {}, 3, ["Event: 3 × 2 = 6 points", "Taken off: 6", rounded("-6.00")]),
    ],
)
def test_penalties_in_words(method, how, count, said):
    node = with_adjustment(method, settings=how)
    assert steps(node, subject(marks={"K": 8}, events={"B": [event(2, count)]}), "B") == said
    assert steps(node, subject(marks={"K": 8}), "B") == ["No approved event", rounded("0.00")]


def test_a_penalty_at_its_cap_is_not_capped():
    given = subject(marks={"K": 8}, events={"B": [event(5)]})
    assert steps(with_adjustment("penalty"), given, "B") == ["Event: 5 points", "Taken off: 5", rounded("-5.00")]


def test_methods_of_events_in_words():
    items = (t.CatalogueItem("x", "x", cap=d(3)),)
    matter = "Approved events add their values; events of one item on the same matter count once, the highest; "
    assert words(leaf("L", method="deduct")) == (
        "Starts at 10; each approved event takes off count × value, down to 0."
    )
    assert words(leaf("L", method="deduct", catalogue=(LATE,))).endswith("; 0 outright on late 迟到 reaching 10.")
    built = plan(with_adjustment("bonus"))
    assert say(method_words(nodes_of(built)["B"], built)) == matter + "all together at most 5."
    built = plan(with_adjustment("bonus", catalogue=items))
    assert (
        say(method_words(nodes_of(built)["B"], built))
        == matter + "each item up to its cap (x 3), all together at most 5."
    )
    said = {
        ("penalty", False): "Each approved event takes off count × value, together at most 5.",
        ("penalty", True): "Each approved event takes off count × value, without a limit.",
        ("inspection", False): (
            "Each approved finding of an on-site verification takes off count × value, without a limit."
        ),
    }
    for (method, uncapped), sentence in said.items():
        built = plan(with_adjustment(method, settings={"uncapped": True} if uncapped else {}))
        assert say(method_words(nodes_of(built)["B"], built)) == sentence


@pytest.mark.parametrize(
    ("target", "actual", "said"),
    [
        (8, 2, ["actual 2 ÷ target 8 = 0.25", "10 × 0.25 = 2.5", rounded("2.50")]),
        (3, 4, ["actual 4 ÷ target 3: reached, counts as 1", "10 × 1 = 10", rounded("10.00")]),
        (3, -1, ["actual -1 ÷ target 3: counts as 0", "10 × 0 = 0", rounded("0.00")]),
    ],
)
def test_attainment_in_words(target, actual, said):
    node = leaf("L", method="attainment")
    assert steps(node, subject(attainment={"L": t.Attainment(d(target), d(actual))})) == said
    assert words(node) == "10 × actual ÷ target, at most 10 and at least 0."


def test_ballots_in_words():
    given = subject(votes={"L": {"staff": {"75": 1, "90": 2, "": 1, "3": 0}}})
    assert steps(leaf("L", method="ballot"), given) == [
        "职工: 3 votes (90 × 2, 75 × 1), 1 abstentions; 255 ÷ 3 = 85",
        "V = 85",
        "10 × 85 ÷ 100 = 8.5",
        rounded("8.50"),
    ]
    form = t.BallotForm(options=OPTIONS, classes=CLASSES, trim=1, self_vote=True)
    node = leaf("L", method="ballot", ballot=form)
    given = subject(votes={"L": {"a": {"好": 3, "差": 2}, "b": {"好": 1}}})
    assert steps(node, given) == [
        (
            "A票: 5 votes (好 90 × 3, 差 60 × 2), 0 abstentions; without the 1 highest (90 × 1)"
            " and the 1 lowest (60 × 1): 240 ÷ 3 = 80"
        ),
        "B票: 1 votes (好 90 × 1), 0 abstentions; 90 ÷ 1 = 90",
        "C票: no valid vote, drops out",
        "V = (80 × 0.6 + 90 × 0.4) ÷ 1 = 84",
        "10 × 84 ÷ 100 = 8.4",
        rounded("8.40"),
    ]
    assert words(node) == (
        "Each vote names an option: 好 = 90, 差 = 60. In a class with more than 2 votes the 1 highest and the 1 lowest"
        " are dropped. V is the weighted mean of the class means: A票 (weight 0.6), B票"
        " (weight 0.4), C票 (weight 0.4);"
        " a class without votes drops out. Abstentions are not votes. Voting on oneself is allowed here."
        " The score is 10 × V ÷ 100."
    )
    assert words(leaf("L", method="ballot")) == (
        "Each vote is a number from 0 to 100 in steps of 1. V is the mean of the votes. Abstentions are not votes."
        " The score is 10 × V ÷ 100."
    )


def test_votes_of_too_small_a_class_are_not_shown():
    node = leaf("L", method="ballot", ballot=t.BallotForm(options=OPTIONS, classes=CLASSES[:2]))
    given = subject(votes={"L": {"a": {"好": 3, "差": 2}, "b": {"好": 2}}})
    # 390 ÷ 5 of the one class and V would tell the mean of the other: nothing but the rounded score is said.
    assert steps(node, given, minimum_votes=3) == [
        "A票: not shown either, as it would give the others away",
        "B票: fewer than 3 votes, not shown",
        rounded("8.28"),
    ]
    assert "B票: 2 votes (好 90 × 2), 0 abstentions; 180 ÷ 2 = 90" in steps(node, given, minimum_votes=2)
    silent = subject(votes={"L": {"a": {"好": 2}, "b": {"": 5}}})
    assert steps(node, silent, minimum_votes=3) == [
        "A票: fewer than 3 votes, not shown",
        "B票: no valid vote, drops out",
        rounded("9.00"),
    ]


def test_rank_bands_in_words():
    node = leaf("L", 100, "rank_band", settings={"bands": ((d("0.25"), d(90)), (d(1), d(70)))})
    others = [subject(str(i), votes={"L": {"staff": {"80": 1}}}) for i in range(3)]
    given = subject(votes={"L": {"staff": {"90": 1}}})
    assert steps(node, given, others=others)[1:] == [
        "V = 90",
        "V ranks 1 of 4 in the category: 1 ÷ 4 = 0.25, within 25%: 90",
        "100 × 90 ÷ 100 = 90",
        rounded("90.00"),
    ]
    assert words(node).endswith(
        "Inside each category the subjects with votes are ranked by V, ties sharing the best rank; rank ÷ number of"
        " subjects gives the value (up to 25%: 90, up to 100%: 70), and the score is 100 × value ÷ 100."
    )


def test_deductions_by_ballot_in_words():
    node = leaf("L", 15, "ballot_deduct", ballot=t.BallotForm(options=OPTIONS), settings=DEDUCT)
    hit = steps(node, subject(votes={"L": {"staff": {"差": 2}}}))
    assert hit[2:] == [
        "place 1 from the end of the group (concerned: up to 2); “差”: 2 votes (concerned: from 2)",
        "both conditions hold: 15 − 2 = 13",
        rounded("13.00"),
    ]
    spared = steps(node, subject(votes={"L": {"staff": {"差": 1}}}))
    assert spared[2:] == [
        "place 1 from the end of the group (concerned: up to 2); “差”: 1 votes (concerned: from 2)",
        "not both conditions hold: full 15 points",
        rounded("15.00"),
    ]
    assert words(node).endswith(
        "Full 15 points; whoever is among the last 2 of the group by V and got at least 2 votes of “差” loses 2."
    )


def test_carried_in_words():
    rounds = [t.Earlier("Q2", d(30), d(40), None), t.Earlier("Q1", d(90), d(100), None)]
    node = leaf("L", 50, "carried", settings={"set": "quarters"})
    assert steps(node, subject(earlier={"quarters": rounds})) == [
        "Q1: 90 of 100",
        "Q2: 30 of 40",
        "Mean: (90 ÷ 100 + 30 ÷ 40) ÷ 2 = 0.825",
        "50 × 0.825 = 41.25",
        rounded("41.25"),
    ]
    below = subject(earlier={"quarters": [t.Earlier("Q1", d(-9), d(100), None)]})
    assert steps(node, below)[-3:] == ["50 × -0.09 = -4.5", "below 0, so 0", rounded("0.00")]
    own = "50 × the mean of total ÷ full points over the rounds of “quarters”, at least 0."
    assert words(node) == own
    fallback = leaf("L", 50, "carried", settings={"set": "quarters", "fallback": "marks"})
    assert steps(fallback, subject(marks={"L": 3})) == ["Mark: 3 points", rounded("3.00")]
    assert words(fallback) == (own + " Without any such round: Marked with 0 to 50 points; several marks: their mean.")


def test_outside_ranks_in_words():
    node = leaf("L", 50, "rank_points", settings={"table": ((1, d(60)), (2, d(57)))})
    given = subject(numbers={"L": d(3)})
    assert steps(node, given) == ["rank 3, beyond the table: as rank 2, 57", "50 × 57 ÷ 100 = 28.5", rounded("28.50")]
    assert words(node) == "50 × value ÷ 100, the value by the rank: rank 1: 60, rank 2: 57; further ranks as the last."


def test_ratios_in_words():
    higher = leaf("L", method="ratio_to_best")
    lower = leaf("L", method="ratio_to_best", settings={"lower_is_better": True})
    other = [subject("o", numbers={"L": d(4)})]
    assert steps(higher, subject(numbers={"L": d(1)}), others=other) == [
        "own figure 1 ÷ highest of the category 4 = 0.25",
        "10 × 0.25 = 2.5",
        rounded("2.50"),
    ]
    assert steps(higher, subject(numbers={"L": d(0)}))[0] == "all figures of the category are 0: counts as 0"
    assert steps(lower, subject(numbers={"L": d(8)}), others=other)[0] == (
        "lowest of the category 4 ÷ own figure 8 = 0.5"
    )
    assert words(higher) == "10 × the subject's own figure ÷ the highest figure of the category."
    assert words(lower) == "10 × the lowest figure of the category ÷ the subject's own figure."


@pytest.mark.parametrize(
    ("how", "actual", "said"),
    [
        ({}, "3.9", ["figure 3.9 − 0 = 3.9, in whole units 3", "0 + 2 × 3 = 6", rounded("6.00")]),
        (
            {"base": d(8), "threshold": d(5)},
            7,
            ["figure 7 − 5 = 2 units", "8 + 2 × 2 = 12", "above the full points: 10", rounded("10.00")],
        ),
        (
            {"base": d(8), "threshold": d(5), "sign": -1, "floor": d(3)},
            9,
            ["figure 9 − 5 = 4 units", "8 − 2 × 4 = 0", "below the floor: 3", rounded("3.00")],
        ),
    ],
)
def test_so_much_per_unit_in_words(how, actual, said):
    node = leaf("L", method="per_unit", settings={"value": d(2), **how})
    assert steps(node, subject(numbers={"L": d(actual)})) == said


def test_per_unit_methods_in_words():
    whole = leaf("L", method="per_unit", settings={"value": d(2), "sign": -1})
    parts = leaf("L", method="per_unit", settings={"value": d(2), "fractions": True})
    assert words(whole) == "0 − 2 × (figure − 0, in whole units), at least 0, at most 10."
    assert words(parts) == "0 + 2 × (figure − 0), at least 0, at most 10."


# ------------------------------------------------------------------------- composites


def test_composites_in_words():
    inner = composite("C", 10, leaf("L", 90, weight=60), leaf("M", 100, weight=40), leaf("P", 5, "inspection"))
    root = composite("R", 20, inner, leaf("N", 10))
    given = subject(marks={"L": 45, "M": 50, "N": 2}, events={"P": [event(30)]})
    assert steps(root, given, "C") == [
        "10 × (60 × L 45 ÷ 90 + 40 × M 50 ÷ 100) ÷ 100 = 5",
        "With bonus and penalty: 5 − P 30 = -25",
        rounded("-25.00"),
    ]
    assert steps(root, given) == ["C -25 + N 2 = -23", "A total below 0 is 0", rounded("0.00")]
    left = subject(marks={"L": 45}, not_applicable=frozenset({"M", "P"}))
    assert steps(root, left, "C") == [
        "Not applicable, its share passes to the others: M title M",
        "10 × (60 × L 45 ÷ 90) ÷ 60 = 5",
        rounded("5.00"),
    ]
    assert steps(root, left) == ["Missing, counted as 0 for now: N title N", "C 5 + N 0 = 5", rounded("5.00")]
    assert steps(root, left, "M") == ["Not applicable to this subject"]
    assert steps(root, left, "N") == ["No input yet: missing, counted as 0 for now"]
    built = plan(root)
    assert say(method_title(root)) == "Composite"
    assert say(method_title(nodes_of(built)["N"])) == "Marks"
    assert say(method_words(inner, built)) == (
        "10 × the weighted mean of score ÷ full points of L title L (weight 60), M title M (weight 40); the weight of"
        " one that is not applicable passes to the others. Then P title P are added, and may take it above its points"
        " or below 0."
    )
    assert say(method_words(root, built)) == (
        "Sum of C title C, N title N; the share of one that is not applicable passes to the others."
    )


def test_a_sum_whose_share_passes_on():
    root = composite("R", 30, leaf("L"), leaf("M"), leaf("N"))
    given = subject(marks={"L": 7, "M": 8}, not_applicable=frozenset("N"))
    assert steps(root, given)[1] == "30 × (L 7 + M 8) ÷ 20 = 22.5"


def test_a_composite_without_its_childrens_scores_says_the_rounding_alone():
    root = composite("R", 10, leaf("L"))
    result = score(plan(root), inputs(subject(marks={"L": 5}))).results[0]
    assert [say(s) for s in explain_score(root, plan(root), result.scores["R"])] == [rounded("5.00")]


# ------------------------------------------------------------------------- rules

ROOT = composite("R", 100, leaf("L", 50), leaf("T", 50, "ballot", ballot=t.BallotForm(options=OPTIONS)))


def rule(key, grade=None, condition=None, **more):
    return t.Rule(key, grade, condition, **more)


@pytest.mark.parametrize(
    ("given", "title", "said"),
    [
        (
            rule("exclude", condition="days > 12 or flag and level = 一般"),
            "No grade",
            (
                "No grade if “天数” is above 12, or “旗” and “效能” is “一般”; such a subject does not"
                " count in the quotas."
            ),
        ),
        (THRESHOLDS, "Grades by total", "By the total: A from 90, B from 80, C from 60, D the rest."),
        (rule("floor_grade", "D", minimum=d(70)), "Grade below a minimum", "A total below 70: D."),
        (
            rule("cap", "B", "score:L < 50 and grade_in:Q1 != 好"),
            "At best a grade",
            "At best B if the score of L title L is below 50 and the grade in Q1 is not “好”.",
        ),
        (
            rule("set", "D", "option_share:T:差 + option_share:T:好 > 0.1 or flag = 否"),
            "Exactly a grade",
            (
                "D if the share of “差” among the votes of T title T + the share of “好” among the votes of T title T"
                " is above 10%, or “旗” is no."
            ),
        ),
        (
            rule("lower", condition="times_grade:q:差 >= 2 or flag = true", steps=2),
            "Some grades lower",
            (
                "2 grade(s) lower if the number of rounds of “q” with the grade 差 is at least 2, or “旗” is yes,"
                " not past the last grade."
            ),
        ),
        (
            rule("lower", condition="category_rank <= 1 and category_rank_from_bottom = 1 or category_size > 3"),
            "Some grades lower",
            (
                "1 grade(s) lower if the rank in the category is at most 1 and the rank in the"
                " category from the end equals 1,"
                " or the size of the category is above 3, not past the last grade."
            ),
        ),
        (
            limit("0.3"),
            "At most a share",
            (
                "Of all subjects at most 30% hold A (fractions are dropped); the last by merit"
                " get B. Ties at the limit"
                " all get B and go to the committee."
            ),
        ),
        (
            limit("0.3", scope="category", rounding="half_up", at_least=2, of_participants=True, prefer="total > 3"),
            "At most a share",
            (
                "Of each category, those without a grade included, at most 30% hold A (rounded"
                " half up, at least 2); the"
                " last by merit get B. Ties at the limit all get B and go to the committee."
                " Those come first for whom the"
                " total is above 3."
            ),
        ),
        (
            limit("0.3", scope=("甲", "乙"), rounding="ceil"),
            "At most a share",
            (
                "Of 甲, 乙 together at most 30% hold A (rounded up); the last by merit get B. Ties"
                " at the limit all get B"
                " and go to the committee."
            ),
        ),
        (
            within("0.3"),
            "At most a share of the holders",
            (
                "Of the holders of A in all subjects at most 30% (fractions are dropped) may be"
                " such that “旗”; the last"
                " of these by merit get B, and the places stay free."
            ),
        ),
        (
            HALVES,
            "Forced distribution",
            (
                "Forced distribution in each category by merit: A 40%, B 50%, C 10%, places by"
                " largest remainder; subjects"
                " of equal merit across a boundary all get the lower grade and go to the committee."
            ),
        ),
    ],
)
def test_rules_in_words(given, title, said):
    built = plan(ROOT, [given], facts=FACTS)
    assert (say(rule_title(given)), say(rule_words(given, built))) == (title, said)


def reasons(outcome, key):
    """The last reason of a subject and its flags, in words."""
    result = next(r for r in outcome.results if r.subject == key)
    told = say(explain_reason(result.reasons[-1], outcome.plan))
    return told, [say(explain_flag(flag, outcome.plan)) for flag in result.flags]


def test_reasons_by_total_and_by_decision():
    outcome = graded([95, 10, 70], THRESHOLDS, decisions={2: "A"})
    assert reasons(outcome, "s0") == ("The total 95 reaches 90: A", [])
    assert reasons(outcome, "s1") == ("The total 10 is below 60 (C): D", [])
    assert reasons(outcome, "s2") == ("Decided by the committee (no. 1): why", [])
    undocumented = t.Reason(None, "decision", None, "A", {"reason": "why", "document": ""})
    assert say(explain_reason(undocumented, outcome.plan)) == "Decided by the committee: why"
    outcome = graded([95], THRESHOLDS, rule("floor_grade", "D", minimum=d(96)))
    assert reasons(outcome, "s0") == ("The total 95 is below 96: D", [])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (rule("exclude", condition="days > 12"), "No grade, because “天数” is above 12 (“天数”: 13)"),
        (
            rule("cap", "C", "flag or level = 好"),
            "At best C, because “旗”",
        ),
        (rule("set", "D", "total < 96"), "D, because the total is below 96 (the total: 95)"),
        (
            rule("lower", condition="times_grade:q:差 = 0"),
            (
                "1 grade(s) lower, because the number of rounds of “q” with the grade 差 equals 0"
                " (the number of rounds of “q” with the grade 差: 0)"
            ),
        ),
        (
            rule("set", "D", "flag = true and total > 0 or days > 99"),
            ("D, because “旗” is yes and the total is above 0 (“旗”: yes, the total: 95)"),
        ),
    ],
)
def test_reasons_by_condition(given, said):
    facts = {0: {"days": d(13), "flag": True, "level": "一般"}}
    assert reasons(graded([95], THRESHOLDS, given, facts=facts), "s0")[0] == said


def test_a_share_of_votes_as_a_reason():
    rules = [rule("set", "D", "option_share:T:差 > 0.1")]
    given = subject(marks={"L": 5}, votes={"T": {"staff": {"好": 2, "差": 1}}})
    outcome = score(plan(ROOT, rules), inputs(given))
    assert reasons(outcome, "s")[0] == (
        "D, because the share of “差” among the votes of T title T is above 10%"
        " (the share of “差” among the votes of T title T: 33.3333…%)"
    )


def test_an_old_reason_without_its_facts():
    built = graded([95], rule("set", "D", "total < 96")).plan
    assert say(explain_reason(t.Reason(0, "set", None, "D"), built)) == "D, because the total is below 96"


TIE = ["Tied at the boundary between A and B (2 subjects): for the committee to decide"]


ONE_PLACE = "3 × 40% = 1.2 (fractions are dropped): 1 places"
AT_MOST = f"At most 40% hold A (all, N = 3): {ONE_PLACE}. "


def test_reasons_of_a_limit():
    outcome = graded([99, 98, 97], THRESHOLDS, limit("0.4"))
    assert reasons(outcome, "s1") == (
        f"{AT_MOST}With 98 place 2 of 3 by total, beyond the places (the last one went to a total of 99): B.",
        [],
    )
    assert reasons(outcome, "s2") == (
        f"{AT_MOST}With 97 place 3 of 3 by total, beyond the places (the last one went to a total of 99): B.",
        [],
    )
    assert say(explain_limit(outcome.limits[0], outcome.plan)) == (
        f"all, N = 3: {ONE_PLACE}; 1 holders, 2 with the next lower grade"
    )
    outcome = graded([98, 98, 97], THRESHOLDS, limit("0.4", scope="category"))
    inside = AT_MOST.replace("all", "甲")
    assert reasons(outcome, "s0") == (
        (
            f"{inside}With 98 place 1 of 3 by total, equal with others across the limit: all of them get B;"
            " the committee may decide."
        ),
        TIE,
    )
    assert reasons(outcome, "s1") == reasons(outcome, "s0")
    assert reasons(outcome, "s2") == (
        f"{inside}With 97 place 3 of 3 by total, behind subjects tied across the limit, whom nobody passes: B.",
        [],
    )


def test_reasons_of_a_limit_with_decisions_and_a_preference():
    rules = [THRESHOLDS, limit("0.5", of_participants=True, prefer="total > 96")]
    outcome = graded([99, 98, 97, 91], *rules, decisions={3: "A"})
    assert reasons(outcome, "s1")[0] == (
        "At most 50% hold A (all, N = 4, those without a grade included): 4 × 50% = 2 (fractions are dropped):"
        " 2 places, 1 of them taken by decisions of the committee. With 98 place 2 of 3 by total, those first for whom"
        " the total is above 96 (this subject: yes), beyond the places (the last one went to a total of 99): B."
    )
    assert say(explain_limit(outcome.limits[0], outcome.plan)) == (
        "all, N = 4, those without a grade included: 4 × 50% = 2 (fractions are dropped): 2 places, 1 of them taken by"
        " decisions of the committee; 2 holders, 2 with the next lower grade"
    )
    assert outcome.limits[0].decided == ("s3",)


def test_equal_merit_beyond_the_places_shares_the_better_one():
    outcome = graded([99, 98, 97, 97, 96], THRESHOLDS, limit("0.2"))
    places = [r.reasons[-1].values.get("place") for r in outcome.results]
    assert places == [None, 2, 3, 3, 5]


def test_reasons_of_a_limit_within():
    start = f"Of the holders of A (all, 3 holders) at most 40% may be such that the total is above 0: {ONE_PLACE}. "
    within_all = within("0.4", "total > 0")
    assert reasons(graded([99, 98, 97], THRESHOLDS, within_all), "s1") == (
        f"{start}With 98 place 2 of 3 by total, beyond the places (the last one went to a total of 99): B.",
        [],
    )
    outcome = graded([98, 98, 97], THRESHOLDS, within_all)
    assert reasons(outcome, "s0") == (
        (
            f"{start}With 98 place 1 of 3 by total, equal with others across the limit: all of them get B;"
            " the committee may decide."
        ),
        TIE,
    )
    assert reasons(outcome, "s2") == (
        f"{start}With 97 place 3 of 3 by total, behind subjects tied across the limit, whom nobody passes: B.",
        [],
    )


def test_reasons_of_a_distribution():
    start = (
        "Forced distribution (甲, N = 3), largest remainder: A 3 × 40% = 1.2 → 1, B 3 × 50% = 1.5 → 2,"
        " C 3 × 10% = 0.3 → 0"
    )
    outcome = graded([99, 98, 97], HALVES)
    assert reasons(outcome, "s0") == (f"{start}. With 99 place 1 of 3 by total: A.", [])
    assert reasons(outcome, "s2") == (f"{start}. With 97 place 3 of 3 by total: B.", [])
    outcome = graded([99, 99, 97], HALVES)
    assert reasons(outcome, "s0") == (
        (
            f"{start}. With 99 places 1 to 2 of 3 by total, tied across a boundary: all of them get B;"
            " the committee may decide."
        ),
        TIE,
    )
    (best, middle, _last) = outcome.limits
    assert (best.holders, best.cut, best.tied) == ((), ("s0", "s1"), ("s0", "s1"))
    assert (set(middle.holders), middle.cut) == ({"s0", "s1", "s2"}, ())
    assert say(explain_limit(middle, outcome.plan)) == (
        "甲, N = 3, by largest remainder: B 3 × 50% = 1.5 → 2 places; 3 holders"
    )
    decided = graded([99, 98, 97], HALVES, decisions={2: "A"})
    assert reasons(decided, "s0")[0] == (
        f"{start}; of these, decisions of the committee take A 1. With 99 place 1 of 2 by total: B."
    )


def test_a_share_of_withheld_votes_is_not_told():
    rules = [rule("set", "D", "option_share:T:差 > 0.1")]
    given = subject(marks={"L": 5}, votes={"T": {"staff": {"好": 2, "差": 1}}})
    outcome = score(plan(ROOT, rules, minimum_votes=4), inputs(given))
    assert reasons(outcome, "s")[0] == "D, because the share of “差” among the votes of T title T is above 10%"


def test_flags_in_words():
    form = t.BallotForm(classes=CLASSES[:2])
    root = composite("R", 20, leaf("L"), leaf("T", 10, "ballot", ballot=form))
    outcome = score(plan(root), inputs(subject(votes={"T": {"a": {"80": 1}}})))
    assert [say(explain_flag(f, outcome.plan)) for f in outcome.results[0].flags] == [
        "Missing, counted as 0 for now: L title L",
        "T title T: no votes of the class B票, which drops out",
    ]
    plain = plan(composite("R", 10, leaf("T", 10, "ballot")))
    flag = t.Flag("no_votes", {"code": "T", "class": "staff"})
    assert say(explain_flag(flag, plain)) == "T title T: no votes of the class staff, which drops out"

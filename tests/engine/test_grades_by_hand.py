"""Every grade rule on cases worked out by hand."""

import pytest

from scoring.engine import score
from scoring.engine import types as t

from .build import composite, d, inputs, leaf, plan, subject

THRESHOLDS = t.Rule("thresholds", minimums={"A": d(90), "B": d(80), "C": d(60), "D": None})
FACTS = (
    t.FactDefinition("flag", "旗", t.FactType.BOOLEAN),
    t.FactDefinition("days", "天数", t.FactType.NUMBER),
    t.FactDefinition("level", "效能", t.FactType.CHOICE, ("好", "一般")),
)


def graded(totals, *rules, facts=None, category=None, groups=None, decisions=None, **more):
    """Outcome for subjects s0, s1 … with these totals (marks on one leaf of 100 points)."""
    facts, category, groups = facts or {}, category or {}, groups or {}
    subjects = [
        subject(f"s{i}", category.get(i, "甲"), groups.get(i, ""), marks={"L": mark}, facts=facts.get(i, {}))
        for i, mark in enumerate(totals)
    ]
    root = composite("R", 100, leaf("L", 100))
    decided = {f"s{i}": t.Decision(grade, "why", "no. 1") for i, grade in (decisions or {}).items()}
    return score(plan(root, rules, facts=FACTS, **more), t.Inputs(subjects, decisions=decided))


def grades(*args, **more):
    return "".join(result.grade or "-" for result in graded(*args, **more).results)


def tied(outcome):
    return {r.subject for r in outcome.results if any(f.key == "tie" for f in r.flags)}


# ------------------------------------------------------------------------- thresholds, floor


def test_thresholds_take_the_minimum_itself():
    assert grades([100, 90, "89.99", 80, "79.99", 60, "59.99", 0], THRESHOLDS) == "AABBCCDD"


def test_the_last_listed_grade_needs_no_minimum():
    listed = t.Rule("thresholds", minimums={"C": d(70), "A": d(90)})  # in any order; none of B and D
    assert grades([90, "89.99", 70, 10], listed) == "ACCC"


def test_a_minimum_finer_than_a_total():
    assert grades(["89.99", 90], t.Rule("thresholds", minimums={"A": d("89.991"), "B": None})) == "BA"


def test_floor_grade_is_for_those_below():
    floor = t.Rule("floor_grade", "D", minimum=d(70))
    assert grades(["70", "69.99", 95], THRESHOLDS, floor) == "CDA"


# ------------------------------------------------------------------------- exclude, cap, set, lower


def test_excluded_subjects_are_passed_by():
    rules = [t.Rule("exclude", condition="flag"), THRESHOLDS, t.Rule("set", "C", condition="total >= 0")]
    assert grades([95, 95], *rules, facts={0: {"flag": True}}) == "-C"


def test_an_exclusion_takes_a_grade_back():
    outcome = graded([95], THRESHOLDS, t.Rule("exclude", condition="flag"), facts={0: {"flag": True}})
    (result,) = outcome.results
    assert result.grade is None
    assert [(r.rule, r.key, r.before, r.after) for r in result.reasons] == [
        (0, "thresholds", None, "A"),
        (1, "exclude", "A", None),
    ]


def test_an_exclusion_is_recorded_even_before_any_grade():
    outcome = graded([95], t.Rule("exclude", condition="flag"), facts={0: {"flag": True}})
    assert [(r.key, r.before, r.after) for r in outcome.results[0].reasons] == [("exclude", None, None)]


def test_cap_set_lower():
    on = {i: {"flag": True} for i in range(4)}
    totals = [95, 85, 65, 10]
    assert grades(totals, THRESHOLDS, t.Rule("cap", "B", condition="flag"), facts=on) == "BBCD"
    assert grades(totals, THRESHOLDS, t.Rule("set", "B", condition="flag"), facts=on) == "BBBB"
    assert grades(totals, THRESHOLDS, t.Rule("lower", condition="flag"), facts=on) == "BCDD"
    assert grades(totals, THRESHOLDS, t.Rule("lower", condition="flag", steps=2), facts=on) == "CDDD"
    assert grades(totals, THRESHOLDS, t.Rule("cap", "B", condition="flag")) == "ABCD"


def test_rules_before_any_grade():
    on = {0: {"flag": True}}
    assert grades([95], t.Rule("cap", "B", condition="flag"), facts=on) == "-"
    assert grades([95], t.Rule("lower", condition="flag"), facts=on) == "-"
    assert grades([95], t.Rule("set", "B", condition="flag"), facts=on) == "B"
    assert grades([95], t.Rule("floor_grade", "D", minimum=d(96))) == "D"


def test_only_changes_are_recorded():
    rules = [THRESHOLDS, t.Rule("cap", "B", condition="flag"), t.Rule("cap", "B", condition="flag")]
    (result,) = graded([95], *rules, facts={0: {"flag": True}}).results
    assert [(r.rule, r.before, r.after) for r in result.reasons] == [(0, None, "A"), (1, "A", "B")]


# ------------------------------------------------------------------------- limit


def limit(share, grade="A", **more):
    return t.Rule("limit", grade, share=d(share), **more)


@pytest.mark.parametrize(
    ("share", "how", "held"),
    [
        ("0.30", {}, 1),  # ⌊5 × 0.3⌋ = ⌊1.5⌋
        ("0.30", {"rounding": "half_up"}, 2),
        ("0.29", {"rounding": "half_up"}, 1),  # 1.45
        ("0.21", {"rounding": "ceil"}, 2),  # 1.05
        ("0.20", {"rounding": "ceil"}, 1),
        ("0.40", {}, 2),
        ("0.39", {}, 1),
        ("0", {}, 0),
        ("0", {"at_least": 2}, 2),
        ("0.8", {"at_least": 2}, 4),
        ("1", {}, 5),
    ],
)
def test_places_of_a_limit(share, how, held):
    outcome = graded([99, 98, 97, 96, 95], THRESHOLDS, limit(share, **how))
    assert "".join(r.grade for r in outcome.results) == "A" * held + "B" * (5 - held)
    (report,) = outcome.limits
    assert (report.size, report.places, len(report.holders), len(report.cut)) == (5, held, held, 5 - held)
    assert tied(outcome) == set()


def test_a_tie_across_a_limit_goes_down_and_nobody_moves_up():
    # two places: s0, and one for the three of 95: all three lose it, and so does the one below
    outcome = graded([99, 95, 95, 95, 91], THRESHOLDS, limit("0.4"))
    assert [r.grade for r in outcome.results] == ["A", "B", "B", "B", "B"]
    assert tied(outcome) == {"s1", "s2", "s3"}
    (report,) = outcome.limits
    assert (report.places, report.holders, report.cut, report.tied) == (
        2,
        ("s0",),
        ("s1", "s2", "s3", "s4"),
        ("s1", "s2", "s3"),
    )


def test_reports_name_the_rule_and_its_scope():
    totals, category, groups = [99, 98, 97, 85], {2: "乙", 3: "乙"}, {0: "g"}
    rules = [THRESHOLDS, limit("0.5", scope="category"), limit("1", "B"), limit("0.5", scope=("乙", "甲"))]
    found = graded(totals, *rules, category=category, groups=groups).limits
    assert [(r.rule, r.key, r.scope, r.grade, r.size, r.share, r.places, r.holders) for r in found] == [
        (1, "limit", "乙", "A", 2, d("0.5"), 1, ("s2",)),
        (1, "limit", "甲", "A", 2, d("0.5"), 1, ("s0",)),
        (2, "limit", "", "B", 4, d(1), 4, ("s1", "s3")),
        (3, "limit", "乙、甲", "A", 4, d("0.5"), 2, ("s0", "s2")),
    ]
    found = graded(totals, HALVES, category=category).limits
    assert [(r.scope, r.grade, r.size, r.places, r.holders) for r in found] == [
        ("乙", "A", 2, 1, ("s2",)),
        ("乙", "B", 2, 1, ("s3",)),
        ("乙", "C", 2, 0, ()),
        ("甲", "A", 2, 1, ("s0",)),
        ("甲", "B", 2, 1, ("s1",)),
        ("甲", "C", 2, 0, ()),
    ]


def test_a_tie_that_fits_is_none():
    outcome = graded([99, 95, 95, 91, 91], THRESHOLDS, limit("0.6"))
    assert [r.grade for r in outcome.results] == ["A", "A", "A", "B", "B"]
    assert tied(outcome) == set()


def test_a_tie_from_the_first_place():
    outcome = graded([95, 95, 91], THRESHOLDS, limit("0.4"))  # ⌊1.2⌋
    assert [r.grade for r in outcome.results] == ["B", "B", "B"]
    assert tied(outcome) == {"s0", "s1"}


def test_no_place_no_tie():
    outcome = graded([95, 95], THRESHOLDS, limit("0.4"))  # ⌊0.8⌋ = 0
    assert [r.grade for r in outcome.results] == ["B", "B"]
    assert tied(outcome) == set()


def test_who_lost_a_grade_counts_in_the_next_limit():
    # one A of four; then B holds the three others: ⌊4 × 0.5⌋ = 2
    assert grades([99, 98, 97, 85], THRESHOLDS, limit("0.25"), limit("0.5", "B")) == "ABBC"


def test_a_capped_subject_frees_its_place():
    rules = [THRESHOLDS, t.Rule("cap", "B", condition="flag"), limit("0.5")]
    assert grades([99, 98], *rules, facts={0: {"flag": True}}) == "BA"


def test_size_counts_graded_subjects_or_all_participants():
    rules = [t.Rule("exclude", condition="flag"), THRESHOLDS]
    facts = {3: {"flag": True}}
    assert grades([99, 98, 97, 96], *rules, limit("0.5"), facts=facts) == "ABB-"  # ⌊3 × 0.5⌋
    assert grades([99, 98, 97, 96], *rules, limit("0.5", of_participants=True), facts=facts) == "AAB-"


def test_limits_per_category_group_and_together():
    totals, category = [99, 98, 97, 96], {2: "乙", 3: "乙"}
    assert grades(totals, THRESHOLDS, limit("0.5"), category=category) == "AABB"
    assert grades(totals, THRESHOLDS, limit("0.5", scope="category"), category=category) == "ABAB"
    assert grades(totals, THRESHOLDS, limit("0.5", scope=("乙",)), category=category) == "AAAB"
    assert grades(totals, THRESHOLDS, limit("0.5", scope=("甲", "乙")), category=category) == "AABB"
    groups = {0: "g", 1: "g"}  # the empty group is one more group
    assert grades(totals, THRESHOLDS, limit("0.5", scope="group"), groups=groups) == "ABAB"


def test_tie_breakers_and_what_is_not_applicable():
    root = composite("R", 100, leaf("L", 50), leaf("M", 25), leaf("N", 25))
    given = [
        subject("a", marks={"L": 46, "M": 22, "N": 24}),  # 92
        subject("b", marks={"L": 46, "M": 24, "N": 22}),  # 92
        subject("c", marks={"L": 47, "M": 21, "N": 24}),  # 92
        subject("d", marks={"L": 46, "N": 23}, not_applicable=frozenset("M")),  # 100 × 69 ÷ 75 = 92
    ]

    def holders(count, *breakers):
        rule = limit(d(count) / 4)
        outcome = score(plan(root, [THRESHOLDS, rule], tie_breakers=breakers), inputs(*given))
        return "".join(r.subject for r in outcome.results if r.grade == "A")

    assert holders(1) == ""  # equal totals: all four tied
    assert holders(1, "L") == "c"
    assert holders(2, "L") == "c"  # a, b, d still equal
    assert holders(2, "L", "M") == "bc"
    assert holders(3, "L", "M") == "abc"  # not applicable is below any score
    assert holders(3, "M") == "abc"
    assert holders(1, "M", "N") == "b"
    assert holders(3, "N") == "acd"  # 24, 24, 23; b has 22
    assert holders(1, "N") == ""


def test_a_score_of_zero_is_above_not_applicable():
    root = composite("R", 10, leaf("L", 10, weight=1), leaf("M", 10, weight=0))
    given = [subject("a", marks={"L": 9}, not_applicable=frozenset("M")), subject("b", marks={"L": 9, "M": 0})]
    listed = t.Rule("thresholds", minimums={"A": d(9), "B": None})
    outcome = score(plan(root, [listed, limit("0.5")], tie_breakers=("M",)), inputs(*given))
    assert [r.grade for r in outcome.results] == ["B", "A"]


def test_preferred_holders_come_first():
    # two places: preferred s2, s3 first although lower
    rule = limit("0.5", prefer="flag")
    facts = {2: {"flag": True}, 3: {"flag": True}}
    assert grades([99, 98, 92, 91], THRESHOLDS, rule, facts=facts) == "BBAA"
    assert grades([99, 98, 92, 91], THRESHOLDS, rule, facts={3: {"flag": True}}) == "ABBA"


def test_equal_totals_are_no_tie_where_one_is_preferred():
    outcome = graded([95, 95], THRESHOLDS, limit("0.5", prefer="flag"), facts={1: {"flag": True}})
    assert [r.grade for r in outcome.results] == ["B", "A"]
    assert tied(outcome) == set()


# ------------------------------------------------------------------------- limit_within


def within(share, condition="flag", **more):
    return t.Rule("limit_within", "A", condition, share=d(share), **more)


def test_limit_within_counts_the_holders():
    facts = {i: {"flag": True} for i in (0, 1, 3)}
    # five hold A: ⌊5 × 0.3⌋ = 1 of the three flagged may stay; the places are not refilled
    outcome = graded([99, 98, 97, 96, 95, 85], THRESHOLDS, within("0.3"), facts=facts)
    assert "".join(r.grade for r in outcome.results) == "ABABAB"
    (report,) = outcome.limits
    assert (report.size, report.places, report.holders, report.cut) == (5, 1, ("s0",), ("s1", "s3"))
    assert grades([99, 98, 97, 96, 95], THRESHOLDS, within("0.6"), facts=facts) == "AAAAA"
    assert grades([99, 98, 97, 96, 95], THRESHOLDS, within("0.59"), facts=facts) == "AAABA"


def test_limit_within_looks_at_its_scope():
    facts = {0: {"flag": True}, 2: {"flag": True}}
    category = {2: "乙", 3: "乙"}
    assert (
        grades([99, 98, 97, 96], THRESHOLDS, within("0.5", scope="category"), category=category, facts=facts) == "AAAA"
    )
    assert grades([99, 98, 97, 96], THRESHOLDS, within("0.4", scope=("乙",)), category=category, facts=facts) == "AABA"


def test_limit_within_ties():
    facts = {i: {"flag": True} for i in range(3)}
    outcome = graded([99, 95, 95, 92], THRESHOLDS, within("0.5"), facts=facts)
    assert "".join(r.grade for r in outcome.results) == "ABBA"
    assert tied(outcome) == {"s1", "s2"}


# ------------------------------------------------------------------------- distribute

HALVES = t.Rule("distribute", shares={"A": d("0.4"), "B": d("0.5"), "C": d("0.1")}, scope="category")


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (10, "AAAABBBBBC"),
        (1, "B"),  # 0.4, 0.5, 0.1: the largest part
        (2, "AB"),  # 0.8, 1, 0.2
        (3, "ABB"),  # 1.2, 1.5, 0.3
        (4, "AABB"),  # 1.6, 2, 0.4
        (5, "AABBB"),  # 2, 2.5, 0.5: equal parts, the better grade first
        (7, "AAABBBC"),  # 2.8, 3.5, 0.7: 2 + 3 + 0, two left: A and C
        (14, "AAAAAABBBBBBBC"),  # 5.6, 7, 1.4: one left, to A
    ],
)
def test_largest_remainder(size, expected):
    assert grades([100 - i for i in range(size)], HALVES) == expected


def test_equal_parts_go_to_the_better_grade():
    thirds = t.Rule("distribute", shares={"A": d("0.25"), "B": d("0.25"), "C": d("0.5")}, scope="category")
    assert grades([90, 80], thirds) == "AC"  # 0.5, 0.5, 1
    assert grades([90], thirds) == "C"  # 0.25, 0.25, 0.5
    assert grades([90, 80, 70], thirds) == "ABC"  # 0.75, 0.75, 1.5: two left, to the largest parts


def test_a_block_across_a_boundary_gets_the_grade_of_its_last_place():
    # 4 + 5 + 1 places; s3 … s5 tied across A | B; s8 and s9 across B | C
    outcome = graded([99, 98, 97, 90, 90, 90, 80, 79, 70, 70], HALVES)
    assert "".join(r.grade for r in outcome.results) == "AAABBBBBCC"
    assert tied(outcome) == {"s3", "s4", "s5", "s8", "s9"}
    assert "".join(r.grade for r in graded([90] * 10, HALVES).results) == "C" * 10


def test_distribution_per_category_of_graded_subjects():
    category = dict.fromkeys(range(5, 10), "乙")
    totals = [99, 98, 97, 96, 95, 89, 88, 87, 86, 85]
    assert grades(totals, HALVES, category=category) == "AABBBAABBB"
    rules = [t.Rule("exclude", condition="flag"), HALVES]
    assert grades([99, 98, 97], *rules, facts={0: {"flag": True}}) == "-AB"


def test_distribution_gives_everyone_anew():
    assert grades([50, 40], THRESHOLDS, HALVES) == "AB"


# ------------------------------------------------------------------------- decisions


def test_a_decision_is_final_and_takes_a_place():
    # two places; the committee gives one to s2, so s0 alone is left with the other
    outcome = graded([99, 98, 97, 96], THRESHOLDS, limit("0.5"), decisions={2: "A"})
    assert "".join(r.grade for r in outcome.results) == "ABAB"
    assert set(outcome.limits[0].holders) == {"s0", "s2"}
    (reason,) = outcome.results[2].reasons
    assert (reason.rule, reason.key, reason.after, dict(reason.values)) == (
        None,
        "decision",
        "A",
        {"reason": "why", "document": "no. 1"},
    )


def test_a_decision_settles_a_tie():
    settled = graded([99, 95, 95, 91], THRESHOLDS, limit("0.5"), decisions={1: "A"})
    assert "".join(r.grade for r in settled.results) == "AABB"
    assert tied(settled) == set()


def test_more_decided_than_places():
    outcome = graded([99, 98, 97], THRESHOLDS, limit("0.4"), decisions={1: "A", 2: "A"})
    assert "".join(r.grade for r in outcome.results) == "BAA"
    assert outcome.limits[0].places == 1


def test_no_rule_touches_a_decided_grade():
    rules = [t.Rule("exclude", condition="flag"), THRESHOLDS, t.Rule("set", "D", condition="total > 0")]
    assert grades([99, 98], *rules, facts={0: {"flag": True}}, decisions={0: "C"}) == "CD"


def test_decisions_in_a_distribution():
    # 2 A, 3 B: s4 holds one of the As
    assert grades([99, 98, 97, 96, 95], HALVES, decisions={4: "A"}) == "ABBBA"


def test_decisions_in_limit_within():
    facts = {i: {"flag": True} for i in range(3)}
    # three hold A: one flagged place, taken by the decided s2
    assert grades([99, 98, 97], THRESHOLDS, within("0.34"), facts=facts, decisions={2: "A"}) == "BBA"


# ------------------------------------------------------------------------- conditions


def matches(condition, totals=(90,), facts=None, **more):
    """Positions of the subjects for whom the condition holds."""
    outcome = graded(totals, t.Rule("set", "D", condition=condition), facts=facts or {}, **more)
    return [i for i, r in enumerate(outcome.results) if r.grade == "D"]


@pytest.mark.parametrize(
    ("condition", "hit"),
    [
        ("days > 3", [2]),
        ("days >= 3", [1, 2]),
        ("days < 3", [0]),
        ("days <= 3", [0, 1]),
        ("days = 3", [1]),
        ("days = 3.00", [1]),
        ("days != 3", [0, 2]),  # an empty fact is never true, not even here
        ("days > -1", [0, 1, 2]),
        ("days + days > 5", [1, 2]),
        ("days + total = 93", [1]),
        ("level = 好", [0]),
        ("level != 好", [1]),
        ("flag", [0]),
        ("flag = true", [0]),
        ("flag = 否", [1]),
        ("flag != 是", [1]),
        ("flag or days = 4", [0, 2]),
        ("flag and days = 2 or days = 4", [0, 2]),
        ("days = 4 or flag and days = 2", [0, 2]),
        ("days = 2 and flag or days = 3 and flag", [0]),
        ("flag and days = 3", []),
    ],
)
def test_conditions_on_facts(condition, hit):
    facts = {
        0: {"flag": True, "days": d(2), "level": "好"},
        1: {"flag": False, "days": d(3), "level": "一般"},
        2: {"days": d(4)},
        3: {},
    }
    assert matches(condition, [90] * 4, facts) == hit


@pytest.mark.parametrize(
    ("condition", "hit"),
    [
        ("total >= 80", [0, 1, 2]),
        ("total > 80", [0]),
        ("category_rank = 2", [1, 2]),
        ("category_rank = 1", [0, 4]),
        ("category_rank_from_bottom = 1", [3, 4]),
        ("category_rank_from_bottom = 2", [1, 2]),
        ("category_rank_from_bottom = 4", [0]),
        ("category_size = 4", [0, 1, 2, 3]),
        ("score:L < 80", [3, 4]),
    ],
)
def test_conditions_on_what_is_always_there(condition, hit):
    assert matches(condition, [90, 80, 80, 70, 60], category={4: "乙"}) == hit


def test_two_tied_last_are_both_last():
    assert matches("category_rank_from_bottom = 1", [90, 70, 70]) == [1, 2]


def test_conditions_on_votes():
    options = (t.Option("好", d(90)), t.Option("一般", d(70)), t.Option("差", d(50)))
    form = t.BallotForm(options=options, classes=(t.VoterClass("a", "a"), t.VoterClass("b", "b", d(9))))
    root = composite("R", 10, leaf("T", 10, "ballot", ballot=form))
    tallies = {
        "none": {"a": {"": 3}},
        "exactly": {"a": {"好": 4, "": 5}, "b": {"好": 5, "差": 1}},  # 1 of 10, each vote counting once
        "above": {"a": {"好": 4, "一般": 1}, "b": {"好": 4, "差": 1}},
    }
    given = [subject(key, votes={"T": votes}) for key, votes in tallies.items()]
    condition = "option_share:T:一般 + option_share:T:差 > 0.10"
    outcome = score(plan(root, [t.Rule("set", "D", condition=condition)]), inputs(*given))
    assert [r.grade for r in outcome.results] == [None, None, "D"]
    outcome = score(plan(root, [t.Rule("set", "D", condition="option_share:T:差 >= 0.1")]), inputs(*given))
    assert [r.grade for r in outcome.results] == [None, "D", "D"]
    # no votes: false even for a share below
    outcome = score(plan(root, [t.Rule("set", "D", condition="option_share:T:差 <= 1")]), inputs(*given))
    assert [r.grade for r in outcome.results] == [None, "D", "D"]


def test_conditions_on_scores_that_are_missing_or_not_applicable():
    root = composite("R", 20, leaf("L", 10), leaf("M", 10))
    given = [subject("a", marks={"M": 5}), subject("b", marks={"M": 5}, not_applicable=frozenset("L"))]
    outcome = score(plan(root, [t.Rule("set", "D", condition="score:L < 1")]), inputs(*given))
    assert [r.grade for r in outcome.results] == ["D", None]  # missing counts 0, not applicable is false


def test_conditions_on_earlier_grades():
    root = leaf("L", 10)
    quarters = [
        t.Earlier("Q1", d(90), d(100), "好"),
        t.Earlier("Q2", d(50), d(100), "差"),
        t.Earlier("Q3", d(51), d(100), "差"),
        t.Earlier("Q4", d(51), d(100), None),
    ]
    given = [subject("a", earlier={"quarters": quarters}), subject("b")]

    def hits(condition):
        outcome = score(plan(root, [t.Rule("set", "D", condition=condition)]), inputs(*given))
        return "".join(r.subject for r in outcome.results if r.grade)

    assert hits("times_grade:quarters:差 = 2") == "a"
    assert hits("times_grade:quarters:差 < 1") == "b"  # without rounds it is 0
    assert hits("times_grade:months:差 = 0") == "ab"
    assert hits("grade_in:Q1 = 好") == "a"
    assert hits("grade_in:Q2 != 好") == "a"
    assert hits("grade_in:Q4 != 好") == ""  # no grade there: empty
    assert hits("grade_in:Q9 != 好") == ""


@pytest.mark.parametrize("sets", [("months", "quarters"), ("quarters", "months")])
def test_a_round_that_stands_in_two_sets_has_the_grade_of_the_first_by_code(sets):
    """Whichever set was read first: the order of inputs decides nothing."""
    grade = {"months": "差", "quarters": "好"}
    earlier = {name: [t.Earlier("一", d(80), d(100), grade[name])] for name in sets}
    built = plan(leaf("L"), [t.Rule("set", grade="D", condition="grade_in:一 = 差")])
    assert score(built, inputs(subject(marks={"L": 1}, earlier=earlier))).results[0].grade == "D"

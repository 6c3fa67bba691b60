"""The oracle itself, by small cases counted by hand, and the workbooks it is fed with."""

from collections import Counter
from fractions import Fraction as F

import pytest

from .book import Book, Subject
from .compute import compute_book, half_up
from .grades import largest_remainder
from .plans import ADJUSTMENTS, ballot, item, limit, mark, node, plan, thresholds

GRADES = ["优", "良", "中", "差"]


def book_of(root, *codes, rules=(), facts=None, tie_breakers=(), category="甲", group=""):
    subjects = [Subject(one, one, category, group, (facts or {}).get(one, {})) for one in codes]
    return Book(plan("试", ["甲", "乙"], root, GRADES, list(rules), tie_breakers=tie_breakers), subjects)


def one_leaf(leaf):
    """A plan of this leaf beside a mark M of 10 points; adjustments need something to adjust."""
    return node(
        "R",
        "总分",
        10 + (0 if leaf["method"] in ADJUSTMENTS else leaf["points"]),
        "composite",
        mark("M", "评分", 10),
        leaf,
    )


def book_with(leaf, *codes, **more):
    book = book_of(one_leaf(leaf), *codes, **more)
    for one in codes:
        book.marks[one, "M"] = [F(8)]
    return book


def event(value, name="", count=1, matter="", approved=True):
    return {
        "item": name,
        "count": F(count),
        "value": None if value is None else F(value),
        "matter": matter,
        "approved": approved,
    }


def marked(totals, **more):
    """A round whose totals are these: {code: marks of 100}, with an optional tie-breaker T shown beside."""
    book = book_of(node("R", "总分", 100, "composite", mark("M", "评分", 100)), *totals, **more)
    for one, total in totals.items():
        book.marks[one, "M"] = [F(total)]
    return book


def grades_of(book):
    return {one: result.grade for one, result in compute_book(book).results.items()}


# --- figures


@pytest.mark.parametrize(
    ("value", "rounded"),
    [("1.005", "1.01"), ("-1.005", "-1.01"), ("1.0049", "1.00"), ("-0.005", "-0.01"), ("2.675", "2.68")],
)
def test_a_half_goes_away_from_zero(value, rounded):
    assert half_up(F(value), 2) == F(rounded)


def test_a_parent_adds_its_childrens_rounded_scores():
    root = node("R", "总分", 4, "composite", mark("A", "甲", 2), mark("B", "乙", 2))
    book = book_of(root, "1")
    book.marks["1", "A"] = [F("1.01"), F("1.02")]  # 1.015 → 1.02
    book.marks["1", "B"] = [F("1.01"), F("1.02")]  # 1.02 again: 2.04, though 1.015 + 1.015 = 2.03
    assert compute_book(book)["1"].total == F("2.04")


def test_what_is_not_applicable_passes_its_share_on():
    root = node(
        "R",
        "总分",
        100,
        "composite",
        node("A", "甲", 60, "composite", mark("A1", "一", 40), mark("A2", "二", 20)),
        mark("B", "乙", 40),
    )
    book = book_of(root, "1")
    book.marks["1", "A1"], book.marks["1", "B"] = [F(30)], [F(20)]
    book.not_applicable.add(("1", "A2"))
    result = compute_book(book)["1"]
    assert result.scores["A"] == 45  # 60 × 30/40
    assert result.scores["A2"] == "不适用"
    assert result.total == 65
    assert not result.missing


def test_a_composite_of_nothing_applicable_drops_out_with_its_adjustments():
    root = node(
        "R",
        "总分",
        100,
        "composite",
        node("A", "甲", 60, "composite", mark("A1", "一", 60), node("AB", "加", 5, "bonus", items=None)),
        mark("B", "乙", 40),
    )
    book = book_of(root, "1")
    book.marks["1", "B"] = [F(20)]
    book.not_applicable.add(("1", "A1"))
    result = compute_book(book)["1"]
    assert (result.scores["A"], result.scores["AB"]) == ("不适用", "不适用")
    assert result.total == 50  # 100 × 20/40


def test_weights_and_a_reference_node():
    root = node(
        "R",
        "总分",
        100,
        "composite",
        {**mark("A", "甲", 10), "weight": 3},
        {**mark("B", "乙", 50), "weight": 1},
        {**mark("C", "参考", 100), "weight": 0},
    )
    book = book_of(root, "1")
    book.marks.update({("1", "A"): [F(8)], ("1", "B"): [F(10)], ("1", "C"): [F(1)]})
    result = compute_book(book)["1"]
    assert result.total == 65  # 100 × (3 × 0.8 + 1 × 0.2) / 4
    assert result.scores["C"] == 1


def test_a_root_below_zero_is_zero_and_a_missing_leaf_counts_zero():
    book = book_of(one_leaf(node("P", "减", 5, "penalty", uncapped=True, items=None)), "1")
    book.events["1", "P"] = [event(7)]
    result = compute_book(book)["1"]
    assert (result.scores["P"], result.total, result.missing) == (-7, 0, {"M"})


# --- methods


def score_of(leaf, fill, *codes):
    book = book_with(leaf, *(codes or ("1",)))
    fill(book)
    results = compute_book(book).results
    return [results[one].scores[leaf["code"]] for one in codes or ("1",)]


def test_deduct_stops_at_zero_and_counts_to_zero_at():
    leaf = node("X", "扣", 10, "deduct", items=[item("late", "迟到", 1, zero_at=4), item("any", "其他")])
    assert score_of(
        leaf,
        lambda book: book.events.update(
            {("1", "X"): [event(None, "late", 3), event("0.5", "any", 2), event(9, "any", approved=False)]}
        ),
    ) == [6]  # 10 − 3 − 1
    assert score_of(
        leaf, lambda book: book.events.update({("1", "X"): [event(None, "late", 3), event(None, "late")]})
    ) == [0]  # 3 + 1 reaches 4
    assert score_of(leaf, lambda book: book.events.update({("1", "X"): [event(11, "any")]})) == [0]


def test_bonus_takes_the_highest_of_a_matter_and_two_caps():
    leaf = node("X", "加", 6, "bonus", items=[item("a", "奖", 1, 3, 5, cap=5), item("b", "宣传")])
    fill = [
        event(3, "a", matter="同"),
        event(5, "a", matter="同", approved=False),
        event(1, "a", matter="同"),
        event(1, "a"),
        event(1, "a"),
        event("0.5", "b", matter="同"),
    ]
    assert score_of(leaf, lambda book: book.events.update({("1", "X"): fill})) == [F("5.5")]  # min(5, 3+1+1) + 0.5
    fill.append(event(3, "b"))
    assert score_of(leaf, lambda book: book.events.update({("1", "X"): fill})) == [6]  # 8.5 over the cap of 6


def test_penalty_inspection_and_their_caps():
    fill = {("1", "X"): [event(2, count=2), event("1.005")]}
    for more, method, expected in (
        ({}, "penalty", -5),
        ({"uncapped": True}, "penalty", F("-5.01")),
        ({}, "inspection", F("-5.01")),
    ):  # 2 × 2 + 1.005 = 5.005
        assert score_of(node("X", "减", 5, method, items=None, **more), lambda book: book.events.update(fill)) == [
            expected
        ]


@pytest.mark.parametrize(("target", "actual", "expected"), [(3, 2, "33.33"), (3, 4, "50"), (3, -1, "0")])
def test_attainment(target, actual, expected):
    leaf = node("X", "率", 50, "attainment")
    assert score_of(leaf, lambda book: book.attainments.update({("1", "X"): (F(target), F(actual))})) == [F(expected)]


def votes(book, subject, name, *values):
    book.votes[subject, "X", name] = Counter(F(value) if not isinstance(value, str) else value for value in values)


def test_ballot_is_the_weighted_mean_of_the_classes_that_voted():
    leaf = ballot("X", "评", 30, {"a": "0.4", "b": "0.3", "c": "0.3"})

    def fill(book):
        votes(book, "1", "a", 80, 90)
        votes(book, "1", "b", 100)

    # (0.4 × 85 + 0.3 × 100) / 0.7 = 91.428…; × 0.3 = 27.43
    assert score_of(leaf, fill) == [F("27.43")]


def test_trimmed_mean_needs_more_than_two_k_votes():
    leaf = ballot("X", "评", 100, trim=1)
    assert score_of(leaf, lambda book: votes(book, "1", "staff", 0, 80, 91, 100)) == [F("85.5")]
    assert score_of(leaf, lambda book: votes(book, "1", "staff", 0, 90)) == [45]


def test_rank_band_shares_the_best_rank():
    leaf = ballot("X", "评", 100, method="rank_band", bands=[("0.25", 90), ("0.55", 80), ("1", 70)])

    def fill(book):
        for one, value in zip("12345", (90, 80, 80, 70, None), strict=True):
            if value:
                votes(book, one, "staff", value)

    # N = 4 with votes: 1/4 → 90; both of rank 2: 2/4 → 80; 4/4 → 70; without votes missing, counted 0
    assert score_of(leaf, fill, *"12345") == [90, 80, 80, 70, 0]


def test_ballot_deduct_needs_both_the_last_places_and_the_votes():
    leaf = ballot(
        "X", "评", 15, options={"好": 100, "差": 0}, method="ballot_deduct", last=2, option="差", votes=2, value=2
    )

    def fill(book):
        votes(book, "1", "staff", "好", "好")
        votes(book, "4", "staff", "好", "差")
        for one in "23":
            book.votes[one, "X", "staff"] = Counter({"好": 2, "差": 2})
        book.votes["5", "X", "staff"] = Counter({"好": 3, "差": 2})

    # V: 100, 50, 50, 50, 60: places from last of 2, 3, 4 are all 1, but 4 has one vote; 5 is the fourth from last
    assert score_of(leaf, fill, *"12345") == [15, 13, 13, 15, 15]


def test_carried_is_the_mean_of_the_rounds_there_are():
    leaf = node("X", "季", 100, "carried", set="q")
    past = [
        {"set": "q", "round": name, "subject": "1", "total": F(total), "full": F(full), "grade": ""}
        for name, total, full in (("a", 90, 100), ("b", 1050, 1000))
    ]
    assert score_of(leaf, lambda book: book.past.extend(past)) == [F("97.5")]  # (0.9 + 1.05) / 2
    assert score_of(leaf, lambda book: None) == [0]


def test_a_carried_leaf_may_take_marks_while_its_set_has_no_round():
    leaf = node("X", "任期", 50, "carried", set="term", marks_without_rounds=True)
    assert score_of(leaf, lambda book: book.marks.update({("1", "X"): [F(40)]})) == [40]


def test_methods_of_one_number():
    ranks = node("X", "名次", 60, "rank_points", table=[60, 57, 54], scale=60)
    assert [score_of(ranks, lambda book, r=r: book.values.update({("1", "X"): F(r)}))[0] for r in (1, 3, 9)] == [
        60,
        54,
        54,
    ]
    best = node("X", "比", 10, "ratio_to_best")
    fill = {("1", "X"): F(3), ("2", "X"): F(4), ("3", "X"): F(0)}
    assert score_of(best, lambda book: book.values.update(fill), *"123") == [F("7.5"), 10, 0]
    least = node("X", "比", 10, "ratio_to_best", lower_is_better=True)
    assert score_of(least, lambda book: book.values.update({("1", "X"): F(3), ("2", "X"): F(4)}), *"12") == [
        10,
        F("7.5"),
    ]
    assert score_of(best, lambda book: book.values.update({("1", "X"): F(0)})) == [0]
    each = node("X", "件", 10, "per_unit", base=5, value="-0.5", threshold=10, floor=0)
    # 12.9 is 2 whole units over: 5 − 1; 7.1 is 2 whole units under: 5 + 1; 40: floor
    assert [
        score_of(each, lambda book, v=v: book.values.update({("1", "X"): F(v)}))[0] for v in ("12.9", "7.1", "40")
    ] == [4, 6, 0]


# --- ranks and grades


def test_equal_totals_share_the_better_rank():
    results = compute_book(marked({"a": 90, "b": 80, "c": 80, "d": 70})).results
    assert [results[one].rank for one in "abcd"] == [1, 2, 2, 4]


TEN = {str(number): 100 - number for number in range(10)}


def test_a_limit_rounds_down_and_the_last_step_down():
    book = marked(TEN, rules=[thresholds(优="90", 良=None), limit("优", "0.39", "all")])
    assert Counter(grades_of(book).values()) == {"优": 3, "良": 7}


def test_a_tie_across_a_limit_goes_down_and_nobody_moves_up():
    book = marked({"a": 99, "b": 98, "c": 98, "d": 97}, rules=[thresholds(优="90", 良=None), limit("优", "0.5", "all")])
    outcome = compute_book(book)
    assert [outcome[one].grade for one in "abcd"] == ["优", "良", "良", "良"]
    assert [bool(outcome[one].flags) for one in "abcd"] == [False, True, True, False]
    assert outcome.limits == [{"rule": "limit", "grade": "优", "scope": "all", "n": 4, "places": 2, "held": 1}]


def test_tie_breakers_separate_equal_totals_and_not_applicable_is_last():
    root = node("R", "总分", 100, "composite", mark("A", "甲", 50), mark("B", "乙", 50))
    book = book_of(
        root, "1", "2", "3", rules=[thresholds(优="60", 良=None), limit("优", "0.67", "all")], tie_breakers=("A",)
    )
    book.marks.update(
        {("1", "A"): [F(40)], ("1", "B"): [F(40)], ("2", "A"): [F(41)], ("2", "B"): [F(39)], ("3", "B"): [F(40)]}
    )
    book.not_applicable.add(("3", "A"))  # total 80 too
    assert grades_of(book) == {"1": "优", "2": "优", "3": "良"}


def test_excluded_subjects_leave_n_but_participants_stay():
    facts = {one: {"out": one in "01"} for one in TEN}
    for more, expected in (({}, 4), ({"of_participants": True}, 5)):  # ⌊8 × 0.5⌋ and ⌊10 × 0.5⌋
        book = marked(
            TEN,
            facts=facts,
            rules=[{"rule": "exclude", "if": "out"}, thresholds(优="0", 良=None), limit("优", "0.5", "all", **more)],
        )
        assert Counter(grades_of(book).values()) == {None: 2, "优": expected, "良": 8 - expected}


def test_prefer_comes_first_within_the_limit():
    facts = {"d": {"known": True}, "a": {"known": None}, "b": {"known": False}, "c": {"known": None}}
    book = marked(
        {"a": 99, "b": 98, "c": 97, "d": 96},
        facts=facts,
        rules=[thresholds(优="90", 良=None), limit("优", "0.5", "all", prefer="known")],
    )
    assert grades_of(book) == {"a": "优", "b": "良", "c": "良", "d": "优"}


def test_limit_within_does_not_refill():
    facts = {one: {"senior": one in "abd"} for one in "abcde"}
    book = marked(
        dict(zip("abcde", (99, 98, 97, 96, 80), strict=True)),
        facts=facts,
        rules=[
            thresholds(优="90", 良=None),
            {"rule": "limit_within", "grade": "优", "share": "0.30", "if": "senior", "scope": "all"},
        ],
    )  # ⌊4 × 0.3⌋ = 1 of a, b, d
    assert grades_of(book) == {"a": "优", "b": "良", "c": "优", "d": "良", "e": "良"}


def test_cap_set_lower_and_floor():
    facts = {"a": {"x": True}, "b": {"y": True}, "c": {"z": True}, "d": {}, "e": {"z": True}}
    for given in facts.values():
        for name in "xyz":
            given.setdefault(name, None)
    book = marked(
        dict(zip("abcde", (99, 98, 97, 40, 40), strict=True)),
        facts=facts,
        rules=[
            thresholds(优="90", 良="80", 中=None),
            {"rule": "floor_grade", "minimum": "60", "grade": "差"},
            {"rule": "cap", "if": "x", "grade": "良"},
            {"rule": "set", "if": "y", "grade": "中"},
            {"rule": "lower", "if": "z", "by": 2},
        ],
    )
    outcome = compute_book(book)
    assert [outcome[one].grade for one in "abcde"] == ["良", "中", "中", "差", "差"]
    assert outcome["a"].changes == ["— → 优: thresholds", "优 → 良: cap"]


def test_largest_remainder():
    shares = {"一": "0.40", "二": "0.50", "三": "0.10"}
    assert largest_remainder(shares, 21) == {"一": 8, "二": 11, "三": 2}  # 8.4, 10.5, 2.1
    assert largest_remainder(shares, 5) == {"一": 2, "二": 3, "三": 0}  # 2, 2.5, 0.5: equal, the better first


def test_a_tie_across_a_boundary_of_the_distribution_goes_to_the_last_place():
    book = marked(
        {"a": 99, "b": 98, "c": 98, "d": 97},
        rules=[{"rule": "distribute", "shares": {"优": "0.5", "良": "0.25", "中": "0.25"}}],
    )
    outcome = compute_book(book)
    assert [outcome[one].grade for one in "abcd"] == ["优", "良", "良", "中"]
    assert outcome["b"].flags == ["tie across 优/良"]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("yes", True),
        ("no", False),
        ("empty", False),
        ("empty < 5", False),
        ("number > 12", True),
        ("number >= 12.5", True),
        ("number + number = 25", True),
        ("number + empty > 0", False),
        ("no and yes or yes", True),
        ("yes or yes and no", True),
        ("word = 一般", True),
        ("word != 一般", False),
        ("total >= 90", True),
        ("score:M < 95", False),
        ("category_rank_from_bottom = 1", True),
        ("category_size = 1", True),
        ("times_grade:q:优 < 1", True),
        ("option_share:M:优 < 1", False),
    ],
)
def test_conditions(condition, expected):
    facts = {"a": {"yes": True, "no": False, "empty": None, "number": F("12.5"), "word": "一般"}}
    book = marked(
        {"a": 95}, facts=facts, rules=[thresholds(优="0", 良=None), {"rule": "set", "if": condition, "grade": "差"}]
    )
    assert (grades_of(book)["a"] == "差") is expected

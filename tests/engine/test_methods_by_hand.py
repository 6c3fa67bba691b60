"""Every leaf method on cases worked out by hand; the arithmetic stands beside each."""

from decimal import Decimal
from fractions import Fraction

import pytest

from scoring.engine import score
from scoring.engine import types as t
from scoring.engine.rounding import ceil_of, floor_of, half_up_of, round_half_up, to_cents, to_decimal
from scoring.engine.types import Status

from .build import composite, d, event, inputs, leaf, plan, say, subject


def one(node, given, *, others=(), known_sets=frozenset(), decimals=2):
    """The figure of node "L" for the subject, as text; None if missing."""
    outcome = score(plan(node, decimals=decimals), inputs(given, *others, known_sets=known_sets))
    found = outcome.results[0].scores[node.code]
    return None if found.value is None else str(found.value)


def refused(node, given, **more):
    with pytest.raises(t.InputErrors) as caught:
        score(plan(node), inputs(given, **more))
    return [(e.code, e.field, e.key) for e in caught.value.errors]


# ------------------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("numerator", "denominator", "whole"),
    [(1, 2, 1), (-1, 2, -1), (3, 2, 2), (-3, 2, -2), (5, 2, 3), (49, 100, 0), (-49, 100, 0), (51, 100, 1), (7, 7, 1)],
)
def test_halves_go_away_from_zero(numerator, denominator, whole):
    assert round_half_up(numerator, denominator) == whole
    assert half_up_of(Fraction(numerator, denominator)) == whole


def test_floor_and_ceiling():
    assert [floor_of(Fraction(n, 2)) for n in (3, 4, -3)] == [1, 2, -2]
    assert [ceil_of(Fraction(n, 2)) for n in (3, 4, -3)] == [2, 2, -1]


def test_border_between_decimal_and_whole_numbers():
    assert to_cents(Decimal("1.25"), 100) == 125
    assert to_cents(Decimal("1.250"), 100) == 125  # the same number, however written
    assert to_cents(Decimal("1.255"), 100) is None
    assert str(to_decimal(0, 2)) == "0.00"
    assert str(to_decimal(-5, 2)) == "-0.05"
    assert str(to_decimal(10**40, 2)) == "1" + "0" * 38 + ".00"  # no digit is lost


# ------------------------------------------------------------------------- marks


def test_one_mark_is_the_score():
    assert one(leaf("L", 10), subject(marks={"L": "7.25"})) == "7.25"
    assert one(leaf("L", 10), subject(marks={"L": 10})) == "10.00"
    assert one(leaf("L", 10), subject(marks={"L": 0})) == "0.00"  # zero is a score …
    assert one(leaf("L", 10), subject()) is None  # … and nothing is not


def test_marks_of_several_are_averaged_half_up():
    # nobody named: (7 + 7.01) ÷ 2 = 7.005 → 7.01
    marks = {"L": [t.Mark("a", d(7)), t.Mark("b", d("7.01"))]}
    assert one(leaf("L"), subject(marks=marks)) == "7.01"
    # named with weights 1 and 3: (8 + 3 × 9) ÷ 4 = 8.75
    named = leaf("L", assessors=(t.Assessor("a", d(1)), t.Assessor("b", d(3))))
    assert one(named, subject(marks={"L": [t.Mark("b", d(9)), t.Mark("a", d(8))]})) == "8.75"
    # weights need not be whole: (0.5 × 6 + 1.5 × 9) ÷ 2 = 8.25
    named = leaf("L", assessors=(t.Assessor("a", d("0.5")), t.Assessor("b", d("1.5"))))
    assert one(named, subject(marks={"L": [t.Mark("a", d(6)), t.Mark("b", d(9))]})) == "8.25"


def test_each_named_assessor_is_expected():
    named = leaf("L", assessors=(t.Assessor("a"), t.Assessor("b")))
    assert one(named, subject(marks={"L": [t.Mark("a", d(9))]})) is None


def test_an_unnamed_mark_is_the_only_assessors():
    assert one(leaf("L", assessors=(t.Assessor("a"),)), subject(marks={"L": 9})) == "9.00"
    both = [t.Mark("", d(9)), t.Mark("a", d(9))]
    assert refused(leaf("L", assessors=(t.Assessor("a"),)), subject(marks={"L": both})) == [("L", "mark", "a")]


@pytest.mark.parametrize("value", ["-0.01", "10.01", "7.255", "NaN", "Infinity", "11.555"])
def test_marks_out_of_range_or_too_fine(value):
    assert refused(leaf("L", 10), subject(marks={"L": [t.Mark("a", Decimal(value))]})) == [("L", "mark", "a")]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("7.255", "7.255 has too many decimals; at most 2 expected."),
        ("0.001", "0.001 has too many decimals; at most 2 expected."),
        ("9.999", "9.999 has too many decimals; at most 2 expected."),
        ("10.001", "10.001 is outside the points: 0 to 10 expected."),
        ("-0.001", "-0.001 is outside the points: 0 to 10 expected."),
        ("10.01", "10.01 is outside the points: 0 to 10 expected."),
        ("NaN", "NaN is outside the points: 0 to 10 expected."),
    ],
)
def test_what_is_wrong_with_a_mark(value, said):
    with pytest.raises(t.InputErrors) as caught:
        score(plan(leaf("L", 10)), inputs(subject(marks={"L": [t.Mark("a", Decimal(value))]})))
    assert [say(error.text) for error in caught.value.errors] == [said]


def test_marks_of_strangers_and_twice():
    named = leaf("L", assessors=(t.Assessor("a"), t.Assessor("b")))
    assert refused(named, subject(marks={"L": [t.Mark("c", d(1))]})) == [("L", "mark", "c")]
    twice = [t.Mark("a", d(1)), t.Mark("a", d(1))]
    assert refused(leaf("L"), subject(marks={"L": twice})) == [("L", "mark", "a")]


def test_range_of_points_with_decimals():
    assert one(leaf("L", "2.5"), subject(marks={"L": "2.5"})) == "2.50"
    assert refused(leaf("L", "2.5"), subject(marks={"L": "2.51"})) == [("L", "mark", "")]


# ------------------------------------------------------------------------- deduct


LATE = t.CatalogueItem("late", "late", (d(1),), zero_at=d(10))
GONE = t.CatalogueItem("gone", "gone", (d(5),), zero_at=d(2))


def deduct(*events, points=10, catalogue=(LATE, GONE)):
    return one(leaf("L", points, "deduct", catalogue=catalogue), subject(events={"L": list(events)}))


def test_deductions_are_count_times_value_down_to_zero():
    assert deduct() == "10.00"
    assert deduct(event(item="late", count=3)) == "7.00"  # 10 − 3 × 1
    assert deduct(event(item="late", count=0)) == "10.00"
    assert deduct(event(item="late", count=4), event(item="gone")) == "1.00"  # 10 − 4 − 5
    assert deduct(event(item="late", count=6), event(item="gone")) == "0.00"  # 10 − 11 < 0


def test_an_item_that_is_reached_empties_the_leaf():
    points = 100
    assert deduct(event(item="late", count=9), points=points) == "91.00"
    assert deduct(event(item="late", count=10), points=points) == "0.00"
    assert deduct(event(item="late", count=9), event(item="late"), points=points) == "0.00"  # summed
    assert deduct(event(item="gone", count=2), points=points) == "0.00"
    # only approved events reach anything
    assert deduct(event(item="gone"), event(item="gone", status="pending"), points=points) == "95.00"


def test_events_without_a_catalogue():
    assert deduct(event("0.125"), catalogue=()) == "9.88"  # 9.875 half up
    assert deduct(event("0.126"), catalogue=()) == "9.87"


# ------------------------------------------------------------------------- bonus


def bonus(*events, points=5, catalogue=()):
    root = composite("R", 10, leaf("K", 10), leaf("B", points, "bonus", catalogue=catalogue))
    given = subject(marks={"K": 5}, events={"B": list(events)})
    result = score(plan(root), inputs(given)).results[0]
    assert result.total == 5 + result.scores["B"].value
    return str(result.scores["B"].value)


def test_a_matter_counts_once_at_its_highest():
    assert bonus() == "0.00"
    assert bonus(event(1, matter="m"), event(3, matter="m"), event(2, matter=" m　")) == "3.00"
    assert bonus(event(1, matter="m"), event(1, matter="n")) == "2.00"
    assert bonus(event(1), event(1)) == "2.00"  # an empty matter is a matter of its own
    assert bonus(event(1), event(1, matter="  ")) == "2.00"


def test_only_approved_events_stand_for_a_matter():
    assert bonus(event(1, matter="m"), event(3, matter="m", status="pending")) == "1.00"
    assert bonus(event(3, matter="m", status="rejected")) == "0.00"


def test_caps_of_items_and_of_the_node():
    items = (t.CatalogueItem("x", "x", cap=d(3)), t.CatalogueItem("y", "y"))
    assert bonus(event(2, item="x"), event(2, item="x"), catalogue=items) == "3.00"  # min(3, 4)
    assert bonus(event(1, item="x", matter="m"), event(1, item="y", matter="m"), catalogue=items) == "2.00"
    assert bonus(event(4, item="x"), event(4, item="y"), catalogue=items) == "5.00"  # min(5, 3 + 4)
    assert bonus(event("4.99", item="y"), catalogue=items) == "4.99"


# ------------------------------------------------------------- penalty, inspection


def minus(method, *events, points=5, settings=None):
    root = composite("R", 10, leaf("K", 10), leaf("P", points, method, settings=settings or {}))
    given = subject(marks={"K": 8}, events={"P": list(events)})
    result = score(plan(root), inputs(given)).results[0]
    return str(result.scores["P"].value), str(result.total)


def test_penalties_are_capped_unless_uncapped():
    assert minus("penalty", event(2, 2)) == ("-4.00", "4.00")
    assert minus("penalty", event(2, 3)) == ("-5.00", "3.00")
    assert minus("penalty", event(2, 3), settings={"uncapped": True}) == ("-6.00", "2.00")
    assert minus("inspection", event(2, 3)) == ("-6.00", "2.00")
    assert minus("penalty", event(2, status="pending")) == ("0.00", "8.00")


def test_no_penalty_is_plain_zero():
    for method in ("penalty", "inspection"):
        assert minus(method) == ("0.00", "8.00")


def test_a_total_below_zero_is_zero_but_a_part_may_be_below():
    assert minus("inspection", event(9)) == ("-9.00", "0.00")
    inner = composite("C", 10, leaf("K", 10), leaf("P", 5, "inspection"))
    root = composite("R", 20, inner, leaf("M", 10))
    given = subject(marks={"K": 3, "M": 9}, events={"P": [event(7)]})
    result = score(plan(root), inputs(given)).results[0]
    assert (result.scores["C"].value, result.total) == (d("-4.00"), d("5.00"))


@pytest.mark.parametrize("method", ["deduct", "bonus", "penalty", "inspection"])
@pytest.mark.parametrize(
    ("broken", "field"),
    [
        (event("0"), "event.value"),
        (event("-1"), "event.value"),
        (event(None), "event.value"),
        (event("NaN"), "event.value"),
        (event(1, "1.5"), "event.count"),
        (event(1, "-1"), "event.count"),
        (event(1, "NaN"), "event.count"),
        (event(1, item="x"), "event.item"),
        (event(1, status="seen"), "event.status"),
        (event("-1", status="pending"), "event.value"),  # checked even before it counts
    ],
)
def test_broken_events_are_named(method, broken, field):
    root = composite("R", 10, leaf("K", 10), leaf("L", 10, method)) if method != "deduct" else leaf("L", 10, method)
    broken = t.Event(broken.item, broken.count, broken.value, broken.matter, broken.status, "row 7")
    assert ("L", field, "row 7") in refused(root, subject(events={"L": [broken]}))


def test_catalogue_values_bind():
    items = (t.CatalogueItem("one", "one", (d(2),)), t.CatalogueItem("some", "some", (d(3), d(5), d(8))))
    node = leaf("L", 30, "deduct", catalogue=items)
    for good, left in [(event(item="one"), 28), (event(2, item="one"), 28), (event(8, item="some"), 22)]:
        assert one(node, subject(events={"L": [good]})) == f"{left}.00"
    for bad in (event(3, item="one"), event(4, item="some"), event(item="some")):
        assert refused(node, subject(events={"L": [bad]})) == [("L", "event.value", "")]
    assert refused(node, subject(events={"L": [event(1)]})) == [("L", "event.item", "")]


@pytest.mark.parametrize("count", [0, 2])
def test_a_bonus_has_no_count(count):
    root = composite("R", 10, leaf("K", 10), leaf("B", 5, "bonus"))
    given = subject(events={"B": [event(1, count, status="rejected")]})
    assert refused(root, given) == [("B", "event.count", "")]


# ------------------------------------------------------------------------- attainment


@pytest.mark.parametrize(
    ("target", "actual", "figure"),
    [
        (3, 1, "3.33"),  # 10 ÷ 3
        (3, 2, "6.67"),
        (8, "0.004", "0.01"),  # 0.005 half up
        (8, 8, "10.00"),
        (8, "8.01", "10.00"),
        (8, "7.99", "9.99"),  # 9.9875
        (8, 0, "0.00"),
        (8, -1, "0.00"),
    ],
)
def test_attainment(target, actual, figure):
    given = subject(attainment={"L": t.Attainment(d(target), d(actual))})
    assert one(leaf("L", 10, "attainment"), given) == figure


def test_attainment_needs_numbers():
    node = leaf("L", 10, "attainment")
    for target in ("0", "-1", "NaN"):
        assert refused(node, subject(attainment={"L": t.Attainment(d(target), d(1))})) == [
            ("L", "attainment.target", "")
        ]
    assert refused(node, subject(attainment={"L": t.Attainment(d(1), d("NaN"))})) == [("L", "attainment.actual", "")]
    assert one(node, subject()) is None


# ------------------------------------------------------------------------- ballots


CLASSES = (
    t.VoterClass("a", "class a", d("0.5")),
    t.VoterClass("b", "class b", d("0.3")),
    t.VoterClass("c", "c", d("0.2")),
)
OPTIONS = (t.Option("好", d(90)), t.Option("差", d(60)))


def ballot(votes, points=10, **form):
    return one(leaf("L", points, "ballot", ballot=t.BallotForm(**form)), subject(votes={"L": votes}))


def test_the_mean_of_a_class():
    assert ballot({"staff": {"90": 2, "75": 1}}) == "8.50"  # (180 + 75) ÷ 3 = 85
    assert ballot({"staff": {"90": 1, "": 9}}) == "9.00"  # abstentions are no votes
    assert ballot({"staff": {"90": 1, "0": 1}}) == "4.50"  # a zero is one
    assert ballot({"staff": {"90": 1, "80": 0}}) == "9.00"
    assert ballot({"staff": {"8.5": 1, "9": 2}}, scale=d(10), step=d("0.5")) == "8.83"  # 26.5 ÷ 3


def test_no_vote_is_missing_not_zero():
    for votes in ({}, {"staff": {}}, {"staff": {"": 3}}, {"staff": {"80": 0}}):
        assert ballot(votes) is None


def test_the_weighted_mean_of_classes():
    votes = {"a": {"90": 1}, "b": {"80": 3}, "c": {"70": 1, "60": 1}}
    # (0.5 × 90 + 0.3 × 80 + 0.2 × 65) ÷ 1 = 82
    assert ballot(votes, classes=CLASSES) == "8.20"
    # without b: (0.5 × 90 + 0.2 × 65) ÷ 0.7 = 82.857…
    assert ballot({"a": {"90": 1}, "c": {"70": 1, "60": 1}}, classes=CLASSES) == "8.29"


def test_a_class_without_votes_is_flagged():
    node = leaf("L", 10, "ballot", ballot=t.BallotForm(classes=CLASSES))
    given = subject(votes={"L": {"a": {"90": 1}, "b": {"": 4}}})
    flags = score(plan(node), inputs(given)).results[0].flags
    assert [(f.key, f.values) for f in flags] == [
        ("no_votes", {"code": "L", "class": "b"}),
        ("no_votes", {"code": "L", "class": "c"}),
    ]


def test_trimming_takes_votes_not_answers():
    # 100, 90, 90, 20 without one highest and one lowest: 180 ÷ 2
    assert ballot({"staff": {"100": 1, "90": 2, "20": 1}}, trim=1) == "9.00"
    # three 100 and two 40, two off each end: the middle one
    assert ballot({"staff": {"100": 3, "40": 2}}, trim=2) == "10.00"
    assert ballot({"staff": {"100": 2, "40": 3}}, trim=2) == "4.00"
    # the ends run into the next answers: 100, 100, 80 | 60, 50, 50 with three votes each side of seven
    assert ballot({"staff": {"100": 2, "80": 1, "70": 1, "60": 1, "50": 2}}, trim=3) == "7.00"


def test_trimming_needs_more_than_twice_as_many_votes():
    assert ballot({"staff": {"100": 1, "40": 1}}, trim=1) == "7.00"  # two votes: none dropped
    assert ballot({"staff": {"100": 1, "50": 1, "0": 1}}, trim=1) == "5.00"
    assert ballot({"staff": {"100": 2, "10": 1}}, trim=1) == "10.00"  # three: the middle one
    assert ballot({"staff": {"100": 1, "80": 1, "60": 1, "20": 1}}, trim=2) == "6.50"  # four are not more than four


def test_options_have_values():
    assert ballot({"staff": {"好": 2, "差": 1, "": 1}}, options=OPTIONS) == "8.00"  # (180 + 60) ÷ 3


@pytest.mark.parametrize("answer", ["101", "-1", "87.5", "good", "８８", "1e1", " 88", "+8"])
def test_answers_off_the_scale(answer):
    node = leaf("L", 10, "ballot")
    assert refused(node, subject(votes={"L": {"staff": {answer: 1}}})) == [("L", "vote", "staff")]


@pytest.mark.parametrize("answer", ["好 ", "90", "100"])
def test_answers_that_are_no_option(answer):
    node = leaf("L", 10, "ballot", ballot=t.BallotForm(options=OPTIONS))
    with pytest.raises(t.InputErrors) as caught:
        score(plan(node), inputs(subject(votes={"L": {"staff": {answer: 1}}})))
    assert [(e.field, e.key, e.answer) for e in caught.value.errors] == [("vote", "staff", answer)]


@pytest.mark.parametrize("count", [-1, True, 1.0])
def test_a_number_of_votes_is_whole(count):
    assert refused(leaf("L", 10, "ballot"), subject(votes={"L": {"staff": {"80": count}}})) == [("L", "vote", "staff")]


def test_the_ends_of_the_scale_are_on_it():
    assert ballot({"staff": {"100": 1}}) == "10.00"
    assert ballot({"staff": {"0": 1}}) == "0.00"


def test_an_unknown_class():
    assert refused(leaf("L", 10, "ballot"), subject(votes={"L": {"x": {"80": 1}}})) == [("L", "vote.class", "x")]


# ------------------------------------------------------------------------- rank_band

BANDS = {"bands": ((d("0.25"), d(90)), (d("0.55"), d(80)), (d(1), d(70)))}


def voted(key, value, category="甲", group=""):
    return subject(key, category, group, votes={"L": {"staff": {str(value): 1}}})


def values(node, *subjects):
    outcome = score(plan(node), inputs(*subjects))
    return [None if r.scores["L"].value is None else int(r.scores["L"].value) for r in outcome.results]


def test_bands_by_rank_over_number():
    node = leaf("L", 100, "rank_band", settings=BANDS)
    # 4 of them: 1 ÷ 4 = 0.25 is still in the first band; 2 ÷ 4 = 0.5 ≤ 0.55; 3 ÷ 4 above
    assert values(node, *(voted(k, v) for k, v in zip("abcd", (90, 80, 70, 60), strict=True))) == [90, 80, 70, 70]
    # of 3, 1 ÷ 3 is beyond 0.25 already, 2 ÷ 3 beyond 0.55
    assert values(node, voted("a", 60), voted("b", 70), voted("c", 80)) == [70, 70, 80]


def test_bands_share_the_best_rank_and_stay_in_the_category():
    node = leaf("L", 100, "rank_band", settings=BANDS)
    # ranks 1, 1, 3, 4: 1 ÷ 4 for both
    assert values(node, voted("a", 90), voted("b", 90), voted("c", 80), voted("d", 70)) == [90, 90, 70, 70]
    # alone in a category: 1 ÷ 1 = 1, the last band
    assert values(node, voted("a", 90), voted("b", 10, "乙")) == [70, 70]


def test_who_has_no_votes_is_no_part_of_the_ranking():
    node = leaf("L", 100, "rank_band", settings=BANDS)
    silent = subject("s", votes={"L": {"staff": {"": 5}}})
    four = [voted(k, v) for k, v in zip("abcd", (90, 80, 70, 60), strict=True)]
    assert values(node, *four, silent) == [90, 80, 70, 70, None]


def test_bands_compare_exact_means():
    node = leaf("L", 100, "rank_band", settings=BANDS)
    # 80.0033… and 80.0036… both show 80.00, but are not equal
    close = [
        subject("a", votes={"L": {"staff": {"80": 299, "81": 1}}}),
        subject("b", votes={"L": {"staff": {"80": 274, "81": 1}}}),
        voted("c", 70),
        voted("d", 70),
    ]
    assert values(node, *close) == [80, 90, 70, 70]


# ------------------------------------------------------------------------- ballot_deduct

DEDUCT = {"last": 2, "option": "差", "votes": 2, "value": d(2)}


def bad(key, good, poor, group="g"):
    return subject(key, group=group, votes={"L": {"staff": {"好": good, "差": poor}}})


def test_both_conditions_take_the_value_off():
    node = leaf("L", 15, "ballot_deduct", ballot=t.BallotForm(options=OPTIONS), settings=DEDUCT)
    # V: a 84, b 75, c 60 (one vote), d 90; the last two of the group are c and b
    given = [bad("a", 8, 2), bad("b", 2, 2), bad("c", 0, 1), bad("d", 9, 0)]
    assert values(node, *given) == [15, 13, 15, 15]


def test_ties_at_the_end_share_the_worse_place():
    node = leaf("L", 15, "ballot_deduct", ballot=t.BallotForm(options=OPTIONS), settings=DEDUCT)
    # a, b, c tied last: all are place 1 from the end; d is place 4
    assert values(node, bad("a", 2, 2), bad("b", 3, 3), bad("c", 2, 2), bad("d", 3, 2)) == [13, 13, 13, 15]
    # one last, two tied before: places 1, 2, 2
    assert values(node, bad("a", 2, 2), bad("b", 3, 2), bad("c", 3, 2), bad("d", 9, 2)) == [13, 13, 13, 15]
    # two last, then one: places 1, 1, 3
    assert values(node, bad("a", 2, 2), bad("b", 2, 2), bad("c", 3, 2), bad("d", 9, 2)) == [13, 13, 15, 15]


def test_places_are_counted_inside_the_group():
    node = leaf("L", 15, "ballot_deduct", ballot=t.BallotForm(options=OPTIONS), settings=DEDUCT)
    given = [bad("a", 2, 2, ""), bad("b", 3, 2, ""), bad("c", 9, 2, ""), bad("d", 99, 2, "h")]
    assert values(node, *given) == [13, 13, 15, 13]  # d is last of its own group


# ------------------------------------------------------------------------- carried

CARRIED = {"set": "quarters"}


def earlier(*rows):
    return {"quarters": [t.Earlier(name, d(total), d(points), None) for name, total, points in rows]}


def carried(rows, points=100, settings=CARRIED, **more):
    given = subject(earlier=earlier(*rows), **more)
    return one(leaf("L", points, "carried", settings=settings), given, known_sets=frozenset({"quarters"}))


def test_the_mean_of_earlier_shares():
    assert carried([("Q1", 90, 100), ("Q2", 85, 100)]) == "87.50"
    assert carried([("Q1", 900, 1000), ("Q2", 40, 50), ("Q3", 30, 40)]) == "81.67"  # (0.9 + 0.8 + 0.75) ÷ 3
    assert carried([("Q1", 90, 100), ("Q2", None, 100)]) == "90.00"  # no total: no such round
    assert carried([("Q1", 110, 100)], points=50) == "55.00"  # above the points
    assert carried([("Q1", -10, 100)]) == "0.00"
    assert carried([("Q1", -50, 100), ("Q2", 60, 100)]) == "5.00"
    assert carried([]) is None
    assert carried([("Q1", None, None)]) is None


@pytest.mark.parametrize("points", [None, 0, -100])
def test_an_earlier_total_needs_its_full_points(points):
    given = subject(earlier=earlier(("Q1", 80, points)))
    assert refused(leaf("L", 10, "carried", settings=CARRIED), given) == [("L", "earlier", "Q1")]


FALLBACK = {"set": "quarters", "fallback": "marks"}


def test_marks_stand_in_only_where_the_set_has_no_round_at_all():
    node = leaf("L", 50, "carried", settings=FALLBACK)
    known = frozenset({"quarters"})
    assert one(node, subject(marks={"L": 40})) == "40.00"
    assert one(node, subject()) is None
    assert one(node, subject(), known_sets=known) is None
    assert refused(node, subject(marks={"L": 40}), known_sets=known) == [("L", "mark.indicator", "")]
    assert refused(leaf("L", 50, "carried", settings=CARRIED), subject(marks={"L": 40})) == [
        ("L", "mark.indicator", "")
    ]


# ------------------------------------------------------------------------- numbers

TABLE = {"table": ((1, d(60)), (2, d(57)), (3, d(54)))}


@pytest.mark.parametrize(("rank", "figure"), [(1, "30.00"), (2, "28.50"), (3, "27.00"), (4, "27.00"), (99, "27.00")])
def test_rank_points(rank, figure):
    assert one(leaf("L", 50, "rank_points", settings=TABLE), subject(numbers={"L": d(rank)})) == figure


def test_rank_points_on_another_scale():
    node = leaf("L", 50, "rank_points", settings={**TABLE, "scale": d(60)})
    assert one(node, subject(numbers={"L": d(2)})) == "47.50"  # 50 × 57 ÷ 60


@pytest.mark.parametrize("rank", ["0", "-1", "1.5", "NaN"])
def test_a_rank_is_a_whole_number_from_one(rank):
    node = leaf("L", 50, "rank_points", settings=TABLE)
    assert refused(node, subject(numbers={"L": d(rank)})) == [("L", "number", "")]
    assert one(node, subject()) is None


def numbers(node, *given):
    subjects = [subject(str(i), category, numbers={"L": d(n)}) for i, (category, n) in enumerate(given)]
    return [str(r.scores["L"].value) for r in score(plan(node), inputs(*subjects)).results]


def test_ratio_to_the_best_of_the_category():
    node = leaf("L", 10, "ratio_to_best")
    assert numbers(node, ("甲", 30), ("甲", 20), ("乙", 5), ("乙", 0)) == ["10.00", "6.67", "10.00", "0.00"]
    assert numbers(node, ("甲", 0), ("甲", 0)) == ["0.00", "0.00"]


def test_ratio_where_less_is_better():
    node = leaf("L", 10, "ratio_to_best", settings={"lower_is_better": True})
    assert numbers(node, ("甲", 30), ("甲", 20), ("乙", 7)) == ["6.67", "10.00", "10.00"]
    assert refused(node, subject(numbers={"L": d(0)})) == [("L", "number", "")]


def test_ratio_needs_a_number_from_zero():
    node = leaf("L", 10, "ratio_to_best")
    for number in ("-0.01", "NaN"):
        assert refused(node, subject(numbers={"L": d(number)})) == [("L", "number", "")]


@pytest.mark.parametrize(
    ("how", "actual", "figure"),
    [
        ({}, "3.9", "6.00"),  # 2 × trunc(3.9)
        ({"fractions": True}, "3.9", "7.80"),
        ({"base": d(8), "threshold": d(5)}, "4.5", "8.00"),  # −0.5 is no whole unit
        ({"base": d(8), "threshold": d(5)}, "4", "6.00"),
        ({"base": d(8), "threshold": d(5)}, "3.1", "6.00"),  # −1.9 → −1
        ({"base": d(8), "threshold": d(5), "fractions": True}, "4.5", "7.00"),
        ({"base": d(8), "threshold": d(5)}, "6", "10.00"),
        ({"base": d(8), "threshold": d(5)}, "7", "10.00"),  # 12, at most the points
        ({"base": d(8), "threshold": d(5), "sign": -1}, "6", "6.00"),
        ({"base": d(8), "threshold": d(5), "sign": -1}, "99", "0.00"),
        ({"base": d(8), "threshold": d(5), "sign": -1, "floor": d(3)}, "99", "3.00"),
        ({"base": d(8), "threshold": d(5), "sign": -1, "floor": d(-3)}, "99", "-3.00"),
    ],
)
def test_per_unit(how, actual, figure):
    node = leaf("L", 10, "per_unit", settings={"value": d(2), **how})
    assert one(node, subject(numbers={"L": d(actual)})) == figure


def test_per_unit_needs_a_number():
    node = leaf("L", 10, "per_unit", settings={"value": d(2)})
    assert refused(node, subject(numbers={"L": d("NaN")})) == [("L", "number", "")]


# ------------------------------------------------------------------------- the same for all


def test_a_missing_leaf_is_missing_not_zero():
    result = score(plan(composite("R", 20, leaf("L"), leaf("M"))), inputs(subject(marks={"M": 8}))).results[0]
    assert result.scores["L"] == t.NodeScore(Status.MISSING, None)
    assert (result.total, result.missing, result.scores["R"].incomplete) == (d("8.00"), ("L",), True)
    assert not result.scores["M"].incomplete


def test_decimals_of_the_plan():
    marks = {"L": [t.Mark("a", d(1)), t.Mark("b", d(2)), t.Mark("c", d(2))]}
    assert one(leaf("L"), subject(marks=marks), decimals=0) == "2"  # 1.67
    assert one(leaf("L"), subject(marks=marks), decimals=4) == "1.6667"

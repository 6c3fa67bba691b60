"""Every problem of a plan, with the path of its place; a plan with an error is not computed with."""

from dataclasses import replace

import pytest

from scoring.engine import check_plan, score
from scoring.engine import types as t

from .adapter import preset
from .build import composite, d, inputs, leaf, plan, say, subject

FACTS = (
    t.FactDefinition("days", "天数", t.FactType.NUMBER),
    t.FactDefinition("flag", "旗", t.FactType.BOOLEAN),
    t.FactDefinition("level", "效能", t.FactType.CHOICE, ("好", "一般")),
)
OPTIONS = (t.Option("好", d(90)), t.Option("差", d(60)))
MINIMUMS = {"A": d(90), "B": d(80), "C": None}
BY_TOTAL = t.Rule("thresholds", minimums=MINIMUMS)
LIMIT = t.Rule("limit", grade="A", share=d("0.3"))

KNOWN = "days, flag, level, total, category_rank, category_rank_from_bottom, category_size"


def problems(built):
    """(path, words) of the errors; warnings are marked with a ? at the path."""
    return [(found.path + ("?" if found.warning else ""), say(found.text)) for found in check_plan(built)]


def paths(built):
    return [path for path, _words in problems(built)]


def with_leaf(*args, **more):
    return plan(leaf("L", *args, **more))


def with_rule(rule, *before, **more):
    return plan(leaf("L", method="ballot", ballot=t.BallotForm(options=OPTIONS)), [*before, rule], facts=FACTS, **more)


def test_a_sound_plan_has_no_problem():
    assert problems(with_rule(LIMIT, BY_TOTAL)) == []


# ------------------------------------------------------------------------------ the plan itself


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"decimals": -1}, ["decimals"]),
        ({"decimals": 0}, []),
        ({"decimals": 6}, []),
        ({"decimals": 7}, ["decimals"]),
        ({"ranking": "category"}, []),
        ({"ranking": "all"}, ["ranking"]),
        ({"categories": ("甲", "甲")}, ["categories"]),
        ({"grades": ("A", "B", "A")}, ["grades"]),
        ({"facts": (FACTS[0], FACTS[0])}, ["facts.days", "facts.days"]),
        ({"facts": (t.FactDefinition("total", "总分", t.FactType.NUMBER),)}, ["facts.total"]),
        ({"facts": (t.FactDefinition("score:L", "得分", t.FactType.NUMBER),)}, ["facts.score:L"]),
        ({"tie_breakers": ("L", "X")}, ["tie_breakers.1"]),
    ],
)
def test_problems_of_the_plan(change, found):
    assert paths(replace(with_leaf(), **change)) == found


def test_a_code_is_there_once():
    assert problems(plan(composite("R", 20, leaf("L"), leaf("L")))) == [
        ("indicators.L.code", "The code L is there twice.")
    ]


def test_the_root_is_no_adjustment():
    alone = replace(with_leaf(), root=leaf("B", method="bonus"))
    assert paths(alone) == ["indicators.B.method"]
    assert paths(replace(alone, root=leaf("B"))) == []


def test_rules_need_grades():
    assert problems(replace(with_rule(LIMIT, BY_TOTAL), grades=()))[-1] == (
        "grades",
        "Grade rules need grades, best first.",
    )


# ------------------------------------------------------------------------------ nodes


@pytest.mark.parametrize(
    ("node", "found"),
    [
        (leaf("L", 0), ["points"]),
        (leaf("L", -1), ["points"]),
        (leaf("L", weight=-1), ["weight"]),
        (leaf("L", method="magic"), ["method"]),
        (leaf("L", method=""), ["method"]),
        (leaf("L", method="composite"), ["method"]),
        (leaf("L", settings={"uncapped": True, "last": 3}), ["last", "uncapped"]),
        (leaf("L", assessors=(t.Assessor("a", d(0)),)), ["assessors"]),
        (leaf("L", assessors=(t.Assessor("a"), t.Assessor("a"))), ["assessors"]),
        (leaf("L", assessors=(t.Assessor("a"), t.Assessor("b"))), []),
    ],
)
def test_problems_of_a_leaf(node, found):
    assert paths(plan(composite("R", 20, leaf("K", 20, weight=1), node))) == [f"indicators.L.{part}" for part in found]


def test_a_composite_adds_up_unless_it_has_weights():
    assert problems(plan(composite("R", 20, leaf("K"), leaf("L", "9.5")))) == [
        ("indicators.R.points", "R title R has 20 points, but its indicators add up to 19.5: 0.5 too few.")
    ]
    assert problems(plan(composite("R", 20, leaf("K"), leaf("L", 11)))) == [
        ("indicators.R.points", "R title R has 20 points, but its indicators add up to 21: 1 too many.")
    ]
    assert paths(plan(composite("R", 20, leaf("K", weight=1), leaf("L", 11, weight=2)))) == []
    # A reference node and an adjustment are no part of the sum.
    assert paths(plan(composite("R", 10, leaf("K"), leaf("L", 9, weight=0), leaf("B", 5, "bonus")))) == []


def test_a_composite_has_something_to_sum():
    assert paths(plan(composite("R", 20, leaf("K", weight=0), leaf("B", method="bonus")))) == ["indicators.R.children"]
    assert paths(plan(replace(composite("R", 10, leaf("K")), method="marks"))) == ["indicators.R.method"]


def test_an_adjustment_has_no_weight():
    assert paths(plan(composite("R", 10, leaf("K"), leaf("B", 5, "bonus", weight=0)))) == ["indicators.B.weight"]


# ------------------------------------------------------------------------------ methods


def item(**more):
    return (t.CatalogueItem("x", "x", **more),)


@pytest.mark.parametrize(
    ("method", "more", "found"),
    [
        ("deduct", {"catalogue": item() + item()}, ["catalogue.x"]),
        ("deduct", {"catalogue": item(values=(d(1), d(0)))}, ["catalogue.x"]),
        ("deduct", {"catalogue": item(cap=d(1))}, ["catalogue.x"]),
        ("deduct", {"catalogue": item(zero_at=d(0))}, ["catalogue.x"]),
        ("deduct", {"catalogue": item(zero_at=d(1))}, []),
        ("bonus", {"catalogue": item(zero_at=d(1))}, ["catalogue.x"]),
        ("bonus", {"catalogue": item(cap=d(0))}, ["catalogue.x"]),
        ("bonus", {"catalogue": item(cap=d("0.5"))}, []),
        ("carried", {}, ["set"]),
        ("carried", {"settings": {"set": "q", "fallback": "guess"}}, ["fallback"]),
        ("carried", {"settings": {"set": "q", "fallback": "marks"}}, []),
        ("carried", {"settings": {"set": "q"}}, []),
        ("rank_points", {}, ["table"]),
        ("rank_points", {"settings": {"table": ((2, d(1)), (1, d(2)))}}, ["table"]),
        ("rank_points", {"settings": {"table": ((1, d(-1)),)}}, ["table"]),
        ("rank_points", {"settings": {"table": ((1, d(0)),), "scale": d(0)}}, ["scale"]),
        ("rank_points", {"settings": {"table": ((1, "60"),), "scale": True}}, ["table", "scale"]),
        ("rank_points", {"settings": {"table": ((1, d(60)), (2, d(0)))}}, []),
        ("per_unit", {}, ["value"]),
        ("per_unit", {"settings": {"value": d(0)}}, ["value"]),
        ("per_unit", {"settings": {"value": d(1), "base": "a", "threshold": d("NaN")}}, ["base", "threshold"]),
        ("per_unit", {"settings": {"value": d(1), "sign": 0}}, ["sign"]),
        ("per_unit", {"settings": {"value": d(1), "sign": -1, "floor": d(11)}}, ["floor"]),
        ("per_unit", {"settings": {"value": d(1), "floor": d(10)}}, []),
    ],
)
def test_problems_of_methods(method, more, found):
    assert paths(plan(composite("R", 10, leaf("K"), leaf("L", 10, method, **weighed(method, more))))) == [
        f"indicators.L.{part}" for part in found
    ]


def weighed(method, more):
    """The node beside K that sums: a reference node, or an adjustment without a weight."""
    return more if method == "bonus" else {"weight": 0, **more}


def form(**more):
    return t.BallotForm(**more)


BANDS = ((d("0.5"), d(90)), (d(1), d(70)))


@pytest.mark.parametrize(
    ("method", "ballot", "how", "found"),
    [
        ("ballot", None, {}, []),
        ("ballot", form(scale=d(0)), {}, ["scale"]),
        ("ballot", form(step=d(0)), {}, ["scale"]),
        ("ballot", form(options=(t.Option("好", d(101)),)), {}, ["options"]),
        ("ballot", form(options=(t.Option("好", d(-1)),)), {}, ["options"]),
        ("ballot", form(options=(t.Option("好", d(100)), t.Option("差", d(0)))), {}, []),
        ("ballot", form(options=(t.Option("好", d(1)), t.Option("好", d(2)))), {}, ["options"]),
        ("ballot", form(classes=(t.VoterClass("a", "A"), t.VoterClass("a", "A"))), {}, ["classes"]),
        ("ballot", form(classes=()), {}, ["classes"]),
        ("ballot", form(classes=(t.VoterClass("a", "A", d(0)),)), {}, ["classes"]),
        ("ballot", form(classes=(t.VoterClass("a", "A", d(-1)), t.VoterClass("b", "B"))), {}, ["classes"]),
        ("ballot", form(classes=(t.VoterClass("a", "A", d(0)), t.VoterClass("b", "B"))), {}, []),
        ("ballot", form(trim=-1), {}, ["trim"]),
        ("rank_band", None, {"bands": BANDS}, []),
        ("rank_band", form(trim=-1), {}, ["trim", "bands"]),
        ("rank_band", None, {"bands": BANDS[::-1]}, ["bands"]),
        ("rank_band", None, {"bands": (BANDS[0], *BANDS)}, ["bands"]),
        ("rank_band", None, {"bands": ((d(0), d(1)), *BANDS)}, ["bands"]),
        ("rank_band", None, {"bands": BANDS[:1]}, ["bands"]),
        ("rank_band", None, {"bands": ((d(1), d(-1)),)}, ["bands"]),
        ("ballot_deduct", form(options=OPTIONS), {"option": "差", "last": 1, "votes": 1, "value": d(10)}, []),
        ("ballot_deduct", form(options=OPTIONS), {}, ["option", "last", "votes", "value"]),
        (
            "ballot_deduct",
            form(options=OPTIONS),
            {"option": "坏", "last": 0, "votes": "2", "value": d(0)},
            ["option", "last", "votes", "value"],
        ),
        ("ballot_deduct", form(options=OPTIONS), {"option": "差", "last": 1, "votes": 1, "value": d(11)}, ["value"]),
    ],
)
def test_problems_of_ballots(method, ballot, how, found):
    assert paths(with_leaf(10, method, ballot=ballot, settings=how)) == [f"indicators.L.{part}" for part in found]


# ------------------------------------------------------------------------------ rules


def rule(key, **more):
    for name in ("share", "minimum"):
        if name in more:
            more[name] = d(more[name])
    return t.Rule(key, **more)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (rule("magic"), ["rule"]),
        (rule("exclude"), ["if"]),
        (rule("exclude", condition="flag"), []),
        (rule("thresholds"), ["minimums"]),
        (rule("thresholds", minimums={"A": d(90), "X": None}), ["minimums"]),
        (rule("thresholds", minimums={"A": None, "B": d(80), "C": None}), ["minimums"]),
        (rule("thresholds", minimums={"A": d(80), "B": d(80), "C": None}), ["minimums"]),
        (rule("thresholds", minimums={"A": d(80), "B": d(79), "C": d(90)}), []),
        (rule("floor_grade", grade="X"), ["grade", "minimum"]),
        (rule("floor_grade", grade="D", minimum=0), []),
        (rule("cap"), ["grade", "if"]),
        (rule("cap", grade="B", condition="flag"), []),
        (rule("set", grade="X", condition="flag"), ["grade"]),
        (rule("lower", condition="flag", steps=0), ["steps"]),
        (rule("lower", condition="flag", steps=1), []),
        (rule("limit"), ["grade", "share"]),
        (rule("limit", grade="D", share="0.3"), ["grade"]),
        (rule("limit", grade="A", share="1.01"), ["share"]),
        (rule("limit", grade="A", share="-0.01"), ["share"]),
        (rule("limit", grade="A", share=0), []),
        (rule("limit", grade="A", share=1), []),
        (rule("limit", grade="A", share=1, rounding="up"), ["rounding"]),
        (rule("limit", grade="A", share=1, at_least=-1), ["at_least"]),
        (rule("limit", grade="A", share=1, scope="unit"), ["scope"]),
        (rule("limit", grade="A", share=1, scope=("甲", "丙", "丁")), ["scope", "scope"]),
        (rule("limit", grade="A", share=1, scope=("甲",)), []),
        (rule("limit", grade="A", share=1, prefer="days"), ["prefer"]),
        (rule("limit_within", grade="A", share=1), ["if"]),
        (rule("limit_within", grade="A", share=1, condition="flag", scope="group"), []),
        (rule("distribute", shares={"A": d("0.4"), "X": d("0.6")}), ["shares"]),
        (rule("distribute", shares={"A": d("0.4"), "B": d("0.5")}), ["shares"]),
        (rule("distribute", shares={"A": d("1.4"), "B": d("-0.4")}), ["shares"]),
        (rule("distribute", shares={"A": d("0.4"), "B": d("0.6")}, scope=("甲",)), ["scope"]),
        (rule("distribute", shares={"A": d("0.4"), "B": d("0.6")}, scope="category"), []),
    ],
)
def test_problems_of_rules(given, found):
    built = with_rule(given, BY_TOTAL)
    assert [path for path in paths(built) if not path.endswith("?")] == [f"rules.1.{part}" for part in found]


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("flag = 是 or flag != false and level = 一般 and days + days >= -1.5", []),
        ('level = "一般" and total > 3 and score:L < 1 and option_share:L:差 > 0.1', []),
        ("grade_in:去年 = 优秀 or times_grade:quarters:好 > 0 or category_rank_from_bottom = 1", []),
        ("", ["A condition expected."]),
        (" ", ["“…” is no comparison; expected: fact, operator, value."]),
        ("flag or", ["“…” is no comparison; expected: fact, operator, value."]),
        ("days !", ["“!” has no meaning here."]),
        ("days ＞ 3", ["“＞” has no meaning here; write > instead."]),
        ("days＞3", ["“＞” has no meaning here; write > instead."]),
        ("days > 3 或 flag", ["“或” has no meaning here; write or instead."]),
        ("(days > 3) and flag", ["(days: parentheses have no meaning here; “and” binds before “or”."]),
        ("flag flag", ["“flag flag” is no comparison; expected: fact, operator, value."]),
        ("days + > 3", ["“days + > 3” is no comparison; expected: fact, operator, value."]),
        ("days days days > 3", ["“days days days > 3” is no comparison; expected: fact, operator, value."]),
        ('"days" > 3', ["“days > 3” is no comparison; expected: fact, operator, value."]),
        ("days + days", ["“days + days” is no comparison; expected: fact, operator, value."]),
        ("days >", ["“days >”: one value expected after the operator."]),
        ("days > 3 4", ["“days > 3 4”: one value expected after the operator."]),
        ("days > <", ["“days > <”: one value expected after the operator."]),
        (
            "hours > 3",
            [f"hours is not a fact of this plan; expected: {KNOWN}."],
        ),
        (
            "times_grade:quarters > 1",
            [f"times_grade:quarters is not a fact of this plan; expected: {KNOWN}."],
        ),
        ("score:X > 1", ["X is not an indicator of this plan."]),
        ("option_share:L:坏 > 1", ["option_share:L:坏: no such option of a ballot; expected: 好, 差."]),
        ("option_share:X:好 > 1", ["option_share:X:好: “X” is no ballot with options."]),
        ("days", ["days is not a yes-or-no fact: it needs an operator and a value."]),
        ("days + flag > 1", ["Only numbers can be added: days, flag."]),
        ("days > many", ["days is compared with a number, not with “many”."]),
        ("days > 1.", ["days is compared with a number, not with “1.”."]),
        ("level > 好", ["level can only be equal (=) or not equal (!=)."]),
        ("flag > true", ["flag can only be equal (=) or not equal (!=)."]),
        ("grade_in:去年 >= 好", ["grade_in:去年 can only be equal (=) or not equal (!=)."]),
        ("level = 差", ["“差” is not a value of level; expected: 好, 一般."]),
        ("flag = 1", ["“1” is not a value of flag; expected: true, 是, false, 否."]),
        (
            "flag = 1 or level = 差",
            [
                "“1” is not a value of flag; expected: true, 是, false, 否.",
                "“差” is not a value of level; expected: 好, 一般.",
            ],
        ),
    ],
)
def test_problems_of_conditions(condition, said):
    built = with_rule(rule("set", grade="A", condition=condition))
    assert problems(built) == [("rules.0.if", words) for words in said]


# ------------------------------------------------------------------------------ order


def test_rules_that_have_no_effect_where_they_stand():
    """Computable all the same: a warning."""
    anew = rule("thresholds", minimums={"A": d(90), "D": None})
    assert paths(with_rule(LIMIT)) == ["rules.0?"]
    assert paths(with_rule(rule("lower", condition="flag"))) == ["rules.0?"]
    assert paths(with_rule(rule("limit", grade="C", share="0.3"), anew)) == ["rules.1.grade?"]
    assert paths(with_rule(anew, BY_TOTAL)) == ["rules.1?"]
    # What an earlier limit or a set leaves is there to be limited.
    assert paths(with_rule(rule("limit", grade="B", share=1), anew, LIMIT)) == []
    assert paths(with_rule(LIMIT, rule("set", grade="A", condition="flag"))) == []
    assert score(with_rule(LIMIT), inputs()).results == ()


def test_a_plan_with_an_error_is_not_computed_with():
    with pytest.raises(t.PlanErrors) as caught:
        score(with_rule(rule("limit", grade="D", share=2)), inputs(subject(votes={"L": {"staff": {"好": 1}}})))
    assert [found.path for found in caught.value.problems] == ["rules.0.grade", "rules.0.share"]
    assert str(caught.value) == "rules.0.grade; rules.0.share"


def test_shipped_plans_have_neither_errors_nor_warnings():
    for code in ("district-2020", "yinhai-2016", "finance-points", "civil-servant-annual"):
        assert check_plan(preset(code)) == []

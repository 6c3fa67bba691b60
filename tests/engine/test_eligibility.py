"""What follows from facts alone, in three values, and that it agrees with what the rules then do."""

import pytest

from indicators import document, plan_file
from indicators.services import preset_text
from scoring.engine import consequences, has_consequences, score
from scoring.engine import types as t
from scoring.engine.conditions import facts_of, parse
from scoring.engine.earlier import reads_earlier
from tests.oracle.book import read, read_book
from tests.oracle.generate import in_memory, make_workbook
from tests.oracle.mutate import mutate
from tests.oracle.plans import PLANS
from tests.oracle.restate import restate

from .adapter import inputs_of, preset
from .build import d, leaf, plan, say

FACTS = (
    t.FactDefinition("days", "请假", t.FactType.NUMBER),
    t.FactDefinition("more", "加班", t.FactType.NUMBER),
    t.FactDefinition("head", "负责人", t.FactType.BOOLEAN),
    t.FactDefinition("level", "效能", t.FactType.CHOICE, ("好", "一般")),
)


def rule(key, grade=None, condition=None, **more):
    return t.Rule(key, grade, condition, **more)


def said(rules, facts=None, earlier=None):
    shown = plan(leaf("L", 100), rules, facts=FACTS)
    return [(each.rule, each.certain, say(each.text)) for each in consequences(shown, facts or {}, earlier)]


@pytest.mark.parametrize(
    ("given", "facts", "words"),
    [
        (rule("exclude", condition="days > 12"), {"days": d(13)}, "no grade (“请假” is above 12, now 13)"),
        (rule("cap", "B", "head"), {"head": True}, "at best B (“负责人”)"),
        (rule("set", "D", "level != 好"), {"level": "一般"}, "set to D (“效能” is not “好”; “效能”: 一般)"),
        (rule("lower", condition="days + more > 3", steps=2), {"days": d(2), "more": d("1.5")}, None),
        (
            rule("limit", "A", share=d("0.3"), prefer="head or days > 1"),
            {"head": True, "days": d(0)},
            "comes first for the places of A (“负责人”)",
        ),
        (
            rule("limit_within", "A", "head", share=d("0.3")),
            {"head": True},
            "as a holder of A counts against the limit of 30% for such (“负责人”)",
        ),
    ],
)
def test_what_is_certain(given, facts, words):
    words = words or "2 grade(s) lower (“请假” + “加班” is above 3; “请假”: 2, “加班”: 1.5)"
    assert said([given], facts) == [(0, True, words)]


@pytest.mark.parametrize(
    ("condition", "facts"),
    [
        ("days > 12", {"days": d(12)}),
        ("days > 12", {}),  # a comparison with an empty fact is false
        ("days != 12", {}),
        ("days + more > 3", {"days": d(9)}),
        ("head and score:L < 60", {"head": False}),
        ("head and score:L < 60", {}),
        ("score:L < 60 or total < 50", {"head": True}),  # nothing about this subject
        ("level = 好 and days > 1", {"level": "一般", "days": d(9)}),
    ],
)
def test_what_has_no_effect(condition, facts):
    assert said([rule("cap", "B", condition)], facts) == []


def test_what_depends_on_the_scores():
    given = [rule("cap", "B", "head and days > 3 and score:L < 60 or level = 好 and category_rank > 2")]
    assert said(given, {"head": True, "days": d(4), "level": "好"}) == [
        (0, False, "If the score of L title L is below 60: at best B (“负责人” and “请假” is above 3, now 4)"),
        (0, False, "If the rank in the category is above 2: at best B (“效能” is “好”; “效能”: 好)"),
    ]
    # One alternative that is certain says enough.
    assert said([rule("cap", "B", "head and total < 60 or days > 3")], {"head": True, "days": d(4)}) == [
        (0, True, "at best B (“请假” is above 3, now 4)")
    ]


def test_a_sum_with_a_score_waits_but_not_for_an_empty_fact():
    given = [rule("set", "D", "head and days + score:L > 100")]
    assert [certain for _rule, certain, _words in said(given, {"head": True, "days": d(1)})] == [False]
    assert said(given, {"head": True}) == []


def test_nothing_follows_after_an_exclusion():
    rules = [rule("cap", "B", "head"), rule("exclude", condition="head"), rule("set", "D", "head")]
    assert [index for index, _certain, _words in said(rules, {"head": True})] == [0, 1]


def test_earlier_rounds_are_known_or_they_are_not():
    rules = [rule("cap", "B", "times_grade:季度:差 > 0"), rule("set", "D", "head and grade_in:一季度 = 差")]
    rounds = {"季度": [t.Earlier("一季度", d(50), d(100), "差")]}
    assert [certain for _rule, certain, _words in said(rules, {"head": True}, rounds)] == [True, True]
    assert said(rules, {"head": True}, {}) == []
    assert said(rules, {"head": True}, None) == [
        (1, False, "If the grade in 一季度 is “差”: set to D (“负责人”)"),
    ]


@pytest.mark.parametrize("code", PLANS)
def test_it_agrees_with_what_the_rules_did(code, tmp_path):
    for seed in range(2):
        check(preset(code), inputs_of(read(make_workbook(tmp_path / f"{seed}.xlsx", code, seed, subjects=14))))


def test_it_agrees_with_the_rules_of_plans_changed_at_random():
    for number, code in enumerate(PLANS):
        text = mutate(preset_text(code), 900)
        plan_there = restate(text)
        book = read_book(in_memory(plan_there["code"], number, plan=plan_there)[1], plan_there)
        check(document.parse(plan_file.load(text)), inputs_of(book))


def check(shipped, inputs):
    own = {fact.code for fact in shipped.facts}
    results = {result.subject: result for result in score(shipped, inputs).results}
    for one in inputs.subjects:
        found = consequences(shipped, one.facts, one.earlier)
        assert has_consequences(shipped, one.facts, one.earlier) == bool(found)
        certain = {each.rule for each in found if each.certain}
        waiting = {each.rule for each in found if not each.certain}
        excluded = next((each.rule for each in found if each.ends), None)
        for reason in results[one.key].reasons:
            if reason.key == "exclude" and all(_known(f, own) for f in _facts(shipped.rules[reason.rule])):
                assert reason.rule == excluded
            if reason.key not in ("cap", "set", "lower"):
                continue
            facts = _facts(shipped.rules[reason.rule])
            if all(_known(fact, own) for fact in facts):
                assert reason.rule in certain
            elif reason.rule not in certain | waiting:
                # Nothing of the subject's own bore on it: one alternative is made of scores alone.
                assert any(
                    not any(_known(f, own) for c in alternative for f in c.facts)
                    for alternative in parse(shipped.rules[reason.rule].condition).alternatives
                )


def _facts(one):
    return facts_of(parse(one.condition))


def _known(fact, own):
    return fact in own or reads_earlier(fact)

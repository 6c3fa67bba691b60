"""The sentences as a Chinese page shows them, and that none of them ever fails: every plan, every figure."""

import json
import re
from decimal import Decimal
from fractions import Fraction

import pytest
from django.utils import translation

from indicators.rendering import render
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
    walk,
)
from scoring.engine import types as t
from tests.oracle.book import read
from tests.oracle.generate import make_workbook
from tests.oracle.plans import PLANS

from .adapter import inputs_of, preset
from .build import composite, d, event, inputs, leaf, plan, subject

UNFILLED = re.compile(r"%\(|%%|\bNone\b")
ENGLISH = re.compile(r"[A-Za-z]{3,}")
# Words of the plans themselves, in Latin letters: set and item codes, and round names.
OWN_WORDS = re.compile(r"title|“quarters”|“term”|\blate\b|\babsent\b|2026-Q\d|\b[A-Z]+\d*\b")


@pytest.fixture(autouse=True)
def _chinese():
    with translation.override("zh-hans"):
        yield


def said(text):
    """The sentence in Chinese: complete, and nothing left in English."""
    words = render(text)
    assert words.strip()
    assert not UNFILLED.search(words), words
    assert not ENGLISH.search(OWN_WORDS.sub("", words)), words
    return words


def stored(one):
    """A node's score after the trip of its detail through a database."""
    return t.NodeScore(one.status, one.value, one.incomplete, json.loads(json.dumps(one.detail)))


def last_figure(words):
    return Decimal(re.findall(r"-?\d+(?:\.\d+)?$", words)[0])


@pytest.mark.parametrize("code", PLANS)
def test_every_sentence_of_every_plan(code, tmp_path):
    shipped = preset(code)
    for node in walk(shipped.root):
        said(method_title(node))
        said(method_words(node, shipped))
    for rule in shipped.rules:
        said(rule_title(rule))
        said(rule_words(rule, shipped))
    for seed in range(3):
        file = make_workbook(tmp_path / f"{seed}.xlsx", code, seed, subjects=12, missing=seed == 2)
        check_explanations(shipped, score(shipped, inputs_of(read(file))))


def check_explanations(shipped, outcome):
    for result in outcome.results:
        scores = {key: stored(one) for key, one in result.scores.items()}
        for node in walk(shipped.root):
            lines = [said(text) for text in explain_score(node, shipped, scores[node.code], scores)]
            if scores[node.code].value is not None:
                assert last_figure(lines[-1]) == scores[node.code].value
                assert len(lines) > 1
        for reason in result.reasons:
            said(explain_reason(reason, shipped))
        for flag in result.flags:
            said(explain_flag(flag, shipped))
    for report in outcome.limits:
        said(explain_limit(report, shipped))


def lines_of(built, given, code=None, **more):
    result = score(built, inputs(given, **more)).results[0]
    scores = {key: stored(one) for key, one in result.scores.items()}
    node = next(n for n in walk(built.root) if n.code == (code or built.root.code))
    return [said(text) for text in explain_score(node, built, scores[node.code], scores)]


def test_a_sum_with_a_share_that_passes_on_and_a_bonus():
    # 100 × (55.25 + 20) ÷ 90 = 83.6111…, and with the bonus of 4.5: 88.1111…
    root = composite("R", 100, leaf("K", 60), leaf("E", 30), leaf("M", 10), leaf("B", 5, "bonus"))
    given = subject(marks={"K": "55.25", "E": 20}, events={"B": [event("4.5")]}, not_applicable=frozenset("M"))
    assert lines_of(plan(root), given) == [
        "不适用，其权重由其余指标分担：M title M",
        "100 × (K 55.25 + E 20) ÷ 90 = 83.611111…",
        "计入加减分：83.611111… + B 4.5 = 88.111111…",
        "四舍五入到 2 位小数：88.11",
    ]


def test_a_total_below_zero():
    root = composite("R", 10, leaf("K", 10), leaf("V", 5, "inspection"))
    below = subject(marks={"K": 1}, events={"V": [event(3)]})
    assert lines_of(plan(root), below)[-2:] == ["总分低于 0 的，计 0 分", "四舍五入到 2 位小数：0.00"]
    nought = subject(marks={"K": 3}, events={"V": [event(3)]})
    assert lines_of(plan(root), nought) == [
        "K 3 = 3",
        "计入加减分：3 − V 3 = 0",
        "四舍五入到 2 位小数：0.00",
    ]


def test_one_matter_counts_once():
    items = (t.CatalogueItem("B-1", "市委批示", cap=d(5)),)
    root = composite("R", 10, leaf("K", 10), leaf("B", 5, "bonus", catalogue=items))
    events = [event(3, item="B-1", matter="同一事项"), event(2, item="B-1", matter="同一事项", key="2")]
    assert lines_of(plan(root), subject(marks={"K": 1}, events={"B": events}), "B") == [
        "B-1 市委批示（同一事项）：3 分",
        "同一事项只计最高分，未计入：B-1 市委批示（同一事项）：2 分",
        "四舍五入到 2 位小数：3.00",
    ]


def test_a_limit_in_words():
    rule = t.Rule("limit", grade="优秀", share=d("0.30"), scope="category")
    built = plan(leaf("L", 100), [rule], grades=("优秀", "良好"))
    assert said(rule_words(rule, built)) == (
        "按同一类别计，优秀不超过 30%（小数舍去），超出的按名次从后往前定为良好；"
        "并列跨线的一律定为良好，提交领导小组决定。"
    )


def test_composites_in_words():
    alone = composite("Q", 10, leaf("K", 10), leaf("P", 10, weight=0))
    scaled = composite("R", 100, leaf("K", 10, weight=1), leaf("B", 5, "bonus"))
    weighted = composite("R", 100, leaf("K", 10, weight=1), leaf("L", 20, weight="2.5"))
    assert said(method_words(alone, plan(alone))) == "即 K title K的得分。参考项，不计入：P title P。"
    assert said(method_words(scaled, plan(scaled))) == (
        "得分 = 100 × K title K得分 ÷ 10。再计入 B title B，计入后可超过满分；总分低于 0 分的，计 0 分。"
    )
    assert said(method_words(weighted, plan(weighted))) == (
        "得分 = 100 × 下级指标得分率（得分 ÷ 满分）的加权平均：K title K（权重 1）、L title L（权重 2.5）；"
        "不适用指标的权重由其余指标分担。"
    )


def test_withheld_classes_are_never_shown():
    """With fewer votes than the plan reports, neither the votes nor a mean that gives them away are said."""
    classes = (t.VoterClass("a", "甲票"), t.VoterClass("b", "乙票"))
    built = plan(leaf("L", 10, "ballot", ballot=t.BallotForm(classes=classes)), minimum_votes=3)
    assert lines_of(built, subject(votes={"L": {"a": {"90": 2}, "b": {"80": 5}}}), "L") == [
        "甲票：不足 3 票，不予公开",
        "乙票：为免推知其他票类，一并不公开",
        "四舍五入到 2 位小数：8.50",
    ]


def test_figures_of_a_stored_detail_are_exact_or_say_that_they_are_not():
    root = leaf("L", 10, "ballot", ballot=t.BallotForm())
    result = score(plan(root), inputs(subject(votes={"L": {"staff": {"90": 1, "80": 2}}}))).results[0]
    # (90 + 2 × 80) ÷ 3 = 250 ÷ 3, kept as it is
    assert Fraction(result.scores["L"].detail["mean"]) == Fraction(250, 3)

"""A clerk who knows only the plan redoes every sum: from the stored detail, and from the words, in both languages.

`redo` computes each method again from `detail` alone and must arrive at the stored score; `needed` lists the figures
that the sum takes, and each of them must stand in the sentences. Nothing is read out of the sentences.
"""

import json
import os
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from django.utils import translation
from hypothesis import given, settings

from indicators import document, plan_file
from indicators.rendering import render
from indicators.services import preset_text
from scoring.engine import METHODS, RULES, explain_limit, explain_reason, explain_score, score, walk
from scoring.engine import types as t
from scoring.engine.ballots import is_withheld
from scoring.engine.composite import is_adjustment
from scoring.engine.text import figure, percent
from scoring.engine.types import Status
from tests.oracle.book import read, read_book
from tests.oracle.generate import in_memory, make_workbook
from tests.oracle.mutate import mutate
from tests.oracle.plans import PLANS
from tests.oracle.restate import restate

from .adapter import inputs_of, preset
from .build import composite, d, inputs, leaf, plan, subject
from .test_random_plans import rounds

LANGUAGES = ("zh-hans", "en")
MUTANTS = int(os.environ.get("KAOPING_MUTANTS_REDONE", "64"))


def fr(text):
    return Fraction(str(text).rstrip("…"))


def half_up(value, decimals):
    """Half away from zero, from an exact fraction."""
    scaled = abs(value) * 10**decimals
    whole = int(scaled) + (scaled - int(scaled) >= Fraction(1, 2))
    return Decimal(whole if value >= 0 else -whole).scaleb(-decimals)


# ------------------------------------------------------------------------------ the sum again, from the detail


def of_events(node, detail):
    rows = [(item, count * fr(value)) for item, count, value, _matter in detail["rows"]]
    together = sum((points for _item, points in rows), Fraction(0))
    points = Fraction(node.points)
    if node.method == "deduct":
        return Fraction(0) if "zero" in detail else max(Fraction(0), points - together)
    if node.method == "bonus":
        caps = {item.code: item.cap for item in node.catalogue}
        sums = {}
        for item, value in rows:
            sums[item] = sums.get(item, 0) + value
        capped = [min(Fraction(caps[i]), v) if caps.get(i) is not None else v for i, v in sums.items()]
        return min(points, sum(capped, Fraction(0)))
    if node.method == "penalty" and not node.settings.get("uncapped"):
        together = min(points, together)
    return -together


def mean_of_votes(node, detail):
    form = node.ballot or t.BallotForm()
    values = {o.title: Fraction(o.value) for o in form.options}
    means = []
    for each in form.classes:
        votes = detail["votes"].get(each.code, {})
        cast = sorted(values.get(a) if a in values else fr(a) for a, n in votes.items() if a for _vote in range(n))
        if not cast:
            continue
        kept = cast[form.trim : len(cast) - form.trim] if len(cast) > 2 * form.trim else cast
        means.append((Fraction(each.weight), sum(kept, Fraction(0)) / len(kept)))
    return sum(w * m for w, m in means) / sum(w for w, _mean in means)


def of_votes(node, detail):
    points, scale = Fraction(node.points), Fraction((node.ballot or t.BallotForm()).scale)
    mean = mean_of_votes(node, detail)
    assert mean == Fraction(detail["mean"])
    if node.method == "ballot":
        return points * mean / scale
    if node.method == "rank_band":
        share = Fraction(detail["rank"], detail["size"])
        return points * next(Fraction(value) for upto, value in node.settings["bands"] if share <= upto) / scale
    own = node.settings
    hit = detail["place"] <= own["last"] and detail["option"] >= own["votes"]
    return points - Fraction(own["value"]) if hit else points


def of_numbers(node, detail):
    points, own = Fraction(node.points), node.settings
    if node.method == "attainment":
        return points * max(Fraction(0), min(Fraction(1), fr(detail["actual"]) / fr(detail["target"])))
    if node.method == "rank_points":
        table = dict(own["table"])
        value = table.get(detail["rank"], table[max(table)])
        return points * Fraction(value) / Fraction(own.get("scale", 100))
    actual = fr(detail["actual"])
    if node.method == "ratio_to_best":
        best = fr(detail["best"])
        over, under = (best, actual) if own.get("lower_is_better") else (actual, best)
        return points * over / under if under else Fraction(0)
    units = actual - Fraction(own.get("threshold", 0))
    units = units if own.get("fractions") else Fraction(int(units))
    raw = Fraction(own.get("base", 0)) + own.get("sign", 1) * Fraction(own["value"]) * units
    return max(Fraction(own.get("floor", 0)), min(points, raw))


def redo(node, one, scores):
    """The exact value before rounding, from the plan's node and what was stored."""
    if node.children:
        return of_children(node, scores)
    if node.ballot is not None or "votes" in one.detail:
        return of_votes(node, one.detail)
    if "rows" in one.detail:
        return of_events(node, one.detail)
    if "marks" in one.detail:
        weights = {a.name: Fraction(a.weight) for a in node.assessors}
        marks = [(weights.get(name, Fraction(1)), fr(value)) for name, value in one.detail["marks"]]
        return sum(w * v for w, v in marks) / sum(w for w, _value in marks)
    if "rounds" in one.detail:
        shares = [fr(total) / fr(points) for _name, total, points in one.detail["rounds"]]
        return max(Fraction(0), Fraction(node.points) * sum(shares) / len(shares))
    return of_numbers(node, one.detail)


def of_children(node, scores):
    weight, total, added = Fraction(0), Fraction(0), Fraction(0)
    for child in node.children:
        one = scores[child.code]
        value = Fraction(one.value or 0)
        if is_adjustment(child):
            added += value
        elif one.status is not Status.NOT_APPLICABLE:
            own = Fraction(child.points if child.weight is None else child.weight)
            weight += own
            total += own * value / Fraction(child.points)
    return Fraction(node.points) * total / weight + added


# ------------------------------------------------------------------------------ what the words must hold


def needed(node, one, scores, shown_plan):
    """The figures that the sum of this node takes, as the sentences write them."""
    detail = one.detail
    if node.children:
        return list(child_figures(node, scores))
    if "votes" in detail:
        form = node.ballot or t.BallotForm()
        return [] if is_withheld(form, detail["votes"], shown_plan.minimum_votes) else list(vote_figures(form, detail))
    if "rows" in detail:
        return list(event_figures(detail))
    if "marks" in detail or "rounds" in detail:
        return [part for row in detail.get("marks") or detail["rounds"] for part in row]
    return [str(detail[name]) for name in ("actual", "target", "best", "units", "rank") if name in detail]


def child_figures(node, scores):
    for child in node.children:
        own = scores[child.code]
        counts = is_adjustment(child) or child.weight != 0
        if counts and own.value:
            # What is taken off stands behind a minus sign.
            yield figure(abs(own.value) if is_adjustment(child) else own.value)
        if counts and own.status is Status.NOT_APPLICABLE and not is_adjustment(child):
            yield child.title


def vote_figures(form, detail):
    yield figure(Fraction(detail["mean"]))
    for each in form.classes:
        votes = {a: n for a, n in detail["votes"].get(each.code, {}).items() if a and n}
        yield each.title
        yield from (f"{answer} × {n}" for answer, n in votes.items() if not form.options)
        yield from (f"{figure(o.value)} × {votes[o.title]}" for o in form.options if o.title in votes)
    yield from (str(detail[name]) for name in ("rank", "size", "place", "option") if name in detail)


def event_figures(detail):
    for _item, count, value, matter in detail["rows"]:
        yield from (figure(fr(value)), matter)
        if count != 1:
            yield f"{count} × {value}"
    yield from (matter for _item, _count, _value, matter in detail.get("passed", ()))
    if "zero" in detail:
        yield str(detail["count"])


def reason_needs(reason, result, shown_plan):
    """The figures behind a change of grade."""
    values = reason.values
    if reason.rule is None:
        return [values["reason"], values["document"]]
    rule = shown_plan.rules[reason.rule]
    if rule.key == "thresholds":
        minimums = [m for g, m in rule.minimums.items() if g == reason.after and "minimum" in values]
        return [figure(result.total), reason.after, *map(figure, minimums)]
    if rule.key == "floor_grade":
        return [figure(result.total), figure(rule.minimum), reason.after]
    if rule.key in ("limit", "limit_within"):
        exact = Fraction(rule.share) * values["size"]
        shares = [percent(rule.share), figure(exact), values["size"], values["places"], values["place"], values["held"]]
        last = [] if values["tied"] or values["behind"] else [values.get("cut", "")]
        return [*map(str, shares), *last, figure(result.total), rule.grade, reason.after, values["scope"]]
    if rule.key == "distribute":
        exact = [figure(Fraction(share) * values["size"]) for share in rule.shares.values()]
        places = [str(count) for count in values["places"].values()]
        return [*exact, *places, str(values["place"]), str(values["held"]), figure(result.total), reason.after]
    return [rule.grade] if rule.grade else []


def check(shown_plan, outcome):
    """Every figure of an outcome can be redone; returns the keys of the methods and rules that were met."""
    met = set()
    for result in outcome.results:
        scores = {
            code: t.NodeScore(s.status, s.value, s.incomplete, json.loads(json.dumps(dict(s.detail))))
            for code, s in result.scores.items()
        }
        for node in walk(shown_plan.root):
            one = scores[node.code]
            if one.status is not Status.SCORED:
                continue
            met.add(node.method if not node.children else "composite")
            value = redo(node, one, scores)
            if node is shown_plan.root:
                value = max(Fraction(0), value)
            assert half_up(value, shown_plan.decimals) == one.value, (node.code, one)
            wanted = {*needed(node, one, scores, shown_plan), f"{one.value:.{shown_plan.decimals}f}"}
            for language in LANGUAGES:
                with translation.override(language):
                    words = "\n".join(render(text) for text in explain_score(node, shown_plan, one, scores))
                assert not {figure for figure in wanted if figure not in words}, words
        for reason in result.reasons:
            met.add(reason.key)
            for language in LANGUAGES:
                with translation.override(language):
                    words = render(explain_reason(reason, shown_plan))
                assert not {part for part in reason_needs(reason, result, shown_plan) if part not in words}, words
    for report in outcome.limits:
        exact = figure(Fraction(report.share) * report.size)
        for language in LANGUAGES:
            with translation.override(language):
                words = render(explain_limit(report, shown_plan))
            for part in (report.size, exact, percent(report.share), report.places, len(report.holders)):
                assert str(part) in words
    return met


# ------------------------------------------------------------------------------ the rounds


@pytest.mark.parametrize("code", PLANS)
def test_every_figure_of_every_plan_can_be_redone(code, tmp_path):
    shipped = preset(code)
    for seed in range(2):
        file = make_workbook(tmp_path / f"{seed}.xlsx", code, seed, subjects=12)
        met = check(shipped, score(shipped, inputs_of(read(file))))
        assert "composite" in met


@settings(max_examples=40, deadline=None)
@given(rounds())
def test_every_figure_of_a_random_round_can_be_redone(a_round):
    shown_plan, subjects = a_round
    assert "composite" in check(shown_plan, score(shown_plan, t.Inputs(subjects))) or not subjects


def test_every_figure_of_plans_changed_at_random_can_be_redone():
    """Every method and every rule of the language, with all their settings."""
    met = set()
    for number in range(MUTANTS):
        code = list(PLANS)[number % len(PLANS)]
        text = mutate(preset_text(code), 700 + number // len(PLANS))
        book = read_book(in_memory(restate(text)["code"], number, plan=restate(text))[1], restate(text))
        met |= check(changed := document.parse(plan_file.load(text)), score(changed, inputs_of(book)))
    # limit_within seldom cuts anybody; it is among the rules below.
    assert met >= {*METHODS, *RULES, "composite"} - {"limit_within"}


FORM = t.BallotForm(options=(t.Option("好", d(90)), t.Option("差", d(60))), trim=1)
TABLE = {"table": ((1, d(60)), (2, d(57)))}
HARD = composite(
    "R",
    100,
    leaf("N1", 10, "rank_points", settings=TABLE),
    leaf("N2", 10, "ratio_to_best"),
    leaf("N3", 10, "ratio_to_best", settings={"lower_is_better": True}),
    leaf("N4", 10, "per_unit", settings={"value": d("1.5"), "threshold": d("0.5")}),
    leaf("N5", 20, "attainment"),
    leaf(
        "T",
        20,
        "ballot_deduct",
        ballot=FORM,
        settings={"last": 1, "option": "差", "votes": 1, "value": d("2.5")},
    ),
    leaf("C", 20, "carried", settings={"set": "季度"}),
)


def hard_subject(number):
    return subject(
        f"s{number}",
        numbers={"N1": d(number), "N2": d(number), "N3": d(7 - number), "N4": d(f"{number}.7")},
        attainment={"N5": t.Attainment(d(7), d(number))},
        votes={"T": {"staff": {"好": number, "差": 4 - min(number, 4), "": 1}}},
        earlier={"季度": [t.Earlier("一季度", d(80 + number), d(97), "A"), t.Earlier("二季度", d(33), d(40), "B")]},
    )


HARD_RULES = (
    t.Rule("exclude", condition="category_rank_from_bottom = 1"),
    t.Rule("distribute", scope="category", shares={"A": d("0.4"), "B": d("0.3"), "C": d("0.3")}),
    t.Rule("floor_grade", "D", minimum=d(60)),
    t.Rule("lower", condition="score:N1 <= 9.5 and total > 75 and total < 80", steps=1),
    t.Rule("limit_within", "A", "times_grade:季度:A > 0", share=d("0.5"), scope="all"),
    t.Rule("limit", "B", share=d("0.1"), rounding="ceil", at_least=1, prefer="total > 60", of_participants=True),
)


def test_the_methods_and_rules_that_no_preset_has_can_be_redone():
    shown_plan = plan(HARD, HARD_RULES)
    given_inputs = inputs(
        *(hard_subject(number) for number in range(1, 7)),
        known_sets=frozenset({"季度"}),
        decisions={"s3": t.Decision("A", "研究决定", "纪要1号")},
    )
    met = check(shown_plan, score(shown_plan, given_inputs))
    assert met >= {
        *("rank_points", "ratio_to_best", "per_unit", "attainment", "ballot_deduct", "carried", "composite"),
        *("exclude", "distribute", "floor_grade", "lower", "limit_within", "limit", "decision"),
    }


def test_half_up_is_away_from_zero():
    # By hand: 2.345 → 2.35, −2.345 → −2.35; the check itself must not share the engine's rounding.
    assert half_up(Fraction("2.345"), 2) == Decimal("2.345").quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert half_up(Fraction("-2.345"), 2) == Decimal("-2.35")

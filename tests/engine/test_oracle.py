"""Random rounds of every plan, figure by figure against the independent computation in tests/oracle.

KAOPING_ORACLE_N sets the number of rounds per plan (default 3).
"""

import os
from fractions import Fraction

import pytest

from scoring.engine import score
from scoring.engine.types import Status
from tests.oracle.book import NOT_APPLICABLE, read
from tests.oracle.compute import compute_book
from tests.oracle.generate import make_workbook
from tests.oracle.plans import PLANS, walk

from .adapter import inputs_of, preset

ROUNDS = int(os.environ.get("KAOPING_ORACLE_N", "3"))


def figures(expected):
    """What the oracle says of a subject, in the shape of `our_figures`."""
    return {
        "total": expected.total,
        "rank": expected.rank,
        "category rank": expected.category_rank,
        "grade": expected.grade,
        "missing": expected.missing,
        **expected.scores,
    }


def our_figures(result, missing):
    shown = {
        "total": Fraction(result.total),
        "rank": result.rank,
        "category rank": result.category_rank,
        "grade": result.grade,
        "missing": set(result.missing),
    }
    for code, one in result.scores.items():
        if one.status is Status.NOT_APPLICABLE:
            shown[code] = NOT_APPLICABLE
        else:
            assert (one.value is None) == (one.status is Status.MISSING) == (code in missing)
            shown[code] = Fraction(one.value or 0)
    return shown


def limits_of(outcome):
    return sorted((one.key, one.grade, one.size, one.places, len(one.holders)) for one in outcome.limits)


def oracle_limits(expected):
    return sorted((one["rule"], one["grade"], one["n"], one["places"], one["held"]) for one in expected.limits)


def check_round(path, code):
    return check_book(read(path), preset(code), path)


def check_book(book, plan, path):
    """Every figure of the engine on this book is the independent one; `path` says which book, in a failure."""
    expected = compute_book(book)
    outcome = score(plan, inputs_of(book))
    assert [result.subject for result in outcome.results] == list(expected.results)
    for result in outcome.results:
        wanted = expected[result.subject]
        ours, theirs = our_figures(result, wanted.missing), figures(wanted)
        wrong = {key: (ours.get(key), value) for key, value in theirs.items() if ours.get(key) != value}
        assert not wrong, (path, result.subject, wrong)
        assert ours.keys() == theirs.keys()
        tied = sum("tie" in flag for flag in wanted.flags)
        assert (result.subject, sum(flag.key == "tie" for flag in result.flags)) == (result.subject, tied)
        silent = {flag.removeprefix("no votes: ") for flag in wanted.flags if flag.startswith("no votes")}
        silent = {name for name in silent if name.split()[0] not in wanted.missing}
        assert {f"{f.values['code']} {f.values['class']}" for f in result.flags if f.key == "no_votes"} == silent
    assert limits_of(outcome) == oracle_limits(expected)
    assert outcome.provisional == any(one.missing for one in expected.results.values())
    return outcome


@pytest.mark.parametrize("code", PLANS)
def test_figures_equal_the_oracle(code, tmp_path):
    for seed in range(ROUNDS):
        check_round(make_workbook(tmp_path / f"{seed}.xlsx", code, seed), code)


@pytest.mark.parametrize("code", PLANS)
def test_figures_with_gaps_equal_the_oracle(code, tmp_path):
    for seed in range(ROUNDS):
        check_round(make_workbook(tmp_path / f"{seed}.xlsx", code, 1000 + seed, missing=True), code)


@pytest.mark.parametrize("code", PLANS)
def test_the_shipped_plan_has_the_nodes_of_the_oracles(code):
    plan = preset(code)

    def ours(node):
        yield node.code, Fraction(node.points), node.method
        for child in node.children:
            yield from ours(child)

    theirs = [(node["code"], Fraction(node["points"]), node["method"]) for node in walk(PLANS[code]["root"])]
    assert list(ours(plan.root)) == theirs
    assert list(plan.categories) == PLANS[code]["categories"]
    assert list(plan.grades) == PLANS[code]["grades"]

"""Moves a plan's limits to where they hurt: onto the totals that a round has, and between subjects of equal total.

    text = sharpen(text, outcome, rng)      # of the plan file and of what it gave on a round

The plan keeps its scores, so that minimums equal totals, and quotas end inside blocks of equal totals.
"""

from decimal import Decimal
from fractions import Fraction
from math import ceil

from indicators import document, plan_file

from .book import NOT_APPLICABLE
from .plans import walk


def sharpen(text, outcome, rng):
    given = plan_file.load(text)
    totals = sorted({one.total for one in outcome.results.values()}, reverse=True)
    for rule in given["rules"]:
        if rule["rule"] == "floor_grade":
            rule["minimum"] = decimal(rng.choice(totals))
        elif rule["rule"] == "thresholds" and len(totals) >= len(rule["minimums"]):
            steps = sorted(rng.sample(totals, len(rule["minimums"])), reverse=True)
            best_first = sorted(rule["minimums"], key=given["grades"].index)
            rule["minimums"] = {grade: decimal(step) for grade, step in zip(best_first, steps, strict=True)}
    if len(given["grades"]) > 1:
        _cut_between_equals(given, outcome, rng)
    return plan_file.dump(document.typed(given))


def decimal(value):
    """An exact fraction of at most six decimals."""
    return Decimal(int(value * 10**6)).scaleb(-6)


def _cut_between_equals(given, outcome, rng):
    """One more limit, at the end, and tie-breakers that tell two subjects of equal total apart."""
    pairs = [
        (one, other)
        for one in outcome.results.values()
        for other in outcome.results.values()
        if one is not other
        and (one.total, one.subject.category) == (other.total, other.subject.category)
        and one.grade == other.grade
        and one.grade in given["grades"][:-1]
    ]
    differing = [(*pair, code) for pair in pairs for code in _told_apart_by(*pair, outcome)]
    if not pairs:
        return
    one = rng.choice(pairs)[0]
    if differing:
        one, _other, code = rng.choice(differing)
        given["tie_breakers"] = [code, *[other for other in given["tie_breakers"] if other != code][:1]]
    category = one.subject.category
    inside = [other for other in outcome.results.values() if other.subject.category == category and not other.excluded]
    above = sum(other.grade == one.grade and other.total > one.total for other in inside)
    level = sum(other.grade == one.grade and other.total == one.total for other in inside)
    places = above + rng.randint(1, max(1, level - 1))
    share = Decimal(ceil(Fraction(places, len(inside)) * 10**6)).scaleb(-6)
    given["rules"].append({"rule": "limit", "grade": one.grade, "share": min(share, Decimal(1)), "scope": [category]})


def _told_apart_by(one, other, outcome):
    """Codes of nodes that score differently; those where one of them is not applicable first, and more often."""
    for node in walk(outcome.book.plan["root"]):
        first, second = one.scores[node["code"]], other.scores[node["code"]]
        if first != second:
            yield from [node["code"]] * (5 if NOT_APPLICABLE in (first, second) else 1)

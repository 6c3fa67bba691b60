"""Conditions, order of merit and the grade rules."""

import re
from fractions import Fraction
from itertools import groupby
from math import ceil, floor

from .book import NOT_APPLICABLE

COMPARE = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


# --- conditions


def holds(condition, outcome, result):
    """``a and b or c``: and binds first."""
    return any(
        all(compares(part.strip(), outcome, result) for part in either.split(" and "))
        for either in condition.split(" or ")
    )


def compares(part, outcome, result):
    found = re.fullmatch(r"(.+?)\s*(!=|<=|>=|=|<|>)\s*(.+)", part)
    if not found:
        return operand(part, outcome, result) is True
    left, op, right = found.groups()
    right = right.strip('"')
    terms = [operand(term.strip(), outcome, result) for term in left.split("+")]
    if any(term is None for term in terms):
        return False
    value = terms[0] if len(terms) == 1 else sum(terms)
    if isinstance(value, Fraction):
        right = Fraction(right)
    elif isinstance(value, bool):
        right = {"true": True, "false": False, "是": True, "否": False}[right.lower()]
    return COMPARE[op](value, right)


def operand(name, outcome, result):
    """The value of a name for a subject; None where a comparison with it is false."""
    facts = result.subject.facts
    if name in facts:
        return facts[name]
    if ":" in name:
        kind, _, rest = name.partition(":")
        return OPERANDS[kind](rest, outcome, result)
    beside = [other for other in outcome.results.values() if other.subject.category == result.subject.category]
    return Fraction(
        {
            "total": result.total,
            "category_rank": result.category_rank,
            "category_size": len(beside),
            "category_rank_from_bottom": 1 + sum(other.total < result.total for other in beside),
        }[name]
    )


def score(code, outcome, result):
    found = result.scores[code]
    return None if found == NOT_APPLICABLE else found


def option_share(rest, outcome, result):
    code, _, option = rest.partition(":")
    all_votes = chosen = 0
    for (subject, node, _), votes in outcome.book.votes.items():
        if (subject, node) == (result.subject.code, code):
            all_votes += sum(votes.values())
            chosen += votes[option]
    return Fraction(chosen, all_votes) if all_votes else None


def times_grade(rest, outcome, result):
    name, _, grade = rest.partition(":")
    return Fraction(
        sum(
            row["set"] == name and row["subject"] == result.subject.code and row["grade"] == grade
            for row in outcome.book.past
        )
    )


def grade_in(name, outcome, result):
    """Of several rounds of that name with a grade, that of the first set."""
    found = [
        (row["set"], row["grade"])
        for row in outcome.book.past
        if row["round"] == name and row["subject"] == result.subject.code and row["grade"]
    ]
    return min(found)[1] if found else None


OPERANDS = {"score": score, "option_share": option_share, "times_grade": times_grade, "grade_in": grade_in}


# --- order of merit


def merit(outcome, result):
    """Sorts best first; equal keys are equal merit. Not applicable ranks below any score."""
    key = [-result.total]
    for code in outcome.book.plan["tie_breakers"]:
        found = result.scores[code]
        key.append((1, Fraction(0)) if found == NOT_APPLICABLE else (0, -found))
    return tuple(key)


def blocks(results, key):
    """The results best first, in blocks of equal merit."""
    return [list(block) for _, block in groupby(sorted(results, key=key), key=key)]


# --- the rules


def change(result, grade, reason):
    if grade != result.grade:
        result.changes.append(f"{result.grade or '—'} → {grade}: {reason}")
        result.grade = grade


def apply_rules(outcome):
    for rule in outcome.book.plan["rules"]:
        RULES[rule["rule"]](rule, outcome, [one for one in outcome.results.values() if not one.excluded])


def exclude(rule, outcome, graded):
    for one in graded:
        if holds(rule["if"], outcome, one):
            one.excluded, one.grade = True, None
            one.changes.append("不定等次: exclude")


def thresholds(rule, outcome, graded):
    for one in graded:
        *listed, (last, _) = rule["minimum"].items()
        grade = next((grade for grade, minimum in listed if one.total >= Fraction(minimum)), last)
        change(one, grade, "thresholds")


def floor_grade(rule, outcome, graded):
    for one in graded:
        if one.total < Fraction(rule["minimum"]):
            change(one, rule["grade"], f"total below {rule['minimum']}")


def cap(rule, outcome, graded):
    grades = outcome.book.plan["grades"]
    for one in graded:
        # Whoever no earlier rule gave a grade has none that could be too good.
        if one.grade and holds(rule["if"], outcome, one) and grades.index(one.grade) < grades.index(rule["grade"]):
            change(one, rule["grade"], "cap")


def set_to(rule, outcome, graded):
    for one in graded:
        if holds(rule["if"], outcome, one):
            change(one, rule["grade"], "set")


def lower(rule, outcome, graded):
    for one in graded:
        if one.grade and holds(rule["if"], outcome, one):
            step_down(outcome, one, "lower", rule["by"])


def step_down(outcome, one, reason, steps=1):
    grades = outcome.book.plan["grades"]
    change(one, grades[min(grades.index(one.grade) + steps, len(grades) - 1)], reason)


def largest_remainder(shares, n):
    """{grade: places}, better grade first among equal remainders."""
    exact = {grade: Fraction(share) * n for grade, share in shares.items()}
    places = {grade: floor(value) for grade, value in exact.items()}
    by_remainder = sorted(exact, key=lambda grade: places[grade] - exact[grade])  # stable: better grade first
    for grade in by_remainder[: n - sum(places.values())]:
        places[grade] += 1
    return places


def distribute(rule, outcome, graded):
    for category, everyone in scopes({"scope": "category", **rule}, outcome).items():
        inside = [one for one in everyone if not one.excluded]
        places = largest_remainder(rule["shares"], len(inside))
        seats = [grade for grade, count in places.items() for _ in range(count)]
        reason = f"distribute {category} {places}"
        taken = 0
        for block in blocks(inside, lambda one: merit(outcome, one)):
            first, last = seats[taken], seats[taken + len(block) - 1]
            taken += len(block)
            for one in block:
                change(one, last, reason)
                if first != last:
                    one.flags.append(f"tie across {first}/{last}")
        for grade, count in places.items():
            outcome.limits.append(
                {
                    "rule": "distribute",
                    "grade": grade,
                    "scope": category,
                    "n": len(inside),
                    "places": count,
                    "held": sum(one.grade == grade for one in inside),
                }
            )


def scopes(rule, outcome):
    """{name of the scope: all its subjects' results, graded or not}."""
    everyone = list(outcome.results.values())
    if rule["scope"] == "all":
        return {"all": everyone}
    if isinstance(rule["scope"], list):
        return {"categories": [one for one in everyone if one.subject.category in rule["scope"]]}
    if rule["scope"] == "category":
        return group_by(everyone, lambda one: one.subject.category)
    # Categories never share a quota, so a group that spans two of them is one group in each.
    spread = {(one.subject.category, one.subject.group) for one in everyone}
    names = [group for _, group in spread]
    twice = {group for group in names if names.count(group) > 1}
    return group_by(
        everyone,
        lambda one: (
            one.subject.group if one.subject.group not in twice else f"{one.subject.category}/{one.subject.group}"
        ),
    )


def group_by(results, name):
    found = {}
    for one in results:
        found.setdefault(name(one), []).append(one)
    return found


def places_of(share, n, rule):
    exact = Fraction(share) * n
    rounded = {"floor": floor(exact), "ceil": ceil(exact), "half_up": floor(exact + Fraction(1, 2))}
    return max(rounded[rule.get("rounding", "floor")], rule.get("at_least", 0))


def keep_best(outcome, holders, places, key, reason):
    """All but the first ``places`` lose a grade; a block that does not wholly fit goes with them, flagged."""
    taken, full = 0, False
    for block in blocks(holders, key):
        if not full and taken + len(block) <= places:
            taken += len(block)
            continue
        if not full and taken < places:
            for one in block:
                one.flags.append("tie across a limit")
        full = True
        for one in block:
            step_down(outcome, one, reason)


def limit(rule, outcome, graded):
    for name, inside in scopes(rule, outcome).items():
        n = len(inside if rule.get("of_participants") else [one for one in inside if not one.excluded])
        places = places_of(rule["share"], n, rule)
        holders = [one for one in inside if one.grade == rule["grade"]]

        def key(one):
            preferred = "prefer" in rule and holds(rule["prefer"], outcome, one)
            return (0 if preferred else 1, *merit(outcome, one))

        keep_best(outcome, holders, places, key, f"limit {rule['grade']} {name}: {places} of {n}")
        outcome.limits.append(
            {
                "rule": "limit",
                "grade": rule["grade"],
                "scope": name,
                "n": n,
                "places": places,
                "held": sum(one.grade == rule["grade"] for one in inside),
            }
        )


def limit_within(rule, outcome, graded):
    for name, inside in scopes(rule, outcome).items():
        holders = [one for one in inside if one.grade == rule["grade"]]
        places = places_of(rule["share"], len(holders), rule)
        satisfying = [one for one in holders if holds(rule["if"], outcome, one)]
        keep_best(
            outcome,
            satisfying,
            places,
            lambda one: merit(outcome, one),
            f"limit_within {rule['grade']}: {places} of {len(holders)}",
        )
        outcome.limits.append(
            {
                "rule": "limit_within",
                "grade": rule["grade"],
                "scope": name,
                "n": len(holders),
                "places": places,
                "held": sum(one.grade == rule["grade"] for one in satisfying),
            }
        )


RULES = {
    "exclude": exclude,
    "thresholds": thresholds,
    "distribute": distribute,
    "floor_grade": floor_grade,
    "cap": cap,
    "set": set_to,
    "lower": lower,
    "limit": limit,
    "limit_within": limit_within,
}

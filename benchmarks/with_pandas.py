"""The benchmark's round in pandas: whole numbers of cents in columns, rounded half up without a binary float."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd
from made_up import ANSWERS, BALLOT_WEIGHT, CLASSES, GRADES, GROUP_WEIGHTS, MARKED, MARKS, MINIMUMS, SHARE

from scoring.engine.types import Inputs

MOST = 500  # bonus and penalty: at most so many cents


def frame_of(inputs: Inputs) -> pd.DataFrame:
    """A row per subject; amounts in cents."""
    return pd.DataFrame([_row(one) for one in inputs.subjects])


def _row(one):  # type: ignore[no-untyped-def]
    row = {"key": one.key, "category": one.category}
    row |= {code: int(marks[0].value * 100) for code, marks in one.marks.items()}
    for name, answers in one.votes["E"].items():
        for place, (answer, count) in enumerate(answers.items()):
            row[f"{name}{place}"], row[f"{name}{place}n"] = int(answer), count
    row["B"] = max((int(event.value * 100) for event in one.events["B"]), default=0)
    row["D"] = sum(int(event.value * 100) for event in one.events["D"])
    return row


def half_up(numerator, denominator):  # type: ignore[no-untyped-def]
    """Of columns that are not negative."""
    return (2 * numerator + denominator) // (2 * denominator)


def compute(frame: pd.DataFrame) -> pd.DataFrame:
    """Scores of all nodes in cents, ranks and grades."""
    found = frame[["key", "category", *MARKED]].copy()
    for group, codes in enumerate(MARKS):
        found[f"K{group}"] = frame[codes].sum(axis=1)
    found["E"] = _ballot(frame)
    found["B"], found["D"] = frame["B"].clip(upper=MOST), -frame["D"].clip(upper=MOST)
    # 100 × Σ weight × score / points: over 40, the common denominator of the points 10 and 40.
    own = (
        sum(weight * 4 * found[f"K{group}"] for group, weight in enumerate(GROUP_WEIGHTS)) + BALLOT_WEIGHT * found["E"]
    )
    weights = (sum(GROUP_WEIGHTS) + BALLOT_WEIGHT) * 40
    found["R"] = half_up(100 * own + weights * (found["B"] + found["D"]), weights).clip(lower=0)
    found["rank"] = found["R"].rank(method="min", ascending=False).astype(int)
    found["category_rank"] = found.groupby("category")["R"].rank(method="min", ascending=False).astype(int)
    found["grade"] = _grades(found)
    return found


def _ballot(frame: pd.DataFrame) -> pd.Series:
    """40 × V / 100 in cents, V the weighted mean of the class means."""
    numerator, denominator = 0, 1
    for name, weight in CLASSES.items():
        places = range(ANSWERS)
        votes = sum(frame[f"{name}{place}n"] for place in places)
        total = sum(frame[f"{name}{place}"] * frame[f"{name}{place}n"] for place in places)
        numerator = numerator * votes + weight * total * denominator
        denominator = denominator * votes
    return half_up(40 * numerator, denominator * sum(CLASSES.values()))


def _grades(found: pd.DataFrame) -> pd.Series:
    grades = pd.Series(GRADES[-1], index=found.index)
    for grade, minimum in reversed(list(zip(GRADES, MINIMUMS, strict=False))):
        grades[found["R"] >= minimum * 100] = grade
    best = found[grades == GRADES[0]]
    # A tie across the limit shares the worse place, so that the whole block goes.
    place = (best["R"] * 10_000 + best["E"]).groupby(best["category"]).rank(method="max", ascending=False)
    places = {name: int(Fraction(SHARE) * size) for name, size in found["category"].value_counts().items()}
    grades[place.index[place > best["category"].map(places)]] = GRADES[1]
    return grades


def results(found: pd.DataFrame) -> list[tuple[object, ...]]:
    """(key, total in cents, rank, category rank, grade) of each subject."""
    columns = ["key", "R", "rank", "category_rank", "grade"]
    return list(found[columns].itertuples(index=False, name=None))

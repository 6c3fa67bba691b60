"""What is wrong, or hardly meant, in a document whose every value can be read: named at its very row.

The engine's own check says the rest. What is new here is a warning, never an error: stored plans must stay readable.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from scoring.engine.conditions import ConditionError, facts_of, parse
from scoring.engine.text import figure
from scoring.engine.text import gettext_noop as _
from scoring.engine.types import Problem, Text

from . import duty_report_checks, meeting_checks
from .schema import Path
from .value_words import value_words

Found = Iterator[tuple[Path, Text]]
Row = Mapping[str, Any]
SCALE = Decimal(100)
# What no two rows of a list may share.
_ONCE = {"assessors": "name", "catalogue": "code", "classes": "code", "options": "title"}


# ------------------------------------------------------------------------------ keys


def keys(
    row: Row, path: Path, own: Sequence[str], every: Sequence[str], required: Sequence[str], kind: tuple[str, str]
) -> Found:
    """Keys that exist but do not belong to this method, rule or selection; and those it lacks.

    `kind`: the key that says what the row is, and what it says.
    """
    named = Text(_("%(name)s (%(values)s)"), {"name": kind[1], "values": value_words(*kind)})
    for key in row:
        if key in every and key not in own:
            message = _("“%(key)s” has no meaning for %(kind)s; known are: %(known)s.")
            if not own:
                message = _("“%(key)s” has no meaning for %(kind)s.")
            yield (*path, key), Text(message, {"key": key, "kind": named, "known": list(own)})
    for key in required:
        if row.get(key) is None:
            yield (*path, key), Text(_("“%(key)s” is missing; %(kind)s needs it."), {"key": key, "kind": named})


# ------------------------------------------------------------------------------ errors


def errors(values: Row) -> Found:
    """Rows that are there twice, and votes beyond their scale: errors to the engine too, which sees no rows.

    The values may lack what could not be read.
    """
    yield from _twice(values.get("facts", ()), "code", ("facts",))
    for index, row in enumerate(values.get("indicators", ())):
        for name, key in _ONCE.items():
            yield from _twice(row.get(name, ()), key, ("indicators", index, name))
        scale = row.get("scale", SCALE)
        for place, option in enumerate(row.get("options", ())):
            if option.get("value", 0) > scale:
                says = {"option": option.get("title", ""), "scale": figure(scale)}
                text = Text(_("The value of “%(option)s” is not within 0 and %(scale)s."), says)
                yield ("indicators", index, "options", place, "value"), text


def _twice(rows: Sequence[Row], key: str, path: Path) -> Found:
    seen = set()
    for place, row in enumerate(rows):
        name = row.get(key)
        if name is not None and name in seen:
            yield (*path, place, key), Text(_("“%(value)s” is in this list twice."), {"value": name})
        seen.add(name)


# ------------------------------------------------------------------------------ warnings


def doubts(values: Row) -> Iterator[Problem]:
    """What can be computed with but is hardly meant."""
    for row in values["indicators"]:
        yield from _ballot_doubts(row, f"indicators.{row['code']}")
        if "parent" not in row and row["code"] in values.get("tie_breakers", ()):
            text = Text(_("This is the total itself: equal totals are equal in it, so it decides nothing."))
            yield Problem(f"tie_breakers.{values['tie_breakers'].index(row['code'])}", text, True)
    yield from _fact_doubts(values)
    yield from _threshold_doubts(values)
    yield from _grade_doubts(values)
    yield from duty_report_checks.doubts(values)
    yield from meeting_checks.doubts(values)


def _ballot_doubts(row: Row, path: str) -> Iterator[Problem]:
    scale = row.get("scale", SCALE)
    for place, band in enumerate(row.get("bands", ())):
        if band["value"] > scale:
            says = {"value": figure(band["value"]), "scale": figure(scale)}
            text = Text(
                _("The value %(value)s is above the scale of %(scale)s: scores rise above the full points."), says
            )
            yield Problem(f"{path}.bands.{place}.value", text, True)
    step = row.get("step")
    if step is None:
        return
    if row.get("options"):
        yield Problem(f"{path}.step", Text(_("Options are chosen, not numbers: the step has no effect.")), True)
    elif scale % step:
        says = {"step": figure(step), "scale": figure(scale)}
        text = Text(_("No number of steps of %(step)s makes %(scale)s: nobody can give the full scale."), says)
        yield Problem(f"{path}.step", text, True)


def _conditions(values: Row) -> Iterator[str]:
    for row in values.get("rules", ()):
        yield from (row[key] for key in ("if", "prefer") if key in row)


def _fact_doubts(values: Row) -> Iterator[Problem]:
    read: set[str] = set()
    for condition in _conditions(values):
        try:
            read |= facts_of(parse(condition))
        except ConditionError:
            return  # said at the condition
    for row in values.get("facts", ()):
        path = f"facts.{row['code']}"
        if row["type"] == "choice" and not row.get("choices"):
            yield Problem(f"{path}.choices", Text(_("Nothing can be chosen: this fact has no choices.")), True)
        elif row["type"] != "choice" and row.get("choices"):
            yield Problem(f"{path}.choices", Text(_("Only a fact of the type “choice” has choices.")), True)
        # A fact with an explanation is kept for people to read.
        if row["code"] not in read and "note" not in row:
            text = Text(_("No rule reads the fact “%(title)s”: it changes no grade."), {"title": row["title"]})
            yield Problem(path, text, True)


def _threshold_doubts(values: Row) -> Iterator[Problem]:
    grades = values["grades"]
    for index, row in enumerate(values.get("rules", ())):
        minimums = row.get("minimums")
        if not minimums:
            continue
        rest = row.get("otherwise")
        if rest in minimums:
            text = Text(
                _("“%(grade)s” has a minimum too: its minimum counts, not that it is for the rest."), {"grade": rest}
            )
            yield Problem(f"rules.{index}.otherwise", text, True)
        known = [grade for grade in grades if grade in minimums]
        for better, grade in itertools.pairwise(known):
            if minimums[grade] >= minimums[better]:
                says = {"better": better, "high": figure(minimums[better])}
                says |= {"grade": grade, "low": figure(minimums[grade])}
                text = Text(
                    _("The minimum of “%(grade)s” (%(low)s) is not below that of the better “%(better)s” (%(high)s)."),
                    says,
                )
                yield Problem(f"rules.{index}.minimums.{grade}", text, True)
        if (rest is None or rest in minimums) and known and minimums[known[-1]] > 0:
            says = {"grade": known[-1], "minimum": figure(minimums[known[-1]])}
            text = Text(_("Nothing is said of totals below %(minimum)s: they get “%(grade)s” as well."), says)
            yield Problem(f"rules.{index}.minimums.{known[-1]}", text, True)


def _grade_doubts(values: Row) -> Iterator[Problem]:
    grades = values["grades"]
    if not values.get("rules"):
        yield Problem("rules", Text(_("There is no grade rule: nobody gets a grade.")), True)
        return
    given: set[str] = set()
    for row in values["rules"]:
        given |= {*row.get("minimums", ()), *row.get("shares", ())}
        given |= {row[key] for key in ("otherwise", "grade") if key in row}
        if row["rule"] in ("limit", "limit_within") and row["grade"] in grades[:-1]:
            given.add(grades[grades.index(row["grade"]) + 1])
        if row["rule"] == "lower":
            given |= set(grades)
    for place, grade in enumerate(grades):
        if grade not in given:
            text = Text(_("No rule gives the grade “%(grade)s”."), {"grade": grade})
            yield Problem(f"grades.{place}", text, True)

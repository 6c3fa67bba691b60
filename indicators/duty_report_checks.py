"""What is hardly meant in a plan's duty report: names that nothing has, limits that cannot be met together.

All of it is a warning: a stored plan must stay readable, and a report can be written all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from scoring.engine.text import gettext_noop as _
from scoring.engine.text import percent
from scoring.engine.types import Problem, Text

Row = Mapping[str, Any]
ALL = Decimal(1)


def doubts(values: Row) -> Iterator[Problem]:
    report = values.get("duty_report")
    if not report:
        return
    yield from _names(report)
    yield from _roles(report, values)
    yield from _lengths(report)
    yield from _shares(report)


def _problem(path: str, message: str, values: Mapping[str, Any] | None = None) -> Problem:
    return Problem(f"duty_report.{path}", Text(message, values or {}), True)


def _names(report: Row) -> Iterator[Problem]:
    aspects = [row["title"] for row in report.get("aspects", ())]
    parts = [row["title"] for row in report.get("parts", ())]
    for name, titles in (("aspects", aspects), ("parts", parts)):
        for place, title in enumerate(titles):
            if title in titles[:place]:
                yield _problem(f"{name}.{place}.title", _("“%(value)s” is in this list twice."), {"value": title})
    for place, part in enumerate(report.get("parts", ())):
        path = f"parts.{place}"
        if part.get("aspect") is not None and part["aspect"] not in aspects:
            yield _problem(f"{path}.aspect", _("There is no aspect “%(name)s”."), {"name": part["aspect"]})
        if part.get("by_aspect") and (part.get("aspect") or not aspects):
            yield _problem(f"{path}.by_aspect", _("One text for each aspect needs aspects, and no aspect of its own."))
    for place, topic in enumerate(report.get("topics", ())):
        if topic.get("part") is not None and topic["part"] not in parts:
            yield _problem(f"topics.{place}.part", _("There is no part “%(name)s”."), {"name": topic["part"]})


def _roles(report: Row, values: Row) -> Iterator[Problem]:
    facts = {row["code"] for row in values.get("facts", ()) if row["type"] == "boolean"}
    for place, role in enumerate(report.get("roles", ())):
        if role.get("fact") is not None and role["fact"] not in facts:
            yield _problem(f"roles.{place}.fact", _("There is no yes-or-no fact “%(name)s”."), {"name": role["fact"]})
        for name in role.get("categories", ()):
            if name not in values.get("categories", ()):
                yield _problem(f"roles.{place}.categories", _("There is no category “%(name)s”."), {"name": name})


def _lengths(report: Row) -> Iterator[Problem]:
    rows = [("", report)]
    rows += [(f"{name}.{at}.", row) for name in ("roles", "parts") for at, row in enumerate(report.get(name, ()))]
    for path, row in rows:
        if row.get("least_characters", 0) > row.get("most_characters", 100_000):
            yield _problem(f"{path}least_characters", _("This is more than the most characters allowed."))
    parts = report.get("parts", ())
    least = sum(row.get("least_characters", 0) for row in parts)
    if least > report.get("most_characters", least):
        values = {"sum": least, "most": report["most_characters"]}
        yield _problem(
            "parts", _("The parts need at least %(sum)s characters, the whole has at most %(most)s."), values
        )
    if parts and all("most_characters" in row for row in parts):
        most = sum(row["most_characters"] for row in parts)
        if most < report.get("least_characters", 0):
            values = {"sum": most, "least": report["least_characters"]}
            message = _("The parts have at most %(sum)s characters together, the whole needs %(least)s.")
            yield _problem("parts", message, values)


def _shares(report: Row) -> Iterator[Problem]:
    for name in ("aspects", "parts"):
        rows: Sequence[Row] = report.get(name, ())
        for place, row in enumerate(rows):
            if row.get("least_share", 0) > row.get("most_share", ALL):
                yield _problem(f"{name}.{place}.least_share", _("This is more than the largest share."))
        least = sum((row.get("least_share", Decimal(0)) for row in rows), Decimal(0))
        if least > ALL:
            yield _problem(
                name, _("The smallest shares come to %(sum)s, more than the whole."), {"sum": percent(least)}
            )

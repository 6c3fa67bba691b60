"""What is hardly meant in a plan's review meeting: names that nothing in the plan bears, minutes stated twice.

All of it is a warning: a stored plan must stay readable, and a meeting can be held all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scoring.engine.text import gettext_noop as _
from scoring.engine.types import Problem, Text

Row = Mapping[str, Any]


def doubts(values: Row) -> Iterator[Problem]:
    meeting = values.get("meeting")
    if not meeting:
        return
    for index, stage in enumerate(meeting.get("stages", ())):
        yield from _stage(f"meeting.stages.{index}", stage, values)
    leaf, marked = meeting.get("commentary_leaf"), {row["code"] for row in values["indicators"] if _is_marked(row)}
    if leaf is not None and leaf not in marked:
        yield _problem("meeting.commentary_leaf", _("“%(name)s” is no indicator that is marked."), leaf)
    classes = {each["code"] for row in values["indicators"] for each in row.get("classes", ())}
    for index, group in enumerate(meeting.get("attendees", ())):
        if "class" in group and group["class"] not in classes:
            message = _("No ballot of the plan has the voter class “%(name)s”.")
            yield _problem(f"meeting.attendees.{index}.class", message, group["class"])
    yield from _minutes(meeting, values.get("duty_report", {}))


def _stage(path: str, stage: Row, values: Row) -> Iterator[Problem]:
    for place, name in enumerate(stage.get("categories", ())):
        if name not in values.get("categories", ()):
            yield _problem(f"{path}.categories.{place}", _("There is no category “%(name)s”."), name)
    if "fact" not in stage:
        return
    fact = next((row for row in values.get("facts", ()) if row["code"] == stage["fact"]), None)
    if fact is None:
        yield _problem(f"{path}.fact", _("There is no fact “%(name)s”."), stage["fact"])
    elif (fact["type"] == "boolean") == ("value" in stage):
        yield _problem(f"{path}.value", _("A fact that is yes or no needs no value here; any other needs one."))


def _minutes(meeting: Row, report: Row) -> Iterator[Problem]:
    minutes, talk = meeting.get("minutes"), report.get("talk_minutes")
    if None not in (minutes, talk) and minutes != talk:
        message = _(
            "The duty report speaks of %(talk)s minutes, the meeting of %(minutes)s: those of the meeting count."
        )
        yield Problem("meeting.minutes", Text(message, {"minutes": minutes, "talk": talk}), True)


def _is_marked(row: Row) -> bool:
    return row.get("method") == "marks"


def _problem(path: str, message: str, name: str = "") -> Problem:
    return Problem(path, Text(message, {"name": name} if name else {}), True)

"""A workbook as it was understood, and what its readers share."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reviews.services.bulk.content import Content, SubjectRow
from reviews.tree import Tree
from scoring.engine.types import Plan

from . import layout
from .parse import Row, Table, near
from .problems import Problems

_SET = re.compile(r"times_grade:([^:\s]+):")


@dataclass(slots=True)
class Checked:
    """A workbook as it was understood.

    `tables`: the sheets, to name cells. `listed`: the subjects of the sheet 对象; `subjects`: and those that the round
    has besides. `tainted`: (subject, indicator) of rows with an error, about which nothing more is said.
    """

    plan: Plan
    tree: Tree
    problems: Problems
    content: Content = field(default_factory=Content)
    tables: dict[str, Table] = field(default_factory=dict)
    subjects: dict[str, SubjectRow] = field(default_factory=dict)
    listed: dict[str, SubjectRow] = field(default_factory=dict)
    tainted: set[tuple[str, str]] = field(default_factory=set)
    notices: list[str] = field(default_factory=list)

    def subject(self, row: Row, column: str = layout.SUBJECT) -> str:
        """A subject's code that the sheet 对象 has, else "" and an error.

        Where that sheet could not be read at all, that is the error, not every row that names somebody.
        """
        code = row.code(column)
        if code and not self.subjects:
            row.ok = False
            return ""
        if code and code not in self.subjects:
            text = _("“%(code)s” is not a subject; expected: a code of the sheet 对象.")
            row.bad(column, text % {"code": code} + near(code, self.subjects))
            return ""
        return code

    def indicator(self, row: Row) -> str:
        """An indicator's code that the plan has, else "" and an error."""
        code = row.code(layout.INDICATOR)
        if code and code not in self.tree.nodes:
            text = _("“%(code)s” is not an indicator of the plan %(plan)s.")
            row.bad(layout.INDICATOR, text % {"code": code, "plan": self.plan.code} + near(code, self.tree.nodes))
            return ""
        return code


# ---------------------------------------------------------------------------- what the plan reads


def known_sets(plan: Plan) -> set[str]:
    """Sets of earlier rounds that the plan's leaves and conditions read."""
    sets = {str(node.settings["set"]) for node in Tree(plan).nodes.values() if node.method == "carried"}
    for rule in plan.rules:
        for condition in (rule.condition, rule.prefer):
            sets.update(_SET.findall(condition or ""))
    return sets


def reads_any_round(plan: Plan) -> bool:
    """Whether a condition asks for the grade in a round by its name (`grade_in:ROUND`), whatever its set."""
    return any("grade_in:" in (text or "") for rule in plan.rules for text in (rule.condition, rule.prefer))


def skipped_notice(count: int, first: str) -> str:
    text = ngettext(
        "往期: %(count)d row is of somebody who is not a subject now (%(first)s) and was skipped.",
        "往期: %(count)d rows are of people who are not subjects now (%(first)s, …) and were skipped.",
        count,
    )
    return text % {"count": count, "first": first}

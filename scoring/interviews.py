"""Whom the plan wants to be interviewed because of the result (约谈 by grade), and who already is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from reviews.models import Interview, Round
from reviews.queries.interviews import causes_met
from reviews.services.interviews import USUAL_KIND, of_result

from .engine.types import Plan
from .models import Computation, SubjectResult

# How plans name an interview among the consequences of a grade, and how they set these apart.
WORDS = ("约谈", "诫勉", "谈话")
SIGNS = str.maketrans("，；、。", ",,,,")
POOR = "一般"  # where the plan says nothing, this grade and what is below it


@dataclass(frozen=True, slots=True)
class Demand:
    """Grades that lead to an interview, of what kind, and the plan's words for it ("": the plan has none)."""

    grades: tuple[str, ...]
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    result: SubjectResult
    demand: Demand
    interview: Interview | None


def demands_of(document: Any, plan: Plan) -> list[Demand]:
    """What the plan's follow-ups say of interviews; without any: 一般 or worse, if it has such a grade."""
    found = []
    for row in document.get("follow_ups", []):
        action = str(row.get("action", ""))
        if any(word in action for word in WORDS):
            found.append(Demand(tuple(row.get("grades") or plan.grades), _kind(action), action))
    if not found and POOR in plan.grades:
        found.append(Demand(tuple(plan.grades[plan.grades.index(POOR) :]), USUAL_KIND, ""))
    return found


def _kind(action: str) -> str:
    """“约谈提醒、限期整改” → “约谈提醒”."""
    parts = [part.strip() for part in action.translate(SIGNS).split(",")]
    return next(part for part in parts if any(word in part for word in WORDS))[:60]


def poor_results(computation: Computation, demands: list[Demand]) -> QuerySet[SubjectResult]:
    """The results whose grade leads to an interview, the lowest last."""
    grades = {grade for demand in demands for grade in demand.grades}
    found = SubjectResult.objects.filter(computation=computation, grade__in=grades).defer("document")
    return found.select_related("subject").order_by("rank", "subject__order", "subject__code")


def lines_of(round_: Round, demands: list[Demand], results: list[SubjectResult]) -> list[Line]:
    """One query."""
    met = causes_met(round_, [of_result(row.subject, "").key for row in results])
    by_grade = {grade: demand for demand in reversed(demands) for grade in demand.grades}
    return [Line(row, by_grade[row.grade], met.get(of_result(row.subject, "").key)) for row in results]

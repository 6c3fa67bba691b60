"""Results that ask to be put right (一般 or worse: 限期整改), as findings for the rectification ledger; and beside them
the interviews to which they lead (约谈)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from indicators.services import engine_plan
from reviews.findings import DAYS, Finding, beside_findings, findings_from
from reviews.meeting_actions import Action
from reviews.models import ItemSource, Round
from units import access
from units.models import User

from . import interviews
from .models import SubjectResult

# The language of plans is Chinese, and so are their grades and what follows from them.
RECTIFY, MIDDLING = "整改", "一般"


@findings_from
def results_to_put_right(round_: Round, user: User) -> Iterator[Finding]:
    """Once the result is announced, so that nobody learns the own grade from the ledger. One query."""
    if round_.phase not in access.PUBLISHED or not access.may_see_all_results(user):
        return
    document = round_.plan_version.document
    demands = demands_of(document, engine_plan(round_.plan_version).grades)
    rows = SubjectResult.objects.filter(
        computation__round=round_, computation__is_current=True, grade__in=demands
    ).select_related("subject__person__unit", "subject__unit")
    for row in rows.defer("document").order_by("-rank", "subject__order"):
        action, days = demands[row.grade]
        yield Finding(
            source=ItemSource.RESULT,
            source_id=str(row.subject_id),
            subject=row.subject,
            text=_("The appraisal of %(period)s came to “%(grade)s”.") % {"period": round_.name, "grade": row.grade},
            words=f"{round_.title} · {row.grade}",
            url=reverse("scoring:subject_result", args=[round_.pk, row.subject_id]),
            days=days,
            demand=action,
        )


@beside_findings
def interviews_beside(findings: Sequence[Finding], user: User) -> dict[str, Action]:
    """For results that lead to an interview as well: the one that is arranged, or where to do it. Three queries."""
    found = {int(each.source_id): each.key for each in findings if each.source == ItemSource.RESULT}
    if not found or not access.may_arrange_interviews(user):
        return {}
    round_ = Round.objects.select_related("plan_version").get(subjects=next(iter(found)))
    rows = SubjectResult.objects.filter(computation__is_current=True, subject__in=found).defer("document")
    demands = interviews.demands_of(round_.plan_version.document, engine_plan(round_.plan_version))
    grades = {grade for demand in demands for grade in demand.grades}
    wanted = [row for row in rows.select_related("subject") if row.grade in grades]
    return {
        found[line.result.subject_id]: _interview(round_, line) for line in interviews.lines_of(round_, demands, wanted)
    }


def _interview(round_: Round, line: interviews.Line) -> Action:
    if line.interview is None:
        return Action(_("Arrange the interview"), reverse("scoring:result_interviews", args=[round_.pk]))
    label = _("Interview: %(state)s") % {"state": line.interview.get_state_display()}
    return Action(label, reverse("reviews:interview", args=[round_.pk, line.interview.pk]))


def demands_of(document: Mapping[str, Any], grades: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Grade → what the plan says must follow, and within how many days.

    What follows is text; where it speaks of putting right (整改) it counts. A plan that says nothing of it: 一般 and
    whatever is worse, and without that grade the worst.
    """
    found: dict[str, tuple[str, int]] = {}
    for row in document.get("follow_ups", ()):
        if RECTIFY in row["action"]:
            found |= {grade: (row["action"], row.get("days", DAYS)) for grade in row.get("grades", ())}
    if found or not grades:
        return found
    start = grades.index(MIDDLING) if MIDDLING in grades else len(grades) - 1
    return dict.fromkeys(grades[start:], ("", DAYS))

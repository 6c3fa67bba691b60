"""Results that ask to be put right (一般 or worse: 限期整改), as findings for the rectification ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from indicators.services import engine_plan
from reviews.findings import DAYS, Finding, findings_from
from reviews.models import ItemSource, Round
from units import access
from units.models import User

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

"""Results that ask to be put right, as findings of the rectification ledger."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from indicators.services import engine_plan, ensure_plan
from reviews.findings import actions_beside, open_findings
from reviews.models import Round
from reviews.services.interviews import arrange_interview, of_result
from reviews.services.ledger_intake import Wanted, take_in
from reviews.words import today
from scoring.ledger_findings import demands_of
from scoring.models import Computation, SubjectResult
from tests.factories import make_user
from tests.reviews.duty import duty_round
from units.models import Role

pytestmark = pytest.mark.django_db


def graded(plan: str, *grades: str) -> Round:
    """A round whose subjects came to these grades; its result is announced."""
    round_ = duty_round(plan, people=len(grades))
    computation = Computation.objects.create(round=round_, engine_version="x", input_version=0, is_current=True)
    for rank, (subject, grade) in enumerate(zip(round_.subjects.order_by("order"), grades, strict=True), start=1):
        SubjectResult.objects.create(
            computation=computation, subject=subject, total=80, rank=rank, category_rank=rank, grade=grade, document={}
        )
    Round.objects.filter(pk=round_.pk).update(phase="announced")
    return Round.objects.select_related("plan", "plan_version").get(pk=round_.pk)


@pytest.mark.parametrize(
    ("plan", "grades"),
    [
        ("farm-two-duties", {"一般", "差"}),
        ("system-party-secretary", {"一般", "差"}),
        ("college-branch-secretary", {"一般", "差"}),
        ("community-secretary", {"一般", "差"}),  # says nothing of it
        ("education-secretary", {"一般", "差"}),
        ("party-building-quality", {"不达标"}),
        ("district-2020", {"不合格"}),
    ],
)
def test_which_grades_of_a_plan_ask_to_be_put_right(plan, grades):
    version = ensure_plan(plan)
    assert set(demands_of(version.document, engine_plan(version).grades)) == grades


def test_the_plan_may_say_how_many_days_there_are():
    document = {"follow_ups": [{"grades": ["差"], "action": "限期整改", "days": 30}, {"action": "整改列入台账"}]}
    assert demands_of(document, ["好", "一般", "差"]) == {"差": ("限期整改", 30)}


def test_a_bad_result_is_a_finding_once_it_is_announced():
    round_ = graded("farm-two-duties", "好", "一般", "差")
    office = make_user(Role.OFFICE)
    worst, middling = open_findings(round_, office)
    assert [worst.text, middling.text] == ["2025 考核评定为“差”等次。", "2025 考核评定为“一般”等次。"]
    assert worst.demand == "组织约谈，限期整改"
    assert open_findings(round_, make_user(Role.SUBJECT)) == []
    [item] = take_in(round=round_, wanted=[Wanted(worst.key, worst.text, today())], by=office)
    assert (item.source, item.subject.name) == ("result", "张3")
    assert [finding.key for finding in open_findings(round_, office)] == [middling.key]
    round_.phase = "reviewing"
    assert open_findings(round_, office) == []


def test_beside_a_bad_result_stands_the_interview_that_it_leads_to():
    round_ = graded("farm-two-duties", "好", "一般", "差")
    office = make_user(Role.OFFICE)
    found = open_findings(round_, office)
    due = reverse("scoring:result_interviews", args=[round_.pk])
    assert [[action.url for action in actions] for actions in actions_beside(found, office).values()] == [[due], [due]]
    subject = found[0].subject
    cause = of_result(subject, "差")
    interview = arrange_interview(round=round_, subject=subject, reason="x", due_on=None, source=cause, by=office)
    with CaptureQueriesContext(connection) as queries:
        beside = actions_beside(found, office)
    assert len(queries) == 3
    assert beside[found[0].key][0].url == reverse("reviews:interview", args=[round_.pk, interview.pk])
    assert beside[found[1].key][0].url == due
    assert actions_beside(found, make_user(Role.LEADER)) == {}

"""Arranging interviews because of results: whom the plan names, all that are ticked at once, nobody twice."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from indicators.services import engine_plan, ensure_plan
from reviews.models import Interview, Phase, Round
from scoring.interviews import demands_of
from scoring.models import Computation, SubjectResult
from scoring.services import run_scoring
from tests.factories import client_for, make_user
from tests.reviews.duty import duty_round
from units.models import Role, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> User:
    return make_user(Role.OFFICE)


def graded(plan: str, people: int, grades: list[str], office: User) -> Round:
    """A round whose result gives these grades in turn."""
    round_ = duty_round(plan, people)
    run_scoring(round=round_, by=office)
    for place, row in enumerate(SubjectResult.objects.order_by("subject__order")):
        SubjectResult.objects.filter(pk=row.pk).update(grade=grades[place % len(grades)])
    Round.objects.filter(pk=round_.pk).update(phase=Phase.ANNOUNCED)
    return round_


def address(round_: Round) -> str:
    return reverse("scoring:result_interviews", args=[round_.pk])


@pytest.mark.parametrize(
    ("plan", "grades", "kind"),
    [
        ("farm-two-duties", ("一般", "差"), "组织约谈"),
        ("system-party-secretary", ("一般", "差"), "约谈提醒"),
        ("college-branch-secretary", ("一般", "差"), "约谈提醒"),
        ("party-building-quality", ("不达标",), "约谈提醒"),
    ],
)
def test_what_plans_demand(plan, grades, kind):
    version = ensure_plan(plan)
    [demand] = demands_of(version.document, engine_plan(version))
    assert (demand.grades, demand.kind) == (grades, kind)
    assert "约谈" in demand.words


def test_where_a_plan_says_nothing_it_is_the_grade_below_good_or_worse():
    version = ensure_plan("county-secretary")
    document = {**version.document, "follow_ups": [{"grades": ["差"], "action": "调整岗位"}]}
    plan = engine_plan(version)
    [demand] = demands_of(document, plan)
    assert demand.words == ""
    assert demand.grades == plan.grades[plan.grades.index("一般") :]


def test_all_that_are_ticked_at_once_and_nobody_twice(office):
    round_ = graded("farm-two-duties", 4, ["一般", "好", "差", "一般"], office)
    client = client_for(office)
    page = client.get(address(round_))
    lines = [line for line, ticked in page.context["lines"] if ticked]
    assert [line.result.grade for line in lines] == ["一般", "差", "一般"]
    chosen = [str(line.result.subject_id) for line in lines[:2]]
    holder = make_user(Role.LEADER)
    form = {"subject": chosen, "due_on": "2027-01-31", "accounts": holder.username}
    assert client.post(address(round_), form).status_code == 302
    made = list(Interview.objects.order_by("subject__order"))
    assert [str(each.subject_id) for each in made] == chosen
    assert {(each.kind, each.source, str(each.due_on)) for each in made} == {("组织约谈", "result", "2027-01-31")}
    assert [each.grade for each in made] == ["一般", "差"]
    assert "组织约谈，限期整改" in made[0].reason
    assert list(made[0].accounts.all()) == [holder]
    again = client.post(address(round_), form)
    assert again.status_code == 422
    assert Interview.objects.count() == 2
    third = client.get(address(round_))
    assert [ticked for _line, ticked in third.context["lines"]] == [False, False, True]


def test_wrong_dates_are_said_and_what_was_ticked_stays(office):
    round_ = graded("farm-two-duties", 3, ["一般"], office)
    one = str(round_.subjects.order_by("order")[1].pk)
    page = client_for(office).post(address(round_), {"subject": [one], "due_on": "明天", "accounts": "无此人"})
    assert page.status_code == 422
    assert "无此人" in page.content.decode()
    assert [str(line.result.subject_id) for line, ticked in page.context["lines"] if ticked] == [one]
    assert not Interview.objects.exists()


def test_not_while_inputs_are_collected_or_the_result_is_out_of_date(office):
    round_ = graded("farm-two-duties", 2, ["差"], office)
    form = {"subject": [str(each.pk) for each in round_.subjects.all()]}
    Round.objects.update(phase=Phase.COLLECTING)
    assert client_for(office).post(address(round_), form).status_code == 422
    Round.objects.update(phase=Phase.REVIEWING, input_version=99)
    assert client_for(office).post(address(round_), form).status_code == 422
    Computation.objects.update(is_current=False)
    assert client_for(office).get(address(round_)).status_code == 200
    assert not Interview.objects.exists()


@pytest.mark.parametrize("role", [Role.LEADER, Role.AUDITOR, Role.ASSESSOR, Role.SUBJECT, Role.ADMIN])
def test_only_the_office(office, role):
    round_ = graded("farm-two-duties", 1, ["差"], office)
    client = client_for(make_user(role))
    form: dict[str, Any] = {"subject": [str(round_.subjects.get().pk)]}
    assert client.get(address(round_)).status_code == 403
    assert client.post(address(round_), form).status_code == 403
    assert not Interview.objects.exists()


def test_the_page_costs_the_same_for_many(office):
    def queries(people: int) -> int:
        round_ = graded("farm-two-duties", people, ["差"], office)
        client = client_for(office)
        client.get(address(round_))
        with CaptureQueriesContext(connection) as caught:
            assert client.get(address(round_)).status_code == 200
        Round.objects.filter(pk=round_.pk).update(name=f"{people}")
        return len(caught)

    assert queries(2) == queries(8)

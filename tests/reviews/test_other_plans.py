"""Pages that the district plan does not use: facts, one-number leaves, people as subjects."""

import datetime

import pytest
from django.urls import reverse

from indicators.services import ensure_plan
from reviews.models import Attainment, Round, SubjectFact
from tests.factories import client_for, district_round, make_unit, make_user
from units.models import Person, Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def office():
    return client_for(make_user(Role.OFFICE))


def facts_url(round_):
    return reverse("reviews:fact_table", args=[round_.pk])


@pytest.fixture
def points():
    return district_round(plan="finance-points", name="2020-11")


@pytest.mark.parametrize("role", list(Role))
def test_who_sees_and_who_writes_facts(points, role):
    client = client_for(make_user(role))
    allowed = role in {Role.OFFICE, Role.AUDITOR}
    assert client.get(facts_url(points)).status_code == (200 if allowed else 403)
    assert client.post(facts_url(points)).status_code == (302 if role == Role.OFFICE else 403)


def test_a_fact_with_basis_and_date(points, office):
    key = f"{points.subjects.first().pk}-leave_days"
    data = {
        f"seen-{key}": "",
        f"was-{key}": "|",
        f"value-{key}": "3",
        f"basis-{key}": "请假单",
        f"date-{key}": "2020-11-05",
    }
    assert office.post(facts_url(points), data).status_code == 302
    fact = SubjectFact.objects.get()
    assert (fact.value, fact.basis, fact.date) == ("3", "请假单", datetime.date(2020, 11, 5))
    html = office.get(facts_url(points)).content.decode()
    assert 'value="2020-11-05|请假单"' in html
    stale = data | {f"value-{key}": "4"}  # another page that still shows it empty
    response = office.post(facts_url(points), stale)
    assert response.status_code == 422
    assert f'name="value-{key}" value="4"' in response.content.decode()
    assert SubjectFact.objects.get().value == "3"
    wrong = data | {f"seen-{key}": "3", f"value-{key}": "三"}
    assert "三" in office.post(facts_url(points), wrong).content.decode()


@pytest.mark.parametrize("subjects", [1, 3])
def test_queries_of_facts_and_numbers_do_not_grow(subjects, office, django_assert_num_queries):
    round_ = district_round(subjects, plan="finance-points", name="2020-10")
    with django_assert_num_queries(9):
        assert office.get(facts_url(round_)).status_code == 200
    yinhai = district_round(subjects, plan="yinhai-2016", name="2016")
    sheet = yinhai.assignments.get(indicator="G11")
    with django_assert_num_queries(20):
        address = reverse("reviews:number_sheet", args=[yinhai.pk, sheet.pk])
        assert office.get(address).status_code == 200


def test_the_sheet_of_targets(office):
    round_ = district_round(plan="yinhai-2016", name="2016")
    sheet = round_.assignments.get(indicator="G11")
    address = reverse("reviews:number_sheet", args=[round_.pk, sheet.pk])
    first, second, _third = round_.subjects.all()
    page = {f"seen-{first.pk}": "", f"target-{first.pk}": "10", f"value-{first.pk}": "８"}
    page |= {f"seen-{second.pk}": "", f"target-{second.pk}": "0", f"value-{second.pk}": "8"}
    html = office.post(address, page).content.decode()
    assert "kp-row-message" in html
    assert Attainment.objects.get().subject == first
    assert client_for(make_user(Role.AUDITOR)).post(address, page).status_code == 403
    assert client_for(make_user(Role.ASSESSOR)).get(address).status_code == 404
    marks = round_.assignments.get(indicator="G13")
    wrong = reverse("reviews:number_sheet", args=[round_.pk, marks.pk])
    assert office.get(wrong).status_code == 404
    crossed = reverse("reviews:mark_sheet", args=[round_.pk, sheet.pk])
    assert office.get(crossed).status_code == 404
    assert office.get(reverse("reviews:my_marks", args=[round_.pk])).status_code == 200
    assert office.get(reverse("reviews:progress", args=[round_.pk])).status_code == 200
    assert office.get(reverse("reviews:progress_subjects", args=[round_.pk])).status_code == 200


def test_people_are_appraised_where_the_plan_says_so(office):
    unit = make_unit("财政局")
    for number in range(3):
        Person.objects.create(
            code=f"P{number}", name=f"李{number}", unit=unit, category="机关", group="甲", order=number
        )
    version = ensure_plan("finance-points")
    start = {"version": version.pk, "name": "2020-11"}
    assert office.post(reverse("reviews:round_open"), start).status_code == 302
    assert "李1" in office.get(reverse("reviews:round_open_subjects")).content.decode()
    office.post(reverse("reviews:round_open_confirm"))
    subjects = Round.objects.get().subjects.all()
    assert [(s.code, s.group, s.unit) for s in subjects] == [(f"P{n}", "甲", None) for n in range(3)]
    assert all(subject.person for subject in subjects)

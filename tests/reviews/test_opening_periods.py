"""The first page of opening a round: the periods of the chosen plan, those that have a round already."""

from __future__ import annotations

import datetime

import pytest
from django.urls import reverse

from indicators.services import ensure_plan
from reviews.views import periods
from tests.factories import client_for, district_round, make_user
from units.models import Role

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _day(monkeypatch):
    monkeypatch.setattr(periods, "today", lambda: datetime.date(2026, 11, 21))


@pytest.fixture
def office():
    return client_for(make_user(Role.OFFICE))


def labels(answer):
    return [(each["label"], each["taken"]) for each in answer.context["periods"]]


def test_a_plan_of_several_periods_offers_them_all(office):
    ensure_plan("finance-points")
    answer = office.get(reverse("reviews:round_open") + "?plan=finance-points")
    assert labels(answer) == [("2026-11", False), ("2026-10", False), ("2026-Q4", False), ("2026-Q3", False)]
    page = answer.content.decode()
    assert 'data-value="2026-Q4"' in page
    assert "按月" in page or "月度" in page


def test_a_period_that_has_a_round_is_not_offered(office):
    district_round(1, plan="finance-points", name="2026-Q4")
    answer = office.get(reverse("reviews:round_open") + "?plan=finance-points")
    assert ("2026-Q4", True) in labels(answer)
    assert 'data-value="2026-Q4"' not in answer.content.decode()


def test_without_javascript_the_page_comes_back_with_the_period(office):
    ensure_plan("finance-points")
    answer = office.get(reverse("reviews:round_open") + "?plan=finance-points&name=2026-11")
    assert answer.context["form"]["name"].value() == "2026-11"


def test_another_plan_has_other_periods(office):
    version = ensure_plan("finance-annual")
    address = reverse("reviews:round_open_periods")
    assert labels(office.get(address, {"version": version.pk})) == [("2026", False), ("2025", False)]
    assert office.get(address, {"version": "x"}).context["periods"] == []
    assert office.get(address).status_code == 200


def test_one_name_one_round_of_a_plan(office):
    version = ensure_plan("finance-points")
    district_round(1, plan="finance-points", name="2026-11")
    start = {"version": version.pk, "name": "2026-11", "title": "标题", "deadline": ""}
    answer = office.post(reverse("reviews:round_open"), start)
    assert answer.status_code == 422
    assert answer.context["form"]["title"].value() == "标题"
    for name in ("2026", "2026-13", "十一月"):
        assert office.post(reverse("reviews:round_open"), start | {"name": name}).status_code == 422
    assert office.post(reverse("reviews:round_open"), start | {"name": "2026-Q4"}).status_code == 302

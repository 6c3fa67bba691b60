"""The page of the limits, announcing and sealing in the browser, and one's own results."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from reviews.models import Phase
from reviews.services.decisions import decide_grade
from reviews.services.events import EventData, add_event
from reviews.services.rounds import change_phase
from scoring.queries import current_computation, left_open, limits
from scoring.services import run_scoring
from units.models import Role

from ..factories import client_for, district_round, make_user
from .rows import announced, computed, fill, own_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def office():
    return make_user(Role.OFFICE)


def get(user, round_):
    return client_for(user).get(reverse("scoring:limits", args=[round_.pk]))


@pytest.mark.parametrize("role", [Role.OFFICE, Role.AUDITOR, Role.LEADER])
def test_who_sees_the_arithmetic(role):
    round_, _computation = computed(4)
    content = get(make_user(role), round_).content.decode()
    assert "4 × 30% = 1.2" in content
    assert "announce/" not in content  # nobody announces while inputs are collected


@pytest.mark.parametrize("role", [None, Role.ADMIN, Role.ASSESSOR, Role.SUBJECT])
def test_who_does_not(role):
    round_, _computation = announced(1)
    assert get(make_user(role), round_).status_code == 403


@pytest.mark.parametrize("subjects", [1, 3])
def test_literal_query_count(subjects, office, django_assert_num_queries):
    round_, _computation = computed(subjects)
    client = client_for(office)
    with django_assert_num_queries(17):
        client.get(reverse("scoring:limits", args=[round_.pk]))


def test_a_tie_is_named_for_the_committee(office):
    round_ = district_round(4)
    fill(round_, step="0")
    run_scoring(round=round_)
    content = get(office, round_).content.decode()
    assert "由领导小组研究决定" in content
    assert "2020对象单位4" in content


def test_who_is_tied_is_not_listed_as_cut_too(office):
    round_ = district_round(4)
    fill(round_, step="0")
    run_scoring(round=round_)
    content = get(office, round_).content.decode()
    # Each name stands among the tied, and nowhere else.
    tied = sum(len(report.tied) for report in limits(current_computation(round_)))
    assert tied
    assert content.count("/subjects/") == tied
    assert "调出者" not in content


def test_what_is_still_open_is_said_beside_announcing(office):
    round_ = district_round(4)
    fill(round_, step="0")
    subject = round_.subjects.first()
    add_event(subject=subject, data=EventData("B", "B-1", value=Decimal(2), matter="经验"), by=office)
    round_.refresh_from_db()
    computation = run_scoring(round=round_)
    assert left_open(computation) == {"ties": 4, "events": 1}
    change_phase(round=round_, to=Phase.REVIEWING, by=office)
    content = get(office, round_).content.decode()
    assert "还有 4 个并列对象" in content
    assert "还有 1 条事项待审核" in content
    assert "仅作提示，不妨碍公布" in content
    assert reverse("scoring:announce", args=[round_.pk]) in content  # a notice, no obstacle
    assert "还有" not in get(make_user(Role.AUDITOR), round_).content.decode()
    decide_grade(subject=subject, grade="优秀", reason="研究决定", document="会议纪要〔2020〕1号", seen=0, by=office)
    assert left_open(computation)["ties"] == 3
    client_for(office).post(reverse("scoring:announce", args=[round_.pk]))
    round_.refresh_from_db()
    assert round_.phase == Phase.REVIEWING  # the decision is not in the result yet


def test_nothing_open_nothing_said(office):
    round_, computation = computed(2)
    assert left_open(computation) == {"ties": 0, "events": 0}
    assert "仅作提示" not in get(office, round_).content.decode()


def test_the_grades_name_their_columns(office):
    round_, _computation = computed(2)
    content = client_for(office).get(reverse("scoring:ranking", args=[round_.pk])).content.decode()
    assert content.count(">对象数</th>") == 2
    assert ">N</th>" not in content


def test_announcing_and_sealing(office):
    round_, _computation = computed(2)
    client = client_for(office)
    client.post(reverse("scoring:announce", args=[round_.pk]))
    round_.refresh_from_db()
    assert round_.phase == Phase.COLLECTING  # refused with a message
    change_phase(round=round_, to=Phase.REVIEWING, by=office)
    assert reverse("scoring:announce", args=[round_.pk]) in get(office, round_).content.decode()
    response = client.post(reverse("scoring:announce", args=[round_.pk]), follow=True)
    assert "已公布" in response.content.decode()
    round_.refresh_from_db()
    assert round_.phase == Phase.ANNOUNCED
    client.post(reverse("scoring:seal", args=[round_.pk]))
    round_.refresh_from_db()
    assert round_.phase == Phase.SEALED


@pytest.mark.parametrize("role", [Role.ADMIN, Role.LEADER, Role.AUDITOR, Role.SUBJECT])
@pytest.mark.parametrize("name", ["announce", "seal"])
def test_nobody_else_announces_or_seals(role, name):
    round_, _computation = computed(1)
    assert client_for(make_user(role)).post(reverse(f"scoring:{name}", args=[round_.pk])).status_code == 403


@pytest.mark.parametrize("name", ["announce", "seal"])
def test_a_link_is_not_enough(name, office):
    round_, _computation = computed(1)
    assert client_for(office).get(reverse(f"scoring:{name}", args=[round_.pk])).status_code == 405


# ---------------------------------------------------------------- one's own results


def test_my_results_is_empty_at_first():
    round_, _computation = computed(1)
    content = client_for(own_account(round_, "S001")).get(reverse("scoring:my_results")).content.decode()
    assert "暂无结果" in content


@pytest.mark.parametrize("rounds", [1, 3])
def test_my_results_query_count(rounds, django_assert_num_queries, office):
    made = []
    for number in range(rounds):
        round_ = district_round(1, name=f"20{10 + number}")
        fill(round_)
        round_.refresh_from_db()
        run_scoring(round=round_)
        round_.subjects.update(unit=made[0].subjects.get().unit if made else round_.subjects.get().unit)
        made.append(round_)
        round_.phase = Phase.ANNOUNCED
        round_.save()
    client = client_for(own_account(made[0], "S001"))
    with django_assert_num_queries(5):
        content = client.get(reverse("scoring:my_results")).content.decode()
    assert content.count("/subjects/") == rounds


def test_my_results_is_not_for_accounts_without_a_role():
    assert client_for(make_user()).get(reverse("scoring:my_results")).status_code == 403

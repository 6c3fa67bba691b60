"""The ranking page: what it shows, to whom, and with how many queries."""

from __future__ import annotations

import re

import pytest
from django.db.models import F
from django.urls import reverse

from reviews.models import EventStatus, NotApplicable
from reviews.services.rounds import touch_inputs
from scoring.models import SubjectResult
from scoring.queries import with_score
from scoring.services import run_scoring
from units.models import Role

from ..factories import client_for, district_round, make_user
from .rows import add_event, announced, computed, fill, own_account, subject

pytestmark = pytest.mark.django_db
SEE_ALL = [Role.OFFICE, Role.AUDITOR, Role.LEADER]
OTHERS = [Role.ADMIN, Role.ASSESSOR, Role.SUBJECT]


def get(user, round_, **query):
    return client_for(user).get(reverse("scoring:ranking", args=[round_.pk]), query)


def text(response):
    return response.content.decode()


def names(response):
    """The subjects' names in the order of the table."""
    table = text(response).split('id="ranking"')[1]
    return re.findall(r"(S\d\d\d)</td>", table)


@pytest.fixture
def office():
    return make_user(Role.OFFICE)


# ---------------------------------------------------------------- who


@pytest.mark.parametrize("role", SEE_ALL)
def test_who_sees_it_at_any_time(role):
    round_, _computation = computed(1)
    assert get(make_user(role), round_).status_code == 200


@pytest.mark.parametrize("role", OTHERS)
def test_who_sees_it_only_once_announced(role):
    round_, _computation = computed(1)
    assert get(make_user(role), round_).status_code == 403
    round_, _computation = announced_named("2021")
    response = get(make_user(role), round_)
    assert response.status_code == 200
    # Ranks, totals and grades are public; the parts of others' scores are not, nor their pages.
    assert "重点工作" not in text(response)
    assert "subjects/" not in text(response)


def announced_named(name):
    from reviews.models import Phase
    from reviews.services.rounds import change_phase
    from scoring.services import announce_round

    round_ = district_round(1, name=name)
    fill(round_)
    round_.refresh_from_db()
    computation = run_scoring(round=round_)
    by = make_user(Role.OFFICE)
    return announce_round(round=change_phase(round=round_, to=Phase.REVIEWING, by=by), by=by), computation


def test_an_account_without_a_role_sees_nothing():
    round_, _computation = announced(1)
    assert get(make_user(), round_).status_code == 403


def test_without_logging_in_it_asks_to(client):
    response = client.get(reverse("scoring:ranking", args=[1]))
    assert response.status_code == 302
    assert reverse("units:login") in response["Location"]


def test_the_one_appraised_opens_only_their_own_line():
    round_, _computation = announced(3)
    page = text(get(own_account(round_, "S002"), round_))
    own = reverse("scoring:subject_result", args=[round_.pk, subject(round_, "S002").pk])
    assert re.findall(r'href="(/rounds/\d+/subjects/\d+/)"', page) == [own]


# ---------------------------------------------------------------- how many queries


@pytest.mark.parametrize("subjects", [1, 3])
def test_literal_query_count(subjects, office, django_assert_num_queries):
    round_, _computation = computed(subjects)
    client = client_for(office)
    address = reverse("scoring:ranking", args=[round_.pk])
    with django_assert_num_queries(11):
        client.get(address)
    with django_assert_num_queries(11):
        client.get(address, {"q": "S0", "sort": "-score.K", "grade": "良好"})


# ---------------------------------------------------------------- what


def test_never_computed(office):
    round_ = district_round(1)
    page = text(get(office, round_))
    assert reverse("reports:compute", args=[round_.pk]) in page
    assert "尚未计算" in page
    assert reverse("reports:compute", args=[round_.pk]) not in text(get(make_user(Role.LEADER), round_))


def test_the_table_shows_the_stored_result(office):
    round_, computation = computed(3)
    page = text(get(office, round_))
    assert names(get(office, round_)) == ["S001", "S002", "S003"]
    for figure in ("94.00", "92.50", "91.00", "重点工作", computation.digest[:16]):
        assert figure in page
    assert "暂定" not in page


def test_missing_is_a_word_and_the_page_says_provisional(office):
    round_ = district_round(2)
    fill(round_)
    from reviews.models import BallotMark

    BallotMark.objects.filter(subject__code="S002").delete()
    touch_inputs(round_.pk)
    run_scoring(round=round_)
    page = text(get(office, round_))
    assert "暂定" in page
    assert "缺失" in page
    line = page.split("S002</td>")[1].split("</tr>")[0]
    assert "0.00<span aria-hidden" in line  # 综合评价: incomplete, and marked as such


def test_not_applicable_is_a_word(office):
    round_ = district_round(1)
    fill(round_)
    NotApplicable.objects.create(subject=subject(round_, "S001"), indicator="D")
    touch_inputs(round_.pk)
    run_scoring(round=round_)
    assert "不适用" in text(get(office, round_))


def test_a_stale_result_says_so_and_offers_to_compute(office):
    round_, _computation = computed(1)
    assert "已过期" not in text(get(office, round_))
    touch_inputs(round_.pk)
    assert "已过期" in text(get(office, round_))


def test_search_filter_and_sort(office):
    round_, _computation = computed(4)
    add_event(subject(round_, "S003"), "5", status=EventStatus.APPROVED)
    run_scoring(round=round_)
    assert names(get(office, round_)) == ["S003", "S001", "S002", "S004"]
    assert names(get(office, round_, q="S002")) == ["S002"]
    assert names(get(office, round_, q="对象 S002")) == ["S002"]
    assert names(get(office, round_, category=subject(round_, "S001").category)) == ["S001", "S004"]
    assert names(get(office, round_, sort="code")) == ["S001", "S002", "S003", "S004"]
    assert names(get(office, round_, sort="-code")) == ["S004", "S003", "S002", "S001"]
    assert names(get(office, round_, sort="score.K")) == ["S004", "S003", "S002", "S001"]
    assert names(get(office, round_, sort="-score.B")) == ["S003", "S001", "S002", "S004"]
    assert names(get(office, round_, sort="grade")) == ["S003", "S001", "S002", "S004"]
    assert names(get(office, round_, grade="优秀")) == ["S003"]
    # What makes no sense is left out, not an error.
    assert names(get(office, round_, sort="score.K111;drop", grade="特优", page="x")) == [
        "S003",
        "S001",
        "S002",
        "S004",
    ]


def test_nobody_matches(office):
    round_, _computation = computed(1)
    assert "没有符合" in text(get(office, round_, q="nobody"))


def test_filter_by_flag(office):
    round_ = district_round(4)
    fill(round_, step="0")  # all equal: a tie across the limit
    run_scoring(round=round_)
    assert len(names(get(office, round_, flag="tie"))) == 4
    assert len(names(get(office, round_, flag="missing"))) == 0


def test_pages(office):
    round_, _computation = computed(51)
    assert len(names(get(office, round_))) == 50
    assert names(get(office, round_, page="2")) == ["S051"]
    assert len(names(get(office, round_, size="100"))) == 51


def test_htmx_gets_the_fragment_and_history_the_page(office):
    round_, _computation = computed(1)
    client, address = client_for(office), reverse("scoring:ranking", args=[round_.pk])
    fragment = client.get(address, headers={"HX-Request": "true"})
    assert text(fragment).lstrip().startswith('<div id="ranking"')
    assert "<html" not in text(fragment)
    assert "HX-Request" in fragment["Vary"]
    restored = client.get(address, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "<html" in text(restored)


def test_print_view_has_all_rows_heading_and_signatures(office):
    round_, computation = computed(51)
    page = text(get(office, round_, print="1"))
    assert len(re.findall(r">S0\d\d</td>", page)) == 51
    assert computation.digest in page
    assert "审核" in page
    assert "landscape.css" in page


def test_a_plan_that_ranks_per_category_lists_category_by_category(office):
    round_ = district_round(4, plan="yinhai-2016", assessors=False)
    run_scoring(round=round_)
    page = get(office, round_)
    categories = [subject(round_, code).category for code in names(page)]
    assert len(set(categories)) == 3
    assert categories == sorted(categories, key=categories.index)
    assert categories[0] == "经济管理类和其他类"


@pytest.mark.parametrize("code", ["1", "0", "K21", "重点", "a-b_c"])
def test_a_node_of_any_code_can_be_sorted_by(code):
    """A code of digits is a name too, not a place in a list."""
    computation = run_scoring(round=district_round(3))
    rows = list(SubjectResult.objects.filter(computation=computation).order_by("pk"))
    for value, row in zip(("2.50", "10.00", None), rows, strict=True):
        row.document["scores"] = {code: ["scored", value]} if value else {}
        row.save()
    found = with_score(SubjectResult.objects.all(), code).order_by(F("sorted_score").desc(nulls_last=True))
    assert list(found) == [rows[1], rows[0], rows[2]]

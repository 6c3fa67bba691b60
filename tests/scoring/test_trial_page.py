"""The trial page: who may open it, what it says, and that it leaves everything as it was."""

from __future__ import annotations

import copy
import re
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.urls import reverse

from indicators import drafts, services
from indicators.models import PlanDraft, PlanVersion
from reviews.models import Mark
from scoring import trial_store
from units.models import Role

from ..factories import client_for, make_user
from .rows import add_event, computed, subject
from .test_trial import NEW_LEAF, small, small_round

pytestmark = pytest.mark.django_db
ADDRESS = "/trial/"
FIRST, AGAIN = 28, 12  # queries


@pytest.fixture(autouse=True)
def _nothing_kept():
    """Rows of another test have the same numbers, and so have its trials the same names."""
    cache.clear()


@pytest.fixture
def office():
    return make_user(Role.OFFICE)


def text(response: Any) -> str:
    return response.content.decode()


def changed_version(**changes: Any) -> PlanVersion:
    return services.import_plan(document=small(**changes), by=None)[0]


def swapped() -> PlanVersion:
    """The small plan with less for marks and more for discipline."""
    return changed_version(A={"points": "30"}, D={"points": "70"})


def get(user: Any, **query: Any) -> Any:
    return client_for(user).get(ADDRESS, query)


def table(response: Any) -> str:
    return text(response).split('id="trial"')[1]


def rows() -> dict[str, list[str]]:
    """All that is stored, but for sessions and when somebody last came in."""
    kept = (
        m for m in apps.get_models() if m._meta.app_label in {"units", "indicators", "reviews", "scoring", "reports"}
    )
    return {
        m._meta.label: sorted(repr({k: v for k, v in row.items() if k != "last_login"}) for row in m.objects.values())
        for m in kept
    }


# ---------------------------------------------------------------- who


@pytest.mark.parametrize("role", [None, *Role])
def test_only_the_office_tries_plans(role):
    round_ = small_round({"S1": "30"})
    response = get(make_user(role), version=round_.plan_version_id, on=round_.pk)
    assert response.status_code == (200 if role == Role.OFFICE else 403)


def test_without_logging_in_it_asks_to(client):
    assert reverse("units:login") in client.get(ADDRESS)["Location"]


def test_it_takes_no_post(office):
    assert client_for(office).post(ADDRESS).status_code == 405


# ---------------------------------------------------------------- nothing is stored


def test_a_trial_changes_no_row(office):
    round_, _computation = computed(4)
    add_event(subject(round_, "S002"), "2")
    round_.refresh_from_db()
    document = copy.deepcopy(round_.plan_version.document)
    next(row for row in document["indicators"] if row["code"] == "K21")["points"] = "10"
    next(row for row in document["indicators"] if row["code"] == "K22")["points"] = "20"
    version = services.import_plan(document=document, by=None)[0]
    client = client_for(office)
    before, seen = rows(), round_.input_version
    for query in (
        {"on": round_.pk},
        {"on": round_.pk, "fresh": "generated", "marks": "cut"},
        {"on": round_.pk, "subject": 1},
        {"on": round_.pk, "print": 1},
        {"on": "made-up", "against": round_.plan_version_id},
    ):
        assert client.get(ADDRESS, {"version": version.pk, **query}).status_code == 200
    assert rows() == before
    round_.refresh_from_db()
    assert round_.input_version == seen


# ---------------------------------------------------------------- what it shows


def test_choosing_a_plan(office):
    round_ = small_round({"S1": "30"})
    page = text(get(office))
    assert f'href="?version={round_.plan_version_id}"' in page
    assert "小方案" in page


@pytest.mark.parametrize("role", [Role.OFFICE, Role.AUDITOR])
def test_a_plans_page_leads_to_it(role):
    version = small_round({"S1": "30"}).plan_version
    page = text(client_for(make_user(role)).get(reverse("indicators:version_detail", args=[version.pk])))
    assert (f"{ADDRESS}?version={version.pk}" in page) == (role == Role.OFFICE)


def test_the_form_offers_the_plans_own_rounds_first(office):
    other, _computation = computed(1)
    round_ = small_round({"S1": "30"})
    page = text(get(office, version=round_.plan_version_id))
    assert f'<option value="{round_.pk}" selected>' in page
    assert page.index(f'<option value="{round_.pk}"') < page.index(f'<option value="{other.pk}"')
    assert 'id="trial"' not in page


def test_the_same_plan_says_that_nobody_moves(office):
    round_ = small_round({"S1": "30", "S2": "60"})
    page = text(get(office, version=round_.plan_version_id, on=round_.pk))
    assert "名次和等次均不变" in page
    assert "上升最多" not in page


def test_old_and_new_beside_each_other(office):
    """S1: 10 + 40 = 50 becomes 5 + 70 = 75; S2: 60 + 0 = 60 becomes 30 + 30 = 60, so the two change places."""
    round_ = small_round({"S1": "10", "S2": "60"})
    for item, value in (("D2", 5),) * 8:
        add_event(subject(round_, "S2"), str(value), indicator="D", item=item)
    response = get(office, version=swapped().pk, on=round_.pk)
    page = text(response)
    for words in ("上升最多", "下降最多", "单位S1", "60 → 30", "等次变化"):
        assert words in page
    first, second = re.findall(r"<tr>\s*<td class=\"num\">\d.*?</tr>", table(response), re.DOTALL)
    for figure in ("单位S1", "50.00", "75.00", "+25.00", "+1"):
        assert figure in first
    assert '<span class="kp-before">差</span> → <span class="kp-after">中</span>' in first
    assert "-1" in second
    why = text(get(office, version=swapped().pk, on=round_.pk, subject=0))
    for words in ("60 → 30", "10.00", "5.00", "40.00", "70.00", "为差", "为中"):
        assert words in why


def test_the_reasons_come_as_a_fragment_or_as_a_page(office):
    round_ = small_round({"S1": "10", "S2": "60"})
    query = {"version": swapped().pk, "on": round_.pk, "subject": 1}
    client = client_for(office)
    fragment, page = client.get(ADDRESS, query, headers={"HX-Request": "true"}), client.get(ADDRESS, query)
    assert "<html" not in text(fragment)
    assert "<h1>单位S2</h1>" in text(page)
    for place in ("2", "-1", "x", "99999999999"):
        assert client.get(ADDRESS, query | {"subject": place}).status_code == 404


def test_filter_sort_and_pages(office):
    round_ = small_round({f"S{n:03}": str(n) for n in range(60)})
    query = {"version": swapped().pk, "on": round_.pk}
    client = client_for(office)

    def names(**more: Any) -> list[str]:
        response = client.get(ADDRESS, query | more, headers={"HX-Request": "true"})
        assert "<html" not in text(response)
        return re.findall(r"<td class=\"kp-only-wide\">(S\d\d\d)</td>", text(response))

    assert names()[:2] == ["S059", "S058"]
    assert len(names()) == 50
    assert len(names(page=2)) == 10
    assert names(sort="code")[0] == "S000"
    assert names(sort="-code")[0] == "S059"
    assert names(sort="difference")[0] == "S059"  # who had most of the marks gains least
    assert names(q="s007") == ["S007"]
    assert names(q="没有的") == []
    assert set(names(show="grade")) < {f"S{n:03}" for n in range(60)}
    assert names(show="out") == []
    assert names(category="没有的")[0] == "S059"  # unknown: not narrowed


def test_subjects_that_are_left_out_are_shown_as_such(office):
    round_ = small_round({"S1": "30"})
    version = changed_version(categories=["乙类", "丙类"])
    response = get(office, version=version.pk, on=round_.pk, show="out")
    assert "单位S1" in table(response)
    assert "未计入" in table(response)


def test_the_print_view_has_all_rows(office):
    round_ = small_round({f"S{n:03}": "30" for n in range(60)})
    page = text(get(office, version=swapped().pk, on=round_.pk, print=1))
    assert page.count("单位S") >= 60
    assert "kp-pages" not in page


def test_made_up_inputs_beside_the_version_before(office):
    round_ = small_round({"S1": "30"})
    version = swapped()
    query = {"version": version.pk, "on": "made-up", "size_0": 7, "seed": 12, "against": round_.plan_version_id}
    first, again, other = (text(get(office, **query | {"seed": seed})) for seed in (12, 12, 13))
    assert "示例 0001" in first
    assert "种子 12" in first
    body = [page.split('id="trial"')[1] for page in (first, again, other)]
    assert body[0].replace("seed=12", "") == body[1].replace("seed=12", "")
    assert body[0].replace("seed=12", "") != body[2].replace("seed=13", "")
    alone = text(get(office, **query | {"against": ""}))
    assert "原名次" not in alone
    assert "示例 0007" in alone


# ---------------------------------------------------------------- mistakes


def test_what_was_typed_stays(office):
    round_ = small_round({"S1": "30"})
    response = get(office, version=round_.plan_version_id, on="made-up", size_0="6000", seed="x")
    assert response.status_code == 422
    page = text(response)
    assert 'value="6000"' in page
    assert 'value="x"' in page
    response = get(office, version=round_.plan_version_id, on="made-up", size_0="0")
    assert response.status_code == 422
    assert "1 至 5000" in text(response)
    assert get(office, version=round_.plan_version_id, on="12345").status_code == 422


@pytest.mark.parametrize("query", [{"version": "0"}, {"version": "x"}, {"draft": "7"}, {"draft": "-1"}])
def test_unknown_plans(office, query):
    assert get(office, **query).status_code == 404


def test_a_draft_is_tried_without_being_published(office):
    round_ = small_round({"S1": "30"})
    draft = drafts.start_draft(version=round_.plan_version, by=office)
    PlanDraft.objects.filter(pk=draft.pk).update(document=small(A={"points": "40"}, more=[NEW_LEAF]))
    page = text(get(office, draft=draft.pk, on=round_.pk))
    assert "N 新指标" in page
    assert "75.00" in page
    assert PlanVersion.objects.filter(plan=round_.plan).count() == 1


def test_a_draft_of_a_new_plan_is_tried_on_made_up_inputs_or_another_plans_round(office):
    round_ = small_round({"S1": "30"})
    draft = drafts.new_draft(values={"code": "fresh", "title": "新方案"}, by=office)
    document = small(A={"points": "40"}, D={"points": "60"}) | {"code": "fresh", "title": "新方案"}
    del document["categories"]
    PlanDraft.objects.filter(pk=draft.pk).update(document=document)
    page = text(get(office, draft=draft.pk))
    assert '<option value="made-up" selected>' in page
    assert f'<option value="{round_.pk}"' in page
    made_up = text(get(office, draft=draft.pk, on="made-up", size_0=6))
    assert "示例 0006" in made_up
    assert "原名次" not in made_up
    assert "80.00" in table(get(office, draft=draft.pk, on=round_.pk))


def test_a_draft_with_mistakes_says_which(office):
    round_ = small_round({"S1": "30"})
    draft = drafts.start_draft(version=round_.plan_version, by=office)
    PlanDraft.objects.filter(pk=draft.pk).update(document=small(A={"points": "41"}))
    response = get(office, draft=draft.pk, on=round_.pk)
    assert response.status_code == 200
    assert "草稿还不能试算" in text(response)
    assert "81" in text(response)
    assert 'id="trial"' not in text(response)


def test_inputs_that_break_the_rules_are_listed(office):
    round_ = small_round({"S1": "99", "S2": "30"})
    page = text(get(office, version=swapped().pk, on=round_.pk))
    assert "没有可对照的结果" in page
    assert "S1：" in page
    same = text(get(office, version=round_.plan_version_id, on=round_.pk))
    assert "无法计算" in same
    assert 'id="trial"' not in same


# ---------------------------------------------------------------- how much it costs


@pytest.mark.parametrize("subjects", [1, 30])
def test_the_number_of_queries_does_not_grow(subjects, office, django_assert_num_queries):
    round_ = small_round({f"S{n:03}": "30" for n in range(subjects)})
    query = {"version": swapped().pk, "on": round_.pk}
    client = client_for(office)
    client.get(ADDRESS)
    with django_assert_num_queries(FIRST):
        assert client.get(ADDRESS, query).status_code == 200
    with django_assert_num_queries(AGAIN):
        assert client.get(ADDRESS, query | {"sort": "-total"}).status_code == 200
    with django_assert_num_queries(AGAIN):
        assert client.get(ADDRESS, query | {"subject": 0}).status_code == 200


def test_a_page_more_computes_nothing_anew(office, monkeypatch):
    round_ = small_round({"S1": "30"})
    query = {"version": swapped().pk, "on": round_.pk}
    counted = []
    computed_ = trial_store.KeptTrial._computed
    monkeypatch.setattr(trial_store.KeptTrial, "_computed", lambda kept: counted.append(1) or computed_(kept))
    client = client_for(office)
    for more in ({}, {"sort": "name"}, {"q": "S1"}, {"subject": 0}):
        client.get(ADDRESS, query | more)
    assert len(counted) == 1
    for more in ({"fresh": "full"}, {"marks": "cut"}, {"seed": 2}):
        client.get(ADDRESS, query | more)
    assert len(counted) == 4
    Mark.objects.update(value=Decimal(10))
    round_.input_version += 1
    round_.save(update_fields=["input_version"])
    assert "50.00" in text(client.get(ADDRESS, query))
    assert len(counted) == 5


def test_reasons_that_the_cache_has_lost_are_computed_again(office, monkeypatch):
    round_ = small_round({"S1": "30"})
    query = {"version": swapped().pk, "on": round_.pk}
    client = client_for(office)
    client.get(ADDRESS, query)
    before = text(client.get(ADDRESS, query | {"subject": 0}))
    forgetful = SimpleNamespace(set=cache.set, get=lambda key: None if key.endswith(":0") else cache.get(key))
    monkeypatch.setattr(trial_store, "cache", forgetful)
    again = text(client.get(ADDRESS, query | {"subject": 0}))
    assert "变化的得分" in again
    assert before.split("变化的得分")[1] == again.split("变化的得分")[1]

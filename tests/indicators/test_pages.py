"""Pages of the plan library: who may see what, what is on them, how many queries they take."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.html import escape

from indicators import document, plan_file, services
from indicators.models import Plan, PlanVersion
from indicators.rendering import render
from scoring.engine import method_words, rule_words, walk
from tests.factories import client_for, make_user
from units.models import Role

from .broken import BASE

pytestmark = pytest.mark.django_db

LIST = "indicators:plan_list"
ACCOUNT_QUERIES = 4  # session, account, its grants, its messages
LIST_QUERIES = ACCOUNT_QUERIES + 2
DETAIL_QUERIES = ACCOUNT_QUERIES + 2


@pytest.fixture
def district() -> PlanVersion:
    return services.ensure_plan("district-2020")


def pages(version: PlanVersion) -> list[str]:
    return [
        reverse(LIST),
        reverse("indicators:plan_detail", args=[version.plan.code]),
        reverse("indicators:version_detail", args=[version.pk]),
        reverse("indicators:version_file", args=[version.pk]),
    ]


def html(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_nobody_without_an_account(client: Client, district: PlanVersion) -> None:
    for url in pages(district):
        response = client.get(url)
        assert response.status_code == 302
        assert reverse("units:login") in response.url


def test_a_disabled_account_sees_nothing(district: PlanVersion) -> None:
    user = make_user(Role.OFFICE)
    client = client_for(user)
    user.is_active = False
    user.save()
    for url in pages(district):
        assert client.get(url).status_code == 302


@pytest.mark.parametrize("role", list(Role))
def test_every_role_reads_plans_and_only_the_office_opens_rounds(role: Role, district: PlanVersion) -> None:
    client = client_for(make_user(role))
    for url in pages(district):
        assert client.get(url).status_code == 200
    shown = html(client, reverse("indicators:plan_detail", args=["district-2020"]))
    opens = f"{reverse('reviews:round_open')}?plan=district-2020" in shown
    assert opens == (role == Role.OFFICE)


@pytest.mark.parametrize("role", list(Role))
def test_only_the_office_takes_presets_in(role: Role) -> None:
    client = client_for(make_user(role))
    url = reverse("indicators:load_presets")
    assert (url in html(client, reverse(LIST))) == (role == Role.OFFICE)
    response = client.post(url)
    if role == Role.OFFICE:
        assert response.status_code == 302
        assert Plan.objects.count() == len(services.preset_codes())
    else:
        assert response.status_code == 403
        assert not Plan.objects.exists()
    assert client.get(url).status_code == 405


def test_unknown_plans_are_not_found(district: PlanVersion) -> None:
    client = client_for(make_user(Role.OFFICE))
    for name, key in [("plan_detail", "nothing"), ("version_detail", 0), ("version_file", 0)]:
        assert client.get(reverse(f"indicators:{name}", args=[key])).status_code == 404


def test_library_row() -> None:
    services.ensure_plan("yinhai-2016")
    row = html(client_for(make_user(Role.LEADER)), reverse(LIST))
    for text in ("区直机关绩效考评", "yinhai-2016", "单位", "年度", "1000"):
        assert text in row


def test_chinese_page_says_everything_of_the_district_plan(district: PlanVersion) -> None:
    shown = html(client_for(make_user(Role.SUBJECT)), reverse("indicators:plan_detail", args=["district-2020"]))
    values = document.read_stored(district.document)
    for row in values["indicators"]:
        assert row["code"] in shown
        assert row["title"] in shown
        for item in row.get("catalogue", ()):
            assert item["title"] in shown
    assert shown.count("默认值，方案未规定") >= document.count_defaults(values)
    assert f"{document.count_defaults(values)} 处" in shown
    for text in ("区创城办", "参评单位", "K 重点工作、E 综合评价", "总结自查", "30%"):
        assert text in shown
    plan = services.engine_plan(district)
    with translation.override("zh-hans"):
        for rule in plan.rules:
            assert escape(render(rule_words(rule, plan))) in shown
        for node in walk(plan.root):
            if not node.children:
                assert escape(render(method_words(node, plan))) in shown


@pytest.mark.parametrize("code", services.preset_codes())
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_preset_has_a_page(code: str, language: str, settings: Any) -> None:
    settings.LANGUAGE_CODE = language
    services.ensure_plan(code)
    shown = html(client_for(make_user(Role.LEADER)), reverse("indicators:plan_detail", args=[code]))
    assert services.ensure_plan(code).plan.title in shown


def test_older_versions_say_so_and_stay_readable(district: PlanVersion) -> None:
    changed = {**district.document, "title": "修订后的方案"}
    newer = services.save_version(plan=district.plan, document=changed, by=None)
    client = client_for(make_user(Role.OFFICE))
    newest = html(client, reverse("indicators:plan_detail", args=["district-2020"]))
    assert "修订后的方案" in newest
    old = html(client, reverse("indicators:version_detail", args=[district.pk]))
    assert "修订后的方案" not in old
    assert reverse("indicators:plan_detail", args=["district-2020"]) in old
    assert reverse("reviews:round_open") not in old
    assert reverse("indicators:version_detail", args=[newer.pk]) in old


def test_the_file_is_the_plan(district: PlanVersion) -> None:
    client = client_for(make_user(Role.AUDITOR))
    response = client.get(reverse("indicators:version_file", args=[district.pk]))
    assert response["Content-Disposition"] == 'attachment; filename="district-2020-v1.toml"'
    text = response.content.decode()
    assert text == services.preset_text("district-2020")  # with the comments
    changed = {**district.document, "title": "修订后的方案"}
    newer = services.save_version(plan=district.plan, document=changed, by=None)
    response = client.get(reverse("indicators:version_file", args=[newer.pk]))
    again = document.normalise(plan_file.load(response.content.decode()))
    assert document.digest(again) == newer.digest


@pytest.mark.parametrize("rows", [1, 3])
def test_list_queries(rows: int, django_assert_num_queries: Any) -> None:
    for code in services.preset_codes()[:rows]:
        services.ensure_plan(code)
    client = client_for(make_user(Role.LEADER))
    with django_assert_num_queries(LIST_QUERIES):
        client.get(reverse(LIST))


@pytest.mark.parametrize("rows", [1, 3])
def test_detail_queries(rows: int, django_assert_num_queries: Any) -> None:
    source = plan_file.load(BASE)
    for number in range(rows):
        version, _is_new = services.import_plan(document={**source, "title": f"第{number}稿"}, by=None)
    client = client_for(make_user(Role.LEADER))
    with django_assert_num_queries(DETAIL_QUERIES):
        client.get(reverse("indicators:plan_detail", args=["sample"]))
    with django_assert_num_queries(DETAIL_QUERIES):
        client.get(reverse("indicators:version_detail", args=[version.pk]))

"""The frame of every page: filters for figures and deadlines, the menu, error pages; and in a real browser."""

from __future__ import annotations

import datetime
from decimal import Decimal
from fractions import Fraction

import pytest
import time_machine
from django.test import RequestFactory
from django.urls import reverse
from django.utils import translation
from django.views import defaults

from tests.factories import client_for, make_unit, make_user
from units.models import Person, Role, Unit
from units.templatetags import kaoping


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (Decimal("92.345"), 2, "92.35"),
        (Decimal("92.3"), 2, "92.30"),
        (Decimal("-0.125"), 2, "-0.13"),
        (Decimal("-0.001"), 2, "0.00"),
        (Decimal("8.50"), None, "8.5"),
        (Decimal("1E+2"), None, "100"),
        (Fraction(1, 3), 3, "0.333"),
        (Fraction(2, 3), None, "0.666666666667"),
        (Fraction(-1, 2), 0, "-1"),
        (7, 1, "7.0"),
        (0, 2, "0.00"),
        (None, 2, "—"),
        ("", 2, "—"),
    ],
)
def test_points_are_exact_and_missing_is_not_zero(value, decimals, expected):
    assert kaoping.points(value, decimals) == expected


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [(Fraction(3, 8), 1, "37.5%"), (1, 0, "100%"), (Fraction(1, 200), 0, "1%"), (None, 0, "—")],
)
def test_percent(value, decimals, expected):
    assert kaoping.percent(value, decimals) == expected


@pytest.mark.parametrize(
    ("days", "chinese", "english", "overdue"),
    [
        (3, "还剩 3 天", "3 days left", False),
        (1, "还剩 1 天", "1 day left", False),
        (0, "今天截止", "due today", False),
        (-2, "已逾期2天", "2 days overdue", True),
    ],
)
@time_machine.travel("2026-11-20T20:00:00Z", tick=False)  # the 21st already in Shanghai
def test_a_deadline_in_words(days, chinese, english, overdue):
    day = datetime.date(2026, 11, 21) + datetime.timedelta(days=days)
    assert kaoping.is_overdue(day) is overdue
    with translation.override("zh-hans"):
        assert kaoping.deadline_in_words(day) == chinese
    with translation.override("en"):
        assert kaoping.deadline_in_words(day) == english


def test_no_deadline_is_nothing():
    assert kaoping.deadline_in_words(None) == ""
    assert not kaoping.is_overdue(None)


EVERYONE = ["reports:home", "reviews:round_list", "indicators:plan_list"]
MENU = {
    None: ["reports:home", "indicators:plan_list"],
    Role.ADMIN: [*EVERYONE, "units:unit_list", "units:account_list", "units:audit_list"],
    Role.OFFICE: [*EVERYONE, "units:unit_list", "units:audit_list"],
    Role.AUDITOR: [*EVERYONE, "units:unit_list", "units:account_list", "units:audit_list"],
    Role.ASSESSOR: EVERYONE,
    Role.SUBJECT: EVERYONE,
    Role.LEADER: EVERYONE,
}


@pytest.mark.django_db
@pytest.mark.parametrize("role", MENU)
def test_the_menu_holds_what_the_role_may_open(role):
    client = client_for(make_user(role))
    menu = client.get(reverse("units:account")).context["menu"]
    assert [entry["url"] for entry in menu] == [reverse(name) for name in MENU[role]]
    for entry in menu:
        assert client.get(entry["url"]).status_code == 200, entry["url"]


@pytest.mark.django_db
def test_the_current_page_is_marked_in_the_menu():
    page = client_for(make_user(Role.OFFICE)).get(reverse("units:person_list")).text
    assert f'href="{reverse("units:unit_list")}" aria-current="page"' in page
    assert page.count('aria-current="page"') == 2  # the menu and the tab


@pytest.mark.django_db
def test_error_pages_speak_chinese(client):
    request = RequestFactory().get("/")
    with translation.override("zh-hans"):
        assert "服务器" in defaults.bad_request(request, Exception()).content.decode()
        assert "管理员" in defaults.server_error(request).content.decode()
        assert defaults.server_error(request).status_code == 500
    assert client.get("/nowhere/").status_code == 404
    signed_in = client_for(make_user(Role.ASSESSOR))
    response = signed_in.get(reverse("units:unit_list"))
    assert response.status_code == 403
    assert "权限" in response.text


# ---------------------------------------------------------------- in a browser


@pytest.fixture
def page(chromium, live_server, client):
    """A phone in which the office is logged in; the test fails on anything the browser complains of."""
    user = make_user(Role.OFFICE)
    client.force_login(user, backend="units.sessions.AccountBackend")
    context = chromium.new_context(viewport={"width": 390, "height": 800}, base_url=live_server.url)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert complaints == []


def make_tree() -> tuple[Unit, Unit]:
    top = make_unit("区政府", code="G1", order=1)
    return top, make_unit("区财政局", code="B1", parent=top, order=2)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_pages_fit_a_phone_and_the_tree_folds(page):
    top, bureau = make_tree()
    person = Person.objects.create(code="P1", name="张一", unit=bureau)
    for url in (
        reverse("units:unit_detail", args=[top.pk]),
        reverse("units:unit_edit", args=[bureau.pk]),
        reverse("units:person_list"),
        reverse("units:person_detail", args=[person.pk]),
        reverse("units:roster"),
        reverse("units:audit_list"),
        reverse("units:account"),
        reverse("units:unit_list"),
    ):
        page.goto(url)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, url
    row = page.locator(f'tr[data-node="{bureau.pk}"]')
    assert row.is_visible()
    page.locator("[data-fold]").click()
    assert row.is_hidden()
    page.locator("[data-fold]").press("Enter")
    assert row.is_visible()
    page.locator(".navbar-toggler").click()
    page.get_by_role("link", name="变更记录").click()
    page.wait_for_url("**/log/")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_unit_is_chosen_from_the_matches(page):
    make_tree()
    page.goto(reverse("units:unit_add"))
    field = page.locator("[name=parent]")
    field.press_sequentially("财政")
    page.locator("[data-pick]").click()
    assert field.input_value() == "B1 区财政局"
    assert page.locator("[data-pick]").count() == 0
    field.fill("")
    field.press_sequentially("区")
    page.locator("[data-pick]").first.wait_for()
    field.press("ArrowDown")
    page.keyboard.press("Enter")
    assert field.input_value() == "G1 区政府"
    field.fill("")
    field.press_sequentially("区")
    page.locator("[data-pick]").first.wait_for()
    page.locator("[name=code]").focus()
    assert page.locator("[data-pick]").count() == 0

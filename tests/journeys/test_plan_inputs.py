"""The plan editor's inputs in Chromium: rows by button and keyboard, conditions that follow the fact's type."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation
from playwright.sync_api import expect

from indicators import drafts, services
from indicators.editor.conditions import sentence
from indicators.editor.names import names_of
from indicators.models import PlanDraft
from tests.factories import make_user
from units.models import Role, User

from .screen import Screen
from .stage import PASSWORD
from .test_browser import WIDTHS, log_in, windows  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SAVE = "form:has([name=seen]) .kp-savebar button.btn-primary"


@pytest.fixture
def draft() -> PlanDraft:
    office: User = make_user(Role.OFFICE, username="office")
    office.set_password(PASSWORD)
    office.save()
    return drafts.start_draft(version=services.ensure_plan("subdistrict-quarterly"), by=office)


def stored(draft: PlanDraft, part: str) -> Any:
    return PlanDraft.objects.get(pk=draft.pk).document[part]


def options(place: Any) -> list[str]:
    return [option.inner_text() for option in place.locator("option").all()]


@WIDTHS
def test_rows_are_added_moved_and_removed(windows, draft, width):  # noqa: F811
    screen = windows(width)
    log_in(screen, "office")
    screen.go(reverse("indicators:draft_indicator", args=[draft.pk, "T"]))
    bands = screen.page.locator("[aria-labelledby=id_bands-label]")
    rows = bands.locator("[data-row]")
    assert rows.count() == 3  # the spare ones are for browsers without scripts
    bands.locator("[data-row-add]").click()
    assert screen.page.evaluate("document.activeElement.name") == "bands.new1.upto"
    screen.page.keyboard.type("１０％")
    screen.page.keyboard.press("Tab")
    screen.page.keyboard.type("95")
    for _step in range(3):
        screen.page.keyboard.press("Alt+ArrowUp")
    assert screen.page.evaluate("document.activeElement.name") == "bands.new1.value"
    assert bands.locator("[data-row-said]").inner_text().endswith("1")
    rows.nth(2).locator("[data-row-remove]").click()
    assert screen.page.evaluate("document.activeElement.closest('[data-row]') !== null")
    rows.nth(1).locator("[data-row-down]").click()
    rows.nth(2).locator("[data-row-up]").click()
    screen.look()
    screen.press(SAVE)
    assert next(row for row in stored(draft, "indicators") if row["code"] == "T")["bands"] == [
        {"upto": "0.1", "value": "95"},
        {"upto": "0.25", "value": "90"},
        {"upto": "1", "value": "70"},
    ]
    assert screen.complaints == []


@WIDTHS
def test_a_condition_follows_the_type_of_its_fact(windows, draft, width):  # noqa: F811
    screen = windows(width)
    log_in(screen, "office")
    screen.go(reverse("indicators:draft_row", args=[draft.pk, "rules", 2]))
    form = screen.page.locator("[data-condition]")
    first = form.locator("[data-comparison]").first
    first.locator("[data-fact] select").first.select_option("warned")
    assert options(first.locator("[data-operator]")) == ["为是", "为否"]
    assert first.locator("[data-value] input, [data-value] select").count() == 0
    assert first.locator("[data-fact-add]").is_hidden()
    first.locator("[data-operator]").select_option("no")
    form.locator("[data-comparison-add]").click()
    second = form.locator("[data-comparison]").nth(1)
    second.locator("[data-fact] select").first.select_option("score:J2")
    second.locator("[data-fact-add]").click()
    assert "效能告诫" not in options(second.locator("[data-fact] select").nth(1))
    second.locator("[data-fact] select").nth(1).select_option("score:J11")
    second.locator("[data-operator]").select_option("<=")
    second.locator("[data-value] input").fill("３０")
    form.locator("[data-box-add]").click()
    case = form.locator("[data-box]").nth(1)
    case.locator("[data-fact] select").first.select_option("grade_in:")
    case.locator(".pe-extra").fill("2025年度")
    case.locator("[data-value] input").fill("不称职")
    condition = "warned = 否 and score:J2 + score:J11 <= 30 or grade_in:2025年度 = 不称职"
    with translation.override("zh-hans"):
        words = sentence(condition, names_of(draft.document))
    expect(form.locator("[data-condition-words]")).to_contain_text(words)
    screen.look()
    screen.press(SAVE)
    assert stored(draft, "rules")[2]["if"] == condition
    screen.go(reverse("indicators:draft_row", args=[draft.pk, "rules", 2]))
    form.locator("[data-box-remove]").nth(1).click()
    form.locator("[data-comparison-remove]").first.click()
    screen.press(SAVE)
    assert stored(draft, "rules")[2]["if"] == "score:J2 + score:J11 <= 30"
    assert screen.complaints == []


def test_without_scripts_there_are_spare_rows(chromium, live_server, draft):
    context = chromium.new_context(java_script_enabled=False)
    screen = Screen.__new__(Screen)
    screen.page = context.new_page()
    screen.page.goto(live_server.url + reverse("units:login"))
    screen.page.fill("[name=username]", "office")
    screen.page.fill("[name=password]", PASSWORD)
    screen.page.click("main form button[type=submit]")
    screen.page.goto(live_server.url + reverse("indicators:draft_row", args=[draft.pk, "rules", 2]))
    screen.page.locator("[name='if.0.1.fact']").first.select_option("total")
    screen.page.locator("[name='if.0.1.operator']").select_option("<")
    screen.page.locator("[name='if.0.1.value']").fill("60")
    screen.page.locator("[name='if.1.0.fact']").first.select_option("warned")
    screen.page.locator("[name='if.1.0.operator']").select_option("yes")
    screen.page.click(SAVE)
    screen.page.wait_for_load_state()
    context.close()
    assert stored(draft, "rules")[2]["if"] == "leave_days_total > 15 and total < 60 or warned"

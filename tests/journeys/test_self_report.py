"""Writing a self-summary in Chromium: it saves itself, and nothing that was typed is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse

from reviews.models import SelfReport
from tests.factories import district_round, make_user
from units.models import Role

from .stage import PASSWORD
from .test_browser import log_in, windows  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SAVED = re.compile("草稿已保存")
KEPT = re.compile("已保留在本浏览器中")
TEXT = "textarea[name=text]"


@pytest.fixture
def writing(windows):  # noqa: F811
    """`writing(width)` opens the draft of a unit in another window of one account."""
    round_ = district_round(2)
    subject = round_.subjects.select_related("unit").earliest("order")
    user = make_user(Role.SUBJECT, subject.unit, username="writer")
    user.set_password(PASSWORD)
    user.save()
    address = reverse("reviews:self_report_edit", args=[round_.pk, subject.pk])

    def sit(width: int = 1440) -> Any:
        screen = windows(width)
        log_in(screen, "writer")
        screen.complaints.clear()  # about the home page, which is not in question here
        screen.go(address)
        return screen

    return sit


def says(page: Any, words: re.Pattern[str]) -> None:
    page.locator("[data-state]", has_text=words).wait_for(timeout=15_000)


@pytest.mark.parametrize("width", [1440, 390])
def test_a_draft_saves_itself_and_counts_as_chinese_does(writing, width):
    screen = writing(width)
    page = screen.page
    page.fill(TEXT, "今年完成GDP增长 5.2%，达标。")
    assert page.inner_text("[data-counts=self-text]") == "12"
    says(page, SAVED)
    page.click("#leaf-K21 summary")
    page.fill("#score-K21", "99")
    page.locator("[data-error=K21]", has_text="99").wait_for()
    page.fill("#score-K21", "9")
    says(page, SAVED)
    report = SelfReport.objects.get()
    assert (report.text, str(report.leaves.get().score)) == ("今年完成GDP增长 5.2%，达标。", "9")
    screen.look()
    assert screen.complaints == []


def test_what_is_typed_without_a_connection_or_a_session_is_kept_and_offered(writing):
    page = writing().page
    page.context.set_offline(True)
    page.fill(TEXT, "断网时写的")
    says(page, KEPT)
    page.context.set_offline(False)
    says(page, SAVED)
    assert SelfReport.objects.get().text == "断网时写的"
    Session.objects.all().delete()
    page.fill(TEXT, "会话结束后写的")
    says(page, KEPT)
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    page.fill("[name=username]", "writer")
    page.fill("[name=password]", PASSWORD)
    page.click("main form button[type=submit]")
    page.goto(address)
    assert page.input_value(TEXT) == "断网时写的"
    page.click("[data-restore-take]")
    assert page.input_value(TEXT) == "会话结束后写的"
    page.click("button[value=save]")
    page.wait_for_load_state("networkidle")
    assert SelfReport.objects.get().text == "会话结束后写的"
    assert page.evaluate("localStorage.length") == 0


def test_two_windows_do_not_overwrite_each_other(writing):
    one, other = writing().page, writing().page
    one.fill(TEXT, "甲窗口")
    says(one, SAVED)
    other.fill(TEXT, "乙窗口")
    says(other, KEPT)
    assert SelfReport.objects.get().text == "甲窗口"
    other.click("button[value=save]")  # both are shown, and the person decides
    other.wait_for_load_state("networkidle")
    assert "甲窗口" in other.text_content("main")
    assert other.input_value(TEXT) == "乙窗口"
    other.click("button[value=save]")
    other.wait_for_load_state("networkidle")
    assert SelfReport.objects.get().text == "乙窗口"

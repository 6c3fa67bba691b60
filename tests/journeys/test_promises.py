"""A year in Chromium, in Chinese, at a desk and on a phone: promises entered, approved, reported on, checked; a poor
result leads to an interview, which is recorded and confirmed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from reviews.models import Interview, Phase, Promise, PromiseList, ReportSetting, Round
from reviews.words import today
from scoring.models import SubjectResult
from scoring.services import run_scoring
from tests.factories import make_user
from tests.reviews.duty import duty_round, subject_of, writer_of
from units.models import Role, User

from .stage import PASSWORD
from .test_browser import log_in, windows  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SAVED = re.compile("草稿已保存")


def named(user: User, name: str) -> User:
    user.username = name
    user.set_password(PASSWORD)
    user.save()
    return user


def says(page: Any, words: re.Pattern[str]) -> None:
    page.locator("[data-state]", has_text=words).wait_for(timeout=15_000)


def accept(screen: Any) -> None:
    screen.page.on("dialog", lambda dialog: dialog.accept())


@pytest.mark.parametrize("width", [1440, 390])
def test_a_year_of_promises_and_an_interview(windows, width):  # noqa: F811
    round_ = duty_round(people=12)
    ReportSetting.objects.create(round=round_, asks_promises=True, promises_due=today())
    subject = subject_of(round_)
    writer = named(writer_of(subject), "writer")
    office = named(make_user(Role.OFFICE), "office")
    holder = named(make_user(Role.LEADER), "holder")
    seats = {}
    for user in (writer, office, holder):
        seats[user.username] = screen = windows(width)
        accept(screen)
        log_in(screen, user.username)
    _enter_and_approve(seats, round_, subject)
    ReportSetting.objects.update(fulfilment_due=today())
    _report_and_check(seats, round_)
    run_scoring(round=round_, by=office)
    SubjectResult.objects.update(grade="好")
    SubjectResult.objects.filter(subject=subject).update(grade="差")
    Round.objects.update(phase=Phase.ANNOUNCED)
    _interview(seats, round_, holder)
    # A refused check answers 422, which Chromium mentions.
    assert [each for screen in seats.values() for each in screen.complaints if "422" not in each] == []


def _enter_and_approve(seats: dict[str, Any], round_: Round, subject: Any) -> None:
    screen = seats["writer"]
    screen.go("/")
    screen.press(f"a[href='{reverse('reviews:promise_edit', args=[round_.pk, subject.pk, 'promise'])}']")
    page = screen.page
    first = page.locator("fieldset.kp-promise-row").first
    first.locator("textarea").nth(0).fill("全年为群众办实事十件，件件有回音")
    first.locator("textarea").nth(1).fill("每季度公示一次进展，年内全部办结")
    first.locator("input[type=date]").fill(today().isoformat())
    says(page, SAVED)
    assert PromiseList.objects.get().rows[0]["until"] == today().isoformat()
    page.click("[data-add-row]")
    page.locator("fieldset.kp-promise-row").last.locator("textarea").nth(0).fill("走访党员不少于四十人次")
    page.click("details summary")
    page.fill("#paste", "完成支部标准化建设\t达到一级标准\t2026年12月底\t张三")
    screen.press("button[value=save] >> nth=0")
    assert len(PromiseList.objects.get().rows) == 3
    screen.press("button[value=submit]")
    desk = seats["office"]
    desk.go("/")
    desk.press("a[href$='/promises/?state=submitted']")
    desk.press(f"a[href='{reverse('reviews:promise_list', args=[round_.pk, PromiseList.objects.get().pk])}']")
    desk.press("button[value=approve]")
    assert Promise.objects.filter(in_force=True).count() == 3


def _report_and_check(seats: dict[str, Any], round_: Round) -> None:
    found = PromiseList.objects.get()
    screen = seats["writer"]
    screen.go("/")
    screen.press(f"a[href='{reverse('reviews:promise_report', args=[round_.pk, found.pk])}']")
    page = screen.page
    for promise, choice in zip(found.promises.all(), ("done", "done", "partly"), strict=True):
        page.select_option(f"#choice-{promise.pk}", choice)
        page.fill(f"#words-{promise.pk}", "已按季度公示，群众满意率百分之九十八。")
    says(page, SAVED)
    screen.press("button[value=submit]")
    desk = seats["office"]
    desk.go(reverse("reviews:promise_list", args=[round_.pk, found.pk]))
    first, second, _third = found.promises.all()
    desk.page.select_option(f"[name=choice-{first.pk}]", "confirmed")
    desk.page.select_option(f"[name=choice-{second.pk}]", "refused")
    desk.press("button[value=check]")
    assert "请说明不属实的理由" in desk.page.inner_text("main")
    desk.page.fill(f"[name=words-{second.pk}]", "走访记录只有二十人次")
    desk.press("button[value=check]")
    desk.go(reverse("reviews:promises", args=[round_.pk]))
    assert "33%" in desk.page.inner_text("main")


def _interview(seats: dict[str, Any], round_: Round, holder: User) -> None:
    desk = seats["office"]
    desk.go(reverse("reviews:interviews", args=[round_.pk]))
    desk.press("a[href$='/interviews/results/']")
    desk.page.fill("[name=due_on]", today().isoformat())
    desk.page.fill("[name=accounts]", holder.username)
    desk.press("main form button.btn-primary")
    made = Interview.objects.get()
    screen = seats["holder"]
    screen.go("/")
    screen.press(f"a[href='{reverse('reviews:interview', args=[round_.pk, made.pk])}']")
    screen.press(f"a[href='{reverse('reviews:interview_record', args=[round_.pk, made.pk])}']")
    page = screen.page
    page.fill("[name=held_on]", today().isoformat())
    page.fill("[name=said]", "指出抓党建责任落实不到位。")
    page.fill("[name=demands]", "一个月内整改到位。")
    says(page, SAVED)
    assert Interview.objects.get().said == "指出抓党建责任落实不到位。"
    screen.press("button[value=held]")
    reader = seats["writer"]
    reader.go("/")
    reader.press(f"a[href='{reverse('reviews:interview', args=[round_.pk, made.pk])}']")
    reader.page.fill("[name=remark]", "记录属实，无异议。")
    reader.press("button[value=confirm]")
    assert Interview.objects.get().state == "confirmed"
    desk.go(reverse("reviews:interview_print", args=[round_.pk, made.pk]))
    assert "被谈话人：" in desk.page.inner_text("article")

"""Voting in a real browser: once however often it is tried, offline, and what stays on the device."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import expect

from tests.factories import make_user
from tests.reviews.booth_stage import ONE, POINTS, Vote, everything, stored
from units.models import Role

from .booth_page import PHONE, RECEIPT, choose, drafted, rated, scan
from .stage import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


# ---------------------------------------------------------------- once


def test_a_reload_and_the_back_button_lead_to_the_same_receipt(screens):
    vote = Vote()
    code = vote.code()
    screen = screens()
    page = scan(screen, code)
    choose(page, 0, "称职")
    page.click("#send")
    expect(page.locator("#review")).to_be_visible()
    page.go_back()
    expect(page.locator("#edit")).to_be_visible()
    assert page.locator(".kb-q").first.locator("input:checked").count() == 1
    page.go_forward()
    expect(page.locator("#review")).to_be_visible()
    page.dblclick("[data-send]")
    receipt = page.inner_text(RECEIPT)
    page.go_back()
    page.wait_for_timeout(300)
    assert page.inner_text(RECEIPT) == receipt
    page.reload()
    page.wait_for_selector("[data-in]")
    assert page.inner_text(RECEIPT) == receipt
    assert code not in page.url
    assert stored() == (1, 1)


def test_a_second_tab_and_a_second_device_end_in_the_same_receipt(screens):
    vote = Vote()
    code = vote.code()
    screen, other = screens(), screens(820)
    first = scan(screen, code)
    second = scan(screen, code, screen.page.context.new_page())
    elsewhere = scan(other, code)
    choose(elsewhere, 0, "优秀")
    elsewhere.click("#send")
    choose(first, 0, "称职")
    first.click("#send")
    first.click("[data-send]")
    expect(first.locator("#done")).to_be_visible()
    receipt = first.inner_text(RECEIPT)
    second.wait_for_selector("[data-in]")
    assert second.inner_text(RECEIPT) == receipt, "the other tab notices by itself"
    elsewhere.click("[data-send]")
    expect(elsewhere.locator("[data-again]")).to_be_visible()
    assert elsewhere.inner_text(RECEIPT) == receipt
    vote.count()
    assert vote.counted()[vote.subjects[0].name, "DE"] == {"称职": 1}


def test_offline_it_waits_and_goes_by_itself(screens):
    vote = Vote()
    screen = screens()
    page = scan(screen, vote.code())
    choose(page, 0, "称职")
    page.click("#send")
    page.context.set_offline(True)
    page.click("[data-send]")
    expect(page.locator("p[data-sending]")).to_contain_text("已离线，您的选择保存在本机")
    assert stored() == (0, 0)
    page.context.set_offline(False)
    expect(page.locator("#done")).to_be_visible()
    assert stored() == (1, 1)


def test_an_answer_that_is_lost_on_the_way_is_asked_for_again(screens):
    vote = Vote()
    screen = screens()
    page = scan(screen, vote.code())
    choose(page, 0, "称职")
    page.click("#send")
    sent = []

    def lose(route: Any) -> None:
        sent.append(route.fetch().status)
        route.abort()

    page.route("**/vote/cast/", lose, times=1)
    page.click("[data-send]")
    expect(page.locator("#done")).to_be_visible()
    expect(page.locator("[data-again]")).to_be_visible()
    assert sent == [200]
    assert stored() == (1, 1)


def test_a_page_that_was_left_before_the_answer_says_so_and_asks_again(screens):
    vote = Vote()
    screen = screens()
    page = scan(screen, vote.code())
    choose(page, 0, "称职")
    page.click("#send")
    page.route("**/vote/cast/", lambda route: route.abort())
    page.click("[data-send]")
    expect(page.locator("p[data-sending]")).to_contain_text("已离线")
    page.unroute("**/vote/cast/")
    page.reload()
    expect(page.locator("p[data-restored]")).to_contain_text("没有得到确认")
    rated(page, 1, 3)


# ---------------------------------------------------------------- the device


def test_a_draft_stays_on_the_device_alone_and_goes_with_the_ballot(screens):
    vote = Vote(voting="comments = true")
    code = vote.code()
    screen = screens()
    page = scan(screen, code)
    before = everything(), stored(), dict(cache._cache)
    choose(page, 0, "称职")
    choose(page, 2, "弃权")
    page.locator("summary").first.click()
    page.fill("textarea >> nth=0", "作风扎实")
    drafted(page, 3)
    kept = page.evaluate("JSON.stringify({...localStorage})")
    assert "作风扎实" in kept
    assert code not in kept
    assert code.replace("-", "") not in kept
    page.reload()
    expect(page.locator("p[data-restored]")).to_contain_text("已恢复")
    rated(page, 2, 3)
    assert page.input_value("textarea >> nth=0") == "作风扎实"
    assert (everything(), stored(), dict(cache._cache)) == before
    page.click("#send")
    page.click("[data-send]")
    expect(page.locator("#done")).to_be_visible()
    page.wait_for_function(
        "() => !(JSON.stringify({...localStorage}) + document.documentElement.outerHTML).includes('作风扎实')"
    )


def test_two_people_at_one_device_do_not_mix(screens):
    vote = Vote()
    first, second = vote.code(1), vote.code(2)
    screen = screens()
    page = scan(screen, first)
    choose(page, 0, "称职")
    drafted(page, 1)
    scan(screen, second)
    rated(page, 0, 3)
    choose(page, 1, "优秀")
    choose(page, 2, "优秀")
    drafted(page, 2)
    scan(screen, first)
    rated(page, 1, 3)
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("[data-clear]")
    page.wait_for_selector("form[data-code]")
    page.reload()
    assert page.locator("form[data-code]").count() == 1, "nobody comes back to the ballot from here"
    scan(screen, first)
    rated(page, 0, 3)
    scan(screen, second)
    rated(page, 2, 3)


def test_large_type_stays_and_fits(screens):
    vote = Vote(subjects=3, leaves=(*ONE, ("ZH", "综合评价", POINTS)))
    screen = screens(390)
    page = scan(screen, vote.code())
    before = page.evaluate("getComputedStyle(document.querySelector('.kb-choices span')).fontSize")
    page.click("[data-large]")
    page.reload()
    page.wait_for_selector("#ballot")
    after = page.evaluate("getComputedStyle(document.querySelector('.kb-choices span')).fontSize")
    assert float(after[:-2]) > float(before[:-2]) * 1.3
    screen.look()
    assert screen.complaints == []


# ---------------------------------------------------------------- accounts and links


def test_a_log_in_that_ends_meanwhile_is_renewed_in_another_tab(screens):
    user = make_user(Role.LEADER, username="leader-1")
    user.set_password(PASSWORD)
    user.save()
    vote = Vote(kind="accounts", ids=(user.pk,))
    screen = screens()
    page = screen.page
    log_in(page, screen.address)
    page.goto(f"{screen.address}/vote/")
    page.click("button[name=ballot]")
    choose(page, 0, "称职")
    page.click("#send")
    Session.objects.all().delete()
    page.click("[data-send]")
    expect(page.locator("p[data-sending]")).to_contain_text("登录已过期")
    log_in(page.context.new_page(), screen.address)
    page.click("[data-send]")
    expect(page.locator("#done")).to_be_visible()
    assert stored() == (1, 1)
    assert vote.poll.entitlements.count() == 1


def log_in(page: Any, address: str) -> None:
    page.goto(f"{address}{reverse('units:login')}")
    page.fill("[name=username]", "leader-1")
    page.fill("[name=password]", PASSWORD)
    page.click("main form button[type=submit]")
    page.wait_for_url(f"{address}/")


@pytest.mark.parametrize("lost", ["cookies", "storage"])
def test_a_device_is_known_again_at_a_link_though_half_of_its_traces_are_gone(screens, lost):
    vote = Vote(kind="door", number=3, label="公众评议")
    screen = screens()
    page = screen.page
    link = screen.address + reverse("reviews:booth_door", args=[vote.door.token])
    page.goto(link)
    choose(page, 0, "称职")
    page.click("#send")
    page.click("[data-send]")
    expect(page.locator("#done")).to_be_visible()
    receipt = page.inner_text(RECEIPT)
    if lost == "cookies":
        page.context.clear_cookies()
    else:
        page.evaluate("localStorage.clear(); sessionStorage.clear()")
    page.goto(link)
    page.wait_for_selector("[data-in]")
    assert page.inner_text(RECEIPT) == receipt
    assert stored() == (1, 1)


def test_a_reload_at_a_link_keeps_the_draft(screens):
    vote = Vote(kind="door", number=3, label="公众评议")
    screen = screens()
    page = screen.page
    page.goto(screen.address + reverse("reviews:booth_door", args=[vote.door.token]))
    choose(page, 0, "称职")
    drafted(page, 1)
    page.reload()
    rated(page, 1, 3)
    screen.look()
    assert screen.complaints == []


def test_who_comes_before_the_opening_gets_the_ballot_by_itself(screens):
    vote = Vote(kind="door", number=3, label="会场", start=False)
    screen = screens(390, **PHONE)
    page = screen.page
    screen.go(reverse("reviews:booth_door", args=[vote.door.token]))
    expect(page.locator("h1")).to_have_text("投票尚未开始")
    vote.start()
    page.wait_for_selector("#ballot")
    choose(page, 0, "称职")
    drafted(page, 1)
    page.reload()
    rated(page, 1, 3)
    page.click("#send")
    page.click("[data-send]")
    expect(page.locator("#done")).to_be_visible()
    assert stored() == (1, 1)
    assert screen.complaints == []

"""Voting in a real browser: by thumb, by keyboard, without a script, by those who do not see the screen."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.reviews.booth_stage import POINTS, THREE, Vote, stored

from .booth_page import PHONE, button, choose, looks, rated, scan

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


# ---------------------------------------------------------------- by thumb


def test_45_subjects_by_thumb_on_a_phone(screens):
    vote = Vote(subjects=45, voting='limits = { "优秀" = 0.30 }')
    code = vote.code()
    screen = screens(390, **PHONE)
    page = scan(screen, code)
    assert code not in page.url
    screen.look()
    small = page.evaluate("""() => [...document.querySelectorAll("#edit button, #edit .kb-choices label")]
      .filter(one => one.offsetParent && !one.matches(".kb-link"))
      .map(one => one.getBoundingClientRect()).filter(box => box.height < 44 || box.width < 44).length""")
    assert small == 0, "something is smaller than a thumb"
    rated(page, 0, 45)
    for number in range(45):
        page.tap(".kb-bar [data-next]")
        button(page.locator(".kb-who:has(:focus)"), "优秀" if number < 13 else "称职").tap()
    rated(page, 45, 45)
    expect(page.locator(".kb-bar [data-next]")).to_be_hidden()
    expect(page.locator("[data-limits]")).to_have_text("“优秀”还可评 0 个（最多 13 个）")
    last = page.locator(".kb-who").nth(44)
    button(last, "优秀").tap()
    expect(last.locator(".kb-error")).to_contain_text("“优秀”最多 13 个")
    assert last.locator("input:checked").get_attribute("value") == "称职", (
        "the refused choice gives way to the one before"
    )
    page.tap("#send")
    expect(page.locator("#review dl")).to_have_text("优秀13称职32基本称职0不称职0")
    screen.look()
    page.tap("[data-send]")
    expect(page.locator("#done-title")).to_be_focused()
    screen.look()
    assert stored() == (1, 1)
    vote.count()
    assert sorted(str(row) for row in vote.counted().values()) == [str({"优秀": 1})] * 13 + [str({"称职": 1})] * 32
    assert screen.complaints == []


def test_a_figure_off_the_scale_is_no_rating(screens):
    vote = Vote(subjects=3, leaves=(("JI", "实绩得分", POINTS),))
    page = scan(screens(390, **PHONE), vote.code())
    figure = page.locator("input[inputmode]").first
    figure.fill("90")
    rated(page, 1, 3)
    figure.fill("101")
    figure.blur()
    rated(page, 0, 3)
    expect(page.locator(".kb-who.kb-rated")).to_have_count(0)
    expect(page.locator(".kb-error")).to_contain_text("0 至 100")
    assert stored() == (0, 0)


def test_the_first_load_of_a_large_ballot_is_small(screens):
    """Bytes on the wire for 45 subjects on three leaves: on 400 kbit/s a kilobyte is a fiftieth of a second."""
    vote = Vote(subjects=45, leaves=THREE, voting="comments = true")
    screen = screens(390, **PHONE)
    sizes: dict[str, int] = {}
    watch = screen.page.context.new_cdp_session(screen.page)
    watch.send("Network.enable")
    watch.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    address = f"{screen.address}/vote/"
    screen.page.goto(address)
    sizes.clear()
    screen.page.fill("#code", vote.code())
    screen.page.click("form[data-code] button")
    screen.page.wait_for_selector(".kb-quick")
    assert 0 < sum(sizes.values()) < 60_000


# ---------------------------------------------------------------- by keyboard


def test_by_keyboard_alone_and_enter_never_sends(screens):
    vote = Vote(subjects=4, leaves=THREE, voting='limits = { "优秀" = 0.5 }')
    screen = screens(1440)
    page = screen.page
    screen.go("/vote/")
    keys = page.keyboard
    focus_by_tab(page, "#code")
    keys.type(vote.code().lower())
    keys.press("Enter")
    page.wait_for_selector("#ballot")
    page.wait_for_load_state("load")  # with its scripts: until then a skip link only jumps, and Enter sends the form
    keys.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#list", "the skip links come first"
    keys.press("Tab")
    keys.press("Enter")
    for subject in range(4):
        for leaf in range(2):
            # The first arrow takes the first choice where nothing is chosen; three subjects want what two may get.
            keys.press("Space")
            if subject >= 2:
                keys.press("ArrowRight")
            keys.press("Enter")
            assert focused_name(page) == f"a.{vote.subjects[subject].pk}.{('DE', 'NENG')[leaf]}"
            keys.press("Tab")
        keys.press("Tab")  # the minus button
        keys.type("9")
        keys.press("ArrowUp")
        assert page.evaluate("document.activeElement.value") == "10"
        focus_by_tab(
            page, f'[name="a.{vote.subjects[subject + 1].pk}.DE"]' if subject < 3 else ".kb-bar button:visible"
        )
    rated(page, 4, 4)
    focus_by_tab(page, "#send")
    keys.press("Enter")
    expect(page.locator("#review-title")).to_be_focused()
    keys.press("Enter")
    assert stored() == (0, 0), "Enter on the heading sends nothing"
    focus_by_tab(page, "[data-send]")
    keys.press("Enter")
    expect(page.locator("#done-title")).to_be_focused()
    vote.count()
    names = [subject.name for subject in vote.subjects]
    assert [vote.counted()[name, "DE"] for name in names] == [{"优秀": 1}] * 2 + [{"称职": 1}] * 2
    assert [vote.counted()[name, "JI"] for name in names] == [{"10": 1}] * 4
    assert screen.complaints == []


def focused_name(page: Any) -> str:
    return str(page.evaluate("document.activeElement.name"))


def focus_by_tab(page: Any, selector: str) -> None:
    for _step in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector.replace(':visible', ''))", selector):
            return
    pytest.fail(f"{selector} is not reached by the Tab key")


def test_an_option_beyond_its_limit_does_not_trap_the_arrow_keys(screens):
    vote = Vote(subjects=2, voting='limits = { "优秀" = 0.5 }')
    page = scan(screens(820), vote.code())
    choose(page, 0, "优秀")
    page.focus(f'[name="a.{vote.subjects[1].pk}.DE"]')
    page.keyboard.press("Space")
    expect(page.locator(".kb-q").nth(1).locator(".kb-error")).to_contain_text("最多 1 个")
    assert page.locator(".kb-q").nth(1).locator("input:checked").count() == 0
    page.keyboard.press("ArrowRight")
    assert page.locator(".kb-q").nth(1).locator("input:checked").get_attribute("value") == "称职"
    expect(page.locator(".kb-q").nth(1).locator(".kb-error")).to_have_count(0)


# ---------------------------------------------------------------- axe


@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_nothing_wrong_anywhere(screens, width):
    vote = Vote(subjects=4, leaves=THREE, voting='comments = true\nlimits = { "优秀" = 0.5 }\ninvalid = ["all_same"]')
    code = vote.code()
    screen = screens(width, bypass_csp=True)
    page = screen.page
    found = {}
    screen.go("/vote/")
    found["entry"] = looks(page)
    page.fill("#code", "WRONG")
    screen.press("form[data-code] button")
    found["wrong code"] = looks(page)
    scan(screen, code)
    choose(page, 0, "优秀")
    choose(page, 2, "弃权")
    page.fill(".kb-figure input >> nth=1", "101")
    page.locator(".kb-who summary").first.click()
    page.fill("textarea >> nth=0", "踏实")
    screen.look()
    found["ballot"] = looks(page)
    page.click("[data-large]")
    screen.look()
    found["large"] = looks(page)
    page.click("[data-large]")
    page.fill(".kb-figure input >> nth=1", "")
    page.click("#send")
    expect(page.locator("#review")).to_be_visible()
    found["last look"] = looks(page)
    page.click("[data-send]")
    expect(page.locator("#done-title")).to_be_visible()
    found["receipt"] = looks(page)
    scan(screen, code)
    found["receipt again"] = looks(page)
    address = reverse("reviews:booth_receipts", args=[vote.poll.pk])
    screen.go(address)
    found["list to come"] = looks(page)
    vote.count()
    screen.go(address)
    found["list"] = looks(page)
    assert {name: problems for name, problems in found.items() if problems} == {}
    assert [line for line in screen.complaints if "422" not in line] == []


# ---------------------------------------------------------------- without a script


def test_without_a_script(screens):
    vote = Vote(subjects=3, leaves=THREE, voting="comments = true")
    screen = screens(390, java_script_enabled=False)
    page = screen.page
    page.goto(f"{screen.address}/vote/")
    page.fill("#code", vote.code())
    page.click("form[data-code] button")
    choose(page, 0, "称职")
    figure = page.locator(".kb-figure input").first
    figure.fill("101")
    figure.press("Enter")
    assert page.locator(".kb-who .kb-error").count() == 1
    assert stored() == (0, 0)
    page.locator(".kb-figure input").first.fill("88")
    page.click("#send")
    page.click("button[value=cast]")
    expect(page.locator("h1")).to_have_text("您的选票已经收到")
    assert len(page.inner_text("[data-receipt]")) == 11
    vote.count()
    first = vote.subjects[0].name
    assert vote.counted()[first, "JI"] == {"88": 1}
    assert vote.counted()[first, "DE"] == {"称职": 1}

"""A review meeting in Chromium: the clock on the big screen, and minutes that save themselves."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from reviews.models import Meeting, Remark, Talk
from reviews.queries.meetings import talks_of
from reviews.services.attendance import NewAttendee
from reviews.services.attendance import expect as expect_people
from reviews.services.meetings import open_meeting
from reviews.services.minutes import fingerprint, save_cell
from tests.factories import make_user
from tests.reviews.meeting_stage import people_round, planned
from units.models import Role, User

from .stage import PASSWORD
from .test_browser import log_in, windows  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
START = "2026-12-10T08:30:00"


@pytest.fixture
def hall(windows):  # noqa: F811
    """`hall(name, width)` opens a page of a meeting that is under way, in a window of the office of its own."""
    office = make_user(Role.OFFICE, username="office")
    office.set_password(PASSWORD)
    office.save()
    meeting = planned(people_round(), office)
    open_meeting(meeting=meeting, by=office)

    def sit(name: str, *more: Any, width: int = 1440, stopped: bool = False) -> Any:
        screen = windows(width)
        log_in(screen, "office")
        screen.complaints.clear()  # about the home page, which is not in question here
        if stopped:
            screen.page.clock.install(time=START)
        screen.go(reverse(f"reviews:{name}", args=[meeting.round_id, meeting.pk, *more]))
        return screen

    sit.meeting = meeting  # type: ignore[attr-defined]
    return sit


def shows(page: Any, part: str, words: str) -> None:
    page.locator(f"[data-{part}]", has_text=re.compile(words)).wait_for(timeout=15_000)


def level(page: Any, name: str) -> None:
    page.locator(f"[data-timer][data-level={name}]").wait_for(timeout=15_000)


def state(eventually: Any, talk: Talk, expected: str) -> Talk:
    return eventually(lambda: Talk.objects.filter(pk=talk.pk, state=expected).first())


@pytest.mark.parametrize("width", [1920, 390])
def test_the_clock_warns_by_colour_and_word_and_is_run_by_keys(hall, eventually, width):
    first, second, *_rest = talks_of(hall.meeting)
    screen = hall("meeting_timer", width=width, stopped=True)
    page = screen.page
    shows(page, "name", first.subject.name)
    shows(page, "clock", "8:00")
    page.keyboard.press("Space")
    shows(page, "status", "剩余时间")
    state(eventually, first, "running")
    page.clock.fast_forward("06:59")
    level(page, "none")
    page.clock.fast_forward("00:02")
    level(page, "soon")
    shows(page, "status", "不足 1 分钟")
    page.clock.fast_forward("01:05")
    level(page, "over")
    shows(page, "status", "超时")
    shows(page, "clock", r"\+0:0[5-9]")
    screen.look()
    page.keyboard.press("Enter")
    done = state(eventually, first, "done")
    assert 484_000 <= done.spoken <= 500_000
    shows(page, "name", second.subject.name)
    shows(page, "progress", "1 / 5")
    level(page, "none")
    page.keyboard.press("ArrowLeft")
    shows(page, "status", "已述职")
    screen.look()
    assert screen.complaints == []


def test_what_is_written_can_be_read_from_the_last_row(hall):
    page = hall("meeting_timer", width=1920).page
    page.set_viewport_size({"width": 1920, "height": 1080})

    def height(part: str) -> float:
        return float(page.evaluate(f"parseFloat(getComputedStyle(document.querySelector('[data-{part}]')).fontSize)"))

    # A letter of 1/200 of the distance is read with ease: 10 cm of 20 m, on a screen 1.5 m high 72 of 1,080 pixels.
    assert height("clock") > 300
    assert height("name") >= 100
    assert height("status") >= 72


def test_the_clock_goes_on_without_a_connection_and_is_saved_later(hall, eventually):
    first, second, *_rest = talks_of(hall.meeting)
    page = hall("meeting_timer", stopped=True).page
    shows(page, "clock", "8:00")
    page.context.set_offline(True)
    page.keyboard.press("Space")
    page.clock.fast_forward("03:20")
    shows(page, "clock", "4:[34]")
    shows(page, "net", "网络不通")
    page.keyboard.press("Enter")
    shows(page, "name", second.subject.name)
    page.keyboard.press("Space")
    page.clock.fast_forward("00:30")
    assert not Talk.objects.exclude(state="waiting").exists()
    page.context.set_offline(False)
    page.clock.fast_forward("00:10")
    done = state(eventually, first, "done")
    assert 200_000 <= done.spoken <= 215_000
    assert state(eventually, second, "running").spoken >= 30_000
    eventually(
        lambda: (
            page.evaluate("localStorage.length") == 0
            or "unsent" not in page.evaluate("Object.values(localStorage).join()")
        )
    )


def test_two_screens_show_the_same(hall, eventually):
    first, *_rest = talks_of(hall.meeting)
    one, other = hall("meeting_timer").page, hall("meeting_timer", width=390).page
    other.click("[data-do=toggle]")
    assert state(eventually, first, "running").state == "running"
    shows(one, "status", "剩余时间")
    one.keyboard.press("Space")
    assert state(eventually, first, "paused").spoken > 0
    shows(other, "status", "已暂停")
    clocks = [page.locator("[data-clock]").inner_text() for page in (one, other)]
    assert clocks[0] == clocks[1], "both stand still at the same time"


def test_minutes_save_themselves_field_by_field(hall, eventually):
    talk = talks_of(hall.meeting)[0]
    screen = hall("talk_record", talk.pk)
    page = screen.page
    page.fill(f"[name='talk.{talk.pk}.summary']", "一年来主持支部工作。")
    question = page.locator("[data-rows=question] [data-blank]")
    question.locator("textarea").nth(0).fill("存款计划为何没有完成？")
    question = page.locator("[data-rows=question] [data-row]").nth(0)
    question.locator("textarea").nth(1).fill("一季度有大户转出。")
    assert page.locator("[data-rows=question] [data-blank]").count() == 1
    page.locator("[data-state]", has_text="已保存").wait_for(timeout=15_000)
    kept = eventually(lambda: Remark.objects.filter(answer="一季度有大户转出。").first())
    assert kept.text == "存款计划为何没有完成？"
    assert Talk.objects.get(pk=talk.pk).summary == "一年来主持支部工作。"
    eventually(lambda: page.evaluate("localStorage.length") == 0)
    screen.look()
    assert screen.complaints == []


def test_nothing_that_was_typed_is_lost(hall, eventually):
    meeting, talk = hall.meeting, talks_of(hall.meeting)[0]
    page = hall("talk_record", talk.pk).page
    summary = f"[name='talk.{talk.pk}.summary']"
    page.context.set_offline(True)
    page.fill(summary, "断网时记的")
    page.locator("[data-rows=question] [data-blank] textarea").nth(0).fill("断网时的提问")
    page.locator("[data-state]", has_text="已保留在本浏览器中").wait_for(timeout=15_000)
    address = page.url
    page.context.set_offline(False)
    page.goto("about:blank")
    page.goto(address)
    assert page.input_value(summary) == "断网时记的"
    eventually(lambda: Talk.objects.get(pk=talk.pk).summary == "断网时记的")
    eventually(lambda: Remark.objects.filter(text="断网时的提问").exists())
    # Somebody else writes over it: both are shown, and the person decides.
    office = meeting.created_by
    cell = f"talk.{talk.pk}.summary"
    save_cell(meeting=meeting, cell=cell, text="另一人记的", seen=fingerprint("断网时记的"), by=office)
    page.fill(summary, "我接着记的")
    note = page.locator(f"[data-cell='{cell}'] .kp-cell-note", has_text="另一人记的")
    note.wait_for(timeout=15_000)
    assert Talk.objects.get(pk=talk.pk).summary == "另一人记的"
    note.locator("button", has_text="两份都保留").click()
    eventually(lambda: Talk.objects.get(pk=talk.pk).summary == "另一人记的\n我接着记的")


def test_the_agenda_is_moved_with_the_keyboard(hall, eventually):
    meeting = Meeting.objects.get()
    before = [talk.pk for talk in talks_of(meeting)]
    screen = hall("meeting_agenda")
    page = screen.page
    row = page.locator(f"tr[data-talk='{before[0]}']")
    row.focus()
    with page.expect_navigation():
        page.keyboard.press("Alt+ArrowDown")
    eventually(lambda: [talk.pk for talk in talks_of(meeting)] == [before[1], before[0], *before[2:]])
    assert page.evaluate("document.activeElement.dataset.talk") == str(before[0])
    handle, target = (page.locator(f"tr[data-talk='{key}'] [data-handle]") for key in (before[0], before[3]))
    start, end = handle.bounding_box(), target.bounding_box()
    page.mouse.move(start["x"] + 4, start["y"] + 4)
    page.mouse.down()
    page.mouse.move(end["x"] + 4, end["y"] + end["height"] / 2, steps=8)
    page.mouse.move(end["x"] + 4, end["y"] + end["height"] - 1, steps=3)
    with page.expect_navigation():
        page.mouse.up()
    assert [talk.pk for talk in talks_of(meeting)].index(before[0]) > 1
    screen.look()
    assert screen.complaints == []


def test_all_who_are_expected_are_checked_in_by_one_tick(hall):
    people = [NewAttendee(f"来宾{number}") for number in "甲乙丙丁"]
    expect_people(meeting=hall.meeting, who=people, by=User.objects.get(username="office"))
    screen = hall("meeting_attendance", width=390)
    screen.page.check("[data-check-all]")
    screen.press("button[value=present]")
    assert set(hall.meeting.attendees.values_list("presence", flat=True)) == {"present"}
    assert screen.complaints == []

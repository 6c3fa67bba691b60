"""Polls in Chromium: the big screen of a meeting by keyboard, the live turnout, and what is shown once."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from reviews.models import Poll
from reviews.services.polls.casting import cast_at_door
from reviews.services.polls.preparing import change_poll
from reviews.services.polls.setup import close_poll, fix_poll
from tests.factories import district_round, make_user
from tests.reviews.polls import open_poll, poll_for, sheets, vote, with_key
from units.models import Role, User

from .stage import PASSWORD
from .test_browser import log_in, windows  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def an_office() -> User:
    office = make_user(Role.OFFICE, username="office")
    office.set_password(PASSWORD)
    office.save()
    return office


def seated(screen: Any, name: str, poll: Poll) -> Any:
    log_in(screen, "office")
    screen.complaints.clear()  # about the home page, which is not in question here
    screen.go(reverse(f"reviews:{name}", args=[poll.round_id, poll.pk]))
    return screen.page


def test_the_big_screen_is_opened_by_keyboard_and_follows_the_vote(windows):  # noqa: F811
    office, round_ = an_office(), district_round(4)
    with_key(round_, office)
    poll = poll_for(round_, "leader", office, kind="door", number=5, label="会场")
    poll = fix_poll(poll=change_poll(poll=poll, in_meeting=True, by=office), by=office)
    screen = windows(1920)
    page = seated(screen, "poll_screen", poll)
    page.locator(".ps-waits").wait_for()
    code = page.locator(".kp-qr").bounding_box()
    assert code["width"] > 500, "read from the last row"
    page.focus("summary")
    for key in ("Enter", "Tab", "Enter"):
        page.keyboard.press(key)
    page.locator(".ps-open").wait_for(timeout=15_000)
    answers = {(subject.pk, "E2"): "90" for subject in round_.subjects.all()}
    cast_at_door(door=poll.doors.get(), token="device-1", answers=answers)
    page.locator(".ps-used", has_text="1").wait_for(timeout=15_000)
    close_poll(poll=poll, by=office)
    page.locator(".ps-over").wait_for(timeout=15_000)
    assert screen.complaints == []


def test_the_turnout_changes_by_itself_and_buttons_keep_the_focus(windows):  # noqa: F811
    office, round_ = an_office(), district_round(4)
    with_key(round_, office)
    poll = open_poll(poll=poll_for(round_, "leader", office, kind="slips", number=5), by=office)
    screen = windows(1440)
    page = seated(screen, "poll", poll)
    page.focus("button[value=close]")
    vote(sheets(poll)[0], "90")
    page.locator(f"#turnout-{poll.pk}", has_text="1 / 5").wait_for(timeout=20_000)
    assert page.evaluate("document.activeElement.value") == "close"
    assert screen.complaints == []


def test_slips_are_not_left_by_mistake_and_printed_ten_on_a_sheet(windows):  # noqa: F811
    office, round_ = an_office(), district_round(4)
    with_key(round_, office)
    poll = open_poll(poll=poll_for(round_, "leader", office, kind="slips", number=20), by=office)
    screen = windows(1440)
    page = seated(screen, "poll_slips", poll)
    asked: list[str] = []

    def answer(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    page.click("button[value=print]")
    page.locator(".kp-slip").first.wait_for(timeout=15_000)
    assert page.locator(".kp-slip").count() == 20
    page.emulate_media(media="print")
    height = page.evaluate("document.querySelector('.kp-slip').getBoundingClientRect().height")
    assert 5 * height * 25.4 / 96 <= 297 - 2 * 14, "five rows of two on a sheet of A4"
    page.emulate_media(media="screen")
    page.click(f"a[href='{reverse('reviews:poll_slips', args=[round_.pk, poll.pk])}']")
    page.locator("#again").wait_for(timeout=15_000)
    assert asked == ["confirm", "beforeunload"]
    assert screen.complaints == []

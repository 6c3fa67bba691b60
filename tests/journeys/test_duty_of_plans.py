"""The seven plans with duty reports, page by page, from the first account to the problem that is struck off."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from reviews.models import DutyReport, Interview, LedgerItem
from tests.reviews.duty import good_texts

from .duty_stage import Journey
from .screen import Screen
from .stage import PASSWORD
from .test_browser import log_in, windows  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db(transaction=True)
# Plan → what everybody gives the four subjects, and the grades that follow: by the plan's own limits and rules.
PLANS = {
    "bank-midlevel": (("95", "88", "80", "70"), ("优秀", "优秀", "称职", "基本称职")),
    "farm-two-duties": (("90", "90", "80", "70"), ("好", "好", "较好", "一般")),
    # Two of four may be 好 (60 %); more than a tenth of the votes are 一般 for the last.
    "system-party-secretary": (("95", "95", "85", "70"), ("好", "好", "较好", "差")),
    "education-secretary": (("90", "90", "70", "60"), ("好", "好", "一般", "差")),
    "college-branch-secretary": (("95", "95", "85", "70"), ("好", "好", "较好", "一般")),
    "community-secretary": (("95", "95", "85", "70"), ("好", "好", "好", "一般")),
    "county-secretary": (("95", "95", "85", "70"), ("好", "好", "好", "一般")),
}


@pytest.mark.parametrize("plan", PLANS)
def test_from_writing_to_the_struck_off_problem(plan):
    values, grades = PLANS[plan]
    journey = Journey(plan, values)
    journey.open_round()
    journey.hand_out_accounts()
    journey.write_reports()
    journey.review_reports()
    journey.compare_reports()
    journey.hold_meeting()
    journey.vote()
    journey.mark()
    journey.compute_and_announce(dict(zip(journey.values, grades, strict=True)))
    journey.publish()
    journey.put_right()
    if plan == "bank-midlevel":  # of its grades only 不称职 would lead to one
        page = journey.office.get(reverse("scoring:result_interviews", args=[journey.round.pk]))
        assert "没有须约谈的结果" in page.text
    else:
        journey.interview()


# ---------------------------------------------------------------- one of them at the screen

PASTE = """(field, html) => {
  const data = new DataTransfer();
  data.setData("text/html", html);
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
  field.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""
WORD = (
    """<h2>抓责任</h2><p>我<b>带头</b>抓。</p><script>window.ran = 1</script><img src="x" onerror="window.ran = 2">"""
)


@pytest.mark.browser
def test_the_farm_at_the_screen_and_on_a_phone(windows):  # noqa: F811
    values, grades = PLANS["farm-two-duties"]
    journey = Journey("farm-two-duties", values)
    journey.open_round()
    journey.hand_out_accounts()
    desk, phone = windows(1440), windows(390)
    for screen in (desk, phone):
        log_in(screen, "S01", f"{PASSWORD}-S01")
    first = journey.subjects[0]
    write(desk, journey.url("duty_edit", first.pk), good_texts(first, first.name))
    phone.go(journey.url("duty_report", first.pk))
    journey.write_reports()
    journey.review_reports()
    journey.hold_meeting()
    journey.vote()
    journey.compute_and_announce(dict(zip(journey.values, grades, strict=True)))
    phone.go(reverse("scoring:subject_result", args=[journey.round.pk, first.pk]))
    expect(phone.page.locator("main")).to_contain_text("好")
    journey.publish()
    journey.put_right()
    journey.interview()
    phone.go(journey.url("ledger"))
    look_around(windows, journey)
    assert desk.complaints == []
    assert phone.complaints == []


def write(screen: Screen, address: str, texts: dict[str, str]) -> None:
    """Paste from Word, hand in too early, and once all is there; no script of the paste runs."""
    page = screen.page
    page.on("dialog", lambda dialog: dialog.accept())
    screen.go(address)
    area = page.locator("textarea[data-key]").first
    area.fill("一、上半年。")
    area.evaluate(PASTE, WORD)
    expect(area).to_have_value("一、上半年。\n（一）抓责任\n我带头抓。")
    assert page.evaluate("window.ran") is None
    with page.expect_navigation():
        page.click("button[value=submit]")
    expect(page.locator("[role=alert]").first).to_contain_text("还不能提交")
    expect(page.locator("textarea[data-key]").first).to_have_value("一、上半年。\n（一）抓责任\n我带头抓。")
    screen.complaints.clear()  # the answer 422, and that the policy kept what was pasted from running
    for key, said in texts.items():
        page.locator(f'textarea[data-key="{key}"]').fill(said)
    expect(page.locator("[data-unmet-count]")).to_have_text("全部要求已达到")
    screen.press("button[value=submit]")
    assert DutyReport.objects.get().state == "submitted"


def look_around(windows: Any, journey: Journey) -> None:  # noqa: F811
    """The office's pages of all that, full of it: Chinese, no wider than the screen, nothing refused by the policy."""
    meeting, subject = journey.meeting.pk, journey.subjects[0].pk
    poll = journey.round.polls.order_by("pk")[0].pk
    pages = [
        *(
            journey.url(name)
            for name in ("duty_list", "duty_similarity", "polls", "meetings", "published", "ledger", "interviews")
        ),
        *(journey.url(name, subject) for name in ("duty_report", "duty_compare")),
        *(
            journey.url(name, meeting)
            for name in ("meeting", "meeting_agenda", "meeting_attendance", "meeting_minutes")
        ),
        journey.url("poll", poll),
        journey.url("ledger_item", LedgerItem.objects.earliest("pk").pk),
        journey.url("interview", Interview.objects.get().pk),
        reverse("reports:circular", args=[journey.round.pk]),
        reverse("scoring:ranking", args=[journey.round.pk]),
    ]
    for width in (1440, 390):
        screen = windows(width)
        log_in(screen, "office")
        for address in pages:
            screen.go(address)
        assert screen.complaints == []

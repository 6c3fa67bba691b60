"""The rectification ledger in Chromium: from a meeting's commentary to the struck-off item and next year's report."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from django.urls import reverse

from reviews.models import LedgerItem
from reviews.words import today
from tests.factories import make_user
from tests.reviews.duty import again, duty_round, subject_of, writer_of
from tests.reviews.ledger_stage import add, commentary, late, reported
from units.models import Role, User

from .screen import Screen
from .stage import PASSWORD
from .test_browser import log_in, windows  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MEASURES, PROGRESS, DONE = "每月到联系点走访两次", "十月走访六户", "累计走访三十户，问题已解决"


def named(user: User, username: str) -> User:
    user.username = username
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def desk(windows):  # noqa: F811
    """`desk(username, width)`: a window in which somebody is logged in. The first two subjects have a commentary."""
    round_ = duty_round("community-secretary", people=3)
    subject = subject_of(round_)
    remark = commentary(round_, subject, "一年来走访联系点偏少，对困难群众的情况掌握不够具体。")
    commentary(round_, subject_of(round_, 1), "下步打算不够具体。")
    named(make_user(Role.OFFICE, name="考核办甲"), "office")
    named(writer_of(subject), "unit")

    def sit(username: str, width: int) -> Screen:
        screen = windows(width)
        log_in(screen, username)
        return screen

    sit.round, sit.remark = round_, remark  # type: ignore[attr-defined]
    return sit


def step(screen: Screen, do: str, **fields: str) -> None:
    """Fill in the form of one step of an item, and send it."""
    for name, text in fields.items():
        screen.page.fill(f"#id_{do}_{name}", text)
    screen.press(f"button[name=do][value={do}]")


@pytest.mark.parametrize("width", [1440, 390])
def test_from_the_commentary_to_the_struck_off_item_and_next_years_report(desk, width, tmp_path):
    round_, remark = desk.round, desk.remark
    office, writer = desk("office", width), desk("unit", width)
    for screen in (office, writer):
        screen.page.on("dialog", lambda dialog: dialog.accept())

    office.go(reverse("reviews:talk_record", args=[round_.pk, remark.talk.meeting_id, remark.talk_id]))
    office.press("a:has-text('列入台账')")
    assert office.page.input_value("#id_problem") == remark.text
    office.page.fill("#id_deadline", (today() + datetime.timedelta(days=60)).isoformat())
    office.press("button:has-text('列入台账')")
    item = LedgerItem.objects.get()
    assert office.page.url.endswith(reverse("reviews:ledger_item", args=[round_.pk, item.pk]))

    office.go(reverse("reviews:ledger_findings", args=[round_.pk]))
    office.page.check("input[name=finding]")
    office.press("button:has-text('将所选列入台账')")
    assert "没有待列入的问题" in office.page.inner_text("main")

    writer.go(reverse("reports:home"))
    writer.press("a:has-text('1 项问题待整改')")
    writer.press(f"td a:has-text('{item.code}')")
    step(writer, "measures", measures=MEASURES)
    step(writer, "progress", text=PROGRESS)
    prove(writer, tmp_path)
    step(writer, "report", text=DONE)
    assert "待核验" in writer.page.inner_text("main")
    assert writer.page.locator("button[value=measures]").count() == 0

    office.go(reverse("reports:home"))
    office.press("a:has-text('1 项问题已报整改完成')")
    office.press(f"td a:has-text('{item.code}')")
    step(office, "return", reason="请补充走访名单")
    writer.page.reload()
    assert "请补充走访名单" in writer.page.inner_text(".alert-warning")
    step(writer, "report", text=f"{DONE}（附名单）")

    office.go(reverse("reviews:ledger", args=[round_.pk]) + "?state=reported")
    office.page.check("input[name=item]")
    office.page.fill("input[name=note]", "入户核实，情况属实")
    office.press("button:has-text('核验所选并销号')")
    item.refresh_from_db()
    assert (item.state, item.state_words) == ("struck_off", "入户核实，情况属实")
    office.go(reverse("reviews:ledger_item", args=[round_.pk, item.pk]))
    assert MEASURES in office.page.inner_text("main")
    office.go(reverse("reports:circular", args=[round_.pk]))
    assert "已销号 1 项，其中按期完成 1 项" in office.page.inner_text("main")

    later = again(round_, "2026")
    writer.page.goto(writer.address + reverse("reviews:duty_edit", args=[later.pk, subject_of(later).pk]))
    writer.look(chinese=False)  # names of what its script counts are in its attributes
    page = writer.page.inner_text("main")
    assert item.problem in page
    assert f"{item.code} · 会议点评 · 已销号" in page
    assert told(office) == told(writer) == []


def told(screen: Screen) -> list[str]:
    """What is wrong with the pages; the ending of the proof's own name is no English word of ours."""
    return [words for words in screen.complaints if not words.endswith("in English: ['txt']")]


def prove(screen: Screen, folder: Path) -> None:
    """Bring a file as proof; the page shows it at once."""
    file = folder / "走访记录.txt"
    file.write_text("走访记录", encoding="utf-8")
    page = screen.page
    page.locator("#files input[name=file]").set_input_files(str(file))
    page.click("#files [data-files-send]")
    page.locator("#files .kp-file-list", has_text="走访记录").wait_for()


@pytest.mark.parametrize("width", [1440, 390])
def test_the_office_s_pages_with_a_full_ledger(desk, width):
    """What is late is reminded of, open items are carried on; every page fits and is in Chinese."""
    round_, office_user = desk.round, User.objects.get(username="office")
    for place in range(12):
        subject = subject_of(round_, place % 3)
        item = add(subject, office_user, f"联系服务群众不够经常，第{place + 1}项，制度执行有时打折扣，台账更新不及时。")
        if place % 3 == 0:
            late(item, place + 1)
    reported(subject_of(round_, 1), writer_of(subject_of(round_, 1)), office_user, "谈心谈话记录不全")
    later = again(round_, "2026")
    office = desk("office", width)
    office.page.on("dialog", lambda dialog: dialog.accept())
    office.go(reverse("reviews:ledger", args=[round_.pk]))
    office.press("a:has-text('催办逾期问题')")
    office.press("button[value=send]")
    office.go(reverse("reviews:ledger_carry", args=[later.pk]))
    office.press("button:has-text('结转所选')")
    assert LedgerItem.objects.filter(carries__round=later).count() == 13
    office.go(reverse("reviews:ledger_findings", args=[round_.pk]))
    waiting = LedgerItem.objects.get(state="reported")
    office.go(reverse("reviews:ledger_item", args=[round_.pk, waiting.pk]))
    office.go(reverse("reviews:ledger_item", args=[round_.pk, LedgerItem.objects.earliest("pk").pk]))
    office.go(reverse("reviews:ledger_add", args=[round_.pk]))
    office.go(reverse("reviews:ledger_edit", args=[round_.pk, waiting.pk]))
    office.go(reverse("reports:circular", args=[round_.pk]))
    assert office.complaints == []

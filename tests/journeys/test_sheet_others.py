"""The score sheet in Chromium, when several are at it: whatever somebody else saved comes to be seen."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from reviews.models import Attainment, Mark, ReportSetting
from reviews.services.marks import record_mark
from reviews.services.numbers import NumberRow, save_numbers
from reviews.services.self_reports import Draft, LeafWords, submit_report
from reviews.services.targets import TargetRow, set_targets
from tests.factories import district_round, make_user
from units.models import Role, User

from .sheet_stage import Grid, Stage
from .test_browser import windows  # noqa: F401  (a fixture)
from .test_sheet import complaints, desk  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_anothers_change_that_comes_while_the_cell_is_being_saved_is_seen_later(desk):  # noqa: F811
    stage = Stage(2)
    other = stage.account("clerk-2", "钱二")
    grid = desk(stage)
    held: list[Any] = []
    news: list[str] = []

    def hold(route: Any) -> None:
        held.append((route, route.fetch()))

    grid.page.on("response", lambda answer: news.append(answer.url) if "/changes/" in answer.url else None)
    grid.page.route("**/sheet/cell/", hold)
    grid.type("5")
    grid.page.wait_for_function("() => [...KaopingSheet.sheet.store.wishes.values()].some((wish) => wish.sending)")
    while not held:
        grid.page.wait_for_timeout(50)
    # The server has it, the page waits for the answer; somebody else goes on from there.
    mark = Mark.objects.get()
    sheet = stage.round.assignments.get(indicator="A1")
    record_mark(assignment=sheet, subject=stage.subjects[0], value=6, by=other, seen=f"m{mark.pk}.{mark.version}")
    news.clear()
    while not news:  # asked while the cell is being saved
        grid.page.wait_for_timeout(100)
    grid.page.wait_for_timeout(300)
    route, answer = held[0]
    route.fulfill(response=answer)
    grid.saved()
    grid.page.wait_for_function(
        "() => document.querySelector('#sheet-grid .ss-value').textContent === '6'", timeout=10_000
    )
    grid.at(0, "A1")
    grid.says("#sheet-place", "钱二")
    assert complaints(grid) == []


def pair_desk(desk) -> tuple[Stage, Grid, User, int]:  # noqa: F811
    """A round with targets and actual figures, the office at its grid, and the column of G11's targets."""
    stage = Stage(1)
    stage.round = district_round(2, plan="yinhai-2016")
    stage.subjects = list(stage.round.subjects.order_by("order"))
    office = stage.account("office", "考核办", Role.OFFICE)
    grid = desk(stage, "office")
    grid.page.locator("#sheet-grid .tabulator-col:has-text('G11')").first.wait_for()
    column = grid.page.evaluate("KaopingSheet.sheet.store.columns.findIndex((one) => one.leaf.code === 'G11')")
    return stage, grid, office, column


def go(grid: Grid, column: int) -> None:
    grid.page.evaluate("column => KaopingSheet.sheet.selection.go(0, column)", column)


def test_half_a_pair_is_marked_as_such_and_goes_with_its_other_half(desk):  # noqa: F811
    _stage, grid, _office, column = pair_desk(desk)
    go(grid, column)
    grid.type("200")
    grid.page.wait_for_selector("#sheet-grid .ss-lacking")
    assert grid.page.locator("#sheet-grid .ss-refused").count() == 0, "not yet wrong, only not yet whole"
    grid.says("#sheet-problems", "未保存：1 格")
    assert not Attainment.objects.exists()
    grid.reload()
    grid.page.wait_for_selector("#sheet-grid .ss-lacking")
    go(grid, column + 1)
    grid.type("150.5")
    grid.saved()
    row = Attainment.objects.get()
    assert (str(row.target), str(row.actual)) == ("200", "150.5")
    grid.page.wait_for_selector("#sheet-problems", state="hidden")
    assert complaints(grid) == []


def test_half_a_pair_goes_by_itself_when_somebody_else_gives_the_other(desk):  # noqa: F811
    stage, grid, office, column = pair_desk(desk)
    go(grid, column + 1)
    grid.type("150.5")
    grid.page.wait_for_selector("#sheet-grid .ss-lacking")
    set_targets(round=stage.round, indicator="G11", rows=[TargetRow(stage.subjects[0].pk, Decimal(300))], by=office)
    grid.page.wait_for_selector("#sheet-problems", state="hidden", timeout=10_000)
    grid.saved()
    row = Attainment.objects.get()
    assert (str(row.target), str(row.actual)) == ("300", "150.5")
    assert complaints(grid) == []


def test_half_a_pair_that_somebody_else_entered_meanwhile_is_a_question(desk):  # noqa: F811
    stage, grid, office, column = pair_desk(desk)
    go(grid, column)
    grid.type("200")
    grid.page.wait_for_selector("#sheet-grid .ss-lacking")
    sheet = stage.round.assignments.get(indicator="G11")
    rows = [NumberRow(stage.subjects[0].pk, Decimal(90), Decimal(100))]
    save_numbers(assignment=sheet, rows=rows, by=office)
    grid.page.wait_for_selector("#sheet-grid .ss-conflict", timeout=10_000)
    grid.says("#sheet-problems", "您填的是 200")
    go(grid, column)
    grid.keys("F6", "Enter")  # mine
    grid.saved()
    grid.page.wait_for_selector("#sheet-problems", state="hidden")
    row = Attainment.objects.get()
    assert (str(row.target), str(row.actual)) == ("200", "90")
    assert complaints(grid) == []


def test_what_the_subject_says_of_itself_stands_beside_the_cell(desk):  # noqa: F811
    stage = Stage(3)
    for place, score in enumerate(("9.5", None)):
        subject = stage.subjects[place]
        words = {
            "A1": LeafWords(Decimal(score) if score else None, f"第{place + 1}家的自评。"),
            "A2": LeafWords(Decimal(8)),
        }
        ask_for_reports(stage)
        writer = make_user(Role.SUBJECT, subject.unit)
        submit_report(subject=subject, draft=Draft("总结。", words), seen=0, by=writer)
    grid = desk(stage)
    asked: list[str] = []
    grid.page.on("request", lambda request: asked.append(request.url) if "/said/" in request.url else None)
    grid.page.wait_for_selector("#sheet-grid .ss-value[data-said='9.5']", state="attached")
    assert "自评 9.5" in grid.cell(0, "A1").get_attribute("title")
    grid.says("#sheet-place", "自评 9.5")
    grid.page.uncheck("#sheet-said")
    assert grid.page.locator(".ss-with-said").count() == 0
    grid.reload()
    assert not grid.page.is_checked("#sheet-said"), "the choice is kept"
    asked.clear()
    grid.keys("F7")
    grid.says("#sheet-panel", "第1家的自评。")
    assert len(asked) == 1
    grid.type("9", after="Enter")  # the panel follows, the hand stays in the grid
    grid.says("#sheet-panel", "第2家的自评。")
    grid.says("#sheet-place", "有自评说明")
    grid.type("8", after="Enter")
    grid.says("#sheet-panel", "自查总结尚未提交。")
    grid.saved()
    assert sorted(stage.stored().values()) == ["8", "9"]
    grid.keys("F7")
    assert grid.page.evaluate("document.activeElement.closest('#sheet-panel') !== null"), "once more: into the panel"
    grid.keys("Escape")
    assert grid.page.is_hidden("#sheet-panel")
    grid.keys("F8", "Control+Home")
    grid.says("#sheet-panel li", "赵一")
    grid.keys("Escape")
    assert grid.page.is_hidden("#sheet-panel")
    grid.type("7", after="Enter")
    grid.saved()
    assert stage.stored()[stage.subjects[0].code, "A1"] == "7"
    assert grid.screen.complaints == []


def test_a_mark_for_the_own_unit_is_marked_as_such_in_its_cell(desk):  # noqa: F811
    stage = Stage(3)
    stage.subjects[1].unit = stage.unit
    stage.subjects[1].save()
    stage.account("auditor", "审计员", Role.AUDITOR)
    for name in ("clerk-1", "auditor"):
        grid = desk(stage, name)
        assert grid.page.locator("#sheet-grid .ss-own").count() == 12
        grid.has(1, "A1", "ss-own")
        assert "本单位" in grid.cell(1, "A1").get_attribute("title")
        grid.at(1, "A1")
        grid.says("#sheet-place .badge", "本单位")
        assert "本单位" in grid.page.get_attribute(".ss-input", "aria-label")
        grid.at(0, "A1")
        assert grid.page.locator("#sheet-place .badge:has-text('本单位')").count() == 0
        assert grid.screen.complaints == []


def ask_for_reports(stage: Stage) -> None:
    ReportSetting.objects.update_or_create(round=stage.round, defaults={"asks_self_report": True})

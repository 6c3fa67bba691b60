"""The score sheet in Chromium, when several are at it: whatever somebody else saved comes to be seen."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from reviews.models import Attainment, Mark
from reviews.services.marks import record_mark
from reviews.services.numbers import NumberRow, save_numbers
from reviews.services.targets import TargetRow, set_targets
from tests.factories import district_round
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

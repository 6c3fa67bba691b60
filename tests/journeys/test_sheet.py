"""The score sheet in Chromium: a clerk's day with the keyboard, blocks from a spreadsheet, and all that goes wrong.

What showed as saved is in the database; everything else is still on the screen or announced.
"""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse

from reviews.models import Attainment, Mark, NotApplicable, Phase, Subject
from reviews.services.marks import record_mark
from reviews.services.rounds import NewSubject, change_phase
from reviews.services.subjects import add_subjects
from tests.factories import client_for, district_round, make_unit
from units.models import Role

from .sheet_stage import LEAVES, Grid, Stage
from .stage import PASSWORD
from .test_browser import log_in, windows  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NETWORK = re.compile(r"Failed to load resource|net::ERR")


def figures(rows: int, start: int = 0) -> list[list[str]]:
    """Marks that all differ from their neighbours: 0 … 10 with two places, never with a zero at the end."""
    return [
        [f"{(row * 7 + column * 3 + start) % 10}.{(row + column) % 9 + 1}5" for column in range(12)]
        for row in range(rows)
    ]


@pytest.fixture
def desk(windows):  # noqa: F811
    """`desk(stage)` opens the grid for the clerk, `desk(stage, "name")` for somebody else."""

    def sit(stage: Stage, username: str = "clerk-1", width: int = 1440) -> Grid:
        screen = windows(width)
        screen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        log_in(screen, username)
        screen.complaints.clear()  # about the home page, which is not in question here
        return Grid(screen, stage).open()

    return sit


def complaints(grid: Grid) -> list[str]:
    """What the browser said that is not about the network that was cut, or an answer that was no."""
    return [said for said in grid.screen.complaints if not NETWORK.search(said)]


# ---------------------------------------------------------------- a clerk's day


def test_a_whole_sheet_with_the_keyboard_only(desk):
    stage = Stage(45)
    grid = desk(stage)
    values = figures(45)
    sent: list[str] = []
    grid.page.on("request", lambda request: sent.append(request.post_data or "") if request.method == "POST" else None)
    for line in values:
        grid.type(*line)
    grid.saved()
    assert stage.stored() == stage.expected(values)
    assert sum(body.count('"seen"') for body in sent) == 540, "each cell is sent once, alone or with others"
    assert grid.shows(44, "C4") == values[44][11]
    assert grid.page.inner_text("#sheet-state") == "已全部保存"
    assert grid.asked == []
    grid.screen.look()
    assert grid.screen.complaints == []


def test_a_whole_sheet_from_a_spreadsheet_and_back(desk):
    stage = Stage(45)
    grid = desk(stage)
    values = figures(45)
    values[3][2] = "不适用"
    text = "\n".join("\t".join(line) for line in values) + "\n"
    posts: list[str] = []
    grid.page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    grid.clipboard(text.replace("\n", "\r\n"))
    grid.keys("Control+v")
    grid.says("#sheet-paste", "45 行 × 12 列，共 540 格")
    assert grid.page.inner_text("[data-count=fresh]") == "540"
    grid.take_paste()
    grid.saved()
    expected = stage.expected(values)
    assert expected.pop((stage.subjects[3].code, "A3")) == "不适用"
    assert stage.stored() == expected
    assert [row.indicator for row in NotApplicable.objects.all()] == ["A3"]
    assert len(posts) == 2, "at most 500 cells in one request"
    grid.keys("Control+a", "Control+c")
    assert grid.clipboard().replace("\r\n", "\n") == text.rstrip("\n")
    grid.keys("Control+z")
    grid.saved()
    assert stage.stored() == {}, "a paste is one step"
    grid.keys("Control+y")
    grid.saved()
    assert stage.stored() == expected
    assert grid.screen.complaints == []


def test_keys(desk):
    stage = Stage(6)
    grid = desk(stage)
    grid.type("1", "2", "3", after="Tab")
    grid.keys("Enter")  # empty: only goes on, to the column where the row began
    grid.type("４．５", after="Enter")
    grid.type("5", after="Shift+Enter")
    grid.keys("F2")
    grid.page.keyboard.type("5")
    grid.keys("Enter")
    grid.page.keyboard.type("9")
    grid.keys("Escape", "Enter", "/")
    grid.saved()
    codes = [subject.code for subject in stage.subjects]
    assert stage.stored() == {
        (codes[0], "A1"): "1",
        (codes[0], "A2"): "2",
        (codes[0], "A3"): "3",
        (codes[1], "A1"): "4.55",
        (codes[2], "A1"): "5",
    }
    assert NotApplicable.objects.get().subject.code == codes[3]
    grid.keys("/", "Control+Home", "Shift+ArrowRight", "Shift+ArrowDown", "Delete")
    grid.saved()
    assert stage.stored() == {(codes[0], "A3"): "3", (codes[2], "A1"): "5"}
    assert not NotApplicable.objects.exists()
    grid.keys("Control+z", "Control+Home", "Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowDown", "Control+d")
    grid.saved()
    assert [stage.stored()[code, "A1"] for code in codes[:4]] == ["1", "1", "1", "1"]
    grid.keys("Control+z", "Control+z", "Control+y", "Control+End")
    grid.saved()
    assert stage.stored()[codes[1], "A1"] == "4.55"
    assert not NotApplicable.objects.exists(), "undone twice, redone once"
    assert grid.page.evaluate("document.activeElement.getAttribute('aria-label')").startswith(f"{codes[-1]} ")
    assert grid.screen.complaints == []


def test_sums_follow_while_typing_and_are_exact(desk):
    grid = desk(Stage(2))
    exact = """() => {
      const { parse, add, text, compare, same } = KaopingSheet.decimal;
      const sum = (...all) => text(all.map(parse).reduce(add));
      return [sum("0.1", "0.2"), sum("1.005", "2.995"), sum("-0.5", "0.25"), sum(...Array(540).fill("0.01")),
        sum("9007199254740993", "0.07"), text(parse("８．５０")), parse("1e3"), parse("."), parse(""),
        compare(parse("2.50"), parse("2.5")), same("02.5", "2.50"), same("a", "b")];
    }"""
    assert grid.page.evaluate(exact) == [
        "0.3", "4", "-0.25", "5.4", "9007199254740993.07", "8.5", None, None, None, 0, True, False,
    ]  # fmt: skip
    total = grid.page.locator("#sheet-grid .tabulator-row").first.locator("[tabulator-field='sum-A']")
    grid.type("0.1", "0.2", "/", "11")
    grid.saved()
    assert total.inner_text() == "0.3", "what is not applicable or refused is not in the sum"
    assert "缺 1 项" in total.locator("span").get_attribute("title")


def test_filters(desk):
    stage = Stage(6)
    for leaf in LEAVES:
        assignment = stage.round.assignments.get(indicator=leaf)
        record_mark(assignment=assignment, subject=stage.subjects[0], value=1, by=stage.user)
    grid = desk(stage)
    rows = grid.page.locator("#sheet-grid .tabulator-row")
    assert rows.count() == 6
    grid.page.check("#sheet-missing")
    grid.says("#sheet-shown", "5 / 6")
    assert rows.count() == 5
    grid.page.select_option("#sheet-category", "党群机关")
    grid.says("#sheet-shown", "3 / 6")
    grid.page.uncheck("#sheet-missing")
    grid.page.select_option("#sheet-category", "")
    grid.keys("Control+f")
    grid.page.fill("#sheet-search", "0004")
    grid.page.keyboard.press("Enter")
    grid.says("#sheet-shown", "1 / 6")
    grid.type("7", after="Enter")
    grid.saved()
    assert stage.stored()["0004", "A1"] == "7", "a filtered row is still its own"
    grid.page.fill("#sheet-search", "没有")
    grid.says("#sheet-grid", "没有符合")
    assert grid.screen.complaints == []


def test_fill_by_the_handle_and_choose_by_the_mouse(desk):
    stage = Stage(6)
    grid = desk(stage)
    grid.type("4", "6", after="Tab")
    first, second = grid.cell(0, "A1").bounding_box(), grid.cell(0, "A2").bounding_box()
    mouse = grid.page.mouse
    mouse.move(first["x"] + 10, first["y"] + 10)
    mouse.down()
    mouse.move(second["x"] + 10, second["y"] + 10, steps=3)
    mouse.up()
    mouse.move(second["x"] + second["width"] - 1, second["y"] + second["height"] - 1)
    mouse.down()
    mouse.move(second["x"] + 10, second["y"] + 3.5 * second["height"], steps=5)
    mouse.up()
    grid.saved()
    assert sorted(stage.stored().values()) == ["4"] * 4 + ["6"] * 4
    grid.cell(2, "B1").dblclick()
    grid.type("8", after="Enter")
    grid.saved()
    assert stage.stored()[stage.subjects[2].code, "B1"] == "8"
    assert grid.screen.complaints == []


# ---------------------------------------------------------------- what goes wrong


def test_refused_cells_keep_what_was_typed(desk):
    stage = Stage(3)
    grid = desk(stage)
    grid.type("11", "abc", "1.234", "3")
    grid.saved()
    for leaf, typed in (("A1", "11"), ("A2", "abc"), ("A3", "1.234")):
        grid.has(0, leaf, "ss-refused")
        assert grid.shows(0, leaf) == typed
        assert grid.cell(0, leaf).get_attribute("title"), "the reason"
    assert list(stage.stored().values()) == ["3"]
    grid.says("#sheet-problems", "未保存：3 格")
    grid.says("#sheet-state", "未保存")
    grid.reload()
    assert grid.asked == ["beforeunload"]
    assert (grid.shows(0, "A1"), grid.shows(0, "A2")) == ("11", "abc"), "also after the page was loaded again"
    grid.at(0, "A1")
    grid.type("10", after="Enter")
    grid.keys("F6")
    grid.page.keyboard.press("Tab")  # from "send again" to "take back"
    grid.page.keyboard.press("Enter")
    grid.saved()
    assert grid.shows(0, "A2") == ""
    assert sorted(stage.stored().values()) == ["10", "3"]
    assert complaints(grid) == []


def test_the_network_is_cut_in_the_middle_and_the_page_reloaded(desk):
    stage = Stage(10)
    grid = desk(stage)
    values = figures(10)
    grid.type(*values[0])
    grid.saved()
    context = grid.page.context
    context.set_offline(True)
    grid.type(*values[1])
    grid.has(1, "C4", "ss-offline")
    grid.says("#sheet-banner", "12 格已保存在本浏览器中")
    assert len(stage.stored()) == 12
    context.set_offline(False)
    grid.saved()
    assert stage.stored() == stage.expected(values[:2]), "sent again without anybody asking"
    # The server is reached for pages, but takes nothing.
    context.route("**/sheet/cell*/", lambda route: route.abort())
    grid.type(*values[2])
    grid.has(2, "A1", "ss-offline")
    grid.reload()
    assert "beforeunload" in grid.asked
    assert [grid.shows(2, leaf) for leaf in LEAVES] == values[2]
    assert len(stage.stored()) == 24
    context.unroute("**/sheet/cell*/")
    grid.saved()
    assert stage.stored() == stage.expected(values[:3])
    assert grid.page.is_hidden("#sheet-banner")
    grid.reload()
    assert (
        grid.page.evaluate("Object.keys(localStorage).filter((name) => /^kp-sheet:.*[0-9a-f]{16}$/.test(name))") == []
    )
    assert complaints(grid) == []


def test_an_answer_that_is_lost_is_no_clash_with_oneself(desk):
    stage = Stage(2)
    grid = desk(stage)

    def lose(route: Any) -> None:
        route.fetch()
        route.abort()

    grid.page.route("**/sheet/cell/", lose)
    grid.type("5")
    grid.has(0, "A1", "ss-offline")
    assert list(stage.stored().values()) == ["5"], "the server has it, the page does not know"
    grid.at(0, "A1")
    grid.type("6")
    grid.page.unroute("**/sheet/cell/")
    grid.saved()
    assert list(stage.stored().values()) == ["6"]
    assert grid.page.is_hidden("#sheet-problems")


def test_two_at_the_same_cells(desk):
    stage = Stage(3)
    stage.account("clerk-2", "钱二")
    one, two = desk(stage), desk(stage, "clerk-2")
    one.page.bring_to_front()
    one.type("5")
    one.saved()
    two.page.wait_for_function(
        "() => document.querySelector('#sheet-grid .ss-value').textContent === '5'", timeout=8000
    )
    # Both have the same cells before their eyes; the network of one is slower.
    two.page.route("**/sheet/changes/*", lambda route: route.abort())
    two.page.route("**/sheet/cell*/", lambda route: route.abort())
    two.at(0, "A2")
    two.type("8", "9")
    one.type("6", "7", after="Tab")
    one.saved()
    two.page.unroute("**/sheet/cell*/")
    two.page.unroute("**/sheet/changes/*")
    two.has(0, "A2", "ss-conflict")
    two.has(0, "A3", "ss-conflict")
    two.says("#sheet-problems", "您填的是 8，其间 赵一 填了 6")
    assert two.shows(0, "A2") == "8", "what was typed stays"
    two.keys("F6", "Enter")  # mine
    two.keys("F6", "Tab", "Enter")  # theirs
    two.saved()
    two.page.wait_for_selector("#sheet-problems", state="hidden")
    code = stage.subjects[0].code
    assert stage.stored() == {(code, "A1"): "5", (code, "A2"): "8", (code, "A3"): "7"}
    one.page.wait_for_function("() => [...document.querySelectorAll('#sheet-grid .ss-value')][1].textContent === '8'")
    one.at(0, "A2")
    one.says("#sheet-place", "钱二")
    one.keys("F8")
    one.says("#sheet-panel", "钱二")
    assert complaints(one) + complaints(two) == []


def test_the_session_ends(desk):
    stage = Stage(3)
    stage.account("clerk-2", "钱二")
    grid = desk(stage)
    grid.type("5")
    grid.saved()
    Session.objects.all().delete()
    grid.type("6", "7")
    grid.says("#sheet-banner", "登录已过期。2 格已保存在本浏览器中")
    grid.has(0, "A2", "ss-offline")
    assert list(stage.stored().values()) == ["5"]
    log_in_beside(grid, "clerk-2")
    grid.says("#sheet-banner", "现已登录另一账号")
    assert list(stage.stored().values()) == ["5"], "nothing is saved in another name"
    Session.objects.all().delete()
    log_in_beside(grid, "clerk-1")
    grid.saved()
    grid.page.wait_for_selector("#sheet-banner", state="hidden")
    assert sorted(stage.stored().values()) == ["5", "6", "7"]
    assert {mark.updated_by for mark in Mark.objects.all()} == {stage.user}
    assert complaints(grid) == []


@pytest.mark.parametrize("seed", [7, 2026])
def test_whatever_the_network_does_nothing_is_lost(desk, seed):
    """Requests that never arrive, answers that never come back, a busy server, pages loaded again: at random."""
    stage = Stage(8)
    grid = desk(stage)
    chance = random.Random(seed)

    def treat(route: Any) -> None:
        fate = chance.choice(["pass", "pass", "pass", "cut", "lost", "busy"])
        if fate == "pass":
            route.continue_()
        elif fate == "busy":
            route.fulfill(status=503, content_type="application/json", body='{"state": "busy"}')
        else:
            if fate == "lost":
                route.fetch()
            route.abort()

    grid.page.route("**/sheet/cell*/", treat)
    wanted: dict[tuple[str, str], str] = {}
    for _step in range(60):
        row, leaf = chance.randrange(8), chance.choice(LEAVES)
        value = str(chance.randrange(11))
        grid.page.evaluate("([row, column]) => KaopingSheet.sheet.selection.go(row, column)", [row, LEAVES.index(leaf)])
        grid.type(value, after="Enter")
        wanted[stage.subjects[row].code, leaf] = value
        if chance.random() < 0.05:
            grid.reload()
    grid.page.unroute("**/sheet/cell*/")
    grid.saved(60_000)
    assert grid.page.is_hidden("#sheet-problems"), "nobody else was there to clash with"
    assert stage.stored() == wanted
    assert complaints(grid) == []


def test_files_beside_a_cell(desk):
    stage = Stage(2)
    grid = desk(stage)
    grid.type("5", after="Enter")
    grid.saved()
    grid.at(0, "A1")
    grid.keys("F9")
    grid.page.locator("dialog [data-files]").wait_for()
    grid.page.set_input_files("dialog [data-files-form] input[name=file]", {
        "name": "通报.txt", "mimeType": "text/plain", "buffer": "一季度通报".encode(),
    })  # fmt: skip
    grid.page.click("dialog [data-files-send]")
    grid.says("dialog .kp-file-list", "通报.txt")
    grid.keys("Escape")
    grid.page.locator("#sheet-grid .ss-value[data-files='1']").wait_for()
    assert "附件：1 个" in grid.cell(0, "A1").get_attribute("title")
    assert grid.cell(0, "A1").inner_text().strip() == "5"
    assert complaints(grid) == []


def test_the_input_is_closed_while_the_sheet_is_open(desk):
    stage = Stage(3)
    grid = desk(stage)
    grid.type("5")
    grid.saved()
    change_phase(round=stage.round, to=Phase.REVIEWING, by=None)
    grid.type("6")
    grid.saved()
    grid.has(0, "A2", "ss-refused")
    assert grid.shows(0, "A2") == "6"
    grid.has(2, "C4", "ss-read")
    grid.says("#sheet-grid .ss-head-points", "只读")
    grid.type("7")
    assert grid.shows(0, "A3") == ""
    assert list(stage.stored().values()) == ["5"]
    assert complaints(grid) == []


def test_a_new_subject_comes_into_the_open_sheet(desk):
    stage = Stage(2)
    grid = desk(stage)
    office = stage.account("office", "考核办", Role.OFFICE)
    add_subjects(round=stage.round, subjects=[NewSubject("0099", "新设单位", "党群机关", unit=make_unit())], by=office)
    grid.page.locator("#sheet-grid .tabulator-row:has-text('新设单位')").wait_for(timeout=10_000)
    assert complaints(grid) == []


def test_targets_and_actual_figures_have_columns_of_their_own(desk):
    stage = Stage(1)
    stage.round = district_round(2, plan="yinhai-2016")
    stage.subjects = list(stage.round.subjects.order_by("order"))
    stage.account("office", "考核办", Role.OFFICE)
    grid = desk(stage, "office")
    head = grid.page.locator("#sheet-grid .tabulator-col:has-text('G11')").first
    head.wait_for()
    column = grid.page.evaluate("KaopingSheet.sheet.store.columns.findIndex((one) => one.leaf.code === 'G11')")
    grid.page.evaluate("column => KaopingSheet.sheet.selection.go(0, column)", column)
    grid.type("200", "150.5")
    grid.saved()
    row = Attainment.objects.get()
    assert (row.indicator, str(row.target), str(row.actual)) == ("G11", "200", "150.5")
    assert complaints(grid) == []


def log_in_beside(grid: Grid, username: str) -> None:
    """In another tab of the same browser."""
    tab = grid.page.context.new_page()
    tab.goto(grid.screen.address + reverse("units:login"))
    tab.fill("[name=username]", username)
    tab.fill("[name=password]", PASSWORD)
    with tab.expect_navigation():
        tab.click("main form button[type=submit]")
    tab.close()


def test_notes_where_the_plan_requires_them(desk):
    stage = Stage(3, notes_required=True)
    grid = desk(stage)
    grid.type("5", "6", "7")
    grid.has(0, "A1", "ss-lacking")
    assert stage.stored() == {}, "without its note a mark is not sent"
    grid.says("#sheet-problems", "未保存：3 格")
    grid.at(0, "A1")
    grid.keys("Shift+ArrowRight", "Shift+ArrowRight", "Shift+F2")
    grid.page.keyboard.type("按季度通报核定")
    grid.keys("Enter")
    grid.saved()
    assert sorted(stage.stored().values()) == ["5", "6", "7"]
    assert {mark.note for mark in Mark.objects.all()} == {"按季度通报核定"}
    grid.has(0, "A1", "ss-noted")
    grid.keys("Shift+ArrowDown", "Control+d")
    grid.saved()
    assert Mark.objects.filter(note="按季度通报核定").count() == 6, "filled down with its note"
    assert grid.screen.complaints == []


# ---------------------------------------------------------------- who may, and where


def test_who_may_only_read_is_told_why(desk):
    stage = Stage(2)
    record_mark(
        assignment=stage.round.assignments.get(indicator="A1"), subject=stage.subjects[0], value=3, by=stage.user
    )
    stage.account("auditor", "审计员", Role.AUDITOR)
    grid = desk(stage, "auditor")
    grid.type("9")
    grid.clipboard("1\t2\n3\t4")
    grid.keys("Control+v")
    grid.says("#sheet-paste", "略过：只能查看")
    grid.keys("Enter", "Delete")
    grid.says("#sheet-place", "只有考评主体可以修改")
    assert grid.shows(0, "A1") == "3"
    assert list(stage.stored().values()) == ["3"]
    assert grid.screen.complaints == []


def test_on_a_phone_the_plain_sheets_are_offered(windows):  # noqa: F811
    stage = Stage(2)
    screen = windows(390)
    log_in(screen, "clerk-1")
    screen.complaints.clear()
    screen.go(stage.address)
    assert screen.page.is_hidden("#sheet")
    assert screen.complaints == []
    screen.page.click(".ss-narrow a")
    screen.page.wait_for_url("**" + reverse("reviews:my_marks", args=[stage.round.pk]))


def test_by_touch_on_a_tablet(desk):
    stage = Stage(4)
    grid = desk(stage, width=820)
    for row, leaf in ((1, "A1"), (2, "A2")):
        grid.cell(row, leaf).dispatch_event("click", {"bubbles": True, "pointerType": "touch"})
        grid.page.keyboard.type("4")
    for act in ("down", "undo", "na", "undo"):  # down: what stands above, which is nothing
        grid.page.click(f"[data-act={act}]")
    grid.saved()
    assert stage.stored() == {(stage.subjects[1].code, "A1"): "4", (stage.subjects[2].code, "A2"): "4"}
    cell = grid.cell(2, "A2")
    cell.dispatch_event("click", {"bubbles": True, "pointerType": "touch"})
    cell.dispatch_event("click", {"bubbles": True, "pointerType": "touch"})
    grid.type("5", after="Enter")
    grid.saved()
    grid.has(2, "A2", "ss-refused")
    assert grid.shows(2, "A2") == "45", "the second tap goes into the text"
    grid.screen.look()
    assert complaints(grid) == []


def test_nobody_is_caught_in_the_grid(desk):
    grid = desk(Stage(2))
    inside = "document.activeElement.classList.contains('ss-input')"
    grid.keys("Tab", "Tab")
    assert grid.page.evaluate(inside)
    grid.keys("Escape", "Tab")
    assert not grid.page.evaluate(inside)
    grid.keys("Shift+Tab")
    assert grid.page.evaluate(inside)
    grid.keys("Escape", "Shift+Tab")
    assert not grid.page.evaluate(inside)
    assert grid.page.evaluate("document.activeElement.closest('#sheet') !== null"), "the note, above the grid"


def test_without_scripts_the_plain_sheets_are_offered():
    stage = Stage(2)
    said = client_for(stage.user).get(stage.address).content.decode()
    assert reverse("reviews:my_marks", args=[stage.round.pk]) in said.split("<noscript>")[1].split("</noscript>")[0]


# What each key makes the page do, as counts: the nodes of the document that it changes, and the subjects that its
# scripts look at. The keys come one by one, each once nothing moves any more.
WORK_OF_KEYS = """async () => {
  const { editor, store } = KaopingSheet.sheet;
  let looked = 0, changed = 0;
  for (const subject of store.subjects) {
    const { id } = subject;
    Object.defineProperty(subject, "id", { get: () => (looked += 1, id) });
  }
  const size = (node) => 1 + (node.querySelectorAll?.("*").length ?? 0);
  const count = (records) => {
    for (const record of records) {
      const nodes = [...record.addedNodes, ...record.removedNodes];
      changed += nodes.length ? nodes.reduce((sum, node) => sum + size(node), 0) : 1;
    }
  };
  const observer = new MutationObserver(count);
  observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const quiet = async () => {
    for (let still = 0, before = -1; still < 3; still = before === looked + changed ? still + 1 : 0) {
      before = looked + changed;
      await frame();
      count(observer.takeRecords());
    }
  };
  const work = {};
  const press = async (name, key, ctrlKey = false) => {
    [looked, changed] = [0, 0];
    editor.field.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey, bubbles: true }));
    await quiet();
    const most = work[name] ?? { looked: 0, changed: 0 };
    work[name] = { looked: Math.max(most.looked, looked), changed: Math.max(most.changed, changed) };
  };
  for (let step = 0; step < 10; step += 1) await press("step", "ArrowDown");
  for (let step = 0; step < 20; step += 1) await press("page", "PageDown");
  await press("end", "End", true);
  await press("home", "Home", true);
  await press("all", "a", true);
  return work;
}"""


def test_five_thousand_rows_stay_smooth(desk):
    stage = Stage(5)
    first = stage.subjects[0]
    Subject.objects.bulk_create(
        Subject(
            round=stage.round, code=f"X{number:05}", name=f"对象{number}", category=first.category, order=number + 10
        )
        for number in range(4995)
    )
    subjects = list(Subject.objects.filter(round=stage.round))
    for leaf in LEAVES:
        assessor = stage.round.assignments.get(indicator=leaf).assessor
        Mark.objects.bulk_create(
            Mark(subject=subject, indicator=leaf, assessor=assessor, value=number % 10)
            for number, subject in enumerate(subjects)
        )
    grid = desk(stage)
    assert grid.page.locator("#sheet-grid .tabulator-row").count() < 200, "only what is in view is drawn"
    work = grid.page.evaluate(WORK_OF_KEYS)
    assert grid.page.locator("#sheet-grid .tabulator-row").count() < 200, "also after scrolling"
    for name in ("step", "all"):
        assert work[name]["looked"] < 50, f"{name}: a key that scrolls nothing looks at a few cells"
        assert work[name]["changed"] < 100, f"{name}: and moves the frame of the choice only"
    for name in ("page", "end", "home"):
        assert work[name]["looked"] < 5000, f"{name}: less than one walk over the subjects"
        assert work[name]["changed"] < 8000, f"{name}: the rows that come into view, of 80,000 cells"
    grid.keys("Control+End")
    grid.type("2.5", after="Enter")
    grid.saved()
    assert Mark.objects.get(subject__code="X04994", indicator="C4").value == 2.5
    assert grid.screen.complaints == []

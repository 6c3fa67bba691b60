"""The plan editor when something goes wrong: no server, no log-in, a slow answer, another's change, a wrong key."""

from __future__ import annotations

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse

from indicators import drafts, edits
from indicators.models import PlanDraft
from units.models import User

from .screen import Screen
from .stage import PASSWORD
from .test_browser import log_in, windows  # noqa: F401  (a fixture)
from .test_editor import cell, codes, draft, office, until  # noqa: F401  (fixtures)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WHERE = "() => document.activeElement.closest('tr')?.dataset.code === "


def tree(screen: Screen, plan: PlanDraft) -> None:
    log_in(screen, "office")
    screen.go(reverse("indicators:draft_tree", args=[plan.pk]))


def stored(code: str, key: str) -> str:
    rows = PlanDraft.objects.get().document["indicators"]
    return next(row[key] for row in rows if row["code"] == code)


def place(screen: Screen) -> tuple[str, str]:
    return tuple(
        screen.page.evaluate("[document.activeElement.closest('tr').dataset.code, document.activeElement.dataset.key]")
    )


def test_without_a_server_what_is_typed_stays_and_is_stored_afterwards(windows, draft):  # noqa: F811
    screen = windows(1440)
    tree(screen, draft)
    screen.page.route("**/cell/", lambda route: route.abort())
    for code, title in (("G13", "清单管理"), ("G14", "改革任务")):
        cell(screen, code, "title").fill(title)
        cell(screen, code, "title").press("Enter")
    screen.page.wait_for_selector("#tree-trouble:visible")
    assert "连接不上服务器" in screen.page.inner_text("#tree-trouble")
    assert screen.page.inner_text("#tree-trouble [data-count]").endswith("2")
    assert [cell(screen, code, "title").input_value() for code in ("G13", "G14")] == ["清单管理", "改革任务"]
    screen.page.unroute("**/cell/")
    screen.page.click("[data-again]")
    until(
        screen, "() => document.getElementById('tree-trouble').hidden && !document.querySelector('#tree [data-unsent]')"
    )
    until(screen, "() => document.querySelector('.te-last').textContent.includes('改革任务')")
    assert (stored("G13", "title"), stored("G14", "title")) == ("清单管理", "改革任务")


def test_after_the_log_in_has_ended_nothing_typed_is_lost(windows, draft):  # noqa: F811
    screen = windows(1440)
    tree(screen, draft)
    Session.objects.all().delete()
    cell(screen, "G13", "title").fill("清单管理")
    cell(screen, "G13", "title").press("Enter")
    screen.page.wait_for_selector("#tree-trouble:visible")
    assert "登录已失效" in screen.page.inner_text("#tree-trouble")
    screen.page.keyboard.press("Control+Enter")
    screen.page.wait_for_timeout(300)
    assert "/drafts/" in screen.page.url
    assert cell(screen, "G13", "title").input_value() == "清单管理"
    with screen.page.context.expect_page() as opened:
        screen.page.click("#tree-trouble a")
    other = opened.value
    other.fill("[name=username]", "office")
    other.fill("[name=password]", PASSWORD)
    with other.expect_navigation():
        other.click("main form button[type=submit]")
    other.close()
    screen.page.click("[data-again]")
    until(screen, "() => document.getElementById('tree-trouble').hidden")
    until(screen, "() => document.querySelector('.te-last').textContent.includes('清单管理')")
    assert stored("G13", "title") == "清单管理"


def test_what_is_typed_before_the_new_line_is_there_becomes_its_title(windows, draft):  # noqa: F811
    screen = windows(1440)
    tree(screen, draft)
    screen.page.route("**/drafts/*/", lambda route: (screen.page.wait_for_timeout(400), route.continue_()))
    cell(screen, "G19", "title").press("Control+Enter")
    screen.page.keyboard.type("先写的")
    until(screen, WHERE + "'G110'")
    screen.page.keyboard.type("后写的")
    screen.page.keyboard.press("Tab")
    until(screen, "() => document.querySelector('.te-last').textContent.includes('后写的')")
    assert stored("G110", "title") == "先写的后写的"
    assert stored("G19", "title") == "绩效指标申报质量"


def test_what_is_typed_while_the_value_before_it_is_being_stored_is_no_clash(windows, draft):  # noqa: F811
    screen = windows(1440)
    tree(screen, draft)
    screen.page.route("**/cell/", lambda route: (screen.page.wait_for_timeout(400), route.continue_()))
    title = cell(screen, "G13", "title")
    for words in ("清单", "清单管理", "清单管理工"):
        title.fill(words)
        title.press("Tab")
        title.focus()
    until(screen, "() => document.querySelector('[data-code=G13] [data-key=title]').dataset.seen === '清单'")
    title.fill("清单管理工作")  # the second is under way now, the third waits
    title.press("Tab")
    until(screen, "() => document.querySelector('.te-last').textContent.includes('清单管理工作')")
    assert screen.page.locator(".te-problem").count() == 0
    assert stored("G13", "title") == "清单管理工作"


def test_a_new_code_keeps_the_cursor_and_what_comes_right_after_it(windows, draft):  # noqa: F811
    screen = windows(1440)
    tree(screen, draft)
    cell(screen, "G1", "code").fill("Z")
    cell(screen, "G1", "code").press("Tab")
    screen.page.keyboard.type("新的名称")
    screen.page.keyboard.press("Tab")
    until(screen, "() => document.querySelector('.te-last').textContent.includes('新的名称')")
    until(screen, "() => document.querySelector('tr[data-code=G11]').dataset.parent === 'Z'")
    assert stored("Z", "title") == "新的名称"
    assert place(screen)[0] == "Z"


def test_the_cursor_stays_where_the_work_is(windows, draft):  # noqa: F811
    screen = windows(1440)
    tree(screen, draft)
    cell(screen, "G13", "points").press("Control+Delete")
    until(screen, WHERE + "'G14'")
    cell(screen, "G19", "title").press("Control+Delete")
    until(screen, WHERE + "'G18'")
    cell(screen, "S1", "title").press("Control+Delete")
    until(screen, WHERE + "'S2'")
    screen.page.keyboard.press("Control+Delete")
    until(screen, WHERE + "'S'")
    cell(screen, "G15", "points").press("Alt+ArrowUp")
    until(screen, "() => document.querySelector('tr[data-code=G15]').nextElementSibling.dataset.code === 'G14'")
    assert place(screen) == ("G15", "points")
    screen.page.locator("[data-steps] button[value=undo]").click()
    until(screen, "() => document.querySelector('tr[data-code=G14]').nextElementSibling.dataset.code === 'G15'")
    assert screen.page.evaluate("document.activeElement.value") == "undo"
    assert screen.page.input_value("[data-chosen]") == "G15"
    assert screen.complaints == []


def test_arrow_keys_in_the_methods_take_no_settings_away(windows, draft):  # noqa: F811
    screen = windows(1440)
    tree(screen, draft)
    method = cell(screen, "G2", "method")
    sent: list[str] = []
    screen.page.on(
        "request", lambda request: sent.append(request.post_data or "") if request.method == "POST" else None
    )
    method.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp"):
        screen.page.keyboard.press(key)
    assert method.input_value() == "deduct"
    screen.page.keyboard.press("Tab")
    method.focus()
    screen.page.keyboard.press("ArrowDown")
    screen.page.keyboard.press("Tab")
    until(screen, "() => document.querySelector('.te-last').textContent.includes('扣分制')")
    assert stored("G2", "method") == "bonus"
    methods = [body.split("value=")[1].split("&")[0] for body in sent]
    assert set(methods[:-1]) <= {"deduct"}, "none of those passed by is stored"
    assert methods[-1] == "bonus"
    changed = [one for one in PlanDraft.objects.get().document["indicators"] if one not in draft.document["indicators"]]
    assert [one["code"] for one in changed] == ["G2"]


def test_escape_and_input_methods_of_chinese(windows, draft):  # noqa: F811
    screen = windows(1440)
    tree(screen, draft)
    title = cell(screen, "G13", "title")
    title.fill("写错了")
    for key in ("Enter", "Escape", "ArrowDown"):
        title.evaluate(
            "(one, key) => one.dispatchEvent(new KeyboardEvent('keydown', {key, isComposing: true, bubbles: true}))",
            key,
        )
    assert (place(screen)[0], title.input_value()) == ("G13", "写错了")
    title.press("Escape")
    assert title.input_value() == "权力清单和责任清单"
    cell(screen, "G13", "points").fill("很多")
    cell(screen, "G13", "points").press("Enter")
    until(screen, "() => document.querySelector('tr[data-code=G13] .te-bad')")
    cell(screen, "G13", "points").press("Escape")
    until(screen, "() => !document.querySelector('tr[data-code=G13] .te-bad')")
    assert cell(screen, "G13", "points").input_value() == "60"
    assert PlanDraft.objects.get().document == draft.document


def test_the_same_cell_of_two_people(windows, draft, office: User):  # noqa: F811
    screen = windows(1440)
    tree(screen, draft)
    drafts.change(draft=draft, edit=lambda doc: edits.set_cell(doc, "G11", "title", "他人的名称"), by=office)
    cell(screen, "G11", "title").fill("我的名称")
    cell(screen, "G11", "title").press("Tab")
    until(screen, "() => document.querySelector('tr[data-code=G11] .te-problem')")
    assert "他人的名称" in screen.page.inner_text("tr[data-code=G11] [data-state]")
    assert cell(screen, "G11", "title").input_value() == "我的名称"
    sent: list[str] = []
    screen.page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    cell(screen, "G11", "title").press("Tab")
    cell(screen, "G11", "title").press("Enter")
    until(screen, "() => !document.querySelector('tr[data-code=G11] .te-bad')")
    assert stored("G11", "title") == "我的名称"
    assert len(sent) == 1, "walking past takes nothing over"


def test_a_draft_that_is_gone_is_said(windows, draft, office: User):  # noqa: F811
    screen = windows(1440)
    tree(screen, draft)
    drafts.discard(draft=draft, by=office)
    cell(screen, "G11", "title").fill("我的名称")
    cell(screen, "G11", "title").press("Tab")
    screen.page.wait_for_selector("#tree-trouble:visible")
    assert "草稿已经不在" in screen.page.inner_text("#tree-trouble")
    assert codes(screen)[0] == "R"

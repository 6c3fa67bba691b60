"""The plan editor in Chromium: a whole plan from nothing, the tree by keyboard and drag, a phone."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from indicators import drafts, services
from indicators.models import PlanDraft, PlanVersion
from scoring.engine.types import Node, Plan
from tests.factories import make_user
from units.models import Role, User

from .screen import Screen
from .stage import PASSWORD
from .test_browser import log_in, windows  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# As an office has it in its document: codes, titles, points, and how each is scored.
TREE = """G\t目标考核\t700
G1\t职能指标\t600
G11\t区委、区政府确定的重点工作任务\t150\t目标完成率
G12\t上级业务部门部署或下达的工作\t100\t目标完成率
G13\t权力清单和责任清单\t60\t评分
G14\t深化改革工作\t60\t评分
G15\t依据部门职能确定的任务\t80\t目标完成率
G16\t配合工作\t50\t评分
G17\t群众意见整改工作\t40\t评分
G18\t临时性重大工作\t40\t评分
G19\t绩效指标申报质量\t20\t评分
G2\t共性指标\t100\t扣分制
S\t工作满意\t300
S1\t公众评议\t200\t测评投票
S2\t领导评价\t100\t测评投票
B\t创先争优加分\t10\t加分
P\t通报批评及负面影响\t10\t减分
V\t察访核验\t10\t察访核验扣分"""
CATALOGUE = [
    "领导班子和干部队伍建设",
    "党风廉政建设",
    "机关党建",
    "政务工作",
    "行政支出和效率",
    "公共机构节能",
    "依法行政",
    "保密",
    "督查和信息管理",
    "行政成本",
]


@pytest.fixture
def office() -> User:
    user = make_user(Role.OFFICE, username="office")
    user.set_password(PASSWORD)
    user.save()
    return user


def cell(screen: Screen, code: str, key: str) -> Any:
    return screen.page.locator(f"#tree tr[data-code='{code}'] [data-key='{key}']")


def codes(screen: Screen) -> list[str]:
    return [row.get_attribute("data-code") for row in screen.page.query_selector_all("#tree tr[data-code]")]


def until(screen: Screen, script: str, argument: Any = None) -> None:
    screen.page.wait_for_function(script, arg=argument)


def save(screen: Screen) -> None:
    screen.press("form:has([name=seen]) .kp-savebar button.btn-primary")


def section(screen: Screen, draft: PlanDraft, name: str) -> None:
    screen.go(reverse("indicators:draft_section", args=[draft.pk, name]))


def add_rows(screen: Screen, key: str, rows: list[dict[str, str]]) -> None:
    """Fill rows of a list in a form, each added by its button."""
    group = screen.page.locator(f"[aria-labelledby=id_{key}-label]")
    for values in rows:
        group.locator("[data-row-add]").click()
        row = group.locator("[data-row]").last
        for name, value in values.items():
            field = row.locator(f"[name$='.{name}']").first
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)


# ------------------------------------------------------------------------------ a plan from nothing


def test_a_plan_of_a_thousand_points_from_nothing(windows, office):  # noqa: F811
    screen = windows(1440)
    log_in(screen, "office")
    begin(screen)
    draft = PlanDraft.objects.get()
    the_tree(screen, draft)
    its_indicators(screen, draft)
    facts_and_rules(screen, draft)
    section(screen, draft, "basics")
    for place, code in enumerate(("G", "S")):
        screen.page.click("[data-row-add]")
        screen.page.locator("[data-row] select").nth(place).select_option(code)
    screen.press("form:has([name=part][value=basics]) .kp-savebar button")
    screen.go(reverse("indicators:draft_check", args=[draft.pk]))
    assert "没有错误" in screen.page.inner_text("main")
    screen.press("form:has(#id_note) button.btn-primary")
    version = PlanVersion.objects.get(plan__code="yinhai-new")
    built, preset = services.engine_plan(version), services.engine_plan(services.ensure_plan("yinhai-2016"))
    assert comparable(built) == comparable(preset)
    # Codes that were typed (of facts, of voter classes) are English words by nature.
    assert [said for said in screen.complaints if "in English" not in said] == []


def begin(screen: Screen) -> None:
    screen.go(reverse("indicators:plan_list"))
    screen.press("a[href$='/plans/drafts/new/']")
    screen.page.fill("[name=title]", "区直机关绩效考评")
    screen.page.fill("[name=code]", "yinhai-new")
    screen.page.select_option("[name=ranking]", "category")
    screen.page.fill("[name=categories]", "经济管理类和其他类\n公共事务管理和监管监督类\n党委群团类")
    screen.page.fill("[name=grades]", "一等\n二等\n三等\n不合格")
    screen.press("main form button[type=submit]")


def the_tree(screen: Screen, draft: PlanDraft) -> None:
    cell(screen, "R", "points").fill("1000")
    cell(screen, "R", "points").press("Tab")
    until(screen, "() => document.querySelector('.te-last').textContent.includes('1000')")
    screen.go(reverse("indicators:draft_paste", args=[draft.pk]))
    screen.page.fill("[name=text]", TREE)
    screen.press("button[name=read]")
    assert screen.page.locator("tbody tr").count() == len(TREE.splitlines())
    screen.press("button[name=add]")
    assert codes(screen) == ["R", *[line.split("\t")[0] for line in TREE.splitlines()]]


def its_indicators(screen: Screen, draft: PlanDraft) -> None:
    def go(code: str) -> None:
        screen.go(reverse("indicators:draft_indicator", args=[draft.pk, code]))

    go("G2")
    add_rows(screen, "catalogue", [{"code": f"C{n}", "title": title} for n, title in enumerate(CATALOGUE, start=1)])
    save(screen)
    go("S1")
    add_rows(
        screen,
        "classes",
        [
            {"code": "grassroots", "title": "基层干部职工", "weight": "0.5", "voters": "list"},
            {"code": "served", "title": "服务对象", "weight": "0.5", "voters": "public"},
        ],
    )
    save(screen)
    go("S2")
    add_rows(screen, "classes", [{"code": "leader", "title": "区、镇领导", "voters": "leaders"}])
    save(screen)
    go("B")
    titles = ("表彰奖励加分", "工作创新加分", "指标超额加分")
    add_rows(screen, "catalogue", [{"code": f"B{n}", "title": title} for n, title in enumerate(titles, start=1)])
    save(screen)
    go("P")
    screen.page.check("[name=uncapped]")
    add_rows(
        screen,
        "catalogue",
        [
            {"code": "P1", "title": "受到上级党委、政府通报批评", "values": "2"},
            {"code": "P2", "title": "职责范围内发生重大问题负面影响较大", "values": "２"},
        ],
    )
    save(screen)


def facts_and_rules(screen: Screen, draft: PlanDraft) -> None:
    for code, title in (("vetoed", "一票否决"), ("grave_event", "重大损失或恶劣影响")):
        screen.go(reverse("indicators:draft_row_add", args=[draft.pk, "facts"]))
        screen.page.fill("[name=code]", code)
        screen.page.fill("[name=title]", title)
        screen.page.select_option("[name=type]", "boolean")
        save(screen)
    page = reverse("indicators:draft_row_add", args=[draft.pk, "rules"])
    screen.go(f"{page}?kind=distribute")
    for grade, share in (("一等", "40"), ("二等", "50"), ("三等", "10%")):
        screen.page.get_by_label(grade, exact=True).fill(share)
    screen.page.select_option("[name=scope]", "category")
    save(screen)
    screen.go(f"{page}?kind=floor_grade")
    screen.page.fill("[name=minimum]", "900")
    screen.page.select_option("[name=grade]", "不合格")
    save(screen)
    screen.go(f"{page}?kind=lower")
    screen.page.locator("[data-comparison] select").first.select_option("vetoed")
    screen.page.click("[data-box-add]")
    screen.page.locator("[data-comparison] select[name$='.fact']").nth(1).select_option("grave_event")
    until(screen, "() => document.querySelector('[data-condition-words]').textContent.includes('或者')")
    screen.page.fill("[name=by]", "1")
    save(screen)


def comparable(plan: Plan) -> Plan:
    """What is computed with: not what the plan is called."""
    return replace(plan, code="", root=_plain(plan.root))


def _plain(node: Node) -> Node:
    points = Decimal(str(node.points.normalize()))
    title = "" if node.code == "R" else node.title
    return replace(node, points=points, title=title, children=tuple(map(_plain, node.children)))


# ------------------------------------------------------------------------------ the tree


@pytest.fixture
def draft(office: User) -> PlanDraft:
    return drafts.start_draft(version=services.ensure_plan("yinhai-2016"), by=office)


def test_the_tree_by_keyboard_and_drag(windows, draft):  # noqa: F811
    screen = windows(1440)
    log_in(screen, "office")
    screen.go(reverse("indicators:draft_tree", args=[draft.pk]))
    before = codes(screen)
    cell(screen, "G11", "points").fill("140")
    cell(screen, "G11", "points").press("Enter")
    until(screen, "() => document.querySelector(\"tr[data-code=G1] [data-state]\").textContent.includes('少 10')")
    assert screen.page.evaluate("document.activeElement.closest('tr').dataset.code") == "G12"
    cell(screen, "G19", "title").press("Control+Enter")
    until(screen, "() => document.activeElement.closest('tr')?.dataset.code === 'G110'")
    screen.page.keyboard.type("新设指标")
    screen.page.keyboard.press("Tab")
    until(screen, "() => document.querySelector(\"tr[data-code=G1] [data-state]\").textContent.includes('= 600')")
    cell(screen, "G110", "points").fill("多少")
    cell(screen, "G110", "points").press("Tab")
    until(screen, "() => document.querySelector(\"tr[data-code=G110] [data-state]\").textContent.includes('多少')")
    assert cell(screen, "G110", "points").input_value() == "多少"
    cell(screen, "G110", "points").fill("10")
    cell(screen, "G110", "points").press("Alt+ArrowUp")
    until(screen, "() => document.querySelector('tr[data-code=G110]').nextElementSibling.dataset.code === 'G19'")
    cell(screen, "G110", "title").press("Control+Delete")
    until(screen, "() => !document.querySelector('tr[data-code=G110]')")
    screen.page.drag_and_drop(
        "#tree tr[data-code=G2] .te-handle", "#tree tr[data-code=G11] .te-title", target_position={"x": 20, "y": 3}
    )
    until(screen, "() => document.querySelector('tr[data-code=G2]').dataset.parent === 'G1'")
    undo = screen.page.locator("[data-steps] button[value=undo]")
    for _step in range(20):
        if not undo.is_enabled():
            break
        words = screen.page.inner_text(".te-last")
        undo.click()
        until(screen, "(words) => document.querySelector('.te-last').textContent.trim() !== words", words)
    assert codes(screen) == before
    assert PlanDraft.objects.get().document == draft.document
    assert screen.complaints == []


def test_typing_on_while_the_server_is_slow_loses_nothing(windows, draft):  # noqa: F811
    screen = windows(1440)
    log_in(screen, "office")
    screen.go(reverse("indicators:draft_tree", args=[draft.pk]))
    screen.page.route("**/cell/", lambda route: (screen.page.wait_for_timeout(150), route.continue_()))
    for number, code in enumerate(("G11", "G12", "G13", "G14")):
        cell(screen, code, "title").fill(f"第{number}项")
    cell(screen, "G15", "title").focus()
    screen.page.keyboard.type("还没写完")
    # A new code fetches the table anew; what is half typed is still there after it.
    until(screen, "() => document.querySelector('.te-last').textContent.includes('第3项')")
    screen.page.evaluate("""() => {
      document.querySelector("tr[data-code=G11]").dataset.old = "yes";
      document.dispatchEvent(new Event("tree-changed"));
    }""")
    until(screen, "() => !document.querySelector('tr[data-old]')")
    assert [cell(screen, code, "title").input_value() for code in ("G11", "G14")] == ["第0项", "第3项"]
    assert "还没写完" in cell(screen, "G15", "title").input_value()
    screen.page.unroute_all(behavior="wait")


def test_two_windows_work_on_one_draft(windows, draft):  # noqa: F811
    first, second = windows(1440), windows(1440)
    for screen in (first, second):
        log_in(screen, "office")
        screen.go(reverse("indicators:draft_tree", args=[draft.pk]))
    cell(first, "G11", "points").fill("140")
    cell(first, "G11", "points").press("Tab")
    until(first, "() => document.querySelector('.te-last').textContent.includes('140')")
    cell(second, "G12", "points").fill("110")
    cell(second, "G12", "points").press("Tab")
    until(second, "() => document.querySelector('tr[data-code=G11] [data-key=points]').value === '140'")
    rows = {row["code"]: row for row in PlanDraft.objects.get().document["indicators"]}
    assert (rows["G11"]["points"], rows["G12"]["points"]) == ("140", "110")


def test_on_a_phone_an_indicator_has_a_page_of_its_own(windows, draft):  # noqa: F811
    screen = windows(390)
    log_in(screen, "office")
    screen.go(reverse("indicators:draft_tree", args=[draft.pk]))
    screen.press("#tree tr[data-code=S1] [data-more]")
    assert screen.page.url.endswith("/indicators/S1/")
    screen.page.fill("[name=title]", "公众评价")
    save(screen)
    assert "公众评价" in screen.page.inner_text("#panel h2")
    screen.go(reverse("indicators:draft_tree", args=[draft.pk]))
    cell(screen, "S1", "points").fill("210")
    cell(screen, "S1", "points").press("Tab")
    until(screen, "() => document.querySelector('tr[data-code=S] [data-state]').textContent.includes('多 10')")
    assert screen.complaints == []

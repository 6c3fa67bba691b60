"""Lists of the plan editor in Chromium: rows pasted from a spreadsheet, folds, entries by drag and keyboard, copies."""

from __future__ import annotations

import pytest
from django.urls import reverse

from indicators import drafts, edits_parts, services
from indicators.models import PlanDraft
from units.models import User

from .screen import Screen
from .test_browser import WIDTHS, log_in, windows  # noqa: F401  (a fixture)
from .test_editor import draft, office, save, section, until  # noqa: F401  (fixtures)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASTE = """(field, text) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  field.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""


def stored(part: str) -> list[dict[str, str]]:
    return list(PlanDraft.objects.get().document[part])


def names(screen: Screen) -> list[str]:
    return [each.inner_text() for each in screen.page.locator("[data-entry] strong").all()]


@WIDTHS
def test_a_block_of_a_spreadsheet_fills_a_catalogue(windows, draft, width):  # noqa: F811
    screen = windows(width)
    log_in(screen, "office")
    screen.go(reverse("indicators:draft_indicator", args=[draft.pk, "P"]))
    group = screen.page.locator("[aria-labelledby=id_catalogue-label]")
    lines = [f"P{number}\t事项{number}\t{number}" for number in range(1, 14)]
    lines[3] = 'P4\t"两行的\n""事项"""\t４、5'
    group.locator("[name$='.code']").first.evaluate(PASTE, "\r\n".join(lines) + "\r\n")
    assert group.locator("[data-row]").count() == 13
    assert group.locator("[data-row-said]").inner_text().endswith("13")
    save(screen)
    catalogue = next(row for row in stored("indicators") if row["code"] == "P")["catalogue"]
    assert [item["code"] for item in catalogue] == [f"P{number}" for number in range(1, 14)]
    assert catalogue[3] == {"code": "P4", "title": '两行的 "事项"', "values": ["4", "5"]}
    screen.press("[data-steps] button[value=undo]")
    assert PlanDraft.objects.get().document == draft.document
    assert screen.complaints == []


def test_a_block_goes_from_the_cell_it_is_put_into_and_chooses_by_words(windows, draft):  # noqa: F811
    screen = windows(1440)
    log_in(screen, "office")
    screen.go(reverse("indicators:draft_indicator", args=[draft.pk, "S1"]))
    group = screen.page.locator("[aria-labelledby=id_classes-label]")
    kept = group.locator("[name$='.code']").first.input_value()
    title = group.locator("[name$='.title']").first
    title.evaluate(PASTE, "基层\t0.4\n公众\t0.6")
    assert group.locator("[name$='.code']").first.input_value() == kept
    assert [each.input_value() for each in group.locator("[name$='.weight']").all()] == ["0.4", "0.6"]
    title.evaluate(PASTE, "一格")  # one cell is an ordinary paste, which the browser does
    assert title.input_value() == "基层"
    assert group.locator("[data-row]").count() == 2


def test_explanations_are_folded_and_marked(windows, draft):  # noqa: F811
    screen = windows(1440)
    log_in(screen, "office")
    screen.go(reverse("indicators:draft_indicator", args=[draft.pk, "G2"]))
    folds = screen.page.locator("[aria-labelledby=id_catalogue-label] [data-row] .pe-more")
    assert folds.count() == 10
    assert screen.page.locator(".pe-more[open]").count() == 0
    mark = folds.first.locator("[data-more-mark]")
    assert mark.is_visible()
    folds.first.locator("summary").click()
    folds.first.locator("[type=checkbox]").first.uncheck()
    assert mark.is_hidden()


def test_rules_by_keyboard_button_and_drag(windows, draft):  # noqa: F811
    screen = windows(1440)
    log_in(screen, "office")
    section(screen, draft, "rules")
    first, second, third = names(screen)

    def shown(*wanted: str) -> None:
        until(
            screen,
            "all => [...document.querySelectorAll('[data-entry] strong')].map(one => one.textContent).join() === all",
            ",".join(wanted),
        )

    screen.page.locator("[data-entry='2'] a").first.focus()
    screen.page.keyboard.press("Alt+ArrowUp")
    shown(first, third, second)
    until(screen, "() => document.querySelector('[data-list-said]').textContent.includes('第 2 位')")
    assert screen.page.evaluate("document.activeElement.closest('[data-entry]').dataset.entry") == "1"
    screen.page.keyboard.press("Alt+ArrowUp")
    shown(third, first, second)
    screen.page.keyboard.press("Alt+ArrowUp")  # it is the first already
    screen.page.drag_and_drop(
        "[data-entry='0'] .te-handle", "[data-entry='2'] .te-words", target_position={"x": 20, "y": 40}
    )
    shown(first, second, third)
    assert stored("rules") == draft.document["rules"]
    screen.page.click("[data-entry='2'] button[value=copy]")
    shown(first, second, third, third)
    screen.page.click("[data-entry='0'] button[value=down]")
    shown(second, first, third, third)
    assert screen.page.evaluate("document.activeElement.value") == "down"
    screen.page.click("[data-entry='3'] button[value=delete]")
    shown(second, first, third)
    assert screen.complaints == []


def test_a_copied_fact_gets_a_code_of_its_own(office: User):  # noqa: F811
    plan = drafts.start_draft(version=services.ensure_plan("yinhai-2016"), by=office)
    for _time in range(2):
        drafts.change(draft=plan, edit=lambda document: edits_parts.copy_row(document, "facts", 0), by=office)
    assert [row["code"] for row in stored("facts")] == ["vetoed", "vetoed_3", "vetoed_2", "grave_event"]


def test_the_library_on_a_phone(windows, draft):  # noqa: F811
    screen = windows(390)
    log_in(screen, "office")
    screen.go(reverse("indicators:plan_list"))
    row = screen.page.locator(".plan-library tbody tr").first
    assert row.bounding_box()["width"] <= 390
    assert "满分" in row.locator("td").nth(4).evaluate("td => getComputedStyle(td, '::before').content")
    assert screen.complaints == []

"""Pages of the plan editor: what they show, what they store, what stays after a mistake, how many queries."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from indicators import drafts, edits, services
from indicators.models import Plan, PlanDraft, PlanVersion
from tests.factories import client_for, make_user
from units.models import Role

from .posting import post_of

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def office() -> Any:
    return make_user(Role.OFFICE)


@pytest.fixture
def client(office) -> Client:
    return client_for(office)


@pytest.fixture
def draft(office) -> PlanDraft:
    return drafts.start_draft(version=services.ensure_plan("yinhai-2016"), by=office)


def url(name: str, *args: Any) -> str:
    return reverse(f"indicators:{name}", args=args)


def row(draft: PlanDraft, code: str) -> dict[str, Any]:
    return edits.find(PlanDraft.objects.get(pk=draft.pk).document, code)


def text(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    return response.content.decode()


SECTIONS = ("basics", "facts", "rules", "use", "procedure")


@pytest.mark.parametrize("code", services.preset_codes())
def test_every_page_of_every_preset(code, client, office):
    draft = drafts.start_draft(version=services.ensure_plan(code), by=office)
    page = text(client.get(url("draft_tree", draft.pk)))
    assert page.count("data-code=") == len(draft.document["indicators"])
    for section in SECTIONS:
        assert "没有错误" in text(client.get(url("draft_section", draft.pk, section)))
    for name in ("draft_check", "draft_read"):
        assert "没有错误" in text(client.get(url(name, draft.pk)))
    for each in draft.document["indicators"]:
        assert each["title"] in text(client.get(url("draft_indicator", draft.pk, each["code"])))
    for part in ("rules", "facts", "selections", "process", "follow_ups", "sets"):
        for index in range(len(draft.document.get(part, []))):
            text(client.get(url("draft_row", draft.pk, part, index)))


def test_pages_take_the_same_queries_however_large_the_plan_is(client, office, django_assert_max_num_queries):
    small = drafts.new_draft(values={"code": "small", "title": "小", "grades": ["好"]}, by=office)
    large = drafts.start_draft(version=services.ensure_plan("district-2020"), by=office)
    for draft in (small, large):
        for address in (
            url("draft_tree", draft.pk),
            url("draft_indicator", draft.pk, "R"),
            url("draft_check", draft.pk),
            *(url("draft_section", draft.pk, section) for section in SECTIONS),
        ):
            with django_assert_max_num_queries(7):
                text(client.get(address))


# ------------------------------------------------------------------------------ the tree


def test_a_value_is_stored_and_the_sums_come_back(client, draft):
    data = {"code": "G11", "key": "points", "value": "140", "seen": "150", "position": "0"}
    answer = json.loads(text(client.post(url("draft_cell", draft.pk), data)))
    assert answer["value"] == "140"
    assert answer["message"] == ""
    assert answer["anew"] is False
    assert "合计 590，少 10" in answer["states"]["G1"]
    assert "1 处错误" in answer["bar"]
    assert row(draft, "G11")["points"] == "140"


def test_a_wrong_value_is_told_and_not_stored(client, draft):
    data = {"code": "G11", "key": "points", "value": "很多", "seen": "150", "position": "0"}
    answer = json.loads(text(client.post(url("draft_cell", draft.pk), data)))
    assert answer["value"] == "很多"
    assert "很多" in answer["message"]
    assert row(draft, "G11")["points"] == "150"


def test_two_people_at_one_value(client, draft):
    first = {"code": "G11", "key": "points", "value": "140", "seen": "150", "position": "0"}
    client.post(url("draft_cell", draft.pk), first)
    second = client_for(make_user(Role.OFFICE))
    answer = json.loads(text(second.post(url("draft_cell", draft.pk), first | {"value": "130"})))
    assert "有人已把这里改为“140”" in answer["message"]
    assert answer["theirs"] == "140"
    assert row(draft, "G11")["points"] == "140"
    # At another value nothing stands in the way; the page is told to fetch what it does not know.
    other = {"code": "G12", "key": "points", "value": "110", "seen": "100", "position": "0"}
    answer = json.loads(text(second.post(url("draft_cell", draft.pk), other)))
    assert (answer["message"], answer["anew"]) == ("", True)
    assert row(draft, "G12")["points"] == "110"


def test_no_other_value_of_a_row_is_stored_there(client, draft):
    assert client.post(url("draft_cell", draft.pk), {"code": "G11", "key": "parent", "value": "S"}).status_code == 400
    assert row(draft, "G11")["parent"] == "G1"


@pytest.mark.parametrize("htmx", [{}, HTMX])
def test_commands_of_the_tree(htmx, client, draft):
    def send(**data: str) -> Any:
        return client.post(url("draft_tree", draft.pk), data, headers=htmx)

    send(do="add", code="G11")
    assert row(draft, "G110")["title"] == ""
    send(do="delete", code="G110")
    send(do="up", code="G12")
    send(do="move", code="G2", parent="S", before="S1")
    assert row(draft, "G2")["parent"] == "S"
    refused = send(do="move", code="G", parent="G1")
    if htmx:
        page = text(refused)
        assert "<html" not in page
        assert "不能放到自己的下级" in page
    else:
        assert "不能放到自己的下级" in text(client.get(refused.url))
    assert row(draft, "G")["parent"] == "R"


def test_undo_comes_back_to_the_section(client, draft):
    client.post(url("draft_rows", draft.pk, "rules"), {"do": "delete", "index": "2"})
    assert len(PlanDraft.objects.get().document["rules"]) == 2
    response = client.post(url("draft_step", draft.pk), {"do": "undo", "section": "rules"})
    assert response.url == url("draft_section", draft.pk, "rules")
    assert len(PlanDraft.objects.get().document["rules"]) == 3
    client.post(url("draft_step", draft.pk), {"do": "redo", "section": "nonsense"})
    assert len(PlanDraft.objects.get().document["rules"]) == 2


def test_a_list_is_shown_and_then_added(client, draft):
    data = {"text": "Z1\t甲\t60\nZ2\t乙\tabc", "parent": "S"}
    page = text(client.post(url("draft_paste", draft.pk), data | {"read": "1"}))
    assert "Z1\t甲\t60" in page
    assert "abc" in page
    page = text(client.post(url("draft_paste", draft.pk), data | {"add": "1"}), 422)
    assert "第 2 行" in page
    assert "Z1\t甲\t60" in page
    client.post(url("draft_paste", draft.pk), {"text": "Z1\t甲\t60", "parent": "S", "add": "1"})
    assert row(draft, "Z1")["parent"] == "S"


# ------------------------------------------------------------------------------ forms


def form_of(client: Client, address: str) -> dict[str, Any]:
    """What a browser would post from the form of a page, unchanged."""
    return posted(text(client.get(address)))


def posted(page: str) -> dict[str, Any]:
    """The fields of the one form of the page that stores something."""
    forms = re.findall(r"<form.*?</form>", page, re.DOTALL)
    return dict(post_of(next(form for form in forms if 'name="seen"' in form)).lists())


def test_saving_a_form_as_it_came_changes_nothing(client, draft):
    before = PlanDraft.objects.get().document
    addresses = [url("draft_indicator", draft.pk, each["code"]) for each in before["indicators"]]
    addresses += [url("draft_row", draft.pk, "rules", index) for index in range(3)]
    addresses += [url("draft_row", draft.pk, "facts", index) for index in range(2)]
    for address in addresses:
        response = client.post(address, form_of(client, address))
        assert response.status_code == 302, address
    assert PlanDraft.objects.get().document == before


def test_a_form_with_a_mistake_keeps_what_was_typed(client, draft):
    address = url("draft_indicator", draft.pk, "G13")
    data = form_of(client, address) | {"points": ["六十"], "title": ["权责清单"]}
    page = text(client.post(address, data), 422)
    assert "六十" in page
    assert "权责清单" in page
    assert "尚未保存" in page
    assert row(draft, "G13")["points"] == "60"


def test_another_method_shows_its_own_fields(client, draft):
    address = url("draft_indicator", draft.pk, "G13")
    data = form_of(client, address) | {"method": ["per_unit"], "refresh": ["1"]}
    page = text(client.post(address, data, headers=HTMX))
    assert 'name="threshold"' in page
    assert row(draft, "G13")["method"] == "marks"


def test_the_panel_tells_the_tree(client, draft):
    address = url("draft_indicator", draft.pk, "G13")
    response = client.post(address, form_of(client, address) | {"points": ["70"]}, headers=HTMX)
    assert response.headers["HX-Trigger"] == "tree-changed"
    assert "已保存" in text(response)
    assert row(draft, "G13")["points"] == "70"


def test_a_form_over_somebody_else_s_change(client, draft):
    address = url("draft_row", draft.pk, "rules", 1)
    mine = form_of(client, address) | {"minimum": ["880"]}
    theirs = form_of(client, address) | {"minimum": ["890"]}
    client.post(address, theirs)
    page = text(client.post(address, mine), 422)
    assert "有人修改" in page
    assert 'value="880"' in page
    assert PlanDraft.objects.get().document["rules"][1]["minimum"] == "890"
    # The page that came back knows the newer state: saving it again is a choice made.
    assert client.post(address, posted(page)).status_code == 302
    assert PlanDraft.objects.get().document["rules"][1]["minimum"] == "880"


def test_a_row_that_is_gone(client, draft):
    assert client.get(url("draft_row", draft.pk, "rules", 7)).status_code == 302
    assert client.get(url("draft_indicator", draft.pk, "NONE")).status_code == 302
    assert client.get(url("draft_row", draft.pk, "indicators", 0)).status_code == 404
    assert client.get(url("draft_section", draft.pk, "none")).status_code == 404


def test_a_rule_is_added_by_its_form(client, draft):
    address = url("draft_row_add", draft.pk, "rules") + "?kind=floor_grade"
    data = form_of(client, address)
    assert data["rule"] == ["floor_grade"]
    response = client.post(address, data | {"minimum": ["850"], "grade": ["三等"]})
    assert response.status_code == 302
    assert PlanDraft.objects.get().document["rules"][3] == {"rule": "floor_grade", "minimum": "850", "grade": "三等"}


def test_basics_rename_a_grade_everywhere(client, draft):
    address = url("draft_section", draft.pk, "basics")
    data = form_of(client, address)
    data["basics.grades"] = ["优秀\n二等\n三等\n不合格"]
    assert client.post(address, data).status_code == 302
    assert "优秀" in PlanDraft.objects.get().document["rules"][0]["shares"]


# ------------------------------------------------------------------------------ publishing


def test_mistakes_are_listed_with_the_page_that_puts_them_right(client, draft, office):
    drafts.change(draft=draft, edit=lambda doc: edits.set_cell(doc, "G11", "points", "140"), by=office)
    page = text(client.get(url("draft_check", draft.pk)))
    assert url("draft_indicator", draft.pk, "G1") in page
    assert "G1 职能指标" in page
    page = text(client.post(url("draft_check", draft.pk), {"note": "为什么"}), 422)
    assert "为什么" in page
    assert PlanVersion.objects.filter(plan=draft.plan).count() == 1
    assert client.get(url("draft_read", draft.pk)).status_code == 302
    assert client.get(url("draft_file", draft.pk)).status_code == 302


def test_publishing_from_the_page(client, draft, office):
    drafts.change(draft=draft, edit=lambda doc: edits.set_cell(doc, "G11", "title", "重点任务"), by=office)
    page = text(client.get(url("draft_check", draft.pk)))
    assert "重点任务" in page
    file = client.get(url("draft_file", draft.pk))
    assert "重点任务" in file.content.decode()
    response = client.post(url("draft_check", draft.pk), {"note": "改名"})
    assert response.url == url("plan_detail", "yinhai-2016")
    assert "重点任务" in text(client.get(response.url))


def test_a_version_that_came_in_between_must_be_passed_over_knowingly(client, draft, office):
    services.save_version(plan=draft.plan, document=draft.base.document | {"source": "另一份"}, by=office)
    drafts.change(draft=draft, edit=lambda doc: edits.set_cell(doc, "G11", "title", "重点任务"), by=office)
    page = text(client.post(url("draft_check", draft.pk), {}), 409)
    assert 'name="despite_newer"' in page
    assert client.post(url("draft_check", draft.pk), {"despite_newer": "1"}).status_code == 302
    assert PlanVersion.objects.filter(plan__code="yinhai-2016").count() == 3


def test_a_new_plan_and_a_copy(client):
    data = {
        "title": "甲",
        "code": "jia-2026",
        "subjects": "units",
        "period": ["year"],
        "ranking": "overall",
        "categories": "机关\n街道",
        "grades": "好\n一般",
    }
    response = client.post(url("draft_new"), data)
    draft = PlanDraft.objects.get()
    assert response.url == url("draft_tree", draft.pk)
    assert draft.document["categories"] == ["机关", "街道"]
    assert draft.document["period"] == "year"
    page = text(client.post(url("draft_new"), data | {"code": "甲 方案", "grades": "好\n好"}), 422)
    assert "甲 方案" in page
    services.ensure_plan("yinhai-2016")
    page = text(client.get(url("plan_copy", "yinhai-2016")))
    assert 'value="yinhai-2017"' in page
    taken = text(client.post(url("plan_copy", "yinhai-2016"), {"title": "x", "code": "yinhai-2016", "years": "1"}), 422)
    assert "已有这个编码" in taken
    client.post(url("plan_copy", "yinhai-2016"), {"title": "明年", "code": "yinhai-2017", "years": "1"})
    assert PlanDraft.objects.filter(base__plan__code="yinhai-2016", plan=None).count() == 1
    assert not Plan.objects.filter(code="yinhai-2017").exists()


def test_the_library_shows_drafts_to_the_office_alone(client, draft):
    assert url("draft_tree", draft.pk) in text(client.get(url("plan_list")))
    reader = client_for(make_user(Role.AUDITOR))
    assert url("draft_tree", draft.pk) not in text(reader.get(url("plan_list")))
    assert url("plan_edit", "yinhai-2016") not in text(reader.get(url("plan_detail", "yinhai-2016")))


def test_throwing_away_from_the_page(client, draft):
    assert client.post(url("draft_discard", draft.pk)).url == url("plan_list")
    assert not PlanDraft.objects.exists()

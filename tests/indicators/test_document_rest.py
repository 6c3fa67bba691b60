"""A document of which some values cannot be read: what else is wrong is said with them, and nothing that is not."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from indicators import document as documents
from indicators import drafts, edits, services
from indicators.schema import plain
from tests.factories import make_user
from units.models import Role

from .test_presets import preset


def yinhai() -> dict[str, Any]:
    return copy.deepcopy(dict(plain(documents.typed(preset("yinhai-2016")))))


def row(document: dict[str, Any], code: str) -> dict[str, Any]:
    return next(one for one in document["indicators"] if isinstance(one, dict) and one.get("code") == code)


def paths(document: dict[str, Any]) -> list[str]:
    return [path for path, _text in documents.check(document).errors]


def test_points_are_added_up_beside_a_missing_method():
    document = yinhai()
    del row(document, "G13")["method"]
    row(document, "G11")["points"] = "140"
    assert paths(document) == ["indicators.G13.method", "indicators.G1.points"]


def test_a_missing_method_alone_is_the_only_mistake():
    document = yinhai()
    del row(document, "S1")["method"]
    assert paths(document) == ["indicators.S1.method"]


def test_nothing_is_said_of_a_sum_with_points_that_cannot_be_read():
    document = yinhai()
    row(document, "G11")["points"] = "many"
    row(document, "S1")["points"] = "150"
    assert paths(document) == ["indicators.G11.points", "indicators.S.points"]


def test_unknown_codes_and_facts_are_named_beside_it():
    document = yinhai()
    row(document, "P")["catalogue"][1]["code"] = "P1"
    document["tie_breakers"] = ["G", "X"]
    document["rules"][2]["if"] = "vetoed or gone"
    document["rules"][0]["shares"] = {"一等": "0.4", "二等": "0.5"}
    said = paths(document)
    assert said[0] == "indicators.P.catalogue.1.code"
    assert {"tie_breakers.1", "rules.2.if", "rules.0.shares"} <= set(said)
    assert len(said) == 4


def test_rules_keep_their_places_where_one_of_them_cannot_be_read():
    document = yinhai()
    document["rules"][0]["shares"] = {"一等": "多"}
    document["rules"][1]["grade"] = "四等"
    assert paths(document) == ["rules.0.shares.一等", "rules.1.grade"]


def test_rules_are_not_judged_by_facts_or_votes_that_cannot_be_read():
    document = yinhai()
    document["facts"][0]["type"] = "maybe"
    document["rules"][2]["if"] = "vetoed > 3"
    assert paths(document) == ["facts.vetoed.type"]
    document = yinhai()
    row(document, "S1")["scale"] = "-1"
    document["rules"][2]["if"] = "option_share:S1:差 > 0.3"
    assert paths(document) == ["indicators.S1.scale"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda rows: rows[3].pop("code"),
        lambda rows: rows[3].update(parent="nobody"),
        lambda rows: rows[3].update(code="G12"),
        lambda rows: rows.append("row"),
        lambda rows: rows[1].pop("parent"),
    ],
)
def test_a_tree_that_does_not_hang_together_is_said_alone(spoil):
    document = yinhai()
    spoil(document["indicators"])
    row(document, "S1")["points"] = "150"
    assert paths(document)
    assert "indicators.S.points" not in paths(document)


def test_a_document_that_can_be_read_has_the_plan_and_its_warnings():
    checked = documents.check(yinhai())
    assert checked.plan is not None
    assert not checked.errors


@pytest.mark.django_db
def test_a_draft_with_mistakes_speaks_as_its_forms_do(client: Client):
    office = make_user(Role.OFFICE)
    draft = drafts.start_draft(version=services.ensure_plan("yinhai-2016"), by=office)
    draft = drafts.change(draft=draft, edit=lambda doc: edits.set_cell(doc, "S1", "method", "rank_band"), by=office)
    draft = drafts.change(draft=draft, edit=lambda doc: edits.set_cell(doc, "G13", "method", ""), by=office)
    client.force_login(office)
    page = client.get(reverse("indicators:draft_check", args=[draft.pk])).content.decode()
    assert "请填写“档次”" in page
    assert "请选择计分方式" in page
    rules = client.get(reverse("indicators:draft_section", args=[draft.pk, "rules"])).content.decode()
    assert "“一票否决”，或者“重大损失或恶劣影响”" in rules
    assert "vetoed or grave_event" not in rules


def test_minimums_in_the_wrong_order_are_pointed_out_at_the_last_grade_too():
    document = yinhai()
    document["rules"][0] = {"rule": "thresholds", "minimums": {"一等": "60", "二等": "80"}}
    doubts = [problem.path for problem in documents.check(document).problems if problem.warning]
    assert "rules.0.minimums.二等" in doubts
    assert not documents.check(document).errors

"""Drafts from beginning to publishing: steps, undo, two people at once, what stands in the way."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from indicators import document as documents
from indicators import drafts, edits, services
from indicators.edits import Refused
from indicators.models import DraftStep, Plan, PlanDraft, PlanVersion
from tests.factories import make_user
from units.models import AuditEntry, Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Any:
    return make_user(Role.OFFICE)


@pytest.fixture
def draft(office) -> PlanDraft:
    return drafts.start_draft(version=services.ensure_plan("yinhai-2016"), by=office)


def points(value: str, code: str = "G11") -> Any:
    return lambda document: edits.set_cell(document, code, "points", value)


def stored(draft: PlanDraft, code: str = "G11") -> str:
    return edits.find(PlanDraft.objects.get(pk=draft.pk).document, code)["points"]


def test_a_draft_begins_with_the_version_and_leaves_it_alone(draft, office):
    version = draft.base
    drafts.change(draft=draft, edit=points("140"), by=office)
    version.refresh_from_db()
    assert version.document["indicators"][3]["points"] == "150"
    assert documents.digest(version.document) == version.digest
    assert stored(draft) == "140"


def test_there_is_one_draft_of_a_plan(draft, office):
    other = make_user(Role.OFFICE)
    assert drafts.start_draft(version=draft.base, by=other).pk == draft.pk
    assert PlanDraft.objects.count() == 1


def test_every_step_can_be_taken_back_and_done_again(draft, office):
    for value in ("140", "130", "120"):
        drafts.change(draft=draft, edit=points(value), by=office)
    seen = []
    for _step in range(3):
        drafts.undo(draft=draft, by=office)
        seen.append(stored(draft))
    assert seen == ["130", "140", "150"]
    with pytest.raises(Refused):
        drafts.undo(draft=draft, by=office)
    for _step in range(3):
        drafts.redo(draft=draft, by=office)
    assert stored(draft) == "120"
    with pytest.raises(Refused):
        drafts.redo(draft=draft, by=office)


def test_a_change_after_undoing_ends_what_was_undone(draft, office):
    drafts.change(draft=draft, edit=points("140"), by=office)
    drafts.undo(draft=draft, by=office)
    drafts.change(draft=draft, edit=points("130"), by=office)
    with pytest.raises(Refused):
        drafts.redo(draft=draft, by=office)
    assert list(draft.steps.values_list("number", flat=True)) == [0, 1]


def test_steps_say_what_was_done(draft, office):
    drafts.change(draft=draft, edit=points("140"), by=office)
    draft.refresh_from_db()
    undoable, redoable = drafts.history(draft)
    from django.utils import translation

    from indicators.rendering import render

    with translation.override("zh-hans"):
        assert render(drafts.step_words(undoable)) == "G11 区委、区政府确定的重点工作任务：满分 150 → 140"
    assert redoable is None


def test_what_changes_nothing_is_no_step(draft, office):
    drafts.change(draft=draft, edit=points("150"), by=office)
    assert draft.steps.count() == 1


def test_a_refused_edit_leaves_no_trace(draft, office):
    def half_way(document: dict[str, Any]) -> Any:
        edits.set_cell(document, "G11", "points", "140")
        return edits.set_cell(document, "G12", "points", "no")

    with pytest.raises(Refused):
        drafts.change(draft=draft, edit=half_way, by=office)
    assert stored(draft) == "150"
    assert draft.steps.count() == 1


def test_only_the_last_steps_are_kept(draft, office, monkeypatch):
    monkeypatch.setattr(drafts, "KEPT", 3)
    for value in range(10, 18):
        drafts.change(draft=draft, edit=points(str(value)), by=office)
    assert list(draft.steps.values_list("number", flat=True)) == [5, 6, 7, 8]
    for _step in range(3):
        drafts.undo(draft=draft, by=office)
    assert stored(draft) == "14"
    with pytest.raises(Refused):
        drafts.undo(draft=draft, by=office)


@pytest.mark.parametrize("role", [None, Role.ADMIN, Role.AUDITOR, Role.LEADER, Role.ASSESSOR])
def test_only_the_office_may(draft, role):
    user = make_user(role)
    calls = [
        lambda: drafts.start_draft(version=draft.base, by=user),
        lambda: drafts.new_draft(values={"code": "a", "title": "甲"}, by=user),
        lambda: drafts.copy_plan(version=draft.base, code="b", title="乙", by=user),
        lambda: drafts.from_document(document={}, by=user),
        lambda: drafts.change(draft=draft, edit=points("1"), by=user),
        lambda: drafts.undo(draft=draft, by=user),
        lambda: drafts.redo(draft=draft, by=user),
        lambda: drafts.publish(draft=draft, by=user),
        lambda: drafts.discard(draft=draft, by=user),
    ]
    for call in calls:
        with pytest.raises(PermissionDenied):
            call()
    assert stored(draft) == "150"


# ------------------------------------------------------------------------------ publishing


def test_publishing_makes_the_next_version_and_ends_the_draft(draft, office):
    drafts.change(draft=draft, edit=points("140"), by=office)
    drafts.change(draft=draft, edit=points("110", "G12"), by=office)
    version = drafts.publish(draft=draft, by=office, note="按会议意见调整")
    assert (version.number, version.note, version.created_by) == (2, "按会议意见调整", office)
    assert services.engine_plan(version).root.children[0].children[0].children[0].points == 140
    assert not PlanDraft.objects.exists()
    assert not DraftStep.objects.exists()
    assert AuditEntry.objects.filter(action="save plan version", actor=office).count() == 1


def test_a_draft_with_mistakes_is_not_published(draft, office):
    drafts.change(draft=draft, edit=points("140"), by=office)
    with pytest.raises(documents.DocumentErrors):
        drafts.publish(draft=draft, by=office)
    assert PlanDraft.objects.count() == 1
    assert PlanVersion.objects.filter(plan=draft.plan).count() == 1


def test_a_newer_version_is_not_passed_over_in_silence(draft, office):
    document = dict(draft.base.document) | {"source": "另一份文件"}
    newer = services.save_version(plan=draft.plan, document=document, by=office)
    with pytest.raises(drafts.Superseded) as caught:
        drafts.publish(draft=draft, by=office)
    assert caught.value.newest == newer
    drafts.change(draft=draft, edit=lambda doc: edits.set_cell(doc, "R", "title", "总得分"), by=office)
    assert drafts.publish(draft=draft, by=office, despite_newer=True).number == 3


def test_a_new_plan_from_nothing(office):
    values = {"code": "jia-2026", "title": "甲方案", "grades": ["优秀", "合格"]}
    draft = drafts.new_draft(values=values, by=office)
    assert [path for path, _text in drafts.checked(draft).errors] == ["indicators.R.method"]
    with pytest.raises(documents.DocumentErrors):
        drafts.publish(draft=draft, by=office)
    assert not Plan.objects.filter(code="jia-2026").exists()
    drafts.change(draft=draft, edit=lambda doc: edits.add_indicator(doc, "R", title="工作")[1], by=office)
    version = drafts.publish(draft=draft, by=office)
    assert (version.plan.code, version.number) == ("jia-2026", 1)


def test_a_code_that_was_taken_meanwhile(office):
    values = {"code": "jia-2026", "title": "甲方案", "grades": ["优秀"]}
    drafted = [drafts.new_draft(values=values, by=office) for _each in range(2)]
    for draft in drafted:
        drafts.change(draft=draft, edit=lambda doc: edits.add_indicator(doc, "R", title="工作")[1], by=office)
    drafts.publish(draft=drafted[0], by=office)
    with pytest.raises(Refused):
        drafts.publish(draft=drafted[1], by=office)
    with pytest.raises(Refused):
        drafts.new_draft(values=values, by=office)


def test_last_year_s_plan_becomes_this_year_s(office):
    version = services.ensure_plan("yinhai-2016")
    draft = drafts.copy_plan(version=version, code="yinhai-2017", title="区直机关绩效考评", by=office, years=1)
    steps = {step["title"]: step for step in draft.document["process"]}
    assert steps["满意度调查"]["start"] == "2017-10-01"
    assert steps["年终核验"]["due"] == "2018-01-31"
    published = drafts.publish(draft=draft, by=office)
    assert published.plan.code == "yinhai-2017"
    assert version.document["process"][0]["start"] == "2016-10-01"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("yinhai-2016", ("yinhai-2017", 1)),
        ("2016年度考核", ("2017年度考核", 1)),
        ("考核方案", ("考核方案", 0)),
        ("文号20161234", ("文号20161234", 0)),
    ],
)
def test_the_next_year_of_a_title(text, found):
    assert drafts.next_year(text) == found


def test_throwing_away(draft, office):
    drafts.discard(draft=draft, by=office)
    assert not PlanDraft.objects.exists()
    assert AuditEntry.objects.filter(action="discard plan draft").count() == 1

"""The library: presets, versions, freezing, plan files by command."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command

from indicators import document, plan_file, services
from indicators.models import Plan, PlanVersion
from tests.factories import make_user
from units.models import AuditEntry, Role

from .broken import BASE

pytestmark = pytest.mark.django_db


def sample(**changes: Any) -> dict[str, Any]:
    return {**plan_file.load(BASE), **changes}


def test_ensure_plan_loads_the_preset_once() -> None:
    version = services.ensure_plan("district-2020")
    assert (version.number, version.plan.title) == (1, "区党群、人大和政协机关绩效考核")
    assert services.ensure_plan("district-2020") == version
    assert PlanVersion.objects.count() == 1
    assert AuditEntry.objects.filter(action="save plan version").count() == 1


@pytest.mark.parametrize("code", ["no-such-plan", "../models", "", "district-2020.toml"])
def test_unknown_plan(code: str) -> None:
    with pytest.raises(services.UnknownPlan):
        services.ensure_plan(code)


def test_engine_plan_is_built_once_and_only_from_what_was_stored() -> None:
    version = services.ensure_plan("district-2020")
    plan = services.engine_plan(version)
    assert plan.root.points == 100
    again = PlanVersion.objects.get(pk=version.pk)
    assert services.engine_plan(again) is plan
    again.document["indicators"][1]["title"] = "别的"
    again.digest = "0" * 64
    with pytest.raises(services.ChangedPlan):
        services.engine_plan(again)


def test_a_version_is_stored_by_the_office_only() -> None:
    plan = services.ensure_plan("district-2020").plan
    for role in set(Role) - {Role.OFFICE}:
        with pytest.raises(PermissionDenied):
            services.save_version(plan=plan, document={}, by=make_user(role))
    assert plan.versions.count() == 1


def test_versions_follow_each_other_and_repeat_nothing() -> None:
    office = make_user(Role.OFFICE)
    first, is_new = services.import_plan(document=sample(), by=office, note="第一稿")
    assert (first.number, is_new, first.created_by, first.note) == (1, True, office, "第一稿")
    same, is_new = services.import_plan(document=sample(), by=office)
    assert (same, is_new) == (first, False)
    second = services.save_version(plan=first.plan, document=sample(title="新样本"), by=office)
    assert second.number == 2
    assert Plan.objects.get().title == "新样本"
    back = services.save_version(plan=first.plan, document=sample(), by=office)
    assert (back.number, back.digest) == (3, first.digest)


def test_a_broken_document_or_another_plans_stores_nothing() -> None:
    plan = services.ensure_plan("district-2020").plan
    with pytest.raises(document.DocumentErrors) as caught:
        services.save_version(plan=plan, document=sample(), by=None)
    assert caught.value.errors[0][0] == "code"
    with pytest.raises(document.DocumentErrors):
        services.import_plan(document=sample(grades=[]), by=None)
    assert PlanVersion.objects.count() == 1


def test_freezing_keeps_the_first_moment() -> None:
    version = services.ensure_plan("district-2020")
    assert version.frozen_at is None
    moment = services.freeze_version(version).frozen_at
    assert moment is not None
    assert services.freeze_version(version).frozen_at == moment


def write_preset(folder: Path, text: str) -> None:
    (folder / "sample.toml").write_text(text, encoding="utf-8")


def test_a_changed_preset_file_waits_for_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "PRESETS", tmp_path)
    write_preset(tmp_path, BASE)
    assert services.load_preset("sample").outcome == "new"
    assert services.load_preset("sample").outcome == "unchanged"
    write_preset(tmp_path, BASE.replace("样本方案", "样本方案(修订)"))
    updated = services.load_preset("sample")
    assert (updated.outcome, updated.version.number) == ("updated", 2)
    by_hand = services.save_version(
        plan=updated.version.plan, document=sample(title="单位自己的方案"), by=make_user(Role.OFFICE)
    )
    write_preset(tmp_path, BASE.replace("样本方案", "样本方案(再修订)"))
    kept = services.load_preset("sample")
    assert (kept.outcome, kept.version) == ("kept", by_hand)
    assert Plan.objects.get().title == "单位自己的方案"


def test_load_presets_says_what_it_did() -> None:
    out = io.StringIO()
    call_command("load_presets", stdout=out)
    assert out.getvalue().count(": new (v1)") == len(services.preset_codes())
    out = io.StringIO()
    call_command("load_presets", "district-2020", stdout=out)
    assert out.getvalue() == "district-2020: unchanged (v1)\n"
    with pytest.raises(CommandError) as caught:
        call_command("load_presets", "no-such-plan")
    assert caught.value.returncode == 2


def test_plan_file_out_and_in_again(tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    call_command("export_plan", "yinhai-2016", str(file))
    before = PlanVersion.objects.get()
    out = io.StringIO()
    call_command("load_plan", str(file), stdout=out)
    assert "unchanged" in out.getvalue()
    file.write_text(file.read_text(encoding="utf-8").replace("points = 150", "points = 150.0"))
    call_command("load_plan", str(file), stdout=out)
    assert PlanVersion.objects.get() == before


def test_load_plan_names_file_line_and_path(tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(BASE.replace("points = 60", "pionts = 60"), encoding="utf-8")
    line = BASE.splitlines().index("points = 60") + 1
    with pytest.raises(CommandError) as caught:
        call_command("load_plan", str(file))
    assert caught.value.returncode == 2
    assert str(caught.value).startswith(f"plan.toml:{line}: indicators.A.pionts: ")
    assert not Plan.objects.exists()


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", None])
def test_load_plan_of_no_text_is_one_sentence(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "plan.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CommandError) as caught:
        call_command("load_plan", str(file))
    assert caught.value.returncode == 2
    assert str(caught.value).count("\n") == 0

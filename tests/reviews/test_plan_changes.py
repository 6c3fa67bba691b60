"""Changing the plan while a round runs: applications, the leader's approval, another version for the round."""

from __future__ import annotations

import copy
import datetime
import json
from dataclasses import replace
from decimal import Decimal

import pytest
from django.urls import reverse

from indicators.services import engine_plan, save_version
from reviews.models import (
    Assignment,
    Event,
    GradeDecision,
    Mark,
    NotApplicable,
    PlanChange,
    PlanChangeSetting,
    Round,
    RoundPlanVersion,
    SubjectFact,
    Target,
)
from reviews.queries.plan_changes import change_rules, touched_subjects
from reviews.services import errors, plan_changes
from reviews.services.applicability import set_not_applicable
from reviews.services.marks import record_mark
from reviews.services.plan_changes import ChangeData
from reviews.services.plan_fit import misfits, touched
from reviews.services.plan_versions import change_round_plan, preview_plan
from reviews.words import today
from scoring.errors import PlanChanged
from scoring.models import Computation
from scoring.queries import current_computation
from scoring.services import run_scoring
from tests.factories import client_for, district_round, make_user
from units.models import AuditEntry, Notification, Role, RoleGrant

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


@pytest.fixture
def round_():
    return district_round(3)


@pytest.fixture
def office():
    return make_user(Role.OFFICE)


@pytest.fixture
def leader():
    return make_user(Role.LEADER)


def first(round_):
    return round_.subjects.select_related("unit").order_by("order").first()


def unit_of(subject):
    return make_user(Role.SUBJECT, subject.unit)


def not_applicable(round_, by, subject=None, **values):
    data = ChangeData(**{"kind": "not_applicable", "indicator": "K21", "reason": "职能划转"} | values)
    return plan_changes.propose_change(round=round_, subject=subject or first(round_), data=data, by=by)


def due(round_, day):
    PlanChangeSetting.objects.update_or_create(round=round_, defaults={"due": day})


def version_with(round_, change, by=None):
    """A new version of the round's plan; `change` alters the document."""
    document = copy.deepcopy(round_.plan_version.document)
    change(document)
    return save_version(plan=round_.plan, document=document, by=by)


def row_of(document, code):
    return next(row for row in document["indicators"] if row["code"] == code)


def enter(round_, code="K21", value="5", subject=None):
    sheet = round_.assignments.select_related("unit", "round").filter(indicator=code).first()
    return record_mark(
        assignment=sheet,
        subject=subject or first(round_),
        value=Decimal(value),
        note="说明",
        by=make_user(Role.ASSESSOR, sheet.unit),
    )


# ---------------------------------------------------------------- applications


def test_a_unit_asks_the_leader_approves_the_office_carries_out(round_, office, leader):
    unit = unit_of(first(round_))
    change = not_applicable(round_, unit)
    assert (change.state, change.number, change.by_office) == ("proposed", 1, False)
    assert Notification.objects.filter(account=leader).count() == 1
    plan_changes.decide_change(change=change, approve=True, reason="同意", by=leader)
    version = change.round.input_version
    change = plan_changes.apply_change(change=change, by=office)
    change.round.refresh_from_db()
    row = NotApplicable.objects.get(subject=first(round_), indicator="K21")
    assert change.state == "applied"
    assert "职能划转" in row.note
    assert change.round.input_version > version
    actions = list(
        AuditEntry.objects.filter(target="reviews.planchange").order_by("id").values_list("action", flat=True)
    )
    assert actions == ["ask for plan change", "decide plan change", "carry out plan change"]
    assert Notification.objects.filter(account=unit).count() == 2


def test_applicable_again_and_another_target(office, leader):
    round_ = district_round(2, plan="yinhai-2016", name="2016")
    subject = first(round_)
    node = engine_plan(round_.plan_version).root.children[0].children[0]
    due(round_, today())
    leaf = next(row["code"] for row in round_.plan_version.document["indicators"] if row.get("method") == "attainment")
    data = ChangeData(kind="target", indicator=leaf, target=Decimal(80), reason="政策调整")
    change = plan_changes.propose_change(round=round_, subject=subject, data=data, by=unit_of(subject))
    plan_changes.decide_change(change=change, approve=True, reason="", by=leader)
    plan_changes.apply_change(change=change, by=office)
    assert Target.objects.get(subject=subject, indicator=leaf).value == Decimal(80)
    set_not_applicable(subject=subject, indicator=node.code, by=office)
    data = ChangeData(kind="applicable", indicator=node.code, reason="恢复")
    change = plan_changes.propose_change(round=round_, subject=subject, data=data, by=office)
    assert change.by_office
    plan_changes.decide_change(change=change, approve=True, reason="", by=leader)
    plan_changes.apply_change(change=change, by=office)
    assert not NotApplicable.objects.filter(subject=subject).exists()


def test_the_date_of_the_plan_counts_and_the_office_may_set_another(office, leader):
    round_ = district_round(1, plan="yinhai-2016", name="2016")
    rules = change_rules(round_)
    assert (rules.due, rules.step, rules.is_open) == (datetime.date(2016, 11, 25), "调整指标", False)
    leaf = round_.assignments.first().indicator
    with pytest.raises(errors.RoundClosed):
        not_applicable(round_, office, indicator=leaf)
    with pytest.raises(errors.InvalidInput):
        plan_changes.set_change_date(round=round_, due=today(), reason=" ", by=office)
    plan_changes.set_change_date(round=round_, due=today(), reason="疫情", by=office)
    change = not_applicable(round_, office, indicator=leaf)
    due(round_, today() - DAY)
    with pytest.raises(errors.RoundClosed):
        plan_changes.decide_change(change=change, approve=True, reason="", by=leader)
    plan_changes.decide_change(change=change, approve=False, reason="逾期", by=leader)
    change.refresh_from_db()
    assert (change.state, change.decision_reason) == ("rejected", "逾期")


def test_what_was_approved_in_time_is_carried_out_after_the_date(round_, office, leader):
    change = not_applicable(round_, office)
    plan_changes.decide_change(change=change, approve=True, reason="", by=leader)
    due(round_, today() - DAY)
    assert plan_changes.apply_change(change=change, by=office).state == "applied"


def test_inputs_stand_in_the_way_and_the_application_stays_approved(round_, office, leader):
    enter(round_)
    change = not_applicable(round_, office)
    plan_changes.decide_change(change=change, approve=True, reason="", by=leader)
    with pytest.raises(errors.InvalidInput):
        plan_changes.apply_change(change=change, by=office)
    change.refresh_from_db()
    assert change.state == "approved"
    assert not NotApplicable.objects.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"indicator": "XX"}, "indicator"),
        ({"indicator": "R"}, "indicator"),
        ({"reason": "  "}, "reason"),
        ({"kind": "applicable"}, "indicator"),
        ({"kind": "target", "target": Decimal(3)}, "indicator"),
        ({"kind": "text"}, "wish"),
        ({"kind": "other"}, "kind"),
    ],
)
def test_what_is_refused(round_, office, values, field):
    with pytest.raises(errors.InvalidInput) as caught:
        not_applicable(round_, office, **values)
    assert caught.value.field == field
    assert not PlanChange.objects.exists()


def test_one_open_application_for_an_indicator(round_, office, leader):
    change = not_applicable(round_, office)
    with pytest.raises(errors.InvalidInput):
        not_applicable(round_, office)
    plan_changes.withdraw_change(change=change, reason="误填", by=office)
    assert not_applicable(round_, office).number == 2


def test_nobody_decides_on_their_own_and_nobody_else_asks(round_, office, leader):
    subject, other = list(round_.subjects.select_related("unit").order_by("order")[:2])
    with pytest.raises(errors.NotAllowed):
        not_applicable(round_, unit_of(other), subject=subject)
    change = not_applicable(round_, unit_of(subject))
    both = make_user(Role.LEADER)
    RoleGrant.objects.create(user=both, role=Role.SUBJECT, unit=subject.unit)
    for account in (both, office, unit_of(subject)):
        with pytest.raises(errors.NotAllowed):
            plan_changes.decide_change(change=change, approve=True, reason="", by=type(both).objects.get(pk=account.pk))
    with pytest.raises(errors.NotAllowed):
        plan_changes.apply_change(change=change, by=leader)
    with pytest.raises(errors.InvalidInput):
        plan_changes.decide_change(change=change, approve=False, reason="", by=leader)
    plan_changes.decide_change(change=change, approve=True, reason="", by=leader)
    with pytest.raises(errors.Conflict):
        plan_changes.decide_change(change=change, approve=False, reason="改", by=leader)


# ---------------------------------------------------------------- another version


def test_fewer_points_show_the_marks_above_them_and_take_them_out_with_consent(round_, office):
    points = Decimal(row_of(round_.plan_version.document, "K21")["points"])
    keeps, leaves = list(round_.subjects.order_by("order")[:2])
    enter(round_, value="1", subject=keeps)
    enter(round_, value=str(points), subject=leaves)
    run_scoring(round=round_)

    def less(document):
        row_of(document, "K21")["points"] = str(points - 1)
        row_of(document, "K22")["points"] = str(Decimal(row_of(document, "K22")["points"]) + 1)

    version = version_with(round_, less, office)
    before = round_.plan_version
    preview = preview_plan(round=round_, version=version)
    assert [(one.subject, one.kind) for one in preview.misfits] == [(leaves, "mark")]
    assert preview.possible
    assert set(preview.touched.codes) >= {"K21", "K22"}
    round_.refresh_from_db()
    assert round_.plan_version == before, "a preview keeps nothing"
    assert Mark.objects.count() == 2
    with pytest.raises(errors.InvalidInput) as caught:
        change_round_plan(round=round_, version=version, reason="调整", by=office)
    assert caught.value.field == "seen"
    made = change_round_plan(
        round=round_, version=version, reason="调整", document="〔2020〕8号", seen=preview.seen, by=office
    )
    round_.refresh_from_db()
    version.refresh_from_db()
    assert round_.plan_version == version
    assert version.frozen_at is not None
    assert (made.before, made.after, made.number) == (before, version, 1)
    assert list(Mark.objects.values_list("subject", flat=True)) == [keeps.pk]
    entry = AuditEntry.objects.get(action="withdraw input")
    assert entry.changes == {"value": [str(points), None]}
    assert made.withdrawn[0][2:] == ["mark", str(points)]
    assert current_computation(round_) is None, "a result is read with its own plan"
    assert Computation.objects.filter(round=round_).exists()
    assert run_scoring(round=round_).is_current


def test_a_computation_that_the_change_overtook_stores_nothing(round_, office):
    overtaken = Round.objects.select_related("plan_version").get(pk=round_.pk)
    version = version_with(round_, lambda document: row_of(document, "K21").update(title="换个说法"), office)
    change_round_plan(round=round_, version=version, reason="文字", by=office)
    with pytest.raises(PlanChanged):
        run_scoring(round=overtaken)
    assert not Computation.objects.exists()


def test_a_new_leaf_brings_its_sheet_and_a_gone_one_takes_its_own(round_, office):
    sheet = round_.assignments.select_related("unit").get(indicator="K21")

    def swap(document):
        row = row_of(document, "K21")
        new = copy.deepcopy(row) | {"code": "K29", "title": "新指标"}
        document["indicators"][document["indicators"].index(row)] = new

    enter(round_)
    version = version_with(round_, swap, office)
    preview = preview_plan(round=round_, version=version)
    assert preview.touched.codes["K21"] == "removed"
    assert preview.touched.codes["K29"] == "added"
    change_round_plan(round=round_, version=version, reason="调整", seen=preview.seen, by=office)
    assert not Assignment.objects.filter(round=round_, indicator="K21").exists()
    assert Assignment.objects.get(round=round_, indicator="K29").unit == sheet.unit
    assert not Mark.objects.exists()
    for page in ("round_detail", "progress", "my_marks", "chase", "plan_changes"):
        assert client_for(office).get(reverse(f"reviews:{page}", args=[round_.pk])).status_code == 200


def test_words_alone_touch_nobody(round_, office):
    version = version_with(round_, lambda document: row_of(document, "K21").update(title="换个说法"), office)
    preview = preview_plan(round=round_, version=version)
    assert (preview.touched.codes, preview.touched.everyone, preview.misfits) == ({}, False, [])
    made = change_round_plan(round=round_, version=version, reason="文字", by=office)
    assert touched_subjects(made, list(round_.subjects.all())) == []


def test_those_to_whom_it_did_not_apply_are_not_touched(round_, office):
    spared = first(round_)
    set_not_applicable(subject=spared, indicator="K2", by=office)

    def shift(document):
        row_of(document, "K21")["points"] = str(Decimal(row_of(document, "K21")["points"]) - 1)
        row_of(document, "K22")["points"] = str(Decimal(row_of(document, "K22")["points"]) + 1)

    version = version_with(round_, shift, office)
    made = change_round_plan(round=round_, version=version, reason="调整", by=office)
    assert not made.everyone
    found = {one.subject.code: one.codes for one in touched_subjects(made, list(round_.subjects.all()))}
    assert spared.code not in found
    assert len(found) == 2
    assert all("K21" in codes for codes in found.values())


def test_events_and_facts_that_no_longer_fit_are_named(round_, office):
    subject = first(round_)
    Event.objects.create(subject=subject, indicator="B", item="B-3", count=1, value=1, matter="疫情防控")

    def drop(document):
        items = row_of(document, "B")["catalogue"]
        items[:] = [item for item in items if item["code"] != "B-3"]

    version = version_with(round_, drop, office)
    preview = preview_plan(round=round_, version=version)
    assert [one.kind for one in preview.misfits] == ["event"]
    change_round_plan(round=round_, version=version, reason="调整", seen=preview.seen, by=office)
    assert not Event.objects.exists()


def test_facts_and_grades_that_the_version_does_not_have(office):
    round_ = district_round(2, plan="yinhai-2016", name="2016")
    subject = first(round_)
    plan = engine_plan(round_.plan_version)
    SubjectFact.objects.create(subject=subject, code="vetoed", value="true")
    GradeDecision.objects.create(subject=subject, grade="一等", reason="x")
    assert misfits(round_, plan, plan) == []
    bare = replace(plan, facts=plan.facts[1:], grades=plan.grades[1:])
    assert [one.kind for one in misfits(round_, plan, bare)] == ["decision", "fact"]


def test_what_cannot_be_taken_over(round_, office, leader):
    other = district_round(1, plan="yinhai-2016", name="2016")
    same = round_.plan_version
    for version in (other.plan_version, same):
        assert preview_plan(round=round_, version=version).obstacles
        with pytest.raises(errors.InvalidInput):
            change_round_plan(round=round_, version=version, reason="x", by=office)
    used = first(round_).category
    renamed = json.loads(json.dumps(same.document, ensure_ascii=False).replace(f'"{used}"', '"别的类"'))
    lost = save_version(plan=round_.plan, document=renamed, by=office)
    assert used in preview_plan(round=round_, version=lost).obstacles[0]
    with pytest.raises(errors.NotAllowed):
        change_round_plan(round=round_, version=same, reason="x", by=leader)
    round_.phase = "reviewing"
    round_.save()
    with pytest.raises(errors.RoundClosed):
        change_round_plan(round=round_, version=same, reason="x", by=office)


def test_a_change_carries_out_approved_applications(round_, office, leader):
    data = ChangeData(kind="text", wish="K21 改为 5 分", reason="重点工作变化")
    subject = first(round_)
    change = plan_changes.propose_change(round=round_, subject=subject, data=data, by=unit_of(subject))
    version = version_with(round_, lambda document: row_of(document, "K21").update(title="换个说法"), office)
    with pytest.raises(errors.InvalidInput):
        change_round_plan(round=round_, version=version, reason="x", by=office, applications=[change])
    assert not RoundPlanVersion.objects.exists()
    plan_changes.decide_change(change=change, approve=True, reason="", by=leader)
    with pytest.raises(errors.InvalidInput):
        plan_changes.apply_change(change=change, by=office)
    made = change_round_plan(round=round_, version=version, reason="x", by=office, applications=[change])
    change.refresh_from_db()
    assert (change.state, change.carried_out) == ("applied", made)


def test_touched_sees_rules_of_the_whole_round(round_):
    plan = engine_plan(round_.plan_version)
    assert touched(plan, replace(plan, decimals=plan.decimals + 1)).everyone
    assert not touched(plan, replace(plan, title="别的")).everyone


# ---------------------------------------------------------------- pages


def test_the_page_of_an_application_from_asking_to_carrying_out(round_, office, leader):
    subject = first(round_)
    unit = client_for(unit_of(subject))
    address = reverse("reviews:plan_change_add", args=[round_.pk])
    sent = {"subject": subject.code, "kind": "not_applicable", "indicator": "K21", "reason": ""}
    refused = unit.post(address, sent | {"indicator": "K22"})
    assert refused.status_code == 422
    assert b'value="K22" selected' in refused.content
    page = unit.post(address, sent | {"reason": "职能划转"}, follow=True)
    change = PlanChange.objects.get()
    assert "职能划转" in page.content.decode()
    detail = reverse("reviews:plan_change", args=[round_.pk, change.pk])
    assert client_for(leader).post(detail, {"do": "reject"}).status_code == 422
    assert client_for(leader).post(detail, {"do": "approve", "reason": "同意"}).status_code == 302
    assert client_for(office).post(detail, {"do": "apply"}).status_code == 302
    change.refresh_from_db()
    assert change.state == "applied"
    assert client_for(office).post(detail, {"do": "apply"}).status_code == 422
    other = round_.subjects.select_related("unit").order_by("order")[1]
    assert client_for(unit_of(other)).get(detail).status_code == 404
    assert "职能划转" not in client_for(unit_of(other)).get(detail.rsplit("/", 2)[0] + "/").content.decode()


def test_the_page_of_another_version_asks_for_consent(round_, office):
    enter(round_)
    version = version_with(
        round_,
        lambda document: document["indicators"].__setitem__(
            document["indicators"].index(row_of(document, "K21")), row_of(document, "K21") | {"code": "K29"}
        ),
        office,
    )
    client, address = client_for(office), reverse("reviews:plan_version_take", args=[round_.pk])
    page = client.get(address, {"version": version.pk})
    seen = page.context["preview"].seen
    assert page.context["misfit_count"] == 1
    sent = {"version": version.pk, "reason": "调整", "seen": seen}
    assert client.post(address, sent).status_code == 422
    done = client.post(address, sent | {"agreed": "on"}, follow=True)
    assert done.status_code == 200
    made = RoundPlanVersion.objects.get()
    page = client_for(unit_of(first(round_))).get(reverse("reviews:plan_version_change", args=[round_.pk, made.pk]))
    assert page.context["touched_count"] == 1, "those appraised see themselves only"


def test_queries_do_not_grow(office, django_assert_max_num_queries):
    small, large = district_round(2), district_round(8, name="2021")
    counts = []
    for round_ in (small, large):
        for subject in round_.subjects.all():
            not_applicable(round_, office, subject=subject)
            enter(round_, "K22", "1", subject=subject)
        client = client_for(office)
        with django_assert_max_num_queries(40) as context:
            client.get(reverse("reviews:plan_changes", args=[round_.pk]))
        counts.append(len(context))

        def drop(document):
            row_of(document, "K22")["code"] = "K28"

        version = version_with(round_, drop, office)
        with django_assert_max_num_queries(80) as context:
            preview = preview_plan(round=round_, version=version)
        assert len(preview.misfits) == round_.subjects.count()
        counts.append(len(context))
    assert counts[:2] == counts[2:]

"""Targets and actual figures: proposed, confirmed, reported, verified; what counts when, and who may."""

from __future__ import annotations

import datetime
from decimal import Decimal as D
from typing import Any

import pytest
from django.urls import reverse

from indicators.services import engine_plan, import_plan
from reviews.models import (
    Attainment,
    FigureReport,
    FigureState,
    NotApplicable,
    NumberInput,
    Phase,
    ReportSetting,
    Round,
    Subject,
    Target,
    TargetState,
)
from reviews.queries.figures import lines_of_leaf, waiting_by_leaf
from reviews.queries.progress import leaf_progress, subject_progress
from reviews.services import errors
from reviews.services.figures import FigureRow, Verdict, report_figures, verify_figures
from reviews.services.numbers import NumberRow, save_numbers
from reviews.services.report_dates import RuleData, extend_reports, settle_reports
from reviews.services.rounds import NewSubject, open_round
from reviews.services.targets import TargetRow, decide_targets, propose_targets, set_targets, target_token
from reviews.tree import Tree
from reviews.words import today
from scoring.load import load_inputs
from scoring.services import obstacles_to_announcing, run_scoring
from tests.factories import client_for, district_round, make_unit, make_user
from units.models import AuditEntry, Role, User

pytestmark = pytest.mark.django_db

LEAF = "G11"  # 区委、区政府确定的重点工作任务: an attainment leaf
DAY = datetime.timedelta(days=1)


@pytest.fixture
def round_() -> Round:
    return district_round(3, plan="yinhai-2016", name="2016")


@pytest.fixture
def office() -> User:
    return make_user(Role.OFFICE)


@pytest.fixture
def subject(round_) -> Subject:
    return round_.subjects.select_related("unit").earliest("order")


@pytest.fixture
def unit_user(subject) -> User:
    return make_user(Role.SUBJECT, subject.unit)


@pytest.fixture
def sheet(round_) -> Any:
    """The leaf's assignment, bound to a unit of its own."""
    assignment = round_.assignments.get(indicator=LEAF)
    assignment.unit = make_unit("区绩效办")
    assignment.save()
    return assignment


@pytest.fixture
def assessor(sheet) -> User:
    return make_user(Role.ASSESSOR, sheet.unit)


def settle(round_: Round, by: User, **changes: Any) -> ReportSetting:
    setting = ReportSetting.objects.filter(round=round_).first()
    data = {
        "asks_self_report": None,
        "self_report_due": None,
        "targets_due": None,
        "figures_due": None,
        "provisional": False,
    }
    return settle_reports(
        round=round_, data=RuleData(**data | changes), reason="改期", seen=setting.version if setting else 0, by=by
    )


def confirm(subject: Subject, office: User, value: str = "10") -> Target:
    rows = [TargetRow(subject.pk, D(value))]
    assert set_targets(round=subject.round, indicator=LEAF, rows=rows, by=office).changed == 1
    return Target.objects.get(subject=subject, indicator=LEAF)


def report(subject: Subject, by: User, value: str = "8", note: str = "") -> FigureReport:
    last = FigureReport.objects.filter(subject=subject, indicator=LEAF, is_current=True).first()
    row = FigureRow(D(value), note, last.number if last else 0)
    saved = report_figures(subject=subject, rows={LEAF: row}, by=by)
    assert saved.refused == {}
    assert saved.changed == 1
    return FigureReport.objects.get(subject=subject, indicator=LEAF, is_current=True)


def verify(sheet: Any, row: FigureReport, by: User, state: str = "accepted", **rest: Any) -> Any:
    return verify_figures(assignment=sheet, verdicts=[Verdict(row.pk, state, **rest)], by=by)


# ---------------------------------------------------------------- targets


def test_a_target_is_proposed_sent_back_proposed_again_and_confirmed(round_, subject, unit_user, office):
    propose_targets(subject=subject, rows={LEAF: TargetRow(subject.pk, D(5), "去年完成数")}, by=unit_user)
    first = Target.objects.get()
    assert (first.state, first.value, first.note) == (TargetState.PROPOSED, D(5), "去年完成数")
    tokens = {subject.pk: target_token(first)}
    with pytest.raises(errors.InvalidInput):
        decide_targets(round=round_, indicator=LEAF, seen=tokens, state="returned", by=office)
    decide_targets(round=round_, indicator=LEAF, seen=tokens, state="returned", by=office, reason="太低")
    first.refresh_from_db()
    assert (first.state, first.reason) == (TargetState.RETURNED, "太低")
    # The same value again is an answer too: the unit insists.
    row = TargetRow(subject.pk, D(5), "去年完成数", target_token(first))
    assert propose_targets(subject=subject, rows={LEAF: row}, by=unit_user).changed == 1
    first.refresh_from_db()
    seen = {subject.pk: target_token(first)}
    assert decide_targets(round=round_, indicator=LEAF, seen=seen, state="confirmed", by=office).changed == 1
    first.refresh_from_db()
    assert (first.state, first.decided_by) == (TargetState.CONFIRMED, office)
    actions = list(
        AuditEntry.objects.filter(round_id=round_.pk, target="reviews.target").values_list("action", flat=True)
    )
    assert sorted(actions) == ["decide target", "decide target", "propose target", "propose target"]


def test_a_confirmed_target_is_frozen(round_, subject, unit_user, office, sheet, assessor):
    target = confirm(subject, office)
    mine = TargetRow(subject.pk, D(1), seen=target_token(target))
    saved = propose_targets(subject=subject, rows={LEAF: mine}, by=unit_user)
    assert isinstance(saved.refused[LEAF], errors.InvalidInput)
    saved = set_targets(round=round_, indicator=LEAF, rows=[mine], by=office)
    assert saved.refused[subject.pk].field == "reason"
    # Nor does the assessor's sheet change it; the actual alone is enough there.
    assert save_numbers(assignment=sheet, rows=[NumberRow(subject.pk, D(4), D(5))], by=assessor).refused
    assert save_numbers(assignment=sheet, rows=[NumberRow(subject.pk, D(4))], by=assessor).changed == 1
    assert (Attainment.objects.get().target, Attainment.objects.get().actual) == (D(10), D(4))
    # With a reason the office changes it, and the verified figure stands against the new one.
    version = Round.objects.get(pk=round_.pk).input_version
    assert set_targets(round=round_, indicator=LEAF, rows=[mine], by=office, reason="任务调整").changed == 1
    assert Attainment.objects.get().target == D(1)
    assert Round.objects.get(pk=round_.pk).input_version > version
    entry = AuditEntry.objects.filter(action="set target").latest("id")
    assert (entry.changes["target"], entry.reason) == (["10", "1"], "任务调整")


def test_a_target_that_figures_stand_against_cannot_be_taken_out(round_, subject, office, sheet, assessor):
    target = confirm(subject, office)
    save_numbers(assignment=sheet, rows=[NumberRow(subject.pk, D(4))], by=assessor)
    gone = TargetRow(subject.pk, None, seen=target_token(target))
    saved = set_targets(round=round_, indicator=LEAF, rows=[gone], by=office, reason="x")
    assert isinstance(saved.refused[subject.pk], errors.InvalidInput)
    Attainment.objects.all().delete()
    assert set_targets(round=round_, indicator=LEAF, rows=[gone], by=office, reason="x").changed == 1
    assert not Target.objects.exists()


@pytest.mark.parametrize("value", ["0", "-1"])
def test_a_target_is_above_zero(round_, subject, office, value):
    saved = set_targets(round=round_, indicator=LEAF, rows=[TargetRow(subject.pk, D(value))], by=office)
    assert saved.refused[subject.pk].field == "target"
    assert not Target.objects.exists()


def test_a_target_changed_meanwhile_is_a_conflict(round_, subject, unit_user, office):
    propose_targets(subject=subject, rows={LEAF: TargetRow(subject.pk, D(5))}, by=unit_user)
    old = target_token(Target.objects.get())
    propose_targets(subject=subject, rows={LEAF: TargetRow(subject.pk, D(6), seen=old)}, by=unit_user)
    saved = decide_targets(round=round_, indicator=LEAF, seen={subject.pk: old}, state="confirmed", by=office)
    assert isinstance(saved.refused[subject.pk], errors.Conflict)
    assert saved.refused[subject.pk].theirs.value == "6"
    assert Target.objects.get().state == TargetState.PROPOSED


def test_after_its_date_nobody_proposes_but_the_office_sets(round_, subject, unit_user, office):
    settle(round_, office, targets_due=today() - DAY)
    saved = propose_targets(subject=subject, rows={LEAF: TargetRow(subject.pk, D(5))}, by=unit_user)
    assert saved.refused[LEAF].field == "target"
    confirm(subject, office)
    extended = round_.subjects.exclude(pk=subject.pk).first()
    extend_reports(subject=extended, kind="targets", until=today(), reason="补报", by=office)
    other = make_user(Role.SUBJECT, extended.unit)
    assert propose_targets(subject=extended, rows={LEAF: TargetRow(extended.pk, D(5))}, by=other).changed == 1


# ---------------------------------------------------------------- reporting


def test_a_figure_is_reported_any_number_of_times_and_its_history_kept(subject, unit_user):
    report(subject, unit_user, "8")
    report(subject, unit_user, "8.5", "已验收")
    rows = list(FigureReport.objects.values_list("number", "value", "state", "is_current"))
    assert rows == [(1, D(8), FigureState.REPLACED, False), (2, D("8.5"), FigureState.REPORTED, True)]
    same = report_figures(subject=subject, rows={LEAF: FigureRow(D("8.50"), "已验收", 2)}, by=unit_user)
    assert (same.changed, FigureReport.objects.count()) == (0, 2)
    old = report_figures(subject=subject, rows={LEAF: FigureRow(D(9), "", 1)}, by=unit_user)
    assert old.refused[LEAF].theirs.value == "8.5"


def test_reporting_stops_at_its_date_and_goes_on_for_whom_the_office_re_opens(round_, subject, unit_user, office):
    settle(round_, office, figures_due=today())
    assert report(subject, unit_user, "1").late is False  # the day itself is in time
    settle(round_, office, figures_due=today() - DAY)
    saved = report_figures(subject=subject, rows={LEAF: FigureRow(D(9), "", 1)}, by=unit_user)
    assert saved.refused[LEAF].field == "value"
    with pytest.raises(errors.InvalidInput):
        extend_reports(subject=subject, kind="figures", until=today() - DAY, reason="x", by=office)
    with pytest.raises(errors.InvalidInput):
        extend_reports(subject=subject, kind="figures", until=today(), reason=" ", by=office)
    with pytest.raises(errors.NotAllowed):
        extend_reports(subject=subject, kind="figures", until=today(), reason="x", by=unit_user)
    extend_reports(subject=subject, kind="figures", until=today(), reason="系统故障", by=office)
    assert report(subject, unit_user, "9").late is True


def test_a_leaf_that_does_not_apply_takes_no_report(subject, unit_user):
    NotApplicable.objects.create(subject=subject, indicator=LEAF)
    saved = report_figures(subject=subject, rows={LEAF: FigureRow(D(1)), "G13": FigureRow(D(1))}, by=unit_user)
    assert {code: error.field for code, error in saved.refused.items()} == {LEAF: "value", "G13": "indicator"}


def test_nobody_reports_for_others_or_into_a_closed_round(round_, subject, unit_user, office, assessor):
    rows = {LEAF: FigureRow(D(1))}
    stranger = make_user(Role.SUBJECT)
    for user in (office, assessor, stranger, make_user(Role.AUDITOR), make_user()):
        with pytest.raises(errors.NotAllowed):
            report_figures(subject=subject, rows=rows, by=user)
        with pytest.raises(errors.NotAllowed):
            propose_targets(subject=subject, rows={}, by=user)
    Round.objects.update(phase=Phase.REVIEWING)
    with pytest.raises(errors.RoundClosed):
        report_figures(subject=subject, rows=rows, by=unit_user)
    assert not FigureReport.objects.exists()


# ---------------------------------------------------------------- verifying


def test_accepted_changed_and_sent_back(round_, subject, unit_user, office, sheet, assessor):
    confirm(subject, office)
    row = report(subject, unit_user, "8")
    assert verify(sheet, row, assessor, "returned").refused[row.pk].field == "reason"
    assert verify(sheet, row, assessor, "returned", reason="缺少证明").changed == 1
    assert not Attainment.objects.exists()
    row = report(subject, unit_user, "8", "附验收单")
    assert verify(sheet, row, assessor).changed == 1
    assert (Attainment.objects.get().actual, Attainment.objects.get().updated_by) == (D(8), assessor)
    # A new report leaves the verified figure in force until it is looked at.
    row = report(subject, unit_user, "9")
    assert Attainment.objects.get().actual == D(8)
    assert verify(sheet, row, assessor, "changed", reason="一项未完成").refused[row.pk].field == "value"
    assert verify(sheet, row, assessor, "changed", value=D("8.5"), reason="一项未完成").changed == 1
    assert (Attainment.objects.get().actual, Attainment.objects.get().version) == (D("8.5"), 2)
    row.refresh_from_db()
    assert (row.state, row.value, row.verified, row.reason) == ("changed", D(9), D("8.5"), "一项未完成")
    entry = AuditEntry.objects.filter(action="verify figure").latest("id")
    assert (entry.changes["actual"], entry.reason) == (["8", "8.5"], "一项未完成")
    assert Round.objects.get(pk=round_.pk).input_version > 0


def test_nothing_is_verified_without_a_target(subject, unit_user, office, sheet, assessor):
    row = report(subject, unit_user)
    assert verify(sheet, row, assessor).refused[row.pk].field == "target"
    propose_targets(subject=subject, rows={LEAF: TargetRow(subject.pk, D(10))}, by=unit_user)
    assert verify(sheet, row, assessor).refused  # a proposal is no target yet
    row.refresh_from_db()
    assert row.state == FigureState.REPORTED
    assert not Attainment.objects.exists()


def test_a_report_replaced_meanwhile_is_a_conflict(subject, unit_user, office, sheet, assessor):
    confirm(subject, office)
    old = report(subject, unit_user, "8")
    report(subject, unit_user, "7")
    assert isinstance(verify(sheet, old, assessor).refused[old.pk], errors.Conflict)
    assert not Attainment.objects.exists()


def test_who_may_verify(round_, subject, unit_user, office, sheet, assessor):
    confirm(subject, office)
    row = report(subject, unit_user)
    for user in (unit_user, make_user(Role.ASSESSOR), make_user(Role.AUDITOR), make_user(Role.LEADER)):
        with pytest.raises(errors.NotAllowed):
            verify(sheet, row, user)
    # The assessor's own unit is appraised too: then only the office verifies.
    Subject.objects.filter(pk=subject.pk).update(unit=sheet.unit)
    assert isinstance(verify(sheet, row, assessor).refused[row.pk], errors.InvalidInput)
    assert verify(sheet, row, office).changed == 1


def test_a_report_of_another_leaf_or_round_is_refused(subject, unit_user, office, sheet, assessor):
    other = FigureReport.objects.create(subject=subject, indicator="G12", number=1, value=1, reported_by=unit_user)
    with pytest.raises(errors.InvalidInput):
        verify(sheet, other, assessor)


def test_a_figure_entered_in_the_sheet_settles_the_report(subject, unit_user, office, sheet, assessor):
    confirm(subject, office)
    row = report(subject, unit_user, "8")
    save_numbers(assignment=sheet, rows=[NumberRow(subject.pk, D(6))], by=assessor)
    row.refresh_from_db()
    assert (row.state, row.verified, row.decided_by) == (FigureState.CHANGED, D(6), assessor)
    assert waiting_by_leaf(subject.round) == {}


# ---------------------------------------------------------------- what counts


def test_a_reported_figure_is_missing_until_verified_unless_it_counts_provisionally(
    round_, subject, unit_user, office, sheet, assessor
):
    plan = engine_plan(round_.plan_version)
    confirm(subject, office)
    row = report(subject, unit_user, "8")
    tree = Tree(plan)
    [leaf] = leaf_progress(round_, tree, [sheet])
    assert (leaf.entered, leaf.missing, leaf.waiting) == (0, 3, 1)
    assert LEAF in subject_progress(round_, tree, [subject])[0].waiting
    assert load_inputs(round_, plan).subjects[0].attainment == {}

    version = Round.objects.get(pk=round_.pk).input_version
    settle(round_, office, provisional=True)
    assert Round.objects.get(pk=round_.pk).input_version == version + 1
    pair = load_inputs(round_, plan).subjects[0].attainment[LEAF]
    assert (pair.target, pair.actual) == (D(10), D(8))
    [leaf] = leaf_progress(round_, tree, [sheet])
    assert (leaf.missing, leaf.waiting) == (3, 1)  # still to be verified
    run_scoring(round=round_)
    assert any("核验" in words for words in obstacles_to_announcing(round_))

    verify(sheet, row, assessor, "changed", value=D(5), reason="x")
    assert load_inputs(round_, plan).subjects[0].attainment[LEAF].actual == D(5)
    assert not any("核验" in words for words in obstacles_to_announcing(round_))


def test_a_provisional_figure_of_a_leaf_that_no_longer_applies_says_nothing(round_, subject, unit_user, office):
    confirm(subject, office)
    report(subject, unit_user)
    settle(round_, office, provisional=True)
    NotApplicable.objects.create(subject=subject, indicator=LEAF)
    assert load_inputs(round_, engine_plan(round_.plan_version)).subjects[0].attainment == {}


def test_without_a_confirmed_target_a_report_does_not_count(round_, subject, unit_user, office):
    report(subject, unit_user)
    settle(round_, office, provisional=True)
    assert load_inputs(round_, engine_plan(round_.plan_version)).subjects[0].attainment == {}


def test_numbers_of_other_methods_are_reported_and_verified_too(office):
    document = {
        "code": "numbers",
        "title": "数值考核",
        "subjects": "units",
        "period": "year",
        "grades": ["好", "差"],
        "indicators": [
            {"code": "T", "title": "总分", "points": 100},
            {"code": "N1", "parent": "T", "title": "信息报送", "points": 50, "method": "ratio_to_best"},
            {
                "code": "N2",
                "parent": "T",
                "title": "全市排名",
                "points": 50,
                "method": "rank_points",
                "table": [{"rank": 1, "value": 60}, {"rank": 2, "value": 57}],
                "scale": 60,
            },
        ],
    }
    version, _new = import_plan(document=document, by=None)
    unit = make_unit()
    round_ = open_round(
        version=version,
        name="2020",
        title="",
        deadline=None,
        subjects=[NewSubject("S1", unit.name, "", unit=unit)],
        by=None,
    )
    subject, mine = round_.subjects.get(), make_user(Role.SUBJECT, unit)
    rows = {"N1": FigureRow(D(-1)), "N2": FigureRow(D("1.5"))}
    assert set(report_figures(subject=subject, rows=rows, by=mine).refused) == {"N1", "N2"}
    rows = {"N1": FigureRow(D(30)), "N2": FigureRow(D(2))}
    assert report_figures(subject=subject, rows=rows, by=mine).changed == 2
    for row in FigureReport.objects.all():
        assert verify(round_.assignments.get(indicator=row.indicator), row, office).changed == 1
    assert dict(NumberInput.objects.values_list("indicator", "value")) == {"N1": D(30), "N2": D(2)}


# ---------------------------------------------------------------- pages


def url(name: str, *args: Any) -> str:
    return reverse(f"reviews:{name}", args=args)


def test_the_unit_reports_on_its_page_and_wrong_fields_stay(round_, subject, unit_user):
    client = client_for(unit_user)
    address = url("figures_own", round_.pk, subject.pk)
    page = {f"target-{LEAF}": "１０", f"target-seen-{LEAF}": "", f"value-{LEAF}": "八", f"seen-{LEAF}": "0"}
    answer = client.post(address, page)
    assert answer.status_code == 422
    assert 'value="八"' in answer.content.decode()
    assert Target.objects.get().value == D(10)
    assert not FigureReport.objects.exists()
    page |= {
        f"target-seen-{LEAF}": target_token(Target.objects.get()),
        f"value-{LEAF}": "8",
        f"note-{LEAF}": "完成八项",
    }
    assert client.post(address, page).status_code == 302
    assert FigureReport.objects.get().note == "完成八项"
    html = client.get(address).content.decode()
    assert "80%" in html
    assert "待核验" in html
    history = client.get(url("figure_history", round_.pk, subject.pk, LEAF))
    assert "完成八项" in history.content.decode()


def test_one_click_accepts_all_that_wait(round_, subject, office):
    sheet = round_.assignments.get(indicator=LEAF)
    page = {"do": "accept_all"}
    for each in round_.subjects.select_related("unit"):
        if each != subject:
            confirm(each, office)
        page[f"report-{each.pk}"] = report(each, make_user(Role.SUBJECT, each.unit)).pk
    kept = FigureReport.objects.latest("pk")
    page |= {f"state-{kept.pk}": "returned", f"reason-{kept.pk}": "缺少证明"}
    answer = client_for(office).post(url("figures_verify", round_.pk, sheet.pk), page)
    assert answer.status_code == 422  # one has no target
    states = dict(FigureReport.objects.values_list("subject", "state"))
    assert states[subject.pk] == FigureState.REPORTED
    assert sorted(states.values()) == ["accepted", "reported", "returned"]


def test_a_figure_sent_back_can_be_sent_again_as_it_is(round_, subject, unit_user, office, sheet, assessor):
    verify(sheet, report(subject, unit_user, "8"), assessor, "returned", reason="缺少证明")
    page = {f"value-{LEAF}": "8", f"seen-{LEAF}": "1"}
    client, address = client_for(unit_user), url("figures_own", round_.pk, subject.pk)
    assert client.post(address, page).status_code == 302
    assert FigureReport.objects.count() == 1
    assert client.post(address, page | {f"again-{LEAF}": "on"}).status_code == 302
    assert list(FigureReport.objects.values_list("number", "state")) == [(1, "returned"), (2, "reported")]


def test_a_figure_that_was_sent_cannot_be_emptied(round_, subject, unit_user):
    report(subject, unit_user, "8")
    answer = client_for(unit_user).post(
        url("figures_own", round_.pk, subject.pk), {f"value-{LEAF}": "", f"seen-{LEAF}": "1"}
    )
    assert answer.status_code == 422
    assert FigureReport.objects.get().is_current


def test_a_token_that_was_made_up_is_a_conflict_not_an_error(round_, subject, unit_user):
    page = {f"value-{LEAF}": "1", f"seen-{LEAF}": "7", f"target-{LEAF}": "1", f"target-seen-{LEAF}": "9.9"}
    assert client_for(unit_user).post(url("figures_own", round_.pk, subject.pk), page).status_code == 422
    assert not FigureReport.objects.exists()


def test_the_assessor_decides_on_its_page(round_, subject, unit_user, office, sheet, assessor):
    confirm(subject, office)
    row = report(subject, unit_user, "8")
    address = url("figures_verify", round_.pk, sheet.pk)
    client = client_for(assessor)
    assert "80%" in client.get(address, {"show": "waiting"}).content.decode()
    page = {
        f"report-{subject.pk}": row.pk,
        f"state-{row.pk}": "changed",
        f"value-{row.pk}": "7",
        f"reason-{row.pk}": "",
    }
    answer = client.post(address, page)
    assert answer.status_code == 422
    assert 'value="7"' in answer.content.decode()
    assert client.post(address, page | {f"reason-{row.pk}": "核减"}).status_code == 302
    assert Attainment.objects.get().actual == D(7)
    # A page that lay open: the report is decided by now.
    assert client.post(address, page | {f"reason-{row.pk}": "核减"}).status_code == 422
    assert Attainment.objects.get().version == 1
    assert client_for(make_user(Role.ASSESSOR)).get(address).status_code == 404
    auditor = client_for(make_user(Role.AUDITOR))
    assert (auditor.get(address).status_code, auditor.post(address, page).status_code) == (200, 403)


def test_the_office_sets_confirms_and_sends_back_on_one_page(round_, subject, unit_user, office):
    client, address = client_for(office), url("figures_targets", round_.pk, LEAF)
    first, second, third = round_.subjects.order_by("order")
    propose_targets(subject=first, rows={LEAF: TargetRow(first.pk, D(5))}, by=unit_user)
    page = {f"value-{second.pk}": "12", f"seen-{second.pk}": "", f"value-{third.pk}": "0", f"seen-{third.pk}": ""}
    assert client.post(address, page).status_code == 422
    assert Target.objects.get(subject=second).state == TargetState.CONFIRMED
    assert client.post(address, {"do": "confirmed"}).status_code == 422  # nothing is ticked
    ticked = {"subject": first.pk, f"seen-{first.pk}": target_token(Target.objects.get(subject=first))}
    assert client.post(address, ticked | {"do": "returned"}).status_code == 422
    assert client.post(address, ticked | {"do": "confirmed"}).status_code == 302
    assert Target.objects.filter(state=TargetState.CONFIRMED).count() == 2
    assert client.get(address, {"show": "missing"}).content.decode().count('<tr id="row-') == 1
    assert client.get(url("figures_targets", round_.pk, "G13")).status_code == 404
    assert client_for(unit_user).get(address).status_code == 403


@pytest.mark.parametrize("subjects", [2, 6])
def test_queries_do_not_grow(subjects, office, django_assert_num_queries):
    round_ = district_round(subjects, plan="yinhai-2016", name="2016")
    sheet = round_.assignments.get(indicator=LEAF)
    for each in round_.subjects.all():
        confirm(each, office)
        report(each, make_user(Role.SUBJECT, each.unit))
    tree = Tree(engine_plan(round_.plan_version))
    rows = list(round_.subjects.all())
    with django_assert_num_queries(4):
        assert len(lines_of_leaf(tree, tree.nodes[LEAF], rows)) == subjects
    client = client_for(office)
    pages = {
        url("figures", round_.pk): 16,
        url("figures_verify", round_.pk, sheet.pk): 21,
        url("figures_targets", round_.pk, LEAF): 12,
        url("figures_own", round_.pk, rows[0].pk): 15,
    }
    for address, number in pages.items():
        with django_assert_num_queries(number):
            assert client.get(address).status_code == 200


def test_the_dates_of_targets_and_figures_are_asked_for(round_, office):
    page = client_for(office).get(reverse("reviews:report_settings", args=[round_.pk])).content.decode()
    assert all(f'name="{name}"' in page for name in ("targets_due", "figures_due", "provisional"))

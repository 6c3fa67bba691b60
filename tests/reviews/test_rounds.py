"""Opening a round, its phases and its deadline."""

import datetime

import pytest

from indicators.services import ensure_plan
from reviews.models import Phase, Round
from reviews.services import errors
from reviews.services.rounds import (
    NewSubject,
    change_deadline,
    change_phase,
    check_period,
    claim_inputs,
    ensure_collecting,
    open_round,
    touch_inputs,
)
from reviews.services.subjects import add_subjects, change_category, withdraw_subject
from tests.factories import assessor_of, district_round, make_unit, make_user
from units.models import AuditEntry, Role

pytestmark = pytest.mark.django_db


def opened(**changes):
    values = {
        "version": ensure_plan("district-2020"),
        "name": "2020",
        "title": "",
        "deadline": None,
        "subjects": [NewSubject("A", "甲单位", "党群机关")],
        "by": None,
    }
    return open_round(**(values | changes))


def test_opening_freezes_the_plan_and_gives_each_leaf_its_assessor():
    office = make_unit("区委办公室")
    round_ = opened(by=make_user(Role.OFFICE))
    assert round_.plan_version.frozen_at is not None
    assert round_.phase == Phase.COLLECTING
    leaves = {a.indicator: a for a in round_.assignments.select_related("unit")}
    assert len(leaves) == 15  # every leaf with marks; ballots and events are nobody's sheet
    assert leaves["K111"].unit == office
    assert leaves["K22"].assessor == "区委组织部"
    assert leaves["K22"].unit is None
    assert AuditEntry.objects.filter(round_id=round_.pk, action="open round").count() == 1


def test_an_assessor_is_found_by_short_name_and_a_full_name_wins():
    make_unit("某办公室", short_name="区委办公室")
    organisation = make_unit("某组织部", short_name="区委组织部")
    office = make_unit("区委办公室")
    round_ = opened()
    assert round_.assignments.get(indicator="K111").unit == office
    assert round_.assignments.get(indicator="K22").unit == organisation


def test_a_chosen_unit_wins_over_the_name():
    make_unit("区委办公室")
    other = make_unit("另一单位")
    round_ = opened(assessor_units={"区委办公室": other, "区创城办": None})
    assert round_.assignments.get(indicator="K111").unit == other
    assert round_.assignments.get(indicator="K114").unit is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subjects": []}, "subjects"),
        ({"subjects": [NewSubject("A", "甲", "党群机关"), NewSubject("A", "乙", "党群机关")]}, "subjects"),
        ({"subjects": [NewSubject("A", "甲", "经济类")]}, "category"),
        ({"name": " "}, "name"),
    ],
)
def test_a_wrong_round_is_refused_and_nothing_is_left(changes, field):
    with pytest.raises(errors.InvalidInput) as caught:
        opened(**changes)
    assert caught.value.field == field
    assert not Round.objects.exists()


def test_one_round_per_plan_and_period():
    opened()
    with pytest.raises(errors.InvalidInput) as caught:
        opened()
    assert caught.value.field == "name"
    assert "2020" in str(caught.value)
    assert Round.objects.count() == 1


@pytest.mark.parametrize("role", [Role.ADMIN, Role.ASSESSOR, Role.SUBJECT, Role.LEADER, Role.AUDITOR])
def test_only_the_office_runs_rounds(role):
    user = make_user(role)
    round_ = district_round()
    with pytest.raises(errors.NotAllowed):
        opened(by=user, name="2021")
    with pytest.raises(errors.NotAllowed):
        change_phase(round=round_, to=Phase.REVIEWING, by=user)
    with pytest.raises(errors.NotAllowed):
        change_deadline(round=round_, deadline=None, reason="x", by=user)
    with pytest.raises(errors.NotAllowed):
        add_subjects(round=round_, subjects=[], by=user)
    with pytest.raises(errors.NotAllowed):
        withdraw_subject(subject=round_.subjects.first(), by=user, reason="x", confirmed=True)


@pytest.mark.parametrize(
    ("period", "right", "wrong"),
    [
        ("year", "2020", "2020-Q1"),
        ("quarter", "2020-Q4", "2020-Q5"),
        ("month", "2020-12", "2020-13"),
    ],
)
def test_the_label_of_a_period(period, right, wrong):
    check_period(period, right)
    check_period([period, "year"], right)
    with pytest.raises(errors.InvalidInput) as caught:
        check_period(period, wrong)
    assert caught.value.field == "name"


def test_phases_go_forward_one_step_and_back_with_a_reason():
    office = make_user(Role.OFFICE)
    round_ = district_round()
    with pytest.raises(errors.RoundClosed):
        change_phase(round=round_, to=Phase.ANNOUNCED, by=office)
    change_phase(round=round_, to=Phase.REVIEWING, by=office)
    with pytest.raises(errors.RoundClosed):
        ensure_collecting(round_)
    with pytest.raises(errors.InvalidInput) as caught:
        change_phase(round=round_, to=Phase.COLLECTING, by=office, reason=" ")
    assert caught.value.field == "reason"
    change_phase(round=round_, to=Phase.COLLECTING, by=office, reason="补录")
    entry = AuditEntry.objects.filter(action="change phase").first()
    assert entry.changes == {"phase": ["reviewing", "collecting"]}
    assert entry.reason == "补录"
    assert ensure_collecting(round_.pk).phase == Phase.COLLECTING


def test_what_stands_in_the_way_of_announcing_is_said():
    office = make_user(Role.OFFICE)
    round_ = change_phase(round=district_round(), to=Phase.REVIEWING, by=office)
    with pytest.raises(errors.InvalidInput, match="three are missing"):
        change_phase(round=round_, to=Phase.ANNOUNCED, by=office, ready=lambda _r: ["three are missing"])
    round_.refresh_from_db()
    assert round_.phase == Phase.REVIEWING
    change_phase(round=round_, to=Phase.ANNOUNCED, by=office, ready=lambda _r: [])
    with pytest.raises(errors.RoundClosed):
        change_phase(round=round_, to=Phase.COLLECTING, by=office, reason="x")


def test_the_deadline_moves_with_a_reason():
    office = make_user(Role.OFFICE)
    round_ = district_round(deadline=datetime.date(2020, 12, 1))
    with pytest.raises(errors.InvalidInput):
        change_deadline(round=round_, deadline=datetime.date(2020, 12, 9), reason="", by=office)
    change_deadline(round=round_, deadline=datetime.date(2020, 12, 9), reason="延期", by=office)
    round_.refresh_from_db()
    assert round_.deadline == datetime.date(2020, 12, 9)
    entry = AuditEntry.objects.get(action="change deadline")
    assert entry.changes == {"deadline": ["2020-12-01", "2020-12-09"]}


def test_touching_counts_up():
    round_ = district_round()
    before = round_.input_version
    touch_inputs(round_.pk)
    touch_inputs(round_.pk)
    round_.refresh_from_db()
    assert round_.input_version == before + 2


@pytest.mark.parametrize("deadline", [None, datetime.date(2026, 12, 31)])
def test_a_claim_counts_only_in_a_round_that_is_as_it_was_read(deadline):
    round_ = district_round(deadline=deadline)
    assert claim_inputs(round_)
    before = Round.objects.get(pk=round_.pk).input_version
    assert before == round_.input_version + 1
    other = district_round(plan="county-secretary", name="2021").plan_version_id
    day = datetime.date(2027, 1, 1)
    changes = ({"phase": "reviewing"}, {"deadline": day}, {"freeze_at_deadline": True}, {"plan_version": other})
    for change in changes:
        [field] = change
        was = getattr(Round.objects.get(pk=round_.pk), field)
        Round.objects.filter(pk=round_.pk).update(**change)
        assert not claim_inputs(round_)
        Round.objects.filter(pk=round_.pk).update(**{field: was})
    assert Round.objects.get(pk=round_.pk).input_version == before
    assert claim_inputs(Round.objects.get(pk=round_.pk))


def test_subjects_are_added_withdrawn_and_moved():
    office = make_user(Role.OFFICE)
    round_ = district_round(subjects=2)
    [new] = add_subjects(round=round_, subjects=[NewSubject("N", "新单位", "政协机关")], by=office)
    assert new.order == 3
    with pytest.raises(errors.InvalidInput):
        add_subjects(round=round_, subjects=[NewSubject("N", "新单位", "政协机关")], by=office)
    change_category(subject=new, category="人大机关", seen="政协机关", by=office)
    with pytest.raises(errors.InvalidInput):
        change_category(subject=new, category="党群机关", seen="政协机关", by=office)
    withdraw_subject(subject=new, by=office, reason="撤并", confirmed=False)
    assert round_.subjects.count() == 2
    round_.refresh_from_db()
    assert round_.input_version == 3
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {
        "add subject",
        "change category",
        "withdraw subject",
    }


def test_a_subject_with_inputs_goes_only_when_confirmed():
    from decimal import Decimal

    from reviews.services.marks import record_mark

    office = make_user(Role.OFFICE)
    round_ = district_round(subjects=2)
    subject = round_.subjects.first()
    record_mark(
        assignment=round_.assignments.get(indicator="K22"),
        subject=subject,
        value=Decimal(12),
        note="好",
        by=assessor_of(round_, "K22"),
    )
    with pytest.raises(errors.InvalidInput) as caught:
        withdraw_subject(subject=subject, by=office, reason="撤并", confirmed=False)
    assert caught.value.field == "confirmed"
    withdraw_subject(subject=subject, by=office, reason="撤并", confirmed=True)
    assert round_.subjects.count() == 1
    with pytest.raises(errors.InvalidInput):
        withdraw_subject(subject=round_.subjects.get(), by=office, reason="x", confirmed=True)

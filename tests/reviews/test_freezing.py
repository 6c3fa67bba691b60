"""Sheets frozen at their deadlines, deadlines of single sheets, sheets opened again."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.urls import reverse

from reviews.models import Attainment, Mark, Reopening
from reviews.queries.freezing import standing_of
from reviews.services import errors, freezing
from reviews.services.marks import Row, record_mark, save_sheets
from reviews.services.numbers import NumberRow, save_numbers
from reviews.words import today
from tests.factories import assessor_of, client_for, district_round, make_user
from units.models import AuditEntry, Role

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


@pytest.fixture
def frozen():
    """A round whose deadline was yesterday, with the freeze on."""
    round_ = district_round(3, deadline=today() - DAY)
    round_.freeze_at_deadline = True
    round_.save()
    return round_


@pytest.fixture
def office():
    return make_user(Role.OFFICE)


def sheet_of(round_, code="K21"):
    return round_.assignments.select_related("unit", "round").get(indicator=code)


def enter(round_, code="K21", value="5"):
    subject = round_.subjects.order_by("order").first()
    return record_mark(
        assignment=sheet_of(round_, code),
        subject=subject,
        value=Decimal(value),
        note="说明",
        by=assessor_of(round_, code),
    )


def test_after_the_deadline_an_entry_is_refused_in_the_service(frozen):
    with pytest.raises(freezing.SheetFrozen) as caught:
        enter(frozen)
    assert (today() - DAY).isoformat() in str(caught.value)
    assert not Mark.objects.exists()


def test_on_the_day_itself_entries_are_taken_until_its_end(frozen):
    frozen.deadline = today()
    frozen.save()
    assert enter(frozen).value == Decimal(5)
    assert today().isoformat() in standing_of(frozen, sheet_of(frozen)).words


def test_the_day_ends_at_midnight_local_time(frozen, monkeypatch):
    """16:30 UTC is half past midnight of the next day in Shanghai."""
    frozen.deadline = datetime.date(2026, 11, 30)
    frozen.save()
    utc = datetime.UTC
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime.datetime(2026, 11, 30, 15, 59, tzinfo=utc))
    assert not standing_of(frozen, sheet_of(frozen)).frozen
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime.datetime(2026, 11, 30, 16, 30, tzinfo=utc))
    assert standing_of(frozen, sheet_of(frozen)).frozen


def test_without_the_setting_late_entries_are_taken(frozen):
    frozen.freeze_at_deadline = False
    frozen.save()
    assert enter(frozen).value == Decimal(5)
    assert standing_of(frozen, sheet_of(frozen)).words == ""


def test_a_sheets_own_deadline_counts_before_the_rounds(frozen):
    sheet = sheet_of(frozen)
    sheet.deadline = today() + DAY
    sheet.save()
    assert enter(frozen).value == Decimal(5)
    with pytest.raises(freezing.SheetFrozen):
        enter(frozen, "K22")


def test_numbers_are_frozen_too(office):
    round_ = district_round(2, plan="yinhai-2016", name="2016", deadline=today() - DAY)
    round_.freeze_at_deadline = True
    round_.save()
    sheet = sheet_of(round_, "G11")
    subject = round_.subjects.first()
    row = NumberRow(subject.pk, Decimal(5), Decimal(10))
    with pytest.raises(freezing.SheetFrozen):
        save_numbers(assignment=sheet, rows=[row], by=office)
    freezing.reopen_sheet(assignment=sheet, until=today(), reason="补报", by=office)
    assert save_numbers(assignment=sheet, rows=[row], by=office).changed == 1
    assert Attainment.objects.get().actual == Decimal(5)


def test_of_several_sheets_only_the_frozen_ones_are_refused(frozen):
    first, second = sheet_of(frozen, "K21"), sheet_of(frozen, "K22")
    second.deadline = today()
    second.save()
    by = assessor_of(frozen, "K21")
    if second.unit_id != first.unit_id:
        by = make_user(Role.ASSESSOR, first.unit)
        by.role_grants.create(role=Role.ASSESSOR, unit=second.unit)
    subject = frozen.subjects.first()
    row = Row(subject.pk, value=Decimal(5), note="说明")
    refused, saved = save_sheets(sheets=[(first, [row]), (second, [row])], by=by)
    assert isinstance(refused.refused[subject.pk], freezing.SheetFrozen)
    assert saved.changed == 1
    assert list(Mark.objects.values_list("indicator", flat=True)) == ["K22"]


def test_opened_again_for_one_assessor_with_a_reason(frozen, office):
    sheet = sheet_of(frozen)
    freezing.reopen_sheet(assignment=sheet, until=today() + DAY, reason="系统停电", by=office)
    assert enter(frozen).value == Decimal(5)
    words = standing_of(frozen, sheet).words
    assert (today() + DAY).isoformat() in words
    assert (today() - DAY).isoformat() in words
    with pytest.raises(freezing.SheetFrozen):
        enter(frozen, "K22")
    entry = AuditEntry.objects.get(action="open sheet again")
    assert (entry.actor, entry.reason, entry.round_id) == (office, "系统停电", frozen.pk)


def test_an_opening_ends_by_itself_after_its_day(frozen, office):
    opened = freezing.reopen_sheet(assignment=sheet_of(frozen), until=today(), reason="补录", by=office)
    Reopening.objects.filter(pk=opened.pk).update(until=today() - DAY)
    with pytest.raises(freezing.SheetFrozen):
        enter(frozen)


def test_a_second_opening_ends_the_first_and_both_stay_in_the_history(frozen, office):
    sheet = sheet_of(frozen)
    first = freezing.reopen_sheet(assignment=sheet, until=today(), reason="补录", by=office)
    second = freezing.reopen_sheet(assignment=sheet, until=today() + DAY, reason="再延一天", by=office)
    first.refresh_from_db()
    assert first.ended_by == office
    assert second.ended_at is None
    freezing.close_sheet(assignment=sheet, reason="已补完", by=office)
    with pytest.raises(freezing.SheetFrozen):
        enter(frozen)
    assert Reopening.objects.count() == 2
    with pytest.raises(errors.InvalidInput):
        freezing.close_sheet(assignment=sheet, reason="再关一次", by=office)


@pytest.mark.parametrize(("until", "reason", "field"), [(-1, "补录", "until"), (1, " ", "reason")])
def test_an_opening_needs_a_day_to_come_and_a_reason(frozen, office, until, reason, field):
    with pytest.raises(errors.InvalidInput) as caught:
        freezing.reopen_sheet(assignment=sheet_of(frozen), until=today() + until * DAY, reason=reason, by=office)
    assert caught.value.field == field
    assert not Reopening.objects.exists()


@pytest.mark.parametrize("role", [Role.ASSESSOR, Role.ADMIN, Role.AUDITOR, Role.LEADER])
def test_only_the_office_opens_again_sets_deadlines_or_switches(frozen, role):
    by = make_user(role)
    sheet = sheet_of(frozen)
    with pytest.raises(errors.NotAllowed):
        freezing.reopen_sheet(assignment=sheet, until=today(), reason="x", by=by)
    with pytest.raises(errors.NotAllowed):
        freezing.set_deadlines(round=frozen, assignments=[sheet], deadline=today(), reason="x", by=by)
    with pytest.raises(errors.NotAllowed):
        freezing.set_freezing(round=frozen, on=False, reason="x", by=by)
    assert not AuditEntry.objects.filter(actor=by).exists()


def test_deadlines_of_several_sheets_at_once_are_audited_one_by_one(frozen, office):
    sheets = [sheet_of(frozen, "K21"), sheet_of(frozen, "K22")]
    day = today() + 3 * DAY
    assert freezing.set_deadlines(round=frozen, assignments=sheets, deadline=day, reason="顺延", by=office) == 2
    assert freezing.set_deadlines(round=frozen, assignments=sheets, deadline=day, reason="顺延", by=office) == 0
    entries = AuditEntry.objects.filter(action="change deadline", actor=office)
    assert [entry.changes["deadline"] for entry in entries] == [[None, day.isoformat()]] * 2


def test_a_sheet_of_another_round_keeps_its_deadline(frozen, office):
    other = sheet_of(district_round(1, name="2021"))
    assert freezing.set_deadlines(round=frozen, assignments=[other], deadline=today(), reason="x", by=office) == 0


def test_the_switch_is_audited_and_shown_on_the_round(frozen, office):
    url = reverse("reviews:freeze_setting", args=[frozen.pk])
    client = client_for(office)
    assert client.post(url, {"freeze": "off", "reason": ""}).status_code == 422
    assert client.post(url, {"freeze": "off", "reason": "允许补录"}).status_code == 302
    frozen.refresh_from_db()
    assert not frozen.freeze_at_deadline
    entry = AuditEntry.objects.get(action="change freezing")
    assert entry.changes == {"freeze at the deadline": ["yes", "no"]}


def test_the_sheet_says_until_when_and_is_read_only_once_frozen(frozen, office):
    sheet = sheet_of(frozen)
    url = reverse("reviews:mark_sheet", args=[frozen.pk, sheet.pk])
    client = client_for(assessor_of(frozen, "K21"))
    page = client.get(url).content.decode()
    assert standing_of(frozen, sheet).words in page
    assert 'name="seen-' not in page
    freezing.reopen_sheet(assignment=sheet, until=today() + DAY, reason="补录", by=office)
    page = client.get(url).content.decode()
    assert (today() + DAY).isoformat() in page
    assert 'name="seen-' in page


def test_what_was_typed_into_a_sheet_frozen_meanwhile_stays_on_the_page(frozen):
    sheet = sheet_of(frozen)
    subject = frozen.subjects.order_by("order").first()
    data = {
        f"seen-{subject.pk}": "",
        f"was-{subject.pk}": "",
        f"value-{subject.pk}": "7.25",
        f"note-{subject.pk}": "说明",
    }
    answer = client_for(assessor_of(frozen, "K21")).post(
        reverse("reviews:mark_sheet", args=[frozen.pk, sheet.pk]), data
    )
    assert answer.status_code == 409
    assert "7.25" in answer.content.decode()
    assert not Mark.objects.exists()


def test_opening_again_on_the_page_with_its_mistakes(frozen, office):
    sheet = sheet_of(frozen)
    url = reverse("reviews:reopen_sheet", args=[frozen.pk, sheet.pk])
    client = client_for(office)
    answer = client.post(url, {"until": (today() - DAY).isoformat(), "reason": "补录"})
    assert answer.status_code == 422
    assert "补录" in answer.content.decode()
    assert client.post(url, {"until": today().isoformat(), "reason": "补录"}).status_code == 302
    assert "补录" in client.get(url).content.decode()
    assert client.post(url, {"do": "close", "reason": "完成"}).status_code == 302
    assert not standing_of(frozen, sheet).reopening


def test_deadlines_on_the_page(frozen, office):
    url = reverse("reviews:sheet_deadlines", args=[frozen.pk])
    client = client_for(office)
    sheet = sheet_of(frozen)
    day = today() + DAY
    assert client.post(url, {"deadline": day.isoformat(), "reason": "顺延"}).status_code == 422
    assert client.post(url, {"chosen": [sheet.pk], "deadline": day.isoformat(), "reason": ""}).status_code == 422
    assert client.post(url, {"chosen": [sheet.pk], "deadline": day.isoformat(), "reason": "顺延"}).status_code == 302
    sheet.refresh_from_db()
    assert sheet.deadline == day

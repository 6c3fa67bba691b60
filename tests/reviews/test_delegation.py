"""A colleague enters for a time: who may, how long, with whose consent, and what the trail says."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reviews.models import Delegation, Mark
from reviews.services import errors
from reviews.services.delegation import colleagues, decide_delegation, delegate, revoke_delegation
from reviews.services.marks import record_mark
from reviews.words import today
from tests.factories import assessor_of, client_for, district_round, make_unit, make_user
from units import access
from units.models import AuditEntry, Notification, Person, Role, User

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


class Desk:
    """One sheet, its assessor (张一), a colleague of the unit (张二) and somebody from elsewhere (李三)."""

    def __init__(self):
        self.round = district_round(2)
        self.sheet = self.round.assignments.select_related("unit").get(indicator="K21")
        self.giver = assessor_of(self.round, "K21", name="张一")
        self.colleague = make_user(Role.SUBJECT, self.sheet.unit, name="张二")
        self.stranger = make_user(Role.SUBJECT, name="李三")
        self.office = make_user(Role.OFFICE)

    def give(self, taker=None, starts=0, ends=2, **values):
        values = {"reason": "出差", "sheets": [self.sheet], "by": self.giver} | values
        return delegate(
            round=self.round,
            taker=taker or self.colleague,
            starts=today() + starts * DAY,
            ends=today() + ends * DAY,
            **values,
        )

    def mark(self, by, value="5", sheet=None):
        # As a new request: what an account may do is read once for each.
        account = User.objects.get(pk=by.pk)
        subject = self.round.subjects.order_by("order").first()
        return record_mark(
            assignment=sheet or self.sheet, subject=subject, value=Decimal(value), note="说明", by=account
        )


@pytest.fixture
def desk():
    return Desk()


def test_without_a_delegation_the_colleague_may_not_enter(desk):
    with pytest.raises(errors.NotAllowed):
        desk.mark(desk.colleague)


def test_a_colleague_of_the_unit_enters_at_once_and_the_trail_names_both(desk):
    assert desk.give().state == Delegation.State.AGREED
    assert desk.mark(desk.colleague).updated_by == desk.colleague
    entry = AuditEntry.objects.get(action="enter mark")
    assert (entry.actor, entry.on_behalf) == (desk.colleague, desk.giver)
    url = reverse("reviews:history", args=[desk.round.pk])
    page = client_for(desk.office).get(url).content.decode()
    assert "张二代张一" in page


def test_the_giver_goes_on_entering_in_their_own_name(desk):
    desk.give()
    desk.mark(desk.giver)
    assert AuditEntry.objects.get(action="enter mark").on_behalf is None


def test_a_person_of_the_unit_is_a_colleague_too(desk):
    person = Person.objects.create(code="P9", name="王四", unit=desk.sheet.unit)
    taker = make_user(Role.SUBJECT, person=person, name="王四")
    assert desk.give(taker).state == Delegation.State.AGREED


def test_only_the_delegated_sheets_are_open(desk):
    desk.give()
    other = desk.round.assignments.exclude(unit=desk.sheet.unit).filter(indicator="K22").first()
    other = other or desk.round.assignments.exclude(pk=desk.sheet.pk).first()
    with pytest.raises(errors.NotAllowed):
        desk.mark(desk.colleague, sheet=other)
    client = client_for(desk.colleague)
    assert client.get(reverse("reviews:mark_sheet", args=[desk.round.pk, desk.sheet.pk])).status_code == 200
    assert client.get(reverse("reviews:mark_sheet", args=[desk.round.pk, other.pk])).status_code == 404
    assert client.get(reverse("reviews:my_marks", args=[desk.round.pk])).status_code == 200


@pytest.mark.parametrize(("starts", "ends", "allowed"), [(0, 0, True), (1, 2, False), (-3, 0, True)])
def test_it_begins_and_ends_by_itself(desk, starts, ends, allowed):
    desk.give(starts=starts, ends=ends)
    if allowed:
        assert desk.mark(desk.colleague).value == Decimal(5)
    else:
        with pytest.raises(errors.NotAllowed):
            desk.mark(desk.colleague)


def test_the_day_after_the_last_it_is_over(desk):
    row = desk.give(starts=-2, ends=0)
    Delegation.objects.filter(pk=row.pk).update(ends=today() - DAY)
    with pytest.raises(errors.NotAllowed):
        desk.mark(desk.colleague)


def test_another_unit_waits_for_the_office(desk):
    row = desk.give(desk.stranger)
    assert row.state == Delegation.State.WAITING
    with pytest.raises(errors.NotAllowed):
        desk.mark(desk.stranger)
    assert not Notification.objects.filter(account=desk.stranger).exists()
    decide_delegation(delegation=row, agreed=True, reason="", by=desk.office)
    assert desk.mark(desk.stranger).value == Decimal(5)
    assert Notification.objects.filter(account=desk.stranger).count() == 1


def test_a_refusal_needs_a_reason_and_opens_nothing(desk):
    row = desk.give(desk.stranger)
    with pytest.raises(errors.InvalidInput) as caught:
        decide_delegation(delegation=row, agreed=False, reason=" ", by=desk.office)
    assert caught.value.field == "reason"
    decide_delegation(delegation=row, agreed=False, reason="应由本单位评分", by=desk.office)
    with pytest.raises(errors.NotAllowed):
        desk.mark(desk.stranger)
    with pytest.raises(errors.InvalidInput):
        decide_delegation(delegation=row, agreed=True, reason="", by=desk.office)


@pytest.mark.parametrize("who", ["giver", "colleague", "stranger"])
def test_nobody_but_the_office_agrees(desk, who):
    row = desk.give(desk.stranger)
    with pytest.raises(errors.NotAllowed):
        decide_delegation(delegation=row, agreed=True, reason="", by=getattr(desk, who))


@pytest.mark.parametrize("who", ["giver", "colleague", "office"])
def test_it_is_ended_by_either_side_or_the_office(desk, who):
    row = desk.give()
    revoke_delegation(delegation=row, reason="提前返回", by=getattr(desk, who))
    with pytest.raises(errors.NotAllowed):
        desk.mark(desk.colleague)
    assert AuditEntry.objects.get(action="end delegation").actor == getattr(desk, who)


def test_a_third_account_ends_nothing(desk):
    row = desk.give()
    with pytest.raises(errors.NotAllowed):
        revoke_delegation(delegation=row, reason="", by=desk.stranger)
    assert desk.mark(desk.colleague).value == Decimal(5)


def test_nobody_passes_on_what_they_no_longer_have(desk):
    desk.give()
    desk.giver.role_grants.all().delete()
    with pytest.raises(errors.NotAllowed):
        desk.mark(desk.colleague)


def test_a_giver_who_is_switched_off_passes_on_nothing(desk):
    desk.give()
    User.objects.filter(pk=desk.giver.pk).update(is_active=False)
    with pytest.raises(errors.NotAllowed):
        desk.mark(desk.colleague)


def test_a_sheet_given_to_another_unit_leaves_the_delegation(desk):
    desk.give()
    desk.sheet.unit = make_unit()
    desk.sheet.save()
    with pytest.raises(errors.NotAllowed):
        desk.mark(desk.colleague)


def test_what_is_held_for_somebody_is_not_passed_on(desk):
    desk.give()
    holder = User.objects.get(pk=desk.colleague.pk)
    assert access.may_enter_marks(holder, desk.sheet)
    with pytest.raises(errors.NotAllowed):
        desk.give(desk.stranger, by=holder)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"sheets": []}, "sheets"),
        ({"starts": 2, "ends": 1}, "ends"),
        ({"starts": -3, "ends": -1}, "ends"),
    ],
)
def test_what_a_delegation_must_say(desk, values, field):
    with pytest.raises(errors.InvalidInput) as caught:
        desk.give(**values)
    assert caught.value.field == field
    assert not Delegation.objects.exists()


def test_neither_to_oneself_nor_to_who_may_enter_anyway_nor_to_a_closed_account(desk):
    second = assessor_of(desk.round, "K21")
    off = make_user(Role.SUBJECT, desk.sheet.unit, is_active=False)
    for taker in (desk.giver, second, off, make_user()):
        with pytest.raises(errors.InvalidInput) as caught:
            desk.give(taker)
        assert caught.value.field == "taker"


def test_a_sheet_of_another_unit_cannot_be_given(desk):
    other = desk.round.assignments.exclude(unit=desk.sheet.unit).first()
    with pytest.raises(errors.NotAllowed):
        desk.give(sheets=[desk.sheet, other])


def test_colleagues_are_those_of_the_unit_that_may_not_enter_anyway(desk):
    assessor_of(desk.round, "K21")
    assert colleagues(desk.giver) == [desk.colleague]


def test_the_page_gives_and_keeps_what_was_typed(desk):
    url = reverse("reviews:delegations", args=[desk.round.pk])
    client = client_for(desk.giver)
    data = {
        "taker": desk.colleague.username,
        "sheets": [desk.sheet.pk],
        "starts": today().isoformat(),
        "ends": (today() + DAY).isoformat(),
        "reason": "病假",
    }
    answer = client.post(url, data | {"taker": "nobody-here"})
    assert answer.status_code == 422
    assert "病假" in answer.content.decode()
    assert client.post(url, data).status_code == 302
    assert Delegation.objects.get().taker == desk.colleague
    assert "病假" in client.get(url).content.decode()
    assert "病假" in client_for(desk.colleague).get(url).content.decode()


def test_others_do_not_see_it(desk):
    row = desk.give()
    url = reverse("reviews:delegations", args=[desk.round.pk])
    assert "出差" not in client_for(make_user(Role.ASSESSOR)).get(url).content.decode()
    settle = reverse("reviews:delegation_settle", args=[desk.round.pk, row.pk])
    assert client_for(desk.stranger).post(settle, {"do": "end"}).status_code == 404
    assert client_for(desk.office).post(settle, {"do": "end", "reason": "轮次调整"}).status_code == 302
    row.refresh_from_db()
    assert row.state == Delegation.State.REVOKED


def test_the_list_takes_as_many_queries_for_many_as_for_one(desk):
    url = reverse("reviews:delegations", args=[desk.round.pk])
    client = client_for(desk.office)
    desk.give()
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for _number in range(5):
        desk.give(make_user(Role.SUBJECT, desk.sheet.unit))
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert len(many) == len(few)


def test_an_entry_in_a_colleagues_place_overwrites_nothing_unseen(desk):
    desk.give()
    desk.mark(desk.giver)
    with pytest.raises(errors.Conflict):
        desk.mark(desk.colleague, "6")
    assert Mark.objects.get().value == Decimal(5)

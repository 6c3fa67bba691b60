"""Events: what the catalogue allows, who decides, two people on one event."""

from decimal import Decimal

import pytest

from indicators.services import engine_plan, ensure_plan
from reviews.models import Event, EventStatus, Phase
from reviews.queries.events import known_matters, worth
from reviews.services import errors
from reviews.services.applicability import set_not_applicable
from reviews.services.events import (
    EventData,
    add_event,
    change_event,
    check_event,
    decide_events,
    delete_event,
)
from reviews.services.rounds import change_phase
from reviews.tree import Tree
from tests.factories import district_round, make_user
from units.models import AuditEntry, Role

pytestmark = pytest.mark.django_db

BONUS = EventData("B", "B-1", value=Decimal(2), matter=" 经验推广 ", basis="办字〔2020〕1号")


@pytest.fixture
def round_():
    return district_round()


@pytest.fixture
def office():
    return make_user(Role.OFFICE, name="张一")


def test_an_event_waits_for_approval_with_its_matter_trimmed(round_, office):
    event = add_event(subject=round_.subjects.first(), data=BONUS, by=office)
    assert (event.status, event.matter, event.value, event.count) == ("pending", "经验推广", 2, 1)
    round_.refresh_from_db()
    assert round_.input_version == 1
    assert AuditEntry.objects.get(action="add event").changes["value"] == [None, "2"]
    assert known_matters(round_, "B", "B-1") == [("经验推广", False)]
    assert known_matters(round_, "B", "B-1", event.subject) == [("经验推广", True)]


@pytest.mark.parametrize(
    ("plan", "data", "field"),
    [
        ("district-2020", EventData("K111", value=Decimal(1)), "indicator"),
        ("district-2020", EventData("K", value=Decimal(1)), "indicator"),
        ("district-2020", EventData("X", value=Decimal(1)), "indicator"),
        ("district-2020", EventData("B", "", value=Decimal(1)), "item"),
        ("district-2020", EventData("B", "D-1", value=Decimal(1)), "item"),
        ("district-2020", EventData("B", "B-1"), "value"),
        ("district-2020", EventData("B", "B-1", value=Decimal(0)), "value"),
        ("district-2020", EventData("B", "B-1", value=Decimal(-1)), "value"),
        ("district-2020", EventData("B", "B-1", count=Decimal(2), value=Decimal(1)), "count"),
        ("district-2020", EventData("D", "D-1", count=Decimal(0), value=Decimal(1)), "count"),
        ("finance-points", EventData("A", "A1", value=Decimal(2)), "value"),  # fixed at 1
        ("finance-points", EventData("P", "P21", value=Decimal(4)), "value"),  # 3, 5 or 8
        ("finance-points", EventData("P", "P21"), "value"),
    ],
)
def test_what_the_catalogue_does_not_allow(plan, data, field):
    with pytest.raises(errors.InvalidInput) as caught:
        check_event(engine_plan(ensure_plan(plan)), data)
    assert caught.value.field == field


def test_a_fixed_value_is_left_to_the_catalogue():
    plan = engine_plan(ensure_plan("finance-points"))
    assert check_event(plan, EventData("A", "A1", count=Decimal(3), value=Decimal(1))).value is None
    assert check_event(plan, EventData("P", "P21", value=Decimal(5))).value == 5


@pytest.mark.parametrize("role", [Role.ADMIN, Role.ASSESSOR, Role.SUBJECT, Role.LEADER, Role.AUDITOR])
def test_only_the_office_touches_events(round_, office, role):
    user = make_user(role)
    event = add_event(subject=round_.subjects.first(), data=BONUS, by=office)
    with pytest.raises(errors.NotAllowed):
        add_event(subject=event.subject, data=BONUS, by=user)
    with pytest.raises(errors.NotAllowed):
        change_event(event=event, subject=event.subject, data=BONUS, seen=1, by=user)
    with pytest.raises(errors.NotAllowed):
        decide_events(round=round_, seen=[(event.pk, 1)], status="approved", reason="", by=user)
    with pytest.raises(errors.NotAllowed):
        delete_event(event=event, seen=1, reason="x", by=user)
    event.refresh_from_db()
    assert (event.status, event.version) == ("pending", 1)


def test_events_wait_outside_the_collecting_phase(round_, office):
    event = add_event(subject=round_.subjects.first(), data=BONUS, by=office)
    change_phase(round=round_, to=Phase.REVIEWING, by=office)
    for write in (
        lambda: add_event(subject=event.subject, data=BONUS, by=office),
        lambda: decide_events(round=round_, seen=[(event.pk, 1)], status="approved", reason="", by=office),
        lambda: delete_event(event=event, seen=1, reason="x", by=office),
    ):
        with pytest.raises(errors.RoundClosed):
            write()


def test_no_event_on_what_is_not_applicable(round_, office):
    subject = round_.subjects.first()
    set_not_applicable(subject=subject, indicator="B", by=office)
    with pytest.raises(errors.InvalidInput) as caught:
        add_event(subject=subject, data=BONUS, by=office)
    assert caught.value.field == "indicator"


def test_deciding_many_with_a_conflict_among_them(round_, office):
    other = make_user(Role.OFFICE, name="李二")
    first, second = [add_event(subject=s, data=BONUS, by=office) for s in round_.subjects.all()[:2]]
    change_event(
        event=second,
        subject=second.subject,
        data=EventData("B", "B-1", value=Decimal(3), matter="另一事项"),
        seen=1,
        by=other,
    )
    decided = decide_events(round=round_, seen=[(first.pk, 1), (second.pk, 1)], status="approved", reason="", by=office)
    assert decided.done == [first.pk]
    assert decided.refused[second.pk].theirs.by == other
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, first.decided_by) == (EventStatus.APPROVED, office)
    assert second.status == EventStatus.PENDING


def test_a_rejection_needs_a_reason(round_, office):
    event = add_event(subject=round_.subjects.first(), data=BONUS, by=office)
    with pytest.raises(errors.InvalidInput) as caught:
        decide_events(round=round_, seen=[(event.pk, 1)], status="rejected", reason=" ", by=office)
    assert caught.value.field == "reason"
    decide_events(round=round_, seen=[(event.pk, 1)], status="rejected", reason="依据不足", by=office)
    event.refresh_from_db()
    assert event.decision_reason == "依据不足"
    entry = AuditEntry.objects.get(action="decide event")
    assert (entry.changes, entry.reason) == ({"status": ["pending", "rejected"]}, "依据不足")


def test_events_of_another_round_are_not_decided(round_, office):
    other = district_round(name="2021")
    event = add_event(subject=other.subjects.first(), data=BONUS, by=office)
    decided = decide_events(round=round_, seen=[(event.pk, 1)], status="approved", reason="", by=office)
    assert (decided.done, decided.refused) == ([], {})
    with pytest.raises(errors.InvalidInput):
        change_event(event=event, subject=round_.subjects.first(), data=BONUS, seen=1, by=office)


def test_two_people_change_one_event(round_, office):
    other = make_user(Role.OFFICE, name="李二")
    event = add_event(subject=round_.subjects.first(), data=BONUS, by=office)
    mine = EventData("B", "B-2", value=Decimal(1))
    change_event(
        event=event,
        subject=event.subject,
        data=EventData("B", "B-1", value=Decimal(5), matter="经验推广"),
        seen=1,
        by=other,
    )
    with pytest.raises(errors.Conflict) as caught:
        change_event(event=event, subject=event.subject, data=mine, seen=1, by=office)
    assert caught.value.theirs.by == other
    assert "5" in caught.value.theirs.value
    with pytest.raises(errors.Conflict):
        delete_event(event=event, seen=1, reason="误录", by=office)
    changed = change_event(event=event, subject=event.subject, data=mine, seen=int(caught.value.theirs.seen), by=office)
    assert (changed.item, changed.version) == ("B-2", 3)


def test_a_changed_event_waits_for_approval_again(round_, office):
    event = add_event(subject=round_.subjects.first(), data=BONUS, by=office)
    decide_events(round=round_, seen=[(event.pk, 1)], status="approved", reason="", by=office)
    changed = change_event(
        event=event,
        subject=event.subject,
        data=EventData("B", "B-1", value=Decimal(3), matter="经验推广"),
        seen=2,
        by=office,
    )
    assert (changed.status, changed.decided_by, changed.version) == ("pending", None, 3)


def test_a_withdrawn_event_stays_in_the_log(round_, office):
    event = add_event(subject=round_.subjects.first(), data=BONUS, by=office)
    with pytest.raises(errors.InvalidInput):
        delete_event(event=event, seen=1, reason="", by=office)
    delete_event(event=event, seen=1, reason="误录", by=office)
    assert not Event.objects.exists()
    entry = AuditEntry.objects.get(action="withdraw event")
    assert entry.changes["value"] == ["2", None]
    assert entry.changes["matter"] == ["经验推广", None]
    assert entry.reason == "误录"


def test_what_an_event_is_worth_has_the_sign_of_its_method(round_, office):
    tree = Tree(engine_plan(round_.plan_version))
    subject = round_.subjects.first()
    bonus = add_event(subject=subject, data=BONUS, by=office)
    penalty = add_event(subject=subject, data=EventData("D", "D-1", count=Decimal(2), value=Decimal("1.5")), by=office)
    assert worth(tree, bonus) == 2
    assert worth(tree, penalty) == -3

"""Who proposes events, who sees them, what is sent back, joined and commented on."""

import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reviews.models import Event, EventComment, EventLeaf, EventStatus, Phase, Proposer
from reviews.queries.events import Filters, doubles, events_of, known_matters, visible_events
from reviews.queries.running import rooms, scores_of
from reviews.services import errors
from reviews.services.event_leaves import change_event_leaf, leaf_settings
from reviews.services.event_matters import comment_event, join_matters
from reviews.services.events import EventData, add_event, change_event, decide_events, delete_event, return_events
from reviews.services.rounds import change_phase
from reviews.views._common import tree_of
from tests.factories import client_for, district_round, make_unit, make_user
from units import access
from units.models import AuditEntry, Role

pytestmark = pytest.mark.django_db


def bonus(matter="经验推广", value="2", item="B-1", **more):
    return EventData("B", item, value=Decimal(value), matter=matter, **more)


def penalty(matter="通报批评", value="1", **more):
    return EventData("D", "D-1", value=Decimal(value), matter=matter, **more)


class World:
    """A round; the assessor that the plan names for bonus and penalty; the first subject's own account."""

    def __init__(self, subjects=3, name="2020"):
        self.round = district_round(subjects, name=name)
        self.office = make_user(Role.OFFICE, name="张一")
        self.subject = self.round.subjects.first()
        self.unit = EventLeaf.objects.get(round=self.round, indicator="B").units.get()
        self.assessor = make_user(Role.ASSESSOR, self.unit)
        self.own = make_user(Role.SUBJECT, self.subject.unit)
        self.stranger = make_user(Role.SUBJECT, self.round.subjects.last().unit)

    def url(self, name, *args):
        return reverse(f"reviews:{name}", args=[self.round.pk, *args])

    def settle(self, code, *, shown=False, applications=False, units=()):
        change_event_leaf(
            round=self.round, indicator=code, shown=shown, applications=applications, units=units, by=self.office
        )


@pytest.fixture
def world():
    return World()


def decide(world, event, status, reason="理由"):
    event.refresh_from_db()
    seen = [(event.pk, event.version)]
    done = decide_events(round=world.round, seen=seen, status=status, reason=reason, by=world.office)
    event.refresh_from_db()
    return done


def send_back(world, event, reason="请补文号"):
    event.refresh_from_db()
    done = return_events(round=world.round, seen=[(event.pk, event.version)], reason=reason, by=world.office)
    event.refresh_from_db()
    return done


# ---------------------------------------------------------------- who proposes


def test_the_plans_assessor_of_the_indicator_proposes_on_any_subject(world):
    assert world.unit.name == "区委办公室"
    event = add_event(subject=world.subject, data=bonus(), by=world.assessor)
    assert (event.proposed_as, event.proposed_for, event.status) == (Proposer.ASSESSOR, world.unit, "pending")
    with pytest.raises(errors.NotAllowed):
        add_event(subject=world.subject, data=bonus(), by=make_user(Role.ASSESSOR))


def test_a_subject_applies_for_itself_where_it_may_and_for_nobody_else(world):
    event = add_event(subject=world.subject, data=bonus(), by=world.own, application=True)
    assert (event.proposed_as, event.proposed_for_id) == (Proposer.SUBJECT, None)
    for subject, data, by in (
        (world.subject, penalty(), world.own),  # a deduction is no application
        (world.round.subjects.last(), bonus(), world.own),
        (world.subject, bonus(), world.stranger),
        (world.subject, bonus(), world.office),
        (world.subject, bonus(), world.assessor),
    ):
        with pytest.raises(errors.NotAllowed):
            add_event(subject=subject, data=data, by=by, application=True)
    world.settle("B", units=[world.unit])
    with pytest.raises(errors.NotAllowed):
        add_event(subject=world.subject, data=bonus(), by=world.own, application=True)
    with pytest.raises(errors.NotAllowed):
        add_event(subject=world.subject, data=bonus(), by=world.own)
    assert Event.objects.count() == 1


def test_without_named_assessors_only_the_office_proposes_until_units_are_named():
    round_ = district_round(1, plan="party-building-quality")
    office, unit = make_user(Role.OFFICE), make_unit("机关工委办公室")
    assessor, subject = make_user(Role.ASSESSOR, unit), round_.subjects.get()
    data = EventData("D", value=Decimal(1), matter="未按时报送", month="2020-03")
    # The plan says of daily appraisal that it is shown as it comes in.
    assert [(code, leaf.shown) for code, leaf in leaf_settings(round_).items()] == [
        ("D", True),
        ("B", False),
        ("P", False),
    ]
    assert leaf_settings(round_)["D"].unit_ids == frozenset()
    with pytest.raises(errors.NotAllowed):
        add_event(subject=subject, data=data, by=assessor)
    change_event_leaf(round=round_, indicator="D", shown=True, applications=False, units=[unit], by=office)
    event = add_event(subject=subject, data=data, by=assessor)
    assert event.month == "2020-03"
    entry = AuditEntry.objects.get(action="settle events")
    assert entry.changes == {"proposing units": [None, "机关工委办公室"]}
    with pytest.raises(errors.NotAllowed):
        add_event(subject=subject, data=EventData("B", value=Decimal(1)), by=assessor)


def test_settings_are_the_offices_until_the_result_is_announced(world):
    for role in (Role.ADMIN, Role.AUDITOR, Role.LEADER, Role.ASSESSOR, Role.SUBJECT):
        with pytest.raises(errors.NotAllowed):
            change_event_leaf(
                round=world.round, indicator="B", shown=True, applications=True, units=[], by=make_user(role)
            )
    with pytest.raises(errors.InvalidInput):
        world.settle("K111", shown=True)
    entries = AuditEntry.objects.count()
    world.settle("B", applications=True, units=[world.unit])  # as it is
    assert AuditEntry.objects.count() == entries
    world.round.phase = Phase.ANNOUNCED
    world.round.save()
    with pytest.raises(errors.RoundClosed):
        world.settle("B", shown=True)


def test_the_month_is_the_dates_unless_it_is_said(world):
    date = datetime.date(2020, 3, 31)
    assert add_event(subject=world.subject, data=penalty(date=date), by=world.office).month == "2020-03"
    assert (
        add_event(subject=world.subject, data=penalty(date=date, month="2020-04"), by=world.office).month == "2020-04"
    )
    for wrong in ("2020-13", "20-03", "三月"):
        with pytest.raises(errors.InvalidInput) as caught:
            add_event(subject=world.subject, data=penalty(month=wrong), by=world.office)
        assert caught.value.field == "month"
    with pytest.raises(errors.InvalidInput) as caught:
        add_event(subject=world.subject, data=EventData("D", "D-1", Decimal("1.5"), Decimal(1)), by=world.office)
    assert caught.value.field == "count"


# ---------------------------------------------------------------- revising, returning, undoing


def test_who_proposed_revises_and_withdraws_until_it_is_decided(world):
    event = add_event(subject=world.subject, data=bonus(), by=world.own, application=True)
    changed = change_event(event=event, subject=world.subject, data=bonus(value="3"), seen=1, by=world.own)
    assert (changed.value, changed.version) == (3, 2)
    for other in (world.stranger, world.assessor, make_user(Role.ASSESSOR), make_user(Role.AUDITOR)):
        with pytest.raises(errors.NotAllowed):
            change_event(event=event, subject=world.subject, data=bonus(value="1"), seen=2, by=other)
        with pytest.raises(errors.NotAllowed):
            delete_event(event=event, seen=2, reason="x", by=other)
    with pytest.raises(errors.NotAllowed):  # it stays a bonus of its own
        change_event(event=event, subject=world.round.subjects.last(), data=bonus(), seen=2, by=world.own)
    with pytest.raises(errors.NotAllowed):
        change_event(event=event, subject=world.subject, data=penalty(), seen=2, by=world.own)
    decide(world, event, "approved")
    with pytest.raises(errors.NotAllowed):
        change_event(event=event, subject=world.subject, data=bonus(value="5"), seen=3, by=world.own)
    with pytest.raises(errors.NotAllowed):
        delete_event(event=event, seen=3, reason="x", by=world.own)
    assert event.value == 3


def test_who_did_not_see_the_decision_is_shown_it(world):
    event = add_event(subject=world.subject, data=bonus(), by=world.assessor)
    decide(world, event, "rejected", "依据不足")
    with pytest.raises(errors.Conflict) as caught:
        change_event(event=event, subject=world.subject, data=bonus(value="3"), seen=1, by=world.assessor)
    assert caught.value.theirs.by == world.office


def test_an_event_is_sent_back_revised_and_waits_again(world):
    event = add_event(subject=world.subject, data=bonus(), by=world.own, application=True)
    with pytest.raises(errors.InvalidInput):
        send_back(world, event, " ")
    with pytest.raises(errors.NotAllowed):
        return_events(round=world.round, seen=[(event.pk, 1)], reason="x", by=world.assessor)
    assert send_back(world, event).done == [event.pk]
    assert (event.returned, event.status, event.decision_reason) == (True, "pending", "请补文号")
    assert AuditEntry.objects.filter(action="decide event").get().changes == {"status": ["pending", "returned"]}
    assert send_back(world, event).done == []
    statuses = {name: list(events_of(world.round, Filters(status=name))) for name in ("pending", "returned")}
    assert statuses == {"pending": [], "returned": [event]}
    changed = change_event(event=event, subject=world.subject, data=bonus(), seen=event.version, by=world.own)
    assert (changed.returned, changed.decision_reason) == (False, "")


def test_what_the_office_entered_is_not_sent_back(world):
    event = add_event(subject=world.subject, data=bonus(), by=world.office)
    assert send_back(world, event).done == []
    assert not event.returned


def test_a_returned_event_can_be_decided_all_the_same(world):
    event = add_event(subject=world.subject, data=bonus(), by=world.assessor)
    send_back(world, event)
    decide(world, event, "approved")
    assert (event.returned, event.status, event.decided_by) == (False, "approved", world.office)


def test_a_decision_is_undone_with_a_reason(world):
    event = add_event(subject=world.subject, data=bonus(), by=world.office)
    decide(world, event, "approved", "")
    with pytest.raises(errors.InvalidInput) as caught:
        decide(world, event, "pending", "")
    assert caught.value.field == "reason"
    decide(world, event, "pending", "依据有误")
    assert (event.status, event.decided_by, event.decided_at) == (EventStatus.PENDING, None, None)
    assert AuditEntry.objects.filter(action="decide event").order_by("-id").first().reason == "依据有误"


def test_many_are_approved_with_one_reason_in_a_fixed_number_of_queries():
    world = World(6)
    events = [add_event(subject=subject, data=penalty(), by=world.office) for subject in world.round.subjects.all()]
    counts = []
    for some in (events[:2], events[2:6]):
        with CaptureQueriesContext(connection) as queries:
            decide_events(
                round=world.round, seen=[(e.pk, 1) for e in some], status="approved", reason="会议研究", by=world.office
            )
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert set(Event.objects.values_list("status", "decision_reason")) == {("approved", "会议研究")}


# ---------------------------------------------------------------- who sees what


def test_a_list_of_events_holds_what_each_account_may_see(world):
    other = world.round.subjects.last()
    office = add_event(subject=world.subject, data=penalty(), by=world.office)
    applied = add_event(subject=world.subject, data=bonus(), by=world.own, application=True)
    theirs = add_event(subject=other, data=bonus(), by=world.assessor)
    users = {
        "office": world.office,
        "auditor": make_user(Role.AUDITOR),
        "assessor": world.assessor,
        "own": world.own,
        "stranger": world.stranger,
        "leader": make_user(Role.LEADER),
        "other assessor": make_user(Role.ASSESSOR),
        "nobody": make_user(),
    }
    every = {office, applied, theirs}
    expected = {"office": every, "auditor": every, "assessor": every, "own": {applied}, "stranger": set()}
    settings = leaf_settings(world.round)
    for name, user in users.items():
        found = set(visible_events(world.round, user, settings))
        assert found == expected.get(name, set()), name
        # The predicate says the same of each.
        assert {e for e in every if access.may_see_event(user, e, settings[e.indicator])} == found, name
    world.settle("D", shown=True)
    settings = leaf_settings(world.round)
    assert set(visible_events(world.round, world.own, settings)) == {office, applied}
    # The units that were named for the penalty are named no more; the bonus is still theirs.
    assert set(visible_events(world.round, world.assessor, settings)) == {applied, theirs}


def test_filters(world):
    march = add_event(subject=world.subject, data=penalty(month="2020-03", document="督字〔2020〕3号"), by=world.office)
    april = add_event(subject=world.subject, data=bonus(date=datetime.date(2020, 4, 2)), by=world.assessor)
    loaded = Event.objects.create(
        subject=world.round.subjects.last(), indicator="D", item="D-2", value=1, date=datetime.date(2020, 3, 9)
    )
    comment_event(event=march, text="请核实", by=world.office)
    world.settle("D", shown=True)
    comment_event(event=march, text="不属实", by=world.own)

    def found(**filters):
        return set(events_of(world.round, Filters(**filters)))

    assert found(month="2020-03") == {march, loaded}
    assert found(month="nonsense") == {march, april, loaded}
    assert found(proposer="assessor") == {april}
    assert found(indicator="D", item="D-1") == {march}
    assert found(subject=world.subject.code) == {march, april}
    assert found(words="督字〔2020〕") == {march}
    assert found(status="commented") == {march}
    comment_event(event=march, text="已核实", by=world.office)
    assert found(status="commented") == set()


# ---------------------------------------------------------------- matters


def test_matters_of_the_subject_come_first_and_rejected_ones_are_no_suggestion(world):
    other = world.round.subjects.last()
    add_event(subject=other, data=bonus("甲事项"), by=world.office)
    add_event(subject=world.subject, data=bonus("乙事项"), by=world.office)
    decide(world, add_event(subject=other, data=bonus("丙事项"), by=world.office), "rejected")
    add_event(subject=world.subject, data=bonus("丁事项", item="B-2"), by=world.office)
    assert known_matters(world.round, "B", "B-1", world.subject) == [("乙事项", True), ("甲事项", False)]
    assert known_matters(world.round, "B", "B-1", world.subject, applied=True) == []


def test_doubts_are_raised_within_one_subject_and_item(world):
    tree = tree_of(world.round)
    first = add_event(subject=world.subject, data=bonus("全区经验交流会推广"), by=world.office)
    second = add_event(subject=world.subject, data=bonus("全区经验交流会推广通知"), by=world.office)
    exact = add_event(subject=world.subject, data=bonus("全区经验交流会推广"), by=world.office)
    add_event(subject=world.subject, data=bonus("全区经验交流会推广", item="B-2"), by=world.office)
    add_event(subject=world.round.subjects.last(), data=bonus("全区经验交流会推广"), by=world.office)
    numbered = [
        add_event(subject=world.subject, data=bonus(name, item="B-3", document=number), by=world.office)
        for name, number in (("抗洪抢险", "京办字〔2020〕1号"), ("驻村扶贫", "京办字[2020] 1号"))
    ]
    found = doubles(tree, Event.objects.all())
    # The same name of a bonus is one matter by the rules: no doubt about those two.
    assert {double.event for double in found[second.pk]} == {first, exact}
    assert [double.event for double in found[first.pk]] == [second]
    assert [(d.event, d.by_document) for d in found[numbered[0].pk]] == [(numbered[1], True)]
    assert len(found) == 5
    decide(world, second, "rejected")
    assert first.pk not in doubles(tree, Event.objects.all())


def test_what_adds_up_raises_a_doubt_when_it_is_there_twice(world):
    twice = [add_event(subject=world.subject, data=penalty("督查通报第3期"), by=world.office) for _n in range(2)]
    add_event(subject=world.subject, data=penalty("督查通报第4期"), by=world.office)
    found = doubles(tree_of(world.round), Event.objects.all())
    assert {pk: [d.event.pk for d in them] for pk, them in found.items()} == {
        twice[0].pk: [twice[1].pk],
        twice[1].pk: [twice[0].pk],
    }


def test_doubts_cost_one_query(world, django_assert_num_queries):
    events = [
        add_event(subject=s, data=bonus(f"经验{n}"), by=world.office) for s in world.round.subjects.all() for n in "ab"
    ]
    with django_assert_num_queries(1):
        doubles(tree_of(world.round), events)


def test_two_events_are_joined_and_count_once(world):
    first = add_event(subject=world.subject, data=bonus("经验推广", "2"), by=world.office)
    second = add_event(subject=world.subject, data=bonus("经验推广会", "3"), by=world.office)
    for event in (first, second):
        decide(world, event, "approved")
    _events, scores = scores_of(tree_of(world.round), world.subject)
    assert scores["B"].value == 5
    seen = [(first.pk, first.version), (second.pk, second.version)]
    with pytest.raises(errors.InvalidInput):
        join_matters(round=world.round, seen=seen, matter="经验推广", reason="", by=world.office)
    with pytest.raises(errors.InvalidInput):
        join_matters(round=world.round, seen=seen, matter=" ", reason="x", by=world.office)
    with pytest.raises(errors.InvalidInput):
        join_matters(round=world.round, seen=seen[:1], matter="经验推广", reason="x", by=world.office)
    with pytest.raises(errors.NotAllowed):
        join_matters(round=world.round, seen=seen, matter="经验推广", reason="x", by=world.assessor)
    renamed = join_matters(round=world.round, seen=seen, matter="经验推广", reason="同一会议", by=world.office)
    assert renamed == [second.pk]
    second.refresh_from_db()
    assert (second.matter, second.status, second.version) == ("经验推广", "approved", 3)
    entry = AuditEntry.objects.get(action="join matters")
    assert (entry.changes, entry.reason) == ({"matter": ["经验推广会", "经验推广"]}, "同一会议")
    _events, scores = scores_of(tree_of(world.round), world.subject)
    assert scores["B"].value == 3
    with pytest.raises(errors.Conflict):
        join_matters(round=world.round, seen=seen, matter="另名", reason="x", by=world.office)


def test_events_of_two_subjects_or_items_are_not_joined(world):
    first = add_event(subject=world.subject, data=bonus(), by=world.office)
    for other in (
        add_event(subject=world.round.subjects.last(), data=bonus(), by=world.office),
        add_event(subject=world.subject, data=bonus(item="B-2"), by=world.office),
    ):
        with pytest.raises(errors.InvalidInput) as caught:
            join_matters(
                round=world.round, seen=[(first.pk, 1), (other.pk, 1)], matter="x", reason="x", by=world.office
            )
        assert caught.value.field == "events"


# ---------------------------------------------------------------- what is left


def test_what_is_left_of_items_and_indicators():
    round_ = district_round(1, plan="finance-points")
    office, subject, tree = make_user(Role.OFFICE), round_.subjects.get(), tree_of(round_)
    events, scores = scores_of(tree, subject)
    before = rooms(tree, events, scores)
    capped = next((n, i) for n in tree.of(frozenset({"bonus"})) for i in n.catalogue if i.cap is not None)
    node, item = capped
    assert before[node.code, item.code].left == min(item.cap, node.points)
    data = EventData(node.code, item.code, value=None if len(item.values) == 1 else (item.values or (Decimal(1),))[0])
    event = add_event(subject=subject, data=data, by=office)
    decide_events(round=round_, seen=[(event.pk, 1)], status="approved", reason="", by=office)
    events, scores = scores_of(tree, subject)
    after = rooms(tree, events, scores)[node.code, item.code]
    worth = item.values[0] if item.values else Decimal(1)
    assert after.left == min(item.cap, node.points) - min(worth, item.cap)
    assert (after.used, after.waiting) == (1, 0)


# ---------------------------------------------------------------- comments


def test_the_subject_objects_and_the_office_answers(world):
    event = add_event(subject=world.subject, data=penalty(), by=world.office)
    with pytest.raises(errors.NotAllowed):  # it does not see this one
        comment_event(event=event, text="不属实", by=world.own)
    world.settle("D", shown=True, units=[world.unit])
    for user in (world.stranger, world.assessor, make_user(Role.AUDITOR)):
        with pytest.raises(errors.NotAllowed):
            comment_event(event=event, text="x", by=user)
    with pytest.raises(errors.InvalidInput):
        comment_event(event=event, text="  ", by=world.own)
    comment_event(event=event, text="不属实", by=world.own)
    comment_event(event=event, text="已核实", by=world.office)
    assert list(EventComment.objects.values_list("text", "from_subject")) == [("不属实", True), ("已核实", False)]
    assert AuditEntry.objects.filter(action="comment on event").count() == 2
    change_phase(round=world.round, to=Phase.REVIEWING, by=world.office)
    comment_event(event=event, text="仍有异议", by=world.own)
    world.round.refresh_from_db()
    world.round.phase = Phase.ANNOUNCED
    world.round.save()
    with pytest.raises(errors.RoundClosed):
        comment_event(event=event, text="再次", by=world.own)


# ---------------------------------------------------------------- pages


def form(**more):
    return {"subject": "S001", "entry": "B|B-1", "value": "2", "matter": "经验推广"} | more


def test_a_subject_applies_revises_and_withdraws_in_the_browser(world):
    client = client_for(world.own)
    page = client.get(world.url("own_event_add")).content.decode()
    assert "B|B-1" in page
    assert "D|D-1" not in page
    bad = client.post(world.url("own_event_add"), form(value="0"))
    assert bad.status_code == 422
    assert "经验推广" in bad.content.decode()
    client.post(world.url("own_event_add"), form(subject="S002"))
    client.post(world.url("own_event_add"), form(entry="D|D-1"))
    assert not Event.objects.exists()
    client.post(world.url("own_event_add"), form())
    event = Event.objects.get()
    assert event.subject == world.subject
    send_back(world, event)
    html = client.get(world.url("own_events")).content.decode()
    assert "退回修改" in html
    assert "请补文号" in html
    address = world.url("event_detail", event.pk)
    assert client.get(address).status_code == 200
    client.post(address, form(value="3", document="京办字〔2020〕1号", seen=str(event.version)))
    event.refresh_from_db()
    assert (event.value, event.returned, event.document) == (3, False, "京办字〔2020〕1号")
    assert client_for(world.stranger).get(address).status_code == 404
    gone = client.post(address, {"do": "withdraw", "reason": "误报", "seen": str(event.version)})
    assert gone.url == world.url("own_events")
    assert not Event.objects.exists()


def test_a_decided_application_shows_its_decision_and_no_form(world):
    event = add_event(subject=world.subject, data=bonus(), by=world.own, application=True)
    decide(world, event, "rejected", "依据不足")
    client = client_for(world.own)
    html = client.get(world.url("event_detail", event.pk)).content.decode()
    assert "依据不足" in html
    assert 'id="event-form"' not in html
    assert "张一" not in html  # who decided is for those who check
    late = client.post(world.url("event_detail", event.pk), form(value="4", seen="1"))
    assert late.status_code == 409
    event.refresh_from_db()
    assert event.value == 2


def test_the_same_matter_is_asked_about_once(world):
    add_event(subject=world.subject, data=bonus("全区经验交流会推广"), by=world.office)
    client = client_for(world.office)
    typed = form(matter="全区经验交流会推广通知")
    asked = client.post(world.url("event_add"), typed)
    assert asked.status_code == 422
    assert "是否为同一事项" in asked.content.decode()
    assert Event.objects.count() == 1
    client.post(world.url("event_add"), typed | {"same_matter": "全区经验交流会推广"})
    assert Event.objects.order_by("-id").first().matter == "全区经验交流会推广"
    client.post(world.url("event_add"), typed | {"same_matter": "|other"})
    assert Event.objects.order_by("-id").first().matter == "全区经验交流会推广通知"
    # Neither its own name nor one that is there already is asked about.
    assert client.post(world.url("event_add"), typed).status_code == 302
    # Another subject's matter is no question.
    assert (
        client.post(world.url("event_add"), typed | {"subject": "S002", "matter": "全区经验交流会推广会"}).status_code
        == 302
    )


def test_suggestions_and_the_catalogue_for_the_typed_subject(world):
    event = add_event(subject=world.subject, data=bonus("全区经验交流会推广", "2"), by=world.office)
    add_event(subject=world.round.subjects.last(), data=bonus("全区经验交流会表扬"), by=world.office)
    decide(world, event, "approved")
    client = client_for(world.office)
    ask = {"subject": "S001", "entry": "B|B-1", "matter": "全区经验交流会推广通知"}
    html = client.get(world.url("event_matters"), ask).content.decode()
    assert html.index("全区经验交流会推广") < html.index("全区经验交流会表扬")
    assert "全区经验交流会推广" in client.get(world.url("event_matters"), ask | {"matter": ""}).content.decode()
    assert client.get(world.url("event_matters"), {"entry": "K111|"}).status_code == 404
    catalogue = client.get(world.url("event_catalogue"), {"subject": "S001"}).content.decode()
    assert "余 3 分" in catalogue
    assert "余" not in client.get(world.url("event_catalogue"), {"subject": "S0"}).content.decode()


def test_the_one_who_applies_learns_nothing_that_is_kept_back(world):
    event = add_event(subject=world.subject, data=bonus("领导批示肯定某项工作"), by=world.office)
    decide(world, event, "approved")
    client = client_for(world.own)
    ask = {"own": "1", "subject": "S001", "entry": "B|B-1", "matter": "领导批示肯定某项工作了"}
    assert "肯定某项工作<" not in client.get(world.url("event_matters"), ask).content.decode()
    assert "余" not in client.get(world.url("event_catalogue"), ask).content.decode()
    assert client.post(world.url("own_event_add"), form(matter="领导批示肯定某项工作了")).status_code == 302
    assert "领导批示肯定某项工作</td>" not in client.get(world.url("own_events")).content.decode()
    world.settle("B", shown=True, applications=True)
    assert "肯定某项工作<" in client.get(world.url("event_matters"), ask).content.decode()
    assert "余" in client.get(world.url("event_catalogue"), ask).content.decode()
    html = client.get(world.url("own_events")).content.decode()
    assert "领导批示肯定某项工作</td>" in html
    assert "截至目前" in html


def test_an_assessor_sees_its_indicators_and_decides_nothing(world):
    event = add_event(subject=world.subject, data=bonus(), by=world.assessor)
    client = client_for(world.assessor)
    html = client.get(world.url("event_list")).content.decode()
    assert "经验推广" in html
    assert 'name="status" value="approved"' not in html
    decide_post = {"event": f"{event.pk}.1", "status": "approved"}
    assert client.post(world.url("event_decide"), decide_post).status_code == 403
    assert client.post(world.url("event_join", event.pk), decide_post).status_code == 403
    assert client_for(make_user(Role.ASSESSOR)).get(world.url("event_list")).status_code == 403
    assert client_for(make_user(Role.ASSESSOR)).get(world.url("event_detail", event.pk)).status_code == 404


def test_the_office_joins_sends_back_and_answers_in_the_browser(world):
    first = add_event(subject=world.subject, data=bonus("全区经验交流会推广"), by=world.assessor)
    second = add_event(subject=world.subject, data=bonus("全区经验交流会推广通知"), by=world.assessor)
    client = client_for(world.office)
    assert "疑似重复" in client.get(world.url("event_list")).content.decode()
    data = {"event": [f"{first.pk}.1", f"{second.pk}.1"], "matter": first.matter, "reason": ""}
    client.post(world.url("event_join", first.pk), data)
    assert Event.objects.values("matter").distinct().count() == 2
    client.post(world.url("event_join", first.pk), data | {"reason": "同一会议"})
    assert Event.objects.values("matter").distinct().count() == 1
    back = {"event": f"{first.pk}.1", "status": "returned", "reason": "请补文号", "back": str(first.pk)}
    assert client.post(world.url("event_decide"), back).url == world.url("event_detail", first.pk)
    first.refresh_from_db()
    assert first.returned
    client.post(world.url("event_comment", first.pk), {"text": "请尽快"})
    assert "请尽快" in client.get(world.url("event_detail", first.pk)).content.decode()


def test_settings_page(world):
    client = client_for(world.office)
    unit = make_unit("督查室")
    address = world.url("event_leaves")
    data = {"indicator": "D", "shown": "on", "units": [str(world.unit.pk)]}
    wrong = client.post(address, data | {"unit": "没有的单位"})
    assert wrong.status_code == 422
    assert "没有的单位" in wrong.content.decode()
    client.post(address, data | {"unit": f"{unit.code} {unit.name}"})
    setting = leaf_settings(world.round)["D"]
    assert (setting.shown, setting.applications, setting.unit_ids) == (True, False, {world.unit.pk, unit.pk})
    auditor = client_for(make_user(Role.AUDITOR))
    assert auditor.get(address).status_code == 200
    assert auditor.post(address, data).status_code == 403
    assert "督查室" in auditor.get(address).content.decode()


@pytest.mark.parametrize("page", ["event_list", "own_events", "event_leaves", "event_matters", "event_catalogue"])
def test_queries_do_not_grow(page):
    counts = []
    for subjects in (1, 3):
        world = World(subjects, name=str(2020 + subjects))
        for subject in world.round.subjects.all():
            for number in range(subjects * 2):
                event = add_event(subject=subject, data=penalty(f"通报第{number}期"), by=world.office)
        world.settle("D", shown=True, units=[world.unit])
        comment_event(event=event, text="x", by=world.office)
        client = client_for(world.own if page == "own_events" else world.office)
        ask = {"subject": "S001", "entry": "D|D-1", "matter": "通报"} if page.startswith("event_") else {}
        if page == "event_list":
            ask = {}
        with CaptureQueriesContext(connection) as queries:
            assert client.get(world.url(page), ask).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]

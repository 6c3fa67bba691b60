"""On-site verification: drawing that can be repeated, records, deductions, who sees them."""

from __future__ import annotations

import hashlib
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from reviews.models import Event, Inspection, Sampling
from reviews.queries.evidence import find_place
from reviews.queries.inspections import file_counts, records_seen_by
from reviews.sampling import Candidate, draw, draw_leaves, lot, size_of
from reviews.services import errors, inspections
from reviews.services.applicability import set_not_applicable
from reviews.services.events import EventData, decide_events
from reviews.services.evidence import add_evidence
from reviews.services.inspections import Finding, SampleWish
from reviews.words import today
from tests.factories import client_for, district_round, make_user
from units.models import AuditEntry, Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def round_():
    return district_round(6)


@pytest.fixture
def office():
    return make_user(Role.OFFICE)


def categories(round_):
    return list(dict.fromkeys(round_.subjects.order_by("order").values_list("category", flat=True)))


def drawn(round_, by, **values):
    wish = {"title": "年终核验", "sizes": {categories(round_)[0]: "50%"}, "leaves": ["K21", "K22"], "seed": "7-12-31"}
    return inspections.draw_sample(round=round_, wish=SampleWish(**(wish | values)), by=by)


def chosen(round_, by, **values):
    asked = {"title": "抽查", "subjects": list(round_.subjects.all()[:1]), "leaves": ["K21"], "reason": "举报线索"}
    return inspections.choose_sample(round=round_, by=by, **(asked | values))


def found_false(record, by, seen=1, **values):
    data = {"date": today(), "inspectors": "张三、李四", "found": "台账与实际不符", "conclusion": "false"} | values
    return inspections.record_finding(inspection=record, data=Finding(**data), seen=seen, by=by)


# ---------------------------------------------------------------- drawing


def test_the_smallest_digests_are_drawn_and_anybody_can_do_it_again():
    people = [Candidate(f"S{number:03}", "甲") for number in range(40)]
    by_hand = sorted(people, key=lambda one: hashlib.sha256(f"种子|{one.code}|1".encode()).hexdigest())
    assert draw("种子", people, {"甲": 5}) == [one.code for one in by_hand[:5]]
    assert draw("种子", list(reversed(people)), {"甲": 5}) == [one.code for one in by_hand[:5]]
    assert draw("别的", people, {"甲": 5}) != [one.code for one in by_hand[:5]]


def test_weight_is_a_number_of_tickets():
    assert lot("s", "A", 3) == min(hashlib.sha256(f"s|A|{n}".encode()).hexdigest() for n in (1, 2, 3))
    heavy = [Candidate("H", "", 50), *(Candidate(f"L{n}", "") for n in range(10))]
    wins = sum(draw(f"seed{n}", heavy, {"": 1}) == ["H"] for n in range(200))
    assert 150 <= wins < 200, "50 of 60 tickets"


@pytest.mark.parametrize(
    ("asked", "population", "size"),
    [("5", 40, 5), ("50", 40, 40), ("20%", 11, 3), ("12.5%", 8, 1), ("0", 4, 0), ("100%", 4, 4)],
)
def test_sizes(asked, population, size):
    assert size_of(asked, population) == size


@pytest.mark.parametrize("asked", ["五", "-1", "1.5", "%", "20 %", "1e3", "٣"])
def test_no_sizes(asked):
    assert size_of(asked, 10) is None


def test_leaves_are_drawn_among_those_that_apply():
    leaves = ["A", "B", "C", "D"]
    assert draw_leaves("s", "S1", leaves, 0, ["B"]) == ["A", "C", "D"]
    two = draw_leaves("s", "S1", leaves, 2, ["B"])
    assert len(two) == 2
    assert "B" not in two
    assert two == sorted(two)


def test_a_sample_keeps_all_that_is_needed_to_draw_it_again(round_, office):
    spared = round_.subjects.order_by("order").first()
    set_not_applicable(subject=spared, indicator="K21", by=office)
    sampling = drawn(round_, office, sizes=dict.fromkeys(categories(round_), "100%"), each=1)
    assert sampling.seed == "7-12-31"
    assert sampling.seed_stated
    assert sampling.inspections.count() == 6
    assert sampling.inspections.get(subject=spared).indicator == "K22"
    set_not_applicable(subject=round_.subjects.order_by("order").last(), indicator="K22", by=office)
    round_.subjects.filter(pk=spared.pk).update(category="别的")
    again = Sampling.objects.get(pk=sampling.pk)
    assert inspections.drawn_again(again) == again.drawn, "what changed since does not matter"
    again.seed = "8"
    again.parameters["sizes"] = [[categories(round_)[-1], 1, "1"]]
    assert inspections.drawn_again(again) != again.drawn
    assert AuditEntry.objects.get(action="draw sample").changes["seed"] == [None, "7-12-31"]


def test_a_seed_is_made_where_none_is_stated(round_, office):
    one, two = (drawn(round_, office, seed="") for _each in range(2))
    assert one.seed != two.seed
    assert len(one.seed) == 32
    assert not one.seed_stated
    assert (one.number, two.number) == (1, 2)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"sizes": {}}, "sizes"),
        ({"sizes": {"党政部门": "many"}}, "sizes"),
        ({"leaves": []}, "leaves"),
        ({"leaves": ["K21", "XX"]}, "leaves"),
        ({"leaves": ["K2"]}, "leaves"),
        ({"each": 3}, "each"),
        ({"weights": {"S999": 2}}, "weights"),
        ({"weights": {"S001": 101}}, "weights"),
        ({"title": " "}, "title"),
        ({"seed": "x" * 81}, "seed"),
    ],
)
def test_what_cannot_be_drawn(round_, office, values, field):
    with pytest.raises(errors.InvalidInput) as caught:
        drawn(round_, office, **values)
    assert caught.value.field == field
    assert not Sampling.objects.exists()


def test_chosen_by_hand_needs_a_reason(round_, office):
    with pytest.raises(errors.InvalidInput):
        chosen(round_, office, reason=" ")
    with pytest.raises(errors.InvalidInput):
        chosen(round_, office, subjects=[])
    sampling = chosen(round_, office)
    assert not sampling.is_random
    assert sampling.inspections.count() == 1


def test_nobody_but_the_office_and_only_while_collecting(round_, office):
    for role in (Role.AUDITOR, Role.LEADER, Role.ADMIN):
        with pytest.raises(errors.NotAllowed):
            drawn(round_, make_user(role))
    sampling = chosen(round_, office)
    with pytest.raises(errors.NotAllowed):
        found_false(sampling.inspections.get(), make_user(Role.LEADER))
    round_.phase = "reviewing"
    round_.save()
    with pytest.raises(errors.RoundClosed):
        drawn(round_, office)
    with pytest.raises(errors.RoundClosed):
        found_false(sampling.inspections.get(), office)


# ---------------------------------------------------------------- records and deductions


def test_a_record_and_its_trail(round_, office):
    record = chosen(round_, office).inspections.get()
    saved = found_false(record, office)
    assert (saved.conclusion, saved.version, saved.updated_by) == ("false", 2, office)
    changes = AuditEntry.objects.get(action="record visit").changes
    assert changes["conclusion"] == [None, "false"]
    with pytest.raises(errors.Conflict):
        found_false(record, office, seen=1, found="另一说法")
    assert found_false(record, office, seen=2).version == 2, "the same again is no change"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"date": None}, "date"),
        ({"inspectors": " "}, "inspectors"),
        ({"found": ""}, "found"),
        ({"conclusion": "maybe"}, "conclusion"),
    ],
)
def test_a_conclusion_needs_its_grounds(round_, office, values, field):
    record = chosen(round_, office).inspections.get()
    with pytest.raises(errors.InvalidInput) as caught:
        found_false(record, office, **values)
    assert caught.value.field == field
    record.refresh_from_db()
    assert record.conclusion == ""


def test_a_deduction_is_an_event_once(office):
    round_ = district_round(2, plan="yinhai-2016", name="2016")
    leaf = round_.assignments.first().indicator
    record = chosen(round_, office, leaves=[leaf]).inspections.get()
    data = EventData(indicator="V", value=Decimal(2), matter="核验不属实", basis="x")
    with pytest.raises(errors.InvalidInput):
        inspections.propose_deduction(inspection=record, data=data, by=office)
    record = found_false(record, office)
    event = inspections.propose_deduction(inspection=record, data=data, by=office)
    assert (event.status, event.subject) == ("pending", record.subject)
    with pytest.raises(errors.InvalidInput):
        inspections.propose_deduction(inspection=record, data=data, by=office)
    decide_events(round=round_, seen=[(event.pk, event.version)], status="rejected", reason="证据不足", by=office)
    event = inspections.propose_deduction(inspection=record, data=data, by=office, approve=True)
    record.refresh_from_db()
    assert event.status == "approved"
    assert record.event == event
    round_.refresh_from_db()
    assert Event.objects.count() == 2


def test_a_wrong_deduction_changes_nothing(office):
    round_ = district_round(1, plan="yinhai-2016", name="2016")
    record = chosen(round_, office, leaves=[round_.assignments.first().indicator]).inspections.get()
    record = found_false(record, office)
    for data in (EventData(indicator="K99"), EventData(indicator="V", count=Decimal(0))):
        with pytest.raises(errors.InvalidInput):
            inspections.propose_deduction(inspection=record, data=data, by=office)
    record.refresh_from_db()
    assert record.event is None
    assert not Event.objects.exists()


def test_files_beside_a_visit(round_, office):
    record = chosen(round_, office).inspections.select_related("subject").get()
    place = find_place(round_, f"inspection.{record.subject_id}.K21")
    file = SimpleUploadedFile("现场.txt", "现场核验记录".encode())
    add_evidence(place=place, file=file, by=office)
    assert file_counts(round_, [record.subject_id]) == {(record.subject_id, "K21"): 1}
    own = make_user(Role.SUBJECT, record.subject.unit)
    address = reverse("reviews:evidence", args=[round_.pk, place.key])
    assert client_for(office).get(address).status_code == 200
    assert client_for(own).get(address).status_code == 404
    with pytest.raises(errors.NotAllowed):
        add_evidence(place=place, file=file, by=own)


def test_when_a_subject_sees_its_records(round_, office):
    subject, other = round_.subjects.select_related("unit").order_by("order")[:2]
    sampling = chosen(round_, office, subjects=[subject, other])
    user = make_user(Role.SUBJECT, subject.unit)
    client = client_for(user)
    address = reverse("reviews:own_inspections", args=[round_.pk])
    for record in sampling.inspections.all():
        found_false(record, office, found=f"问题{record.subject.code}")
    assert records_seen_by(user, round_) == []
    assert f"问题{subject.code}" not in client.get(address).content.decode()
    inspections.show_sample(sampling=sampling, shown=True, by=office)
    page = client.get(address).content.decode()
    assert f"问题{subject.code}" in page
    assert f"问题{other.code}" not in page
    inspections.show_sample(sampling=sampling, shown=False, by=office)
    assert records_seen_by(user, round_) == []
    round_.phase = "announced"
    round_.save()
    assert [one.subject for one in records_seen_by(user, round_)] == [subject]


# ---------------------------------------------------------------- pages


def test_drawing_on_the_page_and_verifying(round_, office):
    client, address = client_for(office), reverse("reviews:inspection_sample", args=[round_.pk])
    sent = {"title": "年终核验", "size-0": "２", "leaves": ["K21"], "each": "0", "seed": "7", "weights": "S001 3"}
    assert client.post(address, sent | {"size-0": "很多"}).status_code == 422
    refused = client.post(address, sent | {"weights": "S999 3"})
    assert refused.status_code == 422
    assert "S999" in refused.content.decode()
    assert client.post(address, sent).status_code == 302
    sampling = Sampling.objects.get()
    page = reverse("reviews:inspection_list", args=[round_.pk, sampling.pk])
    assert client.get(page, {"verify": "1"}).context["same"] is True
    Sampling.objects.update(drawn=[["S001", ["K21"]]], seed="9")
    assert client.get(page, {"verify": "1"}).context["same"] is False
    for name in ("inspections", "inspection_sample"):
        assert client.get(reverse(f"reviews:{name}", args=[round_.pk])).status_code == 200
    printed = client.get(reverse("reviews:inspection_print", args=[round_.pk, sampling.pk]))
    assert len(printed.context["forms"]) == 2


def test_choosing_on_the_page(round_, office):
    client, address = client_for(office), reverse("reviews:inspection_sample", args=[round_.pk]) + "?by=hand"
    first = round_.subjects.order_by("order").first()
    sent = {"title": "抽查", "subjects": f"{first.code}\n没有这个", "leaves": ["K21"], "reason": "举报"}
    refused = client.post(address, sent)
    assert refused.status_code == 422
    assert "没有这个" in refused.content.decode()
    assert client.post(address, sent | {"subjects": f"{first.name}\n{first.code}"}).status_code == 302
    assert Inspection.objects.get().subject == first


def test_the_page_of_a_record_keeps_what_was_typed(round_, office):
    record = chosen(round_, office).inspections.get()
    client, address = client_for(office), reverse("reviews:inspection", args=[round_.pk, record.pk])
    sent = {"do": "record", "date": "", "inspectors": "张三", "found": "不符", "conclusion": "false", "seen": "1"}
    refused = client.post(address, sent)
    assert refused.status_code == 422
    assert "不符" in refused.content.decode()
    assert client.post(address, sent | {"date": "2020-12-01"}).status_code == 302
    clash = client.post(address, sent | {"date": "2020-12-02", "seen": "1"})
    assert clash.status_code == 422
    assert b'name="seen" value="2"' in clash.content
    deduct = {"do": "deduct", "deduct-entry": "XX|", "deduct-count": "1"}
    assert client.post(address, deduct).status_code == 422
    choices = client.get(address).context["deduction"].fields["entry"].choices
    entry = choices[0][1][0][0]
    done = client.post(address, deduct | {"deduct-entry": entry, "deduct-value": "1", "deduct-approve": "on"})
    assert done.status_code == 302, done.content.decode()
    record.refresh_from_db()
    assert record.event.status == "approved"


def test_queries_do_not_grow(office, django_assert_max_num_queries):
    counts = []
    for size, name in ((2, "2020"), (9, "2021")):
        round_ = district_round(size, name=name)
        sampling = chosen(round_, office, subjects=list(round_.subjects.all()), leaves=["K21", "K22"])
        client = client_for(office)
        seen = []
        for page in ("inspection_list", "inspection_print"):
            with django_assert_max_num_queries(30) as context:
                client.get(reverse(f"reviews:{page}", args=[round_.pk, sampling.pk]))
            seen.append(len(context))
        with django_assert_max_num_queries(30) as context:
            client.get(reverse("reviews:inspections", args=[round_.pk]))
        counts.append([*seen, len(context)])
    assert counts[0] == counts[1]

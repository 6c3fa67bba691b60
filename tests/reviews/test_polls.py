"""A poll from its voters to the count: who votes on whom, one vote each, sealed until the count, nothing left after."""

from __future__ import annotations

import datetime
import threading
from decimal import Decimal

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from indicators.services import engine_plan
from reviews import sealing
from reviews.models import (
    BallotBox,
    BallotCount,
    Entitlement,
    Participation,
    Poll,
    PollState,
    SealedBallot,
    VoteExclusion,
)
from reviews.services.errors import InvalidInput, NotAllowed, RoundClosed
from reviews.services.polls.annulling import annul_poll
from reviews.services.polls.casting import (
    AlreadyVoted,
    InvalidBallot,
    NotEntitled,
    PollClosed,
    cast_at_door,
    cast_ballot,
    is_running,
)
from reviews.services.polls.keys import confirm_key, make_key
from reviews.services.polls.preparing import change_poll, merge_polls, prepare_polls
from reviews.services.polls.setup import preview, reopen_poll
from reviews.services.polls.voters import Rule, Source
from reviews.words import today
from scoring.load import load_inputs
from tests.factories import district_round, make_unit, make_user
from units.models import AuditEntry, Person, Role

from .polls import close_poll, count_polls, office_of, open_poll, poll_for, sheets, vote, with_key

pytestmark = pytest.mark.django_db


class Stage:
    """Five units that rate each other (E1, class `unit`) and leaders (E2); a key with two keepers."""

    def __init__(self) -> None:
        self.office = office_of()
        self.round = district_round(5)
        self.parts = with_key(self.round, self.office, ("张一", "李二"))
        self.subjects = list(self.round.subjects.all())

    def open(self, voter_class: str = "unit", **source) -> Poll:
        poll = poll_for(self.round, voter_class, self.office, **source)
        return open_poll(poll=poll, by=self.office, despite_few="人数本来就少")

    def drop(self, voter_class: str) -> None:
        self.round.polls.filter(voter_class=voter_class).delete()

    def count(self) -> None:
        count_polls(round=self.round, parts=self.parts, by=self.office)


@pytest.fixture
def stage() -> Stage:
    return Stage()


# ---------------------------------------------------------------- who votes on whom


def test_every_unit_votes_on_all_others(stage):
    poll = poll_for(stage.round, "unit", stage.office)
    found = preview(poll)
    assert [voter.label for voter in found.electorate.voters] == [subject.name for subject in stage.subjects]
    for voter, own in zip(found.electorate.voters, stage.subjects, strict=True):
        assert {subject for subject, _codes in voter.places} == {s.pk for s in stage.subjects} - {own.pk}
    assert set(found.votes_on.values()) == {4}


def test_an_excluded_pair_does_not_vote(stage):
    VoteExclusion.objects.create(
        round=stage.round, subject=stage.subjects[1], unit=stage.subjects[0].unit, reason="直接竞争"
    )
    found = preview(poll_for(stage.round, "unit", stage.office))
    assert found.votes_on[stage.subjects[1].pk, "E1"] == 3


def test_competitors_of_a_category_do_not_vote_on_each_other(stage):
    poll = poll_for(stage.round, "unit", stage.office)
    rule = Rule((Source("units"),), not_own_category=True)
    poll = change_poll(poll=poll, rule=rule, by=stage.office)
    categories = {subject.pk: subject.category for subject in stage.subjects}
    for voter in preview(poll).electorate.voters:
        own = next(s.category for s in stage.subjects if s.unit_id == voter.unit)
        assert all(categories[subject] != own for subject, _codes in voter.places)


def test_a_sample_is_drawn_again_from_its_seed(stage):
    unit = make_unit("外单位")
    Person.objects.bulk_create(Person(code=f"P{n}", name=f"张{n}", unit=unit, order=n) for n in range(40))
    poll = poll_for(stage.round, "leader", stage.office)
    rule = Rule((Source("people", units=(unit.pk,)),), sample=7, seed="2020-11-30")
    poll = change_poll(poll=poll, rule=rule, by=stage.office)
    first, again = preview(poll).electorate, preview(poll).electorate
    assert [v.person for v in first.voters] == [v.person for v in again.voters]
    assert (len(first.voters), first.population) == (7, 40)
    other = change_poll(poll=poll, rule=Rule(rule.sources, sample=7, seed="other"), by=stage.office)
    assert [v.person for v in preview(other).electorate.voters] != [v.person for v in first.voters]


def test_a_leader_votes_on_whom_he_supervises(stage):
    make_user(Role.LEADER, name="王三")
    stage.round.subjects.filter(pk=stage.subjects[2].pk).update(group="王三")
    found = preview(poll_for(stage.round, "leader", stage.office, kind="leaders", supervised=True))
    assert [voter.places for voter in found.electorate.voters] == [((stage.subjects[2].pk, ("E2",)),)]


def test_the_secrecy_check_names_who_would_have_too_few_voters(stage):
    make_user(Role.LEADER, name="王三")
    poll = poll_for(stage.round, "leader", stage.office, kind="leaders")
    found = preview(poll)
    assert found.terms.minimum == 3
    assert {thin.subject for thin in found.thin} == {subject.pk for subject in stage.subjects}
    assert {thin.voters for thin in found.thin} == {1}
    with pytest.raises(InvalidInput) as refused:
        open_poll(poll=poll, by=stage.office)
    assert refused.value.field == "despite_few"


def test_the_number_of_queries_of_a_preview_does_not_grow(stage):
    def queries(poll):
        poll = Poll.objects.select_related("round__plan_version").get(pk=poll.pk)
        with CaptureQueriesContext(connection) as caught:
            preview(poll)
        return len(caught)

    poll = poll_for(stage.round, "leader", stage.office, kind="leaders")
    make_user(Role.LEADER)
    few = queries(poll)
    for _number in range(6):
        make_user(Role.LEADER)
    assert queries(poll) == few


def test_classes_of_other_leaves_are_not_merged(stage):
    peers, leaders = poll_for(stage.round, "unit", stage.office), poll_for(stage.round, "leader", stage.office)
    with pytest.raises(InvalidInput):
        merge_polls(poll=leaders, into=peers, reason="人数太少", by=stage.office)


def test_merging_brings_the_voters_into_the_other_class():
    office, round_ = office_of(), district_round(2, plan="system-party-secretary")
    units = [make_unit(), make_unit()]
    for number, unit in enumerate(units):
        Person.objects.create(code=f"M{number}", name=f"张{number}", unit=unit)
    peer = poll_for(round_, "peer", office, kind="people", units=(units[0].pk,))
    delegate = poll_for(round_, "delegate", office, kind="people", units=(units[1].pk,))
    with pytest.raises(InvalidInput):
        merge_polls(poll=peer, into=delegate, reason=" ", by=office)
    merged = merge_polls(poll=peer, into=delegate, reason="人数太少", by=office)
    assert len(preview(merged).electorate.voters) == 2
    assert [source.origin for source in Rule.from_json(merged.rule).sources] == ["", "peer"]
    assert not round_.polls.filter(voter_class="peer").exists()
    assert AuditEntry.objects.get(action="merge voter classes").reason == "人数太少"


# ---------------------------------------------------------------- the key


def test_the_passphrase_is_stored_nowhere_and_opens_only_whole(stage):
    box = stage.round.ballot_box
    stored = bytes(box.public_key) + bytes(box.salt) + str(box.keeper_names).encode()
    for part in stage.parts:
        assert sealing.plain_code(part).encode() not in stored
    sealing.open_key(stage.parts, bytes(box.salt), bytes(box.public_key))
    for wrong in (stage.parts[::-1], stage.parts[:1] * 2, ("", "")):
        with pytest.raises(sealing.WrongPassphrase):
            sealing.open_key(wrong, bytes(box.salt), bytes(box.public_key))


def test_a_key_is_typed_as_people_type(stage):
    box = stage.round.ballot_box
    typed = [part.lower().replace("-", " ").replace("0", "o").replace("1", "l") for part in stage.parts]
    assert typed != list(stage.parts)
    key = sealing.open_key(typed, bytes(box.salt), bytes(box.public_key))
    assert sealing.unseal(sealing.seal("一张票".encode(), bytes(box.public_key), 256), key, 256) == "一张票".encode()


def test_no_poll_opens_before_the_keepers_confirmed_the_key():
    office, round_ = office_of(), district_round(3)
    poll = poll_for(round_, "unit", office)
    with pytest.raises(InvalidInput):
        open_poll(poll=poll, by=office)
    make_key(round=round_, keepers=["张一"], by=office)
    with pytest.raises(InvalidInput):
        open_poll(poll=poll, by=office)
    with pytest.raises(InvalidInput):
        confirm_key(box=round_.ballot_box, parts=["0" * 20], by=office)
    assert BallotBox.objects.get().confirmed_at is None


def test_a_key_with_ballots_under_it_is_not_replaced(stage):
    stage.open()
    with pytest.raises(InvalidInput):
        make_key(round=stage.round, keepers=["赵四"], by=stage.office)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.ASSESSOR, Role.SUBJECT, Role.LEADER, Role.AUDITOR])
def test_only_the_office_runs_polls(stage, role):
    other = make_user(role)
    poll = poll_for(stage.round, "unit", stage.office)
    for attempt in (
        lambda: make_key(round=stage.round, keepers=["赵四"], by=other),
        lambda: prepare_polls(round=stage.round, by=other),
        lambda: open_poll(poll=poll, by=other),
        lambda: close_poll(poll=poll, by=other),
        lambda: annul_poll(poll=poll, reason="无", by=other),
        lambda: count_polls(round=stage.round, parts=stage.parts, by=other),
    ):
        with pytest.raises(NotAllowed):
            attempt()


# ---------------------------------------------------------------- casting


def test_a_ballot_is_in_once_and_shows_its_receipt_again(stage):
    poll = stage.open()
    mine = sheets(poll)[0]
    receipt = vote(mine, "90")
    with pytest.raises(AlreadyVoted) as again:
        vote(mine, "10")
    assert again.value.receipt == receipt
    assert (Participation.objects.count(), SealedBallot.objects.count()) == (1, 1)


def test_every_sealed_ballot_has_the_same_size(stage):
    poll = stage.open()
    first, second, third = sheets(poll)[:3]
    vote(first, "100")
    vote(second, "")
    vote(third, "7")
    assert len({len(bytes(box)) for box in SealedBallot.objects.values_list("box", flat=True)}) == 1


def test_casting_writes_two_rows_that_nothing_joins(stage):
    poll = stage.open()
    before = AuditEntry.objects.count()
    vote(sheets(poll)[3], "90")
    participation, ballot = Participation.objects.values().get(), SealedBallot.objects.values().get()
    assert set(participation) == {"entitlement_id", "poll_id"}
    assert set(ballot) == {"id", "poll_id", "box"}
    assert AuditEntry.objects.count() == before


def test_the_queries_of_a_ballot_are_few(stage):
    poll = stage.open("leader", kind="slips", number=3)
    first, second = sheets(poll)[:2]
    answers = {(subject, code): "90" for subject, codes in second.paper.places for code in codes}
    vote(first, "90")
    with CaptureQueriesContext(connection) as caught:
        cast_ballot(entitlement=second, answers=answers)
    # A savepoint's two, two rows; PostgreSQL is sent its turn and both rows at once.
    assert len(caught) == (3 if connection.vendor == "postgresql" else 4)


@pytest.mark.parametrize("answer", ["101", "-1", "90.5", "优秀", "九十"])
def test_a_wrong_answer_is_named_and_nothing_is_stored(stage, answer):
    mine = sheets(stage.open())[0]
    with pytest.raises(InvalidBallot) as refused:
        vote(mine, answer)
    assert [problem.place for problem in refused.value.problems] == [
        (subject, code) for subject, codes in mine.paper.places for code in codes
    ]
    assert not Participation.objects.exists()


def test_nobody_rates_what_is_not_on_the_paper(stage):
    mine = sheets(stage.open())[0]
    own = next(s.pk for s in stage.subjects if s.unit_id == mine.unit_id)
    with pytest.raises(InvalidBallot):
        cast_ballot(entitlement=mine, answers={(own, "E1"): "100"})
    assert not SealedBallot.objects.exists()


def test_a_closed_poll_takes_no_ballot(stage):
    poll = stage.open()
    mine = sheets(poll)[0]
    close_poll(poll=poll, by=stage.office)
    with pytest.raises(PollClosed):
        vote(mine, "90")  # the page was loaded before the close
    with pytest.raises(PollClosed):
        vote(sheets(poll)[0], "90")
    reopen_poll(poll=poll, closes_on=None, reason="延长一天", by=stage.office)
    vote(sheets(poll)[0], "90")


def test_after_the_last_day_nothing_is_taken(stage):
    poll = poll_for(stage.round, "unit", stage.office)
    poll = change_poll(poll=poll, closes_on=today(), by=stage.office)
    poll = open_poll(poll=poll, by=stage.office)
    assert is_running(poll)
    assert not is_running(poll, today() + datetime.timedelta(days=1))


def test_a_replaced_code_is_dead_even_on_a_page_loaded_before(stage):
    poll = stage.open("leader", kind="slips", number=3)
    Entitlement.objects.filter(poll=poll, slip=1).update(code_hash=sealing.code_hash("0000-0000-0001"))
    mine = next(sheet for sheet in sheets(poll) if sheet.slip == 1)
    Entitlement.objects.filter(pk=mine.pk).update(code_hash=sealing.code_hash("0000-0000-0002"))
    with pytest.raises(NotEntitled):
        vote(mine, "90")


def test_who_votes_on_paper_does_not_vote_online(stage):
    poll = stage.open()
    mine = sheets(poll)[0]
    Entitlement.objects.filter(pk=mine.pk).update(on_paper=True)
    with pytest.raises(NotEntitled):
        vote(mine, "90")


def test_a_door_has_its_seats_and_each_device_one(stage):
    poll = stage.open("leader", kind="door", number=2, label="会场")
    door = poll.doors.get()
    answers = {(subject.pk, "E2"): "90" for subject in stage.subjects}
    receipt = cast_at_door(door=door, token="device-1", answers=answers)
    with pytest.raises(AlreadyVoted) as again:
        cast_at_door(door=door, token="device-1", answers=answers)
    assert again.value.receipt == receipt
    cast_at_door(door=door, token="device-2", answers=answers)
    with pytest.raises(NotEntitled):
        cast_at_door(door=door, token="device-3", answers=answers)
    assert SealedBallot.objects.count() == 2


# ---------------------------------------------------------------- the count


def test_what_was_voted_is_what_the_engine_scores(stage):
    poll = stage.open()
    stage.drop("leader")
    voters = sheets(poll)
    receipts = [vote(voter, str(80 + number)) for number, voter in enumerate(voters)]
    close_poll(poll=poll, by=stage.office)
    stage.count()
    poll.refresh_from_db()
    assert poll.state == PollState.COUNTED
    assert poll.receipts.codes == sorted(receipts)
    assert not SealedBallot.objects.exists()
    inputs = load_inputs(stage.round, engine_plan(stage.round.plan_version))
    by_code = {subject.key: subject.votes["E1"]["unit"] for subject in inputs.subjects}
    for number, subject in enumerate(stage.subjects):
        expected = {str(80 + other): 1 for other in range(5) if other != number}
        assert by_code[subject.code] == expected
    assert poll.report["issued"] == poll.report["used"] == poll.report["received"] == poll.report["valid"] == 5


def test_nothing_counts_before_all_classes_of_an_indicator_are_closed():
    office, round_ = office_of(), district_round(2, plan="system-party-secretary")
    parts = with_key(round_, office)
    unit = make_unit()
    for number in range(6):
        Person.objects.create(code=f"M{number}", name=f"张{number}", unit=unit)
    peer = open_poll(poll=poll_for(round_, "peer", office, kind="people", units=(unit.pk,)), by=office)
    close_poll(poll=peer, by=office)
    with pytest.raises(InvalidInput):
        count_polls(round=round_, parts=parts, by=office)
    assert Poll.objects.get(pk=peer.pk).state == PollState.CLOSED
    round_.polls.filter(state="prepared").delete()
    count_polls(round=round_, parts=parts, by=office)
    # A class that came later would be told by the difference of two results.
    late = poll_for(round_, "delegate", office, kind="people", units=(unit.pk,))
    with pytest.raises(InvalidInput):
        open_poll(poll=late, by=office)


def test_a_wrong_passphrase_changes_nothing(stage):
    poll = stage.open()
    stage.drop("leader")
    vote(sheets(poll)[0], "90")
    close_poll(poll=poll, by=stage.office)
    with pytest.raises(InvalidInput) as refused:
        count_polls(round=stage.round, parts=("0" * 20, "1" * 20), by=stage.office)
    assert refused.value.field == "parts"
    assert SealedBallot.objects.count() == 1


def test_a_ballot_that_does_not_open_is_reported_and_never_stops_the_count(stage):
    poll = stage.open()
    stage.drop("leader")
    vote(sheets(poll)[0], "90")
    vote(sheets(poll)[1], "80")
    SealedBallot.objects.filter(pk=SealedBallot.objects.first().pk).update(box=b"damaged")
    close_poll(poll=poll, by=stage.office)
    stage.count()
    report = Poll.objects.get(pk=poll.pk).report
    assert (report["used"], report["received"], report["unreadable"], report["valid"]) == (2, 2, 1, 1)


def test_participations_are_written_anew_so_that_their_order_says_nothing(stage):
    poll = stage.open()
    stage.drop("leader")
    for voter in reversed(sheets(poll)):
        vote(voter, "90")
    close_poll(poll=poll, by=stage.office)
    stage.count()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT entitlement_id FROM reviews_participation ORDER BY ctid")
            order = [row[0] for row in cursor.fetchall()]
            cursor.execute("SELECT count(DISTINCT xmin::text) FROM reviews_participation")
            assert cursor.fetchone() == (1,)
        assert order == sorted(order)
    assert Participation.objects.count() == 5


def test_annulling_leaves_numbers_only_and_the_class_votes_again(stage):
    poll = stage.open()
    stage.drop("leader")
    for voter in sheets(poll):
        vote(voter, "90")
    close_poll(poll=poll, by=stage.office)
    stage.count()
    with pytest.raises(InvalidInput):
        annul_poll(poll=poll, reason="", by=stage.office)
    annul_poll(poll=poll, reason="现场组织不符合规定", by=stage.office)
    poll.refresh_from_db()
    assert poll.state == PollState.ANNULLED
    assert poll.report == {"issued": 5, "received": 5}
    assert not BallotCount.objects.exists()
    with pytest.raises(PollClosed):
        vote(sheets(poll)[0], "90")
    again = stage.open()
    assert again.run == 2
    vote(sheets(again)[0], "90")


def test_a_class_below_the_minimum_is_annulled_with_the_others_of_its_indicator():
    office, round_ = office_of(), district_round(2, plan="system-party-secretary")
    parts = with_key(round_, office)
    unit = make_unit()
    people = [Person.objects.create(code=f"M{n}", name=f"张{n}", unit=unit) for n in range(9)]
    few, many = people[:1], people[1:]
    peer = poll_for(round_, "peer", office, kind="chosen_people", ids=tuple(p.pk for p in few))
    delegate = poll_for(round_, "delegate", office, kind="chosen_people", ids=tuple(p.pk for p in many))
    round_.polls.filter(voter_class="leader").delete()
    for poll in (peer, delegate):
        opened = open_poll(poll=poll, by=office, despite_few="只有一名代表")
        for voter in sheets(opened):
            vote(voter, "好")
        close_poll(poll=opened, by=office)
    count_polls(round=round_, parts=parts, by=office)
    with pytest.raises(InvalidInput):
        annul_poll(poll=peer, reason="无效", by=office)
    annul_poll(poll=peer, reason="无效", by=office, together=True)
    assert set(Poll.objects.filter(round=round_).values_list("state", flat=True)) == {PollState.ANNULLED}


def test_a_round_that_is_being_reviewed_neither_votes_nor_counts(stage):
    poll = poll_for(stage.round, "unit", stage.office)
    stage.round.phase = "reviewing"
    stage.round.save()
    with pytest.raises(RoundClosed):
        open_poll(poll=poll, by=stage.office)


# ---------------------------------------------------------------- races


@pytest.mark.django_db(transaction=True)
def test_the_same_entitlement_from_many_requests_at_once_counts_once():
    stage = Stage()
    poll = stage.open()
    mine = sheets(poll)[0]
    outcome: list[str] = []
    barrier = threading.Barrier(8)

    def attempt(number: int) -> None:
        barrier.wait()
        try:
            vote(mine, str(number))
            outcome.append("in")
        except AlreadyVoted:
            outcome.append("twice")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome) == ["in"] + ["twice"] * 7
    assert (Participation.objects.count(), SealedBallot.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_a_close_among_voters_loses_no_confirmed_ballot():
    stage = Stage()
    poll = stage.open("leader", kind="slips", number=40)
    stage.drop("unit")
    voters = sheets(poll)
    confirmed: list[str] = []
    started = threading.Barrier(5)

    def voter(own: list[Entitlement]) -> None:
        started.wait()
        try:
            for one in own:
                receipt = vote(one, "90")
                confirmed.append(receipt)
        except PollClosed:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=voter, args=(voters[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    started.wait()
    while len(confirmed) < 3:
        pass
    close_poll(poll=poll, by=stage.office)
    stage.count()
    for thread in threads:
        thread.join()
    poll.refresh_from_db()
    assert poll.receipts.codes == sorted(confirmed)
    assert poll.report["received"] == len(confirmed)
    assert BallotCount.objects.filter(poll=poll, subject=stage.subjects[0]).get().count == len(confirmed)
    assert Decimal(len(confirmed)) <= 40

"""Paper beside online: who votes on paper, two counts that know nothing of each other, one result."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import IntegrityError, connections, transaction

from indicators.services import engine_plan
from reviews import sealing
from reviews.ballot_form import Leaf, Terms
from reviews.models import (
    BallotCount,
    Channel,
    Entitlement,
    PaperCount,
    PaperDifference,
    PaperEntry,
    PaperFigure,
    PaperState,
    Participation,
    Poll,
    PollState,
    SealedBallot,
)
from reviews.paper_figures import WHOLE, Frame, Layout, problems, read_count, read_tally, tally_words
from reviews.queries.paper import entry_figures, figures_of, frame_of_poll, is_few, may_see_figures
from reviews.queries.polls import few_online, turnouts, withheld_classes
from reviews.services.errors import Conflict, InvalidInput, NotAllowed, RoundClosed
from reviews.services.polls import casting, turns
from reviews.services.polls.annulling import annul_poll
from reviews.services.polls.casting import AlreadyVoted, NotEntitled, cast_at_door
from reviews.services.polls.comparing import (
    ask_to_withdraw,
    confirm_count,
    keep_count,
    send_back,
    settle,
    submit_count,
    withdraw_count,
)
from reviews.services.polls.handing import (
    hand_out,
    hand_out_nameless,
    hand_out_slips,
    hand_out_to_all,
    record_print,
    take_back,
)
from reviews.services.polls.setup import reopen_poll
from reviews.services.polls.tally import (
    DoesNotAddUp,
    PlaceRow,
    begin_entry,
    drop_entry,
    finish_entry,
    reopen_entry,
    save_places,
)
from scoring.load import load_inputs
from tests.factories import district_round, make_user
from units.models import AuditEntry, Role

from .paper import both_finish, count_paper, enter, figures_of_ballots, same, to_paper
from .polls import close_poll, count_polls, office_of, open_poll, poll_for, sheets, vote, with_key

pytestmark = pytest.mark.django_db


class Stage:
    """Twelve units that rate each other (E1) and leaders (E2) by slips, links or paper; two who count."""

    def __init__(self, subjects: int = 12) -> None:
        self.office, self.second, self.third = office_of(), office_of(), office_of()
        self.people = (self.office, self.second)
        self.round = district_round(subjects)
        self.parts = with_key(self.round, self.office)
        self.subjects = list(self.round.subjects.all())

    def open(self, voter_class: str = "leader", **source) -> Poll:
        source = source or {"kind": "slips", "number": 12}
        poll = poll_for(self.round, voter_class, self.office, **source)
        opened = open_poll(poll=poll, by=self.office, despite_few="人数本来就少")
        self.round.polls.filter(state="prepared").delete()
        return opened

    def units(self) -> Poll:
        return self.open("unit", kind="units")

    def close(self, poll: Poll) -> Poll:
        return close_poll(poll=poll, by=self.office)

    def count(self) -> None:
        count_polls(round=self.round, parts=self.parts, by=self.office)

    def votes(self, leaf: str, voter_class: str) -> dict[str, dict[str, int]]:
        inputs = load_inputs(self.round, engine_plan(self.round.plan_version))
        return {one.key: dict(one.votes.get(leaf, {}).get(voter_class, {})) for one in inputs.subjects}


@pytest.fixture
def stage() -> Stage:
    return Stage()


def attempt(function, *errors):
    """The name of the error, or "done"."""
    try:
        function()
    except errors as error:
        return type(error).__name__
    return "done"


# ---------------------------------------------------------------- who votes on paper


def test_who_votes_on_paper_cannot_vote_online_even_on_a_page_loaded_before(stage):
    poll = stage.units()
    one, two, *_rest = loaded = sheets(poll)
    found = hand_out(poll=poll, ids=[one.pk, two.pk], by=stage.office)
    assert (found.number, found.voted) == (2, [])
    with pytest.raises(NotEntitled):
        vote(loaded[0], "90")
    with pytest.raises(NotEntitled):
        vote(sheets(poll)[1], "90")
    assert vote(loaded[2], "90")
    assert turnouts([poll])[poll.pk].on_paper == 2
    entry = AuditEntry.objects.get(action="hand out paper ballots")
    assert entry.changes == {"paper ballots": ["0", "2"], "voters": [None, f"{one.label}、{two.label}"]}


def test_who_has_voted_online_gets_no_paper_and_leaves_no_trace_of_it(stage):
    poll = stage.units()
    one, _two, *_rest = sheets(poll)
    vote(one, "90")
    before = AuditEntry.objects.count()
    found = hand_out(poll=poll, ids=[one.pk], by=stage.office)
    assert (found.number, [each.pk for each in found.voted]) == (0, [one.pk])
    assert AuditEntry.objects.count() == before
    found = hand_out_to_all(poll=poll, by=stage.office)
    assert (found.number, [each.pk for each in found.voted]) == (11, [one.pk])
    assert not Entitlement.objects.get(pk=one.pk).on_paper


def test_a_slip_given_back_for_paper_is_dead(stage):
    poll = stage.open()
    Entitlement.objects.filter(poll=poll, slip=3).update(code_hash=sealing.code_hash("0000-0000-0003"))
    loaded = next(one for one in sheets(poll) if one.slip == 3)
    with pytest.raises(InvalidInput) as refused:
        hand_out_slips(poll=poll, numbers=[3, 99], by=stage.office)
    assert refused.value.field == "slips"
    assert hand_out_slips(poll=poll, numbers=[3], by=stage.office).number == 1
    with pytest.raises(NotEntitled):
        vote(loaded, "90")
    assert Entitlement.objects.get(poll=poll, slip=3).code_hash is None
    with pytest.raises(InvalidInput):
        hand_out_slips(poll=poll, numbers=[3], by=stage.office)


def test_nameless_ballots_take_the_place_of_slips_and_seats_that_are_free(stage):
    poll = stage.open(kind="slips", number=4)
    Entitlement.objects.filter(poll=poll, slip__in=[1, 2]).update(code_hash=None, printed_at="2020-01-01T00:00Z")
    with pytest.raises(InvalidInput) as refused:
        hand_out_nameless(poll=poll, number=3, by=stage.office)
    assert refused.value.field == "number"
    assert "2" in str(refused.value)
    hand_out_nameless(poll=poll, number=2, by=stage.office)
    assert set(Entitlement.objects.filter(poll=poll, on_paper=True).values_list("slip", flat=True)) == {3, 4}
    for number in (0, -1, 1):
        with pytest.raises(InvalidInput):
            hand_out_nameless(poll=poll, number=number, by=stage.office)


def test_a_seat_given_away_for_paper_is_not_offered_to_a_device(stage):
    poll = stage.open(kind="door", number=3, label="会场")
    first = Entitlement.objects.filter(poll=poll).earliest("pk")
    Entitlement.objects.filter(pk=first.pk).update(on_paper=True)
    door = poll.doors.get()
    answers = {(subject.pk, "E2"): "90" for subject in stage.subjects}
    cast_at_door(door=door, token="device-1", answers=answers)
    cast_at_door(door=door, token="device-2", answers=answers)
    with pytest.raises(NotEntitled):
        cast_at_door(door=door, token="device-3", answers=answers)
    assert not Participation.objects.filter(pk=first.pk).exists()


def test_paper_taken_back_unused_lets_the_voter_in_again(stage):
    poll = stage.units()
    one = sheets(poll)[0]
    to_paper(poll, [one], stage.office)
    with pytest.raises(InvalidInput) as refused:
        take_back(poll=poll, ids=[one.pk], reason=" ", by=stage.office)
    assert refused.value.field == "reason"
    assert take_back(poll=poll, ids=[one.pk], reason="改为网上投票", by=stage.office) == 1
    assert vote(one, "90")
    assert AuditEntry.objects.get(action="take back paper ballots").reason == "改为网上投票"
    with pytest.raises(InvalidInput):
        take_back(poll=poll, ids=[one.pk], reason="再来一次", by=stage.office)


def test_ballots_that_exist_on_paper_only_are_not_taken_back(stage):
    poll = stage.open(kind="paper", number=5)
    ids = list(Entitlement.objects.filter(poll=poll).values_list("pk", flat=True))
    with pytest.raises(InvalidInput):
        take_back(poll=poll, ids=ids[:1], reason="退回", by=stage.office)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.ASSESSOR, Role.SUBJECT, Role.LEADER, Role.AUDITOR])
def test_only_the_office_hands_out_and_counts(stage, role):
    poll, other = stage.units(), make_user(role)
    to_paper(poll, sheets(poll)[:3], stage.office)
    count = both_finish(poll, stage.people, figures_of_ballots([]))
    entry = count.entries.first()
    for forbidden in (
        lambda: hand_out(poll=poll, ids=[], by=other),
        lambda: hand_out_to_all(poll=poll, by=other),
        lambda: hand_out_slips(poll=poll, numbers=[], by=other),
        lambda: hand_out_nameless(poll=poll, number=1, by=other),
        lambda: take_back(poll=poll, ids=[], reason="x", by=other),
        lambda: record_print(poll=poll, digest="", copies=1, by=other),
        lambda: begin_entry(poll=poll, by=other),
        lambda: save_places(entry=entry, rows=[], by=other),
        lambda: finish_entry(entry=entry, by=other),
        lambda: reopen_entry(entry=entry, by=other),
        lambda: drop_entry(entry=entry, reason="x", by=other),
        lambda: settle(count=count, cell=(*WHOLE, "valid"), value=1, seen=0, by=other),
        lambda: submit_count(count=count, by=other),
        lambda: send_back(count=count, reason="x", by=other),
        lambda: confirm_count(count=count, by=other),
        lambda: ask_to_withdraw(count=count, reason="x", by=other),
        lambda: withdraw_count(count=count, by=other),
        lambda: keep_count(count=count, by=other),
    ):
        with pytest.raises(NotAllowed):
            forbidden()


@pytest.mark.django_db(transaction=True)
def test_paper_and_an_online_ballot_at_the_same_moment_never_both():
    stage = Stage(8)
    poll = stage.units()
    voters = sheets(poll)
    outcome: dict[str, list[str]] = {"online": [], "paper": []}
    for voter in voters:
        barrier = threading.Barrier(2)

        def online(voter=voter, barrier=barrier):
            barrier.wait()
            outcome["online"].append(attempt(lambda: vote(voter, "90"), NotEntitled))
            connections.close_all()

        def paper(voter=voter, barrier=barrier):
            barrier.wait()
            found = hand_out(poll=poll, ids=[voter.pk], by=stage.office)
            outcome["paper"].append("done" if found.number else "voted")
            connections.close_all()

        threads = [threading.Thread(target=one) for one in (online, paper)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for online_said, paper_said in zip(outcome["online"], outcome["paper"], strict=True):
        assert (online_said, paper_said) in {("done", "voted"), ("NotEntitled", "done")}
    used = set(Participation.objects.values_list("pk", flat=True))
    on_paper = set(Entitlement.objects.filter(on_paper=True).values_list("pk", flat=True))
    assert used.isdisjoint(on_paper)
    assert len(used | on_paper) == len(voters) == 8
    assert SealedBallot.objects.count() == len(used)


@pytest.mark.django_db(transaction=True)
def test_the_hand_out_waits_for_a_ballot_that_is_being_cast():
    stage = Stage(3)
    poll = stage.units()
    voter, said = sheets(poll)[0], []
    inside, asked = threading.Event(), threading.Event()

    def slow_voter():
        """As `cast_ballot` does it, with a long breath before the end of the transaction."""
        with transaction.atomic():
            turns.enter(poll.pk)
            casting._store(voter, b"sealed")
            inside.set()
            asked.wait(10)
            time.sleep(0.3)
        connections.close_all()

    def clerk():
        inside.wait(10)
        asked.set()
        found = hand_out(poll=poll, ids=[voter.pk], by=stage.office)
        said.append((found.number, [one.pk for one in found.voted]))
        connections.close_all()

    threads = [threading.Thread(target=one) for one in (slow_voter, clerk)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == [(0, [voter.pk])]
    assert not Entitlement.objects.get(pk=voter.pk).on_paper


@pytest.mark.django_db(transaction=True)
def test_a_seat_is_taken_by_a_device_or_given_away_for_paper_but_not_both():
    stage = Stage(2)
    poll = stage.open(kind="door", number=6, label="会场")
    door = poll.doors.get()
    answers = {(subject.pk, "E2"): "90" for subject in stage.subjects}
    barrier, said = threading.Barrier(7), []

    def device(number):
        barrier.wait()
        said.append(attempt(lambda: cast_at_door(door=door, token=f"device-{number}", answers=answers), NotEntitled))
        connections.close_all()

    def paper():
        barrier.wait()
        said.append(attempt(lambda: hand_out_nameless(poll=poll, number=3, by=stage.office), InvalidInput))
        connections.close_all()

    threads = [threading.Thread(target=device, args=(number,)) for number in range(6)]
    threads.append(threading.Thread(target=paper))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    handed, used = Entitlement.objects.filter(on_paper=True).count(), Participation.objects.count()
    assert not Participation.objects.filter(entitlement__on_paper=True).exists()
    assert (handed, used) == (3, 3) if "InvalidInput" not in said else handed == 0 and used > 3


# ---------------------------------------------------------------- reading and adding up


NUMBERS = Leaf("E2", "评价", scale="100", step="0.5")
OPTIONS = Leaf("D", "评议", options=("好", "较好", "差"), values=("95", "80", "50"))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("90", {"90": 1}),
        ("90×3 85 85", {"90": 3, "85": 2}),
        ("90x3, 85*2；８８．５ 7 X 1", {"90": 3, "85": 2, "88.5": 1, "7": 1}),
        ("90 × 3、90", {"90": 4}),
        ("90.0×2 090", {"90": 3}),
        ("0×0", {"0": 0}),
        ("", {}),
    ],
)
def test_figures_are_read_as_they_are_typed(typed, found):
    assert read_tally(NUMBERS, typed) == found


@pytest.mark.parametrize("typed", ["101", "90.25", "-1×2", "90×", "90×x", "90×1.5", "九十", "90×1234567", "×3"])
def test_wrong_figures_are_refused(typed):
    with pytest.raises(InvalidInput):
        read_tally(NUMBERS, typed)


def test_figures_are_said_highest_first():
    assert tally_words({"7": 1, "90": 3, "88.5": 2}) == "90×3 88.5×2 7×1"


@pytest.mark.parametrize(("typed", "count"), [("", None), (" 12 ", 12), ("０", 0), ("007", 7)])
def test_counts(typed, count):
    assert read_count(typed) == count


@pytest.mark.parametrize("typed", ["-1", "1.5", "十", "1234567", "٣"])
def test_no_counts(typed):
    with pytest.raises(InvalidInput):
        read_count(typed)


def frame(*, abstain=True, limits=(), layouts=((1, 2), 10)):
    terms = Terms((OPTIONS,), abstain=abstain, limits=limits)
    pairs = [layouts] if isinstance(layouts[1], int) else layouts
    return Frame(
        terms, tuple(Layout(tuple((s, "D") for s in subjects), {"D": len(subjects)}, n) for subjects, n in pairs)
    )


def whole(received=10, valid=8, invalid=1, blank=1):
    names = {"received": received, "valid": valid, "invalid": invalid, "blank": blank}
    return {(*WHOLE, name): number for name, number in names.items() if number is not None}


def on(subject, **answers):
    return {(subject, "D", "" if answer == "弃权" else answer): count for answer, count in answers.items()}


def places(found):
    return [problem.place for problem in found]


def test_answers_and_abstentions_are_as_many_as_the_valid_ballots():
    right = whole() | on(1, 好=5, 较好=2, 弃权=1) | on(2, 好=8)
    assert problems(frame(), right) == []
    assert places(problems(frame(), right | on(1, 好=4))) == [(1, "D")]
    assert places(problems(frame(), right | on(2, 好=9))) == [(2, "D")]
    assert places(problems(frame(), whole() | on(1, 好=8))) == [(2, "D")]


def test_the_ballots_as_a_whole_add_up_and_are_no_more_than_were_handed_out():
    rest = on(1, 好=8) | on(2, 好=8)
    assert places(problems(frame(), whole(received=9) | rest)) == [WHOLE]
    assert places(problems(frame(), whole(received=11, blank=2) | rest)) == [WHOLE]
    assert places(problems(frame(), whole(blank=None) | rest)) == [WHOLE]
    assert problems(frame(), whole(received=8, invalid=0, blank=0) | rest) == []


def test_without_abstentions_every_place_has_an_answer():
    rest = on(2, 好=8)
    assert problems(frame(abstain=False), whole() | on(1, 好=8) | rest) == []
    assert places(problems(frame(abstain=False), whole() | on(1, 好=7, 弃权=1) | rest)) == [(1, "D")]


def test_where_papers_differ_a_place_may_lack_those_that_do_not_ask_it():
    # Three voters, each of whose papers lacks himself; all three ballots are valid.
    three = frame(layouts=[((2, 3), 1), ((1, 3), 1), ((1, 2), 1)])
    counted = whole(received=3, valid=3, invalid=0, blank=0)
    full = counted | on(1, 好=2) | on(2, 好=2) | on(3, 好=1, 弃权=1)
    assert problems(three, full) == []
    # On one paper for all, the own line left empty counts as an abstention.
    assert problems(three, full | on(1, 好=2, 弃权=1)) == []
    assert places(problems(three, full | on(1, 好=3))) == [(1, "D")], "only two may rate the first"
    assert places(problems(three, full | on(1, 好=1))) == [(1, "D")]


def test_limits_bind_all_ballots_together():
    limited = frame(limits=(("好", "0.5"),))  # of two subjects: one each
    full = whole(received=4, valid=4, invalid=0, blank=0) | on(1, 好=4) | on(2, 较好=4)
    assert problems(limited, full) == []
    wrong = problems(limited, full | on(2, 较好=3, 好=1))
    assert places(wrong) == [None]
    assert "好" in wrong[0].text


# ---------------------------------------------------------------- two people


def test_a_count_from_two_entries_to_the_confirmation(stage):
    poll = stage.units()
    voters = sheets(poll)
    for voter in voters[:6]:
        vote(voter, "80")
    to_paper(poll, voters[6:11], stage.office)
    stage.close(poll)
    ballots = [
        {
            (subject, leaf): "90" if place else ""
            for place, (subject, leaves) in enumerate(v.paper.places)
            for leaf in leaves
        }
        for v in voters[6:9]
    ]
    count = both_finish(poll, stage.people, figures_of_ballots(ballots, invalid=1, blank=1))
    assert count.state == PaperState.COMPARING
    assert not count.differences.exists()
    with pytest.raises(RoundClosed):
        confirm_count(count=count, by=stage.second)
    submit_count(count=count, by=stage.office)
    with pytest.raises(InvalidInput):
        confirm_count(count=count, by=stage.office)
    confirm_count(count=count, by=stage.second)
    assert not BallotCount.objects.exists(), "nothing is part of the poll before its count"
    stage.count()
    poll.refresh_from_db()
    assert poll.report["received"] == 6
    assert poll.report["paper"] == {"issued": 5, "received": 5, "valid": 3, "invalid": 1, "blank": 1}
    first, last = stage.subjects[0], stage.subjects[-1]
    # The first place of each of the three papers is the first subject: an abstention.
    assert stage.votes("E1", "unit")[first.code] == {"80": 5, "": 3}
    assert stage.votes("E1", "unit")[last.code] == {"80": 6, "90": 3}


def test_neither_side_is_seen_before_both_have_finished(stage):
    poll = stage.units()
    to_paper(poll, sheets(poll), stage.office)
    one = begin_entry(poll=poll, by=stage.office)
    enter(one, figures_of_ballots([]))
    finish_entry(entry=one, by=stage.office)
    two = begin_entry(poll=poll, by=stage.second)
    assert (one.side, two.side) == (1, 2)
    count = PaperCount.objects.get()
    for user in (*stage.people, stage.third):
        assert not may_see_figures(user, count, entry_figures(one))
    trail = AuditEntry.objects.filter(action__contains="paper entry")
    assert all(not entry.changes for entry in trail), "no figure stands in the trail"
    enter(two, figures_of_ballots([]))
    finish_entry(entry=two, by=stage.second)
    count = PaperCount.objects.get()
    assert [may_see_figures(user, count, figures_of(count)) for user in (*stage.people, stage.third)] == [
        True,
        True,
        False,
    ]


def test_nobody_enters_twice_and_no_third_one_enters(stage):
    poll = stage.units()
    to_paper(poll, sheets(poll)[:3], stage.office)
    mine = begin_entry(poll=poll, by=stage.office)
    assert begin_entry(poll=poll, by=stage.office) == mine
    with pytest.raises(IntegrityError), transaction.atomic():
        PaperEntry.objects.create(count=mine.count, side=2, account=stage.office)
    with pytest.raises(IntegrityError), transaction.atomic():
        PaperEntry.objects.create(count=mine.count, side=1, account=stage.second)
    with pytest.raises(IntegrityError), transaction.atomic():
        PaperEntry.objects.create(count=mine.count, side=3, account=stage.second)
    with pytest.raises(IntegrityError), transaction.atomic():
        PaperCount.objects.create(poll=poll, number=2)
    begin_entry(poll=poll, by=stage.second)
    with pytest.raises(InvalidInput):
        begin_entry(poll=poll, by=stage.third)
    with pytest.raises(NotAllowed):
        save_places(entry=mine, rows=[], by=stage.second)
    with pytest.raises(NotAllowed):
        finish_entry(entry=mine, by=stage.second)


def test_the_database_itself_wants_a_second_person(stage):
    poll = stage.units()
    to_paper(poll, sheets(poll)[:3], stage.office)
    count = PaperCount.objects.create(poll=poll, number=1)
    me = stage.office
    for wrong in (
        {"submitted_by": me, "confirmed_by": me},
        {"withdraw_asked_by": me, "withdrawn_by": me},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            PaperCount.objects.filter(pk=count.pk).update(**wrong)
    row = PaperDifference.objects.create(paper_count=count, answer="valid", first=1, second=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        PaperDifference.objects.filter(pk=row.pk).update(proposed_by=me, agreed_by=me)


def test_an_entry_of_one_who_cannot_go_on_is_freed_with_a_reason(stage):
    poll = stage.units()
    to_paper(poll, sheets(poll)[:3], stage.office)
    begin_entry(poll=poll, by=stage.office)
    theirs = begin_entry(poll=poll, by=stage.second)
    with pytest.raises(InvalidInput):
        drop_entry(entry=theirs, reason="", by=stage.office)
    drop_entry(entry=theirs, reason="生病", by=stage.office)
    assert begin_entry(poll=poll, by=stage.third).side == 2
    assert AuditEntry.objects.get(action="give up paper entry").changes == {"account": [str(stage.second), None]}


def test_no_paper_no_count(stage):
    with pytest.raises(InvalidInput):
        begin_entry(poll=stage.units(), by=stage.office)


def test_a_place_changed_meanwhile_is_a_conflict(stage):
    poll = stage.open(kind="paper", number=3)
    mine, place = begin_entry(poll=poll, by=stage.office), (stage.subjects[0].pk, "E2")
    first = save_places(entry=mine, rows=[PlaceRow(place, {"90": 2})], by=stage.office)
    assert (first.changed, first.seen[place]) == (1, "90=2")
    other_tab = save_places(entry=mine, rows=[PlaceRow(place, {"80": 2}, seen="")], by=stage.office)
    assert isinstance(other_tab.refused[place], Conflict)
    assert other_tab.refused[place].theirs.seen == "90=2"
    again = save_places(entry=mine, rows=[PlaceRow(place, {"90": 2}, seen="")], by=stage.office)
    assert (again.changed, again.refused) == (0, {}), "what stands there already is saved"
    assert save_places(entry=mine, rows=[PlaceRow(place, {}, seen="90=2")], by=stage.office).changed == 1
    assert not PaperFigure.objects.exists()


@pytest.mark.parametrize("answer", ["101", "90.5", "好", "090"])
def test_a_place_takes_only_its_own_answers(stage, answer):
    poll = stage.open(kind="paper", number=3)
    mine, place = begin_entry(poll=poll, by=stage.office), (stage.subjects[0].pk, "E2")
    saved = save_places(entry=mine, rows=[PlaceRow(place, {answer: 1})], by=stage.office)
    assert isinstance(saved.refused[place], InvalidInput)
    strange = [
        PlaceRow((stage.subjects[0].pk, "E1"), {"90": 1}),
        PlaceRow((10**9, "E2"), {"90": 1}),
        PlaceRow(WHOLE, {"x": 1}),
    ]
    assert len(save_places(entry=mine, rows=strange, by=stage.office).refused) == 3


def test_figures_that_do_not_add_up_are_not_finished(stage):
    poll = stage.open(kind="paper", number=3)
    mine = begin_entry(poll=poll, by=stage.office)
    with pytest.raises(DoesNotAddUp):
        finish_entry(entry=mine, by=stage.office)
    figures = figures_of_ballots(same("90", poll, 3))
    figures[stage.subjects[4].pk, "E2", "90"] = 2
    enter(mine, figures)
    with pytest.raises(DoesNotAddUp) as refused:
        finish_entry(entry=mine, by=stage.office)
    assert places(refused.value.problems) == [(stage.subjects[4].pk, "E2")]


def test_finished_figures_stand_until_one_takes_them_up_again(stage):
    poll = stage.open(kind="paper", number=3)
    mine = begin_entry(poll=poll, by=stage.office)
    enter(mine, figures_of_ballots(same("90", poll, 3)))
    finish_entry(entry=mine, by=stage.office)
    with pytest.raises(RoundClosed):
        save_places(entry=mine, rows=[PlaceRow(WHOLE, {"valid": 1})], by=stage.office)
    reopen_entry(entry=mine, by=stage.office)
    enter(mine, figures_of_ballots(same("80", poll, 3)))
    finish_entry(entry=mine, by=stage.office)
    other = begin_entry(poll=poll, by=stage.second)
    enter(other, figures_of_ballots(same("80", poll, 3)))
    finish_entry(entry=other, by=stage.second)
    with pytest.raises(RoundClosed):
        reopen_entry(entry=mine, by=stage.office)


# ---------------------------------------------------------------- where they differ


@pytest.fixture
def differing(stage):
    """Three ballots on paper; the second one counted a 90 of the first subject as an 80."""
    poll = stage.open(kind="paper", number=3)
    right = figures_of_ballots(same("90", poll, 3))
    wrong = right.copy()
    first = (stage.subjects[0].pk, "E2")
    wrong[*first, "90"], wrong[*first, "80"] = 2, 1
    return stage, poll, both_finish(poll, stage.people, right, wrong), first


def test_differences_are_shown_with_both_figures_and_settled_by_taking_over_the_others(differing):
    stage, _poll, count, first = differing
    rows = {row.answer: row for row in count.differences.all()}
    assert {answer: (row.first, row.second) for answer, row in rows.items()} == {"80": (0, 1), "90": (3, 2)}
    with pytest.raises(InvalidInput):
        submit_count(count=count, by=stage.office)
    for answer, value in (("80", 0), ("90", 3)):
        settled = settle(count=count, cell=(*first, answer), value=value, seen=1, by=stage.second)
        assert settled.is_settled
        assert (settled.proposed_by, settled.agreed_by) == (stage.second, None)
    submit_count(count=count, by=stage.office)
    assert figures_of(count)[*first, "90"] == 3
    assert {(r.first, r.second, r.value) for r in count.differences.all()} == {(0, 1, 0), (3, 2, 3)}


def test_a_third_look_needs_both(differing):
    stage, _poll, count, first = differing
    third = settle(count=count, cell=(*first, "80"), value=2, seen=1, by=stage.office)
    assert not third.is_settled
    with pytest.raises(Conflict):
        settle(count=count, cell=(*first, "80"), value=2, seen=1, by=stage.second)
    # Saying it twice is not a second person.
    again = settle(count=count, cell=(*first, "80"), value=2, seen=third.version, by=stage.office)
    assert not again.is_settled
    agreed = settle(count=count, cell=(*first, "80"), value=2, seen=again.version, by=stage.second)
    assert agreed.is_settled
    assert (agreed.proposed_by, agreed.agreed_by) == (stage.office, stage.second)
    with pytest.raises(NotAllowed):
        settle(count=count, cell=(*first, "80"), value=1, seen=agreed.version, by=stage.third)
    settle(count=count, cell=(*first, "90"), value=3, seen=1, by=stage.second)
    with pytest.raises(DoesNotAddUp) as refused:
        submit_count(count=count, by=stage.office)
    assert places(refused.value.problems) == [first]
    row = settle(count=count, cell=(*first, "90"), value=1, seen=2, by=stage.office)
    settle(count=count, cell=(*first, "90"), value=1, seen=row.version, by=stage.second)
    submit_count(count=count, by=stage.second)
    assert (figures_of(count)[*first, "80"], figures_of(count)[*first, "90"]) == (2, 1)


def test_a_cell_in_which_both_were_wrong_is_looked_at_again(differing):
    stage, _poll, count, _first = differing
    other = (stage.subjects[1].pk, "E2")
    row = settle(count=count, cell=(*other, "90"), value=2, seen=0, by=stage.office)
    assert (row.first, row.second, row.is_settled) == (3, 3, False)
    with pytest.raises(InvalidInput):
        submit_count(count=count, by=stage.office)
    assert settle(count=count, cell=(*other, "90"), value=2, seen=row.version, by=stage.second).is_settled
    with pytest.raises(InvalidInput):
        settle(count=count, cell=(10**9, "E2", "90"), value=2, seen=0, by=stage.second)
    with pytest.raises(InvalidInput):
        settle(count=count, cell=(*WHOLE, "stolen"), value=2, seen=0, by=stage.second)


def test_a_count_is_sent_back_with_a_reason(differing):
    stage, _poll, count, first = differing
    for answer, value in (("80", 0), ("90", 3)):
        settle(count=count, cell=(*first, answer), value=value, seen=1, by=stage.second)
    submit_count(count=count, by=stage.office)
    with pytest.raises(InvalidInput):
        send_back(count=count, reason="", by=stage.third)
    send_back(count=count, reason="与计票表不符", by=stage.third)
    count.refresh_from_db()
    assert (count.state, count.submitted_by) == (PaperState.COMPARING, None)


# ---------------------------------------------------------------- part of the poll


def test_the_poll_waits_for_its_paper(stage):
    poll = stage.units()
    voters = sheets(poll)
    for voter in voters[:5]:
        vote(voter, "80")
    to_paper(poll, voters[5:9], stage.office)
    figures = figures_of_ballots([])
    count = both_finish(poll, stage.people, figures)
    submit_count(count=count, by=stage.office)
    with pytest.raises(InvalidInput):
        confirm_count(count=count, by=stage.second)  # the vote is still open
    stage.close(poll)
    with pytest.raises(InvalidInput) as refused:
        stage.count()
    assert "unit" in str(refused.value)
    assert SealedBallot.objects.count() == 5
    confirm_count(count=count, by=stage.second)
    # One more ballot goes out after a second opening: what was confirmed is no longer all.
    reopen_poll(poll=poll, closes_on=None, reason="补发", by=stage.office)
    to_paper(poll, voters[9:10], stage.office)
    stage.close(poll)
    with pytest.raises(InvalidInput):
        stage.count()
    with pytest.raises(InvalidInput) as anew:
        begin_entry(poll=poll, by=stage.office)
    assert anew.value.field == "reason"
    begin_entry(poll=poll, by=stage.office, reason="补发一张")
    again = count_paper(poll, stage.people, figures)
    stage.count()
    assert Poll.objects.get(pk=poll.pk).report["paper"]["issued"] == 5
    assert [one.state for one in poll.paper_counts.all()] == [PaperState.REPLACED, PaperState.CONFIRMED]
    assert again.number == 2


def test_more_cannot_come_back_than_went_out(stage):
    poll = stage.units()
    voters = sheets(poll)
    to_paper(poll, voters[:5], stage.office)
    figures = figures_of_ballots([], blank=5)
    stage.close(poll)
    count_paper(poll, stage.people, figures)
    reopen_poll(poll=poll, closes_on=None, reason="延长", by=stage.office)
    with pytest.raises(InvalidInput):
        take_back(poll=poll, ids=[voters[0].pk], reason="退回", by=stage.office)
    entry = begin_entry(poll=poll, by=stage.office, reason="重计")
    enter(entry, figures_of_ballots([], blank=6))
    with pytest.raises(DoesNotAddUp):
        finish_entry(entry=entry, by=stage.office)


def test_a_vote_on_paper_alone_needs_no_key_and_no_passphrase():
    office, second, round_ = office_of(), office_of(), district_round(3)
    poll = open_poll(poll=poll_for(round_, "leader", office, kind="paper", number=4), by=office)
    round_.polls.filter(state="prepared").delete()
    close_poll(poll=poll, by=office)
    figures = figures_of_ballots(same("90", poll, 3) + same("80", poll, 1))
    count_paper(poll, (office, second), figures)
    count_polls(round=round_, parts=(), by=office)
    poll.refresh_from_db()
    assert poll.state == PollState.COUNTED
    inputs = load_inputs(round_, engine_plan(round_.plan_version))
    assert all(one.votes["E2"]["leader"] == {"90": 3, "80": 1} for one in inputs.subjects)


@pytest.fixture
def counted(stage):
    """Six online ballots of 80 and four of 90 on paper, counted."""
    poll = stage.open(kind="slips", number=10)
    voters = sheets(poll)
    for voter in voters[:6]:
        vote(voter, "80")
    to_paper(poll, voters[6:], stage.office)
    stage.close(poll)
    count_paper(poll, stage.people, figures_of_ballots(same("90", poll, 4)))
    stage.count()
    return stage, Poll.objects.get(pk=poll.pk)


def version(stage) -> int:
    stage.round.refresh_from_db()
    return stage.round.input_version


def test_counted_figures_are_replaced_with_a_reason_by_two_people(counted):
    stage, poll = counted
    before = version(stage)
    begin_entry(poll=poll, by=stage.office, reason="计票表抄错")
    count_paper(poll, stage.people, figures_of_ballots(same("90", poll, 3) + same("70", poll, 1)))
    assert version(stage) > before
    assert all(votes == {"80": 6, "90": 3, "70": 1} for votes in stage.votes("E2", "leader").values())
    assert AuditEntry.objects.filter(action="confirm paper count").latest("pk").reason == "计票表抄错"


def test_counted_figures_are_withdrawn_with_a_reason_by_two_people(counted):
    stage, poll = counted
    count, before = poll.paper_counts.get(), version(stage)
    with pytest.raises(InvalidInput):
        ask_to_withdraw(count=count, reason=" ", by=stage.office)
    with pytest.raises(RoundClosed):
        withdraw_count(count=count, by=stage.second)
    ask_to_withdraw(count=count, reason="票箱未封", by=stage.office)
    with pytest.raises(InvalidInput):
        withdraw_count(count=count, by=stage.office)
    keep_count(count=count, by=stage.third)
    with pytest.raises(RoundClosed):
        withdraw_count(count=count, by=stage.second)
    ask_to_withdraw(count=count, reason="票箱未封", by=stage.office)
    withdraw_count(count=count, by=stage.second)
    assert version(stage) > before
    assert all(votes == {"80": 6} for votes in stage.votes("E2", "leader").values())
    assert "paper" not in Poll.objects.get(pk=poll.pk).report
    assert AuditEntry.objects.get(action="withdraw paper count").reason == "票箱未封"


def test_few_ballots_are_not_told_by_withdrawing_them(stage):
    poll = stage.open(kind="slips", number=8)
    voters = sheets(poll)
    for voter in voters[:6]:
        vote(voter, "80")
    to_paper(poll, voters[6:], stage.office)
    stage.close(poll)
    count_paper(poll, stage.people, figures_of_ballots(same("90", poll, 2)))
    stage.count()
    with pytest.raises(InvalidInput):
        ask_to_withdraw(count=poll.paper_counts.get(), reason="票箱未封", by=stage.office)
    poll.refresh_from_db()
    assert poll.report["thin"]


def test_annulling_takes_the_paper_along(counted):
    stage, poll = counted
    annul_poll(poll=poll, reason="现场组织不符合规定", by=stage.office)
    poll.refresh_from_db()
    assert poll.report["paper"] == {"issued": 4, "received": 4}
    assert not BallotCount.objects.exists()
    assert not PaperFigure.objects.exists()
    assert poll.paper_counts.get().state == PaperState.WITHDRAWN
    with pytest.raises(RoundClosed):
        begin_entry(poll=poll, by=stage.office, reason="再计")


def test_copies_that_were_printed_are_kept(stage):
    poll = stage.units()
    digest = poll.papers.first().digest
    record_print(poll=poll, digest=digest, copies=3, by=stage.office)
    record_print(poll=poll, digest="", copies=20, by=stage.office)
    assert list(poll.paper_prints.values_list("digest", "copies")) == [(digest, 3), ("", 20)]
    for copies in (0, -1, 10**9):
        with pytest.raises(InvalidInput):
            record_print(poll=poll, digest="", copies=copies, by=stage.office)


# ---------------------------------------------------------------- nothing shown of few


def tallied(stage, poll, *, online=0, paper=0):
    """Counts as they stand after a count, on the first subject."""
    for channel, number in ((Channel.ONLINE, online), (Channel.PAPER, paper)):
        if number:
            BallotCount.objects.create(
                poll=poll,
                channel=channel,
                subject=stage.subjects[0],
                indicator="E2",
                voter_class="leader",
                answer="90",
                count=number,
            )


@pytest.mark.parametrize(
    ("online", "paper", "shown"),
    [(6, 0, True), (6, 3, True), (6, 2, False), (6, 1, False), (2, 6, False), (0, 2, False), (0, 3, True)],
)
def test_a_class_with_few_ballots_of_either_channel_is_withheld(stage, online, paper, shown):
    poll = stage.open()
    tallied(stage, poll, online=online, paper=paper)
    plan = engine_plan(stage.round.plan_version)
    few = {} if shown else {(stage.subjects[0].code, "E2"): frozenset({"leader"})}
    assert withheld_classes(stage.round, plan) == few
    assert few_online(stage.subjects[0], plan) == {leaf: names for (_code, leaf), names in few.items()}


def test_figures_of_few_paper_ballots_are_for_those_who_counted(stage):
    auditor = make_user(Role.AUDITOR)
    for ballots, all_see in ((2, False), (3, True)):
        poll = stage.open(kind="paper", number=ballots)
        stage.close(poll)
        count = both_finish(poll, stage.people, figures_of_ballots(same("90", poll, ballots)))
        submit_count(count=count, by=stage.office)
        count = PaperCount.objects.select_related("poll").get(pk=count.pk)
        figures = figures_of(count)
        assert is_few(figures) is not all_see
        seen = [may_see_figures(user, count, figures) for user in (*stage.people, stage.third, auditor)]
        assert seen == [True, True, all_see, all_see]
        assert not any(may_see_figures(make_user(role), count, figures) for role in (Role.LEADER, Role.ADMIN))
        annul_poll(poll=poll, reason="试", by=stage.office)


def test_while_the_vote_is_open_only_those_who_count_see_figures(stage):
    poll = stage.open(kind="slips", number=8)
    to_paper(poll, sheets(poll)[:5], stage.office)
    count = both_finish(poll, stage.people, figures_of_ballots(same("90", poll, 5)))
    submit_count(count=count, by=stage.office)
    count = PaperCount.objects.select_related("poll").get(pk=count.pk)
    seen = [may_see_figures(user, count, figures_of(count)) for user in (*stage.people, stage.third)]
    assert seen == [True, True, False]


def test_the_frame_leaves_out_who_was_withdrawn_since(stage):
    poll = stage.open(kind="paper", number=3)
    before = len(frame_of_poll(poll).having())
    stage.subjects[0].delete()
    assert len(frame_of_poll(poll).having()) == before - 1 == 11


# AlreadyVoted stays what a second ballot gets, whatever happened to paper since.
def test_a_second_ballot_is_still_the_second(stage):
    poll = stage.units()
    one = sheets(poll)[0]
    vote(one, "90")
    hand_out(poll=poll, ids=[one.pk], by=stage.office)
    with pytest.raises(AlreadyVoted):
        vote(one, "80")

"""What the office does with polls: fixing voters, slips, links, reminders; and what may not change under a poll."""

from __future__ import annotations

import datetime
import json
import threading

import pytest
from django.core import mail
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from indicators.services import save_version
from reviews import sealing
from reviews.models import (
    BallotCount,
    Entitlement,
    NotApplicable,
    Poll,
    PollState,
    Reminder,
    ReminderMessage,
    VoteExclusion,
)
from reviews.queries.poll_ways import NAMED, NUMBERED, accounts_of, ways_of
from reviews.queries.polls import by_code, under_way
from reviews.services.applicability import clear_not_applicable, set_not_applicable, set_not_applicable_to_all
from reviews.services.bulk import Content, write_content
from reviews.services.bulk.content import SubjectRow
from reviews.services.errors import InvalidInput, NotAllowed, RoundClosed
from reviews.services.plan_versions import preview_plan
from reviews.services.polls.annulling import annul_poll
from reviews.services.polls.casting import InvalidBallot, NotEntitled, NotOpenYet, cast_at_door
from reviews.services.polls.doors import add_seats, set_door
from reviews.services.polls.exclusions import Exclusion, allow_voter, exclude_voters
from reviews.services.polls.keys import confirm_key, key_number, make_key
from reviews.services.polls.preparing import (
    change_poll,
    change_rule,
    merge_polls,
    prepare_polls,
    seen_token,
)
from reviews.services.polls.reminding import default_words, remind_voters
from reviews.services.polls.setup import fix_poll, preview, reopen_poll, start_poll, take_back_poll
from reviews.services.polls.slips import add_slips, find_slip, print_slips, reissue_slip, void_slips
from reviews.services.polls.voters import Rule, Source
from reviews.services.rounds import NewSubject, change_phase
from reviews.services.subjects import add_subjects, withdraw_subject
from reviews.words import today
from tests.factories import district_round, make_unit, make_user
from units.models import AuditEntry, Notification, Person, Role, RoleGrant

from .polls import close_poll, count_polls, office_of, open_poll, poll_for, sheets, vote, with_key

pytestmark = pytest.mark.django_db
YESTERDAY = datetime.timedelta(days=-1)


class Stage:
    """Five units that rate each other (E1, class `unit`) and leaders (E2, class `leader`); a key with one keeper."""

    def __init__(self) -> None:
        self.office = office_of()
        self.round = district_round(5)
        self.parts = with_key(self.round, self.office)
        self.subjects = list(self.round.subjects.all())

    def poll(self, voter_class: str = "leader", **source) -> Poll:
        return poll_for(self.round, voter_class, self.office, **source)

    def open(self, voter_class: str = "leader", **source) -> Poll:
        return open_poll(poll=self.poll(voter_class, **source), by=self.office, despite_few="人数本来就少")

    def drop(self, voter_class: str) -> None:
        self.round.polls.filter(voter_class=voter_class).delete()

    def count(self) -> None:
        count_polls(round=self.round, parts=self.parts, by=self.office)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def whole_trail() -> str:
    """Everything that the change log and the messages hold, as text."""
    rows = [list(AuditEntry.objects.values()), list(Notification.objects.values()), list(Reminder.objects.values())]
    rows.append(list(ReminderMessage.objects.values()))
    return json.dumps(rows, cls=DjangoJSONEncoder, ensure_ascii=False)


# ---------------------------------------------------------------- fixing, starting


def test_fixed_voters_wait_for_the_start(stage):
    poll = fix_poll(poll=stage.poll(kind="slips", number=3), by=stage.office)
    slip = print_slips(poll=poll, kind=NUMBERED, seen=3, by=stage.office)[0]
    mine = by_code(slip.code)
    assert poll.state == PollState.READY
    with pytest.raises(NotOpenYet):
        vote(mine, "90")
    start_poll(poll=poll, by=stage.office)
    vote(by_code(slip.code), "90")
    assert AuditEntry.objects.filter(action="fix voters").count() == 1


def test_a_start_takes_the_key_of_that_moment(stage):
    """A key replaced between fixing the voters and opening: ballots must open with the newer one."""
    poll = fix_poll(poll=stage.poll(kind="slips", number=3), by=stage.office)
    stage.drop("unit")
    stage.parts = make_key(round=stage.round, keepers=["钱五"], by=stage.office)
    with pytest.raises(InvalidInput):
        start_poll(poll=poll, by=stage.office)
    stage.round.refresh_from_db()
    confirm_key(box=stage.round.ballot_box, parts=stage.parts, by=stage.office)
    start_poll(poll=poll, by=stage.office)
    for sheet in sheets(poll):
        vote(sheet, "90")
    close_poll(poll=poll, by=stage.office)
    stage.count()
    assert Poll.objects.get(pk=poll.pk).report["valid"] == 3


def test_a_poll_that_is_opened_again_takes_the_key_of_that_moment(stage):
    poll = stage.open(kind="slips", number=3)
    stage.drop("unit")
    with pytest.raises(InvalidBallot):
        vote(sheets(poll)[0], "优秀")  # from here on the process knows the form of this poll's ballots
    close_poll(poll=poll, by=stage.office)
    stage.parts = make_key(round=stage.round, keepers=["钱五"], by=stage.office)  # no ballot lies under the first
    stage.round.refresh_from_db()
    confirm_key(box=stage.round.ballot_box, parts=stage.parts, by=stage.office)
    reopen_poll(poll=poll, closes_on=None, reason="延长", by=stage.office)
    for sheet in sheets(poll):
        vote(sheet, "90")
    close_poll(poll=poll, by=stage.office)
    stage.count()
    assert Poll.objects.get(pk=poll.pk).report["unreadable"] == 0


def test_a_form_that_is_sent_twice_makes_no_second_key(stage):
    seen = key_number(stage.round)
    make_key(round=stage.round, keepers=["钱五"], by=stage.office, seen=seen)
    with pytest.raises(InvalidInput):
        make_key(round=stage.round, keepers=["钱五"], by=stage.office, seen=seen)


def test_taking_back_kills_slips_and_links_and_lets_the_voters_be_settled_anew(stage):
    rule = Rule((Source("slips", number=3), Source("door", number=5, label="会场")))
    poll = change_rule(poll=stage.poll(), rule=rule, by=stage.office)
    poll = fix_poll(poll=poll, by=stage.office)
    slip = print_slips(poll=poll, kind=NUMBERED, seen=3, by=stage.office)[0]
    take_back_poll(poll=poll, by=stage.office)
    assert by_code(slip.code) is None
    poll.refresh_from_db()
    assert (poll.state, poll.terms, poll.doors.count(), poll.papers.count()) == (PollState.PREPARED, {}, 0, 0)
    with pytest.raises(RoundClosed):
        take_back_poll(poll=stage.open("unit"), by=stage.office)


def test_a_poll_whose_last_day_is_over_is_neither_settled_nor_fixed(stage):
    poll = stage.poll(kind="slips", number=3)
    with pytest.raises(InvalidInput) as refused:
        change_poll(poll=poll, closes_on=today() + YESTERDAY, by=stage.office)
    assert refused.value.field == "closes_on"
    Poll.objects.filter(pk=poll.pk).update(closes_on=today() + YESTERDAY)
    with pytest.raises(InvalidInput) as refused:
        fix_poll(poll=poll, by=stage.office)
    assert refused.value.field == "closes_on"


def test_who_changes_a_poll_names_what_he_saw(stage):
    poll = stage.poll(kind="slips", number=3)
    seen = seen_token(poll)
    change_rule(poll=poll, rule=Rule((Source("slips", number=4),)), by=stage.office, seen=seen)
    with pytest.raises(InvalidInput):
        change_rule(poll=poll, rule=Rule((Source("slips", number=9),)), by=stage.office, seen=seen)
    poll.refresh_from_db()
    assert Rule.from_json(poll.rule).sources[0].number == 4


def test_a_sample_needs_a_seed_and_is_kept_with_the_list_that_it_was_drawn_from(stage):
    unit = make_unit("外单位")
    Person.objects.bulk_create(Person(code=f"P{n}", name=f"张{n}", unit=unit, order=n) for n in range(20))
    poll = stage.poll()
    source = Source("people", units=(unit.pk,))
    with pytest.raises(InvalidInput) as refused:
        change_rule(poll=poll, rule=Rule((source,), sample=5), by=stage.office)
    assert refused.value.field == "seed"
    poll = change_rule(poll=poll, rule=Rule((source,), sample=5, seed="7-12-31"), by=stage.office)
    poll = fix_poll(poll=poll, by=stage.office)
    draw = poll.draw
    assert (draw.seed, draw.size, len(draw.population), len(draw.drawn)) == ("7-12-31", 5, 20, 5)
    people = {f"person {code}" for code in poll.entitlements.values_list("person__code", flat=True)}
    assert set(draw.drawn) == people


def test_repeating_an_annulled_class_starts_from_its_voters(stage):
    poll = stage.open(kind="slips", number=7)
    annul_poll(poll=poll, reason="票箱混乱", by=stage.office)
    (again,) = prepare_polls(round=stage.round, by=stage.office, classes=["leader"])
    assert (again.run, Rule.from_json(again.rule).sources) == (2, (Source("slips", number=7),))


def test_a_class_that_was_merged_into_another_gets_no_poll_of_its_own():
    office, round_ = office_of(), district_round(2, plan="system-party-secretary")
    peer, delegate = poll_for(round_, "peer", office), poll_for(round_, "delegate", office)
    merge_polls(poll=peer, into=delegate, reason="人数太少", by=office)
    assert prepare_polls(round=round_, by=office) == []


def test_a_place_that_is_not_applicable_is_on_nobodys_ballot(stage):
    spared = stage.subjects[0]
    set_not_applicable(subject=spared, indicator="E2", by=stage.office)
    poll = stage.poll(kind="slips", number=3)
    assert (spared.pk, "E2") in preview(poll).unvoted
    poll = open_poll(poll=poll, by=stage.office)
    assert {subject for subject, _codes in poll.papers.get().places} == {s.pk for s in stage.subjects[1:]}


def test_what_became_not_applicable_all_the_same_is_left_out_of_the_count(stage):
    poll = stage.open(kind="slips", number=3)
    stage.drop("unit")
    for sheet in sheets(poll):
        vote(sheet, "90")
    NotApplicable.objects.create(subject=stage.subjects[0], indicator="E2")
    close_poll(poll=poll, by=stage.office)
    stage.count()
    assert set(BallotCount.objects.values_list("subject", flat=True)) == {s.pk for s in stage.subjects[1:]}


# ---------------------------------------------------------------- counting a poll whose last day is over


def test_the_count_closes_polls_whose_last_day_is_over(stage):
    poll = stage.open(kind="slips", number=3)
    stage.drop("unit")
    vote(sheets(poll)[0], "90")
    Poll.objects.filter(pk=poll.pk).update(closes_on=today() + YESTERDAY)
    stage.count()
    poll.refresh_from_db()
    assert (poll.state, poll.report["received"]) == (PollState.COUNTED, 1)
    assert AuditEntry.objects.get(action="close poll").actor is None


def test_fixed_voters_of_the_same_leaf_hold_up_the_count():
    office, round_ = office_of(), district_round(2, plan="system-party-secretary")
    parts = with_key(round_, office)
    peer = open_poll(poll=poll_for(round_, "peer", office, kind="slips", number=3), by=office)
    fix_poll(poll=poll_for(round_, "delegate", office, kind="slips", number=3), by=office)
    round_.polls.filter(voter_class="leader").delete()
    close_poll(poll=peer, by=office)
    with pytest.raises(InvalidInput):
        count_polls(round=round_, parts=parts, by=office)


def test_the_trail_does_not_say_what_a_single_ballot_was(stage):
    poll = stage.open(kind="slips", number=3)
    stage.drop("unit")
    vote(sheets(poll)[0], "90")
    close_poll(poll=poll, by=stage.office)
    stage.count()
    assert set(AuditEntry.objects.get(action="count poll").changes) == {"ballots"}


# ---------------------------------------------------------------- slips


def test_each_slip_is_printed_once_and_only_its_hash_is_kept(stage):
    poll = stage.open(kind="slips", number=3)
    slips = print_slips(poll=poll, kind=NUMBERED, seen=3, by=stage.office)
    assert [slip.number for slip in slips] == [1, 2, 3]
    assert len({slip.code for slip in slips}) == 3
    stored = json.dumps(list(Entitlement.objects.values()), cls=DjangoJSONEncoder) + whole_trail()
    for slip in slips:
        assert len(sealing.plain_code(slip.code)) == sealing.CODE_LETTERS
        assert slip.code not in stored
        assert sealing.plain_code(slip.code) not in stored
        assert by_code(slip.code).slip == slip.number
    for seen in (3, 0):
        with pytest.raises(InvalidInput):
            print_slips(poll=poll, kind=NUMBERED, seen=seen, by=stage.office)
    assert AuditEntry.objects.get(action="print slips").changes == {"slips": [None, "1–3"]}


def test_slips_are_printed_in_batches(stage, monkeypatch):
    monkeypatch.setattr("reviews.services.polls.slips.MOST_AT_ONCE", 2)
    poll = stage.open(kind="slips", number=5)
    numbers = []
    for waiting in (5, 3, 1):
        numbers += [slip.number for slip in print_slips(poll=poll, kind=NUMBERED, seen=waiting, by=stage.office)]
    assert numbers == [1, 2, 3, 4, 5]


def test_named_slips_are_for_those_who_cannot_log_in(stage):
    unit = make_unit("外单位")
    people = [Person.objects.create(code=f"P{n}", name=f"张{n}", unit=unit) for n in range(4)]
    make_user(Role.SUBJECT, person=people[0])
    gone = make_user(Role.SUBJECT, person=people[1])
    gone.is_active = False
    gone.save()
    poll = stage.open(kind="people", units=(unit.pk,))
    slips = print_slips(poll=poll, kind=NAMED, seen=3, by=stage.office)
    assert [(slip.label, slip.unit) for slip in slips] == [("张1", "外单位"), ("张2", "外单位"), ("张3", "外单位")]
    assert not Entitlement.objects.get(poll=poll, person=people[0]).code_hash
    ways = ways_of([poll])[poll.pk]
    assert (ways.accounts, ways.named, ways.named_printed, ways.unprinted) == (1, 3, 3, 0)


def test_units_vote_by_their_subject_account_only(stage):
    for subject in stage.subjects[:2]:
        make_user(Role.SUBJECT, subject.unit)
    make_user(Role.ASSESSOR, stage.subjects[2].unit)
    ways = ways_of([stage.open("unit")]).popitem()[1]
    assert (ways.accounts, ways.named) == (2, 3)


def test_a_spoiled_slip_gets_another_code_and_the_old_one_is_dead(stage):
    poll = stage.open(kind="slips", number=3)
    slips = print_slips(poll=poll, kind=NUMBERED, seen=3, by=stage.office)
    old = by_code(slips[1].code)
    with pytest.raises(InvalidInput) as refused:
        reissue_slip(entitlement=old, reason=" ", by=stage.office)
    assert refused.value.field == "reason"
    new = reissue_slip(entitlement=find_slip(poll, "2"), reason="污损", by=stage.office)
    assert by_code(slips[1].code) is None
    with pytest.raises(NotEntitled):
        vote(old, "90")
    vote(by_code(new.code), "90")
    entry = AuditEntry.objects.get(action="issue slip anew")
    assert (entry.label, entry.reason) == ("leader · 2", "污损")
    assert sealing.plain_code(new.code) not in whole_trail()
    assert new.code not in whole_trail()
    with pytest.raises(InvalidInput):
        reissue_slip(entitlement=find_slip(poll, "2"), reason="又丢了", by=stage.office)


def test_a_voter_with_an_account_may_get_a_slip_and_votes_once_all_the_same(stage):
    make_user(Role.SUBJECT, stage.subjects[0].unit)
    poll = stage.open("unit")
    one = find_slip(poll, stage.subjects[0].name)
    slip = reissue_slip(entitlement=one, reason="账号密码遗失", by=stage.office)
    vote(by_code(slip.code), "90")
    with pytest.raises(InvalidInput):
        reissue_slip(entitlement=one, reason="再来一张", by=stage.office)
    assert AuditEntry.objects.filter(action="issue slip").count() == 1


@pytest.mark.parametrize("typed", ["", "7", "没有这个人", "²", "9" * 30])
def test_a_slip_that_there_is_not(stage, typed):
    with pytest.raises(InvalidInput) as refused:
        find_slip(stage.open(kind="slips", number=3), typed)
    assert refused.value.field == "which"


def test_a_lost_print_is_made_anew_as_long_as_no_slip_was_used(stage):
    poll = stage.open(kind="slips", number=3)
    first = print_slips(poll=poll, kind=NUMBERED, seen=3, by=stage.office)
    assert void_slips(poll=poll, kind=NUMBERED, reason="打印机卡纸", by=stage.office) == 3
    assert by_code(first[0].code) is None
    again = print_slips(poll=poll, kind=NUMBERED, seen=3, by=stage.office)
    vote(by_code(again[0].code), "90")
    with pytest.raises(InvalidInput):
        void_slips(poll=poll, kind=NUMBERED, reason="再来", by=stage.office)


def test_more_slips_are_numbered_on(stage):
    poll = stage.open(kind="slips", number=3)
    add_slips(poll=poll, number=2, reason="列席人员增加", by=stage.office)
    assert [sheet.slip for sheet in sheets(poll)] == [1, 2, 3, 4, 5]
    with pytest.raises(InvalidInput):
        add_slips(poll=stage.open("unit"), number=2, reason="无", by=stage.office)


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_print_at_once_the_second_is_refused():
    stage = Stage()
    poll = stage.open(kind="slips", number=20)
    outcome: list[object] = []
    barrier = threading.Barrier(2)

    def attempt() -> None:
        barrier.wait()
        try:
            outcome.append(len(print_slips(poll=poll, kind=NUMBERED, seen=20, by=stage.office)))
        except InvalidInput:
            outcome.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=attempt) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcome)) == ["20", "refused"]


# ---------------------------------------------------------------- links


def test_a_closed_link_takes_nobody_and_opens_again(stage):
    poll = stage.open(kind="door", number=2, label="会场")
    door = poll.doors.get()
    answers = {(subject.pk, "E2"): "90" for subject in stage.subjects}
    set_door(door=door, is_open=False, by=stage.office)
    with pytest.raises(NotEntitled):
        cast_at_door(door=door, token="device-1", answers=answers)
    set_door(door=door, is_open=True, by=stage.office)
    cast_at_door(door=door, token="device-1", answers=answers)
    cast_at_door(door=door, token="device-2", answers=answers)
    with pytest.raises(NotEntitled):
        cast_at_door(door=door, token="device-3", answers=answers)
    add_seats(door=door, number=1, reason="来的人多", by=stage.office)
    cast_at_door(door=door, token="device-3", answers=answers)
    assert door.token not in whole_trail()


# ---------------------------------------------------------------- reminders


def reminded(stage, poll) -> set[int]:
    subject, text = default_words(poll, "区领导")
    remind_voters(poll=poll, subject=subject, text=text, by=stage.office)
    return set(Notification.objects.values_list("account", flat=True))


def test_where_names_are_shown_those_who_have_not_voted_are_reminded(stage):
    accounts = [make_user(Role.SUBJECT, subject.unit) for subject in stage.subjects]
    poll = stage.poll("unit")
    poll = open_poll(poll=change_poll(poll=poll, names_shown=True, by=stage.office), by=stage.office)
    for sheet in sheets(poll)[:2]:
        vote(sheet, "90")
    assert reminded(stage, poll) == {user.pk for user in accounts[2:]}
    assert Reminder.objects.get().told == 3


def test_where_names_are_hidden_everybody_gets_the_same_words(stage):
    """The messages themselves would tell who had voted by then."""
    accounts = [make_user(Role.SUBJECT, subject.unit) for subject in stage.subjects]
    poll = stage.open("unit")
    for sheet in sheets(poll)[:2]:
        vote(sheet, "90")
    assert reminded(stage, poll) == {user.pk for user in accounts}
    assert len(set(Notification.objects.values_list("title", "text", "url"))) == 1
    assert AuditEntry.objects.get(action="remind voters").changes == {"messages": [None, "5"]}


def test_of_e_mails_only_numbers_are_kept(stage, settings, django_capture_on_commit_callbacks):
    settings.EMAIL_HOST = "mail.example.org"
    for subject in stage.subjects:
        make_user(Role.SUBJECT, subject.unit, email=f"{subject.code.lower()}@example.org")
    poll = stage.open("unit")
    with django_capture_on_commit_callbacks(execute=True):
        reminded(stage, poll)
    assert len(mail.outbox) == 5
    reminder = Reminder.objects.get()
    assert (reminder.told, reminder.mailed, reminder.failed) == (5, 5, 0)
    assert not ReminderMessage.objects.exists()
    assert "example.org" not in whole_trail()


def test_nobody_is_reminded_twice_a_day_without_confirming(stage):
    make_user(Role.SUBJECT, stage.subjects[0].unit)
    poll = stage.open("unit")
    reminded(stage, poll)
    words = {"subject": "请投票", "text": "请尽快"}
    with pytest.raises(InvalidInput) as refused:
        remind_voters(poll=poll, by=stage.office, **words)
    assert refused.value.field == "confirmed"
    remind_voters(poll=poll, by=stage.office, confirmed=True, **words)
    with pytest.raises(NotAllowed):
        remind_voters(poll=poll, by=make_user(Role.AUDITOR), confirmed=True, **words)


def test_a_poll_that_is_over_or_whose_voters_cannot_log_in_is_not_reminded_of(stage):
    poll = stage.open(kind="slips", number=3)
    with pytest.raises(InvalidInput):
        remind_voters(poll=poll, subject="请投票", text="请尽快", by=stage.office)
    Poll.objects.filter(pk=poll.pk).update(closes_on=today() + YESTERDAY)
    with pytest.raises(RoundClosed):
        remind_voters(poll=poll, subject="请投票", text="请尽快", by=stage.office)


def test_an_account_of_several_voters_is_reminded_once(stage):
    unit = make_unit("外单位")
    people = [Person.objects.create(code=f"P{n}", name=f"张{n}", unit=unit) for n in range(2)]
    user = make_user(Role.SUBJECT, person=people[0])
    RoleGrant.objects.create(user=user, role=Role.SUBJECT, person=people[1])
    poll = stage.open(kind="people", units=(unit.pk,))
    assert list(accounts_of(poll.entitlements.all())) == [user]


# ---------------------------------------------------------------- the round under a poll


@pytest.fixture(params=["ready", "open", "closed"])
def running(stage, request) -> Poll:
    poll = stage.poll(kind="slips", number=3)
    if request.param == "ready":
        return fix_poll(poll=poll, by=stage.office)
    poll = open_poll(poll=poll, by=stage.office)
    return close_poll(poll=poll, by=stage.office) if request.param == "closed" else poll


def test_the_input_is_not_closed_over_ballots_that_are_not_counted(stage, running):
    with pytest.raises(InvalidInput) as refused:
        change_phase(round=stage.round, to="reviewing", by=stage.office)
    assert "leader" in str(refused.value) or "区领导" in str(refused.value)
    stage.round.refresh_from_db()
    assert stage.round.phase == "collecting"


def test_polls_in_preparation_do_not_hold_up_the_round(stage):
    poll = stage.poll()
    change_phase(round=stage.round, to="reviewing", by=stage.office)
    stage.round.refresh_from_db()
    poll.refresh_from_db()
    assert (stage.round.phase, poll.state) == ("reviewing", PollState.PREPARED)


def test_the_plan_does_not_change_under_a_poll(stage, running):
    before = stage.round.plan_version
    version = save_version(plan=before.plan, document=before.document | {"title": "另一版"}, by=stage.office)
    assert preview_plan(round=stage.round, version=version).obstacles


def test_what_is_voted_on_stays_applicable_or_not(stage, running):
    for attempt in (
        lambda: set_not_applicable(subject=stage.subjects[0], indicator="E2", by=stage.office),
        lambda: set_not_applicable(subject=stage.subjects[0], indicator="E", by=stage.office),
        lambda: set_not_applicable_to_all(round=stage.round, indicator="E2", by=stage.office),
        lambda: clear_not_applicable(subject=stage.subjects[0], indicator="E2", by=stage.office),
    ):
        with pytest.raises(InvalidInput):
            attempt()
    set_not_applicable(subject=stage.subjects[0], indicator="K21", by=stage.office)


def test_subjects_come_and_go_under_a_poll_only_by_those_who_were_told(stage, running):
    unit = make_unit("新单位")
    new = NewSubject("S900", unit.name, stage.subjects[0].category, unit=unit)
    with pytest.raises(InvalidInput):
        add_subjects(round=stage.round, subjects=[new], by=stage.office)
    add_subjects(round=stage.round, subjects=[new], by=stage.office, despite_polls=True)
    with pytest.raises(InvalidInput) as refused:
        withdraw_subject(subject=stage.subjects[0], reason="撤销", confirmed=False, by=stage.office)
    assert refused.value.field == "confirmed"
    withdraw_subject(subject=stage.subjects[0], reason="撤销", confirmed=True, by=stage.office)


def test_a_workbook_neither_adds_nor_withdraws_subjects_under_a_poll(stage, running):
    rows = [SubjectRow(s.code, s.name, s.category, "", {}, row=n) for n, s in enumerate(stage.subjects, start=2)]
    write_content(round=stage.round, content=Content(subjects=rows), by=stage.office, whole=False)
    with pytest.raises(InvalidInput):
        write_content(round=stage.round, content=Content(subjects=rows[:-1]), by=stage.office, whole=True)


def test_only_what_is_under_way_stands_in_the_way(stage):
    poll = stage.open(kind="slips", number=3)
    assert under_way(stage.round, ["E2"]) == [poll]
    assert under_way(stage.round, ["E1"]) == []
    stage.drop("unit")
    close_poll(poll=poll, by=stage.office)
    stage.count()
    assert under_way(stage.round) == []


# ---------------------------------------------------------------- who, and how often the database is asked


@pytest.mark.parametrize("role", [Role.ADMIN, Role.ASSESSOR, Role.SUBJECT, Role.LEADER, Role.AUDITOR])
def test_only_the_office_does_any_of_it(stage, role):
    other = make_user(role)
    poll = stage.open(kind="door", number=2, label="会场")
    for attempt in (
        lambda: fix_poll(poll=poll, by=other),
        lambda: start_poll(poll=poll, by=other),
        lambda: take_back_poll(poll=poll, by=other),
        lambda: print_slips(poll=poll, kind=NUMBERED, seen=1, by=other),
        lambda: reissue_slip(entitlement=sheets(poll)[0], reason="无", by=other),
        lambda: void_slips(poll=poll, kind=NUMBERED, reason="无", by=other),
        lambda: add_slips(poll=poll, number=1, reason="无", by=other),
        lambda: set_door(door=poll.doors.get(), is_open=False, by=other),
        lambda: add_seats(door=poll.doors.get(), number=1, reason="无", by=other),
        lambda: change_rule(poll=poll, rule=Rule(), by=other),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_the_ways_of_polls_cost_one_query(stage):
    polls = [stage.open(kind="slips", number=3), stage.open("unit")]
    with CaptureQueriesContext(connection) as one:
        ways_of(polls[:1])
    with CaptureQueriesContext(connection) as both:
        ways_of(polls)
    assert len(one) == len(both) == 1


# ---------------------------------------------------------------- exclusions


def test_exclusions_are_added_once_and_taken_back(stage):
    voter, subject = stage.subjects[0].unit, stage.subjects[1]
    rows = [Exclusion(voter, subject, "直接竞争"), Exclusion(stage.office, subject, "亲属")]
    assert exclude_voters(round=stage.round, rows=rows, by=stage.office) == 2
    assert exclude_voters(round=stage.round, rows=[*rows, *rows], by=stage.office) == 0
    assert preview(stage.poll("unit")).votes_on[subject.pk, "E1"] == 3
    for one in VoteExclusion.objects.filter(unit=voter):
        allow_voter(exclusion=one, by=stage.office)
        allow_voter(exclusion=one, by=stage.office)
    assert preview(stage.poll("unit")).votes_on[subject.pk, "E1"] == 4
    assert AuditEntry.objects.filter(action="allow voter").count() == 1
    assert AuditEntry.objects.filter(action="exclude voter").count() == 2


def test_an_exclusion_needs_a_reason_a_subject_of_the_round_and_the_office(stage):
    voter, subject = stage.subjects[0].unit, stage.subjects[1]
    other = district_round(1, name="2021").subjects.get()
    for row, field in ((Exclusion(voter, subject, " "), "reason"), (Exclusion(voter, other, "亲属"), "subject")):
        with pytest.raises(InvalidInput) as refused:
            exclude_voters(round=stage.round, rows=[row], by=stage.office)
        assert refused.value.field == field
    with pytest.raises(NotAllowed):
        exclude_voters(round=stage.round, rows=[], by=make_user(Role.AUDITOR))
    assert not VoteExclusion.objects.exists()

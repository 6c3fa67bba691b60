"""Who joins an open poll later, and who would have two votes."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reviews.models import BallotCount, BallotPaper, Entitlement, SealedBallot
from reviews.poll_check import check_round
from reviews.queries.poll_office import polls_of
from reviews.services.errors import InvalidInput, NotAllowed, RoundClosed
from reviews.services.polls.handing import take_back
from reviews.services.polls.latecomers import add_voter
from reviews.services.polls.preparing import change_poll, leave_out, let_in
from reviews.services.polls.setup import fix_poll, open_poll, preview, reopen_poll, start_poll
from reviews.services.polls.voters import Rule, Source
from tests.factories import client_for, district_round, make_unit, make_user
from units.models import AuditEntry, Person, Role, RoleGrant

from .polls import close_poll, count_polls, office_of, poll_for, sheets, vote, with_key

pytestmark = pytest.mark.django_db


class Stage:
    """Four units are rated; three leaders may vote, a fourth is forgotten."""

    def __init__(self) -> None:
        self.office = office_of()
        self.client = client_for(self.office)
        self.round = district_round(4)
        self.parts = with_key(self.round, self.office)
        self.leaders = [make_user(Role.LEADER, username=f"leader{n}", name=f"领导{n}") for n in range(4)]

    def poll(self, *accounts, **fields):
        ids = tuple(user.pk for user in accounts or self.leaders[:3])
        return poll_for(self.round, "leader", self.office, kind="accounts", ids=ids, **fields)

    def open(self):
        return open_poll(poll=self.poll(), by=self.office)

    def url(self, name, poll):
        return reverse(f"reviews:{name}", args=[self.round.pk, poll.pk])

    def doubles(self, poll):
        found = check_round(self.round, [one for one in polls_of(self.round) if one.state != "annulled"]).twice(poll)
        return {(one.name, one.other[0], one.poll.voter_class, one.certain) for one in found}


@pytest.fixture
def stage() -> Stage:
    return Stage()


# ---------------------------------------------------------------- late


def test_a_forgotten_voter_joins_and_counts_like_the_others(stage):
    poll = stage.open()
    for sheet in sheets(poll)[:2]:
        vote(sheet, "90")
    before = set(Entitlement.objects.values_list("pk", "paper"))
    page = stage.client.post(stage.url("poll_roll", poll), {"which": "leader3", "reason": "名单漏列"}, follow=True)
    assert page.status_code == 200
    assert "领导3" in page.text
    assert "名单漏列" in page.text
    late = Entitlement.objects.get(account=stage.leaders[3])
    assert set(Entitlement.objects.exclude(pk=late.pk).values_list("pk", "paper")) == before
    assert late.paper_id in {paper for _pk, paper in before}, "he has the same ballot as the others"
    entry = AuditEntry.objects.get(action="add voter")
    assert (entry.actor, entry.reason) == (stage.office, "名单漏列")
    stage.round.polls.filter(voter_class="unit").delete()
    late = next(one for one in sheets(poll) if one.pk == late.pk)
    vote(late, "70")
    vote(sheets(poll)[2], "90")
    assert len({len(bytes(box)) for box in SealedBallot.objects.values_list("box", flat=True)}) == 1
    close_poll(poll=poll, by=stage.office)
    count_polls(round=stage.round, parts=stage.parts, by=stage.office)
    counted = BallotCount.objects.filter(poll=poll, answer="70").values_list("count", flat=True)
    assert set(counted) == {1}


def test_a_late_voter_never_rates_himself_nor_what_nobody_else_is_asked(stage):
    """One who belongs to a unit that is rated: his ballot is another, of the same size, within those of the others."""
    poll = stage.open()
    own = stage.round.subjects.first()
    insider = make_user(Role.LEADER, username="insider", name="内部人")
    RoleGrant.objects.create(user=insider, role=Role.SUBJECT, unit=own.unit)
    dropped = stage.round.subjects.last()
    for paper in BallotPaper.objects.filter(poll=poll):
        BallotPaper.objects.filter(pk=paper.pk).update(places=[one for one in paper.places if one[0] != dropped.pk])
    late = add_voter(poll=poll, voter=insider, reason="迟到", by=stage.office)
    rated = {subject for subject, _codes in late.paper.places}
    assert rated == set(stage.round.subjects.values_list("pk", flat=True)) - {own.pk, dropped.pk}
    vote(next(one for one in sheets(poll) if one.pk == late.pk), "80")
    vote(sheets(poll)[0], dict.fromkeys(rated, "80"))
    assert len({len(bytes(box)) for box in SealedBallot.objects.values_list("box", flat=True)}) == 1


def test_one_subject_more_than_the_others_have_goes_into_a_late_ballot(stage):
    """Everybody else is of a unit that is rated."""
    for leader, subject in zip(stage.leaders, stage.round.subjects.all(), strict=True):
        RoleGrant.objects.create(user=leader, role=Role.SUBJECT, unit=subject.unit)
    poll = open_poll(poll=stage.poll(*stage.leaders), by=stage.office, despite_few="人少")
    late = add_voter(poll=poll, voter=make_user(Role.LEADER, name="外来"), reason="迟到", by=stage.office)
    assert len(late.paper.places) == 4
    vote(next(one for one in sheets(poll) if one.pk == late.pk), "100")
    vote(sheets(poll)[0], "100")
    assert len({len(bytes(box)) for box in SealedBallot.objects.values_list("box", flat=True)}) == 1


def test_who_may_vote_already_has_no_second_vote_and_a_reason_is_needed(stage):
    poll = stage.open()
    for user, reason, field in ((stage.leaders[0], "再来", "which"), (stage.leaders[3], " ", "reason")):
        with pytest.raises(InvalidInput) as refused:
            add_voter(poll=poll, voter=user, reason=reason, by=stage.office)
        assert refused.value.field == field
    page = stage.client.post(stage.url("poll_roll", poll), {"which": "查无此人", "reason": "迟到"})
    assert page.status_code == 422
    assert "查无此人" in page.text
    assert Entitlement.objects.filter(poll=poll).count() == 3


def test_nobody_joins_a_sample_nor_a_poll_that_is_over_and_only_the_office_adds(stage):
    poll = change_poll(
        poll=stage.poll(),
        rule=Rule((Source("accounts", ids=tuple(one.pk for one in stage.leaders)),), sample=3, seed="1"),
        by=stage.office,
    )
    poll = open_poll(poll=poll, by=stage.office)
    outside = make_user(Role.LEADER, name="外来")
    with pytest.raises(InvalidInput):
        add_voter(poll=poll, voter=outside, reason="迟到", by=stage.office)
    with pytest.raises(NotAllowed):
        add_voter(poll=poll, voter=outside, reason="迟到", by=stage.leaders[0])
    close_poll(poll=poll, by=stage.office)
    with pytest.raises(RoundClosed):
        add_voter(poll=poll, voter=outside, reason="迟到", by=stage.office)
    for role in (Role.AUDITOR, Role.LEADER):
        answer = client_for(make_user(role)).post(stage.url("poll_roll", poll), {"which": "外来", "reason": "x"})
        assert answer.status_code == 403
    assert not AuditEntry.objects.filter(action="add voter").exists()


def test_where_all_vote_on_paper_a_late_voter_does(stage):
    poll = poll_for(stage.round, "leader", stage.office, kind="paper", number=5)
    poll = open_poll(poll=poll, by=stage.office)
    assert add_voter(poll=poll, voter=stage.leaders[0], reason="迟到", by=stage.office).on_paper


def test_before_the_opening_too_and_then_no_key_is_asked_for():
    office, round_ = office_of(), district_round(4)
    late = [make_user(Role.LEADER, username=f"late{n}", name=f"迟到{n}") for n in range(2)]
    poll = fix_poll(poll=poll_for(round_, "leader", office, kind="paper", number=5), by=office)
    assert add_voter(poll=poll, voter=late[0], reason="漏列", by=office).on_paper
    poll = start_poll(poll=poll, by=office)
    assert not poll.public_key
    assert add_voter(poll=poll, voter=late[1], reason="迟到", by=office).on_paper
    with pytest.raises(InvalidInput):  # there is nothing to seal a ballot with
        take_back(poll=poll, ids=[poll.entitlements.get(account=late[0]).pk], reason="交回", by=office)
    poll = close_poll(poll=poll, by=office)
    assert not reopen_poll(poll=poll, closes_on=None, reason="再投", by=office).public_key


def test_a_late_voter_votes_online_before_the_opening_where_somebody_does(stage):
    poll = fix_poll(poll=stage.poll(), by=stage.office)
    assert not add_voter(poll=poll, voter=stage.leaders[3], reason="漏列", by=stage.office).on_paper
    assert start_poll(poll=poll, by=stage.office).public_key


# ---------------------------------------------------------------- twice


def test_two_accounts_of_one_person_in_one_poll_have_one_ballot_also_if_the_second_comes_late(stage):
    person = Person.objects.create(code="P1", name="张三", unit=make_unit())
    for leader in (stage.leaders[0], stage.leaders[3]):
        RoleGrant.objects.create(user=leader, role=Role.SUBJECT, person=person)
    poll = open_poll(poll=stage.poll(*stage.leaders), by=stage.office)
    assert set(Entitlement.objects.filter(poll=poll).values_list("label", flat=True)) == {"领导0", "领导1", "领导2"}
    for other in (stage.leaders[3], person):
        with pytest.raises(InvalidInput) as refused:
            add_voter(poll=poll, voter=other, reason="迟到", by=stage.office)
        assert refused.value.field == "which"


def test_two_accounts_of_the_same_name_are_named_and_one_is_left_out(stage):
    twin = make_user(Role.LEADER, username="twin", name="领导0")
    poll = stage.poll(*stage.leaders, twin)
    assert "twin" in stage.client.get(stage.url("poll_check", poll)).text
    key = f"account:{twin.pk}"
    page = stage.client.post(stage.url("poll_check", poll), {"do": "leave_out", "voter": key}, follow=True)
    poll.refresh_from_db()
    assert [voter.account for voter in preview(poll).electorate.voters] == [one.pk for one in stage.leaders]
    assert stage.doubles(poll) == set()
    assert f'value="{key}"' in page.text, "he can be let in again"
    let_in(poll=poll, key=("account", twin.pk), by=stage.office)
    poll.refresh_from_db()
    assert len(preview(poll).electorate.voters) == 5
    said = AuditEntry.objects.filter(action__in=["leave out voter", "let in voter"]).order_by("pk")
    assert [(one.action, "领导0" in str(one.changes)) for one in said] == [
        ("leave out voter", True),
        ("let in voter", True),
    ]


def test_an_equal_name_is_a_hint_unless_both_are_known_to_be_different_people(stage):
    twin = make_user(Role.LEADER, username="twin", name="领导0")
    poll = stage.poll(stage.leaders[0], twin)
    assert stage.doubles(poll) == {("领导0", "account", "leader", False)}
    for number, user in enumerate((stage.leaders[0], twin)):
        person = Person.objects.create(code=f"P{number}", name="领导0", unit=make_unit())
        RoleGrant.objects.create(user=user, role=Role.SUBJECT, person=person)
    assert stage.doubles(poll) == set()


def test_one_who_votes_in_two_classes_of_an_indicator_is_named_also_under_another_account():
    office, round_ = office_of(), district_round(2, plan="system-party-secretary")
    unit = make_unit()
    people = [Person.objects.create(code=f"M{number}", name=f"张{number}", unit=unit) for number in range(3)]
    account = make_user(Role.LEADER, name="张账号")
    RoleGrant.objects.create(user=account, role=Role.SUBJECT, person=people[0])
    peer = poll_for(round_, "peer", office, kind="chosen_people", ids=(people[0].pk, people[1].pk))
    delegate = poll_for(round_, "delegate", office, kind="chosen_people", ids=(people[2].pk,))
    sources = (Source("accounts", ids=(account.pk,)), Source("chosen_people", ids=(people[1].pk, people[2].pk)))
    delegate = change_poll(poll=delegate, rule=Rule(sources), by=office)
    check = check_round(round_, [peer, delegate])
    assert {(one.name, one.other, one.poll.pk, one.certain) for one in check.twice(peer)} == {
        ("张0", ("account", account.pk), delegate.pk, True),
        ("张1", ("person", people[1].pk), delegate.pk, True),
    }
    leave_out(poll=delegate, key=("person", people[1].pk), by=office)
    delegate.refresh_from_db()
    assert {one.name for one in check_round(round_, [peer, delegate]).twice(peer)} == {"张0"}


def test_who_is_left_out_votes_nowhere_by_that_rule_and_strangers_are_refused(stage):
    poll = stage.poll()
    leave_out(poll=poll, key=("account", stage.leaders[0].pk), by=stage.office)
    leave_out(poll=poll, key=("account", stage.leaders[0].pk), by=stage.office)
    assert AuditEntry.objects.filter(action="leave out voter").count() == 1
    for key in (("account", 0), ("door", 1)):
        with pytest.raises(InvalidInput):
            leave_out(poll=poll, key=key, by=stage.office)
    with pytest.raises(NotAllowed):
        leave_out(poll=poll, key=("account", stage.leaders[0].pk), by=stage.leaders[1])
    poll.refresh_from_db()
    poll = open_poll(poll=poll, by=stage.office, despite_few="人少")
    assert set(Entitlement.objects.filter(poll=poll).values_list("label", flat=True)) == {"领导1", "领导2"}


def test_the_queries_of_the_check_do_not_grow_with_doubles(stage):
    def asked(poll):
        with CaptureQueriesContext(connection) as context:
            assert stage.client.get(stage.url("poll_check", poll)).status_code == 200
        return len(context)

    poll = stage.poll(*stage.leaders, make_user(Role.LEADER, name="领导0"))
    few = asked(poll)
    more = [make_user(Role.LEADER, name=f"领导{number % 4}") for number in range(12)]
    poll = change_poll(
        poll=poll,
        rule=Rule((Source("accounts", ids=tuple(one.pk for one in (*stage.leaders, *more))),)),
        by=stage.office,
    )
    assert asked(poll) <= few

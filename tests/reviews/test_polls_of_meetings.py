"""Ballots of those present: who is checked in at the review meeting when the voters are fixed votes, nobody else."""

from __future__ import annotations

import pytest
from django.urls import reverse

from reviews.meeting_actions import actions_once_open
from reviews.models import Entitlement, Meeting, Poll
from reviews.queries.meetings import order_seen, talks_of
from reviews.services.agenda import order_talks
from reviews.services.attendance import NewAttendee, expect, record_presence
from reviews.services.meetings import open_meeting
from reviews.services.polls.preparing import prepare_polls
from reviews.services.polls.setup import current_terms, fix_poll
from reviews.services.polls.voters import Rule, electorate
from reviews.views.meetings import plan_rule
from tests.factories import client_for, make_user
from tests.reviews.meeting_stage import people_round, planned, subjects_of
from tests.reviews.polls import with_key
from units.models import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def office():
    return make_user(Role.OFFICE)


@pytest.fixture
def meeting(office):
    """The bank's: five cadres of the roster and three of the staff by name; not all of them come."""
    round_ = people_round("bank-midlevel")
    found = planned(round_, office)
    order_talks(meeting=found, rule=plan_rule(round_), seen=order_seen(talks_of(found)), by=office)
    cadres = [NewAttendee(each.name, person=each.person) for each in subjects_of(round_)]
    expect(meeting=found, who=cadres, group="全体中层干部", voter_class="cadre", by=office)
    staff = [NewAttendee(f"员工{number}") for number in "甲乙丙"]
    expect(meeting=found, who=staff, group="员工代表", voter_class="staff", by=office)
    prepare_polls(round=round_, by=office)
    return found


def check_in(meeting, office, *names: str) -> None:
    rows = meeting.attendees.filter(name__in=names)
    record_presence(meeting=meeting, seen=[(row.pk, row.presence) for row in rows], presence="present", by=office)


def votes(poll: Poll) -> dict[str, int]:
    """Voter → how many subjects he would vote on."""
    return {voter.label: len(voter.places) for voter in electorate(poll, current_terms(poll)).voters}


def poll_of(meeting, code: str) -> Poll:
    return meeting.round.polls.get(voter_class=code)


def test_the_plan_proposes_those_present_for_the_classes_that_it_invites(meeting):
    kinds = {poll.voter_class: Rule.from_json(poll.rule).sources[0].kind for poll in meeting.round.polls.all()}
    assert kinds == {"cadre": "attendees", "staff": "attendees", "all": "own_staff"}
    assert {poll.voter_class for poll in meeting.round.polls.filter(in_meeting=True)} == {"cadre", "staff"}


def test_people_of_the_roster_vote_by_name_and_the_others_by_a_slip(meeting, office):
    with_key(meeting.round, office)
    check_in(meeting, office, "张三", "李四", "丁一", "王五", "员工甲", "员工乙")
    for code in ("cadre", "staff"):
        fix_poll(poll=poll_of(meeting, code), by=office, despite_few="只有两人到会" if code == "staff" else "")
    cadres = Entitlement.objects.filter(poll=poll_of(meeting, "cadre"))
    assert sorted(cadres.values_list("person__name", flat=True)) == sorted(["张三", "李四", "丁一", "王五"])
    staff = Entitlement.objects.filter(poll=poll_of(meeting, "staff"))
    assert [(row.person_id, row.slip) for row in staff.order_by("slip")] == [(None, 1), (None, 2)]


def test_nobody_votes_on_himself_and_nobody_of_a_meeting_that_was_called_off(meeting, office):
    check_in(meeting, office, "张三", "李四")
    poll = poll_of(meeting, "cadre")
    assert votes(poll) == {"张三": 4, "李四": 4}
    meeting.state = "cancelled"
    meeting.save()
    assert votes(poll) == {}


def test_who_is_present_at_two_meetings_votes_once(meeting, office):
    """People of the roster are known by their key, the others by name and unit: two units may have a 员工甲 each."""
    second = Meeting.objects.create(
        round=meeting.round, number=2, title="第二次述职评议会", date=meeting.date, quorum=meeting.quorum
    )
    people = [NewAttendee("员工甲"), NewAttendee("员工丁"), NewAttendee("员工甲", "二部")]
    for one in people:
        expect(meeting=second, who=[one], voter_class="staff", by=office)
    known = subjects_of(meeting.round)[0]
    expect(meeting=second, who=[NewAttendee(known.name, person=known.person)], voter_class="cadre", by=office)
    for each in (meeting, second):
        check_in(each, office, "员工甲", "员工乙", "员工丁", known.name)
    poll = poll_of(meeting, "staff")
    slips = [voter.slip for voter in electorate(poll, current_terms(poll)).voters]
    assert slips == [1, 2, 3, 4]
    assert list(votes(poll_of(meeting, "cadre"))) == [known.name]


def test_the_check_says_what_it_waits_for(meeting, office):
    poll = poll_of(meeting, "cadre")
    page = client_for(office).get(reverse("reviews:poll_check", args=[meeting.round_id, poll.pk])).content.decode()
    assert reverse("reviews:meetings", args=[meeting.round_id]) in page
    assert "尚无人签到" in page


def test_the_meeting_leads_to_its_votes_from_the_opening_on(meeting, office):
    check_in(meeting, office, "张三", "李四", "丁一", "王五", "员工甲", "员工乙", "员工丙")
    open_meeting(meeting=meeting, reason="", by=office)
    (action,) = actions_once_open(meeting, office)
    assert action.url == reverse("reviews:polls", args=[meeting.round_id])
    with_key(meeting.round, office)
    for code in ("cadre", "staff"):
        fix_poll(poll=poll_of(meeting, code), by=office)
    screens = [
        reverse("reviews:poll_screen", args=[meeting.round_id, poll_of(meeting, c).pk]) for c in ("cadre", "staff")
    ]
    assert [each.url for each in actions_once_open(meeting, office)] == screens
    page = client_for(office).get(reverse("reviews:meeting", args=[meeting.round_id, meeting.pk])).content.decode()
    assert all(address in page for address in screens)


def test_the_ballot_of_a_meeting_lists_the_subjects_as_they_speak(meeting, office):
    talks = [talk.subject_id for talk in meeting.talks.order_by("order")]
    listed = [subject.pk for subject in subjects_of(meeting.round)]
    assert talks != listed
    check_in(meeting, office, "员工甲", "员工乙", "员工丙")
    poll = poll_of(meeting, "staff")

    def order() -> list[int]:
        return [subject for subject, _leaves in electorate(poll, current_terms(poll)).voters[0].places]

    assert order() == talks
    poll.in_meeting = False
    assert order() == listed

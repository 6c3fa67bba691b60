"""The office's pages of polls: who may, what is shown once, what is never shown, how often the database is asked."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from indicators.services import engine_plan
from reviews.meeting_actions import actions_once_open
from reviews.models import BallotBox, BallotComment, Entitlement, Mark, Poll, PollState, Round, VoteExclusion
from reviews.queries.polls import by_code
from reviews.services.polls.preparing import change_poll, change_rule, prepare_polls
from reviews.services.polls.setup import fix_poll
from reviews.services.polls.voters import Rule, Source
from reviews.tree import MARKS, Tree
from scoring.engine import score
from scoring.load import load_inputs
from scoring.services import run_scoring
from tests.factories import client_for, district_round, make_unit, make_user
from units.models import AuditEntry, Notification, Person, Role

from .meeting_stage import planned
from .polls import close_poll, count_polls, office_of, open_poll, poll_for, sheets, vote, with_key

pytestmark = pytest.mark.django_db
CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")
PART = re.compile(r"[0-9A-Z]{5}(?:-[0-9A-Z]{5}){3}")


class World:
    def __init__(self, subjects: int = 4, **fields: str) -> None:
        self.office = office_of()
        self.round = district_round(subjects, **fields)
        self.client = client_for(self.office)

    def url(self, name: str, *args: object) -> str:
        return reverse(f"reviews:{name}", args=[self.round.pk, *args])

    def get(self, name: str, *args: object, query: str = "") -> str:
        response = self.client.get(self.url(name, *args) + query)
        assert response.status_code == 200, response.status_code
        return response.content.decode()

    def post(self, name: str, *args: object, status: int = 302, query: str = "", **data: object) -> str:
        response = self.client.post(self.url(name, *args) + query, data)
        assert response.status_code == status, response.content.decode()[:3000]
        return response.content.decode()

    def poll(self, voter_class: str = "leader", **source: object) -> Poll:
        return poll_for(self.round, voter_class, self.office, **source)

    def key(self) -> tuple[str, ...]:
        return with_key(self.round, self.office)

    def open(self, voter_class: str = "leader", **source: object) -> Poll:
        if not BallotBox.objects.filter(round=self.round).exists():
            self.parts = self.key()
        return open_poll(poll=self.poll(voter_class, **source), by=self.office, despite_few="人少")

    def counted(self, number: int = 6, answer: str = "90", **settings: object) -> Poll:
        poll = self.open(kind="slips", number=number)
        self.round.polls.filter(voter_class="unit").delete()
        for sheet in sheets(poll):
            vote(sheet, answer)
        close_poll(poll=poll, by=self.office)
        count_polls(round=self.round, parts=self.parts, by=self.office)
        poll.refresh_from_db()
        return poll


@pytest.fixture
def world() -> World:
    return World()


# ---------------------------------------------------------------- the key


def test_the_parts_of_the_key_are_shown_once_and_never_again(world):
    page = world.client.post(world.url("poll_key"), {"do": "make", "seen": 0, "keeper-1": "张一", "keeper-2": "李二"})
    assert page.status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    parts = sorted(set(PART.findall(page.content.decode())))
    assert len(parts) == 2
    again = world.post("poll_key", status=422, do="make", seen=0, **{"keeper-1": "张一", "keeper-2": "李二"})
    everywhere = again + world.get("poll_key") + world.get("polls") + world.get("history")
    assert not PART.search(everywhere)
    assert not any(part in str(dict(world.client.session)) for part in parts)
    assert BallotBox.objects.count() == 1


def test_the_key_is_confirmed_by_typing_it_and_a_wrong_part_does_not_come_back(world):
    page = world.post("poll_key", status=200, do="make", seen=0, **{"keeper-1": "张一"})
    part = PART.search(page).group()
    refused = world.post(
        "poll_key", status=422, do="confirm", **{"part-0": part[:-1] + ("0" if part[-1] != "0" else "1")}
    )
    assert part[:15] not in refused
    world.post("poll_key", do="confirm", **{"part-0": part.lower()})
    assert BallotBox.objects.get().confirmed_at


def test_keepers_are_named(world):
    page = world.post("poll_key", status=422, do="make", seen=0, **{"keeper-1": "张一", "keeper-2": "张一"})
    assert 'value="张一"' in page
    assert not BallotBox.objects.exists()


# ---------------------------------------------------------------- voters


def test_sources_are_added_changed_and_removed(world):
    poll = world.poll()
    seen = lambda: re.search(r'name="seen" value="(\w+)"', world.get("poll_voters", poll.pk)).group(1)  # noqa: E731
    names = "\n".join(f"{s.unit.code} {s.unit.name}" for s in world.round.subjects.select_related("unit")[:2])
    world.post("poll_voters", poll.pk, query="?add=chosen_units", do="source", seen=seen(), lines=names)
    world.post("poll_voters", poll.pk, query="?add=door", do="source", seen=seen(), label="会场", number=30)
    world.post("poll_voters", poll.pk, do="remove", place=0, seen=seen())
    poll.refresh_from_db()
    first, second = Rule.from_json(poll.rule).sources
    assert (first.kind, len(first.ids), second) == ("chosen_units", 2, Source("door", number=30, label="会场"))
    page = world.get("poll_voters", poll.pk, query="?source=0")
    assert names.splitlines()[0] in page
    world.post("poll_voters", poll.pk, query="?source=1", do="source", seen=seen(), label="会场", number=40)
    poll.refresh_from_db()
    assert Rule.from_json(poll.rule).sources[1].number == 40


def test_unknown_names_are_named_and_what_was_typed_stays(world):
    poll = world.poll()
    page = world.post(
        "poll_voters", poll.pk, status=422, query="?add=chosen_people", do="source", seen="x", lines="查无此人"
    )
    assert page.count("查无此人") >= 2


def test_people_are_found_by_code_name_and_name_with_unit(world):
    first, second = make_unit("甲单位"), make_unit("乙单位")
    Person.objects.create(code="P1", name="张一", unit=first)
    Person.objects.create(code="P2", name="张一", unit=second)
    Person.objects.create(code="P3", name="李二", unit=second)
    poll = world.poll()
    page = world.post(
        "poll_voters", poll.pk, status=422, query="?add=chosen_people", do="source", seen="x", lines="张一"
    )
    assert "张一" in page
    seen = re.search(r'name="seen" value="(\w+)"', page).group(1)
    lines = "张一（乙单位）\nP1\n李二"
    world.post("poll_voters", poll.pk, query="?add=chosen_people", do="source", seen=seen, lines=lines)
    poll.refresh_from_db()
    assert len(Rule.from_json(poll.rule).sources[-1].ids) == 3


def test_who_saves_over_another_is_told(world):
    poll = world.poll()
    page = world.get("poll_voters", poll.pk, query="?add=slips")
    seen = re.search(r'name="seen" value="(\w+)"', page).group(1)
    change_rule(poll=poll, rule=Rule((Source("slips", number=4),)), by=world.office)
    world.post("poll_voters", poll.pk, status=422, query="?add=slips", do="source", seen=seen, number=9)
    data = {"do": "settings", "seen": seen, "instructions": "请认真填写"}
    assert "请认真填写" in world.post("poll_voters", poll.pk, status=422, **data)
    poll.refresh_from_db()
    assert (Rule.from_json(poll.rule).sources[0].number, poll.instructions) == (4, "")


def test_settings_are_kept_and_a_seed_is_proposed(world):
    poll = world.poll()
    page = world.get("poll_voters", poll.pk)
    seed = re.search(r'name="seed" value="(\w+)"', page).group(1)
    seen = re.search(r'name="seen" value="(\w+)"', page).group(1)
    world.post("poll_voters", poll.pk, do="settings", seen=seen, sample=5, seed=seed, in_meeting="on", names_shown="on")
    poll.refresh_from_db()
    rule = Rule.from_json(poll.rule)
    assert (rule.sample, rule.seed, poll.in_meeting, poll.names_shown) == (5, seed, True, True)


# ---------------------------------------------------------------- the check


def test_the_check_names_who_is_too_few_and_opens_only_with_a_reason(world):
    world.key()
    make_user(Role.LEADER)
    poll = world.poll(kind="leaders")
    page = world.get("poll_check", poll.pk)
    assert page.count('class="badge kp-late"') == 4
    refused = world.post("poll_check", poll.pk, status=422, do="open", despite_few="")
    assert "despite_few" in refused
    world.post("poll_check", poll.pk, do="open", despite_few="只有一位领导")
    poll.refresh_from_db()
    assert poll.state == PollState.OPEN
    assert world.get("poll_check", poll.pk).count("kp-late") >= 4


def test_merging_is_offered_with_what_it_does_to_the_weights():
    world = World(3, name="2021", plan="system-party-secretary")
    unit = make_unit()
    people = [Person.objects.create(code=f"M{n}", name=f"张{n}", unit=unit) for n in range(9)]
    peer = world.poll("peer", kind="chosen_people", ids=(people[0].pk,))
    delegate = world.poll("delegate", kind="chosen_people", ids=tuple(p.pk for p in people[1:]))
    page = world.get("poll_check", peer.pk)
    assert "30.0%" in page
    assert "42.9%" in page
    assert "57.1%" in page
    refused = world.post("poll_check", peer.pk, status=422, do="merge", into=delegate.pk, reason="")
    assert f'value="{delegate.pk}"' in refused
    world.post("poll_check", peer.pk, do="merge", into=delegate.pk, reason="人数太少")
    assert not Poll.objects.filter(pk=peer.pk).exists()


def test_who_would_vote_in_two_classes_of_an_indicator_is_seen():
    world = World(3, name="2021", plan="system-party-secretary")
    unit = make_unit()
    people = [Person.objects.create(code=f"M{n}", name=f"张{n}", unit=unit) for n in range(4)]
    ids = tuple(person.pk for person in people)
    world.poll("peer", kind="chosen_people", ids=ids)
    delegate = world.poll("delegate", kind="chosen_people", ids=ids[1:])
    assert "3 名投票人" in world.get("poll_check", delegate.pk)


def test_the_voters_and_the_draw_of_a_sample_are_listed(world):
    unit = make_unit("外单位")
    Person.objects.bulk_create(Person(code=f"P{n}", name=f"张{n}", unit=unit, order=n) for n in range(12))
    poll = world.poll()
    rule = Rule((Source("people", units=(unit.pk,)),), sample=5, seed="7-12-31")
    poll = change_rule(poll=poll, rule=rule, by=world.office)
    assert world.get("poll_people", poll.pk).count("外单位") == 5
    lines = world.client.get(world.url("poll_draw", poll.pk)).content.decode().splitlines()
    assert len(lines) == 13
    assert [line.endswith(",1") for line in lines[1:]] == [True] * 5 + [False] * 7
    world.key()
    fix_poll(poll=poll, by=world.office)
    Person.objects.all().update(name="改名")
    assert world.client.get(world.url("poll_draw", poll.pk)).content.decode().splitlines() == lines


# ---------------------------------------------------------------- exclusions


def test_exclusions_are_pasted_and_removed(world):
    first, second = world.round.subjects.select_related("unit")[:2]
    make_user(Role.LEADER, name="区领导甲")
    text = f"{first.unit.name}\t{second.name}\t直接竞争\n区领导甲，{first.code}，亲属"
    page = world.post("poll_exclusions", status=422, do="paste", lines=text + "\n谁也不是，没有，无")
    assert "谁也不是" in page
    assert not VoteExclusion.objects.exists()
    world.post("poll_exclusions", do="paste", lines=text)
    assert VoteExclusion.objects.count() == 2
    world.post("poll_exclusions", do="add", voter=second.unit.code, subject=first.name, reason="直接竞争")
    world.post("poll_exclusions", do="remove", exclusion=VoteExclusion.objects.first().pk)
    assert VoteExclusion.objects.count() == 2


# ---------------------------------------------------------------- slips and links


def test_codes_are_in_one_answer_only(world):
    poll = world.open(kind="slips", number=4)
    page = world.client.post(world.url("poll_slips", poll.pk), {"do": "print", "kind": "numbered", "seen": 4})
    codes = CODE.findall(page.content.decode())
    assert "no-store" in page.headers["Cache-Control"]
    assert len(codes) == 4
    assert all(by_code(code) is not None for code in codes)
    assert page.content.decode().count("<svg") == 4
    again = world.client.post(
        world.url("poll_slips", poll.pk), {"do": "print", "kind": "numbered", "seen": 4}, follow=True
    )
    everywhere = (
        again.content.decode() + world.get("poll_slips", poll.pk) + world.get("history") + world.get("poll", poll.pk)
    )
    assert not CODE.search(everywhere)
    assert not CODE.search(str(dict(world.client.session)))


def test_a_slip_is_issued_anew_by_its_number(world):
    poll = world.open(kind="slips", number=4)
    page = world.post("poll_slips", poll.pk, status=200, do="print", kind="numbered", seen=4)
    old = CODE.findall(page)[1]
    new = CODE.findall(world.post("poll_slips", poll.pk, status=200, do="again", which="2", reason="污损"))
    assert len(new) == 1
    assert by_code(old) is None
    refused = world.post("poll_slips", poll.pk, status=422, do="again", which="99", reason="污损")
    assert 'value="99"' in refused
    world.post("poll_slips", poll.pk, do="void", kind="numbered", reason="卡纸")
    world.post("poll_slips", poll.pk, do="more", number=2, reason="增加列席")
    assert Entitlement.objects.filter(poll=poll, code_hash=None).count() == 6


def test_a_link_has_a_poster_closes_and_grows(world):
    poll = world.open(kind="door", number=5, label="会场")
    door = poll.doors.get()
    assert door.token in world.get("poll_doors", poll.pk)
    assert "<svg" in world.get("poll_poster", poll.pk, door.pk)
    world.post("poll_doors", poll.pk, do="close", door=door.pk)
    world.post("poll_doors", poll.pk, do="more", door=door.pk, number=3, reason="人多")
    door.refresh_from_db()
    assert (door.is_open, door.seats) == (False, 8)
    assert door.token not in world.get("history")


# ---------------------------------------------------------------- the big screen


def test_the_chair_opens_and_closes_on_the_big_screen(world):
    world.key()
    poll = world.poll(kind="door", number=5, label="会场")
    rule = Rule.from_json(poll.rule)
    poll = change_poll(poll=poll, rule=rule, in_meeting=True, by=world.office)
    world.post("poll_check", poll.pk, do="fix")
    page = world.get("poll_screen", poll.pk)
    assert "等待开放" in page
    assert "<svg" in page
    header = {"HX-Request": "true"}
    opened = world.client.post(world.url("poll_chair", poll.pk), {"do": "start"}, headers=header).content.decode()
    assert "正在投票" in opened
    assert "<html" not in opened
    live = world.client.get(world.url("poll_screen", poll.pk) + "?state=open", headers=header)
    assert "HX-Retarget" not in live.headers
    assert "<svg" not in live.content.decode()
    changed = world.client.get(world.url("poll_screen", poll.pk) + "?state=waits", headers=header)
    assert changed.headers["HX-Retarget"] == "#screen"
    world.post("poll_chair", poll.pk, do="close")
    assert "已截止" in world.get("poll_screen", poll.pk)
    auditor = client_for(make_user(Role.AUDITOR))
    assert auditor.get(world.url("poll_screen", poll.pk)).status_code == 200
    assert auditor.post(world.url("poll_chair", poll.pk), {"do": "start"}).status_code == 403


def test_the_screen_names_nobody(world):
    poll = world.open("unit")
    page = world.get("poll_screen", poll.pk)
    assert not any(subject.name in page for subject in world.round.subjects.all())


# ---------------------------------------------------------------- turnout, reminders, names


def test_names_of_those_missing_only_where_they_are_shown(world):
    poll = world.open("unit")
    first = world.round.subjects.first()
    vote(sheets(poll)[0], "90")
    for query in ("", "?only=missing", f"?q={first.name}"):
        page = world.get("poll_roll", poll.pk, query=query)
        assert "已投" not in page.split("<table", 1)[1]
        assert first.name in page
    page = world.get("poll", poll.pk)
    assert not any(subject.name in page.split("<main", 1)[1] for subject in world.round.subjects.all())
    Poll.objects.filter(pk=poll.pk).update(names_shown=True)
    missing = world.get("poll_roll", poll.pk, query="?only=missing")
    assert first.name not in missing
    assert missing.count("<tr>") == 4
    assert first.name not in world.get("poll", poll.pk).split("<main", 1)[1]


def test_the_live_turnout_is_swapped_in_and_costs_the_same_for_one_and_for_many(world):
    def queries(poll) -> int:
        with CaptureQueriesContext(connection) as caught:
            page = world.get("polls_live", query=f"?only={poll.pk}")
        assert f'id="turnout-{poll.pk}"' in page
        return len(caught)

    poll = world.open(kind="slips", number=40)
    few = queries(poll)
    for sheet in sheets(poll)[:7]:
        vote(sheet, "90")
    world.open("unit")
    assert queries(poll) == few
    assert "7 / 40" in world.get("polls_live")
    close_poll(poll=poll, by=world.office)
    gone = world.client.get(world.url("polls_live") + f"?only={poll.pk}")
    assert gone.headers["HX-Refresh"] == "true"


def test_a_reminder_keeps_its_words_when_refused(world):
    make_user(Role.SUBJECT, world.round.subjects.first().unit)
    poll = world.open("unit")
    assert "请参加投票" in world.get("poll_remind", poll.pk)
    world.post("poll_remind", poll.pk, subject="请投票", text="请尽快")
    page = world.post("poll_remind", poll.pk, status=422, subject="请再投票", text="请尽快")
    assert "请再投票" in page
    world.post("poll_remind", poll.pk, subject="请再投票", text="请尽快", confirmed="on")
    assert Notification.objects.count() == 2


# ---------------------------------------------------------------- the count and after


def test_the_count_takes_the_parts_and_shows_nothing_of_them(world):
    poll = world.open(kind="slips", number=6)
    world.round.polls.filter(voter_class="unit").delete()
    for sheet in sheets(poll):
        vote(sheet, "90")
    close_poll(poll=poll, by=world.office)
    wrong = "ABCDE-FGHJK-MNPQR-STVWX"
    refused = world.post("poll_count", status=422, **{"part-0": wrong})
    assert wrong not in refused
    assert "FGHJK" not in refused
    world.post("poll_count", **{"part-0": world.parts[0]})
    page = world.get("poll", poll.pk)
    assert "90 × 6" in page
    assert not AuditEntry.objects.filter(changes__icontains=world.parts[0][:11]).exists()


def test_a_difference_between_voters_and_ballots_is_an_alarm(world):
    poll = world.counted()
    assert 'role="alert"' not in world.get("poll", poll.pk)
    poll.report |= {"received": 5}
    poll.save()
    assert 'role="alert"' in world.get("poll", poll.pk)


def test_of_fewer_ballots_than_the_minimum_nothing_is_broken_down(world):
    poll = world.counted(number=2)
    page = world.get("poll", poll.pk)
    assert "有效" not in page.split("kp-figures", 1)[1].split("</table>", 1)[0]
    assert "90 ×" not in page


def test_a_class_is_annulled_with_a_reason_and_repeated(world):
    poll = world.counted()
    page = world.post("poll_annul", poll.pk, status=422, reason="")
    assert "id_reason" in page
    world.post("poll_annul", poll.pk, reason="组织不符合规定")
    assert "组织不符合规定" in world.get("poll", poll.pk)
    world.post("polls", **{"class": "leader"})
    assert world.round.polls.get(voter_class="leader", run=2).state == PollState.PREPARED


def test_a_closed_poll_is_opened_again_with_a_reason(world):
    poll = world.open(kind="slips", number=6)
    world.post("poll", poll.pk, do="close")
    world.post("poll_longer", poll.pk, status=422, reason="")
    world.post("poll_longer", poll.pk, reason="延长一天")
    poll.refresh_from_db()
    assert poll.state == PollState.OPEN


def test_comments_are_shown_above_the_minimum_only_and_not_to_the_auditor(world):
    poll = world.counted()
    poll.terms |= {"comments": True}
    poll.save()
    first, second = world.round.subjects.all()[:2]
    BallotComment.objects.create(poll=poll, subject=first, text="工作扎实")
    BallotComment.objects.create(poll=poll, subject=second, text="有待改进")
    second.ballot_counts.update(count=2)
    page = world.get("poll_comments")
    assert "工作扎实" in page
    assert "有待改进" not in page
    assert client_for(make_user(Role.AUDITOR)).get(world.url("poll_comments")).status_code == 403
    assert "工作扎实" in client_for(make_user(Role.LEADER)).get(world.url("poll_comments")).content.decode()


# ---------------------------------------------------------------- queries


PAGES = ("polls", "poll", "poll_check", "poll_roll", "poll_slips", "poll_doors", "poll_remind", "poll_screen")


@pytest.mark.parametrize("name", PAGES)
def test_queries_do_not_grow_with_voters(name):
    def queries(number: int) -> int:
        world = World(number + 1, name=str(2000 + number))
        unit = make_unit()
        people = [Person.objects.create(code=f"{number}-{n}", name=f"张{n}", unit=unit) for n in range(number)]
        poll = world.open(kind="chosen_people", ids=tuple(p.pk for p in people))
        for sheet in sheets(poll)[:-1]:
            vote(sheet, "90")
        args = [] if name == "polls" else [poll.pk]
        world.get(name, *args)
        with CaptureQueriesContext(connection) as caught:
            world.get(name, *args)
        return len(caught)

    assert queries(3) == queries(30)


@pytest.mark.parametrize("name", ["poll_voters", "poll_check", "poll_people"])
def test_queries_of_preparation_do_not_grow_with_voters(name):
    def queries(number: int) -> int:
        world = World(number + 1, name=str(2000 + number))
        unit = make_unit()
        people = [Person.objects.create(code=f"{number}-{n}", name=f"张{n}", unit=unit) for n in range(number)]
        poll = world.poll(kind="chosen_people", ids=tuple(p.pk for p in people))
        world.get(name, poll.pk)
        with CaptureQueriesContext(connection) as caught:
            world.get(name, poll.pk)
        return len(caught)

    assert queries(3) == queries(30)


def test_the_tab_is_there_for_office_and_auditor_where_the_plan_votes(world):
    prepare_polls(round=world.round, by=world.office)
    for role, there in ((Role.OFFICE, True), (Role.AUDITOR, True), (Role.LEADER, False)):
        page = client_for(make_user(role)).get(world.url("round_detail")).content.decode()
        assert (world.url("polls") in page) is there


# ---------------------------------------------------------------- on other pages


def test_the_subject_reads_what_was_written_of_it_once_announced(world):
    poll = world.counted()
    poll.terms |= {"comments": True}
    poll.save()
    subject, other = world.round.subjects.select_related("unit")[:2]
    BallotComment.objects.create(poll=poll, subject=subject, text="工作扎实")
    run_scoring(round=world.round)
    page = reverse("scoring:subject_result", args=[world.round.pk, subject.pk])
    mine, theirs = client_for(make_user(Role.SUBJECT, subject.unit)), client_for(make_user(Role.SUBJECT, other.unit))
    assert mine.get(page).status_code == 404
    for role, reads in ((Role.LEADER, True), (Role.OFFICE, True), (Role.AUDITOR, False)):
        assert ("工作扎实" in client_for(make_user(role)).get(page).content.decode()) is reads
    Round.objects.filter(pk=world.round.pk).update(phase="announced")
    assert "工作扎实" in mine.get(page).content.decode()
    assert theirs.get(page).status_code == 404


def test_the_progress_page_and_the_home_page_say_where_a_poll_stands(world):
    poll = world.open(kind="slips", number=6)
    progress = world.get("progress")
    assert f"区领导（{poll.get_state_display()}）" in progress
    assert "0 / 6" in world.client.get("/").content.decode()


def test_a_meeting_leads_on_to_the_big_screen(world):
    world.key()
    poll = change_poll(poll=world.poll(kind="slips", number=6), in_meeting=True, by=world.office)
    meeting = planned(world.round, world.office)
    (action,) = actions_once_open(meeting, world.office)
    assert action.url == world.url("polls")
    fix_poll(poll=poll, by=world.office)
    (action,) = actions_once_open(meeting, world.office)
    assert action.url == world.url("poll_screen", poll.pk)
    assert action.primary
    assert actions_once_open(meeting, make_user(Role.LEADER)) == []


def test_a_reason_does_not_tell_a_share_of_very_few_online_votes():
    world = World(3, name="2021", plan="system-party-secretary")
    unit = make_unit()
    people = [Person.objects.create(code=f"M{n}", name=f"张{n}", unit=unit) for n in range(2)]
    poll = world.open("peer", kind="chosen_people", ids=tuple(person.pk for person in people))
    for sheet, answer in zip(sheets(poll), ("好", "一般"), strict=True):
        vote(sheet, answer)
    world.round.polls.exclude(pk=poll.pk).delete()
    close_poll(poll=poll, by=world.office)
    count_polls(round=world.round, parts=world.parts, by=world.office)
    plan = replace(engine_plan(world.round.plan_version), minimum_votes=1)
    for subject in world.round.subjects.all():
        for node in Tree(plan).of(MARKS):
            Mark.objects.create(subject=subject, indicator=node.code, value=node.points, assessor="")
    inputs = load_inputs(world.round, plan)
    careless = replace(inputs, subjects=tuple(replace(one, untold=frozenset()) for one in inputs.subjects))
    told = [str([one.reasons for one in score(plan, each).results]) for each in (careless, inputs)]
    assert "option_share:T:一般" in told[0]
    assert told[0] != told[1]
    assert "option_share:T:一般" not in told[1]

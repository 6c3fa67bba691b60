"""Ballots that no page of ours sends: who writes his own requests has one vote like everybody, and stops nobody."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

import pytest

from appraisal_site.lib import tries
from reviews import sealing
from reviews.ballot_form import Checked
from reviews.models import BallotComment, PollState, SealedBallot
from reviews.services.polls.casting import pack
from reviews.services.polls.setup import current_terms
from reviews.services.polls.voters import Rule, Source, electorate
from tests.factories import make_unit, make_user
from units.models import Person, Role

from .booth_stage import POINTS, Vote, stored, visitor
from .polls import sheets
from .polls import vote as cast_vote

pytestmark = pytest.mark.django_db
BALLOT, CAST = "/vote/ballot/", "/vote/cast/"


@pytest.mark.parametrize("text", ["好\x00坏", "\x00", "\ufffe\x01\x1b[31m", "\u202e倒"])
def test_no_comment_stops_the_count_of_the_others(text):
    """A database that refuses a character refuses it once everybody's ballots are opened."""
    vote = Vote(voting="comments = true")
    fields = vote.answers("优秀") | {f"c.{vote.subjects[0].pk}": text}
    for slip in (1, 2, 3):
        visitor().post(CAST, {"code": vote.code(slip)} | (fields if slip == 1 else vote.answers("称职")))
    assert stored() == (3, 3)
    vote.count()
    assert vote.poll.state == PollState.COUNTED
    assert vote.poll.report["valid"] == 3
    assert not any("\x00" in one.text for one in BallotComment.objects.all())


@pytest.mark.parametrize(
    "ticket",
    [
        {"door": "\x00", "device": "x"},
        {"door": "x" * 5000, "device": "\x00"},
        {"ballot": "\x00"},
        {"code": "\x00" * 12},
        {},
    ],
)
@pytest.mark.parametrize("page", [BALLOT, CAST])
def test_a_forged_ticket_is_refused_in_words(ticket, page):
    Vote()
    answer = visitor().post(page, ticket)
    assert answer.status_code in {401, 404, 410, 422}
    assert stored() == (0, 0)


def test_a_link_with_a_character_that_no_link_has_leads_nowhere():
    assert visitor().get("/vote/open/%00/").status_code == 404


@pytest.mark.parametrize(
    "typed", ["-0", "+60", "６０", "60.0", "060", "٦٠", "6e1", "1_0", "NaN", "Infinity", "60.5", "-1", "101"]
)
def test_a_figure_is_counted_in_one_form_or_not_at_all(typed):
    """A form of his own would be a mark on a secret ballot."""
    vote = Vote(leaves=(("JI", "实绩", POINTS),))
    answer = visitor().post(CAST, {"code": vote.code()} | vote.answers(typed))
    if answer.status_code == 200:
        vote.count()
        assert {tuple(counts) for counts in vote.counted().values()} <= {("0",), ("60",)}
    else:
        assert answer.status_code == 422
        assert stored() == (0, 0)


def test_one_person_has_one_ballot_by_whatever_he_is_named():
    """He has an account, and is on the list of people: his page would offer him two."""
    vote = Vote(start=False)
    unit = make_unit()
    person = Person.objects.create(code="DUP1", name="张一", unit=unit)
    account = make_user(Role.LEADER, person=person)
    for kinds in (("accounts", "chosen_people"), ("chosen_people", "accounts")):
        ids = {"accounts": (account.pk,), "chosen_people": (person.pk,)}
        vote.poll.rule = Rule(tuple(Source(kind, ids=ids[kind]) for kind in kinds)).as_json()
        voters = electorate(vote.poll, current_terms(vote.poll)).voters
        assert len(voters) == 1, kinds


def test_tries_whose_minutes_are_over_are_forgotten_with_the_count(settings, monkeypatch):
    settings.REDIS_URL = ""
    tries.count("x", "10.1.2.3", minutes=5)
    now = time.time()
    vote = Vote()
    for sheet in sheets(vote.poll)[:3]:
        cast_vote(sheet, "称职")
    monkeypatch.setattr(time, "time", lambda: now + 301)
    vote.count()
    with closing(sqlite3.connect(settings.VAR_DIR / "tries.sqlite3")) as file:
        assert file.execute("SELECT count(*) FROM tries").fetchone() == (0,)


def test_a_copied_box_is_counted_once_and_said():
    """Whoever writes into the database needs no key to lay a ballot in twice."""
    vote = Vote()
    for sheet, answer in zip(sheets(vote.poll), ("优秀", "称职", "称职"), strict=False):
        cast_vote(sheet, answer)
    box = SealedBallot.objects.first()
    SealedBallot.objects.create(poll_id=box.poll_id, box=bytes(box.box))
    vote.count()
    assert (vote.poll.report["used"], vote.poll.report["received"], vote.poll.report["unreadable"]) == (3, 4, 1)
    assert all(sum(counts.values()) == 3 for counts in vote.counted().values())
    assert len(vote.poll.receipts.codes) == 3


@pytest.mark.parametrize("place", [("NONE", "优秀"), ("DE", "特优"), ("DE", "优秀\x00")])
def test_a_ballot_sealed_past_the_page_is_not_counted_and_stops_nothing(place):
    vote = Vote()
    for sheet in sheets(vote.poll)[:3]:
        cast_vote(sheet, "称职")
    code, answer = place
    content = pack("AAAAA-BBBBB", Checked({(vote.subjects[0].pk, code): answer}, {}))
    box = sealing.seal(content, bytes(vote.poll.public_key), vote.poll.sealed_size)
    SealedBallot.objects.create(poll_id=vote.poll.pk, box=box)
    vote.count()
    assert (vote.poll.report["valid"], vote.poll.report["unreadable"]) == (3, 1)
    assert set(vote.counted()) == {(one.name, "DE") for one in vote.subjects}


@pytest.mark.parametrize(
    "content",
    [
        b'{"r":"AAAAA-BBBBB","a":[[1e999,"DE","\xe4\xbc\x98\xe7\xa7\x80"]],"c":[]}',
        b'{"r":"AAAAA-BBBBB","a":' + b"[" * 5000 + b"]" * 5000 + b',"c":[]}',
        b'{"r":"\\u0000","a":[],"c":[]}',
        b'{"r":"\\ud800","a":[],"c":[]}',
        b'{"r":"\\ud800AAAA-BBBBB","a":[],"c":[]}',
        b'{"r":"AAAAABBBBBB","a":[],"c":[]}',
        b'{"r":["AAAAA-BBBBB"],"a":[],"c":[]}',
        b'{"r":"' + b"A" * 1000 + b'","a":[],"c":[]}',
        b"null",
        b"\xff",
    ],
)
def test_what_somebody_seals_to_the_public_key_by_himself_never_stops_the_count(content):
    vote = Vote()
    for sheet in sheets(vote.poll)[:3]:
        cast_vote(sheet, "称职")
    # Several times the size of a ballot if need be: it opens all the same.
    size = vote.poll.sealed_size * (len(content) // vote.poll.sealed_size + 1)
    box = sealing.seal(content, bytes(vote.poll.public_key), size)
    SealedBallot.objects.create(poll_id=vote.poll.pk, box=box)
    vote.count()
    assert (vote.poll.report["valid"], vote.poll.report["unreadable"]) == (3, 1)
    assert len(vote.poll.receipts.codes) == 3


def test_the_receipts_of_ballots_have_the_form_that_the_count_takes():
    assert all(sealing.is_receipt(sealing.receipt(number, "poll")) for number in range(200))
    assert not sealing.is_receipt("AAAAA-BBBBU")

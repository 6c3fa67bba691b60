"""One ballot each, at links and everywhere; nothing of it stays behind; what it costs."""

from __future__ import annotations

import gzip
import logging
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from appraisal_site.lib.quiet import NotOfVotes
from reviews.models import Poll
from reviews.tickets import known_device
from tests.factories import client_for, make_user
from tests.journeys.pages import Visitor
from units.models import AuditEntry, Role

from .booth_stage import THREE, Vote, account_vote, everything, stored, visitor
from .polls import sheets

pytestmark = pytest.mark.django_db

ENTRY, BALLOT, CAST = "/vote/", "/vote/ballot/", "/vote/cast/"
JSON = {"Accept": "application/json"}
# Statements that store a ballot: PostgreSQL is sent both rows at once.
ROWS = 1 if connection.vendor == "postgresql" else 2
STATIC = Path(__file__).resolve().parents[2] / "static"


# ---------------------------------------------------------------- links


def test_a_link_gives_each_device_one_ballot_and_has_its_seats():
    vote = Vote(kind="door", number=2, label="公众评议")
    address = reverse("reviews:booth_door", args=[vote.door.token])
    client = visitor()
    page = client.get(address)
    fields = {"door": vote.door.token, "device": page.context["ticket"].fields["device"]}
    cookie = page.cookies["kaoping_device"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", address)
    receipt = client.post(CAST, {**fields, **vote.answers("称职")}, headers=JSON).json()["receipt"]
    again = client.post(CAST, {**fields, **vote.answers("优秀")}, headers=JSON).json()
    assert again == {"state": "in", "receipt": receipt, "again": True}
    assert receipt in client.get(address).text, "the device is known again by its cookie"
    assert receipt in visitor().post(BALLOT, fields).text, "and by what its browser had kept"
    cast_by_new_device(vote)
    assert visitor().get(address).status_code == 410
    assert receipt in client.get(address).text
    assert stored() == (2, 2)


def cast_by_new_device(vote: Vote) -> int:
    client = visitor()
    page = client.get(reverse("reviews:booth_door", args=[vote.door.token]))
    fields = dict(page.context["ticket"].fields) if page.context and "ticket" in page.context else {}
    return client.post(CAST, {"door": vote.door.token, **fields, **vote.answers("称职")}).status_code


def test_a_device_of_another_link_and_one_that_never_opened_it_do_not_sit_down():
    vote = Vote(kind="door", number=2, label="甲")
    other = Vote(code="other", office=vote.office, kind="door", number=2, label="乙")
    signed = visitor().get(reverse("reviews:booth_door", args=[other.door.token])).context["ticket"].fields["device"]
    assert known_device(other.door, signed)
    for device in (signed, "", "invented", "invented:signature"):
        fields = {"door": vote.door.token, "device": device, **vote.answers("称职")}
        for where in (BALLOT, CAST):
            assert visitor().post(where, fields).status_code == 410
    assert visitor().post(CAST, {"door": "nowhere", "device": signed}).status_code == 404
    assert visitor().get(reverse("reviews:booth_door", args=["nowhere"])).status_code == 404
    assert stored() == (0, 0)


def test_a_link_that_was_closed_takes_nothing():
    vote = Vote(kind="door", number=2, label="甲")
    fields = visitor().get(reverse("reviews:booth_door", args=[vote.door.token])).context["ticket"].fields
    vote.poll.doors.update(is_open=False)
    assert visitor().get(reverse("reviews:booth_door", args=[vote.door.token])).status_code == 410
    assert visitor().post(CAST, {**fields, **vote.answers("称职")}).status_code == 410
    assert stored() == (0, 0)


def test_new_devices_from_one_address_are_limited_but_not_in_a_meeting(settings):
    settings.VOTE_LINK_DEVICES = 2
    vote = Vote(kind="door", number=9, label="甲")
    address = reverse("reviews:booth_door", args=[vote.door.token])
    known = visitor()
    assert [known.get(address).status_code, visitor().get(address).status_code] == [200, 200]
    refused = visitor().get(address)
    assert refused.status_code == 429
    assert not refused.cookies
    assert known.get(address).status_code == 200, "a device that came before is not counted again"
    Poll.objects.update(in_meeting=True)
    assert visitor().get(address).status_code == 200


# ---------------------------------------------------------------- once


def test_a_second_sending_ends_in_the_same_receipt_and_the_first_one_counts():
    vote = Vote(subjects=3)
    for slip in (1, 2, 3):
        fields = {"code": vote.code(slip)}
        first = visitor().post(CAST, {**fields, **vote.answers("称职")}, headers=JSON).json()
        again = visitor().post(CAST, {**fields, **vote.answers("优秀")}, headers=JSON).json()
        assert (first["again"], again["again"]) == (False, True)
        assert first["receipt"] == again["receipt"]
        page = visitor().post(CAST, {**fields, **vote.answers("优秀")})
        assert page.status_code == 200
        assert first["receipt"] in page.text
    vote.count()
    assert set(map(str, vote.counted().values())) == {str({"称职": 3})}


def test_without_a_script_one_looks_again_goes_back_and_sends():
    vote = Vote(subjects=4, voting='invalid = ["all_same"]\ncomments = true')
    code = vote.code()
    person = Visitor()
    page = person.get(ENTRY)
    page = person.send(page, page.form(BALLOT), code=code)
    form = page.form(CAST)
    assert form.buttons[0] == ("do", "review"), "Enter in a field leads to the last look, never further"
    answers = vote.answers("称职")
    left = list(answers)[3]
    answers.pop(left)
    page = person.send(page, form, **answers, **{f"c.{vote.subjects[0].pk}": "踏实"}, do="review")
    assert "无效" in page.text
    assert "未评或未评完 1" in page.text
    assert stored() == (0, 0)
    page = person.send(page, page.form(CAST), do="edit")
    kept = page.form(CAST)
    assert {name: value[-1] for name, value in kept.fields.items() if name.startswith("a.")} == answers
    assert kept.fields[f"c.{vote.subjects[0].pk}"] == ["踏实"]
    page = person.send(page, kept, **{left: "优秀"}, do="review")
    assert "无效" not in page.text
    page = person.send(page, page.form(CAST), do="cast")
    assert "您的选票已经收到" in page.text
    assert stored() == (1, 1)


# ---------------------------------------------------------------- nothing stays behind


def test_voting_leaves_the_session_the_cache_and_every_other_table_alone():
    poll, users = account_vote()
    mine = sheets(poll)[0]
    client = client_for(users[0])
    answers = {f"a.{subject}.E1": "90" for subject, _codes in mine.paper.places}
    before, cached = everything(), dict(cache._cache)
    for address, data in (
        (BALLOT, {}),
        (CAST, {"a.1.E1": "90"}),
        (CAST, {"do": "review", **answers}),
        (CAST, {"do": "edit", **answers}),
        (CAST, answers),
        (CAST, answers),
        (BALLOT, {}),
    ):
        answer = client.post(address, {"ballot": mine.pk, **data})
        assert "sessionid" not in answer.cookies
        assert "messages" not in answer.cookies
    client.get(ENTRY)
    assert everything() == before
    assert dict(cache._cache) == cached
    assert stored() == (1, 1)


def test_no_session_is_made_for_somebody_without_an_account():
    vote = Vote(kind="door", number=3, label="甲")
    cookies = set()
    client = visitor()
    address = reverse("reviews:booth_door", args=[vote.door.token])
    fields = client.get(address).context["ticket"].fields
    for answer in (
        client.get(ENTRY),
        client.post(BALLOT, fields),
        client.post(CAST, {**fields, "do": "review", **vote.answers("称职")}),
        client.post(CAST, {**fields, **vote.answers("称职")}),
        client.get(address),
        client.get(reverse("reviews:booth_receipts", args=[vote.poll.pk])),
    ):
        cookies |= set(answer.cookies)
    assert cookies == {"csrftoken", "kaoping_device"}
    assert not Session.objects.exists()
    assert AuditEntry.objects.latest("pk").action == "open poll"


def test_nothing_of_a_ballot_is_kept_on_the_way():
    vote, client = Vote(), visitor()
    code = vote.code()
    answers = [
        client.get(ENTRY),
        client.post(BALLOT, {"code": code}),
        client.post(CAST, {"code": code, "do": "review", **vote.answers("称职")}),
        client.post(CAST, {"code": code, **vote.answers("称职")}, headers=JSON),
        client.post(CAST, {"code": code, **vote.answers("称职")}),
    ]
    for answer in answers:
        assert "no-store" in answer["Cache-Control"]
        # Not “no-referrer”: with that browsers send the forms with “Origin: null”, which the CSRF check must refuse.
        assert answer["Referrer-Policy"] == "same-origin"


def test_a_page_without_the_token_of_its_form_casts_nothing():
    vote = Vote()
    client = Visitor().client
    assert client.post(CAST, {"code": vote.code(), **vote.answers("称职")}).status_code == 403
    page = client.get(ENTRY)
    token = page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    fields = {"code": vote.code(), "csrfmiddlewaretoken": token, **vote.answers("称职")}
    assert client.post(CAST, fields).status_code == 200


def test_the_logs_say_nothing_of_these_pages_but_failures():
    quiet = NotOfVotes()
    lines = [
        (logging.INFO, '"%s" %s %s', ("POST /vote/cast/ HTTP/1.1", "200", "80")),
        (logging.WARNING, "%s: %s", ("Unprocessable Entity", "/vote/ballot/")),
        (logging.ERROR, "%s: %s", ("Internal Server Error", "/vote/cast/")),
        (logging.WARNING, "%s: %s", ("Not Found", "/rounds/9/")),
    ]
    records = [logging.LogRecord("django.request", level, "", 0, text, args, None) for level, text, args in lines]
    assert [bool(quiet.filter(record)) for record in records] == [False, False, True, True]


# ---------------------------------------------------------------- cost


def queries(call) -> int:
    with CaptureQueriesContext(connection) as caught:
        call()
    return len(caught)


def test_the_queries_do_not_grow_with_the_ballot():
    few = Vote(subjects=3)
    many = Vote(subjects=45, leaves=THREE, code="many", office=few.office)
    client = visitor()

    def costs(vote: Vote) -> list[int]:
        code, answers = vote.code(), vote.answers("称职") | {k: "90" for k in vote.answers("x") if k.endswith(".JI")}
        # The form of a poll's ballots is read once per process.
        assert client.post(CAST, {"code": vote.code(2), **answers}, headers=JSON).status_code == 200
        return [
            queries(lambda: client.post(BALLOT, {"code": code})),
            queries(lambda: client.post(CAST, {"code": code, "do": "review", **answers})),
            queries(lambda: client.post(CAST, {"code": code, **answers}, headers=JSON)),
            queries(lambda: client.post(BALLOT, {"code": code})),
        ]

    found = costs(few)
    assert costs(many) == found
    opening, review, casting, receipt = found
    assert opening == 3  # the code, whether it is used, the subjects
    assert review == 2
    # The code, two rows; a savepoint's two.
    assert casting == 3 + ROWS
    assert receipt == 2


def test_the_queries_of_an_account_do_not_grow_with_its_ballots():
    poll, users = account_vote()
    mine, client = sheets(poll)[0], client_for(users[0])
    answers = {f"a.{subject}.E1": "90" for subject, _codes in mine.paper.places}
    one = queries(lambda: client.get(ENTRY))
    assert client.post(CAST, {"ballot": mine.pk, **answers, "a.0.E1": "1"}, headers=JSON).status_code == 422
    # Session, account, the ballot, roles, two rows; a savepoint's two.
    casting = queries(lambda: client.post(CAST, {"ballot": mine.pk, **answers}, headers=JSON))
    assert casting == 6 + ROWS
    for number in range(3):
        other = Vote(code=f"more{number}", office=make_user(Role.OFFICE), kind="accounts", ids=(users[0].pk,))
        assert other.poll.entitlements.count() == 1
    assert queries(lambda: client.get(ENTRY)) == one


def test_a_ballot_of_45_subjects_on_three_leaves_is_small():
    vote = Vote(subjects=45, leaves=THREE, voting='comments = true\nlimits = { "优秀" = 0.30 }')
    page = visitor().post(BALLOT, {"code": vote.code()}, headers={"Accept-Encoding": "gzip"})
    assert len(page.content) < 12_000
    assert len(gzip.decompress(page.content)) < 100_000
    files = [*(STATIC / "js").glob("booth*.js"), STATIC / "css" / "booth.css"]
    assert len(files) == 4
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) < 16_000


# ---------------------------------------------------------------- before the opening


def test_before_the_opening_the_ballot_is_waited_for_and_none_is_taken():
    vote = Vote(kind="door", number=3, label="会场", start=False)
    address = reverse("reviews:booth_door", args=[vote.door.token])
    client = visitor()
    page = client.get(address)
    assert page.status_code == 200
    assert "投票尚未开始" in page.text
    fields = page.context["waits"]
    assert client.post(BALLOT, fields).context["waits"] == fields
    for data in ({}, {"do": "review"}):
        assert client.post(CAST, {**fields, **vote.answers("称职"), **data}).status_code == 410
    assert client.get(reverse("reviews:booth_receipts", args=[vote.poll.pk])).status_code == 404
    vote.start()
    assert "waits" not in client.post(BALLOT, fields).context
    assert client.post(CAST, {**fields, **vote.answers("称职")}).status_code == 200
    assert stored() == (1, 1)

"""Where people vote: who gets in, what the ballot takes and what it refuses."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from django.core.cache import cache

from reviews.models import Entitlement, Poll
from reviews.services.polls.casting import receipt_of
from reviews.services.subjects import withdraw_subject
from reviews.words import today
from tests.factories import client_for, make_unit, make_user
from units.models import Role

from .booth_stage import GRADES, HALVES, POINTS, TEN, Vote, account_vote, stored, visitor
from .polls import sheets

pytestmark = pytest.mark.django_db

ENTRY, BALLOT, CAST = "/vote/", "/vote/ballot/", "/vote/cast/"
JSON = {"Accept": "application/json"}
STATIC = Path(__file__).resolve().parents[2] / "static"


# ---------------------------------------------------------------- the way in


def test_a_code_opens_the_ballot_of_its_slip():
    vote = Vote()
    page = visitor().post(BALLOT, {"code": vote.code(3).lower().replace("-", " ")})
    assert page.status_code == 200
    assert "第 3 号票" in page.text
    for subject in vote.subjects:
        assert subject.name in page.text


def test_a_wrong_code_a_short_one_and_a_replaced_one_are_answered_alike():
    vote = Vote()
    dead = vote.code()
    vote.code()
    answers = [visitor().post(BALLOT, {"code": code}) for code in (dead, "0000-0000-0000", "x", "")]
    assert {answer.status_code for answer in answers} == {422}
    assert len({answer.context["error"] for answer in answers}) == 1
    assert answers[0].context["typed"] == dead, "what was typed is still there"
    assert stored() == (0, 0)


def test_wrong_codes_come_to_an_end_and_right_ones_from_the_same_address_do_not_notice(settings):
    """A hall full of phones has one address: nobody's guesses shut out the others."""
    settings.VOTE_WRONG_CODES = 3
    vote, client = Vote(), visitor()
    code, cached = vote.code(), dict(cache._cache)
    assert [client.post(BALLOT, {"code": "WRONG"}).status_code for _try in range(4)] == [422, 422, 422, 429]
    refused = client.post(BALLOT, {"code": "0000-0000-0000"})
    assert (refused.status_code, refused.context["typed"]) == (429, "0000-0000-0000")
    assert client.post(CAST, {"code": "WRONG"}, headers=JSON).status_code == 429
    assert client.post(BALLOT, {"code": "WRONG"}, REMOTE_ADDR="10.0.0.9").status_code == 422
    assert client.post(BALLOT, {"code": code}).status_code == 200
    assert client.post(CAST, {"code": code, **vote.answers("称职")}, headers=JSON).json()["state"] == "in"
    now = dict(cache._cache)
    assert not [value for key, value in now.items() if key not in cached and (code in key or "127.0.0.1" in key)]


def test_the_code_stands_in_no_address_cookie_or_header():
    vote, client = Vote(), visitor()
    code = vote.code()
    answers = [
        client.post(BALLOT, {"code": code}),
        client.post(CAST, {"code": code, "do": "review", **vote.answers("称职")}),
        client.post(CAST, {"code": code, **vote.answers("称职")}),
        client.post(BALLOT, {"code": code}),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert code not in str(answer.headers) + str(answer.cookies)
        assert not [
            line for line in answer.text.split("<") if code in line and not line.startswith(("input", "section"))
        ]


def test_an_account_sees_its_ballots_and_casts_one():
    poll, users = account_vote()
    client, mine = client_for(users[0]), sheets(poll)[0]
    assert f'value="{mine.pk}"' in client.get(ENTRY).text
    assert client.post(BALLOT, {"ballot": mine.pk}).status_code == 200
    answers = {f"a.{subject}.E1": "90" for subject, _codes in mine.paper.places}
    assert receipt_of(mine) in client.post(CAST, {"ballot": mine.pk, **answers}).text
    page = client.get(ENTRY).text
    assert "已投票" in page
    assert "待投票" not in page


def test_nobody_opens_or_casts_another_accounts_ballot():
    poll, users = account_vote()
    theirs = sheets(poll)[1]
    answers = {f"a.{subject}.E1": "90" for subject, _codes in theirs.paper.places}
    for user in (users[0], make_user(Role.OFFICE), make_user(Role.ADMIN), make_user()):
        for address in (BALLOT, CAST):
            assert client_for(user).post(address, {"ballot": theirs.pk, **answers}).status_code == 404
    for wrong in ("0", "-1", "x", "9" * 30, "１"):
        assert client_for(users[0]).post(CAST, {"ballot": wrong}, headers=JSON).status_code == 404
    assert stored() == (0, 0)


def test_the_ballot_of_a_slip_opens_by_its_code_alone():
    vote = Vote()
    slip = sheets(vote.poll)[0]
    for user in (make_user(Role.OFFICE), make_user(Role.SUBJECT, make_unit())):
        assert client_for(user).post(CAST, {"ballot": slip.pk, **vote.answers("称职")}).status_code == 404
    assert stored() == (0, 0)


def test_who_is_logged_out_meanwhile_loses_nothing():
    poll, _users = account_vote()
    mine = sheets(poll)[0]
    answers = {f"a.{subject}.E1": "87" for subject, _codes in mine.paper.places}
    answer = visitor().post(CAST, {"ballot": mine.pk, **answers}, headers=JSON)
    assert (answer.status_code, answer.json()["state"]) == (401, "login")
    page = visitor().post(CAST, {"ballot": mine.pk, "do": "cast", **answers})
    assert page.status_code == 401
    assert page.text.count('value="87"') == len(answers), "all of it goes on from here"
    assert stored() == (0, 0)


# ---------------------------------------------------------------- what is taken, what is refused


@pytest.mark.parametrize(
    ("form", "typed", "counted"),
    [
        (GRADES, "优秀", "优秀"),
        (GRADES, "-", ""),
        (GRADES, "", ""),
        (POINTS, "95", "95"),
        (POINTS, " ９５.0 ", "95"),
        (POINTS, "0", "0"),
        (HALVES, "88.5", "88.5"),
        (TEN, "7", "7"),
        (TEN, "-", ""),
    ],
)
def test_every_kind_of_answer_arrives_in_the_count(form, typed, counted):
    vote = Vote(leaves=(("DE", "德才表现", form),))
    client = visitor()
    for slip in (1, 2, 3):
        assert client.post(CAST, {"code": vote.code(slip), **vote.answers(typed)}).status_code == 200
    vote.count()
    assert set(map(str, vote.counted().values())) == {str({counted: 3})}


@pytest.mark.parametrize(
    ("form", "typed"),
    [(GRADES, "卓越"), (POINTS, "101"), (POINTS, "90.5"), (TEN, "11"), (HALVES, "88.3"), (POINTS, "九十")],
)
def test_a_wrong_answer_is_named_at_its_place_and_stays_as_typed(form, typed):
    vote = Vote(leaves=(("DE", "德才表现", form),))
    code = vote.code()
    page = visitor().post(CAST, {"code": code, **vote.answers(typed)})
    assert page.status_code == 422
    assert [question.problem != "" for line in page.context["page"].lines for question in line.questions] == [True] * 3
    if form != GRADES and form != TEN:
        assert page.text.count(f'value="{typed}"') == 3
    answer = visitor().post(CAST, {"code": code, **vote.answers(typed)}, headers=JSON)
    assert answer.status_code == 422
    assert {name for name, _text in answer.json()["problems"]} == set(vote.answers("x"))
    assert stored() == (0, 0)


def test_an_option_beyond_its_limit_is_refused_as_a_whole():
    vote = Vote(subjects=6, voting='limits = { "优秀" = 0.30 }')
    code = vote.code()
    page = visitor().post(CAST, {"code": code, **vote.answers("优秀", "称职")})
    assert page.status_code == 422
    assert page.context["page"].limits == {"DE": {"优秀": 1}}
    assert "最多" in page.context["page"].problems[0]
    answer = visitor().post(CAST, {"code": code, **vote.answers("优秀", "称职")}, headers=JSON).json()
    assert [name for name, _text in answer["problems"]] == [""]
    assert stored() == (0, 0)


def test_without_abstentions_all_must_be_rated():
    vote = Vote(voting="abstain = false")
    code = vote.code()
    page = visitor().post(BALLOT, {"code": code})
    assert 'value="-"' not in page.text
    answers = vote.answers("称职")
    left = answers.popitem()[0]
    for typed in (answers, answers | {left: "-"}):
        answer = visitor().post(CAST, {"code": code, **typed}, headers=JSON)
        assert [name for name, _text in answer.json()["problems"]] == [left]
    assert stored() == (0, 0)


def test_comments_are_taken_where_the_plan_wants_them_and_not_too_long():
    vote = Vote(voting="comments = true")
    name = f"c.{vote.subjects[0].pk}"
    code = vote.code()
    assert f'name="{name}"' in visitor().post(BALLOT, {"code": code}).text
    page = visitor().post(CAST, {"code": code, **vote.answers("称职"), name: "好" * 501})
    assert page.status_code == 422
    assert "好" * 501 in page.text
    answer = visitor().post(CAST, {"code": code, name: "好" * 501}, headers=JSON).json()
    assert [where for where, _text in answer["problems"]] == [name]
    assert visitor().post(CAST, {"code": code, **vote.answers("称职"), name: "作风\n扎实"}).status_code == 200
    vote.count()
    assert [comment.text for comment in vote.poll.comments.all()] == ["作风 扎实"]
    silent = Vote(code="silent", office=vote.office)
    answer = visitor().post(CAST, {"code": silent.code(), f"c.{silent.subjects[0].pk}": "话"}, headers=JSON)
    assert answer.status_code == 422


def test_places_of_another_vote_are_refused():
    vote = Vote()
    other = Vote(code="other", office=vote.office)
    answer = visitor().post(CAST, {"code": vote.code(), **other.answers("称职")}, headers=JSON)
    assert answer.json()["state"] == "problems"
    assert stored() == (0, 0)


def test_a_code_that_was_replaced_and_one_on_paper_cast_nothing():
    vote = Vote()
    first = vote.code(1)
    vote.code(1)
    assert visitor().post(CAST, {"code": first, **vote.answers("称职")}).status_code == 422
    code = vote.code(2)
    Entitlement.objects.filter(slip=2).update(on_paper=True)
    for address in (BALLOT, CAST):
        page = visitor().post(address, {"code": code, **vote.answers("称职")})
        assert page.status_code == 410
    assert "纸质" in visitor().post(BALLOT, {"code": code}).text
    assert stored() == (0, 0)


def test_after_the_close_nothing_is_taken_and_what_is_in_still_shows_its_receipt():
    vote = Vote()
    code, late = vote.code(1), vote.code(2)
    receipt = visitor().post(CAST, {"code": code, **vote.answers("称职")}, headers=JSON).json()["receipt"]
    vote.close()
    for address, data in ((BALLOT, {}), (CAST, {}), (CAST, {"do": "review"})):
        page = visitor().post(address, {"code": late, **vote.answers("称职"), **data})
        assert page.status_code == 410
        assert "投票已经结束" in page.text
    assert receipt in visitor().post(BALLOT, {"code": code}).text
    assert stored() == (1, 1)


def test_after_its_last_day_a_poll_takes_nothing():
    vote = Vote(poll={"closes_on": today()})
    Poll.objects.update(closes_on=datetime.date(2020, 1, 1))
    assert visitor().post(BALLOT, {"code": vote.code()}).status_code == 410
    assert visitor().post(CAST, {"code": vote.code(2), **vote.answers("称职")}, headers=JSON).status_code == 410


def test_a_subject_that_is_withdrawn_meanwhile_is_asked_no_more():
    vote = Vote(voting="abstain = false")
    code = vote.code()
    gone = vote.subjects[0]
    before = vote.answers("称职")
    withdraw_subject(subject=gone, by=vote.office, reason="调离", confirmed=True)
    assert gone.name not in visitor().post(BALLOT, {"code": code}).text
    assert visitor().post(CAST, {"code": code, **before}, headers=JSON).status_code == 422
    assert visitor().post(CAST, {"code": code, **vote.answers("称职")}, headers=JSON).status_code == 200

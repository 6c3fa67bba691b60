"""The list of receipts, the ways to one's ballots, how leaves are asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.urls import reverse

from indicators.services import engine_plan, ensure_plan
from reviews.ballot_form import Leaf, terms_of
from reviews.ballot_page import face_of
from reviews.models import Poll
from reviews.services.polls.annulling import annul_poll
from reviews.services.polls.casting import receipt_of
from tests.factories import client_for, make_unit, make_user
from units.models import Person, Role

from .booth_stage import THREE, Vote, account_vote, visitor
from .polls import count_polls, sheets

pytestmark = pytest.mark.django_db

ENTRY, BALLOT, CAST = "/vote/", "/vote/ballot/", "/vote/cast/"
JSON = {"Accept": "application/json"}
STATIC = Path(__file__).resolve().parents[2] / "static"


# ---------------------------------------------------------------- receipts


def test_the_list_of_receipts_comes_with_the_count():
    vote = Vote()
    address = reverse("reviews:booth_receipts", args=[vote.poll.pk])
    receipts = [
        visitor().post(CAST, {"code": vote.code(slip), **vote.answers("称职")}, headers=JSON).json()["receipt"]
        for slip in (1, 2, 3)
    ]
    client = visitor()
    assert "投票正在进行" in client.get(address).text
    assert client.get(reverse("reviews:booth_codes", args=[vote.poll.pk])).status_code == 404
    vote.close()
    assert "尚未计票" in client.get(address).text
    assert receipts[0] not in client.get(address).text
    count_polls(round=vote.round, parts=vote.parts, by=vote.office)
    page = client.get(address)
    assert page.context["codes"] == sorted(receipts)
    file = client.get(reverse("reviews:booth_codes", args=[vote.poll.pk]))
    assert file.content.decode().split() == sorted(receipts)
    found = client.post(address, {"code": receipts[1].lower().replace("-", " ")})
    assert "已经计入" in found.text
    assert "清单中没有" in client.post(address, {"code": "00000-00000"}).text


def test_a_poll_in_preparation_has_no_list_and_an_annulled_one_says_so():
    vote = Vote()
    address = reverse("reviews:booth_receipts", args=[vote.poll.pk])
    visitor().post(CAST, {"code": vote.code(), **vote.answers("称职")})
    annul_poll(poll=vote.poll, reason="现场组织不符合规定", by=vote.office)
    page = visitor().get(address).text
    assert "作废" in page
    assert "现场组织不符合规定" in page
    Poll.objects.update(state="prepared", opened_at=None)
    assert visitor().get(address).status_code == 404


# ---------------------------------------------------------------- ways to it


def test_home_and_the_rounds_pages_lead_to_ones_ballots():
    poll, users = account_vote()
    mine, client = sheets(poll)[0], client_for(users[0])
    home = client.get(reverse("reports:home")).text
    assert f'href="{ENTRY}"' in home
    assert "待投票" in home
    answers = {f"a.{subject}.E1": "90" for subject, _codes in mine.paper.places}
    client.post(CAST, {"ballot": mine.pk, **answers})
    assert "已投票" in client.get(reverse("reports:home")).text
    detail = reverse("reviews:round_detail", args=[poll.round_id])
    assert f'href="{ENTRY}"' in client.get(detail).text
    assert f'href="{ENTRY}"' not in client_for(make_user(Role.ASSESSOR)).get(detail).text
    chosen = make_user(Role.ASSESSOR)
    poll.entitlements.filter(pk=sheets(poll)[1].pk).update(unit=None, account=chosen)
    assert f'href="{ENTRY}"' in client_for(chosen).get(detail).text


def test_an_account_sees_its_receipt_again_after_the_close():
    user = make_user(Role.LEADER)
    vote = Vote(kind="accounts", ids=(user.pk,))
    client, mine = client_for(user), sheets(vote.poll)[0]
    client.post(CAST, {"ballot": mine.pk, **vote.answers("称职")})
    vote.count()
    assert "已投票" in client.get(ENTRY).text
    assert receipt_of(mine) in client.post(BALLOT, {"ballot": mine.pk}).text


# ---------------------------------------------------------------- faces


@pytest.mark.parametrize(
    ("leaf", "choices", "quick"),
    [
        (Leaf("X", "x", scale="10"), ("10", "9", "8", "7", "6", "5", "4", "3", "2", "1", "0"), ()),
        (
            Leaf("X", "x", scale="5", step="0.5"),
            ("5", "4.5", "4", "3.5", "3", "2.5", "2", "1.5", "1", "0.5", "0"),
            (),
        ),
        (Leaf("X", "x", scale="100"), (), ("100", "95", "90", "85", "80", "70", "60")),
        (Leaf("X", "x", scale="20"), (), ("20", "19", "18", "17", "16", "14", "12")),
        (Leaf("X", "x", scale="100", step="10"), tuple(str(n) for n in range(100, -1, -10)), ()),
        (Leaf("X", "x", scale="30", step="0.5"), (), ("30", "28.5", "27", "25.5", "24", "21", "18")),
        (Leaf("X", "x", options=("好", "差"), values=("90", "10")), ("好", "差"), ()),
    ],
)
def test_a_leaf_is_asked_by_buttons_as_long_as_there_are_few(leaf, choices, quick):
    face = face_of(leaf)
    assert (face.choices, face.quick) == (choices, quick)


def test_leaves_of_one_title_are_called_as_what_stands_above_them():
    version = ensure_plan("civil-servant-annual")
    terms = terms_of(engine_plan(version), version.document, "staff")
    assert [leaf.title for leaf in terms.leaves] == ["德", "能", "勤", "绩", "廉"]


def test_the_script_is_told_what_the_server_checks():
    vote = Vote(subjects=10, leaves=THREE, voting='limits = { "优秀" = 0.30 }\ninvalid = ["all_best"]')
    told = json.loads(visitor().post(BALLOT, {"code": vote.code()}).context["script"])
    assert told["leaves"]["DE"]["limits"] == {"优秀": 3}
    assert told["leaves"]["JI"]["limits"] == {}
    assert (told["leaves"]["DE"]["best"], told["leaves"]["JI"]["best"]) == (["优秀"], ["100"])
    assert list(told["invalid"]) == ["all_best"]
    assert told["abstain"] is True


def test_a_voter_of_two_classes_has_two_ballots():
    user = make_user(Role.LEADER)
    person = Person.objects.create(code="Z1", name="赵一", unit=make_unit())
    first = Vote(kind="accounts", ids=(user.pk,))
    Vote(code="second", office=first.office, kind="chosen_people", ids=(person.pk,))
    user.role_grants.create(role=Role.SUBJECT, person=person)
    assert len(client_for(user).get(ENTRY).context["ballots"]) == 2

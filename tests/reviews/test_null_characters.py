"""The sign NUL, which PostgreSQL stores nowhere: refused in words wherever a view reads a form or query itself."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from reviews.models import BallotComment, Interview, LedgerItem, Round, Subject
from reviews.queries.evidence import find_place
from reviews.services.evidence import add_evidence
from tests.factories import client_for, make_user
from units.models import Role, User

from .booth_stage import Vote, stored, visitor
from .duty import duty_round, subject_of, writer_of
from .ledger_stage import add, commentary, now, reported
from .test_interviews import arranged, held

pytestmark = pytest.mark.django_db
NUL = "有\0字"


@pytest.fixture
def round_() -> Round:
    return duty_round()


@pytest.fixture
def subject(round_) -> Subject:
    return subject_of(round_)


@pytest.fixture
def office() -> User:
    return make_user(Role.OFFICE)


def refused(user: User, address: str, data: dict[str, Any], **extra: Any) -> None:
    answer = client_for(user).post(address, data, **extra)
    assert answer.status_code == 400
    assert "NUL" in answer.content.decode()


@pytest.mark.parametrize("name", ["ledger", "interviews", "promises", "evidence_list", "ledger_findings"])
@pytest.mark.parametrize("query", ["q=%00", "q=a%00b", "%00=1"])
def test_a_search(round_, office, name, query):
    answer = client_for(office).get(reverse(f"reviews:{name}", args=[round_.pk]) + f"?{query}")
    assert answer.status_code == 400
    assert "NUL" in answer.content.decode()
    assert client_for(office).get(reverse(f"reviews:{name}", args=[round_.pk]) + "?q=%2500").status_code == 200


def test_remarks_and_reasons_of_an_interview(subject, office):
    interviewed = writer_of(subject)
    made = arranged(subject, office)
    address = reverse("reviews:interview", args=[made.round_id, made.pk])
    refused(office, address, {"do": "cancel", "seen": made.version, "reason": NUL})
    held(made, office)
    refused(interviewed, address, {"do": "confirm", "seen": made.version, "remark": NUL})
    assert Interview.objects.get().state == "held"


def test_the_reason_for_withdrawing_a_file(round_, subject, office):
    place = find_place(round_, f"ledger.{add(subject, office).pk}")
    assert place is not None
    file = add_evidence(place=place, file=ContentFile(b"text", name="x.txt"), by=office)
    refused(office, reverse("reviews:evidence_withdraw", args=[round_.pk, file.pk]), {"reason": NUL})
    file.refresh_from_db()
    assert file.withdrawn_at is None


def test_notes_and_findings_of_the_ledger(round_, subject, office):
    item = reported(subject, writer_of(subject), office)
    data = {"item": f"{item.pk}.{item.version}", "note": NUL}
    refused(office, reverse("reviews:ledger_strike", args=[round_.pk]), data)
    assert now(item).state == "reported"
    key = f"commentary.{commentary(round_, subject).pk}"
    data = {"finding": key, f"problem-{key}": NUL, f"deadline-{key}": "2099-01-01"}
    refused(office, reverse("reviews:ledger_findings", args=[round_.pk]), data)
    assert LedgerItem.objects.count() == 1


@pytest.mark.parametrize("field", ["words", "text-n1"])
def test_rows_and_words_of_promises(round_, subject, field):
    address = reverse("reviews:promise_save", args=[round_.pk, subject.pk, "promise"])
    refused(writer_of(subject), address, {"row": "n1", "seen": "0", field: NUL})


def test_forms_of_either_kind_with_it_in_a_name_or_a_value(office):
    address = reverse("set_language")
    form = "application/x-www-form-urlencoded"
    for body in ("a=%00", "%00=a", "a=1&a=b%00"):
        answer = client_for(office).post(address, body, content_type=form)
        assert answer.status_code == 400
    refused(office, address, {"a": NUL})
    answer = client_for(office).post(address, {"a": NUL}, headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["state"]) == (400, "refused")
    assert client_for(office).post(address, {"language": "en", "next": "/healthz"}).status_code == 302


def test_a_body_of_json_is_left_to_its_view(round_, office, monkeypatch):
    monkeypatch.setattr("django.http.HttpRequest._load_post_and_files", lambda _request: pytest.fail("read"))
    address = reverse("reviews:sheet_cells", args=[round_.pk])
    answer = client_for(office).post(address, {"cells": [{"note": NUL}]}, content_type="application/json")
    assert answer.status_code != 500
    assert answer["Content-Type"].startswith("application/json")


def test_a_ballot_is_taken_and_its_comment_cleaned():
    vote = Vote(voting="comments = true")
    fields = vote.answers("优秀") | {f"c.{vote.subjects[0].pk}": "好\0坏"}
    assert visitor().post("/vote/cast/?x=%00", {"code": vote.code(1)} | fields).status_code == 200
    assert stored() == (1, 1)
    for slip in (2, 3):
        visitor().post("/vote/cast/", {"code": vote.code(slip)} | vote.answers("称职"))
    vote.count()
    assert [comment.text for comment in BallotComment.objects.all()] == ["好 坏"]


def test_a_form_where_json_is_expected_is_not_understood(round_, office):
    answer = client_for(office).post(reverse("reviews:sheet_cells", args=[round_.pk]), {"cells": "x"})
    assert answer.status_code == 400

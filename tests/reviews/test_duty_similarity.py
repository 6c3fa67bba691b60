"""What reports of a round have in common: the job, the list, side by side, and who sees it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from reports.models import Job, JobKind, JobState
from reviews.models import DutySimilarity, DutySubmission, Phase, Round
from reviews.queries.duty_similarity import shares_of
from reviews.services import duty_review
from reviews.services.duty_similarity import compare_reports
from reviews.services.errors import InvalidInput, NotAllowed
from tests.factories import client_for, make_user
from units.models import Role, User

from .duty import again, duty_round, good_texts, hand_in, subject_of, writer_of
from .test_duty_text import unlike

pytestmark = pytest.mark.django_db
COPIED = unlike(5, 250)
FIRST, SECOND = "基层党建工作／总结成绩", "意识形态工作／分析问题"


@pytest.fixture
def office() -> User:
    return make_user(Role.OFFICE)


def url(name: str, *args: Any) -> str:
    return reverse(f"reviews:{name}", args=args)


def report(round_: Round, place: int, writer: User | None = None, copied: bool = False) -> DutySubmission:
    """A report whose sections share nothing with others', but for the copied passage in the section `FIRST`."""
    subject = subject_of(round_, place)
    number = 10 * (place + 1) + (100 if round_.name == "2025" else 0)
    keys = list(good_texts(subject))
    texts = {key: unlike(number + at, 230) for at, key in enumerate(keys)}
    if copied:
        texts[FIRST if place else SECOND] = COPIED
    return hand_in(subject, writer or writer_of(subject), texts, explanation="x")


def compare(round_: Round, by: User) -> DutySimilarity:
    return compare_reports(round=round_, by=by, progress=lambda _done, _pairs: None)


def test_a_copied_passage_is_found_by_the_job_and_shown_side_by_side(office, django_capture_on_commit_callbacks):
    round_ = duty_round(people=3)
    left, right = report(round_, 0, copied=True), report(round_, 1, copied=True)
    report(round_, 2)
    client = client_for(office)
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(reverse("reports:compare_duty_reports", args=[round_.pk]))
    job = Job.objects.get()
    assert (job.kind, job.state, response.url) == (JobKind.SIMILARITY, JobState.DONE, f"/jobs/{job.pk}/")
    assert url("duty_similarity", round_.pk) in client.get(response.url).content.decode()
    [pair] = DutySimilarity.objects.get().pairs
    assert {pair["left"], pair["right"]} == {left.pk, right.pk}
    assert (pair["common"], pair["longest"]) == (250, 250)
    page = client.get(url("duty_pair", round_.pk, left.pk, right.pk)).content.decode()
    assert page.count(f'<mark data-passage="1">{COPIED}') == 2
    assert "不作结论" in page
    assert (
        url("duty_pair", round_.pk, left.pk, right.pk) in client.get(url("duty_similarity", round_.pk)).content.decode()
    )
    assert set(shares_of(round_)) == {left.pk, right.pk}


def test_last_years_reports_are_compared_too_also_the_own(office):
    before = duty_round(people=2, name="2024")
    old = report(before, 0, copied=True)
    round_ = again(before, "2025")
    writer = User.objects.get(role_grants__person=subject_of(round_).person)
    new = report(round_, 0, writer, copied=True)
    found = compare(round_, office)
    assert (found.earlier_round, found.earlier, found.compared) == (before, [old.pk], [new.pk])
    [pair] = found.pairs
    assert (pair["left"], pair["right"]) == (new.pk, old.pk)
    page = client_for(office).get(url("duty_similarity", round_.pk)).content.decode()
    assert "2024 本人" in page


def test_what_quotes_the_plan_does_not_count(office):
    round_ = duty_round(people=2)
    quoted = "\n".join(duty_review.criteria_of(round_))
    for place in (0, 1):
        subject = subject_of(round_, place)
        texts = {key: unlike(10 * place + at, 230) for at, key in enumerate(good_texts(subject))}
        hand_in(subject, writer_of(subject), texts | {FIRST: quoted}, explanation="x")
    assert compare(round_, office).pairs == []


def test_comparing_again_takes_the_place_of_what_was_there(office):
    round_ = duty_round(people=3)
    left, right = report(round_, 0, copied=True), report(round_, 1, copied=True)
    compare(round_, office)
    duty_review.send_back(submission=right, anew=True, reason="照抄", criteria=[], by=office)
    writer = User.objects.get(role_grants__person=subject_of(round_, 1).person)
    report(round_, 1, writer)
    assert "此后又有 1 份" in client_for(office).get(url("duty_similarity", round_.pk)).content.decode()
    assert compare(round_, office).pairs == []
    assert DutySimilarity.objects.count() == 1
    assert left.pk in DutySimilarity.objects.get().compared


def test_fewer_than_two_are_told_and_a_closed_round_is_not_compared(office, django_capture_on_commit_callbacks):
    round_ = duty_round(people=2)
    client, address = client_for(office), reverse("reports:compare_duty_reports", args=[round_.pk])
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address)
    job = Job.objects.get()
    assert (job.state, job.message) == (JobState.FAILED, "可比对的报告不足两份。")
    with pytest.raises(InvalidInput):
        compare(round_, office)
    with pytest.raises(NotAllowed):
        compare(round_, make_user(Role.AUDITOR))
    Round.objects.filter(pk=round_.pk).update(phase=Phase.REVIEWING)
    assert client.post(address).url == url("duty_similarity", round_.pk)


def test_a_reviewer_sees_pairs_among_the_own_reports_only(office):
    round_ = duty_round(people=4)
    made = [report(round_, place, copied=True) for place in range(4)]
    compare(round_, office)
    secretary = make_user(Role.ASSESSOR)
    category = subject_of(round_, 1).category
    duty_review.name_reviewer(round=round_, account=secretary, category=category, group="", by=office)
    client = client_for(secretary)
    page = client.get(url("duty_similarity", round_.pk)).content.decode()
    assert url("duty_pair", round_.pk, made[1].pk, made[3].pk) in page
    assert len(re.findall(r"/duty/similarity/\d+/\d+/", page)) == 1
    assert client.get(url("duty_pair", round_.pk, made[1].pk, made[3].pk)).status_code == 200
    assert client.get(url("duty_pair", round_.pk, made[1].pk, made[2].pk)).status_code == 404


def test_nobody_sees_others_beside_the_own_report(office):
    round_ = duty_round(people=2)
    writer = writer_of(subject_of(round_))
    left, right = report(round_, 0, writer, copied=True), report(round_, 1, copied=True)
    compare(round_, office)
    assert client_for(writer).get(url("duty_similarity", round_.pk)).status_code == 403
    assert client_for(writer).get(url("duty_pair", round_.pk, left.pk, right.pk)).status_code == 404
    writer.role_grants.create(role=Role.LEADER)
    client = client_for(User.objects.get(pk=writer.pk))
    page = client.get(url("duty_similarity", round_.pk)).content.decode()
    assert re.findall(r"/duty/similarity/\d+/\d+/", page) == []
    assert client.get(url("duty_pair", round_.pk, left.pk, right.pk)).status_code == 404


@pytest.mark.parametrize("people", [2, 6])
def test_queries_do_not_grow(people, office, django_assert_num_queries):
    round_ = duty_round(people=people)
    made = [report(round_, place, copied=True) for place in range(people)]
    compare(round_, office)
    client = client_for(office)
    with django_assert_num_queries(10):
        client.get(url("duty_similarity", round_.pk))
    with django_assert_num_queries(9):
        client.get(url("duty_pair", round_.pk, made[0].pk, made[1].pk))

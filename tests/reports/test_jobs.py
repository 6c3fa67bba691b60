"""Jobs: safe to start twice, whatever happens is said, and only those who may see them."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from reports import jobs
from reports.jobs import LOST_AFTER, JobFailed, carry_out, is_lost, progress_of
from reports.models import Job, JobKind, JobState
from reports.services import start_job
from reports.work import WORK
from scoring.models import Computation
from tests.factories import client_for, district_round, make_user
from units.models import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def office():
    return make_user(Role.OFFICE)


def test_a_compute_job_computes_when_its_row_is_committed(office, django_capture_on_commit_callbacks):
    round_ = district_round(3)
    with django_capture_on_commit_callbacks(execute=False) as bells:
        job, is_new = start_job(kind=JobKind.COMPUTE, by=office, round_=round_)
    assert is_new
    assert not Computation.objects.exists()
    for bell in bells:
        bell()
    job.refresh_from_db()
    assert (job.state, job.percent) == (JobState.DONE, 100)
    assert Computation.objects.filter(round=round_, is_current=True, computed_by=office).count() == 1


def test_starting_twice_finds_the_one_under_way(office):
    round_ = district_round(2)
    first, _new = start_job(kind=JobKind.COMPUTE, by=office, round_=round_)
    second, is_new = start_job(kind=JobKind.COMPUTE, by=office, round_=round_)
    assert (second.pk, is_new) == (first.pk, False)
    assert Job.objects.count() == 1


def test_the_database_allows_one_job_of_a_kind_per_round():
    round_ = district_round(2)
    Job.objects.create(kind=JobKind.COMPUTE, round=round_)
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.create(kind=JobKind.COMPUTE, round=round_, state=JobState.RUNNING)
    Job.objects.create(kind=JobKind.EXPORT, round=round_)
    assert Job.objects.filter(round=round_).count() == 2


def test_a_bell_that_rings_twice_does_the_work_once(office, monkeypatch):
    round_ = district_round(2)
    job = Job.objects.create(kind=JobKind.COMPUTE, round=round_, created_by=office)
    done = []
    monkeypatch.setitem(WORK, JobKind.COMPUTE, lambda job, progress: done.append(job.pk) or {})
    carry_out(str(job.pk))
    carry_out(str(job.pk))
    assert done == [job.pk]


def test_wrong_input_is_told_and_a_defect_is_not_shown(office, monkeypatch, caplog):
    def wrong(job, progress):
        raise JobFailed("fix this", [{"place": "评分!D2", "text": "too high"}])

    def broken(job, progress):
        raise RuntimeError("secret detail")

    monkeypatch.setitem(WORK, JobKind.COMPUTE, wrong)
    monkeypatch.setitem(WORK, JobKind.EXPORT, broken)
    first = Job.objects.create(kind=JobKind.COMPUTE, created_by=office)
    second = Job.objects.create(kind=JobKind.EXPORT, created_by=office)
    carry_out(str(first.pk))
    carry_out(str(second.pk))
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.message) == (JobState.FAILED, "fix this")
    assert first.errors == [{"place": "评分!D2", "text": "too high"}]
    assert second.state == JobState.FAILED
    assert "secret detail" not in second.message
    assert "secret detail" in caplog.text


def test_progress_is_seen_while_the_work_goes_on(office, monkeypatch):
    seen = []

    def work(job, progress):
        progress(100, "half way")
        seen.append(progress_of(Job.objects.get(pk=job.pk)))
        return {"message": "ready"}

    monkeypatch.setitem(WORK, JobKind.COMPUTE, work)
    job = Job.objects.create(kind=JobKind.COMPUTE, created_by=office)
    carry_out(str(job.pk))
    assert seen == [(100, "half way")]
    assert progress_of(Job.objects.get(pk=job.pk)) == (100, "ready")


def test_a_lost_job_can_be_started_again(office):
    round_ = district_round(2)
    long_ago = timezone.now() - 2 * LOST_AFTER
    lost = Job.objects.create(kind=JobKind.COMPUTE, round=round_, state=JobState.RUNNING, started_at=long_ago)
    assert is_lost(lost)
    again, is_new = start_job(kind=JobKind.COMPUTE, by=office, round_=round_)
    lost.refresh_from_db()
    assert is_new
    assert (lost.state, again.pk != lost.pk) == (JobState.FAILED, True)


def test_a_job_with_a_heartbeat_is_not_lost():
    started = timezone.now() - 2 * LOST_AFTER
    job = Job.objects.create(kind=JobKind.COMPUTE, state=JobState.RUNNING, started_at=started)
    beat = {"percent": 5, "message": "", "at": (timezone.now() - timedelta(seconds=5)).timestamp()}
    cache.set(jobs._key(job), beat)
    assert not is_lost(job)


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.OFFICE, 200),
        (Role.AUDITOR, 200),
        (Role.ADMIN, 404),
        (Role.LEADER, 404),
        (Role.ASSESSOR, 404),
        (Role.SUBJECT, 404),
        (None, 404),
    ],
)
def test_who_may_see_a_job(role, status):
    job = Job.objects.create(kind=JobKind.COMPUTE, round=district_round(2))
    assert client_for(make_user(role)).get(reverse("reports:job", args=[job.pk])).status_code == status
    assert client_for(make_user(role)).get(reverse("reports:job_file", args=[job.pk])).status_code == 404


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AUDITOR, Role.LEADER, Role.ASSESSOR, Role.SUBJECT, None])
def test_only_the_office_computes(role):
    round_ = district_round(2)
    response = client_for(make_user(role)).post(reverse("reports:compute", args=[round_.pk]))
    assert response.status_code == 403
    assert not Job.objects.exists()


def test_a_visitor_is_sent_to_the_log_in_page(client):
    job = Job.objects.create(kind=JobKind.COMPUTE)
    response = client.get(reverse("reports:job", args=[job.pk]))
    assert response.status_code == 302
    assert response.url.startswith(reverse("units:login"))


def test_computing_is_a_post_and_leads_to_the_ranking(office, django_capture_on_commit_callbacks):
    round_ = district_round(2)
    client = client_for(office)
    address = reverse("reports:compute", args=[round_.pk])
    assert client.get(address).status_code == 405
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(address)
    page = client.get(response.url).content.decode()
    assert reverse("scoring:ranking", args=[round_.pk]) in page


def test_a_waiting_job_is_polled_and_a_finished_one_is_not(office):
    job = Job.objects.create(kind=JobKind.COMPUTE, round=district_round(2), created_by=office)
    client = client_for(office)
    address = reverse("reports:job", args=[job.pk])
    fragment = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert f'hx-get="{address}"' in fragment
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE, percent=100)
    assert "hx-get" not in client.get(address, headers={"HX-Request": "true"}).content.decode()


def test_an_announced_round_is_not_computed_again(office):
    round_ = district_round(2)
    round_.phase = "announced"
    round_.save(update_fields=["phase"])
    response = client_for(office).post(reverse("reports:compute", args=[round_.pk]))
    assert response.url == reverse("scoring:ranking", args=[round_.pk])
    assert not Job.objects.exists()

"""The jobs of a round, carried out by a Celery worker in a process of its own, on PostgreSQL and Redis."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from reports.models import Job, JobKind, JobState
from reviews.models import Ballot, Round
from scoring.models import Computation
from tests.factories import client_for

from .stage import SUBJECTS, ballot_workbook, make_stage
from .test_round import open_the_round, visitor

pytestmark = pytest.mark.services


@pytest.fixture
def office(celery_worker_process: str) -> Any:
    make_stage()
    return visitor("office")


@pytest.fixture
def round_(office: Any) -> Round:
    return open_the_round(office)


def ended(job: Job) -> bool:
    job.refresh_from_db()
    return job.state in {JobState.DONE, JobState.FAILED}


def start(office: Any, name: str, args: list[Any], **data: Any) -> Job:
    """Post what a page's button posts; gives the job, which nobody in this process carries out."""
    page = office.get(reverse("reports:workbook", args=[Round.objects.get().pk]))
    form = page.form(having="allow_missing") if "file" in data else None
    token = page.forms[0].fields["csrfmiddlewaretoken"]
    fields = form.data(**data) if form else {"csrfmiddlewaretoken": token}
    response = office.client.post(reverse(name, args=args), fields)
    job = Job.objects.first()
    assert response.url == reverse("reports:job", args=[job.pk])
    return job


def test_the_worker_loads_computes_and_exports(office, round_, eventually):
    file = SimpleUploadedFile("选票.xlsx", ballot_workbook())
    checked = start(office, "reports:workbook", [round_.pk], file=file)
    eventually(lambda: ended(checked))
    assert (checked.state, checked.errors) == (JobState.DONE, [])
    assert not Ballot.objects.exists(), "checking changes nothing"
    loaded = start(office, "reports:load_checked", [checked.pk])
    eventually(lambda: ended(loaded))
    assert (loaded.state, loaded.errors) == (JobState.DONE, [])
    assert Ballot.objects.count() == 7

    computed = start(office, "reports:compute", [round_.pk])
    eventually(lambda: ended(computed))
    assert (computed.state, computed.percent) == (JobState.DONE, 100)
    assert Computation.objects.get(is_current=True).provisional, "no marks were entered"
    page = office.get(reverse("reports:job", args=[computed.pk]))
    page.link(reverse("scoring:ranking", args=[round_.pk]))

    made = start(office, "reports:export", [round_.pk])
    eventually(lambda: ended(made))
    response = office.client.get(reverse("reports:job_file", args=[made.pk]))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)), data_only=True)
    assert {row[2] for row in book["排名"].iter_rows(min_row=2, values_only=True)} == set(SUBJECTS)
    # 001 by hand: E1 9.45, E2 28.43, all marks missing: counted as 0 and flagged.
    totals = {row[2]: row[5] for row in book["排名"].iter_rows(min_row=2, values_only=True)}
    assert totals["001"] == 37.88


def test_a_wrong_workbook_fails_with_its_cell_in_the_language_of_who_sent_it(office, round_, eventually):
    book = openpyxl.load_workbook(io.BytesIO(ballot_workbook()))
    book["选票"]["F2"] = "130"
    broken = io.BytesIO()
    book.save(broken)
    job = start(office, "reports:workbook", [round_.pk], file=SimpleUploadedFile("选票.xlsx", broken.getvalue()))
    eventually(lambda: ended(job))
    assert job.state == JobState.FAILED
    assert [error["place"] for error in job.errors] == ["选票!F2"]
    assert "100" in job.errors[0]["text"]
    assert any("一" <= sign <= "鿿" for sign in job.errors[0]["text"]), "in Chinese"
    assert not Ballot.objects.exists()


def test_computing_started_twice_at_once_is_one_job(office, round_, eventually):
    """The second click finds the first job, or starts a new one that ends with the same result."""
    first = start(office, "reports:compute", [round_.pk])
    response = client_for(round_.opened_by).post(reverse("reports:compute", args=[round_.pk]))
    assert response.status_code == 302
    eventually(lambda: not Job.objects.exclude(state__in=[JobState.DONE, JobState.FAILED]).exists())
    assert set(Job.objects.filter(kind=JobKind.COMPUTE).values_list("state", flat=True)) == {JobState.DONE}
    assert ended(first)
    assert Computation.objects.count() == 1

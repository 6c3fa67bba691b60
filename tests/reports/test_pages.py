"""The workbook pages and the home page: who may, what they show, and that a checked workbook loads."""

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from indicators.services import ensure_plan
from reports.models import Job, JobKind, JobState
from reports.workbook.output import write_result
from reports.workbook.template import write_template
from reviews.models import Mark, Round
from scoring.services import run_scoring
from tests.factories import assessor_of, client_for, district_round, make_user
from units.models import Role

pytestmark = pytest.mark.django_db
OFFICE_ONLY = [Role.ADMIN, Role.LEADER, Role.ASSESSOR, Role.SUBJECT, None]


@pytest.fixture
def office():
    return make_user(Role.OFFICE)


def blank(tmp_path, round_):
    path = tmp_path / "blank.xlsx"
    write_template(path, round_.plan_version, round=round_)
    return path


def filled(tmp_path, round_, mark="1.5"):
    """The round's blank workbook with one mark in its first unfilled row; returns (path, that row)."""
    path = blank(tmp_path, round_)
    book = openpyxl.load_workbook(path)
    sheet = book["评分"]
    heads = [cell.value for cell in sheet[1]]
    sheet.cell(2, heads.index("得分") + 1, float(mark))
    sheet.cell(2, heads.index("说明") + 1, "核定")
    book.save(path)
    return path


def post_file(client, address, path, **fields):
    upload = SimpleUploadedFile(path.name, path.read_bytes())
    return client.post(address, {"file": upload, "allow_missing": "on", **fields})


def test_a_workbook_is_checked_first_and_loaded_on_a_second_word(office, tmp_path, django_capture_on_commit_callbacks):
    round_ = district_round(2)
    client = client_for(office)
    with django_capture_on_commit_callbacks(execute=True):
        response = post_file(client, reverse("reports:workbook", args=[round_.pk]), filled(tmp_path, round_))
    checked = Job.objects.get()
    assert (checked.state, checked.errors) == (JobState.DONE, [])
    assert not Mark.objects.exists()
    page = client.get(response.url).content.decode()
    load = reverse("reports:load_checked", args=[checked.pk])
    assert load in page
    with django_capture_on_commit_callbacks(execute=True):
        client.post(load)
    assert str(Mark.objects.get().value) == "1.5"
    assert Job.objects.filter(state=JobState.DONE).count() == 2


def test_errors_are_listed_with_their_cells_and_a_marked_copy(office, tmp_path, django_capture_on_commit_callbacks):
    round_ = district_round(2)
    client = client_for(office)
    with django_capture_on_commit_callbacks(execute=True):
        response = post_file(client, reverse("reports:workbook", args=[round_.pk]), filled(tmp_path, round_, mark="99"))
    job = Job.objects.get()
    assert job.state == JobState.FAILED
    assert job.errors[0]["place"].startswith("评分!")
    page = client.get(response.url).content.decode()
    assert job.errors[0]["place"] in page
    assert reverse("reports:load_checked", args=[job.pk]) not in page
    copy = client.get(reverse("reports:job_file", args=[job.pk]))
    assert b"".join(copy.streaming_content).startswith(b"PK")
    assert not Mark.objects.exists()


@pytest.mark.parametrize("name", ["data.xls", "data.csv"])
def test_another_kind_of_file_is_refused_on_the_page(office, name):
    round_ = district_round(1)
    upload = SimpleUploadedFile(name, b"1;2")
    response = client_for(office).post(reverse("reports:workbook", args=[round_.pk]), {"file": upload})
    assert response.status_code == 200
    assert name in response.content.decode()
    assert not Job.objects.exists()


def test_something_else_called_xlsx_fails_with_words(office, django_capture_on_commit_callbacks):
    round_ = district_round(1)
    upload = SimpleUploadedFile("data.xlsx", b"no zip at all")
    with django_capture_on_commit_callbacks(execute=True):
        client_for(office).post(reverse("reports:workbook", args=[round_.pk]), {"file": upload})
    job = Job.objects.get()
    assert job.state == JobState.FAILED
    assert job.errors


def test_a_closed_round_takes_no_workbook(office, tmp_path):
    round_ = district_round(1)
    path = filled(tmp_path, round_)
    Round.objects.filter(pk=round_.pk).update(phase="reviewing")
    address = reverse("reports:workbook", args=[round_.pk])
    response = post_file(client_for(office), address, path)
    assert response.url == address
    assert not Job.objects.exists()


def test_a_workbook_opens_a_round(office, tmp_path, django_capture_on_commit_callbacks):
    path = tmp_path / "new.xlsx"
    write_template(path, ensure_plan("district-2020"))
    book = openpyxl.load_workbook(path)
    plan = book["方案"]
    row = next(r for r in range(1, 10) if plan.cell(r, 1).value == "轮次")
    plan.cell(row, 2, "2031")
    heads = [cell.value for cell in book["对象"][1]]
    for head, value in (("编码", "001"), ("名称", "甲单位"), ("类别", "党群机关")):
        book["对象"].cell(2, heads.index(head) + 1, value)
    book.save(path)
    client = client_for(office)
    with django_capture_on_commit_callbacks(execute=True):
        post_file(client, reverse("reports:upload"), path)
    checked = Job.objects.get()
    assert checked.state == JobState.DONE, (checked.message, checked.errors)
    assert not Round.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("reports:load_checked", args=[checked.pk]))
    assert Round.objects.get().name == "2031"


def test_export_and_blank_workbook_are_jobs_with_a_file(office, django_capture_on_commit_callbacks):
    round_ = district_round(2)
    run_scoring(round=round_)
    client = client_for(office)
    for name in ("reports:export", "reports:template"):
        with django_capture_on_commit_callbacks(execute=True):
            client.post(reverse(name, args=[round_.pk]))
        job = Job.objects.first()
        assert job.state == JobState.DONE, job.message
        response = client.get(reverse("reports:job_file", args=[job.pk]))
        assert "attachment" in response["Content-Disposition"]
        assert b"".join(response.streaming_content).startswith(b"PK")


def test_exporting_before_computing_says_what_to_do(office, django_capture_on_commit_callbacks):
    round_ = district_round(1)
    with django_capture_on_commit_callbacks(execute=True):
        client_for(office).post(reverse("reports:export", args=[round_.pk]))
    job = Job.objects.get(kind=JobKind.EXPORT)
    assert job.state == JobState.FAILED
    assert "计算" in job.message


@pytest.mark.parametrize("role", OFFICE_ONLY)
def test_who_may_not(role):
    round_ = district_round(1)
    client = client_for(make_user(role))
    for name in ("reports:workbook", "reports:export", "reports:template"):
        assert client.post(reverse(name, args=[round_.pk])).status_code == 403, name
    assert client.get(reverse("reports:workbook", args=[round_.pk])).status_code == 403
    assert client.get(reverse("reports:upload")).status_code == 403
    assert not Job.objects.exists()


def test_an_auditor_reads_and_does_not_upload(tmp_path):
    round_ = district_round(1)
    client = client_for(make_user(Role.AUDITOR))
    assert client.get(reverse("reports:workbook", args=[round_.pk])).status_code == 200
    assert post_file(client, reverse("reports:workbook", args=[round_.pk]), blank(tmp_path, round_)).status_code == 403
    checked = Job.objects.create(kind=JobKind.IMPORT, round=round_, state=JobState.DONE, options={"preview": True})
    assert client.post(reverse("reports:load_checked", args=[checked.pk])).status_code == 403


def test_the_workbook_page_costs_the_same_with_more_jobs(office, django_assert_num_queries):
    round_ = district_round(1)
    client = client_for(office)
    for _more in range(2):
        Job.objects.create(kind=JobKind.TEMPLATE, round=round_, created_by=office, state=JobState.DONE)
        with django_assert_num_queries(WORKBOOK_QUERIES):
            client.get(reverse("reports:workbook", args=[round_.pk]))
        for _each in range(3):
            Job.objects.create(kind=JobKind.TEMPLATE, round=round_, created_by=office, state=JobState.DONE)


@pytest.mark.parametrize("role", [*Role, None])
def test_everybody_has_a_home_page(role):
    round_ = district_round(2)
    user = make_user(role)
    page = client_for(user).get(reverse("reports:home"))
    assert page.status_code == 200
    assert (round_.title in page.content.decode()) == (role in (Role.OFFICE, Role.LEADER, Role.AUDITOR))


def test_an_assessors_home_shows_what_is_missing():
    round_ = district_round(2)
    user = assessor_of(round_, "K21")
    page = client_for(user).get(reverse("reports:home")).content.decode()
    assert reverse("reviews:score_sheet", args=[round_.pk]) in page
    assert "还缺 2 项" in page


def test_the_home_page_costs_the_same_in_later_years(office, django_assert_num_queries):
    client = client_for(office)
    for year in range(2020, 2023):
        district_round(1, name=str(year))
    with django_assert_num_queries(HOME_QUERIES):
        client.get(reverse("reports:home"))
    for year in range(2023, 2026):
        district_round(1, name=str(year))
    with django_assert_num_queries(HOME_QUERIES):
        client.get(reverse("reports:home"))


def test_a_result_of_one_subject_alone(tmp_path):
    path = tmp_path / "one.xlsx"
    write_result(path, run_scoring(round=district_round(1)))
    assert openpyxl.load_workbook(path)["排名"].max_row == 2


WORKBOOK_QUERIES = 7
HOME_QUERIES = 74

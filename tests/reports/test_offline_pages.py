"""Pages of score sheets as files: uploading, deciding, saving; who may; files that are none; the archive."""

import io
import zipfile
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from reports.models import Job, JobKind, JobState, OfflineCell, OfflineUpload
from reports.offline import uploads
from reviews.models import Mark, Round
from reviews.services.errors import InvalidInput, NotAllowed
from tests.factories import client_for, make_user
from units.models import AuditEntry, Role

from .offline_desk import Desk, Sheet, groups, only

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return Desk()


def filled(desk, *codes, mark=5, note="已核"):
    """A file with a mark for each of these subjects."""
    sheet = desk.download()
    for code in codes:
        sheet.put(code, "M 得分", mark)
        sheet.put(code, "M 说明", note)
    return sheet


def marks():
    return {mark.subject.code: (str(mark.value), mark.note) for mark in Mark.objects.select_related("subject")}


# ---------------------------------------------------------------- saving


def test_confirming_saves_and_the_trail_has_every_cell_and_the_file(desk):
    upload = desk.upload(filled(desk, "001", "002"))
    assert marks() == {}
    desk.act(upload, "confirm")
    assert (upload.state, upload.saved, upload.cells.count()) == ("done", 2, 0)
    assert marks() == {"001": ("5", "已核"), "002": ("5", "已核")}
    assert Mark.objects.first().updated_by == desk.user
    assert AuditEntry.objects.filter(action="enter mark", actor=desk.user).count() == 2
    entry = AuditEntry.objects.get(action="save score sheet")
    assert entry.changes == {
        "file name": [None, "评分表.xlsx"],
        "file": [None, upload.digest],
        "cells": [None, "2"],
    }
    desk.round.refresh_from_db()
    assert desk.round.input_version == 1
    assert "本文件已写入 2 个单元格" in desk.page(upload)
    log = client_for(make_user(Role.OFFICE)).get(reverse("reviews:history", args=[desk.round.pk])).content.decode()
    assert "上传了离线评分表" in log


def test_what_is_wrong_does_not_hold_up_the_rest_and_the_page_says_so(desk):
    sheet = filled(desk, "001")
    sheet.put("002", "M 得分", 99)
    upload = desk.upload(sheet)
    assert "不妨碍其他单元格写入" in desk.page(upload)
    desk.act(upload, "confirm")
    assert list(marks()) == ["001"]
    assert (upload.state, groups(upload)) == ("done", {"wrong": ["D5"]})
    assert "99 超出范围" in desk.page(upload)


def test_the_marked_copy_has_the_wrong_cells_in_red_and_can_be_uploaded_again(desk):
    sheet = filled(desk, "001")
    place = sheet.put("002", "M 得分", 99)
    upload = desk.upload(sheet)
    response = desk.client.get(desk.url("offline_marked", upload.pk))
    assert "%E6%A0%87%E9%94%99.xlsx" in response.headers["Content-Disposition"]
    copy = Sheet(b"".join(response.streaming_content))
    assert copy.grid[place].fill.start_color.rgb == "FFFFC7CE"
    assert "99 超出范围" in copy.grid[place].comment.text
    copy.put("002", "M 得分", 9)
    again = desk.upload(copy)
    assert groups(again) == {"new": ["D4", "D5"]}
    assert not again.marked
    assert desk.client.get(desk.url("offline_marked", again.pk)).status_code == 404


def test_what_changes_between_preview_and_confirming_is_a_conflict_and_never_written_over(desk):
    upload = desk.upload(filled(desk, "001", "002"))
    desk.enter("M", "001", "7", "抢先")
    desk.act(upload, "confirm")
    assert marks() == {"001": ("7", "抢先"), "002": ("5", "已核")}
    assert (upload.state, upload.saved, groups(upload)) == ("ready", 1, {"conflict": ["D4"]})
    cell = only(upload)
    assert (cell.now_value, cell.now_note, cell.now_by, cell.choice) == ("7", "抢先", "李二", "")
    # And once more, after the choice was made.
    desk.act(upload, "choose", **{f"choice-{cell.pk}": "mine"})
    desk.enter("M", "001", "8", "又改")
    desk.act(upload, "confirm")
    assert (marks()["001"], only(upload).now_value, only(upload).choice) == (("8", "又改"), "8", "")
    desk.act(upload, "confirm", **{f"choice-{cell.pk}": "mine"})
    assert (marks()["001"], upload.state, upload.saved) == (("5", "已核"), "done", 2)
    assert [
        entry.changes["cells"] for entry in AuditEntry.objects.filter(action="save score sheet").order_by("pk")
    ] == [
        [None, "1"],
        [None, "1"],
    ]


def test_conflicts_are_decided_one_by_one_or_all_at_once(desk):
    sheet = filled(desk, "001", "002", "003")
    for code in ("001", "002", "003"):
        desk.enter("M", code, "7", "别人的")
    upload = desk.upload(sheet)
    assert groups(upload) == {"conflict": ["D4", "D5", "D6"]}
    first = upload.cells.earliest("number")
    assert "还有 3 处冲突没有选定" in desk.page(upload)
    desk.act(upload, "confirm")
    assert {value for value, _note in marks().values()} == {"7"}
    desk.act(upload, "theirs")
    desk.act(
        upload, "choose", **{f"choice-{first.pk}": "mine", "choice-x": "mine", "choice-99999999999999999999": "mine"}
    )
    assert list(upload.cells.values_list("choice", flat=True)) == ["mine", "theirs", "theirs"]
    desk.act(upload, "confirm")
    assert {code: value for code, (value, _note) in marks().items()} == {"001": "5", "002": "7", "003": "7"}
    assert (upload.state, upload.cells.count()) == ("done", 0)


def test_taking_the_file_for_all(desk):
    sheet = filled(desk, "001", "002")
    for code in ("001", "002"):
        desk.enter("M", code, "7", "别人的")
    upload = desk.upload(sheet)
    desk.act(upload, "mine")
    assert desk.act(upload, "confirm").state == "done"
    assert {value for value, _note in marks().values()} == {"5"}


def test_the_same_file_again_asks_for_nothing_and_older_ones_do_not_win(desk):
    sheet = filled(desk, "001", "002").content()
    desk.act(desk.upload(sheet), "confirm")
    again = desk.upload(sheet)
    assert (groups(again), again.counts["same"]) == ({}, 2)
    assert "已经上传过" in desk.page(again)
    desk.enter("M", "001", "9", "后来改的", by=desk.user)
    later = desk.upload(sheet)
    assert (groups(later), later.counts["same"]) == ({"conflict": ["D4"]}, 1)
    assert only(later).now_by == "张一"


def test_discarding_leaves_nothing_behind(desk):
    upload = desk.upload(filled(desk, "001"))
    path = upload.file.path
    desk.act(upload, "discard")
    assert (upload.state, upload.cells.count(), upload.file.name) == ("discarded", 0, "")
    assert not Path(path).exists()
    assert marks() == {}
    assert upload.file_name not in desk.client.get(desk.url()).content.decode()
    assert "已放弃" in desk.page(upload)


def test_a_new_upload_takes_the_place_of_one_that_waits(desk):
    first = desk.upload(filled(desk, "001"))
    second = desk.upload(filled(desk, "002"))
    first.refresh_from_db()
    assert (first.state, second.state) == ("discarded", "ready")
    desk.act(first, "confirm")
    assert marks() == {}


def test_leaving_the_rest_ends_an_upload_of_which_something_was_saved(desk):
    sheet = filled(desk, "001", "002")
    desk.enter("M", "002", "7", "别人的")
    upload = desk.upload(sheet)
    desk.act(upload, "confirm")
    assert upload.state == "ready"
    desk.act(upload, "discard")
    assert (upload.state, marks()["002"]) == ("done", ("7", "别人的"))


def test_the_database_allows_one_upload_under_way_per_account_and_round(desk):
    desk.upload(filled(desk, "001"))
    with pytest.raises(IntegrityError), transaction.atomic():
        OfflineUpload.objects.create(round=desk.round, by=desk.user, file="x", file_name="x", digest="x")
    OfflineUpload.objects.create(round=desk.round, by=desk.colleague, file="x", file_name="x", digest="x")


def test_two_accounts_of_a_unit_upload_side_by_side(desk):
    other = client_for(desk.colleague)
    mine, theirs = desk.upload(filled(desk, "001")), desk.upload(filled(desk, "001", mark=6), other)
    desk.act(mine, "confirm")
    desk.act(theirs, "confirm", other)
    assert marks()["001"][0] == "5"
    assert (groups(theirs), only(theirs).now_by) == ({"conflict": ["D4"]}, "张一")


# ---------------------------------------------------------------- what goes wrong on the way


def test_a_round_that_closes_takes_nothing_more(desk):
    upload = desk.upload(filled(desk, "001"))
    sheet = filled(desk, "002")
    Round.objects.filter(pk=desk.round.pk).update(phase="reviewing")
    page = desk.page(upload)
    assert "本轮次录入已截止，不能写入" in page
    assert 'value="confirm"' not in page
    desk.act(upload, "confirm")
    assert (upload.state, marks()) == ("ready", {})
    response = desk.post(sheet)
    assert response.status_code == 422
    assert "不能上传评分表" in desk.client.get(desk.url()).content.decode()
    Round.objects.filter(pk=desk.round.pk).update(phase="collecting")
    assert desk.act(upload, "confirm").state == "done"


def test_who_lost_the_leaf_after_the_preview_saves_nothing(desk):
    upload = desk.upload(filled(desk, "001"))
    desk.round.assignments.filter(indicator="M").update(unit=desk.units["乙局"])
    desk.act(upload, "confirm")
    assert (groups(upload), marks()) == ({"closed": ["D4"]}, {})


def test_work_that_was_interrupted_can_go_on_and_repeats_nothing(desk, monkeypatch):
    sheet = filled(desk, "001", "002")
    upload = desk.upload(sheet)

    def busy(**_asked):
        raise OperationalError("database is locked")

    with monkeypatch.context() as patched:
        patched.setattr("reports.offline.work.save_cells", busy)
        desk.act(upload, "confirm")
    assert upload.state == "saving"
    page = desk.page(upload)
    assert "数据库繁忙" in page
    assert 'value="again"' in page
    desk.act(upload, "again")
    assert (upload.state, upload.saved, len(marks())) == ("done", 2, 2)


def test_a_reading_that_failed_can_be_started_again_or_replaced(desk, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("reports.offline.work.compare", lambda *_given: 1 / 0)
        upload = desk.upload(filled(desk, "001"))
    upload.refresh_from_db()
    assert (upload.state, upload.job.state) == ("reading", JobState.FAILED)
    assert uploads.is_stuck(upload)
    assert 'value="again"' in desk.page(upload)
    desk.act(upload, "again")
    assert groups(upload) == {"new": ["D4"]}


def test_while_an_upload_is_worked_on_no_other_is_taken_and_nothing_decided(desk):
    sheet = filled(desk, "001")
    upload = desk.upload(sheet)
    job = Job.objects.create(kind=JobKind.SAVE_SHEET, state=JobState.RUNNING, started_at=timezone.now())
    OfflineUpload.objects.filter(pk=upload.pk).update(state="saving", job=job)
    upload.refresh_from_db()
    response = desk.post(sheet)
    assert response.status_code == 422
    assert "还在处理" in response.content.decode()
    for do in ("confirm", "mine", "choose", "discard", "again"):
        desk.act(upload, do)
        assert upload.state == "saving"
    page = desk.page(upload)
    assert 'hx-trigger="every 1s"' in page
    asked = desk.client.get(desk.url("offline_upload", upload.pk), headers={"HX-Request": "true"})
    assert "<html" not in asked.content.decode()
    assert "HX-Refresh" not in asked.headers
    job.state, job.finished_at = JobState.DONE, timezone.now()
    job.save()
    OfflineUpload.objects.filter(pk=upload.pk).update(state="done")
    asked = desk.client.get(desk.url("offline_upload", upload.pk), headers={"HX-Request": "true"})
    assert asked.headers["HX-Refresh"] == "true"


def test_a_step_whose_job_never_came_is_stuck_after_a_while(desk):
    upload = desk.upload(filled(desk, "001"))
    OfflineUpload.objects.filter(pk=upload.pk).update(state="saving", job=None, stepped_at=timezone.now())
    upload.refresh_from_db()
    assert not uploads.is_stuck(upload)
    upload.stepped_at -= timedelta(minutes=2)
    assert uploads.is_stuck(upload)


# ---------------------------------------------------------------- files that are none


def not_a_workbook(kind):
    file = io.BytesIO()
    if kind == "csv":
        return b"1;2"
    if kind == "encrypted":
        return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
    if kind == "word":
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("word/document.xml", "<x/>")
    elif kind == "macros":
        openpyxl.Workbook().save(file)
        with zipfile.ZipFile(file, "a") as archive:
            archive.writestr("xl/vbaProject.bin", b"x")
    elif kind == "other":
        openpyxl.Workbook().save(file)
    elif kind == "cut":
        openpyxl.Workbook().save(file)
        return file.getvalue()[:-200]
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("csv", "不是 Excel 工作簿"),
        ("encrypted", "密码"),
        ("word", "不是 Excel 工作簿"),
        ("macros", "文件含有宏"),
        ("other", "这不是从本系统下载的评分表"),
        ("cut", "不是 Excel 工作簿"),
    ],
)
def test_what_is_no_score_sheet_is_refused_in_words(desk, kind, words):
    upload = desk.upload(not_a_workbook(kind))
    assert upload.state == "refused"
    page = desk.page(upload)
    assert words in page
    assert 'value="confirm"' not in page


def test_another_name_and_too_large_a_file_are_refused_at_the_field(desk, settings):
    assert "old.xls" in desk.post(b"x", name="old.xls").content.decode()
    settings.UPLOAD_MAX_BYTES = 10
    response = desk.post(filled(desk, "001"))
    assert response.status_code == 422
    assert not OfflineUpload.objects.exists()


def test_a_cell_far_outside_the_table_is_named(desk):
    sheet = filled(desk, "001")
    sheet.grid["ZZ900000"].value = 1
    upload = desk.upload(sheet)
    assert (upload.state, "ZZ900000" in upload.problem) == ("refused", True)


# ---------------------------------------------------------------- who may


def test_an_upload_is_its_owners_alone(desk):
    upload = desk.upload(filled(desk, "001"))
    others = [desk.colleague, make_user(Role.OFFICE), make_user(Role.AUDITOR), make_user(Role.ASSESSOR)]
    for user in others:
        client = client_for(user)
        for name in ("offline_upload", "offline_marked"):
            assert client.get(desk.url(name, upload.pk)).status_code == 404
        assert client.post(desk.url("offline_upload", upload.pk), {"do": "confirm"}).status_code == 404
    for do in (uploads.confirm, uploads.discard, uploads.go_on):
        with pytest.raises(NotAllowed):
            do(upload=upload, by=desk.colleague)
    assert marks() == {}
    assert desk.client.get(reverse("reports:offline_upload", args=[desk.round.pk + 1, upload.pk])).status_code == 404


def test_who_reads_only_has_no_file_of_its_own_and_uploads_nothing(desk):
    auditor = client_for(make_user(Role.AUDITOR))
    page = auditor.get(desk.url()).content.decode()
    assert "各考评主体的评分表" in page
    assert "下载我的评分表" not in page
    assert auditor.get(desk.url("offline_mine")).status_code == 403
    assert desk.post(filled(desk, "001"), client=auditor).status_code == 403
    assert auditor.get(desk.url("offline_unit", desk.units["甲局"].pk)).status_code == 200


def test_an_assessor_without_a_leaf_here_is_told_so(desk):
    other = client_for(make_user(Role.ASSESSOR))
    assert "没有" in other.get(desk.url()).content.decode()
    assert other.get(desk.url("offline_mine")).status_code == 403
    assert desk.client.get(desk.url("offline_unit", desk.units["甲局"].pk)).status_code == 403
    assert desk.client.post(desk.url("offline_all")).status_code == 403
    assert client_for(make_user(Role.OFFICE)).get(desk.url("offline_unit", 0)).status_code == 404


def test_the_pages_lead_to_it(desk):
    assert desk.url() in desk.client.get(reverse("reviews:my_marks", args=[desk.round.pk])).content.decode()
    assert desk.url() in desk.client.get(reverse("reviews:score_sheet", args=[desk.round.pk])).content.decode()
    board = reverse("reviews:chase", args=[desk.round.pk])
    page = client_for(make_user(Role.OFFICE)).get(board).content.decode()
    assert desk.url() in page
    assert desk.url("offline_unit", desk.units["乙局"].pk) in page
    assert desk.url() not in client_for(make_user(Role.ADMIN)).get(board).content.decode()


# ---------------------------------------------------------------- everybody's


def test_the_office_has_every_assessors_file_in_one_archive(desk):
    desk.enter("M", "001", "8", "已评")
    office = client_for(make_user(Role.OFFICE, name="考核办"))
    with TestCase.captureOnCommitCallbacks(execute=True):
        response = office.post(desk.url("offline_all"))
    job = Job.objects.get(kind=JobKind.SHEETS)
    assert (response.url, job.state) == (reverse("reports:job", args=[job.pk]), JobState.DONE)
    assert desk.url() in office.get(response.url).content.decode()
    content = b"".join(office.get(reverse("reports:job_file", args=[job.pk])).streaming_content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        assert names == ["评分表-2026-甲局.xlsx", "评分表-2026-乙局.xlsx", "评分表-2026-考核办.xlsx"]
        sheet = Sheet(archive.read(names[0]))
    assert sheet.cell("001", "M 得分").value == 8
    # What the office hands out is filled in and uploaded by the assessor.
    sheet.put("002", "M 得分", 6)
    assert groups(desk.upload(sheet)) == {"new": ["D5"]}
    assert client_for(make_user(Role.ASSESSOR)).get(reverse("reports:job_file", args=[job.pk])).status_code == 404


# ---------------------------------------------------------------- queries, languages


def test_no_page_takes_more_queries_for_more_rows(desk):
    def queries(url):
        desk.client.get(url)
        with CaptureQueriesContext(connection) as taken:
            assert desk.client.get(url).status_code == 200
        return len(taken)

    def look(*codes):
        sheet = desk.download()
        for code in codes:
            sheet.put(code, "M 得分", 5)
            sheet.put(code, "J 得分 甲局", 99)
            sheet.put(code, "N 数值", 5)
            desk.enter("N", code, "7")
        upload = desk.upload(sheet)
        assert upload.cells.count() == 3 * len(codes)
        url = desk.url("offline_upload", upload.pk)
        return [queries(url), queries(f"{url}?show=new"), queries(f"{url}?show=conflict"), queries(desk.url())]

    few = look("001")
    assert look("002", "003") == few


def test_a_group_is_shown_page_by_page(monkeypatch):
    monkeypatch.setattr("reports.offline.queries.PREVIEWED", 2)
    monkeypatch.setattr("reports.offline.queries.PAGE_SIZE", 3)
    desk = Desk(subjects=5)
    upload = desk.upload(filled(desk, *(subject.code for subject in desk.subjects)))
    page = desk.page(upload)
    assert ("对象2" in page, "对象3" in page, "显示全部 5 个" in page) == (True, False, True)
    page = desk.page(upload, "?show=new&page=2")
    assert ("对象3" in page, "对象5" in page) == (False, True)
    assert "对象1" in desk.page(upload, "?show=nothing")


def test_in_english_everything_is_said_in_english(desk):
    desk.client.post("/language/", {"language": "en"})
    sheet = filled(desk, "001")
    sheet.put("002", "M 得分", 99)
    upload = desk.upload(sheet)
    page = desk.page(upload)
    assert "99 is outside 0 … 10." in page
    assert "Save 1 cell" in page


def test_what_is_not_waiting_cannot_be_confirmed(desk):
    upload = desk.upload(filled(desk, "001"))
    desk.act(upload, "confirm")
    with pytest.raises(InvalidInput):
        uploads.confirm(upload=upload, by=desk.user)
    assert OfflineCell.objects.count() == 0

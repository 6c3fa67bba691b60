"""The score sheet as a file: what is in it, what is open and what is closed, what it remembers."""

import datetime
import io
from decimal import Decimal

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reports.offline.layout import GRID, STATE
from reports.offline.read import read_book
from reports.workbook.layout import INSTRUCTIONS
from reviews.models import Round, Target, TargetState
from reviews.services.applicability import set_not_applicable
from reviews.services.freezing import reopen_sheet
from reviews.words import today
from tests.factories import client_for, make_user
from units.models import Role

from .offline_desk import Desk

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


@pytest.fixture
def desk():
    return Desk()


def state_of(sheet, tmp_path):
    path = tmp_path / "book.xlsx"
    path.write_bytes(sheet.content())
    return read_book(path, {}).state


def test_one_row_per_subject_and_the_columns_of_ones_own_leaves(desk):
    sheet = desk.download()
    assert sheet.book.sheetnames == [INSTRUCTIONS, GRID, STATE]
    assert sheet.book.active.title == GRID
    assert sheet.book[STATE].sheet_state == "veryHidden"
    assert list(sheet.heads) == [
        "编码",
        "名称",
        "类别",
        "M 得分",
        "M 说明",
        "J 得分 甲局",
        "J 说明 甲局",
        "A 目标值",
        "A 完成值",
        "N 数值",
    ]
    assert [[cell.value for cell in row[:3]] for row in sheet.grid.iter_rows(min_row=4)] == [
        ["001", "对象1", "乙类"],
        ["002", "对象2", "甲类"],
        ["003", "对象3", "乙类"],
    ]
    assert sheet.grid.freeze_panes == "D4"
    assert sheet.grid["D1"].value == "M 日常工作"
    assert sheet.grid["D2"].value == "满分 10"


def test_what_is_entered_stands_in_it_and_is_remembered(desk, tmp_path):
    desk.enter("M", "001", "8.50", "按季度核定")
    desk.enter("J", "002", na=True, note="无此项")
    desk.pair("003", "100", "0.333333333333")
    desk.enter("N", "001", "12")
    sheet = desk.download()
    assert (sheet.cell("001", "M 得分").value, sheet.cell("001", "M 说明").value) == (8.5, "按季度核定")
    assert (sheet.cell("002", "J 得分 甲局").value, sheet.cell("002", "J 说明 甲局").value) == ("不适用", "无此项")
    assert (sheet.cell("003", "A 目标值").value, sheet.cell("003", "A 完成值").value) == (100, 0.333333333333)
    state = state_of(sheet, tmp_path)
    held = state.held("001", str(desk.of("M").pk))
    mark = desk.subjects[0].marks.get()
    assert (held.value, held.note, held.seen) == ("8.5", "按季度核定", f"m{mark.pk}.1")
    assert state.held("003", f"{desk.of('A').pk}:actual").value == "0.333333333333"
    assert state.held("002", str(desk.of("M").pk)).seen == ""


def test_texts_stay_texts_whatever_they_begin_with_and_long_notes_are_whole(desk, tmp_path):
    desk.enter("M", "001", "1", "=1+1")
    mark = desk.subjects[0].marks.get()
    long = "说明" * 9_000  # as a round workbook may bring in; more than one cell of the hidden sheet holds
    desk.subjects[1].marks.create(indicator="M", assessor="甲局", value=Decimal(2), note=long)
    sheet = desk.download()
    assert sheet.cell("001", "M 说明").value == "=1+1"
    assert sheet.cell("001", "M 说明").data_type == "s"
    state = state_of(sheet, tmp_path)
    assert state.held("001", str(desk.of("M").pk)).seen == f"m{mark.pk}.1"
    assert state.held("002", str(desk.of("M").pk)).note == long


def closed(sheet, code, head):
    cell = sheet.cell(code, head)
    return cell.protection.locked and cell.fill.start_color.rgb == "FFE7EAEE"


def test_the_sheet_is_protected_and_what_may_be_entered_is_not_locked(desk):
    sheet = desk.download()
    protection = sheet.grid.protection
    assert (protection.sheet, protection.password, protection.autoFilter) == (True, None, False)
    assert not sheet.cell("001", "M 得分").protection.locked
    assert not sheet.cell("001", "M 说明").protection.locked
    assert sheet.cell("001", "编码").protection.locked


def test_a_frozen_leaf_is_grey_and_one_that_was_opened_again_is_not(desk):
    Round.objects.filter(pk=desk.round.pk).update(deadline=today() - DAY, freeze_at_deadline=True)
    reopen_sheet(assignment=desk.of("M"), until=today(), reason="补录", by=make_user(Role.OFFICE))
    sheet = desk.download()
    assert not closed(sheet, "001", "M 得分")
    assert closed(sheet, "001", "N 数值")
    assert "不能填写" in sheet.grid["J2"].value
    guide = " ".join(str(cell.value) for row in sheet.book[INSTRUCTIONS] for cell in row if cell.value)
    assert f"这张评分表已于 {today() - DAY} 到期冻结" in guide


def test_a_closed_round_gives_a_file_that_is_grey_all_over(desk):
    Round.objects.filter(pk=desk.round.pk).update(phase="reviewing")
    sheet = desk.download()
    assert all(closed(sheet, "001", head) for head in list(sheet.heads)[3:])


def test_what_is_not_applicable_from_above_and_a_confirmed_target_are_grey(desk):
    office = make_user(Role.OFFICE)
    set_not_applicable(subject=desk.subjects[0], indicator="G", by=office, note="")
    Target.objects.create(
        subject=desk.subjects[1], indicator="A", value=Decimal(80), state=TargetState.CONFIRMED, decided_by=office
    )
    sheet = desk.download()
    assert sheet.cell("001", "A 目标值").value == "不适用"
    assert closed(sheet, "001", "A 目标值")
    assert closed(sheet, "001", "N 数值")
    assert sheet.cell("002", "A 目标值").value == 80
    assert closed(sheet, "002", "A 目标值")
    assert not closed(sheet, "002", "A 完成值")


def test_own_unit_is_said_and_closed_where_the_plan_forbids_it():
    allowing = Desk(own=True).download()
    assert allowing.cell("001", "提示").value == "本单位"
    assert not allowing.cell("002", "提示").value
    assert not closed(allowing, "001", "M 得分")


def test_own_unit_is_closed_where_the_plan_forbids_it():
    desk = Desk('own_unit_marks = "forbid"', own=True)
    mine = desk.download()
    assert closed(mine, "001", "M 得分")
    assert closed(mine, "001", "J 得分 甲局")
    assert not closed(mine, "002", "M 得分")
    assert not closed(mine, "001", "N 数值")
    # The mark that nobody else gives is the office's to enter, and that cell only.
    office = desk.download(client_for(make_user(Role.OFFICE)))
    assert list(office.heads)[3:] == ["提示", "M 得分", "M 说明", "O 得分", "O 说明"]
    assert not closed(office, "001", "M 得分")
    assert closed(office, "002", "M 得分")
    assert not closed(office, "002", "O 得分")


def test_checks_while_typing_know_the_points_and_the_words(desk):
    sheet = desk.download()
    rules = {str(rule.sqref): rule for rule in sheet.grid.data_validations.dataValidation}
    assert rules["D4:D6"].formula1.startswith('OR(TRIM(D4)="不适用",TRIM(D4)="清空",IF(ISNUMBER(D4),AND(D4>=0,D4<=10,')
    assert "最多 2 位小数" in rules["D4:D6"].error
    assert "H4>0" in rules["H4:H6"].formula1
    assert "500" in rules["E4:E6"].formula1


def test_the_office_has_anybodys_file_and_its_own(desk):
    office = client_for(make_user(Role.OFFICE))
    sheet = desk.download(office, desk.url("offline_unit", desk.units["乙局"].pk))
    assert list(sheet.heads)[3:] == ["J 得分 乙局", "J 说明 乙局"]
    assert not closed(sheet, "001", "J 得分 乙局")
    assert "O 得分" in desk.download(office).heads
    assert "M 得分" not in desk.download(office).heads


def test_the_file_is_chinese_whoever_downloads_it(desk):
    desk.client.post("/language/", {"language": "en"})
    Round.objects.filter(pk=desk.round.pk).update(phase="reviewing")
    sheet = desk.download()
    guide = " ".join(str(cell.value) for row in sheet.book[INSTRUCTIONS] for cell in row if cell.value)
    assert "录入已截止" in guide
    assert "The input" not in guide


def test_downloading_takes_no_more_queries_for_more_rows(desk):
    with CaptureQueriesContext(connection) as few:
        desk.download()
    for subject in desk.subjects:
        desk.enter("M", subject.code, "5", "x")
        desk.enter("J", subject.code, "5", "x")
    with CaptureQueriesContext(connection) as many:
        desk.download()
    assert len(many) <= len(few) + 1  # the names of who entered


def test_nothing_but_a_workbook_comes_down(desk):
    response = desk.client.get(desk.url("offline_mine"))
    assert "attachment" in response.headers["Content-Disposition"]
    assert response.headers["Cache-Control"] == "no-store"
    openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))

"""What an uploaded score sheet asks for: new, changed, in conflict, wrong, not allowed. Nothing is written."""

import datetime
import zipfile

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl.utils import get_column_letter

from indicators import plan_file
from indicators.services import import_plan
from reports.models import OfflineUpload
from reports.offline.layout import GRID, STATE
from reviews.models import Attainment, Mark, NotApplicable, Round, Subject, Target, TargetState
from reviews.services.applicability import set_not_applicable
from reviews.services.delegation import delegate
from reviews.services.freezing import reopen_sheet
from reviews.services.subjects import withdraw_subject
from reviews.words import today
from tests.factories import client_for, make_user
from units.models import AuditEntry, Role, User

from .offline_desk import PLAN, Desk, Sheet, groups, only

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


@pytest.fixture
def desk():
    return Desk()


# ---------------------------------------------------------------- what changed, and by whom


def test_new_and_changed_cells_are_told_apart_and_nothing_is_written(desk):
    desk.enter("M", "001", "8", "原来的")
    sheet = desk.download()
    before = AuditEntry.objects.count()
    changed = sheet.put("001", "M 得分", 9)
    new = sheet.put("002", "M 得分", "７．５")
    sheet.put("002", "M 说明", " 新写的 ")
    upload = desk.upload(sheet)
    assert (upload.state, groups(upload)) == ("ready", {"changed": [changed], "new": [new]})
    old, fresh = upload.cells.order_by("number")
    assert (old.now_value, old.value, old.note) == ("8", "9", "原来的")
    assert (fresh.now_value, fresh.value, fresh.note) == ("", "7.5", "新写的")
    assert Mark.objects.get().value == 8
    assert AuditEntry.objects.count() == before


def test_a_file_as_it_was_downloaded_asks_for_nothing(desk):
    desk.enter("M", "001", "8.5", "多行\r\n说明")
    desk.enter("J", "002", na=True)
    desk.pair("001", "3", "0.1")
    upload = desk.upload(desk.download())
    assert (upload.state, groups(upload)) == ("done", {})
    assert upload.counts == {"moved": 0, "blank": 0, "left_out": 0}
    assert "没有需要写入的内容" in desk.page(upload)


def test_what_both_changed_is_a_conflict_with_who_and_when(desk):
    desk.enter("M", "001", "8", "下载时")
    sheet = desk.download()
    desk.enter("M", "001", "6", "别人写的")
    place = sheet.put("001", "M 得分", 9)
    upload = desk.upload(sheet)
    assert groups(upload) == {"conflict": [place]}
    cell = only(upload)
    assert (cell.base_value, cell.base_note) == ("8", "下载时")
    assert (cell.now_value, cell.now_note, cell.now_by) == ("6", "别人写的", "李二")
    assert (cell.value, cell.note, cell.choice) == ("9", "下载时", "")
    assert cell.now_at.startswith(str(today()))
    page = desk.page(upload)
    for words in ("李二", "别人写的", "保留现有", "采用文件"):
        assert words in page


def test_what_was_empty_and_is_filled_by_somebody_meanwhile_is_a_conflict_too(desk):
    sheet = desk.download()
    desk.enter("M", "001", "6", "x")
    sheet.put("001", "M 得分", 9)
    assert list(groups(desk.upload(sheet))) == ["conflict"]


def test_what_only_somebody_else_changed_is_left_alone_and_counted(desk):
    desk.enter("M", "001", "8", "x")
    sheet = desk.download()
    desk.enter("M", "001", "6", "y")
    desk.enter("N", "002", "3")
    upload = desk.upload(sheet)
    assert groups(upload) == {}
    assert upload.counts["moved"] == 2
    assert "有 2 个单元格下载以后有人改过" in desk.page(upload)


def test_what_was_changed_and_changed_back_is_no_conflict(desk):
    desk.enter("M", "001", "8", "x")
    sheet = desk.download()
    desk.enter("M", "001", "6", "x")
    desk.enter("M", "001", "8", "x")
    sheet.put("001", "M 得分", 9)
    assert list(groups(desk.upload(sheet))) == ["changed"]


def test_what_somebody_entered_in_the_same_way_is_there_already(desk):
    sheet = desk.download()
    desk.enter("M", "001", "9", "同样")
    sheet.put("001", "M 得分", 9)
    sheet.put("001", "M 说明", "同样")
    upload = desk.upload(sheet)
    assert (groups(upload), upload.counts["same"]) == ({}, 1)


def test_a_note_alone_is_a_change_of_its_cell(desk):
    desk.enter("M", "001", "8", "旧")
    sheet = desk.download()
    note = sheet.put("001", "M 说明", "新")
    upload = desk.upload(sheet)
    assert groups(upload) == {"changed": [note]}
    assert (only(upload).value, only(upload).note) == ("8", "新")


# ---------------------------------------------------------------- empty, 清空, 不适用


def test_an_empty_cell_changes_nothing_and_that_is_said(desk):
    desk.enter("M", "001", "8", "留着")
    sheet = desk.download()
    sheet.put("001", "M 得分", None)
    sheet.put("001", "M 说明", None)
    upload = desk.upload(sheet)
    assert (groups(upload), upload.counts["blank"]) == ({}, 1)
    assert "保持原样" in desk.page(upload)


def test_emptying_is_said_in_a_word(desk):
    desk.enter("M", "001", "8", "旧")
    desk.enter("M", "002", "8", "旧")
    desk.enter("N", "001", "12")
    sheet = desk.download()
    whole = sheet.put("001", "M 得分", "清空")
    note = sheet.put("002", "M 说明", " 清空 ")
    number = sheet.put("001", "N 数值", "清空")
    upload = desk.upload(sheet)
    assert groups(upload) == {"changed": [whole, number, note]}
    cells = {cell.place: cell for cell in upload.cells.all()}
    assert (cells[whole].value, cells[whole].note) == ("", "")
    assert (cells[note].value, cells[note].note) == ("8", "")
    assert desk.act(upload, "confirm").saved == 3
    assert [(mark.value, mark.note) for mark in Mark.objects.all()] == [(8, "")]


def test_emptying_what_is_empty_already_asks_for_nothing(desk):
    sheet = desk.download()
    sheet.put("001", "M 得分", "清空")
    upload = desk.upload(sheet)
    assert (groups(upload), upload.counts["same"]) == ({}, 1)


@pytest.mark.parametrize("word", ["不适用", " 不适用 ", "/", "、", "N/A", "na", "／"])
def test_not_applicable_in_every_spelling_of_the_grid(desk, word):
    sheet = desk.download()
    sheet.put("001", "M 得分", word)
    sheet.put("001", "M 说明", "无此项工作")
    upload = desk.upload(sheet)
    assert only(upload).value == "不适用"
    desk.act(upload, "confirm")
    assert (NotApplicable.objects.get().indicator, NotApplicable.objects.get().note) == ("M", "无此项工作")


def test_a_mark_takes_the_place_of_not_applicable(desk):
    desk.enter("M", "001", na=True, note="x")
    sheet = desk.download()
    sheet.put("001", "M 得分", 5)
    upload = desk.upload(sheet)
    assert (only(upload).group, only(upload).now_value) == ("changed", "不适用")
    desk.act(upload, "confirm")
    assert (Mark.objects.count(), NotApplicable.objects.count()) == (1, 0)


# ---------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (10.01, "10.01 超出范围，应在 0 至 10 之间。"),
        (-1, "-1 超出范围，应在 0 至 10 之间。"),
        (1.005, "1.005 的小数位过多，最多 2 位。"),
        ("八分", "“八分”不是数字，应填：数字、“不适用”，或者填“清空”表示清空。"),
        (True, "不是数字"),
        (datetime.date(2026, 1, 2), "不是数字"),
        ("=1+1", "公式没有保存计算结果"),
        ("1" * 17, "位数"),
    ],
)
def test_a_wrong_cell_is_named_and_said_what_is_wrong(desk, value, words):
    sheet = desk.download()
    place = sheet.put("001", "M 得分", value)
    upload = desk.upload(sheet)
    assert groups(upload) == {"wrong": [place]}
    assert words in only(upload).message
    assert words in desk.page(upload)


def test_a_wrong_note_is_named_at_the_note(desk):
    sheet = desk.download()
    sheet.put("001", "M 得分", 5)
    long = sheet.put("001", "M 说明", "长" * 501)
    alone = sheet.put("002", "M 说明", "只有说明")
    upload = desk.upload(sheet)
    assert groups(upload) == {"wrong": [long, alone]}
    assert [cell.message for cell in upload.cells.all()] == ["说明超过 500 个字。", "填写了说明但没有得分。"]


def test_a_needed_note_is_missed_at_the_note():
    desk = Desk("notes_required = true")
    sheet = desk.download()
    sheet.put("001", "M 得分", 5)
    sheet.put("002", "M 得分", 5)
    sheet.put("002", "M 说明", "有说明")
    upload = desk.upload(sheet)
    assert groups(upload)["new"] == [f"D{sheet.row('002')}"]
    assert groups(upload)["wrong"] == [f"D{sheet.row('001')}"]
    assert "评分须填写评分说明" in upload.cells.get(group="wrong").message


def test_figures_are_checked_as_the_grid_checks_them(desk):
    sheet = desk.download()
    sheet.put("001", "A 目标值", 0)
    sheet.put("001", "A 完成值", 5)
    sheet.put("002", "A 完成值", 5)
    sheet.put("003", "A 目标值", "100")
    sheet.put("003", "A 完成值", "８０．５")
    sheet.put("001", "N 数值", -1)
    sheet.put("002", "N 数值", "不适用")
    sheet.put("003", "N 数值", 0)
    upload = desk.upload(sheet)
    found = groups(upload)
    assert found["new"] == ["H6", "I6", "J6"]
    assert found["wrong"] == ["H4", "I4", "J4", "I5", "J5"]
    desk.act(upload, "confirm")
    assert [(row.target, str(row.actual)) for row in Attainment.objects.all()] == [(100, "80.5")]


def test_one_part_of_a_pair_changes_and_the_other_may_be_in_conflict(desk):
    desk.pair("001", "100", "80")
    sheet = desk.download()
    desk.enter("A", "001", "90", part="actual")
    sheet.put("001", "A 目标值", 120)
    sheet.put("001", "A 完成值", 85)
    upload = desk.upload(sheet)
    assert groups(upload) == {"changed": ["H4"], "conflict": ["I4"]}
    assert desk.act(upload, "confirm").saved == 1
    assert (Attainment.objects.get().target, Attainment.objects.get().actual) == (120, 90)
    desk.act(upload, "mine")
    assert desk.act(upload, "confirm").state == "done"
    assert Attainment.objects.get().actual == 85


# ---------------------------------------------------------------- rows and columns moved about


def rewrite(sheet: Sheet, rows: list[list]) -> None:
    """Put these rows below the heads instead of those that are there."""
    sheet.grid.protection.disable()
    sheet.grid.delete_rows(4, sheet.grid.max_row)
    for number, values in enumerate(rows, start=4):
        for column, value in enumerate(values, start=1):
            sheet.grid.cell(number, column, value)


def values(sheet: Sheet) -> list[list]:
    return [[cell.value for cell in row] for row in sheet.grid.iter_rows(min_row=4)]


def test_rows_sorted_deleted_and_left_empty_are_still_found_by_their_codes(desk):
    desk.enter("M", "002", "4", "x")
    sheet = desk.download()
    sheet.put("003", "M 得分", 3)
    sheet.put("002", "M 得分", 2)
    rows = values(sheet)
    rewrite(sheet, [rows[2], [None] * 10, rows[1]])
    upload = desk.upload(sheet)
    assert groups(upload) == {"new": ["D4"], "changed": ["D6"]}
    assert [cell.subject.code for cell in upload.cells.order_by("number")] == ["003", "002"]


def test_columns_moved_and_deleted_are_still_found_by_their_heads(desk):
    desk.enter("M", "001", "4", "x")
    desk.enter("N", "001", "4")
    sheet = desk.download()
    for merged in list(sheet.grid.merged_cells.ranges):
        sheet.grid.unmerge_cells(str(merged))
    sheet.put("002", "M 得分", 7)
    sheet.grid.move_range("D3:D6", cols=10)
    sheet.grid.delete_cols(10)  # 数值
    sheet.grid.delete_cols(2, 2)  # 名称, 类别
    upload = desk.upload(sheet)
    [place] = groups(upload)["new"]
    assert sheet.grid[f"{place.rstrip('0123456789')}3"].value.split() == ["M", "得分"]
    assert upload.counts["blank"] == 0


def test_a_column_that_nobody_knows_is_said_and_the_others_are_read(desk):
    sheet = desk.download()
    sheet.grid["D3"].value = "M 分数"
    sheet.put("001", "M 分数", 5)
    sheet.grid["K3"].value = "自己算的"
    sheet.grid["K4"].value = 9
    sheet.grid["L4"].value = 9
    sheet.put("001", "N 数值", 5)
    upload = desk.upload(sheet)
    assert groups(upload) == {"wrong": ["D3", "K3", "L3"], "new": ["J4"]}
    messages = [cell.message for cell in upload.cells.filter(group="wrong").order_by("number")]
    assert messages[0].startswith("“M 分数”不是本表的栏目，其中的内容没有读入。")
    assert "“M 得分”" in messages[0]


def test_the_same_column_twice_is_said(desk):
    sheet = desk.download()
    sheet.grid["K3"].value = sheet.grid["D3"].value
    assert groups(desk.upload(sheet))["wrong"] == ["K3"]


def test_a_row_that_was_torn_apart_is_not_read(desk):
    """As when only the names are sorted and the codes are not."""
    sheet = desk.download()
    sheet.put("001", "名称", "对象2")
    sheet.put("002", "名称", "对象1")
    sheet.put("001", "M 得分", 5)
    upload = desk.upload(sheet)
    assert groups(upload) == {"wrong": ["B4"]}
    assert "整行不读入" in only(upload).message


def test_unknown_missing_and_repeated_codes(desk):
    sheet = desk.download()
    rows = values(sheet)
    filled = [None, "对象1", "乙类", 5, *[None] * 6]
    unknown = ["0001", *filled[1:]]
    empty = ["009", "没有内容", *[None] * 8]
    first, again = ["003", "对象3", "乙类", 4, *[None] * 6], ["003", "对象3", "乙类", 6, *[None] * 6]
    rewrite(sheet, [rows[0], filled, unknown, empty, first, again])
    upload = desk.upload(sheet)
    assert groups(upload) == {"wrong": ["A5", "A6", "A9"]}
    words = [cell.message for cell in upload.cells.order_by("number")]
    assert words[0] == "这一行有内容但没有编码，没有读入。"
    assert "“0001”不是本轮次的考核对象" in words[1]
    assert "001" in words[1].split("。")[1]
    assert words[2] == "“003”出现了两次（另一处在第 8 行），两行都没有读入。"


def test_a_code_that_became_a_number_is_read_as_the_sheet_shows_it(desk):
    sheet = desk.download()
    cell = sheet.cell("001", "编码")
    cell.value, cell.number_format = 1, "000"
    sheet.grid.cell(4, sheet.heads["M 得分"]).value = 5
    assert only(desk.upload(sheet)).subject.code == "001"


def test_a_subject_that_left_the_round_is_said_and_one_that_joined_is_not_missed(desk):
    sheet = desk.download()
    sheet.put("001", "M 得分", 5)
    sheet.put("002", "M 得分", 5)
    office = make_user(Role.OFFICE)
    withdraw_subject(subject=desk.subjects[0], reason="撤并", confirmed=True, by=office)
    Subject.objects.create(round=desk.round, code="004", name="对象4", category="甲类", order=9)
    assert groups(desk.upload(sheet)) == {"wrong": ["A4"], "new": ["D5"]}


# ---------------------------------------------------------------- what is not allowed


def test_a_frozen_leaf_takes_nothing_until_it_is_opened_again(desk):
    sheet = desk.download()
    sheet.put("001", "M 得分", 5)
    Round.objects.filter(pk=desk.round.pk).update(deadline=today() - DAY, freeze_at_deadline=True)
    upload = desk.upload(sheet)
    assert groups(upload) == {"closed": ["D4"]}
    assert "到期冻结" in only(upload).message
    assert "到期冻结" in desk.page(upload)
    reopen_sheet(assignment=desk.of("M"), until=today(), reason="补录", by=make_user(Role.OFFICE))
    assert groups(desk.upload(sheet)) == {"new": ["D4"]}


def test_cells_that_are_closed_one_by_one(desk):
    sheet = desk.download()
    office = make_user(Role.OFFICE)
    set_not_applicable(subject=desk.subjects[0], indicator="G", by=office, note="")
    Target.objects.create(
        subject=desk.subjects[1], indicator="A", value=80, state=TargetState.CONFIRMED, decided_by=office
    )
    sheet.put("001", "N 数值", 5)
    sheet.put("002", "A 目标值", 90)
    sheet.put("002", "A 完成值", 70)
    upload = desk.upload(sheet)
    assert groups(upload) == {"closed": ["J4", "H5"], "new": ["I5"]}
    assert desk.act(upload, "confirm").saved == 1
    assert (Attainment.objects.get().target, Attainment.objects.get().actual) == (80, 70)


def test_the_own_unit_where_the_plan_forbids_it():
    desk = Desk('own_unit_marks = "forbid"', own=True)
    sheet = desk.download()
    sheet.put("001", "M 得分", 5)
    sheet.put("001", "J 得分 甲局", 5)
    sheet.put("002", "M 得分", 5)
    upload = desk.upload(sheet)
    found = groups(upload)
    assert (found["new"], len(found["closed"])) == (["E5"], 2)
    assert "考核办" in upload.cells.filter(group="closed").first().message
    # The office takes the cell that nobody else may fill in, by its own file.
    office = client_for(make_user(Role.OFFICE))
    theirs = desk.download(office)
    theirs.put("001", "M 得分", 4)
    theirs.put("002", "M 得分", 4)
    theirs.put("002", "O 得分", 4)
    second = desk.upload(theirs, office)
    assert {group: len(places) for group, places in groups(second).items()} == {"new": 2, "closed": 1}
    desk.act(second, "confirm", office)
    assert set(Mark.objects.values_list("indicator", "subject__code")) == {("M", "001"), ("O", "002")}


def test_own_unit_marks_are_marked_as_such_in_the_preview():
    desk = Desk(own=True)
    sheet = desk.download()
    sheet.put("001", "M 得分", 5)
    assert "本单位</span>" in desk.page(desk.upload(sheet))


def test_not_applicable_where_another_assessor_has_a_mark(desk):
    desk.enter("J", "001", "5", assessor="乙局", by=make_user(Role.ASSESSOR, desk.units["乙局"]))
    sheet = desk.download()
    place = sheet.put("001", "J 得分 甲局", "不适用")
    assert groups(desk.upload(sheet)) == {"wrong": [place]}


def test_a_deputy_uploads_as_long_as_the_delegation_lasts(desk):
    taker = make_user(Role.SUBJECT, desk.units["甲局"], name="王三")
    row = delegate(
        round=desk.round,
        taker=taker,
        sheets=[desk.of("M")],
        starts=today(),
        ends=today(),
        reason="出差",
        by=User.objects.get(pk=desk.user.pk),
    )
    client = client_for(taker)
    sheet = desk.download(client)
    assert list(sheet.heads)[3:] == ["M 得分", "M 说明"]
    sheet.put("002", "M 得分", 5)
    upload = desk.upload(sheet, client)
    assert groups(upload) == {"new": ["D5"]}
    row.ends = row.starts = today() - DAY
    row.save()
    desk.act(upload, "confirm", client)
    assert groups(upload) == {"closed": ["D5"]}
    assert not Mark.objects.exists()


def test_a_deputy_marks_for_its_own_unit_in_nobodys_place(desk):
    taker = make_user(Role.SUBJECT, desk.units["乙局"], name="王三")
    Subject.objects.filter(round=desk.round, code="001").update(unit=desk.units["乙局"])
    row = delegate(
        round=desk.round,
        taker=taker,
        sheets=[desk.of("M")],
        starts=today(),
        ends=today(),
        reason="出差",
        by=User.objects.get(pk=desk.user.pk),
    )
    row.state = "agreed"
    row.save()
    client = client_for(taker)
    sheet = desk.download(client)
    sheet.put("001", "M 得分", 5)
    upload = desk.upload(sheet, client)
    assert groups(upload) == {"closed": ["D4"]}


# ---------------------------------------------------------------- files that are not for here


def test_somebody_elses_file_is_refused_whole(desk):
    other = client_for(make_user(Role.ASSESSOR, desk.units["乙局"], name="赵四"))
    sheet = desk.download(other)
    only_j = desk.upload(sheet)
    assert (only_j.state, "“赵四”的评分表" in only_j.problem) == ("refused", True)
    assert "此文件不能使用" in desk.page(only_j)


def test_columns_of_others_beside_ones_own_are_closed(desk):
    """A file of the unit whose account lost one of its leaves."""
    sheet = desk.download()
    sheet.put("001", "M 得分", 5)
    sheet.put("001", "N 数值", 5)
    desk.round.assignments.filter(indicator="M").update(unit=desk.units["乙局"])
    upload = desk.upload(sheet)
    assert groups(upload) == {"new": ["J4"], "closed": ["D4"]}
    assert upload.cells.get(group="closed").message == "这个指标不归您填写。"


def test_a_file_of_another_round_is_refused(desk):
    Round.objects.filter(pk=desk.round.pk).update(title="别的轮次")
    sheet = desk.download()
    Round.objects.filter(pk=desk.round.pk).update(opened_at=desk.round.opened_at + DAY)
    upload = desk.upload(sheet)
    assert upload.state == "refused"
    assert "这是另一轮次“别的轮次”的评分表" in upload.problem


def test_an_indicator_that_the_plan_changed_since_is_closed_and_the_others_are_not(desk):
    sheet = desk.download()
    sheet.put("001", "M 得分", 5)
    sheet.put("001", "N 数值", 5)
    text = PLAN.replace("EXTRA", "").replace("points = 10\n", "points = 15\n").replace("points = 120", "points = 125")
    changed, _new = import_plan(document=plan_file.load(text), by=None)
    Round.objects.filter(pk=desk.round.pk).update(plan_version=changed)
    upload = desk.upload(sheet)
    assert groups(upload) == {"closed": ["D4"], "new": ["J4"]}
    assert "下载以后方案调整了这个指标" in upload.cells.get(group="closed").message


def test_cells_copied_into_a_new_workbook_are_refused_with_what_to_do(desk):
    sheet = desk.download()
    del sheet.book[STATE]
    upload = desk.upload(sheet)
    assert (upload.state, "请重新下载" in upload.problem) == ("refused", True)


@pytest.mark.parametrize("spoil", ["rename", "heads", "format", "state"])
def test_a_file_whose_frame_was_changed_is_refused(desk, spoil):
    desk.enter("M", "001", "5", "x")
    sheet = desk.download()
    if spoil == "rename":
        sheet.grid.title = "改名"
    elif spoil == "heads":
        sheet.grid.delete_rows(3)
    else:
        for row in sheet.book[STATE].iter_rows():
            if spoil == "format" and row[1].value == "格式":
                row[2].value = "99"
            elif spoil == "state" and row[0].value == "行":
                row[2].value = row[2].value[:-3]
    assert desk.upload(sheet).state == "refused"


def test_letters_that_no_database_keeps_do_no_harm(desk, tmp_path):
    sheet = desk.download()
    sheet.put("001", "M 得分", 5)
    sheet.put("001", "M 说明", "零XX字")
    sheet.put("002", "M 得分", "坏XX字")
    path = tmp_path / "nul.xlsx"
    path.write_bytes(sheet.content())
    spoiled = tmp_path / "spoiled.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(spoiled, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"XX", b"_x0000_") if "sharedStrings" in name else old.read(name))
    upload = desk.upload(spoiled)
    assert upload.state == "ready"
    assert set(groups(upload)) == {"new", "wrong"}
    desk.act(upload, "confirm")
    assert "\x00" not in Mark.objects.get().note


# ---------------------------------------------------------------- size


def test_comparing_takes_no_more_queries_for_more_cells(desk):
    def queries(codes):
        sheet = desk.download()
        for code in codes:
            sheet.put(code, "M 得分", 5)
            sheet.put(code, "J 得分 甲局", 99)
            sheet.put(code, "N 数值", 5)
        with CaptureQueriesContext(connection) as taken:
            upload = desk.upload(sheet)
        assert upload.cells.count() == 3 * len(codes)
        return len(taken)

    first = queries(["001"])  # the second discards the first besides
    few, many = queries(["001"]), queries(["001", "002", "003"])
    assert many == few
    assert first <= few


def test_beyond_so_many_problems_the_rest_is_counted(desk, monkeypatch):
    monkeypatch.setattr("reports.offline.compare.MOST_PROBLEMS", 2)
    sheet = desk.download()
    for code in ("001", "002", "003"):
        sheet.put(code, "M 得分", 99)
    sheet.put("003", "N 数值", 5)
    upload = desk.upload(sheet)
    assert groups(upload) == {"wrong": ["D4", "D5"], "new": ["J6"]}
    assert "另有 1 个有误的单元格未列出" in desk.page(upload)


def test_many_cells_are_looked_at_in_batches_of_whole_subjects(monkeypatch):
    monkeypatch.setattr("reports.offline.compare.BATCH", 2)
    monkeypatch.setattr("reports.offline.work.BATCH", 2)
    desk = Desk(subjects=7)
    sheet = desk.download()
    for subject in desk.subjects:
        sheet.put(subject.code, "A 目标值", 10)
        sheet.put(subject.code, "A 完成值", 5)
        sheet.put(subject.code, "M 得分", 5)
    upload = desk.upload(sheet)
    assert {group: len(places) for group, places in groups(upload).items()} == {"new": 21}
    assert desk.act(upload, "confirm").saved == 21
    assert (Attainment.objects.count(), Mark.objects.count()) == (7, 7)
    assert OfflineUpload.objects.get().state == "done"


def test_letters_of_columns_are_those_of_the_file(desk):
    sheet = desk.download()
    place = sheet.put("003", "N 数值", 1)
    assert place == f"{get_column_letter(sheet.heads['N 数值'])}6"
    assert groups(desk.upload(sheet)) == {"new": [place]}
    assert sheet.book[GRID][place].value == 1

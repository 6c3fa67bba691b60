"""The copy of a wrong workbook: red cells, comments, the list in front, and everything else as it was."""

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill

from reports.workbook import marked
from reports.workbook.marked import write_marked_copy
from reports.workbook.problems import Problem


@pytest.fixture
def source(tmp_path):
    book = Workbook()
    sheet = book.active
    sheet.title = "评分"
    sheet.append(["对象编码", "指标编码", "考评主体", "得分", "说明"])
    sheet.append(["001", "K111", "区委办公室", 3, "好"])
    sheet.append(["002", "K111", "区委办公室", "=1+0.5", "一般"])
    sheet["D2"].font = Font(bold=True)
    sheet["E2"].comment = Comment("原来的批注", "张一")
    sheet["A3"].fill = PatternFill("solid", start_color="FF00FF00")
    sheet.column_dimensions["E"].width = 55
    sheet.freeze_panes = "A2"
    other = book.create_sheet("备注 'x'")
    other["A1"] = "随便写的"
    other.merge_cells("A1:C2")
    path = tmp_path / "source.xlsx"
    book.save(path)
    return path


@pytest.fixture
def copy(source, tmp_path):
    def write(*problems, of=source):
        path = tmp_path / "marked.xlsx"
        write_marked_copy(of, path, [Problem(*each) for each in problems])
        return load_workbook(path)

    return write


def is_red(cell):
    return cell.fill.fill_type == "solid" and cell.fill.start_color.rgb == "FFFFC7CE"


def listed(book):
    return list(book["错误清单"].iter_rows(min_row=2, values_only=True))


def test_a_wrong_cell_is_red_and_says_why(copy):
    book = copy(("评分", "D2", "应在 0 到 2 之间，不是 3。"))
    assert book.sheetnames == ["错误清单", "评分", "备注 'x'"]
    cell = book["评分"]["D2"]
    assert is_red(cell)
    assert cell.value == 3
    assert cell.font.bold
    assert "应在 0 到 2 之间，不是 3。" in cell.comment.text
    assert [c.coordinate for line in book["评分"] for c in line if is_red(c)] == ["D2"]
    assert [c.value for c in book["错误清单"][1]] == ["工作表", "单元格", "问题"]
    assert listed(book) == [("评分", "D2", "应在 0 到 2 之间，不是 3。")]
    link = book["错误清单"]["B2"].hyperlink
    assert (link.location, link.target) == ("'评分'!D2", None)
    assert book.active.title == "错误清单"


def test_everything_else_is_kept(copy):
    sheet = copy(("评分", "D2", "不对。"))["评分"]
    assert [cell.value for cell in sheet[3]] == ["002", "K111", "区委办公室", "=1+0.5", "一般"]
    assert sheet["A3"].fill.start_color.rgb == "FF00FF00"
    assert sheet["E2"].comment.text == "原来的批注"
    assert sheet.column_dimensions["E"].width == 55
    assert sheet.freeze_panes == "A2"


def test_problems_of_one_cell_share_a_comment_below_the_users_own(copy):
    book = copy(("评分", "E2", "第一个错误。"), ("评分", "E2", "第二个错误。"), ("评分", "E2", "第一个错误。"))
    text = book["评分"]["E2"].comment.text
    assert text.startswith("原来的批注\n")
    assert text.count("第一个错误。") == 1
    assert "第二个错误。" in text
    assert len(listed(book)) == 3


def test_a_problem_without_a_cell_is_only_listed(copy):
    problems = [
        ("对象", "A1", "缺少工作表“对象”。"),
        ("", "", "文件有错误。"),
        ("评分", "", "整张表。"),
        ("评分", "第三行", "没有这样的单元格。"),
        ("评分", "A1:B2", "不是一个单元格。"),
        ("评分", "D9999999", "超出工作表。"),
    ]
    book = copy(*problems)
    assert listed(book) == [tuple(part or None for part in each) for each in problems]
    assert not any(is_red(cell) for line in book["评分"] for cell in line)
    assert [book["错误清单"].cell(row, 2).hyperlink for row in range(2, 8)] == [None] * 6


def test_an_empty_cell_beyond_the_used_area_and_one_inside_a_merged_range(copy):
    book = copy(("评分", "G9", "空着。"), ("备注 'x'", "B2", "合并的单元格。"))
    assert is_red(book["评分"]["G9"])
    assert is_red(book["备注 'x'"]["A1"])
    assert "合并的单元格。" in book["备注 'x'"]["A1"].comment.text
    assert book["错误清单"]["B3"].hyperlink.location == "'备注 ''x'''!B2"


def test_a_message_is_text_whatever_it_quotes(copy):
    book = copy(("评分", "D2", "=1+1"), ("评分", "D3", "坏字符\x07。"))
    cell = book["错误清单"]["C2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")
    assert listed(book)[1][2] == "坏字符\ufffd。"
    assert "坏字符\ufffd。" in book["评分"]["D3"].comment.text


def test_a_corrected_copy_loses_the_marks_of_the_first_check(copy, tmp_path):
    copy(("评分", "D2", "旧错误。"), ("评分", "E2", "旧错误。"))
    again = tmp_path / "again.xlsx"
    (tmp_path / "marked.xlsx").rename(again)
    book = copy(("评分", "D3", "新错误。"), of=again)
    assert book.sheetnames == ["错误清单", "评分", "备注 'x'"]
    assert listed(book) == [("评分", "D3", "新错误。")]
    sheet = book["评分"]
    assert [c.coordinate for line in sheet for c in line if is_red(c)] == ["D3"]
    assert sheet["D2"].comment is None
    assert sheet["E2"].comment.text == "原来的批注"


def test_with_many_problems_the_list_is_complete_and_comments_stop(copy, monkeypatch):
    monkeypatch.setattr(marked, "MOST_COMMENTS", 3)
    book = copy(*(("评分", f"D{row}", f"第 {row} 行不对。") for row in range(2, 12)))
    assert len(listed(book)) == 10
    cells = [book["评分"].cell(row, 4) for row in range(2, 12)]
    assert all(is_red(cell) for cell in cells)
    assert [cell.comment is not None for cell in cells] == [True] * 3 + [False] * 7


def test_a_sheet_name_with_spaces_around_is_the_same_sheet(copy, source):
    book = load_workbook(source)
    book["评分"].title = " 评分 "
    book.save(source)
    found = copy(("评分", "D2", "不对。"))
    assert is_red(found[" 评分 "]["D2"])
    assert found["错误清单"]["B2"].hyperlink.location == "' 评分 '!D2"

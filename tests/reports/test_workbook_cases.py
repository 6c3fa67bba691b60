"""What people really send: a part of a workbook, rows left as the template had them, words typed their way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import call_command
from django.utils import translation

from reports.workbook import WorkbookRefused, load_workbook_file
from reviews.models import BallotMark, EarlierResult, Mark, NotApplicable, Round, Subject
from scoring.models import Computation
from tests.oracle.generate import make_workbook

pytestmark = pytest.mark.django_db

PLAN, SUBJECTS, MARKS, VOTES, TALLIES, EARLIER = "方案", "对象", "评分", "选票", "计票", "往期"


def good(tmp_path: Path, plan: str = "district-2020") -> Path:
    return Path(make_workbook(tmp_path / "in.xlsx", plan, 3, subjects=6, hard=False))


class Sheet:
    """A sheet by its headers; rows count as in the file."""

    def __init__(self, workbook: openpyxl.Workbook, name: str) -> None:
        self.sheet = workbook[name]
        self.heads = [str(cell.value) for cell in self.sheet[1]]

    def cell(self, row: int, head: str) -> Any:
        return self.sheet.cell(row, self.heads.index(head) + 1)

    def rows(self, **wanted: str) -> list[int]:
        numbers = range(2, self.sheet.max_row + 1)
        return [row for row in numbers if all(str(self.cell(row, h).value) == v for h, v in wanted.items())]

    def add(self, **values: Any) -> int:
        self.sheet.append([values.get(head) for head in self.heads])
        return int(self.sheet.max_row)


def load(path: Path, **options: Any) -> Any:
    return load_workbook_file(path, by=None, **{"allow_missing": False, "whole": True, **options})


def refusal(path: Path, **options: Any) -> list[tuple[str, str]]:
    with pytest.raises(WorkbookRefused) as refused, translation.override("zh-hans"):
        load(path, **options)
    with translation.override("zh-hans"):
        return [(problem.place, str(problem.message)) for problem in refused.value.problems]


def changed(path: Path, change: Any) -> Path:
    workbook = openpyxl.load_workbook(path)
    change(workbook)
    workbook.save(path)
    return path


def test_marks_alone_can_be_loaded_into_a_round(tmp_path: Path) -> None:
    path = good(tmp_path)
    load(path)
    mark = Mark.objects.filter(indicator="K231").order_by("subject__order").first()
    assert mark is not None
    small = openpyxl.Workbook()
    small.active.title = PLAN
    for row in (("项目", "值"), ("方案", "district-2020"), ("轮次", Round.objects.get().name)):
        small[PLAN].append(row)
    sheet = small.create_sheet(MARKS)
    sheet.append(["对象编码", "指标编码", "得分", "说明"])
    sheet.append([mark.subject.code, "K231", "０．５", "复核"])
    part = tmp_path / "part.xlsx"
    small.save(part)
    before = Mark.objects.count(), BallotMark.objects.count(), Subject.objects.count()
    report = load(part, whole=False, allow_missing=True)
    mark.refresh_from_db()
    assert (str(mark.value), mark.note) == ("0.5", "复核")
    # The sheet is all that workbooks say about marks; the sheets it does not have are as they were.
    assert (Mark.objects.count(), BallotMark.objects.count(), Subject.objects.count()) == (1, *before[1:])
    assert not any("不在" in notice for notice in report.notices)
    assert [place for place, _words in refusal(part)] == [f"{SUBJECTS}!A1"]


def test_a_subject_of_the_round_that_the_workbook_does_not_list_is_named_without_a_cell(tmp_path: Path) -> None:
    path = good(tmp_path)
    load(path)
    gone = Subject.objects.order_by("order").last()
    assert gone is not None
    gone.marks.filter(indicator="K231").delete()

    def without(workbook: openpyxl.Workbook) -> None:
        for name in workbook.sheetnames[2:]:
            del workbook[name]
        workbook[SUBJECTS].delete_rows(7)

    ((place, words),) = refusal(changed(path, without), whole=False)
    assert place == ""
    assert gone.code in words
    assert "K231" in words


def test_rows_of_the_template_that_nobody_filled_in_are_no_input(tmp_path: Path) -> None:
    path = good(tmp_path)
    places = []

    def clear(workbook: openpyxl.Workbook) -> None:
        marks = Sheet(workbook, MARKS)
        row = marks.rows(指标编码="K231")[0]
        places.append(str(marks.cell(row, "对象编码").value))
        marks.cell(row, "得分").value = marks.cell(row, "说明").value = None

    changed(path, clear)
    row = Sheet(openpyxl.load_workbook(path), SUBJECTS).rows(编码=places[0])[0]
    ((place, words),) = refusal(path)
    assert place == f"{SUBJECTS}!A{row}"
    assert "K231" in words
    assert load(path, allow_missing=True).computation.provisional


def test_several_assessors_may_say_not_applicable(tmp_path: Path) -> None:
    path = good(tmp_path)

    def switch_off(workbook: openpyxl.Workbook) -> None:
        marks = Sheet(workbook, MARKS)
        code = str(Sheet(workbook, SUBJECTS).cell(2, "编码").value)
        for row in marks.rows(对象编码=code, 指标编码="K231"):
            marks.sheet.delete_rows(row)
        marks.add(对象编码=code, 指标编码="K231", 考评主体="区委办公室", 得分="不适用")
        marks.add(对象编码=code, 指标编码="K231", 考评主体="考核办", 得分="不适用", 说明="无此项")

    load(changed(path, switch_off))
    assert NotApplicable.objects.get().assessor == "区委办公室"

    def again(workbook: openpyxl.Workbook) -> None:
        marks = Sheet(workbook, MARKS)
        code = str(Sheet(workbook, SUBJECTS).cell(2, "编码").value)
        marks.add(对象编码=code, 指标编码="K231", 考评主体="考核办", 得分="不适用")

    last = openpyxl.load_workbook(changed(path, again))[MARKS].max_row
    assert [place for place, _words in refusal(path)] == [f"{MARKS}!A{last}"]


def test_classes_by_title_and_one_voter_in_two_classes(tmp_path: Path) -> None:
    path = good(tmp_path, "bank-midlevel")

    def vote(workbook: openpyxl.Workbook) -> None:
        votes = Sheet(workbook, VOTES)
        subject, voter = (str(Sheet(workbook, SUBJECTS).cell(row, "编码").value) for row in (2, 3))
        answer = votes.cell(votes.rows(指标编码="T")[0], "评价").value
        for row in votes.rows(对象编码=subject, 指标编码="T", 投票对象=voter):
            votes.sheet.delete_rows(row)
        for number, name in (("新-1", "中层干部"), ("新-2", "员工代表")):
            votes.add(票号=number, 票类=name, 投票对象=voter, 对象编码=subject, 指标编码="T", 评价=answer)

    load(changed(path, vote))
    stored = BallotMark.objects.filter(ballot__number__startswith="新").values_list("voter_class", flat=True)
    assert sorted(stored) == ["cadre", "staff"]


def test_a_set_that_the_workbook_no_longer_states_is_no_longer_known(tmp_path: Path) -> None:
    """Without any round of its set the leaf is marked by hand; an earlier workbook does not stand against it."""
    path = good(tmp_path, "education-secretary")
    load(path)
    assert EarlierResult.objects.exists()

    def by_hand(workbook: openpyxl.Workbook) -> None:
        del workbook[EARLIER]
        workbook.create_sheet(MARKS).append(["对象编码", "指标编码", "考评主体", "得分", "说明"])
        marks = Sheet(workbook, MARKS)
        for row in Sheet(workbook, SUBJECTS).rows():
            code = Sheet(workbook, SUBJECTS).cell(row, "编码").value
            marks.add(对象编码=code, 指标编码="H", 得分=40, 说明="任期目标")

    load(changed(path, by_hand))
    assert not EarlierResult.objects.exists()
    assert Mark.objects.filter(indicator="H").count() == 6


def test_errors_read_naturally_and_in_order(tmp_path: Path) -> None:
    path = good(tmp_path)

    def spoil(workbook: openpyxl.Workbook) -> None:
        marks = Sheet(workbook, MARKS)
        for row, value in ((12, 25), (3, "优")):
            marks.cell(row, "得分").value = value
            marks.cell(row, "说明").value = "见评分说明"
        Sheet(workbook, SUBJECTS).cell(4, "类别").value = "其他"

    changed(path, spoil)
    points = openpyxl.load_workbook(path)[MARKS]
    found = refusal(path)
    assert [place for place, _words in found] == [f"{SUBJECTS}!C4", f"{MARKS}!D3", f"{MARKS}!D12"]
    assert points["D12"].value == 25
    assert "党群机关" in found[0][1]
    assert "优" in found[1][1]
    assert "不适用" in found[1][1]
    assert found[2][1].startswith("25 ")
    assert all("一" <= words[-2] <= "鿿" or words[-2].isdigit() or words[-2] in "”）" for _place, words in found)


def test_a_result_that_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import reports.workbook.output

    def full_disk(*args: Any, **options: Any) -> None:
        Path(args[0]).write_bytes(b"half")
        raise OSError("no space left on device")

    path = good(tmp_path)
    monkeypatch.setattr(reports.workbook.output, "write_result", full_disk)
    with pytest.raises(OSError, match="no space"):
        call_command("appraise", str(path), str(tmp_path / "out.xlsx"))
    assert [file.name for file in tmp_path.iterdir()] == ["in.xlsx"]
    assert not Round.objects.exists()
    assert not Computation.objects.exists()


def test_a_cell_far_away_is_named(tmp_path: Path) -> None:
    path = good(tmp_path)

    def stray(workbook: openpyxl.Workbook) -> None:
        workbook[MARKS]["XFD1048576"] = "x"

    ((place, words),) = refusal(changed(path, stray))
    assert place == f"{MARKS}!XFD1048576"
    assert words

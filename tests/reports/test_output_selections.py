"""The sheets of selections and payout, read back, and recalculated by LibreOffice."""

import re
import shutil
import subprocess
from decimal import Decimal

import openpyxl
import pytest

from reports.workbook.output import write_result
from reports.workbook.output_selections import sheet_name
from reviews.models import PartialPresence
from reviews.services.selections import save_veto
from scoring.services import run_scoring
from tests.factories import make_unit, make_user
from tests.scoring.small import EXCLUSION, FOCUS, PAYOUT, QUOTA, VETO, small_round
from units.models import Role

pytestmark = pytest.mark.django_db
TOTALS = {"a": 95, "b": 91, "c": 70, "d": 30, "e": 80}


@pytest.fixture
def written(tmp_path):
    """A round with every kind of selection and a payout, a, b and e paid by months."""
    units = dict.fromkeys("abcde", make_unit())
    other, _computation = small_round({"a": 60, "b": 70, "e": 80}, code="target", title="年度目标考核", units=units)
    round_, computation = small_round(
        TOTALS,
        FOCUS + EXCLUSION + QUOTA + VETO + PAYOUT,
        name="2025-Q3",
        categories={"b": "乙类"},
        out="d",
        units=units,
    )
    save_veto(round=round_, position=3, earlier=other, places={"": 2}, seen="", by=make_user(Role.OFFICE))
    for letter, months in (("a", 1), ("b", 2), ("e", 1)):
        PartialPresence.objects.create(
            subject=round_.subjects.get(code=f"2025-Q3-{letter}"), months=months, reason="调离"
        )
    path = tmp_path / "result.xlsx"
    write_result(path, computation)
    return path


def rows_of(path, sheet, values=True):
    book = openpyxl.load_workbook(path, data_only=values)
    return [list(row) for row in book[sheet].iter_rows(values_only=True)]


def below(rows, head):
    """The rows of the block that starts with this heading, without empty cells."""
    start = next(n for n, row in enumerate(rows) if row[: len(head)] == head)
    block = []
    for row in rows[start + 1 :]:
        if row[1] is None and row[2] is None:
            break
        block.append(row[: len(head)])
    return block


def test_the_sheets_stand_before_the_notes(written):
    assert openpyxl.load_workbook(written).sheetnames == [
        "排名",
        "指标得分",
        "等次统计",
        "重点管理",
        "不得评优",
        "先进工作者",
        "差额否决",
        "奖金发放",
        "说明",
    ]


def test_a_focus_list_with_its_arithmetic(written):
    rows = rows_of(written, "重点管理")
    assert rows[0] == ["范围", "编码", "名称", "类别", "类别名次", "名次", "总分", "等次", "说明"]
    # 甲类 a c e with a grade: 3 × 5 % → 1; 乙类 b alone: 1 × 50 % → 1.
    assert [row[1] for row in rows[1:3]] == ["2025-Q3-c", "2025-Q3-b"]
    assert "居倒数第 1" in rows[1][8]
    head = ["范围", "有等次人数", "比例", "取最后", "列入人数"]
    assert below(rows, head) == [["甲类", 3, 0.05, 1, 1], ["乙类", 1, 0.5, 1, 1]]
    assert below(rows_of(written, "重点管理", values=False), head)[0][3].startswith("=ROUNDUP(ROUND(")


def test_places_and_whom_they_could_go_to(written):
    rows = rows_of(written, "先进工作者")
    assert [(row[1][-1], row[8]) for row in rows[1:5]] == [
        ("a", "可推荐"),
        ("b", "可推荐"),
        ("e", "可推荐"),
        ("c", "不得推荐"),
    ]
    ((_unit, size, share, places, eligible),) = below(rows, ["范围", "有等次人数", "比例", "名额", "可推荐人数"])
    assert (size, share, places, eligible) == (4, 0.5, 2, 3)


def test_a_veto_names_the_other_round(written):
    rows = rows_of(written, "差额否决")
    assert [(row[1][-1], row[8], row[9]) for row in rows[1:4]] == [
        ("e", 80, "保留名额"),
        ("b", 70, "保留名额"),
        ("a", 60, "否决"),
    ]
    assert below(rows, ["范围", "名额", "比例", "取前", "候选人数", "保留人数"]) == [["全体", 2, 1.5, 3, 3, 2]]
    said = [row[0] for row in rows if row[0]]
    assert "对照轮次：年度目标考核2025（2025）" in said
    assert "对照轮次的结果尚未公布，本表可能随之改变" in said


def test_payments_are_formulas_with_their_values(written):
    formulas, values = rows_of(written, "奖金发放", values=False), rows_of(written, "奖金发放")
    assert values[0][:8] == ["编码", "名称", "类别", "等次", "标准", "在岗月数", "周期月数", "实发"]
    paid = {row[0][-1]: tuple(row[3:8]) for row in values[1:6]}
    assert paid == {
        "a": ("好", 1000, 1, 3, 333.33),
        "b": ("好", 1000, 2, 3, 666.67),
        "c": ("中", 1000, 3, 3, 1000),
        "d": ("不定等次", 0, 3, 3, 0),
        "e": ("中", 1000, 1, 3, 333.33),
    }
    assert all(row[7].startswith("=ROUND(ROUND(") for row in formulas[1:6])
    assert (formulas[6][0], formulas[6][7], values[6][7]) == ("合计", "=ROUND(SUM(H2:H6),2)", 2333.33)
    assert values[7][:2] == ["大写", "贰仟叁佰叁拾叁元叁角叁分"]
    assert below(values, ["等次", "标准", "人数", "实发"]) == [
        ["好", 2100, 2, 1000],
        ["中", 1000, 2, 1333.33],
        ["差", 0, 0, 0],
        ["不定等次", 0, 1, 0],
    ]
    assert below(values, ["类别", None, "人数", "实发"]) == [["甲类", None, 4, 1666.66], ["乙类", None, 1, 666.67]]


def test_a_provisional_result_says_so_on_every_sheet(tmp_path):
    round_, _none = small_round(TOTALS, FOCUS + PAYOUT, name="2025-Q3", compute=False)
    round_.subjects.first().marks.all().delete()
    write_result(tmp_path / "out.xlsx", run_scoring(round=round_))
    for sheet in ("重点管理", "奖金发放"):
        assert any("暂定" in str(row[0]) for row in rows_of(tmp_path / "out.xlsx", sheet))


def test_nobody_is_paid_by_months_where_the_plan_does_not_say_so(tmp_path):
    _round, computation = small_round(TOTALS, PAYOUT.replace('partial_at = "中"', ""), name="2025-Q3")
    write_result(tmp_path / "out.xlsx", computation)
    rows = rows_of(tmp_path / "out.xlsx", "奖金发放")
    assert [(row[5], row[6]) for row in rows[1:6]] == [(None, None)] * 5
    assert rows[6][7] == 2100 + 2100 + 1000 + 0 + 1000


def test_queries_do_not_grow_with_the_subjects(tmp_path, django_assert_num_queries):
    uses = FOCUS + EXCLUSION + QUOTA + VETO + PAYOUT
    for count, name in ((2, "2024-Q1"), (5, "2024-Q2")):
        _round, computation = small_round(dict(list(TOTALS.items())[:count]), uses, name=name)
        with django_assert_num_queries(8):
            write_result(tmp_path / "out.xlsx", computation)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("重点管理", "重点管理"),
        ("优秀/良好[2025]: 名单?", "优秀 良好 2025   名单"),
        ("'引号'", "引号"),
        ("???", "结果运用"),
        ("排名", "排名 2"),
        ("History", "History 2"),
        ("长" * 40, "长" * 31),
    ],
)
def test_a_title_becomes_a_name_that_excel_takes(title, name):
    assert sheet_name(title, ["排名", "说明"]) == name


def test_two_long_titles_stay_two_sheets():
    assert sheet_name("长" * 40, ["长" * 31]) == "长" * 29 + " 2"


@pytest.mark.libreoffice
def test_libreoffice_recalculates_to_the_same_figures(written, tmp_path):
    # Without the cached values nothing but a recalculation can give the figures.
    bare = tmp_path / "bare.xlsx"
    openpyxl.load_workbook(written).save(bare)
    office = shutil.which("soffice") or shutil.which("libreoffice")
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [office, profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir"]
    command += [str(tmp_path / "lo"), str(bare)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    for sheet in ("重点管理", "不得评优", "先进工作者", "差额否决", "奖金发放"):
        assert _plain(rows_of(tmp_path / "lo" / "bare.xlsx", sheet)) == _plain(rows_of(written, sheet))


def _plain(rows):
    return [
        [
            Decimal(repr(v)).quantize(Decimal("0.000001"))
            if isinstance(v, int | float)
            else re.sub(r"\s+$", "", v or "")
            for v in row
        ]
        for row in rows
    ]

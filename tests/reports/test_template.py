"""The blank round workbook: what openpyxl finds in it, for plans of every kind."""

import datetime
import zipfile
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from indicators.services import engine_plan, ensure_plan, preset_codes
from reports.workbook import WorkbookRefused, load_workbook_file, write_marked_copy
from reports.workbook.layout import LAYOUTS
from reports.workbook.template import write_template
from reviews.models import EarlierResult, Event, Mark, NotApplicable, Subject, SubjectFact
from tests.factories import district_round

pytestmark = pytest.mark.django_db


@pytest.fixture
def written(tmp_path):
    """The template of a round, or of a plan code, as openpyxl reads it."""

    def write(of):
        path = tmp_path / "template.xlsx"
        if isinstance(of, str):
            write_template(path, ensure_plan(of))
        else:
            write_template(path, of.plan_version, of)
        return load_workbook(path)

    return write


def rows(book, sheet):
    header, *lines = book[sheet].iter_rows(values_only=True)
    return [dict(zip(header, line, strict=True)) for line in lines]


def header(book, sheet):
    return [cell.value for cell in book[sheet][1]]


def validation(book, sheet, column):
    """The validation of the column's first cell."""
    letter = book[sheet].cell(1, header(book, sheet).index(column) + 1).column_letter
    found = [v for v in book[sheet].data_validations.dataValidation if f"{letter}2" in v.sqref]
    assert len(found) == 1
    return found[0]


def listed(book, formula):
    """The values of the list behind a drop-down such as '选项'!$A$2:$A$4."""
    sheet, _mark, area = formula.rpartition("!")
    return [cell.value for line in book[sheet.strip("'")][area.replace("$", "")] for cell in line]


def test_a_round_of_district(written):
    round_ = district_round(25, deadline=datetime.date(2020, 12, 25))
    book = written(round_)
    assert book.sheetnames == ["填写说明", "方案", "对象", "评分", "事项", "选票", "计票", "选项"]
    assert book["选项"].sheet_state == "hidden"
    plan, period, deadline = rows(book, "方案")
    assert plan == {"项目": "方案", "值": "district-2020"}
    assert period == {"项目": "轮次", "值": "2020"}
    assert (deadline["项目"], deadline["值"].date()) == ("截止日期", datetime.date(2020, 12, 25))
    subjects = list(round_.subjects.all())
    assert rows(book, "对象") == [{"编码": s.code, "名称": s.name, "类别": s.category, "分组": None} for s in subjects]
    leaves = {
        "K111": "区委办公室", "K112": "区委区政府研究室", "K113": "区委区政府研究室", "K114": "区创城办",
        "K121": "区委办公室", "K122": "区委办公室", "K123": "区委办公室", "K131": "区委办公室",
        "K132": "区委办公室", "K133": "区委办公室", "K21": "区城管监督指挥中心", "K22": "区委组织部",
        "K231": "区委办公室", "K232": "区委办公室", "K233": "区委区政府研究室",
    }  # fmt: skip
    assert rows(book, "评分") == [
        {"对象编码": s.code, "指标编码": leaf, "考评主体": assessor, "得分": None, "说明": None}
        for leaf, assessor in leaves.items()
        for s in subjects
    ]
    for sheet in ("事项", "选票", "计票"):
        assert rows(book, sheet) == []


def test_drop_downs_and_checks_of_district(written):
    book = written(district_round(2))
    assert listed(book, validation(book, "对象", "类别").formula1) == ["党群机关", "人大机关", "政协机关"]
    marked = listed(book, validation(book, "评分", "指标编码").formula1)
    assert "R" not in marked
    assert {"K", "K11", "K111", "B", "E1"} <= set(marked)
    assert listed(book, validation(book, "评分", "考评主体").formula1) == [
        "区委办公室", "区委区政府研究室", "区创城办", "区城管监督指挥中心", "区委组织部",
    ]  # fmt: skip
    score = validation(book, "评分", "得分")
    assert score.type == "custom"
    assert 'TRIM(D2)="不适用"' in score.formula1
    assert "ROUND(D2,2)" in score.formula1
    limits = dict(zip(marked, listed(book, "'选项'!$B$2:$B$99"), strict=False))
    assert (limits["K111"], limits["K21"], limits["K"], limits["E1"]) == (2, 15, -1, -1)
    assert "COUNTA('对象'!$A:$A)" in validation(book, "评分", "对象编码").formula1
    assert listed(book, validation(book, "事项", "指标编码").formula1) == ["B", "D"]
    assert listed(book, validation(book, "事项", "状态").formula1) == ["已审核", "待审核", "不予认定"]
    assert "OFFSET(" in validation(book, "事项", "条目").formula1
    assert validation(book, "事项", "日期").type == "date"
    assert listed(book, validation(book, "选票", "票类").formula1) == ["unit", "leader"]
    assert listed(book, validation(book, "计票", "指标编码").formula1) == ["E1", "E2"]
    assert validation(book, "计票", "票数").type == "whole"
    assert validation(book, "选票", "评价").type == "custom"
    for sheet in ("对象", "评分", "事项", "选票", "计票"):
        assert book[sheet].freeze_panes == "A2"
        assert book[sheet].auto_filter.ref


@pytest.mark.parametrize("code", preset_codes())
def test_headers_of_every_preset_are_those_of_the_layout(written, code):
    book = written(code)
    plan = engine_plan(ensure_plan(code))
    assert {"方案", "对象"} <= set(book.sheetnames) <= {*LAYOUTS, "填写说明", "选项"}
    for sheet in set(book.sheetnames) & set(LAYOUTS):
        facts = [fact.title for fact in plan.facts] if sheet == "对象" else []
        assert header(book, sheet) == [*LAYOUTS[sheet].columns, *facts]
        assert sheet == "方案" or rows(book, sheet) == []
    assert rows(book, "方案") == [{"项目": "方案", "值": code}, {"项目": "轮次", "值": None}]


def test_people_facts_and_options_of_finance_points(written):
    round_ = district_round(2, plan="finance-points", name="2026-11")
    first, second = round_.subjects.all()
    SubjectFact.objects.create(subject=first, code="leave_days", value="2.5")
    SubjectFact.objects.create(subject=first, code="grave", value="false")
    book = written(round_)
    assert header(book, "对象")[:7] == [
        "编码", "名称", "类别", "分组", "病事假工作日", "无正当理由不参加", "情节严重、取消积分",
    ]  # fmt: skip
    filled, empty = rows(book, "对象")
    assert (filled["病事假工作日"], filled["情节严重、取消积分"], filled["无正当理由不参加"]) == (2.5, "否", None)
    assert empty["编码"] == second.code
    assert empty["病事假工作日"] is None
    assert validation(book, "对象", "病事假工作日").type == "decimal"
    assert listed(book, validation(book, "对象", "情节严重、取消积分").formula1) == ["是", "否"]
    # No leaf is marked; the sheet is there for what is not applicable, the ballot of a month without one.
    assert rows(book, "评分") == []
    assert "M" in listed(book, validation(book, "评分", "指标编码").formula1)
    answer = validation(book, "计票", "评价")
    assert listed(book, answer.formula1) == ["优秀", "称职", "基本称职", "不称职", "弃权"]


def test_attainments_of_yinhai(written):
    round_ = district_round(3, plan="yinhai-2016", name="2016")
    book = written(round_)
    assert rows(book, "完成率") == [
        {"对象编码": s.code, "指标编码": leaf, "目标值": None, "完成值": None}
        for leaf in ("G11", "G12", "G15")
        for s in round_.subjects.all()
    ]
    target = validation(book, "完成率", "目标值")
    assert (target.type, target.operator, target.formula1) == ("decimal", "greaterThan", "0")
    assert {row["考评主体"] for row in rows(book, "评分")} == {None}


def test_earlier_rounds_of_finance_annual(written):
    book = written("finance-annual")
    assert book.sheetnames == ["填写说明", "方案", "对象", "往期", "选项"]
    assert listed(book, validation(book, "往期", "组").formula1) == ["quarters"]
    guide = [str(cell.value) for row in book["填写说明"].iter_rows() for cell in row if cell.value]
    assert any("quarters（四个季度）" in words for words in guide)


def test_a_leaf_that_falls_back_to_marks_is_marked_until_its_set_has_a_round(written):
    round_ = district_round(1, plan="education-secretary", name="2026")
    assert [row["指标编码"] for row in rows(written(round_), "评分")] == ["H"]
    EarlierResult.objects.create(
        subject=round_.subjects.get(), set_name="term", round_name="2025", total=Decimal(80), points=Decimal(100)
    )
    assert rows(written(round_), "评分") == []


def test_a_branch_that_is_not_applicable_is_said_once_and_not_asked_for(written):
    round_ = district_round(2)
    first = round_.subjects.first()
    NotApplicable.objects.create(subject=first, indicator="K11")
    NotApplicable.objects.create(subject=first, indicator="K21", assessor="区城管监督指挥中心", note="没有此项职能")
    lines = rows(written(round_), "评分")
    own = [line for line in lines if line["对象编码"] == first.code]
    assert len(lines) == 15 + 2 + 15 - 5
    assert not {"K111", "K112", "K113", "K114"} & {line["指标编码"] for line in own}
    said = [(line["指标编码"], line["考评主体"], line["说明"]) for line in own if line["得分"] == "不适用"]
    assert said == [("K11", None, None), ("K21", "区城管监督指挥中心", "没有此项职能")]


def test_codes_stay_text_and_nothing_becomes_a_formula(written):
    round_ = district_round(1)
    Subject.objects.update(code="001", name='=HYPERLINK("http://x.example","点我")', group="+1")
    book = written(round_)
    line = book["对象"][2]
    assert [cell.value for cell in line] == ["001", '=HYPERLINK("http://x.example","点我")', "党群机关", "+1"]
    assert {cell.number_format for cell in line} == {"@"}
    assert line[0].data_type == "s"
    mark = book["评分"][2]
    assert (mark[0].value, mark[0].data_type, mark[0].number_format) == ("001", "s", "@")


def test_no_formula_in_the_file(tmp_path):
    round_ = district_round(1)
    Subject.objects.update(name="=1+1")
    path = tmp_path / "template.xlsx"
    write_template(path, round_.plan_version, round_)
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    assert any(b"=1+1" in data for data in sheets)
    assert not any(b"<f>" in data for data in sheets)


def test_instructions_name_this_plan(written):
    book = written(district_round(2))
    text = "\n".join(str(cell) for line in book["填写说明"].iter_rows(values_only=True) for cell in line if cell)
    for expected in (
        "区党群、人大和政协机关绩效考核 · 考核数据簿", "考核对象：2 个", "K111", "承接市委巡视组整改事项",
        "B-1", "市委领导全面充分肯定性批示", "unit", "参评单位", "0 到 100 的分数", "本方案要求每个得分都有说明",
        "得分和说明都空着的行视为没有填写，导入时跳过",
    ):  # fmt: skip
        assert expected in text


def test_queries_do_not_grow_with_the_subjects(tmp_path, django_assert_num_queries):
    for number in (1, 3):
        round_ = district_round(number, name=str(2020 + number))
        with django_assert_num_queries(3):
            write_template(tmp_path / "template.xlsx", round_.plan_version, round_)


# ------------------------------------------------------------------------------ the way back


@pytest.fixture
def filled(tmp_path):
    """The template of a round after `fill(book)`, saved as a user would save it."""

    def write(round_, fill):
        path = tmp_path / "filled.xlsx"
        write_template(path, round_.plan_version, round_)
        book = load_workbook(path)
        fill(book)
        book.save(path)
        return path

    return write


def load(path, round_, **options):
    return load_workbook_file(path, by=None, round=round_, **{"allow_missing": True, "whole": False} | options)


def test_a_blank_template_loads_and_changes_nothing(filled):
    round_ = district_round(3, deadline=datetime.date(2020, 12, 25))
    first = round_.subjects.first()
    NotApplicable.objects.create(subject=first, indicator="K11")
    report = load(filled(round_, lambda book: None), round_)
    assert not report.opened
    assert sum(c.new + c.changed + c.withdrawn for c in report.counts.values()) == 0
    assert Mark.objects.count() == 0
    assert NotApplicable.objects.get().indicator == "K11"


def test_a_filled_template_is_loaded_whole(filled):
    round_ = district_round(3)

    def fill(book):
        for line in book["评分"].iter_rows(min_row=2):
            line[3].value, line[4].value = 1.25, "按时完成"
        book["评分"]["D2"].value, book["评分"]["E2"].value = "不适用", None
        book["事项"].append(["S001", "B", "B-1", None, 2, "批示", None, datetime.date(2020, 5, 6), "已审核"])
        for voter, subject in (("S001", "S002"), ("S002", "S003"), ("S003", "S001")):
            book["选票"].append([f"P{voter}", "unit", voter, subject, "E1", 90])
            book["计票"].append([subject, "E2", "leader", 88, 4])

    report = load(filled(round_, fill), round_, allow_missing=False, whole=True)
    assert report.round_id == round_.pk
    assert Mark.objects.filter(subject__round=round_).count() == 3 * 15 - 1
    assert set(Mark.objects.values_list("value", flat=True)) == {Decimal("1.25")}
    assert NotApplicable.objects.get().indicator == "K111"
    assert (Event.objects.get().item, Event.objects.get().date) == ("B-1", datetime.date(2020, 5, 6))


def test_a_filled_plan_template_opens_its_round(tmp_path):
    path = tmp_path / "plan.xlsx"
    write_template(path, ensure_plan("finance-points"))
    book = load_workbook(path)
    book["方案"]["B3"] = "2026-11"
    book["对象"].append(["001", "张一", "机关", "李二", 2.5, "否"])
    book["评分"].append(["001", "M", None, "不适用"])
    book["事项"].append(["001", "A", "A1", 2])
    book.save(path)
    report = load(path, None, allow_missing=False, whole=True)
    assert report.opened
    subject = Subject.objects.get(round_id=report.round_id)
    assert (subject.code, subject.name, subject.group) == ("001", "张一", "李二")
    assert dict(subject.facts.values_list("code", "value")) == {"leave_days": "2.5", "refused": "false"}


def test_what_is_wrong_in_a_filled_template_is_marked_where_it_stands(filled, tmp_path):
    round_ = district_round(2)

    def fill(book):
        book["评分"]["D3"].value, book["评分"]["E3"].value = 99, "太高"

    path = filled(round_, fill)
    with pytest.raises(WorkbookRefused) as refused:
        load(path, round_)
    assert [problem.place for problem in refused.value.problems] == ["评分!D3"]
    out = tmp_path / "marked.xlsx"
    write_marked_copy(path, out, refused.value.problems)
    book = load_workbook(out)
    assert book.sheetnames[0] == "错误清单"
    assert refused.value.problems[0].message in book["评分"]["D3"].comment.text
    assert validation(book, "评分", "得分").type == "custom"
    assert Mark.objects.count() == 0


def test_the_yellow_of_an_empty_cell_does_not_hide_that_it_is_wrong(filled, tmp_path):
    round_ = district_round(1)
    path = filled(round_, lambda book: book["评分"].__setitem__("D2", 1))
    with pytest.raises(WorkbookRefused) as refused:
        load(path, round_)
    assert [problem.place for problem in refused.value.problems] == ["评分!E2"]
    out = tmp_path / "marked.xlsx"
    write_marked_copy(path, out, refused.value.problems)

    def paints(file, sheet):
        areas = load_workbook(file)[sheet].conditional_formatting
        return sorted(str(area.sqref).split(":")[0] for area in areas)

    assert paints(path, "评分") == ["A2", "D2", "E2"]
    assert paints(out, "评分") == ["A2"]
    assert paints(out, "事项") == paints(path, "事项") == ["A2"]
    assert load_workbook(out)["评分"]["E2"].fill.start_color.rgb == "FFFFC7CE"

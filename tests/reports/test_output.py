"""The result workbook: its sheets, its live formulas with cached values, and what it withholds."""

import re
import shutil
import subprocess
from decimal import Decimal

import openpyxl
import pytest

from reports.demo import load_demo
from reports.workbook.output import write_result
from scoring.queries import current_computation, read_results
from tests.factories import district_round

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(tmp_path, settings, monkeypatch):
    monkeypatch.setattr("reports.demo.accounts.PASSWORD_FILE", tmp_path / "demo_password")
    round_ = load_demo()
    path = tmp_path / "result.xlsx"
    computation = current_computation(round_)
    write_result(path, computation)
    return round_, computation, path


def rows_of(path, sheet, values=True):
    book = openpyxl.load_workbook(path, data_only=values)
    return [list(row) for row in book[sheet].iter_rows(values_only=True)]


def test_sheets_and_headers(demo):
    _round, _computation, path = demo
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["排名", "指标得分", "投票汇总", "等次统计", "说明"]
    head = [cell.value for cell in book["排名"][1]]
    assert head == ["名次", "类别名次", "编码", "名称", "类别", "总分", "等次", "等次说明", "标记"]
    scores = [cell.value for cell in book["指标得分"][1]]
    assert scores[:5] == ["编码", "名称", "R 总分", "K 重点工作", "K1 个性工作"]


def test_totals_ranks_and_composites_are_formulas_with_cached_values(demo):
    _round, computation, path = demo
    results = read_results(computation)
    formulas, cached = rows_of(path, "排名", values=False), rows_of(path, "排名")
    assert all(str(row[0]).startswith("=") and str(row[5]).startswith("=") for row in formulas[1:])
    for row, stored in zip(cached[1:], results, strict=True):
        assert (row[0], Decimal(str(row[5]))) == (stored.result.rank, stored.result.total.normalize())
    nodes = rows_of(path, "指标得分", values=False)
    column = nodes[0].index("K 重点工作")
    assert all(str(row[column]).startswith("=ROUND(") for row in nodes[1:])
    assert all(str(row[2]).startswith("=MAX(0,ROUND(") for row in nodes[1:])


def test_missing_is_a_word_and_not_applicable_another(demo):
    _round, _computation, path = demo
    rows = {row[1]: row for row in rows_of(path, "指标得分")}
    heads = rows_of(path, "指标得分")[0]
    assert rows["区侨联"][heads.index("K21 接诉即办")] == "缺失"
    assert rows["区委党校"][heads.index("K114 创建全国文明城区")] == "不适用"
    assert rows["区文联"][heads.index("K13 会议议定事项")] == "不适用"


def test_penalties_are_negative(demo):
    _round, _computation, path = demo
    rows = {row[1]: row for row in rows_of(path, "指标得分")}
    assert rows["区残联"][rows_of(path, "指标得分")[0].index("D 减分项")] == -2


def test_text_that_looks_like_a_formula_stays_text(tmp_path):
    from scoring.services import run_scoring

    round_ = district_round(2)
    subject = round_.subjects.first()
    subject.name = "=HYPERLINK(1)"
    subject.save(update_fields=["name"])
    path = tmp_path / "out.xlsx"
    write_result(path, run_scoring(round=round_))
    cell = next(c for c in openpyxl.load_workbook(path)["排名"]["D"] if c.value == "=HYPERLINK(1)")
    assert cell.data_type == "s"


def test_queries_do_not_grow_with_the_subjects(tmp_path, django_assert_num_queries):
    from scoring.services import run_scoring

    for count, number in ((1, 0), (6, 1)):
        round_ = district_round(count, name=str(2020 + number))
        computation = run_scoring(round=round_)
        with django_assert_num_queries(6):
            write_result(tmp_path / "out.xlsx", computation)


def test_the_notes_name_every_rule_and_default_and_the_digest(demo):
    _round, computation, path = demo
    notes = rows_of(path, "说明")
    names = [row[0] for row in notes]
    assert computation.digest in [row[1] for row in notes]
    assert names.count("默认值，方案未规定") > 10
    assert {"等次规则 1", "等次规则 2", "计分 K21 接诉即办"} <= set(names)


@pytest.mark.libreoffice
def test_libreoffice_recalculates_to_the_same_figures(demo, tmp_path):
    _round, _computation, path = demo
    # Without the cached values nothing but a recalculation can give the figures.
    bare = tmp_path / "bare.xlsx"
    book = openpyxl.load_workbook(path)
    book.save(bare)
    office = shutil.which("soffice") or shutil.which("libreoffice")
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [office, profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir"]
    command += [str(tmp_path / "lo"), str(bare)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    for sheet in ("排名", "指标得分"):
        assert _plain(rows_of(tmp_path / "lo" / "bare.xlsx", sheet)) == _plain(rows_of(path, sheet))


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

"""The generated workbooks, the damaged ones, and the comparison of a result with the oracle."""

from collections import defaultdict
from fractions import Fraction as F

import pytest
from openpyxl import Workbook, load_workbook

from .book import code, number, read, rows, text
from .broken import CASES, TOGETHER, damage_all
from .compare import compare
from .compute import compute, compute_book
from .generate import make_large, make_workbook
from .plans import ADJUSTMENTS, BALLOT_METHODS, PLANS, walk

# --- reading, writing, comparing


def test_cells_as_people_type_them():
    sheet = Workbook().active
    typed = [" 001\u3000", "".join(map(chr, (0xFF10, 0xFF10, 0xFF11)))]
    for value in typed:
        sheet["A1"] = value
        assert code(sheet["A1"]) == "001"
    sheet["B1"], sheet["B1"].number_format = 1, "000"
    assert text(sheet["B1"]) == "001"
    for value in (4.6000000000000005, " 4.6", "\uff14\uff0e\uff16"):
        sheet["C1"] = value
        assert number(sheet["C1"]) == F("4.6")


@pytest.mark.parametrize("name", PLANS)
def test_every_plan_adds_up(name):
    for one in walk(PLANS[name]["root"]):
        ordinary = [child for child in one["children"] if child["method"] not in ADJUSTMENTS]
        if ordinary and all(child["weight"] is None for child in ordinary):
            assert sum(F(child["points"]) for child in ordinary) == F(one["points"]), one["code"]


@pytest.mark.parametrize("name", PLANS)
def test_generated_workbooks_are_complete_and_repeat_themselves(name, tmp_path):
    first, again = tmp_path / "1.xlsx", tmp_path / "2.xlsx"
    for seed in range(3):
        make_workbook(first, name, seed)
        make_workbook(again, name, seed)
        assert _cells(first) == _cells(again)
        outcome = compute(first)
        assert not [one for one in outcome.results.values() if one.missing]
        _assert_valid(first)


def test_a_workbook_with_gaps_has_missing_inputs(tmp_path):
    path = tmp_path / "gaps.xlsx"
    make_workbook(path, "district-2020", 3, missing=True)
    assert any(one.missing for one in compute(path).results.values())


def _cells(path):
    return {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in load_workbook(path)}


def _assert_valid(path):
    """No ballot or voter votes twice, nobody on itself; no input on a node that is not applicable."""
    book, workbook = read(path), load_workbook(path, data_only=True)
    outcome, seen = compute_book(book), set()
    scores = {name: result.scores for name, result in outcome.results.items()}
    allows = {one["code"]: one.get("self_vote") for one in walk(book.plan["root"]) if one["method"] in BALLOT_METHODS}
    for row in rows(workbook, "选票"):
        subject, leaf, voter = (code(row[head]) for head in ("对象编码", "指标编码", "投票对象"))
        keys = {(text(row["票号"]), subject, leaf)} | ({(voter, subject, leaf)} if voter else set())
        assert not keys & seen
        seen |= keys
        assert voter != subject or allows[leaf]
    for given in (book.marks, book.attainments, book.events, book.votes):
        for key in given:
            assert scores[key[0]][key[1]] != "不适用", key
    assert all(scores[subject][leaf] == "不适用" for subject, leaf in book.not_applicable)


def test_compare_sees_every_kind_of_difference(tmp_path):
    source, result = tmp_path / "in.xlsx", tmp_path / "out.xlsx"
    make_workbook(source, "district-2020", 5, subjects=8)
    outcome = compute(source)
    workbook = _result(outcome)
    workbook.save(result)
    assert compare(result, outcome) == []
    ranking, scores = workbook["排名"], workbook["指标得分"]
    for cell, value in (
        (ranking["A2"], 9),
        (ranking["B3"], 9),
        (ranking["F4"], 1),
        (ranking["G5"], "无"),
        (scores["E6"], 77),
    ):
        cell.value = value
    workbook.save(result)
    wrong = "\n".join(compare(result, outcome))
    for word in ("名次", "类别名次", "总分", "等次", "K1"):
        assert word in wrong
    ranking.delete_rows(9)
    workbook.save(result)
    assert any("not listed" in line for line in compare(result, outcome))


def _result(outcome):
    workbook = Workbook()
    ranking, scores = workbook.active, workbook.create_sheet("指标得分")
    ranking.title = "排名"
    ranking.append(["名次", "类别名次", "编码", "名称", "类别", "总分", "等次"])
    nodes = list(walk(outcome.book.plan["root"]))
    scores.append(["编码", "名称", *(f"{one['code']} {one['title']}" for one in nodes)])
    for one in sorted(outcome.results.values(), key=lambda one: one.rank):
        who = one.subject
        ranking.append(
            [one.rank, one.category_rank, who.code, who.name, who.category, float(one.total), one.grade or "不定等次"]
        )
        scores.append(
            [
                who.code,
                who.name,
                *(
                    value if isinstance(value, str) else float(value)
                    for value in (one.scores[node["code"]] for node in nodes)
                ),
            ]
        )
    return workbook


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_damage_changes_the_workbook_at_a_cell_it_names(case, tmp_path):
    path = tmp_path / "base.xlsx"
    make_workbook(path, case.plan, 1, subjects=12, hard=False)
    before = _cells(path)
    workbook = load_workbook(path)
    accepted = case.damage(workbook)
    assert accepted
    for sheet, cell in accepted:
        assert sheet in workbook.sheetnames
        assert workbook[sheet][cell].row <= workbook[sheet].max_row
    workbook.save(path)
    assert _cells(path) != before


def test_damages_add_up(tmp_path):
    path = tmp_path / "base.xlsx"
    make_workbook(path, "district-2020", 1, subjects=12, hard=False)
    places = damage_all(load_workbook(path), TOGETHER)
    assert len({accepted[0] for accepted in places}) == len(TOGETHER)


def test_the_large_workbook_has_the_rows_asked_for(tmp_path):
    path = tmp_path / "large.xlsx"
    make_large(path, "district-2020", 20, 200)
    counted = defaultdict(int)
    workbook = load_workbook(path)
    for sheet in workbook.sheetnames:
        counted[sheet] = workbook[sheet].max_row - 1
    assert (counted["对象"], counted["选票"], counted["评分"]) == (20, 200, 20 * 15)
    assert not [one for one in compute(path).results.values() if one.missing]
    _assert_valid(path)

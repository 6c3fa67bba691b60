"""Edits of a draft's document: each keeps what it does not concern, and follows codes and names everywhere."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from indicators import document as documents
from indicators import edits, edits_parts, outline, plan_file, services
from indicators.edits import Changed, Refused


def preset(code: str) -> dict[str, Any]:
    return documents.normalise(plan_file.load(services.preset_text(code)))


def codes(document: dict[str, Any]) -> list[str]:
    return [row["code"] for row in document["indicators"]]


def places(document: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(row["code"], row.get("parent")) for row in document["indicators"]]


def below(document: dict[str, Any], parent: str) -> list[str]:
    return [row["code"] for row in edits.children(document, parent)]


def errors(document: dict[str, Any]) -> list[str]:
    return [path for path, _text in documents.check(document).errors]


@pytest.mark.parametrize("code", services.preset_codes())
def test_the_tree_s_order_is_a_preset_s_own_order_or_computes_the_same(code):
    document = preset(code)
    before = documents.parse(document)
    document["indicators"] = [row for row, _depth in edits.in_tree_order(document)]
    assert documents.parse(document) == before


# ------------------------------------------------------------------------------ one value


def test_a_value_is_changed_and_said_in_words():
    document = preset("yinhai-2016")
    words = edits.set_cell(document, "G11", "points", " １４０ ")
    assert edits.find(document, "G11")["points"] == "140"
    assert words.values["before"] == "150"
    assert words.values["after"] == "140"
    # The office has set it: no longer the product's default.
    assert "defaults" not in edits.find(document, "G11") or "points" not in edits.find(document, "G11")["defaults"]
    assert errors(document) == ["indicators.G1.points"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("points", "abc"),
        ("points", "0"),
        ("points", "-5"),
        ("points", ""),
        ("title", " "),
        ("weight", "-1"),
        ("method", "guess"),
        ("code", "a b"),
        ("code", ""),
    ],
)
def test_a_wrong_value_is_refused(key, value):
    document = preset("yinhai-2016")
    before = copy.deepcopy(document)
    with pytest.raises(Refused) as caught:
        edits.set_cell(document, "G11", key, value)
    assert caught.value.problems[0][0] == (key,)
    assert document == before


def test_an_empty_weight_goes():
    document = preset("subdistrict-quarterly")
    edits.set_cell(document, "J", "weight", "")
    assert "weight" not in edits.find(document, "J")


def test_somebody_else_s_value_is_not_overwritten_unseen():
    document = preset("yinhai-2016")
    edits.set_cell(document, "G11", "points", "140")
    with pytest.raises(Changed) as caught:
        edits.set_cell(document, "G11", "points", "130", seen="150")
    assert caught.value.theirs == "140"
    edits.set_cell(document, "G11", "points", "130", seen="140")
    assert edits.find(document, "G11")["points"] == "130"


def test_another_method_keeps_only_what_it_has_too():
    document = preset("yinhai-2016")
    edits.set_cell(document, "S1", "method", "rank_band")
    assert {"classes", "scale"} <= set(edits.find(document, "S1"))
    edits.set_cell(document, "S1", "method", "marks")
    row = edits.find(document, "S1")
    assert set(row) == {"code", "parent", "title", "points", "method", "note"}


def test_a_code_is_renamed_wherever_it_is_used():
    document = preset("bureau-annual")
    edits.set_cell(document, "D", "code", "D9")
    assert errors(document) == []
    assert document["tie_breakers"] == ["D9"]
    assert any("score:D9 < 51" in rule.get("if", "") for rule in document["rules"])
    party = preset("system-party-secretary")
    edits.set_cell(party, "T", "code", "T2")
    assert errors(party) == []
    assert "option_share:T2:一般 + option_share:T2:差" in party["rules"][1]["if"]
    root = preset("district-2020")
    edits.set_cell(root, "K", "code", "K0")
    assert errors(root) == []
    assert below(root, "K0") == ["K1", "K2"]
    assert "score:K0" not in str(root["rules"])


def test_a_code_that_is_taken_is_refused():
    document = preset("yinhai-2016")
    with pytest.raises(Refused):
        edits.set_cell(document, "G11", "code", "G12")


# ------------------------------------------------------------------------------ adding, moving, deleting


def test_a_new_indicator_takes_the_points_that_are_missing():
    document = preset("yinhai-2016")
    edits.set_cell(document, "G11", "points", "140")
    code, _words = edits.add_indicator(document, "G1", after="G11", title="新指标")
    assert below(document, "G1")[:3] == ["G11", code, "G12"]
    assert edits.find(document, code)["points"] == "10"
    assert edits.find(document, code)["method"] == "attainment"
    assert errors(document) == []


def test_adding_below_a_leaf_makes_it_the_sum():
    document = preset("yinhai-2016")
    code, _words = edits.add_indicator(document, "G13", title="分项")
    row = edits.find(document, "G13")
    assert "method" not in row
    assert edits.find(document, code)["points"] == "60"
    assert errors(document) == []


def test_codes_of_new_indicators_fit_their_siblings():
    document = preset("district-2020")
    assert edits.new_code(document, "K12") == "K124"
    assert edits.new_code(document, "R") == "A"
    assert edits.new_code(preset("farm-two-duties"), "R") == "N1"


def test_a_branch_moves_whole():
    document = preset("district-2020")
    edits.move_indicator(document, "K12", "K2", before="K22")
    assert below(document, "K2") == ["K21", "K12", "K22", "K23"]
    assert below(document, "K12") == ["K121", "K122", "K123"]
    order = codes(document)
    assert order.index("K12") == order.index("K21") + 1
    assert sorted(order) == sorted(codes(preset("district-2020")))


@pytest.mark.parametrize(("code", "parent"), [("K", "K11"), ("K", "K"), ("R", "K"), ("K11", "none")])
def test_moves_that_make_no_tree_are_refused(code, parent):
    document = preset("district-2020")
    with pytest.raises(Refused):
        edits.move_indicator(document, code, parent)


def test_steps_by_keyboard_and_back():
    document = preset("district-2020")
    before = places(document)
    for direction, back in (("up", "down"), ("down", "up"), ("out", None), ("in", "out")):
        edits.step_indicator(document, "K12", direction)
        assert places(document) != before
        if back:
            edits.step_indicator(document, "K12", back)
        else:
            assert below(document, "K")[:2] == ["K1", "K12"]
            edits.move_indicator(document, "K12", "K1", before="K13")
        assert places(document) == before
    for code, direction in (("K11", "up"), ("K13", "down"), ("K", "out"), ("K11", "in"), ("R", "up")):
        with pytest.raises(Refused):
            edits.step_indicator(document, code, direction)


def test_deleting_takes_the_branch_and_its_tie_breaker():
    document = preset("district-2020")
    words = edits.delete_indicator(document, "K")
    assert words.values["count"] == 21
    assert document["tie_breakers"] == ["E"]
    assert not any(code.startswith("K") for code in codes(document))
    with pytest.raises(Refused):
        edits.delete_indicator(document, "R")


def test_a_copy_has_codes_of_its_own():
    document = preset("district-2020")
    code, _words = edits.copy_indicator(document, "K12")
    assert below(document, "K1")[:3] == ["K11", "K12", code]
    assert [edits.find(document, each)["title"] for each in below(document, code)] == [
        edits.find(document, each)["title"] for each in below(document, "K12")
    ]
    assert len(set(codes(document))) == len(codes(document))


# ------------------------------------------------------------------------------ other parts


def test_a_renamed_grade_is_renamed_wherever_it_is_used():
    document = preset("subdistrict-quarterly")
    values = edits_parts.basics_of(document) | {"grades": ["优等", "良好", "称职", "不称职"]}
    edits_parts.set_basics(document, values)
    assert errors(document) == []
    assert "优秀" not in str([rule.get("grade") for rule in document["rules"]])
    assert document["payout"]["amounts"] == {"优等": "2100", "良好": "1800", "称职": "1500"}
    assert next(rule for rule in document["rules"] if rule["rule"] == "thresholds")["minimums"]["优等"] == "90"


def test_a_renamed_category_is_renamed_in_scopes_and_shares():
    document = preset("county-secretary")
    names = ["乡镇街道", "市直单位", "行政村", "社区"]
    edits_parts.set_basics(document, edits_parts.basics_of(document) | {"categories": names})
    assert document["selections"][1]["shares"] == {"行政村": "0.10"} or document["selections"][1]["shares"] == {
        "行政村": "0.1"
    }
    assert errors(document) == []


def test_a_grade_that_is_taken_away_is_a_mistake_and_not_a_renaming():
    document = preset("yinhai-2016")
    edits_parts.set_basics(document, edits_parts.basics_of(document) | {"grades": ["一等", "二等", "不合格"]})
    assert any(path.startswith("rules.0") for path in errors(document))


def test_a_renamed_fact_is_renamed_in_conditions():
    document = preset("yinhai-2016")
    edits_parts.replace_row(document, "facts", 0, {**document["facts"][0], "code": "one_vote"})
    assert document["rules"][2]["if"] == "one_vote or grave_event"
    assert errors(document) == []


def test_rows_are_added_moved_and_deleted():
    document = preset("yinhai-2016")
    rule = {"rule": "cap", "if": "vetoed", "grade": "二等"}
    edits_parts.add_row(document, "rules", rule)
    assert document["rules"][3] == rule
    edits_parts.move_row(document, "rules", 3, 0)
    assert document["rules"][0] == rule
    edits_parts.delete_row(document, "rules", 0)
    assert document == preset("yinhai-2016")
    for index in (0, 0):
        edits_parts.delete_row(document, "facts", index)
    assert "facts" not in document
    with pytest.raises(Refused):
        edits_parts.move_row(document, "rules", 0, 3)
    with pytest.raises(Refused):
        edits_parts.delete_row(document, "rules", 9)


def test_a_row_that_was_changed_meanwhile_is_kept():
    document = preset("yinhai-2016")
    seen = edits.fingerprint(document["rules"][0])
    edits_parts.replace_row(document, "rules", 0, {**document["rules"][0], "note": "甲"}, seen)
    with pytest.raises(Changed):
        edits_parts.replace_row(document, "rules", 0, {**document["rules"][0], "note": "乙"}, seen)


def test_a_wrong_row_names_its_places():
    document = preset("yinhai-2016")
    with pytest.raises(Refused) as caught:
        edits_parts.add_row(document, "facts", {"code": "1x", "title": "", "type": "maybe"})
    assert {path[0] for path, _text in caught.value.problems} == {"code", "title", "type"}


# ------------------------------------------------------------------------------ the editor's view


def test_the_tree_shows_sums_and_what_is_lacking():
    document = preset("yinhai-2016")
    edits.set_cell(document, "G11", "points", "140")
    rows = {row.code: row for row in outline.tree(document, documents.check(document).problems)}
    assert (str(rows["G1"].sum), str(rows["G1"].gap), rows["G1"].lacks) == ("590", "10", True)
    assert rows["R"].difference is None
    assert [problem.path for problem in rows["G1"].problems] == ["indicators.G1.points"]
    edits.set_cell(document, "G11", "points", "170")
    rows = {row.code: row for row in outline.tree(document)}
    assert (str(rows["G1"].gap), rows["G1"].lacks) == ("20", False)


def test_where_weights_decide_nothing_is_lacking():
    rows = {row.code: row for row in outline.tree(preset("subdistrict-quarterly"))}
    assert rows["R"].sum is None
    assert rows["J"].sum is not None


@pytest.mark.parametrize(
    ("path", "section", "target", "index"),
    [
        ("indicators.G11.points", "tree", "G11", None),
        ("indicators.nowhere", "tree", "", None),
        ("rules.1.grade", "rules", "rules", 1),
        ("facts.vetoed.title", "facts", "facts", 0),
        ("tie_breakers.0", "basics", "", None),
        ("payout.amounts", "use", "payout", None),
        ("objection.to", "procedure", "objection", None),
    ],
)
def test_every_problem_has_a_page(path, section, target, index):
    from scoring.engine.types import Problem, Text

    place = outline.place_of(Problem(path, Text("x")), preset("yinhai-2016"))
    assert (place.section, place.target, place.index) == (section, target, index)


# ------------------------------------------------------------------------------ pasted lists

NAMES = {"评分": "marks", "扣分制": "deduct"}


def test_a_list_out_of_a_spreadsheet_is_read_by_its_codes():
    text = (
        "K\t重点工作\t60\nK1\t个性工作\t24\nK11\t决策\t１４\t评分\nK12\t专项\t10分\nK2\t共性\t36\t扣分制\nE\t评价\t40"
    )
    lines = outline.read_lines(text, NAMES)
    assert [line.depth for line in lines] == [0, 1, 2, 2, 1, 0]
    document = {"indicators": [{"code": "R", "title": "总分", "points": "100"}]}
    outline.paste(document, "R", lines)
    assert codes(document) == ["R", "K", "K1", "K11", "K12", "K2", "E"]
    assert edits.find(document, "K2")["method"] == "deduct"
    assert "method" not in edits.find(document, "K1")
    assert edits.find(document, "K12")["points"] == "10"
    assert errors({**preset("district-2020"), **document, "tie_breakers": ["K", "E"], "rules": []}) == []


def test_a_list_with_blanks_in_front_gets_codes():
    lines = outline.read_lines("目标考核  700\n  职能指标  600\n    重点任务  600\n  共性指标  100\n工作满意  300", {})
    assert [(line.depth, line.title, line.points) for line in lines] == [
        (0, "目标考核", "700"),
        (1, "职能指标", "600"),
        (2, "重点任务", "600"),
        (1, "共性指标", "100"),
        (0, "工作满意", "300"),
    ]
    document = {"indicators": [{"code": "R", "title": "总分", "points": "1000"}]}
    outline.paste(document, "R", lines)
    assert [row["title"] for row in edits.children(document, "R")] == ["目标考核", "工作满意"]
    assert len(set(codes(document))) == 6


def test_what_a_list_cannot_mean_is_said_with_its_line():
    lines = outline.read_lines("K\t重点\t60\nE\t评价\t四十", {})
    with pytest.raises(Refused) as caught:
        outline.paste({"indicators": [{"code": "R", "title": "总分", "points": "100"}]}, "R", lines)
    assert [path for path, _text in caught.value.problems] == [("2",)]
    twice = outline.read_lines("K\t重点\t60\nK\t评价\t40", {})
    with pytest.raises(Refused) as caught:
        outline.paste({"indicators": [{"code": "R", "title": "总分", "points": "100"}]}, "R", twice)
    assert caught.value.problems[0][0][0] == "2"
    with pytest.raises(Refused):
        outline.paste({"indicators": [{"code": "R", "title": "总分", "points": "100"}]}, "R", [])


def test_tabs_within_an_indented_line_still_part_its_columns():
    lines = outline.read_lines("第一项\t3\n\t第一小项\t1\n\t\t更小的一项\t1", {})
    assert [(line.depth, line.title, line.points) for line in lines] == [
        (0, "第一项", "3"),
        (1, "第一小项", "1"),
        (2, "更小的一项", "1"),
    ]

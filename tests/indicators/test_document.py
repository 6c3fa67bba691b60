"""Documents: what is refused and where, the stored form, the digest, the file."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators import document, imports, plan_file, services
from indicators.messages import problem_lines
from indicators.rendering import render
from scoring.engine.types import Text

from .broken import BASE, BROKEN, DOUBTS, NOT_TOML, SENSELESS, Broken


def load(text: str) -> dict[str, Any]:
    return plan_file.load(text)


def test_base_is_right() -> None:
    plan = document.parse(load(BASE))
    work, ballot, bonus = plan.root.children
    assert [(a.name, a.weight) for a in work.assessors] == [("办公室", 1), ("人事处", 2)]
    assert ballot.ballot is not None
    assert [c.weight for c in ballot.ballot.classes] == [Decimal("0.6"), Decimal("0.4")]
    assert bonus.catalogue[0].values == (3, 1)
    assert plan.rules[1].minimums == {"优秀": Decimal(90), "合格": None}
    assert plan.rules[2].scope == "category"


@pytest.mark.parametrize("case", [*BROKEN, *SENSELESS], ids=lambda case: case.name)
def test_broken_file_names_path_and_line(case: Broken) -> None:
    assert BASE.count(case.old) >= 1
    text = BASE.replace(case.old, case.new, 1)
    with pytest.raises(document.DocumentErrors) as caught:
        document.parse(load(text))
    with translation.override("en"):
        found = {path: render(words) for path, words in caught.value.errors}
        lines = problem_lines(caught.value, text, "plan.toml")
    assert case.path in found
    assert case.says in found[case.path]
    named = [line for line in lines if f": {case.path}: " in line]
    number = int(named[0].split(":")[1])
    assert case.line in text.splitlines()[number - 1]


@pytest.mark.parametrize("case", DOUBTS, ids=lambda case: case.name)
def test_what_is_hardly_meant_is_a_warning_on_its_line(case: Broken) -> None:
    text = BASE.replace(case.old, case.new, 1)
    if "特优" in case.new:
        text = text.replace('grades = ["优秀"', 'grades = ["特优", "优秀"')
    checked = imports.check_text(text)
    assert checked.plan is not None
    found = [problem for problem in checked.warnings if problem.path == case.path]
    with translation.override("en"):
        assert [case.says in render(problem.text) for problem in found] == [True]
    assert case.line in found[0].source


@pytest.mark.parametrize("case", [*BROKEN, *SENSELESS, *DOUBTS], ids=lambda case: case.name)
def test_every_problem_is_said_in_chinese(case: Broken) -> None:
    checked = imports.check_text(BASE.replace(case.old, case.new, 1))
    assert checked.problems
    with translation.override("zh-hans"):
        for problem in checked.problems:
            said = render(problem.text)
            assert re.search("[\u4e00-\u9fff]", said)
            with translation.override("en"):
                assert said != render(problem.text)


@pytest.mark.parametrize(("old", "new", "line", "says"), NOT_TOML)
def test_no_toml_says_what_is_wrong_and_where(old: str, new: str, line: str, says: str) -> None:
    (problem,) = imports.check_text(BASE.replace(old, new, 1)).problems
    assert line in problem.source
    with translation.override("en"):
        assert says in render(problem.text)
    with translation.override("zh-hans"):
        assert re.search("[\u4e00-\u9fff]", render(problem.text))


def test_the_place_of_a_problem_is_said_in_words() -> None:
    (first, second) = imports.check_text(
        BASE.replace("weight = 2 }", "weight = -2 }").replace("share = 0.3", "share = 3")
    ).problems
    with translation.override("zh-hans"):
        assert (render(first.place), render(second.place)) == ("指标 A · 考评主体 2 · 权重", "等次规则 3 · 比例")


def test_too_many_brackets_are_no_crash() -> None:
    (problem,) = imports.check_text("a = " + "[" * 20_000).problems
    assert "too deeply" in problem.text.message


def test_all_errors_at_once() -> None:
    text = BASE.replace("points = 60", "points = -1").replace('"leaders"', '"bosses"')
    text = text.replace("share = 0.3", "share = 2")
    with pytest.raises(document.DocumentErrors) as caught:
        document.parse(load(text))
    assert [path for path, _text in caught.value.errors] == [
        "indicators.A.points",
        "indicators.T.classes.leader.voters",
        "rules.2.share",
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (BASE.replace("decimals = 2", "decimals = "), 5),
        (BASE.replace('subjects = "units"', 'subjects = "units'), 3),
        (BASE + '\nnote = """never closed', BASE.count("\n") + 2),
    ],
)
def test_no_toml_names_the_line(text: str, line: int) -> None:
    with pytest.raises(plan_file.NotToml) as caught:
        load(text)
    assert caught.value.line == line
    with translation.override("zh-hans"):
        assert problem_lines(caught.value, text, "plan.toml")[0].startswith(f"plan.toml:{line}: ")


@pytest.mark.parametrize("value", [None, [], "text", 3, {}])
def test_no_document_at_all_is_refused(value: Any) -> None:
    with pytest.raises(document.DocumentErrors):
        document.parse(value)


def test_binary_floats_are_refused() -> None:
    raw = json.loads(json.dumps(document.normalise(load(BASE))))
    raw["indicators"][1]["points"] = 60.0
    with pytest.raises(document.DocumentErrors) as caught:
        document.parse(raw)
    assert caught.value.errors[0][0] == "indicators.A.points"


def test_stored_form_is_json_with_plain_digits() -> None:
    normal = document.normalise(load(BASE))
    assert json.loads(json.dumps(normal)) == normal
    assert normal["indicators"][1]["points"] == "60"
    assert normal["rules"][2]["share"] == "0.3"
    assert normal["decimals"] == 2


def test_digest_is_of_the_content_not_of_its_writing() -> None:
    normal = document.normalise(load(BASE))
    other = BASE.replace("points = 60", "points = 60.00").replace('"甲类", "乙类"', '"甲类","乙类"')
    assert document.digest(document.normalise(load("# comment\n" + other))) == document.digest(normal)
    turned = json.loads(json.dumps(normal, sort_keys=True))
    assert document.digest(document.normalise(turned)) == document.digest(normal)
    changed = document.normalise(
        load(BASE.replace("points = 60", "points = 60.5").replace("points = 40", "points = 39.5"))
    )
    assert document.digest(changed) != document.digest(normal)
    # A constant: stored digests must stay valid when the code changes.
    assert document.digest({"b": ["2"], "a": "1"}) == (
        "3d49a4bc3b17c3bf1459002259eabd3147e2afe000eaada72d47237f43c68d1d"
    )


def test_order_of_grades_decides_not_the_order_of_a_table() -> None:
    text = BASE.replace('grades = ["优秀", "合格"]', 'grades = ["优秀", "良好", "合格"]')
    text = text.replace('{ "优秀" = 90 }', '{ "良好" = 80, "优秀" = 90 }')
    assert list(document.parse(load(text)).rules[1].minimums) == ["优秀", "良好", "合格"]


def test_file_of_every_kind_of_value() -> None:
    text = BASE + (
        '\n[duty_report]\nrequired = true\nparts = [{ title = "成绩", most_share = 0.333333 }]\n'
        '\n[[process]]\ntitle = "自查 \\"一\\""\ndue = 2026-12-31\nnote = "第一行\\n第二行\\t#不是注释"\n'
    )
    normal = document.normalise(load(text))
    assert normal["process"][0]["due"] == "2026-12-31"
    again = plan_file.dump(document.read_stored(normal))
    assert document.normalise(load(again)) == normal


def test_lines_of_nested_parts() -> None:
    lines = plan_file.Lines(BASE)
    rows = BASE.splitlines()
    assert "B-1" in rows[lines.line_of("indicators.B.catalogue.B-1.cap") - 1]
    assert rows[lines.line_of("rules.2.share") - 1] == "share = 0.3"
    assert rows[lines.line_of("indicators.T.nothing.there") - 1] == "[[indicators]]"
    assert lines.line_of("") == 1


def test_texts_are_rendered_in_the_active_language() -> None:
    text = Text("%(list)s / %(figure)s / %(inner)s", {
        "list": ["甲", Text("乙")], "figure": Decimal("1E+2"), "inner": Text("30%% of it")
    })  # fmt: skip
    with translation.override("zh-hans"):
        assert render(text) == "甲、乙 / 100 / 30% of it"
    with translation.override("en"):
        assert render(text) == "甲, 乙 / 100 / 30% of it"


@settings(max_examples=150, deadline=None)
@given(code=st.sampled_from(services.preset_codes()), data=st.data())
def test_a_file_with_slips_of_the_pen_is_read_or_refused_but_never_breaks(code: str, data: st.DataObject) -> None:
    text = services.preset_text(code)
    for _slip in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(text) - 1))
        sign = data.draw(st.sampled_from(["", *"[]{}=,\"'#.\n\\ 1-一，"]))
        text = text[:place] + sign + text[place + data.draw(st.integers(0, 1)) :]
    checked = imports.check_text(text)
    assert (checked.plan is None) == bool(checked.errors)
    assert all(0 <= problem.line <= text.count("\n") + 1 for problem in checked.problems)

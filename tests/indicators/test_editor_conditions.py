"""The condition builder: text ↔ boxes and comparisons ↔ what a browser posts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.editor.condition_text import read_condition, same, write
from indicators.editor.conditions import condition_form, preview
from indicators.editor.controls import ComparisonForm, ConditionForm, Input
from indicators.editor.names import names_of
from indicators.rendering import render
from scoring.engine import conditions
from scoring.engine.conditions import OPERATORS, STANDING, Comparison, Condition, parse
from scoring.engine.types import BallotForm, FactDefinition, FactType, Node, Option, Plan

from .posting import post_of
from .rows import CONDITIONS, NAMES

WORD = st.text("考核ab1_-.:%", min_size=1, max_size=8).filter(lambda word: word not in ("and", "or"))
VALUE = st.one_of(WORD, st.sampled_from(["and", "or", "", "二 级", "<3", "a+b", "=", "true", "0.50"]))


def comparisons(facts: st.SearchStrategy[str], values: st.SearchStrategy[str]) -> st.SearchStrategy[Comparison]:
    sums = st.lists(facts, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Comparison, st.tuples(facts)), st.builds(Comparison, sums, st.sampled_from(OPERATORS), values)
    )


def conditions_of(each: st.SearchStrategy[Comparison]) -> st.SearchStrategy[Condition]:
    parts = st.lists(each, min_size=1, max_size=3).map(tuple)
    return st.lists(parts, min_size=1, max_size=3).map(lambda found: Condition(tuple(found)))


# Facts of NAMES, the standing ones, and some that are not there.
KNOWN = (
    "warned", "leave_days", "effect", *STANDING, "score:T", "option_share:T:一般", "grade_in:2025",
    "times_grade:quarters:合格",
)  # fmt: skip
STRANGE = ("gone", "score:X", "option_share:T:差", "option_share:T", "times_grade:x:好", "grade_in:", "score:")
SENSIBLE = st.sampled_from(["12", "-0.5", "0.10", "true", "否", "好", "一 般", "特别差", "12a"])
PLAN = Plan(
    code="p",
    title="p",
    root=Node("R", "总分", Decimal(100), "composite"),
    facts=tuple(FactDefinition(each.code, each.title, FactType(each.type), each.choices) for each in NAMES.facts),
)
OPTIONS = (Option("好", Decimal(90)), Option("一般", Decimal(70)))
NODES = {
    "R": PLAN.root,
    "T": Node(
        "T",
        "测评",
        Decimal(10),
        "ballot",
        ballot=BallotForm(options=(Option("好", Decimal(90)), Option("一般", Decimal(1)))),
    ),
}


def html_of(text: str) -> str:
    made = Input("condition", "if", "if", "条件", condition=condition_form("if", text, NAMES))
    return render_to_string("indicators/editor/_inputs.html", {"inputs": [made]})


def back(text: str) -> str:
    """What a browser posts of the builder of this condition, as text again."""
    return read_condition(post_of(html_of(text)), "if")


def back_unless_kept(text: str) -> str:
    """The same without the stored text, so that it is put together anew."""
    post = post_of(html_of(text))
    post["if.was"] = ""
    return read_condition(post, "if")


def all_comparisons(form: ConditionForm) -> list[ComparisonForm]:
    return [each for box in form.boxes for each in box.comparisons if any(fact.value for fact in each.facts)]


def messages(text: str) -> list[str]:
    form = condition_form("if", text, NAMES)
    return [render(error) for box in form.boxes for each in box.comparisons for error in each.errors]


# ------------------------------------------------------------------------------ text


@given(conditions_of(comparisons(WORD, VALUE)))
def test_what_is_written_is_read_the_same(condition: Condition) -> None:
    assert parse(write(condition)) == condition


@pytest.mark.parametrize(
    "comparison",
    [
        Comparison(("two words",)),
        Comparison(("and",)),
        Comparison(()),
        Comparison(("a", "b")),
        Comparison(("a",), "=", 'say "no"'),
        Comparison(("a<b",), "=", "1"),
    ],
)
def test_what_no_text_can_say_is_refused(comparison: Comparison) -> None:
    with pytest.raises(ValueError):
        write(Condition(((comparison,),)))


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("warned", "warned = true", True),
        ("warned != 是", "warned=否", True),
        ("share > 0.10", "share>0.1", True),
        ("effect = 好", 'effect = "好"', True),
        ("warned", "warned = 否", False),
        ("a > 1", "a >= 1", False),
        ("a > 1 or b", "a > 1 and b", False),
        ("a + b > 1", "b + a > 1", False),
    ],
)
def test_conditions_that_say_the_same(one: str, other: str, alike: bool) -> None:
    assert same(parse(one), parse(other)) is alike


# ------------------------------------------------------------------------------ there and back


@pytest.mark.parametrize("text", CONDITIONS)
def test_a_condition_that_was_not_changed_stays_to_the_sign(text: str) -> None:
    assert back(text) == text


@settings(max_examples=60, deadline=None)
@given(conditions_of(comparisons(st.sampled_from((*KNOWN, *STRANGE)), SENSIBLE)))
def test_any_condition_comes_back_from_the_builder(condition: Condition) -> None:
    text = write(condition)
    assert back(text) == text


@settings(max_examples=60, deadline=None)
@given(conditions_of(comparisons(st.sampled_from(KNOWN), SENSIBLE)))
def test_a_condition_without_errors_is_put_together_the_same(condition: Condition) -> None:
    text = write(condition)
    if not messages(text):
        assert same(parse(back_unless_kept(text)), condition)


@settings(max_examples=200, deadline=None)
@given(comparisons(st.sampled_from((*KNOWN, *STRANGE)), SENSIBLE))
def test_the_builder_finds_what_the_engine_finds(comparison: Comparison) -> None:
    text = write(Condition(((comparison,),)))
    wrong = bool(conditions.check(text, PLAN, NODES))
    if any(fact.startswith("times_grade:x") for fact in comparison.facts):
        wrong = True  # the engine leaves it to the round whether there is such a set
    assert bool(messages(text)) is wrong


@settings(max_examples=60, deadline=None)
@given(conditions_of(comparisons(st.sampled_from(KNOWN), SENSIBLE)))
def test_the_sentence_is_the_engines_own(condition: Condition) -> None:
    text = write(condition)
    form = condition_form("if", text, NAMES)
    plan = Plan(code="p", title="p", root=PLAN.root, facts=PLAN.facts, sets={"quarters": "四个季度"})
    expected = "" if messages(text) else render(conditions.condition_words(text, plan, NODES))
    assert form.sentence == expected


def test_a_text_that_cannot_be_read_is_shown_with_the_reason() -> None:
    html = html_of("leave_days > > 3")
    assert 'value="leave_days &gt; &gt; 3"' in html
    assert "此条件无法识别" in html
    assert back("leave_days > > 3") == "leave_days > > 3"
    assert read_condition(QueryDict("if.was=x+>&if.text="), "if") == ""


def test_no_condition_is_an_empty_box() -> None:
    form = condition_form("if", None, NAMES)
    assert len([box for box in form.boxes if not box.spare]) == 1
    assert form.sentence == ""
    assert messages("") == []
    assert back("") == ""


# ------------------------------------------------------------------------------ filling in


def filled(base: str = "", **fields: Any) -> str:
    """The builder of a condition with some fields filled in: b0_c1_value stands for if.b0.c1.value."""
    post = post_of(html_of(base))
    for name, value in fields.items():
        post.setlist("if." + name.replace("_", ".").lstrip("b"), value if isinstance(value, list) else [value])
    return read_condition(post, "if")


def test_spare_rows_take_another_comparison_and_another_case() -> None:
    # Box 1 is the spare one, comparison 1 of box 0 too: both are there without a script.
    text = filled("warned", b0_1_fact=["leave_days", ""], b0_1_operator=">=", b0_1_value="１，０００")
    assert text == "warned and leave_days >= 1000"
    text = filled("warned", b1_0_fact=["effect", ""], b1_0_operator="!=", b1_0_value="差")
    assert text == "warned or effect != 差"


def test_a_fact_is_added_to_a_sum() -> None:
    text = filled("score:T < 60", b0_0_fact=["score:T", "score:R"])
    assert text == "score:T + score:R < 60"


def test_shares_of_votes_are_typed_as_per_cent() -> None:
    text = "option_share:T:一般 > 0.10"
    (found,) = all_comparisons(condition_form("if", text, NAMES))
    assert (found.type, found.value) == ("share", "10")
    assert filled(text, b0_0_value="12.5％") == "option_share:T:一般 > 0.125"
    assert filled(text, b0_0_value="许多") == "option_share:T:一般 > 许多"
    assert messages("option_share:T:一般 > 许多") == ["“许多”不是数字。"]


def test_yes_and_no() -> None:
    assert filled("warned", b0_0_operator="no") == "warned = 否"
    assert filled("warned = 否", b0_0_operator="yes") == "warned"
    (found,) = all_comparisons(condition_form("if", "warned != true", NAMES))
    assert [each.value for each in found.operators if each.selected] == ["no"]


def test_earlier_rounds_are_named_beside_the_fact() -> None:
    text = filled(b0_0_fact="grade_in:", b0_0_extra="2025年度", b0_0_operator="=", b0_0_value="优秀")
    assert text == "grade_in:2025年度 = 优秀"
    text = filled(b0_0_fact="times_grade:quarters:", b0_0_extra="合格", b0_0_operator=">=", b0_0_value="2")
    assert text == "times_grade:quarters:合格 >= 2"
    (found,) = all_comparisons(condition_form("if", text, NAMES))
    assert (found.facts[0].value, found.facts[0].extra) == ("times_grade:quarters:", "合格")


@pytest.mark.parametrize(
    ("fields", "text", "message"),
    [
        ({"fact": "leave_days", "operator": ">"}, 'leave_days > ""', "请填写数值。"),
        ({"fact": "leave_days", "operator": "yes"}, "leave_days", "请选择比较方式，并填写数值。"),
        ({"value": "3"}, "? > 3", "请选择比较的内容。"),
        ({"fact": "effect", "operator": "="}, 'effect = ""', "请选择一项。"),
        ({"fact": "effect", "operator": ">", "value": "好"}, "effect > 好", "此项只能选择“是”或“不是”。"),
        ({"fact": "warned", "operator": ">", "value": "3"}, "warned > 3", "请选择“为是”或“为否”。"),
        ({"fact": ["leave_days", "warned"], "value": "3"}, "leave_days + warned > 3", "只有数值可以相加。"),
        ({"fact": "grade_in:", "operator": "=", "value": "好"}, "grade_in: = 好", "请填写往期轮次的名称。"),
        (
            {"fact": "times_grade:quarters:", "operator": "=", "value": "1"},
            "times_grade:quarters: = 1",
            "请填写要统计的等次。",
        ),
    ],
)
def test_what_is_not_filled_in_is_said_at_the_comparison(fields: dict[str, Any], text: str, message: str) -> None:
    assert filled(**{f"b0_0_{name}": value for name, value in fields.items()}) == text
    form = condition_form("if", text, NAMES)
    assert [render(error) for error in form.boxes[0].comparisons[0].errors] == [message]
    assert form.sentence == ""
    assert back(text) == text
    assert message in html_of(text)


def test_a_round_whose_name_no_condition_can_hold() -> None:
    text = filled(b0_0_fact="grade_in:", b0_0_extra="2025 年度", b0_0_operator="=", b0_0_value="优秀")
    (message,) = messages(text)
    assert "“2025_年度”" in message
    assert filled(text, b0_0_extra="2025年度") == "grade_in:2025年度 = 优秀"


def test_a_fact_that_is_gone_stays_until_another_is_chosen() -> None:
    text = "warned and gone > 3"
    assert messages(text) == ["“gone”不存在或已被删除，请另行选择。"]
    html = html_of(text)
    assert html.count(">gone （已不存在）<") == 1
    assert filled(text, b0_1_fact=["leave_days", ""]) == "warned and leave_days > 3"


def test_a_choice_that_is_gone_stays_until_another_is_chosen() -> None:
    text = "effect = 很差"
    assert messages(text) == ["“很差”不存在或已被删除，请另行选择。"]
    assert back(text) == text
    assert filled(text, b0_0_choice="一 般") == 'effect = "一 般"'


def test_signs_that_a_value_cannot_hold() -> None:
    assert filled(b0_0_fact="effect", b0_0_operator="=", b0_0_value=' 说"好" ') == "effect = 说”好”"
    assert filled(b0_0_fact='a b"', b0_0_operator="drop", b0_0_value="1") == "? = 1"


def test_only_what_a_condition_can_name_is_offered() -> None:
    names = names_of(
        {
            "facts": [
                {"code": "and", "title": "并且", "type": "boolean"},
                {"code": "late", "title": "迟到", "type": "number"},
            ],
            "indicators": [
                {"code": "T", "title": "测评", "method": "ballot", "options": [{"title": "较 好"}, {"title": "好"}]}
            ],
        }
    )
    form = condition_form("if", "", names)
    values = [option.value for group in form.groups for option in group.options]
    assert values == ["late", *STANDING, "score:T", "option_share:T:好", "grade_in:"]


def test_names_of_a_draft_with_errors() -> None:
    names = names_of(
        {
            "grades": ["好", 3, "", "好"],
            "categories": "机关",
            "sets": [{"code": "q", "title": "四季度"}, {"title": "无编码"}, 7],
            "indicators": [None, {"code": "C", "method": "carried", "set": "term"}, {"title": "无编码"}],
            "rules": [{"if": "times_grade:half:优 > 1 and grade_in:2024 = 优"}, {"if": "> >"}, {"prefer": 3}],
        }
    )
    assert names.grades == ("好",)
    assert names.categories == ()
    assert [each.code for each in names.indicators] == ["C"]
    assert names.sets == (("q", "四季度"), ("term", "term"), ("half", "half"))
    assert names.earlier_grades == ("好", "优")
    assert names.rounds == ("2024",)
    assert names_of(None) == names_of({})


def test_the_sentence_of_what_is_being_filled_in() -> None:
    post = post_of(html_of("leave_days > 12"))
    post["condition"] = "if"
    post["if.0.0.value"] = "15"
    form = preview(post, NAMES)
    assert form.sentence == "“请假天数”大于 15"
    html = render_to_string("indicators/editor/_input_words.html", {"form": form})
    assert "即：“请假天数”大于 15" in html
    post["if.0.0.value"] = ""
    assert preview(post, NAMES).sentence == ""
    assert preview(QueryDict(""), NAMES).sentence == ""

"""Duty reports as texts: the plan's layout and demands, structure, passages found again, what two texts share."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from indicators import plan_file, services
from reviews.duty import similarity
from reviews.duty.anchors import Anchor, anchor, locate
from reviews.duty.blocks import blocks, clean, headings, normal
from reviews.duty.layout import Layout, Question, layout_of
from reviews.duty.marking import paragraphs
from reviews.duty.numbering import chinese
from reviews.duty.requirements import MAY, MUST, SHOULD, check, share_words, unmet, words_of

from .duty import PLANS, text


def layout(code: str, *questions: Question) -> Layout:
    return layout_of(plan_file.load(services.preset_text(code)), questions)


def off(plan: Layout, texts: dict[str, str], *levels: str, role: str = "") -> list[str]:
    chosen = next((each for each in plan.roles if each.title == role), None)
    return [str(each) for each in unmet(check(plan, texts, chosen), *levels)]


# ---------------------------------------------------------------- layout and demands


@pytest.mark.parametrize("code", [*PLANS, "bureau-annual"])
def test_every_plan_with_duty_reports_has_sections_of_different_names(code):
    plan = layout(code)
    keys = [section.key for section in plan.sections]
    assert keys
    assert len(set(keys)) == len(keys)
    assert sorted(plan.counted) == sorted(keys)


def test_a_part_by_aspect_is_one_text_for_each():
    plan = layout("farm-two-duties")
    assert [section.key for section in plan.parts[0].sections] == [
        "基层党建工作／总结成绩",
        "基层党建工作／分析问题",
        "基层党建工作／下步打算",
    ]
    assert len(plan.keys_of_aspect("分析问题")) == 3


def test_two_parts_of_one_title_do_not_share_a_text():
    plan = layout_of({"duty_report": {"parts": [{"title": "德"}, {"title": "德"}]}})
    assert [section.key for section in plan.sections] == ["德", "德#"]


def test_a_plan_that_names_no_parts_has_one_text():
    [section] = layout_of({"duty_report": {"most_characters": 5}}).sections
    assert off(layout_of({"duty_report": {"most_characters": 5}}), {section.key: "甲" * 7}) == [
        "全文：现有 7 字，要求不超过 5 字，超出 2 字"
    ]


def test_lengths_say_by_how_much_and_where():
    plan = layout("farm-two-duties")
    texts = {section.key: "甲" * 300 for section in plan.sections}
    assert "党风廉政建设：现有 900 字，要求不超过 800 字，超出 100 字" in off(plan, texts)
    found = {each.demand.where: each for each in unmet(check(plan, texts))}
    assert {where: each.gap for where, each in found.items()} == {"全文": 200, "党风廉政建设": 100, "意识形态工作": 200}
    short = {section.key: "甲" * 100 for section in plan.sections}
    assert off(plan, short) == ["全文：现有 900 字，要求不少于 2000 字，还差 1100 字"]


def test_mandatory_topics_are_missed():
    plan = layout("college-branch-secretary")
    texts = {section.key: "写了。" for section in plan.sections[3:]}
    assert len(off(plan, texts, MUST)) == 3
    texts |= {section.key: "写了。" for section in plan.sections[:3]}
    assert off(plan, texts) == []


def test_shares_are_of_the_whole():
    plan = layout("education-secretary")
    done, problems, plans = [section.key for section in plan.sections]
    texts = {done: "甲" * 500, problems: "乙" * 250, plans: "丙" * 250}
    assert off(plan, texts) == ["问题和下一步打算：占全文 50%，要求不低于 60%，按现有篇幅还差 100 字"]
    texts = {done: "甲" * 400, problems: "乙" * 300, plans: "丙" * 300}
    assert off(plan, texts) == []


@pytest.mark.parametrize(("done", "is_off"), [(333, False), (334, False), (335, True)])
def test_a_third_of_a_thousand_is_no_whole_number(done, is_off):
    plan = layout("county-secretary")
    keys = [section.key for section in plan.sections]
    texts = {keys[0]: "甲" * done, keys[5]: "乙" * 400, keys[6]: "丙" * (600 - done)}
    assert bool(off(plan, texts)) is is_off


def test_nothing_written_has_no_share_but_must_be_written():
    plan = layout("system-party-secretary")
    assert off(plan, {}) == ["问题及原因：必须撰写，尚未填写"]


def test_the_length_is_that_of_the_role():
    plan = layout("bureau-annual")
    head, other = plan.role_of("处级正职", ["head"]), plan.role_of("处级正职", [])
    assert (head.title, other.title) == ("处室负责人", "其他人员")
    texts = {"德": "甲" * 1600}
    assert off(plan, texts, role="处室负责人") == []
    assert off(plan, texts, role="其他人员") == ["全文（其他人员）：现有 1600 字，要求不超过 1500 字，超出 100 字"]


def test_last_years_problems_are_answered_in_their_part_or_in_one_of_their_own():
    question = Question("7", "学习不够深入", "上年点评")
    plan = layout("community-secretary", question)
    part = next(part for part in plan.parts if part.answers)
    assert part.title == "上年评议整改落实情况"
    texts = {section.key: "写了。" for section in plan.sections}
    assert off(plan, texts, SHOULD) == ["上年评议整改落实情况：上年 1 个问题，还有 1 个未回应"]
    assert off(plan, texts | {"?7": "已经整改。"}) == []
    assert "?7" in plan.counted
    extra = layout("bank-midlevel", question)
    assert extra.parts[-1].answers
    assert not any(part.answers for part in layout("bank-midlevel").parts)


def test_topics_are_spoken_of_under_a_heading_with_text_below():
    document = {"duty_report": {"parts": [{"title": "德"}], "topics": [{"title": "抓学习情况", "required": True}]}}
    plan = layout_of(document)
    assert off(plan, {"德": "抓学习情况很好。"}, MUST) == ["抓学习情况：尚未单列小标题写"]
    assert off(plan, {"德": "（一）抓学习情况"}, MUST) != []  # nothing below it
    for written in ("（一）抓学习情况\n今年学了。", "抓学习情况\n今年学了。", "（二）抓学习情况。今年学了。"):
        assert off(plan, {"德": written}, MUST) == []
    assert off(layout("farm-two-duties"), {}, MAY)


def test_a_kept_finding_is_said_again():
    [finding] = unmet(check(layout("system-party-secretary"), {}))
    assert words_of(finding.stored) == str(finding)


@pytest.mark.parametrize(("share", "words"), [("1/3", "33.3%"), ("1/2", "50%"), ("2/3", "66.7%"), ("1/2000", "0.1%")])
def test_shares_in_words(share, words):
    assert share_words(Fraction(share)) == words


# ---------------------------------------------------------------- structure


def test_numbers_make_the_structure():
    found = list(blocks("一、抓学习\n（一）抓研究。今年研究三次。\n1.第一项。\n（1）其中\n• 项目\n普通一段话。\n\n"))
    assert [(each.kind, each.level, each.lead) for each in found] == [
        ("heading", 1, "一、抓学习"),
        ("item", 2, "（一）抓研究。"),
        ("item", 3, ""),
        ("item", 4, ""),
        ("item", 0, ""),
        ("paragraph", 0, ""),
    ]
    assert next(iter(blocks("5.2%的增长"))).kind == "paragraph"  # a figure, no number of a list


def test_clean_keeps_what_people_write_and_nothing_hidden():
    assert clean("甲\r\n乙\u00a0丙\x00\u202e\u200b  \r丁\u2028戊\n\n") == "甲\n乙 丙\n丁\n戊"
    rare = "𠮷\ue000\U0002ebf0"
    assert clean(rare) == rare


def test_headings_are_compared_without_number_and_punctuation():
    assert normal("（一） 抓“学习” 情况：") == normal("二、抓学习情况") == "抓学习情况"
    assert list(headings("前言。\n（一）开头\n内容。\n结尾\n")) == [("开头", "内容。"), ("结尾", "")]


@pytest.mark.parametrize(
    ("number", "words"), [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (99, "九十九"), (101, "一〇一")]
)
def test_numbers_in_chinese(number, words):
    assert chinese(number) == words


# ---------------------------------------------------------------- passages

WORDS = "问题不突出。措施要落实到人。\n问题不突出。整改要见成效。"


def test_a_passage_is_found_where_it_was_selected():
    at = anchor(WORDS, "问题不突出", near=16)
    assert at is not None
    place = locate(f"新的开头。\n{WORDS}", at)
    assert place is not None
    assert (place.start, place.exact) == (6 + 15, True)
    first = anchor(WORDS, "问题不突出", near=0)
    assert first is not None
    assert locate(f"新的开头。\n{WORDS}", first).start == 6


def test_a_selection_may_have_other_blanks():
    at = anchor(WORDS, "到人。\n\n  问题不突出")
    assert at is not None
    assert at.quote == "到人。\n问题不突出"
    assert anchor(WORDS, "没有这句话") is None
    assert anchor(WORDS, "  ") == Anchor("")


def test_a_passage_that_changed_is_found_and_one_that_went_is_not():
    at = anchor(WORDS, "措施要落实到人")
    assert at is not None
    place = locate("问题很突出。措施一定要落实到具体的人。", at)
    assert place is not None
    assert not place.exact
    assert locate("全部重写，谈别的事情。", at) is None
    assert locate("", at) is None
    assert locate(WORDS, Anchor("")) is None


def test_marks_lie_where_the_passages_are():
    at = anchor(WORDS, "到人。\n问题")
    assert at is not None
    place = locate(WORDS, at)
    assert place is not None
    first, second = paragraphs(WORDS, [(1, place)])
    assert [(piece.text, piece.marks) for piece in first.pieces] == [("问题不突出。措施要落实", ()), ("到人。", (1,))]
    assert (second.pieces[0].text, second.pieces[0].marks) == ("问题", (1,))
    assert second.start == 15
    assert "".join(piece.text for piece in second.pieces) == "问题不突出。整改要见成效。"


# ---------------------------------------------------------------- what texts share


def documents(*texts: str, titles: tuple[str, ...] = (), plan: str = "") -> list[similarity.Document]:
    words = similarity.Boilerplate.of(titles, [plan])
    return [similarity.document(number, [("甲", each)], words) for number, each in enumerate(texts)]


def unlike(number: int, length: int) -> str:
    """A text in which no run of signs comes twice, and none of another number's."""
    return "".join(chr(0x4E00 + sign) for sign in random.Random(number).choices(range(20_000), k=length))


def test_a_copied_passage_counts_with_its_exact_length():
    copied = unlike(3, 200)
    left, right = documents(unlike(0, 800) + copied, copied + "，" + unlike(1, 200))
    [pair], left_out = similarity.compare_all([left, right])
    assert (pair.left_share, pair.right_share, pair.common, pair.longest, left_out) == (200, 500, 200, 200, 0)
    [passage] = similarity.passages(left, right)
    assert (passage.left.start, passage.left.end, passage.right.start, passage.right.end) == (800, 1000, 0, 200)


def test_punctuation_blanks_and_width_do_not_hide_a_copy():
    copied = unlike(3, 200)
    changed = "，".join(copied[at : at + 7] for at in range(0, 200, 7)) + "。\n"
    left, right = documents(copied, changed)
    assert similarity.compare_all([left, right])[0][0].share == 1000


def test_twelve_signs_in_a_row_are_chance_and_thirteen_are_not():
    for length, found in ((12, 0), (13, 1)):
        left, right = documents(unlike(0, 50) + unlike(3, length), unlike(1, 50) + unlike(3, length))
        assert len(similarity.passages(left, right)) == found


def test_titles_and_the_plans_own_words_do_not_count():
    plan = unlike(5, 100)
    title = unlike(4, 20)
    texts = [f"（一）{title}\n{plan}\n{unlike(number, 300)}" for number in (0, 1)]
    assert similarity.compare_all(documents(*texts))[0] != []
    ready = documents(*texts, titles=(title,), plan=plan)
    assert similarity.compare_all(ready) == ([], 0)
    assert [each.size for each in ready] == [300, 300]


def test_reports_of_the_year_before_are_compared_but_not_with_each_other():
    copied = unlike(3, 200)
    first, second, third = documents(unlike(0, 300), copied, copied)
    pairs, _left_out = similarity.compare_all([first, second], [third])
    assert [(pair.left, pair.right) for pair in pairs] == [(1, 2)]
    assert similarity.compare_all([first], [second, third])[0] == []


def test_no_passage_goes_from_one_section_into_the_next():
    words = similarity.Boilerplate.of((), ())
    whole = unlike(3, 20)
    left = similarity.document(1, [("甲", whole[:10]), ("乙", whole[10:])], words)
    right = similarity.document(2, [("甲", whole)], words)
    assert similarity.passages(left, right) == []


def test_comparing_twice_gives_the_same_and_tells_its_progress():
    ready = documents(*(unlike(number % 7, 300) for number in range(60)))
    told: list[tuple[int, int]] = []
    first = similarity.compare_all(ready, progress=lambda done, pairs: told.append((done, pairs)))
    assert first == similarity.compare_all(ready)
    assert told[0] == (0, 1770)
    assert len(first[0]) == sum(1 for a in range(60) for b in range(a) if a % 7 == b % 7)


def test_shares_agree_with_counting_by_hand():
    """Every sign that lies in a run which the other text has as well, found the slow way."""
    common = [unlike(6 + number, 15 + 7 * number) for number in range(4)]
    left_text = "".join(unlike(number, 40) + each for number, each in enumerate(common))
    right_text = "".join(each + unlike(12 + number, 40) for number, each in enumerate(reversed(common)))

    def slow(own: str, other: str) -> int:
        covered = set()
        for at in range(len(own) - 12):
            if own[at : at + 13] in other:
                covered |= set(range(at, at + 13))
        return len(covered)

    left, right = documents(left_text, right_text)
    [pair], _left_out = similarity.compare_all([left, right])
    assert pair.common == slow(left_text, right_text)
    assert pair.left_share == slow(left_text, right_text) * 1000 // len(left_text)
    assert pair.right_share == slow(right_text, left_text) * 1000 // len(right_text)


def test_the_maker_of_texts_keeps_its_word():
    assert len(text(50)) == 50

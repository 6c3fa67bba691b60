"""Cases of attainments, events, ballots, tallies, subjects, facts and earlier rounds."""

from .damage import EVENTS, MARKS, SUBJECTS, TALLIES, VOTES, broken

# --- attainment and single values


@broken("yinhai-2016")
def target_of_zero(book):
    return book.put("完成率", book.rows("完成率", 指标编码="G11")[0], "目标值", 0)


@broken("yinhai-2016")
def target_below_zero(book):
    return book.put("完成率", book.rows("完成率", 指标编码="G11")[0], "目标值", -5)


@broken("yinhai-2016")
def actual_that_is_no_number(book):
    return book.put("完成率", book.rows("完成率", 指标编码="G11")[0], "完成值", "很多")


@broken("yinhai-2016")
def same_attainment_twice(book):
    row = book.add("完成率", 对象编码=book.subject, 指标编码="G11", 目标值=1, 完成值=1)
    return book.place("完成率", row, "对象编码")


@broken("yinhai-2016")
def attainment_on_a_marks_leaf(book):
    row = book.add("完成率", 对象编码=book.subject, 指标编码="G13", 目标值=1, 完成值=1)
    return book.place("完成率", row, "指标编码")


@broken("yinhai-2016")
def mark_on_an_attainment_leaf(book):
    return book.place(MARKS, book.mark("G11", 100, office="考核办"), "指标编码")


@broken()
def value_on_a_marks_leaf(book):
    return book.place("数值", book.add("数值", 对象编码=book.subject, 指标编码="K21", 数值=1), "指标编码")


# --- events


@broken()
def count_on_a_bonus(book):
    return book.place(EVENTS, book.event("B", "B-1", 1, count=2), "数量")


@broken("finance-points")
def value_other_than_the_catalogue_fixes(book):
    return book.place(EVENTS, book.event("Z", "Z2", 4), "分值")


@broken("finance-points")
def value_that_is_none_of_several(book):
    return book.place(EVENTS, book.event("P", "P21", 4), "分值")


@broken("finance-points")
def no_value_where_there_are_several(book):
    return book.place(EVENTS, book.event("P", "P21"), "分值")


@broken()
def no_value_where_the_catalogue_has_none(book):
    return book.place(EVENTS, book.event("D", "D-1"), "分值")


@broken("subdistrict-quarterly")
def no_value_without_a_catalogue(book):
    return book.place(EVENTS, book.event("JD", None, 事由="情况"), "分值")


@broken()
def event_value_of_zero(book):
    return book.place(EVENTS, book.event("D", "D-1", 0), "分值")


@broken()
def event_value_below_zero(book):
    return book.place(EVENTS, book.event("D", "D-1", -1), "分值")


@broken()
def event_count_of_a_half(book):
    return book.place(EVENTS, book.event("D", "D-1", 1, count=1.5), "数量")


@broken()
def event_count_below_zero(book):
    return book.place(EVENTS, book.event("D", "D-1", 1, count=-1), "数量")


@broken()
def event_count_that_is_no_number(book):
    return book.place(EVENTS, book.event("D", "D-1", 1, count="几次"), "数量")


@broken()
def event_on_a_marks_leaf(book):
    return book.place(EVENTS, book.event("K21", None, 1), "指标编码")


@broken()
def event_on_a_composite(book):
    return book.place(EVENTS, book.event("K", None, 1), "指标编码")


# --- ballots


@broken()
def vote_above_the_scale(book):
    return book.place(VOTES, book.vote("E2", 101), "评价")


@broken()
def vote_below_the_scale(book):
    return book.place(VOTES, book.vote("E2", -1), "评价")


@broken()
def vote_between_the_steps(book):
    return book.place(VOTES, book.vote("E2", 88.5), "评价")


@broken()
def vote_left_empty(book):
    return book.place(VOTES, book.vote("E2", None), "评价")


@broken()
def vote_on_a_marks_leaf(book):
    return book.place(VOTES, book.vote("K21", 10), "指标编码")


@broken()
def ballot_that_votes_twice(book):
    row = book.rows(VOTES, 指标编码="E2")[0]
    number, subject = book.at(VOTES, row, "票号").value, book.at(VOTES, row, "对象编码").value
    return book.place(VOTES, book.vote("E2", 80, subject=subject, number=number), "对象编码")


@broken()
def voter_that_votes_twice(book):
    row = book.rows(VOTES, 指标编码="E1")[0]
    voter, subject = book.at(VOTES, row, "投票对象").value, book.at(VOTES, row, "对象编码").value
    return book.place(VOTES, book.vote("E1", 80, "unit", subject=subject, voter=voter), "对象编码")


@broken()
def self_vote(book):
    return book.place(VOTES, book.vote("E1", 100, "unit", voter=book.subject), "投票对象")


@broken("bank-midlevel")
def self_vote_where_another_leaf_allows_it(book):
    return book.place(VOTES, book.vote("T", 100, "cadre", voter=book.subject), "投票对象")


@broken()
def tally_above_the_scale(book):
    return book.place(TALLIES, book.tally("E2", 101, 1), "评价")


@broken()
def tally_count_of_a_half(book):
    return book.place(TALLIES, book.tally("E2", 90, 1.5), "票数")


@broken()
def tally_count_below_zero(book):
    return book.place(TALLIES, book.tally("E2", 90, -1), "票数")


@broken()
def tally_without_count(book):
    return book.place(TALLIES, book.tally("E2", 90, None), "票数")


@broken()
def tally_on_a_marks_leaf(book):
    return book.place(TALLIES, book.tally("K21", 10, 1), "指标编码")


# --- subjects, facts, earlier rounds


@broken()
def duplicate_subject(book):
    row = book.add(SUBJECTS, 编码=book.subject, 名称="张一", 类别="党群机关", 分组=None)
    return book.place(SUBJECTS, row, "编码")


@broken()
def subject_without_category(book):
    return book.put(SUBJECTS, 4, "类别", None)


@broken()
def category_of_no_plan(book):
    return book.put(SUBJECTS, 4, "类别", "其他机关")


@broken("bureau-annual")
def fact_that_is_neither_yes_nor_no(book):
    return book.put(SUBJECTS, 4, "head", "也许")


@broken("bureau-annual")
def fact_of_no_choice(book):
    return book.put(SUBJECTS, 4, "office_effectiveness", "差")


@broken("finance-points")
def fact_that_is_no_number(book):
    return book.put(SUBJECTS, 4, "leave_days", "三天")


@broken("subdistrict-annual")
def same_earlier_round_twice(book):
    row = book.add("往期", 组="quarters", 轮次="2026-Q1", 对象编码=book.subject, 总分=90, 满分=100, 等次="优秀")
    return book.place("往期", row, "对象编码")


@broken("subdistrict-annual")
def earlier_total_that_is_no_number(book):
    return book.put("往期", 2, "总分", "高")


@broken("subdistrict-annual")
def earlier_round_of_no_points(book):
    return book.put("往期", 2, "满分", 0)

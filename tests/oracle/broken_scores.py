"""Cases of names that are not known, of marks and of what is not applicable or missing."""

from .damage import EVENTS, MARKS, SUBJECTS, TALLIES, VOTES, broken

# --- things that are not known


@broken()
def unknown_plan(book):
    return book.put("方案", 2, "值", "没有的方案")


@broken()
def empty_round(book):
    return book.put("方案", 3, "值", None)


@broken()
def unknown_subject_of_a_mark(book):
    return book.place(MARKS, book.mark("K231", subject="查无此号"), "对象编码")


@broken()
def unknown_subject_of_an_event(book):
    row = book.event("D", "D-1", 1)
    return book.put(EVENTS, row, "对象编码", "查无此号")


@broken()
def unknown_subject_of_a_vote(book):
    return book.place(VOTES, book.vote("E2", 90, subject="查无此号"), "对象编码")


@broken()
def unknown_subject_of_a_tally(book):
    return book.put(TALLIES, book.tally("E2", 90, 1), "对象编码", "查无此号")


@broken()
def unknown_voter(book):
    return book.place(VOTES, book.vote("E1", 90, "unit", voter="查无此号"), "投票对象")


@broken()
def unknown_indicator_of_a_mark(book):
    return book.place(MARKS, book.mark("K999"), "指标编码")


@broken()
def unknown_indicator_of_an_event(book):
    return book.place(EVENTS, book.event("X9", "D-1", 1), "指标编码")


@broken()
def unknown_indicator_of_a_vote(book):
    return book.place(VOTES, book.vote("E9", 90), "指标编码")


@broken()
def unknown_class_of_a_vote(book):
    return book.place(VOTES, book.vote("E2", 90, name="路人"), "票类")


@broken()
def class_of_another_leaf(book):
    return book.place(VOTES, book.vote("E2", 90, name="unit", voter=book.other), "票类")


@broken()
def unknown_class_of_a_tally(book):
    return book.place(TALLIES, book.tally("E2", 90, 1, name="路人"), "票类")


@broken("bureau-annual")
def unknown_option_of_a_vote(book):
    return book.place(VOTES, book.vote("D", "很好", "staff"), "评价")


@broken("bureau-annual")
def number_where_options_are(book):
    return book.place(VOTES, book.vote("D", 95, "staff"), "评价")


@broken("bureau-annual")
def unknown_option_of_a_tally(book):
    return book.place(TALLIES, book.tally("D", 80, 2, "staff"), "评价")


@broken()
def option_where_numbers_are(book):
    return book.place(VOTES, book.vote("E2", "优秀"), "评价")


@broken()
def unknown_item(book):
    return book.place(EVENTS, book.event("D", "D-9", 1), "条目")


@broken()
def item_of_another_leaf(book):
    return book.place(EVENTS, book.event("D", "B-1", 1), "条目")


@broken()
def no_item_where_there_is_a_catalogue(book):
    return book.place(EVENTS, book.event("D", None, 1), "条目")


@broken("subdistrict-quarterly")
def item_where_there_is_no_catalogue(book):
    return book.place(EVENTS, book.event("JD", "late", 1), "条目")


@broken("bureau-annual")
def unknown_fact(book):
    return _new_column(book, SUBJECTS, "没有的事实")


@broken()
def unknown_column(book):
    return _new_column(book, MARKS, "备忘")


@broken()
def unknown_assessor(book):
    row = book.rows(MARKS, 指标编码="K21")[0]
    return book.put(MARKS, row, "考评主体", "别的单位")


@broken()
def unknown_status(book):
    return book.place(EVENTS, book.event("D", "D-1", 1, 状态="也许"), "状态")


def _new_column(book, name, head):
    cell = book.sheet(name).cell(1, book.sheet(name).max_column + 1, head)
    book.sheet(name).cell(2, cell.column, "是")
    return [(name, cell.coordinate)]


# --- marks


def _other_mark(value):
    def damage(book):
        return book.put(MARKS, book.rows(MARKS, 指标编码="K231")[1], "得分", value)

    return damage


for _name, _value in (
    ("mark_above_points", 2.01),
    ("mark_below_zero", -0.5),
    ("mark_with_three_decimals", 1.234),
    ("mark_with_three_decimals_as_text", "1.005"),
    ("mark_that_is_no_number", "优"),
    ("mark_left_empty", None),
    ("mark_that_is_an_error_value", "#DIV/0!"),
    ("mark_by_formula_without_cached_value", "=1+0.5"),
    ("mark_that_is_a_truth_value", True),
):
    _damage = _other_mark(_value)
    _damage.__name__ = _name
    broken()(_damage)


@broken()
def mark_on_a_ballot_leaf(book):
    return book.place(MARKS, book.mark("E1"), "指标编码")


@broken()
def mark_on_an_adjustment(book):
    return book.place(MARKS, book.mark("B"), "指标编码")


@broken()
def mark_on_a_composite(book):
    return book.place(MARKS, book.mark("K23"), "指标编码")


@broken("education-secretary")
def mark_on_a_carried_leaf_with_rounds(book):
    return book.place(MARKS, book.mark("H", 40, office="考核办"), "指标编码")


@broken()
def same_mark_twice(book):
    return book.place(MARKS, book.mark("K231"), "对象编码")


@broken()
def same_mark_twice_once_without_the_only_assessor(book):
    return book.place(MARKS, book.mark("K231", office=None), "对象编码")


@broken("yinhai-2016")
def same_mark_twice_from_any_assessor(book):
    office = book.at(MARKS, book.rows(MARKS, 对象编码=book.subject, 指标编码="G13")[0], "考评主体").value
    return book.place(MARKS, book.mark("G13", 50, office=office), "对象编码")


@broken()
def mark_without_note(book):
    return book.put(MARKS, book.rows(MARKS, 指标编码="K21")[0], "说明", None)


@broken()
def mark_without_subject(book):
    return book.put(MARKS, book.mark("K231"), "对象编码", None)


@broken()
def mark_without_indicator(book):
    return book.put(MARKS, book.mark("K231"), "指标编码", None)


@broken()
def mark_on_a_leaf_not_applicable(book):
    row = book.rows(MARKS, 对象编码=book.subject, 指标编码="K231")[0]
    off = book.mark("K231", "不适用", office="考核办")
    return book.place(MARKS, row, "得分", "指标编码") + book.place(MARKS, off, "得分", "指标编码")


@broken()
def mark_in_a_branch_not_applicable(book):
    for code in ("K231", "K232", "K233"):
        book.clear(MARKS, 对象编码=book.subject, 指标编码=code)
    book.mark("K23", "不适用", office=None)
    return book.place(MARKS, book.mark("K232"), "得分", "指标编码")


@broken()
def event_on_an_adjustment_not_applicable(book):
    book.clear(EVENTS, 对象编码=book.subject, 指标编码="B")
    book.mark("B", "不适用", office=None)
    row = book.event("B", "B-1", 1)
    return book.place(EVENTS, row, "指标编码", "分值", "对象编码", "条目")


@broken()
def vote_on_a_leaf_not_applicable(book):
    book.clear(VOTES, 对象编码=book.subject, 指标编码="E2")
    book.mark("E2", "不适用", office=None)
    return book.place(VOTES, book.vote("E2", 90), "指标编码", "评价", "对象编码")


@broken()
def root_not_applicable(book):
    return book.place(MARKS, book.mark("R", "不适用", office=None), "得分", "指标编码")


@broken("bank-midlevel")
def nothing_left_under_the_root(book):
    book.clear(VOTES, 对象编码=book.subject, 指标编码="T")
    row = book.mark("T", "不适用", office=None)
    return book.place(SUBJECTS, 2, "编码") + book.place(MARKS, row, "得分", "指标编码", "对象编码")


@broken(allow_missing=True)
def missing_mark(book):
    book.clear(MARKS, 对象编码=book.subject, 指标编码="K114")
    return book.place(SUBJECTS, 2, "编码")


@broken(allow_missing=True)
def missing_votes(book):
    book.clear(VOTES, 对象编码=book.subject, 指标编码="E2")
    return book.place(SUBJECTS, 2, "编码")


@broken(allow_missing=True)
def abstentions_only(book):
    book.clear(VOTES, 对象编码=book.subject, 指标编码="E2")
    book.vote("E2", "弃权")
    return book.place(SUBJECTS, 2, "编码")


@broken("bank-midlevel", allow_missing=True)
def missing_votes_of_a_reference_leaf(book):
    book.clear(VOTES, 对象编码=book.subject, 指标编码="Q")
    return book.place(SUBJECTS, 2, "编码")


@broken("yinhai-2016", allow_missing=True)
def missing_attainment(book):
    book.clear("完成率", 对象编码=book.subject, 指标编码="G11")
    return book.place(SUBJECTS, 2, "编码")


@broken("subdistrict-annual", allow_missing=True)
def missing_earlier_rounds(book):
    book.clear("往期", 对象编码=book.subject)
    return book.place(SUBJECTS, 2, "编码")


@broken("education-secretary", allow_missing=True)
def missing_total_of_the_term(book):
    book.clear("往期", 对象编码=book.subject)
    return book.place(SUBJECTS, 2, "编码")

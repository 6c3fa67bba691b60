"""Sheets and columns of a round workbook, by the names that people read in it.

These names are part of the file format: they are Chinese in every language of the pages.
"""

from __future__ import annotations

from dataclasses import dataclass

PLAN, SUBJECTS, SCORES, ATTAINMENTS, NUMBERS = "方案", "对象", "评分", "完成率", "数值"
EVENTS, VOTES, TALLIES, EARLIER = "事项", "选票", "计票", "往期"
INSTRUCTIONS, ERRORS, LISTS = "填写说明", "错误清单", "选项"

ITEM, VALUE = "项目", "值"
PLAN_CODE, ROUND_NAME, DEADLINE = "方案", "轮次", "截止日期"

CODE, NAME, CATEGORY, GROUP = "编码", "名称", "类别", "分组"
SUBJECT, INDICATOR, ASSESSOR, MARK, NOTE = "对象编码", "指标编码", "考评主体", "得分", "说明"
TARGET, ACTUAL, NUMBER = "目标值", "完成值", "数值"
CATALOGUE_ITEM, COUNT, WORTH, MATTER, BASIS, DATE, STATUS = "条目", "数量", "分值", "事由", "依据", "日期", "状态"
SLIP, VOTER_CLASS, VOTER, ANSWER, VOTE_COUNT = "票号", "票类", "投票对象", "评价", "票数"
SET, EARLIER_ROUND, TOTAL, POINTS, GRADE = "组", "轮次", "总分", "满分", "等次"

NOT_APPLICABLE, ABSTENTION = "不适用", "弃权"
YES, NO = "是", "否"
STATUSES = {"已审核": "approved", "待审核": "pending", "不予认定": "rejected"}


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """A sheet's columns in the order of the template; those in `needed` must be there.

    `codes` are columns whose cells are codes: numbers in them are read by their displayed digits.
    """

    name: str
    columns: tuple[str, ...]
    needed: frozenset[str]
    codes: frozenset[str] = frozenset()


def _layout(
    name: str, columns: tuple[str, ...], optional: tuple[str, ...] = (), codes: tuple[str, ...] = ()
) -> SheetLayout:
    return SheetLayout(name, columns, frozenset(columns) - frozenset(optional), frozenset(codes))


LAYOUTS = {
    layout.name: layout
    for layout in (
        _layout(PLAN, (ITEM, VALUE), codes=(VALUE,)),
        _layout(SUBJECTS, (CODE, NAME, CATEGORY, GROUP), (GROUP,), (CODE,)),
        _layout(SCORES, (SUBJECT, INDICATOR, ASSESSOR, MARK, NOTE), (ASSESSOR, NOTE), (SUBJECT, INDICATOR)),
        _layout(ATTAINMENTS, (SUBJECT, INDICATOR, TARGET, ACTUAL), (), (SUBJECT, INDICATOR)),
        _layout(NUMBERS, (SUBJECT, INDICATOR, NUMBER), (), (SUBJECT, INDICATOR)),
        _layout(
            EVENTS,
            (SUBJECT, INDICATOR, CATALOGUE_ITEM, COUNT, WORTH, MATTER, BASIS, DATE, STATUS),
            (CATALOGUE_ITEM, COUNT, WORTH, MATTER, BASIS, DATE, STATUS),
            (SUBJECT, INDICATOR, CATALOGUE_ITEM),
        ),
        _layout(
            VOTES,
            (SLIP, VOTER_CLASS, VOTER, SUBJECT, INDICATOR, ANSWER),
            (VOTER,),
            (SLIP, VOTER_CLASS, VOTER, SUBJECT, INDICATOR),
        ),
        _layout(
            TALLIES,
            (SUBJECT, INDICATOR, VOTER_CLASS, ANSWER, VOTE_COUNT),
            (),
            (SUBJECT, INDICATOR, VOTER_CLASS),
        ),
        _layout(
            EARLIER,
            (SET, EARLIER_ROUND, SUBJECT, TOTAL, POINTS, GRADE),
            (TOTAL, POINTS, GRADE),
            (SET, EARLIER_ROUND, SUBJECT),
        ),
    )
}

"""What a plan's input workbook consists of: its sheets, their columns, and what stands in the drop-down lists.

Sheets, columns and the words of the cells are the round workbook's contract and therefore Chinese in every
language of the product.
"""

from __future__ import annotations

from dataclasses import dataclass

from indicators.models import PlanVersion
from indicators.services import engine_plan
from reviews import tree
from scoring.engine.types import FactDefinition, FactType, Node, Plan

from .checked import known_sets, reads_any_round
from .layout import (
    ABSTENTION,
    ATTAINMENTS,
    EARLIER,
    EVENTS,
    NO,
    NOT_APPLICABLE,
    NUMBERS,
    PLAN,
    SCORES,
    STATUSES,
    SUBJECTS,
    TALLIES,
    VOTES,
    YES,
)

WAITING_COLOUR = "FFF7D6"  # of cells that wait to be filled in


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an input sheet: `kind` is "text", "number" or "date", `width` in characters."""

    title: str
    width: int
    required: bool
    meaning: str
    kind: str = "text"


SUBJECT = Column("对象编码", 14, True, "“对象”表中的编码，可从下拉列表选择。")


class Needs:
    """What of the workbook a plan needs. Leaves are in the tree's order."""

    def __init__(self, version: PlanVersion) -> None:
        self.version = version
        self.plan: Plan = engine_plan(version)
        self.tree = tree.Tree(self.plan)
        falls_back = [n for n in self.tree.of(frozenset({"carried"})) if n.settings.get("fallback") == "marks"]
        # `carried` leaves that are marked as long as their set has no round at all.
        self.carried_by_marks: list[Node] = falls_back
        self.marked = [n for n in self.tree.nodes.values() if n.method in tree.MARKS or n in falls_back]
        self.attained = self.tree.of(tree.ATTAINMENT)
        self.numbered = self.tree.of(tree.NUMBERS)
        self.with_events = self.tree.of(tree.EVENTS)
        self.voted = self.tree.of(tree.BALLOTS)
        self.sets = sorted(known_sets(self.plan))
        self.reads_earlier = bool(self.sets) or reads_any_round(self.plan)

    @property
    def assessors(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(a.name for node in self.marked for a in node.assessors))

    @property
    def optional_nodes(self) -> list[Node]:
        """What may be 不适用: every node but the root."""
        return [node for node in self.tree.nodes.values() if node is not self.plan.root]

    @property
    def options(self) -> tuple[str, ...]:
        """Titles of the options of all ballot leaves."""
        return tuple(dict.fromkeys(o.title for n in self.voted if n.ballot for o in n.ballot.options))

    @property
    def classes(self) -> tuple[str, ...]:
        """Codes of the voter classes of all ballot leaves."""
        return tuple(dict.fromkeys(c.code for n in self.voted if n.ballot for c in n.ballot.classes))

    def input_sheet(self, node: Node) -> str:
        """The sheet where a node's inputs are entered; empty for a composite."""
        by_methods = (
            (tree.MARKS, SCORES),
            (tree.ATTAINMENT, ATTAINMENTS),
            (tree.NUMBERS, NUMBERS),
            (tree.EVENTS, EVENTS),
            (tree.BALLOTS, f"{VOTES}、{TALLIES}"),
            (frozenset({"carried"}), EARLIER),
        )
        return next((sheet for methods, sheet in by_methods if node.method in methods), "")

    # ------------------------------------------------------------------ columns

    def sheets(self) -> dict[str, tuple[Column, ...]]:
        """The sheets of this plan, in their order, with their columns."""
        indicator = Column("指标编码", 12, True, "本方案的指标编码，见下面的指标表。")
        sheets = {PLAN: _PLAN_COLUMNS, SUBJECTS: self._subject_columns()}
        # Also where nothing is marked: this is where a node is said to be not applicable.
        if self.marked or len(self.tree.nodes) > 2:
            sheets[SCORES] = (SUBJECT, indicator, *self._mark_columns())
        if self.attained:
            sheets[ATTAINMENTS] = (SUBJECT, indicator, *_ATTAINMENT_COLUMNS)
        if self.numbered:
            sheets[NUMBERS] = (SUBJECT, indicator, *_NUMBER_COLUMNS)
        if self.with_events:
            sheets[EVENTS] = (SUBJECT, indicator, *_EVENT_COLUMNS)
        if self.voted:
            sheets[VOTES] = (*_BALLOT_COLUMNS, SUBJECT, indicator, _answer(self))
            sheets[TALLIES] = (SUBJECT, indicator, _CLASS, _answer(self), _COUNT)
        if self.reads_earlier:
            sheets[EARLIER] = _EARLIER_COLUMNS
        return sheets

    def _subject_columns(self) -> tuple[Column, ...]:
        group = self.version.document.get("group_title") or "分组"
        columns = (
            Column("编码", 14, True, "每个对象一个，不得重复；按文本填写，“001”前面的零保留。"),
            Column("名称", 28, True, "单位名称或者人员姓名。"),
            Column("类别", 26, True, f"只能是：{'、'.join(self.plan.categories) or '自定'}。"),
            Column("分组", 16, False, f"{group}；没有的不填。"),
        )
        return columns + tuple(
            Column(heading, max(12, 2 * len(heading) + 4), False, _fact_meaning(fact), _fact_kind(fact))
            for heading, fact in self.fact_headings().items()
        )

    def fact_headings(self) -> dict[str, FactDefinition]:
        """Column → fact: headed by the title, or by the code where the title would not be unique."""
        titles = [fact.title for fact in self.plan.facts]
        taken = {"编码", "名称", "类别", "分组"} | {fact.code for fact in self.plan.facts}
        return {
            fact.code if titles.count(fact.title) > 1 or fact.title in taken else fact.title: fact
            for fact in self.plan.facts
        }

    def _mark_columns(self) -> tuple[Column, ...]:
        decimals = f"最多 {self.plan.decimals} 位小数" if self.plan.decimals else "整数"
        note = "评分说明。本方案要求每个得分都有说明。" if self.plan.notes_required else "评分说明，可以不填。"
        return (
            Column("考评主体", 24, False, "由谁打分，须是方案规定的考评主体；方案没有规定的不填。"),
            Column(
                "得分",
                10,
                True,
                f"0 到该指标满分之间，{decimals}；或者填“{NOT_APPLICABLE}”，填在上级指标上则整个分支不适用。"
                "得分和说明都空着的行视为没有填写，导入时跳过。",
                "number",
            ),
            Column("说明", 48, self.plan.notes_required, note),
        )


def _fact_kind(fact: FactDefinition) -> str:
    return "number" if fact.type is FactType.NUMBER else "text"


def _fact_meaning(fact: FactDefinition) -> str:
    given = {
        FactType.BOOLEAN: f"填“{YES}”或“{NO}”",
        FactType.NUMBER: "填数字",
        FactType.CHOICE: f"只能是：{'、'.join(fact.choices)}",
    }
    return f"{given[fact.type]}；空着表示没有提供。"


def _answer(needs: Needs) -> Column:
    options = "、".join(needs.options)
    graded = any(n.ballot and not n.ballot.options for n in needs.voted)
    words = " 或 ".join([*(["分数"] if graded else []), *([f"选项（{options}）"] if options else [])])
    return Column("评价", 14, True, f"{words}；弃权填“{ABSTENTION}”，不计票。", "number" if graded else "text")


_PLAN_COLUMNS = (
    Column("项目", 16, True, "“方案”“轮次”两行必填；“截止日期”只用于显示，可以不填。"),
    Column("值", 40, True, "“方案”的值是方案编码，不要修改；“轮次”如 2020、2020-Q3、2020-11。"),
)
_ATTAINMENT_COLUMNS = (
    Column("目标值", 14, True, "大于 0 的数。", "number"),
    Column("完成值", 14, True, "实际完成的数，单位与目标值相同。两个值都空着的行跳过。", "number"),
)
_NUMBER_COLUMNS = (
    Column("数值", 14, True, "按名次计分的填名次（1 起的整数），其他填实际数值。空着的行跳过。", "number"),
)
_EVENT_COLUMNS = (
    Column("条目", 14, False, "加减分条目的编码；该指标列有条目的必填。"),
    Column("数量", 8, False, "次数，0 起的整数；不填是 1。加分项只能是 1，不填即可。", "number"),
    Column(
        "分值", 10, False, "每次的分值，填正数；条目只有一个分值的可以不填，有几个分值或者没有分值的必填。", "number"
    ),
    Column("事由", 40, False, "什么事。同一条目、同一事由视为同一件事。"),
    Column("依据", 30, False, "文件、批示等书面依据。"),
    Column("日期", 13, False, "事项发生的日期，如 2020-11-20。", "date"),
    Column("状态", 12, False, f"{'、'.join(STATUSES)}；不填是“已审核”。只有“已审核”的计分。"),
)
_CLASS = Column("票类", 14, True, "投票人类别的编码，见下面的投票表。")
_BALLOT_COLUMNS = (
    Column("票号", 12, True, "选票的编号；同一张票上的各行票号相同。"),
    _CLASS,
    Column(
        "投票对象",
        14,
        False,
        "单位互评、同级互评时投票的对象的编码，只用来核对有没有给自己投票，核对后不保存；其他的不填。",
    ),
)
_COUNT = Column("票数", 10, True, "0 起的整数。多个票箱可以分行填写，合计计算。", "number")
_EARLIER_COLUMNS = (
    Column("组", 14, True, "轮次所属的组。"),
    Column("轮次", 14, True, "以前的轮次，如 2020-Q3。"),
    SUBJECT,
    Column("总分", 10, False, "该轮次的总分；只有等次的不填。", "number"),
    Column("满分", 10, False, "该轮次方案的满分；填了总分的必填。", "number"),
    Column("等次", 14, False, "该轮次的等次；没有的不填。"),
)

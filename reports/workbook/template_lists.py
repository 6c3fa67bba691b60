"""The hidden sheet of lists behind the drop-downs, and the checks that a spreadsheet makes while one types."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from xlsxwriter.utility import xl_col_to_name

from scoring.engine.types import FactType

from .layout import ABSTENTION, LISTS, NO, NOT_APPLICABLE, STATUSES, SUBJECTS, YES
from .template_sheets import Needs

Validation = dict[str, Any]
MANY_SUBJECTS = 20_000  # so many rows of 对象 are searched for a code that is there twice
FARTHEST = 1e15


class Lists:
    """Named columns of the sheet of lists; row 1 says what each is."""

    def __init__(self, needs: Needs) -> None:
        self.needs = needs
        self.columns: dict[str, Sequence[str | Decimal]] = {}
        self._collect()

    def _collect(self) -> None:
        needs, add = self.needs, self._add
        marked = {node.code for node in needs.marked}
        add("评分指标", [node.code for node in needs.optional_nodes])
        # Below 0: nothing but 不适用 can be said of it.
        add("评分满分", [node.points if node.code in marked else Decimal(-1) for node in needs.optional_nodes])
        add("考评主体", needs.assessors)
        add("完成率指标", [node.code for node in needs.attained])
        add("数值指标", [node.code for node in needs.numbered])
        add("数值类型", ["名次" if node.method == "rank_points" else "数值" for node in needs.numbered])
        add("事项指标", [node.code for node in needs.with_events])
        items = [(node.code, item.code) for node in needs.with_events for item in node.catalogue]
        add("条目所属指标", [leaf for leaf, _item in items])
        add("条目", [item for _leaf, item in items])
        add("状态", tuple(STATUSES))
        add("投票指标", [node.code for node in needs.voted])
        add("投票量表", [_scale(node.ballot) for node in needs.voted])
        add("票类", needs.classes)
        add("评价", [*needs.options, ABSTENTION])
        add("是否", [YES, NO])
        add("类别", needs.plan.categories)
        add("往期组", needs.sets)
        for heading, fact in needs.fact_headings().items():
            if fact.type is FactType.CHOICE:
                add(f"对象：{heading}", fact.choices)

    def _add(self, name: str, values: Sequence[str | Decimal]) -> None:
        if values:
            self.columns[name] = values

    def write(self, sheet: Any, head: Any, text: Any) -> None:
        """Row by row, as a workbook in constant memory demands."""
        for column, name in enumerate(self.columns):
            sheet.set_column(column, column, max(12, 2 * len(name) + 2), text)
            sheet.write_string(0, column, name, head)
        for row, values in enumerate(zip_longest(*self.columns.values()), start=1):
            for column, value in enumerate(values):
                if isinstance(value, Decimal):
                    sheet.write_number(row, column, value)
                elif value is not None:
                    sheet.write_string(row, column, value, text)

    def range(self, name: str) -> str:
        """Where a list stands: '选项'!$A$2:$A$9."""
        column = xl_col_to_name(list(self.columns).index(name), col_abs=True)
        return f"'{LISTS}'!{column}$2:{column}${len(self.columns[name]) + 1}"

    # ------------------------------------------------------------------ checks

    def choice(self, name: str, words: str = "") -> Validation | None:
        """A drop-down of a list; None where the plan has nothing to choose from."""
        if name not in self.columns:
            return None
        return _dropdown(f"={self.range(name)}", words or "请从下拉列表中选择。")

    def subject(self) -> Validation:
        """A drop-down of the codes that stand in 对象 now. It warns only: a subject may be added later."""
        source = f"=OFFSET('{SUBJECTS}'!$A$2,0,0,MAX(1,COUNTA('{SUBJECTS}'!$A:$A)-1),1)"
        return _dropdown(source, "“对象”表中没有这个编码。") | {"error_type": "warning"}

    def mark(self, score: str, indicator: str) -> Validation:
        """0 … points of the row's indicator with the plan's decimals, or 不适用."""
        limit = f'INDEX({self.range("评分满分")},MATCH({indicator}&"",{self.range("评分指标")},0))'
        decimals = self.needs.plan.decimals
        return _formula(
            f'=OR(TRIM({score})="{NOT_APPLICABLE}",IF(ISNUMBER({score}),AND({score}>=0,{score}<=IFERROR({limit},-1),'
            f"ABS({score}-ROUND({score},{decimals}))<1E-9)))",
            f"应是 0 到该指标满分之间的数，最多 {decimals} 位小数，或者“{NOT_APPLICABLE}”；"
            f"不打分的指标只能填“{NOT_APPLICABLE}”。",
        )

    def figure(self, value: str, indicator: str) -> Validation:
        """A number; a whole one from 1 where the row's indicator scores by rank."""
        kind = f'INDEX({self.range("数值类型")},MATCH({indicator}&"",{self.range("数值指标")},0))'
        return _formula(
            f'=IF(ISNUMBER({value}),OR(IFERROR({kind},"")<>"名次",AND({value}>=1,{value}=INT({value}))))',
            "应是数字；按名次计分的应是 1 起的整数。",
        )

    def item(self, indicator: str) -> Validation | None:
        """A drop-down of the catalogue of the row's indicator, of all items while it is empty."""
        if "条目" not in self.columns:
            return None
        leaves, items = self.range("条目所属指标"), self.range("条目")
        first = items.split(":")[0]
        own = f"OFFSET({first},MATCH({indicator},{leaves},0)-1,0,COUNTIF({leaves},{indicator}),1)"
        source = f"=IF(COUNTIF({leaves},{indicator})=0,{items},{own})"
        return _dropdown(source, "应是该指标的加减分条目的编码。")

    def answer(self, value: str, indicator: str) -> Validation:
        """One of the options, or a number on the scale of the row's indicator, or 弃权."""
        ballots = [node.ballot for node in self.needs.voted if node.ballot]
        if all(ballot.options for ballot in ballots):
            return _dropdown(f"={self.range('评价')}", "应是本方案的评价选项之一，或者“弃权”。")
        scale = f'INDEX({self.range("投票量表")},MATCH({indicator}&"",{self.range("投票指标")},0))'
        return _formula(
            f"=OR(COUNTIF({self.range('评价')},{value})>0,"
            f"IF(ISNUMBER({value}),AND({value}>=0,{value}<=IFERROR({scale},-1))))",
            "应是该指标评分范围内的数或者评价选项，或者“弃权”。",
        )


def _scale(ballot: Any) -> Decimal:
    """The highest vote; below 0 where only options can be chosen."""
    if ballot is None or ballot.options:
        return Decimal(-1)
    return Decimal(ballot.scale)


def _dropdown(source: str, words: str) -> Validation:
    return {"validate": "list", "source": source, "error_title": "不在列表中", "error_message": words}


def _formula(formula: str, words: str) -> Validation:
    return {"validate": "custom", "value": formula, "error_title": "填写有误", "error_message": words}


def at_least(low: int, words: str, *, whole: bool = False) -> Validation:
    """A number (a whole one) not below `low`."""
    kind = "integer" if whole else "decimal"
    return {"validate": kind, "criteria": ">=", "value": low, "error_title": "填写有误", "error_message": words}


def above_zero(words: str) -> Validation:
    return {"validate": "decimal", "criteria": ">", "value": 0, "error_title": "填写有误", "error_message": words}


def any_number() -> Validation:
    return {
        "validate": "decimal",
        "criteria": "between",
        "minimum": -FARTHEST,
        "maximum": FARTHEST,
        "error_title": "填写有误",
        "error_message": "应是数字。",
    }


def only_once(cell: str, column: str) -> Validation:
    """A text that no other row of the column has. Compared as text: long digits stay exact."""
    return _formula(
        f"=SUMPRODUCT(--({column}$2:{column}${MANY_SUBJECTS}={cell}))<=1", "这个编码已经有了，编码不得重复。"
    )


def any_date() -> Validation:
    return {
        "validate": "date",
        "criteria": ">=",
        "value": date(1990, 1, 1),
        "error_title": "填写有误",
        "error_message": "应是日期，如 2020-11-20。",
    }

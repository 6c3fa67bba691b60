"""The first sheet of a blank workbook: how to fill it in, and all codes of this plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils import formats, translation

from appraisal_site.lib.fields import canonical
from indicators.rendering import render
from reviews.models import Round
from scoring.engine import method_title, method_words
from scoring.engine.types import Node

from .guide_sheet import GuideSheet, Line
from .layout import ABSTENTION, EARLIER, EVENTS, NOT_APPLICABLE, PLAN, SCORES, SUBJECTS
from .template_sheets import Needs


class Guide(GuideSheet):
    """All tables share six columns: it prints on one page's width."""

    widths = (13, 30, 12, 22, 30, 72)

    def __init__(self, needs: Needs, round_: Round | None, subjects: int) -> None:
        self.needs, self.round, self.subjects = needs, round_, subjects
        rows = needs.version.document.get("indicators", ())
        self.rows: dict[str, Mapping[str, Any]] = {row["code"]: row for row in rows}

    def write(self, sheet: Any, style: Any) -> None:
        self.begin(sheet, style)
        self.plain(f"{self.needs.plan.title} · 考核数据簿", style.title, height=30)
        self.plain(self._subtitle(), style.subtle)
        self.heading("填写步骤")
        for number, step in enumerate(self._steps(), start=1):
            self.plain(f"{number}. {step}", style.plain)
        with translation.override("zh-hans"):
            self._tables()

    def _subtitle(self) -> str:
        plan, round_ = self.needs.plan, self.round
        parts = [f"方案编码：{plan.code}（第 {self.needs.version.number} 版）"]
        if round_ is not None:
            parts += [f"轮次：{round_.name}", f"考核对象：{self.subjects} 个"]
            if round_.deadline is not None:
                parts.append(f"截止日期：{formats.date_format(round_.deadline, 'Y-m-d')}")
        return "　　".join(parts)

    def _steps(self) -> Iterator[str]:
        sheets = self.needs.sheets()
        if self.round is None:
            yield f"在“{PLAN}”表中填写轮次，在“{SUBJECTS}”表中填写全部考核对象，每个对象一行。"
        else:
            yield f"“{PLAN}”和“{SUBJECTS}”两张表已按本轮次填好；请核对对象的类别、分组和后面的事实栏，空着的补上。"
        if SCORES in sheets and self.needs.marked and self.round is not None:
            yield f"“{SCORES}”表已按对象、指标、考评主体列好，只填得分和说明；没有填写的行导入时跳过，不是 0 分。"
        elif SCORES in sheets and not self.needs.marked:
            yield f"本方案没有打分的指标，“{SCORES}”表只用来登记“{NOT_APPLICABLE}”的指标。"
        elif SCORES in sheets:
            yield f"在“{SCORES}”表中，每个对象、指标、考评主体填一行；没有填写的不是 0 分，是缺失。"
        yield "其他各表有则填写，没有则留空。行的先后没有关系；表头不要修改，也不要增加栏目。"
        yield "蓝底的栏目必填，灰底的可以不填；浅黄色的单元格等待填写，填好后颜色消失。编码都是文本，前面的零保留。"
        yield "填好后在系统中上传。有错误时什么都不会导入，系统列出每个错误所在的单元格，改正后重新上传即可。"

    # ------------------------------------------------------------------ tables

    def _tables(self) -> None:
        self._table("工作表和栏目", ("工作表", "栏目", "必填", "填写要求"), self._columns(), widest=3)
        self._table("指标", ("编码", "指标", "满分", "填在", "考评主体", "计分办法"), self._indicators())
        self._table("加减分条目", ("指标编码", "名称", "条目", "分值", "限制", "说明"), self._items())
        self._table("投票", ("指标编码", "投票人", "票类", "权重", "评价", "说明"), self._classes())
        if self.needs.sets:
            self.heading("往期")
            titles = self.needs.plan.sets
            sets = "、".join(f"{code}（{titles[code]}）" if code in titles else code for code in self.needs.sets)
            self.plain(
                f"“{EARLIER}”表的组：{sets}。每个对象、每个轮次一行；已在本系统中的轮次可以不填。", self.style.plain
            )

    def _columns(self) -> Iterator[Line]:
        for name, columns in self.needs.sheets().items():
            for position, column in enumerate(columns):
                yield ("" if position else name, column.title, "是" if column.required else "", column.meaning)

    def _indicators(self) -> Iterator[Line]:
        for node in self.needs.tree.nodes.values():
            indent = "　" * self.needs.tree.depths[node.code]
            words = render(method_words(node, self.needs.plan))
            note = str(self.rows.get(node.code, {}).get("note") or "")
            yield (
                node.code,
                indent + node.title,
                canonical(node.points),
                self._place(node),
                "、".join(assessor.name for assessor in node.assessors),
                f"{render(method_title(node))}：{words}" + (f"\n{note}" if note else ""),
            )

    def _place(self, node: Node) -> str:
        place = self.needs.input_sheet(node)
        return f"{place}（没有往期时填{SCORES}）" if node in self.needs.carried_by_marks else place

    def _items(self) -> Iterator[Line]:
        for node in self.needs.with_events:
            notes = {
                row["code"]: str(row.get("note") or "") for row in self.rows.get(node.code, {}).get("catalogue", ())
            }
            for item in node.catalogue:
                limits = []
                if item.cap is not None:
                    limits.append(f"最多 {canonical(item.cap)} 分")
                if item.zero_at is not None:
                    limits.append(f"累计 {canonical(item.zero_at)} 次该指标为 0 分")
                values = "、".join(canonical(value) for value in item.values) or "据实填写"
                yield node.code, item.title, item.code, values, "；".join(limits), notes.get(item.code, "")
            if not node.catalogue:
                yield (
                    node.code,
                    node.title,
                    "不填",
                    "据实填写",
                    "",
                    f"没有列条目，在“{EVENTS}”表中直接填分值和事由。",
                )

    def _classes(self) -> Iterator[Line]:
        for node in self.needs.voted:
            ballot = node.ballot
            if ballot is None:
                continue
            if ballot.options:
                answers = "、".join(f"{option.title}（{canonical(option.value)}）" for option in ballot.options)
            else:
                answers = f"0 到 {canonical(ballot.scale)} 的分数"
                answers += "，整数" if ballot.step == 1 else f"，以 {canonical(ballot.step)} 为单位"
            more = "" if ballot.self_vote else "不能给自己投票。"
            for each in ballot.classes:
                yield node.code, each.title, each.code, canonical(each.weight), f"{answers}；{ABSTENTION}", more

    # ------------------------------------------------------------------ writing

    def _table(self, title: str, head: Line, rows: Iterator[Line], widest: int | None = None) -> None:
        """A table under a heading; nothing without rows. Column `widest`, the last, runs over the rest of the width."""
        lines = list(rows)
        if not lines:
            return
        self.heading(title)
        self.cells(head, self.style.head, widest)
        for line in lines:
            self.cells(line, self.style.cell, widest)

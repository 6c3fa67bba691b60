"""The sheet 填写说明 of a score sheet as a file: how to fill it in, and what its indicators ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from appraisal_site.lib.fields import canonical
from indicators.rendering import render
from reviews.queries.sheet import Leaf
from reviews.tree import takes_marks
from scoring.engine import method_title, method_words

from ..workbook.guide_sheet import GuideSheet
from .contents import Contents
from .layout import CLEAR, CODE, GRID, MARK, NAME, NOT_APPLICABLE, NOTE, OWN_UNIT

HEADS = ("编码", "指标", "满分", "填写期限", "计分办法")


class Guide(GuideSheet):
    widths = (12, 34, 10, 22, 66)

    def __init__(self, contents: Contents, facts: Mapping[str, str]) -> None:
        self.contents, self.facts = contents, facts

    def write(self, sheet: Any, style: Any) -> None:
        self.begin(sheet, style)
        self.plain(f"{self.contents.round.title} · 评分表", style.title, height=30)
        self.plain(self._subtitle(), style.subtle)
        self.heading("怎样填写")
        for number, step in enumerate(self._steps(), start=1):
            self.paragraph(f"{number}. {step}")
        self.heading("指标")
        self.cells(HEADS, style.head)
        for line in self._indicators():
            self.cells(line, style.cell)

    def _subtitle(self) -> str:
        made = self.facts["制表时间"][:16].replace("T", " ")
        count = len(self.contents.lines)
        return f"填表人：{self.contents.owner}　　制表时间：{made}　　考核对象：{count} 个"

    def _steps(self) -> Iterator[str]:
        plan = self.contents.grid.tree.plan
        yield (
            f"在“{GRID}”表中填写，一行一个考核对象，一个指标一组栏目。白底的单元格可以填，浅黄色的还没有填；"
            "灰底的不能填：指标已经冻结或截止、上级指标对该对象不适用、目标值已经核定，"
            "或者方案规定不由本单位评分。"
        )
        yield (
            f"“{MARK}”填数字，或者填“{NOT_APPLICABLE}”。不适用不是 0 分：这一项不计，分值由同级其他指标分担。"
            + (f"本方案要求每个得分都写“{NOTE}”。" if plan.notes_required else f"“{NOTE}”可以不写。")
        )
        yield (
            f"空着的单元格表示不改：原来有内容的，上传后仍是原来的内容。要清空原有的内容，在该单元格填“{CLEAR}”；"
            f"得分清空的，说明一并清空。"
        )
        yield (
            f"可以筛选、隐藏，也可以整行删除；需要排序或调整栏目的，先在“审阅”中撤销工作表保护（没有密码）。"
            f"排序时请选中整个表，使“{CODE}”“{NAME}”与得分一起移动：编码与名称对不上的行不会读入。表头的字不要改。"
        )
        yield (
            "填好后在系统中上传。系统先列出新填、修改、冲突和有误的单元格，确认以后才写入。"
            "下载以后别人改过、您也改过的单元格算冲突，由您逐个或者一次选定，不会被悄悄覆盖。"
        )
        yield "本文件只供填表人使用：指标、轮次不符的不能上传。加减分事项和附件不在本表中，请在系统中办理。"
        if any(line.own for line in self.contents.lines):
            yield f"“提示”栏写明“{OWN_UNIT}”的，是填表人所在的单位或其人员，评分在各处都会标明。"

    def _indicators(self) -> Iterator[Sequence[str]]:
        tree = self.contents.grid.tree
        for leaf in self.contents.leaves:
            node = leaf.node
            words = f"{render(method_title(node))}：{render(method_words(node, tree.plan))}"
            if crumbs := tree.crumbs(node.code):
                words = f"{crumbs}\n{words}"
            title = node.title
            if takes_marks(node) and len(node.assessors) > 1:
                title += f"（{leaf.assignment.assessor}）"
            yield node.code, title, canonical(node.points), self._until(leaf), words

    def _until(self, leaf: Leaf) -> str:
        if leaf.reason or leaf.until:
            return leaf.reason or leaf.until
        deadline = leaf.assignment.deadline or self.contents.round.deadline
        return f"{deadline:%Y-%m-%d}" if deadline else ""

"""The result workbook: ranking, scores, ballots, grades, and the rules they came from.

Written from the stored computation alone, sheet by sheet in constant memory. Sheets, columns and the words of the
cells are the round workbook's contract and therefore Chinese in every language of the product.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import xlsxwriter
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from xlsxwriter.utility import xl_rowcol_to_cell

from indicators.reading import default_lines
from indicators.rendering import render
from indicators.services import engine_plan
from reviews.models import Round
from reviews.own_unit import own_assessors
from reviews.queries.polls import withheld_classes
from reviews.tree import Tree
from scoring import engine
from scoring.engine.rounding import round_half_up
from scoring.engine.types import Flag, LimitReport, Node, NodeScore, Plan, Result, Status
from scoring.models import Computation
from scoring.queries import StoredResult, is_stale, limits, read_results
from scoring.tallies import ClassLine, class_lines

from .formulas import node_formula
from .output_selections import write_uses

Progress = Callable[[int, str], None]

RANKING, SCORES = "排名", "指标得分"
NOT_APPLICABLE, MISSING, NO_GRADE = "不适用", "缺失", "不定等次"
RANKING_COLUMNS = ("名次", "类别名次", "编码", "名称", "类别", "总分", "等次", "等次说明", "标记")
TOTAL_COLUMN = RANKING_COLUMNS.index("总分")


class _Book:
    """The workbook with its formats; one method per sheet."""

    def __init__(self, path: Path, computation: Computation) -> None:
        self.computation = computation
        self.version = computation.round.plan_version
        self.plan: Plan = engine_plan(self.version)
        self.nodes = list(engine.walk(self.plan.root))
        self.results = self._in_order(read_results(computation))
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self.file = xlsxwriter.Workbook(str(path), options)
        digits = "0" + ("." + "0" * self.plan.decimals if self.plan.decimals else "")
        self.head = self.file.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#F2F2F2"}
        )
        self.score = self.file.add_format({"num_format": digits})
        self.text = self.file.add_format({"num_format": "@"})
        self.wrap = self.file.add_format({"text_wrap": True, "valign": "top"})
        self.bold = self.file.add_format({"bold": True})

    def _in_order(self, results: list[StoredResult]) -> list[StoredResult]:
        """By rank; by category first, in the plan's order, where the plan ranks per category."""
        if self.plan.ranking != "category":
            return results
        order = {category: i for i, category in enumerate(self.plan.categories)}
        return sorted(
            results,
            key=lambda s: (
                order.get(s.subject.category, len(order)),
                s.result.category_rank,
                s.subject.order,
                s.subject.code,
            ),
        )

    def sheet(self, name: str, columns: Sequence[str], widths: Sequence[int], frozen: int = 0) -> Any:
        sheet = self.file.add_worksheet(name)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(1, frozen)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.write_row(0, 0, columns, self.head)
        return sheet

    # ------------------------------------------------------------------ ranking

    def ranking(self) -> None:
        sheet = self.sheet(RANKING, RANKING_COLUMNS, (6, 8, 12, 26, 18, 10, 10, 70, 30), frozen=4)
        last = len(self.results) + 1
        for row, stored in enumerate(self.results, start=1):
            subject, result = stored.subject, stored.result
            total = xl_rowcol_to_cell(row, TOTAL_COLUMN)
            first, end = (xl_rowcol_to_cell(r, TOTAL_COLUMN, row_abs=True, col_abs=True) for r in (1, last - 1))
            sheet.write_formula(row, 0, f"=RANK({total},{first}:{end},0)", None, result.rank)
            sheet.write_number(row, 1, result.category_rank)
            sheet.write_string(row, 2, subject.code, self.text)
            sheet.write_string(row, 3, subject.name)
            sheet.write_string(row, 4, subject.category)
            # The root's cell on the other sheet: same row, first node column.
            sheet.write_formula(
                row, TOTAL_COLUMN, f"='{SCORES}'!{xl_rowcol_to_cell(row, 2)}", self.score, _cached(result.total)
            )
            sheet.write_string(row, 6, result.grade or NO_GRADE)
            sheet.write_string(row, 7, reasons_in_words(self.plan, result), self.wrap)
            sheet.write_string(row, 8, flags_in_words(self.plan, result), self.wrap)
        sheet.autofilter(0, 0, max(1, last - 1), len(RANKING_COLUMNS) - 1)

    # ------------------------------------------------------------------ scores

    def scores(self, progress: Progress) -> None:
        heads = ["编码", "名称", *(f"{node.code} {node.title}" for node in self.nodes)]
        sheet = self.sheet(SCORES, heads, (12, 26, *(11 for _node in self.nodes)), frozen=2)
        columns = {node.code: column for column, node in enumerate(self.nodes, start=2)}
        for row, stored in enumerate(self.results, start=1):
            sheet.write_string(row, 0, stored.subject.code, self.text)
            sheet.write_string(row, 1, stored.subject.name)

            def cell(code: str, row: int = row) -> str:
                return str(xl_rowcol_to_cell(row, columns[code]))

            for node in self.nodes:
                self._score(sheet, row, columns[node.code], node, stored.result.scores, cell)
            if row % 500 == 0:
                progress(20 + 60 * row // len(self.results), _("Writing the scores"))

    def _score(
        self, sheet: Any, row: int, column: int, node: Node, scores: Mapping[str, NodeScore], cell: Callable[[str], str]
    ) -> None:
        score = scores[node.code]
        if score.status is Status.NOT_APPLICABLE:
            sheet.write_string(row, column, NOT_APPLICABLE)
        elif score.value is None:
            sheet.write_string(row, column, MISSING)
        elif (formula := node_formula(self.plan, node, scores, cell)) is not None:
            sheet.write_formula(row, column, formula, self.score, _cached(score.value))
        else:
            sheet.write_number(row, column, score.value, self.score)

    # ------------------------------------------------------------------ ballots

    def ballots(self) -> None:
        leaves = [node for node in self.nodes if node.ballot is not None]
        if not leaves:
            return
        options = list(dict.fromkeys(o.title for node in leaves for o in node.ballot.options))  # type: ignore[union-attr]
        columns = ["编码", "名称", "指标编码", "指标", "票类", "票数", "弃权", "平均", *options]
        sheet = self.sheet("投票汇总", columns, (12, 26, 10, 22, 16, 8, 8, 10, *(10 for _o in options)), frozen=2)
        too_few = withheld_classes(self.computation.round, self.plan)
        row = 1
        for stored in self.results:
            for node in leaves:
                score = stored.result.scores[node.code]
                assert node.ballot is not None
                for line in self._classes(node, stored, too_few):
                    head = [stored.subject.code, stored.subject.name, node.code, node.title, line.title]
                    sheet.write_row(row, 0, head, self.text)
                    self._ballot_line(sheet, row, line, score, options, [o.title for o in node.ballot.options])
                    row += 1

    def _classes(
        self, node: Node, stored: StoredResult, too_few: Mapping[tuple[str, str], frozenset[str]]
    ) -> tuple[ClassLine, ...]:
        assert node.ballot is not None
        votes = stored.result.scores[node.code].detail.get("votes", {})
        few = too_few.get((stored.subject.code, node.code), frozenset())
        return class_lines(node.ballot, votes, self.plan.minimum_votes, few)

    def _ballot_line(
        self, sheet: Any, row: int, line: Any, score: NodeScore, options: list[str], own: list[str]
    ) -> None:
        if score.status is Status.NOT_APPLICABLE:
            sheet.write_string(row, 5, NOT_APPLICABLE)
            return
        if line.withheld:
            sheet.write_string(row, 5, line.withheld)
            return
        sheet.write_number(row, 5, line.votes)
        sheet.write_number(row, 6, line.abstained)
        if line.mean is not None:
            sheet.write_number(row, 7, _rounded(line.mean, self.plan.decimals + 2))
        counts = dict(line.answers)
        for column, option in enumerate(options, start=8):
            if option in own:
                sheet.write_number(row, column, counts.get(option, 0))

    # ------------------------------------------------------------------ grades

    def grades(self) -> None:
        plan = self.plan
        columns = ["类别", "参评数", "参与定等数 N", *plan.grades, NO_GRADE]
        sheet = self.sheet("等次统计", columns, (30, 10, 14, *(10 for _g in plan.grades), 10))
        categories = list(dict.fromkeys([*plan.categories, *(s.subject.category for s in self.results)]))
        row = 0
        for row, category in enumerate([*categories, None], start=1):
            held = [s.result.grade for s in self.results if category in (None, s.subject.category)]
            graded = [grade for grade in held if grade]
            counts = [held.count(grade) for grade in plan.grades]
            sheet.write_row(row, 0, ["合计" if category is None else category, len(held), len(graded), *counts])
            sheet.write_number(row, len(columns) - 1, len(held) - len(graded))
        reports = limits(self.computation)
        if not reports:
            return
        names = {s.result.subject: s.subject.name for s in self.results}
        row += 2
        limit_columns = [
            "比例限额",
            "范围",
            "N",
            "比例",
            "名额",
            "等次",
            "实际人数",
            "因限额改等",
            "并列待定",
            "领导小组决定",
        ]
        sheet.write_row(row, 0, limit_columns, self.head)
        for report in reports:
            row += 1
            sheet.write_row(row, 0, self._limit_row(report, names))

    def _limit_row(self, report: LimitReport, names: dict[str, str]) -> list[Any]:
        rule = render(engine.rule_title(self.plan.rules[report.rule]))
        share = f"{_rounded(Fraction(report.share) * 100, 2).normalize():f}%"
        return [
            rule,
            report.scope or "全体",
            report.size,
            share,
            report.places,
            report.grade,
            len(report.holders),
            "、".join(names.get(key, key) for key in report.cut),
            "、".join(names.get(key, key) for key in report.tied),
            "、".join(names.get(key, key) for key in report.decided),
        ]

    # ------------------------------------------------------------------ notes

    def notes(self) -> None:
        sheet = self.sheet("说明", ("项目", "内容"), (22, 120))
        computation, plan, round_ = self.computation, self.plan, self.computation.round
        computed = timezone.localtime(computation.computed_at)
        rows: list[tuple[str, Any]] = [
            ("方案", f"{plan.code} {plan.title}"),
            ("轮次", round_.name),
            ("计算时间", f"{computed:%Y-%m-%d %H:%M:%S}"),
            ("计算程序版本", computation.engine_version),
            ("方案摘要", self.version.digest),
            ("结果摘要", computation.digest),
            ("状态", "有缺失数据，结果为暂定：缺失计 0" if computation.provisional else "数据齐全"),
            (
                "数据变动",
                "计算之后数据又有变动，请重新计算" if is_stale(computation, round_) else "计算之后数据没有变动",
            ),
            ("小数", f"每级得分四舍五入保留 {plan.decimals} 位小数，上级由下级四舍五入后的得分计算"),
        ]
        rows += [(f"计分 {n.code} {n.title}", render(engine.method_words(n, plan))) for n in self.nodes]
        rows += [(f"等次规则 {i}", render(engine.rule_words(rule, plan))) for i, rule in enumerate(plan.rules, start=1)]
        rows.append(("同分排序", "、".join(plan.tie_breakers) or "仅按总分"))
        rows += [("默认值，方案未规定", line) for line in default_lines(self.version)]
        rows += [("本单位评分", line) for line in own_unit_lines(self.computation.round, self.plan, self.results)]
        for row, (name, value) in enumerate(rows, start=1):
            sheet.write_string(row, 0, name, self.bold)
            sheet.write_string(row, 1, str(value), self.wrap)


# ------------------------------------------------------------------------------ words


def own_unit_lines(round_: Round, plan: Plan, results: Sequence[StoredResult]) -> list[str]:
    """Where an assessor marked its own unit or a person of it: a line for each leaf and assessor, at most 50 names."""
    own = own_assessors(round_, Tree(plan))
    found: dict[tuple[str, str], list[str]] = {}
    for stored in results:
        for code, assessors in own.get(stored.subject.pk, {}).items():
            score = stored.result.scores.get(code)
            for name, value in score.detail.get("marks", ()) if score else ():
                if name in assessors:
                    found.setdefault((code, name), []).append(f"{stored.subject.name} {value}")
    titles = {node.code: node.title for node in engine.walk(plan.root)}
    lines = []
    for (code, name), given in found.items():
        more = f" 等 {len(given)} 个对象" if len(given) > 50 else ""
        lines.append(f"{code} {titles[code]} · {name}：{'、'.join(given[:50])}{more}")
    return lines


def reasons_in_words(plan: Plan, result: Result) -> str:
    """The first grade and every rule that changed it, numbered where there are several, then the final grade."""
    parts = []
    for reason in result.reasons:
        words = render(engine.explain_reason(reason, plan)).rstrip("。.")
        # The first grade that somebody gets is no change of one: the sentence names it.
        if reason.before not in (None, reason.after):
            words = f"{reason.before} → {reason.after or NO_GRADE}：{words}"
        parts.append(words)
    if len(parts) < 2:
        return "".join(parts)
    numbered = [f"{number}. {words}" for number, words in enumerate(parts, start=1)]
    return "；".join([*numbered, f"最终：{result.grade or NO_GRADE}"])


def flags_in_words(plan: Plan, result: Result) -> str:
    return "；".join(render(engine.explain_flag(flag, plan)) for flag in _once(result.flags))


def _once(flags: Sequence[Flag]) -> list[Flag]:
    kept: list[Flag] = []
    for flag in flags:
        if flag not in kept:
            kept.append(flag)
    return kept


def _rounded(value: Fraction, decimals: int) -> Decimal:
    return Decimal(round_half_up(value.numerator * 10**decimals, value.denominator)).scaleb(-decimals)


def _cached(value: Decimal) -> float:
    """The value stored beside a formula. A cell is a binary number: this is the border, nothing is computed with it."""
    return float(value)


def _unheard(percent: int, message: str) -> None:
    """Nobody wants to know how far it is."""


def write_result(path: str | Path, computation: Computation, progress: Progress | None = None) -> None:
    """Write the result workbook of a computation to `path`. Queries do not grow with the subjects."""
    tell = progress or _unheard
    with translation.override("zh-hans"):
        tell(0, _("Reading the result"))
        book = _Book(Path(path), computation)
        tell(20, _("Writing the scores"))
        book.ranking()
        book.scores(tell)
        tell(85, _("Writing the summaries"))
        book.ballots()
        book.grades()
        write_uses(book)
        book.notes()
        tell(95, _("Closing the file"))
        book.file.close()

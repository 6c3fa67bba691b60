"""A blank round workbook of any plan: everything that is known filled in, the rest ready to be typed.

Written sheet by sheet in constant memory: 5,000 people on 20 leaves are 100,000 rows of 评分. Every text goes in as
a text, never as a formula or a link; codes keep their leading zeros.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from indicators.models import PlanVersion
from reviews.models import EarlierResult, NotApplicable, Round, RoundSetMember, Subject, SubjectFact
from scoring.engine.types import FactDefinition, FactType, Node

from . import template_lists as checks
from .layout import (
    ATTAINMENTS,
    EARLIER,
    EVENTS,
    INSTRUCTIONS,
    LISTS,
    NO,
    NOT_APPLICABLE,
    NUMBERS,
    PLAN,
    SCORES,
    SUBJECTS,
    TALLIES,
    VOTES,
    YES,
)
from .style import Style, printed
from .template_guide import Guide
from .template_lists import Lists, Validation
from .template_sheets import Column, Needs

LAST_ROW = 1_048_575  # of a sheet, counted from 0
Cell = str | Decimal | date | None


@dataclass(slots=True)
class Entry:
    """A subject of the round, its facts and what is not applicable to it: (code, assessor, note)."""

    subject: Subject
    facts: dict[str, str] = field(default_factory=dict)
    settings: list[tuple[str, str, str]] = field(default_factory=list)
    out: set[str] = field(default_factory=set)  # every node of the branches that are not applicable


def write_template(path: str | Path, version: PlanVersion, round: Round | None = None) -> None:  # noqa: A002
    """Write a blank input workbook of a plan, of one of its rounds if given, as an .xlsx file.

    With a round: its subjects with their facts, and a row for each value that is expected of them and applicable.
    What is not applicable stands there as 不适用, so that the workbook says the same wherever it is loaded.
    At most 5 queries, whatever the size.
    """
    _Template(path, version, round).write()


class _Template:
    def __init__(self, path: str | Path, version: PlanVersion, round_: Round | None) -> None:
        self.needs = Needs(version)
        self.round = round_
        self.lists = Lists(self.needs)
        self.entries = _entries(round_, self.needs) if round_ is not None else []
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": "yyyy-mm-dd",
        }
        self.file = xlsxwriter.Workbook(str(path), options)
        self.style = Style(self.file)

    def write(self) -> None:
        rows: dict[str, Callable[[], Iterable[Sequence[Cell]]]] = {
            PLAN: self._plan_rows,
            SUBJECTS: self._subject_rows,
            SCORES: self._mark_rows,
            ATTAINMENTS: lambda: self._leaf_rows(self.needs.attained),
            NUMBERS: lambda: self._leaf_rows(self.needs.numbered),
        }
        self._guide()
        for name, columns in self.needs.sheets().items():
            self._sheet(name, columns, rows[name]() if name in rows else ())
        sheet = self.file.add_worksheet(LISTS)
        self.lists.write(sheet, self.style.head, self.style.text)
        sheet.hide()
        self.file.close()

    def _guide(self) -> None:
        sheet = self.file.add_worksheet(INSTRUCTIONS)
        printed(sheet)
        Guide(self.needs, self.round, len(self.entries)).write(sheet, self.style)

    # ------------------------------------------------------------------ a sheet

    def _sheet(self, name: str, columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> None:
        sheet = self.file.add_worksheet(name)
        printed(sheet)
        sheet.repeat_rows(0)
        sheet.freeze_panes(1, 0)
        sheet.set_row(0, 26)
        forms = [getattr(self.style, column.kind) for column in columns]
        for position, column in enumerate(columns):
            sheet.set_column(position, position, column.width, forms[position])
            head = self.style.required if column.required else self.style.optional
            sheet.write_string(0, position, column.title, head)
        last = 0
        for last, row in enumerate(rows, start=1):
            for position, value in enumerate(row):
                _write(sheet, last, position, value, self.style, forms[position])
        if name == PLAN:
            return
        sheet.autofilter(0, 0, last, len(columns) - 1)
        for title, validation in self._validations(name).items():
            position = [column.title for column in columns].index(title)
            if validation is not None:
                sheet.data_validation(1, position, LAST_ROW, position, validation)
        self._paint(sheet, name, columns)

    def _paint(self, sheet: Any, name: str, columns: Sequence[Column]) -> None:
        """Lines under rows in use; what waits to be filled in is pale yellow until it is."""
        titles = [column.title for column in columns]
        first = xl_col_to_name(0)
        for title in {SCORES: ("得分",), ATTAINMENTS: ("目标值", "完成值"), NUMBERS: ("数值",)}.get(name, ()):
            position = titles.index(title)
            at = xl_col_to_name(position)
            rule = {"type": "formula", "criteria": f'=AND(${first}2<>"",${at}2="")', "format": self.style.waiting}
            sheet.conditional_format(1, position, LAST_ROW, position, rule)
        if name == SCORES and self.needs.plan.notes_required:
            score, note = (xl_col_to_name(titles.index(title)) for title in ("得分", "说明"))
            rule = {
                "type": "formula",
                "criteria": f'=AND(ISNUMBER(${score}2),${note}2="")',
                "format": self.style.waiting,
            }
            sheet.conditional_format(1, titles.index("说明"), LAST_ROW, titles.index("说明"), rule)
        rule = {"type": "formula", "criteria": f'=${first}2<>""', "format": self.style.used_row}
        sheet.conditional_format(1, 0, LAST_ROW, len(columns) - 1, rule)

    # ------------------------------------------------------------------ what may be typed

    def _validations(self, name: str) -> dict[str, Validation | None]:
        """Column → what may be typed in it; relative references as seen from row 2."""
        lists = self.lists
        count = "应是 0 起的整数。"
        by_sheet: dict[str, Callable[[], dict[str, Validation | None]]] = {
            SUBJECTS: self._subject_validations,
            SCORES: lambda: {
                "指标编码": lists.choice("评分指标"),
                "考评主体": lists.choice("考评主体"),
                "得分": lists.mark("D2", "B2"),
            },
            ATTAINMENTS: lambda: {
                "指标编码": lists.choice("完成率指标"),
                "目标值": checks.above_zero("目标值应是大于 0 的数。"),
                "完成值": checks.any_number(),
            },
            NUMBERS: lambda: {"指标编码": lists.choice("数值指标"), "数值": lists.figure("C2", "B2")},
            EVENTS: lambda: {
                "指标编码": lists.choice("事项指标"),
                "条目": lists.item("$B2"),
                "数量": checks.at_least(0, count, whole=True),
                "分值": checks.above_zero("分值应是大于 0 的数；扣分的也填正数。"),
                "日期": checks.any_date(),
                "状态": lists.choice("状态"),
            },
            VOTES: lambda: {
                "票类": lists.choice("票类"),
                "投票对象": lists.subject(),
                "指标编码": lists.choice("投票指标"),
                "评价": lists.answer("F2", "E2"),
            },
            TALLIES: lambda: {
                "指标编码": lists.choice("投票指标"),
                "票类": lists.choice("票类"),
                "评价": lists.answer("D2", "B2"),
                "票数": checks.at_least(0, count, whole=True),
            },
            EARLIER: lambda: {
                "组": lists.choice("往期组"),
                "总分": checks.any_number(),
                "满分": checks.above_zero("满分应是大于 0 的数。"),
            },
        }
        found = by_sheet[name]()
        if name != SUBJECTS:
            found["对象编码"] = lists.subject()
        return found

    def _subject_validations(self) -> dict[str, Validation | None]:
        found: dict[str, Validation | None] = {"编码": checks.only_once("A2", "$A"), "类别": self.lists.choice("类别")}
        for heading, fact in self.needs.fact_headings().items():
            if fact.type is FactType.BOOLEAN:
                found[heading] = self.lists.choice("是否")
            elif fact.type is FactType.NUMBER:
                found[heading] = checks.any_number()
            else:
                found[heading] = self.lists.choice(f"对象：{heading}")
        return found

    # ------------------------------------------------------------------ rows

    def _plan_rows(self) -> Iterator[Sequence[Cell]]:
        yield "方案", self.needs.plan.code
        yield "轮次", self.round.name if self.round is not None else None
        if self.round is not None and self.round.deadline is not None:
            yield "截止日期", self.round.deadline

    def _subject_rows(self) -> Iterator[Sequence[Cell]]:
        facts = list(self.needs.fact_headings().values())
        for entry in self.entries:
            subject = entry.subject
            given = [_fact(fact, entry.facts.get(fact.code)) for fact in facts]
            yield subject.code, subject.name, subject.category, subject.group or None, *given

    def _mark_rows(self) -> Iterator[Sequence[Cell]]:
        """Leaf by leaf, assessor by assessor: whoever marks finds the rows together. 不适用 comes first."""
        for entry in self.entries:
            for code, assessor, note in entry.settings:
                yield entry.subject.code, code, assessor or None, NOT_APPLICABLE, note or None
        for leaf in self.needs.marked:
            if leaf in self.needs.carried_by_marks and self._has_rounds(leaf):
                continue
            for assessor in [a.name for a in leaf.assessors] or [""]:
                for row in self._leaf_rows([leaf]):
                    yield *row, assessor or None

    def _leaf_rows(self, leaves: Sequence[Node]) -> Iterator[tuple[str, str]]:
        for leaf in leaves:
            for entry in self.entries:
                if leaf.code not in entry.out:
                    yield entry.subject.code, leaf.code

    def _has_rounds(self, leaf: Node) -> bool:
        """Whether the set that this leaf carries has a round: then it takes no marks."""
        name = str(leaf.settings["set"])
        return (
            RoundSetMember.objects.filter(round=self.round, set_name=name).exists()
            or EarlierResult.objects.filter(subject__round=self.round, set_name=name).exists()
        )


def _entries(round_: Round, needs: Needs) -> list[Entry]:
    """The round's subjects in its order, with facts and what is not applicable: three queries."""
    found = {subject.pk: Entry(subject) for subject in Subject.objects.filter(round=round_)}
    for subject, code, value in SubjectFact.objects.filter(subject__round=round_).values_list(
        "subject_id", "code", "value"
    ):
        found[subject].facts[code] = value
    settings: dict[int, list[tuple[str, str, str]]] = defaultdict(list)
    for subject, code, assessor, note in NotApplicable.objects.filter(subject__round=round_).values_list(
        "subject_id", "indicator", "assessor", "note"
    ):
        node = needs.tree.get(code)
        if node is not None:
            own = assessor if assessor in [a.name for a in node.assessors] else ""
            settings[subject].append((code, own, note))
    for subject, rows in settings.items():
        entry = found[subject]
        entry.settings = sorted(rows, key=lambda row: needs.tree.order[row[0]])
        entry.out = {code for setting in rows for code in needs.tree.branch(setting[0])}
    return list(found.values())


def _fact(fact: FactDefinition, value: str | None) -> Cell:
    """A stored fact as its cell shows it."""
    if value is None:
        return None
    if fact.type is FactType.BOOLEAN:
        return YES if value == "true" else NO
    return Decimal(value) if fact.type is FactType.NUMBER else value


def _write(sheet: Any, row: int, column: int, value: Cell, style: Style, form: Any) -> None:
    if isinstance(value, Decimal):
        sheet.write_number(row, column, value, form)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, style.date)
    elif value is not None:
        sheet.write_string(row, column, value, style.text)

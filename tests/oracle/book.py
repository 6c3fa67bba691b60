"""Reads a round workbook into plain dictionaries. It trusts the workbook: wrong input is the application's business."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from openpyxl import load_workbook

from .plans import PLANS, find

WIDE_CHARACTERS = "".join(map(chr, range(0xFF10, 0xFF1A))) + "\uff0e\uff0d"  # full-width 0–9, point, minus
WIDE = str.maketrans(WIDE_CHARACTERS + "\u2212", "0123456789.--")
NOT_APPLICABLE = "不适用"


@dataclass
class Subject:
    code: str
    name: str
    category: str
    group: str
    facts: dict


@dataclass
class Book:
    """Inputs by (subject code, node code); votes by (subject, node, class) as a Counter of value → count.

    ``markers`` has the assessor ("": not named) of each of the ``marks``.
    """

    plan: dict
    subjects: list = field(default_factory=list)
    not_applicable: set = field(default_factory=set)
    marks: dict = field(default_factory=lambda: defaultdict(list))
    markers: dict = field(default_factory=lambda: defaultdict(list))
    attainments: dict = field(default_factory=dict)
    values: dict = field(default_factory=dict)
    events: dict = field(default_factory=lambda: defaultdict(list))
    votes: dict = field(default_factory=lambda: defaultdict(Counter))
    past: list = field(default_factory=list)
    weighted_votes: dict = field(default_factory=dict)
    plan_code: str = ""
    round: str = ""


def text(cell):
    """What the cell shows, as text: 1 under the format 000 is "001"; None is ""."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        zeros = cell.number_format
        return str(value).zfill(len(zeros)) if set(zeros) == {"0"} else str(value)
    return str(value).strip()


def code(cell):
    return text(cell).translate(WIDE)


def number(cell):
    """An exact fraction of at most 15 significant digits; None for an empty cell."""
    value = cell.value
    if isinstance(value, float):
        return Fraction(Decimal(format(value, ".15g")))
    if isinstance(value, int):
        return Fraction(value)
    shown = text(cell).translate(WIDE)
    return Fraction(Decimal(shown)) if shown else None


def rows(workbook, sheet):
    """Each row that is not empty, as {header: cell}."""
    if sheet not in workbook.sheetnames:
        return
    lines = workbook[sheet].iter_rows()
    header = [text(cell) for cell in next(lines)]
    for line in lines:
        if any(text(cell) for cell in line):
            yield dict(zip(header, line, strict=False))


def fact(cell, kind):
    if not text(cell):
        return None
    if kind == "bool":
        return cell.value if isinstance(cell.value, bool) else {"是": True, "否": False}[text(cell)]
    return number(cell) if kind == "number" else text(cell)


def read(path, plan=None):
    """The workbook at ``path``, of ``plan`` if it is none of those that ship."""
    return read_book(load_workbook(path, data_only=True), plan)


def read_book(workbook, plan=None):
    head = {text(row["项目"]): row["值"] for row in rows(workbook, "方案")}
    plan_code = code(head["方案"])
    book = Book(plan=plan or PLANS[plan_code], plan_code=plan_code, round=code(head["轮次"]))
    _read_subjects(workbook, book)
    _read_scores(workbook, book)
    _read_events(workbook, book)
    _read_votes(workbook, book)
    for row in rows(workbook, "往期"):
        book.past.append(
            {
                "set": text(row["组"]),
                "round": text(row["轮次"]),
                "subject": code(row["对象编码"]),
                "total": number(row["总分"]),
                "full": number(row["满分"]),
                "grade": text(row["等次"]),
            }
        )
    return book


def _read_subjects(workbook, book):
    facts = book.plan["facts"]
    for row in rows(workbook, "对象"):
        given = {}
        for name, about in facts.items():
            cell = row.get(name) or row.get(about["title"])
            given[name] = fact(cell, about["kind"]) if cell is not None else None
        book.subjects.append(Subject(code(row["编码"]), text(row["名称"]), text(row["类别"]), text(row["分组"]), given))


def _key(row):
    return code(row["对象编码"]), code(row["指标编码"])


def _read_scores(workbook, book):
    for row in rows(workbook, "评分"):
        if text(row["得分"]) == NOT_APPLICABLE:
            book.not_applicable.add(_key(row))
        else:
            book.marks[_key(row)].append(number(row["得分"]))
            book.markers[_key(row)].append(text(row["考评主体"]))
    for row in rows(workbook, "完成率"):
        book.attainments[_key(row)] = (number(row["目标值"]), number(row["完成值"]))
    for row in rows(workbook, "数值"):
        book.values[_key(row)] = number(row["数值"])


def _read_events(workbook, book):
    for row in rows(workbook, "事项"):
        count = number(row["数量"])
        book.events[_key(row)].append(
            {
                "item": code(row["条目"]),
                "count": Fraction(1) if count is None else count,
                "value": number(row["分值"]),
                "matter": text(row["事由"]),
                "approved": text(row["状态"]) in ("", "已审核"),
            }
        )


def _read_votes(workbook, book):
    for sheet in ("选票", "计票"):
        for row in rows(workbook, sheet):
            subject, node_code = _key(row)
            if text(row["评价"]) == "弃权":
                continue
            node = find(book.plan, node_code)
            value = text(row["评价"]) if node["options"] else number(row["评价"])
            count = int(number(row["票数"])) if sheet == "计票" else 1
            book.votes[subject, node_code, code(row["票类"])][value] += count

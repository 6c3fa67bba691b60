"""What the cases of broken workbooks are written with."""

from collections.abc import Callable
from dataclasses import dataclass

from .generate import COLUMNS

CASES = []
MARKS, EVENTS, VOTES, TALLIES, SUBJECTS = "评分", "事项", "选票", "计票", "对象"


@dataclass(frozen=True)
class Case:
    name: str
    plan: str
    damage: Callable
    allow_missing: bool = False


def broken(plan="district-2020", allow_missing=False):
    def register(function):
        def damage(workbook):
            return function(Book(workbook))

        CASES.append(Case(function.__name__, plan, damage, allow_missing))
        return function

    return register


class Book:
    """A workbook addressed by sheet, row number and header."""

    def __init__(self, workbook):
        self.workbook = workbook
        self.subject = self.at(SUBJECTS, 2, "编码").value
        self.other = self.at(SUBJECTS, 3, "编码").value

    def sheet(self, name):
        if name not in self.workbook.sheetnames:
            self.workbook.create_sheet(name).append(COLUMNS[name])
        return self.workbook[name]

    def at(self, name, row, head):
        sheet = self.sheet(name)
        return sheet.cell(row, next(cell.column for cell in sheet[1] if cell.value == head))

    def rows(self, name, **wanted):
        return [
            row
            for row in range(2, self.sheet(name).max_row + 1)
            if all(self.at(name, row, head).value == value for head, value in wanted.items())
            and any(cell.value is not None for cell in self.sheet(name)[row])
        ]

    def clear(self, name, **wanted):
        for row in self.rows(name, **wanted):
            for cell in self.sheet(name)[row]:
                cell.value = None

    def add(self, name, **values):
        """Appends a row; its number."""
        row = self.sheet(name).max_row + 1
        for head, value in values.items():
            self.at(name, row, head).value = value
        return row

    def put(self, name, row, head, value):
        """Writes a value; the place, as what the error must name."""
        self.at(name, row, head).value = value
        return self.place(name, row, head)

    def place(self, name, row, *heads):
        return [(name, self.at(name, row, head).coordinate) for head in heads]

    def mark(self, code, value=1, note="见评分说明", office="区委办公室", subject=None):
        return self.add(MARKS, 对象编码=subject or self.subject, 指标编码=code, 考评主体=office, 得分=value, 说明=note)

    def vote(self, code, value, name="leader", subject=None, voter=None, number="另票-1"):
        return self.add(
            VOTES, 票号=number, 票类=name, 投票对象=voter, 对象编码=subject or self.subject, 指标编码=code, 评价=value
        )

    def tally(self, code, value, count, name="leader"):
        return self.add(TALLIES, 对象编码=self.subject, 指标编码=code, 票类=name, 评价=value, 票数=count)

    def event(self, code, item, value=None, count=None, **more):
        return self.add(EVENTS, 对象编码=self.subject, 指标编码=code, 条目=item, 数量=count, 分值=value, **more)

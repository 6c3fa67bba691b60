"""What the roster workbook looks like: two sheets, their columns and what a column holds."""

from __future__ import annotations

from dataclasses import dataclass

from ..models import Person, Unit

CODE, TEXT, NUMBER, UNIT = "code", "text", "number", "unit"


@dataclass(frozen=True)
class Column:
    """`field` of the model; `title` as the template writes it, `other` as is also understood."""

    field: str
    title: str
    other: str
    kind: str = TEXT
    required: bool = False
    width: int = 14

    def is_called(self, heading: str) -> bool:
        return heading.casefold().rstrip("*＊ ") in {self.title.casefold(), self.other.casefold()}


@dataclass(frozen=True)
class Sheet:
    title: str
    other: str
    model: type[Unit] | type[Person]
    columns: tuple[Column, ...]

    def max_length(self, field: str) -> int:
        length = self.model._meta.get_field(field).max_length  # type: ignore[union-attr]
        assert isinstance(length, int)
        return length

    def column(self, field: str) -> Column:
        return next(column for column in self.columns if column.field == field)


UNITS = Sheet(
    "单位",
    "units",
    Unit,
    (
        Column("code", "编码", "code", CODE, required=True, width=12),
        Column("name", "名称", "name", required=True, width=30),
        Column("short_name", "简称", "short name", width=16),
        Column("parent", "上级单位编码", "higher unit", UNIT, width=16),
        Column("category", "类别", "category", width=18),
        Column("order", "排序", "order", NUMBER, width=8),
        Column("contact", "联系人", "contact", width=12),
        Column("phone", "电话", "telephone", CODE, width=16),
    ),
)
PEOPLE = Sheet(
    "人员",
    "people",
    Person,
    (
        Column("code", "编码", "code", CODE, required=True, width=12),
        Column("name", "姓名", "name", required=True, width=12),
        Column("unit", "单位编码", "unit", UNIT, required=True, width=14),
        Column("position", "职务", "position", width=18),
        Column("rank", "职级", "rank", width=16),
        Column("category", "类别", "category", width=14),
        Column("group", "分组", "group", width=14),
        Column("order", "排序", "order", NUMBER, width=8),
        Column("phone", "电话", "telephone", CODE, width=16),
    ),
)
SHEETS = (UNITS, PEOPLE)
INSTRUCTIONS = ("说明", "instructions")
MAX_ROWS = 20_000

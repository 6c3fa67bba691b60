"""The sheet 方案: which plan, which round, until when."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from . import layout
from .parse import Row, Table
from .problems import Problems
from .read import RawSheet


@dataclass(frozen=True, slots=True)
class Heading:
    """`plan_cell` and `round_cell`: where the two codes stand, for errors about them."""

    plan: str
    round: str
    deadline: datetime.date | None
    plan_cell: str
    round_cell: str


def read_heading(raw: Mapping[str, RawSheet], problems: Problems, notices: list[str]) -> Heading | None:
    """None if plan or round are not there or not readable; the errors say why."""
    if layout.PLAN not in raw:
        problems.add(layout.PLAN, "A1", _("The sheet %(sheet)s is missing.") % {"sheet": layout.PLAN})
        return None
    table = Table(raw[layout.PLAN], layout.LAYOUTS[layout.PLAN], problems)
    if not table.complete:
        return None
    rows: dict[str, Row] = {}
    for row in table.rows():
        item = row.text(layout.ITEM, 60, needed=True)
        if item in rows:
            row.bad(layout.ITEM, _("“%(item)s” is there twice.") % {"item": item})
        elif item in {layout.PLAN_CODE, layout.ROUND_NAME, layout.DEADLINE}:
            rows[item] = row
        elif item:
            notices.append(_("方案: the line “%(item)s” is not read.") % {"item": item})
    for item in (layout.PLAN_CODE, layout.ROUND_NAME):
        if item not in rows:
            problems.add(layout.PLAN, table.header_cell, _("The line “%(item)s” is missing.") % {"item": item})
    deadline = rows[layout.DEADLINE].date(layout.VALUE) if layout.DEADLINE in rows else None
    if layout.PLAN_CODE not in rows or layout.ROUND_NAME not in rows:
        return None
    plan, round_ = rows[layout.PLAN_CODE], rows[layout.ROUND_NAME]
    codes = plan.code(layout.VALUE, most=60), round_.code(layout.VALUE)
    if not all(codes):
        return None
    return Heading(*codes, deadline, table.cell(plan.row, layout.VALUE), table.cell(round_.row, layout.VALUE))

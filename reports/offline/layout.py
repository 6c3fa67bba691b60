"""Sheets, columns and words of a score sheet as a file: Chinese in every language of the pages, as the format is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from appraisal_site.lib.fields import canonical
from reviews.queries.sheet import Leaf
from reviews.tree import takes_marks
from scoring.engine.types import Node, Plan

from ..workbook.layout import ACTUAL, CATEGORY, CODE, GROUP, MARK, NAME, NOT_APPLICABLE, NOTE, NUMBER, TARGET

GRID, STATE = "评分表", "校验信息"
HINT, OWN_UNIT = "提示", "本单位"
CLEAR = "清空"
# What the grid understands too, but for letters of English pages.
NOT_APPLICABLE_WORDS = frozenset({NOT_APPLICABLE, "/", "、", "n/a", "na"})
FORMAT = "1"
# Rows above the heads: the indicator, and its points and dates.
HEAD_ROW = 2
NOTE_PART = "note"

__all__ = ["CATEGORY", "CODE", "GROUP", "MARK", "NAME", "NOTE", "NOT_APPLICABLE"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of entries. `part`: "" (a mark or a number), "target", "actual", or "note" (beside a mark)."""

    leaf: Leaf
    part: str
    head: str

    @property
    def key(self) -> str:
        """Names the column in the file, whatever is done to its head: sheet, and part where there is one."""
        return f"{self.leaf.assignment.pk}:{self.part}" if self.part else str(self.leaf.assignment.pk)


def columns_of(leaves: Iterable[Leaf]) -> Iterator[Column]:
    """The columns of these leaves: 得分 and 说明 of a mark, 目标值 and 完成值, or 数值."""
    for leaf in leaves:
        for part, word in _parts(leaf):
            head = f"{leaf.node.code}\n{word}"
            # Several assessors of one leaf may be columns of the same sheet.
            if len(leaf.node.assessors) > 1:
                head += f"\n{leaf.assignment.assessor}"
            yield Column(leaf, part, head)


def _parts(leaf: Leaf) -> tuple[tuple[str, str], ...]:
    if takes_marks(leaf.node):
        return ("", MARK), (NOTE_PART, NOTE)
    if leaf.parts:
        return tuple(zip(leaf.parts, (TARGET, ACTUAL), strict=True))
    return (("", NUMBER),)


def fingerprint(node: Node, plan: Plan) -> str:
    """Changes when an entry on this leaf would mean something else: another matter, other points, another method."""
    settings = sorted((name, str(value)) for name, value in node.settings.items())
    words = [node.title, node.method, canonical(node.points), plan.decimals, settings]
    return hashlib.sha256(repr(words).encode()).hexdigest()[:16]

"""The checks that a spreadsheet makes while one types. They only help: the upload checks everything anew."""

from __future__ import annotations

from typing import Any

from appraisal_site.lib.fields import canonical
from reviews.services.sheet import NOTE_LENGTH
from reviews.tree import ATTAINMENT, takes_marks
from scoring.engine.types import Node, Plan

from .layout import CLEAR, NOT_APPLICABLE, NOTE_PART


def validation_of(node: Node, part: str, plan: Plan, cell: str) -> dict[str, Any]:
    """What may be typed in a column; `cell` is the first one of it that the check is for."""
    if part == NOTE_PART:
        return _formula(f"=LEN({cell})<={NOTE_LENGTH}", f"说明最多 {NOTE_LENGTH} 字；要删除原有的说明，填“{CLEAR}”。")
    if takes_marks(node):
        points, decimals = canonical(node.points), plan.decimals
        number = f"AND({cell}>=0,{cell}<={points},ABS({cell}-ROUND({cell},{decimals}))<1E-9)"
        words = f"应是 0 到 {points} 之间的数，最多 {decimals} 位小数，或者“{NOT_APPLICABLE}”"
        return _formula(_or(cell, number, NOT_APPLICABLE), f"{words}；要清空原有的得分，填“{CLEAR}”。")
    if node.method in ATTAINMENT:
        if part == "target":
            return _formula(_or(cell, f"{cell}>0"), f"目标值应是大于 0 的数；要清空，填“{CLEAR}”。")
        return _formula(_or(cell, "TRUE"), f"完成值应是数字；要清空，填“{CLEAR}”。")
    if node.method == "rank_points":
        return _formula(_or(cell, f"AND({cell}>=1,{cell}=INT({cell}))"), f"应是 1 起的整数；要清空，填“{CLEAR}”。")
    if node.method == "ratio_to_best":
        return _formula(_or(cell, f"{cell}>=0"), f"应是 0 或大于 0 的数；要清空，填“{CLEAR}”。")
    return _formula(_or(cell, "TRUE"), f"应是数字；要清空，填“{CLEAR}”。")


def _or(cell: str, number: str, *words: str) -> str:
    said = ",".join(f'TRIM({cell})="{word}"' for word in (*words, CLEAR))
    return f"=OR({said},IF(ISNUMBER({cell}),{number}))"


def _formula(formula: str, words: str) -> dict[str, Any]:
    return {"validate": "custom", "value": formula, "error_title": "不能这样填", "error_message": words}

"""Workbooks that must be refused: each case damages a good workbook in one way and says which cell an error must name.

    for case in CASES:
        make_workbook(path, case.plan, seed=1, subjects=12, hard=False)  # good: complete, tidy, everything applicable
        workbook = openpyxl.load_workbook(path)
        accepted = case.damage(workbook)  # [(sheet, cell), …]: an error must name one of these, the first if in doubt
        workbook.save(path)

The damage is the only one: no error may name a cell that is not accepted. ``allow_missing``: it passes with that
option.
"""

from . import broken_inputs, broken_scores
from .damage import CASES, Case


def damage_all(workbook, names):
    """Applies several cases of one plan to one workbook: all of their cells must be named. [accepted, …] in order."""
    by_name = {case.name: case for case in CASES}
    return [by_name[name].damage(workbook) for name in names]


TOGETHER = [
    "unknown_subject_of_a_mark",
    "unknown_indicator_of_a_vote",
    "unknown_item",
    "mark_above_points",
    "self_vote",
    "tally_count_of_a_half",
    "category_of_no_plan",
    "missing_mark",
    "unknown_column",
]

__all__ = ["CASES", "TOGETHER", "Case", "broken_inputs", "broken_scores", "damage_all"]

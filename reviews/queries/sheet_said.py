"""What those appraised said of themselves (自评), beside the cells of the grid: what was handed in, never a draft."""

from __future__ import annotations

from dataclasses import dataclass

from reviews.models import EvidenceKind, SelfReportSubmission, Subject
from units import access
from units.models import User

from .evidence import Place, visible_files
from .self_reports import LeafLine, submitted_lines
from .sheet import Grid, Leaf


@dataclass(frozen=True, slots=True)
class Said:
    """`submission`: what the subject handed in, if anything; `line`: what it says about this leaf, if it does."""

    submission: SelfReportSubmission | None
    line: LeafLine | None
    files: int
    files_key: str


def may_read_said(user: User, grid: Grid) -> bool:
    """As `may_read_report` for any subject of the round; the grid knows the sheets already."""
    sheets = [leaf.assignment for leaf in grid.leaves if leaf.assignment.unit_id]
    return access.may_see_all_reports(user) or any(access.may_enter_marks(user, sheet) for sheet in sheets)


def said_in_grid(user: User, grid: Grid) -> dict[str, str]:
    """Subject:assignment → the score that the subject gives itself there, "" where it only wrote. One query."""
    if not may_read_said(user, grid):
        return {}
    columns: dict[str, list[int]] = {}
    for leaf in grid.leaves:
        columns.setdefault(leaf.node.code, []).append(leaf.assignment.pk)
    current = SelfReportSubmission.objects.filter(report__subject__round=grid.round, is_current=True).order_by()
    return {
        f"{subject}:{column}": said.get("score", "")
        for subject, leaves in current.values_list("report__subject", "leaves").iterator()
        for code, said in leaves.items()
        for column in columns.get(code, ())
    }


def said_of_cell(user: User, grid: Grid, leaf: Leaf, subject: Subject) -> Said:
    """All that the subject said about one leaf. Two queries."""
    current = SelfReportSubmission.objects.filter(report__subject=subject, is_current=True)
    submission = current.select_related("submitted_by").first()
    line = None
    if submission is not None:
        line = next((one for one in submitted_lines(grid.tree, submission) if one.node.code == leaf.node.code), None)
    place = Place(EvidenceKind.SELF_REPORT, grid.round, subject, leaf.node.code, leaf.node, (leaf.assignment,))
    return Said(submission, line, visible_files(user, place).count() if submission else 0, place.key)

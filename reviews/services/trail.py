"""What the audit trail calls the parts of a round, so that one object's history can be found again.

A mark may be cleared and entered anew, and becomes another row then; its history belongs to the
cell: `CELL` with `subject/assignment`. A node set 不适用 is `BRANCH` with `subject/code`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reviews.models import Subject
from units import audit
from units.models import AuditEntry, User

CELL = "reviews.mark"
BRANCH = "reviews.notapplicable"
FACT = "reviews.subjectfact"


def part_entry(
    by: User | None,
    action: str,
    subject: Subject,
    *,
    target: str,
    part: int | str,
    label: str,
    changes: Mapping[str, tuple[Any, Any]],
    reason: str = "",
    on_behalf: int | None = None,
) -> AuditEntry:
    """An unsaved entry about one part of a subject's input; `on_behalf` is the account that `by` stands in for."""
    entry = audit.entry(
        by,
        action,
        subject,
        label=f"{subject.name} · {label}",
        changes=changes,
        round_id=subject.round_id,
        reason=reason,
    )
    entry.on_behalf_id = on_behalf
    entry.target, entry.target_id = target, part_id(subject.pk, part)
    return entry


def part_id(subject_id: int, part: int | str) -> str:
    return f"{subject_id}/{part}"[:40]

"""Comments at passages of a duty report, held against the text that somebody has before them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reviews.duty.anchors import Anchor, Place, locate
from reviews.duty.layout import REPLY
from reviews.models import DutyComment, DutySubmission, ReportState, Subject


@dataclass(frozen=True, slots=True)
class CommentView:
    """`number`: by which text and list refer to each other. `place` None: about the section, or no longer there."""

    comment: DutyComment
    number: int
    place: Place | None
    reply: str

    @property
    def gone(self) -> bool:
        """The passage is no longer in the text: that may be just what was asked for."""
        return bool(self.comment.quote) and self.place is None

    @property
    def changed(self) -> bool:
        return self.place is not None and not self.place.exact

    @property
    def reply_name(self) -> str:
        return f"{REPLY}{self.comment.pk}"


def comments_of(subject: Subject, texts: Mapping[str, str], *, for_writer: bool) -> list[CommentView]:
    """Every comment on the subject's report, placed in `texts`. One query.

    Its writer sees those on hand-ins that were decided on: a reviewer may still be at the others.
    """
    rows = DutyComment.objects.filter(submission__report__subject=subject)
    if for_writer:
        rows = rows.exclude(submission__is_current=True, submission__state=ReportState.SUBMITTED)
    found = rows.select_related("submission", "created_by", "settled_by").order_by("pk")
    return [
        CommentView(
            row,
            number,
            locate(texts.get(row.section, ""), Anchor(row.quote, row.before, row.after)),
            texts.get(f"{REPLY}{row.pk}", ""),
        )
        for number, row in enumerate(found, start=1)
    ]


def by_section(comments: Iterable[CommentView]) -> dict[str, list[CommentView]]:
    found: dict[str, list[CommentView]] = {}
    for each in comments:
        found.setdefault(each.comment.section, []).append(each)
    return found


def open_count(submission: DutySubmission) -> int:
    """Comments on this hand-in and earlier ones that are not settled. One query."""
    return DutyComment.objects.filter(submission__report=submission.report_id, settled_at=None).count()

"""The step that self-summaries and duty reports share: a hand-in gets another state, once."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.utils import timezone

from reviews.models import DutySubmission, ReportState, SelfReportSubmission
from units.models import User

from .errors import Conflict, Theirs


def settle_submission(
    submission: SelfReportSubmission | DutySubmission, was: ReportState, state: ReportState, by: User, **values: Any
) -> None:
    """Give the hand-in and its report another state, if it is still the current one and in the state it was seen in.

    Raises Conflict with what somebody else decided meanwhile. Call it inside a transaction.
    """
    report = submission.report
    same = report.submissions.filter(pk=submission.pk, is_current=True, state=was)
    if not same.update(state=state, decided_by=by, decided_at=timezone.now(), **values):
        current = report.submissions.select_related("decided_by").get(is_current=True)
        raise Conflict(Theirs(str(current.get_state_display()), by=current.decided_by, at=current.decided_at))
    type(report).objects.filter(pk=report.pk).update(state=state, version=F("version") + 1)

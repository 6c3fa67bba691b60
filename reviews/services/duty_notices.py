"""What the product tells whom about a duty report: the reviewers that one came in, the writer what was decided."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from reviews.models import DutySubmission, ReportState, Subject
from reviews.queries.accounts import accounts_of
from units.models import User
from units.services.notifications import Message, notify


def _place(subject: Subject) -> str:
    return reverse("reviews:duty_report", args=[subject.round_id, subject.pk])


def tell_reviewers(subject: Subject, submission: DutySubmission, reviewers: Sequence[User], by: User) -> None:
    """The reviewers named for this subject. The office sees it in its own list."""
    title = _("The duty report of %(name)s was handed in") % {"name": subject.name}
    if submission.number > 1:
        title = _("The duty report of %(name)s was revised and handed in again") % {"name": subject.name}
    notify(messages=[Message(account, title, subject.round.title, _place(subject)) for account in reviewers], by=by)


def tell_writer(subject: Subject, submission: DutySubmission, by: User) -> None:
    """Everybody who writes this report, but not the one who decided."""
    title = {
        ReportState.ACCEPTED: _("Your duty report is approved"),
        ReportState.RETURNED: _("Your duty report was sent back for revision"),
        ReportState.REWRITE: _("Your duty report is to be written anew"),
        ReportState.SUBMITTED: _("The approval of your duty report was taken back"),
    }[ReportState(submission.state)]
    told = [account for account in accounts_of([subject])[subject.pk] if account.pk != by.pk]
    text = f"{subject.round.title}\n{submission.reason}".strip()
    notify(messages=[Message(account, title, text, _place(subject)) for account in told], by=by)

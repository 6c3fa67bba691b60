"""What the product tells whom about promises and task lists."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from reviews.models import PromiseHandIn, PromiseList, ReportState
from reviews.queries.accounts import accounts_of
from units.models import User
from units.services.notifications import Message, notify


def _tell(found: PromiseList, title: str, text: str, by: User) -> list[Message]:
    url = reverse("reviews:promise_list", args=[found.subject.round_id, found.pk])
    told = [account for account in accounts_of([found.subject])[found.subject_id] if account.pk != by.pk]
    return [Message(account, title, f"{found.subject.round.title}\n{text}".strip(), url) for account in told]


def tell_of_decision(made: PromiseHandIn, by: User) -> None:
    """Its writers, what became of the list."""
    words = {"list": made.list.get_kind_display()}
    title = _("%(list)s: approved") % words if made.state == ReportState.ACCEPTED else _("%(list)s: sent back") % words
    if made.submitted_by_id == by.pk:
        title = _("%(list)s: changed by the appraisal office") % words
    notify(messages=_tell(made.list, title, made.reason or made.why, by), by=by)


def tell_of_report(found: PromiseList, reason: str, by: User) -> None:
    """Its writers, that the report is to be revised."""
    title = _("%(list)s: the report was sent back") % {"list": found.get_kind_display()}
    notify(messages=_tell(found, title, reason, by), by=by)


def tell_of_tasks(lists: Sequence[PromiseList], by: User) -> None:
    """Everybody who writes for these subjects of one round that there are new tasks. Two queries and one statement."""
    round_ = lists[0].subject.round
    accounts = accounts_of([each.subject for each in lists])
    notify(
        messages=[
            Message(
                account,
                _("The appraisal office gave you a task list"),
                round_.title,
                reverse("reviews:promise_list", args=[each.subject.round_id, each.pk]),
            )
            for each in lists
            for account in accounts[each.subject_id]
        ],
        by=by,
    )

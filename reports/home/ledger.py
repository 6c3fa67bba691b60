"""The rectification ledger on the home page: what waits to be put right, to be verified, and what is overdue."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from reviews.queries.ledger import OVERDUE, TO_VERIFY, waiting_for_office, waiting_of
from units.models import User

from .base import Task


def own_ledger_tasks(user: User) -> Iterator[Task]:
    """What the account answers for, of whatever round: the ledger outlives it. Two queries."""
    for round_, count, deadline in waiting_of(user):
        said = ngettext("%(count)d problem to put right", "%(count)d problems to put right", count)
        yield Task(
            text=said % {"count": count},
            url=reverse("reviews:ledger", args=[round_.pk]) + "?state=open",
            words=round_.title,
            deadline=deadline,
            urgent=deadline < timezone.localdate(),
        )


def office_ledger_tasks() -> Iterator[Task]:
    """By round, what waits to be verified and what is overdue. One query."""
    for row in waiting_for_office():
        url = reverse("reviews:ledger", args=[row["round_id"]])
        if count := row["reported"]:
            said = ngettext(
                "%(count)d problem reported as put right", "%(count)d problems reported as put right", count
            )
            yield Task(text=said % {"count": count}, url=f"{url}?state={TO_VERIFY}", words=row["title"])
        if count := row["overdue"]:
            said = ngettext("%(count)d problem is overdue", "%(count)d problems are overdue", count)
            yield Task(text=said % {"count": count}, url=f"{url}?state={OVERDUE}", words=row["title"], urgent=True)

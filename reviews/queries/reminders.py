"""What reminders went out."""

from __future__ import annotations

from django.db.models import QuerySet

from reviews.models import Reminder, Round


def reminders_of(round_: Round, about: Reminder.About) -> QuerySet[Reminder]:
    """Every sending with its messages, the last first. Three queries."""
    found = Reminder.objects.filter(round=round_, about=about)
    return found.select_related("sent_by").prefetch_related("messages__account")

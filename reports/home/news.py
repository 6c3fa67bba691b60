"""What the product told the account and it has not read yet."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from units.models import User
from units.queries import notifications_of

from .base import Card, Task

SHOWN = 5


def news_card(user: User) -> Card:
    """The newest unread messages. Following one reads it. One query."""
    card = Card(_("Messages not read"))
    found = list(notifications_of(user, unread=True)[: SHOWN + 1])
    for row in found[:SHOWN]:
        said = timezone.localtime(row.created_at).strftime("%m-%d %H:%M")
        card.tasks.append(Task(row.title, reverse("units:notification", args=[row.pk]), words=said, posts=True))
    if len(found) > SHOWN:
        card.more = (reverse("units:notifications") + "?only=unread", _("All unread messages"))
    return card

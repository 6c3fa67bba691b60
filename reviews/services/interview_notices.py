"""What the product tells whom about an interview. Messages hold nothing of what was said, nor why."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from reviews.models import Interview
from units.models import User
from units.services.notifications import Message


def _messages(interview: Interview, accounts: Sequence[User], title: str, by: User) -> list[Message]:
    url = reverse("reviews:interview", args=[interview.round_id, interview.pk])
    return [Message(account, title, interview.round.title, url) for account in accounts if account.pk != by.pk]


def holder_messages(interview: Interview, accounts: Sequence[User], by: User) -> list[Message]:
    return _messages(
        interview, accounts, _("You are to hold an interview with %(name)s") % {"name": interview.name}, by
    )


def held_message(interview: Interview, accounts: Sequence[User], by: User) -> list[Message]:
    return _messages(interview, accounts, _("Please read and confirm the record of your interview"), by)

"""What the product tells those who answer for items of the rectification ledger."""

from __future__ import annotations

from collections.abc import Collection

from django.urls import reverse

from reviews.models import LedgerItem
from reviews.queries.ledger import accounts_for
from units.models import User
from units.services.notifications import Message, notify


def tell(items: Collection[LedgerItem], title: str, by: User, text: str = "") -> None:
    """A message in the product to the accounts that answer for these items, but not to who did it."""
    accounts = accounts_for(items)
    messages = [
        Message(
            account,
            f"{title} ({item.code})",
            "\n".join(filter(None, (item.round.title, item.problem, text))),
            reverse("reviews:ledger_item", args=[item.round_id, item.pk]),
        )
        for item in items
        for account in accounts[item.pk]
        if account.pk != by.pk
    ]
    notify(messages=messages, by=by)

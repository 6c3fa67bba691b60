"""The ballots of an account: those to cast, until when; those that are in."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from reviews.ballot_form import Terms
from reviews.queries.polls import own_entitlements
from reviews.services.polls.casting import is_running
from units.models import User

from .base import Card, Task


def votes_card(user: User) -> Card | None:
    """Of the polls that are open; None where there is none. One query."""
    card = Card(_("My ballots"))
    for row in own_entitlements(user):
        poll = row.poll
        if not is_running(poll):
            continue
        has_voted = row.has_voted  # type: ignore[attr-defined]
        leaves = "、".join(leaf.title for leaf in Terms.from_json(poll.terms).leaves)
        card.tasks.append(
            Task(
                text=poll.round.title,
                url=reverse("reviews:booth"),
                words=" · ".join((leaves, _("ballot is in") if has_voted else _("to vote"))),
                deadline=None if has_voted else poll.closes_on,
            )
        )
    return card if card.tasks else None

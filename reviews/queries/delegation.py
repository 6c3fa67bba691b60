"""Delegations of a round, as an account may see them."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from reviews.models import Delegation, Round
from units import access


def delegations_seen_by(user: Any, round_: Round) -> list[Delegation]:
    """The office and auditors: all; others: those they gave or took. The last first. Two queries."""
    found = Delegation.objects.filter(round=round_).select_related("giver", "taker", "decided_by")
    if not access.may_see_all_marks(user):
        found = found.filter(Q(giver=user) | Q(taker=user))
    return list(found.prefetch_related("sheets"))

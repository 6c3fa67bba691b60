"""Reads of the voters' pages: an account's ballots, whom a ballot is about, the seats of a link."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from reviews import sealing
from reviews.models import Door, Entitlement, Participation, PollState, Round, Subject
from units.models import User

from .polls import own_entitlements

MOST_SHOWN = 40
SHOWN = (PollState.READY, PollState.OPEN, PollState.CLOSED, PollState.COUNTED)


def own_ballots(user: User) -> list[Entitlement]:
    """An account's ballots: those to cast first, then those that are in, newest round first. One query."""
    rows = own_entitlements(user, *SHOWN).order_by("-poll__round__opened_at", "poll__closes_on", "pk")[:MOST_SHOWN]
    return sorted(rows, key=lambda row: (row.poll.state != PollState.OPEN, row.has_voted))  # type: ignore[attr-defined]


def has_ballots(user: Any, round_: Round) -> bool:
    """Whether the account has a ballot in a round's polls. One query."""
    return isinstance(user, User) and own_entitlements(user, *SHOWN).filter(poll__round=round_).exists()


@dataclass(frozen=True, slots=True)
class Rated:
    """A subject as voters see it."""

    pk: int
    name: str
    category: str
    note: str  # of a person: unit and position


def rated_subjects(places: Iterable[Iterable[Any]]) -> dict[int, Rated]:
    """The subjects of a paper that are still in the round, in the paper's order. One query."""
    wanted = [subject for subject, _codes in places]
    fields = ("pk", "name", "category", "person__unit__name", "person__position")
    found = {
        pk: Rated(pk, name, category, " · ".join(filter(None, (unit, position))))
        for pk, name, category, unit, position in Subject.objects.filter(pk__in=wanted).values_list(*fields)
    }
    return {pk: found[pk] for pk in wanted if pk in found}


def has_voted(entitlement: Entitlement) -> bool:
    return Participation.objects.filter(pk=entitlement.pk).exists()


def door_of(token: str) -> Door | None:
    """A link with its poll and round. One query, none for what PostgreSQL takes for no text."""
    if "\x00" in token:
        return None
    return Door.objects.select_related("poll__round").filter(token=token).first()


def seat_of(door: Door, device: str) -> Entitlement | None:
    """The seat that a device has taken: its ballot is in. One query."""
    rows = Entitlement.objects.filter(door=door, code_hash=sealing.device_hash(door.pk, device))
    return rows.first()


def free_seat(door: Door) -> Entitlement | None:
    """Any seat that nobody has taken yet. One query."""
    rows = Entitlement.objects.filter(door=door, code_hash=None, on_paper=False)
    return rows.select_related("paper").order_by("pk").first() if door.is_open else None

"""Links that many may use (公开链接、会场扫码): opening and closing them, more seats."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from reviews.models import Door, Entitlement, PollState
from reviews.services.errors import InvalidInput
from units import audit
from units.models import User

from .setup import BATCH, guard, locked_poll

MOST_SEATS = 20_000
USABLE = (PollState.READY, PollState.OPEN)


def set_door(*, door: Door, is_open: bool, by: User) -> None:
    """Let a link take ballots, or no more. Who is casting one finishes or is told. Audited, without the link itself."""
    guard(by)
    with transaction.atomic():
        poll = locked_poll(door.poll, *USABLE)
        if not Door.objects.filter(pk=door.pk, is_open=not is_open).update(is_open=is_open):
            return
        action = "open link" if is_open else "close link"
        audit.record(by, action, poll, label=f"{poll.voter_class} · {door.label}", round_id=poll.round_id)


def add_seats(*, door: Door, number: int, reason: str, by: User) -> None:
    """So many more ballots through a link, while the poll is not closed. Audited. Raises InvalidInput."""
    guard(by)
    if not reason.strip():
        raise InvalidInput(_("Say why more seats are needed."), "reason")
    with transaction.atomic():
        poll = locked_poll(door.poll, *USABLE)
        locked = Door.objects.select_for_update().get(pk=door.pk)
        if number < 1 or locked.seats + number > MOST_SEATS:
            raise InvalidInput(_("A link has at most %(most)d seats.") % {"most": MOST_SEATS}, "number")
        paper = Entitlement.objects.filter(door=locked).values_list("paper", flat=True).first()
        if paper is None:
            raise InvalidInput(_("This link has no seats."), "number")
        Entitlement.objects.bulk_create(
            (Entitlement(poll=poll, paper_id=paper, door=locked) for _seat in range(number)), batch_size=BATCH
        )
        before, locked.seats = locked.seats, locked.seats + number
        locked.save(update_fields=["seats"])
        audit.record(
            by,
            "add seats",
            poll,
            label=f"{poll.voter_class} · {door.label}",
            changes={"seats": (before, locked.seats)},
            round_id=poll.round_id,
            reason=reason.strip(),
        )

"""Casting a ballot: that somebody voted, and a sealed ballot, in one transaction; nothing else, nowhere else.

No log line, audit entry, cache entry, task or session change comes of it. What was sent is checked, sealed to the
round's key and inserted under a random key; the participation is inserted beside it. A unique key makes the second
attempt of an entitlement fail as a whole.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from appraisal_site.lib.turns import in_turn
from reviews import sealing
from reviews.ballot_form import Checked, Place, Problem, Terms, check
from reviews.models import Door, Entitlement, Participation, Poll, PollState, SealedBallot
from reviews.services.errors import ReviewError

from . import turns


class PollClosed(ReviewError):
    default = _("This vote is over; nothing more is taken.")


class NotEntitled(ReviewError):
    """The code was replaced, the voter votes on paper, or all seats of a link are taken."""

    default = _("This code is not valid (any more).")


class AlreadyVoted(ReviewError):
    """The ballot is in; `receipt` is its code."""

    default = _("Your ballot is in already. Each voter has one.")

    def __init__(self, receipt: str) -> None:
        super().__init__()
        self.receipt = receipt


class InvalidBallot(ReviewError):
    """The ballot was not taken; `problems` says where and why."""

    default = _("The ballot was not sent: please look at the places marked below.")

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__()
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Sheet:
    """An entitlement with all that its page and its ballot need: read in one query."""

    entitlement: Entitlement

    @property
    def poll(self) -> Poll:
        return self.entitlement.poll

    @property
    def terms(self) -> Terms:
        return Terms.from_json(self.poll.terms)

    @property
    def places(self) -> list[Any]:
        return list(self.entitlement.paper.places)

    @property
    def receipt(self) -> str:
        return receipt_of(self.entitlement)


def receipt_of(entitlement: Entitlement) -> str:
    return sealing.receipt(entitlement.pk, str(entitlement.poll_id))


def is_running(poll: Poll, today: datetime.date | None = None) -> bool:
    """Whether ballots are taken: the poll is open, and its last day is not over."""
    today = today or timezone.localdate()
    return poll.state == PollState.OPEN and (poll.closes_on is None or today <= poll.closes_on)


def cast_ballot(
    *, entitlement: Entitlement, answers: Mapping[Place, str], comments: Mapping[int, str] | None = None
) -> str:
    """Cast the one ballot of an entitlement (load it with `poll` and `paper`). Gives the receipt.

    Raises InvalidBallot, AlreadyVoted, PollClosed, NotEntitled; then nothing was stored. What this writes is two
    rows that no key joins; nothing is logged or audited.
    """
    checked = _checked(entitlement, answers, comments or {})
    box = _sealed(entitlement, checked)
    try:
        with in_turn(), transaction.atomic():
            turns.enter(entitlement.poll_id)
            _still_entitled(entitlement)
            _store(entitlement, box)
    except IntegrityError:
        raise AlreadyVoted(receipt_of(entitlement)) from None
    return receipt_of(entitlement)


def cast_at_door(
    *, door: Door, token: str, answers: Mapping[Place, str], comments: Mapping[int, str] | None = None
) -> str:
    """Cast a ballot through a link: the device (`token`, a secret of its own) sits down on a free seat, once.

    Raises what `cast_ballot` raises; NotEntitled when all seats are taken or the link was closed.
    """
    device = sealing.device_hash(door.pk, token)
    any_seat = seats(door).select_related("poll", "paper").first()
    if any_seat is None:
        raise NotEntitled(_no_seat())
    checked = _checked(any_seat, answers, comments or {})
    try:
        with in_turn(), transaction.atomic():
            turns.enter(door.poll_id)
            if mine := seats(door).filter(code_hash=device).first():
                raise AlreadyVoted(receipt_of(mine))
            seat = _sit_down(door, device)
            seat.poll, seat.paper = any_seat.poll, any_seat.paper
            _still_entitled(seat)
            _store(seat, _sealed(seat, checked))
    except IntegrityError:
        # The same device on a second seat at the same moment: the other request was first.
        mine = seats(door).filter(code_hash=device).first()
        if mine is None:
            raise
        raise AlreadyVoted(receipt_of(mine)) from None
    return receipt_of(seat)


def seats(door: Door) -> Any:
    return Entitlement.objects.filter(door=door)


def _sit_down(door: Door, device: str) -> Entitlement:
    free = seats(door).filter(code_hash=None, door__is_open=True).order_by("pk")
    seat: Entitlement | None = free.select_for_update(of=("self",), skip_locked=True).first()
    if seat is None:
        raise NotEntitled(_no_seat())
    seat.code_hash = device
    seat.save(update_fields=["code_hash"])
    return seat


def _no_seat() -> Any:
    return _("This link takes no more ballots: as many as were intended are in, or it was closed.")


def _checked(entitlement: Entitlement, answers: Mapping[Place, str], comments: Mapping[int, str]) -> Checked:
    if not is_running(entitlement.poll):
        raise PollClosed
    checked = check(Terms.from_json(entitlement.poll.terms), entitlement.paper.places, answers, comments)
    if checked.problems:
        raise InvalidBallot(checked.problems)
    return checked


def _still_entitled(entitlement: Entitlement) -> None:
    """Read inside the transaction, after the turn: neither a close nor a new code can come between."""
    now = (
        Entitlement.objects.filter(pk=entitlement.pk, code_hash=entitlement.code_hash)
        .values_list("on_paper", "poll__state")
        .first()
    )
    if now is None or now[0]:
        raise NotEntitled
    if now[1] != PollState.OPEN:
        raise PollClosed


def _store(entitlement: Entitlement, box: bytes) -> None:
    Participation(entitlement_id=entitlement.pk, poll_id=entitlement.poll_id).save(force_insert=True)
    SealedBallot(poll_id=entitlement.poll_id, box=box).save(force_insert=True)


# ---------------------------------------------------------------- the content of a sealed ballot


def _sealed(entitlement: Entitlement, checked: Checked) -> bytes:
    poll = entitlement.poll
    return sealing.seal(pack(receipt_of(entitlement), checked), bytes(poll.public_key), poll.sealed_size)


def pack(receipt: str, checked: Checked) -> bytes:
    """What is sealed: the receipt, each answer with its place, the comments."""
    answers = [[subject, code, answer] for (subject, code), answer in checked.answers.items()]
    comments = [[subject, text] for subject, text in checked.comments.items()]
    return json.dumps({"r": receipt, "a": answers, "c": comments}, ensure_ascii=False, separators=(",", ":")).encode()


def unpack(content: bytes) -> tuple[str, Checked]:
    """Raises sealing.Unreadable for anything that `pack` cannot have made."""
    try:
        held = json.loads(content)
        answers = {(int(subject), str(code)): str(answer) for subject, code, answer in held["a"]}
        comments = {int(subject): str(text) for subject, text in held["c"]}
        return str(held["r"]), Checked(answers, comments)
    except (ValueError, TypeError, KeyError) as failure:
        raise sealing.Unreadable from failure

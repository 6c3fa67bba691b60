"""Tickets: what somebody shows to get at a ballot. Posted with every page of it, and kept nowhere on the server.

An account names one of its ballots; a slip has a code; a link its token, and a secret of the device that opened it.
No code or secret stands in an address, a session or a log. The secret of a device is signed, so that only devices
which opened the link may sit down, and the opening can be limited instead of the voting.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.utils.translation import gettext_lazy as _

from appraisal_site.lib import tries
from appraisal_site.lib.numbers import as_id
from units import access

from . import sealing
from .ballot_form import Place
from .models import Door, Entitlement, Poll
from .queries.booth import door_of, free_seat, has_voted, seat_of
from .queries.polls import by_code, by_key
from .services.errors import ReviewError
from .services.polls.casting import NotEntitled, cast_at_door, cast_ballot, no_seat, receipt_of, to_cast


class WrongCode(ReviewError):
    """The same words whether there never was such a code, or it was replaced."""

    default = _("This code is not valid. Compare it with your slip, letter by letter; a replaced slip opens nothing.")


class TooManyTries(ReviewError):
    default = _("Too many tries came from your network. Please try again in some minutes.")


class LoginFirst(ReviewError):
    default = _("You are logged out. Log in again in another window, then send once more; nothing is lost.")


class NotYours(ReviewError):
    """There is no such ballot, or another account's: nobody learns which."""

    default = _("This is no ballot of your account.")


class NoSuchLink(ReviewError):
    default = _("This link does not lead to a vote. Please scan or copy it once more.")


class Ticket:
    """Somebody's right to one ballot. `fields` is what each page of it posts again."""

    def __init__(self, entitlement: Entitlement, fields: Mapping[str, str]) -> None:
        self.entitlement = entitlement
        self.fields = fields

    @property
    def poll(self) -> Poll:
        return self.entitlement.poll

    @property
    def draft_name(self) -> str:
        """Under which the device keeps its draft."""
        return sealing.draft_name(str(self.entitlement.pk))

    def receipt(self) -> str:
        """The receipt if the ballot is in, else "". One query."""
        return receipt_of(self.entitlement) if has_voted(self.entitlement) else ""

    def sheet(self) -> Entitlement:
        """The entitlement with its paper, for showing the ballot. Raises NotEntitled."""
        if self.entitlement.on_paper:
            raise NotEntitled(_("This ballot is cast on paper; it cannot be cast here as well."))
        return self.entitlement

    def cast(self, answers: Mapping[Place, str], comments: Mapping[int, str]) -> str:
        """Gives the receipt; raises what `services.polls.casting` raises."""
        return cast_ballot(entitlement=self.entitlement, answers=answers, comments=comments)


class LinkTicket(Ticket):
    """A device at a link: it takes a seat when it votes, never before."""

    def __init__(self, door: Door, device: str) -> None:
        self.door = door
        self.device = device
        self.fields = {"door": door.token, "device": _signer(door).sign(device)}

    @property
    def poll(self) -> Poll:
        return self.door.poll

    @property
    def draft_name(self) -> str:
        return sealing.draft_name(f"{self.door.pk}:{self.device}")

    def receipt(self) -> str:
        seat = seat_of(self.door, self.device)
        return receipt_of(seat) if seat else ""

    def sheet(self) -> Entitlement:
        seat = free_seat(self.door)
        if seat is None:
            raise NotEntitled(no_seat())
        return seat

    def cast(self, answers: Mapping[Place, str], comments: Mapping[int, str]) -> str:
        return cast_at_door(door=self.door, token=self.device, answers=answers, comments=comments)


def ticket_of(post: Mapping[str, str], user: Any, address: str, *, casting: bool = False) -> Ticket:
    """The ticket that a form brought, with its round and paper unless it is only for `casting`.

    Raises ReviewError in words; `user` is asked for nothing unless a ballot of an account is meant. One query, beside
    those that an account costs.
    """
    if "door" in post:
        return _by_link(post["door"], post.get("device", ""))
    if "ballot" in post:
        return _by_account(post["ballot"], user, casting=casting)
    return _by_code(post.get("code", ""), address, casting=casting)


def _by_code(typed: str, address: str, *, casting: bool) -> Ticket:
    """A right code is taken whoever guesses beside it: a hall full of phones has one address. That guessing leads
    nowhere is the codes' own doing (60 random bits); the limit only ends it early."""
    code = sealing.plain_code(typed)
    found = None
    if len(code) == sealing.CODE_LETTERS:
        found = to_cast(code=code) if casting else by_code(code)
    if found is None:
        used = tries.count("code", address, minutes=settings.VOTE_LIMIT_MINUTES)
        raise TooManyTries if used > settings.VOTE_WRONG_CODES else WrongCode
    return Ticket(found, {"code": sealing.grouped(code)})


def _by_account(key: str, user: Any, *, casting: bool) -> Ticket:
    if not user.is_authenticated:
        raise LoginFirst
    pk = as_id(key) or 0
    found = to_cast(pk=pk) if casting else by_key(pk)
    if found is None or not access.may_cast(user, found):
        raise NotYours
    return Ticket(found, {"ballot": str(found.pk)})


# ---------------------------------------------------------------- links


def _by_link(token: str, signed: str) -> Ticket:
    door = door_of(token)
    if door is None:
        raise NoSuchLink
    device = known_device(door, signed)
    if not device:
        raise NotEntitled(_("Please open the link once more; this page is not complete."))
    return LinkTicket(door, device)


def known_device(door: Door, signed: str) -> str:
    """The secret of a device that opened this link before; "" for anything else."""
    try:
        return _signer(door).unsign(signed)
    except BadSignature:
        return ""


def new_device(door: Door, address: str) -> str:
    """A secret for a device that opens the link for the first time. Raises TooManyTries.

    In a meeting everybody comes at once and from one address; there the number of seats is the limit.
    """
    if not door.poll.in_meeting:
        used = tries.count(f"link {door.pk}", address, minutes=settings.VOTE_LIMIT_MINUTES)
        if used > settings.VOTE_LINK_DEVICES:
            raise TooManyTries
    return secrets.token_urlsafe(18)


def _signer(door: Door) -> Signer:
    return Signer(salt=f"ballot device {door.pk}")

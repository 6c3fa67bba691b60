"""Casting a ballot: that somebody voted, and a sealed ballot, in one transaction; nothing else, nowhere else.

No log line, audit entry, cache entry, task or session change comes of it. What was sent is checked, sealed to the
round's key and inserted under a random key; the participation is inserted beside it. A unique key makes the second
attempt of an entitlement fail as a whole.
"""

from __future__ import annotations

import datetime
import json
import uuid
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from threading import Lock
from typing import Any

from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from appraisal_site.lib.prepared import Prepared
from appraisal_site.lib.turns import in_turn
from reviews import sealing
from reviews.ballot_form import Checked, Place, Problem, Terms, check
from reviews.models import BallotPaper, Door, Entitlement, Poll, PollState
from reviews.services.errors import ReviewError

from . import turns


class PollClosed(ReviewError):
    default = _("This vote is over; nothing more is taken.")


class NotOpenYet(PollClosed):
    """The voters are fixed, and wait for the vote to be opened."""

    default = _("This vote is not open yet.")


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
class _Form:
    """What a ballot is checked against and sealed with. Fixed when the poll opens, so a process reads it once."""

    terms: Terms
    paper: Sequence[Sequence[Any]]
    public_key: bytes
    size: int


_forms: OrderedDict[tuple[Any, ...], _Form] = OrderedDict()
_forms_lock = Lock()
_MOST_FORMS = 500


def for_casting(entitlements: QuerySet[Entitlement]) -> QuerySet[Entitlement]:
    """With as much of poll and paper as casting reads each time; the rest is read when it is not known yet."""
    light = ("poll__round_id", "poll__state", "poll__closes_on", "poll__opened_at", "paper__digest")
    own = (field.attname for field in Entitlement._meta.concrete_fields)
    return entitlements.select_related("poll", "paper").only(*own, *light)


# What casting reads of an entitlement, its poll and its paper, in this order.
_OWN = ("id", "poll_id", "paper_id", "account_id", "unit_id", "person_id", "code_hash", "on_paper")
_POLL = ("id", "state", "closes_on", "opened_at")
_PAPER = ("id", "digest")


def _light(**where: Any) -> QuerySet[Any, tuple[Any, ...]]:
    names = (*_OWN, *(f"poll__{name}" for name in _POLL), *(f"paper__{name}" for name in _PAPER))
    return Entitlement.objects.filter(**where).order_by().values_list(*names)


_BY_PK = Prepared(lambda pk: _light(pk=pk))
_BY_CODE = Prepared(lambda code: _light(code_hash=code, door=None))


def to_cast(*, pk: int = 0, code: str = "") -> Entitlement | None:
    """The entitlement with this key, or that this code opens, with no more than casting needs; the rest is read when
    it is asked for. One query, compiled once."""
    rows = _BY_CODE(sealing.code_hash(code)) if code else _BY_PK(pk)
    if not rows:
        return None
    own, rest = rows[0][: len(_OWN)], rows[0][len(_OWN) :]
    found = Entitlement.from_db(DEFAULT_DB_ALIAS, _OWN, own)
    found.poll = Poll.from_db(DEFAULT_DB_ALIAS, _POLL, rest[: len(_POLL)])
    found.paper = BallotPaper.from_db(DEFAULT_DB_ALIAS, _PAPER, rest[len(_POLL) :])
    return found


def _form_of(entitlement: Entitlement) -> _Form:
    key = (entitlement.poll_id, entitlement.poll.opened_at, entitlement.paper.digest)
    with _forms_lock:
        found = _forms.get(key)
    if found is None:
        poll = Poll.objects.get(pk=entitlement.poll_id)
        paper = BallotPaper.objects.get(pk=entitlement.paper_id)
        found = _Form(Terms.from_json(poll.terms), paper.places, bytes(poll.public_key), poll.sealed_size)
        with _forms_lock:
            _forms[key] = found
            while len(_forms) > _MOST_FORMS:
                _forms.popitem(last=False)
    return found


def receipt_of(entitlement: Entitlement) -> str:
    return sealing.receipt(entitlement.pk, str(entitlement.poll_id))


def is_running(poll: Poll, today: datetime.date | None = None) -> bool:
    """Whether ballots are taken: the poll is open, and its last day is not over."""
    today = today or timezone.localdate()
    return poll.state == PollState.OPEN and (poll.closes_on is None or today <= poll.closes_on)


def cast_ballot(
    *, entitlement: Entitlement, answers: Mapping[Place, str], comments: Mapping[int, str] | None = None
) -> str:
    """Cast the one ballot of an entitlement (load it by `for_casting`). Gives the receipt.

    Raises InvalidBallot, AlreadyVoted, PollClosed, NotEntitled; then nothing was stored. What this writes is two
    rows that no key joins; nothing is logged or audited.
    """
    checked, receipt = _checked(entitlement, answers, comments or {}), receipt_of(entitlement)
    box = _sealed(entitlement, receipt, checked)
    try:
        with in_turn(), _as_a_whole():
            _store(entitlement, box)
    except IntegrityError:
        raise AlreadyVoted(receipt) from None
    return receipt


def cast_at_door(
    *, door: Door, token: str, answers: Mapping[Place, str], comments: Mapping[int, str] | None = None
) -> str:
    """Cast a ballot through a link: the device (`token`, a secret of its own) sits down on a free seat, once.

    Raises what `cast_ballot` raises; NotEntitled when all seats are taken or the link was closed.
    """
    device = sealing.device_hash(door.pk, token)
    any_seat = for_casting(seats(door)).first()
    if any_seat is None:
        raise NotEntitled(no_seat())
    checked = _checked(any_seat, answers, comments or {})
    try:
        with in_turn(), transaction.atomic():
            turns.enter(door.poll_id)
            if mine := seats(door).filter(code_hash=device).first():
                raise AlreadyVoted(receipt_of(mine))
            seat = _sit_down(door, device)
            seat.poll, seat.paper = any_seat.poll, any_seat.paper
            receipt = receipt_of(seat)
            _store(seat, _sealed(seat, receipt, checked))
    except IntegrityError:
        # The same device on a second seat at the same moment: the other request was first.
        mine = seats(door).filter(code_hash=device).first()
        if mine is None:
            raise
        raise AlreadyVoted(receipt_of(mine)) from None
    return receipt


def seats(door: Door) -> Any:
    return Entitlement.objects.filter(door=door)


def _sit_down(door: Door, device: str) -> Entitlement:
    free = seats(door).filter(code_hash=None, on_paper=False, door__is_open=True).order_by("pk")
    seat: Entitlement | None = free.select_for_update(of=("self",), skip_locked=True).first()
    if seat is None:
        raise NotEntitled(no_seat())
    seat.code_hash = device
    seat.save(update_fields=["code_hash"])
    return seat


def no_seat() -> Any:
    return _("This link takes no more ballots: as many as were intended are in, or it was closed.")


def _checked(entitlement: Entitlement, answers: Mapping[Place, str], comments: Mapping[int, str]) -> Checked:
    if entitlement.poll.state == PollState.READY:
        raise NotOpenYet
    if not is_running(entitlement.poll):
        raise PollClosed
    form = _form_of(entitlement)
    checked = check(form.terms, form.paper, answers, comments)
    if checked.problems:
        raise InvalidBallot(checked.problems)
    return checked


# One statement asks for the right and uses it, once the turn is had: neither a close nor a new code can come between.
_TAKE_PART = """
    INSERT INTO reviews_participation (entitlement_id, poll_id)
    SELECT e.id, e.poll_id FROM reviews_entitlement e
    WHERE e.id = %s AND (e.code_hash = %s OR (e.code_hash IS NULL AND %s IS NULL)) AND e.on_paper = %s
    AND (SELECT p.state FROM reviews_poll p WHERE p.id = e.poll_id) = %s
"""  # not a join, of which PostgreSQL weighs the orders each time
_PUT_IN = "INSERT INTO reviews_sealedballot (id, poll_id, box) VALUES (%s, %s, %s)"
# The same two in one, which SQLite does not know.
_TAKE_PART_AND_PUT_IN = f"""
    WITH part AS ({_TAKE_PART} RETURNING poll_id)
    INSERT INTO reviews_sealedballot (id, poll_id, box) SELECT %s::uuid, poll_id, %s FROM part
"""  # noqa: S608 (our own constant)


def _as_a_whole() -> AbstractContextManager[object]:
    """A transaction around `_store`. PostgreSQL makes one of its own of all that is sent to it at once, and three
    messages there and back are saved: BEGIN, the second row, COMMIT."""
    alone = connection.vendor == "postgresql" and not connection.in_atomic_block
    return nullcontext() if alone else transaction.atomic()


def _store(entitlement: Entitlement, box: bytes) -> None:
    """The two rows. Raises NotEntitled, PollClosed; IntegrityError for an entitlement that was used."""
    code = entitlement.code_hash
    right = [entitlement.pk, code, code, False, PollState.OPEN.value]
    ballot = uuid.uuid4()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            turn, own = turns.entering(entitlement.poll_id)
            cursor.execute(turn + _TAKE_PART_AND_PUT_IN, [*own, *right, str(ballot), box])
        else:
            cursor.execute(_TAKE_PART, right)
            if cursor.rowcount == 1:
                cursor.execute(_PUT_IN, [ballot.hex, entitlement.poll_id, box])
        taken: int = cursor.rowcount
    if taken != 1:
        mine = Entitlement.objects.filter(pk=entitlement.pk, code_hash=code, on_paper=False)
        raise PollClosed if mine.exists() else NotEntitled


# ---------------------------------------------------------------- the content of a sealed ballot


def _sealed(entitlement: Entitlement, receipt: str, checked: Checked) -> bytes:
    form = _form_of(entitlement)
    return sealing.seal(pack(receipt, checked), form.public_key, form.size)


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
        receipt = str(held["r"])
    except (ValueError, TypeError, KeyError, ArithmeticError, RecursionError) as failure:
        raise sealing.Unreadable from failure
    if not sealing.is_receipt(receipt):
        raise sealing.Unreadable
    return receipt, Checked(answers, comments)

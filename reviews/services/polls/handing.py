"""Who votes on paper. Handing out a ballot and voting online shut each other out: the hand-out waits for every ballot
that is being cast, and who votes online asks again inside his own transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from appraisal_site.lib.turns import in_turn
from reviews.models import Entitlement, PaperPrint, Poll, PollState
from reviews.queries.paper import NAMED, on_paper_of, received_of
from reviews.services.errors import InvalidInput
from reviews.services.rounds import ensure_collecting
from units import audit
from units.models import User

from . import turns
from .setup import guard, locked_poll

MOST_COPIES = 100_000
# Nobody has a code for these yet: slips that were never printed, seats that no device took.
FREE = Q(slip__isnull=False, printed_at__isnull=True, code_hash__isnull=True) | Q(
    door__isnull=False, code_hash__isnull=True
)


@dataclass(slots=True)
class HandedOut:
    """How many get a paper ballot, and who does not: these have voted online."""

    number: int = 0
    voted: list[Entitlement] = field(default_factory=list)


def hand_out(*, poll: Poll, ids: Collection[int], by: User) -> HandedOut:
    """Paper ballots for these entitlements: a code of theirs is dead from now on, and a page loaded before too.

    Who has voted online gets none and is told of in the answer, nowhere else. Audited.
    """
    return _hand_out(poll, Q(pk__in=ids), by)


def hand_out_to_all(*, poll: Poll, words: str = "", by: User) -> HandedOut:
    """The same for every voter with a name, or whose name has these words in it."""
    return _hand_out(poll, NAMED & Q(label__icontains=words), by)


def hand_out_slips(*, poll: Poll, numbers: Sequence[int], by: User) -> HandedOut:
    """Slips given back for a paper ballot: their codes die. Raises InvalidInput ("slips") for numbers that are none."""
    known = set(Entitlement.objects.filter(poll=poll, slip__in=numbers, on_paper=False).values_list("slip", flat=True))
    if unknown := [number for number in numbers if number not in known]:
        words = _("There is no such slip, or it was given back already: %(list)s.")
        raise InvalidInput(words % {"list": "、".join(map(str, unknown[:20]))}, "slips")
    return _hand_out(poll, Q(slip__in=numbers), by)


def hand_out_nameless(*, poll: Poll, number: int, by: User) -> HandedOut:
    """So many paper ballots without a name, in the place of slips that were not printed or of free seats of a link.

    Raises InvalidInput ("number") if fewer are free.
    """
    return _hand_out(poll, FREE, by, exactly=number)


def _hand_out(poll: Poll, which: Q, by: User, exactly: int | None = None) -> HandedOut:
    guard(by)
    with in_turn(), transaction.atomic():
        ensure_collecting(poll.round_id)
        locked = locked_poll(poll, PollState.READY, PollState.OPEN)
        turns.alone(locked.pk)
        found = HandedOut()
        wanted = Entitlement.objects.filter(which, poll=locked, on_paper=False)
        if exactly is not None:
            rows = _free(wanted, exactly)
        else:
            rows = list(wanted.filter(used__isnull=True))
            found.voted = list(wanted.filter(used__isnull=False))
        found.number = len(rows)
        _mark(locked, rows, by, on_paper=True)
    return found


def _free(wanted: QuerySet[Entitlement], number: int) -> list[Entitlement]:
    # The last ones: slips are printed from the first one on.
    free = wanted.filter(used__isnull=True)
    rows = list(free.order_by("-pk")[: max(number, 0)])
    if number < 1 or len(rows) < number:
        most = free.count()
        words = ngettext(
            "At most %(count)d ballot can be handed out so: as many slips or seats are free.",
            "At most %(count)d ballots can be handed out so: as many slips or seats are free.",
            most,
        )
        raise InvalidInput(words % {"count": most}, "number")
    return rows


def _mark(poll: Poll, rows: Sequence[Entitlement], by: User, *, on_paper: bool, reason: str = "") -> None:
    if not rows:
        return
    before = on_paper_of(poll)
    # Not by the list of ids: a class may have more voters than a statement takes parameters.
    for start in range(0, len(rows), 500):
        part = Entitlement.objects.filter(pk__in=[row.pk for row in rows[start : start + 500]])
        part.update(on_paper=on_paper, code_hash=None)
    names = "、".join(row.label for row in rows if row.label)
    audit.record(
        by,
        "hand out paper ballots" if on_paper else "take back paper ballots",
        poll,
        changes={
            "paper ballots": (before, on_paper_of(poll)),
            "voters": (None, names or None) if on_paper else (names or None, None),
        },
        round_id=poll.round_id,
        reason=reason,
    )


def take_back(*, poll: Poll, ids: Collection[int], reason: str, by: User) -> int:
    """A paper ballot came back unused: its voter may vote online again, a slip with a new code. Gives their number.

    Needs a reason; audited. Raises InvalidInput ("reason"; or as a whole: the ballots have no other way in, or so many
    were counted already).
    """
    guard(by)
    if not reason.strip():
        raise InvalidInput(_("Taking back a paper ballot needs a reason."), "reason")
    with in_turn(), transaction.atomic():
        ensure_collecting(poll.round_id)
        locked = locked_poll(poll, PollState.READY, PollState.OPEN)
        turns.alone(locked.pk)
        rows = list(Entitlement.objects.filter(may_go_online(), poll=locked, on_paper=True, pk__in=ids))
        if len(rows) < len(set(ids)) or (locked.state == PollState.OPEN and not locked.public_key):
            raise InvalidInput(_("These ballots can be cast on paper only: there is no other way in for them."))
        if received_of(locked) > on_paper_of(locked) - len(rows):
            raise InvalidInput(_("More paper ballots are counted already than would remain handed out."))
        _mark(locked, rows, by, on_paper=False, reason=reason.strip())
    return len(rows)


def may_go_online() -> Q:
    """Entitlements that have a way in without paper; the ballots of a source “paper” have none."""
    return NAMED | Q(slip__isnull=False) | Q(door__isnull=False)


def record_print(*, poll: Poll, digest: str, copies: int, by: User) -> PaperPrint:
    """So many copies of a paper were printed ("" for the common one). Audited. Raises InvalidInput ("copies")."""
    guard(by)
    if not 1 <= copies <= MOST_COPIES:
        raise InvalidInput(_("How many copies are printed? A number from 1."), "copies")
    with transaction.atomic():
        locked = locked_poll(poll, PollState.PREPARED, PollState.READY, PollState.OPEN)
        made = PaperPrint.objects.create(poll=locked, digest=digest, copies=copies, made_by=by)
        audit.record(by, "print ballot papers", locked, changes={"copies": (None, copies)}, round_id=locked.round_id)
    return made

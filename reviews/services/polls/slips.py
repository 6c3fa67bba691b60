"""Slips (投票码): one-time codes on paper for people and units without accounts, and for voters without names.

A code is made when its slip is printed, is in that one answer to the browser and nowhere else; a keyed hash of it is
stored. A slip that was spoiled or lost gets another code, and the old one is dead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from reviews import sealing
from reviews.models import Entitlement, Participation, Poll, PollState
from reviews.queries.poll_ways import NUMBERED, waiting_slips
from reviews.services.errors import InvalidInput
from units import audit
from units.models import User

from . import turns
from .setup import guard, locked_poll

MOST_AT_ONCE = 500  # slips of one print: what is not on paper is lost with the page
MOST_MORE = 2000
USABLE = (PollState.READY, PollState.OPEN)


@dataclass(frozen=True, slots=True)
class Slip:
    """A slip as it is printed: `code` is shown this once."""

    number: int | None
    label: str
    unit: str
    code: str


def print_slips(*, poll: Poll, kind: str, seen: int, by: User) -> list[Slip]:
    """Make the codes of the next slips of a kind that were not printed yet, at most MOST_AT_ONCE. Audited by number.

    `kind`: "numbered" (without names) or "named" (people and units of the poll without an account). `seen`: how many
    the page said were waiting; of two people who print at once the second is refused (InvalidInput).
    """
    guard(by)
    with transaction.atomic():
        locked = locked_poll(poll, *USABLE)
        waiting = waiting_slips(locked, kind)
        if not seen or waiting.count() != seen:
            raise InvalidInput(
                _("Slips were printed meanwhile. A code is shown only once; whoever printed them has them.")
            )
        slips = _give_codes(list(waiting.select_related("unit", "person__unit")[:MOST_AT_ONCE]))
        changes = {"slips": (None, _range(slips))}
        audit.record(by, "print slips", locked, changes=changes, round_id=locked.round_id)
    return slips


def _give_codes(entitlements: Sequence[Entitlement]) -> list[Slip]:
    """A code for each; what is stored says neither the code nor in which order the slips come out."""
    now, slips = timezone.now(), []
    for one in entitlements:
        code = sealing.random_code(sealing.CODE_LETTERS)
        one.code_hash, one.printed_at = sealing.code_hash(code), now
        home = one.person.unit.name if one.person else ""
        slips.append(Slip(one.slip, one.label, home, sealing.grouped(code)))
    Entitlement.objects.bulk_update(entitlements, ["code_hash", "printed_at"], batch_size=MOST_AT_ONCE)
    return slips


def _range(slips: Sequence[Slip]) -> str:
    numbers = [slip.number for slip in slips if slip.number is not None]
    if not numbers:
        return str(len(slips))
    return f"{min(numbers)}–{max(numbers)}" if len(numbers) > 1 else str(numbers[0])


def find_slip(poll: Poll, typed: str) -> Entitlement:
    """The slip of this number, or of the voter of exactly this name. Raises InvalidInput ("which")."""
    words = typed.strip()
    mine = Entitlement.objects.filter(poll=poll, door=None, on_paper=False)
    found = list(mine.filter(slip=int(words))) if words.isascii() and words.isdigit() and len(words) < 9 else []
    found = found or list(mine.filter(label=words).exclude(label="")[:2])
    if not found:
        raise InvalidInput(_("This poll has no slip of this number, and no voter of this name."), "which")
    if len(found) > 1:
        raise InvalidInput(_("Several voters have this name: choose in the list of voters."), "which")
    return found[0]


def reissue_slip(*, entitlement: Entitlement, reason: str, by: User) -> Slip:
    """Another code for a slip that was spoiled or lost, or a first one for a voter who cannot log in. Audited by number
    or name, never the code.

    The old code is dead at once, also on a page that is open already. Raises InvalidInput ("reason", or as a whole for
    a slip that was used, a seat of a link, a voter on paper).
    """
    guard(by)
    if not reason.strip():
        raise InvalidInput(_("Say why the slip is issued anew."), "reason")
    with transaction.atomic():
        locked = locked_poll(entitlement.poll, *USABLE)
        turns.alone(locked.pk)  # nobody votes with the old code at this moment
        rows = Entitlement.objects.select_for_update(of=("self",)).select_related("unit", "person__unit")
        one = rows.get(pk=entitlement.pk, poll=locked)
        if one.door_id is not None or one.on_paper:
            raise InvalidInput(_("This voter votes by other means than a slip."))
        if Participation.objects.filter(pk=one.pk).exists():
            raise InvalidInput(_("The ballot of this slip is in already: there is nothing to replace."))
        before = one.printed_at
        slip = _give_codes([one])[0]
        words = slip.label if slip.number is None else str(slip.number)
        audit.record(
            by,
            "issue slip anew" if before else "issue slip",
            locked,
            label=f"{locked.voter_class} · {words}",
            round_id=locked.round_id,
            reason=reason.strip(),
        )
    return slip


def void_slips(*, poll: Poll, kind: str, reason: str, by: User) -> int:
    """Void all printed slips of a kind as long as none was used: the print was lost, and is made anew. Audited."""
    guard(by)
    if not reason.strip():
        raise InvalidInput(_("Say why the slips are voided."), "reason")
    with transaction.atomic():
        locked = locked_poll(poll, *USABLE)
        turns.alone(locked.pk)
        of_kind = Q(slip__isnull=False) if kind == NUMBERED else Q(slip=None)
        printed = Entitlement.objects.filter(of_kind, poll=locked, door=None, printed_at__isnull=False)
        if printed.filter(used__isnull=False).exists():
            raise InvalidInput(_("Some of these slips were used already: replace single ones."))
        number = printed.update(code_hash=None, printed_at=None)
        if not number:
            raise InvalidInput(_("No slip was printed yet."))
        audit.record(
            by,
            "void slips",
            locked,
            changes={"slips": (number, None)},
            round_id=locked.round_id,
            reason=reason.strip(),
        )
    return number


def add_slips(*, poll: Poll, number: int, reason: str, by: User) -> int:
    """So many more slips without names, numbered on from the last, while the poll is not closed. Audited."""
    guard(by)
    if not 0 < number <= MOST_MORE:
        raise InvalidInput(_("A number from 1 to %(most)d is expected.") % {"most": MOST_MORE}, "number")
    if not reason.strip():
        raise InvalidInput(_("Say why more slips are needed."), "reason")
    with transaction.atomic():
        locked = locked_poll(poll, *USABLE)
        mine = Entitlement.objects.filter(poll=locked)
        last = mine.aggregate(last=Max("slip"))["last"] or 0
        if not last:
            raise InvalidInput(_("This poll has no slips without names."), "number")
        paper = mine.filter(slip=last).values_list("paper", flat=True).get()
        Entitlement.objects.bulk_create(
            (Entitlement(poll=locked, paper_id=paper, slip=last + step) for step in range(1, number + 1)),
            batch_size=MOST_AT_ONCE,
        )
        audit.record(
            by,
            "add slips",
            locked,
            changes={"voters": (None, number)},
            round_id=locked.round_id,
            reason=reason.strip(),
        )
    return number

"""The round's ballot key: made once, shown once, confirmed by its keepers."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from nacl.public import PrivateKey

from reviews import sealing
from reviews.models import BallotBox, Poll, PollState, Round, SealedBallot
from reviews.services.errors import InvalidInput, NotAllowed
from units import access, audit
from units.models import User

MOST_KEEPERS = 3


def make_key(
    *,
    round: Round,  # noqa: A002
    keepers: Sequence[str],
    by: User,
    seen: int | None = None,
) -> tuple[str, ...]:
    """A new key for the round; gives its passphrase in one part for each of the named keepers, and keeps none of it.

    Replaces a key under which no ballot lies. `seen`: the key that the page showed (0: none); a form that is sent
    twice makes no second key, which would void the printed first one. Audited (never the passphrase). Raises
    InvalidInput "keepers", or as a whole while ballots are sealed under the old one: they would be lost.
    """
    if not access.may_run_polls(by):
        raise NotAllowed
    names = [name.strip() for name in keepers if name.strip()]
    if not 1 <= len(names) <= MOST_KEEPERS or len(set(names)) < len(names):
        raise InvalidInput(_("Name one to three different keepers."), "keepers")
    made = sealing.new_key(len(names))
    with transaction.atomic():
        locked = Round.objects.select_for_update().get(pk=round.pk)
        if seen is not None and seen != key_number(locked):
            raise InvalidInput(_("A key was made meanwhile. Its parts were shown to whoever made it, and only once."))
        if holds_ballots(locked):
            raise InvalidInput(_("Ballots lie under the present key; with another one nobody could count them."))
        BallotBox.objects.filter(round=locked).delete()
        box = BallotBox.objects.create(
            round=locked,
            public_key=made.public_key,
            salt=made.salt,
            keepers=len(names),
            keeper_names=names,
            made_by=by,
        )
        audit.record(by, "make ballot key", box, changes={"keepers": (None, "、".join(names))}, round_id=locked.pk)
    return made.parts


def key_number(round_: Round) -> int:
    """Which key the round has, for telling it from another one; 0: none."""
    return BallotBox.objects.filter(round=round_).values_list("pk", flat=True).first() or 0


def holds_ballots(round_: Round) -> bool:
    """Whether people vote under the key, or have: it cannot be replaced. A poll on paper alone has none."""
    polls = round_.polls.filter(state__in=[PollState.OPEN, PollState.CLOSED]).values_list("pk", flat=True)
    is_open = round_.polls.filter(state=PollState.OPEN).exclude(public_key=b"").exists()
    return is_open or SealedBallot.objects.filter(poll_id__in=list(polls)).exists()


def confirm_key(*, box: BallotBox, parts: Sequence[str], by: User) -> None:
    """The keepers typed their parts once more: from now on polls may open. Raises InvalidInput "parts"."""
    if not access.may_run_polls(by):
        raise NotAllowed
    private_key(box, parts)
    if BallotBox.objects.filter(pk=box.pk, confirmed_at__isnull=True).update(confirmed_at=timezone.now()):
        audit.record(by, "confirm ballot key", box, round_id=box.round_id)


def private_key(box: BallotBox, parts: Sequence[str]) -> PrivateKey:
    """What opens the ballots, in memory only. Raises InvalidInput "parts"."""
    if len(parts) != box.keepers or any(len(sealing.plain_code(part)) != sealing.PART_LETTERS for part in parts):
        words = _("Every keeper types his part: %(letters)d letters and digits.")
        raise InvalidInput(words % {"letters": sealing.PART_LETTERS}, "parts")
    try:
        return sealing.open_key(parts, bytes(box.salt), bytes(box.public_key))
    except sealing.WrongPassphrase:
        words = _(
            "These parts do not open this round's ballots. Look for a letter that was misread, and for the order of"
            " the keepers."
        )
        raise InvalidInput(words, "parts") from None


def box_of(poll: Poll) -> BallotBox:
    """The round's key, confirmed. Raises InvalidInput."""
    box = BallotBox.objects.filter(round=poll.round_id).first()
    if box is None or box.confirmed_at is None:
        raise InvalidInput(_("The round has no ballot key yet that its keepers confirmed."))
    return box

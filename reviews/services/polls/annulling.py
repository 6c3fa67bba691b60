"""Annulling a class's vote as a whole. Nobody can take out a single ballot: there is none to be found."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from indicators.services import engine_plan
from reviews.models import BallotComment, BallotCount, Participation, Poll, PollReceipts, PollState, SealedBallot
from reviews.queries.polls import counted_beside
from reviews.services.errors import InvalidInput
from reviews.services.rounds import ensure_collecting, touch_inputs
from units import audit
from units.models import User

from . import turns
from .forgetting import forget_results
from .paper import annul_paper
from .setup import guard, locked_poll


def annul_poll(*, poll: Poll, reason: str, by: User, together: bool = False) -> Poll:
    """Annul a class's vote as a whole, with everything that was voted; it may vote again in a new poll. Audited.

    Single ballots cannot be taken out: nobody can find them. Where a counted class had too few voters all classes of
    its leaves go `together`: the result without one of them would tell its votes, whichever is left. Of a counted vote
    the stored results go too, which hold its tallies. Raises InvalidInput ("reason").
    """
    guard(by)
    if not reason.strip():
        raise InvalidInput(_("Annulling a vote needs a reason."), "reason")
    with transaction.atomic():
        ensure_collecting(poll.round_id)
        locked = locked_poll(poll, PollState.OPEN, PollState.CLOSED, PollState.COUNTED)
        turns.alone(locked.pk)
        beside = counted_beside(locked, engine_plan(locked.round.plan_version))
        if not together and goes_together(locked, beside):
            raise InvalidInput(
                _("A class had fewer voters than the plan's minimum. Annul all classes of the indicators together.")
            )
        was_counted = together or locked.state == PollState.COUNTED
        for each in [locked, *(beside if together else ())]:
            _annul(each, reason.strip(), by)
        if was_counted:
            forget_results(locked.round_id)
        touch_inputs(locked.round_id)
        locked.refresh_from_db()
    return locked


def goes_together(poll: Poll, beside: Sequence[Poll]) -> bool:
    """Whether a counted class can be annulled only with those `beside` it (`queries.polls.counted_beside`)."""
    return poll.state == PollState.COUNTED and bool(beside) and any(one.report.get("thin") for one in (poll, *beside))


def _annul(poll: Poll, reason: str, by: User) -> None:
    SealedBallot.objects.filter(poll_id=poll.pk).delete()
    for rows in (BallotCount, BallotComment, PollReceipts):
        rows.objects.filter(poll=poll).delete()
    before, poll.state, poll.annulled_because = poll.state, PollState.ANNULLED, reason[:500]
    poll.report = {key: poll.report[key] for key in ("issued", "received") if key in poll.report} or {
        "issued": poll.entitlements.count(),
        "received": Participation.objects.filter(poll_id=poll.pk).count(),
    }
    if paper := annul_paper(poll):
        poll.report["paper"] = paper
    # Codes of a vote that counts no more must not open the next one.
    poll.entitlements.update(code_hash=None)
    poll.doors.update(is_open=False)
    poll.save(update_fields=["state", "annulled_because", "report"])
    audit.record(by, "annul poll", poll, changes={"state": (before, poll.state)}, round_id=poll.round_id, reason=reason)

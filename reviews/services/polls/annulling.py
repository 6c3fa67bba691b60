"""Annulling a class's vote as a whole. Nobody can take out a single ballot: there is none to be found."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from indicators.services import engine_plan
from reviews.ballot_form import leaves_of
from reviews.models import BallotComment, BallotCount, Participation, Poll, PollReceipts, PollState, SealedBallot
from reviews.services.errors import InvalidInput
from reviews.services.rounds import ensure_collecting, touch_inputs
from units import audit
from units.models import User

from . import turns
from .paper import annul_paper
from .setup import guard, locked_poll


def annul_poll(*, poll: Poll, reason: str, by: User, together: bool = False) -> Poll:
    """Annul a class's vote as a whole, with everything that was voted; it may vote again in a new poll. Audited.

    Single ballots cannot be taken out: nobody can find them. A counted class that had too few voters goes only
    `together` with the other classes of its leaves: alone, the difference of two results would tell its votes.
    Raises InvalidInput ("reason").
    """
    guard(by)
    if not reason.strip():
        raise InvalidInput(_("Annulling a vote needs a reason."), "reason")
    with transaction.atomic():
        ensure_collecting(poll.round_id)
        locked = locked_poll(poll, PollState.OPEN, PollState.CLOSED, PollState.COUNTED)
        turns.alone(locked.pk)
        group = [locked, *_counted_siblings(locked)] if together else [locked]
        if (
            not together
            and locked.state == PollState.COUNTED
            and locked.report.get("thin")
            and len(_counted_siblings(locked))
        ):
            raise InvalidInput(
                _("This class had fewer voters than the plan's minimum. Annul all classes of the indicator together.")
            )
        for each in group:
            _annul(each, reason.strip(), by)
        touch_inputs(locked.round_id)
        locked.refresh_from_db()
    return locked


def _counted_siblings(poll: Poll) -> list[Poll]:
    plan = engine_plan(poll.round.plan_version)
    mine = {leaf.code for leaf in leaves_of(plan, poll.voter_class)}
    others = Poll.objects.select_for_update(of=("self",)).filter(round=poll.round_id, state=PollState.COUNTED)
    return [
        other
        for other in others.exclude(pk=poll.pk)
        if mine & {leaf.code for leaf in leaves_of(plan, other.voter_class)}
    ]


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

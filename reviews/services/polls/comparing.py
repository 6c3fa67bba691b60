"""Comparing what two people counted, settling where they differ, confirming it by a second person, withdrawing it.

A figure is settled when one takes over the other's, or when both stand behind a third one. Both first figures stay.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from indicators.services import engine_plan
from reviews.ballot_form import LEAST_VOTERS, Terms, read_answer
from reviews.models import BallotCount, Channel, PaperCount, PaperDifference, PaperEntry, PaperState, PollState
from reviews.paper_figures import BALLOTS, WHOLE, Cell, problems
from reviews.queries.paper import confirmed_count, entry_figures, figures_of, frame_of_poll
from reviews.queries.polls import counted_beside
from reviews.services.errors import Conflict, InvalidInput, NotAllowed, RoundClosed, Theirs
from reviews.services.rounds import touch_inputs
from scoring.engine.types import ABSTAIN
from units import audit
from units.models import User

from .paper import is_thin, take_out_paper, write_paper
from .setup import guard
from .tally import DoesNotAddUp, locked_count

# ---------------------------------------------------------------- differences


def settle(*, count: PaperCount, cell: Cell, value: int, seen: int, by: User) -> PaperDifference:
    """Say what stands in a cell: the other's figure (settled), or a third one, which the other has to say as well.

    Also for a cell in which both agreed and were wrong. `seen`: the version of the difference, 0 for none. Not audited
    by itself: who, when and all figures stay in the row. Raises NotAllowed for all but the two, Conflict, RoundClosed.
    """
    guard(by)
    with transaction.atomic():
        locked = locked_count(count, PaperState.COMPARING)
        side = _side_of(locked, by)
        row = _difference(locked, cell)
        if row.version != seen and not (row.pk is None and seen == 0):
            words = "—" if row.value is None else str(row.value)
            raise Conflict(Theirs(value=words, by=row.proposed_by, at=row.proposed_at, seen=str(row.version)))
        if row.value == value and row.proposed_side not in {None, side}:
            row.agreed_by, row.agreed_at = by, timezone.now()
        else:
            row.value, row.proposed_by, row.proposed_side, row.proposed_at = value, by, side, timezone.now()
            row.agreed_by = row.agreed_at = None
        row.version += 1
        row.save()
    return row


def _side_of(count: PaperCount, by: User) -> int:
    entry = PaperEntry.objects.filter(count=count, account=by).first()
    if entry is None:
        raise NotAllowed(_("Only the two who counted settle where they differ."))
    return entry.side


def _difference(count: PaperCount, cell: Cell) -> PaperDifference:
    """The row of a cell; a new one, unsaved and without version, for a cell in which both agreed."""
    subject, leaf, answer = cell
    rows = PaperDifference.objects.select_related("proposed_by")
    row = rows.filter(paper_count=count, subject=subject or None, indicator=leaf, answer=answer).first()
    if row is not None:
        return row
    terms = Terms.from_json(count.poll.terms)
    known = answer in BALLOTS if (subject, leaf) == WHOLE else (subject, leaf) in frame_of_poll(count.poll).having()
    asked = terms.leaf(leaf)
    if not known or (asked is not None and answer != ABSTAIN and read_answer(asked, answer) != answer):
        raise InvalidInput(_("No paper ballot asks for this."))
    first, second = (entry_figures(entry).get(cell, 0) for entry in count.entries.order_by("side"))
    return PaperDifference(
        paper_count=count,
        subject_id=subject or None,
        indicator=leaf,
        answer=answer,
        first=first,
        second=second,
        version=0,
    )


# ---------------------------------------------------------------- handing in and confirming


def submit_count(*, count: PaperCount, by: User) -> PaperCount:
    """Hand in what both found, to be confirmed by a second person. Audited.

    Raises InvalidInput while differences are open, DoesNotAddUp, NotAllowed for all but the two.
    """
    guard(by)
    with transaction.atomic():
        locked = locked_count(count, PaperState.COMPARING)
        _side_of(locked, by)
        if any(not row.is_settled for row in locked.differences.all()):
            raise InvalidInput(_("The two counts still differ: settle every cell first."))
        _check_sums(locked)
        locked.state, locked.submitted_by, locked.submitted_at = PaperState.SUBMITTED, by, timezone.now()
        locked.save(update_fields=["state", "submitted_by", "submitted_at"])
        audit.record(by, "hand in paper count", locked, round_id=locked.poll.round_id)
    return locked


def _check_sums(count: PaperCount) -> None:
    if wrong := problems(frame_of_poll(count.poll), figures_of(count)):
        raise DoesNotAddUp(wrong)


def send_back(*, count: PaperCount, reason: str, by: User) -> PaperCount:
    """Do not confirm: back to the two who counted, with a reason. Audited."""
    guard(by)
    if not reason.strip():
        raise InvalidInput(_("Sending a count back needs a reason."), "reason")
    with transaction.atomic():
        locked = locked_count(count, PaperState.SUBMITTED)
        locked.state, locked.submitted_by, locked.submitted_at = PaperState.COMPARING, None, None
        locked.save(update_fields=["state", "submitted_by", "submitted_at"])
        audit.record(by, "send back paper count", locked, round_id=locked.poll.round_id, reason=reason.strip())
    return locked


def confirm_count(*, count: PaperCount, by: User) -> PaperCount:
    """Confirm what somebody else handed in, once the vote is closed. It becomes part of the poll at the poll's count;
    of a counted poll it replaces the former figures at once. Audited; then makes the computed result stale.

    Raises InvalidInput: the same person, or the poll is still open; DoesNotAddUp; RoundClosed.
    """
    guard(by)
    with transaction.atomic():
        locked = locked_count(count, PaperState.SUBMITTED)
        if locked.submitted_by_id == by.pk:
            raise InvalidInput(_("A second person confirms; you handed this count in."))
        if locked.poll.state == PollState.OPEN:
            raise InvalidInput(_("The vote is still open; close it first, then no paper is handed out any more."))
        _check_sums(locked)
        former = confirmed_count(locked.poll)
        if former is not None:
            former.state = PaperState.REPLACED
            former.save(update_fields=["state"])
        locked.state, locked.confirmed_by, locked.confirmed_at = PaperState.CONFIRMED, by, timezone.now()
        locked.handed_out = frame_of_poll(locked.poll).handed
        locked.save(update_fields=["state", "confirmed_by", "confirmed_at", "handed_out"])
        audit.record(
            by,
            "confirm paper count",
            locked,
            changes={"count": (former.number if former else None, locked.number)} | _ballots(locked),
            round_id=locked.poll.round_id,
            reason=locked.reason,
        )
        if locked.poll.state == PollState.COUNTED:
            write_paper(locked.poll, locked)
            touch_inputs(locked.poll.round_id)
    return locked


def _ballots(count: PaperCount) -> dict[str, tuple[None, int]]:
    """What the trail says of the ballots; of very few only that they came, since it names nobody and everybody knows
    who voted on paper."""
    figures = figures_of(count)
    whole = {name: figures.get((*WHOLE, name), 0) for name in BALLOTS}
    shown = ["received"] if whole["received"] < LEAST_VOTERS else ["received", "valid"]
    return {f"{name} on paper": (None, whole[name]) for name in shown}


# ---------------------------------------------------------------- withdrawing


WITHDRAWABLE = (PaperState.COMPARING, PaperState.SUBMITTED, PaperState.CONFIRMED)


def ask_to_withdraw(*, count: PaperCount, reason: str, by: User) -> PaperCount:
    """Propose to withdraw a count as a whole; another person does it. Needs a reason; audited."""
    guard(by)
    if not reason.strip():
        raise InvalidInput(_("Withdrawing a count needs a reason."), "reason")
    with transaction.atomic():
        locked = locked_count(count, *WITHDRAWABLE)
        _ensure_tells_nothing(locked)
        locked.withdraw_reason, locked.withdraw_asked_by = reason.strip()[:500], by
        locked.save(update_fields=["withdraw_reason", "withdraw_asked_by"])
        audit.record(by, "ask to withdraw paper count", locked, round_id=locked.poll.round_id, reason=reason.strip())
    return locked


def withdraw_count(*, count: PaperCount, by: User) -> PaperCount:
    """Withdraw what another person asked to withdraw; of a counted poll its paper ballots count no more. Audited; then
    makes the computed result stale. Raises InvalidInput: nobody asked, or the same person did."""
    guard(by)
    with transaction.atomic():
        locked = locked_count(count, *WITHDRAWABLE)
        if locked.withdraw_asked_by_id is None:
            raise RoundClosed(_("Nobody asked to withdraw this count."))
        if locked.withdraw_asked_by_id == by.pk:
            raise InvalidInput(_("A second person withdraws; you asked for it."))
        _ensure_tells_nothing(locked)
        was_counted = locked.state == PaperState.CONFIRMED and locked.poll.state == PollState.COUNTED
        locked.state, locked.withdrawn_by, locked.withdrawn_at = PaperState.WITHDRAWN, by, timezone.now()
        locked.save(update_fields=["state", "withdrawn_by", "withdrawn_at"])
        audit.record(
            by,
            "withdraw paper count",
            locked,
            changes={"count": (locked.number, None)},
            round_id=locked.poll.round_id,
            reason=locked.withdraw_reason,
        )
        if was_counted:
            take_out_paper(locked.poll)
            touch_inputs(locked.poll.round_id)
    return locked


def _ensure_tells_nothing(count: PaperCount) -> None:
    """After the count, the results with and without the paper ballots differ by what few voters said."""
    counted = count.poll.state == PollState.COUNTED and count.state == PaperState.CONFIRMED
    if not counted or not BallotCount.objects.filter(poll=count.poll, channel=Channel.PAPER).exists():
        return
    beside = counted_beside(count.poll, engine_plan(count.poll.round.plan_version))
    if is_thin(count.poll) or any(one.report.get("thin") for one in beside):
        raise InvalidInput(
            _(
                "So few voted on paper or online, in this class or in another one of its indicators, that the"
                " difference of the two results would tell how. Count anew and replace these figures, or annul the"
                " vote."
            )
        )


def keep_count(*, count: PaperCount, by: User) -> PaperCount:
    """Take back the wish to withdraw a count. Audited."""
    guard(by)
    with transaction.atomic():
        locked = locked_count(count, *WITHDRAWABLE)
        if locked.withdraw_asked_by_id is not None:
            locked.withdraw_reason, locked.withdraw_asked_by = "", None
            locked.save(update_fields=["withdraw_reason", "withdraw_asked_by"])
            audit.record(by, "keep paper count", locked, round_id=locked.poll.round_id)
    return locked

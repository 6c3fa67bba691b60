"""The list of a round's polls as its page shows it: state, who votes, turnout, and the next step of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from indicators.rendering import joined
from scoring.engine.types import Plan

from .ballot_form import leaves_of
from .models import BallotBox, Poll, PollState, Round
from .poll_words import SourceLine, is_over, source_lines, state_badge, state_words, step_of
from .queries.poll_ways import Ways, ways_of
from .queries.polls import Turnout, class_titles, turnouts


@dataclass(frozen=True, slots=True)
class Next:
    """The next step of a poll: a button, or why there is none."""

    label: str = ""
    url: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class PollRow:
    poll: Poll
    title: str
    leaves: str
    state: str
    badge: str
    sources: Sequence[SourceLine]
    turnout: Turnout
    ways: Ways
    step: str
    next: Next

    @property
    def has_turnout(self) -> bool:
        """Whether there is anything to count yet."""
        return self.poll.state != PollState.PREPARED

    @property
    def is_live(self) -> bool:
        return self.poll.state == PollState.OPEN


def poll_rows(round_: Round, plan: Plan, polls: Sequence[Poll], box: BallotBox | None) -> list[PollRow]:
    """Rows of these polls. Six queries at most, whatever their number and that of the voters."""
    titles = class_titles(plan)
    sources = source_lines(polls, titles)
    counted, ways = turnouts(polls), ways_of(polls)
    waiting = _waiting(plan, polls)
    rows = []
    for poll in polls:
        poll.round = round_
        title = titles.get(poll.voter_class, poll.voter_class)
        turnout, way = counted[poll.pk], ways[poll.pk]
        step = step_of(poll, box)
        held = joined([titles.get(name, name) for name in waiting[poll.pk]])
        rows.append(
            PollRow(
                poll,
                title,
                joined([node.title for node in leaves_of(plan, poll.voter_class)]),
                state_words(poll),
                state_badge(poll),
                sources[poll.pk],
                turnout,
                way,
                step,
                next_of(poll, step, turnout, way, held),
            )
        )
    return rows


def _waiting(plan: Plan, polls: Sequence[Poll]) -> dict[int, list[str]]:
    """Poll id → classes of the same indicators that are still to vote: all are counted together."""
    leaves = {poll.pk: {node.code for node in leaves_of(plan, poll.voter_class)} for poll in polls}
    to_come = [
        poll
        for poll in polls
        if poll.state in {PollState.PREPARED, PollState.READY, PollState.OPEN} and not is_over(poll)
    ]
    return {
        poll.pk: [one.voter_class for one in to_come if one.pk != poll.pk and leaves[one.pk] & leaves[poll.pk]]
        for poll in polls
    }


def next_of(poll: Poll, step: str, turnout: Turnout, ways: Ways, held: str) -> Next:
    """The one button that leads on. `held`: the classes for which the count waits, in words."""

    def to(name: str, label: str, *, of_round: bool = False) -> Next:
        args = [poll.round_id] if of_round else [poll.round_id, poll.pk]
        return Next(label, reverse(f"reviews:{name}", args=args))

    if step == "key":
        return to("poll_key", _("Make the ballot key"), of_round=True)
    if step == "voters":
        return to("poll_voters", _("Settle the voters"))
    if step == "check":
        return to("poll_check", _("Check and open"))
    if poll.state in {PollState.READY, PollState.OPEN} and ways.unprinted and not is_over(poll):
        words = ngettext("Print %(count)d slip", "Print %(count)d slips", ways.unprinted)
        return to("poll_slips", words % {"count": ways.unprinted})
    if step == "open":
        return to("poll_screen", _("To the big screen")) if poll.in_meeting else to("poll", pgettext("poll", "Open"))
    if step in {"chase", "close"}:
        return _while_open(poll, step, turnout, ways, to)
    if step == "count":
        if held:
            return Next(note=_("counted together with: %(list)s") % {"list": held})
        return to("poll_count", pgettext("poll", "Count"), of_round=True)
    return to("poll", pgettext("poll", "Result")) if poll.state == PollState.COUNTED else Next()


def _while_open(poll: Poll, step: str, turnout: Turnout, ways: Ways, to: object) -> Next:
    assert callable(to)
    found: Next = (
        to("poll_screen", _("To the big screen"))
        if poll.in_meeting
        else to("poll_remind", _("Remind to vote"))
        if step == "chase" and turnout.missing and ways.accounts
        else to("poll", pgettext("poll", "Close"))
        if step == "close" or not turnout.missing
        else to("poll", _("Turnout"))
    )
    return found


def round_step(rows: Sequence[PollRow], box: BallotBox | None, order: Mapping[str, object]) -> str:
    """Where the round stands: the earliest step of its polls."""
    keys = list(order)
    if not rows:
        return step_of(None, box)
    return min((row.step for row in rows), key=keys.index)

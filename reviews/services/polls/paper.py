"""Confirmed paper ballots as part of a poll's counts. Nothing of them stands there before the poll is counted: results
with and without the ballots of one channel would tell the other's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from reviews.ballot_form import LEAST_VOTERS, Terms
from reviews.models import (
    UNDER_WAY,
    BallotCount,
    Channel,
    PaperCount,
    PaperDifference,
    PaperFigure,
    PaperState,
    Poll,
)
from reviews.paper_figures import BALLOTS, WHOLE
from reviews.queries.paper import confirmed_count, figures_of, on_paper_of, unconfirmed
from reviews.queries.polls import spared_places
from reviews.services.errors import InvalidInput
from scoring.engine.types import ABSTAIN

BATCH = 1000


def ensure_paper_confirmed(polls: Iterable[Poll]) -> None:
    """Raise InvalidInput while paper ballots of these polls lie uncounted: all votes are counted at once."""
    if waiting := unconfirmed(polls):
        words = _(
            "These classes voted on paper too, and no count of all the paper ballots handed out is confirmed yet:"
            " %(list)s."
        )
        raise InvalidInput(words % {"list": "、".join(poll.voter_class for poll in waiting)})


def add_paper(poll: Poll) -> None:
    """The confirmed paper ballots of a poll that is being counted become part of it; the caller saves the poll."""
    count = confirmed_count(poll)
    if count is not None:
        _store(poll, count)


def write_paper(poll: Poll, count: PaperCount) -> None:
    """Put these figures in the place of those that a counted poll has."""
    _store(poll, count)
    poll.save(update_fields=["report"])


def _store(poll: Poll, count: PaperCount) -> None:
    figures = figures_of(count)
    spared = spared_places(poll.round, {leaf for _subject, leaf, _answer in figures})
    rows = BallotCount.objects.filter(poll=poll, channel=Channel.PAPER)
    rows.delete()
    BallotCount.objects.bulk_create(
        (
            BallotCount(
                poll=poll,
                channel=Channel.PAPER,
                subject_id=subject,
                indicator=leaf,
                voter_class=poll.voter_class,
                answer=answer,
                count=number,
            )
            for (subject, leaf, answer), number in sorted(figures.items())
            if subject and number and (subject, leaf) not in spared
        ),
        batch_size=BATCH,
    )
    whole = {name: figures.get((*WHOLE, name), 0) for name in BALLOTS}
    poll.report["paper"] = {"issued": on_paper_of(poll), **whole}
    poll.report["thin"] = is_thin(poll)


def take_out_paper(poll: Poll) -> None:
    """A counted poll without its paper ballots."""
    BallotCount.objects.filter(poll=poll, channel=Channel.PAPER).delete()
    poll.report.pop("paper", None)
    poll.report["thin"] = is_thin(poll)
    poll.save(update_fields=["report"])


def is_thin(poll: Poll) -> bool:
    """Whether on some subject so few voted online, or on paper, that their tally tells how. One query."""
    minimum = {Channel.ONLINE: Terms.from_json(poll.terms).minimum, Channel.PAPER: LEAST_VOTERS}
    votes: Counter[tuple[str, int, str]] = Counter()
    rows = BallotCount.objects.filter(poll=poll).exclude(answer=ABSTAIN)
    for channel, subject, leaf, number in rows.values_list("channel", "subject_id", "indicator", "count"):
        votes[channel, subject, leaf] += number
    return any(0 < number < minimum[Channel(channel)] for (channel, _s, _l), number in votes.items())


def annul_paper(poll: Poll) -> dict[str, int]:
    """An annulled vote keeps how many paper ballots were handed out and received, and nothing that was counted."""
    count = confirmed_count(poll)
    received = figures_of(count).get((*WHOLE, "received"), 0) if count else 0
    PaperFigure.objects.filter(entry__count__poll=poll).delete()
    PaperDifference.objects.filter(paper_count__poll=poll).delete()
    poll.paper_counts.filter(state__in=[*UNDER_WAY, PaperState.CONFIRMED]).update(state=PaperState.WITHDRAWN)
    issued = on_paper_of(poll)
    return {"issued": issued, "received": received} if issued else {}

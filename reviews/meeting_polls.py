"""The votes of a meeting on its own page: once the talks are over the chair goes on to the big screen."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from units import access
from units.models import User

from .meeting_actions import Action, after_talks
from .models import Meeting, PollState
from .poll_words import state_words
from .queries.polls import turnouts
from .services.polls.setup import classes_of

SHOWN = (PollState.READY, PollState.OPEN, PollState.CLOSED)


@after_talks
def votes_of_meeting(meeting: Meeting, user: User) -> Iterator[Action]:
    """A link to the big screen of every poll of the round that is held in a meeting. Three queries."""
    if not access.may_see_polls(user):
        return
    polls = list(meeting.round.polls.filter(in_meeting=True, state__in=SHOWN).order_by("pk"))
    counted = turnouts(polls)
    titles = classes_of(meeting.round) if polls else {}
    for poll in polls:
        turnout = counted[poll.pk]
        values = {"state": state_words(poll), "used": turnout.used, "issued": turnout.issued}
        yield Action(
            label=_("Vote: %(class)s") % {"class": titles.get(poll.voter_class, poll.voter_class)},
            url=reverse("reviews:poll_screen", args=[meeting.round_id, poll.pk]),
            note=_("%(state)s, %(used)d of %(issued)d") % values,
            primary=poll.state == PollState.READY,
        )

"""The votes of a meeting on its own page: from preparing them to the big screen, where the chair opens them."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from units import access
from units.models import User

from .meeting_actions import Action, once_open
from .models import Meeting, Phase, Poll, PollState
from .poll_words import state_words
from .queries.polls import turnouts
from .services.polls.preparing import invited_classes
from .services.polls.setup import classes_of

SHOWN = (PollState.READY, PollState.OPEN, PollState.CLOSED)


@once_open
def votes_of_meeting(meeting: Meeting, user: User) -> Iterator[Action]:
    """A link to the big screen of every poll of the round that is held in a meeting; while some class of those invited
    has none that is ready, the way there. Three queries."""
    if not access.may_see_polls(user):
        return
    held = list(meeting.round.polls.filter(in_meeting=True).exclude(state=PollState.ANNULLED).order_by("pk"))
    polls = [poll for poll in held if poll.state in SHOWN]
    if access.may_run_polls(user) and _is_to_be_prepared(meeting, held):
        yield Action(
            label=_("Prepare the votes of those present"),
            url=reverse("reviews:polls", args=[meeting.round_id]),
            primary=not polls,
        )
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


def _is_to_be_prepared(meeting: Meeting, held: list[Poll]) -> bool:
    if meeting.round.phase != Phase.COLLECTING:
        return False
    waits = any(poll.state == PollState.PREPARED for poll in held)
    return waits or not {poll.voter_class for poll in held} >= invited_classes(meeting.round.plan_version.document)

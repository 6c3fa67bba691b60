"""Polls on the office's home page: those that are open, with their turnout, and those that wait for the count."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from indicators.services import engine_plan
from reviews.models import Poll, PollState, Round
from reviews.poll_words import is_over, state_words
from reviews.queries.polls import class_titles, turnouts

from .base import Task

SHOWN = (PollState.READY, PollState.OPEN, PollState.CLOSED)


def poll_tasks(rounds: Sequence[Round]) -> dict[int, list[Task]]:
    """Round → a line for each poll under way. Three queries."""
    by_pk = {round_.pk: round_ for round_ in rounds}
    polls = list(Poll.objects.filter(round__in=by_pk, state__in=SHOWN).order_by("closes_on", "pk"))
    counted = turnouts(polls)
    found: dict[int, list[Task]] = {}
    for poll in polls:
        titles = class_titles(engine_plan(by_pk[poll.round_id].plan_version))
        turnout = counted[poll.pk]
        figures = f"{turnout.used} / {turnout.issued}"
        found.setdefault(poll.round_id, []).append(
            Task(
                text=_("Vote: %(class)s") % {"class": titles.get(poll.voter_class, poll.voter_class)},
                url=reverse("reviews:poll", args=[poll.round_id, poll.pk]),
                words=pgettext("list", ", ").join((state_words(poll), figures)),
                percent=turnout.percent,
                deadline=poll.closes_on if poll.state == PollState.OPEN else None,
                urgent=is_over(poll),
            )
        )
    return found

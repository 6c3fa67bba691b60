"""What the office's pages of polls share: finding a poll, refusing in words, the context of its pages."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from reviews import poll_words
from reviews.ballot_form import leaves_of
from reviews.models import BallotBox, Phase, Poll, PollState, Round
from reviews.navigation import round_context
from reviews.queries.polls import class_titles
from scoring.engine.types import Plan
from units import access
from units.guards import require
from units.models import User

from ._common import get_round

TAB = "polls"


def who(request: HttpRequest) -> User:
    return cast(User, request.user)


def open_round(request: HttpRequest, pk: int, *, to_run: bool) -> Round:
    """The round, for those who may see polls; `to_run`: who may run them."""
    round_ = get_round(request, pk)
    require(access.may_run_polls(request.user) if to_run else access.may_see_polls(request.user))
    return round_


def find_poll(round_: Round, pk: int) -> Poll:
    poll = get_object_or_404(Poll, pk=pk, round=round_)
    poll.round = round_
    return poll


def box_of(round_: Round) -> BallotBox | None:
    return BallotBox.objects.filter(round=round_).first()


def may_run(request: HttpRequest, round_: Round) -> bool:
    return access.may_run_polls(request.user) and round_.phase == Phase.COLLECTING


def page_context(request: HttpRequest, round_: Round) -> dict[str, Any]:
    return round_context(request, round_, TAB) | {"may_run": may_run(request, round_)}


def poll_context(request: HttpRequest, round_: Round, poll: Poll, here: str) -> dict[str, Any]:
    """`title`, `leaves`, the steps, and the links to the poll's other pages (`here`: this one)."""
    context = page_context(request, round_)
    plan: Plan = context["plan"]
    return context | {
        "poll": poll,
        "title": class_titles(plan).get(poll.voter_class, poll.voter_class),
        "leaves": [node.title for node in leaves_of(plan, poll.voter_class)],
        "state": poll_words.state_words(poll),
        "badge": poll_words.state_badge(poll),
        "over": poll_words.is_over(poll),
        "links": _links(request, poll, here),
    }


def _links(request: HttpRequest, poll: Poll, here: str) -> list[tuple[Any, str, bool]]:
    """(label, address, is this one): the pages that say something in the poll's state, to whom may see them."""
    runs = access.may_run_polls(request.user)
    prepared = poll.state == PollState.PREPARED
    usable = poll.state in {PollState.READY, PollState.OPEN}
    pages = [
        ("poll", _("State"), True),
        ("poll_voters", _("Voters"), prepared and runs),
        ("poll_check", _("Secrecy check"), True),
        ("poll_roll", _("List of voters"), not prepared),
        ("poll_slips", _("Slips"), usable and runs),
        ("poll_doors", _("Links"), usable and runs),
        ("paper", _("Paper ballots"), not prepared),
        ("poll_screen", _("Big screen"), usable and poll.in_meeting),
        ("poll_remind", _("Remind to vote"), poll.state == PollState.OPEN and runs),
    ]
    args = [poll.round_id, poll.pk]
    return [(label, reverse(f"reviews:{name}", args=args), name == here) for name, label, shown in pages if shown]

"""Small polls for tests: rounds, keys, voters, ballots. All names are invented."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reviews.models import Entitlement, Poll, Round
from reviews.services.polls.casting import cast_ballot, for_casting
from reviews.services.polls.counting import count_polls
from reviews.services.polls.keys import confirm_key, make_key
from reviews.services.polls.preparing import change_poll, prepare_polls
from reviews.services.polls.setup import close_poll, open_poll
from reviews.services.polls.voters import Rule, Source
from tests.factories import make_user
from units.models import Role, User


def with_key(round_: Round, office: User, keepers: tuple[str, ...] = ("张一",)) -> tuple[str, ...]:
    """A confirmed key; gives the parts of its passphrase."""
    parts = make_key(round=round_, keepers=keepers, by=office)
    confirm_key(box=round_.ballot_box, parts=parts, by=office)
    return parts


def poll_for(round_: Round, voter_class: str, office: User, **source: Any) -> Poll:
    """A poll of this class in preparation; its rule has this one source."""
    prepare_polls(round=round_, by=office)
    poll = round_.polls.exclude(state="annulled").get(voter_class=voter_class)
    if source:
        poll = change_poll(poll=poll, rule=Rule((Source(**source),)), by=office)
    return poll


def sheets(poll: Poll) -> list[Entitlement]:
    return list(for_casting(Entitlement.objects.filter(poll=poll)).order_by("pk"))


def vote(entitlement: Entitlement, answer: str | Mapping[int, str]) -> str:
    """Cast a ballot that gives every subject the same answer, or each its own."""
    answers = {
        (subject, code): answer if isinstance(answer, str) else answer.get(subject, "")
        for subject, codes in entitlement.paper.places
        for code in codes
    }
    return cast_ballot(entitlement=entitlement, answers=answers)


def office_of(**fields: Any) -> User:
    return make_user(Role.OFFICE, **fields)


__all__ = ["close_poll", "count_polls", "office_of", "open_poll", "poll_for", "sheets", "vote", "with_key"]

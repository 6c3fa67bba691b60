"""A voter with a name who was forgotten, or comes late, joins a poll whose voters are fixed."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from reviews.models import BallotPaper, Entitlement, Poll, PollState
from reviews.queries.poll_office import stored_voters
from reviews.services.errors import InvalidInput
from reviews.services.rounds import ensure_collecting
from reviews.voters_twice import people_of_accounts, twice
from units import audit
from units.models import Person, Unit, User

from .setup import current_terms, guard, locked_poll, new_paper, sealed_length
from .voters import Key, Places, Rule, Voter, one_voter


def key_of(voter: Unit | Person | User) -> Key:
    return {Unit: "unit", Person: "person", User: "account"}[type(voter)], voter.pk


def add_voter(*, poll: Poll, voter: Unit | Person | User, reason: str, by: User) -> Entitlement:
    """Let one more vote, on the subjects on which others vote here, as the poll's rule has people of his kind vote.

    Audited by name. Nothing that is stored is touched, and nothing is shown that was not: a ballot has the size of all
    others, and tallies are for the time after the count. Where all others vote on paper, so does he.

    Raises InvalidInput: "reason"; "which" for one who may vote in this poll already, or who would rate nobody; as a
    whole for a sample, which nobody joins by hand.
    """
    guard(by)
    if not reason.strip():
        raise InvalidInput(_("Say why this voter is added."), "reason")
    kind, pk = key_of(voter)
    with transaction.atomic():
        round_ = ensure_collecting(poll.round_id)
        locked = locked_poll(poll, PollState.READY, PollState.OPEN)
        locked.round = round_
        if Rule.from_json(locked.rule).sample:
            raise InvalidInput(_("The voters of this poll were drawn: nobody joins them by hand."))
        if _votes_already(locked, (kind, pk)):
            raise InvalidInput(_("This voter may vote in this poll already."), "which")
        found = one_voter(locked, current_terms(locked), (kind, pk))
        added = Entitlement(
            poll=locked,
            paper=_paper(locked, found),
            label=found.label if found else "",
            on_paper=not locked.entitlements.filter(on_paper=False).exists(),
        )
        setattr(added, f"{kind}_id", pk)
        added.save()
        changes = {"voters": (None, added.label)}
        audit.record(by, "add voter", locked, changes=changes, round_id=locked.round_id, reason=reason.strip())
    return added


def _votes_already(poll: Poll, key: Key) -> bool:
    """Under this name, or as another account of the same person."""
    there = stored_voters([poll])[poll.pk]
    return any(one.certain for one in twice({key: ""}, poll, there, people_of_accounts()))


def _paper(poll: Poll, voter: Voter | None) -> BallotPaper:
    """The paper of a late voter: never on a subject on which nobody else votes. Raises InvalidInput ("which")."""
    asked: dict[int, set[str]] = {}
    for places in poll.papers.values_list("places", flat=True):
        for subject, codes in places:
            asked.setdefault(subject, set()).update(codes)
    wanted = voter.places if voter else ()
    kept = ((subject, tuple(code for code in codes if code in asked.get(subject, ()))) for subject, codes in wanted)
    rated: Places = tuple((subject, codes) for subject, codes in kept if codes)
    if not rated:
        raise InvalidInput(_("There is nobody in this poll on whom this voter could vote."), "which")
    if sealed_length(current_terms(poll), rated) >= poll.sealed_size:
        raise InvalidInput(_("This voter would rate more subjects than a ballot of this poll has room for."), "which")
    paper = new_paper(poll, rated)
    there = poll.papers.filter(digest=paper.digest).first()
    if there is None:
        paper.save()
    return there or paper

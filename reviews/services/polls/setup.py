"""What opening a poll would do, fixing its voters, opening and closing it."""

from __future__ import annotations

import datetime
import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from indicators.services import engine_plan
from reviews import sealing
from reviews.ballot_form import MOST_COMMENTS, Terms, leaves_of, places_of, terms_of
from reviews.models import (
    BallotBox,
    BallotPaper,
    Door,
    Entitlement,
    Poll,
    PollDraw,
    PollState,
    Round,
)
from reviews.queries.polls import class_titles
from reviews.services.errors import InvalidInput, NotAllowed, RoundClosed
from reviews.services.rounds import ensure_collecting
from reviews.words import is_late
from units import access, audit
from units.models import User

from . import turns
from .keys import box_of
from .voters import Electorate, Places, Rule, Voter, electorate

BATCH = 500


@dataclass(frozen=True, slots=True)
class Thin:
    """A subject on which fewer may vote than the plan's minimum: its tally will be withheld."""

    subject: int
    leaf: str
    voters: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What opening a poll would do: who votes, how many on each subject and leaf, where that is too few."""

    electorate: Electorate
    terms: Terms
    votes_on: Mapping[tuple[int, str], int]
    thin: tuple[Thin, ...]
    unvoted: tuple[tuple[int, str], ...]  # subjects and leaves on which nobody votes


def classes_of(round_: Round) -> dict[str, str]:
    """The voter classes of a round's plan with their titles, in the order of the plan."""
    return class_titles(engine_plan(round_.plan_version))


def current_terms(poll: Poll) -> Terms:
    """The terms of an opened poll; of one that is being prepared, those that the plan would give it."""
    if poll.terms:
        return Terms.from_json(poll.terms)
    version = poll.round.plan_version
    return terms_of(engine_plan(version), version.document, poll.voter_class)


def preview(poll: Poll) -> Preview:
    terms = current_terms(poll)
    found = electorate(poll, terms)
    votes_on = found.votes_on()
    subjects = [subject.pk for subject in poll.round.subjects.all()]
    pairs = [(subject, leaf.code) for subject in subjects for leaf in terms.leaves]
    thin = tuple(
        Thin(subject, code, votes_on[subject, code])
        for subject, code in pairs
        if 0 < votes_on.get((subject, code), 0) < terms.minimum
    )
    return Preview(found, terms, votes_on, thin, tuple(pair for pair in pairs if not votes_on.get(pair)))


# ---------------------------------------------------------------- opening, closing


def open_poll(*, poll: Poll, by: User, despite_few: str = "") -> Poll:
    """Fix who votes on whom and under which terms, and let them vote at once. Audited. Raises what `fix_poll` does."""
    guard(by)
    with transaction.atomic():
        ensure_collecting(poll.round_id)
        locked = locked_poll(poll, PollState.PREPARED)
        number = _fix(locked, despite_few)
        _open(locked)
        changes = {"voters": (None, number), "last day": (None, locked.closes_on)}
        audit.record(by, "open poll", locked, changes=changes, round_id=locked.round_id, reason=despite_few.strip())
    return locked


def fix_poll(*, poll: Poll, by: User, despite_few: str = "") -> Poll:
    """Fix who votes on whom and under which terms: slips can be printed and links shown, but nobody votes yet. Audited.

    Raises InvalidInput: no confirmed key, nobody votes, "closes_on" a last day that is over, a class of the same leaf
    is counted already (what this one adds to the result would be told by the difference); "despite_few": fewer than
    the minimum vote on some subject, which needs a reason, since a score that follows from so few says how they voted.
    """
    guard(by)
    with transaction.atomic():
        ensure_collecting(poll.round_id)
        locked = locked_poll(poll, PollState.PREPARED)
        number = _fix(locked, despite_few)
        locked.state = PollState.READY
        locked.save()
        changes = {"voters": (None, number)}
        audit.record(by, "fix voters", locked, changes=changes, round_id=locked.round_id, reason=despite_few.strip())
    return locked


def start_poll(*, poll: Poll, by: User) -> Poll:
    """Let the fixed voters of a poll vote. Audited. Raises InvalidInput ("closes_on")."""
    guard(by)
    with transaction.atomic():
        ensure_collecting(poll.round_id)
        locked = locked_poll(poll, PollState.READY)
        _open(locked)
        changes = {"last day": (None, locked.closes_on)}
        audit.record(by, "open poll", locked, changes=changes, round_id=locked.round_id)
    return locked


def take_back_poll(*, poll: Poll, by: User) -> Poll:
    """Let the voters of a poll that nobody could vote in yet be settled anew. Its slips and links are dead. Audited."""
    guard(by)
    with transaction.atomic():
        ensure_collecting(poll.round_id)
        locked = locked_poll(poll, PollState.READY)
        number, _rows = locked.entitlements.all().delete()
        locked.papers.all().delete()
        locked.doors.all().delete()
        PollDraw.objects.filter(poll=locked).delete()
        locked.state, locked.terms = PollState.PREPARED, {}
        locked.save(update_fields=["state", "terms"])
        audit.record(by, "take back poll", locked, changes={"voters": (number, None)}, round_id=locked.round_id)
    return locked


def _fix(locked: Poll, despite_few: str) -> int:
    """Store the voters and the terms; gives how many vote."""
    round_ = ensure_collecting(locked.round_id)
    locked.round = round_
    if is_late(locked.closes_on):
        raise InvalidInput(_("The last day of this poll is over: settle another one first."), "closes_on")
    _check_siblings(locked)
    seen = preview(locked)
    if not seen.electorate.voters:
        raise InvalidInput(_("Nobody would vote in this poll: choose its voters first."))
    if not all(voter.on_paper for voter in seen.electorate.voters):
        box_of(locked)
    if seen.thin and not despite_few.strip():
        words = _("On some subjects fewer than %(least)d may vote. Merge classes, or give the reason for voting so.")
        raise InvalidInput(words % {"least": seen.terms.minimum}, "despite_few")
    _store_voters(locked, seen.electorate.voters)
    _store_draw(locked, seen.electorate)
    locked.terms = seen.terms.as_json()
    locked.sealed_size = sealing.size_for(_longest(seen.terms, seen.electorate.voters))
    return len(seen.electorate.voters)


def _open(locked: Poll) -> None:
    """The key of the round as it is now: it cannot be replaced from here on."""
    if is_late(locked.closes_on):
        raise InvalidInput(_("The last day of this poll is over: settle another one first."), "closes_on")
    locked.public_key = _public_key(locked)
    locked.state, locked.opened_at = PollState.OPEN, timezone.now()
    locked.save()


def _public_key(poll: Poll) -> bytes:
    """The round's key; none where all ballots can be cast on paper only, so that nothing will ever be sealed.

    It is not asked for, but taken if it is there, where all who could vote online vote on paper.
    """
    online = poll.entitlements.exclude(account=None, unit=None, person=None, slip=None, door=None)
    if online.filter(on_paper=False).exists():
        return bytes(box_of(poll).public_key)
    box = BallotBox.objects.filter(round=poll.round_id).exclude(confirmed_at=None).first()
    return bytes(box.public_key) if box and online.exists() else b""


def _longest(terms: Terms, voters: Iterable[Voter]) -> int:
    """Bytes of the longest ballot. One subject more goes in: who comes late may rate one that all others cannot."""
    papers = {voter.places for voter in voters}
    longest = max(papers, key=lambda places: sealed_length(terms, places))
    everybody = {place for places in papers for place in places}
    widest = max(everybody, key=lambda place: sealed_length(terms, (place,)))
    return sealed_length(terms, (*longest, widest))


def sealed_length(terms: Terms, places: Iterable[tuple[int, tuple[str, ...]]]) -> int:
    """Bytes of the longest ballot on these places (see `casting.pack`)."""
    answers = {
        leaf.code: max([len(o.encode()) for o in leaf.options] or [len(leaf.scale) + 12]) for leaf in terms.leaves
    }
    rows = [len(str(subject)) + len(code.encode()) + answers[code] + 16 for subject, code in places_of(list(places))]
    # A character is up to six bytes (a quoted control character); every comment names its subject.
    comments = 6 * MOST_COMMENTS + 32 * len(list(places)) if terms.comments else 0
    return 64 + sum(rows) + comments


def _check_siblings(poll: Poll) -> None:
    plan = engine_plan(poll.round.plan_version)
    mine = {leaf.code for leaf in leaves_of(plan, poll.voter_class)}
    for other in poll.round.polls.filter(state=PollState.COUNTED).exclude(pk=poll.pk):
        if mine & {leaf.code for leaf in leaves_of(plan, other.voter_class)} and poll.run == 1:
            raise InvalidInput(
                _(
                    "Another class that votes on the same indicator is counted already: the difference would tell how"
                    " this one voted. Annul and repeat that one too, or leave this one out."
                )
            )


def _store_voters(poll: Poll, voters: list[Voter]) -> None:
    papers: dict[Places, BallotPaper] = {}
    for voter in voters:
        if voter.places not in papers:
            papers[voter.places] = new_paper(poll, voter.places)
    BallotPaper.objects.bulk_create(papers.values(), batch_size=BATCH)
    rule = Rule.from_json(poll.rule)
    doors = {
        position: Door.objects.create(
            poll=poll, token=secrets.token_urlsafe(18), label=source.label[:80], seats=source.number
        )
        for position, source in enumerate(rule.sources)
        if source.kind == "door"
    }
    Entitlement.objects.bulk_create(
        (
            Entitlement(
                poll=poll,
                paper=papers[voter.places],
                label=voter.label,
                account_id=voter.account,
                unit_id=voter.unit,
                person_id=voter.person,
                slip=voter.slip,
                on_paper=voter.on_paper,
                door=None if voter.door is None else doors[voter.door],
            )
            for voter in voters
        ),
        batch_size=BATCH,
    )


def new_paper(poll: Poll, places: Places) -> BallotPaper:
    """Not saved yet."""
    listed = [[subject, list(codes)] for subject, codes in places]
    return BallotPaper(poll=poll, digest=hashlib.sha256(json.dumps(listed).encode()).hexdigest(), places=listed)


def _store_draw(poll: Poll, found: Electorate) -> None:
    rule = Rule.from_json(poll.rule)
    if rule.sample:
        PollDraw.objects.create(
            poll=poll, seed=rule.seed, size=rule.sample, population=found.candidates, drawn=found.drawn
        )


def take_off_papers(*, round_id: int, subject: int) -> None:
    """Ask nobody any more to rate a subject that leaves the round: where there are no abstentions, nobody could go on.

    Part of the withdrawal, which audits it. What was said of the subject before is left out by the count. The digest
    changes too, since casting knows a paper by it.
    """
    for paper in BallotPaper.objects.filter(poll__round=round_id, poll__state__in=[PollState.READY, PollState.OPEN]):
        kept = [place for place in paper.places if place[0] != subject]
        if len(kept) < len(paper.places):
            digest = hashlib.sha256(f"{paper.digest} without {subject}".encode()).hexdigest()
            BallotPaper.objects.filter(pk=paper.pk).update(places=kept, digest=digest)


def close_poll(*, poll: Poll, by: User | None) -> Poll:
    """End the vote: who is casting a ballot finishes, nobody begins. Audited. `by` None: its last day is over."""
    if by is not None:
        guard(by)
    with transaction.atomic():
        locked = locked_poll(poll, PollState.OPEN)
        turns.alone(locked.pk)
        locked.state, locked.closed_at = PollState.CLOSED, timezone.now()
        locked.save(update_fields=["state", "closed_at"])
        audit.record(by, "close poll", locked, round_id=locked.round_id)
    return locked


def reopen_poll(*, poll: Poll, closes_on: datetime.date | None, reason: str, by: User) -> Poll:
    """Let people vote on after a close or past the last day, as long as nothing was counted. Audited.

    Raises InvalidInput ("reason", "closes_on").
    """
    guard(by)
    if not reason.strip():
        raise InvalidInput(_("Opening a poll again needs a reason."), "reason")
    if is_late(closes_on):
        raise InvalidInput(_("This day is over."), "closes_on")
    with transaction.atomic():
        ensure_collecting(poll.round_id)
        locked = locked_poll(poll, PollState.CLOSED, PollState.OPEN)
        before, locked.closes_on = locked.closes_on, closes_on
        changes: dict[str, tuple[Any, Any]] = {"last day": (before, closes_on)}
        if locked.state == PollState.CLOSED:
            changes["state"] = (PollState.CLOSED.value, PollState.OPEN.value)
        locked.state, locked.closed_at = PollState.OPEN, None
        key = _public_key(locked)
        if key != bytes(locked.public_key):
            # The key was replaced while no ballot lay under it. Casting knows the form of a ballot by the opening.
            locked.public_key, locked.opened_at = key, timezone.now()
        locked.save(update_fields=["state", "closed_at", "closes_on", "public_key", "opened_at"])
        audit.record(by, "open poll again", locked, changes=changes, round_id=locked.round_id, reason=reason.strip())
    return locked


# ---------------------------------------------------------------- common


def guard(by: User) -> None:
    if not access.may_run_polls(by):
        raise NotAllowed


def locked_poll(poll: Poll, *states: str) -> Poll:
    """The poll, locked, in one of these states. Raises RoundClosed in words."""
    found = Poll.objects.select_for_update(of=("self",)).select_related("round__plan_version").get(pk=poll.pk)
    if found.state not in states:
        words = _("The poll is in the state “%(state)s”; this step is not open from there.")
        raise RoundClosed(words % {"state": found.get_state_display()})
    return found

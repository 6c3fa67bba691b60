"""Preparing, opening, closing, annulling a poll."""

from __future__ import annotations

import datetime
import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from indicators.services import engine_plan
from reviews import sealing
from reviews.ballot_form import MOST_COMMENTS, Terms, leaves_of, places_of, terms_of
from reviews.models import (
    BallotPaper,
    Door,
    Entitlement,
    Poll,
    PollState,
    Round,
)
from reviews.services.errors import InvalidInput, NotAllowed, RoundClosed
from reviews.services.rounds import ensure_collecting
from reviews.tree import BALLOTS, Tree
from units import access, audit
from units.models import User

from . import turns
from .keys import box_of
from .voters import Electorate, Rule, Source, Voter, electorate

BATCH = 500
# Who votes as long as the office says nothing else, by the plan's `voters` of a class.
DEFAULT_KINDS = {
    "units": "units",
    "leaders": "leaders",
    "staff": "own_staff",
    "list": "chosen_people",
    "public": "door",
}


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
    plan = engine_plan(round_.plan_version)
    found: dict[str, str] = {}
    for node in _ballot_nodes(plan):
        for each in node.ballot.classes:
            found.setdefault(each.code, each.title)
    return found


def _ballot_nodes(plan: Any) -> list[Any]:
    return [node for node in Tree(plan).of(BALLOTS) if node.ballot]


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


# ---------------------------------------------------------------- preparing


def prepare_polls(*, round: Round, by: User) -> list[Poll]:  # noqa: A002
    """A poll for every voter class of the plan that has none yet, with the voters that its plan suggests. Audited."""
    guard(by)
    with transaction.atomic():
        locked = ensure_collecting(round)
        document = Round.objects.select_related("plan_version").get(pk=locked.pk).plan_version.document
        suggested = _suggested(document)
        there = set(locked.polls.exclude(state=PollState.ANNULLED).values_list("voter_class", flat=True))
        runs = {poll.voter_class: poll.run for poll in locked.polls.order_by("run")}
        made = [
            Poll(
                round=locked,
                voter_class=code,
                run=runs.get(code, 0) + 1,
                rule=Rule((Source(suggested.get(code, "chosen_people")),)).as_json(),
                names_shown=bool((document.get("voting") or {}).get("names_shown", False)),
                closes_on=locked.deadline,
            )
            for code in classes_of(locked)
            if code not in there
        ]
        for poll in made:
            poll.save()
            audit.record(
                by, "prepare poll", poll, changes={"voter class": (None, poll.voter_class)}, round_id=locked.pk
            )
    return made


def _suggested(document: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for row in document.get("indicators", ()):
        for each in row.get("classes", ()):
            if each.get("voters"):
                found.setdefault(each["code"], DEFAULT_KINDS[each["voters"]])
    return found


def change_poll(
    *,
    poll: Poll,
    by: User,
    rule: Rule | None = None,
    closes_on: datetime.date | None = None,
    instructions: str = "",
    in_meeting: bool = False,
    names_shown: bool = False,
) -> Poll:
    """Settle a poll that is not open yet: who votes, until when, how. Audited."""
    guard(by)
    with transaction.atomic():
        locked = locked_poll(poll, PollState.PREPARED)
        before = (locked.rule, locked.closes_on, locked.instructions, locked.in_meeting, locked.names_shown)
        locked.rule = (rule or Rule.from_json(locked.rule)).as_json()
        locked.closes_on, locked.instructions = closes_on, instructions.strip()
        locked.in_meeting, locked.names_shown = in_meeting, names_shown
        locked.save()
        after = (locked.rule, locked.closes_on, locked.instructions, locked.in_meeting, locked.names_shown)
        fields = ("who votes", "last day", "words to the voters", "in a meeting", "names shown")
        audit.record(
            by,
            "change poll",
            locked,
            changes=dict(zip(fields, zip(map(_words, before), map(_words, after), strict=True), strict=True)),
            round_id=locked.round_id,
        )
    return locked


def _words(value: Any) -> str | None:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)[:200]
    return None if value in (None, "", False) else str(value)


def merge_polls(*, poll: Poll, into: Poll, reason: str, by: User) -> Poll:
    """Let the voters of one class vote in another one, which has enough of them for the secret to be kept.

    Both must be in preparation and vote on the same leaves; the merged poll goes, its sources stay known by their
    `origin`. Needs a reason; audited. Raises InvalidInput ("into", "reason").
    """
    guard(by)
    if not reason.strip():
        raise InvalidInput(_("Merging voter classes needs a reason."), "reason")
    with transaction.atomic():
        source, target = locked_poll(poll, PollState.PREPARED), locked_poll(into, PollState.PREPARED)
        if source.round_id != target.round_id or source.pk == target.pk:
            raise InvalidInput(_("Choose another class of this round."), "into")
        plan = engine_plan(target.round.plan_version)
        if leaves_of(plan, source.voter_class) != leaves_of(plan, target.voter_class):
            raise InvalidInput(_("These classes do not vote on the same indicators."), "into")
        mine, theirs = Rule.from_json(source.rule), Rule.from_json(target.rule)
        if mine.sample or theirs.sample:
            raise InvalidInput(
                _("A class of which a sample is drawn cannot be merged; choose the people by hand."), "into"
            )
        moved = tuple(replace(each, origin=each.origin or source.voter_class) for each in mine.sources)
        merged = replace(
            theirs,
            sources=theirs.sources + moved,
            not_own_category=theirs.not_own_category or mine.not_own_category,
        )
        target.rule = merged.as_json()
        target.save(update_fields=["rule"])
        source.delete()
        audit.record(
            by,
            "merge voter classes",
            target,
            changes={"voter class": (source.voter_class, target.voter_class)},
            round_id=target.round_id,
            reason=reason.strip(),
        )
    return target


def delete_poll(*, poll: Poll, by: User) -> None:
    """Give up a poll that never opened. Audited."""
    guard(by)
    with transaction.atomic():
        locked = locked_poll(poll, PollState.PREPARED)
        audit.record(by, "give up poll", locked, round_id=locked.round_id)
        locked.delete()


# ---------------------------------------------------------------- opening, closing


def open_poll(*, poll: Poll, by: User, despite_few: str = "") -> Poll:
    """Fix who votes on whom and under which terms, and let them vote. Audited.

    Raises InvalidInput: no confirmed key, nobody votes, a class of the same leaf is counted already (what this one
    adds to the result would be told by the difference); "despite_few": fewer than the minimum vote on some subject,
    which needs a reason, since a score that follows from so few says how they voted.
    """
    guard(by)
    with transaction.atomic():
        locked = locked_poll(poll, PollState.PREPARED)
        round_ = ensure_collecting(locked.round_id)
        locked.round = round_
        locked.public_key = bytes(box_of(locked).public_key)
        _check_siblings(locked)
        seen = preview(locked)
        if not seen.electorate.voters:
            raise InvalidInput(_("Nobody would vote in this poll: choose its voters first."))
        if seen.thin and not despite_few.strip():
            words = _(
                "On some subjects fewer than %(least)d may vote. Merge classes, or give the reason for voting so."
            )
            raise InvalidInput(words % {"least": seen.terms.minimum}, "despite_few")
        _store_voters(locked, seen.electorate.voters)
        locked.terms = seen.terms.as_json()
        longest = max(sealed_length(seen.terms, voter.places) for voter in _distinct(seen.electorate.voters))
        locked.sealed_size = sealing.size_for(longest)
        locked.state, locked.opened_at = PollState.OPEN, timezone.now()
        locked.save()
        audit.record(
            by,
            "open poll",
            locked,
            changes={"voters": (None, len(seen.electorate.voters)), "last day": (None, locked.closes_on)},
            round_id=locked.round_id,
            reason=despite_few.strip(),
        )
    return locked


def _distinct(voters: Iterable[Voter]) -> list[Voter]:
    return list({voter.places: voter for voter in voters}.values())


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
    papers: dict[tuple[tuple[int, tuple[str, ...]], ...], BallotPaper] = {}
    for voter in voters:
        if voter.places not in papers:
            places = [[subject, list(codes)] for subject, codes in voter.places]
            digest = hashlib.sha256(json.dumps(places).encode()).hexdigest()
            papers[voter.places] = BallotPaper(poll=poll, digest=digest, places=places)
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


def close_poll(*, poll: Poll, by: User | None) -> Poll:
    """End the vote: who is casting a ballot finishes, nobody begins. Audited. `by` None: its last day is over."""
    if by is not None:
        guard(by)
    with transaction.atomic():
        turns.alone(poll.pk)
        locked = locked_poll(poll, PollState.OPEN)
        locked.state, locked.closed_at = PollState.CLOSED, timezone.now()
        locked.save(update_fields=["state", "closed_at"])
        audit.record(by, "close poll", locked, round_id=locked.round_id)
    return locked


def reopen_poll(*, poll: Poll, closes_on: datetime.date | None, reason: str, by: User) -> Poll:
    """Let people vote on after a close, as long as nothing was counted. Needs a reason; audited."""
    guard(by)
    if not reason.strip():
        raise InvalidInput(_("Opening a poll again needs a reason."), "reason")
    with transaction.atomic():
        locked = locked_poll(poll, PollState.CLOSED)
        ensure_collecting(locked.round_id)
        locked.state, locked.closed_at, locked.closes_on = PollState.OPEN, None, closes_on
        locked.save(update_fields=["state", "closed_at", "closes_on"])
        audit.record(by, "open poll again", locked, round_id=locked.round_id, reason=reason.strip())
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

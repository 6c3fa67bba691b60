"""The count: with the keepers' passphrase all ballots of the closed polls are opened in memory, judged, added up and
destroyed. What is kept is how often each answer was given. The key is never stored, queued or logged, so the count
runs inside the request that brought it.
"""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from nacl.public import PrivateKey

from appraisal_site.lib import tries
from appraisal_site.lib.fields import canonical
from indicators.services import engine_plan
from reviews import sealing
from reviews.ballot_form import (
    LEAST_VOTERS,
    Answers,
    Terms,
    is_straight,
    leaves_of,
    plain_comment,
    read_answer,
    why_invalid,
)
from reviews.models import (
    BallotBox,
    BallotComment,
    BallotCount,
    Channel,
    Participation,
    Poll,
    PollReceipts,
    PollState,
    Round,
    SealedBallot,
)
from reviews.queries.polls import spared_places
from reviews.services.errors import InvalidInput, NotAllowed
from reviews.services.rounds import ensure_collecting, touch_inputs
from reviews.words import is_late
from scoring.engine.types import ABSTAIN
from units import access, audit
from units.models import User

from . import turns
from .casting import unpack
from .keys import private_key
from .paper import add_paper, ensure_paper_confirmed
from .setup import close_poll

BATCH = 1000
PATTERNS_FROM = 5  # ballots; of fewer no pattern is shown, whatever the plan's minimum
TO_COME = (PollState.PREPARED, PollState.READY, PollState.OPEN)
_shuffle = random.SystemRandom().shuffle


@dataclass(slots=True)
class _Box:
    """The opened ballots of one poll, as they are added up."""

    received: int = 0
    valid: int = 0
    abstained: int = 0  # ballots of abstentions only
    unreadable: int = 0
    invalid: Counter[str] = field(default_factory=Counter)
    counts: Counter[tuple[int, str, str]] = field(default_factory=Counter)
    receipts: list[str] = field(default_factory=list)
    comments: list[tuple[int, str]] = field(default_factory=list)
    straight: Counter[str] = field(default_factory=Counter)
    means: list[Fraction] = field(default_factory=list)


def count_polls(*, round: Round, parts: Sequence[str], by: User) -> list[Poll]:  # noqa: A002
    """Open, judge and add up the ballots of all closed polls of a round, and destroy them. Gives the polls.

    A poll whose last day is over is closed first. Classes that vote on one indicator are counted together, and with
    their paper ballots: InvalidInput as long as another one is still to vote, or paper handed out is not counted and
    confirmed. InvalidInput "parts" for a passphrase that does not fit; where nobody voted online none is needed.
    Audited, without anything of the ballots; publishes the receipts; makes the computed result stale. All or nothing.
    """
    if not access.may_run_polls(by):
        raise NotAllowed
    key = _key(round, parts)
    with transaction.atomic():
        round_ = ensure_collecting(round)
        _close_overdue(round_)
        polls = list(Poll.objects.select_for_update(of=("self",)).filter(round=round_, state=PollState.CLOSED))
        if not polls:
            raise InvalidInput(_("No closed poll waits for the count."))
        if key is None and any(poll.public_key for poll in polls):
            raise InvalidInput(_("Another poll was closed at this moment; please start the count again."))
        _nobody_still_votes(round_, polls)
        ensure_paper_confirmed(polls)
        for poll in polls:
            _count(poll, key, by)
        touch_inputs(round_.pk)
    scrub()
    return polls


def _close_overdue(round_: Round) -> None:
    for poll in Poll.objects.filter(round=round_, state=PollState.OPEN):
        if is_late(poll.closes_on):
            close_poll(poll=poll, by=None)


def needs_key(round_: Round) -> bool:
    """Whether any poll to be counted took ballots online. Polls on paper alone have nothing that is sealed."""
    over = Q(state=PollState.CLOSED) | Q(state=PollState.OPEN, closes_on__lt=timezone.localdate())
    return Poll.objects.filter(over, round=round_).exclude(public_key=b"").exists()


def _key(round_: Round, parts: Sequence[str]) -> PrivateKey | None:
    if not needs_key(round_):
        return None
    box = BallotBox.objects.filter(round=round_).first()
    if box is None:
        raise InvalidInput(_("The round has no ballot key."))
    return private_key(box, parts)


def waiting_for(round_: Round, polls: Iterable[Poll]) -> list[Poll]:
    """Polls still to vote or to close that share an indicator with one of these. Two queries."""
    plan = engine_plan(Round.objects.select_related("plan_version").get(pk=round_.pk).plan_version)
    mine = {leaf.code for poll in polls for leaf in leaves_of(plan, poll.voter_class)}
    others = Poll.objects.filter(round=round_, state__in=TO_COME)
    return [poll for poll in others if mine & {leaf.code for leaf in leaves_of(plan, poll.voter_class)}]


def _nobody_still_votes(round_: Round, polls: list[Poll]) -> None:
    if waiting := waiting_for(round_, polls):
        words = _("These classes vote on the same indicator and are not closed: %(list)s. All are counted together.")
        raise InvalidInput(words % {"list": "、".join(poll.voter_class for poll in waiting)})


def _count(poll: Poll, key: PrivateKey | None, by: User) -> None:
    turns.alone(poll.pk)
    terms = Terms.from_json(poll.terms)
    opened = _opened(poll, terms, key)
    used = list(Participation.objects.filter(poll_id=poll.pk).order_by("pk").values_list("pk", flat=True))
    _keep_counts(poll, opened)
    _keep_comments(poll, opened)
    PollReceipts.objects.create(poll=poll, codes=opened.receipts)
    _destroy_ballots(poll, used)
    poll.report = _report(poll, terms, opened, len(used))
    add_paper(poll)
    poll.state, poll.counted_at = PollState.COUNTED, timezone.now()
    poll.save(update_fields=["report", "state", "counted_at"])
    changes = {"ballots": (None, opened.received)}
    if opened.received >= terms.minimum:
        # Of one ballot alone this would say what it was.
        changes["valid ballots"] = (None, opened.valid)
    audit.record(by, "count poll", poll, changes=changes, round_id=poll.round_id)


def _opened(poll: Poll, terms: Terms, key: PrivateKey | None) -> _Box:
    found = _Box()
    if key is None:
        return found
    receipts: set[str] = set()
    known_answers: dict[tuple[str, str], bool] = {}
    known = set(poll.round.subjects.values_list("pk", flat=True))
    spared = spared_places(poll.round, [leaf.code for leaf in terms.leaves])
    for box in SealedBallot.objects.filter(poll_id=poll.pk).values_list("box", flat=True).iterator(chunk_size=500):
        found.received += 1
        try:
            receipt, ballot = unpack(sealing.unseal(bytes(box), key, poll.sealed_size))
        except sealing.Unreadable:
            found.unreadable += 1
            continue
        if receipt in receipts or not _is_sound(terms, ballot.answers, known_answers):
            # Put into the database past the voters' page: a copy of somebody's box, or what no page takes.
            found.unreadable += 1
            continue
        receipts.add(receipt)
        # What was withdrawn from the round or set not applicable meanwhile is rated no more.
        rated = {place: answer for place, answer in ballot.answers.items() if place[0] in known}
        answers = {place: answer for place, answer in rated.items() if place not in spared}
        _add(found, terms, answers, {s: text for s, text in ballot.comments.items() if s in known})
    found.receipts = sorted(receipts)
    return found


def _is_sound(terms: Terms, answers: Answers, known: dict[tuple[str, str], bool]) -> bool:
    """Whether the leaves take these answers. `known`: those looked at before; ballots are full of the same few."""
    for (_subject, code), answer in answers.items():
        if (code, answer) not in known:
            leaf = terms.leaf(code)
            known[code, answer] = leaf is not None and (answer == ABSTAIN or read_answer(leaf, answer) == answer)
        if not known[code, answer]:
            return False
    return True


def _add(found: _Box, terms: Terms, answers: dict[tuple[int, str], str], comments: dict[int, str]) -> None:
    given = {place: answer for place, answer in answers.items() if answer != ABSTAIN}
    if rule := why_invalid(terms, answers):
        found.invalid[rule] += 1
        return
    if given:
        found.valid += 1
    else:
        found.abstained += 1
    for (subject, code), answer in answers.items():
        found.counts[subject, code, answer] += 1
    found.comments += comments.items()
    if given:
        _note_pattern(found, terms, given)


def _note_pattern(found: _Box, terms: Terms, given: dict[tuple[int, str], str]) -> None:
    leaves = {leaf.code: leaf for leaf in terms.leaves}
    if len({subject for subject, _code in given}) > 2 and is_straight(terms, given):
        found.straight["、".join(dict.fromkeys(given.values()))] += 1
    worth = [leaves[code].worth(answer) / Fraction(leaves[code].scale) for (_s, code), answer in given.items()]
    found.means.append(sum(worth, Fraction()) / len(worth))


# ---------------------------------------------------------------- what is kept


def _keep_counts(poll: Poll, opened: _Box) -> None:
    BallotCount.objects.bulk_create(
        (
            BallotCount(
                poll=poll,
                channel=Channel.ONLINE,
                subject_id=subject,
                indicator=code,
                voter_class=poll.voter_class,
                answer=answer,
                count=number,
            )
            for (subject, code, answer), number in sorted(opened.counts.items())
        ),
        batch_size=BATCH,
    )


def _keep_comments(poll: Poll, opened: _Box) -> None:
    comments = [(subject, plain_comment(text)) for subject, text in opened.comments]
    _shuffle(comments)
    rows = (BallotComment(poll=poll, subject_id=subject, text=text) for subject, text in comments)
    BallotComment.objects.bulk_create(rows, batch_size=BATCH)


def _destroy_ballots(poll: Poll, used: list[int]) -> None:
    """The sealed ballots go; the participations are written anew in another order, all in this one transaction: who
    voted first, or beside which ballot, is no longer to be read from where or when a row was written."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete=ON")
    SealedBallot.objects.filter(poll_id=poll.pk).delete()
    Participation.objects.filter(poll_id=poll.pk).delete()
    Participation.objects.bulk_create(
        (Participation(entitlement_id=pk, poll_id=poll.pk) for pk in used), batch_size=BATCH
    )


def _report(poll: Poll, terms: Terms, opened: _Box, used: int) -> dict[str, Any]:
    """What the count says of the vote as a whole. `used`: entitlements that were used; it must be what was received."""
    votes: Counter[tuple[int, str]] = Counter()
    for (subject, code, answer), number in opened.counts.items():
        if answer != ABSTAIN:
            votes[subject, code] += number
    thin = any(number < terms.minimum for number in votes.values())
    return {
        "issued": poll.entitlements.filter(on_paper=False).count(),
        "used": used,
        "received": opened.received,
        "valid": opened.valid,
        "invalid": dict(opened.invalid),
        "abstained": opened.abstained,
        "unreadable": opened.unreadable,
        "thin": thin,
        "patterns": {} if thin else _patterns(opened, terms),
    }


def _patterns(opened: _Box, terms: Terms) -> dict[str, Any]:
    """Anonymous: how many ballots say the same of everybody, how many lie far from the rest. Never which, nor what
    fewer than LEAST_VOTERS of them said: an odd figure that everybody has but one unit would be that unit's.
    """
    if len(opened.means) < max(PATTERNS_FROM, terms.minimum):
        return {}
    mean = sum(opened.means, Fraction()) / len(opened.means)
    spread = sum(((each - mean) ** 2 for each in opened.means), Fraction()) / len(opened.means)
    far = [each for each in opened.means if (each - mean) ** 2 > 4 * spread]
    return {
        "straight": {answer: number for answer, number in opened.straight.items() if number >= LEAST_VOTERS},
        "straight_otherwise": sum(number for number in opened.straight.values() if number < LEAST_VOTERS),
        "high": sum(each > mean for each in far),
        "low": sum(each < mean for each in far),
        "mean": canonical(round(_decimal(mean * 100), 2)),
    }


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


# ---------------------------------------------------------------- traces


def _empty(cursor: Any, table: str) -> None:
    """Give PostgreSQL's table of ballots a new file if none is left: rewriting it would keep the dead ones for whoever
    reads the database at the moment, a backup or autovacuum. Nobody can lay one in between the look and the end."""
    with transaction.atomic():
        cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        if not SealedBallot.objects.exists():
            cursor.execute(f"TRUNCATE {table}")


def scrub() -> None:
    """Take deleted ballots off the database's files, as far as the database can. Never fails a count.

    SQLite: deleted pages were overwritten (`secure_delete`); the write-ahead log is emptied. PostgreSQL: the tables
    are rewritten without their dead rows; its log of changes keeps sealed ballots until it is recycled.
    The tries whose minutes are over go too: nobody may vote after this, and then nothing else asks for them.
    """
    with suppress(sqlite3.Error, OSError):
        tries.forget()
    if connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        elif connection.vendor == "postgresql":
            cursor.execute("SET lock_timeout = '5s'")
            try:
                _empty(cursor, connection.ops.quote_name(SealedBallot._meta.db_table))
                for model in (SealedBallot, Participation):
                    cursor.execute(f"VACUUM (FULL) {connection.ops.quote_name(model._meta.db_table)}")
            except Exception:  # noqa: S110 - somebody votes in another poll: autovacuum comes later
                pass
            finally:
                cursor.execute("SET lock_timeout = DEFAULT")

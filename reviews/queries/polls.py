"""Reads of polls: who may vote now, the turnout, what may be shown of the counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from reviews import sealing
from reviews.ballot_form import LEAST_VOTERS
from reviews.models import BallotCount, Channel, Entitlement, Participation, Poll, PollState, Round, Subject
from scoring.engine.types import ABSTAIN, Plan
from units import access


def with_use(entitlements: QuerySet[Entitlement]) -> QuerySet[Entitlement]:
    """Adds `has_voted`: whether the ballot is in."""
    return entitlements.annotate(has_voted=Exists(Participation.objects.filter(pk=OuterRef("pk"))))


def own_entitlements(user: Any) -> QuerySet[Entitlement]:
    """The ballots that an account may cast in open polls, with `has_voted`; those used too. One query."""
    units, _people = access.own_keys(user)
    people = {grant.person_id for grant in user.grants if grant.person_id}
    mine = Q(account=user) | Q(unit__in=units) | Q(person__in=people)
    rows = Entitlement.objects.filter(mine, poll__state=PollState.OPEN, on_paper=False)
    return with_use(rows).select_related("poll__round", "paper").order_by("poll__closes_on", "pk")


def by_code(typed: str) -> Entitlement | None:
    """The entitlement that a code opens, of a slip that is not a seat of a door; open or closed. One query."""
    code = sealing.plain_code(typed)
    if len(code) != sealing.CODE_LETTERS:
        return None
    rows = Entitlement.objects.filter(code_hash=sealing.code_hash(code), door=None)
    return rows.select_related("poll__round", "paper").first()


@dataclass(frozen=True, slots=True)
class Turnout:
    """Of a poll: who may vote online, who has, who votes on paper."""

    issued: int = 0
    used: int = 0
    on_paper: int = 0

    @property
    def missing(self) -> int:
        return self.issued - self.used

    @property
    def percent(self) -> int:
        return 100 * self.used // self.issued if self.issued else 0


def turnouts(polls: Iterable[Poll]) -> dict[int, Turnout]:
    """Poll id → its turnout. Two queries, whatever the number of polls."""
    ids = [poll.pk for poll in polls]
    used = dict(
        Participation.objects.filter(poll_id__in=ids).order_by().values_list("poll_id").annotate(number=Count("pk"))
    )
    issued = {
        pk: (online, paper)
        for pk, online, paper in Entitlement.objects.filter(poll__in=ids)
        .order_by()
        .values_list("poll_id")
        .annotate(online=Count("pk", filter=Q(on_paper=False)), paper=Count("pk", filter=Q(on_paper=True)))
    }
    return {pk: Turnout(issued.get(pk, (0, 0))[0], used.get(pk, 0), issued.get(pk, (0, 0))[1]) for pk in ids}


def withheld_classes(round_: Round, plan: Plan) -> dict[tuple[str, str], frozenset[str]]:
    """(subject's code, leaf) → classes of which too few ballots came online to show anything. One query.

    Paper beside them does not help: who counted the paper knows its answers and would subtract them.
    """
    rows = BallotCount.objects.filter(subject__round=round_).values_list(*_VOTES)
    return _too_few(rows, plan.minimum_votes)


def few_online(subject: Subject, plan: Plan) -> dict[str, frozenset[str]]:
    """The same of one subject, by leaf. One query."""
    found = _too_few(BallotCount.objects.filter(subject=subject).values_list(*_VOTES), plan.minimum_votes)
    return {leaf: names for (_code, leaf), names in found.items()}


_VOTES = ("subject__code", "indicator", "voter_class", "answer", "channel", "count")


def _too_few(
    rows: Iterable[tuple[str, str, str, str, str, int]], minimum: int
) -> dict[tuple[str, str], frozenset[str]]:
    votes: Counter[tuple[str, str, str]] = Counter()
    for code, leaf, name, answer, channel, count in rows:
        if channel == Channel.ONLINE and answer != ABSTAIN:
            votes[code, leaf, name] += count
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for (code, leaf, name), number in votes.items():
        if 0 < number < max(minimum, LEAST_VOTERS):
            found[code, leaf].add(name)
    return {key: frozenset(names) for key, names in found.items()}

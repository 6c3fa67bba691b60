"""Reads of polls: who may vote now, the turnout, what may be shown of the counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from indicators.rendering import joined
from indicators.services import engine_plan
from reviews import sealing
from reviews.ballot_form import LEAST_VOTERS, leaves_of
from reviews.models import (
    BallotCount,
    Channel,
    Entitlement,
    NotApplicable,
    Participation,
    Poll,
    PollState,
    Round,
    Subject,
)
from reviews.tree import BALLOTS, Tree
from scoring.engine.types import ABSTAIN, Plan
from units import access
from units.templatetags.kaoping import aside

Key = TypeVar("Key", int, str)
UNDER_WAY = (PollState.READY, PollState.OPEN, PollState.CLOSED)


def with_use(entitlements: QuerySet[Entitlement]) -> QuerySet[Entitlement]:
    """Adds `has_voted`: whether the ballot is in."""
    return entitlements.annotate(has_voted=Exists(Participation.objects.filter(pk=OuterRef("pk"))))


def own_entitlements(user: Any, *states: PollState) -> QuerySet[Entitlement]:
    """The ballots of an account in open polls, or of other states, with `has_voted`; those used too. One query."""
    units, _people = access.own_keys(user)
    people = {grant.person_id for grant in user.grants if grant.person_id}
    mine = Q(account=user) | Q(unit__in=units) | Q(person__in=people)
    rows = Entitlement.objects.filter(mine, poll__state__in=states or [PollState.OPEN], on_paper=False)
    return with_use(rows).select_related("poll__round", "paper").order_by("poll__closes_on", "pk")


def by_code(typed: str) -> Entitlement | None:
    """The entitlement that a code opens, of a slip that is not a seat of a door; open or closed. One query."""
    code = sealing.plain_code(typed)
    if len(code) != sealing.CODE_LETTERS:
        return None
    rows = Entitlement.objects.filter(code_hash=sealing.code_hash(code), door=None)
    return rows.select_related("poll__round", "paper").first()


def by_key(pk: int) -> Entitlement | None:
    """An entitlement with its poll, round and paper. One query."""
    return Entitlement.objects.filter(pk=pk).select_related("poll__round", "paper").first()


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


def under_way(round_: Round | int, codes: Collection[str] | None = None) -> list[Poll]:
    """The polls of a round (on these leaves) whose voters are fixed and whose ballots are not counted. One query.

    Until they are counted, what they ask about must not change.
    """
    found = list(Poll.objects.filter(round=round_, state__in=UNDER_WAY))
    if codes is None:
        return found
    wanted = set(codes)
    return [poll for poll in found if wanted & {leaf["code"] for leaf in poll.terms.get("leaves", ())}]


def obstacle(round_: Round, codes: Collection[str] | None = None) -> str:
    """Which polls under way stand against a change of what they ask about, in words; "" for none. One query."""
    polls = under_way(round_, codes)
    if not polls:
        return ""
    titles = class_titles(engine_plan(round_.plan_version))
    said = joined([f"{titles.get(one.voter_class, one.voter_class)}{aside(one.get_state_display())}" for one in polls])
    return _("Polls are under way: %(list)s. Count them first, or annul them.") % {"list": said}


def class_titles(plan: Plan) -> dict[str, str]:
    """The voter classes of a plan with their titles, in the order of the plan."""
    found: dict[str, str] = {}
    for node in Tree(plan).of(BALLOTS):
        for each in node.ballot.classes if node.ballot else ():
            found.setdefault(each.code, each.title)
    return found


def counted_beside(poll: Poll, plan: Plan) -> list[Poll]:
    """The other counted polls that vote on a leaf of this one, on a leaf of theirs, and so on: results with and without
    one of them tell of all the others. One query."""

    def codes(one: Poll) -> set[str]:
        return {leaf.code for leaf in leaves_of(plan, one.voter_class)}

    rest = list(Poll.objects.filter(round=poll.round_id, state=PollState.COUNTED).exclude(pk=poll.pk).order_by("pk"))
    found, reached = [], codes(poll)
    while near := [one for one in rest if reached & codes(one)]:
        found += near
        reached = reached.union(*map(codes, near))
        rest = [one for one in rest if one not in near]
    return found


def spared_places(round_: Round, codes: Collection[str]) -> set[tuple[int, str]]:
    """Subjects and leaves that are not applicable, themselves or by a node above: nobody rates them. One query."""
    tree = Tree(engine_plan(round_.plan_version))
    leaves = {code: set(tree.path(code)) for code in codes if code in tree.nodes}
    above = set().union(*leaves.values())
    rows = NotApplicable.objects.filter(subject__round=round_, indicator__in=above)
    return {
        (subject, leaf)
        for subject, indicator in rows.values_list("subject_id", "indicator")
        for leaf, path in leaves.items()
        if indicator in path
    }


def withheld_classes(round_: Round, plan: Plan) -> dict[tuple[str, str], frozenset[str]]:
    """(subject's code, leaf) → classes of which too few ballots came online, or on paper, to show anything. One query.

    The other channel does not help: who counted the paper knows its answers and would subtract them, and everybody
    knows who voted on paper.
    """
    rows = BallotCount.objects.filter(subject__round=round_).values_list(*_VOTES)
    return too_few(rows, plan.minimum_votes)


def few_online(subject: Subject, plan: Plan) -> dict[str, frozenset[str]]:
    """The same of one subject, by leaf. One query."""
    found = too_few(BallotCount.objects.filter(subject=subject).values_list(*_VOTES), plan.minimum_votes)
    return {leaf: names for (_code, leaf), names in found.items()}


_VOTES = ("subject__code", "indicator", "voter_class", "answer", "channel", "count")


def too_few(rows: Iterable[tuple[Key, str, str, str, str, int]], minimum: int) -> dict[tuple[Key, str], frozenset[str]]:
    """(subject, leaf) → classes with too few votes by one channel, of rows (subject, leaf, class, answer, channel,
    count) of counted polls."""
    least = {Channel.ONLINE: max(minimum, LEAST_VOTERS), Channel.PAPER: LEAST_VOTERS}
    votes: Counter[tuple[Key, str, str, str]] = Counter()
    for subject, leaf, name, answer, channel, count in rows:
        if answer != ABSTAIN:
            votes[subject, leaf, name, channel] += count
    found: dict[tuple[Key, str], set[str]] = defaultdict(set)
    for (subject, leaf, name, channel), number in votes.items():
        if 0 < number < least[Channel(channel)]:
            found[subject, leaf].add(name)
    return {key: frozenset(names) for key, names in found.items()}

"""Reads of the office's pages of polls: the list, what waits, what the counts found, comments above the minimum."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from reviews.ballot_form import LEAST_VOTERS, Terms
from reviews.models import (
    Ballot,
    BallotComment,
    BallotCount,
    BallotPaper,
    Channel,
    Door,
    Entitlement,
    PaperTally,
    Poll,
    PollState,
    Round,
    Subject,
)
from scoring.engine.types import ABSTAIN
from units.models import AuditEntry

from .polls import with_use


def polls_of(round_: Round) -> list[Poll]:
    """All polls of a round, the annulled ones too. One query."""
    return list(round_.polls.order_by("voter_class", "run"))


def trail_of(poll: Poll, *actions: str) -> QuerySet[AuditEntry]:
    """What the change log says of a poll, the last first."""
    rows = AuditEntry.objects.filter(target=Poll._meta.label_lower, target_id=str(poll.pk), action__in=actions)
    return rows.select_related("actor").order_by("-pk")


# ---------------------------------------------------------------- voters that are fixed


def stored_votes_on(polls: Iterable[Poll]) -> dict[int, dict[tuple[int, str], int]]:
    """Poll id → (subject, leaf) → how many may rate it, of polls whose voters are fixed. Two queries."""
    ids = [poll.pk for poll in polls]
    papers = dict(
        Entitlement.objects.filter(poll__in=ids).order_by().values_list("paper_id").annotate(number=Count("pk"))
    )
    found: dict[int, dict[tuple[int, str], int]] = {pk: defaultdict(int) for pk in ids}
    for pk, poll, places in BallotPaper.objects.filter(poll__in=ids).values_list("pk", "poll_id", "places"):
        for subject, codes in places:
            for code in codes:
                found[poll][subject, code] += papers.get(pk, 0)
    return found


def stored_voters(polls: Iterable[Poll]) -> dict[int, dict[tuple[str, int], str]]:
    """Poll id → its voters with a name, (kind, id) → name. One query."""
    found: dict[int, dict[tuple[str, int], str]] = {poll.pk: {} for poll in polls}
    columns = ("poll_id", "label", "account_id", "unit_id", "person_id")
    for poll_pk, label, account, unit, person in Entitlement.objects.filter(poll__in=found).values_list(*columns):
        for kind, pk in (("account", account), ("unit", unit), ("person", person)):
            if pk is not None:
                found[poll_pk][kind, pk] = label
    return found


def roll(poll: Poll, words: str = "") -> QuerySet[Entitlement]:
    """The voters with a name or a slip, in the order in which they were fixed; `has_voted` where names are shown."""
    rows = poll.entitlements.filter(door=None).select_related("unit", "person__unit", "account", "paper").order_by("pk")
    if words:
        by_number = rows.filter(slip=int(words)) if words.isascii() and words.isdigit() and len(words) < 9 else None
        rows = by_number if by_number is not None else rows.filter(label__icontains=words)
    return with_use(rows) if poll.names_shown else rows


def not_voted(poll: Poll) -> QuerySet[Entitlement]:
    """Who has not voted yet: to be asked only of polls whose names are shown."""
    if not poll.names_shown:
        return Entitlement.objects.none()
    return roll(poll).filter(used=None, on_paper=False)


def doors_with_use(poll: Poll) -> list[tuple[Door, int]]:
    """The links of a poll, each with the number of seats that are taken. Two queries."""
    rows = Entitlement.objects.filter(door__poll=poll, code_hash__isnull=False).order_by()
    taken = dict(rows.values_list("door_id").annotate(number=Count("pk")))
    return [(door, taken.get(door.pk, 0)) for door in poll.doors.all()]


def other_ballots(round_: Round) -> dict[str, int]:
    """Voter class → ballots that came by a workbook or as tallies on paper: a poll of it adds to them. Two queries."""
    found: Counter[str] = Counter()
    ballots = Ballot.objects.filter(round=round_).order_by().values_list("voter_class").annotate(number=Count("pk"))
    for name, number in ballots:
        found[name] += number
    tallies = PaperTally.objects.filter(subject__round=round_).order_by().values_list("voter_class", flat=True)
    for name in tallies.distinct():
        found[name] += 1
    return dict(found)


# ---------------------------------------------------------------- comments


@dataclass(frozen=True, slots=True)
class Comments:
    """What a class wrote about a subject; `withheld`: too few of it rated the subject, so none of it is shown."""

    subject: Subject
    poll: Poll
    texts: tuple[str, ...]
    least: int

    @property
    def withheld(self) -> bool:
        return not self.texts


def comments_of(round_: Round, subjects: Iterable[Subject]) -> dict[int, list[Comments]]:
    """Subject id → what was written about it in counted polls, class by class. Three queries.

    A class is left out where nobody could write or no one did. Where fewer of it than the plan's minimum rated the
    subject nothing is shown, nor how much there is: who wrote would be known.
    """
    by_pk = {subject.pk: subject for subject in subjects}
    polls = {
        poll.pk: poll
        for poll in Poll.objects.filter(round=round_, state=PollState.COUNTED).order_by("voter_class")
        if poll.terms.get("comments")
    }
    rated = _ballots_on(polls, by_pk)
    texts: dict[tuple[int, int], list[str]] = defaultdict(list)
    rows = BallotComment.objects.filter(poll__in=polls, subject__in=by_pk).order_by("pk")  # keys are random
    for poll_pk, subject_pk, text in rows.values_list("poll_id", "subject_id", "text"):
        texts[subject_pk, poll_pk].append(text)
    found: dict[int, list[Comments]] = defaultdict(list)
    for subject in by_pk.values():
        for poll in polls.values():
            least = max(Terms.from_json(poll.terms).minimum, LEAST_VOTERS)
            number, written = rated[subject.pk, poll.pk], tuple(texts.get((subject.pk, poll.pk), ()))
            if number >= least and written:
                found[subject.pk].append(Comments(subject, poll, written, least))
            elif 0 < number < least:
                found[subject.pk].append(Comments(subject, poll, (), least))
    return dict(found)


def _ballots_on(polls: Mapping[int, Poll], subjects: Mapping[int, Subject]) -> Counter[tuple[int, int]]:
    """(subject, poll) → online ballots that rated it at least: as many as rated it on some one leaf."""
    by_leaf: Counter[tuple[int, int, str]] = Counter()
    rows = BallotCount.objects.filter(poll__in=polls, subject__in=subjects, channel=Channel.ONLINE)
    for subject, poll, leaf, answer, number in rows.values_list(
        "subject_id", "poll_id", "indicator", "answer", "count"
    ):
        if answer != ABSTAIN:
            by_leaf[subject, poll, leaf] += number
    found: Counter[tuple[int, int]] = Counter()
    for (subject, poll, _leaf), number in by_leaf.items():
        found[subject, poll] = max(found[subject, poll], number)
    return found

"""Reads of paper ballots: who has one, how far the count of a poll is, and what may be seen of its figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Sum

from reviews.ballot_form import LEAST_VOTERS
from reviews.models import (
    UNDER_WAY,
    BallotPaper,
    Entitlement,
    PaperCount,
    PaperDifference,
    PaperEntry,
    PaperFigure,
    PaperPrint,
    PaperState,
    Participation,
    Poll,
    PollState,
    Subject,
)
from reviews.paper_figures import Cell, Figures, Frame, by_place, frame_of, votes_of
from reviews.queries.polls import spared_places
from reviews.services.polls.setup import current_terms
from units import access

NAMED = Q(account__isnull=False) | Q(unit__isnull=False) | Q(person__isnull=False)


def on_paper_of(poll: Poll) -> int:
    """How many paper ballots are handed out."""
    return Entitlement.objects.filter(poll=poll, on_paper=True).count()


def received_of(poll: Poll) -> int:
    """How many paper ballots the confirmed count received."""
    count = confirmed_count(poll)
    return figures_of(count).get((0, "", "received"), 0) if count else 0


def voters_of(poll: Poll, *, on_paper: bool, words: str = "") -> QuerySet[Entitlement]:
    """Who votes on paper, nameless ones last; or the voters with a name who do not (`has_voted`: whether they did)."""
    rows = Entitlement.objects.filter(poll=poll, on_paper=on_paper).select_related("door", "unit", "person__unit")
    if not on_paper:
        rows = rows.filter(NAMED).annotate(has_voted=Exists(Participation.objects.filter(pk=OuterRef("pk"))))
    for word in words.split():
        rows = rows.filter(label__icontains=word)
    return rows.order_by("pk")


# ---------------------------------------------------------------- counts


def counts_of(poll: Poll) -> list[PaperCount]:
    """All counts of a poll, the last one first, with who entered, submitted, confirmed. Two queries."""
    rows = poll.paper_counts.select_related("submitted_by", "confirmed_by", "withdraw_asked_by", "withdrawn_by")
    entries = Prefetch("entries", PaperEntry.objects.select_related("account"))
    return list(rows.prefetch_related(entries).order_by("-number"))


def count_under_way(poll: Poll) -> PaperCount | None:
    return PaperCount.objects.filter(poll=poll, state__in=UNDER_WAY).first()


def confirmed_count(poll: Poll) -> PaperCount | None:
    return PaperCount.objects.filter(poll=poll, state=PaperState.CONFIRMED).first()


def own_entry(poll: Poll, user: Any) -> PaperEntry | None:
    """What this account enters of the count that is under way."""
    rows = PaperEntry.objects.filter(count__poll=poll, count__state__in=UNDER_WAY, account=user)
    return rows.select_related("count", "account").first()


def frame_of_poll(poll: Poll) -> Frame:
    """Into what figures of its paper ballots must fit: the papers that were handed out. Four queries."""
    handed = dict(
        Entitlement.objects.filter(poll=poll, on_paper=True).order_by().values_list("paper").annotate(n=Count("pk"))
    )
    papers = BallotPaper.objects.filter(poll=poll).order_by("pk").values_list("pk", "places")
    terms = current_terms(poll)
    subjects = Subject.objects.filter(round=poll.round_id).values_list("pk", flat=True)
    spared = spared_places(poll.round, [leaf.code for leaf in terms.leaves])
    rated = {(pk, leaf.code) for pk in subjects for leaf in terms.leaves} - spared
    return frame_of(terms, [(places, handed[pk]) for pk, places in papers if pk in handed], rated)


# ---------------------------------------------------------------- figures


def entry_figures(entry: PaperEntry) -> dict[Cell, int]:
    return {
        (subject or 0, leaf, answer): count
        for subject, leaf, answer, count in PaperFigure.objects.filter(entry=entry).values_list(
            "subject_id", "indicator", "answer", "count"
        )
    }


def figures_of(count: PaperCount) -> dict[Cell, int]:
    """The figures of a count that both have finished: what they agree on, and what was settled. Two queries."""
    found = {
        (subject or 0, leaf, answer): number
        for subject, leaf, answer, number in PaperFigure.objects.filter(
            entry__count=count, entry__side=1, entry__finished_at__isnull=False
        ).values_list("subject_id", "indicator", "answer", "count")
    }
    for row in PaperDifference.objects.filter(paper_count=count):
        if row.is_settled and row.value is not None:
            found[row.subject_id or 0, row.indicator, row.answer] = row.value
    return found


def differences_of(count: PaperCount) -> list[PaperDifference]:
    """Where the two differed or looked again, the ballots as a whole first. One query."""
    rows = count.differences.select_related("subject", "proposed_by", "agreed_by")
    return sorted(rows, key=lambda row: (row.subject.order if row.subject else 0, row.indicator, row.pk))


def is_few(figures: Figures) -> bool:
    """Whether so few ballots came on paper, all in all or on a single place, that their figures say who voted how."""
    places = by_place(figures)
    numbers = [votes_of(answers) for (subject, _leaf), answers in places.items() if subject]
    received = places.get((0, ""), {}).get("received", 0)
    return any(0 < number < LEAST_VOTERS for number in [received, *numbers])


def may_see_figures(user: Any, count: PaperCount, figures: Figures) -> bool:
    """The two who counted, once both are done; office and auditors after the vote, unless they are of too few."""
    entries = list(count.entries.all())
    return access.may_see_paper_figures(
        user,
        counters={entry.account_id for entry in entries},
        compared=len(entries) == 2 and all(entry.finished_at for entry in entries),
        is_over=count.poll.state in {PollState.CLOSED, PollState.COUNTED}
        and count.state not in {PaperState.ENTERING, PaperState.COMPARING},
        few=is_few(figures),
    )


# ---------------------------------------------------------------- lists


@dataclass(frozen=True, slots=True)
class PaperLine:
    """What a list says of a poll's paper ballots. `state`: of the count under way, else of the confirmed one."""

    poll: Poll
    handed: int = 0
    printed: int = 0
    state: str = ""
    state_words: str = ""


def paper_lines(polls: Iterable[Poll]) -> list[PaperLine]:
    """Three queries, whatever the number of polls."""
    rows = list(polls)
    ids = [poll.pk for poll in rows]
    handed: Mapping[int, int] = dict(
        Entitlement.objects.filter(poll__in=ids, on_paper=True).order_by().values_list("poll").annotate(n=Count("pk"))
    )
    printed: Mapping[int, int] = dict(
        PaperPrint.objects.filter(poll__in=ids).order_by().values_list("poll").annotate(n=Sum("copies"))
    )
    states: dict[int, PaperCount] = {}
    for count in PaperCount.objects.filter(poll__in=ids, state__in=[*UNDER_WAY, PaperState.CONFIRMED]):
        if count.poll_id not in states or count.state != PaperState.CONFIRMED:
            states[count.poll_id] = count
    return [_line(poll, handed, printed, states.get(poll.pk)) for poll in rows]


def _line(poll: Poll, handed: Mapping[int, int], printed: Mapping[int, int], count: PaperCount | None) -> PaperLine:
    state, words = (count.state, count.get_state_display()) if count else ("", "")
    return PaperLine(poll, handed.get(poll.pk, 0), printed.get(poll.pk, 0), state, words)


def unconfirmed(polls: Iterable[Poll]) -> list[Poll]:
    """Polls of whose paper ballots, as many as are handed out now, no confirmed count exists. Four queries."""
    rows = list(polls)
    confirmed = dict(
        PaperCount.objects.filter(poll__in=rows, state=PaperState.CONFIRMED).values_list("poll_id", "handed_out")
    )
    handed = {line.poll.pk: line.handed for line in paper_lines(rows)}
    return [poll for poll in rows if handed[poll.pk] and confirmed.get(poll.pk) != handed[poll.pk]]

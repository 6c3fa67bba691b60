"""Paper ballots for tests: handing out, and two people who count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from reviews.models import Entitlement, PaperCount, PaperEntry, Poll
from reviews.paper_figures import WHOLE, by_place, seen_words
from reviews.queries.paper import entry_figures
from reviews.services.polls.comparing import confirm_count, submit_count
from reviews.services.polls.handing import hand_out
from reviews.services.polls.tally import PlaceRow, SavedPlaces, begin_entry, finish_entry, save_places
from units.models import User

Ballot = Mapping[tuple[int, str], str]  # place → answer; "" for an abstention


def to_paper(poll: Poll, voters: Iterable[Entitlement], by: User) -> None:
    """These vote on paper."""
    hand_out(poll=poll, ids=[one.pk for one in voters], by=by)


def figures_of_ballots(ballots: Iterable[Ballot], *, invalid: int = 0, blank: int = 0) -> Counter:
    """What somebody who counts these ballots writes down."""
    found: Counter = Counter()
    rows = list(ballots)
    for ballot in rows:
        for (subject, leaf), answer in ballot.items():
            found[subject, leaf, answer] += 1
    whole = {"received": len(rows) + invalid + blank, "valid": len(rows), "invalid": invalid, "blank": blank}
    found.update({(*WHOLE, name): number for name, number in whole.items()})
    # A Counter forgets no zero, but update of a zero says it too.
    for name, number in whole.items():
        found[(*WHOLE, name)] = number
    return found


def same(ballot: str, poll: Poll, times: int = 1, paper: int = 0) -> list[Ballot]:
    """Ballots that say the same of everybody."""
    places = poll.papers.all()[paper].places
    return [{(subject, leaf): ballot for subject, leaves in places for leaf in leaves}] * times


def enter(entry: PaperEntry, figures: Mapping[tuple[int, str, str], int]) -> SavedPlaces:
    """Type all of it; what stands there is overwritten knowingly."""
    now = by_place(entry_figures(entry))
    rows = [PlaceRow(place, answers, seen_words(now.get(place, {}))) for place, answers in by_place(figures).items()]
    saved = save_places(entry=entry, rows=rows, by=entry.account)
    assert not saved.refused, saved.refused
    return saved


def both_finish(poll: Poll, people: tuple[User, User], one: Mapping, two: Mapping | None = None) -> PaperCount:
    for person, figures in zip(people, (one, one if two is None else two), strict=True):
        entry = begin_entry(poll=poll, by=person)
        enter(entry, figures)
        finish_entry(entry=entry, by=person)
    return PaperCount.objects.filter(poll=poll).latest("number")


def count_paper(poll: Poll, people: tuple[User, User], figures: Mapping) -> PaperCount:
    """Both find the same, one hands it in, the other one confirms. The poll is closed."""
    count = both_finish(poll, people, figures)
    submit_count(count=count, by=people[0])
    return confirm_count(count=count, by=people[1])

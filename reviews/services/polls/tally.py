"""Entering the figures of paper ballots, twice: two people, each for himself.

Nobody sees the other's figures before both have declared theirs finished. Single figures are not audited: the trail is
read by more people than may know them; both sheets are kept as they were entered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from reviews.ballot_form import Place, Problem, Terms, read_answer
from reviews.models import (
    PaperCount,
    PaperDifference,
    PaperEntry,
    PaperFigure,
    PaperState,
    Poll,
    PollState,
)
from reviews.paper_figures import BALLOTS, WHOLE, by_place, differences, problems, seen_words
from reviews.queries.paper import (
    confirmed_count,
    count_under_way,
    entry_figures,
    frame_of_poll,
    on_paper_of,
)
from reviews.services.errors import Conflict, InvalidInput, NotAllowed, ReviewError, RoundClosed, Theirs
from reviews.services.rounds import ensure_collecting
from scoring.engine.types import ABSTAIN
from units import audit
from units.models import User

from .setup import guard, locked_poll

BATCH = 500
COUNTABLE = (PollState.OPEN, PollState.CLOSED, PollState.COUNTED)
SIDES = (1, 2)


class DoesNotAddUp(ReviewError):
    """The figures do not fit together; `problems` says where and why."""

    default = _("The figures do not add up yet: please look at the places named below.")

    def __init__(self, found: Sequence[Problem]) -> None:
        super().__init__()
        self.problems = tuple(found)


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """What somebody wants to stand in a place: answer → number. `seen`: the token of what stood there before."""

    place: Place
    answers: Mapping[str, int]
    seen: str = ""


@dataclass(slots=True)
class SavedPlaces:
    """`seen`: the tokens of the places as they are now; `refused`: why others were not saved."""

    changed: int = 0
    seen: dict[Place, str] = field(default_factory=dict)
    refused: dict[Place, ReviewError] = field(default_factory=dict)


# ---------------------------------------------------------------- beginning and giving up


def begin_entry(*, poll: Poll, by: User, reason: str = "") -> PaperEntry:
    """Take one of the two sides of the count that is under way, or of a new one; one's own entry again if there is one.

    A confirmed count is counted anew only for a `reason`. Audited. Raises InvalidInput ("reason"; no paper was handed
    out; two others are entering), RoundClosed.
    """
    guard(by)
    with transaction.atomic():
        ensure_collecting(poll.round_id)
        locked = locked_poll(poll, *COUNTABLE)
        count = count_under_way(locked) or _new_count(locked, reason.strip())
        entries = {entry.side: entry for entry in count.entries.all()}
        if mine := next((entry for entry in entries.values() if entry.account_id == by.pk), None):
            return mine
        free = [side for side in SIDES if side not in entries]
        if not free or count.state != PaperState.ENTERING:
            raise InvalidInput(_("Two others enter the figures of this count."))
        made = PaperEntry.objects.create(count=count, side=free[0], account=by)
        audit.record(
            by,
            "begin paper count",
            count,
            changes={"count": (None, count.number), "side": (None, made.side)},
            round_id=locked.round_id,
            reason=count.reason,
        )
    return made


def _new_count(poll: Poll, reason: str) -> PaperCount:
    if not on_paper_of(poll):
        raise InvalidInput(_("No paper ballot of this poll was handed out."))
    if confirmed_count(poll) and not reason:
        raise InvalidInput(_("Counting confirmed figures anew needs a reason."), "reason")
    number = poll.paper_counts.count() + 1
    return PaperCount.objects.create(poll=poll, number=number, reason=reason[:500])


def drop_entry(*, entry: PaperEntry, reason: str, by: User) -> None:
    """Free a side whose person cannot finish, with what was typed there; before both are finished. Audited."""
    guard(by)
    if not reason.strip():
        raise InvalidInput(_("Giving up an entry needs a reason."), "reason")
    with transaction.atomic():
        count = locked_count(entry.count, PaperState.ENTERING)
        entry.delete()
        audit.record(
            by,
            "give up paper entry",
            count,
            changes={"account": (entry.account, None)},
            round_id=count.poll.round_id,
            reason=reason.strip(),
        )


def locked_count(count: PaperCount, *states: str) -> PaperCount:
    """The count, with its poll locked, in one of these states. Raises RoundClosed in words."""
    round_ = ensure_collecting(count.poll.round_id)
    poll = locked_poll(count.poll, *COUNTABLE)
    found = PaperCount.objects.get(pk=count.pk)
    found.poll, poll.round = poll, round_
    if found.state not in states:
        words = _("The count of paper ballots is in the state “%(state)s”; this step is not open from there.")
        raise RoundClosed(words % {"state": found.get_state_display()})
    return found


# ---------------------------------------------------------------- entering


def save_places(*, entry: PaperEntry, rows: Sequence[PlaceRow], by: User) -> SavedPlaces:
    """Save places of one's own entry; wrong ones and those that were changed meanwhile are reported, not saved.

    Raises NotAllowed (somebody else's entry), RoundClosed (declared finished, or past that).
    """
    guard(by)
    if entry.account_id != by.pk:
        raise NotAllowed
    with transaction.atomic():
        locked = PaperEntry.objects.select_for_update(of=("self",)).select_related("count__poll").get(pk=entry.pk)
        _ensure_open(locked)
        frame, saved = frame_of_poll(locked.count.poll), SavedPlaces()
        places, known = by_place(entry_figures(locked)), frame.having()
        changed: list[PlaceRow] = []
        for row in rows:
            now = places.get(row.place, {})
            saved.seen[row.place] = seen_words(now)
            refusal = _refusal(frame.terms, row, now, is_known=row.place == WHOLE or row.place in known)
            if refusal is not None:
                saved.refused[row.place] = refusal
            elif seen_words(row.answers) != saved.seen[row.place]:
                saved.seen[row.place] = seen_words(row.answers)
                changed.append(row)
        _write(locked, changed)
        saved.changed = len(changed)
    return saved


def _ensure_open(entry: PaperEntry) -> None:
    if entry.count.state != PaperState.ENTERING or entry.finished_at is not None:
        raise RoundClosed(_("These figures were declared finished."))


def _refusal(terms: Terms, row: PlaceRow, now: Mapping[str, int], *, is_known: bool) -> ReviewError | None:
    leaf = terms.leaf(row.place[1])
    if not is_known or (row.place != WHOLE and leaf is None):
        return InvalidInput(_("No paper ballot asks for this."))
    for answer in row.answers:
        if row.place == WHOLE:
            fits = answer in BALLOTS
        elif answer == ABSTAIN:
            fits = terms.abstain
        else:
            fits = leaf is not None and read_answer(leaf, answer) == answer
        if not fits:
            return InvalidInput(_("“%(answer)s” is no answer here.") % {"answer": answer})
    if seen_words(now) not in {row.seen, seen_words(row.answers)}:
        return Conflict(Theirs(value=seen_words(now), seen=seen_words(now)))
    return None


def _write(entry: PaperEntry, rows: Sequence[PlaceRow]) -> None:
    for start in range(0, len(rows), 100):
        old = Q()
        for row in rows[start : start + 100]:
            old |= Q(subject=row.place[0] or None, indicator=row.place[1])
        PaperFigure.objects.filter(old, entry=entry).delete()
    PaperFigure.objects.bulk_create(
        (
            PaperFigure(
                entry=entry, subject_id=row.place[0] or None, indicator=row.place[1], answer=answer, count=count
            )
            for row in rows
            for answer, count in row.answers.items()
        ),
        batch_size=BATCH,
    )


# ---------------------------------------------------------------- finishing


def finish_entry(*, entry: PaperEntry, by: User) -> PaperCount:
    """Declare one's figures finished; once both have, they are compared. Audited, without any figure.

    Raises DoesNotAddUp, NotAllowed, RoundClosed.
    """
    guard(by)
    if entry.account_id != by.pk:
        raise NotAllowed
    with transaction.atomic():
        count = locked_count(entry.count, PaperState.ENTERING)
        # Nothing is saved between the check and the end of the transaction.
        PaperEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
        if wrong := problems(frame_of_poll(count.poll), entry_figures(entry)):
            raise DoesNotAddUp(wrong)
        finished = PaperEntry.objects.filter(pk=entry.pk, finished_at=None).update(finished_at=timezone.now())
        if finished:
            audit.record(by, "finish paper entry", count, round_id=count.poll.round_id)
        both = PaperEntry.objects.filter(count=count, finished_at__isnull=False).count() == len(SIDES)
        if finished and both:
            _compare(count, by)
    return count


def _compare(count: PaperCount, by: User) -> None:
    first, second = (entry_figures(entry) for entry in count.entries.order_by("side"))
    rows = [
        PaperDifference(
            paper_count=count,
            subject_id=one.cell[0] or None,
            indicator=one.cell[1],
            answer=one.cell[2],
            first=one.first,
            second=one.second,
        )
        for one in differences(first, second)
    ]
    PaperDifference.objects.bulk_create(rows, batch_size=BATCH)
    count.state = PaperState.COMPARING
    count.save(update_fields=["state"])
    audit.record(
        by, "compare paper counts", count, changes={"differences": (None, len(rows))}, round_id=count.poll.round_id
    )


def reopen_entry(*, entry: PaperEntry, by: User) -> None:
    """Go on entering after all, as long as the other one has not finished. Audited."""
    guard(by)
    if entry.account_id != by.pk:
        raise NotAllowed
    with transaction.atomic():
        count = locked_count(entry.count, PaperState.ENTERING)
        if PaperEntry.objects.filter(pk=entry.pk, finished_at__isnull=False).update(finished_at=None):
            audit.record(by, "enter paper figures again", count, round_id=count.poll.round_id)

"""Ballots of a workbook: one row per slip and class, one per answer. Nothing here is audited or tells who voted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from reviews.models import Ballot, BallotMark, Round

from .content import Changes, VoteRow
from .tools import BATCH, delete_rows

Slip = tuple[str, str]  # number, voter class
Answer = tuple[int, str, str]  # subject's id, indicator, answer


def sync_ballots(round_: Round, ids: Mapping[str, int], votes: Sequence[VoteRow]) -> Changes:
    """Make the round's numbered ballots those of the sheet; counts answers, not slips.

    A slip is known by its number and class. One whose answers are all the same is not touched; one that changed is
    written anew; one that is gone is deleted. Ballots cast online have no number and stay.
    """
    changes = Changes()
    stated: dict[Slip, set[Answer]] = defaultdict(set)
    for vote in votes:
        stated[vote.number, vote.voter_class].add((ids[vote.subject], vote.indicator, vote.answer))
    stored = {
        (number, name): pk
        for pk, number, name in Ballot.objects.filter(round=round_)
        .exclude(number="")
        .values_list("id", "number", "voter_class")
    }
    answers = _stored_answers(round_) if stored else {}
    gone, again = [], []
    for slip, pk in stored.items():
        before, now = answers.get(pk, set()), stated.get(slip)
        if now == before:
            changes.unchanged += len(before)
        elif now is None:
            gone.append(pk)
            changes.withdrawn += len(before)
        else:
            again.append(slip)
            _count_changes(changes, before, now)
    delete_rows(BallotMark, _marks_of(gone + [stored[slip] for slip in again]))
    delete_rows(Ballot, gone)
    fresh = [slip for slip in stated if slip not in stored]
    changes.new += sum(len(stated[slip]) for slip in fresh)
    made = {slip: Ballot(round=round_, number=slip[0], voter_class=slip[1]) for slip in fresh}
    Ballot.objects.bulk_create(made.values(), batch_size=BATCH)
    kept = {slip: stored[slip] for slip in again} | {slip: ballot.pk for slip, ballot in made.items()}
    BallotMark.objects.bulk_create(
        (
            BallotMark(ballot_id=pk, subject_id=subject, indicator=code, voter_class=slip[1], answer=answer)
            for slip, pk in kept.items()
            for subject, code, answer in stated[slip]
        ),
        batch_size=BATCH,
    )
    return changes


def _stored_answers(round_: Round) -> dict[object, set[Answer]]:
    answers: dict[object, set[Answer]] = defaultdict(set)
    rows = BallotMark.objects.filter(subject__round=round_).exclude(ballot__number="")
    for pk, subject, code, answer in rows.values_list("ballot_id", "subject_id", "indicator", "answer").iterator(5000):
        answers[pk].add((subject, code, answer))
    return answers


def _count_changes(changes: Changes, before: set[Answer], now: set[Answer]) -> None:
    places_before = {row[:2] for row in before}
    places_now = {row[:2] for row in now}
    changes.unchanged += len(before & now)
    changes.new += len(places_now - places_before)
    changes.withdrawn += len(places_before - places_now)
    changes.changed += len({row[:2] for row in now - before} & places_before)


def _marks_of(ballots: Sequence[object]) -> list[object]:
    found: list[object] = []
    for start in range(0, len(ballots), 500):
        found += BallotMark.objects.filter(ballot__in=ballots[start : start + 500]).values_list("pk", flat=True)
    return found

"""Counting a million votes of 5,000 subjects, beside the bare SQL that it needs, in the same run.

    python benchmarks/count.py [--subjects 5000] [--votes 1000000]
    DATABASE_URL=postgres://… python benchmarks/count.py        # an empty database of its own

Twice: as the single answers of a workbook's ballots, which the database groups, and as the counts that a poll leaves
behind. "Bare" is the statement alone with all of its rows fetched; "loaded" ends with the engine's votes by subject.
Both must give the same votes. Ends with status 1 if loading takes more than three times as long as the bare statement.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sheet_site import set_up

MOST = 3.0
RUNS = 7
CLASSES = {"E1": "unit", "E2": "leader"}
BARE = {
    "single answers": (
        "SELECT subject_id, indicator, voter_class, answer, COUNT(*) FROM reviews_ballotmark"
        " GROUP BY subject_id, indicator, voter_class, answer"
    ),
    "counts of polls": "SELECT subject_id, indicator, voter_class, answer, count FROM reviews_ballotcount",
}


def fill(subjects: int, votes: int) -> Any:
    """A round of the district plan; each ballot rates everybody on one leaf, with figures from 60 to 100."""
    from indicators.services import engine_plan, ensure_plan
    from reviews.models import Ballot, BallotMark
    from reviews.services.rounds import NewSubject, open_round

    version = ensure_plan("district-2020")
    category = engine_plan(version).categories[0]
    rows = [NewSubject(f"S{number:05}", f"单位{number}", category) for number in range(subjects)]
    round_ = open_round(version=version, name="2020", title="计票", deadline=None, subjects=rows, by=None)
    everybody = list(round_.subjects.values_list("pk", flat=True))
    draw = random.Random(1)
    for number in range(votes // subjects):
        leaf = ("E1", "E2")[number % 2]
        ballot = Ballot.objects.create(round=round_, voter_class=CLASSES[leaf])
        marks = (
            BallotMark(
                ballot=ballot,
                subject_id=pk,
                indicator=leaf,
                voter_class=CLASSES[leaf],
                answer=str(draw.randint(60, 100)),
            )
            for pk in everybody
        )
        BallotMark.objects.bulk_create(marks, batch_size=2000)
    return round_


def as_counts(round_: Any) -> None:
    """The same votes as counted polls: each answer's number, online and on paper."""
    from reviews.models import BallotCount, Channel, Poll, PollState
    from scoring.load import counted_ballots

    polls = {
        name: Poll.objects.create(round=round_, voter_class=name, state=PollState.COUNTED) for name in CLASSES.values()
    }

    def rows() -> Iterator[BallotCount]:
        for subject, leaf, name, answer, number in counted_ballots(round_):
            for channel, part in ((Channel.ONLINE, number - number // 3), (Channel.PAPER, number // 3)):
                if part:
                    yield BallotCount(
                        poll=polls[name],
                        channel=channel,
                        subject_id=subject,
                        indicator=leaf,
                        voter_class=name,
                        answer=answer,
                        count=part,
                    )

    BallotCount.objects.bulk_create(rows(), batch_size=2000)


def bare(statement: str) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def loaded(round_: Any) -> dict[int, dict[str, dict[str, dict[str, int]]]]:
    """As a computation reads them, without its other inputs."""
    from django.db.models import Q

    from indicators.services import engine_plan
    from scoring import load

    subjects = load._subjects(round_)
    load._read_votes(round_, engine_plan(round_.plan_version), Q(subject__round=round_), subjects)
    return {pk: rows.votes for pk, rows in subjects.items()}


def subjects_alone(round_: Any) -> object:
    from scoring import load

    return load._subjects(round_)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def tidy() -> None:
    """As a database that has been running for a while: statistics known, pages visible."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def compare(name: str, round_: Any) -> float:
    """The median of the ratios, pair by pair; what reading the subjects takes is not counting."""
    pairs = []
    for _run in range(RUNS):
        plain = seconds(lambda: bare(BARE[name]))
        rest = seconds(lambda: subjects_alone(round_))
        pairs.append((plain, seconds(lambda: loaded(round_)) - rest))
    ratio = statistics.median(ours / plain for plain, ours in pairs)
    rows, plain, ours = len(bare(BARE[name])), *(statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"| {name} | {rows:,} | {1000 * plain:,.0f} | {1000 * ours:,.0f} | {ratio:.2f} |", flush=True)
    return ratio


def main() -> int:
    parser = argparse.ArgumentParser(description="Counting votes beside the bare SQL.")
    parser.add_argument("--subjects", type=int, default=5000)
    parser.add_argument("--votes", type=int, default=1_000_000)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        set_up(Path(folder))
        from reviews.models import BallotMark

        round_ = fill(wanted.subjects, wanted.votes)
        tidy()
        print("| | rows fetched | bare SQL, ms | loaded, ms | ratio |\n| --- | ---: | ---: | ---: | ---: |")
        ratios = [compare("single answers", round_)]
        single = loaded(round_)
        as_counts(round_)
        BallotMark.objects.all().delete()
        tidy()
        ratios.append(compare("counts of polls", round_))
        same = loaded(round_) == single
    if not same:
        print("The votes differ.")
    return 0 if same and max(ratios) <= MOST else 1


if __name__ == "__main__":
    raise SystemExit(main())

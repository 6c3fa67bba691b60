"""Online ballots and paper ballots in one count: every node, rank and grade as if the votes stood in a workbook, and as
an independent computation has it."""

from __future__ import annotations

import random
import shutil
from collections import Counter, defaultdict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from appraisal_site.lib.fields import canonical
from indicators import plan_file
from indicators.services import import_plan
from reports.workbook import load_workbook_file
from reviews.models import BallotCount, Channel, Participation, Round
from reviews.services.polls.casting import cast_ballot
from scoring.models import Computation
from scoring.queries import read_results
from scoring.services import run_scoring
from tests.oracle.book import read
from tests.oracle.compute import compute_book
from tests.oracle.generate import make_workbook
from tests.oracle.restate import restate
from tests.reviews.paper import count_paper, figures_of_ballots, to_paper
from tests.reviews.polls import close_poll, count_polls, office_of, open_poll, poll_for, sheets, with_key

pytestmark = pytest.mark.django_db

# Steps of a half on a scale of ten, trimming, class weights that are no shares, options of odd values, one leaf more.
PLAN = """
code = "ballots-of-all-kinds"
title = "测评试验方案"
period = "year"
categories = ["甲类", "乙类"]
grades = ["好", "中", "差"]
tie_breakers = ["N"]

[[indicators]]
code = "R"
title = "总分"
points = 100

[[indicators]]
code = "M"
parent = "R"
title = "评分"
points = 30
method = "marks"

[[indicators]]
code = "N"
parent = "R"
title = "打分"
points = 40
method = "ballot"
scale = 10
step = 0.5
trim = 1
classes = [
  { code = "a", title = "领导", weight = 3 },
  { code = "b", title = "同级", weight = 2 },
  { code = "c", title = "群众", weight = 2 },
]

[[indicators]]
code = "O"
parent = "R"
title = "评议"
points = 20
method = "ballot"
trim = 2
options = [
  { title = "满意", value = 97 },
  { title = "基本满意", value = 81.5 },
  { title = "不满意", value = 33 },
]
classes = [
  { code = "b", title = "同级", weight = 0.7 },
  { code = "c", title = "群众", weight = 0.3 },
]

[[indicators]]
code = "P"
parent = "R"
title = "定档"
points = 10
method = "rank_band"
classes = [{ code = "c", title = "群众" }]
bands = [
  { upto = 0.3, value = 100 },
  { upto = 0.7, value = 80 },
  { upto = 1, value = 60 },
]

[[rules]]
rule = "thresholds"
minimums = { "好" = 85, "中" = 70 }

[[rules]]
rule = "limit"
grade = "好"
share = 0.3
scope = "category"
"""
SHIPPED = ["district-2020", "system-party-secretary", "county-secretary", "civil-servant-annual", "finance-points"]


def words(answer: Any) -> str:
    """A vote of the workbook as a ballot says it."""
    if isinstance(answer, str):
        return answer
    return canonical(Decimal(answer.numerator) / Decimal(answer.denominator))


def without_votes(path: Path, name: str) -> Path:
    """The same workbook without any vote, for another period."""
    copy = path.with_name(f"{name}.xlsx")
    shutil.copy(path, copy)
    workbook = openpyxl.load_workbook(copy)
    for sheet in ("选票", "计票"):
        if sheet in workbook.sheetnames:
            del workbook[sheet]
    head = workbook["方案"]
    for row in head.iter_rows(min_row=2):
        if row[0].value == "轮次":
            row[1].value = name
    workbook.save(copy)
    return copy


def ballots_of(votes: dict[tuple[str, str, str], Counter], voter_class: str, rng: random.Random) -> list[dict]:
    """Ballots that add up to these votes, each place dealt out anew; who has none left abstains, some on everything."""
    mine = {
        (subject, leaf): list(given.elements()) for (subject, leaf, name), given in votes.items() if name == voter_class
    }
    number = max(map(len, mine.values())) + 2
    ballots: list[dict] = [{} for _voter in range(number)]
    for place, answers in mine.items():
        dealt = [words(answer) for answer in answers] + [""] * (number - len(answers))
        rng.shuffle(dealt)
        for ballot, answer in zip(ballots, dealt, strict=True):
            ballot[place] = answer
    return ballots


def hold_polls(round_: Round, votes: dict[tuple[str, str, str], Counter], rng: random.Random) -> None:
    """Cast all of these votes, about half of the voters of each class on paper."""
    people = (office_of(), office_of())
    parts = with_key(round_, people[0])
    pks = dict(round_.subjects.values_list("code", "pk"))
    for voter_class in sorted({name for _subject, _leaf, name in votes}):
        ballots = [
            {(pks[subject], leaf): answer for (subject, leaf), answer in ballot.items()}
            for ballot in ballots_of(votes, voter_class, rng)
        ]
        poll = poll_for(round_, voter_class, people[0], kind="slips", number=len(ballots))
        poll = open_poll(poll=poll, by=people[0], despite_few="试")
        paper = set(rng.sample(range(len(ballots)), len(ballots) // 2))
        voters = sheets(poll)
        to_paper(poll, [voters[number] for number in sorted(paper)], people[0])
        for number, ballot in enumerate(ballots):
            if number not in paper:
                cast_ballot(entitlement=voters[number], answers=ballot)
        close_poll(poll=poll, by=people[0])
        asked = {(s, leaf) for s, leaves in poll.papers.get().places for leaf in leaves}
        counted = [{place: ballots[number].get(place, "") for place in asked} for number in paper]
        count_paper(poll, people, figures_of_ballots(counted))
    round_.polls.filter(state="prepared").delete()
    count_polls(round=round_, parts=parts, by=people[0])


def outcome_of(computation: Computation) -> dict[str, tuple]:
    """Subject → total, both ranks, grade and every node's score."""
    return {
        one.result.subject: (
            one.result.total,
            one.result.rank,
            one.result.category_rank,
            one.result.grade,
            {code: (score.status, score.value) for code, score in one.result.scores.items()},
        )
        for one in read_results(computation)
    }


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("code", ["ballots-of-all-kinds", *SHIPPED])
def test_online_and_paper_together_are_the_workbooks_votes(code: str, seed: int, tmp_path: Path) -> None:
    rng = random.Random(f"{code}/{seed}")
    restated = None
    if code not in SHIPPED:
        import_plan(document=plan_file.load(PLAN), by=None)
        restated = restate(PLAN)
    path = Path(make_workbook(tmp_path / "in.xlsx", code, seed, subjects=8, hard=False, plan=restated))
    book = read(path, restated)
    expected = outcome_of(load_workbook_file(path, by=None, allow_missing=True, whole=True).computation)
    bare = load_workbook_file(without_votes(path, "2027"), by=None, allow_missing=True, whole=True)
    round_ = Round.objects.get(pk=bare.round_id)
    votes = {key: given for key, given in book.votes.items() if sum(given.values())}
    hold_polls(round_, votes, rng)
    found = outcome_of(run_scoring(round=round_))
    assert found == expected
    for subject, one in compute_book(book).results.items():
        total, rank, category_rank, grade, scores = found[subject]
        assert (Fraction(total), rank, category_rank, grade) == (one.total, one.rank, one.category_rank, one.grade)
        for node, value in one.scores.items():
            assert Fraction(scores[node][1]) == value, (subject, node)
    channels = defaultdict(int)
    for channel, count in BallotCount.objects.exclude(answer="").values_list("channel", "count"):
        channels[channel] += count
    assert sum(channels.values()) == sum(sum(given.values()) for given in votes.values())
    assert min(channels[Channel.ONLINE], channels[Channel.PAPER]) > 0
    assert Participation.objects.exists()

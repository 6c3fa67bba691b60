"""The plan of 40 nodes and the random round that every benchmark computes."""

from __future__ import annotations

import random
from decimal import Decimal

from scoring.engine.types import BallotForm, Event, Inputs, Mark, Node, Plan, Rule, SubjectInput, VoterClass

CATEGORIES = ("甲类", "乙类", "丙类")
CLASSES = {"unit": 1, "leader": 2}
GROUP_WEIGHTS = (8, 9, 10, 11, 12, 10)
BALLOT_WEIGHT = 40
GRADES = ("优秀", "良好", "合格", "不合格")
MINIMUMS = (80, 70, 60)
SHARE = Decimal("0.30")
MARKS = [[f"K{group}{place}" for place in range(5)] for group in range(6)]
MARKED = [code for codes in MARKS for code in codes]
ANSWERS = 4  # different answers of each class on a subject


def make_plan() -> Plan:
    """30 marks in 6 weighted composites, a ballot of two classes, a bonus and a penalty, thresholds, a limit."""
    groups = tuple(
        Node(
            f"K{group}",
            f"K{group}",
            Decimal(10),
            "composite",
            Decimal(weight),
            tuple(Node(code, code, Decimal(2), "marks") for code in MARKS[group]),
        )
        for group, weight in enumerate(GROUP_WEIGHTS)
    )
    form = BallotForm(classes=tuple(VoterClass(name, name, Decimal(weight)) for name, weight in CLASSES.items()))
    ballot = Node("E", "E", Decimal(40), "ballot", Decimal(BALLOT_WEIGHT), ballot=form)
    bonus, penalty = Node("B", "B", Decimal(5), "bonus"), Node("D", "D", Decimal(5), "penalty")
    root = Node("R", "R", Decimal(100), "composite", children=(*groups, ballot, bonus, penalty))
    minimums: dict[str, Decimal | None] = {g: Decimal(m) for g, m in zip(GRADES, MINIMUMS, strict=False)}
    rules = (
        Rule("thresholds", minimums={**minimums, GRADES[-1]: None}),
        Rule("limit", grade=GRADES[0], share=SHARE, scope="category"),
    )
    return Plan("benchmark", "benchmark", root, CATEGORIES, GRADES, rules, tie_breakers=("E",))


def make_inputs(subjects: int) -> Inputs:
    rng = random.Random(subjects)
    return Inputs([_subject(rng, number) for number in range(subjects)])


def _subject(rng: random.Random, number: int) -> SubjectInput:
    low = rng.choice([120, 140, 160])
    marks = {code: [Mark("考核办", Decimal(rng.randint(low, 200)).scaleb(-2))] for code in MARKED}
    votes = {
        name: {str(answer): rng.randint(1, 5) for answer in rng.sample(range(60, 101), ANSWERS)} for name in CLASSES
    }
    events = {
        "B": [Event(value=Decimal(rng.choice(["1.5", "2"])), matter="同一事项") for _ in range(rng.randint(0, 2))],
        "D": [Event(value=Decimal("0.5"))] * rng.randint(0, 1),
    }
    return SubjectInput(f"S{number:05d}", CATEGORIES[number % 3], marks=marks, events=events, votes={"E": votes})

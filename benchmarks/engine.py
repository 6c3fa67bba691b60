"""How fast the engine scores and grades a round, beside a plain computation with fractions.

    python benchmarks/engine.py [subjects …]

The plan has 40 nodes: 30 marks in 6 composites, ballots, a bonus and a penalty, thresholds and a limit of 30 % per
category with tie-breakers. The comparison walks the tree with `Fraction`s for the totals alone: no checks of the
input, no grades, nothing to explain a figure with.
"""

from __future__ import annotations

import random
import sys
import time
from decimal import Decimal
from fractions import Fraction
from math import floor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scoring.engine import score, walk
from scoring.engine.types import (
    BallotForm,
    Event,
    Inputs,
    Mark,
    Node,
    Plan,
    Rule,
    SubjectInput,
    VoterClass,
)

CATEGORIES = ("甲类", "乙类", "丙类")
CLASSES = ("unit", "leader")


def make_plan() -> Plan:
    def mark(code: str) -> Node:
        return Node(code, code, Decimal(2), "marks")

    groups = tuple(
        Node(f"K{g}", f"K{g}", Decimal(10), "composite", children=tuple(mark(f"K{g}{i}") for i in range(5)))
        for g in range(6)
    )
    form = BallotForm(classes=tuple(VoterClass(name, name, Decimal(i + 1)) for i, name in enumerate(CLASSES)))
    ballot = Node("E", "E", Decimal(40), "ballot", ballot=form)
    bonus, penalty = Node("B", "B", Decimal(5), "bonus"), Node("D", "D", Decimal(5), "penalty")
    root = Node("R", "R", Decimal(100), "composite", children=(*groups, ballot, bonus, penalty))
    grades = ("优秀", "良好", "合格", "不合格")
    minimums = {"优秀": Decimal(80), "良好": Decimal(70), "合格": Decimal(60), "不合格": None}
    rules = (
        Rule("thresholds", minimums=minimums),
        Rule("limit", grade="优秀", share=Decimal("0.30"), scope="category"),
    )
    return Plan("benchmark", "benchmark", root, CATEGORIES, grades, rules, tie_breakers=("E",))


def make_inputs(plan: Plan, subjects: int) -> Inputs:
    rng = random.Random(subjects)
    marked = [node.code for node in walk(plan.root) if node.method == "marks"]
    return Inputs([_subject(rng, marked, number) for number in range(subjects)])


def _subject(rng: random.Random, marked: list[str], number: int) -> SubjectInput:
    marks = {code: [Mark("考核办", Decimal(rng.randint(120, 200)).scaleb(-2))] for code in marked}
    votes = {name: {str(rng.randint(60, 100)): rng.randint(1, 5) for _ in range(4)} for name in CLASSES}
    events = {
        "B": [Event(value=Decimal("1.5"), matter="同一事项")] * rng.randint(0, 2),
        "D": [Event(value=Decimal("0.5"))] * rng.randint(0, 1),
    }
    return SubjectInput(f"S{number:05d}", CATEGORIES[number % 3], marks=marks, events=events, votes={"E": votes})


def half_up(value: Fraction) -> Fraction:
    size = Fraction(floor(abs(value) * 100 + Fraction(1, 2)), 100)
    return size if value >= 0 else -size


def naive(node: Node, subject: SubjectInput) -> Fraction:
    """A node's score by the letter of the rules, for the benchmark's plan only."""
    if node.method == "marks":
        values = [Fraction(mark.value) for mark in subject.marks[node.code]]
        return half_up(sum(values, Fraction(0)) / len(values))
    if node.method == "ballot":
        total = weights = Fraction(0)
        for voter_class in node.ballot.classes if node.ballot else ():
            votes = [Fraction(a) for a, n in subject.votes["E"][voter_class.code].items() for _ in range(n)]
            total += Fraction(voter_class.weight) * sum(votes, Fraction(0)) / len(votes)
            weights += Fraction(voter_class.weight)
        return half_up(Fraction(node.points) * total / weights / 100)
    if node.method in ("bonus", "penalty"):
        highest: dict[object, Fraction] = {}
        for position, event in enumerate(subject.events[node.code]):
            matter = event.matter or position
            highest[matter] = max(highest.get(matter, Fraction(0)), Fraction(event.value or 0))
        amount = min(Fraction(node.points), sum(highest.values(), Fraction(0)))
        return half_up(amount if node.method == "bonus" else -amount)
    return half_up(sum((naive(child, subject) for child in node.children), Fraction(0)))


def timed(call):  # type: ignore[no-untyped-def]
    start = time.perf_counter()
    value = call()
    return time.perf_counter() - start, value


def main() -> None:
    plan = make_plan()
    print(f"{sum(1 for _node in walk(plan.root))} nodes")
    for subjects in map(int, sys.argv[1:] or ("5000",)):
        inputs = make_inputs(plan, subjects)
        engine, outcome = timed(lambda inputs=inputs: score(plan, inputs))
        plain, totals = timed(lambda inputs=inputs: [naive(plan.root, one) for one in inputs.subjects])
        same = totals == [Fraction(result.total) for result in outcome.results]
        said = "the same totals" if same else "OTHER TOTALS"
        print(f"{subjects:>7} subjects: engine {engine:6.2f} s, plain fractions {plain:6.2f} s, {said}")


if __name__ == "__main__":
    main()

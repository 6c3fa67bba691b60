"""Computes a whole round from a workbook, in exact fractions, independently of the application.

outcome = compute("round.xlsx")
outcome["001"].total, .rank, .category_rank, .grade (None: 不定等次), .scores["K1"], .changes, .flags
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor

from .book import NOT_APPLICABLE, read
from .grades import apply_rules
from .leaves import METHODS
from .plans import ADJUSTMENTS, BALLOT_METHODS, walk


@dataclass
class Result:
    """scores: node code → Fraction or "不适用"; a missing leaf counts 0 and is named in ``missing``."""

    subject: object
    root: str = "R"
    scores: dict = field(default_factory=dict)
    missing: set = field(default_factory=set)
    rank: int = 0
    category_rank: int = 0
    grade: str | None = None
    excluded: bool = False
    changes: list = field(default_factory=list)
    flags: list = field(default_factory=list)

    @property
    def total(self):
        return self.scores[self.root]


@dataclass
class Outcome:
    """results: subject code → Result, in the workbook's order; limits: one dict per limit and scope, in rule order."""

    book: object
    results: dict
    limits: list = field(default_factory=list)

    def __getitem__(self, code):
        return self.results[code]


def half_up(value, decimals):
    """Rounded to ``decimals``, a half going away from zero."""
    unit = 10**decimals
    size = Fraction(floor(abs(value) * unit + Fraction(1, 2)), unit)
    return -size if value < 0 else size


def weight(node):
    return Fraction(node["points"] if node["weight"] is None else node["weight"])


def drop(node, result):
    """The node and all below it are not applicable."""
    for below in walk(node):
        result.scores[below["code"]] = NOT_APPLICABLE
        result.missing.discard(below["code"])
    return NOT_APPLICABLE


def evaluate(book, result, node):
    """Score of a node (rounded) or 不适用; fills result.scores below it."""
    if (result.subject.code, node["code"]) in book.not_applicable:
        return drop(node, result)
    if node["children"]:
        score = evaluate_composite(book, result, node)
        if score == NOT_APPLICABLE:
            return drop(node, result)
    else:
        score = METHODS[node["method"]](book, result.subject, node)
        if score is None:
            result.missing.add(node["code"])
            score = Fraction(0)
    if node is book.plan["root"]:
        score = max(Fraction(0), score)
    result.scores[node["code"]] = half_up(score, book.plan["decimals"])
    return result.scores[node["code"]]


def evaluate_composite(book, result, node):
    weighted, weights, added = Fraction(0), Fraction(0), Fraction(0)
    for child in node["children"]:
        score = evaluate(book, result, child)
        if score == NOT_APPLICABLE:
            continue
        if child["method"] in ADJUSTMENTS:
            added += score
        elif weight(child) > 0:
            weighted += weight(child) * score / Fraction(child["points"])
            weights += weight(child)
    if not weights:
        return NOT_APPLICABLE
    return Fraction(node["points"]) * weighted / weights + added


def note_silent_classes(book, result):
    for node in walk(book.plan["root"]):
        if node["method"] in BALLOT_METHODS and result.scores[node["code"]] != NOT_APPLICABLE:
            for name in node["classes"]:
                if not sum(book.votes.get((result.subject.code, node["code"], name), {}).values()):
                    result.flags.append(f"no votes: {node['code']} {name}")


def give_ranks(results):
    """1 + how many have a higher total: overall and in the category."""
    overall = sorted(-one.total for one in results)
    inside = {}
    for one in results:
        inside.setdefault(one.subject.category, []).append(-one.total)
    inside = {category: sorted(totals) for category, totals in inside.items()}
    for one in results:
        one.rank = 1 + bisect_left(overall, -one.total)
        one.category_rank = 1 + bisect_left(inside[one.subject.category], -one.total)


def compute_book(book):
    results = []
    for subject in book.subjects:
        result = Result(subject, book.plan["root"]["code"])
        if evaluate(book, result, book.plan["root"]) == NOT_APPLICABLE:
            raise ValueError(f"nothing is applicable to {subject.code}")
        note_silent_classes(book, result)
        results.append(result)
    give_ranks(results)
    outcome = Outcome(book, {result.subject.code: result for result in results})
    apply_rules(outcome)
    return outcome


def compute(path, plan=None):
    """The outcome of the workbook at ``path``, by ``plan`` if it is none of those that ship."""
    return compute_book(read(path, plan))


__all__ = ["Outcome", "Result", "compute", "compute_book", "half_up"]

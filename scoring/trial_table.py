"""What the trial page shows of a trial: its summary, the counts of grades, and the lines filtered and sorted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from reviews.tree import Tree

from . import words
from .engine.types import LimitReport, Node, Plan
from .ranking import Cell, Head, head
from .trial import Line, Standing, Trial, Why
from .trial_effects import Change
from .trial_forms import DOWN, OUT, REGRADED, UP, TrialFilter

MOVERS = 5  # that are named above the table, each way


@dataclass(frozen=True, slots=True)
class Row:
    """A line with the ranks that the plan speaks of: overall, or in the category."""

    place: int  # among the trial's lines
    line: Line
    old_rank: int | None
    rank: int | None
    cause: str = ""  # title of the leaf that sets it most apart

    @property
    def move(self) -> int | None:
        """Places won (above 0) or lost."""
        return None if self.old_rank is None or self.rank is None else self.old_rank - self.rank

    @property
    def difference(self) -> Decimal | None:
        """Of the totals."""
        old, new = self.line.old, self.line.new
        return None if old is None or new is None else new.total - old.total


def rows(trial: Trial, plan: Plan, old: Plan) -> list[Row]:
    """A row for each line. `old` is the plan compared with."""
    own = plan.ranking == "category"
    titles = {node.code: node.title for each in (old, plan) for node in Tree(each).nodes.values()}

    def rank(standing: Standing | None) -> int | None:
        return None if standing is None else (standing.category_rank if own else standing.rank)

    return [
        Row(place, line, rank(line.old), rank(line.new), titles[line.cause.code] if line.cause else "")
        for place, line in enumerate(trial.lines)
    ]


# ------------------------------------------------------------------------------ the summary


@dataclass(frozen=True, slots=True)
class Summary:
    subjects: int
    better: int  # by grade
    worse: int
    regraded: int  # the two and those who had none, or have none now
    moved: int
    out: int
    up: tuple[Row, ...]
    down: tuple[Row, ...]


def summary(found: Sequence[Row], plan: Plan) -> Summary:
    place = {grade: n for n, grade in enumerate(plan.grades)}
    steps = Counter(_step(row.line, place) for row in found if row.line.regraded)
    moving = [row for row in found if row.move]
    moving.sort(key=lambda row: -abs(row.move or 0))  # the order of the subjects stays between equals
    return Summary(
        subjects=len(found),
        better=steps[1],
        worse=steps[-1],
        regraded=sum(steps.values()),
        moved=len(moving),
        out=sum(row.line.new is None for row in found),
        up=tuple(row for row in moving if (row.move or 0) > 0)[:MOVERS],
        down=tuple(row for row in moving if (row.move or 0) < 0)[:MOVERS],
    )


def _step(line: Line, place: dict[str, int]) -> int:
    """1 for a better grade, -1 for a lower one, 0 where one of the two is none or not of this plan."""
    old = place.get((line.old and line.old.grade) or "")
    new = place.get((line.new and line.new.grade) or "")
    if old is None or new is None or old == new:
        return 0
    return 1 if new < old else -1


def grade_table(trial: Trial, plan: Plan) -> list[dict[str, Any]]:
    """For all and for each category: how many held each grade and would hold it, best grade first, none last."""
    old: dict[str, Counter[str]] = {}
    new: dict[str, Counter[str]] = {}
    for line in trial.lines:
        for held, standing in ((old, line.old), (new, line.new)):
            counts = held.setdefault(line.category, Counter())
            if standing is not None:
                counts[standing.grade or ""] += 1
    used = {grade for counts in (*old.values(), *new.values()) for grade in counts}
    grades = [*plan.grades, *sorted(used - {*plan.grades, ""}), *([""] if "" in used else [])]
    parts = [("", list(new))] + ([(category, [category]) for category in new] if len(new) > 1 else [])
    return [
        {"category": title, "grades": [_held(grade, categories, old, new, trial.compared) for grade in grades]}
        for title, categories in parts
    ]


def _held(
    grade: str, categories: list[str], old: dict[str, Counter[str]], new: dict[str, Counter[str]], compared: bool
) -> dict[str, Any]:
    before, after = sum(old[c][grade] for c in categories), sum(new[c][grade] for c in categories)
    return {"grade": grade, "old": before if compared else None, "new": after, "difference": after - before}


def limit_rows(limits: Iterable[LimitReport], plan: Plan) -> list[dict[str, Any]]:
    """Rule by rule, the categories in the plan's order."""
    places = {title: n for n, title in enumerate(plan.categories)}
    ordered = sorted(limits, key=lambda report: (report.rule, places.get(report.scope, len(places))))
    return [
        {"report": report, "scope": report.scope or _("all"), "words": words.limit(report, plan)} for report in ordered
    ]


# ------------------------------------------------------------------------------ the lines


def filtered(found: Iterable[Row], form: TrialFilter) -> list[Row]:
    category, show, searched = form.wanted("category"), form.wanted("show"), form.wanted("q").lower().split()
    return [
        row
        for row in found
        if (not category or row.line.category == category)
        and _shown(row, show)
        and all(word in f"{row.line.name} {row.line.key} {row.line.group}".lower() for word in searched)
    ]


def _shown(row: Row, show: str) -> bool:
    if show == REGRADED:
        return row.line.regraded
    if show == OUT:
        return row.line.new is None
    move = row.move or 0
    return move > 0 if show == UP else move < 0 if show == DOWN else True


def in_order(found: Iterable[Row], plan: Plan, sort: str) -> list[Row]:
    """Sorted by a key of the heads, "-" before it for descending; who has no figure comes last."""
    places = {title: n for n, title in enumerate(plan.categories)} if plan.ranking == "category" else {}
    ranked = sorted(
        found,
        key=lambda row: (
            places.get(row.line.category, len(places)),
            row.rank is None,
            row.rank or 0,
            row.old_rank or 0,
            row.place,
        ),
    )
    descending, key = sort.startswith("-"), sort.removeprefix("-")
    if key not in SORTS:
        return ranked
    values = [(_sort_value(row, key, plan), row) for row in ranked]
    known = sorted((pair for pair in values if pair[0] is not None), key=lambda pair: pair[0], reverse=descending)
    return [row for _value, row in known] + [row for value, row in values if value is None]


def _sort_value(row: Row, key: str, plan: Plan) -> Any:
    """None: nothing to sort by."""
    if key != "grade":
        return SORTS[key](row)
    grade = row.line.new.grade if row.line.new else None
    return plan.grades.index(grade) if grade else None


SORTS: dict[str, Any] = {
    "rank": lambda row: row.rank,
    "old_rank": lambda row: row.old_rank,
    "move": lambda row: row.move,
    "name": lambda row: row.line.name or row.line.key,
    "code": lambda row: row.line.key,
    "category": lambda row: row.line.category,
    "old_total": lambda row: row.line.old and row.line.old.total,
    "total": lambda row: row.line.new and row.line.new.total,
    "difference": lambda row: row.difference,
    "grade": None,
}
NUMBERS = {"rank", "old_rank", "move", "old_total", "total", "difference"}
WIDE = {"code", "category", "old_rank", "old_total", "total", "difference"}
COMPARED = {"old_rank", "move", "old_total", "difference"}


def heads(sort: str, *, compared: bool, by_category: bool) -> list[Head]:
    rank = _("Rank in category") if by_category else _("Rank")
    labels = {
        "rank": rank,
        "name": _("Subject"),
        "code": _("Code"),
        "category": _("Category"),
        "old_rank": _("Old rank"),
        "move": pgettext("ranks", "Move"),
        "old_total": _("Old total"),
        "total": _("Total score"),
        "difference": _("Difference"),
        "grade": _("Grade"),
    }
    downwards = {"move", "old_total", "total", "difference"}
    return [
        head(key, label, sort, key in NUMBERS, key in WIDE, best_first=key in downwards)
        for key, label in labels.items()
        if compared or key not in COMPARED
    ]


# ------------------------------------------------------------------------------ one subject


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A node's figures beside each other, at its place in the tree of one of the plans."""

    change: Change
    node: Node | None  # of the new plan
    old_node: Node | None
    depth: int
    average: Decimal  # effect on all subjects
    is_cause: bool

    @property
    def title(self) -> str:
        node = self.node or self.old_node
        return node.title if node else ""

    @property
    def old(self) -> Cell:
        return Cell(self.change.old, self.change.old_status, incomplete=False)

    @property
    def new(self) -> Cell:
        return Cell(self.change.new, self.change.new_status, incomplete=False)


def change_rows(line: Line, why: Why, averages: Mapping[str, Decimal], old: Plan, new: Plan) -> list[ChangeRow]:
    """In the order of the new plan's tree; what it lacks comes last."""
    then, now = Tree(old), Tree(new)
    cause = line.cause.code if line.cause else None
    order = {code: place for place, code in enumerate(dict.fromkeys((*now.nodes, *then.nodes)))}
    return [
        ChangeRow(
            change,
            now.get(change.code),
            then.get(change.code),
            min(6, (now if change.code in now.nodes else then).depths[change.code]),
            averages.get(change.code, Decimal(0)),
            change.code == cause,
        )
        for change in sorted(why.changes, key=lambda change: order[change.code])
    ]

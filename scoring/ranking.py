"""The lines of the ranking table: filtered, sorted and paged by the database, drawn from documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, F, IntegerField, OrderBy, QuerySet, Value, When

from .engine.types import Node, Plan, Status
from .forms import RankingFilter
from .models import Computation, SubjectResult
from .own_unit import holds_own_marks
from .queries import NO_GRADE, flagged, in_order, searched, shown_total, tied_codes, with_score

SCORE = "score."  # a sort key of a node: "score.K"
FIELDS = {
    "rank": "rank",
    "category_rank": "category_rank",
    "code": "subject__code",
    "name": "subject__name",
    "category": "subject__category",
    "total": "total",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One node's score in a line: a value, or the status in its place. Missing is never 0."""

    value: Decimal | None
    status: str
    incomplete: bool


@dataclass(frozen=True, slots=True)
class Line:
    row: SubjectResult
    total: Decimal
    cells: tuple[Cell, ...]
    tied: bool
    linked: bool  # whether this account may open it
    own_unit: bool = False  # an assessor marked its own unit in some figure

    @property
    def subject(self) -> Any:
        return self.row.subject


def columns(plan: Plan) -> tuple[Node, ...]:
    """The nodes whose scores stand in the table: the root's children."""
    return plan.root.children


def select(computation: Computation, plan: Plan, form: RankingFilter, sort: str) -> QuerySet[SubjectResult]:
    """The rows that the filter leaves, in the order asked for."""
    rows = SubjectResult.objects.filter(computation=computation)
    if category := form.wanted("category"):
        rows = rows.filter(subject__category=category)
    if grade := form.wanted("grade"):
        rows = rows.filter(grade="" if grade == NO_GRADE else grade)
    rows = flagged(rows, form.wanted("flag"), computation)
    return sort_by(searched(rows, form.wanted("q")), plan, sort)


def sort_by(rows: QuerySet[SubjectResult], plan: Plan, sort: str) -> QuerySet[SubjectResult]:
    """`sort` is a key of FIELDS, "grade" or "score.CODE", with "-" before it for descending.

    Anything else is the ranking's own order, which also decides between equals.
    """
    descending, key = sort.startswith("-"), sort.removeprefix("-")
    if key == "grade":
        places = [When(grade=grade, then=Value(n)) for n, grade in enumerate(plan.grades)]
        rows = rows.alias(sorted_grade=Case(*places, default=Value(len(places)), output_field=IntegerField()))
        first: str = "sorted_grade"
    elif key.startswith(SCORE) and key.removeprefix(SCORE) in {node.code for node in columns(plan)}:
        rows = with_score(rows, key.removeprefix(SCORE))
        first = "sorted_score"
    elif key in FIELDS:
        first = FIELDS[key]
    else:
        return in_order(rows, plan)
    # Without a score comes last, whichever way the others go.
    order = OrderBy(F(first), descending=descending, nulls_last=True)
    return rows.order_by(order, "rank", "subject__order", "subject__code")


def lines(
    rows: Iterable[SubjectResult],
    plan: Plan,
    computation: Computation,
    opens: Any,
    own: Mapping[int, Mapping[str, frozenset[str]]],
) -> Iterator[Line]:
    """`opens(subject)` says whether this account may open a line; `own` whose marks are for the own unit."""
    codes = [node.code for node in columns(plan)]
    tied = tied_codes(computation)
    for row in rows:
        scores = row.document["scores"]
        yield Line(
            row=row,
            total=shown_total(row, plan),
            cells=tuple(_cell(scores.get(code)) for code in codes),
            tied=row.subject.code in tied,
            linked=opens(row.subject),
            own_unit=holds_own_marks(scores, own.get(row.subject_id, {})),
        )


def _cell(part: list[Any] | None) -> Cell:
    if part is None:
        return Cell(None, Status.NOT_APPLICABLE, incomplete=False)
    status, value, incomplete, _detail = part
    return Cell(None if value is None else Decimal(value), status, bool(incomplete))


@dataclass(frozen=True, slots=True)
class Head:
    """A column's heading: clicking sorts by it, clicking again turns the order round."""

    key: str
    label: Any
    number: bool
    wide: bool = False  # left out on a phone
    title: str = ""
    sort: str = ""  # what a click asks for
    direction: str = ""  # aria-sort: "ascending", "descending" or ""


def heads(plan: Plan, labels: dict[str, Any], sort: str, *, scores: bool) -> list[Head]:
    number = {"rank", "category_rank", "total"}
    wide = {"category_rank", "code", "category"}
    keys = ["rank", "name", "code", "category", "category_rank"]
    found = [head(key, labels[key], sort, key in number, key in wide) for key in keys]
    if scores:
        found += [
            head(f"{SCORE}{node.code}", node.title, sort, number=True, wide=True, title=node.code)
            for node in columns(plan)
        ]
    found += [head(key, labels[key], sort, key in number, wide=False) for key in ("total", "grade")]
    return found


def head(
    key: str, label: Any, sort: str, number: bool, wide: bool, title: str = "", best_first: bool | None = None
) -> Head:
    """`best_first`: a first click sorts downwards, as with scores."""
    if best_first is None:
        best_first = key == "total" or key.startswith(SCORE)
    now = sort or "rank"
    if now.removeprefix("-") != key:
        return Head(key, label, number, wide, title, f"-{key}" if best_first else key)
    turned = now.removeprefix("-") if now.startswith("-") else f"-{key}"
    return Head(key, label, number, wide, title, turned, "descending" if now.startswith("-") else "ascending")

"""Reading stored results. Nothing here computes a score."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, DecimalField, Func, IntegerField, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast

from reviews.models import Event, EventStatus, GradeDecision, Round
from units.access import PUBLISHED
from units.models import Role, User

from . import documents
from .engine import ENGINE_VERSION
from .engine.types import LimitReport, Plan, Result
from .load import earlier_computations
from .models import Computation, SubjectResult

TIED, FLAGGED, INCOMPLETE, NO_GRADE, DECIDED = "tie", "flagged", "missing", "none", "decided"


@dataclass(frozen=True, slots=True)
class StoredResult:
    """A stored row with its subject, and the engine's result rebuilt from its document."""

    row: SubjectResult
    result: Result

    @property
    def subject(self) -> Any:
        return self.row.subject


def current_computation(round: Round) -> Computation | None:  # noqa: A002
    return Computation.objects.filter(round=round, is_current=True).select_related("computed_by").first()


def is_stale(computation: Computation, round: Round) -> bool:  # noqa: A002
    """Whether something it was computed from has changed since: the inputs, the engine, or the
    result of an earlier round that it read. A published result is frozen and never stale."""
    if round.phase in PUBLISHED:
        return False
    if computation.input_version != round.input_version or computation.engine_version != ENGINE_VERSION:
        return True
    return bool(computation.summary.get("earlier", {}) != earlier_computations(round))


def read_results(computation: Computation) -> list[StoredResult]:
    """All results by rank, then the subjects' order. One query."""
    reports = limits(computation)
    rows = (
        SubjectResult.objects.filter(computation=computation)
        .select_related("subject")
        .order_by("rank", "subject__order", "subject__code")
    )
    return [StoredResult(row, documents.decode(row.document, reports)) for row in rows.iterator(chunk_size=500)]


def limits(computation: Computation) -> list[LimitReport]:
    """The arithmetic of every limit and distribution, in the order of the plan's rules. No query."""
    return [documents.decode_limit(each) for each in computation.summary.get("limits", [])]


# ---------------------------------------------------------------- the ranking table


def in_order(results: QuerySet[SubjectResult], plan: Plan) -> QuerySet[SubjectResult]:
    """By rank; category by category, in the plan's order, where the plan ranks per category."""
    if plan.ranking != "category":
        return results.order_by("rank", "subject__order", "subject__code")
    places = [When(subject__category=title, then=Value(n)) for n, title in enumerate(plan.categories)]
    place = Case(*places, default=Value(len(places)), output_field=IntegerField())
    return results.alias(place=place).order_by(
        "place", "subject__category", "category_rank", "subject__order", "subject__code"
    )


def with_score(results: QuerySet[SubjectResult], code: str) -> QuerySet[SubjectResult]:
    """`sorted_score`: the score of one node, read by the database; NULL where there is none."""
    value = Cast(_NodeValue("document", code), DecimalField(max_digits=15, decimal_places=6))
    return results.alias(sorted_score=value)


class _NodeValue(Func):
    """The score of one node out of a result's document; it stands second in the node's list.

    Django's own key transforms read a code of digits only as a place in a list, which "scores" is not.
    """

    output_field = TextField()

    def __init__(self, document: str, code: str) -> None:
        super().__init__(document)
        self.code = code

    def as_sqlite(self, compiler: Any, connection: Any, **_context: Any) -> Any:
        # Escaped as it is stored: SQLite compares names as they are written.
        path = f"$.scores.{json.dumps(self.code)}[1]"
        sql, params = compiler.compile(self.source_expressions[0])
        return f"JSON_EXTRACT({sql}, %s)", (*params, path)

    def as_postgresql(self, compiler: Any, connection: Any, **_context: Any) -> Any:
        sql, params = compiler.compile(self.source_expressions[0])
        return f"({sql} #>> %s::text[])", (*params, ["scores", self.code, "1"])


def searched(results: QuerySet[SubjectResult], words: str) -> QuerySet[SubjectResult]:
    """Those whose code, name or group holds every one of the words."""
    for word in words.split():
        results = results.filter(
            Q(subject__name__icontains=word) | Q(subject__code__icontains=word) | Q(subject__group__icontains=word)
        )
    return results


def flagged(results: QuerySet[SubjectResult], flag: str, computation: Computation) -> QuerySet[SubjectResult]:
    if flag == INCOMPLETE:
        return results.filter(is_incomplete=True)
    if flag == TIED:
        return results.filter(subject__code__in=sorted(tied_codes(computation)))
    if flag == DECIDED:
        return results.filter(subject__grade_decision__isnull=False)
    return results.filter(is_flagged=True) if flag == FLAGGED else results


def tied_codes(computation: Computation) -> set[str]:
    """Codes of the subjects whose tie at a limit waits for the committee."""
    return {code for report in limits(computation) for code in report.tied}


def left_open(computation: Computation) -> dict[str, int]:
    """What announcing would leave as it is: `ties`, the tied subjects without a decision of the committee,
    and `events`, those that wait for approval and therefore do not count. Two queries."""
    round_ = computation.round_id
    decided = GradeDecision.objects.filter(subject__round=round_).values_list("subject__code", flat=True)
    return {
        "ties": len(tied_codes(computation).difference(decided)),
        "events": Event.objects.filter(subject__round=round_, status=EventStatus.PENDING).count(),
    }


# ---------------------------------------------------------------- one subject


def neighbours(row: SubjectResult, plan: Plan) -> tuple[int | None, int | None]:
    """Subject ids before and after this one in the ranking's order (None at the ends). One query."""
    ordered = in_order(SubjectResult.objects.filter(computation=row.computation_id), plan)
    ids = list(ordered.values_list("subject_id", flat=True))
    here = ids.index(row.subject_id)
    return (
        ids[here - 1] if here else None,
        ids[here + 1] if here + 1 < len(ids) else None,
    )


def own_results(user: User) -> QuerySet[SubjectResult]:
    """The published results of the units and people this account answers for, newest round first."""
    mine = Q(pk__in=[])
    for grant in user.grants:
        if grant.role != Role.SUBJECT:
            continue
        if grant.person_id is not None:
            mine |= Q(subject__person=grant.person_id)
        elif grant.unit_id is not None:
            mine |= Q(subject__unit=grant.unit_id)
    return (
        SubjectResult.objects.filter(mine, computation__is_current=True, computation__round__phase__in=PUBLISHED)
        .select_related("subject", "computation__round__plan_version__plan")
        .defer("document", "computation__summary")
        .order_by("-computation__round__opened_at", "-computation__round_id", "subject__order")
    )


def shown_total(row: SubjectResult, plan: Plan) -> Decimal:
    return row.total.quantize(Decimal(1).scaleb(-plan.decimals))


def subjects_by_code(computation: Computation) -> dict[str, SubjectResult]:
    """The rows, without their documents, of all subjects that some limit names. One query."""
    codes = {code for report in limits(computation) for code in (*report.holders, *report.cut, *report.tied)}
    if not codes:
        return {}
    rows = SubjectResult.objects.filter(computation=computation).select_related("subject").defer("document")
    return {row.subject.code: row for row in rows if row.subject.code in codes}

"""Where the subjects of a computed round stand, without the documents of their scores.

Selections and payouts read whole rounds; of 5,000 subjects they need totals, ranks and grades, and of the scores the
tie-breakers at most.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from appraisal_site.lib.fields import canonical

from . import documents
from .engine.types import NodeScore, Outcome, Plan, Result
from .models import Computation, SubjectResult
from .queries import in_order


@dataclass(frozen=True, slots=True)
class Standing:
    pk: int
    code: str
    name: str
    category: str
    unit: int | None  # the subject's own, or the unit that a person works in
    unit_name: str
    unit_order: int
    own_unit: int | None  # only where the subject is that unit
    person: int | None
    total: Decimal
    rank: int
    category_rank: int
    grade: str | None


def read_standings(computation: Computation, plan: Plan, only: int | None = None) -> list[Standing]:
    """All subjects of a computation in the ranking's order, or `only` one of them. One query."""
    results = SubjectResult.objects.filter(computation=computation)
    if only is not None:
        results = results.filter(subject=only)
    rows = in_order(results, plan).values_list(
        "subject_id",
        "subject__code",
        "subject__name",
        "subject__category",
        "subject__unit_id",
        "subject__unit__name",
        "subject__unit__order",
        "subject__person_id",
        "subject__person__unit_id",
        "subject__person__unit__name",
        "subject__person__unit__order",
        "total",
        "rank",
        "category_rank",
        "grade",
    )
    places = Decimal(1).scaleb(-plan.decimals)
    return [
        Standing(
            pk=pk,
            code=code,
            name=name,
            category=category,
            unit=unit if unit is not None else persons_unit,
            unit_name=unit_name or persons_unit_name or "",
            unit_order=unit_order if unit_order is not None else persons_unit_order or 0,
            own_unit=unit,
            person=person,
            total=Decimal(canonical(total)).quantize(places),
            rank=rank,
            category_rank=category_rank,
            grade=grade or None,
        )
        for (
            pk,
            code,
            name,
            category,
            unit,
            unit_name,
            unit_order,
            person,
            persons_unit,
            persons_unit_name,
            persons_unit_order,
            total,
            rank,
            category_rank,
            grade,
        ) in rows.iterator(chunk_size=5000)
    ]


def tie_breaking_scores(computation: Computation, plan: Plan) -> dict[int, dict[str, NodeScore]]:
    """Subject → its scores of the plan's tie-breakers. One query; none where totals alone decide."""
    if not plan.tie_breakers:
        return {}
    rows = SubjectResult.objects.filter(computation=computation).values_list("subject_id", "document")
    return {
        pk: {code: documents.decode_score(document["scores"][code]) for code in plan.tie_breakers}
        for pk, document in rows.iterator(chunk_size=500)
    }


def outcome_of(
    plan: Plan,
    standings: Iterable[Standing],
    scores: Mapping[int, Mapping[str, NodeScore]] | None = None,
    keys: Mapping[int, str] | None = None,
) -> Outcome:
    """What the engine's selections read. `keys` names subjects otherwise than by code, and leaves out the rest."""
    results = []
    for standing in standings:
        key = standing.code if keys is None else keys.get(standing.pk)
        if key is None:
            continue
        results.append(
            Result(
                subject=key,
                total=standing.total,
                rank=standing.rank,
                category_rank=standing.category_rank,
                grade=standing.grade,
                scores=(scores or {}).get(standing.pk, {}),
            )
        )
    return Outcome(plan=plan, results=tuple(results))

"""Samples of on-site verification with how far they are, the records of a sample, and what a subject sees of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Count, Q, QuerySet

from reviews.models import Conclusion, Evidence, EvidenceKind, Inspection, Round, Sampling
from units import access


def samplings_of(round_: Round) -> QuerySet[Sampling]:
    """The samples of a round, newest first, with numbers: `visits`, `done`, `bad` and `subject_count`. One query."""
    bad = [Conclusion.PARTLY, Conclusion.FALSE]
    return (
        Sampling.objects.filter(round=round_)
        .select_related("made_by")
        .defer("population", "spared", "drawn")
        .annotate(
            visits=Count("inspections"),
            done=Count("inspections", filter=~Q(inspections__conclusion="")),
            bad=Count("inspections", filter=Q(inspections__conclusion__in=bad)),
            subject_count=Count("inspections__subject", distinct=True),
        )
        .order_by("-number")
    )


def records_of(sampling: Sampling) -> QuerySet[Inspection]:
    """The records of a sample in the order drawn."""
    found = Inspection.objects.filter(sampling=sampling).select_related("subject", "event", "updated_by")
    return found.order_by("order", "pk")


def records_seen_by(user: Any, round_: Round) -> list[Inspection]:
    """The finished records of the account's own unit or person that it may see now. One query."""
    units, people = access.own_keys(user)
    own = Q(subject__person__in=people) | Q(subject__unit__in=units)
    found = Inspection.objects.filter(own, sampling__round=round_).exclude(conclusion="")
    if round_.phase not in access.PUBLISHED:
        found = found.filter(sampling__shown=True)
    rows = found.select_related("subject", "sampling", "event").order_by("sampling__number", "order")
    return [one for one in rows if access.is_own(user, one.subject)]


def file_counts(round_: Round, subject_ids: Collection[int]) -> dict[tuple[int, str], int]:
    """(subject, indicator) → number of files beside its visits, for those that have any. One query."""
    rows = (
        Evidence.objects.filter(
            round=round_, kind=EvidenceKind.INSPECTION, subject__in=subject_ids, withdrawn_at__isnull=True
        )
        .order_by()
        .values_list("subject_id", "indicator")
        .annotate(number=Count("pk"))
    )
    return {(pk, code): number for pk, code, number in rows if pk is not None}

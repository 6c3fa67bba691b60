"""What reports of a round have in common, as last compared, for somebody who may read both of a pair."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q

from reviews.models import DutyReviewer, DutySimilarity, DutySubmission, Round
from units import access
from units.models import User

from .duty_reports import reviewed_by

NOTABLE = 200  # in thousandths: from here on a pair is marked in lists


@dataclass(frozen=True, slots=True)
class Shares:
    """One report's closest: share of it that stands in the other one, which that is, and how many are notable."""

    share: Decimal
    other: int
    notable: int

    @property
    def is_notable(self) -> bool:
        return bool(self.notable)


@dataclass(frozen=True, slots=True)
class PairView:
    left: DutySubmission
    right: DutySubmission
    left_share: Decimal
    right_share: Decimal
    common: int
    longest: int
    is_earlier: bool  # the right one is of the round before

    @property
    def same_subject(self) -> bool:
        """Somebody's report and that same person's of the year before."""
        left, right = self.left.report.subject, self.right.report.subject
        if left.person_id is not None:
            return left.person_id == right.person_id
        return left.unit_id is not None and left.unit_id == right.unit_id

    @property
    def is_notable(self) -> bool:
        return max(self.left_share, self.right_share) * 1000 >= NOTABLE


def similarity_of(round_: Round) -> DutySimilarity | None:
    found = DutySimilarity.objects.filter(round=round_)
    return found.select_related("earlier_round", "created_by").first()


def shares_of(round_: Round) -> dict[int, Shares]:
    """Hand-in → what it has most in common with. One query."""
    found = DutySimilarity.objects.filter(round=round_).values_list("pairs", flat=True).first() or []
    best: dict[int, tuple[int, int]] = {}
    notable: dict[int, int] = {}
    for pair in found:
        for own, other, share in (
            (pair["left"], pair["right"], pair["left_share"]),
            (pair["right"], pair["left"], pair["right_share"]),
        ):
            if share > best.get(own, (-1, 0))[0]:
                best[own] = (share, other)
            notable[own] = notable.get(own, 0) + (share >= NOTABLE)
    return {key: Shares(_share(share), other, notable[key]) for key, (share, other) in best.items()}


def _share(thousandths: int) -> Decimal:
    return Decimal(thousandths) / 1000


def is_behind(similarity: DutySimilarity, current: Iterable[int]) -> int:
    """How many reports came in or were revised since they were compared."""
    return len(set(current) - set(similarity.compared))


def readable_pairs(
    user: User | Any, round_: Round, reviewers: Sequence[DutyReviewer], similarity: DutySimilarity
) -> list[dict[str, int]]:
    """The pairs of which this account may read both reports. At most two queries.

    Who is named for some sees pairs among those; reports of the year before are for those who see all.
    """
    if access.may_see_all_duty_reports(user):
        units, people = access.own_keys(user)
        if not units and not people:
            return list(similarity.pairs)
        # Whoever sees all is still no reader of others' reports beside an own one.
        own = Q(report__subject__person__in=people) | Q(report__subject__unit__in=units)
        barred = set(DutySubmission.objects.filter(own).values_list("pk", flat=True))
        return [pair for pair in similarity.pairs if pair["left"] not in barred and pair["right"] not in barred]
    subjects = reviewed_by(round_, user, reviewers).values("pk")
    mine = set(DutySubmission.objects.filter(report__subject__in=subjects).values_list("pk", flat=True))
    return [pair for pair in similarity.pairs if {pair["left"], pair["right"]} <= mine]


def pair_views(pairs: Sequence[dict[str, int]], similarity: DutySimilarity) -> list[PairView]:
    """Pairs with their hand-ins; those that are no longer there are left out. One query."""
    wanted = {pair[side] for pair in pairs for side in ("left", "right")}
    found = DutySubmission.objects.filter(pk__in=wanted).select_related("report__subject__round")
    rows = {row.pk: row for row in found.defer("texts", "parts")}
    earlier = set(similarity.earlier)
    return [
        PairView(
            rows[pair["left"]],
            rows[pair["right"]],
            _share(pair["left_share"]),
            _share(pair["right_share"]),
            pair["common"],
            pair["longest"],
            pair["right"] in earlier,
        )
        for pair in pairs
        if pair["left"] in rows and pair["right"] in rows
    ]

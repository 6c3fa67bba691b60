"""The registry of leaf methods. A new method is a module with its scorer and an entry here."""

from __future__ import annotations

from .base import Method, Report, Scorer
from .carried import CARRIED
from .events import BONUS, DEDUCT, INSPECTION, PENALTY
from .marks import MARKS
from .measures import ATTAINMENT, PER_UNIT, RANK_POINTS, RATIO_TO_BEST
from .votes import BALLOT, BALLOT_DEDUCT, RANK_BAND

METHODS: dict[str, Method] = {
    method.key: method
    for method in (
        MARKS,
        DEDUCT,
        BONUS,
        PENALTY,
        INSPECTION,
        ATTAINMENT,
        BALLOT,
        RANK_BAND,
        BALLOT_DEDUCT,
        CARRIED,
        RANK_POINTS,
        RATIO_TO_BEST,
        PER_UNIT,
    )
}
ADJUSTMENTS = frozenset(method.key for method in METHODS.values() if method.adjustment)

__all__ = ["ADJUSTMENTS", "METHODS", "Method", "Report", "Scorer"]

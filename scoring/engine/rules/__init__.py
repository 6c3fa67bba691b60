"""The registry of grade rules. A new rule is an entry here, made of its words, its check and its effect."""

from __future__ import annotations

from .base import Grading, RuleKind
from .distribution import DISTRIBUTE
from .limits import LIMIT, LIMIT_WITHIN
from .simple import CAP, EXCLUDE, FLOOR_GRADE, LOWER, SET, THRESHOLDS

RULES: dict[str, RuleKind] = {
    kind.key: kind for kind in (EXCLUDE, THRESHOLDS, DISTRIBUTE, FLOOR_GRADE, CAP, SET, LOWER, LIMIT, LIMIT_WITHIN)
}

__all__ = ["RULES", "Grading", "RuleKind"]

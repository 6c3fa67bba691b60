"""The rules by which a round is computed, in plain Python: no Django, no database.

`score(plan, inputs) -> Outcome` is the one call that computes; `check_inputs` only says what it would refuse, and
`check_plan` whether a plan can be computed with. `METHODS` and `RULES` are the registries of leaf methods and grade
rules, and the `explain_*` and `*_words` functions say in words what a plan means and why a figure or a grade is what
it is.
"""

from .check import check_plan
from .compute import check_inputs, score, walk
from .eligibility import Consequence, consequences, has_consequences
from .explain import (
    explain_flag,
    explain_limit,
    explain_reason,
    explain_score,
    method_title,
    method_words,
    rule_title,
    rule_words,
)
from .methods import ADJUSTMENTS, METHODS
from .rules import RULES

# Changes whenever the same plan and inputs could give another outcome.
ENGINE_VERSION = "3"

__all__ = [
    "ADJUSTMENTS",
    "ENGINE_VERSION",
    "METHODS",
    "RULES",
    "Consequence",
    "check_inputs",
    "check_plan",
    "consequences",
    "explain_flag",
    "explain_limit",
    "explain_reason",
    "explain_score",
    "has_consequences",
    "method_title",
    "method_words",
    "rule_title",
    "rule_words",
    "score",
    "walk",
]

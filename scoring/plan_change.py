"""What a change of a running round means for its result: would the engine take the inputs under another plan, and what
becomes of the results that were stored."""

from __future__ import annotations

from indicators.rendering import render
from indicators.services import engine_plan
from reviews.models import Round

from .engine import check_inputs
from .load import load_inputs
from .models import Computation


def refused(round_: Round) -> list[str]:
    """Every input of the round that the plan it has now would not take, in words."""
    plan = engine_plan(round_.plan_version)
    errors = check_inputs(plan, load_inputs(round_, plan))
    return [" ".join(part for part in (error.subject, error.code, render(error.text)) if part) for error in errors]


def set_aside(round_: Round) -> None:
    """A result is read with the plan that it was computed by: none is current until the round is computed again."""
    round_.computations.filter(is_current=True).update(is_current=False)


def forget(round_id: int) -> None:
    """A vote is annulled: the tallies in the stored results of the round go with it."""
    Computation.objects.filter(round=round_id).delete()

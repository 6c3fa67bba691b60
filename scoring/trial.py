"""A dry run: a plan that is not in use yet, computed on a round's inputs or on made-up ones, beside the result that is.

Nothing is stored in the round, and nothing locks it. A `Trial` is plain data: who stands where before and after, what
moved each of them, and what had to be left out or assumed. Reasons and errors are engine texts, so that a kept trial
can be shown in any language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from indicators.services import engine_plan
from reviews.models import Round

from . import documents
from .engine import score
from .engine.text import gettext_noop as _
from .engine.types import InputErrors, Inputs, LimitReport, Outcome, Plan, Reason, Result, Text
from .generated import generate
from .load import load_inputs
from .models import SubjectResult
from .queries import current_computation, is_stale
from .trial_effects import Cause, Change, Factors, Figures, averages, changes, finest, main_cause
from .trial_fit import Choices, Fitted, Note, fit

CHANGES = 20  # that are kept of one subject: those with the greatest effect on its total
READS = 3  # tries to read a round while its inputs are being changed


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a subject stands by one of the two plans."""

    total: Decimal
    rank: int
    category_rank: int
    grade: str | None
    incomplete: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One subject. `old` is None where there is nothing to compare with, `new` where it is left out.

    `cause`: what sets the subject's change of the total most apart from that of the others.
    """

    key: str
    name: str
    category: str
    group: str
    old: Standing | None
    new: Standing | None
    cause: Cause | None = None

    @property
    def regraded(self) -> bool:
        return self.old is not None and self.new is not None and self.old.grade != self.new.grade


@dataclass(frozen=True, slots=True)
class Why:
    """What moved one subject, and the grade rules that acted before and after. `more`: changes that are not kept."""

    changes: tuple[Change, ...] = ()
    more: int = 0
    old_reasons: tuple[Reason, ...] = ()
    new_reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """`lines` and `whys` belong together, in the order of the round's subjects.

    `errors`: inputs that neither plan could be computed with; then there is nothing to show. `old_errors`: why
    the round's own result could not be computed, so that there is nothing to compare with. `averages`: how
    much each node moves the totals on average.
    """

    lines: tuple[Line, ...] = ()
    whys: tuple[Why, ...] = ()
    limits: tuple[LimitReport, ...] = ()
    notes: tuple[Note, ...] = ()
    errors: tuple[Text, ...] = ()
    old_errors: tuple[Text, ...] = ()
    averages: Mapping[str, Decimal] = field(default_factory=dict)
    provisional: bool = False

    @property
    def compared(self) -> bool:
        return any(line.old is not None for line in self.lines)


@dataclass(frozen=True, slots=True)
class _Side:
    """One subject's result by one plan, stored or computed just now."""

    standing: Standing
    figures: Figures
    reasons: tuple[Reason, ...]


def trial_on_round(plan: Plan, round: Round, choices: Choices | None = None) -> Trial:  # noqa: A002
    """The plan on the round's inputs, beside the round's own result.

    The round's current result is taken as it is stored; one that is out of date (or was never computed) is
    computed here with the round's own plan. Reads in a fixed number of queries and writes nothing.
    """
    own = engine_plan(round.plan_version)
    inputs = _read(round, own)
    old, old_errors = _sides_of_round(round, own, inputs)
    fitted = fit(inputs, own, plan, choices or Choices())
    return replace(_trial(plan, inputs, fitted, own, old), old_errors=old_errors)


def trial_on_generated(plan: Plan, sizes: Mapping[str, int], seed: int, against: Plan | None = None) -> Trial:
    """The plan on made-up inputs of so many subjects per category, the same for the same seed.

    `against`: another plan that is computed on the same inputs, as far as it takes them.
    """
    inputs = generate(plan, sizes, seed)
    fitted = Fitted(inputs, (), frozenset())
    if against is None:
        return _trial(plan, inputs, fitted, plan, {})
    other = fit(inputs, plan, against, Choices(seed=seed))
    old = {} if other.errors else _sides(score(against, other.inputs))
    message = _("In the plan compared with: %(note)s")
    notes = tuple(Note(note.kind, Text(message, {"note": note.text})) for note in other.notes)
    trial = _trial(plan, inputs, fitted, against, old)
    return replace(trial, notes=notes, old_errors=tuple(error.text for error in other.errors))


def _read(round_: Round, plan: Plan) -> Inputs:
    """The inputs of one moment: read again if somebody changed one meanwhile."""
    for _try in range(READS):
        inputs = load_inputs(round_, plan)
        seen = round_.input_version
        round_.refresh_from_db(fields=["input_version"])
        if round_.input_version == seen:
            break
    return inputs


# ------------------------------------------------------------------------------ the two sides


def _sides_of_round(round_: Round, plan: Plan, inputs: Inputs) -> tuple[dict[str, _Side], tuple[Text, ...]]:
    computation = current_computation(round_)
    if computation is not None and not is_stale(computation, round_):
        rows = SubjectResult.objects.filter(computation=computation).order_by("id").values_list("document", flat=True)
        return {document["subject"]: _stored_side(document) for document in rows.iterator(chunk_size=500)}, ()
    try:
        return _sides(score(plan, inputs)), ()
    except InputErrors as refused:
        return {}, told(refused)


def told(refused: InputErrors) -> tuple[Text, ...]:
    """Whose input is wrong and why, each in a sentence."""
    return tuple(
        Text(_("%(subject)s: %(reason)s"), {"subject": error.subject, "reason": error.text}) for error in refused.errors
    )


def _sides(outcome: Outcome) -> dict[str, _Side]:
    return {result.subject: _side(result) for result in outcome.results}


def _side(result: Result) -> _Side:
    standing = Standing(result.total, result.rank, result.category_rank, result.grade, bool(result.missing))
    figures = {code: (str(node.status), node.value) for code, node in result.scores.items()}
    return _Side(standing, figures, result.reasons)


def _stored_side(document: Mapping[str, Any]) -> _Side:
    """Like `documents.decode`, without what a comparison does not need: the steps of every figure."""
    standing = Standing(
        Decimal(document["total"]),
        document["rank"],
        document["category_rank"],
        document["grade"],
        bool(document["missing"]),
    )
    figures = {
        code: (status, None if value is None else Decimal(value))
        for code, (status, value, _incomplete, _detail) in document["scores"].items()
    }
    return _Side(standing, figures, documents.decode_reasons(document))


# ------------------------------------------------------------------------------ beside each other


def _trial(plan: Plan, inputs: Inputs, fitted: Fitted, own: Plan, old: Mapping[str, _Side]) -> Trial:
    """`inputs` are all subjects as they were, `own` the plan of the old sides."""
    if fitted.errors:
        return Trial(errors=told(InputErrors(fitted.errors)), notes=fitted.notes)
    try:
        outcome = score(plan, fitted.inputs)
    except InputErrors as refused:
        return Trial(errors=told(refused), notes=fitted.notes)
    new = _sides(outcome)
    factors = Factors(own), Factors(plan)
    pairs = [(subject, old.get(subject.key), new.get(subject.key)) for subject in inputs.subjects]
    changed = {
        subject.key: changes(before.figures, after.figures, *factors)
        for subject, before, after in pairs
        if before is not None and after is not None
    }
    means = averages(list(changed.values()), finest(own, plan))
    leaves = [code for code in means if code in factors[0].leaves | factors[1].leaves]
    categories = {subject.key: subject.category for subject in fitted.inputs.subjects}
    lines = [
        Line(
            subject.key,
            subject.name,
            categories.get(subject.key, subject.category),
            subject.group,
            before.standing if before else None,
            after.standing if after else None,
            main_cause(changed[subject.key], means, leaves) if subject.key in changed else None,
        )
        for subject, before, after in pairs
    ]
    whys = [_why(changed.get(subject.key, ()), before, after) for subject, before, after in pairs]
    return Trial(
        tuple(lines), tuple(whys), outcome.limits, fitted.notes, averages=means, provisional=outcome.provisional
    )


def _why(found: tuple[Change, ...], before: _Side | None, after: _Side | None) -> Why:
    return Why(
        found[:CHANGES],
        max(0, len(found) - CHANGES),
        before.reasons if before else (),
        after.reasons if after else (),
    )


__all__ = ["Choices", "Line", "Standing", "Trial", "Why", "trial_on_generated", "trial_on_round"]

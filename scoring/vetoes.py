"""Differential veto (差额否决): the candidates of this round who keep their places by another one.

The office settles which round and how many places (`reviews.models.SelectionSetting`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from indicators.services import engine_plan
from reviews.models import Round, SelectionSetting
from units.access import PUBLISHED

from .engine.selections import Veto, differential_veto, graded
from .engine.text import figure, gettext_noop
from .engine.types import Plan, Text
from .matching import OtherRound
from .models import Computation
from .queries import current_computation, is_stale
from .standings import Standing, outcome_of, read_standings, tie_breaking_scores

VETO = "differential_veto"


@dataclass(slots=True)
class VetoState:
    """What a veto is carried out with, and what came out; `vetoes` is empty until both rounds have a result."""

    ratio: Decimal
    against: str
    setting: SelectionSetting | None = None
    computation: Computation | None = None  # of the other round
    stale: bool = False
    vetoes: dict[str, Veto] = field(default_factory=dict)
    others: dict[str, Standing] = field(default_factory=dict)  # code in this round → standing in the other
    ranked: frozenset[str] = frozenset()  # codes in this round of those whom the other round counts

    @property
    def earlier(self) -> Round | None:
        return self.setting.earlier if self.setting else None

    @property
    def title(self) -> str:
        return self.setting.earlier.title if self.setting else self.against

    @property
    def is_final(self) -> bool:
        """Whether the other round's result is frozen."""
        return self.setting is not None and self.setting.earlier.phase in PUBLISHED


@dataclass(frozen=True, slots=True)
class Candidate:
    verdict: str
    other: Standing | None
    ranked: bool  # whether the other round counts it
    veto: Veto
    title: str  # of the other round


def read_vetoes(
    round_: Round,
    computation: Computation,
    plan: Plan,
    standings: Sequence[Standing],
    rows: Sequence[Mapping[str, Any]],
) -> dict[int, VetoState]:
    """Position in the plan → the veto. No query for a plan without one."""
    states = {
        position: VetoState(row.get("ratio", Decimal(1)), row.get("against", ""))
        for position, row in enumerate(rows)
        if row["kind"] == VETO
    }
    if not states:
        return {}
    settings = settings_of(round_)
    for position, state in states.items():
        state.setting = settings.get(position)
        if state.setting is not None:
            _carry_out(state, state.setting, computation, plan, standings)
    return states


def settings_of(round_: Round) -> dict[int, SelectionSetting]:
    """Position → how the office settled it. One query."""
    rows = SelectionSetting.objects.filter(round=round_).select_related("earlier__plan_version__plan", "updated_by")
    return {row.position: row for row in rows}


def _carry_out(
    state: VetoState, setting: SelectionSetting, computation: Computation, plan: Plan, standings: Sequence[Standing]
) -> None:
    state.computation = current_computation(setting.earlier)
    if state.computation is None:
        return
    state.stale = is_stale(state.computation, setting.earlier)
    other_plan = engine_plan(setting.earlier.plan_version)
    others = read_standings(state.computation, other_plan)
    state.others = _matched(standings, others)
    keys = {other.pk: code for code, other in state.others.items()}
    second = outcome_of(other_plan, others, tie_breaking_scores(state.computation, other_plan), keys)
    state.ranked = frozenset(result.subject for result in graded(second))
    scores = tie_breaking_scores(computation, plan)
    for scope, places in setting.places.items():
        members = [each for each in standings if scope in ("", each.category)]
        state.vetoes[scope] = differential_veto(outcome_of(plan, members, scores), second, places, state.ratio)


def _matched(standings: Sequence[Standing], others: Sequence[Standing]) -> dict[str, Standing]:
    """Code in this round → the same subject's standing in the other."""
    known: OtherRound[Standing] = OtherRound()
    for other in others:
        known.add(other.person, other.own_unit, other.code, other)
    found = ((each.code, known.of(each.person, each.own_unit, each.code)) for each in standings)
    return {code: other for code, other in found if other is not None}


# ---------------------------------------------------------------- words


def part_words(veto: Veto, ratio: Decimal) -> Text:
    values = {
        "places": veto.places,
        "ratio": figure(ratio),
        "exact": figure(Fraction(ratio) * veto.places),
        "invited": veto.invited,
        "candidates": len(veto.candidates),
    }
    if len(veto.candidates) != veto.invited:
        return Text(
            gettext_noop(
                "places: %(places)s; %(places)s × %(ratio)s = %(exact)s, rounded up: the first %(invited)s are "
                "candidates; with ties, or as many as there are, %(candidates)s"
            ),
            values,
        )
    return Text(
        gettext_noop(
            "places: %(places)s; %(places)s × %(ratio)s = %(exact)s, rounded up: the first %(invited)s are candidates"
        ),
        values,
    )


def candidate_words(candidate: Candidate) -> Text:
    """Why a candidate keeps the place or does not, for the page of its result."""
    values = {
        "invited": candidate.veto.invited,
        "places": candidate.veto.places,
        "title": candidate.title,
        "total": candidate.other.total if candidate.other else "",
    }
    if not candidate.ranked:
        return Text(gettext_noop("among the first %(invited)s here; without a grade in “%(title)s”: vetoed"), values)
    words = {
        "kept": gettext_noop(
            "among the first %(invited)s here; %(total)s points in “%(title)s”, one of the best %(places)s of the "
            "candidates there: keeps the place"
        ),
        "tied": gettext_noop(
            "among the first %(invited)s here; %(total)s points in “%(title)s”, of equal merit with others across the "
            "last of the %(places)s places: the committee decides"
        ),
        "vetoed": gettext_noop(
            "among the first %(invited)s here; %(total)s points in “%(title)s”, not one of the best %(places)s of the "
            "candidates there: vetoed"
        ),
    }
    return Text(words[candidate.verdict], values)


# ---------------------------------------------------------------- choosing the other round


def fitting_rounds(round_: Round, against: str) -> tuple[list[Round], str]:
    """All other rounds, newest first, and the id (as text) of the one that the plan means, or "".

    Meant is one whose plan or own title is `against`; of several that of the same period, else the newest. One query.
    """
    others = list(Round.objects.exclude(pk=round_.pk).select_related("plan").order_by("-opened_at", "-id"))
    meant = [each for each in others if against and against in (each.plan.title, each.title, each.name)]
    same = [each for each in meant if each.name == round_.name]
    return others, str((same or meant)[0].pk) if meant else ""

"""Selections made from a stored result (重点管理、不得评优、评优名额、差额否决): the arithmetic and who falls under it.

The engine does the sums (`scoring.engine.selections`); this reads the rows for it and says in words what came out.
Nothing is stored: the same result and the same settings give the same lists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from indicators import document as documents
from indicators.models import PlanVersion
from indicators.words import SELECTIONS, Words, selection_sentence
from reviews.models import Round

from .engine.rounding import floor_of
from .engine.selections import LastOnes, Veto, graded, last_overall, last_per_category, last_per_part
from .engine.text import figure, gettext_noop, percent
from .engine.types import Outcome, Plan, Text
from .models import Computation
from .standings import Standing, outcome_of, read_standings
from .vetoes import VETO, Candidate, VetoState, candidate_words, part_words, read_vetoes

FOCUS, EXCLUSION, QUOTA = "focus_list", "award_exclusion", "award_quota"
BARRED = "barred"  # verdict: not eligible, by an award exclusion of the same plan
NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Part:
    """The arithmetic of one category, one unit, or ("") all."""

    scope: str
    size: int
    share: Decimal  # of a veto its ratio
    places: int
    chosen: int
    words: Text


@dataclass(frozen=True, slots=True)
class Chosen:
    """A subject on a list, with what the page of its result says of it."""

    standing: Standing
    scope: str
    words: Text
    verdict: str = ""
    other: Standing | None = None  # of a veto: where it stands in the other round


@dataclass(frozen=True, slots=True)
class Selection:
    position: int
    kind: str
    title: str
    note: str
    sentence: Text
    parts: list[Part] = field(default_factory=list)
    chosen: list[Chosen] = field(default_factory=list)
    veto: VetoState | None = None
    by_unit: bool = False

    @property
    def kind_words(self) -> Words:
        return SELECTIONS[self.kind]


def selection_rows(version: PlanVersion) -> list[Mapping[str, Any]]:
    """The selections of a plan, figures as Decimal. No query."""
    if not version.document.get("selections"):
        return []
    return list(documents.read_stored(version.document)["selections"])


def read_selections(
    round_: Round, computation: Computation, plan: Plan, standings: Sequence[Standing] | None = None
) -> list[Selection]:
    """All selections of the round's plan. A fixed number of queries: one for the standings (unless the caller has
    them), one for the settings of vetoes, and at most five for each veto that is settled."""
    rows = selection_rows(round_.plan_version)
    if not rows:
        return []
    read = read_standings(computation, plan) if standings is None else list(standings)
    vetoes = read_vetoes(round_, computation, plan, read, rows)
    made = _Maker(plan, read)
    found = []
    for position, row in enumerate(rows):
        if row["kind"] == VETO:
            parts, chosen = made.veto(vetoes[position])
        elif row["kind"] == QUOTA:
            parts, chosen = made.quota(row, rows)
        else:
            parts, chosen = made.last(row)
        found.append(
            Selection(
                position=position,
                kind=row["kind"],
                title=row["title"],
                note=row.get("note", ""),
                sentence=selection_sentence(row),
                parts=parts,
                chosen=chosen,
                veto=vetoes.get(position),
                by_unit=_scope_of(row) == "unit",
            )
        )
    return found


# ---------------------------------------------------------------- the lists


class _Maker:
    """The lists of one computed round."""

    def __init__(self, plan: Plan, standings: Sequence[Standing]) -> None:
        self.plan = plan
        self.standings = standings
        self.by_code = {each.code: each for each in standings}
        self.outcome: Outcome = outcome_of(plan, standings)
        self.counted = {result.subject for result in graded(self.outcome)}

    def last(self, row: Mapping[str, Any]) -> tuple[list[Part], list[Chosen]]:
        """The last of each part: a focus list or an award exclusion."""
        parts, chosen = [], []
        for last in self._last(row):
            parts.append(Part(last.scope, last.size, last.share, last.places, len(last.subjects), _last_words(last)))
            scope = _scope_words(row, last.scope)
            for place, code in self._from_the_end(row, last):
                values = {"place": place, "scope": scope, "size": last.size, "places": last.places}
                words = Text(
                    gettext_noop(
                        "place %(place)s from the end of %(scope)s (%(size)s with a grade); the last %(places)s are "
                        "taken, with those who are tied"
                    ),
                    values,
                )
                chosen.append(Chosen(self.by_code[code], last.scope, words))
        return parts, chosen

    def _last(self, row: Mapping[str, Any]) -> list[LastOnes]:
        share, scope = row.get("share", NONE), _scope_of(row)
        if scope == "category":
            categories = [each.category for each in self.standings]
            found = last_per_category(self.outcome, share, categories, row.get("shares"))
            return sorted(found, key=lambda last: self._place(last.scope))
        if scope == "unit":
            orders = {each.unit_name: each.unit_order for each in self.standings}
            found = last_per_part(self.outcome, share, [each.unit_name for each in self.standings])
            return sorted(found, key=lambda last: (orders[last.scope], last.scope))
        return [last_overall(self.outcome, share)]

    def _place(self, category: str) -> int:
        known = self.plan.categories
        return known.index(category) if category in known else len(known)

    def _order(self, row: Mapping[str, Any], scope: str, member: Standing) -> tuple[int, str]:
        return (self._place(scope) if _scope_of(row) == "category" else member.unit_order, scope)

    def _from_the_end(self, row: Mapping[str, Any], last: LastOnes) -> list[tuple[int, str]]:
        """(place from the end, subject), worst first; ties share the worse place."""
        by_category = _scope_of(row) == "category"
        ranks = [_rank(self.by_code[code], by_category) for code in last.subjects]
        places: dict[int, int] = {}
        for place, rank in enumerate(ranks, start=1):
            places.setdefault(rank, place)
        return [(places[rank], code) for rank, code in zip(ranks, last.subjects, strict=True)]

    def quota(self, row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> tuple[list[Part], list[Chosen]]:
        """Places of each unit (or category, or of all), and whom they could go to."""
        share = row.get("share", NONE)
        barred = {
            code: other["title"]
            for other in rows
            if other["kind"] == EXCLUSION
            for last in self._last(other)
            for code in last.subjects
        }
        members: dict[str, list[Standing]] = {}
        for standing in self.standings:
            members.setdefault(_part_of(row, standing), []).append(standing)
        parts, chosen = [], []
        for scope in sorted(members, key=lambda scope: self._order(row, scope, members[scope][0])):
            with_grade = [each for each in members[scope] if each.code in self.counted]
            places = floor_of(Fraction(share) * len(with_grade))
            words, of = _quota_words(len(with_grade), share, places), _scope_words(row, scope)
            eligible = [each for each in with_grade if each.code not in barred]
            parts.append(Part(scope, len(with_grade), share, places, len(eligible), words))
            chosen += [
                Chosen(
                    each, scope, _place_words(of, words, barred.get(each.code)), BARRED if each.code in barred else ""
                )
                for each in sorted(with_grade, key=lambda each: (each.rank, each.code))
            ]
        return parts, chosen

    def veto(self, state: VetoState) -> tuple[list[Part], list[Chosen]]:
        parts, chosen = [], []
        for scope, veto in state.vetoes.items():
            parts.append(_veto_part(scope, veto, state.ratio))
            groups = (("kept", veto.kept), ("tied", veto.tied), ("vetoed", veto.vetoed))
            for verdict, codes in groups:
                for code in codes:
                    candidate = Candidate(verdict, state.others.get(code), code in state.ranked, veto, state.title)
                    chosen.append(
                        Chosen(self.by_code[code], scope, candidate_words(candidate), verdict, candidate.other)
                    )
        return parts, chosen


def _rank(standing: Standing, by_category: bool) -> int:
    return standing.category_rank if by_category else standing.rank


def _scope_of(row: Mapping[str, Any]) -> str:
    """What the selection is made from each of: "category", "unit", or "all" together."""
    usual = {FOCUS: "category", QUOTA: "unit"}
    return str(row.get("scope", usual.get(row["kind"], "all")))


def _part_of(row: Mapping[str, Any], standing: Standing) -> str:
    return {"category": standing.category, "unit": standing.unit_name}.get(_scope_of(row), "")


def _veto_part(scope: str, veto: Veto, ratio: Decimal) -> Part:
    return Part(scope, len(veto.candidates), ratio, veto.places, len(veto.kept), part_words(veto, ratio))


# ---------------------------------------------------------------- words


def _last_words(last: LastOnes) -> Text:
    if not last.share:
        return Text(gettext_noop("no share is stated: nobody"))
    values = {
        "size": last.size,
        "share": percent(last.share),
        "exact": figure(Fraction(last.share) * last.size),
        "places": last.places,
        "chosen": len(last.subjects),
    }
    if len(last.subjects) > last.places:
        return Text(
            gettext_noop(
                "%(size)s × %(share)s = %(exact)s, rounded up: the last %(places)s; with those tied with the last one "
                "in %(chosen)s"
            ),
            values,
        )
    return Text(gettext_noop("%(size)s × %(share)s = %(exact)s, rounded up: the last %(places)s"), values)


def _scope_words(row: Mapping[str, Any], scope: str) -> Text:
    kind = _scope_of(row)
    if kind == "all":
        return Text(gettext_noop("all subjects"))
    if kind == "category":
        return Text(gettext_noop("the category “%(name)s”"), {"name": scope})
    return (
        Text(gettext_noop("the unit “%(name)s”"), {"name": scope}) if scope else Text(gettext_noop("those of no unit"))
    )


def _quota_words(size: int, share: Decimal, places: int) -> Text:
    values = {"size": size, "share": percent(share), "exact": figure(Fraction(share) * size), "places": places}
    return Text(gettext_noop("%(size)s × %(share)s = %(exact)s, rounded down; places: %(places)s"), values)


def _place_words(scope: Text, words: Text, barred_by: str | None) -> Text:
    values = {"scope": scope, "places": words}
    if barred_by is None:
        return Text(gettext_noop("%(scope)s (with a grade): %(places)s"), values)
    return Text(
        gettext_noop("%(scope)s (with a grade): %(places)s; not eligible, being on the list “%(title)s”"),
        {**values, "title": barred_by},
    )

"""What people said about one subject, with who, when and from where: the inputs behind its figures.

The values that counted stand in the stored result; what is read here adds the notes, the matters and
the people, and shows where an input has changed since.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db.models import QuerySet

from reviews.models import Attainment, EarlierResult, Event, Mark, NotApplicable, NumberInput, Subject
from reviews.models.source import Entered
from reviews.queries.polls import few_online

from .engine.types import Plan

Row = TypeVar("Row", bound=Entered)


@dataclass(slots=True)
class Sources:
    """Rows by indicator code."""

    marks: dict[str, list[Mark]] = field(default_factory=dict)
    events: dict[str, list[Event]] = field(default_factory=dict)
    attainments: dict[str, list[Attainment]] = field(default_factory=dict)
    numbers: dict[str, list[NumberInput]] = field(default_factory=dict)
    not_applicable: dict[str, list[NotApplicable]] = field(default_factory=dict)
    earlier: list[EarlierResult] = field(default_factory=list)
    too_few: Mapping[str, frozenset[str]] = field(default_factory=dict)  # leaf → classes with too few online ballots
    own: Mapping[str, frozenset[str]] = field(default_factory=dict)  # leaf → assessors that mark their own unit


def read_sources(subject: Subject, plan: Plan, codes: list[str] | None = None) -> Sources:
    """All inputs of a subject, or those of some indicators. Seven queries, however many rows."""

    def rows(model: type[Row]) -> dict[str, list[Row]]:
        found: QuerySet[Row] = model._default_manager.filter(subject=subject)
        if codes is not None:
            found = found.filter(indicator__in=codes)
        grouped: dict[str, list[Row]] = defaultdict(list)
        for row in found.select_related("created_by", "updated_by").order_by("id"):
            grouped[_code(row)].append(row)
        return dict(grouped)

    return Sources(
        marks=rows(Mark),
        events=rows(Event),
        attainments=rows(Attainment),
        numbers=rows(NumberInput),
        not_applicable=rows(NotApplicable),
        too_few=few_online(subject, plan),
        earlier=list(EarlierResult.objects.filter(subject=subject).order_by("set_name", "round_name")),
    )


def _code(row: Any) -> str:
    return str(row.indicator)

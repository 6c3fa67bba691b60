"""Reads of the plan library. Each takes a fixed number of queries."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery

from . import document as documents
from . import services, words
from .models import Plan, PlanDraft, PlanVersion


@dataclass(frozen=True, slots=True)
class LibraryRow:
    """One plan of the library, by its newest version. `points`: full points of the root."""

    code: str
    title: str
    subjects: str
    periods: tuple[str, ...]
    leaves: int
    points: Decimal | None
    versions: int
    rounds: int
    defaults: int
    is_active: bool

    @property
    def subjects_words(self) -> words.Words:
        return words.SUBJECTS.get(self.subjects, "")

    @property
    def period_words(self) -> list[str]:
        return words.named(words.PERIODS, self.periods)


def library() -> list[LibraryRow]:
    """All plans that have a version, by code. Two queries, however many there are."""
    newest = PlanVersion.objects.filter(plan=OuterRef("pk")).order_by("-number")
    plans = list(
        Plan.objects.annotate(
            version_count=Count("versions", distinct=True),
            round_count=Count("rounds", distinct=True),
            newest=Subquery(newest.values("pk")[:1]),
        )
        .filter(version_count__gt=0)
        .order_by("code")
    )
    stored = PlanVersion.objects.in_bulk([plan.newest for plan in plans])
    return [_row(plan, stored[plan.newest].document) for plan in plans]


def _row(plan: Any, document: Mapping[str, Any]) -> LibraryRow:
    values = documents.read_stored(document)
    indicators = values.get("indicators", [])
    roots = [row["points"] for row in indicators if "parent" not in row]
    return LibraryRow(
        code=plan.code,
        title=plan.title,
        subjects=values.get("subjects", ""),
        periods=periods_of(values),
        leaves=sum(1 for row in indicators if row.get("method", "composite") != "composite"),
        points=roots[0] if roots else None,
        versions=plan.version_count,
        rounds=plan.round_count,
        defaults=documents.count_defaults(values),
        is_active=plan.is_active,
    )


def periods_of(values: Mapping[str, Any]) -> tuple[str, ...]:
    """The periods a plan is made for: one, several, or none stated."""
    period = values.get("period", ())
    return (period,) if isinstance(period, str) else tuple(period)


def plan_titles(codes: Collection[str]) -> dict[str, str]:
    """Titles of the plans of these codes that the library has. One query; none without codes."""
    if not codes:
        return {}
    return dict(Plan.objects.filter(code__in=codes, versions__isnull=False).values_list("code", "title"))


def missing_presets() -> list[str]:
    """Codes of presets that are not in the library yet. One query."""
    known = set(Plan.objects.values_list("code", flat=True))
    return [code for code in services.preset_codes() if code not in known]


def drafts() -> list[PlanDraft]:
    """Drafts under work, the latest change first. One query."""
    return list(PlanDraft.objects.select_related("base__plan", "updated_by").defer("base__document"))


def newest_version(plan_code: str) -> PlanVersion | None:
    """The newest version of a plan with its document, if there is such a plan. One query."""
    found = PlanVersion.objects.filter(plan__code=plan_code).select_related("plan", "created_by")
    return found.order_by("-number").first()


def versions(plan_code: str) -> QuerySet[PlanVersion]:
    """The versions of a plan, newest first, without their documents."""
    return (
        PlanVersion.objects.filter(plan__code=plan_code)
        .select_related("created_by")
        .annotate(round_count=Count("rounds"))
        .order_by("-number")
        .defer("document")
    )

"""What a plan can be tried on and compared with. Each takes a fixed number of queries."""

from __future__ import annotations

from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery

from indicators.models import PlanDraft, PlanVersion
from reviews.models import Round

from .load import earlier_computations
from .queries import current_computation

SHOWN = 200  # rounds of other plans that can be chosen, the newest

Pairs = list[tuple[str, str]]


def newest_versions() -> QuerySet[PlanVersion]:
    """The newest version of each plan in use, by the plan's code, without documents. One query."""
    newest = PlanVersion.objects.filter(plan=OuterRef("plan")).order_by("-number")
    return (
        PlanVersion.objects.filter(plan__is_active=True)
        .annotate(newest=Subquery(newest.values("pk")[:1]))
        .filter(pk=F("newest"))
        .select_related("plan")
        .order_by("plan__code")
        .defer("document")
    )


def open_drafts() -> QuerySet[PlanDraft]:
    return PlanDraft.objects.order_by("-updated_at")


def rounds_to_try_on(plan: int | None) -> tuple[Pairs, Pairs]:
    """(key, title) of all rounds of the plan, and of the newest ones of other plans. Two queries."""
    listed = Round.objects.select_related("plan").order_by("-opened_at", "-id")
    own = [(str(each.pk), each.title) for each in listed.filter(plan=plan)] if plan is not None else []
    others = listed.exclude(plan=plan) if plan is not None else listed
    return own, [(str(each.pk), f"{each.plan.title} · {each.title}") for each in others[:SHOWN]]


def other_versions(plan: int | None, version: int | None) -> Pairs:
    """(key, title) of the plan's versions but this one, newest first. One query."""
    found = PlanVersion.objects.filter(plan=plan).select_related("plan").order_by("-number").defer("document")
    return [(str(each.pk), f"{each.plan.title} v{each.number}") for each in found if each.pk != version]


def state_of(round_: Round) -> list[Any]:
    """All that a trial on this round follows from, but the plan and the choices. Two queries."""
    computation = current_computation(round_)
    return [
        round_.pk,
        round_.phase,
        round_.input_version,
        round_.plan_version.digest,
        computation.digest if computation else "",
        computation.input_version if computation else 0,
        earlier_computations(round_),
    ]

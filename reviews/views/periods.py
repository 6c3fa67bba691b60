"""The periods that a round of a plan is likely to be opened for."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from appraisal_site.lib.numbers import as_id
from indicators import words
from indicators.models import PlanVersion
from indicators.queries import periods_of
from reviews.models import Round
from reviews.periods import around
from reviews.words import today
from units import access
from units.guards import require


@require_GET
def round_open_periods(request: HttpRequest) -> HttpResponse:
    """The suggestions for another plan: a part of the first page of opening a round."""
    require(access.may_run_rounds(request.user))
    chosen = request.GET.get("version", "")
    version = PlanVersion.objects.select_related("plan").filter(pk=as_id(chosen) or 0).first()
    return render(request, "reviews/_open_periods.html", suggestions(version))


def suggestions(version: PlanVersion | None) -> dict[str, Any]:
    """For each kind of period of the plan the current one and the one before; `taken`: has a round. One query."""
    if version is None:
        return {"periods": []}
    kinds = periods_of(version.document) or tuple(words.PERIODS)
    found = around(today(), kinds)
    taken = set(
        Round.objects.filter(plan=version.plan_id, name__in=[each.label for each in found]).values_list(
            "name", flat=True
        )
    )
    return {
        "plan_code": version.plan.code,
        "kinds": words.named(words.PERIODS, kinds),
        "periods": [
            {"label": each.label, "kind": words.PERIODS[each.kind], "taken": each.label in taken} for each in found
        ],
    }

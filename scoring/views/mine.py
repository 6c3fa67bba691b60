"""For the one who is appraised: the published results of one's own unit or person."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from indicators.services import engine_plan
from units import access
from units.guards import require

from ..queries import own_results, shown_total


@require_GET
def my_results(request: HttpRequest) -> HttpResponse:
    require(access.may_see_rounds(request.user))
    lines = [
        {"row": row, "round": row.computation.round, "plan": plan, "total": shown_total(row, plan)}
        for row in own_results(request.user)  # type: ignore[arg-type]
        for plan in [engine_plan(row.computation.round.plan_version)]
    ]
    return render(request, "scoring/my_results.html", {"lines": lines})

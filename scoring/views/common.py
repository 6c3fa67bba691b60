"""What every page of results starts with."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from reviews.models import Round
from reviews.navigation import round_context
from units import access

from .. import words
from ..engine.types import Plan
from ..models import Computation
from ..queries import current_computation, is_stale, limits

PEOPLE_SHOWN = 200  # of one list of a limit; the ranking has all


def get_round(round_pk: int) -> Round:
    return get_object_or_404(Round.objects.select_related("plan", "plan_version"), pk=round_pk)


def result_context(request: HttpRequest, round_: Round, tab: str = "ranking") -> dict[str, Any]:
    """The round's header, its current computation and what there is to say about it."""
    computation = current_computation(round_)
    published = round_.phase in access.PUBLISHED
    return round_context(request, round_, tab) | {
        "computation": computation,
        "stale": computation is not None and is_stale(computation, round_),
        "published": published,
        "missing": sum(computation.summary.get("missing", {}).values()) if computation else 0,
        "may_compute": access.may_run_rounds(request.user) and not published,
        "sees_all": access.may_see_all_results(request.user),
    }


def fragment_or_page(request: HttpRequest, fragment: str, page: str, context: dict[str, Any]) -> HttpResponse:
    """The fragment for htmx, the whole page for a browser (also when htmx restores its history)."""
    htmx = request.htmx  # type: ignore[attr-defined]
    name = fragment if htmx and not htmx.history_restore_request else page
    response = render(request, name, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _people(codes: tuple[str, ...], subjects: dict[str, Any], shown: int) -> dict[str, Any]:
    return {
        "count": len(codes),
        "shown": [subjects.get(code, code) for code in codes[:shown]],
        "more": max(0, len(codes) - shown),
    }


def limit_lines(
    computation: Computation, plan: Plan, subjects: dict[str, Any], shown: int = PEOPLE_SHOWN
) -> list[dict[str, Any]]:
    """Each limit's arithmetic with its subjects by code (those that are not in `subjects` stay codes), `shown` of
    each kind."""
    return [
        {
            "report": report,
            "scope": report.scope or _("all"),
            "words": words.limit(report, plan),
            "holders": _people(report.holders, subjects, shown),
            # Who is tied is cut too, and is listed as tied.
            "cut": _people(tuple(code for code in report.cut if code not in report.tied), subjects, shown),
            "tied": _people(report.tied, subjects, shown),
        }
        for report in limits(computation)
    ]

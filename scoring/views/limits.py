"""The arithmetic of the limits, and announcing and sealing the result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from reviews.models import Round
from reviews.services.errors import ReviewError
from units import access
from units.guards import require

from .. import earlier
from ..engine.types import Plan
from ..models import Computation, SubjectResult
from ..queries import left_open, subjects_by_code
from ..queries import limits as limits_of
from ..quotas import DECIDABLE, TRAIL_SHOWN, decision_trail, decisions_of, in_result, over_words, quotas
from ..services import announce_round, obstacles_to_announcing, seal_round
from .common import PEOPLE_SHOWN, get_round, limit_lines, result_context
from .ranking import grade_table


@require_GET
def limits(request: HttpRequest, round_pk: int) -> HttpResponse:
    """Each limit: N, share, places, who holds, who was cut, ties, decisions. For the office: announce, seal.

    print=1: all of it on paper, for the minutes of the committee.
    """
    require(access.may_see_all_results(request.user))
    round_ = get_round(round_pk)
    context = result_context(request, round_)
    computation = context["computation"]
    if computation is not None:
        subjects = subjects_by_code(computation)
        # On paper everybody is named.
        shown = len(subjects) if request.GET.get("print") else PEOPLE_SHOWN
        context |= _standing(round_, computation, context["plan"], subjects, shown)
    may_run = access.may_run_rounds(request.user)
    context |= {
        "may_run": may_run,
        "may_decide": may_run and round_.phase in DECIDABLE,
        "sees_names": context["sees_all"],
        "obstacles": obstacles_to_announcing(round_) if may_run and not context["published"] else [],
    }
    if request.GET.get("print"):
        return render(request, "scoring/limits_print.html", context)
    if computation is not None and may_run and not context["published"]:
        context |= {"open": left_open(computation), "open_earlier": earlier.warnings(round_)}
    return render(request, "scoring/limits.html", context)


def _standing(
    round_: Round, computation: Computation, plan: Plan, results: dict[str, SubjectResult], shown: int
) -> dict[str, Any]:
    """The limits with their decisions, those with a tie first, and every decision there was."""
    decisions = decisions_of(round_)
    lines = limit_lines(computation, plan, results, shown)
    found = quotas(limits_of(computation), plan, decisions, results)
    for number, (line, quota) in enumerate(zip(lines, found, strict=True)):
        line |= {"number": number, "quota": quota, "over": over_words(quota) if quota.over else ""}
    trail = list(decision_trail(round_)[: TRAIL_SHOWN + 1])
    return {
        "limits": sorted(lines, key=lambda line: (not line["quota"].waiting, not line["tied"]["count"])),
        "table": lines,
        "grades": grade_table(plan, computation),
        "decisions": decisions,
        "computed": in_result(decisions, computation),
        "trail": trail[:TRAIL_SHOWN],
        "trail_cut": len(trail) > TRAIL_SHOWN,
    }


@require_POST
def announce(request: HttpRequest, round_pk: int) -> HttpResponse:
    return _freeze(request, round_pk, announce_round, _("The result is announced."))


@require_POST
def seal(request: HttpRequest, round_pk: int) -> HttpResponse:
    return _freeze(request, round_pk, seal_round, _("The round is sealed."))


def _freeze(request: HttpRequest, round_pk: int, service: Callable[..., Round], done: str) -> HttpResponse:
    require(access.may_run_rounds(request.user))
    round_ = get_round(round_pk)
    try:
        service(round=round_, by=request.user)
    except ReviewError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("scoring:limits", round_pk=round_pk)

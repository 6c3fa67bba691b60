"""The arithmetic of the limits, and announcing and sealing the result."""

from __future__ import annotations

from collections.abc import Callable

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
from ..queries import left_open, subjects_by_code
from ..services import announce_round, obstacles_to_announcing, seal_round
from .common import get_round, limit_lines, result_context
from .ranking import grade_table


@require_GET
def limits(request: HttpRequest, round_pk: int) -> HttpResponse:
    """Each limit: N, share, places, who holds, who was cut, ties. For the office: announce, seal."""
    require(access.may_see_all_results(request.user))
    round_ = get_round(round_pk)
    context = result_context(request, round_)
    computation = context["computation"]
    if computation is not None:
        lines = limit_lines(computation, context["plan"], subjects_by_code(computation))
        context |= {"limits": lines, "grades": grade_table(context["plan"], computation)}
    may_run = access.may_run_rounds(request.user)
    context |= {
        "may_run": may_run,
        "obstacles": obstacles_to_announcing(round_) if may_run and not context["published"] else [],
    }
    if computation is not None and may_run and not context["published"]:
        context |= {"open": left_open(computation), "open_earlier": earlier.warnings(round_)}
    return render(request, "scoring/limits.html", context)


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

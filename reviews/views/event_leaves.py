"""What a round settles about its events: who proposes on which indicator, what subjects see, whether they apply."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from appraisal_site.lib.numbers import as_id
from reviews.navigation import round_context
from reviews.services.errors import ReviewError
from reviews.services.event_leaves import change_event_leaf, leaf_settings
from units import access
from units.guards import require
from units.models import Unit

from ._common import get_round, tree_of

MOST_UNITS = 500  # suggested by name; beyond, one types the code


@require_http_methods(["GET", "POST"])
def event_leaves(request: HttpRequest, pk: int) -> HttpResponse:
    round_ = get_round(request, pk)
    require(access.may_see_events(request.user))
    refused = ("", "")
    typed = ""
    if request.method == "POST":
        require(access.may_run_rounds(request.user))
        code, typed = request.POST.get("indicator", ""), request.POST.get("unit", "").strip()
        refused = (code, _save(request, pk, code, typed))
        if not refused[1]:
            messages.success(request, _("The settings were saved."))
            return redirect("reviews:event_leaves", pk)
    tree = tree_of(round_)
    settings = leaf_settings(round_)
    ids = frozenset().union(*(leaf.unit_ids for leaf in settings.values()))
    units = {unit.pk: unit for unit in Unit.objects.filter(pk__in=ids)}
    rows = [
        (
            tree.nodes[code],
            leaf,
            sorted((units[pk] for pk in leaf.unit_ids), key=lambda unit: (unit.order, unit.code)),
            refused[1] if refused[0] == code else "",
        )
        for code, leaf in settings.items()
    ]
    context = round_context(request, round_, "events") | {
        "rows": rows,
        "units": Unit.objects.filter(is_active=True).order_by("order", "code")[:MOST_UNITS],
        "typed": typed,
        "may_change": access.may_run_rounds(request.user) and round_.phase not in access.PUBLISHED,
    }
    return render(request, "reviews/event_leaves.html", context, status=422 if refused[1] else 200)


def _save(request: HttpRequest, pk: int, code: str, typed: str) -> str:
    """Save one indicator's settings; why not, in words, or ""."""
    round_ = get_round(request, pk)
    ids = [key for text in request.POST.getlist("units") if (key := as_id(text)) is not None]
    chosen = list(Unit.objects.filter(pk__in=ids))
    if typed:
        found = list(Unit.objects.filter(is_active=True, code=typed.split()[0])[:1])
        found = found or list(Unit.objects.filter(is_active=True, name=typed)[:1])
        if not found:
            return _("No unit has this code or name.")
        chosen += found
    try:
        change_event_leaf(
            round=round_,
            indicator=code,
            shown="shown" in request.POST,
            applications="applications" in request.POST,
            units=chosen,
            by=request.user,  # type: ignore[arg-type]
        )
    except ReviewError as error:
        return str(error)
    return ""

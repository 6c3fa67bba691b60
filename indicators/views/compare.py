"""Two versions beside each other: what was changed from one to the other."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from units import access
from units.guards import require

from .. import difference
from ..models import PlanVersion


@require_safe
def versions_compare(request: HttpRequest, code: str) -> HttpResponse:
    """The choice in the table of versions (?old=…&new=…) leads to its page."""
    require(access.may_see_plans(request.user))
    chosen = [request.GET.get(name, "") for name in ("old", "new")]
    numbers = [int(value) for value in chosen if value.isascii() and value.isdecimal() and len(value) < 19]
    if len(set(numbers)) == 2:
        return redirect("indicators:version_compare", *numbers)
    messages.warning(request, _("Choose two different versions to compare."))
    return redirect("indicators:plan_detail", code)


@require_safe
def version_compare(request: HttpRequest, old: int, new: int) -> HttpResponse:
    require(access.may_see_plans(request.user))
    found = PlanVersion.objects.select_related("plan", "created_by").in_bulk([old, new])
    if len({old, new} & found.keys()) < len({old, new}):
        raise Http404
    before, now = found[old], found[new]
    changes = difference.differences(before.document, now.document)
    context = {"old": before, "new": now, "differences": difference.in_parts(changes), "count": len(changes)}
    return render(request, "indicators/compare.html", context)

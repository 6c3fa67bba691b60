"""The change log."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from .. import access, queries
from ..audit_words import target_words
from ..forms import AuditFilter
from ..guards import require
from ._common import filled, paged


@require_GET
def audit_list(request: HttpRequest) -> HttpResponse:
    """Who changed what, when, from what to what. ?id= (with ?target=) narrows it to one object."""
    require(access.may_see_audit(request.user))
    targets = [(target, target_words(target)) for target in queries.audit_targets()]
    form = AuditFilter(request.GET, targets=targets)
    chosen = filled(form)
    entries = queries.select_audit(
        actor=chosen["actor"] or "",
        words=chosen["q"] or "",
        target=chosen["target"] or "",
        target_id=request.GET.get("id", ""),
        since=chosen["since"],
        until=chosen["until"],
    )
    context = {"filter": form, "filtered": bool(request.GET), "page_obj": paged(request, entries)}
    return render(request, "units/audit_list.html", context)

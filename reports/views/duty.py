"""Starting the comparison of duty reports."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from reviews.models import Phase
from units import access
from units.guards import require

from ..models import JobKind
from .workbook import get_round, start


@require_POST
def compare_duty_reports(request: HttpRequest, pk: int) -> HttpResponse:
    require(access.may_run_duty_reports(request.user))
    round_ = get_round(pk)
    if round_.phase != Phase.COLLECTING:
        messages.error(request, _("The input is closed: reports are no longer compared."))
        return redirect("reviews:duty_similarity", round_.pk)
    return start(request, JobKind.SIMILARITY, round_=round_)

"""The office's side of duty reports: who reviews."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from appraisal_site.lib.numbers import as_id
from reviews.forms.duty_reports import ReviewerForm
from reviews.models import DutyReviewer, Phase, Round
from reviews.navigation import round_context
from reviews.queries.duty_reports import reviewers_of
from reviews.queries.report_dates import report_rules
from reviews.services import duty_review
from reviews.services.errors import ReviewError
from units import access
from units.guards import require
from units.models import User

from ._common import refuse, status_of
from .duty_reports import get_duty_round

MOST_OFFERED = 300  # accounts offered by name


@require_http_methods(["GET", "POST"])
def duty_reviewers(request: HttpRequest, pk: int) -> HttpResponse:
    """Name and dismiss reviewers."""
    round_ = get_duty_round(request, pk)
    require(access.may_run_duty_reports(request.user))
    if request.POST.get("do") == "dismiss":
        return _dismiss(request, round_)
    form = ReviewerForm(request.POST if request.method == "POST" else None, round_=round_)
    if request.method == "POST" and form.is_valid():
        data = {"category": "", "group": "", **form.cleaned_data}
        try:
            row = duty_review.name_reviewer(round=round_, by=request.user, **data)  # type: ignore[arg-type]
        except ReviewError as error:
            refuse(form, error)
        else:
            messages.success(request, _("%(name)s reviews from now on.") % {"name": row.account})
            return redirect("reviews:duty_reviewers", pk)
    plan = round_.plan_version.document["duty_report"]
    context = round_context(request, round_, "duty") | {
        "form": form,
        "rows": reviewers_of(round_),
        "accounts": User.objects.filter(is_active=True, role_grants__isnull=False).distinct()[:MOST_OFFERED],
        "reviewed_by": plan.get("reviewed_by", ""),
        "rules": report_rules(round_),
        "possible": round_.phase == Phase.COLLECTING,
    }
    return render(request, "reviews/duty_reviewers.html", context, status=status_of(form))


def _dismiss(request: HttpRequest, round_: Round) -> HttpResponse:
    wanted = request.POST.get("reviewer", "")
    row = get_object_or_404(
        DutyReviewer.objects.select_related("account", "round"), pk=as_id(wanted) or 0, round=round_
    )
    try:
        duty_review.dismiss_reviewer(reviewer=row, by=request.user)  # type: ignore[arg-type]
    except ReviewError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(name)s reviews no longer.") % {"name": row.account})
    return redirect("reviews:duty_reviewers", round_.pk)

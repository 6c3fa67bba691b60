"""Recording and withdrawing the committee's decision on a subject's grade."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from indicators.services import engine_plan
from reviews.services.decisions import decide_grade, withdraw_decision
from reviews.services.errors import Conflict, InvalidInput, NotAllowed, ReviewError
from units import access
from units.guards import require

from ..forms import DecisionForm, WithdrawForm
from .common import get_round
from .subjects import get_subject, subject_page


@require_POST
def decide(request: HttpRequest, round_pk: int, subject_pk: int) -> HttpResponse:
    require(access.may_run_rounds(request.user))
    round_ = get_round(round_pk)
    subject = get_subject(request, round_, subject_pk)
    form = DecisionForm(request.POST, plan=engine_plan(round_.plan_version))
    if form.is_valid():
        try:
            decide_grade(subject=subject, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        except ReviewError as error:
            form = _refused(error, form)
        else:
            messages.success(request, _("The decision is recorded. Compute the round again to see it in the result."))
            return redirect("scoring:subject_result", round_pk=round_pk, subject_pk=subject_pk)
    return subject_page(request, round_, subject, decision_form=form)


@require_POST
def withdraw(request: HttpRequest, round_pk: int, subject_pk: int) -> HttpResponse:
    require(access.may_run_rounds(request.user))
    round_ = get_round(round_pk)
    subject = get_subject(request, round_, subject_pk)
    form = WithdrawForm(request.POST, prefix="withdraw")
    if form.is_valid():
        try:
            withdraw_decision(
                subject=subject,
                reason=form.cleaned_data["reason"],
                seen=form.cleaned_data["seen"],
                by=request.user,  # type: ignore[arg-type]
            )
        except ReviewError as error:
            form = _refused(error, form)
        else:
            messages.success(
                request, _("The decision is withdrawn. Compute the round again to see the result without it.")
            )
            return redirect("scoring:subject_result", round_pk=round_pk, subject_pk=subject_pk)
    return subject_page(request, round_, subject, withdraw_form=form)


def _refused(error: ReviewError, form: Any) -> Any:
    """The form as it was typed, with the reason; after a conflict it knows the newer state."""
    if isinstance(error, NotAllowed):
        raise error
    if isinstance(error, Conflict):
        theirs = error.theirs
        fresh = form.data.copy()
        fresh[form.add_prefix("seen")] = theirs.seen or "0"
        form.data = fresh
        form.add_error(
            None,
            _("Meanwhile %(who)s saved: %(value)s (%(note)s). What you typed is still here; saving again replaces it.")
            % {"who": theirs.by or "—", "value": theirs.value, "note": theirs.note or "—"},
        )
    else:
        named = isinstance(error, InvalidInput) and error.field in form.fields
        form.add_error(error.field if named else None, str(error))  # type: ignore[attr-defined]
    return form

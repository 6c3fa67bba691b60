"""Arranging the interviews to which results lead, all that are ticked at once."""

from __future__ import annotations

from typing import cast

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from reviews.forms.accounts import AccountsField
from reviews.forms.rounds import DateInput
from reviews.models import Phase, Round
from reviews.services.errors import ReviewError
from reviews.services.interviews import AlreadyArranged, arrange_interview, of_result
from units import access
from units.guards import require
from units.models import User

from ..interviews import Line, demands_of, lines_of, poor_results
from .common import get_round, result_context

PAGE = 100


class ResultInterviewsForm(forms.Form):
    due_on = forms.DateField(label=gettext_lazy("To be held by"), required=False, widget=DateInput())
    accounts = AccountsField(label=gettext_lazy("Accounts that hold it"))


@require_http_methods(["GET", "POST"])
def result_interviews(request: HttpRequest, round_pk: int) -> HttpResponse:
    """Query string: page. A POST arranges an interview with each that is ticked and has none yet."""
    require(access.may_arrange_interviews(request.user))
    round_ = get_round(round_pk)
    context = result_context(request, round_, "interviews")
    computation = context["computation"]
    demands = demands_of(round_.plan_version.document, context["plan"])
    lines: list[Line] = []
    if computation is not None:
        page = Paginator(poor_results(computation, demands), PAGE).get_page(request.GET.get("page"))
        lines = lines_of(round_, demands, list(page.object_list))
        context["page_obj"] = page
    form = ResultInterviewsForm(request.POST or None)
    possible = computation is not None and not context["stale"] and round_.phase in (Phase.REVIEWING, Phase.ANNOUNCED)
    ticked, error, status = set(request.POST.getlist("subject")), "", 200
    if request.method == "POST":
        status = 422
        chosen = [line for line in lines if str(line.result.subject_id) in ticked and line.interview is None]
        if not possible:
            error = _("Interviews are arranged once the input is closed and the result is up to date.")
        elif not chosen:
            error = _("Tick at least one subject that has no interview yet.")
        elif form.is_valid():
            try:
                number = _arrange(cast(User, request.user), round_, chosen, form)
            except ReviewError as refused:
                error = str(refused)
            else:
                words = ngettext("%(count)d interview is arranged.", "%(count)d interviews are arranged.", number)
                messages.success(request, words % {"count": number})
                return redirect("reviews:interviews", round_pk)
    context |= {
        "demands": demands,
        "lines": [
            (line, line.interview is None and (not ticked or str(line.result.subject_id) in ticked)) for line in lines
        ],
        "form": form,
        "possible": possible,
        "error": error,
    }
    return render(request, "scoring/interviews.html", context, status=status)


def _arrange(by: User, round_: Round, chosen: list[Line], form: ResultInterviewsForm) -> int:
    """All or none; whom somebody else arranged an interview for meanwhile has it already."""
    number = 0
    with transaction.atomic():
        for line in chosen:
            said = {"grade": line.result.grade, "round": round_.title, "words": line.demand.words}
            words = _("Grade “%(grade)s” in %(round)s.")
            if line.demand.words:
                words = _("Grade “%(grade)s” in %(round)s. The plan says: %(words)s.")
            try:
                arrange_interview(
                    round=round_,
                    subject=line.result.subject,
                    reason=words % said,
                    kind=line.demand.kind,
                    source=of_result(line.result.subject, line.result.grade),
                    by=by,
                    **form.cleaned_data,
                )
            except AlreadyArranged:
                continue
            number += 1
    return number

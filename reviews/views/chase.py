"""The chase board: completeness by assessor, deadlines of sheets, the freeze and opening again."""

from __future__ import annotations

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from appraisal_site.lib import mailing
from appraisal_site.lib.numbers import as_id
from reviews.forms.chase import ReasonForm, ReopenForm, SheetDeadlineForm
from reviews.models import Assignment, Phase, Round
from reviews.navigation import round_context
from reviews.queries.chase import chase_groups, reopenings_of
from reviews.queries.freezing import standing_of
from reviews.queries.progress import completeness
from reviews.services import freezing
from reviews.services.errors import InvalidInput, ReviewError
from units import access
from units.guards import require

from ._common import get_round, refuse, status_of, tree_of


@require_GET
def board(request: HttpRequest, pk: int) -> HttpResponse:
    """Every assessor with its sheets, the latest first; the office chooses whom to remind."""
    round_ = get_round(request, pk)
    require(access.may_see_progress(request.user))
    groups = chase_groups(round_, tree_of(round_))
    only = request.GET.get("only", "")
    shown = [group for group in groups if only != "missing" or group.pending]
    context = round_context(request, round_, "progress") | {
        "groups": shown,
        "all_groups": len(groups),
        "only": only,
        "total": completeness([line.leaf for group in groups for line in group.lines]),
        "late": sum(group.late for group in groups),
        "missing": sum(bool(group.pending) for group in groups),
        "may_run": access.may_run_rounds(request.user) and round_.phase == Phase.COLLECTING,
        "email": mailing.is_set_up(),
    }
    return render(request, "reviews/chase.html", context)


def _chosen(request: HttpRequest, round_: Round) -> list[Assignment]:
    data = request.POST if request.method == "POST" else request.GET
    ids = [pk for value in data.getlist("chosen") if (pk := as_id(value)) is not None]
    return list(round_.assignments.select_related("unit").filter(pk__in=ids))


@require_http_methods(["GET", "POST"])
def sheet_deadlines(request: HttpRequest, pk: int) -> HttpResponse:
    """Another deadline for the chosen sheets, with a reason."""
    round_ = get_round(request, pk)
    require(access.may_run_rounds(request.user))
    sheets = _chosen(request, round_)
    own = {one.deadline for one in sheets}
    initial = {"deadline": own.pop() if len(own) == 1 else None}
    form = SheetDeadlineForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            if not sheets:
                raise InvalidInput(_("Choose at least one sheet."))
            changed = freezing.set_deadlines(
                round=round_,
                assignments=sheets,
                by=request.user,  # type: ignore[arg-type]
                **form.cleaned_data,
            )
        except ReviewError as error:
            refuse(form, error)
        else:
            words = ngettext("%(count)d deadline was changed.", "%(count)d deadlines were changed.", changed)
            messages.success(request, words % {"count": changed})
            return redirect("reviews:chase", pk)
    context = round_context(request, round_, "progress") | {
        "form": form,
        "sheets": sheets,
        "nodes": tree_of(round_).nodes,
        "possible": round_.phase == Phase.COLLECTING,
    }
    return render(request, "reviews/chase_deadline.html", context, status=status_of(form))


@require_http_methods(["GET", "POST"])
def reopen(request: HttpRequest, pk: int, assignment_pk: int) -> HttpResponse:
    """Open a frozen sheet again for its assessor, or freeze it again before its day; with a reason, and the history."""
    round_ = get_round(request, pk)
    require(access.may_run_rounds(request.user))
    assignment = get_object_or_404(Assignment.objects.select_related("unit"), pk=assignment_pk, round=round_)
    closing = request.POST.get("do") == "close"
    form: Form = (ReasonForm if closing else ReopenForm)(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        service = freezing.close_sheet if closing else freezing.reopen_sheet
        try:
            service(assignment=assignment, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        except ReviewError as error:
            refuse(form, error)
        else:
            messages.success(request, _("The sheet is frozen again.") if closing else _("The sheet is open again."))
            return redirect("reviews:chase", pk)
    context = round_context(request, round_, "progress") | {
        "form": ReopenForm() if closing else form,
        "close_form": form if closing else ReasonForm(auto_id="close_%s"),
        "assignment": assignment,
        "node": tree_of(round_).nodes[assignment.indicator],
        "standing": standing_of(round_, assignment),
        "history": reopenings_of(assignment),
        "possible": round_.phase == Phase.COLLECTING,
    }
    return render(request, "reviews/chase_reopen.html", context, status=status_of(form))


@require_http_methods(["GET", "POST"])
def freeze_setting(request: HttpRequest, pk: int) -> HttpResponse:
    """Whether sheets are frozen at their deadlines (到期冻结): switched on or off with a reason."""
    round_ = get_round(request, pk)
    require(access.may_run_rounds(request.user))
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        on = request.POST.get("freeze") == "on"
        try:
            freezing.set_freezing(round=round_, on=on, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        except ReviewError as error:
            refuse(form, error)
        else:
            words = _("Sheets are frozen at their deadlines.") if on else _("Sheets are not frozen at their deadlines.")
            messages.success(request, words)
            return redirect("reviews:round_detail", pk)
    context = round_context(request, round_, "overview") | {
        "form": form,
        "possible": round_.phase == Phase.COLLECTING,
    }
    return render(request, "reviews/chase_freeze.html", context, status=status_of(form))

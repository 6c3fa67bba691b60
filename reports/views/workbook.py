"""Uploading and downloading round workbooks, and computing a round: each starts a job."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from indicators.services import ensure_plan
from reviews.models import Phase, Round
from reviews.navigation import round_context
from scoring.models import Computation
from scoring.queries import current_computation
from scoring.services import is_stale
from units import access
from units.guards import require

from ..forms import WorkbookUploadForm
from ..models import Job, JobKind, JobState
from ..services import start_job
from .jobs import visible_job

JOBS_SHOWN = 15


def get_round(pk: int) -> Round:
    return get_object_or_404(Round.objects.select_related("plan", "plan_version"), pk=pk)


def start(request: HttpRequest, kind: JobKind, **kwargs: Any) -> HttpResponse:
    job, is_new = start_job(kind=kind, by=request.user, **kwargs)  # type: ignore[arg-type]
    if not is_new:
        messages.info(request, _("This is already under way; here is how far it is."))
    return redirect("reports:job", pk=job.pk)


def _check_upload(request: HttpRequest, form: WorkbookUploadForm, round_: Round | None) -> HttpResponse:
    """Start the job that only checks the workbook and tells what loading it would change."""
    file = form.cleaned_data["file"]
    options = {
        "preview": True,
        "file_name": file.name,
        "whole": form.cleaned_data["whole"],
        "allow_missing": form.cleaned_data["allow_missing"],
    }
    return start(request, JobKind.IMPORT, round_=round_, options=options, upload=file)


def workbook(request: HttpRequest, pk: int) -> HttpResponse:
    """The round's workbook page: result, blank workbook, upload, recent jobs."""
    require(access.may_download_workbook(request.user))
    round_ = get_round(pk)
    form = WorkbookUploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        require(access.may_upload_workbook(request.user))
        if round_.phase != Phase.COLLECTING:
            messages.error(request, _("The input of this round is closed: no workbook can be loaded."))
            return redirect("reports:workbook", pk=round_.pk)
        if form.is_valid():
            return _check_upload(request, form, round_)
    computation = current_computation(round_)
    context = round_context(request, round_, "workbook") | {
        "form": form,
        "may_upload": access.may_upload_workbook(request.user) and round_.phase == Phase.COLLECTING,
        "may_compute": access.may_run_rounds(request.user),
        "computation": computation,
        "stale": computation is not None and is_stale(computation, round_),
        "exports": _current_export(round_, computation),
        "jobs": Job.objects.filter(round=round_).select_related("created_by")[:JOBS_SHOWN],
    }
    return render(request, "reports/workbook.html", context)


def _current_export(round_: Round, computation: Computation | None) -> Job | None:
    """The newest result workbook, if it was made of the present result."""
    if computation is None:
        return None
    made = Job.objects.filter(round=round_, kind=JobKind.EXPORT, state=JobState.DONE)
    return made.filter(started_at__gte=computation.computed_at).first()


def upload(request: HttpRequest) -> HttpResponse:
    """A workbook that opens a round, or adds to the one it names."""
    require(access.may_upload_workbook(request.user))
    form = WorkbookUploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        return _check_upload(request, form, None)
    return render(request, "reports/upload.html", {"form": form})


@require_POST
def load_checked(request: HttpRequest, pk: Any) -> HttpResponse:
    """Load the workbook that a preview job has checked: the same file, without another upload."""
    require(access.may_upload_workbook(request.user))
    checked = visible_job(request, pk)
    if checked.kind != JobKind.IMPORT or checked.state != JobState.DONE:
        return redirect("reports:job", pk=checked.pk)
    options = {k: v for k, v in checked.options.items() if k in {"file_name", "whole", "allow_missing"}}
    return start(request, JobKind.IMPORT, round_=checked.round, options=options, upload=checked.upload.name)


@require_POST
def compute(request: HttpRequest, pk: int) -> HttpResponse:
    require(access.may_run_rounds(request.user))
    round_ = get_round(pk)
    if round_.phase in access.PUBLISHED:
        messages.error(request, _("The round is announced: its result is frozen and not computed again."))
        return redirect("scoring:ranking", round_pk=round_.pk)
    return start(request, JobKind.COMPUTE, round_=round_)


@require_POST
def export(request: HttpRequest, pk: int) -> HttpResponse:
    require(access.may_download_workbook(request.user))
    return start(request, JobKind.EXPORT, round_=get_round(pk))


@require_POST
def template(request: HttpRequest, pk: int) -> HttpResponse:
    require(access.may_download_workbook(request.user))
    return start(request, JobKind.TEMPLATE, round_=get_round(pk))


@require_POST
def plan_template(request: HttpRequest, code: str) -> HttpResponse:
    """A blank workbook of a plan that no round has been opened from."""
    require(access.may_download_workbook(request.user))
    version = ensure_plan(code)
    return start(request, JobKind.TEMPLATE, options={"plan_version": version.pk})

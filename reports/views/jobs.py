"""A job's page: how far it is, what came of it."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from units import access

from ..jobs import is_lost, progress_of
from ..models import Job, JobKind, JobState

ERRORS_SHOWN = 200


def visible_job(request: HttpRequest, pk: Any) -> Job:
    """The job, if this account may see it: whoever started it, the office, auditors. Else 404."""
    job = get_object_or_404(Job.objects.select_related("round__plan", "round__plan_version", "created_by"), pk=pk)
    own = job.created_by_id == request.user.pk
    if not (own or access.may_download_workbook(request.user)):
        raise Http404
    return job


@require_GET
def job(request: HttpRequest, pk: Any) -> HttpResponse:
    """The whole page, or for htmx the part that changes while the job goes on."""
    found = visible_job(request, pk)
    percent, message = progress_of(found)
    lost = is_lost(found)
    context = {
        "job": found,
        "title": _("Check the workbook") if found.options.get("preview") else found.get_kind_display(),
        "percent": percent,
        "message": message,
        "lost": lost,
        "waiting": found.state in {JobState.QUEUED, JobState.RUNNING} and not lost,
        "errors": found.errors[:ERRORS_SHOWN],
        "errors_left": max(0, len(found.errors) - ERRORS_SHOWN),
        "counts": found.options.get("counts") or [],
        "next": _next_step(request, found),
        "retry": _retry(request, found),
        "may_load": (
            found.kind == JobKind.IMPORT
            and found.state == JobState.DONE
            and bool(found.options.get("preview"))
            and access.may_upload_workbook(request.user)
        ),
        "back": _back(found),
    }
    name = "reports/_job.html" if request.headers.get("HX-Request") else "reports/job.html"
    return render(request, name, context)


def _back(found: Job) -> tuple[str, str]:
    if found.kind == JobKind.COMPUTE and found.round_id:
        return reverse("scoring:ranking", args=[found.round_id]), _("Back to the ranking")
    if found.kind == JobKind.SIMILARITY and found.round_id:
        return reverse("reviews:duty_similarity", args=[found.round_id]), _("Back to what reports have in common")
    if found.kind == JobKind.SHEETS and found.round_id:
        return reverse("reports:offline", args=[found.round_id]), _("Back to download and upload")
    if found.round_id:
        return reverse("reports:workbook", args=[found.round_id]), _("Back to the workbook page")
    return reverse("reviews:round_list"), _("Back to the rounds")


def _next_step(request: HttpRequest, found: Job) -> tuple[str, str] | None:
    """Where a finished job leads: (address, words)."""
    if found.state != JobState.DONE:
        return None
    if found.kind == JobKind.COMPUTE and found.round_id:
        return reverse("scoring:ranking", args=[found.round_id]), _("See the ranking")
    if found.kind == JobKind.SIMILARITY and found.round_id:
        return reverse("reviews:duty_similarity", args=[found.round_id]), _("See what reports have in common")
    loaded = found.options.get("loaded_round")
    if found.kind == JobKind.IMPORT and loaded:
        return reverse("scoring:ranking", args=[loaded]), _("See the ranking")
    if found.output:
        return reverse("reports:job_file", args=[found.pk]), _("Download")
    return None


def _retry(request: HttpRequest, found: Job) -> str | None:
    """The address to post to for starting a failed or lost job again, if that makes sense."""
    if found.state not in {JobState.FAILED, JobState.RUNNING, JobState.QUEUED} or not found.round_id:
        return None
    if found.kind == JobKind.COMPUTE and access.may_run_rounds(request.user):
        return reverse("reports:compute", args=[found.round_id])
    if found.kind == JobKind.SIMILARITY and access.may_run_duty_reports(request.user):
        return reverse("reports:compare_duty_reports", args=[found.round_id])
    if found.kind == JobKind.EXPORT and access.may_download_workbook(request.user):
        return reverse("reports:export", args=[found.round_id])
    if found.kind == JobKind.SHEETS and access.may_hand_out_sheets(request.user):
        return reverse("reports:offline_all", args=[found.round_id])
    return None


@require_GET
def job_file(request: HttpRequest, pk: Any) -> FileResponse:
    """The job's output file, under the name it was made with."""
    found = visible_job(request, pk)
    if not found.output:
        raise Http404(_("This job has no file."))
    return FileResponse(
        found.output.open("rb"),
        as_attachment=True,
        filename=found.options.get("output_name") or found.output.name.rsplit("/", 1)[-1],
    )

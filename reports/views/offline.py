"""Score sheets as files: the page where they are downloaded and uploaded, and the preview of an upload."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from indicators.services import engine_plan
from reviews.models import Phase, Round
from reviews.navigation import round_context
from reviews.queries.sheet import grid_of
from reviews.services.errors import InvalidInput, ReviewError
from reviews.tree import Tree
from units import access
from units.guards import require, require_known
from units.models import Unit
from units.views._common import who

from ..forms import ExcelForm
from ..jobs import progress_of
from ..models import JobKind, OfflineUpload
from ..offline import uploads
from ..offline.queries import earlier_upload, preview_of, units_with_sheets, uploads_of
from ..offline.work import book_name
from ..offline.write import write_own_book, write_unit_book
from ..services import start_job

CHOICE = "choice-"


def _round(request: HttpRequest, pk: int) -> Round:
    require(access.may_see_rounds(request.user))
    return get_object_or_404(Round.objects.select_related("plan", "plan_version"), pk=pk)


@require_http_methods(["GET", "POST"])
def offline(request: HttpRequest, pk: int) -> HttpResponse:
    """Download one's own score sheet, upload it filled in; for the office, everybody's."""
    round_ = _round(request, pk)
    require(access.may_see_some_marks(request.user))
    user = who(request)
    form = ExcelForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        require(access.may_enter_some_marks(user))
        if form.is_valid():
            try:
                upload = uploads.receive(round=round_, file=form.cleaned_data["file"], by=user)
                return redirect("reports:offline_upload", pk=round_.pk, upload_pk=upload.pk)
            except InvalidInput as error:
                form.add_error("file", str(error))
            except ReviewError as error:
                form.add_error(None, str(error))
    leaves = [leaf for leaf in grid_of(user, round_).leaves if leaf.mine]
    hands_out = access.may_hand_out_sheets(user)
    context = round_context(request, round_, "marks") | {
        "form": form,
        "leaves": leaves,
        "closed": sum(bool(leaf.reason) for leaf in leaves),
        "may_upload": bool(leaves) and round_.phase == Phase.COLLECTING,
        "uploads": uploads_of(user, round_),
        "units": units_with_sheets(round_) if hands_out else [],
        "hands_out": hands_out,
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "reports/offline.html", context, status=status)


@require_GET
def offline_mine(request: HttpRequest, pk: int) -> FileResponse:
    """The account's own score sheet."""
    round_ = _round(request, pk)
    require(access.may_enter_some_marks(request.user))
    user = who(request)
    require(any(leaf.mine for leaf in grid_of(user, round_).leaves))
    return _file(lambda path: write_own_book(path, user, round_), book_name(round_, str(user)))


@require_GET
def offline_unit(request: HttpRequest, pk: int, unit_pk: int) -> FileResponse:
    """Any assessor's score sheet, to be handed out."""
    round_ = _round(request, pk)
    require(access.may_hand_out_sheets(request.user))
    unit = get_object_or_404(Unit, pk=unit_pk)
    require_known(unit in units_with_sheets(round_))
    return _file(lambda path: write_unit_book(path, unit, round_, who(request)), book_name(round_, unit.name))


def _file(write: Callable[[Path], None], name: str) -> FileResponse:
    # The response closes the file, and with that it is gone.
    kept = tempfile.NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115
    write(Path(kept.name))
    response = FileResponse(kept, as_attachment=True, filename=name)
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
def offline_all(request: HttpRequest, pk: int) -> HttpResponse:
    """Start writing every assessor's score sheet into one archive."""
    round_ = _round(request, pk)
    require(access.may_hand_out_sheets(request.user))
    job, is_new = start_job(kind=JobKind.SHEETS, by=who(request), round_=round_)
    if not is_new:
        messages.info(request, _("This is already under way; here is how far it is."))
    return redirect("reports:job", pk=job.pk)


# ------------------------------------------------------------------------------ an upload


def _upload(request: HttpRequest, pk: int, upload_pk: int) -> OfflineUpload:
    """The account's own upload; to everybody else there is none."""
    require(access.may_see_rounds(request.user))
    found = OfflineUpload.objects.select_related("round__plan", "round__plan_version", "job")
    upload = get_object_or_404(found, pk=upload_pk, round=pk)
    require_known(access.may_settle_upload(request.user, upload))
    return upload


@require_http_methods(["GET", "POST"])
def offline_upload(request: HttpRequest, pk: int, upload_pk: int) -> HttpResponse:
    """What an upload would change, or how far its reading or saving is; its owner decides here."""
    upload = _upload(request, pk, upload_pk)
    if request.method == "POST":
        return _decide(request, upload)
    working = upload.state in uploads.STEPS and not uploads.is_stuck(upload)
    percent, words = progress_of(upload.job) if upload.job else (0, "")
    context: dict[str, Any] = {"upload": upload, "working": working, "percent": percent, "words": words}
    if request.headers.get("HX-Request"):
        response = render(request, "reports/_offline_progress.html", context | {"round": upload.round})
        if not working:
            response.headers["HX-Refresh"] = "true"
        return response
    context |= round_context(request, upload.round, "marks")
    if not working and upload.state in {uploads.State.READY, uploads.State.DONE}:
        show = request.GET.get("show", "")
        preview = preview_of(upload, Tree(engine_plan(upload.round.plan_version)), show, request.GET.get("page"))
        context |= {
            "preview": preview,
            "show": show if preview.parts and preview.parts[0].page else "",
            "page_obj": preview.parts[0].page if preview.parts else None,
            "earlier": earlier_upload(upload),
            "collecting": upload.round.phase == Phase.COLLECTING,
        }
    return render(request, "reports/offline_upload.html", context)


def _chosen(post: QueryDict) -> Iterator[str]:
    """The keys of the cells about which the form says something."""
    for name in post:
        digits = name.removeprefix(CHOICE)
        if name.startswith(CHOICE) and digits.isascii() and digits.isdigit() and len(digits) < 19:
            yield digits


def _decide(request: HttpRequest, upload: OfflineUpload) -> HttpResponse:
    """What was chosen on the page is kept whichever button was pressed."""
    user, post = who(request), request.POST
    choices = {int(digits): str(post[CHOICE + digits]) for digits in _chosen(post)}
    do = post.get("do", "")
    try:
        if do == "discard":
            uploads.discard(upload=upload, by=user)
            messages.info(request, _("The upload was discarded."))
            return redirect("reports:offline", pk=upload.round_id)
        if do == "again":
            uploads.go_on(upload=upload, by=user)
        elif do in {"mine", "theirs"}:
            uploads.choose_all(upload=upload, choice=do, by=user)
        elif do == "choose":
            uploads.choose(upload=upload, choices=choices, by=user)
        elif do == "confirm":
            uploads.choose(upload=upload, choices=choices, by=user)
            uploads.confirm(upload=upload, by=user)
    except ReviewError as error:
        messages.error(request, str(error))
    # Back to the same page of the same group, unless that is about to change.
    query = "" if do == "confirm" else request.META.get("QUERY_STRING", "")
    return redirect(request.path + (f"?{query}" if query else ""))


@require_GET
def offline_marked(request: HttpRequest, pk: int, upload_pk: int) -> FileResponse:
    """A copy of the uploaded file with its wrong cells in red."""
    upload = _upload(request, pk, upload_pk)
    if not upload.marked:
        raise Http404(_("This upload has no marked copy."))
    name = f"{Path(upload.file_name).stem}-标错.xlsx"
    return FileResponse(upload.marked.open("rb"), as_attachment=True, filename=name)

"""Evidence: the files of one place (a fragment or a page), one file, the list of a round, counts for a sheet."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from reviews.models import Evidence, EvidenceKind, Round
from reviews.navigation import round_context
from reviews.queries.evidence import (
    Place,
    cell_counts,
    cell_key,
    files_of_round,
    find_place,
    may_read_file,
    place_of,
    visible_files,
)
from reviews.services.errors import ReviewError
from reviews.services.evidence import (
    EXTENSIONS,
    add_evidence,
    clean_name,
    closed_words,
    may_withdraw,
    withdraw_evidence,
)
from units import access
from units.guards import require, require_known
from units.models import User

from ._common import get_round, paged, tree_of

log = logging.getLogger(__name__)

# Whatever a file holds, it is a file and not a page of ours: no scripts, no forms, nothing loaded.
LOCKED = "default-src 'none'; sandbox"
_TABS: dict[str, str] = {
    EvidenceKind.EVENT: "events",
    EvidenceKind.PAPER: "polls",
    EvidenceKind.PROMISE: "promises",
    EvidenceKind.INTERVIEW: "interviews",
    EvidenceKind.LEDGER: "ledger",
}
CAMERA = "image/jpeg,image/png"


@dataclass(slots=True)
class _Outcome:
    """What became of the files of one upload."""

    stored: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)  # name, reason


@require_http_methods(["GET", "POST"])
def evidence(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    """The files of one place; a POST adds the files it holds. For scripts the answer to that is JSON."""
    round_ = get_round(request, pk)
    place = find_place(round_, key)
    if place is None or not access.may_open_evidence(request.user, round_, place):
        raise Http404
    if request.method != "POST":
        return _show(request, place)
    require(access.may_add_evidence(request.user, place))
    outcome = _add(request, place)
    status = 422 if outcome.refused else 200
    if request.headers.get("Accept") == "application/json":
        answer = {
            "stored": outcome.stored,
            "refused": [{"name": name, "reason": reason} for name, reason in outcome.refused],
        }
        return JsonResponse(answer, status=status)
    if outcome.refused:
        return _show(request, place, refused=[reason for _name, reason in outcome.refused], status=status)
    words = ngettext("%(count)d file added.", "%(count)d files added.", len(outcome.stored))
    messages.success(request, words % {"count": len(outcome.stored)})
    return HttpResponseRedirect(request.path)


def _add(request: HttpRequest, place: Place) -> _Outcome:
    """Each file is decided on by itself: a wrong one keeps no other from being stored."""
    outcome = _Outcome()
    files = request.FILES.getlist("file")
    if not files:
        outcome.refused.append(("", _("Choose at least one file.")))
    for file in files:
        try:
            stored = add_evidence(
                place=place, file=file, title=request.POST.get("title", ""), by=cast(User, request.user)
            )
        except ReviewError as error:
            outcome.refused.append((clean_name(file.name or ""), str(error)))
        else:
            outcome.stored.append(stored.name)
    return outcome


def _show(
    request: HttpRequest, place: Place, *, refused: list[str] | None = None, error: str = "", status: int = 200
) -> HttpResponse:
    """`?dialog=1`: the fragment brings its own button that closes the dialog around it."""
    user = request.user
    files = list(visible_files(user, place))
    may_add = access.may_add_evidence(user, place)
    closed = closed_words(place, user) if may_add else ""
    # Who entered something is for those who check; the one appraised sees its own people only.
    names = access.may_see_all_results(user) or not access.is_own(user, place.subject)
    context: dict[str, Any] = {
        "round": place.round,
        "place": place,
        "files": [(file, not closed and may_withdraw(user, file, place), names or file.from_subject) for file in files],
        "may_add": may_add,
        "closed": closed,
        "refused": refused or [],
        "error": error,
        "accept": ",".join(f".{extension}" for extension in EXTENSIONS),
        "camera": CAMERA,
        "max_bytes": settings.EVIDENCE_MAX_BYTES,
        "max_files": settings.EVIDENCE_MAX_FILES,
        "in_dialog": "dialog" in request.GET,
    }
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "reviews/_evidence.html", context)
    tab = _TABS.get(place.kind, "marks")
    context |= round_context(request, place.round, tab) | {"back": _back(user, place), "as_page": True}
    return render(request, "reviews/evidence.html", context, status=status)


def _back(user: Any, place: Place) -> str:
    """The page on which the files' place stands."""
    pk = place.round.pk
    if place.event is not None:
        return reverse("reviews:event_detail", args=[pk, place.event.pk])
    if place.poll is not None:
        return reverse("reviews:paper", args=[pk, place.poll.pk])
    if place.promise is not None:
        return reverse("reviews:promise_list", args=[pk, place.promise.list_id])
    if place.interview is not None:
        return reverse("reviews:interview", args=[pk, place.interview.pk])
    if place.item is not None:
        return reverse("reviews:ledger_item", args=[pk, place.item.pk])
    sheet = next((one for one in place.assignments if access.may_see_marks(user, one)), None)
    if place.kind == EvidenceKind.MARK and sheet is not None:
        return reverse("reviews:mark_sheet", args=[pk, sheet.pk])
    if place.kind == EvidenceKind.ATTAINMENT and sheet is not None:
        return reverse("reviews:number_sheet", args=[pk, sheet.pk])
    return reverse("reviews:round_detail", args=[pk])


# ---------------------------------------------------------------- one file


def _known_file(request: HttpRequest, pk: int, evidence_pk: int) -> Evidence:
    """The file, if this account may read it; else 404."""
    get_round(request, pk)
    rows = Evidence.objects.select_related("round__plan", "round__plan_version", "subject")
    found = get_object_or_404(rows, pk=evidence_pk, round=pk)
    require_known(may_read_file(request.user, found))
    return found


@require_safe
def evidence_file(request: HttpRequest, pk: int, evidence_pk: int) -> HttpResponseBase:
    """The file itself. Pictures and PDF are shown, everything else (or with `?download=1`) is handed over."""
    found = _known_file(request, pk, evidence_pk)
    shown = found.opens and "download" not in request.GET
    tag = f'"{found.sha256}-{shown:d}"'
    response: HttpResponseBase | None = get_conditional_response(request, etag=tag)
    if response is None:
        try:
            stored = found.file.open("rb")
        except FileNotFoundError:
            log.exception("Evidence %s has lost its file", found.pk)
            raise Http404 from None
        response = FileResponse(stored, as_attachment=not shown, filename=found.name, content_type=found.media_type)
    response["ETag"] = tag
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = LOCKED
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    # Kept by the browser, but asked for each time: who may see it can change.
    patch_cache_control(response, private=True, no_cache=True)
    return response


@require_POST
def evidence_withdraw(request: HttpRequest, pk: int, evidence_pk: int) -> HttpResponse:
    found = _known_file(request, pk, evidence_pk)
    place = place_of(found)
    # Who may only read is told nothing of what others may do with it.
    require_known(may_withdraw(request.user, found, place))
    error = ""
    try:
        withdraw_evidence(evidence=found, reason=request.POST.get("reason", ""), by=cast(User, request.user))
    except ReviewError as refusal:
        error = str(refusal)
    if place is not None and request.htmx:  # type: ignore[attr-defined]
        return _show(request, place, error=error)
    if error:
        messages.error(request, error)
    else:
        messages.success(request, _("The file was withdrawn. It is kept, and the log says by whom."))
    if place is None or "list" in request.POST:
        return redirect("reviews:evidence_list", pk)
    return redirect("reviews:evidence", pk, place.key)


# ---------------------------------------------------------------- a round's files


@require_GET
def evidence_list(request: HttpRequest, pk: int) -> HttpResponse:
    """All files of a round, also those that were withdrawn or have lost what they stood beside."""
    round_ = get_round(request, pk)
    require(access.may_keep_evidence(request.user))
    filters = {name: request.GET.get(name, "").strip() for name in ("kind", "state", "q")}
    found = files_of_round(request.user, round_, kind=filters["kind"], state=filters["state"], words=filters["q"])
    context = round_context(request, round_, "files") | {
        "page_obj": paged(request, found),
        "filters": filters,
        "filtered": any(filters.values()),
        "kinds": EvidenceKind.choices,
    }
    return render(request, "reviews/evidence_list.html", context)


@require_GET
def evidence_counts(request: HttpRequest, pk: int) -> JsonResponse:
    """For the grid: `cells` {"SUBJECT:ASSIGNMENT": number}, and by assignment the address of a cell's files.

    In such an address 0 stands for the subject.
    """
    round_ = get_round(request, pk)
    require(access.may_see_some_marks(request.user))
    tree = tree_of(round_)
    sheets = [one for one in round_.assignments.all() if access.may_see_marks(request.user, one)]
    counts = cell_counts(round_, sheets)
    return JsonResponse(
        {
            "cells": {f"{subject}:{sheet}": number for (subject, sheet), number in counts.items()},
            "urls": {str(one.pk): _cell_url(round_, tree.nodes[one.indicator].method, one) for one in sheets},
        }
    )


def _cell_url(round_: Round, method: str, sheet: Any) -> str:
    return reverse("reviews:evidence", args=[round_.pk, cell_key(method, sheet.indicator, 0, sheet.pk)])

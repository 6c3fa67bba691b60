"""The half-year circular on the rectification ledger of a round: to read, print, and as files."""

from __future__ import annotations

from io import BytesIO

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from reviews.navigation import round_context
from reviews.views._common import get_round
from units import access
from units.guards import require

from ..forms import CircularForm
from ..rectification.book import write_book
from ..rectification.circular import Circular, circular_of
from ..rectification.word import write_word
from ..rectification.words import column_words


def _circular(request: HttpRequest, pk: int) -> tuple[Circular, CircularForm]:
    """Of the period that the address names; of this half-year if it names none, or what is none."""
    round_ = get_round(request, pk)
    require(access.may_see_ledger(request.user))
    form = CircularForm(request.GET or None)
    return circular_of(round_, form.period, request.user), form


@require_GET
def circular(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = _circular(request, pk)
    context = round_context(request, found.round, "ledger") | {
        "circular": found,
        "form": form,
        "heads": column_words(),
        "query": request.GET.urlencode(),
    }
    return render(request, "reports/circular.html", context, status=422 if form.errors else 200)


def _file(content: bytes, found: Circular, ending: str) -> FileResponse:
    title = _("Rectification circular")
    name = f"{found.round.title}-{title}-{found.period.words}.{ending}"
    response = FileResponse(BytesIO(content), as_attachment=True, filename=name)
    response["Cache-Control"] = "private, no-store"
    return response


@require_GET
def circular_word(request: HttpRequest, pk: int) -> FileResponse:
    found, _form = _circular(request, pk)
    return _file(write_word(found), found, "docx")


@require_GET
def circular_book(request: HttpRequest, pk: int) -> FileResponse:
    found, _form = _circular(request, pk)
    return _file(write_book(found), found, "xlsx")

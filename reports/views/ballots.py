"""Votes on paper as files, and the summary form of a vote."""

from __future__ import annotations

from io import BytesIO

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from reviews.models import Poll
from reviews.queries.ballot_sheets import sheets_of
from reviews.views.paper import poll_context, poll_of
from reviews.views.paper_forms import chosen_papers

from ..ballots.book import write_book
from ..ballots.summary import summary_of
from ..ballots.word import write_papers


def _file(content: bytes, poll: Poll, words: str, ending: str) -> FileResponse:
    name = f"{poll.round.title}-{words}.{ending}"
    response = FileResponse(BytesIO(content), as_attachment=True, filename=name)
    response["Cache-Control"] = "private, no-store"
    return response


@require_GET
def paper_word(request: HttpRequest, pk: int, poll_pk: int) -> FileResponse:
    """The ballot papers as a Word file: all that are wanted, or `?paper=` one."""
    poll = poll_of(request, pk, poll_pk)
    sheets = sheets_of(poll)
    papers = chosen_papers(sheets, request.GET.get("paper", ""))
    return _file(write_papers(sheets, papers), poll, f"{sheets.title}-{_('Ballot paper')}", "docx")


@require_GET
def paper_book(request: HttpRequest, pk: int, poll_pk: int) -> FileResponse:
    """Counting sheets and the summary form as an Excel file."""
    poll = poll_of(request, pk, poll_pk)
    sheets = sheets_of(poll)
    return _file(write_book(sheets, summary_of(poll)), poll, f"{sheets.title}-{_('Counting sheet')}", "xlsx")


@require_GET
def poll_summary(request: HttpRequest, pk: int, poll_pk: int) -> HttpResponse:
    """The summary form (民主测评汇总表): filled in once the vote is counted, empty to be filled in by hand before."""
    poll = poll_of(request, pk, poll_pk)
    context = poll_context(request, poll) | {"summary": summary_of(poll)}
    return render(request, "reports/poll_summary.html", context)

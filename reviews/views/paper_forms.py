"""What is printed of a poll: ballot papers and counting sheets, and how many copies were made."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from reviews.forms.paper import CopiesForm
from reviews.models import PollState
from reviews.paper_figures import BALLOTS
from reviews.queries.ballot_sheets import Paper, Sheets, sheets_of
from reviews.services.errors import ReviewError
from reviews.services.polls.handing import record_print
from units import access
from units.guards import require
from units.views._common import who

from .paper import poll_context, poll_of

MOST_PAGES = 600  # papers on one page of the browser; more are printed in parts, or as copies of the printer


@require_http_methods(["GET", "POST"])
def paper_print(request: HttpRequest, pk: int, poll_pk: int) -> HttpResponse:
    """The ballot papers: `?paper=DIGEST` one of them, `?paper=common` that for everybody, `?each=1` as many as are
    handed out. A POST keeps how many copies were printed."""
    poll = poll_of(request, pk, poll_pk)
    form = CopiesForm(request.POST or None)
    if request.method == "POST":
        require(access.may_run_polls(request.user))
        if form.is_valid():
            try:
                record_print(poll=poll, by=who(request), **form.cleaned_data)
            except ReviewError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("Noted."))
                return redirect(request.get_full_path())
    sheets = sheets_of(poll)
    chosen = chosen_papers(sheets, request.GET.get("paper", ""))
    each = "each" in request.GET
    copies = [(paper, max(paper.handed, 1) if each else 1) for paper in chosen]
    total = sum(number for _paper, number in copies)
    context = poll_context(request, poll) | {
        "sheets": sheets,
        "chosen": request.GET.get("paper", ""),
        "each": each,
        "too_many": total > MOST_PAGES,
        "papers": [(paper, range(number)) for paper, number in copies] if total <= MOST_PAGES else [],
        "printed": list(poll.paper_prints.select_related("made_by")),
        "form": form,
        "may_note": poll.state in {PollState.PREPARED, PollState.READY, PollState.OPEN},
    }
    return render(request, "reviews/paper_print.html", context, status=422 if form.errors else 200)


def chosen_papers(sheets: Sheets, key: str) -> list[Paper]:
    """All papers that are wanted, the common one, or one by its digest. Raises Http404."""
    if not key:
        return sheets.wanted
    paper = sheets.common if key == "common" else sheets.paper(key)
    if paper is None:
        raise Http404
    return [paper]


@require_GET
def paper_sheets(request: HttpRequest, pk: int, poll_pk: int) -> HttpResponse:
    """The counting sheets (计票表), on which ballots are tallied by hand."""
    poll = poll_of(request, pk, poll_pk)
    context = poll_context(request, poll) | {"sheets": sheets_of(poll), "ballots": BALLOTS.values()}
    return render(request, "reviews/paper_sheets.html", context)

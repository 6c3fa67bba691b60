"""The list of receipts of counted ballots, for everybody: whoever finds his code knows that his ballot is in."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_http_methods

from reviews import sealing
from reviews.models import Poll, PollReceipts, PollState
from reviews.services.polls.setup import classes_of

from .booth import for_voters

MOST_LISTED = 3000


def _poll(pk: int) -> Poll:
    """A poll that was opened, whatever became of it; 404 for one that was not."""
    rows = Poll.objects.select_related("round__plan_version").exclude(opened_at=None)
    return get_object_or_404(rows, pk=pk)


def _codes(poll: Poll) -> list[str] | None:
    """Sorted as they are stored; None as long as nothing was counted. One query."""
    found: list[str] | None = PollReceipts.objects.filter(poll=poll).values_list("codes", flat=True).first()
    return found


@for_voters
@require_http_methods(["GET", "POST"])
@gzip_page
def receipts(request: HttpRequest, pk: int) -> HttpResponse:
    """The list; POST looks a code up. A code that is sought never stands in an address."""
    poll = _poll(pk)
    codes = _codes(poll)
    sought = sealing.grouped(sealing.plain_code(request.POST.get("code", "")), 5)
    context = {
        "poll": poll,
        "voter_class": classes_of(poll.round).get(poll.voter_class, poll.voter_class),
        "codes": codes if codes is not None and len(codes) <= MOST_LISTED else None,
        "count": None if codes is None else len(codes),
        "sought": sought,
        "is_found": bool(codes) and sought in set(codes or ()),
        "is_annulled": poll.state == PollState.ANNULLED,
    }
    return render(request, "reviews/booth_receipts.html", context)


@for_voters
@require_GET
@gzip_page
def codes_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The same list as plain text, a code a line."""
    codes = _codes(_poll(pk))
    if codes is None:
        raise Http404
    response = HttpResponse("".join(f"{code}\n" for code in codes), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="receipts-{pk}.txt"'
    return response

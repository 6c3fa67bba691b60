"""The voters' pages: the way in, the ballot, its last look, the receipt.

Most who come here have no account. What lets them vote travels in the body of each request (`reviews.tickets`), so an
address, a log line or a referrer never names a ballot. Nothing here touches the session or the messages.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from appraisal_site.lib.client_ip import client_ip
from reviews.ballot_form import Checked, Problem, Terms, check, why_invalid
from reviews.ballot_page import Page, Sent, for_script, page_of, read_sent, tallies_of, warning_of
from reviews.models import Poll, PollState
from reviews.queries.booth import door_of, own_ballots, rated_subjects
from reviews.services.errors import ReviewError
from reviews.services.polls.casting import AlreadyVoted, InvalidBallot, NotOpenYet, PollClosed, is_running
from reviews.tickets import (
    LinkTicket,
    LoginFirst,
    NoSuchLink,
    NotYours,
    Ticket,
    TooManyTries,
    WrongCode,
    known_device,
    new_device,
    ticket_of,
)
from units.middleware import wants_json
from units.models import User

DEVICE_COOKIE = "kaoping_device"
DEVICE_DAYS = 90
View = Callable[..., HttpResponse]


def for_voters(view: View) -> View:
    """A page for everybody: never kept on the way or in the browser, never in an error report."""
    return login_not_required(never_cache(sensitive_post_parameters()(view)))


# ---------------------------------------------------------------- the way in


@for_voters
@require_GET
def entry(request: HttpRequest) -> HttpResponse:
    """One's own ballots with an account; the field for a code without one."""
    return _entry(request)


def _entry(request: HttpRequest, **context: Any) -> HttpResponse:
    user = request.user
    ballots = [_listed(row) for row in own_ballots(user)] if isinstance(user, User) else []
    status = context.pop("status", 200)
    return render(request, "reviews/booth_entry.html", {"ballots": ballots, **context}, status=status)


def _listed(row: Any) -> dict[str, Any]:
    poll: Poll = row.poll
    return {
        "pk": row.pk,
        "poll": poll,
        "label": row.label,
        "leaves": [leaf.title for leaf in Terms.from_json(poll.terms).leaves],
        "subjects": len(row.paper.places),
        "is_in": row.has_voted,
        "is_open": is_running(poll),
        "is_ready": poll.state == PollState.READY,
    }


@for_voters
@require_http_methods(["GET", "POST"])
@gzip_page
def ballot(request: HttpRequest) -> HttpResponse:
    """The ballot of the ticket that was posted. GET is what a reload becomes: the script then posts it again."""
    if request.method != "POST":
        return _entry(request, resume=True)
    try:
        return _opened(request, _ticket(request))
    except ReviewError as refused:
        return _refused(request, refused)


@for_voters
@require_GET
@gzip_page
def door(request: HttpRequest, token: str) -> HttpResponse:
    """A link that many use. The device gets a secret, so that it sits down once."""
    try:
        found = door_of(token)
        if found is None:
            raise NoSuchLink
        known = known_device(found, request.COOKIES.get(DEVICE_COOKIE, ""))
        ticket = LinkTicket(found, known or new_device(found, client_ip(request)))
    except ReviewError as refused:
        return _refused(request, refused)
    response = _opened(request, ticket)
    response.set_cookie(
        DEVICE_COOKIE,
        ticket.fields["device"],
        max_age=DEVICE_DAYS * 24 * 3600,
        path=request.path,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return response


def _ticket(request: HttpRequest, *, casting: bool = False) -> Ticket:
    return ticket_of(request.POST, request.user, client_ip(request), casting=casting)


def _opened(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """The receipt if the ballot is in, the ballot if it may be cast now, else why not."""
    if receipt := ticket.receipt():
        return _receipt(request, ticket, receipt, again=True)
    try:
        _check_running(ticket.poll)
        return _form(request, ticket)
    except ReviewError as refused:
        return _refused(request, refused, ticket)


def _check_running(poll: Poll) -> None:
    if poll.state == PollState.READY:
        raise NotOpenYet
    if not is_running(poll):
        raise PollClosed


# ---------------------------------------------------------------- the ballot


def _form(
    request: HttpRequest, ticket: Ticket, sent: Sent | None = None, problems: Iterable[Problem] = (), status: int = 200
) -> HttpResponse:
    sheet = ticket.sheet()
    terms = Terms.from_json(ticket.poll.terms)
    page = page_of(terms, sheet.paper.places, rated_subjects(sheet.paper.places), sent, tuple(problems))
    context = _about(ticket, terms, page) | {
        "label": sheet.label,
        "slip": sheet.slip,
        "script": for_script(terms, page),
    }
    return render(request, "reviews/booth_ballot.html", context, status=status)


def _about(ticket: Ticket, terms: Terms, page: Page) -> dict[str, Any]:
    """What the ballot and its last look have in common."""
    leaves = [face.leaf for face in page.faces]
    titles = "、".join(leaf.title for leaf in leaves)
    return {"ticket": ticket, "poll": ticket.poll, "terms": terms, "page": page, "leaves": leaves, "titles": titles}


@for_voters
@require_POST
@gzip_page
def cast(request: HttpRequest) -> HttpResponse:
    """Cast the ballot, or without the script first look at it once more (`do`: review, edit). Stores nothing else."""
    do = request.POST.get("do", "cast")
    sent = read_sent(request.POST)
    ticket = None
    try:
        ticket = _ticket(request, casting=do == "cast")
        if do != "cast":
            return _looked_at(request, ticket, sent, edit=do == "edit")
        receipt, again = ticket.cast(sent.answers, sent.comments), False
    except AlreadyVoted as before:
        receipt, again = before.receipt, True
    except ReviewError as refused:
        return _refused(request, refused, ticket, sent)
    assert ticket is not None
    if wants_json(request):
        return JsonResponse({"state": "in", "receipt": receipt, "again": again})
    return _receipt(request, ticket, receipt, again=again)


def _looked_at(request: HttpRequest, ticket: Ticket, sent: Sent, *, edit: bool) -> HttpResponse:
    """The last look of those who vote without a script, or the ballot again. Raises PollClosed, InvalidBallot."""
    _check_running(ticket.poll)
    if edit:
        return _form(request, ticket, sent)
    sheet = ticket.sheet()
    terms = Terms.from_json(ticket.poll.terms)
    checked: Checked = check(terms, sheet.paper.places, sent.answers, sent.comments)
    if checked.problems:
        raise InvalidBallot(checked.problems)
    page = page_of(terms, sheet.paper.places, rated_subjects(sheet.paper.places), sent)
    context = _about(ticket, terms, page) | {
        "tallies": tallies_of(page, checked.answers),
        "unrated": [line.rated.name for line in page.lines if not line.is_done],
        "warning": warning_of(why_invalid(terms, checked.answers)),
        "comments": len(checked.comments),
        "posted": _posted(request),
    }
    return render(request, "reviews/booth_review.html", context)


def _posted(request: HttpRequest) -> list[tuple[str, str]]:
    """All that was sent, to be sent once more from the next page: it is kept nowhere else."""
    left_out = {"csrfmiddlewaretoken", "do"}
    return [(name, str(value)) for name, value in request.POST.items() if name not in left_out and value]


def _receipt(request: HttpRequest, ticket: Ticket, receipt: str, *, again: bool) -> HttpResponse:
    poll = ticket.poll
    context = {
        "ticket": ticket,
        "fields": json.dumps(ticket.fields),
        "poll": poll,
        "receipt": receipt,
        "again": again,
        "is_counted": poll.state == PollState.COUNTED,
    }
    return render(request, "reviews/booth_receipt.html", context)


# ---------------------------------------------------------------- refusals


def _refused(
    request: HttpRequest, refused: ReviewError, ticket: Ticket | None = None, sent: Sent | None = None
) -> HttpResponse:
    """Why not, where it can be put right: at its places, at the field of the code, or on a page of its own."""
    if isinstance(refused, InvalidBallot) and ticket:
        if not wants_json(request):
            return _form(request, ticket, sent, refused.problems, status=422)
        problems = [[_name(problem), problem.text] for problem in refused.problems]
        return JsonResponse({"state": "problems", "text": str(refused), "problems": problems}, status=422)
    # A page that waits for the opening is no failure; an answer to a ballot that came too early is one.
    early = isinstance(refused, NotOpenYet) and sent is None
    status = 200 if early else _STATUS.get(type(refused), 410)
    if wants_json(request):
        state = "login" if isinstance(refused, LoginFirst) else "refused"
        return JsonResponse({"state": state, "text": str(refused)}, status=status)
    if isinstance(refused, WrongCode) or (isinstance(refused, TooManyTries) and "code" in request.POST):
        return _entry(request, error=str(refused), typed=request.POST.get("code", ""), status=status)
    context = {
        "text": str(refused),
        "title": _TITLES.get(type(refused), _("This ballot cannot be cast")),
        "poll": ticket.poll if ticket else None,
        "posted": _posted(request) if isinstance(refused, LoginFirst) else None,
        "waits": ticket.fields if ticket and isinstance(refused, NotOpenYet) else None,
        "here": request.path,
        "login": f"{reverse('units:login')}?next={reverse('reviews:booth')}",
    }
    return render(request, "reviews/booth_message.html", context, status=status)


_STATUS = {WrongCode: 422, TooManyTries: 429, LoginFirst: 401, NoSuchLink: 404, NotYours: 404}
_TITLES = {
    PollClosed: _("The vote is over"),
    NotOpenYet: _("The vote is not open yet"),
    LoginFirst: _("Not sent yet: you are logged out"),
    TooManyTries: _("Please wait a moment"),
    NoSuchLink: _("No vote is found here"),
}


def _name(problem: Problem) -> str:
    """The field of the form that a problem belongs to; "" for the ballot as a whole."""
    if problem.place is None:
        return ""
    subject, code = problem.place
    return f"a.{subject}.{code}" if code else f"c.{subject}"

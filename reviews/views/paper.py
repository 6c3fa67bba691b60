"""Paper ballots of a poll: where it stands and the steps of its count; who votes on paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from appraisal_site.lib.numbers import as_id
from reviews.forms.paper import NamelessForm, SlipsForm
from reviews.models import UNDER_WAY, Evidence, EvidenceKind, Phase, Poll, PollState, Round
from reviews.navigation import round_context
from reviews.queries.ballot_sheets import few_words
from reviews.queries.paper import (
    counts_of,
    figures_of,
    may_see_figures,
    on_paper_of,
    own_entry,
    paper_lines,
    voters_of,
)
from reviews.services.errors import InvalidInput, ReviewError
from reviews.services.polls import comparing, handing, tally
from reviews.services.polls.setup import classes_of
from units import access
from units.guards import require
from units.views._common import who

from ._common import get_round, paged

TAB = "polls"


def poll_of(request: HttpRequest, pk: int, poll_pk: int, *, runs: bool = False) -> Poll:
    """A poll of the round, for those who see polls, or only for those who run them."""
    round_ = get_round(request, pk)
    require(access.may_run_polls(request.user) if runs else access.may_see_polls(request.user))
    found = get_object_or_404(Poll, pk=poll_pk, round=round_)
    found.round = round_
    return found


def poll_context(request: HttpRequest, poll: Poll) -> dict[str, Any]:
    """What every page about a poll's paper shows on top."""
    return round_context(request, poll.round, TAB) | {
        "poll": poll,
        "class_title": classes_of(poll.round).get(poll.voter_class, poll.voter_class),
        "may_run": may_run(request, poll.round),
    }


def may_run(request: HttpRequest, round_: Round) -> bool:
    return access.may_run_polls(request.user) and round_.phase == Phase.COLLECTING


# ---------------------------------------------------------------- one poll


@require_http_methods(["GET", "POST"])
def paper(request: HttpRequest, pk: int, poll_pk: int) -> HttpResponse:
    """How far the count of a poll's paper ballots is, and its steps but those in which figures are typed."""
    poll = poll_of(request, pk, poll_pk)
    error, typed = "", ""
    if request.method == "POST":
        require(access.may_run_polls(request.user))
        try:
            return _step(request, poll)
        except tally.DoesNotAddUp as refused:
            error = f"{refused} " + " ".join(problem.text for problem in refused.problems[:5])
        except InvalidInput as refused:
            error, typed = str(refused), request.POST.get("reason", "")
        except ReviewError as refused:
            error = str(refused)
    poll.refresh_from_db(fields=["state", "report"])
    status = 422 if error else 200
    return render(request, "reviews/paper.html", _desk(request, poll) | {"error": error, "typed": typed}, status=status)


def _desk(request: HttpRequest, poll: Poll) -> dict[str, Any]:
    [line] = paper_lines([poll])
    counts = counts_of(poll)
    for one in counts:
        one.poll = poll
    current = next((one for one in counts if one.state in UNDER_WAY), None)
    confirmed = next((one for one in counts if one.state == "confirmed"), None)
    shown = current or confirmed
    figures = figures_of(shown) if shown else {}
    return poll_context(request, poll) | {
        "line": line,
        "few": few_words(line.handed),
        "current": current,
        "confirmed": confirmed,
        "shown": shown,
        "earlier": [one for one in counts if one is not shown],
        "own": own_entry(poll, request.user),
        "sees": shown is not None and may_see_figures(request.user, shown, figures),
        "whole": {answer: number for (subject, _leaf, answer), number in figures.items() if not subject},
        "is_counter": shown is not None and request.user.pk in {entry.account_id for entry in shown.entries.all()},
        "is_closed": poll.state in {PollState.CLOSED, PollState.COUNTED},
        "may_enter": poll.state in tally.COUNTABLE,
        "files_key": f"{EvidenceKind.PAPER}.{poll.pk}",
        "files": Evidence.objects.filter(poll=poll, withdrawn_at=None).count(),
    }


def _step(request: HttpRequest, poll: Poll) -> HttpResponse:
    """One step of the count, named by the button."""
    by, wanted, reason = who(request), request.POST.get("do", ""), request.POST.get("reason", "")
    if wanted == "begin":
        tally.begin_entry(poll=poll, by=by, reason=reason)
        return redirect("reviews:paper_entry", poll.round_id, poll.pk)
    counts = {str(one.pk): one for one in counts_of(poll)}
    count = counts.get(request.POST.get("count", ""))
    if count is None:
        return redirect("reviews:paper", poll.round_id, poll.pk)
    count.poll = poll
    steps: dict[str, Callable[[], object]] = {
        "submit": lambda: comparing.submit_count(count=count, by=by),
        "back": lambda: comparing.send_back(count=count, reason=reason, by=by),
        "confirm": lambda: comparing.confirm_count(count=count, by=by),
        "ask": lambda: comparing.ask_to_withdraw(count=count, reason=reason, by=by),
        "withdraw": lambda: comparing.withdraw_count(count=count, by=by),
        "keep": lambda: comparing.keep_count(count=count, by=by),
    }
    entries = {str(entry.pk): entry for entry in count.entries.all()}
    if entry := entries.get(request.POST.get("entry", "")):
        entry.count = count
        steps["drop"] = lambda: tally.drop_entry(entry=entry, reason=reason, by=by)
        steps["reopen"] = lambda: tally.reopen_entry(entry=entry, by=by)
    if wanted in steps:
        steps[wanted]()
        messages.success(request, _said(wanted))
    return redirect("reviews:paper", poll.round_id, poll.pk)


def _said(step: str) -> str:
    return {
        "submit": _("Handed in. A second person confirms it."),
        "back": _("Sent back to the two who counted."),
        "confirm": _("Confirmed."),
        "ask": _("Noted. A second person withdraws the count."),
        "withdraw": _("The count is withdrawn."),
        "keep": _("The count stands."),
        "drop": _("The entry was given up; its side is free again."),
        "reopen": _("Your figures can be changed again."),
    }[step]


# ---------------------------------------------------------------- who votes on paper


@require_http_methods(["GET", "POST"])
def paper_voters(request: HttpRequest, pk: int, poll_pk: int) -> HttpResponse:
    """Who votes on paper, and who gets a ballot; `?on=1` lists those who have one."""
    poll = poll_of(request, pk, poll_pk, runs=request.method == "POST")
    wanted = request.POST.get("do", "")
    slips = SlipsForm(request.POST if wanted == "slips" else None)
    nameless = NamelessForm(request.POST if wanted == "nameless" else None)
    error, found = "", None
    if request.method == "POST":
        try:
            found = _handed(request, poll, slips, nameless)
        except InvalidInput as refused:
            forms: dict[str, Any] = {"slips": slips, "number": nameless}
            if refused.field in forms:
                forms[refused.field].add_error(refused.field, str(refused))
            else:
                error = str(refused)
        except ReviewError as refused:
            error = str(refused)
        if found is not None and not found.voted:
            return redirect(request.get_full_path())
    words, on_paper = request.GET.get("q", "").strip(), request.GET.get("on") == "1"
    rows = voters_of(poll, on_paper=on_paper, words=words)
    handed = on_paper_of(poll)
    context = poll_context(request, poll) | {
        "page_obj": paged(request, rows),
        "words": words,
        "on_paper": on_paper,
        "handed": handed,
        "few": few_words(handed),
        "slips": slips,
        "nameless": nameless,
        "has_slips": poll.entitlements.filter(slip__isnull=False).exists(),
        "has_free": poll.entitlements.filter(handing.FREE, on_paper=False, used__isnull=True).exists(),
        "is_open": poll.state in {PollState.READY, PollState.OPEN} and may_run(request, poll.round),
        "ticked": request.POST.getlist("voter"),
        "reason": request.POST.get("reason", ""),
        "error": error,
        # Who has voted is said on this page and stands in no message, which would be stored.
        "voted": found.voted if found else (),
    }
    failed = request.method == "POST" and found is None
    return render(request, "reviews/paper_voters.html", context, status=422 if failed else 200)


def _handed(request: HttpRequest, poll: Poll, slips: SlipsForm, nameless: NamelessForm) -> handing.HandedOut | None:
    """Do what the button says; None where a form has errors."""
    by, wanted = who(request), request.POST.get("do", "")
    ids = [pk for text in request.POST.getlist("voter") if (pk := as_id(text)) is not None]
    if wanted == "back":
        number = handing.take_back(poll=poll, ids=ids, reason=request.POST.get("reason", ""), by=by)
        words = ngettext("%(count)d ballot taken back.", "%(count)d ballots taken back.", number)
        messages.success(request, words % {"count": number})
        return handing.HandedOut()
    if wanted == "ticked":
        if not ids:
            raise InvalidInput(_("Tick at least one voter."))
        found = handing.hand_out(poll=poll, ids=ids, by=by)
    elif wanted == "all":
        found = handing.hand_out_to_all(poll=poll, words=request.POST.get("words", ""), by=by)
    elif wanted == "slips" and slips.is_valid():
        found = handing.hand_out_slips(poll=poll, numbers=slips.cleaned_data["slips"], by=by)
    elif wanted == "nameless" and nameless.is_valid():
        found = handing.hand_out_nameless(poll=poll, number=nameless.cleaned_data["number"], by=by)
    else:
        return None
    words = ngettext("%(count)d votes on paper now.", "%(count)d vote on paper now.", found.number)
    messages.success(request, words % {"count": found.number})
    return found

"""The office's polls of a round: the list with the live turnout, one poll with its steps and its result."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from indicators.rendering import joined
from reviews.forms.polls import AnnulForm, LongerForm
from reviews.models import Poll, PollState, Round
from reviews.poll_rows import poll_rows, round_step
from reviews.poll_words import INVALID, STEPS, is_over, step_of, steps
from reviews.queries.poll_office import doors_with_use, not_voted, polls_of
from reviews.queries.polls import class_titles, counted_beside, turnouts
from reviews.services.errors import ReviewError
from reviews.services.polls.annulling import annul_poll, goes_together
from reviews.services.polls.counting import PATTERNS_FROM
from reviews.services.polls.preparing import delete_poll, prepare_polls
from reviews.services.polls.setup import close_poll, current_terms, reopen_poll, start_poll, take_back_poll
from reviews.services.polls.voters import Rule

from ._common import refuse, status_of
from ._polls import box_of, find_poll, open_round, page_context, poll_context, who

MISSING_SHOWN = 200


@require_http_methods(["GET", "POST"])
def polls(request: HttpRequest, pk: int) -> HttpResponse:
    """Every voter class of the plan with its poll; a POST prepares the polls of classes that have none."""
    round_ = open_round(request, pk, to_run=request.method == "POST")
    if request.method == "POST":
        try:
            made = prepare_polls(round=round_, by=who(request), classes=request.POST.getlist("class") or None)
            messages.success(request, _("Prepared: %(count)d.") % {"count": len(made)})
        except ReviewError as error:
            messages.error(request, str(error))
        return redirect("reviews:polls", pk)
    context = page_context(request, round_)
    everything, box = polls_of(round_), box_of(round_)
    current = [poll for poll in everything if poll.state != PollState.ANNULLED]
    titles = class_titles(context["plan"])
    order = {name: place for place, name in enumerate(titles)}
    rows = poll_rows(round_, context["plan"], sorted(current, key=lambda p: order.get(p.voter_class, 99)), box)
    context |= {
        "rows": rows,
        "box": box,
        "steps": steps(round_step(rows, box, STEPS)),
        "without": [(code, title) for code, title in titles.items() if code not in _in_polls(current)],
        "annulled": [
            (poll, titles.get(poll.voter_class, poll.voter_class))
            for poll in everything
            if poll.state == PollState.ANNULLED
        ],
        "live": any(row.is_live for row in rows),
    }
    return render(request, "reviews/polls.html", context)


def _in_polls(current: list[Poll]) -> set[str]:
    """Classes that vote in some poll, those that were merged into another too."""
    merged = {source.origin for poll in current for source in Rule.from_json(poll.rule).sources}
    return {poll.voter_class for poll in current} | merged


@require_GET
def polls_live(request: HttpRequest, pk: int) -> HttpResponse:
    """The turnout of the open polls (`?only=` one), swapped into their places on the page. Always the same queries."""
    round_ = open_round(request, pk, to_run=False)
    only = request.GET.get("only", "")
    found = [poll for poll in polls_of(round_) if poll.state == PollState.OPEN and only in {"", str(poll.pk)}]
    counted = turnouts(found)
    response = render(request, "reviews/_poll_live.html", {"rows": [(poll, counted[poll.pk]) for poll in found]})
    if not found:
        # Closed meanwhile, by whomever: the page is another one now.
        response.headers["HX-Refresh"] = "true"
    return response


@require_http_methods(["GET", "POST"])
def poll(request: HttpRequest, pk: int, poll_pk: int) -> HttpResponse:
    """One poll: where it stands, its turnout, and after the count what was found. A POST takes a step."""
    round_ = open_round(request, pk, to_run=request.method == "POST")
    one = find_poll(round_, poll_pk)
    if request.method == "POST":
        return _step(request, round_, one)
    context = poll_context(request, round_, one, "poll")
    box = box_of(round_)
    current = [each for each in polls_of(round_) if each.state != PollState.ANNULLED or each.pk == one.pk]
    rows = poll_rows(round_, context["plan"], current, box)
    missing = not_voted(one) if one.state in {PollState.OPEN, PollState.CLOSED} else Poll.objects.none()
    terms = current_terms(one)
    context |= {
        "row": next(each for each in rows if each.poll.pk == one.pk),
        "steps": steps(step_of(one, box)) if one.state != PollState.ANNULLED else [],
        "terms": terms,
        "invalid_rules": [INVALID[rule] for rule in terms.invalid],
        "missing": missing[:MISSING_SHOWN],
        "missing_count": missing.count() if one.names_shown else 0,
        "doors": doors_with_use(one),
        "reminders": one.reminders.select_related("sent_by").all(),
        "live": one.state == PollState.OPEN,
        "can_close": one.state == PollState.OPEN and (not one.in_meeting or is_over(one)),
    }
    if one.state == PollState.COUNTED:
        context["result"] = _result(one, terms.minimum)
    return render(request, "reviews/poll.html", context)


def _step(request: HttpRequest, round_: Round, one: Poll) -> HttpResponse:
    do, by = request.POST.get("do", ""), who(request)
    try:
        if do == "start":
            start_poll(poll=one, by=by)
            messages.success(request, _("The vote is open."))
        elif do == "close":
            close_poll(poll=one, by=by)
            messages.success(request, _("The vote is closed."))
        elif do == "take_back":
            take_back_poll(poll=one, by=by)
            messages.success(request, _("The voters can be settled anew. Slips and links of before are dead."))
        elif do == "delete":
            delete_poll(poll=one, by=by)
            messages.success(request, _("The poll is given up."))
            return redirect("reviews:polls", round_.pk)
    except ReviewError as error:
        messages.error(request, str(error))
    return redirect("reviews:poll", round_.pk, one.pk)


def _result(one: Poll, minimum: int) -> dict[str, Any]:
    """What the count found. Of fewer ballots than the minimum only their number: more would tell what they were."""
    report = one.report
    shown = report["received"] >= minimum
    # The mean of all ballots less the tallies that are shown would be the tally that is withheld.
    patterns = {} if report.get("thin") else report.get("patterns") or {}
    return {
        "report": report,
        "shown": shown,
        "alarm": report["used"] != report["received"],
        "invalid": [(INVALID[rule], number) for rule, number in report["invalid"].items()] if shown else [],
        "invalid_count": sum(report["invalid"].values()),
        "patterns": patterns,
        "thin": bool(report.get("thin")),
        "straight": sorted(patterns.get("straight", {}).items()),
        "straight_count": sum(patterns.get("straight", {}).values()) + patterns.get("straight_otherwise", 0),
        "least": max(PATTERNS_FROM, minimum),
        "minimum": minimum,
    }


@require_http_methods(["GET", "POST"])
def poll_longer(request: HttpRequest, pk: int, poll_pk: int) -> HttpResponse:
    """Open a closed poll again, or give an open one another last day: with a reason."""
    round_ = open_round(request, pk, to_run=True)
    one = find_poll(round_, poll_pk)
    form = LongerForm(request.POST if request.method == "POST" else None, initial={"closes_on": one.closes_on})
    if request.method == "POST" and form.is_valid():
        try:
            reopen_poll(poll=one, by=who(request), **form.cleaned_data)
        except ReviewError as error:
            refuse(form, error)
        else:
            messages.success(request, _("The vote is open."))
            return redirect("reviews:poll", pk, poll_pk)
    context = poll_context(request, round_, one, "") | {
        "form": form,
        "possible": one.state in {PollState.OPEN, PollState.CLOSED},
    }
    return render(request, "reviews/poll_longer.html", context, status=status_of(form))


@require_http_methods(["GET", "POST"])
def poll_annul(request: HttpRequest, pk: int, poll_pk: int) -> HttpResponse:
    """Annul a class's vote as a whole, with a reason."""
    round_ = open_round(request, pk, to_run=True)
    one = find_poll(round_, poll_pk)
    form = AnnulForm(request.POST if request.method == "POST" else None)
    context = poll_context(request, round_, one, "")
    siblings = counted_beside(one, context["plan"])
    if not siblings:
        del form.fields["together"]
    if request.method == "POST" and form.is_valid():
        try:
            annul_poll(poll=one, by=who(request), **form.cleaned_data)
        except ReviewError as error:
            refuse(form, error)
        else:
            messages.success(request, _("The vote is annulled. The class can vote again: prepare it once more."))
            return redirect("reviews:polls", pk)
    titles = class_titles(context["plan"])
    context |= {
        "form": form,
        "siblings": joined([titles.get(each.voter_class, each.voter_class) for each in siblings]),
        "needed": goes_together(one, siblings),
        "possible": one.state in {PollState.OPEN, PollState.CLOSED, PollState.COUNTED},
    }
    return render(request, "reviews/poll_annul.html", context, status=status_of(form))

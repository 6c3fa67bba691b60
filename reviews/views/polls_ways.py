"""The ways into a poll: slips printed once, links and posters, the big screen of a meeting, reminders, the roll."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from appraisal_site.lib import mailing
from indicators.services import engine_plan
from reviews import vote_links
from reviews.forms.poll_sources import LateVoterForm
from reviews.forms.polls import MoreForm, ReasonForm, SlipForm
from reviews.forms.reminders import ReminderForm
from reviews.models import Door, Poll, PollState, Round
from reviews.poll_check import check_round
from reviews.queries.poll_office import comments_of, doors_with_use, polls_of, roll, trail_of
from reviews.queries.poll_ways import NAMED, NUMBERED, ways_of, with_account
from reviews.queries.polls import class_titles, turnouts
from reviews.queries.rounds import subjects_of
from reviews.services.errors import ReviewError
from reviews.services.polls import reminding
from reviews.services.polls.casting import is_running
from reviews.services.polls.doors import add_seats, set_door
from reviews.services.polls.latecomers import add_voter, key_of
from reviews.services.polls.setup import close_poll, start_poll
from reviews.services.polls.slips import MOST_AT_ONCE, Slip, add_slips, find_slip, print_slips, reissue_slip, void_slips
from reviews.voters_twice import by_voter
from reviews.voters_twice import shown as shown_twice
from units import access
from units.guards import require

from ._common import get_round, paged, refuse, status_of
from ._polls import find_poll, open_round, page_context, poll_context, who

SLIP_ACTIONS = ("print slips", "void slips", "issue slip", "issue slip anew", "add slips")
USABLE = (PollState.READY, PollState.OPEN)
LAST_SHOWN = 20


# ---------------------------------------------------------------- slips


@never_cache
@require_http_methods(["GET", "POST"])
def poll_slips(request: HttpRequest, pk: int, poll_pk: int) -> HttpResponse:
    """How many slips there are and are printed. A POST prints the next ones, one anew, voids or adds some.

    Codes are in the answer that prints them and nowhere else.
    """
    round_ = open_round(request, pk, to_run=True)
    poll = find_poll(round_, poll_pk)
    do = request.POST.get("do", "")
    again = SlipForm(request.POST if do == "again" else None, initial={"which": request.GET.get("which", "")})
    more = MoreForm(request.POST if do == "more" else None)
    void = ReasonForm(request.POST if do == "void" else None, auto_id="void_%s")
    if request.method == "POST" and (done := _slip_step(request, poll, do, again, more, void)):
        return done
    context = poll_context(request, round_, poll, "poll_slips") | {
        "ways": ways_of([poll])[poll.pk],
        "again": again,
        "more": more,
        "void": void,
        "kind": request.POST.get("kind", ""),
        "possible": poll.state in USABLE,
        "batch": MOST_AT_ONCE,
        "trail": trail_of(poll, *SLIP_ACTIONS)[:LAST_SHOWN],
        "only_here": vote_links.is_only_here(request),
        "address": vote_links.short(request),
    }
    return render(request, "reviews/poll_slips.html", context, status=status_of(again, more, void))


def _slip_step(
    request: HttpRequest, poll: Poll, do: str, again: SlipForm, more: MoreForm, void: ReasonForm
) -> HttpResponse | None:
    """The answer to a step; None: it was refused, and its form says why."""
    by = who(request)
    kind = NAMED if request.POST.get("kind") == NAMED else NUMBERED
    try:
        if do == "print":
            seen = request.POST.get("seen", "")
            number = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else 0
            return _printed(request, poll, print_slips(poll=poll, kind=kind, seen=number, by=by))
        if do == "again" and again.is_valid():
            one = find_slip(poll, again.cleaned_data["which"])
            slip = reissue_slip(entitlement=one, reason=again.cleaned_data["reason"], by=by)
            return _printed(request, poll, [slip])
        if do == "more" and more.is_valid():
            added = add_slips(poll=poll, by=by, **more.cleaned_data)
            messages.success(request, _("%(count)d slips added.") % {"count": added})
            return redirect("reviews:poll_slips", poll.round_id, poll.pk)
        if do == "void" and void.is_valid():
            gone = void_slips(poll=poll, kind=kind, by=by, **void.cleaned_data)
            messages.success(request, _("%(count)d slips are void and can be printed anew.") % {"count": gone})
            return redirect("reviews:poll_slips", poll.round_id, poll.pk)
    except ReviewError as error:
        if do == "print":
            messages.error(request, str(error))
            return redirect("reviews:poll_slips", poll.round_id, poll.pk)
        refuse({"again": again, "more": more, "void": void}[do], error)
    return None


def _printed(request: HttpRequest, poll: Poll, slips: list[Slip]) -> HttpResponse:
    codes = [(slip, vote_links.qr(vote_links.with_code(request, slip.code), many=True)) for slip in slips]
    context = poll_context(request, poll.round, poll, "poll_slips") | {
        "slips": codes,
        "address": vote_links.short(request),
        "only_here": vote_links.is_only_here(request),
    }
    return render(request, "reviews/poll_slips_print.html", context)


# ---------------------------------------------------------------- links


@never_cache
@require_http_methods(["GET", "POST"])
def poll_doors(request: HttpRequest, pk: int, poll_pk: int) -> HttpResponse:
    """The links of a poll; a POST opens or closes one, or gives it more seats."""
    round_ = open_round(request, pk, to_run=True)
    poll = find_poll(round_, poll_pk)
    do = request.POST.get("do", "")
    more = MoreForm(request.POST if do == "more" else None)
    if request.method == "POST":
        wanted = request.POST.get("door", "")
        door = next((one for one in poll.doors.all() if str(one.pk) == wanted), None)
        if door is None:
            messages.error(request, _("This poll has no such link."))
            return redirect("reviews:poll_doors", pk, poll_pk)
        door.poll = poll
        try:
            if do in {"open", "close"}:
                set_door(door=door, is_open=do == "open", by=who(request))
                return redirect("reviews:poll_doors", pk, poll_pk)
            if do == "more" and more.is_valid():
                add_seats(door=door, by=who(request), **more.cleaned_data)
                messages.success(request, _("The link has more seats."))
                return redirect("reviews:poll_doors", pk, poll_pk)
        except ReviewError as error:
            refuse(more, error) if do == "more" else messages.error(request, str(error))
    context = poll_context(request, round_, poll, "poll_doors") | {
        "doors": [(door, taken, vote_links.of_door(request, door)) for door, taken in doors_with_use(poll)],
        "more": more,
        "chosen": request.POST.get("door", ""),
        "possible": poll.state in USABLE,
        "only_here": vote_links.is_only_here(request),
    }
    return render(request, "reviews/poll_doors.html", context, status=status_of(more))


@never_cache
@require_GET
def poll_poster(request: HttpRequest, pk: int, poll_pk: int, door_pk: int) -> HttpResponse:
    """A link's QR code on a sheet of paper."""
    round_ = open_round(request, pk, to_run=True)
    poll = find_poll(round_, poll_pk)
    door = get_object_or_404(Door, pk=door_pk, poll=poll)
    context = poll_context(request, round_, poll, "poll_doors") | {
        "door": door,
        "qr": vote_links.qr(vote_links.of_door(request, door)),
        "only_here": vote_links.is_only_here(request),
    }
    return render(request, "reviews/poll_poster.html", context)


# ---------------------------------------------------------------- the big screen


@never_cache
@require_GET
def poll_screen(request: HttpRequest, pk: int, poll_pk: int) -> HttpResponse:
    """What the room sees: state, turnout, the way in. The chair opens and closes here.

    Asked by the screen itself (`?state=`) it gives the figures only, or all of it once the state is another one.
    """
    round_ = open_round(request, pk, to_run=False)
    poll = find_poll(round_, poll_pk)
    seen = request.GET.get("state", "")
    context = _screen(request, round_, poll)
    if not seen:
        return render(request, "reviews/poll_screen.html", context)
    if seen == context["shown_state"]:
        return render(request, "reviews/_poll_screen_live.html", context)
    response = render(request, "reviews/_poll_screen.html", context)
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#screen", "innerHTML"
    return response


def _screen(request: HttpRequest, round_: Round, poll: Poll) -> dict[str, Any]:
    doors = [door for door, _taken in doors_with_use(poll) if door.is_open]
    wanted = request.GET.get("door", "")
    door = next((one for one in doors if str(one.pk) == wanted), doors[0] if doors else None)
    address = vote_links.of_door(request, door) if door else vote_links.entry(request)
    running = is_running(poll)
    waits = poll.state in {PollState.PREPARED, PollState.READY}
    return {
        "round": round_,
        "poll": poll,
        "title": class_titles(engine_plan(round_.plan_version)).get(poll.voter_class, poll.voter_class),
        "shown_state": "waits" if waits else "open" if running else "over",
        "turnout": turnouts([poll])[poll.pk],
        "qr": vote_links.qr(address),
        "door": door,
        "doors": doors if len(doors) > 1 else [],
        "address": vote_links.short(request),
        "only_here": vote_links.is_only_here(request),
        "may_run": access.may_run_polls(request.user),
    }


@never_cache
@require_http_methods(["POST"])
def poll_chair(request: HttpRequest, pk: int, poll_pk: int) -> HttpResponse:
    """The chair opens or closes the vote. The screen is swapped in place, so that it stays as large as the room."""
    round_ = open_round(request, pk, to_run=True)
    poll = find_poll(round_, poll_pk)
    refused = ""
    try:
        if request.POST.get("do") == "start":
            start_poll(poll=poll, by=who(request))
        elif request.POST.get("do") == "close":
            close_poll(poll=poll, by=who(request))
    except ReviewError as error:
        refused = str(error)
    if not request.headers.get("HX-Request"):
        if refused:
            messages.error(request, refused)
        return redirect("reviews:poll_screen", pk, poll_pk)
    context = _screen(request, round_, find_poll(round_, poll_pk)) | {"refused": refused}
    return render(request, "reviews/_poll_screen.html", context)


# ---------------------------------------------------------------- reminders, the roll, comments


@require_http_methods(["GET", "POST"])
def poll_remind(request: HttpRequest, pk: int, poll_pk: int) -> HttpResponse:
    """Write to the voters; where names are hidden to all of them, in the same words."""
    round_ = open_round(request, pk, to_run=True)
    poll = find_poll(round_, poll_pk)
    context = poll_context(request, round_, poll, "poll_remind")
    subject, text = reminding.default_words(poll, context["title"])
    posted = request.POST if request.method == "POST" else None
    form = ReminderForm(posted, initial={"subject": subject, "text": text})
    if posted is not None and form.is_valid():
        try:
            sent = reminding.remind_voters(poll=poll, by=who(request), **form.cleaned_data)
        except ReviewError as error:
            refuse(form, error)
        else:
            words = ngettext("%(count)d account was reminded.", "%(count)d accounts were reminded.", sent.told)
            messages.success(request, words % {"count": sent.told})
            return redirect("reviews:poll", pk, poll_pk)
    lately = reminding.reminded_lately(poll)
    if not lately and not form.has_error("confirmed"):
        del form.fields["confirmed"]
    ways = ways_of([poll])[poll.pk]
    context |= {
        "form": form,
        "lately": lately,
        "hours": settings.REMINDER_PAUSE_HOURS,
        "turnout": turnouts([poll])[poll.pk],
        "accounts": reminding.to_remind(poll).count(),
        "unreached": ways.slips + ways.seats,
        "email": mailing.is_set_up(),
        "possible": is_running(poll),
    }
    return render(request, "reviews/poll_remind.html", context, status=status_of(form))


@require_http_methods(["GET", "POST"])
def poll_roll(request: HttpRequest, pk: int, poll_pk: int) -> HttpResponse:
    """The voters of a poll: on how many each votes and by which way; who has voted only where names are shown. A POST
    lets one more voter join."""
    round_ = open_round(request, pk, to_run=request.method == "POST")
    poll = find_poll(round_, poll_pk)
    late = LateVoterForm(request.POST if request.method == "POST" else None, poll=poll)
    if late.is_bound and late.is_valid() and _joined(request, poll, late):
        return redirect("reviews:poll_roll", pk, poll_pk)
    words = request.GET.get("q", "").strip()
    rows = with_account(roll(poll, words))
    if missing := poll.names_shown and request.GET.get("only") == "missing":
        rows = rows.filter(used=None, on_paper=False)
    context = poll_context(request, round_, poll, "poll_roll") | {
        "page_obj": paged(request, rows),
        "words": words,
        "only_missing": missing,
        "usable": poll.state in USABLE,
        "late": late,
        "trail": trail_of(poll, "add voter")[:LAST_SHOWN],
    }
    return render(request, "reviews/poll_roll.html", context, status=status_of(late))


def _joined(request: HttpRequest, poll: Poll, form: LateVoterForm) -> bool:
    values = form.cleaned_data
    try:
        added = add_voter(poll=poll, voter=values["which"], reason=values["reason"], by=who(request))
    except ReviewError as error:
        refuse(form, error)
        return False
    messages.success(request, _("%(name)s may vote now.") % {"name": added.label})
    others = [one for one in polls_of(poll.round) if one.state != PollState.ANNULLED]
    doubles = [one for one in check_round(poll.round, others).twice(poll) if one.key == key_of(values["which"])]
    for line in shown_twice(by_voter(doubles), poll, class_titles(engine_plan(poll.round.plan_version))):
        messages.warning(request, f"{line.name} · {'；'.join(line.besides)}")
    return True


@require_GET
def poll_comments(request: HttpRequest, pk: int) -> HttpResponse:
    """What voters wrote, subject by subject: above the minimum only, shuffled, without who or when."""
    round_ = get_round(request, pk)
    require(access.may_read_comments(request.user))
    page = paged(request, subjects_of(round_, category="", words=request.GET.get("q", "").strip()), 50)
    found = comments_of(round_, list(page.object_list))
    context = page_context(request, round_)
    context |= {
        "page_obj": page,
        "words": request.GET.get("q", "").strip(),
        "rows": [(subject, found[subject.pk]) for subject in page.object_list if subject.pk in found],
        "titles": class_titles(context["plan"]),
    }
    return render(request, "reviews/poll_comments.html", context)

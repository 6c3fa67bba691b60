"""Reminding (催办): the page that writes a reminder and the one that lists what went out, for every occasion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from appraisal_site.lib import mailing
from appraisal_site.lib.numbers import as_id
from indicators.rendering import joined
from reviews.forms.reminders import ReminderForm
from reviews.models import Phase, Reminder, ReminderMessage, Round
from reviews.navigation import round_context
from reviews.queries.reminders import reminders_of
from reviews.services.errors import InvalidInput, ReviewError
from reviews.services.ledger_reminders import LEDGER
from reviews.services.reminders import (
    Addressee,
    Choice,
    Letter,
    Occasion,
    default_words,
    recently_reminded,
    send_reminder,
    write_letters,
)
from reviews.services.report_reminders import DUTY_REPORTS, SELF_REPORTS
from reviews.services.sheet_reminders import SHEETS
from units.guards import require, require_known
from units.models import User

from ._common import get_round, paged, refuse, status_of

SHOWN = 50  # messages shown in full before they are sent


@dataclass(frozen=True, slots=True)
class Desk:
    """Where people are reminded of something: the tab, the list to go back to, the addresses of the two pages."""

    occasion: Occasion
    tab: str
    back: str
    remind: str
    history: str


SHEET_DESK = Desk(SHEETS, "progress", "reviews:chase", "reviews:remind", "reviews:reminders")
DUTY_DESK = Desk(DUTY_REPORTS, "duty", "reviews:duty_list", "reviews:duty_remind", "reviews:duty_reminders")
SELF_DESK = Desk(
    SELF_REPORTS, "self_reports", "reviews:self_report_list", "reviews:self_remind", "reviews:self_reminders"
)

LEDGER_DESK = Desk(LEDGER, "ledger", "reviews:ledger", "reviews:ledger_remind", "reviews:ledger_reminders")


def _choice(request: HttpRequest) -> Choice:
    """`?which=open` or `late`: all of those; else the rows `chosen`, one by one or with commas."""
    data = request.POST if request.method == "POST" else request.GET
    if data.get("which") in {"open", "late"}:
        return Choice(late=data["which"] == "late")
    keys = (key for value in data.getlist("chosen") for key in value.split(","))
    return Choice([pk for key in keys if (pk := as_id(key)) is not None])


@require_http_methods(["GET", "POST"])
def remind(request: HttpRequest, pk: int, desk: Desk) -> HttpResponse:
    """Write a reminder, see every message as it will go out, send."""
    round_ = get_round(request, pk)
    occasion, user = desk.occasion, cast(User, request.user)
    require_known(occasion.is_in(round_))
    require(occasion.may_remind(user))
    choice = _choice(request)
    subject, text = default_words(occasion)
    posted = request.POST if request.method == "POST" and "text" in request.POST else None
    form = ReminderForm(posted, initial={"subject": subject, "text": text})
    if posted is not None and form.is_valid():
        subject, text = form.cleaned_data["subject"], form.cleaned_data["text"]
        if posted.get("do") == "send" and (sent := _send(request, desk, round_, choice, form)):
            return sent
    addressees = occasion.pending(round_, choice)
    recent = recently_reminded(occasion, round_, addressees)
    letters = _letters(form, occasion, round_, addressees, subject, text, user)
    if not recent and not form.has_error("confirmed"):
        del form.fields["confirmed"]
    context = round_context(request, round_, desk.tab) | {
        "form": form,
        "desk": desk,
        "addressees": addressees,
        "keys": ",".join(str(key) for each in addressees for key in each.keys),
        "recent": recent,
        "hours": settings.REMINDER_PAUSE_HOURS,
        "letters": letters[:SHOWN],
        "unshown": letters[SHOWN:],
        "placeholders": list(occasion.placeholders.values()),
        "email": mailing.is_set_up(),
        "possible": round_.phase == Phase.COLLECTING or not occasion.while_collecting,
    }
    return render(request, "reviews/remind.html", context, status=status_of(form))


def _letters(
    form: ReminderForm,
    occasion: Occasion,
    round_: Round,
    addressees: list[Addressee],
    subject: str,
    text: str,
    user: User,
) -> list[Letter]:
    """What would go out; nothing as long as the text has a mistake."""
    if form.errors.keys() & {"subject", "text"}:
        return []
    try:
        return write_letters(occasion, round_, addressees, subject, text, user)
    except InvalidInput as error:
        refuse(form, error)
        return []


def _send(request: HttpRequest, desk: Desk, round_: Round, choice: Choice, form: ReminderForm) -> HttpResponse | None:
    try:
        reminder = send_reminder(
            occasion=desk.occasion, round=round_, choice=choice, by=cast(User, request.user), **form.cleaned_data
        )
    except ReviewError as error:
        refuse(form, error)
        return None
    _say(request, reminder)
    return redirect(desk.history, round_.pk)


def _say(request: HttpRequest, reminder: Reminder) -> None:
    rows = reminder.messages.all()
    reached = len({row.account_id for row in rows if row.account_id})
    words = ngettext("%(count)d account was reminded.", "%(count)d accounts were reminded.", reached)
    messages.success(request, words % {"count": reached})
    if unreached := [row.assessor for row in rows if row.state == ReminderMessage.State.UNREACHED]:
        words = _("Nobody has an account for: %(names)s. Remind them by telephone.")
        messages.warning(request, words % {"names": joined(unreached)})


@require_GET
def reminder_list(request: HttpRequest, pk: int, desk: Desk) -> HttpResponse:
    """Who was reminded when, by whom, by which channel, and what became of it."""
    round_ = get_round(request, pk)
    require_known(desk.occasion.is_in(round_))
    require(desk.occasion.may_see(cast(User, request.user)))
    context = round_context(request, round_, desk.tab) | {
        "desk": desk,
        "page_obj": paged(request, reminders_of(round_, desk.occasion.about), 20),
    }
    return render(request, "reviews/reminders.html", context)

"""The office's side of duty reports: who reviews, and reminding those who have not handed in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from reviews.forms.duty_reports import DutyReminderForm, ReviewerForm
from reviews.models import DutyReviewer, Phase, ReminderMessage, Round, Subject
from reviews.navigation import round_context
from reviews.queries.duty_reports import DutyRow, in_state, reviewers_of
from reviews.queries.report_dates import report_rules
from reviews.queries.rounds import subjects_of
from reviews.services import duty_reminders, duty_review
from reviews.services.errors import InvalidInput, ReviewError
from reviews.services.reminders import email_is_set_up
from units import access
from units.guards import require
from units.models import User

from .duty_reports import get_duty_round

MOST_OFFERED = 300  # accounts offered by name


@require_http_methods(["GET", "POST"])
def duty_reviewers(request: HttpRequest, pk: int) -> HttpResponse:
    """Name and dismiss reviewers."""
    round_ = get_duty_round(request, pk)
    require(access.may_run_duty_reports(request.user))
    if request.POST.get("do") == "dismiss":
        return _dismiss(request, round_)
    form = ReviewerForm(request.POST if request.method == "POST" else None, round_=round_)
    if request.method == "POST" and form.is_valid():
        data = {"category": "", "group": "", **form.cleaned_data}
        try:
            row = duty_review.name_reviewer(round=round_, by=request.user, **data)  # type: ignore[arg-type]
        except ReviewError as error:
            field = getattr(error, "field", "")
            form.add_error(field if field in form.fields else None, str(error))
        else:
            messages.success(request, _("%(name)s reviews from now on.") % {"name": row.account})
            return redirect("reviews:duty_reviewers", pk)
    plan = round_.plan_version.document["duty_report"]
    context = round_context(request, round_, "duty") | {
        "form": form,
        "rows": reviewers_of(round_),
        "accounts": User.objects.filter(is_active=True, role_grants__isnull=False).distinct()[:MOST_OFFERED],
        "reviewed_by": plan.get("reviewed_by", ""),
        "rules": report_rules(round_),
        "possible": round_.phase == Phase.COLLECTING,
    }
    return render(request, "reviews/duty_reviewers.html", context, status=422 if form.errors else 200)


def _dismiss(request: HttpRequest, round_: Round) -> HttpResponse:
    wanted = request.POST.get("reviewer", "")
    row = get_object_or_404(
        DutyReviewer.objects.select_related("account", "round"), pk=int(wanted) if wanted.isdigit() else 0, round=round_
    )
    try:
        duty_review.dismiss_reviewer(reviewer=row, by=request.user)  # type: ignore[arg-type]
    except ReviewError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(name)s reviews no longer.") % {"name": row.account})
    return redirect("reviews:duty_reviewers", round_.pk)


def _chosen(request: HttpRequest, round_: Round) -> list[Subject]:
    """One by one, or all whose report is still to come."""
    data = request.POST if request.method == "POST" else request.GET
    subjects = subjects_of(round_)
    if data.get("which") == "open":
        return list(in_state(subjects, "open"))
    return list(subjects.filter(pk__in=[int(value) for value in data.getlist("subject_pk") if value.isdigit()]))


@require_http_methods(["GET", "POST"])
def duty_remind(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a reminder, see every message as it will go out, send."""
    round_ = get_duty_round(request, pk)
    require(access.may_run_duty_reports(request.user))
    chosen = _chosen(request, round_)
    subject, text = duty_reminders.default_words()
    posted = request.method == "POST" and "text" in request.POST
    form = DutyReminderForm(request.POST if posted else None, initial={"subject": subject, "text": text})
    if posted and form.is_valid():
        subject, text = form.cleaned_data["subject"], form.cleaned_data["text"]
        if request.POST.get("do") == "send" and (sent := _send(request, round_, chosen, form)):
            return sent
    rows = duty_reminders.pending(round_, chosen)
    recent = duty_reminders.recently_reminded([row.subject for row in rows])
    if not recent and not form.has_error("confirmed"):
        del form.fields["confirmed"]
    context = round_context(request, round_, "duty") | {
        "form": form,
        "rows": rows,
        "recent": recent,
        "hours": settings.REMINDER_PAUSE_HOURS,
        "previews": _previews(round_, rows, subject, text, request.user, form),
        "placeholders": list(duty_reminders.PLACEHOLDERS.values()),
        "email": email_is_set_up(),
        "possible": round_.phase == Phase.COLLECTING,
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "reviews/duty_remind.html", context, status=status)


def _send(request: HttpRequest, round_: Round, subjects: list[Subject], form: DutyReminderForm) -> HttpResponse | None:
    try:
        reminder = duty_reminders.remind(round=round_, subjects=subjects, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
    except ReviewError as error:
        field = getattr(error, "field", "")
        form.add_error(field if field in form.fields else None, str(error))
        return None
    rows = reminder.messages.all()
    reached = len({row.account_id for row in rows if row.account_id})
    words = ngettext("%(count)d account was reminded.", "%(count)d accounts were reminded.", reached)
    messages.success(request, words % {"count": reached})
    if unreached := [row.assessor for row in rows if row.state == ReminderMessage.State.UNREACHED]:
        words = _("Nobody has an account for: %(names)s. Remind them by telephone.")
        messages.warning(request, words % {"names": ", ".join(unreached)})
    return redirect("reviews:duty_list", round_.pk)


def _previews(
    round_: Round, rows: list[DutyRow], subject: str, text: str, user: Any, form: DutyReminderForm
) -> list[Any]:
    try:
        return duty_reminders.preview(round_, rows, subject, text, user)
    except InvalidInput as error:
        if form.is_bound and not form.has_error(error.field):
            form.add_error(error.field if error.field in form.fields else None, str(error))
        return []

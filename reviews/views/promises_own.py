"""What those appraised write of promises and tasks: the list at the start of the year, the report at its end."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from reviews.forms.promises import RowsForm, posted_rows, posted_said, said_fields, stored_rows
from reviews.models import Outcome, PromiseKind, PromiseList, ReportKind, ReportState, Round, Subject
from reviews.navigation import round_context
from reviews.promise_rows import Row, new_key
from reviews.queries.promises import file_counts, unfinished_before
from reviews.queries.report_dates import report_rules, window
from reviews.services.errors import Conflict, ReviewError
from reviews.services.promise_reports import save_report, submit_report
from reviews.services.promises import WRITABLE, give_up_change, save_rows, submit_rows
from units import access
from units.guards import require_known
from units.models import User

from ._common import get_round
from .promises import number_of


def _own(request: HttpRequest, pk: int, subject_pk: int, kind: str) -> tuple[Round, Subject, PromiseList | None]:
    """The round, a subject that this account writes for, and its list; 404 for all others."""
    round_ = get_round(request, pk)
    subject = get_object_or_404(Subject.objects.select_related("round__plan_version"), pk=subject_pk, round=round_)
    require_known(access.may_write_promises(request.user, subject) and kind in PromiseKind.values)
    return round_, subject, PromiseList.objects.filter(subject=subject, kind=kind).first()


@require_http_methods(["GET", "POST"])
def promise_edit(request: HttpRequest, pk: int, subject_pk: int, kind: str) -> HttpResponse:
    """Write the list. What cannot be handed in stays as typed, with the reason."""
    round_, subject, found = _own(request, pk, subject_pk, kind)
    if request.method != "POST":
        if found is not None and found.state == ReportState.SUBMITTED:
            return redirect("reviews:promise_list", pk, found.pk)
        form = stored_rows(found.rows, found.why, found.version) if found else RowsForm()
        return _page(request, round_, subject, kind, found, form)
    form, status = posted_rows(request.POST), 422
    try:
        if form.errors:
            return _page(request, round_, subject, kind, found, form, status=422)
        return _carry_out(request, subject, kind, found, form)
    except Conflict as error:
        words = _("%(who)s saved another state of this list. Below is what you typed; saving again takes yours.")
        form.seen, status = int(error.theirs.seen or 0), 409
        form.error = words % {"who": error.theirs.by or "—"}
    except ReviewError as error:
        form.refuse(error)
    return _page(request, round_, subject, kind, found, form, status=status)


def _carry_out(
    request: HttpRequest, subject: Subject, kind: str, found: PromiseList | None, form: RowsForm
) -> HttpResponse:
    """`do` = save, submit, take (what was left from the last round), give_up (the draft of a change)."""
    user, do = cast(User, request.user), request.POST.get("do")
    pk = subject.round_id
    if do == "give_up" and found is not None:
        give_up_change(found=found, seen=form.seen, by=user)
        messages.success(request, _("The change was given up; what is approved stands."))
        return redirect("reviews:promise_list", pk, found.pk)
    if do == "take":
        form.rows += _left(subject, form.rows)
    words: dict[str, Any] = {"subject": subject, "kind": kind, "rows": form.rows, "why": form.why, "seen": form.seen}
    if do == "submit":
        made = submit_rows(**words, by=user)
        messages.success(request, _("The list is handed in; it is in force once the office approves it."))
        return redirect("reviews:promise_list", pk, made.list_id)
    save_rows(**words, by=user)
    messages.success(request, _("The draft is saved; nobody but you reads it until it is handed in."))
    return HttpResponseRedirect(reverse("reviews:promise_edit", args=[pk, subject.pk, kind]))


def _left(subject: Subject, rows: list[Row]) -> list[Row]:
    """What was left undone in the last round and does not stand in the list already; its deadlines are past."""
    there = {row.text for row in rows}
    left = [each for each in unfinished_before(subject) if each.text not in there]
    return [Row(new_key(), each.text, each.measure, "", each.who) for each in left]


def _page(
    request: HttpRequest,
    round_: Round,
    subject: Subject,
    kind: str,
    found: PromiseList | None,
    form: RowsForm,
    status: int = 200,
) -> HttpResponse:
    rules = report_rules(round_)
    time = window(round_, rules, ReportKind.PROMISES, subject.pk)
    in_force = found is not None and found.promises.filter(in_force=True).exists()
    back = found.hand_ins.filter(is_current=True).select_related("decided_by").first() if found else None
    context = round_context(request, round_, "own") | {
        "list": found,
        "subject": subject,
        "kind": kind,
        "kind_words": PromiseKind(kind).label,
        "form": form,
        "back": back,
        "rules": rules,
        "window": time,
        "in_force": in_force,
        "asks_why": in_force,
        "before": unfinished_before(subject),
        "may_give_up": in_force and found is not None and found.state in WRITABLE,
        "writable": time.collecting
        and (not found.is_reported if in_force and found else time.is_open and rules.asks_promises),
    }
    return render(request, "reviews/promise_edit.html", context, status=status)


@require_POST
def promise_save(request: HttpRequest, pk: int, subject_pk: int, kind: str) -> HttpResponse:
    """Save the draft while it is written; what is being pasted waits for the button."""
    _round, subject, _found = _own(request, pk, subject_pk, kind)
    post = request.POST.copy()
    post["paste"] = ""
    form = posted_rows(post)
    try:
        saved = save_rows(
            subject=subject, kind=kind, rows=form.rows, why=form.why, seen=form.seen, by=cast(User, request.user)
        )
    except ReviewError as error:
        return refusal(error)
    at = timezone.localtime(saved.updated_at).strftime("%H:%M:%S")
    return JsonResponse({"seen": saved.version, "at": at})


def refusal(error: ReviewError) -> JsonResponse:
    """Why a save was refused, for the script."""
    if isinstance(error, Conflict):
        words = _("%(who)s saved another state of this list. Press “Save draft” to see and choose.")
        return JsonResponse({"error": words % {"who": error.theirs.by or "—"}}, status=409)
    return JsonResponse({"error": str(error)}, status=422)


# ---------------------------------------------------------------- the end of the year


def _own_list(request: HttpRequest, pk: int, list_pk: int) -> tuple[Round, PromiseList]:
    round_ = get_round(request, pk)
    lists = PromiseList.objects.select_related("subject__round__plan_version", "reported_by")
    found = get_object_or_404(lists, pk=list_pk, subject__round=round_)
    require_known(access.may_write_promises(request.user, found.subject))
    return round_, found


@require_http_methods(["GET", "POST"])
def promise_report(request: HttpRequest, pk: int, list_pk: int) -> HttpResponse:
    """Say of each row what became of it, and hand that in."""
    round_, found = _own_list(request, pk, list_pk)
    error: ReviewError | None = None
    seen, status = found.report_version, 200
    if request.method == "POST":
        status, seen = 422, number_of(request.POST.get("seen", ""))
        hand_in = request.POST.get("do") == "submit"
        act = submit_report if hand_in else save_report
        try:
            act(found=found, said=posted_said(request.POST), seen=seen, by=cast(User, request.user))
        except Conflict as refused:
            error, status, seen = refused, 409, number_of(refused.theirs.seen)
        except ReviewError as refused:
            error = refused
        else:
            words = _("The report is handed in.") if hand_in else _("The draft of the report is saved.")
            messages.success(request, words)
            return redirect("reviews:promise_list" if hand_in else "reviews:promise_report", pk, list_pk)
    elif found.is_reported:
        return redirect("reviews:promise_list", pk, list_pk)
    rows = list(found.promises.filter(in_force=True))
    time = window(round_, report_rules(round_), ReportKind.FULFILMENT, found.subject_id)
    context = round_context(request, round_, "own") | {
        "list": found,
        "subject": found.subject,
        "rows": said_fields(rows, posted_said(request.POST), error),
        "files": file_counts(rows),
        "outcomes": Outcome.choices,
        "seen": seen,
        "error": str(error) if error else "",
        "window": time,
        "writable": time.is_open and not found.is_reported,
    }
    return render(request, "reviews/promise_report.html", context, status=status)


@require_POST
def promise_report_save(request: HttpRequest, pk: int, list_pk: int) -> HttpResponse:
    """Save the report while it is written."""
    _round, found = _own_list(request, pk, list_pk)
    seen = number_of(request.POST.get("seen", ""))
    try:
        saved = save_report(found=found, said=posted_said(request.POST), seen=seen, by=cast(User, request.user))
    except ReviewError as error:
        return refusal(error)
    return JsonResponse({"seen": saved.report_version, "at": timezone.localtime().strftime("%H:%M:%S")})

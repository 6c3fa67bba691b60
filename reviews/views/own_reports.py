"""What an account that is appraised writes itself: what is asked of it, and the draft of its self-summary."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviews.forms.reports import DraftForm, posted_draft, stored_draft
from reviews.models import FigureState, ReportKind, Round, SelfReport, Subject
from reviews.navigation import round_context
from reviews.queries.duty_reports import asks_duty_report, duty_rows
from reviews.queries.evidence import self_report_counts
from reviews.queries.figures import lines_of_subject
from reviews.queries.promises import asked_of
from reviews.queries.report_dates import report_rules, window, windows
from reviews.queries.self_reports import own_subjects, report_rows
from reviews.services.errors import Conflict, InvalidInput, ReviewError
from reviews.services.self_reports import WRITABLE, save_draft, submit_report
from reviews.wordcount import word_count
from units import access
from units.guards import require, require_known

from ._common import get_round, tree_of

MOST_OWN = 20  # an account stands for one unit or person, seldom for several


@require_GET
def own_reports(request: HttpRequest, pk: int) -> HttpResponse:
    """All that is asked of the account's own unit or person in this round, and until when."""
    round_ = get_round(request, pk)
    require(access.is_subject(request.user))
    rules = report_rules(round_)
    subjects = list(own_subjects(round_, request.user)[:MOST_OWN])
    tree = tree_of(round_)
    times = windows(round_, rules, ReportKind.FIGURES, [subject.pk for subject in subjects])
    asked = asks_duty_report(round_)
    duty = {row.subject.pk: row for row in (duty_rows(round_, rules, subjects) if asked else ())}
    rows = []
    for row in report_rows(round_, rules, subjects):
        lines = [line for line in lines_of_subject(tree, row.subject) if not line.not_applicable]
        rows.append(
            {
                "report": row,
                "duty": duty.get(row.subject.pk),
                "promises": asked_of(round_, rules, row.subject),
                "figures": len(lines),
                "reported": sum(line.report is not None or line.verified is not None for line in lines),
                "waiting": sum(line.waits for line in lines),
                "verified": sum(line.verified is not None for line in lines),
                "returned": sum(bool(line.report and line.report.state == FigureState.RETURNED) for line in lines),
                "window": times[row.subject.pk],
            }
        )
    context = round_context(request, round_, "own") | {"rules": rules, "rows": rows}
    return render(request, "reviews/self_own.html", context)


def _own(request: HttpRequest, pk: int, subject_pk: int) -> tuple[Round, Subject]:
    round_ = get_round(request, pk)
    subject = get_object_or_404(Subject, pk=subject_pk, round=round_)
    require_known(access.may_report(request.user, subject))
    return round_, subject


@require_http_methods(["GET", "POST"])
def self_report_edit(request: HttpRequest, pk: int, subject_pk: int) -> HttpResponse:
    """Write the self-summary. What cannot be saved stays as typed, with the reason."""
    round_, subject = _own(request, pk, subject_pk)
    tree = tree_of(round_)
    if request.method != "POST":
        report = SelfReport.objects.filter(subject=subject).first()
        if report is not None and report.state not in WRITABLE:
            return HttpResponseRedirect(reverse("reviews:self_report", args=[pk, subject_pk]))
        return _page(request, round_, subject, stored_draft(tree, report))
    form, draft = posted_draft(tree, request.POST)
    hand_in = request.POST.get("do") == "submit"
    try:
        if hand_in and not form.wrong:
            submit_report(subject=subject, draft=draft, seen=form.seen, by=request.user)  # type: ignore[arg-type]
            messages.success(request, _("The self-summary is handed in."))
            return HttpResponseRedirect(reverse("reviews:self_report", args=[pk, subject_pk]))
        saved = save_draft(subject=subject, draft=draft, seen=form.seen, by=request.user)  # type: ignore[arg-type]
    except Conflict as error:
        form.seen = int(error.theirs.seen)
        return _page(request, round_, subject, form, theirs=error.theirs, status=409)
    except ReviewError as error:
        _refuse(form, error)
        return _page(request, round_, subject, form, status=422)
    form.seen = saved.version
    form.refuse(saved.refused)
    if form.wrong or form.error:
        return _page(request, round_, subject, form, status=422)
    messages.success(request, _("The draft is saved; nobody but you reads it until it is handed in."))
    return HttpResponseRedirect(request.get_full_path())


def _refuse(form: DraftForm, error: ReviewError) -> None:
    """Say what was wrong at its field, if it belongs to one."""
    form.error = str(error)
    name = error.field if isinstance(error, InvalidInput) else ""
    for leaf in form.leaves:
        if name == f"text-{leaf.node.code}":
            leaf.error, form.error = form.error, ""


def _page(
    request: HttpRequest, round_: Round, subject: Subject, form: DraftForm, theirs: Any = None, status: int = 200
) -> HttpResponse:
    rules = report_rules(round_)
    report = SelfReport.objects.filter(subject=subject).first()
    back = report.submissions.filter(is_current=True).select_related("decided_by").first() if report else None
    time = window(round_, rules, ReportKind.SELF_REPORT, subject.pk)
    context = round_context(request, round_, "own") | {
        "subject": subject,
        "files": self_report_counts(request.user, round_, subject),
        "report": report,
        "back": back,
        "form": form,
        "theirs": theirs,
        "rules": rules,
        "window": time,
        "writable": time.is_open and rules.asks_self_report,
    }
    return render(request, "reviews/self_edit.html", context, status=status)


@require_POST
def self_report_save(request: HttpRequest, pk: int, subject_pk: int) -> HttpResponse:
    """Save the draft while it is written. The answer says what was saved, what was not, and why."""
    round_, subject = _own(request, pk, subject_pk)
    form, draft = posted_draft(tree_of(round_), request.POST)
    refused = {leaf.node.code: leaf.error for leaf in form.wrong}
    try:
        saved = save_draft(subject=subject, draft=draft, seen=form.seen, by=request.user)  # type: ignore[arg-type]
    except Conflict as error:
        theirs = error.theirs
        at = timezone.localtime(theirs.at).strftime("%H:%M") if theirs.at else ""
        words = _("%(who)s saved another state of this report at %(at)s. Press “Save” to see and choose.")
        return JsonResponse({"error": words % {"who": theirs.by or "—", "at": at}}, status=409)
    except ReviewError as error:
        return JsonResponse({"error": str(error)}, status=422)
    return JsonResponse(
        {
            "seen": saved.version,
            "at": timezone.localtime(saved.at).strftime("%H:%M:%S"),
            "words": word_count(form.text),
            "refused": refused | {code: str(error) for code, error in saved.refused.items()},
        }
    )

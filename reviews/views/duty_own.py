"""Writing one's duty report: the page, the saves while it is written, and the kept versions."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from appraisal_site.lib.numbers import as_id
from reviews.duty.layout import Layout
from reviews.duty.requirements import COUNTING, check, unmet, words_for_pages
from reviews.forms.duty_reports import DutyForm, posted_form, stored_form, typed_in
from reviews.models import DutyReport, DutyVersion, ReportKind, Round, Subject
from reviews.navigation import round_context
from reviews.queries.duty_comments import by_section, comments_of
from reviews.queries.duty_reports import WRITABLE, asks_duty_report, history_of, layout_for, role_for
from reviews.queries.promises import promises_beside
from reviews.queries.report_dates import report_rules, window
from reviews.services.duty_reports import Saved, Typed, Unmet, restore, save_texts, submit
from reviews.services.errors import InvalidInput, ReviewError, Theirs
from reviews.textdiff import compare
from units import access
from units.guards import require_known

from ._common import get_round

TALK_SPEED = 220  # characters that are spoken in a minute


def own_subject(request: HttpRequest, pk: int, subject_pk: int) -> tuple[Round, Subject]:
    """The round and the subject that this account writes for; 404 for all others."""
    round_ = get_round(request, pk)
    subject = get_object_or_404(Subject.objects.select_related("round", "person", "unit"), pk=subject_pk, round=round_)
    require_known(access.may_write_duty_report(request.user, subject) and asks_duty_report(round_))
    return round_, subject


@require_http_methods(["GET", "POST"])
def duty_edit(request: HttpRequest, pk: int, subject_pk: int) -> HttpResponse:
    """Write the report. What cannot be saved stays as typed, with the reason."""
    round_, subject = own_subject(request, pk, subject_pk)
    layout = layout_for(round_, subject)
    report = DutyReport.objects.filter(subject=subject).first()
    if request.method != "POST":
        if report is not None and report.state not in WRITABLE:
            return HttpResponseRedirect(reverse("reviews:duty_report", args=[pk, subject_pk]))
        return _page(request, round_, subject, stored_form(layout, report))
    form = posted_form(layout, report, request.POST)
    hand_in = request.POST.get("do") == "submit"
    try:
        saved = save_texts(subject=subject, typed=typed_in(request.POST), by=request.user, kind=_kind(hand_in))  # type: ignore[arg-type]
        form.take(saved.seen, saved.conflicts, saved.refused)
        if hand_in and not saved.conflicts and not saved.refused:
            typed = {key: Typed(one.text, saved.seen.get(key, one.seen)) for key, one in typed_in(request.POST).items()}
            submit(subject=subject, typed=typed, explanation=form.why.text, by=request.user)  # type: ignore[arg-type]
            messages.success(request, _("The duty report is handed in."))
            return redirect("reviews:duty_report", pk, subject_pk)
    except Unmet as error:
        form.error = str(error)
        return _page(request, round_, subject, form, asked=error, status=422)
    except ReviewError as error:
        form.error = str(error)
        return _page(request, round_, subject, form, status=422)
    if saved.conflicts or saved.refused:
        return _page(request, round_, subject, form, status=409 if saved.conflicts else 422)
    messages.success(request, _("The draft is saved; nobody but you reads it until it is handed in."))
    return redirect("reviews:duty_edit", pk, subject_pk)


def _kind(hand_in: bool) -> str:
    return DutyVersion.Kind.AUTO if hand_in else DutyVersion.Kind.KEPT


def _page(
    request: HttpRequest,
    round_: Round,
    subject: Subject,
    form: DutyForm,
    asked: Unmet | None = None,
    status: int = 200,
) -> HttpResponse:
    rules = report_rules(round_)
    layout: Layout = form.layout
    role = role_for(layout, subject)
    report = DutyReport.objects.filter(subject=subject).first()
    last = report.submissions.filter(is_current=True).select_related("decided_by").first() if report else None
    comments = comments_of(subject, form.texts, for_writer=True)
    findings = check(layout, form.texts, role)
    time = window(round_, rules, ReportKind.DUTY_REPORT, subject.pk)
    context = round_context(request, round_, "own") | {
        "subject": subject,
        "report": report,
        "back": last if report and report.state in WRITABLE else None,
        "form": form,
        "asked": asked,
        "role": role,
        "rules": rules,
        "window": time,
        "findings": findings,
        "unmet": len(unmet(findings)),
        "demands": json.dumps([each.demand.data for each in findings], ensure_ascii=False),
        "words": json.dumps(words_for_pages(), ensure_ascii=False),
        "counting": COUNTING,
        "comments": by_section(comments),
        "replies": {each.comment.pk: form.reply_to(each.comment.pk) for each in comments},
        "open_comments": sum(each.comment.settled_at is None for each in comments),
        "minutes": _minutes(form.characters),
        "promises": promises_beside(subject),
        "writable": time.is_open,
    }
    return render(request, "reviews/duty_edit.html", context, status=status)


def _minutes(characters: int) -> int:
    """How long it takes to read so much aloud."""
    return -(-characters // TALK_SPEED)


@require_POST
def duty_save(request: HttpRequest, pk: int, subject_pk: int) -> HttpResponse:
    """Save while it is written: the answer says what stands now, what somebody else changed, what was refused."""
    _round, subject = own_subject(request, pk, subject_pk)
    try:
        saved = save_texts(subject=subject, typed=typed_in(request.POST), by=request.user)  # type: ignore[arg-type]
    except ReviewError as error:
        return JsonResponse({"error": str(error)}, status=422)
    return JsonResponse(_answer(saved))


def _answer(saved: Saved) -> dict[str, Any]:
    return {
        "at": timezone.localtime(saved.at).strftime("%H:%M:%S"),
        "seen": dict(saved.seen),
        "conflicts": {key: _theirs(each) for key, each in saved.conflicts.items()},
        "refused": {key: str(error) for key, error in saved.refused.items()},
    }


def _theirs(theirs: Theirs) -> dict[str, str]:
    at = timezone.localtime(theirs.at).strftime("%H:%M") if theirs.at else ""
    return {"text": theirs.value, "by": str(theirs.by or "—"), "at": at, "seen": theirs.seen}


# ---------------------------------------------------------------- versions


@require_GET
def duty_history(request: HttpRequest, pk: int, subject_pk: int) -> HttpResponse:
    """The kept versions of the draft; `?version=` shows one beside what the draft says now."""
    round_, subject = own_subject(request, pk, subject_pk)
    report = DutyReport.objects.filter(subject=subject).first()
    versions = history_of(report) if report else []
    wanted = request.GET.get("version", "")
    shown = report.versions.filter(number=as_id(wanted) or 0).first() if report and wanted else None
    require_known(not wanted or shown is not None)
    layout = layout_for(round_, subject)
    context = round_context(request, round_, "own") | {
        "subject": subject,
        "report": report,
        "versions": versions,
        "shown": shown,
        "changes": _changes(layout, shown, report) if shown and report else [],
        "writable": report is not None
        and report.state in WRITABLE
        and window(round_, report_rules(round_), ReportKind.DUTY_REPORT, subject.pk).is_open,
    }
    return render(request, "reviews/duty_history.html", context)


def _changes(layout: Layout, version: DutyVersion, report: DutyReport) -> list[dict[str, Any]]:
    """Section by section, what was added and taken out since the version."""
    titles = {section.key: section.title for section in layout.sections}
    titles |= {question.name: question.text for question in layout.questions}
    keys = [key for key in dict.fromkeys([*titles, *version.texts, *report.texts]) if key[:1] not in ("!", "#")]
    found = []
    for key in keys:
        was, now = version.texts.get(key, ""), report.texts.get(key, "")
        if was or now:
            same = was == now
            found.append({"title": titles.get(key, key), "same": same, "text": compare(was, now), "was": was})
    return found


@require_POST
def duty_restore(request: HttpRequest, pk: int, subject_pk: int) -> HttpResponse:
    """Take a kept version back; the draft as it is now is kept first."""
    _round, subject = own_subject(request, pk, subject_pk)
    report = get_object_or_404(DutyReport, subject=subject)
    wanted = as_id(request.POST.get("version", ""))
    try:
        if wanted is None:
            raise InvalidInput(_("This version is no longer there."))
        restore(report=report, number=wanted, by=request.user)  # type: ignore[arg-type]
    except ReviewError as error:
        messages.error(request, str(error))
        return redirect("reviews:duty_history", pk, subject_pk)
    messages.success(
        request, _("The earlier version is the draft again. What was there before is kept among the versions.")
    )
    return redirect("reviews:duty_edit", pk, subject_pk)

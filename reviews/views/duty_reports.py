"""Duty reports that were handed in: the list, reading one, deciding on it, comments, differences, print."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from appraisal_site.lib.numbers import as_id
from reviews.duty.marking import paragraphs
from reviews.duty.numbering import chinese
from reviews.duty.requirements import words_of
from reviews.forms.duty_reports import CommentForm
from reviews.models import (
    DutyComment,
    DutyReport,
    DutyReviewer,
    DutySubmission,
    Phase,
    ReportKind,
    ReportState,
    Round,
    Subject,
)
from reviews.navigation import round_context
from reviews.queries.duty_comments import CommentView, by_section, comments_of
from reviews.queries.duty_reports import (
    WRITABLE,
    asks_duty_report,
    duty_rows,
    in_state,
    next_waiting,
    parts_of,
    reviewed_by,
    reviewers_for,
    reviewers_of,
    state_counts,
    submissions_of,
)
from reviews.queries.duty_similarity import shares_of
from reviews.queries.report_dates import report_rules, window
from reviews.queries.rounds import categories_of, subjects_of
from reviews.services import duty_review
from reviews.services.errors import Conflict, InvalidInput, RoundClosed
from reviews.textdiff import compare
from units import access
from units.guards import require, require_known
from units.models import User

from ._common import get_round, paged, refuse
from ._reports import day_in, refusal, submission_of

STATES = [
    ("open", gettext_lazy("not handed in")),
    ("submitted", gettext_lazy("to be reviewed")),
    ("returned", gettext_lazy("sent back for revision")),
    ("rewrite", gettext_lazy("to be written anew")),
    ("accepted", gettext_lazy("approved")),
    ("late", gettext_lazy("late")),
    ("unmet", gettext_lazy("off the requirements")),
]


def get_duty_round(request: HttpRequest, pk: int) -> Round:
    """The round, if its plan asks for duty reports at all; else 404."""
    round_ = get_round(request, pk)
    require_known(asks_duty_report(round_))
    return round_


@require_GET
def duty_list(request: HttpRequest, pk: int) -> HttpResponse:
    """Who has handed in, late, sent back; a named reviewer sees those of theirs."""
    round_ = get_duty_round(request, pk)
    reviewers = reviewers_of(round_)
    sees_all = access.may_see_all_duty_reports(request.user)
    require(sees_all or access.reviews_some_duty_reports(request.user, reviewers))
    rules = report_rules(round_)
    filters = {name: request.GET.get(name, "").strip() for name in ("category", "q", "state", "mine")}
    found = subjects_of(round_, category=filters["category"], words=filters["q"])
    mine = reviewed_by(round_, request.user, reviewers)
    if not sees_all or filters["mine"]:
        found = found.filter(pk__in=mine.values("pk"))
    counts = state_counts(round_.subjects.all() if sees_all else mine)
    page = paged(request, in_state(found, filters["state"]))
    rows = duty_rows(round_, rules, list(page.object_list))
    shares = shares_of(round_) if sees_all else {}
    context = round_context(request, round_, "duty") | {
        "rules": rules,
        "due": rules.due[ReportKind.DUTY_REPORT],
        "rows": [(row, shares.get(row.submission.pk) if row.submission else None) for row in rows],
        "page_obj": page,
        "filters": filters,
        "states": STATES,
        "categories": categories_of(round_),
        "counts": counts,
        "total": sum(counts.values()),
        "handed_in": counts.get(ReportState.SUBMITTED, 0) + counts.get(ReportState.ACCEPTED, 0),
        "sent_back": counts.get(ReportState.RETURNED, 0) + counts.get(ReportState.REWRITE, 0),
        "reviewers": reviewers,
        "reviews": access.reviews_some_duty_reports(request.user, reviewers),
        "sees_all": sees_all,
        "may_run": access.may_run_duty_reports(request.user) and round_.phase == Phase.COLLECTING,
    }
    return render(request, "reviews/duty_list.html", context)


def get_duty_subject(request: HttpRequest, pk: int, subject_pk: int) -> tuple[Round, Subject, list[DutyReviewer]]:
    """The round, a subject whose report this account may read, and who reviews in the round; 404 for others."""
    round_ = get_duty_round(request, pk)
    found = Subject.objects.select_related("round", "unit", "person")
    subject = get_object_or_404(found, pk=subject_pk, round=round_)
    reviewers = reviewers_of(round_)
    require_known(access.may_read_duty_report(request.user, subject, reviewers))
    return round_, subject, reviewers


@require_http_methods(["GET", "POST"])
def duty_report(request: HttpRequest, pk: int, subject_pk: int) -> HttpResponse:
    """What was handed in, with its history and comments; the office or the reviewer decides here."""
    round_, subject, reviewers = get_duty_subject(request, pk, subject_pk)
    errors: dict[str, str] = {}
    status = 200
    if request.method == "POST":
        require(access.may_decide_duty_report(request.user, subject, reviewers))
        answer = _decide(request, round_, subject)
        if isinstance(answer, HttpResponse):
            return answer
        errors, status = answer, 422
    context = _reading(request, round_, subject, reviewers) | {"errors": errors, "typed": request.POST}
    return render(request, "reviews/duty_report.html", context, status=status)


def _reading(request: HttpRequest, round_: Round, subject: Subject, reviewers: list[DutyReviewer]) -> dict[str, Any]:
    submissions = submissions_of(subject)
    wanted = request.GET.get("version", "")
    shown = next((each for each in submissions if str(each.number) == wanted), submissions[0] if submissions else None)
    own = access.may_write_duty_report(request.user, subject)
    runs = access.may_run_duty_reports(request.user) and not own
    decides = access.may_decide_duty_report(request.user, subject, reviewers)
    collecting = round_.phase == Phase.COLLECTING
    waits = bool(shown and shown.is_current and shown.state == ReportState.SUBMITTED and collecting and decides)
    report = DutyReport.objects.filter(subject=subject).only("state").first()
    comments = comments_of(subject, shown.texts, for_writer=own) if shown else []
    rules = report_rules(round_)
    plan = round_.plan_version.document.get("duty_report") or {}
    return round_context(request, round_, "own" if own else "duty") | {
        "subject": subject,
        "state": report.state if report else "none",
        "rules": rules,
        "window": window(round_, rules, ReportKind.DUTY_REPORT, subject.pk),
        "submissions": submissions,
        "submission": shown,
        "parts": _marked(shown, comments) if shown else [],
        "comments": comments,
        "unmet": [words_of(row) for row in shown.unmet] if shown else [],
        "own": own,
        "decides": decides,
        "collecting": collecting,
        "reviewers": reviewers_for(subject, reviewers),
        "reviewed_by": plan.get("reviewed_by", ""),
        "returned_if": plan.get("returned_if", ()),
        "rewritten_if": plan.get("rewritten_if", ()),
        "ticked": request.POST.getlist("criteria"),
        "may_write": own and (report is None or report.state in WRITABLE),
        "may_decide": waits,
        "may_take_back": bool(
            shown and shown.is_current and shown.state == ReportState.ACCEPTED and runs and collecting
        ),
        "may_extend": runs and collecting,
        "comment_form": CommentForm(submission=shown) if waits and shown else None,
        "similar": None if own else _similar(request, round_, shown),
        "next": _next(request, round_, subject, reviewers) if decides and collecting else None,
    }


def _next(request: HttpRequest, round_: Round, subject: Subject, reviewers: list[DutyReviewer]) -> Subject | None:
    """Whose report this account reviews next: who reads forty of them goes from one to the other."""
    mine = reviewed_by(round_, request.user, reviewers)
    all_of_them = round_.subjects.all() if access.may_run_duty_reports(request.user) else mine
    return next_waiting(mine, subject) or next_waiting(all_of_them, subject)


def _similar(request: HttpRequest, round_: Round, shown: DutySubmission | None) -> Any:
    if shown is None or not access.may_see_all_duty_reports(request.user):
        return None
    return shares_of(round_).get(shown.pk)


def _marked(submission: DutySubmission, comments: list[CommentView]) -> list[dict[str, Any]]:
    """The parts of a report with their paragraphs, passages marked."""
    of = by_section(comments)

    def section(key: str, text: str, **more: Any) -> dict[str, Any]:
        here = of.get(key, [])
        places = [(each.number, each.place) for each in here if each.place]
        return {"key": key, "paragraphs": paragraphs(text, places), "comments": here, **more}

    return [
        {
            "title": part.title,
            "sections": [section(each.key, each.text, aspect=each.aspect) for each in part.sections],
            "answers": [section(each.question.name, each.text, question=each.question) for each in part.answers],
        }
        for part in parts_of(submission)
    ]


def _printed(submission: DutySubmission) -> list[dict[str, Any]]:
    """What is written, numbered as official papers number their parts."""
    written = [
        part
        for part in _marked(submission, [])
        if any(each["paragraphs"] for each in (*part["sections"], *part["answers"]))
    ]
    return [{**part, "number": chinese(place)} for place, part in enumerate(written, start=1)]


def _decide(request: HttpRequest, round_: Round, subject: Subject) -> HttpResponse | dict[str, str]:
    """Carry out a decision; gives the fields that were wrong if it was refused."""
    user = request.user
    assert isinstance(user, User)
    submission = _posted_submission(request, subject)
    if submission is None:
        return {"": _("There is nothing here to decide on any more.")}
    reason, do = request.POST.get("reason", ""), request.POST.get("do", "")
    try:
        if do == "approve":
            duty_review.approve(submission=submission, reason=reason, by=user)
            messages.success(request, _("The report is approved."))
        elif do in {"return", "rewrite"}:
            duty_review.send_back(
                submission=submission,
                anew=do == "rewrite",
                reason=reason,
                criteria=request.POST.getlist("criteria"),
                until=day_in(request.POST.get("until", "")),
                by=user,
            )
            messages.success(request, _("The report was sent back; its writer has been told."))
        elif do == "take_back":
            duty_review.take_back_approval(submission=submission, reason=reason, by=user)
            messages.success(request, _("The approval was taken back."))
        else:
            return {"": _("There is nothing here to decide on any more.")}
    except (InvalidInput, Conflict, RoundClosed) as error:
        return refusal(error)
    return HttpResponseRedirect(reverse("reviews:duty_report", args=[round_.pk, subject.pk]))


def _posted_submission(request: HttpRequest, subject: Subject) -> DutySubmission | None:
    wanted = request.POST.get("submission", "")
    found = DutySubmission.objects.select_related("report__subject__round__plan_version")
    return found.filter(report__subject=subject, pk=as_id(wanted) or 0).first()


@require_POST
def duty_comment(request: HttpRequest, pk: int, subject_pk: int) -> HttpResponse:
    """Add a comment at a passage, take one's own away, hold one for done."""
    round_, subject, reviewers = get_duty_subject(request, pk, subject_pk)
    require_known(access.may_decide_duty_report(request.user, subject, reviewers))
    do = request.POST.get("do", "add")
    if do == "add":
        return _add_comment(request, round_, subject, reviewers)
    wanted = request.POST.get("comment", "")
    found = DutyComment.objects.select_related("submission__report__subject__round")
    row = get_object_or_404(found, pk=as_id(wanted) or 0, submission__report__subject=subject)
    try:
        if do == "withdraw":
            duty_review.withdraw_comment(comment=row, by=request.user)  # type: ignore[arg-type]
        else:
            duty_review.settle_comment(comment=row, settled=do == "settle", by=request.user)  # type: ignore[arg-type]
    except (InvalidInput, RoundClosed) as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(reverse("reviews:duty_report", args=[pk, subject_pk]) + "#comments")


def _add_comment(request: HttpRequest, round_: Round, subject: Subject, reviewers: list[DutyReviewer]) -> HttpResponse:
    submission = _posted_submission(request, subject)
    if submission is None:
        messages.error(request, _("There is nothing here to decide on any more."))
        return HttpResponseRedirect(reverse("reviews:duty_report", args=[round_.pk, subject.pk]))
    form = CommentForm(request.POST, submission=submission)
    if form.is_valid():
        try:
            made = duty_review.comment(submission=submission, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        except (InvalidInput, RoundClosed) as error:
            refuse(form, error)
        else:
            address = reverse("reviews:duty_report", args=[round_.pk, subject.pk])
            return HttpResponseRedirect(f"{address}#comment-{made.pk}")
    context = _reading(request, round_, subject, reviewers) | {"errors": {}, "typed": {}, "comment_form": form}
    return render(request, "reviews/duty_report.html", context, status=422)


# ---------------------------------------------------------------- other views of a hand-in


def get_submission(subject: Subject, number: str) -> DutySubmission:
    found = DutySubmission.objects.filter(report__subject=subject)
    return submission_of(found, number)


@require_GET
def duty_print(request: HttpRequest, pk: int, subject_pk: int) -> HttpResponse:
    """The report as a document on A4. `?version=` names an earlier hand-in."""
    round_, subject, _reviewers = get_duty_subject(request, pk, subject_pk)
    submission = get_submission(subject, request.GET.get("version", ""))
    own = access.may_write_duty_report(request.user, subject)
    context = round_context(request, round_, "own" if own else "duty") | {
        "subject": subject,
        "submission": submission,
        "parts": _printed(submission),
    }
    return render(request, "reviews/duty_print.html", context)


@require_GET
def duty_compare(request: HttpRequest, pk: int, subject_pk: int) -> HttpResponse:
    """What changed from one hand-in to another (`?from=1&to=2`; without: the last two)."""
    round_, subject, _reviewers = get_duty_subject(request, pk, subject_pk)
    after = get_submission(subject, request.GET.get("to", ""))
    before = get_submission(subject, request.GET.get("from", "") or str(max(1, after.number - 1)))
    own = access.may_write_duty_report(request.user, subject)
    replies = comments_of(subject, after.texts, for_writer=own)
    context = round_context(request, round_, "own" if own else "duty") | {
        "subject": subject,
        "before": before,
        "after": after,
        "parts": _changed(before, after),
        "comments": [each for each in replies if each.comment.submission_id != after.pk],
    }
    return render(request, "reviews/duty_compare.html", context)


def _changed(before: DutySubmission, after: DutySubmission) -> list[dict[str, Any]]:
    """Every text of both hand-ins, in the order of the later one."""
    titles: dict[str, str] = {}
    for submission in (after, before):
        for part in parts_of(submission):
            for each in part.sections:
                titles.setdefault(each.key, f"{part.title} · {each.aspect}" if each.aspect else part.title)
            for answer in part.answers:
                titles.setdefault(answer.question.name, answer.question.text)
    found = []
    for key, title in titles.items():
        was, now = before.texts.get(key, ""), after.texts.get(key, "")
        if was or now:
            found.append({"title": title, "same": was == now, "text": [] if was == now else compare(was, now)})
    return found

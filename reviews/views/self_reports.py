"""Self-summaries: the list, reading one, its print, what changed between two, and deciding on it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from appraisal_site.lib.numbers import as_id
from reviews.models import Phase, ReportKind, ReportState, Round, SelfReport, SelfReportSubmission, Subject
from reviews.navigation import round_context
from reviews.queries.evidence import self_report_counts
from reviews.queries.report_dates import report_rules, window
from reviews.queries.rounds import categories_of, subjects_of
from reviews.queries.self_reports import (
    assesses_in,
    in_state,
    late_count,
    may_read_report,
    report_rows,
    state_counts,
    submitted_lines,
)
from reviews.services.errors import Conflict, InvalidInput, RoundClosed
from reviews.services.self_reports import accept_report, reopen_report, return_report
from reviews.textdiff import compare
from reviews.tree import Tree
from reviews.wordcount import word_count
from units import access
from units.guards import require, require_known
from units.models import User

from ._common import get_round, paged, tree_of
from ._reports import day_in, refusal, submission_of

STATES = [
    ("open", gettext_lazy("not handed in")),
    ("submitted", gettext_lazy("handed in")),
    ("returned", gettext_lazy("sent back for revision")),
    ("accepted", gettext_lazy("accepted")),
    ("late", gettext_lazy("late")),
]


@require_GET
def self_report_list(request: HttpRequest, pk: int) -> HttpResponse:
    """Who has handed in, late, sent back. Assessors of the round read along."""
    round_ = get_round(request, pk)
    require(access.may_see_all_reports(request.user) or assesses_in(request.user, round_))
    rules = report_rules(round_)
    filters = {name: request.GET.get(name, "").strip() for name in ("category", "q", "state")}
    found = in_state(subjects_of(round_, category=filters["category"], words=filters["q"]), filters["state"])
    page = paged(request, found)
    counts = state_counts(round_)
    may_run = access.may_run_reports(request.user) and round_.phase == Phase.COLLECTING
    context = round_context(request, round_, "self_reports") | {
        "rules": rules,
        "due": rules.due[ReportKind.SELF_REPORT],
        "rows": report_rows(round_, rules, list(page.object_list)),
        "page_obj": page,
        "filters": filters,
        "states": STATES,
        "categories": categories_of(round_),
        "counts": counts,
        "late": late_count(round_),
        "total": sum(counts.values()),
        "handed_in": counts.get(ReportState.SUBMITTED, 0) + counts.get(ReportState.ACCEPTED, 0),
        "may_run": may_run,
        "may_remind": may_run and rules.asks_self_report,
        "sees_all": access.may_see_all_reports(request.user),
    }
    return render(request, "reviews/self_list.html", context)


def get_subject(request: HttpRequest, pk: int, subject_pk: int) -> tuple[Round, Subject]:
    """The round and a subject of it whose report this account may read; 404 for all others."""
    round_ = get_round(request, pk)
    subject = get_object_or_404(Subject.objects.select_related("unit", "person"), pk=subject_pk, round=round_)
    require_known(may_read_report(request.user, round_, subject))
    return round_, subject


@require_http_methods(["GET", "POST"])
def self_report(request: HttpRequest, pk: int, subject_pk: int) -> HttpResponse:
    """What was handed in, with its history; the office and assessors decide here."""
    round_, subject = get_subject(request, pk, subject_pk)
    errors: dict[str, str] = {}
    status = 200
    if request.method == "POST":
        answer = _decide(request, round_, subject)
        if isinstance(answer, HttpResponse):
            return answer
        errors, status = answer, 422
    return render(request, "reviews/self_report.html", _reading(request, round_, subject, errors), status=status)


def _reading(request: HttpRequest, round_: Round, subject: Subject, errors: dict[str, str]) -> dict[str, Any]:
    tree = tree_of(round_)
    report = SelfReport.objects.filter(subject=subject).first()
    found = SelfReportSubmission.objects.filter(report__subject=subject).select_related("submitted_by", "decided_by")
    submissions = list(found.order_by("-number"))
    wanted = request.GET.get("version", "")
    shown = next((each for each in submissions if str(each.number) == wanted), submissions[0] if submissions else None)
    rules = report_rules(round_)
    own = access.may_report(request.user, subject)
    runs = access.may_run_reports(request.user)
    collecting = round_.phase == Phase.COLLECTING
    waits = bool(shown and shown.is_current and shown.state == ReportState.SUBMITTED and collecting)
    return round_context(request, round_, "own" if own else "self_reports") | {
        "subject": subject,
        "files": self_report_counts(request.user, round_, subject),
        "report": report,
        "rules": rules,
        "window": window(round_, rules, ReportKind.SELF_REPORT, subject.pk),
        "submissions": submissions,
        "submission": shown,
        "words": word_count(shown.text) if shown else 0,
        "lines": submitted_lines(tree, shown) if shown else [],
        "own": own,
        "may_write": own and (report is None or report.state in {ReportState.DRAFT, ReportState.RETURNED}),
        "may_return": waits and not own and (runs or assesses_in(request.user, round_)),
        "may_accept": waits and runs,
        "may_reopen": bool(shown and shown.is_current and shown.state == ReportState.ACCEPTED and runs and collecting),
        "may_extend": runs and collecting,
        "errors": errors,
        "typed": request.POST,
    }


def _decide(request: HttpRequest, round_: Round, subject: Subject) -> HttpResponse | dict[str, str]:
    """Carry out a decision; gives the fields that were wrong if it was refused."""
    user = request.user
    assert isinstance(user, User)
    require(access.may_run_reports(user) or (assesses_in(user, round_) and not access.is_own(user, subject)))
    wanted = request.POST.get("submission", "")
    found = SelfReportSubmission.objects.select_related("report__subject__round")
    submission = found.filter(report__subject=subject, pk=as_id(wanted) or 0).first()
    if submission is None:
        return {"": _("There is nothing here to decide on any more.")}
    reason = request.POST.get("reason", "")
    do = request.POST.get("do", "")
    try:
        if do == "return":
            return_report(submission=submission, reason=reason, by=user, until=day_in(request.POST.get("until", "")))
            messages.success(request, _("The report was sent back for revision."))
        elif do == "accept":
            accept_report(submission=submission, by=user)
            messages.success(request, _("The report is accepted."))
        elif do == "reopen":
            reopen_report(submission=submission, reason=reason, by=user)
            messages.success(request, _("The acceptance was taken back."))
        else:
            return {"": _("There is nothing here to decide on any more.")}
    except (InvalidInput, Conflict, RoundClosed) as error:
        return refusal(error)
    return HttpResponseRedirect(reverse("reviews:self_report", args=[round_.pk, subject.pk]))


def _submission(subject: Subject, number: str) -> SelfReportSubmission:
    found = SelfReportSubmission.objects.filter(report__subject=subject)
    return submission_of(found, number)


@require_GET
def self_report_print(request: HttpRequest, pk: int, subject_pk: int) -> HttpResponse:
    """自查报告 as a document: nothing but what was handed in. `?version=` names an earlier one."""
    round_, subject = get_subject(request, pk, subject_pk)
    submission = _submission(subject, request.GET.get("version", ""))
    own = access.may_report(request.user, subject)
    context = round_context(request, round_, "own" if own else "self_reports") | {
        "subject": subject,
        "submission": submission,
        "lines": submitted_lines(tree_of(round_), submission),
        "words": word_count(submission.text),
    }
    return render(request, "reviews/self_print.html", context)


@require_GET
def self_report_compare(request: HttpRequest, pk: int, subject_pk: int) -> HttpResponse:
    """What changed from one hand-in to another (`?from=1&to=2`; without: the last two)."""
    round_, subject = get_subject(request, pk, subject_pk)
    after = _submission(subject, request.GET.get("to", ""))
    before = _submission(subject, request.GET.get("from", "") or str(max(1, after.number - 1)))
    own = access.may_report(request.user, subject)
    context = round_context(request, round_, "own" if own else "self_reports") | {
        "subject": subject,
        "before": before,
        "after": after,
        "text": compare(before.text, after.text),
        "leaves": _changed_leaves(tree_of(round_), before, after),
        "same_text": before.text == after.text,
    }
    return render(request, "reviews/self_compare.html", context)


def _changed_leaves(tree: Tree, before: SelfReportSubmission, after: SelfReportSubmission) -> list[dict[str, Any]]:
    old = {line.node.code: line for line in submitted_lines(tree, before)}
    new = {line.node.code: line for line in submitted_lines(tree, after)}
    found = []
    for code in sorted(old.keys() | new.keys(), key=lambda each: tree.order[each]):
        was, now = old.get(code), new.get(code)
        if was == now:
            continue
        found.append(
            {
                "node": tree.nodes[code],
                "was": was.score if was else None,
                "now": now.score if now else None,
                "text": compare(was.text if was else "", now.text if now else ""),
            }
        )
    return found

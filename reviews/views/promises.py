"""Promises and task lists of a round: how far they are, one to read, its approval and its check, tasks for many."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from appraisal_site.lib.numbers import as_id
from reviews.forms.promises import GiveForm, RowsForm, posted_rows, posted_said, said_fields
from reviews.models import Phase, PromiseAudience, PromiseList, ReportKind, ReportState, Round, Verdict
from reviews.navigation import round_context
from reviews.queries.promises import (
    STATES,
    counts_of,
    file_counts,
    history_of,
    in_state,
    may_read_list,
    published_for,
    reads_all,
    subject_rows,
)
from reviews.queries.report_dates import report_rules, window
from reviews.queries.rounds import categories_of, subjects_of
from reviews.queries.self_reports import assesses_in
from reviews.services.errors import Conflict, InvalidInput, ReviewError
from reviews.services.promise_reports import check_rows, return_report
from reviews.services.promise_tasks import give_tasks
from reviews.services.promises import change_rows, decide_rows, rows_in_force
from units import access
from units.guards import require, require_known
from units.models import User

from ._common import get_round, paged

TAB = "promises"


@require_GET
def promises(request: HttpRequest, pk: int) -> HttpResponse:
    """Every subject with its lists for those who see all; the others find what is published to them."""
    round_ = get_round(request, pk)
    rules = report_rules(round_)
    everything = reads_all(request.user, round_)
    filters = {name: request.GET.get(name, "").strip() for name in ("category", "q", "state")}
    found = subjects_of(round_, category=filters["category"], words=filters["q"])
    if everything:
        found = in_state(found, filters["state"])
    else:
        shown = published_for(request.user, round_, rules)
        require(access.is_subject(request.user) or shown.exists())
        found = found.filter(pk__in=shown)
    page = paged(request, found.select_related("person"))
    context = round_context(request, round_, TAB) | {
        "rules": rules,
        "due": rules.due[ReportKind.PROMISES],
        "report_due": rules.due[ReportKind.FULFILMENT],
        "audience": PromiseAudience(rules.promises_audience).label,
        "rows": subject_rows(round_, rules, list(page.object_list)),
        "page_obj": page,
        "filters": filters,
        "filtered": any(filters.values()),
        "states": [(state, _state_words(state)) for state in STATES],
        "categories": categories_of(round_),
        "everything": everything,
        "counts": counts_of(round_) if everything else None,
        "may_run": access.may_run_promises(request.user) and round_.phase == Phase.COLLECTING,
    }
    return render(request, "reviews/promises.html", context)


def _state_words(state: str) -> str:
    return {
        "none": _("no list yet"),
        "draft": _("being written"),
        "submitted": _("waits for approval"),
        "returned": _("sent back for revision"),
        "accepted": _("approved"),
        "reported": _("report handed in"),
        "unchecked": _("report to be checked"),
        "left": _("something left undone"),
    }[state]


def get_list(request: HttpRequest, pk: int, list_pk: int) -> tuple[Round, PromiseList]:
    """The round and a list of it that this account may read; 404 for all others."""
    round_ = get_round(request, pk)
    lists = PromiseList.objects.select_related("subject__round", "subject__person", "subject__unit", "reported_by")
    found = get_object_or_404(lists, pk=list_pk, subject__round=round_)
    require_known(may_read_list(request.user, round_, report_rules(round_), found.subject))
    return round_, found


@require_http_methods(["GET", "POST"])
def promise_list(request: HttpRequest, pk: int, list_pk: int) -> HttpResponse:
    """One list; `do` = approve, return (a hand-in), check, return_report."""
    round_, found = get_list(request, pk, list_pk)
    error: ReviewError | None = None
    if request.method == "POST":
        answer = _decide(request, round_, found)
        if isinstance(answer, HttpResponse):
            return answer
        error = answer
    return _show_list(request, round_, found, error)


def _show_list(request: HttpRequest, round_: Round, found: PromiseList, error: ReviewError | None) -> HttpResponse:
    user, subject = request.user, found.subject
    assesses = assesses_in(user, round_)
    own = access.may_write_promises(user, subject)
    sees = own or access.may_see_all_promises(user) or assesses
    rows = list(found.promises.filter(in_force=True).select_related("checked_by"))
    collecting = round_.phase == Phase.COLLECTING
    history = history_of(found) if sees else []
    waiting = next(
        (each for each, _changes in history if each.is_current and each.state == ReportState.SUBMITTED), None
    )
    checks = found.is_reported and collecting and access.may_check_promises(user, subject, assesses=assesses)
    rules = report_rules(round_)
    context = round_context(request, round_, "own" if own else TAB) | {
        "list": found,
        "subject": subject,
        "own": own,
        "sees": sees,
        # What a report says before it is handed in is its writer's alone.
        "sees_report": found.is_reported or own,
        "rows": said_fields(rows, posted_said(request.POST) if error else {}, error, check=True),
        "files": file_counts(rows) if sees else {},
        "history": history,
        "waiting": waiting if collecting and access.may_decide_promises(user, subject) else None,
        "checks": checks,
        "may_change": collecting
        and access.may_run_promises(user)
        and access.may_decide_promises(user, subject)
        and found.state == ReportState.ACCEPTED
        and not found.is_reported,
        "verdicts": Verdict.choices,
        "window": window(round_, rules, ReportKind.PROMISES, subject.pk),
        "report_window": window(round_, rules, ReportKind.FULFILMENT, subject.pk),
        "error": _words_of(error) if error else "",
        "typed": request.POST,
        "done": sum(row.is_fulfilled for row in rows),
    }
    return render(request, "reviews/promise_list.html", context, status=422 if error else 200)


def _decide(request: HttpRequest, round_: Round, found: PromiseList) -> HttpResponse | ReviewError:
    """Carry out a decision; gives why it was refused."""
    user, post = cast(User, request.user), request.POST
    reason, do = post.get("reason", ""), post.get("do", "")
    decides = do in {"approve", "return"}
    require(
        access.may_decide_promises(user, found.subject)
        if decides
        else access.may_check_promises(user, found.subject, assesses=assesses_in(user, round_))
    )
    try:
        if decides:
            hand_in = found.hand_ins.filter(number=number_of(post.get("number", ""))).first()
            if hand_in is None:
                return InvalidInput(_("There is nothing here to decide on any more."))
            hand_in.list = found
            decide_rows(hand_in=hand_in, approve=do == "approve", reason=reason, by=user)
            messages.success(request, _("Approved.") if do == "approve" else _("The list was sent back for revision."))
        elif do == "return_report":
            return_report(found=found, reason=reason, by=user)
            messages.success(request, _("The report was sent back for revision."))
        else:
            number = check_rows(found=found, said=posted_said(post), seen=number_of(post.get("seen", "")), by=user)
            words = ngettext("The check of %(count)d row is saved.", "The check of %(count)d rows is saved.", number)
            messages.success(request, words % {"count": number})
    except ReviewError as error:
        found.refresh_from_db()  # what the refused transaction had changed already
        return error
    return HttpResponseRedirect(reverse("reviews:promise_list", args=[round_.pk, found.pk]))


def number_of(text: str) -> int:
    return as_id(text) or 0


def _words_of(error: ReviewError) -> str:
    if isinstance(error, Conflict):
        words = _("Meanwhile %(who)s set it to “%(state)s”. Look at it again.")
        return words % {"who": error.theirs.by or "—", "state": error.theirs.value}
    return str(error)


@require_http_methods(["GET", "POST"])
def promise_change(request: HttpRequest, pk: int, list_pk: int) -> HttpResponse:
    """The office changes an approved list, with a reason."""
    round_, found = get_list(request, pk, list_pk)
    require_known(access.may_run_promises(request.user) and access.may_decide_promises(request.user, found.subject))
    form = RowsForm(rows_in_force(found), seen=found.version)  # never the draft, which is its writer's alone
    status = 200
    if request.method == "POST":
        form, status = posted_rows(request.POST), 422
        try:
            if not form.errors:
                change_rows(found=found, rows=form.rows, why=form.why, seen=form.seen, by=cast(User, request.user))
                messages.success(request, _("The list is changed; those who wrote it are told."))
                return redirect("reviews:promise_list", pk, list_pk)
        except Conflict as error:
            form.seen, form.error = int(error.theirs.seen), str(error)
        except ReviewError as error:
            form.refuse(error)
    context = round_context(request, round_, TAB) | {
        "list": found,
        "subject": found.subject,
        "kind": found.kind,
        "kind_words": found.get_kind_display(),
        "form": form,
        "office": True,
        "asks_why": True,
        "writable": round_.phase == Phase.COLLECTING and found.state == ReportState.ACCEPTED and not found.is_reported,
    }
    return render(request, "reviews/promise_edit.html", context, status=status)


@require_http_methods(["GET", "POST"])
def promise_give(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a task list to all subjects or to those that are ticked; pasted from a spreadsheet."""
    round_ = get_round(request, pk)
    require(access.may_run_promises(request.user))
    subjects = list(subjects_of(round_))
    form = GiveForm(request.POST or None)
    ticked = set(request.POST.getlist("subject"))
    error, status = "", 200
    if request.method == "POST":
        status = 422
        chosen = [each for each in subjects if str(each.pk) in ticked]
        if form.is_valid():
            try:
                rows = form.cleaned_data["paste"]
                number = give_tasks(round=round_, subjects=chosen, rows=rows, by=cast(User, request.user))
            except ReviewError as refusal:
                error = str(refusal)
            else:
                words = ngettext("%(count)d subject has the tasks.", "%(count)d subjects have the tasks.", number)
                messages.success(request, words % {"count": number})
                return redirect("reviews:promises", pk)
    context: dict[str, Any] = round_context(request, round_, TAB) | {
        "form": form,
        "subjects": [(each, str(each.pk) in ticked) for each in subjects],
        "error": error,
        "possible": round_.phase == Phase.COLLECTING,
    }
    return render(request, "reviews/promise_give.html", context, status=status)

"""Interviews: the register, arranging, the record while it is written, reading and confirming, on paper."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from appraisal_site.lib.numbers import as_id
from reviews.forms.interviews import ArrangeForm, RecordForm, arranged
from reviews.interview_file import interview_file, sheet_of
from reviews.models import Interview, InterviewState, Phase, Round
from reviews.navigation import round_context
from reviews.queries.interviews import concerned_in, interviews_for, sheet_count, state_counts
from reviews.services.errors import Conflict, InvalidInput, NotAllowed, ReviewError
from reviews.services.interviews import (
    arrange_interview,
    cancel_interview,
    change_arrangement,
    confirm_interview,
    confirm_on_paper,
    correct_record,
    data_of,
    of_finding,
    record_interview,
    save_draft,
)
from units import access
from units.guards import require, require_known
from units.models import User

from ._common import get_round, paged

TAB = "interviews"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@require_GET
def interviews(request: HttpRequest, pk: int) -> HttpResponse:
    """The register; who neither keeps nor audits it finds what he holds and what is about him."""
    round_ = get_round(request, pk)
    register = access.may_see_interview_register(request.user)
    require(register or concerned_in(request.user, round_))
    found = interviews_for(request.user, round_)
    filters = {name: request.GET.get(name, "").strip() for name in ("state", "q")}
    if filters["state"] in InterviewState.values:
        found = found.filter(state=filters["state"])
    if filters["q"]:
        found = found.filter(subject__name__icontains=filters["q"])
    page = paged(request, found)
    context = round_context(request, round_, TAB) | {
        "page_obj": page,
        "rows": [(each, access.may_read_interview(request.user, each)) for each in page.object_list],
        "filters": filters,
        "states": InterviewState.choices,
        "register": register,
        "counts": state_counts(round_) if register else {},
        "may_arrange": access.may_arrange_interviews(request.user) and round_.phase != Phase.SEALED,
    }
    return render(request, "reviews/interviews.html", context)


@require_http_methods(["GET", "POST"])
def interview_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Arrange an interview by hand; links elsewhere say in the query string what they are about (`subject`, `reason`,
    `cause`: see `of_finding`)."""
    round_ = get_round(request, pk)
    require(access.may_arrange_interviews(request.user))
    given = {name: request.GET.get(name, "") for name in ("subject", "reason", "cause")}
    form = ArrangeForm(request.POST or None, round_=round_, initial=given)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                data = dict(form.cleaned_data)
                cause = of_finding(data.pop("cause"))
                made = arrange_interview(round=round_, by=cast(User, request.user), source=cause, **data)
            except ReviewError as error:
                _complain(form, error)
            else:
                messages.success(request, _("The interview is arranged."))
                return redirect("reviews:interview", round_.pk, made.pk)
    context = round_context(request, round_, TAB) | {"form": form, "possible": round_.phase != Phase.SEALED}
    return render(request, "reviews/interview_form.html", context, status=status)


def _complain(form: Any, error: ReviewError) -> None:
    """Say what was wrong at its field; of a conflict, who was faster."""
    if isinstance(error, Conflict):
        words = _("%(who)s saved another state of this meanwhile. Below is what you typed; saving again takes yours.")
        form.add_error(None, words % {"who": error.theirs.by or "—"})
        return
    name = error.field if isinstance(error, InvalidInput) else ""
    form.add_error(name if name in form.fields else None, str(error))


def get_interview(request: HttpRequest, pk: int, interview_pk: int) -> tuple[Round, Interview]:
    """The round and an interview of it that this account may read; 404 for all others."""
    round_ = get_round(request, pk)
    rows = Interview.objects.select_related("subject", "person", "round", "updated_by", "confirmed_by")
    found = get_object_or_404(rows.prefetch_related("accounts"), pk=interview_pk, round=round_)
    require_known(access.may_read_interview(request.user, found))
    return round_, found


@require_http_methods(["GET", "POST"])
def interview(request: HttpRequest, pk: int, interview_pk: int) -> HttpResponse:
    """One interview to read; `do` = confirm, paper, cancel, arrange."""
    round_, found = get_interview(request, pk, interview_pk)
    user = cast(User, request.user)
    arranges = access.may_arrange_interviews(user) and not access.is_interviewed(user, found)
    form = ArrangeForm(initial=arranged(found)) if arranges else None
    error, status = "", 200
    if request.method == "POST":
        status = 422
        if request.POST.get("do") == "arrange" and arranges:
            form = ArrangeForm(request.POST)
        try:
            if words := _carry_out(request, found, form):
                messages.success(request, words)
                return redirect("reviews:interview", pk, interview_pk)
        except NotAllowed:
            raise
        except ReviewError as refusal:
            error = _words_of(refusal)
            found.refresh_from_db()  # what the refused transaction had changed already
    sealed = round_.phase == Phase.SEALED
    context = round_context(request, round_, TAB) | {
        "interview": found,
        "holders": list(found.accounts.all()),
        "versions": list(found.versions.select_related("made_by")),
        "sheets": sheet_count(found),
        "files_key": f"interview.{found.pk}",
        "form": form if found.state == InterviewState.DUE and not sealed else None,
        "may_record": access.may_record_interview(user, found) and not sealed,
        "may_confirm": access.may_confirm_interview(user, found) and found.state == InterviewState.HELD and not sealed,
        "error": error,
        "typed": request.POST,
    }
    return render(request, "reviews/interview.html", context, status=status)


def _carry_out(request: HttpRequest, found: Interview, form: ArrangeForm | None) -> str:
    """Do what the form asks for; gives the words about it, or none if the form is wrong."""
    user, post = cast(User, request.user), request.POST
    seen = _number(post.get("seen", ""))
    do = post.get("do")
    if do == "confirm":
        confirm_interview(interview=found, remark=post.get("remark", ""), seen=seen, by=user)
        return _("You have confirmed the record.")
    if do == "paper":
        confirm_on_paper(interview=found, seen=seen, by=user)
        return _("The record is confirmed by the signed sheet.")
    if do == "cancel":
        cancel_interview(interview=found, reason=post.get("reason", ""), seen=seen, by=user)
        return _("The interview is called off.")
    if do == "arrange":
        require(form is not None)
        assert form is not None
        if not form.is_valid():
            return ""
        change_arrangement(interview=found, seen=seen, by=user, **form.cleaned_data)
        return _("The changes are saved.")
    raise InvalidInput(_("There is nothing here to decide on any more."))


def _words_of(error: ReviewError) -> str:
    if isinstance(error, Conflict):
        words = _("Meanwhile %(who)s set it to “%(state)s”. Look at it again.")
        return words % {"who": error.theirs.by or "—", "state": error.theirs.value}
    return str(error)


def _number(text: str) -> int:
    return as_id(text) or 0


# ---------------------------------------------------------------- the record


def _recorded(request: HttpRequest, pk: int, interview_pk: int) -> tuple[Round, Interview]:
    round_, found = get_interview(request, pk, interview_pk)
    require_known(access.may_record_interview(request.user, found))
    return round_, found


@require_http_methods(["GET", "POST"])
def interview_record(request: HttpRequest, pk: int, interview_pk: int) -> HttpResponse:
    """Write the record; once the interview was held, correct it with a reason."""
    round_, found = _recorded(request, pk, interview_pk)
    correcting = found.state in access.SHOWN_TO_INTERVIEWED
    initial = asdict(data_of(found)) | {"seen": found.version}
    if not correcting and not found.interviewers:
        initial["interviewers"] = "、".join(str(account) for account in found.accounts.all())
    form = RecordForm(request.POST or None, initial=initial, correcting=correcting)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                words = _save_record(request, found, form, correcting)
            except ReviewError as error:
                _complain(form, error)
                if isinstance(error, Conflict):
                    status = 409
                    form.data = {**form.data.dict(), "seen": error.theirs.seen}  # type: ignore[attr-defined]
            else:
                messages.success(request, words)
                where = "interview_record" if found.state == InterviewState.DUE else "interview"
                return redirect(f"reviews:{where}", pk, interview_pk)
    context = round_context(request, round_, TAB) | {
        "interview": found,
        "form": form,
        "correcting": correcting,
        "possible": found.state != InterviewState.CANCELLED and round_.phase != Phase.SEALED,
    }
    return render(request, "reviews/interview_record.html", context, status=status)


def _save_record(request: HttpRequest, found: Interview, form: RecordForm, correcting: bool) -> str:
    user, seen = cast(User, request.user), form.cleaned_data["seen"]
    if correcting:
        correct_record(interview=found, data=form.record, reason=form.cleaned_data["reason"], seen=seen, by=user)
        return _("The record is corrected; the interviewed is asked to confirm it.")
    if request.POST.get("do") == "held":
        record_interview(interview=found, data=form.record, seen=seen, by=user)
        return _("The interview counts as held; the interviewed can read and confirm the record.")
    save_draft(interview=found, data=form.record, seen=seen, by=user)
    return _("The draft of the record is saved.")


@require_POST
def interview_save(request: HttpRequest, pk: int, interview_pk: int) -> HttpResponse:
    """Save the record while it is written."""
    _round, found = _recorded(request, pk, interview_pk)
    form = RecordForm(request.POST, correcting=False)
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        return JsonResponse({"error": f"{form.fields[name].label}: {errors[0]}"}, status=422)
    try:
        save_draft(interview=found, data=form.record, seen=form.cleaned_data["seen"], by=cast(User, request.user))
    except Conflict as error:
        words = _("%(who)s saved another state of this record. Press “Save the draft” to see what to do.")
        return JsonResponse({"error": words % {"who": error.theirs.by or "—"}}, status=409)
    except ReviewError as error:
        return JsonResponse({"error": str(error)}, status=422)
    at = timezone.localtime(found.updated_at).strftime("%H:%M:%S")
    return JsonResponse({"seen": found.version, "at": at})


@require_GET
def interview_print(request: HttpRequest, pk: int, interview_pk: int) -> HttpResponse:
    """The record with lines for the signatures, to print; before it is held an empty form."""
    round_, found = get_interview(request, pk, interview_pk)
    context = round_context(request, round_, TAB) | {"interview": found, "sheet": sheet_of(found)}
    return render(request, "reviews/interview_print.html", context)


@require_GET
def interview_word(request: HttpRequest, pk: int, interview_pk: int) -> HttpResponse:
    """The same as a Word file."""
    _round, found = get_interview(request, pk, interview_pk)
    response = HttpResponse(interview_file(found), content_type=WORD)
    name = f"{found.kind}-{found.name}.docx"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response

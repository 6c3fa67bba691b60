"""Word files of a duty report: taking one in, with a look at what goes where first, and handing one out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from appraisal_site.lib.filetypes import MEDIA_TYPES
from reviews.duty.blocks import clean
from reviews.duty.layout import Layout
from reviews.duty.placing import Chunk, place
from reviews.duty.word_read import WordRefused, read_word
from reviews.duty.word_write import Paper, named, write_word
from reviews.forms.duty_reports import ImportForm
from reviews.models import DutyReport, DutySubmission, ReportKind, Round, Subject
from reviews.navigation import round_context
from reviews.queries.duty_reports import WRITABLE, layout_for, parts_of
from reviews.queries.report_dates import report_rules, window
from reviews.services.duty_reports import take_in
from reviews.services.errors import ReviewError
from reviews.wordcount import word_count

from .duty_own import own_subject
from .duty_reports import get_duty_subject, get_submission

REPLACE, ADD = "replace", "add"
MOST_CHUNKS = 500


# ---------------------------------------------------------------- in


@dataclass(frozen=True, slots=True)
class Row:
    """A stretch of the file on the page; `number` names its fields."""

    number: int
    chunk: Chunk


@require_http_methods(["GET", "POST"])
def duty_import(request: HttpRequest, pk: int, subject_pk: int) -> HttpResponse:
    """Choose a file, see what goes where, take it. Nothing is replaced before that, and what was there is kept."""
    round_, subject = own_subject(request, pk, subject_pk)
    layout = layout_for(round_, subject)
    form = ImportForm(request.POST if request.method == "POST" else None, request.FILES or None)
    if request.method == "POST" and request.POST.get("do") == "take":
        return _take(request, round_, subject, layout)
    rows: list[Row] = []
    if request.method == "POST" and form.is_valid():
        try:
            lines = read_word(form.cleaned_data["file"])
        except WordRefused as refused:
            form.add_error("file", str(refused))
        else:
            rows = [Row(number, chunk) for number, chunk in enumerate(place(layout, lines))]
    return _page(request, round_, subject, layout, form, rows, REPLACE)


def _page(
    request: HttpRequest,
    round_: Round,
    subject: Subject,
    layout: Layout,
    form: ImportForm,
    rows: list[Row],
    mode: str,
    error: str = "",
) -> HttpResponse:
    report = DutyReport.objects.filter(subject=subject).first()
    held = report.texts if report else {}
    time = window(round_, report_rules(round_), ReportKind.DUTY_REPORT, subject.pk)
    context = round_context(request, round_, "own") | {
        "subject": subject,
        "form": form,
        "rows": rows,
        "mode": mode,
        "error": error,
        "targets": [(each.key, each.title, word_count(held.get(each.key, ""))) for each in layout.sections],
        "unplaced": sum(not row.chunk.target for row in rows),
        "writable": time.is_open and (report is None or report.state in WRITABLE),
    }
    return render(request, "reviews/duty_import.html", context, status=422 if form.errors or error else 200)


def _posted(request: HttpRequest, layout: Layout) -> list[Row]:
    known = {section.key for section in layout.sections}
    rows = []
    for number in range(MOST_CHUNKS):
        if (text := request.POST.get(f"chunk-{number}")) is None:
            break
        target = request.POST.get(f"target-{number}", "")
        heading = request.POST.get(f"heading-{number}", "")
        rows.append(Row(number, Chunk(heading, target if target in known else "", clean(text).split("\n"))))
    return rows


def _take(request: HttpRequest, round_: Round, subject: Subject, layout: Layout) -> HttpResponse:
    rows = _posted(request, layout)
    mode = ADD if request.POST.get("mode") == ADD else REPLACE
    texts: dict[str, str] = {}
    for row in rows:
        if key := row.chunk.target:
            texts[key] = f"{texts[key]}\n{row.chunk.text}" if key in texts else row.chunk.text
    error = ""
    if not texts:
        error = _("Nothing was chosen: say at least for one stretch where it belongs.")
    else:
        try:
            if mode == ADD:
                texts = _added(subject, texts)
            take_in(subject=subject, texts=texts, by=request.user)  # type: ignore[arg-type]
        except ReviewError as refused:
            error = str(refused)
    if error:
        return _page(request, round_, subject, layout, ImportForm(), rows, mode, error)
    messages.success(request, _("The file is in the draft. What was there before is kept among the versions."))
    return redirect("reviews:duty_edit", round_.pk, subject.pk)


def _added(subject: Subject, texts: dict[str, str]) -> dict[str, str]:
    report = DutyReport.objects.filter(subject=subject).first()
    held = report.texts if report else {}
    return {key: f"{held[key]}\n{text}" if held.get(key) else text for key, text in texts.items()}


# ---------------------------------------------------------------- out


def _file(paper: Paper, name: str) -> HttpResponse:
    response = HttpResponse(write_word(paper), content_type=MEDIA_TYPES["docx"])
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response


def title_of(round_: Round) -> str:
    """What stands on top of the paper."""
    return _("%(round)s: duty report") % {"round": round_.title}


def paper_of(round_: Round, subject: Subject, submission: DutySubmission) -> Paper:
    """What was handed in, for printing: empty parts are left out, problems stand above their answers."""
    parts: list[tuple[str, list[tuple[str, str]]]] = []
    for part in parts_of(submission):
        texts = [(each.aspect, each.text) for each in part.sections if each.text]
        texts += [(each.question.text, each.text) for each in part.answers if each.text]
        if texts:
            parts.append((part.title, texts))
    day = timezone.localtime(submission.submitted_at)
    date = _("%(year)d-%(month)d-%(day)d") % {"year": day.year, "month": day.month, "day": day.day}
    ending = (subject.name, date)
    return Paper(title_of(round_), subject.name, parts, ending)


@require_GET
def duty_word(request: HttpRequest, pk: int, subject_pk: int) -> HttpResponse:
    """A hand-in as a Word document. `?version=` names an earlier one."""
    round_, subject, _reviewers = get_duty_subject(request, pk, subject_pk)
    submission = get_submission(subject, request.GET.get("version", ""))
    return _file(paper_of(round_, subject, submission), named(round_.title, [subject.name]))


@require_GET
def duty_draft_word(request: HttpRequest, pk: int, subject_pk: int) -> HttpResponse:
    """The draft as a Word document, for its writer."""
    round_, subject = own_subject(request, pk, subject_pk)
    report = DutyReport.objects.filter(subject=subject).first()
    texts: dict[str, Any] = report.texts if report else {}
    layout = layout_for(round_, subject)
    parts = []
    for part in layout.parts:
        written = [(each.aspect if each.split else "", texts.get(each.key, "")) for each in part.sections]
        if part.answers:
            written += [(each.text, texts.get(each.name, "")) for each in layout.questions]
        parts.append((part.title, written))
    paper = Paper(title_of(round_), subject.name, parts)
    return _file(paper, named(round_.title, [subject.name, _("draft")]))

"""Deciding on several subjects at once, straight from a tie at a limit: one reason, one document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from appraisal_site.lib.numbers import as_id
from reviews.models import GradeDecision, Round
from reviews.services.decisions import DecisionRow, decide_grades
from reviews.services.errors import Conflict, InvalidInput, NotAllowed, ReviewError
from units import access
from units.guards import require

from .. import words
from ..engine.types import LimitReport
from ..forms import BlockForm
from ..models import SubjectResult
from ..queries import limits, subjects_by_code
from ..quotas import DECIDABLE, Quota, decisions_of, over_words, quotas
from .common import get_round, result_context

ROWS = 300  # on one page; the tied ones are first


@dataclass(slots=True)
class Row:
    """One subject on the page: its result, its decision so far, and what is chosen for it."""

    result: SubjectResult
    tied: bool
    decision: GradeDecision | None
    grade: str = ""
    error: str = ""

    @property
    def seen(self) -> int:
        return self.decision.version if self.decision else 0


@require_http_methods(["GET", "POST"])
def decide_block(request: HttpRequest, round_pk: int, number: int) -> HttpResponse:
    """The subjects of limit `number`: the tied, or if none are, those who lost the grade; who=all: its holders too."""
    require(access.may_run_rounds(request.user))
    round_ = get_round(round_pk)
    context = result_context(request, round_)
    if round_.phase not in DECIDABLE:
        messages.error(request, _("The result of this round is announced; its grades can no longer be changed here."))
        return redirect("scoring:limits", round_pk=round_pk)
    reports = limits(context["computation"]) if context["computation"] is not None else []
    if number >= len(reports):
        raise Http404
    plan, report = context["plan"], reports[number]
    results = subjects_by_code(context["computation"])
    decisions = {decision.subject_id: decision for decision in decisions_of(round_)}
    rows = _rows(request, context["computation"].pk, report, decisions)
    form = BlockForm(request.POST if request.method == "POST" else None, plan=plan)
    if request.method == "POST" and form.is_valid() and _saved(request, round_, rows, form):
        _tell(request, quotas([report], plan, decisions_of(round_), results)[0])
        return redirect(reverse("scoring:limits", args=[round_pk]) + f"#limit-{number}")
    context |= {
        "number": number,
        "report": report,
        "scope": report.scope or _("all"),
        "words": words.limit(report, plan),
        "quota": quotas([report], plan, list(decisions.values()), results)[0],
        "rows": rows,
        "form": form,
        "everybody": request.GET.get("who") == "all",
    }
    return render(request, "scoring/decide_block.html", context, status=422 if form.is_bound else 200)


def _rows(
    request: HttpRequest, computation: int, report: LimitReport, decisions: Mapping[int, GradeDecision]
) -> list[Row]:
    """Those of the limit, or those of the form: it may be that the round was computed again meanwhile."""
    found = SubjectResult.objects.filter(computation=computation).select_related("subject").defer("document")
    if request.method == "POST":
        found = found.filter(subject__in=_posted(request))
    else:
        everybody = request.GET.get("who") == "all"
        codes = [*report.tied, *report.cut, *report.holders] if everybody else report.tied or report.cut
        found = found.filter(subject__code__in=codes)
    tied = set(report.tied)
    rows = [
        Row(
            result,
            result.subject.code in tied,
            decisions.get(result.subject_id),
            request.POST.get(f"grade-{result.subject_id}", ""),
        )
        for result in found.order_by("rank", "subject__order", "subject__code")
    ]
    return sorted(rows, key=lambda row: not row.tied)[:ROWS]


def _posted(request: HttpRequest) -> list[int]:
    names = (name.removeprefix("seen-") for name in request.POST if name.startswith("seen-"))
    return [pk for name in names if (pk := as_id(name)) is not None]


def _saved(request: HttpRequest, round_: Round, rows: Sequence[Row], form: BlockForm) -> bool:
    """Whether the decisions are recorded; else form and rows say why not."""
    rest = form.cleaned_data["rest"]
    wanted = []
    for row in rows:
        if not row.grade and rest and row.tied and row.decision is None:
            row.grade = rest
        if row.grade:
            seen = request.POST.get(f"seen-{row.result.subject_id}", "")
            wanted.append(DecisionRow(row.result.subject_id, row.grade, as_id(seen) or 0))
    try:
        refused = decide_grades(
            round=round_,
            rows=wanted,
            reason=form.cleaned_data["reason"],
            document=form.cleaned_data["document"],
            by=request.user,  # type: ignore[arg-type]
        )
    except NotAllowed:
        raise
    except ReviewError as error:
        named = isinstance(error, InvalidInput) and error.field in form.fields
        form.add_error(error.field if named else None, str(error))  # type: ignore[attr-defined]
        return False
    for row in rows:
        if (one := refused.get(row.result.subject_id)) is not None:
            row.error = _refusal(one)
    if refused:
        form.add_error(None, _("Nothing is recorded yet: see the subjects marked below."))
    return not refused


def _refusal(error: ReviewError) -> str:
    if isinstance(error, Conflict):
        words = _("Meanwhile %(who)s decided: %(value)s (%(note)s). Saving again replaces it.")
        theirs = error.theirs
        return words % {"who": theirs.by or "—", "value": theirs.value, "note": theirs.note or "—"}
    return str(error)


def _tell(request: HttpRequest, quota: Quota) -> None:
    """How many places are left. Nothing is refused: the committee may go over a limit, knowingly."""
    values = {"grade": quota.report.grade, "places": quota.report.places, "left": max(0, quota.left)}
    messages.success(
        request,
        _("The decisions are recorded. Compute the round again to see them in the result.")
        + " "
        + _("%(grade)s: %(left)s of %(places)s places are left.") % values,
    )
    if quota.over:
        messages.warning(request, over_words(quota))

"""What the office asks for in a round and until when; longer time for one subject."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from reviews.forms.reports import ExtendForm, ReportSettingsForm
from reviews.models import Phase, ReportExtension, ReportKind, ReportSetting, Round, Subject
from reviews.navigation import round_context
from reviews.queries.figures import FIGURES
from reviews.queries.report_dates import report_rules
from reviews.services.errors import Conflict, InvalidInput, RoundClosed
from reviews.services.report_dates import RuleData, extend_reports, settle_reports
from units import access
from units.guards import require

from ._common import get_round, tree_of


@require_http_methods(["GET", "POST"])
def report_settings(request: HttpRequest, pk: int) -> HttpResponse:
    round_ = get_round(request, pk)
    require(access.may_run_reports(request.user))
    setting = ReportSetting.objects.filter(round=round_).first()
    duty = round_.plan_version.document.get("duty_report")
    figures = bool(tree_of(round_).of(FIGURES))
    form = ReportSettingsForm(request.POST or None, initial=_initial(setting), duty_report=duty, figures=figures)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            data = dict(form.cleaned_data)
            reason, seen = data.pop("reason"), data.pop("seen")
            try:
                settle_reports(round=round_, data=RuleData(**data), reason=reason, seen=seen, by=request.user)  # type: ignore[arg-type]
            except InvalidInput as error:
                form.add_error(error.field or None, str(error))
            except Conflict as error:
                words = _("%(who)s changed the settings meanwhile. Open the page again.")
                form.add_error(None, words % {"who": error.theirs.by or "—"})
            except RoundClosed as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("What is asked for and the dates are saved."))
                return redirect("reviews:self_report_list", pk=round_.pk)
    context = round_context(request, round_, "self_reports") | {
        "form": form,
        "rules": report_rules(round_),
        "possible": round_.phase == Phase.COLLECTING,
        "is_new": setting is None,
    }
    return render(request, "reviews/self_settings.html", context, status=status)


def _initial(setting: ReportSetting | None) -> dict[str, object]:
    if setting is None:
        return {"seen": 0}
    words = {True: "yes", False: "no", None: ""}
    return {
        "asks_self_report": words[setting.asks_self_report],
        "self_report_due": setting.self_report_due,
        "targets_due": setting.targets_due,
        "figures_due": setting.figures_due,
        "duty_report_due": setting.duty_report_due,
        "meeting_date": setting.meeting_date,
        "asks_promises": words[setting.asks_promises],
        "promises_due": setting.promises_due,
        "promises_audience": setting.promises_audience,
        "fulfilment_due": setting.fulfilment_due,
        "provisional": setting.provisional,
        "seen": setting.version,
    }


def _page_of(kind: str, round_: Round, subject: Subject) -> str:
    """Where one goes on after a subject was given longer."""
    if kind in {ReportKind.PROMISES, ReportKind.FULFILMENT}:
        return reverse("reviews:promises", args=[round_.pk])
    name = "duty_report" if kind == ReportKind.DUTY_REPORT else "self_report"
    return reverse(f"reviews:{name}", args=[round_.pk, subject.pk])


@require_http_methods(["GET", "POST"])
def report_extend(request: HttpRequest, pk: int, subject_pk: int) -> HttpResponse:
    """Give one subject longer, with a reason; `?kind=` chooses which report."""
    round_ = get_round(request, pk)
    require(access.may_run_reports(request.user))
    subject = get_object_or_404(Subject, pk=subject_pk, round=round_)
    form = ExtendForm(request.POST or None, initial={"kind": request.GET.get("kind", "")})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                extend_reports(subject=subject, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
            except InvalidInput as error:
                form.add_error(error.field or None, str(error))
            except RoundClosed as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("The subject has time until then."))
                return redirect(_page_of(form.cleaned_data["kind"], round_, subject))
    rules = report_rules(round_)
    context = round_context(request, round_, "self_reports") | {
        "form": form,
        "subject": subject,
        "rules": rules,
        "dates": [(kind, due) for kind, due in rules.due.items() if due],
        "extensions": ReportExtension.objects.filter(subject=subject).select_related("created_by").order_by("kind"),
        "possible": round_.phase == Phase.COLLECTING,
    }
    return render(request, "reviews/self_extend.html", context, status=status)

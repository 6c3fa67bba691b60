"""On-site verification: the samples of a round, drawing and choosing, records, forms to print, what subjects see."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from reviews.forms.inspections import DEDUCTIONS, ChooseForm, DeductionForm, DrawForm, FindingForm
from reviews.models import Conclusion, EventStatus, Inspection, Phase, Round, Sampling
from reviews.navigation import round_context
from reviews.queries.inspections import file_counts, records_of, records_seen_by, samplings_of
from reviews.queries.rounds import categories_of
from reviews.services import inspections as service
from reviews.services.errors import Conflict, ReviewError
from reviews.tree import Tree
from units import access
from units.guards import require
from units.models import User

from ._common import get_round, paged, refuse, tree_of

TAB = "inspections"


def _may_run(request: HttpRequest, round_: Round) -> bool:
    return access.may_run_inspections(request.user) and round_.phase == Phase.COLLECTING


@require_GET
def inspections(request: HttpRequest, pk: int) -> HttpResponse:
    round_ = get_round(request, pk)
    require(access.may_see_inspections(request.user))
    context = round_context(request, round_, TAB) | {
        "samplings": list(samplings_of(round_)),
        "may_run": _may_run(request, round_),
    }
    return render(request, "reviews/inspections.html", context)


@require_http_methods(["GET", "POST"])
def inspection_sample(request: HttpRequest, pk: int) -> HttpResponse:
    """Draw a sample with a seed, or (`?by=hand`) choose one with a reason."""
    round_ = get_round(request, pk)
    require(access.may_run_inspections(request.user))
    by_hand = request.GET.get("by") == "hand"
    posted = request.POST if request.method == "POST" else None
    tree = tree_of(round_)
    form: DrawForm | ChooseForm = (
        ChooseForm(posted, tree=tree, round_=round_)
        if by_hand
        else DrawForm(posted, tree=tree, categories=categories_of(round_))
    )
    if posted is not None and form.is_valid():
        try:
            made = _make(round_, form, cast(User, request.user))
        except ReviewError as error:
            form.add_error(form.field_of(getattr(error, "field", "")), str(error))
        else:
            messages.success(request, _("The sample stands; it can no longer be changed."))
            return redirect("reviews:inspection_list", pk, made.pk)
    context = round_context(request, round_, TAB) | {
        "form": form,
        "by_hand": by_hand,
        "possible": round_.phase == Phase.COLLECTING,
    }
    return render(request, "reviews/inspection_sample.html", context, status=422 if posted is not None else 200)


def _make(round_: Round, form: DrawForm | ChooseForm, by: User) -> Sampling:
    if isinstance(form, DrawForm):
        return service.draw_sample(round=round_, wish=form.wish, by=by)
    return service.choose_sample(round=round_, by=by, **form.cleaned_data)


def _sampling(round_: Round, pk: int) -> Sampling:
    return get_object_or_404(Sampling.objects.select_related("made_by", "round"), pk=pk, round=round_)


@require_http_methods(["GET", "POST"])
def inspection_list(request: HttpRequest, pk: int, sampling_pk: int) -> HttpResponse:
    """One sample with its records; `?verify=1` draws it again and compares. A POST settles when subjects see it."""
    round_ = get_round(request, pk)
    require(access.may_see_inspections(request.user))
    sampling = _sampling(round_, sampling_pk)
    if request.method == "POST":
        require(access.may_run_inspections(request.user))
        try:
            service.show_sample(sampling=sampling, shown="shown" in request.POST, by=cast(User, request.user))
        except ReviewError as error:
            messages.error(request, str(error))
        return redirect("reviews:inspection_list", pk, sampling_pk)
    tree = tree_of(round_)
    page = paged(request, records_of(sampling))
    files = file_counts(round_, {one.subject_id for one in page})
    again = service.drawn_again(sampling) if sampling.is_random and "verify" in request.GET else None
    context = round_context(request, round_, TAB) | {
        "sampling": sampling,
        "sizes": _sizes(sampling),
        "leaves": [(code, tree.get(code)) for code in sampling.parameters["leaves"]],
        "weights": [(code, weight) for code, _category, weight in sampling.population if weight != 1],
        "page_obj": page,
        "rows": [(one, tree.get(one.indicator), files.get((one.subject_id, one.indicator), 0)) for one in page],
        "again": again,
        "same": again == sampling.drawn,
        "may_run": _may_run(request, round_),
    }
    return render(request, "reviews/inspection_list.html", context)


def _sizes(sampling: Sampling) -> list[tuple[str, int, int, str]]:
    """(category, how many were drawn, of how many, as it was asked) of a random sample."""
    return [
        (name, size, sum(one[1] == name for one in sampling.population), asked)
        for name, size, asked in sampling.parameters.get("sizes", ())
    ]


@require_GET
def inspection_print(request: HttpRequest, pk: int, sampling_pk: int) -> HttpResponse:
    """The inspection forms (核验表) of a sample, one per subject, to be filled in on the spot; `?subject=` only one."""
    round_ = get_round(request, pk)
    require(access.may_see_inspections(request.user))
    sampling = _sampling(round_, sampling_pk)
    found = records_of(sampling)
    only = request.GET.get("subject", "")
    if only:
        found = found.filter(subject__code=only)
    context = round_context(request, round_, TAB) | {
        "sampling": sampling,
        "forms": _forms(found, tree_of(round_)),
        "conclusions": Conclusion.choices,
    }
    return render(request, "reviews/inspection_print.html", context)


def _forms(records: Iterable[Inspection], tree: Tree) -> list[tuple[Any, list[tuple[Inspection, Any]]]]:
    """(subject, its records with their indicators); the records of a subject follow each other."""
    return [
        (subject, [(one, tree.get(one.indicator)) for one in rows])
        for subject, rows in groupby(records, key=lambda one: one.subject)
    ]


@require_http_methods(["GET", "POST"])
def inspection(request: HttpRequest, pk: int, inspection_pk: int) -> HttpResponse:
    """One record: what was found, and the deduction that follows from it."""
    round_ = get_round(request, pk)
    require(access.may_see_inspections(request.user))
    rows = Inspection.objects.select_related("sampling", "subject", "event", "updated_by")
    record = get_object_or_404(rows, pk=inspection_pk, sampling__round=round_)
    tree = tree_of(round_)
    wanted = request.POST.get("do", "")
    if request.method == "POST":
        require(access.may_run_inspections(request.user))
    form = FindingForm(request.POST if wanted == "record" else None, initial=_initial(record))
    deduction = DeductionForm(request.POST if wanted == "deduct" else None, tree=tree, prefix="deduct")
    done = (wanted == "record" and _record(request, record, form)) or (
        wanted == "deduct" and _deduct(request, record, deduction)
    )
    if done:
        return redirect("reviews:inspection", pk, inspection_pk)
    record.refresh_from_db()
    context = round_context(request, round_, TAB) | {
        "record": record,
        "node": tree.get(record.indicator),
        "crumbs": tree.crumbs(record.indicator) if record.indicator in tree.nodes else "",
        "form": form,
        "deduction": deduction,
        "may_run": _may_run(request, round_),
        "may_deduct": _may_run(request, round_) and _deducts(record) and bool(tree.of(DEDUCTIONS)),
        "files": file_counts(round_, {record.subject_id}).get((record.subject_id, record.indicator), 0),
        "sees_events": access.may_see_events(request.user),
        "files_key": f"inspection.{record.subject_id}.{record.indicator}",
    }
    return render(request, "reviews/inspection.html", context, status=422 if request.method == "POST" else 200)


def _initial(record: Inspection) -> dict[str, object]:
    names = ("date", "inspectors", "checked", "claimed", "found", "conclusion", "note")
    return {name: getattr(record, name) for name in names} | {"seen": record.version}


def _deducts(record: Inspection) -> bool:
    open_event = record.event is not None and record.event.status != EventStatus.REJECTED
    return record.conclusion in {Conclusion.PARTLY, Conclusion.FALSE} and not open_event


def _record(request: HttpRequest, record: Inspection, form: FindingForm) -> bool:
    if not form.is_valid():
        return False
    try:
        service.record_finding(
            inspection=record, data=form.finding, seen=form.cleaned_data["seen"], by=cast(User, request.user)
        )
    except Conflict as error:
        words = _("%(who)s saved meanwhile: %(value)s. Save again to keep what you typed here.")
        form.add_error(None, words % {"who": error.theirs.by or "—", "value": error.theirs.value})
        typed = request.POST.copy()
        typed["seen"] = error.theirs.seen
        form.data = typed
    except ReviewError as error:
        refuse(form, error)
    else:
        messages.success(request, _("The record is saved."))
        return True
    return False


def _deduct(request: HttpRequest, record: Inspection, form: DeductionForm) -> bool:
    if not form.is_valid():
        return False
    basis = _("on-site verification, %(leaf)s: %(found)s") % {"leaf": record.indicator, "found": record.found}
    try:
        event = service.propose_deduction(
            inspection=record,
            data=form.event(record, basis),
            by=cast(User, request.user),
            approve=form.cleaned_data["approve"],
        )
    except ReviewError as error:
        field = {"indicator": "entry", "item": "entry"}.get(getattr(error, "field", ""), getattr(error, "field", ""))
        form.add_error(field if field in form.fields else None, str(error))
        return False
    approved = event.status == EventStatus.APPROVED
    messages.success(request, _("The deduction is approved.") if approved else _("The deduction waits for approval."))
    return True


@require_GET
def own_inspections(request: HttpRequest, pk: int) -> HttpResponse:
    """What a subject sees of its visits: at once where the office says so, else when the result is announced."""
    round_ = get_round(request, pk)
    require(access.is_subject(request.user))
    tree = tree_of(round_)
    found = records_seen_by(request.user, round_)
    context = round_context(request, round_, "own_inspections") | {
        "rows": [(one, tree.get(one.indicator)) for one in found],
        "published": round_.phase in access.PUBLISHED,
    }
    return render(request, "reviews/inspection_own.html", context)

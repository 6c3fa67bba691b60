"""The list of rounds, a round's overview, its phase and its deadline."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from reviews.forms.rounds import AssignForm, DeadlineForm, PhaseForm
from reviews.models import Assignment, Phase, Round
from reviews.navigation import round_context
from reviews.queries.booth import has_ballots
from reviews.queries.polls import obstacle
from reviews.queries.progress import completeness, leaf_progress
from reviews.queries.rounds import categories_of, rounds_listed
from reviews.services.errors import ReviewError
from reviews.services.event_leaves import LeafSetting, leaf_settings
from reviews.services.rounds import STEPS, assign_assessor, change_deadline, change_phase, same_assessor
from reviews.words import phase_words
from scoring.engine.types import Node
from units import access
from units.guards import require, require_known

from ._common import get_round, paged, tree_of


@require_GET
def round_list(request: HttpRequest) -> HttpResponse:
    require(access.may_see_rounds(request.user))
    phase = request.GET.get("phase", "")
    found = rounds_listed()
    if phase in Phase.values:
        found = found.filter(phase=phase)
    context = {
        "page_obj": paged(request, found, 50),
        "phases": Phase.choices,
        "phase": phase,
        "may_open": access.may_run_rounds(request.user),
    }
    return render(request, "reviews/round_list.html", context)


@require_GET
def round_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the round stands and what happens next; completeness for those who may see it."""
    round_ = get_round(request, pk)
    runs = access.may_run_rounds(request.user)
    categories = categories_of(round_)
    context = round_context(request, round_, "overview") | {
        "categories": categories,
        "subject_count": sum(number for _title, number in categories),
        "phase_words": phase_words(round_.phase),
        "phases": _phases(round_.phase),
        "may_run": runs,
        "may_see_subjects": access.may_see_progress(request.user),
        "steps": [step for step in STEPS[round_.phase] if step in OWN_STEPS] if runs else [],
        "can_compute": runs and round_.phase in {Phase.COLLECTING, Phase.REVIEWING},
        "collecting": round_.phase == Phase.COLLECTING,
        "has_ballots": has_ballots(request.user, round_),
    }
    if access.may_see_events(request.user):
        context["event_leaves"] = _event_leaves(round_)
    if access.may_see_progress(request.user):
        leaves = leaf_progress(round_, tree_of(round_))
        context |= {"total": completeness(leaves), "late": sum(leaf.late for leaf in leaves)}
    return render(request, "reviews/round_detail.html", context)


def _event_leaves(round_: Round) -> list[tuple[Node, LeafSetting]]:
    """What the round settles about each indicator with events, for the page that says where it stands."""
    nodes = tree_of(round_).nodes
    return [(nodes[code], leaf) for code, leaf in leaf_settings(round_).items()]


# Announcing and sealing ask what only the apps above know (a complete, current result).
OWN_STEPS = frozenset({Phase.COLLECTING, Phase.REVIEWING})


def _phases(current: str) -> list[tuple[str, str, bool]]:
    """(phase's title, "done"/"now"/"next", is now) for the line of phases."""
    here = Phase.values.index(current)
    states = ["done" if n < here else "now" if n == here else "next" for n in range(len(Phase.values))]
    return [(str(title), state, state == "now") for (_value, title), state in zip(Phase.choices, states, strict=True)]


@require_http_methods(["GET", "POST"])
def phase(request: HttpRequest, pk: int, to: str) -> HttpResponse:
    """Confirm and take a step: close the input, or open it again with a reason."""
    round_ = get_round(request, pk)
    require(access.may_run_rounds(request.user))
    require_known(to in OWN_STEPS)
    needs_reason = to == Phase.COLLECTING
    form = PhaseForm(request.POST if request.method == "POST" else None, needs_reason=needs_reason)
    if request.method == "POST" and form.is_valid():
        try:
            changed = change_phase(
                round=round_,
                to=to,
                by=request.user,  # type: ignore[arg-type]
                reason=form.cleaned_data["reason"],
            )
        except ReviewError as error:
            form.add_error(getattr(error, "field", "") or None, str(error))
        else:
            words = _("The round is now in the phase “%(phase)s”.")
            messages.success(request, words % {"phase": changed.get_phase_display()})
            return redirect("reviews:round_detail", pk)
    context = round_context(request, round_, "overview") | {
        "form": form,
        "to": to,
        "to_title": Phase(to).label,
        "possible": to in STEPS[round_.phase],
        "polls": obstacle(round_) if to == Phase.REVIEWING else "",
        "total": completeness(leaf_progress(round_, tree_of(round_))),
        "back": needs_reason,
    }
    return render(request, "reviews/phase.html", context, status=_status(request, form))


@require_http_methods(["GET", "POST"])
def assign(request: HttpRequest, pk: int, assignment_pk: int) -> HttpResponse:
    """Bind an assessor of the plan to the unit whose accounts enter its leaves."""
    round_ = get_round(request, pk)
    require(access.may_run_rounds(request.user))
    assignment = get_object_or_404(Assignment.objects.select_related("unit"), pk=assignment_pk, round=round_)
    require_known(bool(assignment.assessor))
    form = AssignForm(request.POST if request.method == "POST" else None, initial={"unit": assignment.unit_id})
    if request.method == "POST" and form.is_valid():
        try:
            assign_assessor(assignment=assignment, unit=form.cleaned_data["unit"], by=request.user)  # type: ignore[arg-type]
        except ReviewError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The assessor's unit was set."))
            return redirect("reviews:progress", pk)
    tree = tree_of(round_)
    context = round_context(request, round_, "progress") | {
        "form": form,
        "assignment": assignment,
        "leaves": [tree.nodes[row.indicator] for row in same_assessor(assignment)],
    }
    return render(request, "reviews/assign.html", context, status=_status(request, form))


@require_http_methods(["GET", "POST"])
def deadline(request: HttpRequest, pk: int) -> HttpResponse:
    round_ = get_round(request, pk)
    require(access.may_run_rounds(request.user))
    form = DeadlineForm(request.POST if request.method == "POST" else None, initial={"deadline": round_.deadline})
    if request.method == "POST" and form.is_valid():
        try:
            change_deadline(round=round_, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        except ReviewError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The deadline was changed."))
            return redirect("reviews:round_detail", pk)
    context = round_context(request, round_, "overview") | {
        "form": form,
        "possible": round_.phase == Phase.COLLECTING,
    }
    return render(request, "reviews/deadline.html", context, status=_status(request, form))


def _status(request: HttpRequest, form: Any) -> int:
    """200 for a page asked for, 422 for a form that comes back with its mistakes."""
    return 422 if request.method == "POST" and form.errors else 200

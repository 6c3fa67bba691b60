"""Another version of the plan for a running round: choosing it, seeing what it means, and what a change has touched."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from indicators import difference
from indicators.models import PlanVersion
from indicators.services import engine_plan
from reviews.forms.plan_changes import TakeOverForm
from reviews.models import Phase, PlanChange, PlanChangeKind, PlanChangeState, Round, RoundPlanVersion, Subject
from reviews.navigation import round_context
from reviews.queries.plan_changes import other_versions, own_of_round, touched_subjects
from reviews.services.errors import ReviewError
from reviews.services.plan_fit import KIND_WORDS
from reviews.services.plan_versions import Preview, change_round_plan, preview_plan
from reviews.tree import Tree
from units import access
from units.guards import require
from units.models import User

from ._common import get_round, paged
from .plan_changes import TAB, say

MISFITS_SHOWN = 200


@require_http_methods(["GET", "POST"])
def plan_version_take(request: HttpRequest, pk: int) -> HttpResponse:
    """`?version=` shows what taking it over would mean; a POST with a reason does it."""
    round_ = get_round(request, pk)
    require(access.may_run_plan_changes(request.user))
    versions = other_versions(round_)
    wanted = request.POST.get("version") or request.GET.get("version", "")
    version = next((one for one in versions if str(one.pk) == wanted), None)
    context = round_context(request, round_, TAB) | {
        "versions": versions,
        "version": version,
        "possible": round_.phase == Phase.COLLECTING,
    }
    if version is None or round_.phase != Phase.COLLECTING:
        status = 200 if request.method == "GET" else 422
        return render(request, "reviews/plan_version_take.html", context, status=status)
    preview = preview_plan(round=round_, version=version)
    approved = _approved(round_)
    posted = request.POST if request.method == "POST" else None
    form = TakeOverForm(posted, approved=approved, misfits=len(preview.misfits), initial={"seen": preview.seen})
    if posted is not None and form.is_valid() and preview.possible and (made := _take(request, round_, version, form)):
        return redirect("reviews:plan_version_change", pk, made.pk)
    status = 200 if posted is None else 422
    context |= {"form": form} | _meaning(round_, version, preview)
    return render(request, "reviews/plan_version_take.html", context, status=status)


def _approved(round_: Round) -> list[PlanChange]:
    found = PlanChange.objects.filter(round=round_, kind=PlanChangeKind.TEXT, state=PlanChangeState.APPROVED)
    return list(found.select_related("subject").order_by("number"))


def _take(request: HttpRequest, round_: Round, version: PlanVersion, form: TakeOverForm) -> RoundPlanVersion | None:
    values = form.cleaned_data
    try:
        made = change_round_plan(
            round=round_,
            version=version,
            reason=values["reason"],
            document=values["document"],
            seen=values["seen"],
            applications=list(values.get("applications", ())),
            by=cast(User, request.user),
        )
    except ReviewError as error:
        say(form, error)
        return None
    messages.success(request, _("The round has the new version of the plan; compute the result again."))
    return made


def _meaning(round_: Round, version: PlanVersion, preview: Preview) -> dict[str, Any]:
    changes = difference.differences(round_.plan_version.document, version.document)
    return {
        "preview": preview,
        "misfits": preview.misfits[:MISFITS_SHOWN],
        "misfit_count": len(preview.misfits),
        "misfits_shown": MISFITS_SHOWN,
        "differences": difference.in_parts(changes),
        "touched": _named(preview.touched.codes, round_.plan_version, version),
    }


def _named(codes: dict[str, str], *versions: PlanVersion) -> list[tuple[str, str, str]]:
    """(code, title, what became of it), the newer title first."""
    titles: dict[str, str] = {}
    for version in versions:
        titles |= {code: node.title for code, node in Tree(engine_plan(version)).nodes.items()}
    # In the plan's order: a database may not keep that of an object's keys.
    return [(code, title, codes[code]) for code, title in titles.items() if code in codes]


@require_GET
def plan_version_change(request: HttpRequest, pk: int, made_pk: int) -> HttpResponse:
    """One change of the round's plan: from which version to which, what differs, whose results it touches."""
    round_ = get_round(request, pk)
    rows = RoundPlanVersion.objects.select_related("before__plan", "after__plan", "by")
    made = get_object_or_404(rows, pk=made_pk, round=round_)
    user = request.user
    sees_all = access.may_see_all_plan_changes(user) or access.may_see_progress(user)
    subjects = list(Subject.objects.filter(round=round_)) if sees_all else own_of_round(user, round_)
    found = touched_subjects(made, subjects)
    changes = difference.differences(made.before.document, made.after.document)
    context = round_context(request, round_, TAB) | {
        "made": made,
        "page_obj": paged(request, found),
        "touched_count": len(found),
        "codes": _named(made.codes, made.before, made.after),
        "differences": difference.in_parts(changes),
        "sees_all": sees_all,
        "concerned": sees_all or bool(subjects),
        "withdrawn": [(who, where, KIND_WORDS.get(kind, kind), value) for who, where, kind, value in made.withdrawn]
        if sees_all
        else [],
        "applications": made.applications.select_related("subject") if sees_all else [],
    }
    return render(request, "reviews/plan_version_change.html", context)

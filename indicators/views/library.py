"""Pages of the plan library. Everyone with an account may read a plan; the office manages them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.http import content_disposition_header
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from units import access
from units.guards import require

from .. import queries, reading, services
from ..models import PlanVersion


@require_safe
def plan_list(request: HttpRequest) -> HttpResponse:
    require(access.may_see_plans(request.user))
    may_load = access.may_manage_plans(request.user)
    context = {
        "plans": queries.library(),
        "missing_presets": queries.missing_presets() if may_load else [],
        "may_manage": may_load,
        "drafts": queries.drafts() if may_load else [],
    }
    return render(request, "indicators/plan_list.html", context)


@require_safe
def plan_detail(request: HttpRequest, code: str) -> HttpResponse:
    """The newest version."""
    require(access.may_see_plans(request.user))
    newest = PlanVersion.objects.filter(plan__code=code).select_related("plan", "created_by")
    version = newest.order_by("-number").first()
    return _version_page(request, version or get_object_or_404(newest))


@require_safe
def version_detail(request: HttpRequest, pk: int) -> HttpResponse:
    require(access.may_see_plans(request.user))
    stored = PlanVersion.objects.select_related("plan", "created_by")
    return _version_page(request, get_object_or_404(stored, pk=pk))


@require_safe
def version_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The version as its plan file."""
    require(access.may_see_plans(request.user))
    version = get_object_or_404(PlanVersion.objects.select_related("plan"), pk=pk)
    name = f"{version.plan.code}-v{version.number}.toml"
    response = HttpResponse(services.export_text(version), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


@require_POST
def load_presets(request: HttpRequest) -> HttpResponse:
    """Take the presets that the library lacks into it."""
    require(access.may_manage_plans(request.user))
    codes = queries.missing_presets()
    for code in codes:
        services.load_preset(code)
    text = ngettext("%(count)d plan was added.", "%(count)d plans were added.", len(codes))
    messages.success(request, text % {"count": len(codes)})
    return redirect("indicators:plan_list")


def _version_page(request: HttpRequest, version: PlanVersion) -> HttpResponse:
    versions = list(queries.versions(version.plan.code))
    view = reading.plan_view(version)
    titles = queries.plan_titles({row["plan"] for row in view.values.get("sets", ()) if "plan" in row})
    context = {
        "view": view,
        "sets": reading.set_views(view, titles),
        "versions": versions,
        "is_newest": versions[0].pk == version.pk,
        "open_url": _open_url(version) if access.may_run_rounds(request.user) else "",
        "may_manage": access.may_manage_plans(request.user),
    }
    return render(request, "indicators/version_detail.html", context)


def _open_url(version: PlanVersion) -> str:
    """Where a round of this plan is opened: the page belongs to an app above this one."""
    try:
        return f"{reverse('reviews:round_open')}?plan={version.plan.code}"
    except NoReverseMatch:
        return ""

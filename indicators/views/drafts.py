"""Drafts from beginning to end: new, copied or of a plan; undo; what is wrong; publishing; throwing away."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from units import access
from units.guards import require

from .. import changes, difference, drafts, plan_file, reading
from .. import document as documents
from ..draft_forms import CopyPlanForm, NewPlanForm
from ..edits import Refused
from ..models import PlanVersion
from ..outline import place_words
from ..rendering import render as words
from .editor import frame, get_draft, section_url


def _newest(code: str) -> PlanVersion:
    found = PlanVersion.objects.filter(plan__code=code).select_related("plan").order_by("-number")
    return found.first() or get_object_or_404(found)


# ------------------------------------------------------------------------------ beginning


@require_http_methods(["GET", "POST"])
def draft_new(request: HttpRequest) -> HttpResponse:
    require(access.may_manage_plans(request.user))
    form = NewPlanForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        draft = drafts.new_draft(values=form.values(), by=request.user)  # type: ignore[arg-type]
        return redirect("indicators:draft_tree", draft.pk)
    context = {"form": form, "title": _("New plan")}
    return render(request, "indicators/editor/begin.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def plan_copy(request: HttpRequest, code: str) -> HttpResponse:
    """Last year's plan as the beginning of this year's."""
    require(access.may_manage_plans(request.user))
    version = _newest(code)
    title, years = drafts.next_year(version.plan.title)
    if not years:
        title = _("%(title)s (copy)") % {"title": title}
    new_code, code_years = drafts.next_year(code)
    initial = {"title": title, "code": new_code if code_years else f"{code}-copy", "years": years or code_years}
    form = CopyPlanForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_bound and form.is_valid():
        draft = drafts.copy_plan(version=version, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        return redirect("indicators:draft_tree", draft.pk)
    context = {"form": form, "title": _("Copy of “%(title)s”") % {"title": version.plan.title}, "version": version}
    return render(request, "indicators/editor/begin.html", context, status=422 if form.is_bound else 200)


@require_POST
def plan_edit(request: HttpRequest, code: str) -> HttpResponse:
    """The open draft of a plan; begins one if there is none."""
    require(access.may_manage_plans(request.user))
    draft = drafts.start_draft(version=_newest(code), by=request.user)  # type: ignore[arg-type]
    return redirect("indicators:draft_tree", draft.pk)


# ------------------------------------------------------------------------------ under way


@require_POST
def draft_step(request: HttpRequest, pk: int) -> HttpResponse:
    """do = undo or redo; section = the page to come back to."""
    draft = get_draft(request, pk)
    go = drafts.redo if request.POST.get("do") == "redo" else drafts.undo
    try:
        go(draft=draft, by=request.user)  # type: ignore[arg-type]
    except Refused as error:
        messages.info(request, words(error.text))
    section = request.POST.get("section", "")
    known = section in ("basics", "tree", "facts", "rules", "use", "procedure", "check")
    return redirect(section_url(draft, section if known else "tree"))


@require_safe
def draft_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The draft as a plan file; only one without mistakes has a file."""
    draft = get_draft(request, pk)
    try:
        text = plan_file.dump(documents.typed(draft.document))
    except documents.DocumentErrors:
        messages.error(request, _("A draft with mistakes has no plan file yet."))
        return redirect("indicators:draft_check", draft.pk)
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    name = f"{draft.document['code']}-draft.toml"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


@require_safe
def draft_read(request: HttpRequest, pk: int) -> HttpResponse:
    """The draft as the plan's page will show it: every method and rule in words."""
    draft = get_draft(request, pk)
    try:
        normal = documents.normalise(draft.document)
    except documents.DocumentErrors:
        messages.error(request, _("Only a draft without mistakes can be read in words; these stand in the way."))
        return redirect("indicators:draft_check", draft.pk)
    version = PlanVersion(plan=draft.plan, number=0, document=normal, digest=documents.digest(normal))
    context = frame(draft, "check") | {"view": reading.plan_view(version)}
    return render(request, "indicators/editor/read.html", context)


# ------------------------------------------------------------------------------ ending


@require_http_methods(["GET", "POST"])
def draft_check(request: HttpRequest, pk: int) -> HttpResponse:
    """What is wrong and where, what is different from the version before. POST: publish."""
    draft = get_draft(request, pk)
    newer: PlanVersion | None = None
    note, status = request.POST.get("note", "").strip()[:240], 200
    if request.method == "POST":
        try:
            version = drafts.publish(
                draft=draft,
                by=request.user,  # type: ignore[arg-type]
                note=note,
                despite_newer="despite_newer" in request.POST,
            )
        except documents.DocumentErrors:
            status = 422  # the page lists them
        except Refused as error:
            messages.error(request, words(error.text))
            status = 422
        except drafts.Superseded as error:
            newer, status = error.newest, 409
        else:
            messages.success(request, _("Version %(number)d of the plan is there.") % {"number": version.number})
            return redirect("indicators:plan_detail", version.plan.code)
    context = frame(draft, "check")
    base = draft.base.document if draft.base else None
    context |= {
        "note": note,
        "newer": newer,
        "parts": None if base is None else changes.in_parts(difference.differences(base, draft.document)),
        "problem_places": [
            (place_words(place.problem.path, draft.document), _place_url(draft, place), place.problem)
            for place in context["places"]
        ],
    }
    return render(request, "indicators/editor/check.html", context, status=status)


def _place_url(draft: Any, place: Any) -> str:
    """Where a problem is put right: the indicator's form, the row's form, or the section."""
    if place.section == "tree" and place.target:
        return reverse("indicators:draft_indicator", args=[draft.pk, place.target])
    if place.index is not None:
        return reverse("indicators:draft_row", args=[draft.pk, place.target, place.index])
    return section_url(draft, place.section) + (f"#{place.target}" if place.target else "")


@require_POST
def draft_discard(request: HttpRequest, pk: int) -> HttpResponse:
    draft = get_draft(request, pk)
    title = str(draft)
    drafts.discard(draft=draft, by=request.user)  # type: ignore[arg-type]
    messages.success(request, _("The draft “%(title)s” was thrown away.") % {"title": title})
    return redirect("indicators:plan_list")

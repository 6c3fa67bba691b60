"""Opening a round: plan and period, subjects, assessors, confirmation. A plan that reads earlier rounds has one page
more, before the last (earlier.py).

What was chosen so far waits in the session, so that one can leave and come back; nothing is
written before the last page.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from appraisal_site.lib.numbers import as_id
from indicators.models import PlanVersion
from indicators.services import engine_plan
from indicators.sets import PlanSet, read_sets
from reviews.forms.rounds import OpenRoundForm
from reviews.models import Round
from reviews.queries.rounds import candidate_categories, candidates
from reviews.services.assessors import assessor_names, match_assessors
from reviews.services.errors import InvalidInput
from reviews.services.rounds import NewSubject, open_round
from reviews.tree import Tree
from scoring.engine.types import Plan
from units import access
from units.guards import require
from units.models import Unit

from ._common import paged
from .periods import suggestions

KEY = "round_draft"
# Where a refused field is put right.
PAGE_OF = {"name": "reviews:round_open", "set": "reviews:round_open_earlier", "round": "reviews:round_open_earlier"}


@dataclass(slots=True)
class Draft:
    """The round to be. `subjects` maps a unit's (or person's) id, as text, to a category."""

    version: PlanVersion
    plan: Plan
    name: str
    title: str
    deadline: str
    subjects: dict[str, str]
    assessors: dict[str, int | None]
    earlier: dict[str, list[int]] | None = None  # set → rounds; None: not asked yet

    @property
    def sets(self) -> list[PlanSet]:
        """The sets of earlier rounds that the plan reads; usually none."""
        return read_sets(self.version.document, self.plan)

    @property
    def people(self) -> bool:
        return bool(self.version.document.get("subjects") == "people")

    @property
    def date(self) -> datetime.date | None:
        return datetime.date.fromisoformat(self.deadline) if self.deadline else None


def newest_versions() -> Any:
    """The newest version of each active plan. One query."""
    newest = PlanVersion.objects.filter(plan=OuterRef("plan")).order_by("-number").values("pk")[:1]
    found = PlanVersion.objects.filter(plan__is_active=True, pk=Subquery(newest))
    return found.select_related("plan").order_by("plan__code")


def load_draft(request: HttpRequest) -> Draft | None:
    stored = request.session.get(KEY)
    if not stored:
        return None
    version = PlanVersion.objects.select_related("plan").filter(pk=stored["version"]).first()
    if version is None:
        return None
    return Draft(
        version,
        engine_plan(version),
        **{name: stored[name] for name in ("name", "title", "deadline", "subjects", "assessors")},
        earlier=stored.get("earlier"),
    )


def store_draft(request: HttpRequest, draft: Draft) -> None:
    request.session[KEY] = {
        "version": draft.version.pk,
        "name": draft.name,
        "title": draft.title,
        "deadline": draft.deadline,
        "subjects": draft.subjects,
        "assessors": draft.assessors,
        "earlier": draft.earlier,
    }


def _usual(draft: Draft) -> dict[str, str]:
    """The candidates whose usual category is one of the plan's: the likely subjects."""
    rows = candidates(draft.people).filter(category__in=draft.plan.categories)
    return {str(pk): category for pk, category in rows.values_list("pk", "category")}


@require_http_methods(["GET", "POST"])
def round_open(request: HttpRequest) -> HttpResponse:
    """First page: which plan, for which period."""
    require(access.may_run_rounds(request.user))
    draft = load_draft(request)
    versions = newest_versions()
    initial: dict[str, Any] = {}
    if draft is not None:
        initial = {name: getattr(draft, name) for name in ("name", "title", "deadline")}
        initial["version"] = draft.version.pk
    if (code := request.GET.get("plan")) and (chosen := next((v for v in versions if v.plan.code == code), None)):
        initial["version"] = chosen.pk
    if name := request.GET.get("name", ""):
        initial["name"] = name[:40]
    form = OpenRoundForm(request.POST if request.method == "POST" else None, versions=versions, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        version = data["version"]
        fresh = Draft(
            version,
            engine_plan(version),
            data["name"],
            data["title"],
            data["deadline"].isoformat() if data["deadline"] else "",
            {},
            {},
        )
        if draft is not None and draft.version == version:
            fresh.subjects, fresh.assessors = draft.subjects, draft.assessors
            # Which rounds are likely depends on the period.
            fresh.earlier = draft.earlier if draft.name == fresh.name else None
        else:
            fresh.subjects = _usual(fresh)
        store_draft(request, fresh)
        return redirect("reviews:round_open_subjects")
    shown = str(form["version"].value() or "")
    version = next((each for each in versions if str(each.pk) == shown), next(iter(versions), None))
    context = {"form": form, "step": 1, "versions": versions, **suggestions(version)}
    status = 422 if form.is_bound else 200
    return render(request, "reviews/open_round.html", context, status=status)


# ---------------------------------------------------------------- subjects


@require_http_methods(["GET", "POST"])
def round_open_subjects(request: HttpRequest) -> HttpResponse:
    """Second page: who is appraised, in which category. A page of candidates at a time."""
    require(access.may_run_rounds(request.user))
    draft = load_draft(request)
    if draft is None:
        return redirect("reviews:round_open")
    filters = {name: request.GET.get(name, "").strip() for name in ("category", "q", "show")}
    found = candidates(draft.people, category=filters["category"], words=filters["q"])
    if filters["show"] == "chosen":
        found = found.filter(pk__in=[int(pk) for pk in draft.subjects])
    if request.method == "POST":
        _take_subjects(request, draft, found)
        store_draft(request, draft)
        return _after_subjects(request, draft)
    page = paged(request, found)
    counts = _counts(draft)
    context = {
        "step": 2,
        "draft": draft,
        "page_obj": page,
        "rows": [
            (one, str(one.pk) in draft.subjects, draft.subjects.get(str(one.pk), one.category))
            for one in page.object_list
        ],
        "counts": counts,
        "chosen": len(draft.subjects),
        "filters": filters,
        "filter_categories": candidate_categories(draft.people),
    }
    return render(request, "reviews/open_subjects.html", context)


def _take_subjects(request: HttpRequest, draft: Draft, found: Any) -> None:
    """Read the ticks and categories of the rows that were on the page, then a command for all."""
    post = request.POST
    categories = draft.plan.categories
    known = {str(pk) for pk in found.values_list("pk", flat=True)}
    for pk in post.getlist("row"):
        if pk not in known:
            continue
        category = post.get(f"category-{pk}", "")
        if f"pick-{pk}" in post:
            draft.subjects[pk] = category if category in categories else ""
        else:
            draft.subjects.pop(pk, None)
    do = post.get("do", "")
    if do == "all":
        for pk, usual in found.values_list("pk", "category"):
            draft.subjects.setdefault(str(pk), usual if usual in categories else "")
    elif do == "none":
        for pk in known:
            draft.subjects.pop(pk, None)
    elif do == "category" and post.get("set_category") in categories:
        for pk in known & draft.subjects.keys():
            draft.subjects[pk] = post["set_category"]


def _after_subjects(request: HttpRequest, draft: Draft) -> HttpResponse:
    if request.POST.get("do") != "next":
        return HttpResponseRedirect(request.get_full_path())
    if not draft.subjects:
        messages.error(request, _("A round needs at least one subject."))
        return HttpResponseRedirect(request.get_full_path())
    if draft.plan.categories and (without := sum(not category for category in draft.subjects.values())):
        words = _("%(count)d chosen subjects have no category of this plan; give them one.")
        messages.error(request, words % {"count": without})
        return redirect(reverse("reviews:round_open_subjects") + "?show=chosen")
    return redirect("reviews:round_open_assessors")


def _counts(draft: Draft) -> list[tuple[str, int]]:
    values = list(draft.subjects.values())
    return [(title, values.count(title)) for title in (*draft.plan.categories, "") if title in values]


# ---------------------------------------------------------------- assessors


@require_http_methods(["GET", "POST"])
def round_open_assessors(request: HttpRequest) -> HttpResponse:
    """Third page: which unit's accounts enter the marks of each assessor that the plan names."""
    require(access.may_run_rounds(request.user))
    draft = load_draft(request)
    if draft is None:
        return redirect("reviews:round_open")
    names = assessor_names(draft.plan)
    if request.method == "POST":
        known = set(Unit.objects.filter(is_active=True).values_list("pk", flat=True))
        draft.assessors = {}
        for place, name in enumerate(names):
            chosen = request.POST.get(f"unit-{place}", "")
            pk = as_id(chosen)
            draft.assessors[name] = pk if pk in known else None
        store_draft(request, draft)
        return redirect("reviews:round_open_earlier" if draft.sets else "reviews:round_open_confirm")
    context = {
        "step": 3,
        "draft": draft,
        "rows": _assessor_rows(draft, names),
        "units": list(candidates(people=False).only("pk", "name")),
        "unnamed": _unnamed(draft.plan),
    }
    return render(request, "reviews/open_assessors.html", context)


def _assessor_rows(draft: Draft, names: list[str]) -> list[dict[str, Any]]:
    matched = match_assessors(draft.plan)
    leaves = Tree(draft.plan).entered
    rows = []
    for name in names:
        unit = matched[name]
        chosen = draft.assessors.get(name, unit.pk if unit else None)
        rows.append(
            {
                "name": name,
                "matched": unit,
                "chosen": chosen,
                "leaves": [node for node in leaves if name in {a.name for a in node.assessors}],
            }
        )
    return rows


def _unnamed(plan: Plan) -> list[Any]:
    """Leaves for which the plan names no assessor: the office enters them."""
    return [node for node in Tree(plan).entered if not node.assessors]


# ---------------------------------------------------------------- confirmation


@require_http_methods(["GET", "POST"])
def round_open_confirm(request: HttpRequest) -> HttpResponse:
    """Last page: all of it in words; confirming opens the round."""
    require(access.may_run_rounds(request.user))
    draft = load_draft(request)
    if draft is None:
        return redirect("reviews:round_open")
    if draft.sets and draft.earlier is None:
        return redirect("reviews:round_open_earlier")
    units, earlier = _chosen_units(draft), chosen_rounds(draft)
    if request.method == "POST":
        try:
            round_ = open_round(
                version=draft.version,
                name=draft.name,
                title=draft.title,
                deadline=draft.date,
                subjects=_new_subjects(draft),
                by=request.user,  # type: ignore[arg-type]
                assessor_units=units,
                earlier=earlier,
                freeze_at_deadline=request.POST.get("freeze") == "on",
            )
        except InvalidInput as error:
            messages.error(request, str(error))
            return redirect(PAGE_OF.get(error.field, "reviews:round_open_subjects"))
        del request.session[KEY]
        messages.success(request, _("The round is open. A copy of the plan is frozen with it."))
        return redirect("reviews:round_detail", round_.pk)
    context = {
        "step": 5,
        "draft": draft,
        "earlier": [(each, earlier.get(each.code, [])) for each in draft.sets],
        "counts": _counts(draft),
        "chosen": len(draft.subjects),
        "units": units.items(),
        "unnamed": _unnamed(draft.plan),
    }
    return render(request, "reviews/open_confirm.html", context)


def chosen_rounds(draft: Draft) -> dict[str, list[Round]]:
    """Set → the rounds chosen for it, by period; those that are gone meanwhile are left out."""
    chosen = draft.earlier or {}
    found = Round.objects.in_bulk([pk for ids in chosen.values() for pk in ids])
    return {
        code: sorted((found[pk] for pk in ids if pk in found), key=lambda one: one.name)
        for code, ids in chosen.items()
        if code in {each.code for each in draft.sets}
    }


def _chosen_units(draft: Draft) -> dict[str, Unit | None]:
    """Assessor → unit as chosen on the third page; as matched by name for those never shown."""
    found = match_assessors(draft.plan)
    by_pk = Unit.objects.in_bulk([pk for pk in draft.assessors.values() if pk])
    for name, pk in draft.assessors.items():
        found[name] = by_pk.get(pk) if pk else None
    return found


def _new_subjects(draft: Draft) -> list[NewSubject]:
    ids = {int(pk) for pk in draft.subjects}
    chosen = [one for one in candidates(draft.people) if one.pk in ids]
    return [
        NewSubject(
            code=one.code,
            name=one.name,
            category=draft.subjects[str(one.pk)],
            group=one.group if draft.people else "",
            # A person's unit is known through the person; the result is not the unit's own.
            unit=None if draft.people else one,
            person=one if draft.people else None,
        )
        for one in chosen
    ]

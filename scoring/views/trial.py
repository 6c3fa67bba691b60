"""Trying a plan (试算): on an earlier round's inputs or on made-up ones, beside the result that is. Stores nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from indicators import document as documents
from indicators import drafts
from indicators.models import PlanDraft, PlanVersion
from indicators.outline import place_words
from indicators.schema import plain
from indicators.services import engine_plan
from reviews.models import Round
from units import access
from units.guards import require

from .. import words
from ..engine.types import Plan, Text
from ..trial import Trial, trial_on_generated, trial_on_round
from ..trial_fit import ASSUMED, LEFT_OUT, NOT_APPLICABLE, SCALE, Choices
from ..trial_forms import MADE_UP, TrialFilter, TrialForm
from ..trial_queries import newest_versions, open_drafts, other_versions, rounds_to_try_on, state_of
from ..trial_store import KeptTrial
from ..trial_table import (
    Row,
    change_rows,
    filtered,
    grade_table,
    heads,
    in_order,
    limit_rows,
    rows,
    summary,
)
from .common import fragment_or_page

SIZE = 20  # made-up subjects of a category, unless the office says otherwise
NOTES_SHOWN = 6
ERRORS_SHOWN = 50
# What an address says of the table; the rest says what is tried on what.
TABLE = {"q", "show", "category", "size", "sort", "page", "print", "subject"}


@dataclass(frozen=True, slots=True)
class Tried:
    """The plan on trial: a version of the library, or a draft. `plan` is None where errors forbid to compute."""

    title: str
    name: str  # "v2", or nothing for a draft
    plan: Plan | None
    digest: str
    problems: tuple[tuple[str, Text], ...]  # where, and what is wrong
    library: int | None  # the plan's key in the library
    base: int | None  # the version it is compared with unless the office says otherwise
    version: int | None
    query: dict[str, int]  # what names it in the address
    back: str


@require_safe
def trial(request: HttpRequest) -> HttpResponse:
    """Query string: version or draft; on, marks, fresh, seed, against, size_N; q, show, category, size, sort, page;
    subject=N for what moved one subject; print=1 for all rows on paper."""
    require(access.may_run_rounds(request.user))
    tried = _tried(request)
    if tried is None:
        choice = {"versions": newest_versions(), "drafts": open_drafts()}
        return render(request, "scoring/trial_choose.html", choice)
    context: dict[str, Any] = {"tried": tried, "plan": tried.plan}
    if tried.plan is None:
        return render(request, "scoring/trial.html", context)
    rounds, versions = rounds_to_try_on(tried.library), other_versions(tried.library, tried.version)
    choices = [(_("this plan's rounds"), rounds[0]), (_("rounds of other plans"), rounds[1])]
    listed = [(title, pairs) for title, pairs in choices if pairs]
    initial = _initial(tried, rounds[0], versions)
    # An address may say only what differs from what is usual.
    given = {**initial, **request.GET.dict()} if "on" in request.GET else None
    form = TrialForm(given, plan=tried.plan, rounds=listed, versions=versions, initial=initial)
    context["form"] = form
    if not form.is_bound:
        return render(request, "scoring/trial.html", context)
    if not form.is_valid():
        return render(request, "scoring/trial.html", context, status=422)
    return _result(request, context, tried.plan, _asked(tried, tried.plan, form))


# ------------------------------------------------------------------------------ what is tried, and on what


def _tried(request: HttpRequest) -> Tried | None:
    if "draft" in request.GET:
        draft = get_object_or_404(PlanDraft.objects.select_related("plan", "base"), pk=_number(request, "draft"))
        return _tried_draft(draft)
    if "version" not in request.GET:
        return None
    version = get_object_or_404(PlanVersion.objects.select_related("plan"), pk=_number(request, "version"))
    older = PlanVersion.objects.filter(plan=version.plan_id, number__lt=version.number).order_by("-number")
    return Tried(
        title=version.plan.title,
        name=f"v{version.number}",
        plan=engine_plan(version),
        digest=version.digest,
        problems=(),
        library=version.plan_id,
        base=older.values_list("pk", flat=True).first(),
        version=version.pk,
        query={"version": version.pk},
        back=reverse("indicators:version_detail", args=[version.pk]),
    )


def _tried_draft(draft: PlanDraft) -> Tried:
    checked = drafts.checked(draft)
    return Tried(
        title=str(draft),
        name="",
        plan=checked.plan,
        digest=documents.digest(dict(plain(checked.values))) if checked.plan else "",
        problems=tuple((place_words(path, draft.document), text) for path, text in checked.errors),
        library=draft.plan_id,
        base=draft.base_id,
        version=None,
        query={"draft": draft.pk},
        back=reverse("indicators:draft_tree", args=[draft.pk]),
    )


def _number(request: HttpRequest, name: str) -> int:
    text = request.GET[name]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Http404
    return int(text)


def _initial(tried: Tried, own: list[tuple[str, str]], versions: list[tuple[str, str]]) -> dict[str, Any]:
    """The newest round of the plan; for made-up inputs the version before."""
    known = {key for key, _title in versions}
    sizes = {f"size_{place}": SIZE for place in range(len((tried.plan and tried.plan.categories) or ("",)))}
    base = str(tried.base) if str(tried.base) in known else ""
    return {"on": own[0][0] if own else MADE_UP, "seed": 1, "against": base, **sizes}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form asks for: the trial, the plan it is compared with, the round or the made-up inputs' seed."""

    kept: KeptTrial
    old: Plan
    round: Round | None = None
    seed: int = 0
    against: PlanVersion | None = None


def _asked(tried: Tried, plan: Plan, form: TrialForm) -> Asked:
    data = form.cleaned_data
    seed = 1 if data["seed"] is None else data["seed"]
    if data["on"] == MADE_UP:
        sizes, against = form.wanted_sizes(), None
        if data["against"]:
            against = PlanVersion.objects.select_related("plan").get(pk=data["against"])
        other = engine_plan(against) if against else None
        made = {"plan": tried.digest, "sizes": sizes, "seed": seed, "against": against.digest if against else ""}
        kept = KeptTrial(made, lambda: trial_on_generated(plan, sizes, seed, other))
        return Asked(kept, other or plan, seed=seed, against=against)
    round_ = Round.objects.select_related("plan", "plan_version").get(pk=data["on"])
    choices = Choices(data["marks"] or SCALE, data["fresh"] or NOT_APPLICABLE, seed)
    parts = {"plan": tried.digest, "round": state_of(round_), "choices": [choices.marks, choices.fresh, choices.seed]}
    return Asked(
        KeptTrial(parts, lambda: trial_on_round(plan, round_, choices)), engine_plan(round_.plan_version), round_
    )


# ------------------------------------------------------------------------------ the pages


def _result(request: HttpRequest, context: dict[str, Any], plan: Plan, asked: Asked) -> HttpResponse:
    found = asked.kept.trial()
    context |= {
        "trial": found,
        "round": asked.round,
        "seed": asked.seed,
        "against": asked.against,
        "own": asked.old,
        "compared": found.compared,
        "errors": found.errors[:ERRORS_SHOWN],
        "errors_left": len(found.errors) - ERRORS_SHOWN,
        "by_category": plan.ranking == "category",
    }
    if found.errors:
        return render(request, "scoring/trial.html", context)
    all_rows = rows(found, plan, asked.old)
    if "subject" in request.GET:
        return _subject(request, context, plan, asked, all_rows)
    context |= _table(request, found, all_rows, plan) | _overview(found, all_rows, plan)
    if request.GET.get("print"):
        return render(request, "scoring/trial_print.html", context | {"notes_shown": len(found.notes)})
    return fragment_or_page(request, "scoring/_trial_table.html", "scoring/trial.html", context)


def _overview(found: Trial, all_rows: list[Row], plan: Plan) -> dict[str, Any]:
    return {
        "summary": summary(all_rows, plan),
        "grades": grade_table(found, plan),
        "limits": limit_rows(found.limits, plan),
        "left_out": [note.text for note in found.notes if note.kind == LEFT_OUT],
        "assumed": [note.text for note in found.notes if note.kind == ASSUMED],
        "notes_shown": NOTES_SHOWN,
        "old_errors": found.old_errors[:ERRORS_SHOWN],
        "old_errors_left": len(found.old_errors) - ERRORS_SHOWN,
    }


def _table(request: HttpRequest, found: Trial, all_rows: list[Row], plan: Plan) -> dict[str, Any]:
    form = TrialFilter(request.GET, categories=list(dict.fromkeys(line.category for line in found.lines)))
    sort = request.GET.get("sort", "")
    chosen = in_order(filtered(all_rows, form), plan, sort)
    context = {
        "filter": form,
        "sort": sort,
        "columns": 11 if found.compared else 6,
        "heads": heads(sort, compared=found.compared, by_category=plan.ranking == "category"),
        "setup": [(name, value) for name, value in request.GET.items() if name not in TABLE],
    }
    if request.GET.get("print"):
        return context | {"rows": chosen}
    page = Paginator(chosen, form.rows).get_page(request.GET.get("page"))
    return context | {"page_obj": page, "rows": page.object_list}


def _subject(
    request: HttpRequest, context: dict[str, Any], plan: Plan, asked: Asked, all_rows: list[Row]
) -> HttpResponse:
    place = _number(request, "subject")
    if place >= len(all_rows):
        raise Http404
    why, row = asked.kept.why(place), all_rows[place]
    context |= {
        "row": row,
        "changes": change_rows(row.line, why, context["trial"].averages, asked.old, plan),
        "more": why.more,
        "old_reasons": words.reason_lines(asked.old, why.old_reasons),
        "new_reasons": words.reason_lines(plan, why.new_reasons),
    }
    return fragment_or_page(request, "scoring/_trial_why.html", "scoring/trial_subject.html", context)

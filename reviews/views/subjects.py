"""The subjects of a round: list, adding, and one subject's category, 不适用 and withdrawal."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from reviews.eligibility import has_rules, lines_of
from reviews.forms.rounds import WithdrawForm
from reviews.models import NotApplicable, Phase, Round, Subject, SubjectFact
from reviews.navigation import round_context
from reviews.queries.inputs import count_words, inputs_of_subject
from reviews.queries.polls import obstacle
from reviews.queries.rounds import candidate_categories, candidates, categories_of, subjects_of
from reviews.services.applicability import clear_not_applicable, set_not_applicable
from reviews.services.errors import Conflict, ReviewError
from reviews.services.rounds import NewSubject
from reviews.services.subjects import add_subjects, change_category, withdraw_subject
from reviews.tree import Tree
from units import access
from units.guards import require

from ._common import get_round, paged, refuse, tree_of


@require_GET
def subject_list(request: HttpRequest, pk: int) -> HttpResponse:
    round_ = get_round(request, pk)
    require(access.may_see_progress(request.user))
    filters = {name: request.GET.get(name, "").strip() for name in ("category", "q")}
    found = subjects_of(round_, category=filters["category"], words=filters["q"])
    context = round_context(request, round_, "overview") | {
        "page_obj": paged(request, found.select_related("unit", "person")),
        "categories": categories_of(round_),
        "filters": filters,
        "may_change": access.may_run_rounds(request.user) and round_.phase == Phase.COLLECTING,
    }
    return render(request, "reviews/subject_list.html", context)


@require_http_methods(["GET", "POST"])
def subject_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add units (or people) that are not in the round yet."""
    round_ = get_round(request, pk)
    require(access.may_run_rounds(request.user))
    people = round_.plan_version.document.get("subjects") == "people"
    filters = {name: request.GET.get(name, "").strip() for name in ("category", "q")}
    present = "person_id" if people else "unit_id"
    inside = round_.subjects.filter(**{f"{present}__isnull": False}).values(present)
    found = candidates(people, category=filters["category"], words=filters["q"])
    found = found.exclude(pk__in=inside).exclude(code__in=round_.subjects.values("code"))
    if request.method == "POST":
        chosen = [one for one in found if f"pick-{one.pk}" in request.POST]
        rows = [
            NewSubject(
                code=one.code,
                name=one.name,
                category=request.POST.get(f"category-{one.pk}", ""),
                group=one.group if people else "",
                unit=None if people else one,
                person=one if people else None,
            )
            for one in chosen
        ]
        try:
            added = add_subjects(
                round=round_,
                subjects=rows,
                by=request.user,  # type: ignore[arg-type]
                despite_polls="despite_polls" in request.POST,
            )
        except ReviewError as error:
            messages.error(request, str(error))
            return redirect(request.get_full_path())
        words = ngettext("%(count)d subject added.", "%(count)d subjects added.", len(added))
        messages.success(request, words % {"count": len(added)})
        return redirect("reviews:subject_list", pk)
    context = round_context(request, round_, "overview") | {
        "page_obj": paged(request, found),
        "filters": filters,
        "filter_categories": candidate_categories(people),
        "people": people,
        "polls": obstacle(round_),
        "collecting": round_.phase == Phase.COLLECTING,
    }
    return render(request, "reviews/subject_add.html", context)


def _subject(round_: Round, pk: int) -> Subject:
    return get_object_or_404(Subject.objects.select_related("unit", "person"), pk=pk, round=round_)


@require_http_methods(["GET", "POST"])
def subject_detail(request: HttpRequest, pk: int, subject_pk: int) -> HttpResponse:
    """One subject: its category, and which indicators are not applicable to it."""
    round_ = get_round(request, pk)
    require(access.may_see_progress(request.user))
    subject = _subject(round_, subject_pk)
    if request.method == "POST":
        require(access.may_run_rounds(request.user))
        _change(request, subject)
        return redirect("reviews:subject_detail", pk, subject_pk)
    context = round_context(request, round_, "overview") | {
        "subject": subject,
        "nodes": _nodes(tree_of(round_), subject),
        "inputs": inputs_of_subject(subject.pk),
        **_facts(request, round_, subject),
        "may_change": access.may_run_rounds(request.user) and round_.phase == Phase.COLLECTING,
    }
    return render(request, "reviews/subject_detail.html", context)


def _facts(request: HttpRequest, round_: Round, subject: Subject) -> dict[str, Any]:
    """The subject's facts and what follows from them, for those who may see facts."""
    plan = tree_of(round_).plan
    if not access.may_see_events(request.user) or not (plan.facts or has_rules(plan)):
        return {}
    stored = list(SubjectFact.objects.filter(subject=subject).select_related("updated_by"))
    by_code = {fact.code: fact for fact in stored}
    given = [(subject.pk, fact.code, fact.value) for fact in stored]
    return {
        "facts": [{"definition": each, "fact": by_code.get(each.code)} for each in plan.facts],
        "effects": lines_of(round_, plan, [subject], given)[subject.pk],
        "shows_effects": has_rules(plan),
    }


def _change(request: HttpRequest, subject: Subject) -> None:
    post, by = request.POST, request.user
    try:
        if "category" in post:
            change_category(
                subject=subject,
                category=post["category"],
                seen=post.get("seen", ""),
                by=by,  # type: ignore[arg-type]
            )
            messages.success(request, _("The category was changed."))
        elif code := post.get("exclude"):
            note = post.get(f"note-{code}", "")
            set_not_applicable(subject=subject, indicator=code, by=by, note=note)  # type: ignore[arg-type]
            messages.success(request, _("Set not applicable: %(code)s.") % {"code": code})
        elif code := post.get("include"):
            clear_not_applicable(subject=subject, indicator=code, by=by)  # type: ignore[arg-type]
            messages.success(request, _("Set applicable again: %(code)s.") % {"code": code})
    except Conflict as conflict:
        words = _("%(who)s already set it not applicable.")
        messages.info(request, words % {"who": conflict.theirs.by or "—"})
    except ReviewError as error:
        messages.error(request, str(error))


def _nodes(tree: Tree, subject: Subject) -> list[dict[str, Any]]:
    """The tree below the root, each node with its own 不适用 and that of a node above."""
    rows = NotApplicable.objects.filter(subject=subject).select_related("updated_by")
    excluded = {row.indicator: row for row in rows}
    return [
        {
            "node": node,
            "depth": tree.depths[code] - 1,
            "row": excluded.get(code),
            "above": any(upper in excluded for upper in tree.path(code)[1:]),
        }
        for code, node in tree.nodes.items()
        if tree.parents[code] is not None
    ]


@require_http_methods(["GET", "POST"])
def subject_withdraw(request: HttpRequest, pk: int, subject_pk: int) -> HttpResponse:
    round_ = get_round(request, pk)
    require(access.may_run_rounds(request.user))
    subject = _subject(round_, subject_pk)
    inputs = inputs_of_subject(subject.pk)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    polls = obstacle(round_)
    if not inputs and not polls:
        del form.fields["confirmed"]
    if request.method == "POST" and form.is_valid():
        try:
            withdraw_subject(
                subject=subject,
                by=request.user,  # type: ignore[arg-type]
                reason=form.cleaned_data["reason"],
                confirmed=form.cleaned_data.get("confirmed", False),
            )
        except ReviewError as error:
            refuse(form, error)
        else:
            messages.success(request, _("%(name)s was withdrawn from the round.") % {"name": subject.name})
            return redirect("reviews:subject_list", pk)
    context = round_context(request, round_, "overview") | {
        "subject": subject,
        "form": form,
        "inputs": count_words(inputs),
        "polls": polls,
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "reviews/subject_withdraw.html", context, status=status)

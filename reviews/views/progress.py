"""Completeness of a round: by leaf and assessor, what is missing on one leaf, by subject."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from appraisal_site.lib.numbers import as_id
from reviews.ballot_form import leaves_of
from reviews.models import Assignment, Phase, Poll, PollState, Round
from reviews.navigation import round_context
from reviews.poll_words import state_words
from reviews.queries.polls import class_titles
from reviews.queries.progress import (
    completeness,
    leaf_progress,
    missing_subjects,
    subject_progress,
)
from reviews.queries.rounds import categories_of, subjects_of
from reviews.tree import BALLOTS, Tree, takes_marks
from units import access
from units.guards import require, require_known
from units.templatetags.kaoping import aside

from ._common import get_round, paged, tree_of


@require_GET
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Every assessor and leaf; those past their deadline first, then the least complete."""
    round_ = get_round(request, pk)
    require(access.may_see_progress(request.user))
    leaves = leaf_progress(round_, tree_of(round_))
    order = request.GET.get("order", "late")
    if order != "plan":
        leaves = sorted(leaves, key=lambda leaf: (not leaf.late, leaf.percent))
    context = round_context(request, round_, "progress") | {
        "leaves": leaves,
        "total": completeness(leaves),
        "late": sum(leaf.late for leaf in leaves),
        "order": order,
        "polls": _polls_of(round_, tree_of(round_)) if access.may_see_polls(request.user) else {},
        "may_assign": access.may_run_rounds(request.user) and round_.phase == Phase.COLLECTING,
    }
    return render(request, "reviews/progress.html", context)


def _polls_of(round_: Round, tree: Tree) -> dict[str, list[tuple[Poll, str]]]:
    """Leaf → the polls that bring its votes, each with its class and state in words. One query."""
    titles = class_titles(tree.plan)
    found: dict[str, list[tuple[Poll, str]]] = {}
    for poll in round_.polls.exclude(state=PollState.ANNULLED).order_by("pk"):
        words = f"{titles.get(poll.voter_class, poll.voter_class)}{aside(state_words(poll))}"
        for node in leaves_of(tree.plan, poll.voter_class):
            found.setdefault(node.code, []).append((poll, words))
    return found


@require_GET
def progress_leaf(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """The subjects that have no value on this leaf; `?assignment=` names one of several assessors."""
    round_ = get_round(request, pk)
    require(access.may_see_progress(request.user))
    tree = tree_of(round_)
    node = tree.get(code)
    require_known(node is not None)
    assert node is not None
    assignment = None
    if node.method not in BALLOTS:
        found = Assignment.objects.select_related("unit").filter(round=round_, indicator=code)
        wanted = as_id(request.GET.get("assignment", ""))
        assignment = found.first() if wanted is None else get_object_or_404(found, pk=wanted)
        require_known(assignment is not None)
    missing = missing_subjects(round_, tree, code, assignment.assessor if assignment else "")
    context = round_context(request, round_, "progress") | {
        "node": node,
        "crumbs": tree.crumbs(code),
        "assignment": assignment,
        "is_marked": takes_marks(node),
        "may_open": assignment is not None and access.may_see_marks(request.user, assignment),
        "page_obj": paged(request, missing.order_by("order", "code")),
    }
    return render(request, "reviews/progress_leaf.html", context)


@require_GET
def progress_subjects(request: HttpRequest, pk: int) -> HttpResponse:
    """What is missing for each subject, a page at a time."""
    round_ = get_round(request, pk)
    require(access.may_see_progress(request.user))
    filters = {name: request.GET.get(name, "").strip() for name in ("category", "q")}
    page = paged(request, subjects_of(round_, category=filters["category"], words=filters["q"]))
    context = round_context(request, round_, "progress") | {
        "page_obj": page,
        "rows": subject_progress(round_, tree_of(round_), list(page.object_list)),
        "categories": categories_of(round_),
        "filters": filters,
    }
    return render(request, "reviews/progress_subjects.html", context)

"""What reports have in common: the pairs, and two reports side by side. A hint for a person, never a verdict."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from appraisal_site.lib.numbers import as_id
from reviews.duty.anchors import Place
from reviews.duty.marking import paragraphs
from reviews.duty.similarity import RUN, passages
from reviews.models import DutySubmission, Phase
from reviews.navigation import round_context
from reviews.queries.duty_reports import parts_of, reviewers_of
from reviews.queries.duty_similarity import is_behind, pair_views, readable_pairs, similarity_of
from reviews.services.duty_similarity import boilerplate_of, document_of
from units import access
from units.guards import require, require_known

from ._common import paged
from .duty_reports import get_duty_round


@require_GET
def duty_similarity(request: HttpRequest, pk: int) -> HttpResponse:
    """Pairs with most in common first; `?report=` those of one hand-in."""
    round_ = get_duty_round(request, pk)
    reviewers = reviewers_of(round_)
    user = request.user
    require(access.may_see_all_duty_reports(user) or access.reviews_some_duty_reports(user, reviewers))
    similarity = similarity_of(round_)
    pairs = readable_pairs(user, round_, reviewers, similarity) if similarity else []
    wanted = as_id(request.GET.get("report", ""))
    if wanted is not None:
        pairs = [pair for pair in pairs if wanted in (pair["left"], pair["right"])]
    page = paged(request, pairs, 50)
    current = DutySubmission.objects.filter(report__subject__round=round_, is_current=True)
    context = round_context(request, round_, "duty") | {
        "similarity": similarity,
        "behind": is_behind(similarity, current.values_list("pk", flat=True)) if similarity else 0,
        "rows": pair_views(list(page.object_list), similarity) if similarity else [],
        "page_obj": page,
        "reports": current.count(),
        "run": RUN,
        "only": wanted,
        "may_run": access.may_run_duty_reports(user) and round_.phase == Phase.COLLECTING,
    }
    return render(request, "reviews/duty_similarity.html", context)


@require_GET
def duty_pair(request: HttpRequest, pk: int, left: int, right: int) -> HttpResponse:
    """Two hand-ins side by side, what stands in both marked."""
    round_ = get_duty_round(request, pk)
    found = DutySubmission.objects.select_related("report__subject__round__plan_version", "submitted_by")
    one = get_object_or_404(found, pk=left, report__subject__round=round_)
    other = get_object_or_404(found, pk=right)
    for each in (one, other):
        subject = each.report.subject
        allowed = access.may_read_duty_report(request.user, subject, reviewers_of(subject.round))
        require_known(allowed and not access.is_own(request.user, subject))
    rounds = {each.report.subject.round_id: each.report.subject.round for each in (one, other)}
    words = boilerplate_of([one, other], rounds.values())
    documents = document_of(one, words), document_of(other, words)
    common = passages(*documents)
    covered = sum(each.length for each in common)
    context = round_context(request, round_, "duty") | {
        "sides": [
            _side(one, [(each.left_section, each.left) for each in common], documents[0].size),
            _side(other, [(each.right_section, each.right) for each in common], documents[1].size),
        ],
        "passages": len(common),
        "covered": covered,
        "longest": max((each.length for each in common), default=0),
        "run": RUN,
        "same_subject": one.report.subject.person_id is not None
        and one.report.subject.person_id == other.report.subject.person_id,
    }
    return render(request, "reviews/duty_pair.html", context)


def _side(submission: DutySubmission, places: list[tuple[str, Place]], size: int) -> dict[str, Any]:
    """A report's sections with the common passages marked by their numbers."""
    numbered = [(number, section, place) for number, (section, place) in enumerate(places, start=1)]

    def here(key: str, text: str) -> list[Any]:
        return paragraphs(text, [(number, place) for number, section, place in numbered if section == key])

    parts = [
        {
            "title": part.title,
            "texts": [
                *((each.aspect, here(each.key, each.text)) for each in part.sections),
                *((each.question.text, here(each.question.name, each.text)) for each in part.answers),
            ],
        }
        for part in parts_of(submission)
        if not part.is_empty
    ]
    return {"submission": submission, "subject": submission.report.subject, "parts": parts, "size": size}

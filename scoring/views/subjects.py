"""One subject's result, and each of its figures down to what was entered."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from reviews.models import GradeDecision, Phase, Round, Subject
from reviews.own_unit import own_assessors
from reviews.queries.evidence import files_of_figures
from reviews.queries.poll_office import comments_of
from reviews.queries.polls import class_titles
from reviews.tree import Tree
from units import access
from units.guards import require_known

from .. import documents, words
from ..figures import codes_of, figure_of, figures
from ..forms import DecisionForm, WithdrawForm
from ..models import SubjectResult
from ..own_unit import marked_by
from ..queries import limits, neighbours, tied_codes
from ..sources import read_sources
from ..trees import branches
from ..uses import uses_of
from .common import fragment_or_page, get_round, result_context


def get_subject(request: HttpRequest, round_: Round, subject_pk: int) -> Subject:
    """The subject, if this account may see its result; else 404."""
    subject = get_object_or_404(Subject, round=round_, pk=subject_pk)
    require_known(access.may_see_result(request.user, round_, subject))
    return subject


def subject_context(request: HttpRequest, round_: Round, subject: Subject) -> dict[str, Any]:
    """What both pages need: the round, the subject, its stored row and the result in it."""
    context = result_context(request, round_)
    row = None
    if context["computation"] is not None:
        row = SubjectResult.objects.filter(computation=context["computation"], subject=subject).first()
    if row is not None:
        row.subject, row.computation = subject, context["computation"]
    return context | {
        "subject": subject,
        "row": row,
        "result": documents.decode(row.document, limits(row.computation)) if row is not None else None,
        "may_see_ranking": access.may_see_ranking(request.user, round_),
        # Who entered something is for those who check; the one appraised sees the assessor's unit.
        "sees_names": context["sees_all"],
    }


@require_GET
def subject_result(request: HttpRequest, round_pk: int, subject_pk: int) -> HttpResponse:
    """print=1: the whole tree with its inputs on paper (得分明细表)."""
    round_ = get_round(round_pk)
    subject = get_subject(request, round_, subject_pk)
    return subject_page(request, round_, subject)


def subject_page(
    request: HttpRequest,
    round_: Round,
    subject: Subject,
    decision_form: DecisionForm | None = None,
    withdraw_form: WithdrawForm | None = None,
) -> HttpResponse:
    """The page; with a form that was refused, that form as it was typed."""
    context = subject_context(request, round_, subject)
    row, plan, result = context["row"], context["plan"], context["result"]
    if row is None:
        return render(request, "scoring/subject.html", context)
    own = own_assessors(round_, Tree(plan), [subject.pk]).get(subject.pk, {})
    context |= {
        "reasons": words.reasons(plan, result),
        "flags": words.flags(plan, result),
        "missing_leaves": words.leaves(plan, result.missing),
        "size": sum(_sizes(context).values()),
        "category_size": _sizes(context).get(subject.category, 0),
        "uses": uses_of(round_, row.computation, plan, subject, sees_all=context["sees_all"]),
    }
    if request.GET.get("print"):
        sources = read_sources(subject, plan)
        sources.own = own
        context["figures"] = figures(plan, result, sources)
        return render(request, "scoring/subject_print.html", context)
    if access.may_read_comments(request.user, round_, subject):
        context["comments"] = comments_of(round_, [subject]).get(subject.pk, [])
        context["titles"] = class_titles(plan)
    context["branches"] = branches(plan, result)
    context["own_unit"] = {code for code in own if marked_by(result.scores[code].detail, own[code])}
    if context["sees_all"]:
        context["previous"], context["next"] = neighbours(row, plan)
        context |= _decision(request, round_, subject, context, decision_form, withdraw_form)
    return render(request, "scoring/subject.html", context)


def _sizes(context: dict[str, Any]) -> dict[str, int]:
    grades = context["computation"].summary["grades"]
    return {category: sum(held.values()) for category, held in grades.items()}


def _decision(
    request: HttpRequest,
    round_: Round,
    subject: Subject,
    context: dict[str, Any],
    decision_form: DecisionForm | None,
    withdraw_form: WithdrawForm | None,
) -> dict[str, Any]:
    """The committee's decision, and for the office the forms to record or withdraw one."""
    decision = GradeDecision.objects.filter(subject=subject).select_related("updated_by").first()
    may_decide = access.may_run_rounds(request.user) and round_.phase in {
        Phase.COLLECTING,
        Phase.REVIEWING,
    }
    tied = subject.code in tied_codes(context["computation"])
    found: dict[str, Any] = {
        "decision": decision,
        "tied": tied,
        # Where all of its block can be decided on at once.
        "tied_limit": next((n for n, r in enumerate(limits(context["computation"])) if subject.code in r.tied), None),
        "show_decision": bool(context["plan"].grades) and (may_decide or decision is not None),
    }
    if may_decide:
        seen = decision.version if decision else 0
        initial: dict[str, Any] = {"seen": seen}
        if decision is not None:
            initial |= {"grade": decision.grade, "reason": decision.reason, "document": decision.document}
        found["decision_form"] = decision_form or DecisionForm(plan=context["plan"], initial=initial)
        found["withdraw_form"] = withdraw_form or WithdrawForm(initial={"seen": seen}, prefix="withdraw")
    return found


@require_GET
def figure(request: HttpRequest, round_pk: int, subject_pk: int, code: str) -> HttpResponse:
    """One node's figure: a fragment under its row, or a page of its own."""
    round_ = get_round(round_pk)
    subject = get_subject(request, round_, subject_pk)
    context = subject_context(request, round_, subject)
    if context["result"] is None:
        raise Http404
    plan = context["plan"]
    sources = read_sources(subject, plan, codes_of(plan, code))
    sources.own = own_assessors(round_, Tree(plan), [subject.pk]).get(subject.pk, {})
    context["figure"] = figure_of(plan, context["result"], sources, code)
    if context["figure"] is None:
        raise Http404
    context["files"] = files_of_figures(subject, [code])
    return fragment_or_page(request, "scoring/_figure.html", "scoring/figure.html", context)

"""The ranking of a round: one address, as a page, as a fragment for htmx, and for print."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from reviews.own_unit import own_assessors
from reviews.tree import Tree
from units import access
from units.guards import require

from ..forms import RankingFilter
from ..models import Computation
from ..ranking import columns, heads, lines, select
from .common import fragment_or_page, get_round, limit_lines, result_context

LIMITS_SHOWN = 8  # of the summary strip; the page of the limits has all


@require_GET
def ranking(request: HttpRequest, round_pk: int) -> HttpResponse:
    """Query string: q, category, grade, flag, size, sort, page; print=1 for all rows on paper."""
    round_ = get_round(round_pk)
    require(access.may_see_ranking(request.user, round_))
    context = result_context(request, round_)
    computation = context["computation"]
    if computation is None:
        return render(request, "scoring/ranking.html", context)
    context |= _table(request, context, computation)
    if request.GET.get("print"):
        return render(request, "scoring/ranking_print.html", context)
    context |= {"grades": grade_table(context["plan"], computation)}
    if context["sees_all"]:
        all_limits = limit_lines(computation, context["plan"], {})
        context |= {"limits": all_limits[:LIMITS_SHOWN], "limits_left": len(all_limits) - LIMITS_SHOWN}
    return fragment_or_page(request, "scoring/_ranking_table.html", "scoring/ranking.html", context)


def _table(request: HttpRequest, context: dict[str, Any], computation: Computation) -> dict[str, Any]:
    plan, sees_all = context["plan"], context["sees_all"]
    form = RankingFilter(request.GET, plan=plan, categories=list(computation.summary["grades"]), flags=sees_all)
    sort = request.GET.get("sort", "")
    rows = select(computation, plan, form, sort).select_related("subject")

    def opens(subject: Any) -> bool:
        return sees_all or access.may_see_result(request.user, context["round"], subject)

    found: dict[str, Any] = {
        "form": form,
        "sort": sort,
        "heads": heads(plan, _labels(), sort, scores=sees_all),
        "columns": columns(plan) if sees_all else (),
        "filtered": any(form.wanted(name) for name in ("q", "category", "grade", "flag")),
    }
    if request.GET.get("print"):
        own = own_assessors(context["round"], Tree(plan)) if sees_all else {}
        return found | {"lines": lines(rows.iterator(chunk_size=500), plan, computation, opens, own)}
    page = Paginator(rows, form.rows).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    ids = [row.subject_id for row in shown]
    own = own_assessors(context["round"], Tree(plan), ids) if sees_all else {}
    return found | {
        "page_obj": page,
        "page_numbers": page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1),
        "lines": list(lines(shown, plan, computation, opens, own)),
    }


def _labels() -> dict[str, str]:
    return {
        "rank": _("Rank"),
        "category_rank": _("In category"),
        "code": _("Code"),
        "name": _("Subject"),
        "category": _("Category"),
        "total": _("Total score"),
        "grade": _("Grade"),
    }


def grade_table(plan: Any, computation: Computation) -> dict[str, Any]:
    """How many hold each grade: a line per category and one for all, from the stored summary."""
    grades = [*plan.grades, ""]
    counted = computation.summary["grades"]
    rows = [
        {"title": category, "size": sum(held.values()), "held": [held.get(g, 0) for g in grades]}
        for category, held in counted.items()
    ]
    together = [sum(row["held"][n] for row in rows) for n in range(len(grades))]
    return {
        "grades": grades[:-1],
        "rows": rows,
        "all": {"size": sum(together), "held": together},
        "ungraded": together[-1],
    }

"""The earlier rounds that a round reads: which they are, and every subject's results in them (往期轮次)."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from appraisal_site.lib.numbers import as_id
from indicators.sets import readers
from reviews.models import Round, RoundSetMember
from reviews.navigation import round_context
from reviews.queries.earlier import Choices, choices, rounds_to_choose
from reviews.services.earlier import OPEN, add_earlier_rounds, remove_earlier_round
from reviews.services.errors import ReviewError
from units import access
from units.guards import require, require_known

from ..earlier import SetOfRound, sets_of
from .common import get_round

PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class Refused:
    """A change that was refused: on which set or member, why, and what was typed."""

    set: str
    member: int | None
    message: str
    reason: str = ""
    chosen: frozenset[int] = frozenset()


@require_http_methods(["GET", "POST"])
def earlier(request: HttpRequest, round_pk: int) -> HttpResponse:
    """The sets of a round with their rounds; the office adds and removes some until the result is announced."""
    require(access.may_see_earlier(request.user))
    round_ = get_round(round_pk)
    context = round_context(request, round_, "earlier")
    require_known(bool(readers(context["plan"])))
    refused: Refused | None = None
    if request.method == "POST":
        require(access.may_run_rounds(request.user))
        refused = _remove(request, round_) if request.POST.get("do") == "remove" else _add(request, round_)
        if refused is None:
            return redirect("scoring:earlier", round_pk)
    found = sets_of(round_)
    may_change = access.may_run_rounds(request.user) and round_.phase in OPEN
    offered = rounds_to_choose(round_) if may_change else []
    context |= {
        "sets": [(one, _choices(offered, one, round_)) for one in found.sets],
        "named": found.named,
        "may_change": may_change,
        "refused": refused,
    }
    return render(request, "scoring/earlier.html", context, status=422 if refused else 200)


def _choices(offered: list[Round], one: SetOfRound, round_: Round) -> Choices:
    return choices(offered, one.set, round_.name, taken=[each.row for each in one.members if each.row is not None])


def _add(request: HttpRequest, round_: Round) -> Refused | None:
    code = request.POST.get("set", "")
    ids = [pk for text in request.POST.getlist("round") if (pk := as_id(text)) is not None]
    chosen = list(Round.objects.filter(pk__in=ids).order_by("name"))
    try:
        added = add_earlier_rounds(round=round_, set_name=code, earlier=chosen, by=request.user)  # type: ignore[arg-type]
    except ReviewError as error:
        return Refused(code, None, str(error), chosen=frozenset(ids))
    words = ngettext("%(count)d earlier round was added.", "%(count)d earlier rounds were added.", len(added))
    messages.success(request, words % {"count": len(added)})
    return None


def _remove(request: HttpRequest, round_: Round) -> Refused | None:
    pk = request.POST.get("member", "")
    members = RoundSetMember.objects.select_related("earlier", "round__plan_version")
    member = get_object_or_404(members, round=round_, pk=as_id(pk) or 0)
    reason = request.POST.get("reason", "")
    try:
        remove_earlier_round(member=member, reason=reason, by=request.user)  # type: ignore[arg-type]
    except ReviewError as error:
        return Refused(member.set_name, member.pk, str(error), reason=reason)
    messages.success(request, _("The earlier round was removed. The log keeps the reason."))
    return None


# ---------------------------------------------------------------- one set, subject by subject


@require_GET
def earlier_subjects(request: HttpRequest, round_pk: int, code: str) -> HttpResponse:
    """What each subject has in each round of a set; `?show=missing`: those who lack one, `?round=`: this one."""
    require(access.may_see_earlier(request.user))
    round_ = get_round(round_pk)
    found = sets_of(round_)
    one = found.get(code)
    require_known(one is not None)
    assert one is not None
    filters = {name: request.GET.get(name, "").strip() for name in ("show", "round", "q")}
    names = [member.name for member in one.members]
    columns = [found.cells.get((code, name), {}) for name in names]
    wanted = [column for name, column in zip(names, columns, strict=True) if filters["round"] in ("", name)]
    shown = [
        subject
        for subject in found.subjects
        if all(word in subject.name or word in subject.code for word in filters["q"].split())
        and (filters["show"] != "missing" or any(subject.pk not in column for column in wanted))
    ]
    page = Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page"))
    context = round_context(request, round_, "earlier") | {
        "set": one,
        "page_obj": page,
        "rows": [(subject, [column.get(subject.pk) for column in columns]) for subject in page.object_list],
        "filters": filters,
        "has_workbook": any(member.workbook for member in one.members),
    }
    return render(request, "scoring/earlier_subjects.html", context)

"""The payout list, and for the office the months of those who were there only part of the period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from reviews.models import Phase, Round
from reviews.numbers import normal
from reviews.services.errors import Conflict, InvalidInput, ReviewError
from reviews.services.selections import PresenceRow, presence_token, save_presence
from units import access
from units.guards import require, require_known

from ..payout import Line, Table, in_words, payout_lines, payout_table, presences, sums_by_category, sums_by_grade
from ..payout import total_of as total
from ..standings import read_standings
from .common import get_round, result_context

PAGE = 100
PART = "part"


@dataclass(slots=True)
class Row:
    """A line of the list with the fields of its months as they are shown or were typed."""

    line: Line
    months: str
    reason: str
    error: str = ""

    @property
    def seen(self) -> str:
        """What is stored, to tell an edited row from one left alone and from one that somebody else edited."""
        return presence_token(self.line.presence)


@require_http_methods(["GET", "POST"])
def payout(request: HttpRequest, round_pk: int) -> HttpResponse:
    """Query string: category, q, show=part, page; print=1 for the whole list on paper."""
    require(access.may_see_all_results(request.user))
    round_ = get_round(round_pk)
    context = result_context(request, round_, "selections")
    table = payout_table(round_, context["plan"])
    require_known(table is not None)
    assert table is not None
    refused: dict[int, ReviewError] = {}
    if request.method == "POST":
        require(access.may_run_rounds(request.user))
        answer, refused = _save(request, round_)
        if answer is not None:
            return answer
    context |= {
        "table": table,
        "has_selections": bool(round_.plan_version.document.get("selections")),
        "may_change": access.may_run_rounds(request.user) and round_.phase != Phase.SEALED and table.by_months,
        "refused": refused,
    }
    if context["computation"] is not None:
        context |= _list(request, round_, table, context, refused)
    name = "scoring/payout_print.html" if request.GET.get("print") else "scoring/payout.html"
    return render(request, name, context, status=422 if refused else 200)


def _list(
    request: HttpRequest, round_: Round, table: Table, context: dict[str, Any], refused: dict[int, ReviewError]
) -> dict[str, Any]:
    plan = context["plan"]
    lines = payout_lines(table, read_standings(context["computation"], plan), presences(round_))
    filters = {name: request.GET.get(name, "").strip() for name in ("category", "q", "show")}
    together = total(lines)
    categories = sums_by_category(plan, lines)
    page = Paginator(_filtered(lines, filters), PAGE).get_page(request.GET.get("page"))
    return {
        "lines": lines if request.GET.get("print") else (),
        "rows": [_row(request, line, refused) for line in page.object_list],
        "page_obj": page,
        "filters": filters,
        "categories": [(each.title, each.count) for each in categories],
        "by_grade": sums_by_grade(table, plan, lines),
        "by_category": categories,
        "together": together,
        "in_words": in_words(table, together.paid),
    }


def _filtered(lines: list[Line], filters: dict[str, str]) -> list[Line]:
    words = filters["q"].casefold().split()
    return [
        line
        for line in lines
        if (not filters["category"] or line.standing.category == filters["category"])
        and (filters["show"] != PART or line.presence is not None)
        and all(word in f"{line.standing.code} {line.standing.name}".casefold() for word in words)
    ]


def _row(request: HttpRequest, line: Line, refused: dict[int, ReviewError]) -> Row:
    presence, pk = line.presence, line.standing.pk
    months, reason = (str(presence.months), presence.reason) if presence else ("", "")
    row = Row(line, months, reason)
    if error := refused.get(pk):
        # What was typed stays; the token is renewed, so that saving again is a choice made.
        row.months = request.POST.get(f"months-{pk}", "")
        row.reason = request.POST.get(f"reason-{pk}", "")
        row.error = str(error)
        if isinstance(error, Conflict):
            words = _("%(who)s has entered %(value)s. Saving again takes yours.")
            row.error = words % {"who": error.theirs.by or "—", "value": error.theirs.value}
    return row


# ---------------------------------------------------------------- saving


def _save(request: HttpRequest, round_: Round) -> tuple[HttpResponse | None, dict[int, ReviewError]]:
    """The answer if everything could be saved; else what was refused, by subject."""
    rows, refused = _posted(request)
    try:
        saved, by_service = save_presence(round=round_, rows=rows, by=request.user)  # type: ignore[arg-type]
    except ReviewError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(request.get_full_path()), {}
    refused |= by_service
    if saved:
        words = ngettext("%(count)d change saved.", "%(count)d changes saved.", saved)
        messages.success(request, words % {"count": saved})
    return (None if refused else HttpResponseRedirect(request.get_full_path())), refused


def _posted(request: HttpRequest) -> tuple[list[PresenceRow], dict[int, ReviewError]]:
    """The rows that differ from what the page showed, and those whose months are no whole number."""
    post, rows = request.POST, []
    refused: dict[int, ReviewError] = {}
    for name in post:
        pk = name.removeprefix("seen-")
        if pk == name or not pk.isdecimal() or len(pk) > 18:
            continue
        months, reason = normal(post.get(f"months-{pk}", "")), post.get(f"reason-{pk}", "").strip()[:240]
        seen = post.get(name, "")
        if f"{months}|{reason}" == seen:
            continue
        if (months and not months.isdecimal()) or len(months) > 4:
            refused[int(pk)] = InvalidInput(_("“%(text)s” is not a whole number of months.") % {"text": months})
        else:
            rows.append(PresenceRow(int(pk), int(months) if months else None, reason, seen))
    return rows, refused

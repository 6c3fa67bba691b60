"""Entering marks: the sheets of an account, and one sheet with all its subjects."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.paginator import Page
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from appraisal_site.lib.numbers import as_id
from reviews.forms.sheet import SheetRow, posted_rows, stored_row, wanted
from reviews.models import Assignment, Phase, Round, Subject
from reviews.navigation import round_context
from reviews.own_unit import OwnUnits, own_units
from reviews.queries.evidence import cell_key, sheet_counts
from reviews.queries.freezing import Standing, standing_of
from reviews.queries.marks import cells_of
from reviews.queries.progress import completeness, entered_filter, leaf_progress, missing_subjects
from reviews.queries.rounds import categories_of, subjects_of
from reviews.queries.self_reports import words_beside_marks
from reviews.services.errors import RoundClosed
from reviews.services.marks import save_rows
from reviews.tree import Tree, takes_marks
from units import access
from units.guards import require, require_known

from ._common import get_round, paged, tree_of


@require_GET
def my_marks(request: HttpRequest, pk: int) -> HttpResponse:
    """The account's own sheets; office and auditors see all of them."""
    round_ = get_round(request, pk)
    require(access.may_see_some_marks(request.user))
    assignments = [
        assignment
        for assignment in round_.assignments.select_related("unit")
        if access.may_see_marks(request.user, assignment)
    ]
    leaves = leaf_progress(round_, tree_of(round_), assignments)
    mine = [leaf for leaf in leaves if leaf.assignment and access.may_enter_marks(request.user, leaf.assignment)]
    others = [leaf for leaf in leaves if leaf not in mine]
    context = round_context(request, round_, "marks") | {
        "groups": [
            (title, rows, completeness(rows))
            for title, rows in ((_("I enter"), mine), (_("Others enter"), others))
            if rows
        ],
        "collecting": round_.phase == Phase.COLLECTING,
        "may_delegate": any(access.may_delegate(request.user, assignment) for assignment in assignments),
        "deputy": any(access.stands_in_for(request.user, assignment) for assignment in assignments),
        "all_sheets": access.may_see_all_marks(request.user),
    }
    return render(request, "reviews/my_marks.html", context)


@dataclass(slots=True)
class _Sheet:
    """One sheet as this request asks for it."""

    round: Round
    tree: Tree
    assignment: Assignment
    page: Page[Any]
    filters: dict[str, str]
    standing: Standing
    own: OwnUnits
    entitled: bool = False
    rows: list[SheetRow] = field(default_factory=list)

    @property
    def subjects(self) -> list[Subject]:
        return list(self.page.object_list)

    def office_enters(self, user: Any) -> bool:
        """Whether the office has cells of its own here: those that the plan forbids to the only assessor."""
        ids = [subject.pk for subject in self.subjects]
        return access.is_office(user) and bool(self.own.office_cells(self.assignment, ids))


@require_http_methods(["GET", "POST"])
def mark_sheet(request: HttpRequest, pk: int, assignment_pk: int) -> HttpResponse:
    """All subjects of one leaf on one page. Right rows are saved, wrong ones stay as typed."""
    round_ = get_round(request, pk)
    assignment = get_object_or_404(Assignment.objects.select_related("unit"), pk=assignment_pk, round=round_)
    require_known(access.may_see_marks(request.user, assignment))
    sheet = _sheet(request, round_, assignment)
    sheet.entitled = access.may_enter_marks(request.user, assignment)
    editable = sheet.entitled or sheet.office_enters(request.user)
    if request.method == "POST":
        require(editable)
        return _save(request, sheet)
    cells = cells_of(assignment, sheet.tree, [subject.pk for subject in sheet.subjects])
    sheet.rows = [stored_row(subject, cells.get(subject.pk)) for subject in sheet.subjects]
    open_now = round_.phase == Phase.COLLECTING and not sheet.standing.frozen
    return _page(request, sheet, editable=editable and open_now)


def _sheet(request: HttpRequest, round_: Round, assignment: Assignment) -> _Sheet:
    tree = tree_of(round_)
    require_known(takes_marks(tree.nodes[assignment.indicator]))
    filters = {name: request.GET.get(name, "").strip() for name in ("category", "q", "show")}
    found = subjects_of(round_, category=filters["category"], words=filters["q"])
    if filters["show"] == "missing":
        still = missing_subjects(round_, tree, assignment.indicator, assignment.assessor)
        found = found.filter(pk__in=still.values("pk"))
    elif filters["show"] == "entered":
        node = tree.nodes[assignment.indicator]
        found = found.filter(entered_filter(node, assignment.assessor))
    own = own_units(round_, tree)
    return _Sheet(round_, tree, assignment, paged(request, found), filters, standing_of(round_, assignment), own)


def _save(request: HttpRequest, sheet: _Sheet) -> HttpResponse:
    posted = [key.removeprefix("seen-") for key in request.POST if key.startswith("seen-")]
    ids = [pk for key in posted if (pk := as_id(key)) is not None]
    # The rows that were on the page, even if the filter would no longer show them.
    subjects = list(subjects_of(sheet.round).filter(pk__in=ids))
    require_known(len(subjects) == len(posted))
    cells = cells_of(sheet.assignment, sheet.tree, ids)
    rows = posted_rows(request.POST, subjects, cells)
    changes = [change for row in rows if (change := wanted(row))]
    try:
        saved = save_rows(assignment=sheet.assignment, rows=changes, by=request.user)  # type: ignore[arg-type]
    except RoundClosed as error:
        messages.error(request, str(error))
        sheet.rows = rows
        return _page(request, sheet, editable=False, status=409)
    for row in rows:
        if refusal := saved.refused.get(row.subject.pk):
            row.refuse(refusal)
    refused = [row for row in rows if row.error]
    if not refused:
        _say_saved(request, saved.changed)
        return HttpResponseRedirect(request.get_full_path())
    now = cells_of(sheet.assignment, sheet.tree, ids)
    sheet.rows = [row if row.error else stored_row(row.subject, now.get(row.subject.pk)) for row in rows]
    return _page(request, sheet, editable=True, saved=saved.changed, refused=refused)


def _say_saved(request: HttpRequest, changed: int) -> None:
    if changed:
        words = ngettext("%(count)d change saved.", "%(count)d changes saved.", changed)
        messages.success(request, words % {"count": changed})
    else:
        messages.info(request, _("Nothing was changed."))


def _page(
    request: HttpRequest,
    sheet: _Sheet,
    *,
    editable: bool,
    saved: int = 0,
    refused: list[SheetRow] | None = None,
    status: int = 200,
) -> HttpResponse:
    plan = sheet.tree.plan
    office = access.is_office(request.user)
    for row in sheet.rows:
        row.show_own_unit(sheet.own, sheet.assignment, office=office, entitled=sheet.entitled)
    [leaf] = leaf_progress(sheet.round, sheet.tree, [sheet.assignment])
    files = sheet_counts(sheet.assignment, [row.subject.pk for row in sheet.rows])
    for row in sheet.rows:
        row.files = files.get(row.subject.pk, 0)
        row.files_key = cell_key(leaf.node.method, leaf.node.code, row.subject.pk, sheet.assignment.pk)
    context = round_context(request, sheet.round, "marks") | {
        "sheet": sheet,
        "leaf": leaf,
        "page_obj": sheet.page,
        "rows": sheet.rows,
        "beside": words_beside_marks([row.subject.pk for row in sheet.rows], leaf.node.code),
        "editable": editable,
        "collecting": sheet.round.phase == Phase.COLLECTING,
        "categories": categories_of(sheet.round),
        "step": Decimal(1).scaleb(-plan.decimals),
        "saved": saved,
        "refused": refused or [],
        "conflicts": sum(row.theirs is not None for row in sheet.rows),
    }
    return render(request, "reviews/mark_sheet.html", context, status=status)

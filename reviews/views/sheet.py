"""The score sheet as a grid: its page, and the small requests by which it reads and saves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, RawPostDataException
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from appraisal_site.lib.fields import canonical
from reviews.models import Assignment, Phase, Round, Subject
from reviews.navigation import round_context
from reviews.own_unit import OwnUnits, own_units
from reviews.queries import sheet as queries
from reviews.queries.keystroke import light_round
from reviews.queries.sheet import Grid, Leaf
from reviews.queries.sheet_cells import cells_of_grid, close_own_units
from reviews.queries.sheet_changes import changes_since, cursor_of
from reviews.queries.sheet_said import may_read_said, said_in_grid, said_of_cell
from reviews.services.errors import Conflict, InvalidInput, NotAllowed
from reviews.services.sheet import Answer, Wish, save_cells
from reviews.tree import takes_marks
from reviews.words import is_late
from units import access
from units.guards import require, require_known
from units.views._common import who

from ._common import get_round
from .history import cell_fragment

BATCH = 600  # cells in one request


@require_GET
def score_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """The page around the grid; what stands in it comes by `sheet_data`."""
    round_ = get_round(request, pk)
    require(access.may_see_some_marks(request.user))
    grid = queries.grid_of(who(request), round_)
    editable = any(not leaf.reason for leaf in grid.leaves)
    context = round_context(request, round_, "marks") | {
        "config": _config(request, round_, editable=editable),
        "leaves": grid.leaves,
        "editable": editable,
        "collecting": round_.phase == Phase.COLLECTING,
        "late": is_late(round_.deadline),
    }
    return render(request, "reviews/score_sheet.html", context)


def _config(request: HttpRequest, round_: Round, *, editable: bool) -> dict[str, Any]:
    names = ("sheet_data", "sheet_cell", "sheet_cells", "sheet_changes", "sheet_history")
    urls = {name.removeprefix("sheet_"): reverse(f"reviews:{name}", args=[round_.pk]) for name in names}
    return urls | {
        "page": reverse("reviews:score_sheet", args=[round_.pk]),
        "plain": reverse("reviews:my_marks", args=[round_.pk]),
        "login": reverse("units:login"),
        "round": round_.pk,
        "user": request.user.pk,
        "user_name": str(request.user),
        "editable": editable,
        "batch": BATCH,
    }


def _grid(request: HttpRequest, pk: int) -> Grid:
    """The grid of a small request: the plan's document stays in the database."""
    round_ = _round(request, pk)
    require(access.may_see_some_marks(request.user))
    return queries.grid_of(who(request), round_)


def _round(request: HttpRequest, pk: int) -> Round:
    """As `get_round`, for small requests."""
    require(access.may_see_rounds(request.user))
    round_ = light_round(pk)
    if round_ is None:
        raise Http404
    return round_


@require_GET
def sheet_data(request: HttpRequest, pk: int) -> JsonResponse:
    """The whole grid. The cursor is read before the cells: what changes in between comes with the first changes."""
    grid = _grid(request, pk)
    plan, user = grid.tree.plan, who(request)
    cursor = cursor_of(grid.round)
    own = own_units(grid.round, grid.tree)
    subjects = queries.subjects_data(user, grid.round)
    cells = close_own_units(user, grid, own, cells_of_grid(grid), [row["id"] for row in subjects])
    data = {
        "cursor": cursor,
        "shape": queries.shape_of(grid),
        "decimals": plan.decimals,
        "notes_required": plan.notes_required,
        "leaves": [_leaf(grid, leaf, own) for leaf in grid.leaves],
        "groups": queries.groups_data(grid),
        "subjects": subjects,
        "cells": cells,
    }
    return _json(data | _phase(grid))


def _leaf(grid: Grid, leaf: Leaf, own: OwnUnits) -> dict[str, Any]:
    node, one = leaf.node, leaf.assignment
    marked = takes_marks(node)
    data: dict[str, Any] = {
        "id": one.pk,
        "code": node.code,
        "title": node.title,
        "crumbs": grid.tree.crumbs(node.code),
        "parents": list(grid.tree.path(node.code)[1:]),
        "method": "marks" if marked else node.method,
        "points": canonical(node.points) if marked else None,
        "decimals": grid.tree.plan.decimals if marked else None,
        "notes_required": marked and grid.tree.plan.notes_required,
        "assessor": one.assessor or _("appraisal office"),
        "deadline": one.deadline or grid.round.deadline,
        "editable": not leaf.reason,
        "reason": leaf.reason,
        "until": leaf.until,
        "form": _form_of(one, marked=marked),
    }
    # Whom the assessor marks as its own unit, or as a person of it.
    if conflicts := sorted(subject for pk, subject in own.pairs if pk == one.pk):
        data["own"] = conflicts
    if leaf.parts:
        words = {"target": _("Target"), "actual": _("Actual")}
        data["parts"] = [{"part": part, "label": words[part]} for part in leaf.parts]
    return data


def _form_of(assignment: Assignment, *, marked: bool) -> str:
    """The plain form of the same leaf."""
    name = "reviews:mark_sheet" if marked else "reviews:number_sheet"
    return reverse(name, args=[assignment.round_id, assignment.pk])


def _phase(grid: Grid) -> dict[str, Any]:
    return {"phase": grid.round.phase, "phase_words": grid.round.get_phase_display()}


@require_GET
def sheet_changes(request: HttpRequest, pk: int) -> JsonResponse:
    """What anybody changed since the cursor; `shape` other than the grid's: read the whole again."""
    grid = _grid(request, pk)
    since = request.GET.get("since", "")
    if not since.isascii() or not since.isdigit() or len(since) > 18:
        return _json({"state": "refused", "message": _("The request cannot be read.")}, status=400)
    changes = changes_since(who(request), grid, int(since))
    # What may change without any cell changing: a phase, a deadline, who enters.
    leaves = [
        {"id": leaf.assignment.pk, "editable": not leaf.reason, "reason": leaf.reason, "until": leaf.until}
        for leaf in grid.leaves
    ]
    news = {"cursor": changes.cursor, "cells": changes.cells, "shape": queries.shape_of(grid), "leaves": leaves}
    return _json(news | _phase(grid))


@require_GET
def sheet_history(request: HttpRequest, pk: int) -> HttpResponse:
    """The history of one cell, as a fragment."""
    return cell_fragment(request, get_round(request, pk))


@require_GET
def sheet_said(request: HttpRequest, pk: int) -> HttpResponse:
    """The scores that those appraised give themselves, by cell; with `?assignment=&subject=` one cell's, in full."""
    grid = _grid(request, pk)
    if "assignment" not in request.GET:
        return _json({"cells": said_in_grid(who(request), grid)})
    wanted = [request.GET.get(name, "") for name in ("assignment", "subject")]
    require_known(all(text.isascii() and text.isdigit() and len(text) <= 18 for text in wanted))
    assignment, subject_pk = map(int, wanted)
    leaf = next((leaf for leaf in grid.leaves if leaf.assignment.pk == assignment), None)
    require_known(leaf is not None and may_read_said(who(request), grid))
    subject = get_object_or_404(Subject, round=grid.round, pk=subject_pk)
    assert leaf is not None
    said = said_of_cell(who(request), grid, leaf, subject)
    return render(request, "reviews/_sheet_said.html", {"round": grid.round, "subject": subject, "said": said})


# ---------------------------------------------------------------- saving


@require_POST
def sheet_cell(request: HttpRequest, pk: int) -> JsonResponse:
    """Save one cell; the status says what became of it."""
    round_ = _round_to_enter(request, pk)
    try:
        wish = _wish(_body(request))
    except ValueError:
        return _unreadable()
    try:
        [answer] = _save(request, round_, [wish])
    except OperationalError:
        return _busy()
    return _json(_answer(answer), status=_status(answer))


@require_POST
def sheet_cells(request: HttpRequest, pk: int) -> JsonResponse:
    """Save a block; each cell is decided on its own and answered in its place."""
    round_ = _round_to_enter(request, pk)
    try:
        wishes = [_wish(row) for row in _rows(_body(request))]
    except ValueError:
        return _unreadable()
    if len(wishes) > BATCH:
        message = _("At most %(count)d cells can be saved at once.") % {"count": BATCH}
        return _json({"state": "refused", "message": message}, status=400)
    try:
        answers = _save(request, round_, wishes)
    except OperationalError:
        return _busy()
    return _json({"cells": [_answer(answer) for answer in answers]})


def _round_to_enter(request: HttpRequest, pk: int) -> Round:
    round_ = _round(request, pk)
    require(access.may_enter_some_marks(request.user))
    return round_


def _save(request: HttpRequest, round_: Round, wishes: Sequence[Wish]) -> list[Answer]:
    user = who(request)
    grid = queries.grid_of(user, round_, {wish.assignment for wish in wishes})
    return save_cells(grid=grid, wishes=wishes, by=user)


def _body(request: HttpRequest) -> dict[str, Any]:
    """Raises ValueError (which wrong JSON and wrong UTF-8 are) if the body is not an object."""
    try:
        body = json.loads(request.body.decode())
    except RawPostDataException as error:  # a form with files, which was read as such
        raise ValueError from error
    if not isinstance(body, dict):
        raise ValueError
    return body


def _rows(body: dict[str, Any]) -> Sequence[dict[str, Any]]:
    rows = body.get("cells")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError
    return rows


# Field → its type. What is left out is empty.
FIELDS: dict[str, type] = {
    "assignment": int,
    "subject": int,
    "part": str,
    "value": str,
    "na": bool,
    "note": str,
    "seen": str,
}


def _wish(row: dict[str, Any]) -> Wish:
    """Raises ValueError for what no grid sends."""
    given = {name: value for name, value in row.items() if name in FIELDS and value is not None}
    if not {"assignment", "subject"} <= given.keys():
        raise ValueError
    for name, value in given.items():
        # Not isinstance: to Python a truth value is a number.
        if type(value) is not FIELDS[name]:
            raise ValueError
        if isinstance(value, int) and not 0 <= value < 2**63:
            raise ValueError
        if isinstance(value, str) and "\x00" in value:
            raise ValueError
    return Wish(**given)


def _answer(answer: Answer) -> dict[str, Any]:
    cell = {"na": False, "note": "", "by": "", "at": ""} | answer.cell
    error = answer.error
    if error is None:
        return {"state": "saved"} | cell
    if isinstance(error, Conflict):
        return {"state": "conflict", "message": str(error), "theirs": cell}
    field = error.field if isinstance(error, InvalidInput) else ""
    return {"state": "refused", "message": str(error), "field": field}


def _status(answer: Answer) -> int:
    if answer.error is None:
        return 200
    if isinstance(answer.error, Conflict):
        return 409
    return 403 if isinstance(answer.error, NotAllowed | PermissionDenied) else 422


def _json(data: dict[str, Any], status: int = 200) -> JsonResponse:
    response = JsonResponse(data, status=status, json_dumps_params={"ensure_ascii": False, "separators": (",", ":")})
    response.headers["Cache-Control"] = "no-store"
    return response


def _unreadable() -> JsonResponse:
    return _json({"state": "refused", "message": _("The request cannot be read.")}, status=400)


def _busy() -> JsonResponse:
    message = _("The database is busy; the cell will be sent again.")
    return _json({"state": "busy", "message": message}, status=503)

"""A plain sheet for leaves that take a target and an actual, or one number."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from appraisal_site.lib.fields import canonical
from reviews.models import Assignment, Attainment, NumberInput, Phase, Subject
from reviews.navigation import round_context
from reviews.numbers import read_number
from reviews.queries.evidence import cell_key, sheet_counts
from reviews.queries.freezing import standing_of
from reviews.queries.progress import leaf_progress
from reviews.queries.rounds import categories_of, subjects_of
from reviews.services.errors import Conflict, ReviewError, RoundClosed
from reviews.services.figure_checks import frozen_targets
from reviews.services.numbers import NumberRow, excluded_subjects, rows_of, save_numbers, token
from reviews.tree import ATTAINMENT, NUMBERS
from units import access
from units.guards import require, require_known
from units.models import User

from ._common import get_round, paged, tree_of


@dataclass(slots=True)
class Line:
    """One subject's fields on the page."""

    subject: Subject
    target: str = ""
    value: str = ""
    seen: str = ""
    was: str = ""
    locked: bool = False
    frozen: bool = False  # its target is confirmed
    by: User | None = None
    at: datetime | None = None
    error: str = ""
    files: int = 0
    files_key: str = ""

    @property
    def signature(self) -> str:
        return hashlib.sha256(f"{self.target}\x1f{self.value}".encode()).hexdigest()[:12]


@require_http_methods(["GET", "POST"])
def number_sheet(request: HttpRequest, pk: int, assignment_pk: int) -> HttpResponse:
    """All subjects of one leaf; right rows are saved, wrong ones stay as typed."""
    round_ = get_round(request, pk)
    assignment = get_object_or_404(Assignment.objects.select_related("unit"), pk=assignment_pk, round=round_)
    require_known(access.may_see_marks(request.user, assignment))
    tree = tree_of(round_)
    node = tree.nodes[assignment.indicator]
    require_known(node.method in ATTAINMENT | NUMBERS)
    filters = {name: request.GET.get(name, "").strip() for name in ("category", "q")}
    page = paged(request, subjects_of(round_, category=filters["category"], words=filters["q"]))
    subjects = list(page.object_list)
    ids = [subject.pk for subject in subjects]
    excluded = excluded_subjects(tree, node.code, ids)
    stored, frozen = rows_of(node, ids), frozen_targets(node, ids)
    lines = [
        _line(subject, stored.get(subject.pk), subject.pk in excluded, frozen.get(subject.pk)) for subject in subjects
    ]
    saved = 0
    if request.method == "POST":
        require(access.may_enter_marks(request.user, assignment))
        try:
            saved = _save(request, assignment, lines)
        except RoundClosed as error:
            messages.error(request, str(error))
        else:
            if not any(line.error for line in lines):
                words = ngettext("%(count)d change saved.", "%(count)d changes saved.", saved)
                messages.success(request, words % {"count": saved})
                return HttpResponseRedirect(request.get_full_path())
    [leaf] = leaf_progress(round_, tree, [assignment])
    standing = standing_of(round_, assignment)
    open_now = round_.phase == Phase.COLLECTING and not standing.frozen
    files = sheet_counts(assignment, ids)
    for line in lines:
        line.files = files.get(line.subject.pk, 0)
        line.files_key = cell_key(node.method, node.code, line.subject.pk, assignment.pk)
    context = round_context(request, round_, "marks") | {
        "leaf": leaf,
        "attainment": node.method in ATTAINMENT,
        "page_obj": page,
        "rows": lines,
        "refused": [line for line in lines if line.error],
        "saved": saved,
        "filters": filters,
        "categories": categories_of(round_),
        "standing": standing,
        "collecting": round_.phase == Phase.COLLECTING,
        "editable": access.may_enter_marks(request.user, assignment) and open_now,
    }
    return render(request, "reviews/number_sheet.html", context)


def _line(subject: Subject, row: Attainment | NumberInput | None, locked: bool, frozen: Decimal | None = None) -> Line:
    line = Line(subject, seen=token(row), locked=locked)
    if row is not None:
        line.by, line.at = row.updated_by, row.updated_at
        if isinstance(row, Attainment):
            line.target, line.value = canonical(row.target), canonical(row.actual)
        else:
            line.value = canonical(row.value)
    if frozen is not None:
        line.frozen, line.target = True, canonical(frozen)
    line.was = line.signature
    return line


def _save(request: HttpRequest, assignment: Assignment, lines: list[Line]) -> int:
    """Take over the posted fields, save what changed; each line says what was wrong with it."""
    post: Any = request.POST
    rows = []
    for line in lines:
        key = line.subject.pk
        if f"seen-{key}" not in post:
            continue
        if not line.frozen:
            line.target = post.get(f"target-{key}", "").strip()
        line.value = post.get(f"value-{key}", "").strip()
        line.seen, line.was = post[f"seen-{key}"], post.get(f"was-{key}", "")
        if line.signature == line.was:
            continue
        try:
            target = _read(line.target) if line.value or not line.frozen else None
            rows.append(NumberRow(key, _read(line.value), target, line.seen))
        except ReviewError as error:
            line.error = str(error)
    saved = save_numbers(assignment=assignment, rows=rows, by=request.user)  # type: ignore[arg-type]
    for line in lines:
        refusal = saved.refused.get(line.subject.pk)
        if refusal is None:
            continue
        line.error = str(refusal)
        if isinstance(refusal, Conflict):
            words = _("%(who)s has entered %(value)s. Saving again takes yours.")
            theirs = refusal.theirs
            line.error = words % {"who": theirs.by or "—", "value": theirs.value}
            line.seen = theirs.seen
    _renew(assignment, lines)
    return saved.changed


def _renew(assignment: Assignment, lines: list[Line]) -> None:
    """What was saved shows its new state; what was refused keeps what was typed."""
    node = tree_of(assignment.round).nodes[assignment.indicator]
    ids = [line.subject.pk for line in lines]
    stored, frozen = rows_of(node, ids), frozen_targets(node, ids)
    for place, line in enumerate(lines):
        if not line.error:
            pk = line.subject.pk
            lines[place] = _line(line.subject, stored.get(pk), line.locked, frozen.get(pk))


def _read(text: str) -> Decimal | None:
    return read_number(text, "value") if text else None

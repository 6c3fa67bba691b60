"""Verifying reported figures of one leaf, and setting its targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from appraisal_site.lib.fields import canonical
from appraisal_site.lib.numbers import as_id
from reviews.models import Assignment, FigureReport, FigureState, Phase, Target, TargetState
from reviews.navigation import round_context
from reviews.numbers import read_number
from reviews.queries.evidence import sheet_counts
from reviews.queries.figures import FIGURES, WAITING, FigureLine, lines_of_leaf
from reviews.queries.progress import leaf_progress
from reviews.queries.rounds import categories_of, subjects_of
from reviews.services.errors import Conflict, InvalidInput, ReviewError, RoundClosed
from reviews.services.figures import Verdict, verify_figures
from reviews.services.targets import TargetRow, decide_targets, set_targets, target_token
from reviews.tree import ATTAINMENT
from units import access
from units.guards import require, require_known

from ._common import get_round, paged, tree_of


@dataclass(slots=True)
class VerifyRow:
    """One report on the page of those to verify, as stored or as typed."""

    line: FigureLine
    may: bool
    state: str = ""
    value: str = ""
    reason: str = ""
    error: str = ""


@require_http_methods(["GET", "POST"])
def figures_verify(request: HttpRequest, pk: int, assignment_pk: int) -> HttpResponse:
    """The reported figures of one leaf: accept, change, send back; all that are ticked at once."""
    round_ = get_round(request, pk)
    assignment = get_object_or_404(Assignment.objects.select_related("unit"), pk=assignment_pk, round=round_)
    require_known(access.may_see_marks(request.user, assignment))
    tree = tree_of(round_)
    node = tree.nodes[assignment.indicator]
    require_known(node.method in FIGURES)
    may_verify = access.is_office(request.user) or access.may_enter_marks(request.user, assignment)
    filters = {name: request.GET.get(name, "").strip() for name in ("category", "q", "show")}
    found = subjects_of(round_, category=filters["category"], words=filters["q"])
    if filters["show"] == "waiting":
        waiting = FigureReport.objects.filter(WAITING, subject__round=round_, indicator=node.code)
        found = found.filter(pk__in=waiting.values("subject"))
    page = paged(request, found)
    rows = [
        VerifyRow(line, access.may_verify(request.user, assignment, line.subject))
        for line in lines_of_leaf(tree, node, list(page.object_list))
    ]
    if request.method == "POST":
        require(may_verify)
        changed = _verify(request, assignment, rows)
        if changed is not None and not any(row.error for row in rows):
            words = ngettext("%(count)d figure decided.", "%(count)d figures decided.", changed)
            messages.success(request, words % {"count": changed})
            return HttpResponseRedirect(request.get_full_path())
    [leaf] = leaf_progress(round_, tree, [assignment])
    context = round_context(request, round_, "figures") | {
        "leaf": leaf,
        "assignment": assignment,
        "page_obj": page,
        "rows": rows,
        "files": sheet_counts(assignment, [row.line.subject.pk for row in rows]),
        "refused": [row for row in rows if row.error],
        "attainment": node.method in ATTAINMENT,
        "editable": may_verify and round_.phase == Phase.COLLECTING,
        "filters": filters,
        "categories": categories_of(round_),
    }
    return render(request, "reviews/attainment_verify.html", context, status=422 if context["refused"] else 200)


def _verify(request: HttpRequest, assignment: Assignment, rows: list[VerifyRow]) -> int | None:
    """Send the verdicts that were given; None if the round or the sheet is closed."""
    post: Any = request.POST
    verdicts: dict[int, tuple[VerifyRow, Verdict]] = {}
    for row in rows:
        # The field names the report that was looked at: another one by now is a conflict, not a mistake.
        looked_at = post.get(f"report-{row.line.subject.pk}", "")
        if (report := as_id(looked_at)) is None:
            continue
        row.state = post.get(f"state-{looked_at}", "")
        if post.get("do") == "accept_all" and row.line.waits and row.may:
            row.state = row.state or FigureState.ACCEPTED
        row.value = post.get(f"value-{looked_at}", "").strip()
        row.reason = post.get(f"reason-{looked_at}", "").strip()
        if not row.state:
            continue
        try:
            value = read_number(row.value, "value") if row.value and row.state == FigureState.CHANGED else None
        except ReviewError as error:
            row.error = str(error)
            continue
        verdicts[report] = row, Verdict(report, row.state, value, row.reason)
    by: Any = request.user
    try:
        saved = verify_figures(assignment=assignment, verdicts=[verdict for _row, verdict in verdicts.values()], by=by)
    except (RoundClosed, InvalidInput) as error:
        messages.error(request, str(error))
        return None
    for key, refused in saved.refused.items():
        row, _verdict = verdicts[int(key)]
        row.error = str(refused)
        if isinstance(refused, Conflict):
            words = _("Meanwhile it is “%(state)s” (%(who)s). Look at it again.")
            row.error = words % {"state": refused.theirs.value, "who": refused.theirs.by or "—"}
    return saved.changed


@dataclass(slots=True)
class TargetLine:
    """One subject's target on the office's page, as stored or as typed."""

    line: FigureLine
    value: str = ""
    note: str = ""
    seen: str = ""
    error: str = ""


@require_http_methods(["GET", "POST"])
def figures_targets(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """The targets of one leaf. The office sets them, confirms proposals or sends them back."""
    round_ = get_round(request, pk)
    require(access.may_see_all_reports(request.user))
    tree = tree_of(round_)
    node = tree.get(code)
    require_known(node is not None and node.method in ATTAINMENT)
    assert node is not None
    filters = {name: request.GET.get(name, "").strip() for name in ("category", "q", "show")}
    found = subjects_of(round_, category=filters["category"], words=filters["q"])
    if filters["show"] == "proposed":
        proposed = Target.objects.filter(subject__round=round_, indicator=code, state=TargetState.PROPOSED)
        found = found.filter(pk__in=proposed.values("subject"))
    elif filters["show"] == "missing":
        found = found.exclude(pk__in=Target.objects.filter(subject__round=round_, indicator=code).values("subject"))
    page = paged(request, found)
    rows = [_target_line(line) for line in lines_of_leaf(tree, node, list(page.object_list))]
    reason = request.POST.get("reason", "").strip()
    general = ""
    if request.method == "POST":
        require(access.may_run_reports(request.user))
        try:
            changed = _decide_targets(request, round_, code, rows, reason)
        except ReviewError as error:
            general, changed = str(error), 0
        if not general and not any(row.error for row in rows):
            words = ngettext("%(count)d change saved.", "%(count)d changes saved.", changed)
            messages.success(request, words % {"count": changed})
            return HttpResponseRedirect(request.get_full_path())
    refused = [row for row in rows if row.error]
    context = round_context(request, round_, "figures") | {
        "node": node,
        "crumbs": tree.crumbs(code),
        "rows": rows,
        "page_obj": page,
        "refused": refused,
        "general": general,
        "reason": reason,
        "filters": filters,
        "categories": categories_of(round_),
        "editable": access.may_run_reports(request.user) and round_.phase == Phase.COLLECTING,
        "proposals": any(row.line.target and row.line.target.state == TargetState.PROPOSED for row in rows),
    }
    return render(request, "reviews/attainment_targets.html", context, status=422 if refused or general else 200)


def _target_line(line: FigureLine) -> TargetLine:
    row = TargetLine(line, seen=target_token(line.target))
    if line.target is not None:
        row.value, row.note = canonical(line.target.value), line.target.note
    elif line.target_value is not None:
        row.value = canonical(line.target_value)
    return row


def _decide_targets(request: HttpRequest, round_: Any, code: str, rows: list[TargetLine], reason: str) -> int:
    """Set what was typed, or decide on the ticked proposals, as the pressed button says."""
    post: Any = request.POST
    by: Any = request.user
    do = post.get("do", "save")
    if do in {TargetState.CONFIRMED, TargetState.RETURNED}:
        ticked = set(post.getlist("subject"))
        seen = {
            row.line.subject.pk: post.get(f"seen-{row.line.subject.pk}", "")
            for row in rows
            if str(row.line.subject.pk) in ticked
        }
        if not seen:
            raise InvalidInput(_("Tick the proposals first."))
        saved = decide_targets(round=round_, indicator=code, seen=seen, state=do, reason=reason, by=by)
    else:
        wanted = []
        for row in rows:
            key = row.line.subject.pk
            if f"value-{key}" not in post:
                continue
            was = (row.value, row.note)
            row.value, row.note = post[f"value-{key}"].strip(), post.get(f"note-{key}", "").strip()
            row.seen = post.get(f"seen-{key}", "")
            if (row.value, row.note) == was and row.seen == target_token(row.line.target):
                continue
            try:
                value = read_number(row.value, "target") if row.value else None
            except ReviewError as error:
                row.error = str(error)
                continue
            wanted.append(TargetRow(key, value, row.note, row.seen))
        saved = set_targets(round=round_, indicator=code, rows=wanted, by=by, reason=reason)
    by_subject = {row.line.subject.pk: row for row in rows}
    for which, refused in saved.refused.items():
        row = by_subject[int(which)]
        row.error = str(refused)
        if isinstance(refused, Conflict):
            words = _("%(who)s has entered %(value)s. Saving again takes yours.")
            row.error = words % {"who": refused.theirs.by or "—", "value": refused.theirs.value}
            row.seen = refused.theirs.seen
    return saved.changed

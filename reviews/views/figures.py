"""Targets and actual figures: where each leaf stands, one subject's own, verifying, setting targets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from appraisal_site.lib.fields import canonical
from appraisal_site.lib.numbers import as_id
from reviews.models import Assignment, Phase, ReportKind, Round, Subject
from reviews.navigation import round_context
from reviews.numbers import read_number
from reviews.queries.evidence import leaf_counts
from reviews.queries.figures import FIGURES, FigureLine, LeafFigures, history_of_figure, leaf_figures, lines_of_subject
from reviews.queries.progress import leaf_progress
from reviews.queries.report_dates import report_rules, window
from reviews.services.errors import Conflict, ReviewError, RoundClosed
from reviews.services.figures import FigureRow, report_figures
from reviews.services.targets import SavedRows, TargetRow, propose_targets, target_token
from reviews.tree import ATTAINMENT
from units import access
from units.guards import require, require_known

from ._common import get_round, tree_of


@require_GET
def figures(request: HttpRequest, pk: int) -> HttpResponse:
    """Every leaf that takes a figure: targets, reports that wait, verified ones. Assessors see theirs."""
    round_ = get_round(request, pk)
    require(access.may_see_some_marks(request.user) or access.may_see_all_reports(request.user))
    tree = tree_of(round_)
    seen = [
        each
        for each in round_.assignments.select_related("unit")
        if tree.nodes[each.indicator].method in FIGURES
        and (access.may_see_all_reports(request.user) or access.may_see_marks(request.user, each))
    ]
    counts = leaf_figures(round_)
    rules = report_rules(round_)
    context = round_context(request, round_, "figures") | {
        "leaves": [
            {
                "progress": leaf,
                "counts": counts.get(leaf.node.code, LeafFigures()),
                "takes_target": leaf.node.method in ATTAINMENT,
                "may_open": leaf.assignment and access.may_see_marks(request.user, leaf.assignment),
            }
            for leaf in leaf_progress(round_, tree, seen)
        ],
        "rules": rules,
        "targets_due": rules.due[ReportKind.TARGETS],
        "figures_due": rules.due[ReportKind.FIGURES],
        "may_run": access.may_run_reports(request.user) and round_.phase == Phase.COLLECTING,
        "sees_targets": access.may_see_all_reports(request.user),
    }
    return render(request, "reviews/attainment_list.html", context)


@dataclass(slots=True)
class OwnLine:
    """One leaf on the subject's own page, as stored or as typed."""

    line: FigureLine
    target: str = ""
    target_note: str = ""
    value: str = ""
    note: str = ""
    errors: list[str] = field(default_factory=list)
    seen: int = 0
    target_seen: str = ""

    @classmethod
    def stored(cls, line: FigureLine) -> OwnLine:
        own = cls(line, target_seen=target_token(line.target))
        if line.target is not None:
            own.target, own.target_note = canonical(line.target.value), line.target.note
        if line.report is not None:
            own.value, own.note, own.seen = canonical(line.report.value), line.report.note, line.report.number
        return own


def _subject(request: HttpRequest, pk: int, subject_pk: int) -> tuple[Round, Subject]:
    """A subject whose figures this account may read: its own, or any for the office, auditors, leaders."""
    round_ = get_round(request, pk)
    subject = get_object_or_404(Subject, pk=subject_pk, round=round_)
    require_known(access.may_see_all_reports(request.user) or access.may_report(request.user, subject))
    return round_, subject


@require_http_methods(["GET", "POST"])
def figures_own(request: HttpRequest, pk: int, subject_pk: int) -> HttpResponse:
    """One subject's targets and figures. The subject proposes and reports here; others read."""
    round_, subject = _subject(request, pk, subject_pk)
    own = access.may_report(request.user, subject)
    lines = [OwnLine.stored(line) for line in lines_of_subject(tree_of(round_), subject)]
    status = 200
    if request.method == "POST":
        require(own)
        changed = _report(request, subject, lines)
        if changed is not None and not any(each.errors for each in lines):
            words = ngettext("%(count)d change sent.", "%(count)d changes sent.", changed)
            if changed:
                messages.success(request, words % {"count": changed})
            else:
                messages.info(request, _("Nothing was changed."))
            return HttpResponseRedirect(request.get_full_path())
        status = 422
    rules = report_rules(round_)
    times = {kind: window(round_, rules, kind, subject.pk) for kind in (ReportKind.TARGETS, ReportKind.FIGURES)}
    context = round_context(request, round_, "own" if own else "figures") | {
        "subject": subject,
        "lines": lines,
        "files": leaf_counts(subject),
        "own": own,
        "rules": rules,
        "targets_window": times[ReportKind.TARGETS],
        "figures_window": times[ReportKind.FIGURES],
        "writes_figures": own and times[ReportKind.FIGURES].is_open,
        "writes_targets": own and times[ReportKind.TARGETS].is_open,
        "refused": [each for each in lines if each.errors],
        "may_extend": access.may_run_reports(request.user) and round_.phase == Phase.COLLECTING,
    }
    return render(request, "reviews/attainment_own.html", context, status=status)


def _report(request: HttpRequest, subject: Subject, lines: list[OwnLine]) -> int | None:
    """Take over what was typed and send it; None if the round is closed. Each line says what was wrong."""
    post: Any = request.POST
    targets: dict[str, TargetRow] = {}
    values: dict[str, FigureRow] = {}
    for each in lines:
        code = each.line.node.code
        if f"target-{code}" in post:
            _read_target(each, post, subject, targets)
        if f"value-{code}" in post:
            _read_value(each, post, values)
    by: Any = request.user
    try:
        proposed = propose_targets(subject=subject, rows=targets, by=by)
        reported = report_figures(subject=subject, rows=values, by=by)
    except RoundClosed as error:
        messages.error(request, str(error))
        return None
    _take_refusals(lines, proposed, reported)
    return proposed.changed + reported.changed


def _read_target(each: OwnLine, post: Any, subject: Subject, targets: dict[str, TargetRow]) -> None:
    code = each.line.node.code
    each.target = post[f"target-{code}"].strip()
    each.target_note = post.get(f"target-note-{code}", "").strip()
    each.target_seen = post.get(f"target-seen-{code}", "")
    try:
        value = read_number(each.target, "target") if each.target else None
        targets[code] = TargetRow(subject.pk, value, each.target_note, each.target_seen)
    except ReviewError as error:
        each.errors.append(str(error))


def _read_value(each: OwnLine, post: Any, values: dict[str, FigureRow]) -> None:
    code = each.line.node.code
    each.value = post[f"value-{code}"].strip()
    each.note = post.get(f"note-{code}", "").strip()
    seen = post.get(f"seen-{code}", "")
    each.seen = as_id(seen) or 0
    if not each.value:
        if each.note or each.seen:
            each.errors.append(_("State the figure; a report that was sent cannot be emptied, only replaced."))
        return
    # A page that lies open has the report it showed in its fields: sending it again says nothing new.
    if each.line.report is not None and each.line.report.number == each.seen:
        unchanged = (canonical(each.line.report.value), each.line.report.note) == (each.value, each.note)
        if unchanged and f"again-{code}" not in post:
            return
    try:
        values[code] = FigureRow(read_number(each.value, "value"), each.note, each.seen)
    except ReviewError as error:
        each.errors.append(str(error))


def _take_refusals(lines: list[OwnLine], proposed: SavedRows, reported: SavedRows) -> None:
    words = _("%(who)s has entered %(value)s. Saving again takes yours.")
    for each in lines:
        code = each.line.node.code
        for refused in (proposed.refused.get(code), reported.refused.get(code)):
            if refused is None:
                continue
            if not isinstance(refused, Conflict):
                each.errors.append(str(refused))
                continue
            theirs = refused.theirs
            each.errors.append(words % {"who": theirs.by or "—", "value": theirs.value})
            if refused is reported.refused.get(code):
                each.seen = int(theirs.seen)
            else:
                each.target_seen = theirs.seen


@require_GET
def figure_history(request: HttpRequest, pk: int, subject_pk: int, code: str) -> HttpResponse:
    """Every report of one figure with what became of it: a fragment, or a page without JavaScript."""
    round_ = get_round(request, pk)
    subject = get_object_or_404(Subject, pk=subject_pk, round=round_)
    tree = tree_of(round_)
    node = tree.get(code)
    require_known(node is not None and node.method in FIGURES)
    assert node is not None
    leaf = Assignment.objects.filter(round=round_, indicator=code)
    require_known(
        access.may_see_all_reports(request.user)
        or access.may_report(request.user, subject)
        or any(access.may_see_marks(request.user, each) for each in leaf)
    )
    context = {
        "reports": history_of_figure(subject, code),
        "label": f"{subject.name} · {node.code} {node.title}",
    }
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "reviews/_attainment_history.html", context)
    own = access.may_report(request.user, subject)
    context |= round_context(request, round_, "own" if own else "figures")
    return render(request, "reviews/attainment_history.html", context)

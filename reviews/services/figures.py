"""Actual figures: reported by the one appraised, verified by the leaf's assessor or the office.

A verified figure is an ordinary input (`Attainment`, `NumberInput`) and counts. A report alone does not, unless
the office lets reported figures count provisionally. A figure reported anew leaves the verified one in
force until somebody has looked at it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from appraisal_site.lib.fields import canonical
from indicators.services import engine_plan
from reviews.models import (
    Assignment,
    Attainment,
    FigureReport,
    FigureState,
    NotApplicable,
    NumberInput,
    ReportKind,
    Subject,
)
from reviews.queries.report_dates import report_rules, window
from reviews.tree import ATTAINMENT, NUMBERS, Tree
from scoring.engine.types import Node
from units import access
from units.models import AuditEntry, User

from .errors import Conflict, InvalidInput, NotAllowed, ReviewError, Theirs
from .figure_checks import check_figures, frozen_targets
from .freezing import ensure_open
from .rounds import ensure_collecting, touch_inputs
from .targets import SavedRows
from .trail import part_entry

REPORT = "reviews.figurereport"


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A figure to report. `seen`: number of the report the user saw (0: none)."""

    value: Decimal
    note: str = ""
    seen: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an assessor says about the report that has the id `report`; `value` is used when it is changed."""

    report: int
    state: str
    value: Decimal | None = None
    reason: str = ""


def report_figures(*, subject: Subject, rows: Mapping[str, FigureRow], by: User) -> SavedRows:
    """Report figures by leaf, any number of times until the date. Wrong ones are refused, the others saved.

    Audited. Raises NotAllowed, RoundClosed.
    """
    if not access.may_report(by, subject):
        raise NotAllowed
    saved = SavedRows()
    entries: list[AuditEntry] = []
    with transaction.atomic():
        round_ = ensure_collecting(subject.round_id)
        rules = report_rules(round_)
        time = window(round_, rules, ReportKind.FIGURES, subject.pk)
        tree = Tree(engine_plan(round_.plan_version))
        left_out = set(NotApplicable.objects.filter(subject=subject).values_list("indicator", flat=True))
        numbers = dict(
            FigureReport.objects.filter(subject=subject).order_by().values_list("indicator").annotate(Max("number"))
        )
        current = {row.indicator: row for row in FigureReport.objects.filter(subject=subject, is_current=True)}
        for code, row in rows.items():
            try:
                node = _leaf(tree, code)
                old = current.get(code)
                if _is_same(old, row):
                    continue
                if not time.is_open:
                    raise InvalidInput(_("The date for reporting has passed. Only the office can re-open it."), "value")
                if not left_out.isdisjoint(tree.path(code)):
                    raise InvalidInput(_("This leaf is not applicable to this subject."), "value")
                _check_seen(old, row.seen)
                check_figures(node, {} if node.method in ATTAINMENT else {"value": row.value})
            except ReviewError as error:
                saved.refused[code] = error
                continue
            late = rules.due[ReportKind.FIGURES] is not None and time.is_past
            _store(subject, code, old, row, numbers.get(code, 0) + 1, late, by)
            saved.changed += 1
            changes = {"actual": (old and old.value, row.value), "note": (old.note if old else "", row.note.strip())}
            entries.append(_entry(by, "report figure", subject, node, changes))
        AuditEntry.objects.bulk_create(entries)
        if saved.changed and rules.provisional:
            touch_inputs(round_.pk)
    return saved


def _is_same(old: FigureReport | None, row: FigureRow) -> bool:
    """Sending the same again is no new report, unless it was sent back: then it insists."""
    if old is None or old.state == FigureState.RETURNED:
        return False
    return (old.value, old.note) == (row.value, row.note.strip())


def _check_seen(old: FigureReport | None, seen: int) -> None:
    if (old.number if old else 0) == seen:
        return
    if old is None:
        raise Conflict(Theirs(_("empty"), seen="0"))
    raise Conflict(Theirs(canonical(old.value), old.note, old.reported_by, old.reported_at, str(old.number)))


def _store(
    subject: Subject, code: str, old: FigureReport | None, row: FigureRow, number: int, late: bool, by: User
) -> None:
    if old is not None:
        old.is_current = False
        if old.state == FigureState.REPORTED:
            old.state = FigureState.REPLACED
        old.save(update_fields=["is_current", "state"])
    FigureReport.objects.create(
        subject=subject,
        indicator=code,
        number=number,
        value=row.value,
        note=row.note.strip()[:1000],
        late=late,
        reported_by=by,
    )


def verify_figures(*, assignment: Assignment, verdicts: Sequence[Verdict], by: User) -> SavedRows:
    """Accept, change (with a reason) or send back (with a reason) reported figures of a leaf. Audited.

    Keys of `refused` are report ids. Raises NotAllowed, RoundClosed; InvalidInput if a report is not of this leaf.
    """
    if not (access.is_office(by) or access.may_enter_marks(by, assignment)):
        raise NotAllowed
    saved = SavedRows()
    entries: list[AuditEntry] = []
    with transaction.atomic():
        round_ = ensure_collecting(assignment.round_id)
        if not access.is_office(by):
            ensure_open(round_, assignment)
        node = _leaf(Tree(engine_plan(round_.plan_version)), assignment.indicator)
        found = FigureReport.objects.filter(
            pk__in=[verdict.report for verdict in verdicts], subject__round=round_, indicator=node.code
        )
        reports = {report.pk: report for report in found.select_related("subject", "decided_by")}
        if any(verdict.report not in reports for verdict in verdicts):
            raise InvalidInput(_("A row names a report that is not of this indicator."), "report")
        targets = _targets(node, [report.subject_id for report in reports.values()])
        for verdict in verdicts:
            report = reports[verdict.report]
            try:
                changes = _verify(assignment, node, report, verdict, targets.get(report.subject_id), by)
            except ReviewError as error:
                saved.refused[report.pk] = error
                continue
            saved.changed += 1
            entries.append(_entry(by, "verify figure", report.subject, node, changes, verdict.reason))
        AuditEntry.objects.bulk_create(entries)
        if saved.changed:
            touch_inputs(round_.pk)
    return saved


def _targets(node: Node, subject_ids: Sequence[int]) -> dict[int, Decimal]:
    """What figures of an attainment leaf are verified against: the confirmed target, else the one already entered."""
    if node.method not in ATTAINMENT:
        return {}
    rows = Attainment.objects.filter(subject__in=subject_ids, indicator=node.code)
    return dict(rows.values_list("subject_id", "target")) | frozen_targets(node, subject_ids)


def _verify(
    assignment: Assignment, node: Node, report: FigureReport, verdict: Verdict, target: Decimal | None, by: User
) -> dict[str, tuple[object, object]]:
    """Write one verdict; gives what the trail says about it."""
    if not access.may_verify(by, assignment, report.subject):
        raise InvalidInput(_("Nobody verifies the figures of its own unit; the appraisal office does."), "state")
    if not report.is_current or report.state != FigureState.REPORTED:
        raise Conflict(Theirs(str(report.get_state_display()), by=report.decided_by, at=report.decided_at))
    if verdict.state not in {FigureState.ACCEPTED, FigureState.CHANGED, FigureState.RETURNED}:
        raise InvalidInput(_("This is not a status."), "state")
    if verdict.state != FigureState.ACCEPTED and not verdict.reason.strip():
        raise InvalidInput(_("Changing a figure or sending it back needs a reason."), "reason")
    counted = report.value if verdict.state == FigureState.ACCEPTED else verdict.value
    before: object = None
    if verdict.state != FigureState.RETURNED:
        if counted is None:
            raise InvalidInput(_("State the figure that is to count."), "value")
        before = _count(node, report.subject, counted, target, by)
    settled = FigureReport.objects.filter(pk=report.pk, is_current=True, state=FigureState.REPORTED)
    settled.update(
        state=verdict.state,
        verified=None if verdict.state == FigureState.RETURNED else counted,
        reason=verdict.reason.strip()[:500],
        decided_by=by,
        decided_at=timezone.now(),
    )
    changes: dict[str, tuple[object, object]] = {"state": (FigureState.REPORTED.value, verdict.state)}
    if verdict.state != FigureState.RETURNED:
        changes |= {"actual": (before, counted), "target": (None, target)}
    return changes


def _count(node: Node, subject: Subject, value: Decimal, target: Decimal | None, by: User) -> Decimal | None:
    """Make a figure the input of its leaf; gives the one that stood there."""
    if NotApplicable.objects.filter(subject=subject, indicator=node.code).exists():
        raise InvalidInput(_("This leaf is not applicable to this subject."), "value")
    row: Attainment | NumberInput | None
    if node.method in ATTAINMENT:
        if target is None:
            raise InvalidInput(_("There is no confirmed target yet; the appraisal office sets it."), "target")
        row = Attainment.objects.filter(subject=subject, indicator=node.code).first()
        before = row.actual if row else None
        row = row or Attainment(subject=subject, indicator=node.code, created_by=by, version=0)
        row.target, row.actual = target, value
    else:
        check_figures(node, {"value": value})
        row = NumberInput.objects.filter(subject=subject, indicator=node.code).first()
        before = row.value if row else None
        row = row or NumberInput(subject=subject, indicator=node.code, created_by=by, version=0)
        row.value = value
    row.version, row.updated_by, row.source = row.version + 1, by, "browser"
    row.save()
    return before


def _leaf(tree: Tree, code: str) -> Node:
    node = tree.get(code)
    if node is None or node.method not in ATTAINMENT | NUMBERS:
        raise InvalidInput(_("“%(code)s” takes no figure.") % {"code": code}, "indicator")
    return node


def _entry(
    by: User, action: str, subject: Subject, node: Node, changes: Mapping[str, tuple[object, object]], reason: str = ""
) -> AuditEntry:
    return part_entry(
        by,
        action,
        subject,
        target=REPORT,
        part=node.code,
        label=f"{node.code} {node.title}",
        changes=changes,
        reason=reason.strip(),
    )

"""What holds of figures wherever they come from: a sheet, a report, a verification."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from reviews.models import FigureReport, FigureState, Target, TargetState
from reviews.tree import ATTAINMENT
from scoring.engine.types import Node
from units.models import User

from .errors import InvalidInput


def check_figures(node: Node, figures: Mapping[str, Decimal]) -> None:
    """`figures` of an attainment leaf: target and actual, or nothing; of the others: value."""
    if node.method in ATTAINMENT and figures:
        if len(figures) < 2:
            raise InvalidInput(_("Target and actual belong together: state both."), "value")
        if figures["target"] <= 0:
            raise InvalidInput(_("A target must be greater than 0."), "target")
    value = figures.get("value")
    if value is None:
        return
    if node.method == "rank_points" and (value < 1 or value != int(value)):
        raise InvalidInput(_("A rank is a whole number from 1."), "value")
    if node.method == "ratio_to_best":
        if value < 0:
            raise InvalidInput(_("The number must not be below 0."), "value")
        if value == 0 and node.settings.get("lower_is_better"):
            raise InvalidInput(_("Where lower is better the number must be above 0."), "value")


def frozen_targets(node: Node, subject_ids: Collection[int]) -> dict[int, Decimal]:
    """Subject id → its confirmed target on this leaf. One query; none where a leaf takes no target."""
    if node.method not in ATTAINMENT:
        return {}
    found = Target.objects.filter(subject__in=subject_ids, indicator=node.code, state=TargetState.CONFIRMED)
    return dict(found.values_list("subject_id", "value"))


def check_frozen(figures: Mapping[str, Decimal], frozen: Decimal | None) -> None:
    """A sheet does not change a confirmed target: that needs a reason, on the page of targets."""
    if frozen is not None and figures.get("target", frozen) != frozen:
        raise InvalidInput(
            _("The target is confirmed and frozen. The appraisal office changes it, with a reason."), "target"
        )


def settle_reports_of(node: Node, entered: Mapping[int, Decimal], by: User) -> None:
    """A figure entered in a sheet settles the report that waited on it. Part of that save's transaction."""
    waiting = FigureReport.objects.filter(
        subject__in=entered, indicator=node.code, is_current=True, state=FigureState.REPORTED
    )
    for report in waiting:
        value = entered[report.subject_id]
        report.state = FigureState.ACCEPTED if value == report.value else FigureState.CHANGED
        report.verified, report.decided_by, report.decided_at = value, by, timezone.now()
        report.reason = "" if value == report.value else _("entered in the sheet")
    fields = ["state", "verified", "decided_by", "decided_at", "reason"]
    FigureReport.objects.bulk_update(waiting, fields, batch_size=200)

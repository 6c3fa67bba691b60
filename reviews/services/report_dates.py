"""Dates of reports: what the office asks for in a round, and longer time for one subject."""

from __future__ import annotations

import datetime
from dataclasses import asdict, dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from reviews.models import PromiseAudience, ReportExtension, ReportKind, ReportSetting, Round, Subject
from reviews.queries.report_dates import report_rules
from reviews.words import today
from units import access, audit
from units.models import User

from .errors import Conflict, InvalidInput, NotAllowed, Theirs
from .rounds import ensure_collecting, touch_inputs


@dataclass(frozen=True, slots=True)
class RuleData:
    """What the office settles. `asks_self_report` and dates None: as the plan says, or no date."""

    asks_self_report: bool | None
    self_report_due: datetime.date | None
    targets_due: datetime.date | None = None
    figures_due: datetime.date | None = None
    provisional: bool = False
    duty_report_due: datetime.date | None = None
    meeting_date: datetime.date | None = None
    asks_promises: bool | None = None
    promises_due: datetime.date | None = None
    fulfilment_due: datetime.date | None = None
    promises_audience: str = PromiseAudience.NONE


def settle_reports(
    *,
    round: Round,  # noqa: A002
    data: RuleData,
    reason: str,
    seen: int,
    by: User,
) -> ReportSetting:
    """Set what is asked for and until when. Needs a reason once something was settled before; audited.

    Raises InvalidInput ("reason"), Conflict if the setting is no longer at version `seen`.
    """
    if not access.may_run_reports(by):
        raise NotAllowed
    with transaction.atomic():
        locked = ensure_collecting(round)
        setting = ReportSetting.objects.filter(round=locked).first() or ReportSetting(round=locked, version=0)
        if setting.version != seen:
            raise Conflict(Theirs("", by=setting.updated_by, at=setting.updated_at))
        if seen and not reason.strip():
            raise InvalidInput(_("Changing the dates needs a reason."), "reason")
        before = {name: getattr(setting, name) for name in asdict(data)}
        after = asdict(data)
        if before == after and seen:
            return setting
        for name, value in after.items():
            setattr(setting, name, value)
        setting.version, setting.updated_by = seen + 1, by
        setting.save()
        changes = {name.replace("_", " "): (before[name], after[name]) for name in after}
        audit.record(by, "settle reports", locked, changes=changes, round_id=locked.pk, reason=reason.strip())
        if before["provisional"] != after["provisional"]:
            touch_inputs(locked.pk)
    return setting


def extend_reports(*, subject: Subject, kind: str, until: datetime.date, reason: str, by: User) -> ReportExtension:
    """Give one subject time until a day, past everybody's date. Needs a reason; audited.

    Raises InvalidInput ("kind", "until", "reason").
    """
    if not access.may_run_reports(by):
        raise NotAllowed
    if not reason.strip():
        raise InvalidInput(_("Re-opening needs a reason."), "reason")
    with transaction.atomic():
        round_ = ensure_collecting(subject.round_id)
        return extend(round_, subject, kind, until, reason, by)


def extend(round_: Round, subject: Subject, kind: str, until: datetime.date, reason: str, by: User) -> ReportExtension:
    """As `extend_reports`, for a service that has asked who may and holds the round."""
    if kind not in ReportKind.values:
        raise InvalidInput(_("There is no such report."), "kind")
    due = report_rules(round_).due[kind]
    if due is None:
        raise InvalidInput(_("There is no date that would have to be extended."), "until")
    if until < today() or until <= due:
        raise InvalidInput(_("The new date must lie after the common one and must not be past."), "until")
    before = ReportExtension.objects.filter(subject=subject, kind=kind).first()
    row, _made = ReportExtension.objects.update_or_create(
        subject=subject, kind=kind, defaults={"until": until, "reason": reason.strip()[:500], "created_by": by}
    )
    audit.record(
        by,
        "extend report",
        subject,
        label=f"{subject.name} · {ReportKind(kind).label}",
        changes={"until": (before and before.until, until)},
        round_id=round_.pk,
        reason=reason.strip(),
    )
    return row

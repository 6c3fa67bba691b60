"""Until when reports are taken: the plan's process, the office's dates, and who was given longer."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import ngettext

from appraisal_site.lib import workdays
from reviews.models import (
    Meeting,
    MeetingState,
    Phase,
    PromiseAudience,
    ReportExtension,
    ReportKind,
    ReportSetting,
    Round,
)
from reviews.words import today

# How plans call the step in which those appraised say what they will do, and that in which they look at themselves.
PROMISE_STEPS = ("承诺", "任务清单")
SELF_STEPS = ("自查", "自评", "自我评价", "自我总结", "个人总结", "工作小结")


@dataclass(frozen=True, slots=True)
class ReportRules:
    """What is asked for in a round, and until when. `step` is the plan's words for the self-summary."""

    asks_self_report: bool
    step: str
    step_note: str
    due: Mapping[str, datetime.date | None]
    provisional: bool
    version: int = 0  # of the setting; 0 while there is none
    meeting: datetime.date | None = None
    days_words: str = ""  # how long before the meeting a duty report is due
    due_words: str = ""  # until when, in the plan's own words
    asks_promises: bool = False
    promises_audience: str = PromiseAudience.NONE


@dataclass(frozen=True, slots=True)
class Window:
    """One subject's time for one kind of report. The days named are still in time."""

    due: datetime.date | None
    extended: datetime.date | None
    collecting: bool

    @property
    def until(self) -> datetime.date | None:
        return max(self.due, self.extended) if self.due and self.extended else self.due

    @property
    def reopened(self) -> bool:
        return self.until is not None and self.until != self.due

    @property
    def is_open(self) -> bool:
        return self.collecting and (self.until is None or today() <= self.until)

    @property
    def is_past(self) -> bool:
        """Past everybody's date, whether or not this subject has longer."""
        return self.due is not None and today() > self.due


def report_rules(round_: Round) -> ReportRules:
    """One query, and one for the meeting where the plan has duty reports.

    A step of the plan's process counts if its date, should it have one, can be read.
    """
    setting = ReportSetting.objects.filter(round=round_).first()
    step, promised = _step(round_, SELF_STEPS), _step(round_, PROMISE_STEPS)
    asks = setting.asks_self_report if setting else None
    promises = setting.asks_promises if setting else None
    duty = round_.plan_version.document.get("duty_report") or {}
    meeting = _meeting_of(round_) if duty else None
    meeting = meeting or (setting.meeting_date if setting else None)
    return ReportRules(
        asks_self_report=step is not None if asks is None else asks,
        step=str(step["title"]) if step else "",
        step_note=str(step.get("note", "")) if step else "",
        due={
            ReportKind.SELF_REPORT: (setting.self_report_due if setting else None) or _day(step and step.get("due")),
            ReportKind.TARGETS: setting.targets_due if setting else None,
            ReportKind.FIGURES: setting.figures_due if setting else None,
            ReportKind.DUTY_REPORT: duty_report_due(
                round_.plan_version.document,
                setting.duty_report_due if setting else None,
                meeting,
            ),
            ReportKind.PROMISES: (setting.promises_due if setting else None) or _day(promised and promised.get("due")),
            ReportKind.FULFILMENT: setting.fulfilment_due if setting else None,
        },
        provisional=bool(setting and setting.provisional),
        version=setting.version if setting else 0,
        meeting=meeting,
        days_words=_days_words(duty),
        due_words=str(duty.get("due", "")),
        asks_promises=promised is not None if promises is None else promises,
        promises_audience=setting.promises_audience if setting else PromiseAudience.NONE,
    )


def _step(round_: Round, words: tuple[str, ...]) -> Mapping[str, Any] | None:
    """The first step of the plan's process that is called so."""
    steps = round_.plan_version.document.get("process", [])
    return next((each for each in steps if any(word in str(each.get("title", "")) for word in words)), None)


def _meeting_of(round_: Round) -> datetime.date | None:
    """The first meeting that was planned and not called off. One query."""
    held = Meeting.objects.filter(round=round_).exclude(state=MeetingState.CANCELLED).order_by("date")
    return held.values_list("date", flat=True).first()


def _days_words(duty: Mapping[str, Any]) -> str:
    if duty.get("days_before_meeting") is None:
        return ""
    days = int(duty["days_before_meeting"])
    said = ngettext("due %(count)d day before it", "due %(count)d days before it", days)
    if duty.get("count_working_days"):
        said = ngettext("due %(count)d working day before it", "due %(count)d working days before it", days)
    return said % {"count": days}


def duty_report_due(
    document: Mapping[str, Any], settled: datetime.date | None, meeting: datetime.date | None
) -> datetime.date | None:
    """The office's date, else counted back from the meeting, else the plan's own if it is one."""
    plan = document.get("duty_report") or {}
    days = plan.get("days_before_meeting")
    if settled is None and meeting is not None and days is not None:
        return workdays.days_before(meeting, int(days), working=bool(plan.get("count_working_days")))
    return settled or _day(plan.get("due"))


def _day(value: object) -> datetime.date | None:
    """Frozen documents come from JSON, where a date is text."""
    if isinstance(value, datetime.date):
        return value
    try:
        return datetime.date.fromisoformat(str(value)) if value else None
    except ValueError:
        return None


def windows(round_: Round, rules: ReportRules, kind: str, subject_ids: Collection[int]) -> dict[int, Window]:
    """Subject id → its time. One query."""
    longer = dict(ReportExtension.objects.filter(subject__in=subject_ids, kind=kind).values_list("subject_id", "until"))
    collecting = round_.phase == Phase.COLLECTING
    return {pk: Window(rules.due[kind], longer.get(pk), collecting) for pk in subject_ids}


def window(round_: Round, rules: ReportRules, kind: str, subject_id: int) -> Window:
    return windows(round_, rules, kind, [subject_id])[subject_id]

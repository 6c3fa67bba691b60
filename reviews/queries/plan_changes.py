"""Applications for a change of the plan, the date until which they are taken, and the versions of a round's plan."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from indicators.models import PlanVersion
from reviews.models import Phase, PlanChange, PlanChangeSetting, Round, RoundPlanVersion, Subject
from reviews.words import today
from units import access

# How plans call the step in which indicators are adjusted.
STEPS = ("调整指标", "指标调整", "调整目标", "目标调整", "方案调整")


@dataclass(frozen=True, slots=True)
class ChangeRules:
    """Until when changes are asked for and approved: the office's date, else the plan's. The day is in time."""

    due: datetime.date | None
    step: str
    step_note: str
    from_office: bool
    collecting: bool

    @property
    def is_open(self) -> bool:
        return self.collecting and (self.due is None or today() <= self.due)


def change_rules(round_: Round) -> ChangeRules:
    """One query."""
    setting = PlanChangeSetting.objects.filter(round=round_).first()
    steps: list[Mapping[str, Any]] = round_.plan_version.document.get("process", [])
    step = next((each for each in steps if any(words in str(each.get("title", "")) for words in STEPS)), None)
    own = setting.due if setting else None
    return ChangeRules(
        due=own or (_day(step.get("due")) if step else None),
        step=str(step["title"]) if step else "",
        step_note=str(step.get("note", "")) if step else "",
        from_office=own is not None,
        collecting=round_.phase == Phase.COLLECTING,
    )


def _day(value: object) -> datetime.date | None:
    """Frozen documents come from JSON, where a date is text."""
    if isinstance(value, datetime.date):
        return value
    try:
        return datetime.date.fromisoformat(str(value)) if value else None
    except ValueError:
        return None


def changes_seen_by(user: Any, round_: Round) -> QuerySet[PlanChange]:
    """The applications that this account may see, newest first."""
    found = (
        PlanChange.objects.filter(round=round_)
        .select_related("subject", "proposed_by", "decided_by", "applied_by", "carried_out")
        .order_by("-number")
    )
    if access.may_see_all_plan_changes(user):
        return found
    units, people = access.own_keys(user)
    return found.filter(Q(subject__person__in=people) | Q(subject__person=None, subject__unit__in=units))


def own_of_round(user: Any, round_: Round) -> list[Subject]:
    """The account's own subjects. One query; none for those who stand for nobody."""
    units, people = access.own_keys(user)
    if not units and not people:
        return []
    own = Q(person__in=people) | Q(unit__in=units)
    return [one for one in Subject.objects.filter(own, round=round_) if access.is_own(user, one)]


def plan_history(round_: Round) -> list[RoundPlanVersion]:
    """The changes of the round's plan, the newest first. One query."""
    found = RoundPlanVersion.objects.filter(round=round_).select_related("before", "after", "by")
    return list(found.defer("before__document", "after__document").order_by("-number"))


def other_versions(round_: Round) -> list[PlanVersion]:
    """Versions of the plan that the round could take over, the newest first. One query."""
    found = PlanVersion.objects.filter(plan=round_.plan_id).exclude(pk=round_.plan_version_id).order_by("-number")
    return list(found.select_related("created_by", "plan").defer("document"))


@dataclass(frozen=True, slots=True)
class TouchedSubject:
    """`codes`: indicators by which the change can alter this subject's result."""

    subject: Subject
    codes: list[str]


def touched_subjects(made: RoundPlanVersion, subjects: list[Subject]) -> list[TouchedSubject]:
    """Of these subjects those whose results the change can alter, and by what. No query."""
    found = []
    for subject in subjects:
        codes = [code for code in sorted(made.codes) if subject.code not in made.spared.get(code, ())]
        if codes or made.everyone:
            found.append(TouchedSubject(subject, codes))
    return found

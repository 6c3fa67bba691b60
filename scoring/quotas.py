"""Where the committee stands at each limit: decisions recorded, places left, and what was decided before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reviews.models import GradeDecision, Phase, Round, Subject
from units.models import AuditEntry

from .engine.types import LimitReport, Plan, Rule
from .models import Computation, SubjectResult

DECIDABLE = frozenset({Phase.COLLECTING, Phase.REVIEWING})
TRAIL_SHOWN = 200
ACTIONS = ("decide grade", "withdraw grade decision")


@dataclass(frozen=True, slots=True)
class Quota:
    """One limit with the decisions as they are recorded now, whether computed in yet or not.

    `kept`: holders by the rules whose grade the committee did not set; `decided`: who was given the grade.
    """

    report: LimitReport
    decided: tuple[GradeDecision, ...]
    kept: int
    waiting: tuple[str, ...]  # codes of the tied without a decision
    later: int = 0  # of the kept, those to whom a later rule gave another grade; the limit counted them

    @property
    def left(self) -> int:
        """Places left; below 0 where more hold the grade, or would, than the limit allows."""
        return self.report.places - self.kept - len(self.decided)

    @property
    def over(self) -> int:
        return max(0, -self.left)

    @property
    def pushes_out(self) -> int:
        """How many holders by the rules lose their places to decisions when the round is computed again."""
        return min(self.over, self.kept)


def quotas(
    reports: Sequence[LimitReport],
    plan: Plan,
    decisions: Sequence[GradeDecision],
    results: Mapping[str, SubjectResult],
) -> list[Quota]:
    """One for each report, in the same order. `decisions` with their subjects, `results` by the subjects' codes."""
    by_code = {decision.subject.code: decision for decision in decisions}
    found = []
    for report in reports:
        quota = _quota(report, plan.rules[report.rule], decisions, by_code)
        others = [code for code in _kept(report, by_code) if code in results and results[code].grade != report.grade]
        found.append(replace(quota, later=len(others)))
    return found


def _quota(
    report: LimitReport, rule: Rule, decisions: Sequence[GradeDecision], by_code: Mapping[str, GradeDecision]
) -> Quota:
    concerned = {*report.holders, *report.cut}
    decided = tuple(
        decision
        for decision in decisions
        if decision.grade == report.grade
        # Of whom limit_within concerns nobody else is known: its condition was judged when it was computed.
        and (
            decision.subject.code in concerned
            or (rule.key != "limit_within" and _inside(decision.subject, report, rule))
        )
    )
    waiting = tuple(code for code in report.tied if code not in by_code)
    return Quota(report, decided, len(_kept(report, by_code)), waiting)


def _kept(report: LimitReport, by_code: Mapping[str, GradeDecision]) -> list[str]:
    """The holders by the rules: one whose decision was withdrawn since holds the place no longer."""
    return [code for code in report.holders if code not in by_code and code not in report.decided]


def _inside(subject: Subject, report: LimitReport, rule: Rule) -> bool:
    """Whether a subject counts in this scope of the rule."""
    if rule.scope == "all":
        return True
    if isinstance(rule.scope, tuple):
        return subject.category in rule.scope
    part = (subject.category, subject.group) if rule.scope == "group" else (subject.category,)
    return " · ".join(filter(None, part)) == report.scope


def over_words(quota: Quota) -> str:
    """What it means that more hold the grade than there are places."""
    values = {"grade": quota.report.grade, "places": quota.report.places, "over": quota.over}
    said = _("%(grade)s has %(places)s places; by the decisions %(over)s more would hold it.") % values
    if not quota.pushes_out:
        return said
    more = ngettext(
        "Decisions take places first: %(count)d holder by the rules, the last by merit, will lose the grade.",
        "Decisions take places first: %(count)d holders by the rules, the last by merit, will lose the grade.",
        quota.pushes_out,
    )
    return f"{said} {more % {'count': quota.pushes_out}}"


def decisions_of(round_: Round) -> list[GradeDecision]:
    """All decisions of a round with their subjects, in the subjects' order. One query."""
    found = GradeDecision.objects.filter(subject__round=round_).select_related("subject", "updated_by")
    return list(found.order_by("subject__order", "subject__code"))


def in_result(decisions: Sequence[GradeDecision], computation: Computation) -> frozenset[int]:
    """Ids of the decisions that the result was computed with, as they are now. One query."""
    rows = SubjectResult.objects.filter(
        computation=computation, subject__in=[decision.subject_id for decision in decisions]
    ).values_list("subject_id", "document")
    computed = {
        subject: (after, values.get("reason"), values.get("document"))
        for subject, document in rows
        for rule, _key, _before, after, values in document["reasons"]
        if rule is None
    }
    return frozenset(
        each.pk for each in decisions if computed.get(each.subject_id) == (each.grade, each.reason, each.document)
    )


def decision_trail(round_: Round) -> QuerySet[AuditEntry]:
    """Every decision and withdrawal, newest first."""
    found = AuditEntry.objects.filter(round_id=round_.pk, action__in=ACTIONS)
    return found.select_related("actor").order_by("-at", "-id")

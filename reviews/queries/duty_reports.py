"""Duty reports: what one subject's report is to be like, who has handed in, who reviews, what was approved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from reviews.duty.layout import Layout, Question, Role, has_duty_report, layout_of
from reviews.duty.questions import questions_for
from reviews.models import (
    DutyReport,
    DutyReviewer,
    DutySubmission,
    DutyVersion,
    ReportKind,
    ReportState,
    Round,
    Subject,
    SubjectFact,
)
from units import access
from units.models import User

from .report_dates import ReportRules, Window, windows
from .self_reports import NOT_BEGUN

WRITABLE = frozenset({ReportState.DRAFT, ReportState.RETURNED, ReportState.REWRITE})
OPEN_STATES = tuple(WRITABLE)


def asks_duty_report(round_: Round) -> bool:
    return has_duty_report(round_.plan_version.document)


def layout_for(round_: Round, subject: Subject) -> Layout:
    """The plan's sections, and what this subject has to answer."""
    return layout_of(round_.plan_version.document, questions_for(subject))


def facts_held(subject: Subject) -> set[str]:
    """The yes-or-no facts that hold of a subject. One query."""
    return set(SubjectFact.objects.filter(subject=subject, value="true").values_list("code", flat=True))


def role_for(layout: Layout, subject: Subject) -> Role | None:
    """Whose length applies; a fact that is not given does not hold. One query where a role asks for one."""
    needs = any(role.fact for role in layout.roles)
    return layout.role_of(subject.category, facts_held(subject) if needs else ())


def reviewers_of(round_: Round) -> list[DutyReviewer]:
    """Who is named to review. One query."""
    return list(DutyReviewer.objects.filter(round=round_).select_related("account"))


def reviewers_for(subject: Subject, reviewers: Iterable[DutyReviewer]) -> list[User]:
    """The accounts that review this subject's report."""
    named = [each for each in reviewers if access.reviews_duty_report(each.account, subject, [each])]
    return list({each.account_id: each.account for each in named}.values())


# ---------------------------------------------------------------- lists


@dataclass(frozen=True, slots=True)
class DutyRow:
    """One subject in the list of duty reports."""

    subject: Subject
    state: str  # of ReportState, or NOT_BEGUN
    submission: DutySubmission | None
    window: Window

    @property
    def is_open(self) -> bool:
        return self.state in {NOT_BEGUN, *OPEN_STATES}

    @property
    def overdue(self) -> bool:
        return self.is_open and self.window.collecting and not self.window.is_open

    @property
    def state_words(self) -> str:
        return str(ReportState(self.state).label) if self.state in ReportState.values else ""


def duty_rows(round_: Round, rules: ReportRules, subjects: Sequence[Subject]) -> list[DutyRow]:
    """A page of subjects. Three queries."""
    ids = [subject.pk for subject in subjects]
    states = dict(DutyReport.objects.filter(subject__in=ids).values_list("subject_id", "state"))
    current = DutySubmission.objects.filter(report__subject__in=ids, is_current=True).defer("texts", "parts")
    handed_in = {row.report.subject_id: row for row in current.select_related("report", "submitted_by", "decided_by")}
    times = windows(round_, rules, ReportKind.DUTY_REPORT, ids)
    return [
        DutyRow(subject, states.get(subject.pk, NOT_BEGUN), handed_in.get(subject.pk), times[subject.pk])
        for subject in subjects
    ]


def in_state(subjects: QuerySet[Subject], state: str) -> QuerySet[Subject]:
    """Those whose report is in a state; `none`: not begun; `open`: not handed in, or back; `late`: handed in late;
    `unmet`: handed in though the plan asks for something else."""
    if state == NOT_BEGUN:
        return subjects.filter(duty_report=None)
    if state == "open":
        return subjects.filter(Q(duty_report=None) | Q(duty_report__state__in=OPEN_STATES))
    if state == "late":
        return subjects.filter(pk__in=DutySubmission.objects.filter(late=True).values("report__subject"))
    if state == "unmet":
        found = DutySubmission.objects.filter(is_current=True).exclude(unmet=[])
        return subjects.filter(pk__in=found.values("report__subject"))
    return subjects.filter(duty_report__state=state) if state in ReportState.values else subjects


def state_counts(subjects: QuerySet[Subject]) -> dict[str, int]:
    """State (`none` for not begun) → number of subjects. One query."""
    rows = subjects.order_by().values_list("duty_report__state")
    return {state or NOT_BEGUN: number for state, number in rows.annotate(number=Count("pk"))}


def reviewed_by(round_: Round, user: User | Any, reviewers: Sequence[DutyReviewer]) -> QuerySet[Subject]:
    """The subjects whose report this account reviews as a named reviewer (not what it may as the office)."""
    mine = [each for each in reviewers if each.account_id == user.pk]
    found = Q(pk__in=())
    for each in mine:
        one = Q(round=round_)
        one &= Q(category=each.category) if each.category else Q()
        one &= Q(group=each.group) if each.group else Q()
        found |= one
    units, people = access.own_keys(user)
    own = Q(person__in=people) | Q(unit__in=units, unit__isnull=False)
    return Subject.objects.filter(found).exclude(own) if mine else Subject.objects.none()


def next_waiting(subjects: QuerySet[Subject], after: Subject) -> Subject | None:
    """Of these the next whose report waits for its review, in the order of the list; behind the last the first again.

    At most two queries.
    """
    found = in_state(subjects, ReportState.SUBMITTED).exclude(pk=after.pk).order_by("order", "code")
    later = found.filter(Q(order__gt=after.order) | Q(order=after.order, code__gt=after.code))
    return later.first() or found.first()


# ---------------------------------------------------------------- one report


def history_of(report: DutyReport) -> list[DutyVersion]:
    """The kept versions of a draft without their texts, the last first. One query."""
    return list(report.versions.defer("texts").select_related("saved_by"))


def submissions_of(subject: Subject) -> list[DutySubmission]:
    """Everything that was handed in, the last first. One query."""
    found = DutySubmission.objects.filter(report__subject=subject)
    return list(found.select_related("report", "submitted_by", "decided_by").order_by("-number"))


@dataclass(frozen=True, slots=True)
class Answer:
    question: Question
    text: str


@dataclass(frozen=True, slots=True)
class WrittenSection:
    key: str
    aspect: str  # "": the part is one text
    text: str


@dataclass(frozen=True, slots=True)
class WrittenPart:
    """A part of a report as it was handed in: its texts, and the answers to last year's problems, if it has them."""

    title: str
    sections: tuple[WrittenSection, ...]
    answers: tuple[Answer, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not any(section.text for section in self.sections) and not any(each.text for each in self.answers)


def parts_of(submission: DutySubmission) -> list[WrittenPart]:
    """What was handed in, by parts in their order. No query."""
    texts: Mapping[str, str] = submission.texts
    questions = [Question(**row) for row in submission.questions]
    return [
        WrittenPart(
            part["title"],
            tuple(WrittenSection(row["key"], row["aspect"], texts.get(row["key"], "")) for row in part["sections"]),
            tuple(Answer(each, texts.get(each.name, "")) for each in questions) if part["answers"] else (),
        )
        for part in submission.parts
    ]


def sections_of(submission: DutySubmission) -> list[tuple[str, str]]:
    """What was handed in as (heading, text), as others show it: answers stand under the problem. No query."""
    found = []
    for part in parts_of(submission):
        found += [(f"{part.title} · {each.question.text}", each.text) for each in part.answers if each.text]
        found += [
            (f"{part.title} · {each.aspect}" if each.aspect else part.title, each.text)
            for each in part.sections
            if each.text
        ]
    return found


# ---------------------------------------------------------------- for the meeting, publication, the ledger


def approved_report(subject: Subject) -> DutySubmission | None:
    """The report that was approved, if the latest one is. One query; `parts_of` gives its text."""
    found = DutySubmission.objects.filter(report__subject=subject, is_current=True, state=ReportState.ACCEPTED)
    return found.select_related("report__subject", "submitted_by").first()


def approved_reports(round_: Round) -> dict[int, DutySubmission]:
    """Subject id → its approved report. One query."""
    found = DutySubmission.objects.filter(
        report__subject__round=round_, is_current=True, state=ReportState.ACCEPTED
    ).select_related("report__subject")
    return {row.report.subject_id: row for row in found}


def answers_in(submission: DutySubmission) -> dict[str, str]:
    """Key of a problem (as its provider named it) → what the report answers; those without an answer are left out."""
    questions = [Question(**row) for row in submission.questions]
    return {each.key: submission.texts[each.name] for each in questions if submission.texts.get(each.name)}


def same_subject_in(subject: Subject, round_: Round) -> Subject | None:
    """The subject of another round that is the same person, or else the same unit."""
    found = Subject.objects.filter(round=round_)
    if subject.person_id is not None:
        return found.filter(person=subject.person_id).first()
    return found.filter(unit=subject.unit_id, person=None).first() if subject.unit_id is not None else None

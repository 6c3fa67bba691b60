"""Promises and task lists: how far each subject is, what is in force, what was left undone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, QuerySet

from reviews.models import (
    Evidence,
    EvidenceKind,
    Outcome,
    Phase,
    Promise,
    PromiseAudience,
    PromiseHandIn,
    PromiseKind,
    PromiseList,
    ReportKind,
    ReportSetting,
    ReportState,
    Round,
    Subject,
    Verdict,
)
from reviews.promise_rows import Row, rows_of
from reviews.words import today
from units import access

from .report_dates import ReportRules, Window, report_rules, window, windows
from .self_reports import assesses_in

IN_FORCE = Q(promises__in_force=True)
DONE = Q(promises__outcome=Outcome.DONE, promises__verdict=Verdict.CONFIRMED)
# A row that was not done: the check says so, or the report itself does.
LEFT = Q(verdict=Verdict.REFUSED) | Q(outcome__in=(Outcome.PARTLY, Outcome.OPEN))
# What the list can be narrowed to.
STATES = ("none", "draft", "submitted", "returned", "accepted", "reported", "unchecked", "left")


@dataclass(frozen=True, slots=True)
class Progress:
    """One list with its numbers of rows: in force, reported on, checked, done and confirmed."""

    list: PromiseList
    rows: int
    reported: int
    checked: int
    done: int

    @property
    def percent(self) -> int | None:
        return 100 * self.done // self.rows if self.rows else None

    @property
    def is_checked(self) -> bool:
        return self.list.is_reported and self.checked == self.rows


@dataclass(slots=True)
class SubjectRow:
    """A subject with its lists, by kind."""

    subject: Subject
    window: Window
    lists: dict[str, Progress] = field(default_factory=dict)

    @property
    def promise(self) -> Progress | None:
        return self.lists.get(PromiseKind.PROMISE)

    @property
    def task(self) -> Progress | None:
        return self.lists.get(PromiseKind.TASK)

    @property
    def rows(self) -> int:
        return sum(each.rows for each in self.lists.values())

    @property
    def reported(self) -> int:
        return sum(each.rows for each in self.lists.values() if each.list.is_reported)

    @property
    def checked(self) -> int:
        return sum(each.checked for each in self.lists.values())

    @property
    def done(self) -> int:
        return sum(each.done for each in self.lists.values())

    @property
    def percent(self) -> int | None:
        return 100 * self.done // self.rows if self.rows else None


def with_numbers(lists: QuerySet[PromiseList]) -> QuerySet[PromiseList]:
    return lists.annotate(
        row_count=Count("promises", filter=IN_FORCE),
        said_count=Count("promises", filter=IN_FORCE & ~Q(promises__outcome="")),
        checked_count=Count("promises", filter=IN_FORCE & ~Q(promises__verdict="")),
        done_count=Count("promises", filter=IN_FORCE & DONE),
    )


def progress_of(lists: Iterable[Any]) -> list[Progress]:
    """Of lists `with_numbers`."""
    return [Progress(each, each.row_count, each.said_count, each.checked_count, each.done_count) for each in lists]


def subject_rows(round_: Round, rules: ReportRules, subjects: Sequence[Subject]) -> list[SubjectRow]:
    """A page of subjects with their lists. Two queries."""
    ids = [subject.pk for subject in subjects]
    times = windows(round_, rules, ReportKind.PROMISES, ids)
    rows = {subject.pk: SubjectRow(subject, times[subject.pk]) for subject in subjects}
    for each in progress_of(with_numbers(PromiseList.objects.filter(subject__in=ids))):
        rows[each.list.subject_id].lists[each.list.kind] = each
    return list(rows.values())


def in_state(subjects: QuerySet[Subject], state: str) -> QuerySet[Subject]:
    """Subjects one of whose lists is in a state; `none`: no list; `reported`, `unchecked`, `left`: of the report."""
    if state == "none":
        return subjects.filter(promise_lists=None)
    if state not in STATES:
        return subjects
    lists = PromiseList.objects.all()
    if state in ReportState.values:
        lists = lists.filter(state=state)
    else:
        lists = lists.filter(report_state=ReportState.SUBMITTED)
    if state == "unchecked":
        lists = lists.filter(promises__in_force=True, promises__verdict="")
    if state == "left":
        lists = lists.filter(promises__in=Promise.objects.filter(LEFT, in_force=True))
    return subjects.filter(pk__in=lists.values("subject"))


@dataclass(frozen=True, slots=True)
class Counts:
    """Of a round: lists that wait for approval, reports with rows to be checked, rows in force, done, left undone."""

    waiting: int
    unchecked: int
    rows: int
    done: int
    left: int

    @property
    def percent(self) -> int | None:
        return 100 * self.done // self.rows if self.rows else None


def counts_of(round_: Round) -> Counts:
    """Two queries."""
    lists = PromiseList.objects.filter(subject__round=round_)
    found = lists.aggregate(waiting=Count("pk", filter=Q(state=ReportState.SUBMITTED)))
    rows = Promise.objects.filter(list__subject__round=round_, in_force=True)
    numbers = rows.aggregate(
        unchecked=Count("list", filter=Q(list__report_state=ReportState.SUBMITTED, verdict=""), distinct=True),
        rows=Count("pk"),
        done=Count("pk", filter=Q(outcome=Outcome.DONE, verdict=Verdict.CONFIRMED)),
        left=Count("pk", filter=LEFT & Q(list__report_state=ReportState.SUBMITTED)),
    )
    return Counts(**found, **numbers)


# ---------------------------------------------------------------- reading


def may_read_list(user: Any, round_: Round, rules: ReportRules, subject: Subject) -> bool:
    """At most one query."""
    return access.may_read_promises(user, subject, audience=rules.promises_audience, assesses=assesses_in(user, round_))


def reads_all(user: Any, round_: Round) -> bool:
    """Whether the account sees the lists of every subject, with their reports and checks."""
    return access.may_see_all_promises(user) or assesses_in(user, round_)


def published_for(user: Any, round_: Round, rules: ReportRules) -> QuerySet[Subject]:
    """The subjects with rows in force that the audience of the round lets this account read; its own among them."""
    units, people = access.own_keys(user)
    mine = Q(person__in=people) | Q(unit__in=units)
    if rules.promises_audience == PromiseAudience.ALL and access.may_see_rounds(user):
        mine = Q()
    elif rules.promises_audience == PromiseAudience.UNIT:
        of = access.units_of(user)
        mine |= Q(unit__in=of) | Q(person__unit__in=of)
    in_force = Promise.objects.filter(in_force=True, list__subject__round=round_).values("list__subject")
    found = Subject.objects.filter(mine, round=round_, pk__in=in_force)
    return found.select_related("person").order_by("order", "code")


def is_published(user: Any, round_: Round) -> bool:
    """Whether the round lets this account read any lists. One query where lists are published to nobody."""
    if not ReportSetting.objects.filter(round=round_).exclude(promises_audience=PromiseAudience.NONE).exists():
        return False
    return published_for(user, round_, report_rules(round_)).exists()


@dataclass(frozen=True, slots=True)
class Change:
    """One row of a hand-in beside the one before it: "new", "gone", "changed" or "same"."""

    kind: str
    row: Row
    before: Row | None = None


def changes_in(hand_in: PromiseHandIn, before: PromiseHandIn | None) -> list[Change]:
    """What a hand-in changes; rows that are gone come last."""
    old = {row.key: row for row in rows_of(before.rows)} if before else {}
    new = rows_of(hand_in.rows)
    found = []
    for row in new:
        was = old.get(row.key)
        kind = "new" if was is None else "same" if was == row else "changed"
        found.append(Change(kind, row, was))
    kept = {row.key for row in new}
    return [*found, *(Change("gone", row) for key, row in old.items() if key not in kept)]


def history_of(found: PromiseList) -> list[tuple[PromiseHandIn, list[Change]]]:
    """The hand-ins, newest first, each beside what was in force when it came. One query."""
    rows = list(found.hand_ins.select_related("submitted_by", "decided_by"))
    listed, in_force = [], None
    for each in rows:
        listed.append((each, changes_in(each, in_force)))
        if each.state == ReportState.ACCEPTED:
            in_force = each
    return listed[::-1]


def file_counts(promises: Iterable[Promise]) -> dict[int, int]:
    """Promise → number of files beside it, for those that have any. One query."""
    rows = Evidence.objects.filter(
        kind=EvidenceKind.PROMISE, promise__in=[each.pk for each in promises], withdrawn_at=None
    )
    counts = rows.order_by().values_list("promise_id").annotate(number=Count("pk"))
    return {pk: number for pk, number in counts if pk is not None}


# ---------------------------------------------------------------- what was left undone


def unfinished_promises(round_: Round) -> QuerySet[Promise]:
    """Rows that were not done: reported so, or not confirmed by the check; once their date has passed also those on
    which nothing was handed in. In the order of the subjects."""
    rows = Promise.objects.filter(in_force=True, list__subject__round=round_)
    left = LEFT & Q(list__report_state=ReportState.SUBMITTED)
    due = report_rules(round_).due[ReportKind.FULFILMENT]
    if round_.phase != Phase.COLLECTING or (due is not None and due < today()):
        left |= ~Q(list__report_state=ReportState.SUBMITTED)
    found = rows.filter(left).select_related("list__subject")
    return found.order_by("list__subject__order", "list__subject__code", "list__kind", "order")


def unfinished_before(subject: Subject) -> list[Promise]:
    """What the same person or unit left undone in the last earlier round of the plan that had any lists. Three queries
    at most."""
    if subject.person_id is not None:
        same = Q(subject__person=subject.person_id)
    elif subject.unit_id is not None:
        same = Q(subject__unit=subject.unit_id, subject__person=None)
    else:
        return []
    here = subject.round
    earlier = PromiseList.objects.filter(same, subject__round__plan=here.plan_id, subject__round__pk__lt=here.pk)
    last = earlier.filter(promises__in_force=True).order_by("-subject__round").select_related("subject__round").first()
    if last is None:
        return []
    round_ = Round.objects.select_related("plan_version").get(pk=last.subject.round_id)
    return list(unfinished_promises(round_).filter(list__subject=last.subject_id))


def promises_beside(subject: Subject) -> dict[str, list[Promise]]:
    """What somebody who writes the duty report has to look at: this round's rows, and what an earlier one left."""
    own = Promise.objects.filter(list__subject=subject, in_force=True).select_related("list")
    return {"now": list(own.order_by("list__kind", "order")), "before": unfinished_before(subject)}


# ---------------------------------------------------------------- the writer's tasks


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a subject about one kind of list now."""

    kind: str
    progress: Progress | None
    window: Window
    report_window: Window

    @property
    def state(self) -> str:
        return self.progress.list.state if self.progress else "none"

    @property
    def has_rows(self) -> bool:
        return bool(self.progress and self.progress.rows)

    @property
    def is_to_write(self) -> bool:
        return self.state in {"none", ReportState.DRAFT, ReportState.RETURNED} and not (
            self.state == "none" and self.kind == PromiseKind.TASK
        )

    @property
    def is_to_report(self) -> bool:
        """Once there is a date, or the report was sent back."""
        if not self.has_rows or self.progress is None or self.progress.list.is_reported:
            return False
        returned = self.progress.list.report_state == ReportState.RETURNED
        return returned or self.report_window.due is not None


def asked_of(round_: Round, rules: ReportRules, subject: Subject) -> list[Asked]:
    """Both kinds, where there is anything to do or to read. Three queries."""
    lists = {each.list.kind: each for each in progress_of(with_numbers(PromiseList.objects.filter(subject=subject)))}
    if not lists and not rules.asks_promises:
        return []
    time = window(round_, rules, ReportKind.PROMISES, subject.pk)
    report = window(round_, rules, ReportKind.FULFILMENT, subject.pk)
    kinds = [kind for kind in PromiseKind.values if kind in lists or rules.asks_promises]
    return [Asked(kind, lists.get(kind), time, report) for kind in kinds]

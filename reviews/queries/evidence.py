"""Evidence: what a file can stand beside, which files an account sees there, and counts for whole sheets.

A place has a key for addresses: `mark.SUBJECT.ASSIGNMENT`, `event.EVENT`, `attainment.SUBJECT.LEAF`,
`self_report.SUBJECT.LEAF`, `self_report.SUBJECT.` for the summary, `inspection.SUBJECT.LEAF`, `paper_tally.POLL`,
`promise.PROMISE`, `interview.INTERVIEW`, `ledger.ITEM`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet, Subquery

from appraisal_site.lib.numbers import as_id
from indicators.services import engine_plan
from reviews.models import (
    Assignment,
    Event,
    Evidence,
    EvidenceKind,
    Interview,
    LedgerItem,
    PaperCount,
    PaperState,
    Poll,
    Promise,
    Round,
    SelfReportSubmission,
    Subject,
)
from reviews.services.event_leaves import LeafSetting, leaf_settings
from reviews.tree import ATTAINMENT, EVENTS, NUMBERS, Tree, takes_marks
from scoring.engine.types import Node
from units import access

from .interviews import about
from .ledger import not_quoting

PEOPLE = ("uploaded_by", "withdrawn_by")
# What a cell of a sheet counts: its mark's files, or its figure's.
IN_CELLS = (EvidenceKind.MARK, EvidenceKind.ATTAINMENT)


@dataclass(frozen=True, slots=True)
class Place:
    """What files stand beside. `assignments`: the sheets of those who assess it.

    `indicator` is "" and `node` None for a self-summary; `leaf` says who takes part in an event. Counting sheets
    have a `poll` and no subject.
    """

    kind: str
    round: Round
    subject: Subject | None
    indicator: str = ""
    node: Node | None = None
    assignments: tuple[Assignment, ...] = ()
    event: Event | None = None
    leaf: LeafSetting | None = None
    poll: Poll | None = None
    promise: Promise | None = None
    interview: Interview | None = None
    item: LedgerItem | None = None

    @property
    def assessor(self) -> str:
        return self.assignments[0].assessor if self.kind == EvidenceKind.MARK else ""

    @property
    def key(self) -> str:
        if self.event is not None:
            return f"{self.kind}.{self.event.pk}"
        beside = self.poll or self.promise or self.interview or self.item
        if beside is not None:
            return f"{self.kind}.{beside.pk}"
        assert self.subject is not None
        last = self.assignments[0].pk if self.kind == EvidenceKind.MARK else self.indicator
        return f"{self.kind}.{self.subject.pk}.{last}"

    @property
    def words(self) -> str:
        """“区总工会 · K22 作风建设”."""
        if self.subject is None:
            return f"{EvidenceKind(self.kind).label} · {self.poll.voter_class if self.poll else ''}"
        parts = [self.subject.name]
        if self.promise is not None:
            parts.append(str(self.promise))
        if self.item is not None:
            parts.append(str(self.item))
        if self.interview is not None:
            parts = [self.interview.name, str(EvidenceKind.INTERVIEW.label)]
        if self.node is not None:
            parts.append(f"{self.node.code} {self.node.title}")
        if self.event is not None and self.event.matter:
            parts.append(self.event.matter)
        return " · ".join([*parts, *([self.assessor] if self.assessor else [])])

    def rows(self) -> QuerySet[Evidence]:
        """The files that stand here and were not withdrawn, oldest first, with who brought them."""
        found = Evidence.objects.filter(round=self.round, kind=self.kind, withdrawn_at=None).select_related(*PEOPLE)
        if self.event is not None:
            return found.filter(event=self.event)
        if self.poll is not None:
            return found.filter(poll=self.poll)
        if self.promise is not None:
            return found.filter(promise=self.promise)
        if self.interview is not None:
            return found.filter(interview=self.interview)
        if self.item is not None:
            return found.filter(item=self.item)
        return found.filter(subject=self.subject, indicator=self.indicator, assessor=self.assessor)


# ---------------------------------------------------------------- finding the place


def find_place(round_: Round, key: str) -> Place | None:
    """The place of a key, if this round has it. At most four queries."""
    kind, _dot, rest = key.partition(".")
    start, _dot, last = rest.partition(".")
    first = as_id(start)
    if first is None:
        return None
    if kind == EvidenceKind.EVENT and not last:
        return place_of_event(round_, first)
    if kind == EvidenceKind.PAPER and not last:
        return _place_of_poll(round_, first)
    if kind == EvidenceKind.PROMISE and not last:
        return _place_of_promise(round_, first)
    if kind == EvidenceKind.INTERVIEW and not last:
        return _place_of_interview(round_, first)
    if kind == EvidenceKind.LEDGER and not last:
        return _place_of_item(round_, first)
    if kind == EvidenceKind.MARK:
        assignment = Assignment.objects.filter(round=round_, pk=as_id(last) or 0).first()
        return _place_of_mark(round_, first, assignment)
    if kind in {EvidenceKind.ATTAINMENT, EvidenceKind.SELF_REPORT, EvidenceKind.INSPECTION}:
        return _place_of_leaf(round_, kind, first, last)
    return None


def _place_of_mark(round_: Round, subject_id: int, assignment: Assignment | None) -> Place | None:
    node = None if assignment is None else _tree(round_).get(assignment.indicator)
    subject = Subject.objects.filter(round=round_, pk=subject_id).first()
    if assignment is None or node is None or subject is None or not takes_marks(node):
        return None
    return Place(EvidenceKind.MARK, round_, subject, node.code, node, (assignment,))


def _place_of_leaf(round_: Round, kind: str, subject_id: int, code: str) -> Place | None:
    """A figure's place, or the self-assessment's of a leaf (without a code: the summary's)."""
    node = _tree(round_).get(code)
    if kind == EvidenceKind.ATTAINMENT:
        fits = node is not None and node.method in ATTAINMENT | NUMBERS
    else:
        summary = not code and kind == EvidenceKind.SELF_REPORT
        fits = summary or (node is not None and not node.children)
    subject = Subject.objects.filter(round=round_, pk=subject_id).first()
    if not fits or subject is None:
        return None
    if kind == EvidenceKind.INSPECTION:  # the office's own, not the assessors'
        return Place(kind, round_, subject, code, node)
    sheets = Assignment.objects.filter(round=round_)
    return Place(
        kind, round_, subject, code, node, tuple(sheets.filter(indicator=code) if node is not None else sheets)
    )


def place_of_event(round_: Round, event_id: int) -> Place | None:
    event = Event.objects.filter(pk=event_id, subject__round=round_).select_related("subject").first()
    node = None if event is None else _tree(round_).get(event.indicator)
    if event is None or node is None or node.method not in EVENTS:
        return None
    leaf = leaf_settings(round_).get(event.indicator)
    return Place(EvidenceKind.EVENT, round_, event.subject, event.indicator, node, (), event, leaf)


def _place_of_poll(round_: Round, poll_id: int) -> Place | None:
    poll = Poll.objects.filter(round=round_, pk=poll_id).first()
    return None if poll is None else Place(EvidenceKind.PAPER, round_, None, poll=poll)


def _place_of_promise(round_: Round, promise_id: int) -> Place | None:
    found = Promise.objects.filter(pk=promise_id, list__subject__round=round_).select_related("list__subject").first()
    if found is None:
        return None
    sheets = tuple(Assignment.objects.filter(round=round_))
    return Place(EvidenceKind.PROMISE, round_, found.list.subject, assignments=sheets, promise=found)


def _place_of_interview(round_: Round, interview_id: int) -> Place | None:
    rows = Interview.objects.filter(pk=interview_id, round=round_).select_related("subject", "person")
    found = rows.first()
    return None if found is None else Place(EvidenceKind.INTERVIEW, round_, found.subject, interview=found)


def _place_of_item(round_: Round, item_id: int) -> Place | None:
    item = LedgerItem.objects.filter(round=round_, pk=item_id).select_related("subject").first()
    return None if item is None else Place(EvidenceKind.LEDGER, round_, item.subject, item=item)


def place_of(evidence: Evidence) -> Place | None:
    """Where a file stands; None if what it stood beside was taken out."""
    round_ = evidence.round
    if evidence.kind == EvidenceKind.EVENT:
        return place_of_event(round_, evidence.event_id) if evidence.event_id else None
    if evidence.kind == EvidenceKind.PAPER:
        return _place_of_poll(round_, evidence.poll_id) if evidence.poll_id else None
    if evidence.kind == EvidenceKind.PROMISE:
        return _place_of_promise(round_, evidence.promise_id) if evidence.promise_id else None
    if evidence.kind == EvidenceKind.INTERVIEW:
        return _place_of_interview(round_, evidence.interview_id) if evidence.interview_id else None
    if evidence.kind == EvidenceKind.LEDGER:
        return _place_of_item(round_, evidence.item_id) if evidence.item_id else None
    if evidence.subject_id is None:
        return None
    if evidence.kind == EvidenceKind.MARK:
        sheets = Assignment.objects.filter(round=round_, indicator=evidence.indicator, assessor=evidence.assessor)
        return _place_of_mark(round_, evidence.subject_id, sheets.first())
    return _place_of_leaf(round_, evidence.kind, evidence.subject_id, evidence.indicator)


def _tree(round_: Round) -> Tree:
    return Tree(engine_plan(round_.plan_version))


# ---------------------------------------------------------------- what an account sees


def visible_files(user: Any, place: Place) -> QuerySet[Evidence]:
    """The files of this place that the account may read. One query, or two."""
    found = place.rows()
    if not access.may_read_evidence(user, place.round, place):
        return found.filter(from_subject=True) if access.is_own(user, place.subject) else found.none()
    if place.subject and place.kind == EvidenceKind.SELF_REPORT and not access.is_own(user, place.subject):
        # A draft is its writers' alone: others see what was there when the report was handed in.
        found = found.filter(uploaded_at__lte=_handed_in(place.subject))
    if place.promise is not None and not access.is_own(user, place.subject):
        # Likewise: until the report is handed in, what it says is its writers'.
        found = (
            found.filter(uploaded_at__lte=place.promise.list.reported_at)
            if place.promise.list.reported_at
            else found.none()
        )
    if place.poll is not None and _is_being_counted(place.poll.pk):
        found = found.filter(uploaded_by=user)
    return found


def _is_being_counted(poll_id: int | None) -> bool:
    """Whether two people enter paper ballots: until both are done neither sees the other's counting sheets."""
    return PaperCount.objects.filter(poll=poll_id, state=PaperState.ENTERING).exists()


def _handed_in(subject: Subject) -> Subquery:
    """When the subject last handed in its self-assessment; nothing is before that if it never did."""
    submissions = SelfReportSubmission.objects.filter(report__subject=subject).order_by("-submitted_at")
    return Subquery(submissions.values("submitted_at")[:1])


def may_read_file(user: Any, evidence: Evidence) -> bool:
    """Whether the account may open this file. Withdrawn, or beside nothing any more: only those who keep it."""
    if (
        evidence.kind == EvidenceKind.PAPER
        and evidence.uploaded_by_id != user.pk
        and _is_being_counted(evidence.poll_id)
    ):
        return False
    if _keeps(user, evidence):
        return True
    if evidence.withdrawn_at is not None or (place := place_of(evidence)) is None:
        return False
    return visible_files(user, place).filter(pk=evidence.pk).exists()


def _keeps(user: Any, evidence: Evidence) -> bool:
    """Whether the account opens it whatever became of it: office and auditors, as far as they may read what it proves.

    Sheets of interviews the office, but nobody those of the one about himself.
    """
    if not access.may_keep_evidence(user):
        return False
    if evidence.kind == EvidenceKind.INTERVIEW:
        about_himself = evidence.interview is not None and access.is_interviewed(user, evidence.interview)
        return access.is_office(user) and not about_himself
    return evidence.item is None or access.may_read_item(user, evidence.item)


def files_of_round(user: Any, round_: Round, *, kind: str = "", state: str = "", words: str = "") -> QuerySet[Evidence]:
    """All files of a round, newest first. `state`: "here" or "withdrawn"; each word in name, title or place.

    Records of interviews only for the office, and nobody those about himself; what comments of voters led to only for
    those who may read the item.
    """
    found = Evidence.objects.filter(round=round_).select_related(*PEOPLE).order_by("-uploaded_at", "-id")
    if not access.is_office(user):
        found = found.exclude(kind=EvidenceKind.INTERVIEW)
    found = found.exclude(interview__in=Interview.objects.filter(about(user)))
    found = found.filter(Q(item=None) | Q(item__in=LedgerItem.objects.filter(not_quoting(user))))
    if kind:
        found = found.filter(kind=kind)
    if state:
        found = found.filter(withdrawn_at__isnull=state != "withdrawn")
    for word in words.split():
        found = found.filter(Q(name__icontains=word) | Q(title__icontains=word) | Q(about__icontains=word))
    return found


def files_of_figures(subject: Subject, codes: Collection[str]) -> list[Evidence]:
    """The files behind figures of a subject: of its marks, its numbers and its events. One query.

    For pages of the result, whose guard lets in nobody who may not read them all; what a subject says of
    itself is no source of a figure.
    """
    # An event may have been moved to another subject since: its files went with it.
    own = Q(subject=subject, kind__in=IN_CELLS) | Q(kind=EvidenceKind.EVENT, event__subject=subject)
    found = Evidence.objects.filter(own, round_id=subject.round_id, indicator__in=codes, withdrawn_at=None)
    return list(found.select_related("uploaded_by", "event"))


# ---------------------------------------------------------------- counts


def cell_counts(
    round_: Round | int, assignments: Iterable[Assignment], subject_ids: Collection[int] | None = None
) -> dict[tuple[int, int], int]:
    """(subject, assignment) → number of files, for the cells of these sheets that have any. One query."""
    sheets = list(assignments)
    found = Evidence.objects.filter(
        round=round_, withdrawn_at=None, kind__in=IN_CELLS, indicator__in={sheet.indicator for sheet in sheets}
    )
    if subject_ids is not None:
        found = found.filter(subject__in=subject_ids)
    rows = (
        found.exclude(subject=None)
        .order_by()
        .values_list("kind", "subject_id", "indicator", "assessor")
        .annotate(number=Count("pk"))
    )
    by_mark = {(sheet.indicator, sheet.assessor): sheet.pk for sheet in sheets}
    by_leaf: dict[str, list[int]] = {}
    for sheet in sheets:
        by_leaf.setdefault(sheet.indicator, []).append(sheet.pk)
    counts: dict[tuple[int, int], int] = {}
    for kind, subject_id, indicator, assessor, number in rows:
        if kind == EvidenceKind.MARK:
            pks = [by_mark[indicator, assessor]] if (indicator, assessor) in by_mark else []
        else:
            pks = by_leaf.get(indicator, [])
        for pk in pks:
            counts[subject_id, pk] = counts.get((subject_id, pk), 0) + number
    return counts


def sheet_counts(assignment: Assignment, subject_ids: Collection[int]) -> dict[int, int]:
    """Subject → number of files on this sheet, for those that have any. One query."""
    counts = cell_counts(assignment.round_id, [assignment], subject_ids)
    return {subject_id: number for (subject_id, _sheet), number in counts.items()}


def leaf_counts(subject: Subject) -> dict[str, int]:
    """Leaf → number of files beside this subject's figures, for those that have any. One query."""
    rows = Evidence.objects.filter(subject=subject, kind=EvidenceKind.ATTAINMENT, withdrawn_at=None).order_by()
    return dict(rows.values_list("indicator").annotate(number=Count("pk")))


def self_report_counts(user: Any, round_: Round, subject: Subject) -> dict[str, int]:
    """Leaf ("" for the summary) → number of files handed in, for the leaves this account may read them of. Two queries.

    With 0 where it may read and there is none; a leaf that it may not read is not there.
    """
    sheets = tuple(Assignment.objects.filter(round=round_))
    counts: dict[str, int] = {}
    for code in ("", *_tree(round_).nodes):
        beside = sheets if not code else tuple(one for one in sheets if one.indicator == code)
        place = Place(EvidenceKind.SELF_REPORT, round_, subject, code, None, beside)
        if access.may_open_evidence(user, round_, place):
            counts[code] = 0
    rows = Evidence.objects.filter(subject=subject, kind=EvidenceKind.SELF_REPORT, withdrawn_at=None).order_by()
    if not access.is_own(user, subject):
        rows = rows.filter(uploaded_at__lte=_handed_in(subject))
    for code, number in rows.values_list("indicator").annotate(number=Count("pk")):
        if code in counts:
            counts[code] = number
    return counts


def event_counts(event_ids: Collection[int]) -> dict[int, int]:
    """Event → number of files, for those that have any. One query."""
    rows = Evidence.objects.filter(event__in=event_ids, withdrawn_at=None).order_by().values_list("event_id")
    return {pk: number for pk, number in rows.annotate(number=Count("pk")) if pk is not None}


def cell_key(method: str, indicator: str, subject_id: int, assignment_id: int) -> str:
    """The key of a sheet's cell, for addresses, without a query."""
    if method in ATTAINMENT | NUMBERS:
        return f"{EvidenceKind.ATTAINMENT}.{subject_id}.{indicator}"
    return f"{EvidenceKind.MARK}.{subject_id}.{assignment_id}"

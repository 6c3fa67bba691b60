"""The self-summary and self-assessment: written as a draft, handed in, sent back or accepted.

The draft is its writer's. What was handed in is kept as it was, each time, and never changes.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from appraisal_site.lib.fields import canonical
from indicators.services import engine_plan
from reviews.models import (
    ReportKind,
    ReportState,
    Round,
    SelfAssessment,
    SelfReport,
    SelfReportSubmission,
    Subject,
)
from reviews.numbers import check_mark
from reviews.queries.report_dates import report_rules, window
from reviews.tree import Tree
from reviews.wordcount import word_count
from units import access, audit
from units.models import User

from .errors import Conflict, InvalidInput, NotAllowed, ReviewError, RoundClosed, Theirs
from .report_dates import extend
from .report_states import settle_submission
from .rounds import ensure_collecting

LONGEST_SUMMARY = 50_000  # characters
LONGEST_LEAF = 10_000
WRITABLE = frozenset({ReportState.DRAFT, ReportState.RETURNED})


class NotOpen(ReviewError):
    """This report cannot be written now: handed in, accepted, or past its date."""


@dataclass(frozen=True, slots=True)
class LeafWords:
    score: Decimal | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """All that a report says: the summary, and each leaf by its code."""

    text: str
    leaves: Mapping[str, LeafWords] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """`version` is what the next save names as seen; `refused`: leaf ("" for the summary) → why it was not saved."""

    version: int
    at: datetime.datetime
    refused: Mapping[str, ReviewError]


def save_draft(*, subject: Subject, draft: Draft, seen: int, by: User) -> SavedDraft:
    """Save the draft; a leaf that is wrong is reported and keeps its saved state.

    Raises NotAllowed, RoundClosed, NotOpen; Conflict if somebody else saved since version `seen`
    (0: there was no draft). Drafts are not audited: nobody but their writers knows them.
    """
    if not access.may_report(by, subject):
        raise NotAllowed
    try:
        with transaction.atomic():
            return _save(subject, draft, seen, by)
    except IntegrityError:
        # Two began the same report at once: the other's row stands, and this one has not seen it.
        raise _conflict(SelfReport.objects.select_related("updated_by").get(subject=subject)) from None


def submit_report(*, subject: Subject, draft: Draft, seen: int, by: User) -> SelfReportSubmission:
    """Save the draft and hand it in as a whole: everything must be right, the summary not empty. Audited."""
    if not access.may_report(by, subject):
        raise NotAllowed
    try:
        with transaction.atomic():
            return _submit(subject, draft, seen, by)
    except IntegrityError:
        raise _conflict(SelfReport.objects.select_related("updated_by").get(subject=subject)) from None


def _submit(subject: Subject, draft: Draft, seen: int, by: User) -> SelfReportSubmission:
    round_ = ensure_collecting(subject.round_id)
    saved = _save(subject, draft, seen, by)
    if saved.refused:
        raise next(iter(saved.refused.values()))
    if not draft.text.strip():
        raise InvalidInput(_("Write the self-summary before you hand it in."), "text")
    report = SelfReport.objects.get(subject=subject)
    number = (report.submissions.aggregate(last=Max("number"))["last"] or 0) + 1
    due = report_rules(round_).due[ReportKind.SELF_REPORT]
    report.submissions.filter(is_current=True).update(is_current=False)
    made = SelfReportSubmission.objects.create(
        report=report,
        number=number,
        text=report.text,
        leaves={
            row.indicator: {"score": "" if row.score is None else canonical(row.score), "text": row.text}
            for row in report.leaves.all()
        },
        # Who was in time and has to revise is not late by that.
        late=number == 1 and due is not None and timezone.localdate() > due,
        submitted_by=by,
    )
    SelfReport.objects.filter(pk=report.pk).update(state=ReportState.SUBMITTED, version=F("version") + 1)
    changes = {"report": (None, str(number)), "words": (None, word_count(report.text))}
    audit.record(by, "hand in report", subject, changes=changes, round_id=round_.pk)
    return made


def return_report(
    *,
    submission: SelfReportSubmission,
    reason: str,
    by: User,
    until: datetime.date | None = None,
) -> SelfReportSubmission:
    """Send a report back for revision: the office, or whoever assesses a leaf in the round. Audited.

    Where the subject's date has passed, the office says with `until` how long it has. Raises InvalidInput
    ("reason", "until"), Conflict if it is no longer the submission that waits.
    """
    subject = submission.report.subject
    if not _may_return(by, subject):
        raise NotAllowed
    if not reason.strip():
        raise InvalidInput(_("Sending back needs a reason."), "reason")
    with transaction.atomic():
        round_ = ensure_collecting(subject.round_id)
        time = window(round_, report_rules(round_), ReportKind.SELF_REPORT, subject.pk)
        if until is not None and not access.may_run_reports(by):
            raise NotAllowed
        if until is None and not time.is_open:
            if not access.may_run_reports(by):
                raise InvalidInput(_("The date has passed: only the appraisal office can send the report back now."))
            raise InvalidInput(_("The date has passed: say until when the report is to be revised."), "until")
        if until is not None and time.until is not None and until > time.until:
            extend(round_, subject, ReportKind.SELF_REPORT, until, reason, by)
        return _decide(submission, ReportState.RETURNED, reason, by)


def accept_report(*, submission: SelfReportSubmission, by: User) -> SelfReportSubmission:
    """Accept what was handed in. The office only; audited."""
    if not access.may_run_reports(by):
        raise NotAllowed
    with transaction.atomic():
        ensure_collecting(submission.report.subject.round_id)
        return _decide(submission, ReportState.ACCEPTED, "", by)


def reopen_report(*, submission: SelfReportSubmission, reason: str, by: User) -> SelfReportSubmission:
    """Take an acceptance back, with a reason: the report waits again. The office only; audited."""
    if not access.may_run_reports(by):
        raise NotAllowed
    if not reason.strip():
        raise InvalidInput(_("Taking an acceptance back needs a reason."), "reason")
    with transaction.atomic():
        ensure_collecting(submission.report.subject.round_id)
        return _decide(submission, ReportState.SUBMITTED, reason, by, was=ReportState.ACCEPTED)


def _may_return(by: User, subject: Subject) -> bool:
    """Nobody sends back the report of the unit it stands for itself."""
    if access.may_run_reports(by):
        return True
    if access.is_own(by, subject):
        return False
    return any(access.may_enter_marks(by, each) for each in subject.round.assignments.all() if each.unit_id)


def _decide(
    submission: SelfReportSubmission,
    state: ReportState,
    reason: str,
    by: User,
    was: ReportState = ReportState.SUBMITTED,
) -> SelfReportSubmission:
    settle_submission(submission, was, state, by, reason=reason.strip()[:500])
    subject = submission.report.subject
    audit.record(
        by,
        "decide report",
        subject,
        changes={"report": (None, str(submission.number)), "state": (was.value, state.value)},
        round_id=subject.round_id,
        reason=reason.strip(),
    )
    submission.refresh_from_db()
    return submission


# ---------------------------------------------------------------- the draft


def _save(subject: Subject, draft: Draft, seen: int, by: User) -> SavedDraft:
    round_ = Round.objects.select_related("plan_version").get(pk=subject.round_id)
    report = SelfReport.objects.select_related("updated_by").filter(subject=subject).first()
    _ensure_writable(round_, subject, report)
    if (report.version if report else 0) != seen:
        raise _conflict(report) if report else Conflict(Theirs("", seen="0"))
    refused = _wrong(Tree(engine_plan(round_.plan_version)), draft)
    text = report.text if "" in refused and report else "" if "" in refused else _clean(draft.text)
    if report is None:
        report = SelfReport.objects.create(subject=subject, text=text, updated_by=by)
    else:
        now = {"text": text, "updated_by": by, "updated_at": timezone.now(), "version": F("version") + 1}
        if not SelfReport.objects.filter(pk=report.pk, version=seen).update(**now):
            raise _conflict(SelfReport.objects.select_related("updated_by").get(pk=report.pk))
        report.refresh_from_db(fields=["version", "updated_at"])
    _write_leaves(report, {code: words for code, words in draft.leaves.items() if code not in refused})
    return SavedDraft(report.version, report.updated_at, refused)


def _ensure_writable(round_: Round, subject: Subject, report: SelfReport | None) -> None:
    rules = report_rules(round_)
    time = window(round_, rules, ReportKind.SELF_REPORT, subject.pk)
    if not time.collecting:
        raise RoundClosed
    if not rules.asks_self_report:
        raise NotOpen(_("No self-summary is asked for in this round."))
    if report is not None and report.state not in WRITABLE:
        raise NotOpen(_("The report is handed in. It can be changed again only if it is sent back."))
    if not time.is_open:
        raise NotOpen(_("The date for the self-summary has passed. Only the appraisal office can re-open it."))


def _conflict(report: SelfReport) -> Conflict:
    return Conflict(Theirs(report.text, by=report.updated_by, at=report.updated_at, seen=str(report.version)))


def _clean(text: str) -> str:
    """Line ends as one sign, no blanks at the ends of lines: what a form adds is not a change."""
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")).strip("\n")


def _wrong(tree: Tree, draft: Draft) -> dict[str, ReviewError]:
    """Leaf → why what is said about it cannot be saved; "" stands for the summary."""
    found: dict[str, ReviewError] = {}
    if len(draft.text) > LONGEST_SUMMARY:
        found[""] = _too_long(LONGEST_SUMMARY, "text")
    for code, words in draft.leaves.items():
        node = tree.get(code)
        try:
            if node is None or node.children:
                raise InvalidInput(_("“%(code)s” is not an indicator of this round.") % {"code": code}, "indicator")
            if len(words.text) > LONGEST_LEAF:
                raise _too_long(LONGEST_LEAF, f"text-{code}")
            if words.score is not None:
                check_mark(words.score, node.points, tree.plan.decimals)
        except ReviewError as error:
            found[code] = error
    return found


def _too_long(most: int, name: str) -> InvalidInput:
    return InvalidInput(_("This text is longer than %(most)d characters.") % {"most": most}, name)


def _write_leaves(report: SelfReport, leaves: Mapping[str, LeafWords]) -> None:
    """Only what changed: a draft is saved every few seconds."""
    stored = {row.indicator: row for row in report.leaves.all()}
    new, gone = [], []
    for code, words in leaves.items():
        row, text = stored.get(code), _clean(words.text)
        if words.score is None and not text:
            gone += [row.pk] if row else []
        elif row is None:
            new.append(SelfAssessment(report=report, indicator=code, score=words.score, text=text))
        elif (row.score, row.text) != (words.score, text):
            row.score, row.text = words.score, text
            row.save(update_fields=["score", "text"])
    if gone:
        report.leaves.filter(pk__in=gone).delete()
    SelfAssessment.objects.bulk_create(new)

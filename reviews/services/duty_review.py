"""Reviewing duty reports (审核把关): approved, sent back, to be written anew; comments at passages; who reviews."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from reviews.duty.anchors import anchor
from reviews.models import (
    DutyComment,
    DutyReviewer,
    DutySubmission,
    ReportKind,
    ReportState,
    Round,
    Subject,
)
from reviews.queries.duty_reports import reviewers_of
from reviews.queries.report_dates import report_rules, window
from units import access, audit
from units.models import User

from .duty_notices import tell_writer
from .errors import InvalidInput, NotAllowed
from .report_dates import extend
from .report_states import settle_submission
from .rounds import ensure_collecting

LONGEST_COMMENT = 2000


def approve(*, submission: DutySubmission, by: User, reason: str = "") -> DutySubmission:
    """Approve what was handed in, if it still waits. The writer is told; audited."""
    _ensure_may(submission, by)
    with transaction.atomic():
        ensure_collecting(submission.report.subject.round_id)
        return _decide(submission, ReportState.ACCEPTED, reason, (), by)


def send_back(
    *,
    submission: DutySubmission,
    anew: bool,
    reason: str,
    criteria: Sequence[str],
    by: User,
    until: datetime.date | None = None,
) -> DutySubmission:
    """Send back for revision, or (`anew`) order the report to be written anew. The writer is told; audited.

    A reason is needed: in words, as ticked `criteria` of the plan, or by comments at its passages. Where the subject's
    date has passed, `until` says how long it has; only the office may give it. Raises InvalidInput ("reason", "until",
    "criteria"), Conflict if it is no longer the hand-in that waits.
    """
    _ensure_may(submission, by)
    subject = submission.report.subject
    ticked = [each for each in criteria_of(subject.round) if each in criteria]
    if not anew and not reason.strip() and not ticked and submission.comments.exists():
        reason = _("See the comments on the report.")
    if not reason.strip() and not ticked:
        raise InvalidInput(_("Say why: tick what applies, write a reason, or comment on a passage first."), "reason")
    if anew and not reason.strip():
        raise InvalidInput(_("Ordering a report to be written anew needs a reason in words."), "reason")
    with transaction.atomic():
        round_ = ensure_collecting(subject.round_id)
        _give_time(round_, subject, until, reason or "；".join(ticked), by)
        return _decide(submission, ReportState.REWRITE if anew else ReportState.RETURNED, reason, ticked, by)


def take_back_approval(*, submission: DutySubmission, reason: str, by: User) -> DutySubmission:
    """The report waits again, with a reason. The office only: it may be in the meeting's papers already. Audited."""
    if not access.may_run_duty_reports(by) or access.is_own(by, submission.report.subject):
        raise NotAllowed
    if not reason.strip():
        raise InvalidInput(_("Taking an approval back needs a reason."), "reason")
    with transaction.atomic():
        ensure_collecting(submission.report.subject.round_id)
        return _decide(submission, ReportState.SUBMITTED, reason, (), by, was=ReportState.ACCEPTED)


def criteria_of(round_: Round) -> list[str]:
    """The plan's checklist: what a report is sent back for, then what it is to be written anew for."""
    plan = round_.plan_version.document.get("duty_report") or {}
    return [*plan.get("returned_if", ()), *plan.get("rewritten_if", ())]


def _ensure_may(submission: DutySubmission, by: User) -> None:
    subject = submission.report.subject
    if not access.may_decide_duty_report(by, subject, reviewers_of(subject.round)):
        raise NotAllowed


def _give_time(round_: Round, subject: Subject, until: datetime.date | None, reason: str, by: User) -> None:
    full = Round.objects.select_related("plan_version").get(pk=round_.pk)
    time = window(full, report_rules(full), ReportKind.DUTY_REPORT, subject.pk)
    if until is not None and not access.may_run_duty_reports(by):
        raise NotAllowed
    if until is None and not time.is_open:
        if not access.may_run_duty_reports(by):
            raise InvalidInput(_("The date has passed: only the appraisal office can send the report back now."))
        raise InvalidInput(_("The date has passed: say until when the report is to be revised."), "until")
    if until is not None and time.until is not None and until > time.until:
        extend(full, subject, ReportKind.DUTY_REPORT, until, reason, by)


def _decide(
    submission: DutySubmission,
    state: ReportState,
    reason: str,
    criteria: Sequence[str],
    by: User,
    was: ReportState = ReportState.SUBMITTED,
) -> DutySubmission:
    said = {"reason": reason.strip()[:500], "criteria": list(criteria)}
    settle_submission(submission, was, state, by, **said)
    subject = submission.report.subject
    audit.record(
        by,
        "decide duty report",
        subject,
        changes={
            "report": (None, str(submission.number)),
            "state": (was.value, state.value),
            "criteria": (None, "；".join(criteria) or None),
        },
        round_id=subject.round_id,
        reason=reason.strip(),
    )
    submission.refresh_from_db()
    tell_writer(subject, submission, by)
    return submission


# ---------------------------------------------------------------- comments


def comment(
    *, submission: DutySubmission, section: str, quote: str, text: str, by: User, near: int | None = None
) -> DutyComment:
    """Say something about a passage of the hand-in that waits; `quote` "": about the whole section.

    `near` is where in the section the passage begins, if it stands there several times. The writer reads it once the
    hand-in is decided on. Audited. Raises InvalidInput ("section", "quote", "text"), Conflict.
    """
    _ensure_may(submission, by)
    if not text.strip():
        raise InvalidInput(_("Write what you have to say."), "text")
    if len(text) > LONGEST_COMMENT:
        raise InvalidInput(_("This text is longer than %(most)d characters.") % {"most": LONGEST_COMMENT}, "text")
    stands = submission.texts.get(section)
    if stands is None:
        raise InvalidInput(_("There is no text in this section."), "section")
    at = anchor(stands, quote, near)
    if at is None:
        raise InvalidInput(_("This passage does not stand in the section: copy it as it is."), "quote")
    with transaction.atomic():
        ensure_collecting(submission.report.subject.round_id)
        if not DutySubmission.objects.filter(pk=submission.pk, is_current=True, state=ReportState.SUBMITTED).exists():
            raise InvalidInput(_("There is nothing here to decide on any more."))
        made = DutyComment.objects.create(
            submission=submission,
            section=section,
            quote=at.quote,
            before=at.before,
            after=at.after,
            text=text.strip(),
            created_by=by,
        )
        _record(made, by, "comment on duty report", {"comment": (None, made.text)})
    return made


def withdraw_comment(*, comment: DutyComment, by: User) -> None:
    """Take a comment of one's own away as long as its hand-in waits: nobody else has acted on it. Audited."""
    if comment.created_by_id != by.pk:
        raise NotAllowed
    _ensure_may(comment.submission, by)
    with transaction.atomic():
        ensure_collecting(comment.submission.report.subject.round_id)
        if comment.submission.state != ReportState.SUBMITTED or not comment.submission.is_current:
            raise InvalidInput(_("The writer has this comment already: it can be settled, not taken away."))
        _record(comment, by, "withdraw comment on duty report", {"comment": (comment.text, None)})
        comment.delete()


def settle_comment(*, comment: DutyComment, settled: bool, by: User) -> None:
    """Hold a comment for done, or not done after all. Audited."""
    _ensure_may(comment.submission, by)
    with transaction.atomic():
        ensure_collecting(comment.submission.report.subject.round_id)
        found = DutyComment.objects.filter(pk=comment.pk, settled_at__isnull=settled)
        if not found.update(settled_at=timezone.now() if settled else None, settled_by=by if settled else None):
            return
        _record(comment, by, "settle comment on duty report", {"settled": (None, "yes" if settled else "no")})


def _record(comment: DutyComment, by: User, action: str, changes: dict[str, tuple[str | None, str | None]]) -> None:
    subject = comment.submission.report.subject
    audit.record(by, action, subject, changes=changes, round_id=subject.round_id)


# ---------------------------------------------------------------- reviewers


def name_reviewer(*, round: Round, account: User, category: str, group: str, by: User) -> DutyReviewer:  # noqa: A002
    """Name an account as reviewer: of a category, of a group, or of all. Audited.

    Raises InvalidInput ("account": it has no role or is named already; "category", "group").
    """
    if not access.may_run_duty_reports(by):
        raise NotAllowed
    if not access.may_see_rounds(account):
        raise InvalidInput(_("This account has no role, so it could not open the page."), "account")
    with transaction.atomic():
        locked = ensure_collecting(round)
        subjects = locked.subjects.order_by()
        for name, value in (("category", category), ("group", group)):
            if value and not subjects.filter(**{name: value}).exists():
                raise InvalidInput(_("No subject of this round is of “%(value)s”.") % {"value": value}, name)
        row, made = DutyReviewer.objects.get_or_create(
            round=locked, account=account, category=category, group=group, defaults={"created_by": by}
        )
        if not made:
            raise InvalidInput(_("%(name)s is named for this already.") % {"name": account}, "account")
        _record_reviewer(row, by, (None, str(account)))
    return row


def dismiss_reviewer(*, reviewer: DutyReviewer, by: User) -> None:
    """Take a reviewer away; what was decided and said stays. Audited."""
    if not access.may_run_duty_reports(by):
        raise NotAllowed
    with transaction.atomic():
        ensure_collecting(reviewer.round_id)
        _record_reviewer(reviewer, by, (str(reviewer.account), None))
        reviewer.delete()


def _record_reviewer(row: DutyReviewer, by: User, change: tuple[str | None, str | None]) -> None:
    of = " · ".join(each for each in (row.category, row.group) if each)
    audit.record(
        by,
        "name duty reviewer",
        row.round,
        label=of or row.round.title,
        changes={"reviewer": change},
        round_id=row.round_id,
    )

"""The end of the year: what became of each promise and task, and the check of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from reviews.models import Outcome, Promise, PromiseList, ReportKind, ReportState, Verdict
from reviews.queries.report_dates import report_rules, window
from reviews.queries.self_reports import assesses_in
from units import access, audit
from units.models import User

from .errors import Conflict, InvalidInput, NotAllowed, Theirs
from .promise_notices import tell_of_report
from .rounds import ensure_collecting
from .self_reports import NotOpen

LONGEST_REPORT = 5000


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of one row: an outcome and words, or a verdict and its reason; "" for neither."""

    choice: str = ""
    words: str = ""


def save_report(*, found: PromiseList, said: Mapping[int, Said], seen: int, by: User) -> PromiseList:
    """Save what became of the rows (by key of `Promise`) as a draft. Not audited.

    Raises NotAllowed, RoundClosed, NotOpen, InvalidInput (a field of a row); Conflict if the report is no longer
    version `seen`.
    """
    if not access.may_write_promises(by, found.subject):
        raise NotAllowed
    with transaction.atomic():
        return _save(found, said, seen, by)


def submit_report(*, found: PromiseList, said: Mapping[int, Said], seen: int, by: User) -> PromiseList:
    """Save and hand in: each row needs an outcome and words about it. A row that says something else than when it was
    checked is to be checked anew. Audited. Raises as `save_report`, also NotOpen while a change of the list waits."""
    if not access.may_write_promises(by, found.subject):
        raise NotAllowed
    with transaction.atomic():
        due = report_rules(found.subject.round).due[ReportKind.FULFILMENT]
        _save(found, said, seen, by)
        found.refresh_from_db(fields=["state"])
        if found.state == ReportState.SUBMITTED:
            raise NotOpen(_("A change of this list waits for approval. Report on it once that is decided."))
        rows = list(found.promises.filter(in_force=True))
        for row in rows:
            if not row.outcome:
                raise InvalidInput(_("Say of each row whether it is done."), f"choice-{row.pk}")
            if not row.report:
                raise InvalidInput(_("Say in words what became of it."), f"words-{row.pk}")
        late = found.report_late or (found.reported_at is None and due is not None and timezone.localdate() > due)
        now = {"reported_at": timezone.now(), "reported_by": by, "report_late": late, "report_reason": ""}
        PromiseList.objects.filter(pk=found.pk).update(
            report_state=ReportState.SUBMITTED, report_version=F("report_version") + 1, **now
        )
        found.refresh_from_db()
        done = sum(row.outcome == Outcome.DONE for row in rows)
        changes = {"rows": (None, len(rows)), "rows done": (None, done)}
        audit.record(by, "report on promises", found, changes=changes, round_id=found.subject.round_id)
    return found


def return_report(*, found: PromiseList, reason: str, by: User) -> PromiseList:
    """Send the report back with a reason: who may check. Audited; its writers are told."""
    _ensure_checks(found, by)
    if not reason.strip():
        raise InvalidInput(_("Sending back needs a reason."), "reason")
    with transaction.atomic():
        ensure_collecting(found.subject.round_id)
        _claim(
            found, found.report_version, ReportState.SUBMITTED, ReportState.RETURNED, report_reason=reason.strip()[:500]
        )
        changes = {"state": (ReportState.SUBMITTED.value, ReportState.RETURNED.value)}
        audit.record(
            by,
            "send back report on promises",
            found,
            changes=changes,
            round_id=found.subject.round_id,
            reason=reason.strip(),
        )
        tell_of_report(found, reason.strip(), by)
    return found


def check_rows(*, found: PromiseList, said: Mapping[int, Said], seen: int, by: User) -> int:
    """Say of rows whether the check confirms their report. Says how many were checked anew. Audited, row by row.

    Not confirmed needs a reason. Raises NotAllowed, RoundClosed, InvalidInput (a field of a row); Conflict if the
    report is no longer version `seen`.
    """
    _ensure_checks(found, by)
    with transaction.atomic():
        ensure_collecting(found.subject.round_id)
        _claim(found, seen, ReportState.SUBMITTED, ReportState.SUBMITTED)
        entries = []
        for row in found.promises.filter(in_force=True):
            new = said.get(row.pk)
            if new is None or (new.choice, new.words.strip()) == (row.verdict, row.verdict_reason):
                continue
            _check_verdict(row, new)
            before = (row.verdict or None, row.verdict_reason or None)
            row.verdict, row.verdict_reason = new.choice, new.words.strip()
            row.checked_by, row.checked_at = (by, timezone.now()) if new.choice else (None, None)
            row.save(update_fields=["verdict", "verdict_reason", "checked_by", "checked_at"])
            changes = {"check": (before[0], row.verdict or None), "reason": (before[1], row.verdict_reason or None)}
            label = f"{found} · {row}"
            entries.append(
                audit.record(by, "check promise", row, label=label, changes=changes, round_id=found.subject.round_id)
            )
    return len(entries)


def _check_verdict(row: Promise, new: Said) -> None:
    if new.choice and new.choice not in Verdict.values:
        raise InvalidInput(_("Choose one of the list."), f"choice-{row.pk}")
    if new.choice == Verdict.REFUSED and not new.words.strip():
        raise InvalidInput(_("Say why it is not confirmed."), f"words-{row.pk}")
    if len(new.words) > 500:
        raise InvalidInput(_("This text is longer than %(most)d characters.") % {"most": 500}, f"words-{row.pk}")


def _ensure_checks(found: PromiseList, by: User) -> None:
    subject = found.subject
    if not access.may_check_promises(by, subject, assesses=assesses_in(by, subject.round)):
        raise NotAllowed


def _save(found: PromiseList, said: Mapping[int, Said], seen: int, by: User) -> PromiseList:
    round_ = ensure_collecting(found.subject.round_id)
    if found.report_state == ReportState.SUBMITTED:
        raise NotOpen(_("The report is handed in. It can be changed again only if it is sent back."))
    if not window(round_, report_rules(round_), ReportKind.FULFILMENT, found.subject_id).is_open:
        raise NotOpen(_("The date for this report has passed. Only the appraisal office can re-open it."))
    _claim(found, seen, found.report_state, found.report_state, reported_by=by)
    for row in found.promises.filter(in_force=True):
        new = said.get(row.pk)
        if new is None or (new.choice, new.words.strip()) == (row.outcome, row.report):
            continue
        if new.choice and new.choice not in Outcome.values:
            raise InvalidInput(_("Choose one of the list."), f"choice-{row.pk}")
        if len(new.words) > LONGEST_REPORT:
            words = _("This text is longer than %(most)d characters.") % {"most": LONGEST_REPORT}
            raise InvalidInput(words, f"words-{row.pk}")
        row.outcome, row.report = new.choice, new.words.strip()
        row.verdict, row.verdict_reason, row.checked_by, row.checked_at = "", "", None, None
        row.save()
    return found


def _claim(found: PromiseList, seen: int, was: str, state: str, **fields: object) -> None:
    """Go on from version `seen` of the report in state `was`, and from no other."""
    same = PromiseList.objects.filter(pk=found.pk, report_version=seen, report_state=was)
    if not same.update(report_state=state, report_version=F("report_version") + 1, **fields):
        now = PromiseList.objects.select_related("reported_by").get(pk=found.pk)
        raise Conflict(Theirs(now.get_report_state_display(), by=now.reported_by, seen=str(now.report_version)))
    found.refresh_from_db(fields=["report_state", "report_version", *fields])

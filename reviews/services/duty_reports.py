"""The duty report: written as a draft whose texts are saved one by one, handed in, taken back to an earlier version.

The draft is its writer's. Each text is saved by compare-and-swap, so that two windows disturb each other only where
both write in the same section; then neither is lost and the writer chooses.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from reviews.duty.blocks import clean
from reviews.duty.layout import EXTRA, REPLY, WHY, Layout
from reviews.duty.requirements import MUST, SHOULD, Finding, check, total_of, unmet
from reviews.models import DutyReport, DutySubmission, DutyVersion, ReportKind, ReportState, Round, Subject
from reviews.queries.duty_reports import WRITABLE, asks_duty_report, layout_for, reviewers_for, reviewers_of, role_for
from reviews.queries.report_dates import report_rules, window
from units import access, audit
from units.models import User

from .duty_history import keep
from .duty_notices import tell_reviewers
from .errors import InvalidInput, NotAllowed, ReviewError, RoundClosed, Theirs
from .rounds import ensure_collecting
from .self_reports import NotOpen

LONGEST = 30_000  # characters of one text
Kind = DutyVersion.Kind


@dataclass(frozen=True, slots=True)
class Typed:
    """A text as it was typed, and the mark (`fingerprint`) of the stored one that its writer saw."""

    text: str
    seen: str


@dataclass(frozen=True, slots=True)
class Saved:
    """`seen`: key → mark of what is stored now; `conflicts`: what somebody else saved meanwhile, and was kept."""

    version: int
    at: datetime.datetime
    seen: Mapping[str, str]
    conflicts: Mapping[str, Theirs] = field(default_factory=dict)
    refused: Mapping[str, ReviewError] = field(default_factory=dict)


class Unmet(InvalidInput):
    """The report does not meet the plan: `findings`. With some of them it can be handed in for a stated reason."""

    def __init__(self, findings: list[Finding], message: str, name: str) -> None:
        super().__init__(message, name)
        self.findings = findings


def fingerprint(text: str) -> str:
    """A short mark of a stored text, by which a save names what it saw."""
    return hashlib.sha256(text.encode()).hexdigest()[:16] if text else "0"


def save_texts(
    *,
    subject: Subject,
    typed: Mapping[str, Typed],
    by: User,
    kind: str = Kind.AUTO,
) -> Saved:
    """Save those texts that nobody else changed; the others come back as conflicts. A version is kept of it.

    Raises NotAllowed, RoundClosed, NotOpen. Drafts are not audited: nobody but their writers knows them.
    """
    if not access.may_write_duty_report(by, subject):
        raise NotAllowed
    try:
        with transaction.atomic():
            return _save(subject, typed, by, kind)
    except IntegrityError:
        # Two began the same report at once: the other's row stands now.
        with transaction.atomic():
            return _save(subject, typed, by, kind)


def submit(*, subject: Subject, typed: Mapping[str, Typed], explanation: str, by: User) -> DutySubmission:
    """Save and hand in as a whole. The reviewers are told; audited.

    Raises what `save_texts` does; InvalidInput where a text could not be saved; Unmet ("texts") where something that
    must be there is missing, ("explanation") where a limit is not kept and no reason is given.
    """
    saved = save_texts(subject=subject, typed=typed, by=by)
    if saved.refused:
        raise next(iter(saved.refused.values()))
    if saved.conflicts:
        raise InvalidInput(
            _("Somebody else saved another text meanwhile: choose first which one is to stand."), "texts"
        )
    with transaction.atomic():
        round_ = ensure_collecting(subject.round_id)
        report = DutyReport.objects.select_for_update().get(subject=subject)
        ensure_writable(_round_of(subject), subject, report)
        if report.version != saved.version:
            raise InvalidInput(_("The report was changed in another window meanwhile. Look at it again."), "texts")
        layout = layout_for(_round_of(subject), subject)
        findings = unmet(check(layout, report.texts, role_for(layout, subject)))
        _refuse(findings, explanation)
        made = _hand_in(report, layout, findings, explanation.strip(), by)
        keep(report, report.texts, by, Kind.SUBMIT, made.characters)
        changes = {"report": (None, str(made.number)), "words": (None, made.characters)}
        audit.record(by, "hand in duty report", subject, changes=changes, round_id=round_.pk)
        tell_reviewers(subject, made, reviewers_for(subject, reviewers_of(round_)), by)
    return made


def _refuse(findings: list[Finding], explanation: str) -> None:
    if missing := unmet(findings, MUST):
        raise Unmet(
            missing, _("The report cannot be handed in yet: something that must be written is missing."), "texts"
        )
    if (off := unmet(findings, SHOULD)) and not explanation.strip():
        raise Unmet(
            off, _("The report does not meet the plan. Put it right, or say why it is handed in so."), "explanation"
        )


def _hand_in(report: DutyReport, layout: Layout, findings: list[Finding], explanation: str, by: User) -> DutySubmission:
    subject = report.subject
    rules = report_rules(subject.round)
    due = rules.due[ReportKind.DUTY_REPORT]
    number = (report.submissions.aggregate(last=Max("number"))["last"] or 0) + 1
    report.submissions.filter(is_current=True).update(is_current=False)
    made = DutySubmission.objects.create(
        report=report,
        number=number,
        texts={key: text for key, text in report.texts.items() if text and key != WHY},
        parts=[
            {
                "title": part.title,
                "answers": part.answers,
                "sections": [{"key": each.key, "aspect": each.aspect if each.split else ""} for each in part.sections],
            }
            for part in layout.parts
        ],
        questions=[{"key": each.key, "text": each.text, "source": each.source} for each in layout.questions],
        characters=total_of(layout, report.texts),
        unmet=[finding.stored for finding in findings],
        explanation=explanation[:500] if findings else "",
        # Who was in time and has to revise is not late by that.
        late=number == 1 and due is not None and timezone.localdate() > due,
        submitted_by=by,
    )
    report.state = ReportState.SUBMITTED
    report.version += 1
    report.save(update_fields=["state", "version"])
    return made


def restore(*, report: DutyReport, number: int, by: User) -> Saved:
    """Put a kept version in the place of the draft, which is kept itself first.

    Raises NotAllowed, RoundClosed, NotOpen; InvalidInput if there is no such version.
    """
    subject = report.subject
    if not access.may_write_duty_report(by, subject):
        raise NotAllowed
    with transaction.atomic():
        version = report.versions.filter(number=number).first()
        if version is None:
            raise InvalidInput(_("This version is no longer there."))
        return replace_texts(subject, version.texts, by, Kind.RESTORE)


def take_in(*, subject: Subject, texts: Mapping[str, str], by: User) -> Saved:
    """Put texts from a file in the place of those sections; the draft as it was is kept first.

    Raises NotAllowed, RoundClosed, NotOpen, InvalidInput for a text that is too long.
    """
    if not access.may_write_duty_report(by, subject):
        raise NotAllowed
    for key, text in texts.items():
        if len(text) > LONGEST:
            raise _too_long(key)
    with transaction.atomic():
        report = DutyReport.objects.filter(subject=subject).first()
        merged = {**(report.texts if report else {}), **{key: clean(text) for key, text in texts.items()}}
        return replace_texts(subject, merged, by, Kind.IMPORT)


def replace_texts(subject: Subject, texts: Mapping[str, str], by: User, kind: str) -> Saved:
    """For a service that has asked who may: the whole draft becomes `texts`."""
    report = DutyReport.objects.select_for_update().filter(subject=subject).first()
    ensure_writable(_round_of(subject), subject, report)
    if report is None:
        report = DutyReport.objects.create(subject=subject, updated_by=by, version=0)
    elif report.texts != texts:
        keep(report, report.texts, report.updated_by, Kind.BEFORE)
    return _write(report, dict(texts), by, kind)


# ---------------------------------------------------------------- saving


def _save(subject: Subject, typed: Mapping[str, Typed], by: User, kind: str) -> Saved:
    report = DutyReport.objects.select_for_update(of=("self",)).filter(subject=subject).first()
    ensure_writable(_round_of(subject), subject, report)
    held: dict[str, str] = dict(report.texts) if report else {}
    new = dict(held)
    conflicts: dict[str, Theirs] = {}
    refused: dict[str, ReviewError] = {}
    known = _known_keys(subject, held)
    for key, one in typed.items():
        text, stands = clean(one.text), held.get(key, "")
        if key not in known and not key.startswith(REPLY):
            refused[key] = InvalidInput(_("There is no such section in this report (any more)."), key)
        elif len(text) > LONGEST:
            refused[key] = _too_long(key)
        elif text == stands:
            continue
        elif one.seen == fingerprint(stands):
            new[key] = text
        else:
            conflicts[key] = _theirs(report, stands)
    if report is None:
        report = DutyReport.objects.create(subject=subject, updated_by=by, version=0)
    if new == held and kind == Kind.AUTO and report.version:
        return Saved(report.version, report.updated_at, _marks(held), conflicts, refused)
    saved = _write(report, new, by, kind)
    return Saved(saved.version, saved.at, saved.seen, conflicts, refused)


def _write(report: DutyReport, texts: dict[str, str], by: User, kind: str) -> Saved:
    report.texts = {key: text for key, text in texts.items() if text}
    report.version += 1
    report.updated_by, report.updated_at = by, timezone.now()
    report.save(update_fields=["texts", "version", "updated_by", "updated_at"])
    keep(report, report.texts, by, kind)
    return Saved(report.version, report.updated_at, _marks(report.texts))


def _marks(texts: Mapping[str, str]) -> dict[str, str]:
    return {key: fingerprint(text) for key, text in texts.items()}


def _theirs(report: DutyReport | None, text: str) -> Theirs:
    by, at = (report.updated_by, report.updated_at) if report else (None, None)
    return Theirs(text, by=by, at=at, seen=fingerprint(text))


def _known_keys(subject: Subject, held: Mapping[str, str]) -> set[str]:
    """What may be written: the sections of today's plan, its questions, and what stands in the draft already."""
    layout = layout_for(_round_of(subject), subject)
    return {*layout.counted, *held, WHY, EXTRA}


def _round_of(subject: Subject) -> Round:
    return Round.objects.select_related("plan_version").get(pk=subject.round_id)


def ensure_writable(round_: Round, subject: Subject, report: DutyReport | None) -> None:
    """Raises RoundClosed, NotOpen: nothing is asked for, it is handed in, its date has passed."""
    rules = report_rules(round_)
    time = window(round_, rules, ReportKind.DUTY_REPORT, subject.pk)
    if not time.collecting:
        raise RoundClosed
    if not asks_duty_report(round_):
        raise NotOpen(_("No duty report is asked for in this round."))
    if report is not None and report.state not in WRITABLE:
        raise NotOpen(_("The report is handed in. It can be changed again only if it is sent back."))
    if not time.is_open:
        raise NotOpen(_("The date for the duty report has passed. Only the appraisal office can re-open it."))


def _too_long(key: str) -> InvalidInput:
    return InvalidInput(_("This text is longer than %(most)d characters.") % {"most": LONGEST}, key)

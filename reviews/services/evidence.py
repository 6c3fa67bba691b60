"""Evidence: adding a file beside a mark, an event, a figure or a self-assessment, and withdrawing one.

A file is looked at before it is kept: its size, its name, what its content is, what the scanner says. The
stored file comes first and its row second, so that a row never names a file that is not there.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appraisal_site.lib import filetypes, scanning
from reviews.models import TO_DO, Evidence, EvidenceKind, LedgerItem, Phase, ReportKind, Round, SelfReport
from reviews.queries.evidence import Place, place_of
from reviews.queries.report_dates import report_rules, window
from units import access, audit
from units.models import User

from .errors import InvalidInput, NotAllowed, RoundClosed
from .freezing import ensure_open
from .rounds import ensure_collecting, ensure_unsealed
from .self_reports import WRITABLE

LONGEST_NAME = 120
EXTENSIONS = tuple(sorted(filetypes.MEDIA_TYPES))
_CHUNK = 256 * 1024


class FileRefused(InvalidInput):
    """A file is not taken; the words name it and say why."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "file")


@dataclass(frozen=True, slots=True)
class _Checked:
    name: str
    media_type: str
    sha256: str
    size: int


# ---------------------------------------------------------------- adding


def add_evidence(*, place: Place, file: File[bytes], by: User, title: str = "") -> Evidence:
    """Keep a file beside `place`. Audited; the computed result stays current, a file is no input.

    Raises NotAllowed, RoundClosed (also past the date of a sheet or report), FileRefused.
    """
    if not access.may_add_evidence(by, place):
        raise NotAllowed
    _ensure_takes_files(place.round, place, by)  # before a large file is read; asked again below
    checked = check_file(file)
    row = Evidence(
        round=place.round,
        kind=place.kind,
        subject=place.subject,
        indicator=place.indicator,
        assessor=place.assessor,
        event=place.event,
        poll=place.poll,
        promise=place.promise,
        interview=place.interview,
        item=place.item,
        about=place.words[:240],
        name=checked.name,
        title=clean_words(title)[:120],
        size=checked.size,
        media_type=checked.media_type,
        sha256=checked.sha256,
        from_subject=access.hands_in_as_subject(by, place),
        uploaded_by=by,
    )
    file.seek(0)
    row.file.save(checked.name, File(cast("IO[Any]", file)), save=False)
    try:
        with transaction.atomic():
            _store(row, place, by)
    except BaseException:
        row.file.storage.delete(row.file.name)
        raise
    return row


def _store(row: Evidence, place: Place, by: User) -> None:
    # The lock makes those who add take turns, so that the number of files holds.
    _lock_taking(place, by)
    here = place.rows()
    if here.filter(sha256=row.sha256).exists():
        raise FileRefused(_("“%(name)s”: this very file is here already.") % {"name": row.name})
    limit: int = settings.EVIDENCE_MAX_FILES
    if here.count() >= limit:
        words = ngettext(
            "“%(name)s”: at most %(limit)d file can be kept here. Withdraw one first.",
            "“%(name)s”: at most %(limit)d files can be kept here. Withdraw one first.",
            limit,
        )
        raise FileRefused(words % {"name": row.name, "limit": limit})
    row.save(force_insert=True)
    audit.record(
        by,
        "add file",
        row,
        label=f"{row.about} · {row.name}",
        changes={"file name": (None, row.name), "title": (None, row.title or None), "file": (None, row.sha256)},
        round_id=row.round_id,
    )


def _locked(round_id: int, kind: str) -> Round:
    """The round, locked. Interviews follow from a result: their sheets are taken until the round is sealed."""
    return ensure_unsealed(round_id) if kind == EvidenceKind.INTERVIEW else ensure_collecting(round_id)


def _lock_taking(place: Place, by: Any) -> None:
    """Lock what says whether files are taken here, and make sure that they are: the round, or the ledger's item."""
    if place.item is not None:
        item = LedgerItem.objects.select_for_update(of=("self",)).get(pk=place.item.pk)
        _ensure_takes_files(place.round, replace(place, item=item), by)
    else:
        _ensure_takes_files(_locked(place.round.pk, place.kind), place, by)


def _ensure_takes_files(round_: Round, place: Place, by: Any) -> None:
    """Files are taken as long as what they prove is: the round, the sheet's and the report's dates."""
    if place.item is not None:  # the ledger outlives its round
        if place.item.state not in TO_DO:
            raise RoundClosed(_("This item is not being worked on: its files can no longer be changed."))
        return
    if place.kind == EvidenceKind.INTERVIEW:
        if round_.phase == Phase.SEALED:
            raise RoundClosed(_("The round is sealed: nothing in it can be changed any more."))
        return
    if round_.phase != Phase.COLLECTING:
        raise RoundClosed
    if access.hands_in_as_subject(by, place):
        _ensure_report_open(round_, place)
        return
    for sheet in place.assignments:
        if place.kind != EvidenceKind.SELF_REPORT and access.may_enter_marks(by, sheet):
            ensure_open(round_, sheet)


def closed_words(place: Place, by: Any) -> str:
    """Why this account, which may add here, cannot do so now; "" if it can."""
    try:
        _ensure_takes_files(place.round, place, by)
    except RoundClosed as error:
        return str(error)
    return ""


def _ensure_report_open(round_: Round, place: Place) -> None:
    if place.event is not None or place.subject is None:
        return
    rules = report_rules(round_)
    if place.promise is not None:
        if place.promise.list.is_reported or not window(round_, rules, ReportKind.FULFILMENT, place.subject.pk).is_open:
            raise RoundClosed(_("The report on this list is handed in, or its date has passed."))
        return
    kind = ReportKind.FIGURES if place.kind == EvidenceKind.ATTAINMENT else ReportKind.SELF_REPORT
    if kind == ReportKind.SELF_REPORT and not rules.asks_self_report:
        raise RoundClosed(_("No self-summary is asked for in this round."))
    if not window(round_, rules, kind, place.subject.pk).is_open:
        raise RoundClosed(_("The date for this report has passed; the appraisal office can open it again."))
    if kind == ReportKind.SELF_REPORT:
        report = SelfReport.objects.filter(subject=place.subject).first()
        if report is not None and report.state not in WRITABLE:
            raise RoundClosed(_("This self-assessment was handed in; its files can no longer be changed."))


# ---------------------------------------------------------------- withdrawing


def withdraw_evidence(*, evidence: Evidence, reason: str, by: User) -> None:
    """Take a file from the pages, with a reason. It stays stored; office and auditors can still open it. Audited.

    Who may add beside the same thing may withdraw, but nobody but the office what the other side handed in.
    Raises NotAllowed, RoundClosed, InvalidInput ("reason"; or it was withdrawn already).
    """
    place = place_of(evidence)
    if not may_withdraw(by, evidence, place):
        raise NotAllowed
    if not reason.strip():
        raise InvalidInput(_("Withdrawing a file needs a reason."), "reason")
    with transaction.atomic():
        if place is None or (access.is_office(by) and place.item is None):
            _locked(evidence.round_id, evidence.kind)
        else:
            _lock_taking(place, by)
        changed = Evidence.objects.filter(pk=evidence.pk, withdrawn_at=None).update(
            withdrawn_at=timezone.now(), withdrawn_by=by, withdrawn_reason=reason.strip()[:500]
        )
        if not changed:
            raise InvalidInput(_("This file was withdrawn already."))
        audit.record(
            by,
            "withdraw file",
            evidence,
            label=f"{evidence.about} · {evidence.name}",
            changes={"file name": (evidence.name, None), "file": (evidence.sha256, None)},
            round_id=evidence.round_id,
            reason=reason.strip(),
        )


def may_withdraw(by: Any, evidence: Evidence, place: Place | None) -> bool:
    if place is not None and place.interview is not None:  # not even the office from the one about himself
        return access.may_record_interview(by, place.interview)
    if access.is_office(by):
        return True
    if place is None or not access.may_add_evidence(by, place):
        return False
    return access.hands_in_as_subject(by, place) == evidence.from_subject


# ---------------------------------------------------------------- looking at a file


def check_file(file: File[bytes]) -> _Checked:
    """Name, size, kind and scanner's word; FileRefused says what is wrong with it."""
    name = clean_name(file.name or "")
    said = {"name": name}
    size = file.size
    if not size:
        raise FileRefused(_("“%(name)s” is empty.") % said)
    limit: int = settings.EVIDENCE_MAX_BYTES
    if size > limit:
        sizes = said | {"size": filesizeformat(size), "limit": filesizeformat(limit)}
        raise FileRefused(_("“%(name)s” has %(size)s; at most %(limit)s can be kept.") % sizes)
    extension = name.rpartition(".")[2].lower()
    _check_kind(file, name, extension)
    if reason := _scanned(file):
        raise FileRefused(_("“%(name)s”: %(reason)s") % (said | {"reason": reason}))
    digest = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return _Checked(name, filetypes.MEDIA_TYPES[extension], digest.hexdigest(), size)


def _check_kind(file: File[bytes], name: str, extension: str) -> None:
    said = {"name": name, "allowed": ", ".join(EXTENSIONS)}
    if extension not in EXTENSIONS:
        if extension in {"zip", "rar", "7z"}:
            raise FileRefused(_("“%(name)s”: archives are not taken; add the files in it one by one.") % said)
        raise FileRefused(_("“%(name)s”: files of this kind are not taken, only: %(allowed)s.") % said)
    kind = filetypes.detect(cast("IO[bytes]", file))
    if kind is None:
        raise FileRefused(_("“%(name)s”: what is in it is not what its name says. Is the file damaged?") % said)
    if extension not in kind.extensions:
        words = said | {"kind": kind.words}
        raise FileRefused(_("“%(name)s” is not what its name says: its content is: %(kind)s.") % words)


def _scanned(file: File[bytes]) -> str:
    """The scanner reads the file under a name of ours, before it is where files are kept."""
    if not settings.EVIDENCE_SCANNER:
        return ""
    handle, path = tempfile.mkstemp(prefix="evidence-")
    try:
        with os.fdopen(handle, "wb") as copy:
            file.seek(0)
            while chunk := file.read(_CHUNK):
                copy.write(chunk)
        return scanning.refusal(Path(path), settings.EVIDENCE_SCANNER)
    finally:
        Path(path).unlink()


def clean_words(text: str) -> str:
    """One line without signs that nobody sees: some turn the reading direction, so that gpj.exe reads exe.jpg."""
    seen = "".join(" " if sign.isspace() else sign for sign in unicodedata.normalize("NFC", text))
    return re.sub(r" +", " ", "".join(s for s in seen if unicodedata.category(s)[0] != "C")).strip()


def clean_name(text: str) -> str:
    """The last part of whatever path a browser sent, fit to be shown and to be saved anywhere."""
    name = clean_words(re.split(r"[/\\]", text)[-1])
    name = re.sub(r'[<>:"|?*]', "_", name).rstrip(" .")
    stem, dot, extension = name.rpartition(".")
    if not dot:
        stem, extension = name, ""
    stem = stem.strip(" .")[:LONGEST_NAME] or _("file")
    return f"{stem}.{extension[:20]}" if extension else stem

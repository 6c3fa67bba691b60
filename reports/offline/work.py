"""The jobs of score sheets as files: reading an upload, saving it, writing every assessor's."""

from __future__ import annotations

import logging
import re
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.files import File
from django.db import OperationalError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appraisal_site.lib.turns import in_turn
from reviews.models import Round
from reviews.queries.sheet import grid_of
from reviews.services.sheet import Answer, save_cells
from units import audit
from units.models import Unit, User

from ..jobs import JobFailed, Progress
from ..models import Job, OfflineCell, OfflineUpload
from ..workbook import WorkbookRefused, write_marked_copy
from ..workbook.problems import Problem
from .compare import BATCH, Comparison, compare, heads_of, put_refusal, wish_of
from .contents import contents_for
from .layout import GRID
from .queries import units_with_sheets, wanted_cells
from .read import read_book
from .uploads import Choice, Group, State
from .write import write_own_book, write_unit_book

log = logging.getLogger(__name__)

Fields = dict[str, Any]


def _upload_of(job: Job, state: str) -> tuple[OfflineUpload, User]:
    """The job's upload, if it still waits for this job. Raises JobFailed."""
    waiting = OfflineUpload.objects.select_related("by", "round__plan", "round__plan_version")
    upload = waiting.filter(pk=job.options["upload"], state=state).first()
    if upload is None:
        raise JobFailed(_("This upload is not waiting for a decision any more."))
    return upload, upload.by


# ------------------------------------------------------------------------------ reading


def read(job: Job, progress: Progress) -> Fields:
    """Read an uploaded file and compare it with the round; what it asks for waits for its owner then."""
    upload, by = _upload_of(job, State.READING)
    path = Path(upload.file.path)
    try:
        progress(5, _("Reading the workbook"))
        contents = contents_for(by, upload.round)
        book = read_book(path, heads_of(contents))
        progress(35, _("Comparing every cell"))
        found = compare(book, contents, by)
    except WorkbookRefused as refused:
        upload.state, upload.settled_at = State.REFUSED, timezone.now()
        upload.problem = "\n".join(str(problem) for problem in refused.problems)
        upload.save(update_fields=["state", "settled_at", "problem"])
        return {"message": _("The file cannot be used.")}
    progress(80, _("Keeping what was found"))
    _keep(upload, found)
    _mark(upload, path, found)
    asks = any(cell.group in {Group.NEW, Group.CHANGED, Group.CONFLICT} for cell in found.cells)
    upload.state, upload.settled_at = (State.READY, None) if asks else (State.DONE, timezone.now())
    upload.counts = dict(found.counts)
    upload.made_at = book.state.facts.get("制表时间", "")[:16].replace("T", " ")
    upload.save(update_fields=["state", "settled_at", "counts", "made_at", "marked"])
    return {"message": _("Compared.")}


def _keep(upload: OfflineUpload, found: Comparison) -> None:
    """Store what was found, some of it at a time: on SQLite nobody else writes meanwhile."""
    OfflineCell.objects.filter(upload=upload).delete()  # of a reading that was interrupted
    for cell in found.cells:
        cell.upload = upload
    for start in range(0, len(found.cells), BATCH):
        with in_turn():
            OfflineCell.objects.bulk_create(found.cells[start : start + BATCH])


def _mark(upload: OfflineUpload, path: Path, found: Comparison) -> None:
    """A copy of the file with its wrong cells in red. The page lists them even if this fails."""
    problems = [Problem(GRID, c.place, c.message) for c in found.cells if c.group in {Group.WRONG, Group.CLOSED}]
    if not problems:
        return
    try:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "marked.xlsx"
            write_marked_copy(path, copy, problems)
            with copy.open("rb") as file:
                upload.marked.save(f"{Path(upload.file_name).stem}-标错.xlsx", File(file), save=False)
    except Exception:
        log.exception("The marked copy of upload %s could not be written", upload.pk)


# ------------------------------------------------------------------------------ saving


def save(job: Job, progress: Progress) -> Fields:
    """Save what its owner confirmed, some subjects at a time, so that others can save in between.

    What was saved leaves the preview; what somebody changed since stays in it as a conflict. Audited: every cell by
    the service that saves it, and one entry for the file.
    """
    upload, by = _upload_of(job, State.SAVING)
    grid = grid_of(by, upload.round)
    pks = list(wanted_cells(upload).order_by("number").values_list("pk", "subject_id"))
    done = 0
    for chunk in _chunks(pks):
        cells = list(OfflineCell.objects.filter(pk__in=chunk).order_by("number"))
        try:
            answers = save_cells(grid=grid, wishes=[wish_of(cell) for cell in cells], by=by)
        except OperationalError as busy:
            raise JobFailed(_("The database is busy. Go on in a moment.")) from busy
        _settle(upload, cells, answers)
        done += len(chunk)
        progress(100 * done // max(1, len(pks)), _("Saving"))
    return {"message": _finish(upload, by)}


def _chunks(pks: Sequence[tuple[int, int | None]]) -> Iterator[list[int]]:
    """Keys of cells, some whole subjects at a time."""
    chunk: list[int] = []
    last: int | None = None
    for pk, subject in pks:
        if len(chunk) >= BATCH and subject != last:
            yield chunk
            chunk = []
        chunk.append(pk)
        last = subject
    if chunk:
        yield chunk


def _settle(upload: OfflineUpload, cells: list[OfflineCell], answers: list[Answer]) -> None:
    saved = [cell.pk for cell, answer in zip(cells, answers, strict=True) if answer.error is None]
    refused = []
    for cell, answer in zip(cells, answers, strict=True):
        if answer.error is not None:
            put_refusal(cell, answer)
            refused.append(cell)
    with transaction.atomic():
        OfflineCell.objects.filter(pk__in=saved).delete()
        fields = ["group", "choice", "message", "now_value", "now_note", "now_by", "now_at", "seen"]
        OfflineCell.objects.bulk_update(refused, fields, batch_size=200)
        OfflineUpload.objects.filter(pk=upload.pk).update(saved=F("saved") + len(saved))


def _finish(upload: OfflineUpload, by: User) -> str:
    """What is decided for the database's state is settled too. Gives what was done in words."""
    upload.refresh_from_db()
    saved = upload.saved - upload.audited
    with transaction.atomic():
        upload.cells.filter(group=Group.CONFLICT, choice=Choice.THEIRS).delete()
        is_open = upload.cells.filter(group=Group.CONFLICT).exists()
        upload.state = State.READY if is_open else State.DONE
        upload.settled_at = None if is_open else timezone.now()
        upload.audited = upload.saved
        upload.save(update_fields=["state", "settled_at", "audited"])
        if saved:
            changes = {"file name": upload.file_name, "file": upload.digest, "cells": saved}
            audit.record(
                by,
                "save score sheet",
                upload.round,
                changes={name: (None, value) for name, value in changes.items()},
                round_id=upload.round_id,
            )
    return ngettext("%(count)d cell saved.", "%(count)d cells saved.", saved) % {"count": saved}


# ------------------------------------------------------------------------------ everybody's


def hand_out(job: Job, progress: Progress, path: Path) -> str:
    """Write the score sheet of every assessor that has an account's unit, and the office's own, into one archive."""
    round_, by = job.round, job.created_by
    if round_ is None or by is None:
        raise JobFailed(_("This job needs a round."))
    round_ = Round.objects.select_related("plan", "plan_version").get(pk=round_.pk)
    units = units_with_sheets(round_)
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        book = Path(folder) / "book.xlsx"
        for number, unit in enumerate(units, start=1):
            progress(100 * (number - 1) // (len(units) + 1), unit.name)
            write_unit_book(book, unit, round_, by)
            archive.write(book, book_name(round_, _unique(unit, units)))
        if any(leaf.mine for leaf in grid_of(by, round_).leaves):
            write_own_book(book, by, round_)
            archive.write(book, book_name(round_, str(by)))
    words = ngettext(
        "%(count)d score sheet is in the archive.", "%(count)d score sheets are in the archive.", len(units)
    )
    return words % {"count": len(units)}


def _unique(unit: Unit, units: list[Unit]) -> str:
    same = [other for other in units if other.name == unit.name]
    return unit.name if len(same) == 1 else f"{unit.name}-{unit.code}"


def book_name(round_: Round, owner: str) -> str:
    """The name of somebody's file, without what a file system does not take."""
    plain = re.sub(r'[\\/:*?"<>|\s]+', "", owner)[:60] or "评分"
    period = re.sub(r"[^\w-]+", "", round_.name)
    return f"评分表-{period}-{plain}.xlsx"

"""Uploaded score sheets: taken in, read, decided on, saved.

Nothing of a file is written before its owner confirms. What is wrong or not allowed does not hold up the rest: the
page says so, and whoever wants all or nothing corrects the file first. Saving goes through the services of the grid,
each cell with the state that the preview showed; what is another one by then becomes a conflict again.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from reviews.models import Phase, Round
from reviews.services.errors import InvalidInput, NotAllowed, RoundClosed
from units import access
from units.models import User

from ..jobs import is_lost
from ..models import JobKind, JobState, OfflineCell, OfflineUpload
from ..services import start_job

State, Group, Choice = OfflineUpload.State, OfflineCell.Group, OfflineCell.Choice
PATIENCE = datetime.timedelta(minutes=1)
STEPS = {State.READING: JobKind.READ_SHEET, State.SAVING: JobKind.SAVE_SHEET}


def receive(*, round: Round, file: UploadedFile, by: User) -> OfflineUpload:  # noqa: A002
    """Take a file in and start reading it.

    An earlier upload of this account that waits for a decision is discarded. Raises NotAllowed, RoundClosed;
    InvalidInput "file" while an earlier one is being read or saved.
    """
    if not access.may_enter_some_marks(by):
        raise NotAllowed
    if round.phase != Phase.COLLECTING:
        raise RoundClosed
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    upload = OfflineUpload(round=round, by=by, file_name=Path(file.name or "").name[:200], digest=digest.hexdigest())
    busy = InvalidInput(_("Your last upload is still being worked on. Wait until it is done."), "file")
    with transaction.atomic():
        for old in OfflineUpload.objects.select_for_update().filter(
            round=round, by=by, state__in=OfflineUpload.UNDER_WAY
        ):
            if old.state != State.READY and not is_stuck(old):
                raise busy
            _end(old, State.DISCARDED)
        upload.file = file
        try:
            with transaction.atomic():
                upload.save(force_insert=True)
        except IntegrityError:  # another one of the same account at the same moment
            upload.file.delete(save=False)
            raise busy from None
    _start(upload, by)
    return upload


def is_stuck(upload: OfflineUpload) -> bool:
    """Whether the work on it ended without its end: the job failed, was lost with its process, or never came."""
    if upload.state not in STEPS:
        return False
    job = upload.job
    if job is None or job.state == JobState.DONE:  # the job of this step is about to be there
        return timezone.now() - upload.stepped_at > PATIENCE
    return job.state == JobState.FAILED or is_lost(job)


def _start(upload: OfflineUpload, by: User) -> None:
    """Start the job of the step that the upload has come to."""
    job, _new = start_job(kind=STEPS[State(upload.state)], by=by, options={"upload": upload.pk})
    OfflineUpload.objects.filter(pk=upload.pk).update(job=job)


def _end(upload: OfflineUpload, state: str) -> None:
    """Settle an upload. A discarded one leaves nothing but the fact that it was there."""
    upload.state, upload.settled_at = state, timezone.now()
    if state == State.DISCARDED:
        OfflineCell.objects.filter(upload=upload).delete()
        for file in (upload.file, upload.marked):
            if file:
                transaction.on_commit(partial(file.storage.delete, file.name))
        upload.file, upload.marked = "", ""
    upload.save()


def choose(*, upload: OfflineUpload, choices: Mapping[int, str], by: User) -> None:
    """Decide on single conflicts: pk of the cell → "mine", "theirs" or "" (open again)."""
    _guard(upload, by)
    for choice in Choice.values:
        pks = [pk for pk, chosen in choices.items() if chosen == choice]
        if pks:
            upload.cells.filter(pk__in=pks, group=Group.CONFLICT).update(choice=choice)


def choose_all(*, upload: OfflineUpload, choice: str, by: User) -> None:
    """Decide on all conflicts at once."""
    _guard(upload, by)
    upload.cells.filter(group=Group.CONFLICT).update(choice=choice)


def discard(*, upload: OfflineUpload, by: User) -> None:
    """Give an upload up; nothing (more) of it is saved. Raises InvalidInput while it is being worked on."""
    if not access.may_settle_upload(by, upload):
        raise NotAllowed
    with transaction.atomic():
        locked = OfflineUpload.objects.select_for_update().get(pk=upload.pk)
        if locked.state in STEPS and not is_stuck(locked):
            raise InvalidInput(_("This upload is being worked on. Wait until it is done."))
        if locked.state in OfflineUpload.UNDER_WAY:
            _end(locked, State.DONE if locked.saved else State.DISCARDED)


def confirm(*, upload: OfflineUpload, by: User) -> None:
    """Start saving what is new, changed, or decided for the file. Raises NotAllowed, RoundClosed, InvalidInput."""
    _guard(upload, by)
    if Round.objects.values_list("phase", flat=True).get(pk=upload.round_id) != Phase.COLLECTING:
        raise RoundClosed
    ready = OfflineUpload.objects.filter(pk=upload.pk, state=State.READY)
    claimed = ready.update(state=State.SAVING, job=None, stepped_at=timezone.now())
    if not claimed:
        raise _not_ready()
    upload.state = State.SAVING
    _start(upload, by)


def go_on(*, upload: OfflineUpload, by: User) -> None:
    """Start the work again that was interrupted; what it had saved is as asked for and stays."""
    if not access.may_settle_upload(by, upload):
        raise NotAllowed
    with transaction.atomic():
        locked = OfflineUpload.objects.select_for_update().get(pk=upload.pk)
        if not is_stuck(locked):
            raise InvalidInput(_("This upload is being worked on. Wait until it is done."))
        locked.job, locked.stepped_at = None, timezone.now()
        locked.save(update_fields=["job", "stepped_at"])
    _start(locked, by)


def _guard(upload: OfflineUpload, by: User) -> None:
    if not access.may_settle_upload(by, upload):
        raise NotAllowed
    if upload.state != State.READY:
        raise _not_ready()


def _not_ready() -> InvalidInput:
    return InvalidInput(_("This upload is not waiting for a decision any more."))

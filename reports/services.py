"""Starting jobs."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from appraisal_site.lib.background import enqueue
from reviews.models import Round
from units.models import User

from .jobs import fail_lost_jobs, under_way
from .models import Job, JobKind, JobState
from .tasks import run_job

log = logging.getLogger(__name__)


def start_job(
    *,
    kind: JobKind,
    by: User | None,
    round_: Round | None = None,
    options: Mapping[str, Any] | None = None,
    upload: UploadedFile | str | None = None,
) -> tuple[Job, bool]:
    """Start a job, or find the one of this kind that is already under way for the round.

    `upload` is a new file, or the stored name of an earlier job's. Returns the job and whether it
    is new. Also: gives up a lost job of that kind, and queues the task on commit. When the queue
    cannot be reached the job is there, failed, and says so.
    """
    fail_lost_jobs(kind=kind, round_=round_)
    job = Job(kind=kind, round=round_, created_by=by)
    job.options = {**(options or {}), "language": translation.get_language() or ""}
    if upload is not None:
        job.upload = upload
    try:
        with transaction.atomic():
            job.save(force_insert=True)
            enqueue(run_job, str(job.pk))
    except IntegrityError:
        running = under_way(kind, round_)
        if running is None:  # it ended between our insert and our look
            raise
        return running, False
    except OperationalError:
        log.exception("The queue cannot be reached")
        job.state, job.finished_at = JobState.FAILED, timezone.now()
        job.message = _("The job queue cannot be reached. Tell the administrator, then try again.")
        job.save(update_fields=["state", "finished_at", "message"])
    return job, True

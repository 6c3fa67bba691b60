"""Jobs: running them, and telling how far they are.

A job is a row. `services.start_job` writes it and rings the bell (`tasks.run_job`, a task that takes its id)
once the row is committed; `carry_out` claims the row by compare-and-swap, so that a bell that rings twice
does the work once. What a kind of job does is a function in `work.py`.

Progress goes to the cache and not to the row: a job works inside one transaction, and what it wrote there
nobody else could see (on SQLite nobody else could write at all). The same entry is the job's heartbeat: a
running job that was not heard of for `LOST_AFTER` was lost with its process, and may be started again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from reviews.models import Round

from .models import Job, JobKind, JobState

log = logging.getLogger(__name__)

LOST_AFTER = timedelta(minutes=3)
QUEUE_PATIENCE = timedelta(minutes=10)
Progress = Callable[[int, str], None]


class JobFailed(Exception):
    """The input was wrong: `errors` lists {"place", "text"} in the user's language. Not a defect."""

    def __init__(self, message: str, errors: list[dict[str, str]] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.errors = errors or []


# ------------------------------------------------------------------------------ under way, or lost


def under_way(kind: JobKind, round_: Round | None) -> Job | None:
    if round_ is None:
        return None
    states = [JobState.QUEUED, JobState.RUNNING]
    return Job.objects.filter(kind=kind, round=round_, state__in=states).first()


def is_lost(job: Job) -> bool:
    """Whether the process that had the job is gone: no heartbeat for longer than a job can be silent."""
    if job.state == JobState.RUNNING:
        last, patience = job.started_at or job.created_at, LOST_AFTER
    elif job.state == JobState.QUEUED:
        last, patience = job.created_at, QUEUE_PATIENCE
    else:
        return False
    beat = cache.get(_key(job))
    heard = max(last.timestamp(), beat["at"] if beat else 0.0)
    return time.time() - heard > patience.total_seconds()


def fail_lost_jobs(*, kind: JobKind, round_: Round | None) -> None:
    """Give up a lost job, so that it can be started again. Its transaction was rolled back by the database."""
    job = under_way(kind, round_)
    if job is not None and is_lost(job):
        Job.objects.filter(pk=job.pk, state=job.state).update(
            state=JobState.FAILED,
            finished_at=timezone.now(),
            message=_("The job was interrupted. Nothing was changed; please start it again."),
        )


# ------------------------------------------------------------------------------ run


def carry_out(job_id: str) -> None:
    """Run a queued job to its end. Called by the task; does nothing if somebody else has claimed it.

    Whatever happens is in the row afterwards: done with its output, or failed with a message that
    says what to do. A defect is logged with its traceback; its text is not shown to the user.
    """
    from .work import WORK  # the kinds' functions import much: only the process that works needs them

    claimed = Job.objects.filter(pk=job_id, state=JobState.QUEUED).update(
        state=JobState.RUNNING, started_at=timezone.now()
    )
    if not claimed:
        return
    job = Job.objects.select_related("round", "created_by").get(pk=job_id)
    with translation.override(job.options.get("language") or translation.get_language()):
        report = _reporter(job)
        report(0, _("Started"))
        try:
            fields = WORK[JobKind(job.kind)](job, report)
            _finish(job, JobState.DONE, percent=100, **fields)
        except JobFailed as failure:
            _finish(job, JobState.FAILED, message=failure.message, errors=failure.errors)
        except Exception:
            log.exception("Job %s (%s) failed", job.pk, job.kind)
            message = _(
                "The job stopped because of a defect in the program. Nothing was changed. "
                "Please try again; if it happens again, give the administrator the job's number."
            )
            _finish(job, JobState.FAILED, message=message)


def _finish(job: Job, state: JobState, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(job, name, value)
    job.state = state
    job.message = job.message[:240]
    job.finished_at = timezone.now()
    job.save()
    cache.delete(_key(job))


# ------------------------------------------------------------------------------ progress


def _key(job: Job) -> str:
    return f"job-progress-{job.pk}"


def _reporter(job: Job) -> Progress:
    """A function that puts the job's progress where its page looks; at most some times a second."""
    written = 0.0
    shown = -1

    def report(percent: int, message: str) -> None:
        nonlocal written, shown
        now = time.time()
        if percent == shown and now - written < 1:
            return
        if percent < 100 and now - written < 0.1:
            return
        written, shown = now, percent
        cache.set(_key(job), {"percent": percent, "message": message, "at": now}, timeout=24 * 3600)

    return report


def progress_of(job: Job) -> tuple[int, str]:
    """Per cent and words of a job, as they stand now."""
    if job.state == JobState.RUNNING:
        beat = cache.get(_key(job)) or {}
        return beat.get("percent", 0), beat.get("message", "")
    return job.percent, job.message

"""Work that a page does not wait for.

    enqueue(run_scoring_job, job.pk)

queues a task once the surrounding transaction has committed, so that the task finds what it is
about; a transaction that is rolled back queues nothing. A task is a Celery `@shared_task` in
`<app>/tasks.py` which takes ids and calls one service.

With REDIS_URL the task goes to the Celery workers. Without, one thread of this process does one
task after the other; a process that ends in good order finishes what is queued first. Either way a
task may be cut off (power, kill) and started again, so each must be safe to run twice, and keeps
its own progress and failure in the database: this module only logs what escapes it.
"""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from celery import Task
from django.conf import settings
from django.db import connections, transaction
from django.utils import translation

logger = logging.getLogger(__name__)

# Its thread starts with the first task, thus after the web server has forked its workers.
_pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="background")


def enqueue(task: "Task[Any, Any]", *ids: int | str) -> None:
    """Run `task(*ids)` in the background after the current transaction commits.

    Raises whatever the broker raises if Redis cannot be reached: the caller's data is committed by
    then, and the job can be started again.
    """
    transaction.on_commit(partial(_send, task, ids))


def _send(task: "Task[Any, Any]", ids: tuple[int | str, ...]) -> None:
    if settings.TASKS_EAGER:
        task(*ids)
    elif settings.TASKS_IN_PROCESS:
        _pool.submit(_run, task, ids)
    else:
        task.apply_async(args=ids, queue=settings.TASKS_QUEUE)


def _run(task: "Task[Any, Any]", ids: tuple[int | str, ...]) -> None:
    try:
        # The thread outlives the task: neither a language nor a connection may stay behind.
        with translation.override(settings.LANGUAGE_CODE):
            task(*ids)
    except Exception:
        logger.exception("Task %s%r failed", task.name, ids)
    finally:
        connections.close_all()


def wait_until_idle(timeout: float) -> None:
    """Until the in-process tasks queued so far are done; TimeoutError after `timeout` seconds."""
    done: Future[None] = _pool.submit(lambda: None)
    done.result(timeout=timeout)

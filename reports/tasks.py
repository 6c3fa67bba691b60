"""Task doorbells: ids in, one service call."""

from celery import shared_task

from .jobs import carry_out


@shared_task
def run_job(job_id: str) -> None:
    carry_out(job_id)

"""Task doorbells: one service call."""

from celery import shared_task

from .services.notifications import mail_waiting


@shared_task
def send_waiting_notices() -> None:
    mail_waiting()

"""Task doorbells: ids in, one service call."""

from celery import shared_task

from .services.reminders import deliver


@shared_task
def send_reminder_mail(reminder_id: int) -> None:
    deliver(reminder_id)

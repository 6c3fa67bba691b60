"""Telling accounts something in the product itself, and their reading it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.mail import get_connection
from django.utils import timezone

from appraisal_site.lib import mailing
from appraisal_site.lib.background import enqueue

from ..models import Notification, User

Mail = Notification.Mail


@dataclass(frozen=True, slots=True)
class Message:
    """`url` is a path of this site: where the matter is settled."""

    account: User
    title: str
    text: str = ""
    url: str = ""


def notify(*, messages: Iterable[Message], by: User | None, mail: bool = False) -> None:
    """Put messages into their accounts' lists. One statement for every 500; to be called inside a transaction.

    `mail`: they go out as e-mails, too, if that is set up, once the transaction is over.
    """
    mail = mail and mailing.is_set_up()
    rows = [
        Notification(
            account=one.account,
            title=one.title[:240],
            text=one.text,
            url=_path(one.url),
            created_by=by,
            mail=Mail.WAITING if mail and one.account.email else "",
        )
        for one in messages
    ]
    Notification.objects.bulk_create(rows, batch_size=500)
    if any(row.mail for row in rows):
        from units.tasks import send_waiting_notices

        enqueue(send_waiting_notices)


def mail_waiting() -> None:
    """Send the e-mails that wait. Safe to run twice: each is taken once, and one cut off while sending stays so."""
    connection = get_connection()
    waiting = Notification.objects.filter(mail=Mail.WAITING).select_related("account").order_by("id")
    for row in list(waiting):
        same = Notification.objects.filter(pk=row.pk)
        if same.filter(mail=Mail.WAITING).update(mail=Mail.SENDING):
            error = mailing.send_text(connection, row.account.email, row.title, row.text)
            same.update(mail=Mail.FAILED if error else Mail.SENT, mail_error=error)


def mark_read(*, account: User, pk: int | None = None) -> int:
    """One of the account's messages, or all, are read from now on. Says how many were not before."""
    unread = Notification.objects.filter(account=account, read_at__isnull=True)
    if pk is not None:
        unread = unread.filter(pk=pk)
    return unread.update(read_at=timezone.now())


def _path(url: str) -> str:
    """Nothing but a path of this site, whole: half an address leads nowhere."""
    if not url:
        return ""
    if not url.startswith("/") or url.startswith("//") or len(url) > 240:
        raise ValueError(f"{url!r} is no path of this site")
    return url

"""Telling accounts something in the product itself, and their reading it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone

from ..models import Notification, User


@dataclass(frozen=True, slots=True)
class Message:
    """`url` is a path of this site: where the matter is settled."""

    account: User
    title: str
    text: str = ""
    url: str = ""


def notify(*, messages: Iterable[Message], by: User | None) -> None:
    """Put messages into their accounts' lists. One statement for every 500; to be called inside a transaction."""
    Notification.objects.bulk_create(
        [
            Notification(account=one.account, title=one.title[:240], text=one.text, url=_path(one.url), created_by=by)
            for one in messages
        ],
        batch_size=500,
    )


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

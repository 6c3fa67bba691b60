"""E-mail in plain text, one at a time: what became of each is for the caller to keep."""

from __future__ import annotations

from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core import mail


def is_set_up() -> bool:
    return bool(settings.EMAIL_HOST)


def send_text(connection: Any, address: str, subject: str, text: str) -> str:
    """Send one message over an open connection. Says why that failed, "" if it did not."""
    try:
        mail.EmailMessage(" ".join(subject.split()), text, None, [address], connection=connection).send()
    except (OSError, SMTPException, ValueError) as problem:
        return f"{type(problem).__name__}: {problem}"[:240]
    return ""

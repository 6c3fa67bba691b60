"""An uploaded roster between preview and apply: a file that only its uploader finds again."""

from __future__ import annotations

import re
import secrets
from contextlib import suppress

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from ..models import User

FOLDER = "roster"
TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")


def _path(user: User, token: str) -> str:
    return f"{FOLDER}/{user.pk}-{token}.xlsx"


def keep(user: User, content: bytes) -> str:
    """Store the file, in place of an earlier one of the same account; returns its random token."""
    discard(user)
    token = secrets.token_urlsafe(24)
    default_storage.save(_path(user, token), ContentFile(content))
    return token


def fetch(user: User, token: str) -> bytes | None:
    """The file of this account under this token; None if there is none (or no more)."""
    if not TOKEN.fullmatch(token):
        return None
    try:
        with default_storage.open(_path(user, token)) as file:
            return file.read()
    except FileNotFoundError:
        return None


def discard(user: User) -> None:
    """Forget whatever this account uploaded."""
    with suppress(FileNotFoundError):
        for name in default_storage.listdir(FOLDER)[1]:
            if name.startswith(f"{user.pk}-"):
                default_storage.delete(f"{FOLDER}/{name}")

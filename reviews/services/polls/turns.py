"""Voters do not wait for each other, and nobody votes past the close.

On PostgreSQL whoever casts a ballot holds an advisory lock that all voters share and that the close takes alone: no row
is touched by every vote. On SQLite writers take turns anyway.
"""

from __future__ import annotations

from django.db import connection

_SPACE = 0x4B50  # tells these locks from any others


def enter(poll: int) -> None:
    """Among the voters of a poll, until the end of the transaction."""
    _lock("pg_advisory_xact_lock_shared", poll)


def entering(poll: int) -> tuple[str, list[int]]:
    """The same as a statement to send ahead of another one in one go, with its parameters; nothing on SQLite."""
    if connection.vendor != "postgresql":
        return "", []
    return "SELECT pg_advisory_xact_lock_shared(%s, %s); ", [_SPACE, poll % 2**31]


def alone(poll: int) -> None:
    """After every voter who has begun, before every one who has not, until the end of the transaction."""
    _lock("pg_advisory_xact_lock", poll)


def _lock(function: str, poll: int) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s, %s)", [_SPACE, poll % 2**31])

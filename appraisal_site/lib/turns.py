"""Writers of many small transactions take turns, where the database does not see to that itself."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from django.db import connection

_here = Lock()


@contextmanager
def in_turn() -> Iterator[None]:
    """On SQLite one such block at a time, over all threads and processes of this machine; elsewhere nothing.

    SQLite lets a second writer look again after some milliseconds, later after tenths of a second, and whoever comes
    meanwhile goes first: with fifty people saving, the unlucky wait for seconds. The lock of a file wakes the next
    one at once. It guards nothing: who writes without it waits for SQLite as ever. Enter it outside a transaction.
    """
    name = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or ":memory:" in name or "mode=memory" in name:
        yield
        return
    # One of each process waits for the file, the others for that one: a lock that is given up wakes all who wait.
    # A file of its own: to close the database's file here would give up SQLite's own locks on it.
    with _here:
        file = os.open(f"{name}-turn", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)

"""How often something was tried from an address lately, over all web processes: in Redis, else in a small file.

Addresses are kept as hashes under the server's key, and for minutes: the file forgets the old ones whenever it is
asked or told to, and overwrites them. It lies apart from the database, so that no backup and no log of changes has
them.
"""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.conf import settings
from django.core.cache import cache

_FILE = "tries.sqlite3"
_READY = """
    PRAGMA secure_delete = ON;
    PRAGMA synchronous = OFF;
    CREATE TABLE IF NOT EXISTS tries (hash TEXT PRIMARY KEY, number INTEGER NOT NULL, until REAL NOT NULL);
"""
_COUNT = """
    INSERT INTO tries VALUES (?, 1, ?) ON CONFLICT (hash) DO UPDATE SET number = number + 1 RETURNING number
"""


def count(purpose: str, address: str, *, minutes: int) -> int:
    """One more; gives how many it are within the minutes that began with the first."""
    hashed = hmac.new(settings.SECRET_KEY.encode(), f"tries|{purpose}|{address}".encode(), hashlib.sha256).hexdigest()
    return _in_redis(hashed, 60 * minutes) if settings.REDIS_URL else _in_file(hashed, 60 * minutes)


def _in_redis(hashed: str, seconds: int) -> int:
    while True:
        cache.add(f"tries:{hashed}", 0, timeout=seconds)
        try:
            return int(cache.incr(f"tries:{hashed}"))
        except ValueError:  # it expired just now
            continue


def _in_file(hashed: str, seconds: int) -> int:
    with _file() as file:
        [number] = file.execute(_COUNT, [hashed, time.time() + seconds]).fetchone()
    return int(number)


def forget() -> None:
    """Drop what is over, if nobody tries anything any more. Redis does so by itself."""
    if (Path(settings.VAR_DIR) / _FILE).exists():
        with _file():
            pass


@contextmanager
def _file() -> Iterator[sqlite3.Connection]:
    """The file, without those whose minutes are over."""
    with closing(sqlite3.connect(Path(settings.VAR_DIR) / _FILE, timeout=10, isolation_level=None)) as file:
        file.executescript(_READY)
        file.execute("DELETE FROM tries WHERE until <= ?", [time.time()])
        yield file

"""How often something was tried from an address lately. In this process's memory only.

Addresses are kept as hashes under a key that the process draws at its start, and for minutes: nothing of it is ever
on a disk or in a shared cache, where it would tell who came when. Each web process counts for itself, so limits are
a little more generous than they say.
"""

from __future__ import annotations

import hashlib
import secrets

from django.core.cache.backends.locmem import LocMemCache

_KEY = secrets.token_bytes(32)
_counts = LocMemCache("tries", {"OPTIONS": {"MAX_ENTRIES": 20_000}})


def count(purpose: str, address: str, *, minutes: int) -> int:
    """One more; gives how many it are within the minutes that began with the first."""
    key = _hashed(purpose, address)
    while True:
        _counts.add(key, 0, timeout=60 * minutes)
        try:
            return int(_counts.incr(key))
        except ValueError:  # it expired just now
            continue


def counted(purpose: str, address: str) -> int:
    return int(_counts.get(_hashed(purpose, address), 0))


def forget() -> None:
    _counts.clear()


def _hashed(purpose: str, address: str) -> str:
    return hashlib.blake2b(f"{purpose}|{address}".encode(), key=_KEY, digest_size=16).hexdigest()

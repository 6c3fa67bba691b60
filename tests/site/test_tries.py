"""Tries are counted over all processes, for minutes, and without an address."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from appraisal_site.lib import tries

ROOT = Path(__file__).resolve().parents[2]
MANY = "from appraisal_site.lib import tries; [tries.count('x', '10.1.2.3', minutes=5) for _n in range(50)]"


def test_processes_count_together_and_leave_no_address(settings):
    environment = {key: value for key, value in os.environ.items() if key != "REDIS_URL"}
    environment |= {"VAR_DIR": str(settings.VAR_DIR), "SECRET_KEY": settings.SECRET_KEY}
    command = [sys.executable, str(ROOT / "manage.py"), "shell", "--no-imports", "-c", MANY]
    running = [subprocess.Popen(command, cwd=ROOT, env=environment) for _process in range(3)]
    assert [process.wait(120) for process in running] == [0, 0, 0]
    assert tries.count("x", "10.1.2.3", minutes=5) == 151
    assert tries.count("y", "10.1.2.3", minutes=5) == 1
    assert tries.count("x", "10.1.2.4", minutes=5) == 1
    assert b"10.1.2" not in (settings.VAR_DIR / "tries.sqlite3").read_bytes()


@pytest.mark.parametrize("afterwards", ["another try", "told to"])
def test_after_the_minutes_nothing_is_left(settings, monkeypatch, afterwards):
    assert [tries.count("x", "10.1.2.3", minutes=5) for _n in range(3)] == [1, 2, 3]
    held = (settings.VAR_DIR / "tries.sqlite3").read_bytes()
    tries.forget()
    assert (settings.VAR_DIR / "tries.sqlite3").read_bytes() == held, "the minutes are not over"
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 301)
    if afterwards == "told to":
        tries.forget()
    else:
        assert tries.count("x", "10.9.9.9", minutes=5) == 1
    left = (settings.VAR_DIR / "tries.sqlite3").read_bytes()
    old = {held[start : start + 64] for start in range(len(held) - 64) if held[start : start + 64].isalnum()}
    assert old
    assert not [one for one in old if one in left]
    assert tries.count("x", "10.1.2.3", minutes=5) == 1


def test_nothing_to_forget_makes_no_file(settings):
    tries.forget()
    assert not (settings.VAR_DIR / "tries.sqlite3").exists()


@pytest.mark.services
def test_redis_counts_for_all_and_keeps_the_minutes(celery_worker_process):
    from django.core.cache import cache

    address = f"10.0.0.1 {os.getpid()} {time.time()}"
    assert [tries.count("x", address, minutes=1) for _n in range(3)] == [1, 2, 3]
    client = cache._cache.get_client()
    keys = [key for key in client.scan_iter("*tries:*") if int(client.get(key)) == 3]
    assert keys
    assert all(0 < client.ttl(key) <= 60 for key in keys)
    assert not [key for key in keys if b"10.0.0.1" in key]
    client.delete(*keys)

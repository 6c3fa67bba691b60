"""Fixtures and rules of the whole suite.

The suite runs on whatever DATABASE_URL and REDIS_URL say. Tests marked `services` need PostgreSQL,
Redis and a real worker, `browser` tests need Chromium, `libreoffice` tests LibreOffice; where
that is missing they are skipped and the reasons printed. With KAOPING_REQUIRE_SERVICES=1 (the
continuous-integration run) something missing is a failure instead.

Accounts are logged in with `client.force_login(user)`: the log-in lock needs a real request.
"""

import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection, connections

REQUIRED = os.environ.get("KAOPING_REQUIRE_SERVICES") == "1"
ROOT = Path(__file__).resolve().parent.parent
WORKER_PATIENCE = 60  # seconds
SITE_CACHES = django_settings.CACHES
SITE_REDIS = django_settings.REDIS_URL


def _is_postgres() -> bool:
    return str(django_settings.DATABASES["default"]["ENGINE"]).endswith("postgresql")


def missing_services() -> str | None:
    lacking = []
    if not _is_postgres():
        lacking.append("DATABASE_URL of a PostgreSQL server")
    if not django_settings.REDIS_URL:
        lacking.append("REDIS_URL")
    return f"needs {' and '.join(lacking)}" if lacking else None


def chromium_path() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


def libreoffice_path() -> str | None:
    return shutil.which("soffice") or shutil.which("libreoffice")


def missing_chromium() -> str | None:
    return None if chromium_path() else "needs Chromium (Debian: apt install chromium)"


def missing_libreoffice() -> str | None:
    return None if libreoffice_path() else "needs LibreOffice (apt install libreoffice-calc)"


NEEDS = {
    "services": missing_services,
    "browser": missing_chromium,
    "libreoffice": missing_libreoffice,
}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for name, missing in NEEDS.items():
        reason = missing() if item.get_closest_marker(name) else None
        if reason is None:
            continue
        # The run on SQLite skips `services` even in continuous integration: the run on PostgreSQL
        # and Redis is where nothing may be missing.
        if REQUIRED and not (name == "services" and os.environ.get("KAOPING_SQLITE_RUN") == "1"):
            pytest.fail(f"{name}: {reason}, and KAOPING_REQUIRE_SERVICES=1", pytrace=False)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, tmp_path_factory: pytest.TempPathFactory) -> None:
    """SQLite tests use a file, as the site does: threads then have connections of their own.

    Each run and each parallel process has its own file, so that runs do not meet.
    """
    if not _is_postgres():
        file = tmp_path_factory.mktemp("database") / "test.sqlite3"
        connections["default"].settings_dict["TEST"]["NAME"] = str(file)


@pytest.fixture(autouse=True)
def _surroundings(settings: Any, tmp_path: Path) -> None:
    """Jobs run at once on commit; files and cache of a test are its own; passwords are quick."""
    settings.TASKS_EAGER = True
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.VAR_DIR = tmp_path  # tries are counted there
    settings.REDIS_URL = ""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's Chromium under Playwright; a test opens its own context from it."""
    from playwright.sync_api import sync_playwright

    # Playwright's loop runs in this thread, which makes Django refuse the test's own queries.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


# A real worker --------------------------------------------------------------------------------


def _database_address() -> str:
    """The test database as another process reaches it."""
    config = connection.settings_dict
    login = config["USER"] + (f":{config['PASSWORD']}" if config["PASSWORD"] else "")
    return f"postgres://{login}@{config['HOST']}:{config['PORT'] or 5432}/{config['NAME']}"


@pytest.fixture(scope="session")
def _worker_process(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A `celery worker` of its own process on the test database; gives the name of its queue."""
    queue = f"test-{uuid.uuid4().hex}"
    folder = tmp_path_factory.mktemp("worker")
    log = folder / "worker.log"
    media = folder / "media"
    environment = os.environ | {
        "DATABASE_URL": _database_address(),
        "TASKS_QUEUE": queue,
        "VAR_DIR": str(folder),
        "SECRET_KEY": django_settings.SECRET_KEY,
    }
    media.mkdir()
    command = [sys.executable, "-m", "celery", "-A", "appraisal_site", "worker", "--pool=solo"]
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, "--queues", queue, "--loglevel=INFO", f"--hostname={queue}@test"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + WORKER_PATIENCE
        while " ready." not in log.read_text():
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"The Celery worker did not start:\n{log.read_text()}", pytrace=False)
            time.sleep(0.1)
        yield f"{queue}|{media}"
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
def celery_worker_process(_worker_process: str, transactional_db: None, settings: Any, _surroundings: None) -> str:
    """Jobs of this test are queued on Redis and done by a worker in another process.

    For tests marked `services`. The test commits for real (transactional_db), `enqueue` sends, and
    the test waits for what the job leaves in the database with `eventually`. Media files and the
    cache are shared with the worker. Gives the name of the queue.
    """
    queue, media = _worker_process.split("|")
    settings.TASKS_EAGER = False
    settings.TASKS_IN_PROCESS = False
    settings.TASKS_QUEUE = queue
    settings.MEDIA_ROOT = media
    settings.CACHES = SITE_CACHES
    settings.REDIS_URL = SITE_REDIS
    return queue


@pytest.fixture(scope="session")
def eventually() -> Any:
    """`eventually(lambda: Job.objects.get(pk=1).is_done)`: waits until it is true, or fails."""

    def wait(condition: Any, patience: float = 60) -> Any:
        deadline = time.monotonic() + patience
        while not (value := condition()):
            if time.monotonic() > deadline:
                pytest.fail(f"Not true after {patience} seconds")
            time.sleep(0.05)
        return value

    return wait

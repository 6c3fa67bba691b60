"""A value that is not understood names its variable and what was expected."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from appraisal_site.lib import env

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("value", "expected"), [("true", True), ("0", False), (" Off ", False), ("", True)])
def test_flag(monkeypatch, value, expected):
    monkeypatch.setenv("SWITCH", value)
    assert env.flag("SWITCH", default=True) is expected


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (lambda: env.flag("X", default=False), "maybe", "true or false"),
        (lambda: env.integer("X", 1, low=1, high=9), "ten", "whole number from 1 to 9"),
        (lambda: env.integer("X", 1, low=1, high=9), "10", "whole number from 1 to 9"),
        (lambda: env.choice("X", "A", {"A", "B"}), "C", "one of A, B"),
        (lambda: env.redis_url("X"), "localhost:6379", "redis://"),
        (lambda: env.database("X", ""), "mysql://u@h/n", "postgres://"),
        (lambda: env.database("X", ""), "postgres://u@h/", "names no database"),
    ],
)
def test_what_is_not_understood_is_refused_with_a_sentence(monkeypatch, read, value, expected):
    monkeypatch.setenv("X", value)
    with pytest.raises(env.InvalidEnvironment, match=expected) as caught:
        read()
    assert str(caught.value).startswith("X")


def test_a_refused_database_address_keeps_its_password_to_itself(monkeypatch):
    monkeypatch.setenv("X", "mysql://user:top-secret@host/name")
    with pytest.raises(env.InvalidEnvironment) as caught:
        env.database("X", "")
    assert "top-secret" not in str(caught.value)


def test_the_local_key_is_made_once_and_readable_by_its_owner_only(tmp_path):
    file = tmp_path / "var" / "secret_key"
    key = env.secret_key("NO_SUCH_VARIABLE", file, create=True)
    assert len(key) >= 50
    assert env.secret_key("NO_SUCH_VARIABLE", file, create=True) == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["secret_key"]


def manage(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=kept | {"VAR_DIR": str(tmp_path)} | variables,
        capture_output=True,
        text=True,
        timeout=120,
    )


PRODUCTION = {"PRODUCTION": "true", "ALLOWED_HOSTS": "kaoping.example.org"}


def test_production_without_a_key_does_not_start_and_says_why(tmp_path):
    done = manage(tmp_path, **PRODUCTION)
    assert done.returncode == 1
    assert done.stderr.startswith("Settings: SECRET_KEY is not set")
    assert "Traceback" not in done.stderr


def test_production_settings_pass_djangos_deployment_check(tmp_path):
    done = manage(tmp_path, **PRODUCTION, SECRET_KEY="k3y-" + "abcdefghijklmnopqrstuvwxyz0123456789" * 2)
    assert done.returncode == 0, done.stderr


def test_the_deployment_check_sees_what_is_missing(tmp_path):
    done = manage(
        tmp_path, SECRET_KEY="k3y-" + "abcdefghijklmnopqrstuvwxyz0123456789" * 2, PRODUCTION="true", HTTPS="no"
    )
    assert done.returncode == 1
    for expected in ("appraisal_site.W003", "appraisal_site.W004", "security.W012"):
        assert expected in done.stderr

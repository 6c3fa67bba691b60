"""Strict reading of environment variables.

A value that is not understood stops the program with a sentence that names the variable, what it
holds and what was expected: a typing error in a switch must not silently mean "off".
"""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

TRUE = {"true", "1", "yes", "on"}
FALSE = {"false", "0", "no", "off"}
DATABASE_SCHEMES = {"sqlite", "postgres", "postgresql"}


class InvalidEnvironment(ImproperlyConfigured):
    """An environment variable is missing or its value is not understood."""


def text(name: str, default: str = "") -> str:
    """The variable without surrounding spaces; an empty one counts as not set."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool) -> bool:
    value = text(name).lower()
    if not value:
        return default
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise InvalidEnvironment(f"{name}={value!r} is not understood: expected true or false.")


def integer(name: str, default: int, *, low: int, high: int) -> int:
    value = text(name)
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise InvalidEnvironment(f"{name}={value!r} is not understood: expected a whole number from {low} to {high}.")
    return number


def words(name: str, default: list[str]) -> list[str]:
    """A list separated by commas."""
    return [word.strip() for word in text(name).split(",") if word.strip()] or default


def choice(name: str, default: str, allowed: set[str]) -> str:
    value = text(name, default)
    if value not in allowed:
        expected = ", ".join(sorted(allowed))
        raise InvalidEnvironment(f"{name}={value!r} is not understood: expected one of {expected}.")
    return value


def redis_url(name: str) -> str:
    """An address such as redis://host:6379/0, or "" if the variable is not set."""
    value = text(name)
    if value and urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
        raise InvalidEnvironment(f"{name} is not understood: expected redis://HOST:PORT/NUMBER.")
    return value


def database(name: str, default: str) -> dict[str, Any]:
    """Django's settings of one database, from an address (the message never shows a password)."""
    value = text(name, default)
    if urlsplit(value).scheme not in DATABASE_SCHEMES:
        raise InvalidEnvironment(
            f"{name} is not understood: expected postgres://USER:PASSWORD@HOST:PORT/NAME "
            "or sqlite:////PATH/FILE.sqlite3."
        )
    config: dict[str, Any] = dict(environ.Env.db_url_config(value))
    if not config.get("NAME"):
        raise InvalidEnvironment(f"{name} names no database: expected a name after the last '/'.")
    return config


def secret_key(name: str, file: Path, *, create: bool) -> str:
    """The key from the variable, else from the file; made once if `create` and neither is there."""
    value = text(name)
    if value:
        return value
    if not file.exists():
        if not create:
            raise InvalidEnvironment(f"{name} is not set and {file} does not exist.")
        file.parent.mkdir(parents=True, exist_ok=True)
        # Written aside and then linked: of two processes starting at once, one wins, whole.
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(secrets.token_urlsafe(64))
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_text().strip()

"""The site that `sheet.py` types into: a round, fifty assessors who are logged in, the server as `make run` starts it.

Everything is made up, in a folder and a database of its own.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]
TOKEN = "k" * 32  # of the forms: a cookie and a header that say the same


@dataclass(frozen=True)
class Desk:
    """One assessor: the session, the sheets of its unit, the subjects that are its own among its colleagues'."""

    name: str
    session: str
    sheets: tuple[int, ...]
    subjects: tuple[int, ...]


@dataclass(frozen=True)
class Site:
    port: int
    round: int
    desks: tuple[Desk, ...]
    office: str  # a session that sees every sheet


def prepare(folder: Path, assessors: int, subjects: int) -> Site:
    """Database, round, accounts and their sessions. Call once, before anything of Django is imported."""
    set_up(folder)
    return _fill(free_port(), assessors, subjects)


def set_up(folder: Path) -> None:
    """Django, on an empty database; what it keeps in files is kept in `folder`."""
    os.environ |= {"DJANGO_SETTINGS_MODULE": "appraisal_site.settings", "VAR_DIR": str(folder)}
    os.environ.pop("DEBUG", None)
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _fill(port: int, assessors: int, subjects: int) -> Site:
    from indicators.services import engine_plan, ensure_plan
    from reviews.services.assessors import assessor_names
    from reviews.services.rounds import NewSubject, open_round
    from reviews.tree import takes_marks
    from units.models import Role, Unit

    version = ensure_plan("district-2020")
    plan = engine_plan(version)
    for number, name in enumerate(assessor_names(plan)):
        Unit.objects.create(code=f"A{number}", name=name, order=number)
    rows = [
        NewSubject(f"S{number:04}", f"对象单位{number}", plan.categories[number % len(plan.categories)])
        for number in range(subjects)
    ]
    round_ = open_round(version=version, name="2020", title="2020", deadline=None, subjects=rows, by=None)
    from reviews.tree import Tree

    nodes = Tree(plan).nodes
    sheets: dict[int, list[int]] = {}
    for one in round_.assignments.exclude(unit=None):
        if takes_marks(nodes[one.indicator]):
            sheets.setdefault(one.unit_id, []).append(one.pk)
    ids = list(round_.subjects.values_list("pk", flat=True))
    units = sorted(sheets)
    desks = []
    for number in range(assessors):
        unit = units[number % len(units)]
        name = f"assessor{number}"
        session = log_in(name, Role.ASSESSOR, unit)
        desks.append(
            Desk(name, session, tuple(sheets[unit]), tuple(ids[number // len(units) :: -(-assessors // len(units))]))
        )
    return Site(port, round_.pk, tuple(desks), log_in("office", Role.OFFICE, None))


def log_in(name: str, role: str, unit: int | None) -> str:
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from units.models import RoleGrant, User

    user = User.objects.create(username=name, name=name)
    RoleGrant.objects.create(user=user, role=role, unit_id=unit)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def serve(port: int) -> subprocess.Popen[bytes]:
    """The server, up and answering."""
    import run

    process = subprocess.Popen(run.server(port), cwd=ROOT, env=os.environ)
    wait_for(process, port)
    return process


def wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    """Until the server answers."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                return
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.2)
    process.kill()
    raise SystemExit("The server did not start.")

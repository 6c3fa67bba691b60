"""The site on which `polls.py` votes: a round of 25 units, an open poll, its voters with sessions or with codes.

Everything is made up, in a folder and a database of its own.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sheet_site import ROOT, TOKEN, free_port, log_in, set_up, wait_for  # puts tools/ on the path

import run  # isort: skip

__all__ = ["TOKEN", "Site", "Voter", "free_port", "open_site", "prepare", "serve", "serve_bare"]


@dataclass(frozen=True)
class Voter:
    """One who may vote: by account (`session`, `ballot`) or by `code`; `places` are the fields of his ballot."""

    entitlement: int
    places: tuple[str, ...]
    session: str = ""
    code: str = ""

    @property
    def ticket(self) -> dict[str, str]:
        return {"code": self.code} if self.code else {"ballot": str(self.entitlement)}


@dataclass(frozen=True)
class Site:
    port: int
    poll: int
    sealed: int  # bytes of a sealed ballot
    voters: tuple[Voter, ...]
    parts: tuple[str, ...]


def prepare(folder: Path, subjects: int) -> None:
    """Database and a round. Call once, before anything of Django is imported."""
    set_up(folder)
    from indicators.services import engine_plan, ensure_plan
    from reviews.services.rounds import NewSubject, open_round
    from units.models import Role, RoleGrant, Unit, User

    version = ensure_plan("district-2020")
    categories = engine_plan(version).categories
    rows = []
    for number in range(subjects):
        unit = Unit.objects.create(code=f"U{number:03}", name=f"对象单位{number}", order=number)
        rows.append(NewSubject(f"S{number:03}", unit.name, categories[number % len(categories)], unit=unit))
    open_round(version=version, name="2020", title="2020", deadline=None, subjects=rows, by=None)
    office = User.objects.create(username="office", name="考核办")
    RoleGrant.objects.create(user=office, role=Role.OFFICE)


def open_site(voters: int, *, accounts: bool) -> Site:
    """A poll of the class `leader` with so many voters; the one before it is annulled."""
    from reviews import sealing
    from reviews.models import Entitlement, Round
    from reviews.services.polls.annulling import annul_poll
    from reviews.services.polls.keys import confirm_key, make_key
    from reviews.services.polls.preparing import change_poll, prepare_polls
    from reviews.services.polls.setup import open_poll
    from reviews.services.polls.voters import Rule, Source
    from units.models import User

    office = User.objects.get(username="office")
    round_ = Round.objects.get()
    for poll in round_.polls.exclude(state="annulled"):
        if poll.state == "prepared":
            poll.delete()
        else:
            annul_poll(poll=poll, reason="下一次测量", by=office)
    parts = make_key(round=round_, keepers=["张一"], by=office)
    confirm_key(box=round_.ballot_box.__class__.objects.get(round=round_), parts=parts, by=office)
    prepare_polls(round=round_, by=office)
    round_.polls.filter(voter_class="unit", state="prepared").delete()
    source = _accounts(voters) if accounts else Source("slips", number=voters)
    poll = round_.polls.get(voter_class="leader", state="prepared")
    poll = open_poll(poll=change_poll(poll=poll, rule=Rule((source,)), by=office), by=office)
    sessions = _sessions() if accounts else {}
    found = []
    changed = []
    for one in Entitlement.objects.filter(poll=poll).select_related("paper"):
        code = ""
        if not accounts:
            code = sealing.random_code(sealing.CODE_LETTERS)
            one.code_hash = sealing.code_hash(code)
            changed.append(one)
        places = tuple(f"a.{subject}.{leaf}" for subject, leaves in one.paper.places for leaf in leaves)
        found.append(Voter(one.pk, places, sessions.get(one.account_id, ""), code))
    Entitlement.objects.bulk_update(changed, ["code_hash"], batch_size=500)
    return Site(free_port(), poll.pk, poll.sealed_size + 48, tuple(found), parts)


def _accounts(number: int) -> Any:
    from reviews.services.polls.voters import Source
    from units.models import Role, User

    there = list(User.objects.filter(username__startswith="leader").values_list("pk", flat=True))
    for place in range(len(there), number):
        log_in(f"leader{place}", Role.LEADER, None)
    ids = User.objects.filter(username__startswith="leader").order_by("pk").values_list("pk", flat=True)
    return Source("accounts", ids=tuple(ids[:number]))


def _sessions() -> dict[int, str]:
    """Account → its session."""
    from django.contrib.sessions.models import Session

    return {int(one.get_decoded()["_auth_user_id"]): one.session_key for one in Session.objects.all()}


def serve(port: int) -> subprocess.Popen[bytes]:
    """The product as `make run` starts it."""
    return _server(port, run.server(port), "appraisal_site.settings")


def serve_bare(port: int) -> subprocess.Popen[bytes]:
    """The bare view by the same server, with the same processes and threads."""
    application = "django.core.wsgi:get_wsgi_application()"
    command = [application if word == "appraisal_site.wsgi" else word for word in run.server(port)]
    return _server(port, command, "bare_settings")


def _server(port: int, command: list[str], settings: str) -> subprocess.Popen[bytes]:
    paths = os.pathsep.join([str(ROOT), str(Path(__file__).resolve().parent)])
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": settings, "PYTHONPATH": paths}
    # A group of its own: what kills it kills its workers too.
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    wait_for(process, port)
    return process

"""Fifty assessors who save cells of the score sheet at the same time: how long a save takes, and whether any is lost.

    python benchmarks/sheet.py [--assessors 50] [--subjects 500] [--seconds 60] [--pace 1.0]
    DATABASE_URL=postgres://… python benchmarks/sheet.py        # an empty database of its own

The server is started as `make run` starts it. Each assessor types a cell every `--pace` seconds on average, and in a
second run the next one as soon as the answer is there; like the page it asks every three seconds what
others changed. At the end every save that was answered "saved" is compared with the database, and with what an
onlooker pieced together from the changes alone. Ends with status 1 on an error, a lost save, a change that the
onlooker missed, or a p95 of 300 ms or more at the pace of people.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlencode

from sheet_site import TOKEN, Desk, Site, prepare, serve

LIMIT = 0.3  # seconds: nine saves of ten and a half thereof
POLL = 3.0


class Browser:
    """One connection that is kept, and made anew when the server closed it meanwhile.

    Bare bytes instead of http.client: the typists run on the server's own cores here, and theirs are not in question.
    """

    def __init__(self, site: Site, session: str) -> None:
        self.site = site
        self.headers = (
            f"Host: 127.0.0.1:{site.port}\r\nCookie: sessionid={session}; csrftoken={TOKEN}\r\n"
            f"X-CSRFToken: {TOKEN}\r\nAccept: application/json\r\n"
        )
        self.connection: socket.socket | None = None
        self.answers: BinaryIO | None = None

    def ask(self, method: str, path: str, body: str = "", kind: str = "application/json") -> tuple[int, bytes]:
        content = body.encode()
        head = f"{method} /rounds/{self.site.round}/{path} HTTP/1.1\r\n{self.headers}"
        if body:
            head += f"Content-Type: {kind}\r\nContent-Length: {len(content)}\r\n"
        request = head.encode() + b"\r\n" + content
        for last in (False, True):
            try:
                return self._ask(request)
            except (ConnectionResetError, BrokenPipeError):
                self._close()
                if last:
                    raise
        raise AssertionError

    def _ask(self, request: bytes) -> tuple[int, bytes]:
        if self.connection is None:
            self.connection = socket.create_connection(("127.0.0.1", self.site.port), timeout=120)
            self.answers = self.connection.makefile("rb")
        assert self.answers is not None
        self.connection.sendall(request)
        first = self.answers.readline()
        if not first:
            raise ConnectionResetError
        length, close = 0, False
        while (line := self.answers.readline()) not in {b"\r\n", b""}:
            name, _colon, value = line.lower().partition(b":")
            if name == b"content-length":
                length = int(value)
            close = close or (name == b"connection" and value.strip() == b"close")
        body = self.answers.read(length)
        if close:
            self._close()
        return int(first.split()[1]), body

    def _close(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = self.answers = None

    def save(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        status, answer = self.ask("POST", "sheet/cell/", json.dumps(body))
        return status, json.loads(answer) if answer[:1] == b"{" else {}

    def changes(self, cursor: int) -> tuple[int, dict[str, Any]]:
        status, answer = self.ask("GET", f"sheet/changes/?since={cursor}")
        return status, json.loads(answer) if status == 200 else {}


@dataclass
class Notes:
    """What one assessor saw."""

    saves: list[float] = field(default_factory=list)
    polls: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    saved: dict[tuple[int, int], str] = field(default_factory=dict)


def work(site: Site, desk: Desk, notes: Notes, pace: float, until: float) -> None:
    """Type cell after cell in one's own rows, and again from the top with other figures."""
    draw = random.Random()
    browser = Browser(site, desk.session)
    grid = json.loads(browser.ask("GET", "sheet/data/")[1])
    cursor = grid["cursor"]
    next_poll = time.monotonic() + draw.uniform(0, POLL)
    next_save = time.monotonic() + draw.uniform(0, pace)
    seen = {place: grid["cells"].get(f"{place[1]}:{place[0]}", {}).get("seen", "") for place in _own(desk)}
    for place in _places(desk):
        while (now := time.monotonic()) < next_save or now >= next_poll:
            if now >= next_poll:
                status, news = browser.changes(cursor)
                notes.polls.append(time.monotonic() - now)
                if status != 200:
                    notes.errors.append(f"changes: {status}")
                cursor, next_poll = news.get("cursor", cursor), now + POLL
            else:
                time.sleep(max(0.0, min(next_save, next_poll) - now))
        if now >= until:
            return
        _save(browser, place, seen, draw, notes)
        next_save = max(next_save + draw.uniform(0.5, 1.5) * pace, time.monotonic() if not pace else 0)


def _own(desk: Desk) -> list[tuple[int, int]]:
    return [(sheet, subject) for subject in desk.subjects for sheet in desk.sheets]


def _places(desk: Desk) -> Iterator[tuple[int, int]]:
    while True:
        yield from _own(desk)


def _save(
    browser: Browser, place: tuple[int, int], seen: dict[tuple[int, int], str], draw: random.Random, notes: Notes
) -> None:
    value = str(Decimal(draw.randrange(0, 200)) / 100)
    body = {
        "assignment": place[0],
        "subject": place[1],
        "value": value,
        "note": "按季度报送",
        "seen": seen[place],
    }
    start = time.monotonic()
    try:
        status, answer = browser.save(body)
    except OSError as error:
        notes.errors.append(repr(error))
        return
    notes.saves.append(time.monotonic() - start)
    if status == 200 and answer.get("state") == "saved":
        seen[place] = answer["seen"]
        notes.saved[place] = value
    else:
        notes.errors.append(f"{status} {answer}")


@dataclass
class Onlooker:
    """Sees every sheet, and knows of it only what the changes say."""

    site: Site
    cells: dict[str, Any] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)
    errors: list[str] = field(default_factory=list)

    def watch(self) -> None:
        browser, cursor, last = Browser(self.site, self.site.office), 0, False
        while True:
            status, news = browser.changes(cursor)
            if status != 200:
                self.errors.append(f"onlooker: {status}")
            else:
                cursor = news["cursor"]
                self.cells |= news["cells"]
            if last:
                return
            last = self.stop.wait(0.5)


@dataclass
class Result:
    name: str
    notes: list[Notes]
    seconds: float
    onlooker: Onlooker

    @property
    def saves(self) -> list[float]:
        return sorted(took for one in self.notes for took in one.saves)

    @property
    def polls(self) -> list[float]:
        return sorted(took for one in self.notes for took in one.polls)

    @property
    def errors(self) -> list[str]:
        return [error for one in self.notes for error in one.errors] + self.onlooker.errors


def share(times: list[float], part: float) -> str:
    return f"{times[min(len(times) - 1, int(len(times) * part))] * 1000:.0f}" if times else "—"


def together(name: str, site: Site, pace: float, seconds: float) -> Result:
    """All assessors at once, for so long."""
    onlooker = Onlooker(site)
    watching = threading.Thread(target=onlooker.watch)
    watching.start()
    notes = [Notes() for _desk in site.desks]
    start = time.monotonic()
    threads = [
        threading.Thread(target=work, args=(site, desk, one, pace, start + seconds))
        for desk, one in zip(site.desks, notes, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - start
    onlooker.stop.set()
    watching.join()
    return Result(name, notes, took, onlooker)


def lost(result: Result) -> tuple[int, int]:
    """(saves that the database does not have, cells that the onlooker knows otherwise)."""
    from reviews.models import Assignment, Mark

    leaves = {(one.indicator, one.assessor): one.pk for one in Assignment.objects.all()}
    stored = {
        (leaves[mark.indicator, mark.assessor], mark.subject_id): mark.value
        for mark in Mark.objects.only("indicator", "assessor", "subject_id", "value")
    }
    saved = {place: value for one in result.notes for place, value in one.saved.items()}
    gone = sum(stored.get(place) != Decimal(value) for place, value in saved.items())
    seen = result.onlooker.cells
    missed = sum(seen.get(f"{subject}:{sheet}", {}).get("v") != value for (sheet, subject), value in saved.items())
    return gone, missed


def alone(site: Site, times: int) -> list[tuple[str, float]]:
    """One assessor and nobody else: a cell, a form of 25 rows, a block of 540 cells. Medians in seconds."""
    desk = site.desks[0]
    browser = Browser(site, desk.session)
    sheet = desk.sheets[0]
    found = []
    for name, ask in {
        "one cell": lambda turn: _cell(browser, sheet, desk.subjects[0], turn),
        "the plain form, 25 rows": lambda turn: _form(browser, sheet, desk.subjects[:25], turn),
        "a block of 540 cells": lambda turn: _block(browser, desk, turn),
        "what others changed (nothing)": lambda _turn: browser.changes(10**15),
        "the whole grid": lambda _turn: browser.ask("GET", "sheet/data/"),
    }.items():
        took = []
        for turn in range(times):
            start = time.monotonic()
            status = ask(turn)[0]
            took.append(time.monotonic() - start)
            if status not in {200, 302}:
                raise SystemExit(f"{name}: {status}")
        found.append((name, sorted(took)[times // 2]))
    return found


def _current(browser: Browser) -> dict[str, Any]:
    cells: dict[str, Any] = json.loads(browser.ask("GET", "sheet/data/")[1])["cells"]
    return cells


def _cell(browser: Browser, sheet: int, subject: int, turn: int) -> tuple[int, dict[str, Any]]:
    global _last
    if turn == 0:
        _last = _current(browser).get(f"{subject}:{sheet}", {}).get("seen", "")
    status, answer = browser.save(
        {"assignment": sheet, "subject": subject, "value": f"1.{turn}", "note": "按季度报送", "seen": _last}
    )
    _last = answer.get("seen", "")
    return status, answer


_last = ""


def _form(browser: Browser, sheet: int, subjects: tuple[int, ...], turn: int) -> tuple[int, bytes]:
    from reviews.models import Mark

    seen = {mark.subject_id: f"m{mark.pk}.{mark.version}" for mark in _marks_of(Mark, sheet)}
    fields = {}
    for subject in subjects:
        fields |= {
            f"seen-{subject}": seen.get(subject, ""),
            f"was-{subject}": "-",
            f"value-{subject}": f"0.{turn + 1}",
            f"note-{subject}": "按季度报送",
        }
    return browser.ask("POST", f"marks/{sheet}/", urlencode(fields), "application/x-www-form-urlencoded")


def _marks_of(model: Any, sheet: int) -> Any:
    from reviews.models import Assignment

    one = Assignment.objects.get(pk=sheet)
    return model.objects.filter(indicator=one.indicator, assessor=one.assessor, subject__round=one.round_id)


def _block(browser: Browser, desk: Desk, turn: int) -> tuple[int, bytes]:
    now = _current(browser) if turn == 0 else _block.seen  # type: ignore[attr-defined]
    places = _own(desk)[:540]
    cells = [
        {
            "assignment": sheet,
            "subject": subject,
            "value": f"0.0{turn + 1}",
            "note": "按季度报送",
            "seen": now.get(f"{subject}:{sheet}", {}).get("seen", ""),
        }
        for sheet, subject in places
    ]
    status, answer = browser.ask("POST", "sheet/cells/", json.dumps({"cells": cells}))
    answers = json.loads(answer)["cells"]
    if any(one["state"] != "saved" for one in answers):
        raise SystemExit(f"block: {answers[0]}")
    _block.seen = {f"{subject}:{sheet}": one for (sheet, subject), one in zip(places, answers, strict=True)}  # type: ignore[attr-defined]
    return status, answer


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assessors", type=int, default=50)
    parser.add_argument("--subjects", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rush", type=float, default=20, help="seconds of the run without pauses")
    parser.add_argument("--pace", type=float, default=1.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        site = prepare(Path(folder), asked.assessors, asked.subjects)
        server = serve(site.port)
        try:
            return run(site, server.pid, asked)
        finally:
            server.terminate()
            server.wait()


def core_seconds(server: int) -> float:
    """Processor time of the server and its workers so far; 0 where /proc does not tell."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(stat.parent.name) == server or int(fields[1]) == server:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def run(site: Site, server: int, asked: argparse.Namespace) -> int:
    from django.db import connection

    load = os.getloadavg()[0]
    print(
        f"\n{connection.vendor}, {os.cpu_count()} cores, load {load:.1f} before the start, "
        f"{asked.assessors} assessors, {asked.subjects} subjects\n"
    )
    bad = False
    print("| | saves | a second | p50 ms | p95 ms | max ms | changes, p95 ms | cores | errors | lost | missed |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    people = f"a cell every {asked.pace:g} s each"
    for name, pace, seconds in (
        (people, asked.pace, asked.seconds),
        ("as fast as the answers come", 0.0, asked.rush),
    ):
        used = core_seconds(server)
        result = together(name, site, pace, seconds)
        busy = (core_seconds(server) - used) / result.seconds
        gone, missed = lost(result)
        saves = result.saves
        print(
            f"| {name} | {len(saves):,} | {len(saves) / result.seconds:.0f} | {share(saves, 0.5)} "
            f"| {share(saves, 0.95)} | {share(saves, 1)} | {share(result.polls, 0.95)} | {busy:.2f} "
            f"| {len(result.errors)} | {gone} | {missed} |",
            flush=True,
        )
        for error in result.errors[:5]:
            print("  ", error)
        slow = pace > 0 and bool(saves) and saves[int(len(saves) * 0.95)] >= LIMIT
        bad = bad or bool(result.errors or gone or missed) or slow
    print("\n| alone, median of 9 | ms |\n| --- | ---: |")
    for what, took in alone(site, 9):
        print(f"| {what} | {took * 1000:.0f} |")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())

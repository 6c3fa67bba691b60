"""Ballots under load: none is lost, none counts twice, and how much slower than a bare view a sealed one is.

    python benchmarks/polls.py [--voters 2000] [--clients 64] [--subjects 25] [--slices 24] [--slice 80]
    DATABASE_URL=postgres://… python benchmarks/polls.py        # an empty database of its own

First **side by side** (`poll_rates.py`): voters with accounts cast ballots, in short slices by turns on the product and
on a view that only checks session and form token and inserts two rows of the same size (`bare_vote.py`), sent the same
form by as many clients, under the same server with as many processes and threads. Then the **storm**: voters with
codes, all clients at once; every third ballot is sent twice at the same moment, every fifth once more later; for every
fifth voter somebody hangs up before the answer comes and tries again.
In the middle the server is killed (SIGKILL, with all its workers) and started again. At the end the poll is counted
and every promise compared: a confirmed ballot is in the count, with its receipt and its answers; every entitlement
counts once; who was not confirmed could vote after all. Ends with status 1 where that does not hold, or where the
ratio of the medians is below 70 %.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from poll_rates import Side, as_table, by_turns, ratios
from poll_site import TOKEN, Site, Voter, free_port, open_site, prepare, serve, serve_bare

LEAST = 0.70
WARM = 3  # slices on each side that do not count


class Client:
    """One connection that is kept."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def post(self, path: str, fields: dict[str, str], session: str = "") -> tuple[int, bytes]:
        headers = {
            "Cookie": f"csrftoken={TOKEN}" + (f"; sessionid={session}" if session else ""),
            "X-CSRFToken": TOKEN,
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        try:
            self.connection.request("POST", path, urlencode(fields), headers)
            response = self.connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise

    def impatient(self, path: str, fields: dict[str, str]) -> None:
        """Send a ballot and hang up before the answer comes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as raw:
            raw.sendall(raw_request(path, fields))


def ballot(voter: Voter, draw: random.Random) -> dict[str, str]:
    return voter.ticket | {place: str(draw.randint(0, 100)) for place in voter.places}


# ---------------------------------------------------------------- side by side


def side_by_side(slices: int, size: int, clients: int) -> dict[str, float]:
    """The product's rate to the bare view's, by time of the day and by processor time."""
    draw = random.Random(1)
    each = (slices + WARM) * size
    site = open_site(2 * each, accounts=True)
    mine = [raw_request("/vote/cast/", ballot(one, draw), one.session) for one in site.voters[:each]]
    more = {"poll": str(site.poll), "size": str(site.sealed)}
    theirs = [raw_request("/vote", ballot(one, draw) | more, one.session) for one in site.voters[each:]]
    servers = [serve(site.port)]
    try:
        port = free_port()
        servers.append(serve_bare(port))
        product, bare = servers
        sides = Side("product", site.port, product.pid, mine), Side("bare view", port, bare.pid, theirs)
        by_turns(sides, slices=slices, size=size, clients=clients, warm=WARM)
    finally:
        for server in servers:
            kill(server)
    print(as_table(sides))
    return ratios(*sides)


def raw_request(path: str, fields: dict[str, str], session: str = "") -> bytes:
    body = urlencode(fields).encode()
    cookie = f"csrftoken={TOKEN}" + (f"; sessionid={session}" if session else "")
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\nX-CSRFToken: {TOKEN}\r\n"
        f"Accept: application/json\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


# ---------------------------------------------------------------- the storm


@dataclass
class Outcome:
    """What the voters were told."""

    confirmed: dict[int, str] = field(default_factory=dict)  # entitlement → receipt
    answers: dict[int, list[dict[str, str]]] = field(default_factory=dict)  # all that was sent for it
    failures: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, voter: Voter, status: int, answer: bytes) -> None:
        with self.lock:
            told = json.loads(answer) if status == 200 else {}
            if told.get("state") == "in":
                before = self.confirmed.setdefault(voter.entitlement, told["receipt"])
                if before != told["receipt"]:
                    self.failures["another receipt"] += 1
            else:
                self.failures[f"answer {status}"] += 1


def storm(site: Site, clients: int, outcome: Outcome, voters: list[Voter]) -> None:
    """Everybody votes until it is confirmed; only a server that is away is tried again."""
    turns = iter(voters)
    lock = threading.Lock()

    def work(number: int) -> None:
        draw = random.Random(number)
        client = Client(site.port)
        while True:
            with lock:
                voter = next(turns, None)
            if voter is None:
                return
            fields = ballot(voter, draw)
            with outcome.lock:
                outcome.answers.setdefault(voter.entitlement, []).append(fields)
            _vote(client, voter, fields, draw, outcome)

    with ThreadPoolExecutor(clients) as pool:
        for done in [pool.submit(work, number) for number in range(clients)]:
            done.result()


def _vote(client: Client, voter: Voter, fields: dict[str, str], draw: random.Random, outcome: Outcome) -> None:
    if draw.random() < 0.2:
        try:
            client.impatient("/vote/cast/", fields)
        except OSError:
            outcome.failures["hung up on nobody"] += 1
    twice = draw.random() < 0.34
    threads = [
        threading.Thread(target=_until_in, args=(Client(client.port), voter, fields, outcome)) for _n in range(twice)
    ]
    for thread in threads:
        thread.start()
    _until_in(client, voter, fields, outcome)
    for thread in threads:
        thread.join()
    if draw.random() < 0.2:
        _until_in(client, voter, fields, outcome)


def _until_in(client: Client, voter: Voter, fields: dict[str, str], outcome: Outcome) -> None:
    for _attempt in range(200):
        try:
            status, answer = client.post("/vote/cast/", fields)
        except (OSError, http.client.HTTPException):
            with outcome.lock:
                outcome.failures["server away"] += 1
            time.sleep(0.2)
            continue
        outcome.take(voter, status, answer)
        return
    outcome.failures["gave up"] += 1


def kill(server: subprocess.Popen[bytes]) -> None:
    os.killpg(server.pid, signal.SIGKILL)
    server.wait()


def stormy(voters: int, clients: int) -> bool:
    from reviews.models import Participation, SealedBallot

    site = open_site(voters, accounts=False)
    outcome = Outcome()
    server = serve(site.port)
    start = time.monotonic()
    runner = threading.Thread(target=storm, args=(site, clients, outcome, list(site.voters)))
    runner.start()
    while len(outcome.confirmed) < voters // 2:
        time.sleep(0.02)
    kill(server)
    at = len(outcome.confirmed)
    server = serve(site.port)
    runner.join()
    took = time.monotonic() - start
    kill(server)
    rows = (
        Participation.objects.filter(poll_id=site.poll).count(),
        SealedBallot.objects.filter(poll_id=site.poll).count(),
    )
    wrong = compare(site, outcome)
    sent = sum(map(len, outcome.answers.values()))
    print(f"\n{sent:,} ballots of {clients} clients in {took:.0f} s, server killed after {at:,} were confirmed")
    print(f"confirmed {len(outcome.confirmed):,}, participations {rows[0]:,}, sealed ballots {rows[1]:,}")
    print("what the clients met:", dict(outcome.failures))
    print("wrong:", wrong or "nothing")
    return bool(wrong) or rows != (voters, voters) or len(outcome.confirmed) != voters


def compare(site: Site, outcome: Outcome) -> list[str]:
    """Close, count, and hold the count against what was sent."""
    from reviews.models import BallotCount, Poll
    from reviews.services.polls.counting import count_polls
    from reviews.services.polls.setup import close_poll
    from units.models import User

    office = User.objects.get(username="office")
    poll = close_poll(poll=Poll.objects.get(pk=site.poll), by=office)
    start = time.monotonic()
    count_polls(round=poll.round, parts=site.parts, by=office)
    poll.refresh_from_db()
    print(f"\ncounted {poll.report['received']:,} ballots in {time.monotonic() - start:.1f} s")
    wrong = []
    if sorted(outcome.confirmed.values()) != poll.receipts.codes:
        wrong.append("receipts")
    if poll.report["used"] != poll.report["received"] or poll.report["unreadable"]:
        wrong.append(f"report {poll.report}")
    expected: Counter[tuple[int, str, str]] = Counter()
    for (fields,) in outcome.answers.values():
        for name, answer in fields.items():
            if name.startswith("a."):
                _a, subject, leaf = name.split(".")
                expected[int(subject), leaf, answer] += 1
    rows = BallotCount.objects.filter(poll=poll).values_list("subject_id", "indicator", "answer", "count")
    if Counter({(subject, leaf, answer): count for subject, leaf, answer, count in rows}) != expected:
        wrong.append("answers")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voters", type=int, default=2000)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--subjects", type=int, default=25)
    parser.add_argument("--slices", type=int, default=24, help="on each side; 0 leaves the comparison out")
    parser.add_argument("--slice", type=int, default=80, help="ballots of one")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder), asked.subjects)
        from django.db import connection

        print(f"\n{connection.vendor}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the start\n")
        ratio = LEAST
        if asked.slices:
            found = side_by_side(asked.slices, asked.slice, 8)
            ratio = found["wall"]
            print(
                f"\nproduct to bare view: {ratio:.2f} (quartiles of the pairs {found['low']:.2f}–{found['high']:.2f})"
            )
            print(
                f"by processor time {found['cpu']:.2f}, with the database's {found['cpu with database']:.2f}",
                flush=True,
            )
        bad = asked.voters > 0 and stormy(asked.voters, asked.clients)
    return 1 if bad or ratio < LEAST else 0


if __name__ == "__main__":
    raise SystemExit(main())

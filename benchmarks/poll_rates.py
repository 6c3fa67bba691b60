"""Two servers side by side, in short slices by turns: what wall and processor time a ballot takes on each.

Other work on the machine comes and goes within seconds; a slice is over in a few tenths of one, and its neighbours of
the other side had the same weather. What is compared are medians over many slices, and processor time, which does not
grow while others are at work. The caller is as light as it can be: requests lie ready, and each goes over a
connection of its own, as the servers keep none.
"""

from __future__ import annotations

import os
import socket
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Side:
    """A server under test: `group` is the process group of its workers, `requests` what is still to be sent."""

    name: str
    port: int
    group: int
    requests: list[bytes]
    rates: list[float] = field(default_factory=list)  # of each slice, ballots a second
    server: list[float] = field(default_factory=list)  # processor milliseconds a ballot: its own processes
    database: list[float] = field(default_factory=list)  # and those of a database server on this machine


def by_turns(sides: tuple[Side, Side], *, slices: int, size: int, clients: int, warm: int = 2) -> None:
    """So many slices on each side, A B B A: whoever goes second finds the machine warmer. The first do not count."""
    for number in range(-warm, slices):
        for side in sides if number % 2 else reversed(sides):
            batch, side.requests = side.requests[:size], side.requests[size:]
            backends = _backends()
            before = _used(_members(side.group)), _used(backends)
            start = time.perf_counter()
            _send_all(side.port, batch, clients)
            took = time.perf_counter() - start
            if number >= 0:
                side.rates.append(size / took)
                side.server.append(1000 * (_used(_members(side.group)) - before[0]) / size)
                side.database.append(1000 * (_used(backends) - before[1]) / size)


def as_table(sides: tuple[Side, Side]) -> str:
    rows = ["| | ballots a second, median (quartiles) | server, CPU ms a ballot | with the database |"]
    rows.append("| --- | ---: | ---: | ---: |")
    for side in sides:
        low, middle, high = statistics.quantiles(side.rates, n=4)
        own, all_ = statistics.mean(side.server), statistics.mean(side.server) + statistics.mean(side.database)
        rows.append(f"| {side.name} | {middle:.0f} ({low:.0f}–{high:.0f}) | {own:.2f} | {all_:.2f} |")
    return "\n".join(rows)


def ratios(ours: Side, theirs: Side) -> dict[str, float]:
    """By time of the day, with the quartiles of the pairs; by processor time of the server, and with its database's."""
    low, _middle, high = statistics.quantiles((a / b for a, b in zip(ours.rates, theirs.rates, strict=True)), n=4)
    own, both = ([sum(side.server) + part * sum(side.database) for side in (theirs, ours)] for part in (0, 1))
    return {
        "wall": statistics.median(ours.rates) / statistics.median(theirs.rates),
        "low": low,
        "high": high,
        "cpu": own[0] / own[1],
        "cpu with database": both[0] / both[1],
    }


# ---------------------------------------------------------------- clients


def _send_all(port: int, requests: Sequence[bytes], clients: int) -> None:
    """All of them, each client its share one after the other; ends the program if one is refused."""
    refused: list[bytes] = []

    def work(share: Sequence[bytes]) -> None:
        for request in share:
            with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
                line.sendall(request)
                answer = b"".join(iter(lambda: line.recv(65536), b""))
            if not answer.startswith(b"HTTP/1.1 200"):
                refused.append(answer)
                return

    threads = [threading.Thread(target=work, args=(requests[place::clients],)) for place in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if refused:
        raise SystemExit(f"refused: {refused[0]!r}")


# ---------------------------------------------------------------- processor time


def _used(processes: Sequence[int]) -> float:
    """Seconds that these processes computed so far, for themselves and in the kernel."""
    total = 0
    for process in processes:
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def _members(group: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.getpgid(int(entry.name)) == group:
                    found.append(int(entry.name))
            except ProcessLookupError:
                continue
    return found


def _backends() -> list[int]:
    """The processes of PostgreSQL that serve this database, if they are on this machine."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return [pid for (pid,) in cursor.fetchall() if Path(f"/proc/{pid}/stat").exists()]

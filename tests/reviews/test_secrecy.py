"""Secrecy is a property of the storage: what is stored after the count does not depend on who cast which ballot.

The attacker reads everything: the rows in the order in which they lie there, the database's files byte by byte, its
log of statements, the cache, the logs, the backups. `docs/secrecy.md` says the same in words.
"""

from __future__ import annotations

import io
import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, transaction

from reviews.ballot_form import Checked
from reviews.models import BallotComment, BallotCount, Entitlement, Participation, Poll, PollReceipts, SealedBallot
from reviews.services.polls import casting
from reviews.services.polls.casting import cast_ballot, pack
from scoring.models import Computation
from scoring.services import run_scoring
from tests.factories import district_round
from units.models import AuditEntry

from .polls import close_poll, count_polls, office_of, open_poll, poll_for, sheets, vote, with_key

VOTERS = 30


class Vote:
    """30 leaders' slips that rate four units, in an order that everybody knows."""

    def __init__(self, voters: int = VOTERS) -> None:
        self.office = office_of()
        self.round = district_round(4)
        self.parts = with_key(self.round, self.office)
        self.poll = open_poll(
            poll=poll_for(self.round, "leader", self.office, kind="slips", number=voters),
            by=self.office,
        )
        self.round.polls.filter(voter_class="unit").delete()
        self.subjects = [subject.pk for subject in self.round.subjects.all()]

    def ballots(self, seed: int) -> list[dict[int, str]]:
        draw = random.Random(seed)
        return [{subject: str(draw.randint(60, 100)) for subject in self.subjects} for _voter in range(VOTERS)]

    def count(self) -> None:
        close_poll(poll=self.poll, by=self.office)
        count_polls(round=self.round, parts=self.parts, by=self.office)


HIDDEN = {"UUIDField", "DateTimeField", "BinaryField"}
# What a count leaves of a vote; of every other table the number of rows is compared.
KEPT = (BallotCount, Participation, BallotComment, Poll)


def everything() -> dict[str, Any]:
    """The rows in the order in which they lie on the disk, without random keys and times.

    Keys made by the database go on after a rollback: each is named by its rank among those of its column.
    """
    place = "ctid" if connection.vendor == "postgresql" else "rowid"
    found: dict[str, Any] = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            table = connection.ops.quote_name(model._meta.db_table)
            if model not in KEPT:
                cursor.execute(f"SELECT count(*) FROM {table}")
                found[table] = cursor.fetchone()
                continue
            kinds = {field.column: field.get_internal_type() for field in model._meta.concrete_fields}
            columns = [name for name, kind in kinds.items() if kind not in HIDDEN]
            cursor.execute(f"SELECT {', '.join(map(connection.ops.quote_name, columns))} FROM {table} ORDER BY {place}")
            found[table] = _ranked(columns, [[str(value) for value in row] for row in cursor.fetchall()])
    assert found[connection.ops.quote_name("reviews_ballotcount")]
    # The published receipts are those of the voters, in the order of the alphabet: no ballot has a part in them.
    used = Entitlement.objects.filter(used__isnull=False)
    assert PollReceipts.objects.get().codes == sorted(casting.receipt_of(one) for one in used)
    return found


def _ranked(columns: list[str], rows: list[list[str]]) -> list[list[Any]]:
    keys = [place for place, name in enumerate(columns) if name == "id" or name.endswith("_id")]
    ranks = {place: {key: rank for rank, key in enumerate(sorted({int(row[place]) for row in rows}))} for place in keys}
    return [[ranks[p][int(value)] if p in ranks else value for p, value in enumerate(row)] for row in rows]


def state_after(order: list[int], given: list[int]) -> dict[str, Any]:
    """What is stored after a count when the voters came in `order` and voter n cast ballot `given[n]`.

    All of it happens and is taken back, so that the next attempt begins with the same keys.
    """
    with transaction.atomic():
        stage = Vote()
        ballots, voters = stage.ballots(7), sheets(stage.poll)
        for number in order:
            vote(voters[number], ballots[given[number]])
        stage.count()
        found = everything()
        transaction.set_rollback(True)
    return found


@pytest.mark.django_db
def test_what_is_stored_after_the_count_is_the_same_whoever_cast_which_ballot():
    """With the same rows and bytes whatever the assignment of ballots to voters, no guess beats chance."""
    natural = list(range(VOTERS))
    draw = random.Random(11)
    shuffled, order = draw.sample(natural, VOTERS), draw.sample(natural, VOTERS)
    first = state_after(natural, natural)
    assert state_after(natural, shuffled) == first
    assert state_after(order, natural) == first


@pytest.mark.django_db
def test_an_uncounted_ballot_changes_no_result():
    """Two voters with a computation after each: the results are the same to the last digit."""
    stage = Vote()
    voters = sheets(stage.poll)
    digests = [run_scoring(round=stage.round).digest]
    for voter, answer in zip(voters[:2], ("100", "0"), strict=True):
        vote(voter, answer)
        digests.append(run_scoring(round=stage.round).digest)
    assert len(set(digests)) == 1
    assert not BallotCount.objects.exists()
    assert Computation.objects.filter(round=stage.round, is_current=True).get().digest == digests[0]


@pytest.mark.django_db
def test_a_ballot_leaves_nothing_in_log_cache_or_trail(caplog):
    stage = Vote()
    with caplog.at_level(logging.DEBUG):
        audited, cached = AuditEntry.objects.count(), _cache_entries()
        vote(sheets(stage.poll)[0], "73")
        assert AuditEntry.objects.count() == audited
        assert _cache_entries() == cached
    said = "\n".join(record.getMessage() for record in caplog.records if record.name != "django.db.backends")
    assert "73" not in said
    assert "receipt" not in said.lower()


def _cache_entries() -> int:
    return len(getattr(cache, "_cache", {}))


@pytest.mark.django_db
def test_the_statements_of_a_ballot_hold_no_answer(settings):
    """A database that logs every statement with its values logs a sealed box and nothing of what is in it."""
    stage = Vote()
    said: list[str] = []

    def listen(execute, sql, params, many, context):
        said.append(f"{sql} {params!r}")
        return execute(sql, params, many, context)

    mine = sheets(stage.poll)[0]
    with connection.execute_wrapper(listen):
        receipt = cast_ballot(
            entitlement=mine, answers={(s, code): "73" for s, codes in mine.paper.places for code in codes}
        )
    assert any("INSERT" in statement for statement in said)
    for statement in said:
        assert "'73'" not in statement
        assert receipt not in statement


@pytest.mark.django_db
def test_two_ballots_that_say_the_same_look_unrelated():
    stage = Vote()
    first, second = sheets(stage.poll)[:2]
    vote(first, "73")
    vote(second, "73")
    boxes = [bytes(box) for box in SealedBallot.objects.values_list("box", flat=True)]
    same = sum(a == b for a, b in zip(*boxes, strict=True)) / len(boxes[0])
    assert same < 0.1  # of random bytes one in 256 agrees


@pytest.mark.django_db
def test_the_largest_ballot_fits():
    """Longest options, comments full of characters that take six bytes: the size was reckoned right."""
    stage = Vote()
    mine = sheets(stage.poll)[0]
    content = pack(
        casting.receipt_of(mine),
        Checked({(s, code): "100" for s, codes in mine.paper.places for code in codes}, {}),
    )
    assert len(content) < stage.poll.sealed_size


# ---------------------------------------------------------------- the bytes on the disk


def _bytes_of_database() -> bytes:
    """The files of the database that hold ballots, as an administrator with the disk reads them."""
    if connection.vendor == "sqlite":
        name = str(connection.settings_dict["NAME"])
        return b"".join(Path(f"{name}{end}").read_bytes() for end in ("", "-wal") if Path(f"{name}{end}").exists())
    found = io.BytesIO()
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        for model in (SealedBallot, *apps.get_app_config("reviews").get_models()):
            cursor.execute("SELECT pg_relation_filepath(%s)", [model._meta.db_table])
            cursor.execute("SELECT pg_read_binary_file(%s)", [cursor.fetchone()[0]])
            found.write(bytes(cursor.fetchone()[0]))
    return found.getvalue()


@contextmanager
def _somebody_reads() -> Iterator[None]:
    """A backup for instance: a transaction that still sees the rows as they were when it began. (On SQLite the count
    waits for readers.)"""
    if connection.vendor != "postgresql":
        yield
        return
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT count(*) FROM reviews_poll")
            yield
            cursor.execute("ROLLBACK")
    finally:
        other.close()


@pytest.mark.parametrize("meanwhile", [nullcontext, _somebody_reads])
@pytest.mark.django_db(transaction=True)
def test_after_the_count_no_sealed_ballot_is_left_in_the_files_of_the_database(meanwhile):
    stage = Vote()
    for voter, ballot in zip(sheets(stage.poll), stage.ballots(3), strict=True):
        vote(voter, ballot)
    boxes = [bytes(box) for box in SealedBallot.objects.values_list("box", flat=True)]
    # A box may lie in several pages: any 40 bytes of it would show it.
    samples = [box[start : start + 40] for box in boxes for start in range(0, len(box) - 40, 40)]
    before = _bytes_of_database()
    assert sum(sample in before for sample in samples) > len(samples) / 2
    with meanwhile():
        stage.count()
    after = _bytes_of_database()
    assert [sample for sample in samples if sample in after] == []


@pytest.mark.django_db
def test_the_statistics_of_the_database_hold_no_sealed_ballot():
    """They are a sample of the rows that outlives them. A box of more than a kilobyte is left out anyway."""
    stage = Vote()
    for sheet in sheets(stage.poll):
        vote(sheet, "73")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE reviews_sealedballot")
        kept = "SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat4'"  # SQLite's samples, where it takes any
        if connection.vendor == "postgresql":
            kept = "SELECT 1 FROM pg_stats WHERE tablename = 'reviews_sealedballot' AND attname = 'box'"
        cursor.execute(kept)
        assert cursor.fetchall() == []


@pytest.mark.django_db(transaction=True)
def test_a_backup_taken_while_people_vote_tells_nothing_without_the_passphrase(tmp_path):
    stage = Vote()
    for voter in sheets(stage.poll)[:5]:
        vote(voter, "73")
    dump = io.StringIO()
    call_command("dumpdata", "reviews", "units", stdout=dump)
    for part in stage.parts:
        assert part not in dump.getvalue()
        assert part.replace("-", "") not in dump.getvalue()
    assert '"73"' not in dump.getvalue()

"""What backup.sh saves, restore.sh puts back: rows and uploaded files."""

import os
import sqlite3
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(script: str, archive: Path, var: Path) -> subprocess.CompletedProcess[str]:
    address = f"sqlite:///{var / 'db.sqlite3'}"
    return subprocess.run(
        [str(ROOT / "deploy" / script), str(archive)],
        env=dict(os.environ) | {"VAR_DIR": str(var), "DATABASE_URL": address},
        capture_output=True,
        text=True,
        timeout=60,
    )


def rows(var: Path) -> list[tuple[str]]:
    connection = sqlite3.connect(var / "db.sqlite3")
    try:
        return connection.execute("SELECT name FROM unit ORDER BY name").fetchall()
    finally:
        connection.close()


@pytest.fixture
def var(tmp_path: Path) -> Path:
    folder = tmp_path / "var"
    (folder / "media").mkdir(parents=True)
    (folder / "media" / "evidence.txt").write_text("证明材料")
    return folder


def test_a_running_sqlite_site_is_saved_and_put_back_elsewhere(var, tmp_path):
    live = sqlite3.connect(var / "db.sqlite3")
    live.execute("PRAGMA journal_mode=WAL")
    live.execute("CREATE TABLE unit (name TEXT)")
    live.execute("INSERT INTO unit VALUES ('甲局')")
    live.commit()  # still in the write-ahead log: copying the file alone would lose it
    archive = tmp_path / "backup.tar"
    saved = run("backup.sh", archive, var)
    live.execute("INSERT INTO unit VALUES ('乙局')")
    live.commit()
    live.close()
    assert saved.returncode == 0, saved.stderr
    assert archive.stat().st_mode & 0o077 == 0

    elsewhere = tmp_path / "elsewhere"
    assert run("restore.sh", archive, elsewhere).returncode == 0
    assert rows(elsewhere) == [("甲局",)]
    assert (elsewhere / "media" / "evidence.txt").read_text() == "证明材料"

    assert run("restore.sh", archive, var).returncode == 0
    assert rows(var) == [("甲局",)]
    assert list(var.glob("db.sqlite3.before-*")), "what was there before is kept"
    assert list(var.glob("media.before-*"))


def test_an_archive_is_never_overwritten(var, tmp_path):
    sqlite3.connect(var / "db.sqlite3").close()
    archive = tmp_path / "backup.tar"
    archive.write_text("precious")
    done = run("backup.sh", archive, var)
    assert done.returncode == 1
    assert "exists already" in done.stderr
    assert archive.read_text() == "precious"


def test_without_a_database_there_is_no_archive(var, tmp_path):
    archive = tmp_path / "backup.tar"
    assert run("backup.sh", archive, var).returncode != 0
    assert not archive.exists()

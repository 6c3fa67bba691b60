"""A machine that lacks something gets one clear sentence in both languages, and no traceback."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(script: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "tools" / script), *arguments],
        env=dict(os.environ) | variables,
        capture_output=True,
        text=True,
        timeout=60,
    )


def assert_one_sentence(done: subprocess.CompletedProcess[str], english: str, chinese: str) -> None:
    assert done.returncode == 1
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 2, done.stderr
    assert english in lines[0]
    assert chinese in lines[1]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A tree with nothing installed: the set-up script and the locks."""
    (tmp_path / "tools").mkdir()
    for name in ("tools/setup.py", "requirements-dev.txt", "package-lock.json"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "bin").mkdir()
    return tmp_path


def set_up(clone: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(clone / "tools" / "setup.py")],
        env={"PATH": str(clone / "bin")},
        capture_output=True,
        text=True,
        timeout=60,
    )


def command(path: Path, answer: str) -> None:
    path.write_text(f"#!/bin/sh\necho {answer}\n")
    path.chmod(0o755)


def test_no_node(clone):
    assert_one_sentence(set_up(clone), "Node.js 20 or newer with npm is needed", "本机未找到")
    assert not (clone / ".venv").exists()


def test_an_old_node(clone):
    command(clone / "bin" / "node", "v18.19.0")
    command(clone / "bin" / "npm", "9.2.0")
    assert_one_sentence(set_up(clone), "this is Node.js 18.19.0", "当前为 Node.js 18.19.0")


def test_an_old_python(clone):
    script = clone / "tools" / "setup.py"
    script.write_text(script.read_text().replace("OLDEST_PYTHON = (3, 11)", "OLDEST_PYTHON = (3, 99)"))
    assert_one_sentence(set_up(clone), "Python 3.11 or newer is needed", "需要 Python 3.11")


def test_no_python_at_all(clone):
    done = subprocess.run(
        ["make", "-C", str(ROOT), "setup", "PYTHON=no-such-python"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode != 0
    assert "Python 3.11 or newer is needed and was not found" in done.stderr


@pytest.mark.parametrize("port", ["eighty", "0", "70000", "-1", "8000.0"])
def test_a_port_that_is_none(port):
    assert_one_sentence(run("run.py", port), f"PORT={port} is not a port", "不是有效端口")


def test_a_taken_port():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert_one_sentence(run("run.py", str(port)), f"Port {port} is taken", f"端口 {port} 已被其他程序占用")

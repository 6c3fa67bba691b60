"""The benchmark runs, compares, and says what it had to leave out."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(*options):
    """Without anything on the path, so that there is no LibreOffice."""
    command = [sys.executable, str(ROOT / "benchmarks" / "engine.py"), *options]
    return subprocess.run(command, capture_output=True, text=True, env={"PATH": ""}, timeout=60, check=False)


def test_a_small_benchmark_keeps_the_limit_and_says_what_it_skipped():
    done = run("--sizes", "20,40", "--beside", "20", "--repeat", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Skipped: LibreOffice (soffice) is not installed" in done.stdout
    rows = [line.split(" | ")[0].strip("| ") for line in done.stdout.splitlines() if line.startswith("| ")]
    assert {"engine", "20", "40"} <= set(rows)
    assert "40 nodes" in done.stdout

"""`make check`: every check that needs no test run; all of them, then the verdict.

tools/check.py            check
tools/check.py --format   write Python and templates in the house format instead
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

# What `check --deploy` looks at: a site as it would be run, with values made for the purpose.
PRODUCTION = {
    "PRODUCTION": "true",
    "DEBUG": "false",
    "SECRET_KEY": "check-only-" + "0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "ALLOWED_HOSTS": "kaoping.example.org",
    "PROXY_COUNT": "1",
}


def templates() -> list[str]:
    """Templates under version control or about to be, as paths from the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.html"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return sorted(name for name in found.stdout.splitlines() if (ROOT / name).exists())


def steps() -> list[tuple[str, list[str], dict[str, str]]]:
    """Name, command and added environment of each check."""
    python, manage = sys.executable, "manage.py"
    found = [
        ("lint", [str(BIN / "ruff"), "check", "--quiet", "."], {}),
        ("format", [str(BIN / "ruff"), "format", "--check", "--quiet", "."], {}),
        ("types", [str(BIN / "mypy"), "--no-error-summary"], {}),
        ("import contracts", [str(BIN / "lint-imports"), "--no-cache"], {}),
        ("migrations", [python, manage, "makemigrations", "--check", "--dry-run"], {}),
        ("translations", [python, "tools/messages.py", "check"], {}),
        (
            "deployment",
            [python, manage, "check", "--deploy", "--fail-level", "WARNING"],
            PRODUCTION,
        ),
    ]
    if names := templates():
        djade = [str(BIN / "djade"), "--check", "--target-version", "5.2", *names]
        found.insert(2, ("template format", djade, {}))
    return found


def run_checks() -> int:
    failed = []
    for name, command, added in steps():
        started = time.monotonic()
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **added},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        verdict = "FAILED" if done.returncode else "ok"
        print(f"{name:<18} {verdict:<7} {time.monotonic() - started:5.1f} s", flush=True)
        if done.returncode:
            failed.append(name)
            print(done.stdout.rstrip(), flush=True)
    if failed:
        print(f"Failed: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


def write_format() -> int:
    subprocess.run([str(BIN / "ruff"), "check", "--fix", "--quiet", "."], cwd=ROOT)
    subprocess.run([str(BIN / "ruff"), "format", "."], cwd=ROOT, check=True)
    if names := templates():
        # djade answers 1 when it has changed something.
        subprocess.run([str(BIN / "djade"), "--target-version", "5.2", *names], cwd=ROOT)
    return 0


if __name__ == "__main__":
    sys.exit(write_format() if "--format" in sys.argv[1:] else run_checks())

"""Write the locked, hashed requirement files. Needs `uv` on PATH (`pip install uv` anywhere).

    python tools/lock.py            keep versions that still fit pyproject.toml
    python tools/lock.py --upgrade  take the newest ones

One file serves Python 3.11 and later on every platform: markers tell them apart. The files name
versions and checksums only, so they work with whatever package index the machine is set up for.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = [
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-annotate",
    "--no-header",
    "--quiet",
]


def main() -> int:
    for name, extras in (
        ("requirements.txt", []),
        ("requirements-dev.txt", ["--extra=dev"]),
        ("requirements-bench.txt", ["--extra=bench"]),
    ):
        command = ["uv", "pip", "compile", *OPTIONS, *extras, *sys.argv[1:]]
        # The other locks must agree with the first on every package that they share.
        if extras:
            command.append("--constraint=requirements.txt")
        subprocess.run([*command, "pyproject.toml", "-o", name], cwd=ROOT, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`make setup`: virtual environment, locked packages, front-end assets, compiled translations.

Standard library only, and readable by any Python 3.6, so that an old one gets a sentence and not a
syntax error. Each part is skipped while the lock file it comes from has not changed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
NODE_MODULES = ROOT / "node_modules"
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 20


def stop(english, chinese) -> NoReturn:
    sys.exit(f"{english}\n{chinese}")


def version_of(command):
    """(major, minor) that a Python command answers, or None if it does not run."""
    code = "import sys; print(*sys.version_info[:2])"
    try:
        answer = subprocess.check_output([command, "-c", code], stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return None
    return tuple(int(part) for part in answer.split())


def find_python():
    """A Python that is new enough: this one, else a newer one on PATH."""
    if sys.version_info[:2] >= OLDEST_PYTHON:
        return sys.executable
    for minor in (13, 12, 11):
        command = f"python3.{minor}"
        if shutil.which(command) and (version_of(command) or (0, 0)) >= OLDEST_PYTHON:
            return command
    found = "{}.{}".format(*sys.version_info[:2])
    stop(
        f"Python 3.11 or newer is needed; this is Python {found}.",
        f"需要 Python 3.11 或更高版本，当前为 Python {found}。",
    )


def check_node():
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        stop(
            "Node.js 20 or newer with npm is needed and was not found on this machine.",
            "需要 Node.js 20 或更高版本（含 npm），本机未找到。",
        )
    try:
        found = subprocess.check_output([node, "--version"]).decode().strip().lstrip("v")
        major = int(found.split(".")[0])
    except (OSError, ValueError, subprocess.CalledProcessError):
        found, major = "?", 0
    if major < OLDEST_NODE:
        stop(
            f"Node.js 20 or newer is needed; this is Node.js {found}.",
            f"需要 Node.js 20 或更高版本，当前为 Node.js {found}。",
        )
    return npm


def fingerprint(*parts):
    """What a stamp file holds: a hash over files (by content) and words."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.read_bytes() if isinstance(part, Path) else part.encode())
        digest.update(b"\0")
    return digest.hexdigest()


def is_current(stamp, wanted):
    return stamp.exists() and stamp.read_text().strip() == wanted


def run(command, english, chinese):
    try:
        subprocess.check_call([str(part) for part in command], cwd=str(ROOT))
    except (OSError, subprocess.CalledProcessError):
        stop(english, chinese)


def make_environment(python):
    if PYTHON.exists() and (version_of(str(PYTHON)) or (0, 0)) >= OLDEST_PYTHON:
        return
    print("Virtual environment … / 正在创建虚拟环境……", flush=True)
    run(
        [python, "-m", "venv", "--clear", VENV],
        "Python cannot make a virtual environment (on Debian or Ubuntu: apt install python3-venv).",
        "Python 无法创建虚拟环境（Debian、Ubuntu 请先执行 apt install python3-venv）。",
    )


def install_packages():
    lock, stamp = ROOT / "requirements-dev.txt", VENV / ".installed"
    wanted = fingerprint(lock)
    if is_current(stamp, wanted):
        return
    print("Python packages … / 正在安装 Python 依赖……", flush=True)
    # The lock names every package, so nothing is left to resolve: a resolver would look at newer releases
    # of a package asked for with an extra, and refuse them for want of a hash.
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    run(
        [*pip, "--require-hashes", "--requirement", lock],
        "The Python packages could not be installed; see the lines above and run it again.",
        "Python 依赖安装失败，请查看上面的信息后重试。",
    )
    stamp.write_text(wanted)


def install_assets():
    lock, stamp = ROOT / "package-lock.json", NODE_MODULES / ".installed"
    wanted = fingerprint(lock)
    if is_current(stamp, wanted):
        return
    npm = check_node()
    print("Front-end assets … / 正在获取前端资源……", flush=True)
    run(
        [npm, "ci", "--silent", "--no-audit", "--no-fund"],
        "npm could not fetch the front-end assets; see the lines above and run it again.",
        "npm 获取前端资源失败，请查看上面的信息后重试。",
    )
    stamp.write_text(wanted)


def compile_translations():
    catalogues = sorted(ROOT.glob("locale/*/LC_MESSAGES/*.po"))
    for source in catalogues:
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            run(
                [PYTHON, ROOT / "tools" / "messages.py", "compile"],
                "The translations could not be compiled; see the lines above.",
                "翻译文件编译失败，请查看上面的信息。",
            )
            return


def main():
    python = find_python()
    if not NODE_MODULES.exists():
        check_node()  # said before minutes of installing, not after
    make_environment(python)
    install_packages()
    install_assets()
    compile_translations()


if __name__ == "__main__":
    main()

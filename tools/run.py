"""`make run`: database, demo round, address and accounts, then serve on 127.0.0.1.

Runs in the virtual environment that tools/setup.py made. Each step before serving does nothing
when it is done already, so the second start takes seconds.
"""

import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"


def stop(english: str, chinese: str) -> None:
    sys.exit(f"{english}\n{chinese}")


def parse_port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        stop(
            f"PORT={text} is not a port: expected a whole number from 1 to 65535.",
            f"PORT={text} 不是有效端口：应为 1 至 65535 的整数。",
        )
    return int(text)


def claim(port: int) -> None:
    """Stops with a sentence if something else serves there (asked before minutes of loading)."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the server itself does, so that a port it closed a moment ago counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            stop(
                f"Port {port} needs more rights than you have; choose another: make run PORT=8001",
                f"没有使用端口 {port} 的权限，请换一个端口：make run PORT=8001",
            )
        except OSError:
            stop(
                f"Port {port} is taken by another program; choose another: make run PORT={port + 1}",
                f"端口 {port} 已被其他程序占用，请换一个端口：make run PORT={port + 1}",
            )


def manage(*arguments: str) -> None:
    done = subprocess.run([sys.executable, str(ROOT / "manage.py"), *arguments], cwd=ROOT)
    if done.returncode:
        stop(
            f"'manage.py {' '.join(arguments)}' failed; see the lines above.",
            f"执行 manage.py {' '.join(arguments)} 失败，请查看上面的信息。",
        )


def server(port: int) -> list[str]:
    """With DEBUG=true Django's own server, which reloads changed code; else gunicorn."""
    if os.environ.get("DEBUG", "").strip().lower() in {"true", "1", "yes", "on"}:
        return [sys.executable, str(ROOT / "manage.py"), "runserver", f"{HOST}:{port}"]
    return [
        *(sys.executable, "-m", "gunicorn", "appraisal_site.wsgi"),
        # No kept connections: they would stay with the process that took them, most of them with one.
        *("--bind", f"{HOST}:{port}", "--workers", "2", "--threads", "4", "--keep-alive", "0"),
        *("--timeout", "120", "--graceful-timeout", "30", "--log-level", "warning"),
    ]


def main(arguments: list[str]) -> None:
    port = parse_port(arguments[0] if arguments else "8000")
    claim(port)
    manage("migrate", "--verbosity", "0")
    manage("load_presets")
    manage("load_demo")
    print(f"\n  Kaoping 考评   http://{HOST}:{port}/\n", flush=True)
    manage("demo_accounts")
    print("\n  Ctrl+C stops the server. / 按 Ctrl+C 停止服务。", flush=True)
    os.chdir(ROOT)
    command = server(port)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])

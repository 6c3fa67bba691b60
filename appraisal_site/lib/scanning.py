"""Asking a virus scanner about a file before it is kept. Which one is the site's setting; none is built in.

The setting is `package.module:function`, called with the file's path, which answers "" or why the file is
refused; or a command line to which the path is added, which ends with 0 if the file is clean. Whatever else
happens (a scanner that is not there, hangs or fails) refuses the file as well: not looked at is not clean.
"""

from __future__ import annotations

import logging
import re
import shlex
import subprocess
from pathlib import Path

from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

log = logging.getLogger(__name__)

PATIENCE = 120  # seconds
INFECTED = 1  # as clamscan, clamdscan and most others end
_CALLABLE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def refusal(path: Path, scanner: str) -> str:
    """ "" if there is no scanner or it finds nothing; else why the file is not taken."""
    if not scanner:
        return ""
    try:
        if _CALLABLE.fullmatch(scanner):
            return str(import_string(scanner.replace(":", "."))(path) or "")
        return _by_command([*shlex.split(scanner), str(path)])
    except Exception:
        log.exception("The scanner of uploaded files failed")
        return _("The scanner could not look at this file, so it was not stored. Tell the administrator.")


def _by_command(command: list[str]) -> str:
    # The command line is the administrator's; the path is a temporary name of ours. No shell reads it.
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)  # noqa: S603
    if done.returncode == 0:
        return ""
    if done.returncode == INFECTED:
        log.warning("The scanner refused an upload: %s", done.stdout.decode(errors="replace")[-500:].strip())
        return _("The scanner found something harmful in this file.")
    raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr.decode(errors='replace')[-500:]}")

"""Import one plan file as a new plan or a new version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from indicators import imports, services
from indicators.messages import as_lines
from indicators.rendering import render


class Command(BaseCommand):
    help = "Import a plan file (TOML). What is wrong is listed with its line; then nothing is stored."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--note", default="", help="why this version exists")

    def handle(self, *args: Any, file: Path, note: str, **options: Any) -> None:
        try:
            text, encoding = imports.decoded(file.read_bytes())
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}", returncode=2) from None
        except imports.NoText as error:
            raise CommandError(f"{file}: {render(error.text)}", returncode=2) from None
        if encoding != "utf-8":
            self.stderr.write(f"{file}: read as {encoding}")
        checked = imports.check_text(text)
        if checked.plan is None or checked.document is None:
            raise CommandError("\n".join(as_lines(checked.problems, file.name)), returncode=2)
        if checked.warnings:
            self.stderr.write("\n".join(as_lines(checked.warnings, file.name)))
        version, is_new = services.import_plan(document=checked.document, by=None, note=note)
        outcome = "stored" if is_new else "unchanged"
        self.stdout.write(f"{version.plan.code} v{version.number}: {outcome} ({version.digest[:12]})")

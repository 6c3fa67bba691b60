"""Write a plan's newest version as a plan file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from indicators import services


class Command(BaseCommand):
    help = "Write a plan as its file (TOML), to standard output or to FILE."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("code")
        parser.add_argument("file", type=Path, nargs="?")

    def handle(self, *args: Any, code: str, file: Path | None, **options: Any) -> None:
        try:
            version = services.ensure_plan(code)
        except services.UnknownPlan:
            known = ", ".join(services.preset_codes())
            raise CommandError(f"There is no plan {code}. Presets: {known}", returncode=2) from None
        text = services.export_text(version)
        if file is None:
            self.stdout.write(text, ending="")
            return
        try:
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}", returncode=2) from None

"""Import one plan file as a new plan or a new version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from indicators import plan_file, services
from indicators.document import DocumentErrors
from indicators.messages import problem_lines


class Command(BaseCommand):
    help = "Import a plan file (TOML). What is wrong is listed with its line; then nothing is stored."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--note", default="", help="why this version exists")

    def handle(self, *args: Any, file: Path, note: str, **options: Any) -> None:
        try:
            text = file.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}", returncode=2) from None
        except UnicodeDecodeError:
            raise CommandError(f"{file}: not a UTF-8 text", returncode=2) from None
        try:
            version, is_new = services.import_plan(document=plan_file.load(text), by=None, note=note)
        except (plan_file.NotToml, DocumentErrors) as error:
            raise CommandError("\n".join(problem_lines(error, text, file.name)), returncode=2) from None
        outcome = "stored" if is_new else "unchanged"
        self.stdout.write(f"{version.plan.code} v{version.number}: {outcome} ({version.digest[:12]})")

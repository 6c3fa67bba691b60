"""Bring the plan library up to the preset files. Safe to repeat."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from indicators import services
from indicators.document import DocumentErrors
from indicators.messages import problem_lines
from indicators.plan_file import NotToml

OUTCOMES = {
    "new": "new",
    "updated": "new version from the changed file",
    "unchanged": "unchanged",
    "kept": "kept: its newest version was made by people, not by the file",
}


class Command(BaseCommand):
    help = "Load the plans that ship with the product. Running it again changes nothing."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("codes", nargs="*", help="only these plans (default: all)")

    def handle(self, *args: Any, codes: list[str], verbosity: int, **options: Any) -> None:
        for code in codes or services.preset_codes():
            try:
                loaded = services.load_preset(code)
            except services.UnknownPlan:
                raise CommandError(f"There is no preset {code}.", returncode=2) from None
            except (NotToml, DocumentErrors) as error:
                lines = problem_lines(error, services.preset_text(code), f"{code}.toml")
                raise CommandError("\n".join(lines), returncode=2) from None
            if verbosity:
                self.stdout.write(f"{code}: {OUTCOMES[loaded.outcome]} (v{loaded.version.number})")

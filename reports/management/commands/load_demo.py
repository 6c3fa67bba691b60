"""`manage.py load_demo`: the demo round, once, into an empty database."""

from typing import Any

from django.core.management.base import BaseCommand

from reports.demo import load_demo


class Command(BaseCommand):
    help = "Load the demo round into an empty database; do nothing if there is anything in it."

    def handle(self, *args: Any, **options: Any) -> None:
        round_ = load_demo()
        if round_ is not None:
            self.stdout.write(f"已装入演示轮次 / demo round loaded: {round_.title}")

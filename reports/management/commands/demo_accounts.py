"""`manage.py demo_accounts`: the demo's accounts and their password, where the demo is loaded."""

from typing import Any

from django.core.management.base import BaseCommand

from reports.demo import ACCOUNTS, PASSWORD_FILE
from units.models import User


class Command(BaseCommand):
    help = "Print the demo accounts that this database has."

    def handle(self, *args: Any, **options: Any) -> None:
        present = set(User.objects.filter(is_active=True).values_list("username", flat=True))
        shown = [account for account in ACCOUNTS if account[0] in present]
        if not shown or not PASSWORD_FILE.exists():
            return
        self.stdout.write("演示账号 / demo accounts")
        for username, name, _grants in shown:
            self.stdout.write(f"  {username:<14} {name}")
        self.stdout.write(f"  密码 / password: {PASSWORD_FILE.read_text(encoding='utf-8').strip()}")

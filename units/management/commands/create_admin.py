"""manage.py create_admin USERNAME: the first administrator, or a way back in."""

from __future__ import annotations

import os
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from units.models import User
from units.services.accounts import grant_admin

VARIABLE = "KAOPING_ADMIN_PASSWORD"


class Command(BaseCommand):
    help = (
        "Make USERNAME an active administrator, creating the account if need be. "
        f"The password comes from the environment variable {VARIABLE}, else it is asked for. "
        "An existing account keeps its password unless one is given."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *, username: str, **options: Any) -> None:
        exists = User.objects.filter(username=username).exists()
        password = os.environ.get(VARIABLE) or (None if exists else self._ask())
        try:
            User._meta.get_field("username").clean(username, None)
            if password is not None:
                validate_password(password, User(username=username))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        user, changed = grant_admin(username=username, password=password)
        word = "changed" if exists and changed else "as it was" if exists else "created"
        self.stdout.write(f"{user.username}: {word}, active, administrator.")

    def _ask(self) -> str:
        password = getpass("Password: ")
        if password != getpass("Password (again): "):
            raise CommandError("The two passwords differ.")
        return password

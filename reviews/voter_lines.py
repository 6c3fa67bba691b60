"""Units, people, accounts and subjects named line by line, as people paste them from a list.

A line is a code, a name that only one has, both, or a person's name with the unit. One query each, whatever the number.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from typing import Generic, TypeVar

from django.db.models import Model

from units.models import Person, Unit, User

from .models import Round, Subject

Found = TypeVar("Found", bound=Model)
_BRACKETS = re.compile(r"[()（）]")


def plain(text: str) -> str:
    """A line as it is compared: width, brackets and the number of blanks do not matter."""
    return " ".join(_BRACKETS.sub(" ", unicodedata.normalize("NFKC", text)).split())


class Index(Generic[Found]):
    """What lines can name. `find` gives None for what there is not, or what several are called."""

    def __init__(self, rows: Iterable[tuple[Found, Iterable[str]]]) -> None:
        self.by_text: dict[str, dict[int, Found]] = defaultdict(dict)
        for one, texts in rows:
            for text in texts:
                if text:
                    self.by_text[plain(text)][one.pk] = one

    def find(self, line: str) -> Found | None:
        found = self.by_text.get(plain(line), {})
        return next(iter(found.values())) if len(found) == 1 else None

    def find_all(self, text: str) -> tuple[list[Found], list[str]]:
        """(those found, each once; lines that name nobody or several)."""
        found: dict[int, Found] = {}
        unknown = []
        for line in filter(None, map(str.strip, text.splitlines())):
            one = self.find(line)
            if one is None:
                unknown.append(line)
            else:
                found[one.pk] = one
        return list(found.values()), unknown


def units() -> Index[Unit]:
    rows = Unit.objects.filter(is_active=True)
    return Index((one, (one.code, one.name, one.short_name, f"{one.code} {one.name}")) for one in rows)


def people() -> Index[Person]:
    rows = Person.objects.filter(is_active=True).select_related("unit")
    return Index(
        (one, (one.code, one.name, f"{one.code} {one.name}", f"{one.name} {one.unit.name}", _after(one)))
        for one in rows
    )


def _after(person: Person) -> str:
    return f"{person.unit.name} {person.name}"


def accounts() -> Index[User]:
    """Accounts with a role: others are nobody's."""
    rows = User.objects.filter(is_active=True, role_grants__isnull=False).distinct()
    return Index((one, (one.username, one.name, f"{one.username} {one.name}")) for one in rows)


def subjects(round_: Round) -> Index[Subject]:
    return Index((one, (one.code, one.name, f"{one.code} {one.name}")) for one in round_.subjects.all())


def line_of(one: Unit | Person | User) -> str:
    """The line that names exactly this one."""
    return f"{one.username} {one.name}".strip() if isinstance(one, User) else f"{one.code} {one.name}"

"""Who would vote twice: in two polls on one indicator, or in one poll with two accounts. Reads only.

That two are one person is known where accounts have roles of that person. Where a role says nothing of a person, an
equal name is a hint for the office, which knows. A unit is nobody else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from units.models import Person, RoleGrant, User

from .models import Poll
from .services.polls.voters import Key


@dataclass(frozen=True, slots=True)
class Twice:
    """A voter (`key`, `name`) who has another vote (`other`) in `poll`; not `certain`: only the names are equal."""

    key: Key
    name: str
    poll: Poll
    other: Key
    certain: bool

    @property
    def value(self) -> str:
        """The voter as a form posts him."""
        return f"{self.key[0]}:{self.key[1]}"


def people_of_accounts() -> dict[int, frozenset[int]]:
    """Account → the people whose roles it has. One query: never more than accounts."""
    found: dict[int, set[int]] = defaultdict(set)
    for user, person in RoleGrant.objects.filter(person__isnull=False).values_list("user_id", "person_id"):
        found[user].add(person)
    return {user: frozenset(people) for user, people in found.items()}


def twice(
    voters: Mapping[Key, str], poll: Poll, others: Mapping[Key, str], accounts: Mapping[int, frozenset[int]]
) -> Iterator[Twice]:
    """Those of `voters` who are among the `others`, the voters of `poll`; nobody is his own double in one poll."""

    def people(key: Key) -> frozenset[int]:
        kind, pk = key
        return frozenset({pk}) if kind == "person" else accounts.get(pk, frozenset()) if kind == "account" else _NOBODY

    by_person: dict[int, list[Key]] = defaultdict(list)
    by_name: dict[str, list[Key]] = defaultdict(list)
    for key, name in others.items():
        by_name[name].append(key)
        for person in people(key):
            by_person[person].append(key)
    for key, name in voters.items():
        mine = people(key)
        same = dict.fromkeys(other for person in mine for other in by_person[person])
        if key in others:
            same.setdefault(key)
        hints = (
            other
            for other in by_name.get(name, ())
            if "unit" not in (key[0], other[0]) and other not in same and not (mine and people(other))
        )
        found = [(other, True) for other in same] + [(other, False) for other in hints]
        yield from (
            Twice(key, name, poll, other, certain) for other, certain in found if voters is not others or other != key
        )


_NOBODY: frozenset[int] = frozenset()


# ---------------------------------------------------------------- as the page says it


@dataclass(frozen=True, slots=True)
class TwiceLine:
    """`what` the voter is here; `besides`: where he votes too, and as what."""

    value: str
    name: str
    what: str
    besides: tuple[str, ...]


def by_voter(found: Sequence[Twice]) -> list[list[Twice]]:
    """Each voter with all of his other votes; those who are surely the same person first."""
    grouped: dict[Key, list[Twice]] = defaultdict(list)
    for one in found:
        grouped[one.key].append(one)
    return sorted(grouped.values(), key=lambda group: not any(one.certain for one in group))


def shown(groups: Sequence[Sequence[Twice]], here: Poll, titles: Mapping[str, str]) -> list[TwiceLine]:
    """Two queries."""
    keys = [key for group in groups for one in group for key in (one.key, one.other)]
    accounts = User.objects.filter(pk__in=[pk for kind, pk in keys if kind == "account"])
    people = Person.objects.filter(pk__in=[pk for kind, pk in keys if kind == "person"])
    words = {
        ("account", pk): _("account %(name)s") % {"name": name} for pk, name in accounts.values_list("pk", "username")
    }
    words |= {
        ("person", pk): _("person of %(unit)s") % {"unit": unit} for pk, unit in people.values_list("pk", "unit__name")
    }

    def besides(one: Twice) -> str:
        there = {
            "name": titles.get(one.poll.voter_class, one.poll.voter_class),
            "other": words.get(one.other, _("unit")),
        }
        same = one.poll.pk == here.pk
        said = (_("also in this vote: %(other)s") if same else _("also in “%(name)s”: %(other)s")) % there
        return said if one.certain else said + _("(the names are equal; more is not known)")

    return [
        TwiceLine(first.value, first.name, words.get(first.key, _("unit")), tuple(map(besides, group)))
        for group in groups
        for first in group[:1]
    ]

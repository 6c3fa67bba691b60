"""Accounts for many people at once: a round of forty people is not forty forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from .. import access
from ..guards import require
from ..models import Person, Role, RoleGrant, User
from .accounts import Grant, Initial, create_account

MOST_AT_ONCE = 200  # each password takes its time to be hashed


@dataclass(slots=True)
class Made:
    """Accounts with the password that is shown this once, and people for whom none was made, with the reason."""

    accounts: list[tuple[Person, User, str]] = field(default_factory=list)
    refused: list[tuple[Person, str]] = field(default_factory=list)


def create_accounts_for(*, people: Sequence[Person], by: User) -> Made:
    """An account for each of these people as the subject that he is; its user name is the person's code.

    Whose code is no user name, or taken, gets none, and neither does who has an account already: so a form that is
    sent twice makes nothing twice. Each is audited as one that is made by hand. Raises ValidationError for too many,
    IntegrityError if a user name was taken a moment ago.
    """
    require(access.may_manage_accounts(by))
    if len(people) > MOST_AT_ONCE:
        raise ValidationError(_("At most %(most)d accounts at once.") % {"most": MOST_AT_ONCE})
    # Hashed before anything is written: else nobody else could write for as long as the hashing takes.
    wanted = [(person, Initial.make()) for person, why in _obstacles(people) if not why]
    initials = {person.pk: initial for person, initial in wanted}
    with transaction.atomic():
        return _create(people, initials, by)


def _create(people: Sequence[Person], initials: Mapping[int, Initial], by: User) -> Made:
    made = Made()
    for person, why in _obstacles(people):
        if why:
            made.refused.append((person, why))
            continue
        grant, initial = Grant(Role.SUBJECT, person=person), initials.get(person.pk)
        account, password = create_account(
            username=person.code, name=person.name, grants=[grant], by=by, initial=initial
        )
        made.accounts.append((person, account, password))
    return made


def _obstacles(people: Sequence[Person]) -> list[tuple[Person, str]]:
    """Each with the reason why he gets no account, or "". Two queries."""
    there = set(RoleGrant.objects.filter(role=Role.SUBJECT, person__in=people).values_list("person_id", flat=True))
    taken = {name.lower() for name in User.objects.values_list("username", flat=True)}
    found = []
    for person in people:
        why = _obstacle(person, there, taken)
        found.append((person, why))
        if not why:
            taken.add(person.code.lower())
    return found


def _obstacle(person: Person, there: set[int], taken: set[str]) -> str:
    if person.pk in there:
        return _("has an account already")
    if person.code.lower() in taken:
        return _("the user name “%(name)s” is taken") % {"name": person.code}
    try:
        User._meta.get_field("username").clean(person.code, None)
    except ValidationError:
        return _("the code “%(code)s” is no user name") % {"code": person.code}
    return ""

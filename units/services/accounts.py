"""Accounts: creating, changing, passwords, roles. The last active administrator stays."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext as _

from .. import access, audit
from ..guards import require
from ..models import Person, Role, RoleGrant, Unit, User
from .errors import ChangedMeanwhile, Refused

# Without the signs that people mix up when they read a password aloud or off paper.
INITIAL_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
INITIAL_GROUPS = 4
INITIAL_GROUP_LENGTH = 4

# Nothing asks for the unit of these roles; one given would promise a limit that does not exist.
WHOLE_SITE = frozenset({Role.ADMIN, Role.OFFICE, Role.AUDITOR})


@dataclass(frozen=True)
class Grant:
    """A role, for a unit or a person where that makes sense."""

    role: str
    unit: Unit | None = None
    person: Person | None = None

    @property
    def key(self) -> tuple[str, int | None, int | None]:
        return (
            self.role,
            self.unit.pk if self.unit else None,
            self.person.pk if self.person else None,
        )

    @property
    def words(self) -> str:
        label = str(Role(self.role).label)
        of = self.person or self.unit
        return _("%(role)s: %(of)s") % {"role": label, "of": of} if of else label


def initial_password() -> str:
    """A random password of four groups of four signs (79 bits), to be told once."""
    groups = (
        "".join(secrets.choice(INITIAL_SIGNS) for _sign in range(INITIAL_GROUP_LENGTH))
        for _group in range(INITIAL_GROUPS)
    )
    return "-".join(groups)


def grants_of(user: User) -> list[Grant]:
    """The roles as they stand in the database (one query)."""
    rows = user.role_grants.select_related("unit", "person")
    return [Grant(row.role, row.unit, row.person) for row in rows]


def _grants_in_words(grants: Sequence[Grant]) -> str:
    return _("; ").join(sorted(grant.words for grant in grants))


def _check_grants(grants: Sequence[Grant]) -> None:
    if len({grant.key for grant in grants}) < len(grants):
        raise Refused(_("The same role is given twice."))
    for grant in grants:
        if grant.role == Role.ASSESSOR and grant.unit is None:
            raise Refused(_("An assessor needs the unit whose marks he enters."))
        if grant.role == Role.SUBJECT and grant.unit is None and grant.person is None:
            raise Refused(_("A subject needs the unit or the person who is appraised."))
        if grant.unit is not None and grant.person is not None:
            raise Refused(_("A role is for a unit or for a person, not for both."))
        if grant.role in WHOLE_SITE and (grant.unit is not None or grant.person is not None):
            raise Refused(_("This role is for the whole organisation: leave unit and person empty."))


def _lock_administrators() -> list[int]:
    """Keys of the active administrators; two changes at once wait for each other here."""
    rows = RoleGrant.objects.select_for_update().filter(role=Role.ADMIN, user__is_active=True)
    return list(rows.order_by("id").values_list("user_id", flat=True))


def _keep_an_administrator(user: User, administrators: Sequence[int]) -> None:
    if set(administrators) == {user.pk}:
        raise Refused(
            _("This is the last active administrator. Make another account administrator first, then change this one.")
        )


def _write_grants(user: User, before: Sequence[Grant], after: Sequence[Grant]) -> None:
    wanted = {grant.key: grant for grant in after}
    held = {grant.key for grant in before}
    for role, unit, person in held - wanted.keys():
        RoleGrant.objects.filter(user=user, role=role, unit=unit, person=person).delete()
    RoleGrant.objects.bulk_create(
        RoleGrant(user=user, role=grant.role, unit=grant.unit, person=grant.person)
        for key, grant in wanted.items()
        if key not in held
    )
    user.__dict__.pop("grants", None)


@dataclass(frozen=True)
class Initial:
    """An initial password with its hash. Hashing is slow on purpose: make it before the transaction that stores it."""

    password: str
    hash: str

    @classmethod
    def make(cls) -> Initial:
        password = initial_password()
        return cls(password, make_password(password))


def create_account(
    *,
    username: str,
    name: str,
    grants: Sequence[Grant],
    by: User,
    language: str = "",
    initial: Initial | None = None,
) -> tuple[User, str]:
    """A new account and its initial password, which is kept nowhere and must be changed at log-in.

    `initial`: one made before, for who creates many in one transaction. Also writes the roles and an audit entry.
    Raises Refused (a role that does not fit) and IntegrityError (the user name was taken a moment ago).
    """
    require(access.may_manage_accounts(by))
    _check_grants(grants)
    initial = initial or Initial.make()
    user = User(username=username, name=name, language=language, must_change_password=True, password=initial.hash)
    with transaction.atomic():
        _write_account(user, grants, by)
    return user, initial.password


def _write_account(user: User, grants: Sequence[Grant], by: User) -> None:
    user.save()
    _write_grants(user, [], grants)
    audit.record(
        by,
        "create account",
        user,
        label=_label(user),
        changes={
            "username": (None, user.username),
            "name": (None, user.name),
            "roles": (None, _grants_in_words(grants)),
        },
    )


def _label(user: User) -> str:
    return f"{user.name} ({user.username})" if user.name else user.username


def fingerprint(user: User, grants: Sequence[Grant]) -> str:
    """A digest of what the form of an account showed, to find out whether somebody saved in between."""
    keys = sorted([role, unit or 0, person or 0] for role, unit, person in (grant.key for grant in grants))
    content = json.dumps([user.username, user.name, user.is_active, keys])
    return hashlib.sha256(content.encode()).hexdigest()[:20]


@transaction.atomic
def change_account(
    *, user: User, username: str, name: str, is_active: bool, grants: Sequence[Grant], seen: str, by: User
) -> User:
    """Change names, roles and whether the account may log in. Nothing different writes nothing.

    `seen` is the `fingerprint` of what the form showed. An account that may no longer log in is out with its
    next request. Raises ChangedMeanwhile if somebody saved it since, Refused if no active administrator would
    be left or a role does not fit, IntegrityError if the user name was taken a moment ago.
    """
    require(access.may_manage_accounts(by))
    _check_grants(grants)
    administrators = _lock_administrators()
    user = User.objects.select_for_update().get(pk=user.pk)
    before = grants_of(user)
    if fingerprint(user, before) != seen:
        raise ChangedMeanwhile(user)
    stays = is_active and any(grant.role == Role.ADMIN for grant in grants)
    if not stays:
        _keep_an_administrator(user, administrators)
    changes = {
        "username": (user.username, username),
        "name": (user.name, name),
        "active": (user.is_active, is_active),
        "roles": (_grants_in_words(before), _grants_in_words(grants)),
    }
    if all(old == new for old, new in changes.values()):
        return user
    user.username, user.name, user.is_active = username, name, is_active
    user.save(update_fields=["username", "name", "is_active"])
    _write_grants(user, before, grants)
    audit.record(by, "change account", user, label=_label(user), changes=changes)
    return user


@transaction.atomic
def reset_password(*, user: User, by: User) -> str:
    """A new initial password, told once. Ends the account's sessions and any log-in lock."""
    require(access.may_manage_accounts(by))
    password = initial_password()
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    unlock(user)
    audit.record(by, "reset password", user, label=_label(user))
    return password


def unlock(user: User) -> None:
    """Forget the wrong passwords counted against this user name."""
    from axes.utils import reset

    reset(username=user.username)


@transaction.atomic
def change_own_password(*, user: User, password: str) -> None:
    """The owner's own new password, already checked against the password rules."""
    user.set_password(password)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    audit.record(user, "change password", user, label=_label(user))


@transaction.atomic
def change_own_email(*, user: User, email: str) -> None:
    """The owner's own address for reminders; empty: none. The same as before writes nothing."""
    before = User.objects.select_for_update().get(pk=user.pk).email
    if before == email:
        return
    User.objects.filter(pk=user.pk).update(email=email)
    user.email = email
    audit.record(user, "change email", user, label=_label(user), changes={"email": (before or None, email or None)})


def choose_language(*, user: User, language: str) -> None:
    """Remember the language for this account's next log-in. A taste, not a change to record."""
    User.objects.filter(pk=user.pk).exclude(language=language).update(language=language)


@transaction.atomic
def grant_admin(*, username: str, password: str | None) -> tuple[User, bool]:
    """For the command line: make `username` an active administrator, creating it if need be.

    `password` replaces the present one if given, and is not an initial one. Returns the account and whether
    anything changed; only then an audit entry (without an actor) is written.
    """
    user, created = User.objects.get_or_create(username=username)
    fresh = password is not None and not user.check_password(password)
    if fresh:
        user.set_password(password)
    _grant, granted = RoleGrant.objects.get_or_create(user=user, role=Role.ADMIN, unit=None, person=None)
    held_back = not user.is_active or (password is not None and user.must_change_password)
    changed = created or fresh or granted or held_back
    if changed:
        user.is_active = True
        user.must_change_password = user.must_change_password and password is None
        user.save()
        unlock(user)
        audit.record(None, "grant administrator", user, label=_label(user))
    return user, changed

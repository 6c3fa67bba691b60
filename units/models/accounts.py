"""Accounts and their roles. An account may hold several roles, each for a unit or a person."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth import models as auth_models
from django.contrib.auth.models import AbstractUser
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from appraisal_site.lib.prepared import Prepared, instance, names_of

from .organisation import Person, Unit


class UserManager(auth_models.UserManager["User"]):
    use_in_migrations = False

    @transaction.atomic
    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **extra: Any
    ) -> User:
        """Django's createsuperuser makes an administrator: here only roles open pages."""
        user = super().create_superuser(username, email, password, **extra)
        RoleGrant.objects.create(user=user, role=Role.ADMIN)
        return user


class User(AbstractUser):
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=60, blank=True)
    must_change_password = models.BooleanField(_("must change the password at the next log-in"), default=False)
    language = models.CharField(_("language"), max_length=10, blank=True)

    objects: ClassVar[UserManager] = UserManager()
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta(AbstractUser.Meta):  # type: ignore[name-defined]
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self) -> str:
        return self.name or self.username

    @cached_property
    def grants(self) -> tuple[RoleGrant, ...]:
        """All roles of this account, read once per request (one query)."""
        return tuple(map(_grant, _grants(self.pk))) if self.is_active else ()

    @cached_property
    def deputy_for(self) -> dict[int, int]:
        """Sheets that this account enters today in a colleague's place: sheet → the colleague's account.

        Read once per request (one query), and only for accounts whose own roles do not say yes already. The rows
        belong to an app above; this one knows them by their name only.
        """
        return self.delegations_taken.deputies() if self.is_active else {}


class Role(models.TextChoices):
    ADMIN = "admin", _("administrator")
    OFFICE = "office", _("appraisal office")
    ASSESSOR = "assessor", _("assessor")  # of a unit
    SUBJECT = "subject", _("subject")  # a unit's account, or a person
    LEADER = "leader", _("leader")
    AUDITOR = "auditor", _("auditor")


class RoleGrant(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="role_grants")
    role = models.CharField(_("role"), max_length=12, choices=Role.choices)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="role_grants")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="role_grants")

    class Meta:
        ordering = ["role", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role"],
                condition=Q(unit__isnull=True, person__isnull=True),
                name="role_granted_once",
            ),
            models.UniqueConstraint(
                fields=["user", "role", "unit"], condition=Q(unit__isnull=False), name="role_granted_once_per_unit"
            ),
            models.UniqueConstraint(
                fields=["user", "role", "person"],
                condition=Q(person__isnull=False),
                name="role_granted_once_per_person",
            ),
            models.CheckConstraint(
                condition=Q(unit__isnull=True) | Q(person__isnull=True), name="role_of_a_unit_or_a_person"
            ),
            models.CheckConstraint(condition=~Q(role="assessor") | Q(unit__isnull=False), name="assessor_has_a_unit"),
            models.CheckConstraint(
                condition=~Q(role="subject") | Q(unit__isnull=False) | Q(person__isnull=False),
                name="subject_is_a_unit_or_a_person",
            ),
        ]

    def __str__(self) -> str:
        return self.get_role_display()


GRANT = names_of(RoleGrant)
_grants = Prepared(
    lambda user: RoleGrant.objects.filter(user=user).values_list(
        *GRANT, "unit__name", "person__name", "person__unit_id"
    )
)


def _grant(row: tuple[Any, ...]) -> RoleGrant:
    """A grant with as much of its unit and person as is asked for at every request."""
    grant = instance(RoleGrant, GRANT, row[: len(GRANT)])
    unit, person, unit_of_person = row[len(GRANT) :]
    grant.unit = instance(Unit, ["id", "name"], [grant.unit_id, unit]) if grant.unit_id else None
    names = ["id", "name", "unit_id"]
    grant.person = instance(Person, names, [grant.person_id, person, unit_of_person]) if grant.person_id else None
    return grant

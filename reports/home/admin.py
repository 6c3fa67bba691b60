"""The administrator's page: accounts that need something, and the usual ways."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from units.models import User

from .base import Card, Task


def admin_card() -> Card:
    """Two queries."""
    card = Card(_("Administration"))
    roleless = User.objects.filter(is_active=True, role_grants__isnull=True).count()
    if roleless:
        said = ngettext("%(count)d account without a role", "%(count)d accounts without a role", roleless)
        card.tasks.append(Task(said % {"count": roleless}, reverse("units:account_list")))
    fresh = User.objects.filter(is_active=True, must_change_password=True).count()
    if fresh:
        said = ngettext("%(count)d account has never been used", "%(count)d accounts have never been used", fresh)
        card.tasks.append(Task(said % {"count": fresh}, reverse("units:account_list")))
    card.tasks += [
        Task(_("Accounts and roles"), reverse("units:account_list")),
        Task(_("Units and people"), reverse("units:unit_list")),
        Task(_("Import a roster"), reverse("units:roster")),
        Task(_("Log"), reverse("units:audit_list")),
    ]
    return card

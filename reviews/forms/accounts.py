"""Naming accounts in a form: by user name or, if only one has it, by full name."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from units.models import User


class AccountField(forms.CharField):
    """Typed text; cleaned it is the account."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 150)
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        words = super().clean(value)
        if not words:
            return None
        found = list(User.objects.filter(is_active=True, username__iexact=words)[:2])
        found = found or list(User.objects.filter(is_active=True, name=words)[:2])
        if not found:
            raise forms.ValidationError(_("There is no account of this name."), "unknown")
        if len(found) > 1:
            raise forms.ValidationError(_("Several accounts have this name: give the user name."), "several")
        return found[0]


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


class AccountsField(forms.CharField):
    """Accounts with a role, one a line, by user name or by a name that exactly one has; cleaned it is those."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("max_length", 40_000)
        kwargs.setdefault("help_text", _("One a line: user name, or the name of the person."))
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 3}))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return "\n".join(account.username for account in value)
        return value

    def clean(self, value: Any) -> Any:
        lines = lines_of(super().clean(value))
        named: dict[str, dict[int, User]] = {}
        wanted = Q(username__in=lines) | Q(name__in=lines) | Q(role_grants__person__name__in=lines)
        rows = User.objects.filter(wanted, is_active=True, role_grants__isnull=False).distinct()
        for user in rows.prefetch_related("role_grants__person"):
            people = {grant.person.name for grant in user.role_grants.all() if grant.person}
            for name in {user.name} | people:
                named.setdefault(name, {})[user.pk] = user
            named[user.username] = {user.pk: user}
        for line in lines:
            if len(named.get(line, {})) > 1:
                raise forms.ValidationError(
                    _("Several accounts are called “%(name)s”: write the user name."), params={"name": line}
                )
            if line not in named:
                raise forms.ValidationError(_("There is no active account “%(name)s”."), params={"name": line})
        return list({pk: user for line in lines for pk, user in named[line].items()}.values())

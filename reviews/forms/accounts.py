"""Naming an account in a form: by user name or, if only one has it, by full name."""

from __future__ import annotations

from typing import Any

from django import forms
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

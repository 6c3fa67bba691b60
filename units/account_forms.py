"""Forms of accounts and their roles, and the filter of their list."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, UsernameField
from django.utils.translation import gettext_lazy as _

from .lookup import PersonField, UnitField
from .models import Role, User
from .services.accounts import WHOLE_SITE


class LoginForm(AuthenticationForm):
    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": _("User name or password is wrong. Capital and small letters count."),
    }


class OwnPasswordForm(PasswordChangeForm):
    """Django's own; the new password must be another one, or an initial password could stay for ever."""

    def clean_new_password1(self) -> str:
        password: str = self.cleaned_data["new_password1"]
        if password == self.data.get(self.add_prefix("old_password")):
            raise forms.ValidationError(_("Choose a password other than the present one."), "unchanged")
        return password


class OwnEmailForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        required=False,
        help_text=_("Reminders go there too, if an e-mail server is set up. Left empty: in the product only."),
    )


class AccountForm(forms.ModelForm):
    """`seen` carries the fingerprint of what was shown, so that the service notices a change in between."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = User
        fields = ("username", "name", "is_active")
        field_classes = {"username": UsernameField}
        labels = {"name": _("Full name"), "is_active": _("May log in")}
        help_texts = {
            "username": _("Letters, digits and @ . + - _ only."),
            "is_active": _("An account is switched off, never deleted: what it did stays in the log."),
        }

    def clean_username(self) -> str:
        """Two accounts that differ only in capitals would be taken for one another."""
        username: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=username).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("This user name is taken. Choose another one."), "unique")
        return username


class GrantForm(forms.Form):
    """One role. An empty line is no role."""

    role = forms.ChoiceField(label=_("Role"), choices=[("", "—"), *Role.choices], required=False)
    unit = UnitField(label=_("of unit"), required=False)
    person = PersonField(label=_("of person"), required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        role, unit, person = data.get("role"), data.get("unit"), data.get("person")
        if not role and (unit or person) and "role" not in self.errors:
            self.add_error("role", _("Choose the role, or leave the line empty."))
        if role == Role.ASSESSOR and not unit and "unit" not in self.errors:
            self.add_error("unit", _("An assessor needs the unit whose marks he enters."))
        if role == Role.SUBJECT and not (unit or person or self.errors):
            self.add_error("unit", _("A subject needs the unit or the person who is appraised."))
        if unit and person:
            self.add_error("person", _("A role is for a unit or for a person, not for both."))
        elif role in WHOLE_SITE and (unit or person):
            self.add_error("role", _("This role is for the whole organisation: leave unit and person empty."))
        return data


class _GrantFormSet(forms.BaseFormSet):
    """Says of a role given twice which line it is."""

    def clean(self) -> None:
        super().clean()
        known = set()
        for form in self.forms:
            line = getattr(form, "cleaned_data", {})
            key = (line.get("role"), line.get("unit"), line.get("person"))
            if not key[0] or line.get("DELETE"):
                continue
            if key in known:
                form.add_error("role", _("The same role is given twice."))
            known.add(key)


GrantFormSet = forms.formset_factory(GrantForm, formset=_GrantFormSet, extra=2, max_num=40, can_delete=True)


class AccountFilter(forms.Form):
    q = forms.CharField(label=_("Search"), required=False)
    role = forms.ChoiceField(label=_("Role"), choices=[("", _("all")), *Role.choices], required=False)
    state = forms.ChoiceField(
        label=_("State"),
        choices=[
            ("", _("all")),
            ("active", _("active")),
            ("initial", _("initial password")),
            ("inactive", _("switched off")),
        ],
        required=False,
    )

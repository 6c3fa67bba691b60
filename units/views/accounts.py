"""Accounts: list and one account for administrators and auditors; changes for administrators."""

from __future__ import annotations

from copy import copy
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from .. import access, queries
from ..account_forms import AccountFilter, AccountForm, GrantFormSet
from ..guards import require
from ..models import User
from ..services import accounts as services
from ..services.accounts import Grant
from ..services.errors import ChangedMeanwhile
from ._common import filled, paged, saved, who

PAGE_SIZE = 50


@require_GET
def account_list(request: HttpRequest) -> HttpResponse:
    require(access.may_see_accounts(request.user))
    form = AccountFilter(request.GET)
    chosen = filled(form)
    accounts = queries.select_accounts(words=chosen["q"] or "", role=chosen["role"] or "", state=chosen["state"] or "")
    context = {"filter": form, "filtered": any(chosen.values()), "page_obj": paged(request, accounts, PAGE_SIZE)}
    return render(request, "units/account_list.html", context)


@require_GET
def account_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One account: roles, state, what was changed in it."""
    require(access.may_see_accounts(request.user))
    account = get_object_or_404(User, pk=pk)
    context = {
        "account": account,
        "grants": services.grants_of(account),
        "trail": queries.trail(account) if access.may_see_audit(request.user) else [],
    }
    return render(request, "units/account_detail.html", context)


def _given(roles: Any) -> list[Grant]:
    """The roles that the form lists, without those to be removed."""
    lines = (form.cleaned_data for form in roles)
    return [
        Grant(line["role"], line["unit"], line["person"])
        for line in lines
        if line.get("role") and not line.get("DELETE")
    ]


def _change(form: AccountForm, roles: Any, account: User, by: User) -> User | None:
    values = {name: form.cleaned_data[name] for name in ("username", "name", "is_active", "seen")}
    try:
        return services.change_account(user=account, grants=_given(roles), by=by, **values)
    except ChangedMeanwhile:
        stored = User.objects.get(pk=account.pk)
        _show_current(form, stored, services.grants_of(stored))
    return None


def _show_current(form: Any, account: User, grants: list[Grant]) -> None:
    """Say what is stored now, and let a second save go through knowingly."""
    roles = _("; ").join(grant.words for grant in grants) or _("none")
    form.add_error(
        None,
        _(
            "Somebody else saved this account while you were editing. Stored now: user name %(username)s, name "
            "%(name)s, %(state)s, roles: %(roles)s. Saving again replaces that with what you typed."
        )
        % {
            "username": account.username,
            "name": account.name or "—",
            "state": _("may log in") if account.is_active else _("may not log in"),
            "roles": roles,
        },
    )
    form.data = form.data.copy()
    form.data["seen"] = services.fingerprint(account, grants)


def _render_form(request: HttpRequest, form: Any, roles: Any, account: User | None) -> HttpResponse:
    """200 for a form asked for, 422 for one that comes back with its mistakes."""
    context = {"form": form, "roles": roles, "account": account}
    return render(request, "units/account_form.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_variables("done", "password")
def account_add(request: HttpRequest) -> HttpResponse:
    """A new account; the answer shows its initial password, this once."""
    require(access.may_manage_accounts(request.user))
    form = AccountForm(request.POST or None, initial={"is_active": True})
    del form.fields["is_active"]
    roles = GrantFormSet(request.POST or None, prefix="roles")
    if request.method == "POST" and form.is_valid() and roles.is_valid():
        values = form.cleaned_data
        done = saved(
            form,
            lambda: services.create_account(
                username=values["username"], name=values["name"], grants=_given(roles), by=who(request)
            ),
        )
        if done:
            account, password = done
            return render(request, "units/account_password.html", {"account": account, "password": password})
    return _render_form(request, form, roles, None)


@require_http_methods(["GET", "POST"])
def account_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Names, roles, and whether the account may log in."""
    require(access.may_manage_accounts(request.user))
    account = get_object_or_404(User, pk=pk)
    grants = services.grants_of(account)
    seen = services.fingerprint(account, grants)
    # A bound ModelForm writes into its instance: `account` stays what is stored.
    form = AccountForm(request.POST or None, instance=copy(account), initial={"seen": seen})
    stored_roles = [{"role": grant.role, "unit": grant.unit, "person": grant.person} for grant in grants]
    initial = None if request.method == "POST" else stored_roles
    roles = GrantFormSet(request.POST or None, prefix="roles", initial=initial)
    if request.method == "POST" and form.is_valid() and roles.is_valid():
        stored = saved(form, lambda: _change(form, roles, account, who(request)))
        if stored:
            messages.success(request, _("“%(name)s” is saved.") % {"name": stored})
            return redirect("units:account_detail", pk)
    return _render_form(request, form, roles, account)


@require_POST
@never_cache
@sensitive_variables("password")
def account_reset(request: HttpRequest, pk: int) -> HttpResponse:
    """A new initial password, shown this once; the account's sessions end."""
    require(access.may_manage_accounts(request.user))
    account = get_object_or_404(User, pk=pk)
    password = services.reset_password(user=account, by=who(request))
    return render(request, "units/account_password.html", {"account": account, "password": password, "reset": True})

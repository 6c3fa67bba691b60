"""Accounts, for the administrator: list, add, change, new initial password. Auditors may read."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from .. import access, queries
from ..forms import AccountFilter, AccountForm, GrantFormSet
from ..guards import require
from ..models import User
from ..services import accounts as services
from ..services.accounts import Grant
from ._common import filled, paged, saved, who


@require_GET
def account_list(request: HttpRequest) -> HttpResponse:
    require(access.may_see_accounts(request.user))
    form = AccountFilter(request.GET)
    chosen = filled(form)
    accounts = queries.select_accounts(words=chosen["q"] or "", role=chosen["role"] or "", state=chosen["state"] or "")
    context = {"filter": form, "filtered": any(chosen.values()), "page_obj": paged(request, accounts)}
    return render(request, "units/account_list.html", context)


def _grants(formset: Any) -> list[Grant]:
    lines = (form.cleaned_data for form in formset if form.has_changed() or form.initial)
    return [
        Grant(line["role"], line["unit"], line["person"])
        for line in lines
        if line.get("role") and not line.get("DELETE")
    ]


def _initial(grants: list[Grant]) -> list[dict[str, Any]]:
    return [{"role": grant.role, "unit": grant.unit, "person": grant.person} for grant in grants]


def _render_form(request: HttpRequest, form: AccountForm, roles: Any, account: User | None) -> HttpResponse:
    context = {"form": form, "roles": roles, "account": account}
    return render(request, "units/account_form.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
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
                username=values["username"], name=values["name"], grants=_grants(roles), by=who(request)
            ),
        )
        if done:
            account, password = done
            return render(request, "units/account_password.html", {"account": account, "password": password})
    return _render_form(request, form, roles, None)


@require_http_methods(["GET", "POST"])
def account_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Read (auditor) or change (administrator) one account."""
    require(access.may_see_accounts(request.user))
    account = get_object_or_404(User, pk=pk)
    grants = services.grants_of(account)
    if not access.may_manage_accounts(request.user):
        return _detail(request, account)
    form = AccountForm(request.POST or None, instance=account)
    roles = GrantFormSet(request.POST or None, prefix="roles", initial=_initial(grants))
    if request.method == "POST" and form.is_valid() and roles.is_valid():
        values = form.cleaned_data
        stored = saved(
            form,
            lambda: services.change_account(
                user=User(pk=pk),
                username=values["username"],
                name=values["name"],
                is_active=values["is_active"],
                grants=_grants(roles),
                by=who(request),
            ),
        )
        if stored:
            messages.success(request, _("“%(name)s” is saved.") % {"name": stored})
            return redirect("units:account_list")
    return _render_form(request, form, roles, User.objects.get(pk=pk))


def _detail(request: HttpRequest, account: User) -> HttpResponse:
    require(request.method == "GET")
    return render(request, "units/account_detail.html", {"account": account, "grants": account.role_grants.all()})


@require_POST
@never_cache
def account_reset(request: HttpRequest, pk: int) -> HttpResponse:
    """A new initial password, shown this once; the account's sessions end."""
    require(access.may_manage_accounts(request.user))
    account = get_object_or_404(User, pk=pk)
    password = services.reset_password(user=account, by=who(request))
    return render(request, "units/account_password.html", {"account": account, "password": password, "reset": True})

"""What every template knows of the one who looks: `access`, `menu` and `unread_messages`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from . import access as predicates
from .access import (
    may_see_accounts,
    may_see_audit,
    may_see_organisation,
    may_see_plans,
    may_see_rounds,
)
from .models import User
from .queries import unread_count

# Predicates that ask for nothing but the account; the others need an object and are asked in views.
FLAGS = (
    "is_admin",
    "is_office",
    "may_manage_accounts",
    "may_see_accounts",
    "may_see_organisation",
    "may_manage_organisation",
    "may_see_plans",
    "may_manage_plans",
    "may_see_audit",
    "may_see_rounds",
    "may_run_rounds",
    "may_see_progress",
    "may_see_events",
    "may_manage_events",
    "may_download_workbook",
    "may_hand_out_sheets",
    "may_upload_workbook",
)


class Access:
    """`{{ access.may_see_accounts }}` asks units.access when, and only when, a template wants it."""

    def __init__(self, user: Any) -> None:
        self._user = user

    def __getitem__(self, name: str) -> bool:
        if name not in FLAGS:
            raise KeyError(name)
        return bool(getattr(predicates, name)(self._user))


class Entry(NamedTuple):
    """One entry of the main menu; it is current on the views whose names begin with `views`.

    Where two entries claim a view, the one that names more of it has it.
    """

    url_name: str
    label: Any
    views: tuple[str, ...]
    allowed: Callable[[Any], bool]


MENU = (
    Entry("reports:home", _("Workbench"), ("reports:home",), may_see_plans),
    Entry(
        "reviews:round_list",
        _("Appraisal rounds"),
        ("reviews:", "scoring:", "reports:workbook", "reports:offline", "reports:upload", "reports:job"),
        may_see_rounds,
    ),
    Entry("indicators:plan_list", _("Appraisal plans"), ("indicators:", "scoring:trial"), may_see_plans),
    Entry(
        "units:unit_list",
        _("Units and people"),
        ("units:unit_", "units:person_", "units:roster"),
        may_see_organisation,
    ),
    Entry("units:account_list", _("Accounts"), ("units:account_",), may_see_accounts),
    Entry("units:audit_list", _("Change log"), ("units:audit_",), may_see_audit),
)


def _menu(request: HttpRequest) -> list[dict[str, Any]]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or user.must_change_password:
        return []
    match = request.resolver_match
    here = match.view_name if match else ""
    closest = max(_claim(entry, here) for entry in MENU)
    entries = []
    for entry in MENU:
        if not entry.allowed(user):
            continue
        try:
            url = reverse(entry.url_name)
        except NoReverseMatch:
            continue
        entries.append({"label": entry.label, "url": url, "current": _claim(entry, here) == closest > 0})
    return entries


def _claim(entry: Entry, here: str) -> int:
    """How much of a view's name an entry names."""
    return max((len(view) for view in entry.views if here.startswith(view)), default=0)


def _unread(request: HttpRequest) -> int:
    user = getattr(request, "user", None)
    if not isinstance(user, User) or user.must_change_password:
        return 0
    return unread_count(user)


def access(request: HttpRequest) -> dict[str, Any]:
    """Context processor. Nothing is computed, and nothing queried, until a template uses it."""
    return {
        "access": Access(getattr(request, "user", None)),
        "menu": SimpleLazyObject(lambda: _menu(request)),
        "unread_messages": SimpleLazyObject(lambda: _unread(request)),
    }

"""The rectification ledger of a round, and one item of it: for the office, readers and those who put things right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from reviews.forms.ledger import STEPS, step_forms, tell_conflict
from reviews.models import OPEN_ITEMS, TO_DO, ItemSource, ItemState, LedgerItem, Round
from reviews.navigation import round_context
from reviews.queries.ledger import (
    LedgerFilters,
    carried_into,
    ledger_of,
    ledger_seen_by,
    narrowed,
    state_counts,
    trail_of_item,
    workers_of,
)
from reviews.services import ledger as service
from reviews.services.errors import Conflict, InvalidInput
from units import access
from units.guards import require, require_known
from units.models import User

from ._common import get_round, paged, refuse

TAB = "ledger"
STATES = (
    ("open", gettext_lazy("all that are not settled")),
    ("overdue", pgettext_lazy("ledger", "overdue")),
    *ItemState.choices,
)


@require_GET
def ledger(request: HttpRequest, pk: int) -> HttpResponse:
    """The items that the account may read: all of them, or its own."""
    round_ = get_round(request, pk)
    require(access.may_see_some_items(request.user))
    query = request.GET
    state, source, subject, words = (query.get(name, "").strip() for name in ("state", "source", "subject", "q"))
    filters = LedgerFilters(state, source, subject, words)
    items = ledger_seen_by(request.user, round_)
    page = paged(request, narrowed(items, filters))
    context = round_context(request, round_, TAB) | {
        "page_obj": page,
        "counts": state_counts(items),
        "filters": filters,
        "filtered": any((filters.state, filters.source, filters.subject, filters.words)),
        "states": STATES,
        "sources": ItemSource.choices,
        "carried": carried_into(list(page)),
        "may_run": access.may_run_ledger(request.user),
        "sees_all": access.may_see_ledger(request.user),
    }
    return render(request, "reviews/ledger.html", context)


def get_item(request: HttpRequest, round_: Round, item_pk: int) -> LedgerItem:
    """An item of this round's ledger, if this account may read it; else 404."""
    item = get_object_or_404(ledger_of(round_).select_related("struck_off_by", "reported_by"), pk=item_pk)
    require_known(access.may_read_item(request.user, item))
    return item


# What is said when a step is done, and who may do it: the responsible side, or the office.
DONE: dict[str, Any] = {
    "measures": gettext_lazy("The measures are saved."),
    "progress": gettext_lazy("Saved."),
    "report": gettext_lazy("Reported. Somebody else verifies it now."),
    "strike": gettext_lazy("The item is struck off."),
    "return": gettext_lazy("Sent back; those responsible are told."),
    "put_off": gettext_lazy("The deadline is put off."),
    "take_out": gettext_lazy("The item is taken out of the ledger."),
}
WORK = {"measures", "progress", "report"}
STEP_RIGHTS = {
    **dict.fromkeys(WORK, "may_work"),
    **dict.fromkeys(("strike", "return"), "may_verify"),
    "put_off": "may_put_off",
    "take_out": "may_change",
}


def _strike(*, item: LedgerItem, by: User, seen: int, note: str) -> object:
    return service.strike_off(items=[(item.pk, seen)], note=note, by=by)


SERVICES: dict[str, Callable[..., object]] = {
    "measures": service.set_measures,
    "progress": service.add_progress,
    "report": service.report_done,
    "strike": _strike,
    "return": service.send_back,
    "put_off": service.put_off,
    "take_out": service.take_out,
}


@require_http_methods(["GET", "POST"])
def ledger_item(request: HttpRequest, pk: int, item_pk: int) -> HttpResponse:
    """One item with its history; a POST does the step that `do` names."""
    round_ = get_round(request, pk)
    item = get_item(request, round_, item_pk)
    wanted = request.POST.get("do", "") if request.method == "POST" else ""
    if request.method == "POST":
        require(access.may_work_on_item(request.user, item))
        require(wanted in {"", *WORK} or access.may_run_ledger(request.user))
    forms = step_forms(item, wanted, request.POST)
    if wanted in STEPS and _take(forms[wanted], wanted, item, cast(User, request.user)):
        messages.success(request, DONE[wanted])
        return redirect("reviews:ledger_item", pk, item_pk)
    rights = _rights(request.user, item)
    context = round_context(request, round_, TAB) | {
        "item": item,
        "forms": forms,
        "tried": wanted,
        "notes": list(item.notes.select_related("by")),
        "trail": list(trail_of_item(item)),
        "carries": list(item.carries.select_related("round")),
        **rights,
    }
    if wanted in STEPS and not rights[STEP_RIGHTS[wanted]]:
        context["refused"] = forms[wanted]  # its form is not offered any more: the words must not get lost
    return render(request, "reviews/ledger_item.html", context, status=422 if wanted else 200)


def _rights(user: Any, item: LedgerItem) -> dict[str, bool]:
    """Which steps this account may take with the item as it stands."""
    changes = access.may_change_item(user, item)
    waits = item.state == ItemState.REPORTED and access.may_run_ledger(user)
    verifies = waits and access.may_verify_item(user, item, workers_of([item])[item.pk])
    return {
        "answers": access.answers_for_item(user, item),
        "may_work": item.state in TO_DO and access.may_work_on_item(user, item),
        "may_verify": verifies,
        "needs_another": waits and not verifies,
        "may_put_off": item.state in TO_DO and changes,
        "may_change": item.state in OPEN_ITEMS and changes,
        "sees_all": access.may_see_ledger(user),
    }


def _take(form: Form, wanted: str, item: LedgerItem, by: User) -> bool:
    """Do a step; False if the form says why not. What somebody else did meanwhile is shown, and can be gone over."""
    if not form.is_valid():
        return False
    try:
        SERVICES[wanted](item=item, by=by, **form.cleaned_data)
    except Conflict as error:
        tell_conflict(form, error)
        item.refresh_from_db()
        return False
    except InvalidInput as error:
        refuse(form, error)
        return False
    return True

"""What the office does with the rectification ledger: taking in, correcting, striking off many, carrying on."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from appraisal_site.lib.numbers import as_id
from reviews.findings import Finding, actions_beside, in_days, open_findings
from reviews.forms.ledger import (
    ChangeItemForm,
    ItemForm,
    NewItemForm,
    blame_row,
    finding_rows,
    tell_conflict,
)
from reviews.models import OPEN_ITEMS, ItemSource, LedgerItem, Round
from reviews.navigation import round_context
from reviews.queries.ledger import earlier_ledgers, not_carried
from reviews.services import ledger as service
from reviews.services import ledger_intake as intake
from reviews.services.errors import Conflict, InvalidInput, ReviewError
from units import access
from units.guards import require
from units.models import User

from ._common import get_round, paged, refuse
from .ledger import TAB, get_item

ON_A_PAGE = 50


def _kept_round(request: HttpRequest, pk: int) -> Round:
    round_ = get_round(request, pk)
    require(access.may_run_ledger(request.user))
    return round_


def _finding(request: HttpRequest, round_: Round) -> Finding | None:
    """The finding that the address names, if it is not taken in yet."""
    key = request.GET.get("from", "")
    found = open_findings(round_, cast(User, request.user)) if key else []
    return next((finding for finding in found if finding.key == key), None)


@require_http_methods(["GET", "POST"])
def ledger_add(request: HttpRequest, pk: int) -> HttpResponse:
    """A problem entered by hand, or (`?from=`) one finding, with whoever is responsible."""
    round_ = _kept_round(request, pk)
    finding = _finding(request, round_)
    if request.GET.get("from") and finding is None:
        messages.warning(request, _("This finding stands in the ledger already, or is not there any more."))
        return redirect("reviews:ledger", pk)
    posted = request.POST if request.method == "POST" else None
    form = NewItemForm(posted, round_=round_, finding=finding, initial=_suggested(finding))
    if posted is not None and form.is_valid():
        try:
            item = intake.add_item(
                round=round_,
                subject=form.subject,
                data=form.item,
                deadline=form.cleaned_data["deadline"],
                finding=finding.key if finding else "",
                by=cast(User, request.user),
            )
        except InvalidInput as error:
            refuse(form, error)
        else:
            messages.success(request, _("Taken into the ledger as %(number)s.") % {"number": item.code})
            return redirect("reviews:ledger_item", pk, item.pk)
    context = round_context(request, round_, TAB) | {"form": form, "finding": finding}
    return render(request, "reviews/ledger_add.html", context, status=422 if posted is not None else 200)


def _suggested(finding: Finding | None) -> dict[str, Any]:
    if finding is None:
        return {"deadline": in_days()}
    data = intake.responsible_for(finding.subject, finding.text)
    return {"problem": data.problem, "person": data.person, "unit": data.unit, "deadline": finding.deadline}


@require_http_methods(["GET", "POST"])
def ledger_edit(request: HttpRequest, pk: int, item_pk: int) -> HttpResponse:
    """Correct what an open item says. The deadline is put off on the item's own page, with a reason."""
    round_ = _kept_round(request, pk)
    item = get_item(request, round_, item_pk)
    require(access.may_change_item(request.user, item))
    posted = request.POST if request.method == "POST" else None
    form = ChangeItemForm(posted, initial=_now(item))
    if posted is not None and form.is_valid() and _change(item, form, cast(User, request.user)):
        messages.success(request, _("Saved."))
        return redirect("reviews:ledger_item", pk, item_pk)
    context = round_context(request, round_, TAB) | {
        "form": form,
        "item": item,
        "possible": item.state in OPEN_ITEMS,
    }
    return render(request, "reviews/ledger_edit.html", context, status=422 if posted is not None else 200)


def _now(item: LedgerItem) -> dict[str, Any]:
    name = "" if item.person and item.person.name == item.responsible else item.responsible
    return {
        "problem": item.problem,
        "unit": item.unit,
        "person": item.person,
        "responsible": name,
        "seen": item.version,
    }


def _change(item: LedgerItem, form: ItemForm, by: User) -> bool:
    try:
        intake.change_item(item=item, data=form.item, seen=form.cleaned_data["seen"], by=by)
    except Conflict as error:
        tell_conflict(form, error)
    except InvalidInput as error:
        refuse(form, error)
    else:
        return True
    return False


# ---------------------------------------------------------------- several at once


@require_http_methods(["GET", "POST"])
def ledger_findings(request: HttpRequest, pk: int) -> HttpResponse:
    """What was found in the round and stands in no ledger yet; those that are ticked are taken in together."""
    round_ = _kept_round(request, pk)
    user = cast(User, request.user)
    found = open_findings(round_, user)
    source = request.GET.get("source", "")
    shown = [each for each in found if each.source == source] if source in ItemSource.values else found
    page = paged(request, shown, ON_A_PAGE)
    posted = request.POST if request.method == "POST" else None
    rows = finding_rows(list(page), posted)
    error = ""
    if posted is not None:
        try:
            items = intake.take_in(round=round_, wanted=[row.wanted for row in rows if row.ticked], by=user)
        except InvalidInput as refusal:
            error = blame_row(rows, refusal)
        else:
            words = ngettext(
                "%(count)d problem was taken into the ledger.",
                "%(count)d problems were taken into the ledger.",
                len(items),
            )
            messages.success(request, words % {"count": len(items)})
            return redirect(request.get_full_path())
    context = round_context(request, round_, TAB) | {
        "rows": rows,
        "page_obj": page,
        "source": source,
        "sources": [(value, label) for value, label in ItemSource.choices if any(one.source == value for one in found)],
        "actions": actions_beside(list(page), user),
        "error": error,
        "comment": ItemSource.COMMENT.value,
    }
    return render(request, "reviews/ledger_findings.html", context, status=422 if error else 200)


@require_POST
def ledger_strike(request: HttpRequest, pk: int) -> HttpResponse:
    """Strike off all items that are ticked in the list, or none of them."""
    _kept_round(request, pk)
    address = reverse("reviews:ledger", args=[pk])
    back = f"{address}?{request.POST.get('query', '')}"
    try:
        items = service.strike_off(
            items=_ticked(request), note=request.POST.get("note", ""), by=cast(User, request.user)
        )
    except ReviewError as error:
        messages.error(request, str(error))
    else:
        words = ngettext("%(count)d item is struck off.", "%(count)d items are struck off.", len(items))
        messages.success(request, words % {"count": len(items)})
    return redirect(back)


def _ticked(request: HttpRequest) -> list[tuple[int, int]]:
    """(item, version) of each tick; what is neither is left out."""
    pairs = (map(as_id, value.partition(".")[::2]) for value in request.POST.getlist("item"))
    return [(pk, seen) for pk, seen in pairs if pk is not None and seen is not None]


@require_http_methods(["GET", "POST"])
def ledger_carry(request: HttpRequest, pk: int) -> HttpResponse:
    """Open items of an earlier round (`?from=`) that are to stand in this ledger too."""
    round_ = _kept_round(request, pk)
    rounds = earlier_ledgers(round_)
    wanted = request.GET.get("from", "")
    chosen = next((one for one in rounds if str(one.pk) == wanted), rounds[0] if rounds else None)
    if request.method == "POST":
        ticked = [key for value in request.POST.getlist("item") if (key := as_id(value)) is not None]
        try:
            number = intake.carry_on(round=round_, items=ticked, by=cast(User, request.user))
        except InvalidInput as error:
            messages.error(request, str(error))
        else:
            words = ngettext("%(count)d item is carried on here.", "%(count)d items are carried on here.", number)
            messages.success(request, words % {"count": number})
            return redirect("reviews:ledger", pk)
    context = round_context(request, round_, TAB) | {
        "rounds": rounds,
        "chosen": chosen,
        "page_obj": paged(request, not_carried(round_, [chosen]) if chosen else []),
    }
    return render(request, "reviews/ledger_carry.html", context)

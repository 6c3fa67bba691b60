"""Selections made from the result: one page with all of them, one list alone, and on paper."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from appraisal_site.lib.numbers import as_id
from reviews.models import Phase, Round, SelectionSetting
from reviews.services.errors import Conflict, InvalidInput, NotAllowed, ReviewError
from reviews.services.selections import place_keys, save_veto, token
from units import access
from units.guards import require, require_known

from ..forms import VetoForm
from ..selections import Selection, read_selections, selection_rows
from ..vetoes import VETO, fitting_rounds, settings_of
from .common import get_round, result_context

SHOWN = 50  # of one list among the others; alone it has them all, page by page
PAGE = 100


@require_GET
def selections(request: HttpRequest, round_pk: int) -> HttpResponse:
    """Query string: selection=N for that list alone, page; print=1 for everything on paper."""
    require(access.may_see_all_results(request.user))
    return selections_page(request, get_round(round_pk))


@require_POST
def settle_veto(request: HttpRequest, round_pk: int, position: int) -> HttpResponse:
    """The other round and the places of a differential veto."""
    require(access.may_run_rounds(request.user))
    round_ = get_round(round_pk)
    if not 0 <= position < len(rows := selection_rows(round_.plan_version)) or rows[position]["kind"] != VETO:
        raise Http404
    form = _form(round_, position, request.POST)
    if form.is_valid():
        chosen = form.cleaned_data["earlier"]
        try:
            save_veto(
                round=round_,
                position=position,
                earlier=Round.objects.get(pk=chosen) if chosen else None,
                places=form.places(),
                seen=form.cleaned_data["seen"],
                by=request.user,  # type: ignore[arg-type]
            )
        except ReviewError as error:
            _refused(error, form)
        else:
            messages.success(request, _("Saved."))
            return redirect("scoring:selections", round_pk=round_pk)
    return selections_page(request, round_, {position: form}, status=422)


def _refused(error: ReviewError, form: Any) -> None:
    """The reason beside what was typed; after a conflict the form knows the newer state."""
    if isinstance(error, NotAllowed):
        raise error
    if isinstance(error, Conflict):
        fresh = form.data.copy()
        fresh[form.add_prefix("seen")] = error.theirs.seen
        form.data = fresh
        words = _("Meanwhile %(who)s saved: %(value)s. What you typed is still here; saving again replaces it.")
        form.add_error(None, words % {"who": error.theirs.by or "—", "value": error.theirs.value})
        return
    named = error.field if isinstance(error, InvalidInput) and error.field in form.fields else None
    form.add_error(named, str(error))


def selections_page(
    request: HttpRequest, round_: Round, forms: dict[int, VetoForm] | None = None, status: int = 200
) -> HttpResponse:
    """The page; with a form that was refused, that form as it was typed."""
    rows = selection_rows(round_.plan_version)
    require_known(bool(rows))
    context = result_context(request, round_, "selections") | {
        "has_payout": bool(round_.plan_version.document.get("payout")),
        "may_change": access.may_run_rounds(request.user) and round_.phase != Phase.SEALED,
    }
    if context["computation"] is None:
        return render(request, "scoring/selections.html", context)
    found = read_selections(round_, context["computation"], context["plan"])
    if request.GET.get("print"):
        context["selections"] = [_shown(each, each.chosen) for each in found]
        return render(request, "scoring/selections_print.html", context)
    if (only := as_id(request.GET.get("selection", ""))) is not None:
        require_known(only < len(found))
        one = found[only]
        page = Paginator(one.chosen, PAGE).get_page(request.GET.get("page"))
        context |= {"one": _shown(one, page.object_list), "page_obj": page}
        return render(request, "scoring/selection.html", context)
    context["selections"] = [_shown(each, each.chosen[:SHOWN]) for each in found]
    if context["may_change"]:
        for shown in context["selections"]:
            if shown["selection"].kind == VETO:
                position = shown["selection"].position
                shown["form"] = (forms or {}).get(position) or _form(round_, position)
    return render(request, "scoring/selections.html", context, status=status)


def _shown(selection: Selection, chosen: Any) -> dict[str, Any]:
    return {"selection": selection, "chosen": chosen, "more": max(0, len(selection.chosen) - len(chosen))}


def _form(round_: Round, position: int, data: Any = None) -> VetoForm:
    """The form of one veto; without a setting it suggests the round that the plan names."""
    against = selection_rows(round_.plan_version)[position].get("against", "")
    rounds, suggested = fitting_rounds(round_, against)
    choices = [(str(each.pk), f"{each.title} · {each.name} · {each.get_phase_display()}") for each in rounds]
    setting: SelectionSetting | None = settings_of(round_).get(position)
    form = VetoForm(data, rounds=choices, keys=place_keys(round_), prefix=f"veto{position}")
    form.initial = {
        "seen": token(setting),
        "earlier": str(setting.earlier_id) if setting else suggested,
        **form.initial_places(setting.places if setting else {}),
    }
    return form

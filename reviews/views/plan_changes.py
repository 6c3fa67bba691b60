"""Changes of the plan while a round runs: the applications, one of them, and the date until which they are taken."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from reviews.forms.plan_changes import ChangeDateForm, OpinionForm, PlanChangeForm
from reviews.models import Phase, PlanChange, PlanChangeKind, PlanChangeSetting, PlanChangeState, Round, Target
from reviews.navigation import round_context
from reviews.queries.plan_changes import change_rules, changes_seen_by, own_of_round, plan_history
from reviews.services import plan_changes as service
from reviews.services.errors import Conflict, ReviewError
from reviews.tree import Tree
from units import access
from units.guards import require, require_known
from units.models import User

from ._common import get_round, paged, refuse, tree_of

TAB = "plan_changes"


def say(form: Any, error: ReviewError) -> None:
    """The reason at its field, if it belongs to one; of a conflict also what it is meanwhile."""
    if isinstance(error, Conflict):
        words = _("Meanwhile it is: %(state)s.") % {"state": error.theirs.value}
        form.add_error(None, f"{error} {words}")
    else:
        refuse(form, error)


@require_GET
def plan_changes(request: HttpRequest, pk: int) -> HttpResponse:
    """The applications that the account may see, the date, and the versions that the round has had."""
    round_ = get_round(request, pk)
    user = request.user
    tree = tree_of(round_)
    state = request.GET.get("state", "")
    found = changes_seen_by(user, round_)
    rules = change_rules(round_)
    page = paged(request, found.filter(state=state) if state in PlanChangeState.values else found, 50)
    asks = access.is_office(user) or bool(own_of_round(user, round_))
    context = round_context(request, round_, TAB) | {
        "page_obj": page,
        "rows": [(change, tree.get(change.indicator)) for change in page],
        "state": state,
        "states": PlanChangeState.choices,
        "rules": rules,
        "history": plan_history(round_),
        "may_ask": asks and rules.is_open,
        "asks": asks or access.may_see_all_plan_changes(user),
        "may_run": access.may_run_plan_changes(user) and round_.phase == Phase.COLLECTING,
    }
    return render(request, "reviews/plan_changes.html", context)


@require_http_methods(["GET", "POST"])
def plan_change_add(request: HttpRequest, pk: int) -> HttpResponse:
    round_ = get_round(request, pk)
    user = cast(User, request.user)
    own = None if access.is_office(user) else own_of_round(user, round_)
    require(own is None or bool(own))
    rules = change_rules(round_)
    given = {"subject": own[0]} if own else {}
    form = PlanChangeForm(request.POST or None, round_=round_, tree=tree_of(round_), own=own, initial=given)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                subject = form.cleaned_data["subject"]
                change = service.propose_change(round=round_, subject=subject, data=form.data_asked, by=user)
            except ReviewError as error:
                say(form, error)
            else:
                messages.success(request, _("The application is in; it waits for the leader's approval."))
                return redirect("reviews:plan_change", pk, change.pk)
    context = round_context(request, round_, TAB) | {"form": form, "rules": rules}
    return render(request, "reviews/plan_change_form.html", context, status=status)


def _change(request: HttpRequest, round_: Round, change_pk: int) -> PlanChange:
    rows = PlanChange.objects.select_related(
        "round", "subject", "proposed_by", "decided_by", "applied_by", "carried_out"
    )
    change = rows.filter(round=round_, pk=change_pk).first()
    if change is None:
        raise Http404
    require_known(access.may_see_plan_change(request.user, change.subject))
    return change


@require_http_methods(["GET", "POST"])
def plan_change(request: HttpRequest, pk: int, change_pk: int) -> HttpResponse:
    """One application: what is asked for, what became of it, and what the account may do with it now."""
    round_ = get_round(request, pk)
    change = _change(request, round_, change_pk)
    form = OpinionForm(request.POST or None)
    status = 200
    if request.method == "POST":
        may = may_do(request.user, change)
        require(any(may.values()) or access.may_ask_for_plan_change(request.user, change.subject))
        if form.is_valid():
            try:
                words = _do(request, change, form.cleaned_data["reason"])
            except ReviewError as error:
                say(form, error)
                change.refresh_from_db()
            else:
                messages.success(request, words)
                return redirect("reviews:plan_change", pk, change_pk)
        status = 422
    tree = tree_of(round_)
    context = round_context(request, round_, TAB) | {
        "change": change,
        "node": tree.get(change.indicator),
        "crumbs": tree.crumbs(change.indicator) if change.indicator in tree.nodes else "",
        "now": _now(tree, change),
        "form": form,
        "rules": change_rules(round_),
        "may": may_do(request.user, change) if round_.phase == Phase.COLLECTING else {},
    }
    return render(request, "reviews/plan_change.html", context, status=status)


def may_do(user: Any, change: PlanChange) -> dict[str, bool]:
    """What this account may do with the application as it stands."""
    proposed, approved = (change.state == one for one in (PlanChangeState.PROPOSED, PlanChangeState.APPROVED))
    runs = access.may_run_plan_changes(user)
    text = change.kind == PlanChangeKind.TEXT
    return {
        "decide": proposed
        and access.may_approve_plan_change(user, change.subject)
        and change.proposed_by_id != user.pk,
        "withdraw": (proposed or approved) and access.may_ask_for_plan_change(user, change.subject),
        "apply": approved and runs and not text,
        "take_over": approved and runs and text,
    }


def _do(request: HttpRequest, change: PlanChange, reason: str) -> str:
    by, wanted = cast(User, request.user), request.POST.get("do", "")
    if wanted == "approve":
        service.decide_change(change=change, approve=True, reason=reason, by=by)
        return _("The application is approved; the office carries it out.")
    if wanted == "reject":
        service.decide_change(change=change, approve=False, reason=reason, by=by)
        return _("The application is rejected.")
    if wanted == "withdraw":
        service.withdraw_change(change=change, reason=reason, by=by)
        return _("The application is withdrawn.")
    if wanted == "apply":
        service.apply_change(change=change, by=by)
        return _("The change is carried out; the result is to be computed again.")
    raise ReviewError(_("Choose what is to be done."))


def _now(tree: Tree, change: PlanChange) -> Target | None:
    """The target that stands today, for an application for another one."""
    if change.kind != PlanChangeKind.TARGET or change.subject is None or change.indicator not in tree.nodes:
        return None
    return Target.objects.filter(subject=change.subject, indicator=change.indicator).first()


@require_http_methods(["GET", "POST"])
def plan_change_date(request: HttpRequest, pk: int) -> HttpResponse:
    """Another date for changes than the plan's, with a reason."""
    round_ = get_round(request, pk)
    require(access.may_run_plan_changes(request.user))
    setting = PlanChangeSetting.objects.filter(round=round_).first()
    form = ChangeDateForm(request.POST or None, initial={"due": setting.due if setting else None})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                service.set_change_date(round=round_, by=cast(User, request.user), **form.cleaned_data)
            except ReviewError as error:
                say(form, error)
            else:
                messages.success(request, _("The date is saved."))
                return redirect("reviews:plan_changes", pk)
    context = round_context(request, round_, TAB) | {
        "form": form,
        "rules": change_rules(round_),
        "possible": round_.phase == Phase.COLLECTING,
    }
    return render(request, "reviews/plan_change_date.html", context, status=status)

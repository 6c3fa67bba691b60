"""Delegation: an assessor lets a colleague enter for a time; the office agrees where it has to."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from reviews.forms.chase import DelegationForm
from reviews.models import Delegation, Phase
from reviews.navigation import round_context
from reviews.queries.delegation import delegations_seen_by
from reviews.services.delegation import colleagues, decide_delegation, delegate, revoke_delegation
from reviews.services.errors import ReviewError
from reviews.words import today
from units import access
from units.guards import require, require_known

from ._common import get_round, refuse, tree_of


@require_http_methods(["GET", "POST"])
def delegations(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own delegations, given and taken, with a form for a new one; the office and auditors see all."""
    round_ = get_round(request, pk)
    require(access.may_see_delegations(request.user))
    own = [one for one in round_.assignments.all() if access.may_delegate(request.user, one)]
    if request.method == "POST":
        require(bool(own))
    tree = tree_of(round_)
    titles = {code: node.title for code, node in tree.nodes.items()}
    form = DelegationForm(
        request.POST if request.method == "POST" else None,
        sheets=own,
        titles=titles,
        initial={"sheets": [one.pk for one in own], "starts": today()},
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = delegate(round=round_, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        except ReviewError as error:
            refuse(form, error)
        else:
            messages.success(request, _made_words(made))
            return redirect("reviews:delegations", pk)
    rows = delegations_seen_by(request.user, round_)
    for row in rows:
        row.leaves = [f"{one.indicator} {titles.get(one.indicator, '')}" for one in row.sheets.all()]  # type: ignore[attr-defined]
    context = round_context(request, round_, "marks") | {
        "form": form,
        "own": own,
        "colleagues": colleagues(request.user) if own else [],  # type: ignore[arg-type]
        "rows": rows,
        "may_consent": access.may_consent_to_delegation(request.user),
        "possible": round_.phase == Phase.COLLECTING,
        "today": today(),
    }
    return render(request, "reviews/delegations.html", context, status=422 if form.errors else 200)


def _made_words(made: Delegation) -> str:
    if made.state == Delegation.State.WAITING:
        return _("%(name)s is of another unit: the appraisal office has to agree first.") % {"name": made.taker}
    words = _("%(name)s may enter in your place from %(starts)s to %(ends)s.")
    return words % {"name": made.taker, "starts": made.starts.isoformat(), "ends": made.ends.isoformat()}


@require_POST
def delegation_settle(request: HttpRequest, pk: int, delegation_pk: int) -> HttpResponse:
    """do=agree or refuse (the office), do=end (giver, taker or the office)."""
    round_ = get_round(request, pk)
    row = get_object_or_404(Delegation, pk=delegation_pk, round=round_)
    office = access.may_consent_to_delegation(request.user)
    require_known(office or request.user.pk in {row.giver_id, row.taker_id})
    do, reason = request.POST.get("do", ""), request.POST.get("reason", "").strip()[:500]
    by = request.user
    try:
        if do in {"agree", "refuse"}:
            decide_delegation(delegation=row, agreed=do == "agree", reason=reason, by=by)  # type: ignore[arg-type]
            messages.success(request, _("The delegation is agreed.") if do == "agree" else _("It is refused."))
        elif do == "end":
            revoke_delegation(delegation=row, reason=reason, by=by)  # type: ignore[arg-type]
            messages.success(request, _("The delegation has ended."))
    except ReviewError as error:
        messages.error(request, str(error))
    return redirect("reviews:delegations", pk)

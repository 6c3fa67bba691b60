"""Which indicators apply to the subjects of a round, and 不适用 for all of them at once."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods

from reviews.models import NotApplicable, Phase, Round
from reviews.navigation import round_context
from reviews.queries.progress import not_applicable_counts
from reviews.services.applicability import SetForAll, clear_not_applicable_of_all, set_not_applicable_to_all
from reviews.services.errors import ReviewError
from units import access
from units.guards import require

from ._common import get_round, tree_of

NAMED = 5  # of those who keep an indicator because of their inputs


@require_http_methods(["GET", "POST"])
def applicability(request: HttpRequest, pk: int) -> HttpResponse:
    """Every indicator with the number of subjects it applies to; the office sets one (not) applicable to all."""
    round_ = get_round(request, pk)
    require(access.may_see_progress(request.user))
    if request.method == "POST":
        require(access.may_run_rounds(request.user))
        _change(request, round_)
        return redirect("reviews:applicability", pk)
    tree = tree_of(round_)
    codes = [code for code in tree.nodes if tree.parents[code] is not None]
    total = round_.subjects.count()
    out = not_applicable_counts(round_, tree, codes)
    own = dict(
        NotApplicable.objects.filter(subject__round=round_)
        .order_by()
        .values_list("indicator")
        .annotate(number=Count("pk"))
    )
    context = round_context(request, round_, "progress") | {
        "nodes": [
            {
                "node": tree.nodes[code],
                "depth": tree.depths[code] - 1,
                "applies": total - out[code],
                "out": out[code],
                "own": own.get(code, 0),
            }
            for code in codes
        ],
        "subject_count": total,
        "may_change": access.may_run_rounds(request.user) and round_.phase == Phase.COLLECTING,
    }
    return render(request, "reviews/applicability.html", context)


def _change(request: HttpRequest, round_: Round) -> None:
    post, by = request.POST, request.user
    try:
        if code := post.get("exclude"):
            note = post.get(f"note-{code}", "")[:500]
            found = set_not_applicable_to_all(round=round_, indicator=code, by=by, note=note)  # type: ignore[arg-type]
            _say(request, code, found)
        elif code := post.get("include"):
            count = clear_not_applicable_of_all(round=round_, indicator=code, by=by)  # type: ignore[arg-type]
            words = ngettext(
                "%(code)s is applicable to %(count)d subject again.",
                "%(code)s is applicable to %(count)d subjects again.",
                count,
            )
            messages.success(request, words % {"code": code, "count": count})
    except ReviewError as error:
        messages.error(request, str(error))


def _say(request: HttpRequest, code: str, found: SetForAll) -> None:
    words = ngettext(
        "%(code)s is not applicable to %(count)d subject now.",
        "%(code)s is not applicable to %(count)d subjects now.",
        found.done,
    )
    messages.success(request, words % {"code": code, "count": found.done})
    if found.refused:
        aside = _(" (%(words)s)")
        names = [subject.name + aside % {"words": counts} for subject, counts in found.refused[:NAMED]]
        more = " …" if len(found.refused) > NAMED else ""
        words = ngettext(
            "%(code)s stays applicable to %(count)d subject with inputs there: %(names)s",
            "%(code)s stays applicable to %(count)d subjects with inputs there: %(names)s",
            len(found.refused),
        )
        values = {"code": code, "count": len(found.refused), "names": pgettext("list", ", ").join(names) + more}
        messages.warning(request, words % values)

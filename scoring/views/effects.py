"""What approving the ticked events would do to the scores. Nothing is stored."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from appraisal_site.lib.numbers import as_id
from reviews.models import Event
from reviews.navigation import round_context
from reviews.queries.events import item_titles
from reviews.tree import Tree
from units import access
from units.guards import require

from ..effects import effects_of
from .common import fragment_or_page, get_round

MOST = 200  # events looked at at once: two pages of the list


@require_http_methods(["GET", "POST"])
def event_effects(request: HttpRequest, round_pk: int) -> HttpResponse:
    """`event` = ID or ID.VERSION, any number of them. Posted from the list, where the ticks stand in its form."""
    round_ = get_round(round_pk)
    require(access.may_see_all_results(request.user))
    given = request.POST if request.method == "POST" else request.GET
    ids = [pk for text in given.getlist("event") if (pk := as_id(text.partition(".")[0])) is not None]
    found = Event.objects.filter(pk__in=ids[:MOST], subject__round=round_).select_related("subject")
    events = list(found.order_by("subject__order", "subject__code", "id"))
    context = round_context(request, round_, "events")
    titles = item_titles(Tree(context["plan"]))
    context |= {
        "effects": effects_of(round_, events) if events else [],
        "titles": {event.pk: titles.get((event.indicator, event.item), event.item) for event in events},
    }
    return fragment_or_page(request, "scoring/_event_effects.html", "scoring/event_effects.html", context)

"""The leaders' and the auditors' pages: applications to decide on, results to read."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reviews.models import Phase, PlanChange, PlanChangeState, Round

from .base import RESULTS_SHOWN, Card, Task


def leader_card(rounds: Sequence[Round]) -> Card:
    """Applications for a change of the running plan, by round. One query."""
    card = Card(_("For my approval"), empty=_("Nothing waits for your approval. Applications appear here."))
    waiting = PlanChange.objects.filter(round__in=rounds, state=PlanChangeState.PROPOSED).order_by()
    counts = dict(waiting.values_list("round").annotate(Count("pk")))
    for round_ in rounds:
        if count := counts.get(round_.pk):
            said = ngettext("%(count)d plan change to approve", "%(count)d plan changes to approve", count)
            url = reverse("reviews:plan_changes", args=[round_.pk])
            card.tasks.append(Task(said % {"count": count}, url, words=round_.title))
    return card


def readers_card() -> Card:
    card = Card(
        _("Results"),
        empty=_("There is no round yet."),
        more=(reverse("reviews:round_list"), _("All rounds")),
    )
    for round_ in Round.objects.order_by("-opened_at", "-id")[:RESULTS_SHOWN]:
        card.tasks.append(
            Task(
                text=round_.title,
                url=reverse("scoring:ranking", args=[round_.pk]),
                words=str(Phase(round_.phase).label),
            )
        )
    return card

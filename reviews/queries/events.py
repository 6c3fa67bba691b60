"""Events of a round, and what the form and the list say about them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from reviews.models import Event, EventStatus, Round
from reviews.services.events import value_of
from reviews.tree import COUNTED, Tree


def events_of(
    round_: Round,
    *,
    indicator: str = "",
    item: str = "",
    status: str = "",
    words: str = "",
) -> QuerySet[Event]:
    """Events, newest first, with subject and people. `words`: each in subject, matter or basis."""
    found = Event.objects.filter(subject__round=round_).select_related(
        "subject", "created_by", "updated_by", "decided_by"
    )
    for name, value in (("indicator", indicator), ("item", item), ("status", status)):
        if value:
            found = found.filter(**{name: value})
    for word in words.split():
        found = found.filter(
            Q(subject__name__icontains=word)
            | Q(subject__code__icontains=word)
            | Q(matter__icontains=word)
            | Q(basis__icontains=word)
        )
    return found.order_by("-created_at", "-id")


def known_matters(round_: Round, limit: int = 300) -> list[tuple[str, str, str]]:
    """(leaf, item, matter) as already used in this round, so that one matter keeps one name."""
    rows = (
        Event.objects.filter(subject__round=round_)
        .exclude(matter="")
        .order_by("indicator", "item", "matter")
        .values_list("indicator", "item", "matter")
        .distinct()
    )
    return list(rows[:limit])


def item_titles(tree: Tree) -> dict[tuple[str, str], str]:
    return {
        (node.code, item.code): f"{item.code} {item.title}" for node in tree.nodes.values() for item in node.catalogue
    }


def worth(tree: Tree, event: Event) -> Decimal | None:
    """Count × value with the method's sign, before any cap; None if the plan's item has no value."""
    node = tree.nodes[event.indicator]
    item = next((item for item in node.catalogue if item.code == event.item), None)
    value = value_of(item, event.value)
    if value is None:
        return None
    total: Decimal = event.count * value
    return total if node.method == "bonus" else -total


def effect_words(tree: Tree, event: Event, others: Sequence[Event]) -> list[str]:
    """What approving this event does, in sentences. `others`: the subject's events of that leaf.

    The exact effect is computed with the round; this says what the rules will look at.
    """
    node = tree.nodes[event.indicator]
    words = []
    if node.method == "bonus":
        words.append(
            _("Adds to the score; all bonuses of this indicator together at most %(cap)s.") % {"cap": node.points}
        )
        same = [
            other
            for other in others
            if other.pk != event.pk
            and other.item == event.item
            and event.matter
            and other.matter == event.matter
            and other.status == EventStatus.APPROVED
        ]
        if same:
            words.append(_("The same matter is approved already: only the highest value counts."))
    elif node.method == "penalty":
        if node.settings.get("uncapped"):
            words.append(_("Takes from the score without a limit."))
        else:
            words.append(
                _("Takes from the score; all penalties of this indicator together at most %(cap)s.")
                % {"cap": node.points}
            )
    elif node.method == "inspection":
        words.append(_("Takes from the score without a limit."))
    elif node.method in COUNTED:
        words.append(_("Deducted from this indicator's %(points)s points, not below 0.") % {"points": node.points})
    return words

"""What events come to on their indicators so far: the engine's own sums, of nothing but events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from reviews.models import Event, EventStatus, NotApplicable, Subject
from reviews.tree import EVENTS, Tree
from scoring.engine import score, types
from scoring.engine.text import number_in


@dataclass(frozen=True, slots=True)
class Room:
    """What an item still holds: `left` points before its cap or its indicator's; None: no end.

    `used` and `waiting`: how many of its events are approved and wait.
    """

    left: Decimal | None
    used: int = 0
    waiting: int = 0


def leaf_scores(
    tree: Tree, events: Iterable[Event], not_applicable: frozenset[str] = frozenset()
) -> dict[str, types.NodeScore] | None:
    """The scores of the indicators with events, from these events of one subject; None if the engine refuses them."""
    given: dict[str, list[types.Event]] = {}
    for event in events:
        given.setdefault(event.indicator, []).append(engine_event(event))
    subject = types.SubjectInput(
        "subject",
        category=next(iter(tree.plan.categories), ""),
        events=given,
        not_applicable=not_applicable,
    )
    plan = replace(tree.plan, rules=(), tie_breakers=())
    try:
        (result,) = score(plan, types.Inputs((subject,))).results
    except types.InputErrors:
        return None
    return {node.code: result.scores[node.code] for node in tree.of(EVENTS)}


def engine_event(event: Event) -> types.Event:
    return types.Event(
        item=event.item,
        count=event.count,
        value=event.value,
        matter=event.matter,
        status=event.status,
        key=str(event.pk),
    )


def scores_of(tree: Tree, subject: Subject) -> tuple[list[Event], dict[str, types.NodeScore] | None]:
    """A subject's events and what they come to. Two queries."""
    events = list(Event.objects.filter(subject=subject).order_by("id"))
    out = frozenset(NotApplicable.objects.filter(subject=subject).values_list("indicator", flat=True))
    return events, leaf_scores(tree, events, out)


def rooms(
    tree: Tree, events: Iterable[Event], scores: Mapping[str, types.NodeScore] | None
) -> dict[tuple[str, str], Room]:
    """By (indicator, item) what can still be gained or lost there, for one subject."""
    found: dict[tuple[str, str], Room] = {}
    counts: dict[tuple[str, str, str], int] = {}
    for event in events:
        key = (event.indicator, event.item, event.status)
        counts[key] = counts.get(key, 0) + 1
    for node in tree.of(EVENTS):
        scored = scores[node.code] if scores is not None else None
        for item in node.catalogue or (types.CatalogueItem("", node.title),):
            found[node.code, item.code] = Room(
                _left(node, item, scored),
                counts.get((node.code, item.code, EventStatus.APPROVED), 0),
                counts.get((node.code, item.code, EventStatus.PENDING), 0),
            )
    return found


def _left(node: types.Node, item: types.CatalogueItem, scored: types.NodeScore | None) -> Decimal | None:
    if scored is None or scored.status != types.Status.SCORED:
        return Decimal(0) if scored is not None else None
    if node.method == "inspection" or node.settings.get("uncapped"):
        return None
    if node.method == "deduct":
        return scored.value
    left = max(Decimal(0), node.points - abs(scored.value or Decimal(0)))
    if item.cap is None:
        return left
    # The engine's own sums of the items, as it keeps them for its explanations.
    items = scored.detail.get("items", ())
    used = next((number_in(capped) for code, _sum, capped in items if code == item.code), Fraction(0))
    # Below its cap a sum is one of values as they were entered, which end: so does what is left.
    rest = max(Fraction(0), Fraction(item.cap) - used)
    return min(left, Decimal(rest.numerator) / rest.denominator)

"""What a round settles about its events: who may propose on which indicator, and what subjects see of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from indicators.services import engine_plan
from reviews.models import EventLeaf, Round
from reviews.tree import EVENTS, Tree
from scoring.engine.types import Node, Plan
from units import access, audit
from units.models import Unit, User

from .errors import InvalidInput, NotAllowed, RoundClosed


@dataclass(frozen=True, slots=True)
class LeafSetting:
    """The settings of one indicator with events. `unit_ids`: whose assessor accounts may propose."""

    code: str
    shown: bool = False
    applications: bool = False
    unit_ids: frozenset[int] = frozenset()


def defaults_of(round_: Round, node: Node) -> LeafSetting:
    """As the plan has it: `daily` entries are shown as they come in; one may apply for a bonus of one's own."""
    rows = round_.plan_version.document.get("indicators", [])
    daily = any(row.get("code") == node.code and row.get("daily") for row in rows)
    return LeafSetting(node.code, shown=daily, applications=node.method == "bonus")


def leaf_settings(round_: Round) -> dict[str, LeafSetting]:
    """Every indicator with events by code, in the plan's order. One query."""
    found = {n.code: defaults_of(round_, n) for n in Tree(engine_plan(round_.plan_version)).of(EVENTS)}
    units: dict[str, set[int]] = {}
    stored: dict[str, tuple[bool, bool]] = {}
    rows = EventLeaf.objects.filter(round=round_).values_list("indicator", "shown", "applications", "units")
    for code, shown, applications, unit in rows:
        stored[code] = (shown, applications)
        units.setdefault(code, set()).update({unit} if unit else ())
    for code, (shown, applications) in stored.items():
        if code in found:
            found[code] = LeafSetting(code, shown, applications, frozenset(units[code]))
    return found


def bind_event_leaves(round_: Round, plan: Plan, units: Mapping[str, Unit | None]) -> None:
    """The assessors that the plan names on indicators with events may propose there: at opening, and on indicators
    that a new version of the plan brings. What is settled already stays.

    `units`: what is known already of who is whom; others are found by name or short name.
    """
    settled = set(EventLeaf.objects.filter(round=round_).values_list("indicator", flat=True))
    nodes = [node for node in Tree(plan).of(EVENTS) if node.assessors and node.code not in settled]
    wanted = {a.name for node in nodes for a in node.assessors} - units.keys()
    found = dict(units)
    for field in ("short_name", "name") if wanted else ():  # a full name wins over a short one
        for unit in Unit.objects.filter(is_active=True, **{f"{field}__in": wanted}):
            found[getattr(unit, field)] = unit
    for node in nodes:
        bound = [one for a in node.assessors if (one := found.get(a.name)) is not None]
        if bound:
            default = defaults_of(round_, node)
            leaf = EventLeaf.objects.create(
                round=round_, indicator=node.code, shown=default.shown, applications=default.applications
            )
            leaf.units.set(bound)


def change_event_leaf(
    *,
    round: Round,  # noqa: A002
    indicator: str,
    shown: bool,
    applications: bool,
    units: Iterable[Unit],
    by: User,
) -> None:
    """Settle who may propose on an indicator and what subjects see. Until the result is announced; audited.

    Raises NotAllowed, RoundClosed, InvalidInput ("indicator").
    """
    if not access.may_run_rounds(by):
        raise NotAllowed
    chosen = sorted(set(units), key=lambda unit: (unit.order, unit.code))
    with transaction.atomic():
        locked = Round.objects.select_for_update().select_related("plan_version").get(pk=round.pk)
        if locked.phase in access.PUBLISHED:
            raise RoundClosed(_("The result is announced; this is no longer changed."))
        before = leaf_settings(locked).get(indicator)
        if before is None:
            raise InvalidInput(_("This indicator takes no events."), "indicator")
        names = Unit.objects.filter(pk__in=before.unit_ids).order_by("order", "code").values_list("name", flat=True)
        was = (_yes(before.shown), _yes(before.applications), "、".join(names) or None)
        now = (_yes(shown), _yes(applications), "、".join(unit.name for unit in chosen) or None)
        if was == now:
            return
        leaf, _made = EventLeaf.objects.update_or_create(
            round=locked, indicator=indicator, defaults={"shown": shown, "applications": applications}
        )
        leaf.units.set(chosen)
        fields = ("shown as they come in", "own applications", "proposing units")
        audit.record(
            by,
            "settle events",
            leaf,
            label=indicator,
            changes=dict(zip(fields, zip(was, now, strict=True), strict=True)),
            round_id=locked.pk,
        )


def _yes(value: bool) -> str:
    return "yes" if value else "no"

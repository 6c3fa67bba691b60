"""Who enters a leaf: the plan's assessors found among the units, and leaves that are marked only for a time."""

from __future__ import annotations

from indicators.services import engine_plan
from reviews.models import Assignment, EarlierResult, Round, RoundSetMember
from reviews.tree import Tree, falls_back
from scoring.engine.types import Plan
from units.models import Unit


def assessor_names(plan: Plan) -> list[str]:
    """The assessors the plan names on leaves that are entered per subject, in the tree's order."""
    names = (a.name for node in Tree(plan).entered for a in node.assessors)
    return list(dict.fromkeys(names))


def match_assessors(plan: Plan) -> dict[str, Unit | None]:
    """Assessor's name in the plan → the active unit of that name or short name, or None."""
    wanted = assessor_names(plan)
    found: dict[str, Unit | None] = dict.fromkeys(wanted)
    for field in ("short_name", "name"):  # a full name wins over a short one
        for unit in Unit.objects.filter(is_active=True, **{f"{field}__in": wanted}):
            found[getattr(unit, field)] = unit
    return found


def bind_marked_leaves(round_: Round) -> None:
    """A leaf that is marked as long as its set of earlier rounds has none has an assignment exactly as long.

    To be called whenever a round's sets have changed. Three queries, none for plans without such leaves.
    """
    plan = engine_plan(round_.plan_version)
    leaves = [node for node in Tree(plan).nodes.values() if falls_back(node)]
    if not leaves:
        return
    known = set(RoundSetMember.objects.filter(round=round_).values_list("set_name", flat=True))
    known |= set(EarlierResult.objects.filter(subject__round=round_).values_list("set_name", flat=True))
    carried = [node.code for node in leaves if node.settings["set"] in known]
    Assignment.objects.filter(round=round_, indicator__in=carried).delete()
    stored = Assignment.objects.filter(round=round_).values_list("indicator", "assessor", "unit_id")
    there = {(code, name) for code, name, _unit in stored}
    units = {name: unit for _code, name, unit in stored if name}
    matched: dict[str, Unit | None] = {}
    wanted = [
        (node.code, name)
        for node in leaves
        if node.code not in carried
        for name in [a.name for a in node.assessors] or [""]
        if (node.code, name) not in there
    ]
    if any(name and name not in units for _code, name in wanted):
        matched = match_assessors(plan)
    Assignment.objects.bulk_create(
        Assignment(
            round=round_,
            indicator=code,
            assessor=name,
            unit_id=units[name] if name in units else getattr(matched.get(name), "pk", None),
        )
        for code, name in wanted
    )

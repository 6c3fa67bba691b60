"""Rows of a round's sets of earlier rounds (往期): checked and written. The caller has the rights and the lock."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from indicators import sets
from indicators.services import engine_plan
from reviews.models import Mark, Round, RoundSetMember
from scoring.engine.types import Plan
from units import audit
from units.models import User

from .errors import InvalidInput


def title_in_log(round_: Round, set_name: str) -> str:
    """A set's title as the change log keeps it: the plan's own words, or the code of a set without any."""
    return engine_plan(round_.plan_version).sets.get(set_name, set_name)


def create_members(round_: Round, set_name: str, earlier: Sequence[Round], by: User | None) -> list[RoundSetMember]:
    """Put rounds into a set of `round_`, with an entry in the audit trail for each. Raises InvalidInput."""
    plan = engine_plan(round_.plan_version)
    if set_name not in {each.code for each in sets.read_sets(round_.plan_version.document, plan)}:
        raise InvalidInput(_("The plan does not read the set “%(set)s”.") % {"set": set_name}, "set")
    _check_rounds(round_, set_name, earlier)
    _check_marks(round_, plan, set_name)
    members = []
    title = title_in_log(round_, set_name)
    for one in earlier:
        member = RoundSetMember.objects.create(round=round_, set_name=set_name, earlier=one)
        record(by, "add earlier round", member, changes={"set": (None, title), "period": (None, one.name)})
        members.append(member)
    return members


def record(
    by: User | None,
    action: str,
    member: RoundSetMember,
    *,
    changes: dict[str, tuple[str | None, str | None]],
    reason: str = "",
) -> None:
    audit.record(
        by, action, member, label=member.earlier.title, changes=changes, round_id=member.round_id, reason=reason
    )


def _check_rounds(round_: Round, set_name: str, earlier: Sequence[Round]) -> None:
    """No round twice in a set, by itself or by its period's name, and none that reads this round."""
    refused = reading_rounds(round_.pk)
    rows = RoundSetMember.objects.filter(round=round_, set_name=set_name).values_list("earlier_id", "earlier__name")
    there = dict(rows)
    for one in earlier:
        values = {"round": one.title, "period": one.name}
        if one.pk == round_.pk:
            raise InvalidInput(_("A round cannot be an earlier round of itself."), "round")
        if one.pk in refused:
            raise InvalidInput(
                _("“%(round)s” reads the result of this round itself, so this round cannot read its result.") % values,
                "round",
            )
        if one.pk in there:
            raise InvalidInput(_("“%(round)s” is in this set already.") % values, "round")
        if one.name in there.values():
            raise InvalidInput(
                _("This set has a round of the period %(period)s already; results are told apart by the period.")
                % values,
                "round",
            )
        there[one.pk] = one.name


def reading_rounds(round_id: int) -> set[int]:
    """The rounds that read this one, directly or through others. One query."""
    readers: dict[int, list[int]] = {}
    for reader, earlier in RoundSetMember.objects.values_list("round_id", "earlier_id"):
        readers.setdefault(earlier, []).append(reader)
    found: set[int] = set()
    waiting = [round_id]
    while waiting:
        for reader in readers.get(waiting.pop(), ()):
            if reader not in found:
                found.add(reader)
                waiting.append(reader)
    return found


def _check_marks(round_: Round, plan: Plan, set_name: str) -> None:
    """A leaf that is marked as long as its set has no round must not have marks any more once it has one."""
    leaves = sets.readers(plan).leaves.get(set_name, [])
    codes = {node.code: node.title for node in leaves if node.settings.get("fallback") == "marks"}
    marks = Mark.objects.filter(subject__round=round_, indicator__in=codes)
    if codes and (count := marks.count()):
        words = ngettext(
            "“%(leaf)s” has %(count)d mark, which counts only as long as this set has no round. Clear it first.",
            "“%(leaf)s” has %(count)d marks, which count only as long as this set has no round. Clear them first.",
            count,
        )
        raise InvalidInput(words % {"leaf": next(iter(codes.values())), "count": count}, "set")

"""Which earlier rounds a round reads: added and removed by the office until the result is announced."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from reviews.models import Phase, Round, RoundSetMember
from units import access
from units.models import User

from .assessors import bind_marked_leaves
from .errors import Conflict, InvalidInput, NotAllowed, RoundClosed, Theirs
from .rounds import touch_inputs
from .set_members import create_members, record, title_in_log

OPEN = frozenset({Phase.COLLECTING, Phase.REVIEWING})


def add_earlier_rounds(
    *,
    round: Round,  # noqa: A002
    set_name: str,
    earlier: Sequence[Round],
    by: User,
) -> list[RoundSetMember]:
    """Put rounds into a set that the plan reads. Audited; the computed result is stale afterwards.

    Raises NotAllowed, RoundClosed, InvalidInput: "set" if the plan reads no such set, "round" for none at all, for a
    round or a period that is there already, for the round itself and for one that reads it.
    """
    if not access.may_run_rounds(by):
        raise NotAllowed
    if not earlier:
        raise InvalidInput(_("Choose a round."), "round")
    try:
        with transaction.atomic():
            round_ = _locked(round, earlier)
            members = create_members(round_, set_name, earlier, by)
            bind_marked_leaves(round_)
            touch_inputs(round_.pk)
    except IntegrityError:
        raise InvalidInput(_("Somebody else added this round meanwhile."), "round") from None
    return members


def remove_earlier_round(*, member: RoundSetMember, reason: str, by: User) -> None:
    """Take a round out of a set, with a reason. Audited; the computed result is stale afterwards.

    Raises NotAllowed, RoundClosed, InvalidInput ("reason"), Conflict if it is no longer there.
    """
    if not access.may_run_rounds(by):
        raise NotAllowed
    if not reason.strip():
        raise InvalidInput(_("Removing an earlier round needs a reason."), "reason")
    with transaction.atomic():
        round_ = _locked(member.round, [])
        if not RoundSetMember.objects.filter(pk=member.pk).delete()[0]:
            raise Conflict(Theirs(_("removed")), _("Somebody else removed this round meanwhile."))
        changes: dict[str, tuple[str | None, str | None]] = {
            "set": (title_in_log(round_, member.set_name), None),
            "period": (member.earlier.name, None),
        }
        record(by, "remove earlier round", member, changes=changes, reason=reason.strip())
        bind_marked_leaves(round_)
        touch_inputs(round_.pk)


def _locked(round_: Round, earlier: Sequence[Round]) -> Round:
    """The round, locked while its inputs may change.

    The rounds to be read are locked too, in one order, so that two rounds cannot be made to read each other at once.
    """
    ids = {round_.pk, *(one.pk for one in earlier)}
    rows = Round.objects.select_for_update(of=("self",)).select_related("plan_version").filter(pk__in=ids)
    locked = {row.pk: row for row in rows.order_by("pk")}
    found = locked[round_.pk]
    if found.phase not in OPEN:
        raise RoundClosed(_("The result of this round is announced; its earlier rounds can no longer be changed."))
    return found

"""Who does not vote on whom in a round (回避): a relative, a direct competitor. It holds for polls fixed afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from reviews.models import Round, Subject, VoteExclusion
from reviews.services.errors import InvalidInput
from reviews.services.rounds import ensure_collecting
from units import audit
from units.models import AuditEntry, Person, Unit, User

from .setup import guard


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A voter (a unit, a person or an account) who is not to vote on a subject, and why."""

    voter: Unit | Person | User
    subject: Subject
    reason: str


def exclude_voters(*, round: Round, rows: Sequence[Exclusion], by: User) -> int:  # noqa: A002
    """Add exclusions; those that are there already stay as they are. Gives how many are new. Each is audited.

    Raises InvalidInput "reason" for one without a reason, "subject" for a subject of another round.
    """
    guard(by)
    with transaction.atomic():
        locked = ensure_collecting(round)
        there = {_key(one) for one in VoteExclusion.objects.filter(round=locked)}
        made: dict[tuple[int, str, int], VoteExclusion] = {}
        for row in rows:
            if not row.reason.strip():
                raise InvalidInput(_("An exclusion needs a reason."), "reason")
            if row.subject.round_id != locked.pk:
                raise InvalidInput(_("This is no subject of the round."), "subject")
            one = _row(locked, row)
            if _key(one) not in there:
                made.setdefault(_key(one), one)
        VoteExclusion.objects.bulk_create(made.values(), batch_size=500)
        AuditEntry.objects.bulk_create((_entry("exclude voter", one, by) for one in made.values()), batch_size=500)
    return len(made)


def allow_voter(*, exclusion: VoteExclusion, by: User) -> None:
    """Take an exclusion back. Audited; a second click finds nothing left to do."""
    guard(by)
    with transaction.atomic():
        ensure_collecting(exclusion.round_id)
        if VoteExclusion.objects.filter(pk=exclusion.pk).delete()[0]:
            _entry("allow voter", exclusion, by).save()


def _row(round_: Round, row: Exclusion) -> VoteExclusion:
    one = VoteExclusion(round=round_, subject=row.subject, reason=row.reason.strip()[:240])
    if isinstance(row.voter, Unit):
        one.unit = row.voter
    elif isinstance(row.voter, Person):
        one.person = row.voter
    else:
        one.account = row.voter
    return one


def _key(one: VoteExclusion) -> tuple[int, str, int]:
    kind = "unit" if one.unit_id else "person" if one.person_id else "account"
    return one.subject_id, kind, one.unit_id or one.person_id or one.account_id or 0


def _entry(action: str, one: VoteExclusion, by: User) -> AuditEntry:
    who = str(one.unit or one.person or one.account)
    changes = {"voter": (None, who) if action == "exclude voter" else (who, None)}
    return audit.entry(
        by, action, one.subject, label=one.subject.name, changes=changes, round_id=one.round_id, reason=one.reason
    )

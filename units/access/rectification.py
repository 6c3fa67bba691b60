"""The rectification ledger: who keeps it, who puts problems right, who finds that it was done."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol

from ..models import Role, User
from .ballots import may_read_comments
from .roles import belongs_to, has_role, is_office, is_own, own_keys

COMMENT = "comment"  # the source of what a voter wrote


class LedgerItem(Protocol):
    source: str
    person_id: int | None
    unit_id: int | None
    reported_by_id: int | None

    @property
    def subject(self) -> Any: ...


def may_run_ledger(user: Any) -> bool:
    """Take findings in, set and put off deadlines, verify, remind, take out, carry on into the next round."""
    return is_office(user)


def may_see_ledger(user: Any) -> bool:
    """The whole ledger of a round, and the circular."""
    return has_role(user, Role.OFFICE, Role.AUDITOR, Role.LEADER)


def may_see_some_items(user: Any) -> bool:
    """Whoever sees all, and whoever may have items of the own."""
    return may_see_ledger(user) or has_role(user, Role.SUBJECT)


def answers_for_item(user: Any, item: LedgerItem) -> bool:
    """Whether the account stands for the subject, or for the person or unit that is responsible besides."""
    units, people = own_keys(user)
    return is_own(user, item.subject) or item.person_id in people or item.unit_id in units


def may_see_items_from_comments(user: Any) -> bool:
    """What voters wrote is part of ballots: whoever may not read that, does not read what became of it either."""
    return may_read_comments(user)


def may_read_item(user: Any, item: LedgerItem) -> bool:
    if answers_for_item(user, item):
        return True
    return may_see_ledger(user) and (item.source != COMMENT or may_see_items_from_comments(user))


def may_work_on_item(user: Any, item: LedgerItem) -> bool:
    """Set measures, write progress, report that it is done: the responsible side, or the office in its place."""
    return answers_for_item(user, item) or is_office(user)


def may_change_item(user: Any, item: LedgerItem) -> bool:
    """Reword it, put off its deadline, take it out: the office, but nobody what he answers for himself."""
    return may_run_ledger(user) and not answers_for_item(user, item)


def may_verify_item(user: Any, item: LedgerItem, workers: Collection[int]) -> bool:
    """Strike off, or send back: the office, but nobody who did it, reported it or belongs to whom it is about.

    `workers`: the accounts that set measures, wrote progress or added files.
    """
    if not is_office(user) or user.pk in workers or user.pk == item.reported_by_id:
        return False
    return not answers_for_item(user, item) and not _belongs(user, item)


def _belongs(user: User, item: LedgerItem) -> bool:
    """In whatever role."""
    if belongs_to(user, item.subject):
        return True
    return item.person_id is not None and any(grant.person_id == item.person_id for grant in user.grants)

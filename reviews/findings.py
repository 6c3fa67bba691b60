"""Where problems are found that the rectification ledger may take in: a registry, so that it need not know them all.

A provider gives what it has found in a round; who keeps the ledger ticks what becomes an item. What follows from a
finding besides (an interview) is offered by whoever arranges it, as an action beside the finding.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.utils import timezone

from units.models import User

from .meeting_actions import Action
from .models import LedgerItem, Round, Subject

DAYS = 60  # to put a problem right, where nothing says how many


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem as it was found. `text` is what the item will start from, `words` say where it comes from, `demand`
    what the plan says has to follow."""

    source: str  # of ItemSource
    source_id: str
    subject: Subject
    text: str
    words: str
    url: str = ""
    days: int = DAYS
    demand: str = ""

    @property
    def key(self) -> str:
        return f"{self.source}.{self.source_id}"

    @property
    def deadline(self) -> datetime.date:
        return in_days(self.days)


def in_days(days: int = DAYS) -> datetime.date:
    return timezone.localdate() + datetime.timedelta(days=days)


Provider = Callable[[Round, User], Iterable[Finding]]
Beside = Callable[[Sequence[Finding], User], dict[str, Action]]
_providers: list[Provider] = []
_beside: list[Beside] = []


def findings_from(provider: Provider) -> Provider:
    """Name a source of findings (once; usable as a decorator). The number of its queries must not grow with them."""
    if provider not in _providers:
        _providers.append(provider)
    return provider


def beside_findings(give: Beside) -> Beside:
    """Name what else can be done about findings, by their keys: for one as for many the same number of queries."""
    if give not in _beside:
        _beside.append(give)
    return give


def all_findings(round_: Round, user: User) -> list[Finding]:
    return [finding for provide in _providers for finding in provide(round_, user)]


def open_findings(round_: Round, user: User) -> list[Finding]:
    """Those that no item was made of yet, each once. One query besides those of the providers."""
    rows = LedgerItem.objects.filter(round=round_).exclude(source_id="").exclude(state="withdrawn")
    taken = {f"{source}.{key}" for source, key in rows.values_list("source", "source_id")}
    found = {finding.key: finding for finding in all_findings(round_, user) if finding.key not in taken}
    return list(found.values())


def actions_beside(findings: Sequence[Finding], user: User) -> dict[str, list[Action]]:
    found: dict[str, list[Action]] = {}
    for give in _beside if findings else ():
        for key, action in give(findings, user).items():
            found.setdefault(key, []).append(action)
    return found

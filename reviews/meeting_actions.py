"""What other parts of the product add to the page of a review meeting: a registry, so that it need not know them.

An action is a function that gives what this account may do now: with the meeting from its opening on (open the
ballot, which some plans ask for after each stage), or with one commentary (take it into the rectification ledger).
Apps register theirs when they are ready.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from units.models import User

from .models import Meeting, Remark


@dataclass(frozen=True, slots=True)
class Action:
    """A link of the page. `note` says what stands there already, such as “open since 10:20, 31 of 40 have voted”."""

    label: str
    url: str
    note: str = ""
    primary: bool = False


OnceOpen = Callable[[Meeting, User], Iterable[Action]]
OnCommentaries = Callable[[list[Remark], User], dict[int, Action]]

_once_open: list[OnceOpen] = []
_on_commentaries: list[OnCommentaries] = []


def once_open(give: OnceOpen) -> OnceOpen:
    """Register (or decorate with) a function that gives actions for a meeting that was opened."""
    if give not in _once_open:
        _once_open.append(give)
    return give


def on_commentaries(give: OnCommentaries) -> OnCommentaries:
    """Register (or decorate with) a function that gives an action for each of some commentaries, by their keys."""
    if give not in _on_commentaries:
        _on_commentaries.append(give)
    return give


def actions_once_open(meeting: Meeting, user: User) -> list[Action]:
    return [action for give in _once_open for action in give(meeting, user)]


def actions_on(commentaries: list[Remark], user: User) -> dict[int, list[Action]]:
    """Key of the commentary → what can be done with it; the same number of queries for one as for many."""
    found: dict[int, list[Action]] = {}
    for give in _on_commentaries if commentaries else ():
        for pk, action in give(commentaries, user).items():
            found.setdefault(pk, []).append(action)
    return found

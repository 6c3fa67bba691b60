"""Stored results hold the tallies that they were computed from. They do not outlive a vote that was annulled: it is
said that nothing of it is kept, and what withholds the votes of few reads the counts as they are now."""

from __future__ import annotations

from collections.abc import Callable

Forget = Callable[[int], None]
_forget: list[Forget] = []


def forget_with(forget: Forget) -> None:
    """Called once when the app that keeps results starts; `forget` takes a round's id."""
    _forget[:] = [forget]


def forget_results(round_id: int) -> None:
    """Destroy the stored results of a round that is being collected; it is computed again from what is left."""
    for forget in _forget:
        forget(round_id)

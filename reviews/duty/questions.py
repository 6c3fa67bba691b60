"""Where last year's problems come from that a report has to answer: whoever keeps some says so at start.

    answer_for(provider)      # provider(subject) -> problems, in the order in which they are to be answered

The ledger of problems lies above or beside this; the report knows only what it is told. Without any provider
there is nothing to answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from reviews.models import Subject

from .layout import Question

Provider = Callable[[Subject], Iterable[Question]]
_providers: list[Provider] = []


def answer_for(provider: Provider) -> Provider:
    """Name a source of problems (once; usable as a decorator). Keys are the provider's own and stay the same."""
    if provider not in _providers:
        _providers.append(provider)
    return provider


def forget(provider: Provider) -> None:
    if provider in _providers:
        _providers.remove(provider)


def questions_for(subject: Subject) -> list[Question]:
    """All that this subject's report is to answer. Each provider costs what it costs."""
    return [question for provider in _providers for question in provider(subject)]

"""One subject's inputs while they are fitted to another plan, and taking out what an error names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .engine.text import gettext_noop as _
from .engine.types import InputError, SubjectInput

# What an error is about, by the first part of its field.
WHAT: Mapping[str, str] = {
    "mark": _("marks"),
    "event": _("events"),
    "attainment": _("targets and results"),
    "number": _("figures"),
    "vote": _("votes given"),
    "earlier": _("results of earlier rounds"),
    "not_applicable": _("the setting “not applicable”"),
    "fact": _("facts"),
    "decision": _("decisions of the committee"),
    "subject": _("all inputs"),
}
SOURCES = {"mark": "marks", "event": "events", "attainment": "attainment", "number": "numbers", "vote": "votes"}


@dataclass(slots=True)
class SubjectDraft:
    """What belongs to somebody else is copied before it is changed: other plans compute with it too."""

    one: SubjectInput
    emptied: set[str] = field(default_factory=set)  # leaves that lost an input
    own: set[str] = field(default_factory=set)  # sources whose table is a copy

    def put(self, source: str, code: str, value: Any) -> None:
        self._own(source)[code] = value

    def drop(self, source: str, code: str) -> None:
        self._own(source).pop(code, None)
        self.emptied.add(code)

    def _own(self, source: str) -> dict[str, Any]:
        if source not in self.own:
            parts: dict[str, Any] = {source: dict(getattr(self.one, source))}
            self.one = replace(self.one, **parts)
            self.own.add(source)
        table: dict[str, Any] = getattr(self.one, source)
        return table


def take_out(draft: SubjectDraft, error: InputError, outside: set[str]) -> None:
    """Take the input that an error names out of the draft; a subject that cannot be appraised is left out."""
    kind, _dot, part = error.field.partition(".")
    one, source = draft.one, SOURCES.get(kind, "")
    if kind == "fact":
        draft.one = replace(one, facts={code: value for code, value in one.facts.items() if code != error.key})
    elif kind == "not_applicable" and error.code in one.not_applicable:
        draft.one = replace(one, not_applicable=one.not_applicable - {error.code})
    elif kind == "earlier":
        kept = {name: tuple(e for e in rounds if e.round != error.key) for name, rounds in one.earlier.items()}
        draft.one = replace(one, earlier=kept)
        draft.own.add("earlier")
        draft.emptied.add(error.code)
    elif not source:
        outside.add(one.key)
    elif part in ("indicator", "not_applicable") or kind in ("attainment", "number"):
        draft.drop(source, error.code)
    elif error.code in getattr(one, source):
        rest = _REST[kind](getattr(one, source)[error.code], error)
        draft.drop(source, error.code)
        if rest:
            draft.put(source, error.code, rest)


def _other_marks(given: Any, error: InputError) -> Any:
    return tuple(mark for mark in given if mark.assessor not in ("", error.key))


def _other_events(given: Any, error: InputError) -> Any:
    return tuple(event for event in given if event.key != error.key)


def _other_votes(given: Any, error: InputError) -> Any:
    if error.field == "vote.class":
        return {name: answers for name, answers in given.items() if name != error.key}
    own = {answer: number for answer, number in given.get(error.key, {}).items() if answer != error.answer}
    return {**given, error.key: own} if error.key in given else given


_REST: Mapping[str, Callable[[Any, InputError], Any]] = {
    "mark": _other_marks,
    "event": _other_events,
    "vote": _other_votes,
}

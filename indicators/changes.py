"""A difference between two plans, in words, and all of them by the parts of a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from scoring.engine.text import gettext_noop
from scoring.engine.types import Text

from .value_words import Word

ADDED, REMOVED, CHANGED, MOVED = "added", "removed", "changed", "moved"
KINDS: Mapping[str, str | Promise] = {
    ADDED: _("Added"),
    REMOVED: _("Removed"),
    CHANGED: _("Changed"),
    MOVED: _("Moved"),
}
PARTS: Mapping[str, str | Promise] = {
    "plan": _("Basics"),
    "indicators": _("Indicators"),
    "facts": _("Facts"),
    "rules": _("Grade rules"),
    "results": _("Use of the results"),
    "procedure": _("Procedure"),
}
_SENTENCES = {
    ADDED: gettext_noop("%(place)s: %(what)s was added: %(new)s"),
    REMOVED: gettext_noop("%(place)s: %(what)s was removed: %(old)s"),
    CHANGED: gettext_noop("%(place)s: %(what)s was changed from “%(old)s” to “%(new)s”"),
    MOVED: gettext_noop("%(place)s: %(what)s was changed from “%(old)s” to “%(new)s”"),
}
_SHORT = {
    ADDED: gettext_noop("%(place)s was added: %(new)s"),
    REMOVED: gettext_noop("%(place)s was removed: %(old)s"),
    CHANGED: gettext_noop("%(place)s was changed from “%(old)s” to “%(new)s”"),
    MOVED: gettext_noop("%(place)s was changed from “%(old)s” to “%(new)s”"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `place` is a code, a number from 1, or the name of a field; `title` says it in words.

    `what` changed there (empty: the place itself), from `old` to `new`, both in words (empty: there was nothing).
    """

    part: str
    place: str
    title: Word
    kind: str
    what: Word
    old: Word = ""
    new: Word = ""

    @property
    def kind_words(self) -> str | Promise:
        return KINDS[self.kind]

    @property
    def sentence(self) -> Text:
        """The change on its own, in one sentence."""
        return Text(_SENTENCES[self.kind], {"place": self.title, "what": self.what, "old": self.old, "new": self.new})


@dataclass(frozen=True, slots=True)
class Place:
    """All changes at one place."""

    title: Word
    changes: list[Change]


@dataclass(frozen=True, slots=True)
class Part:
    """All changes of one part of a plan."""

    key: str
    title: str | Promise
    places: list[Place]


def in_parts(changes: Sequence[Change]) -> list[Part]:
    """The changes as `indicators/_differences.html` shows them."""
    parts: list[Part] = []
    for key, title in PARTS.items():
        places: dict[str, Place] = {}
        for change in changes:
            if change.part == key:
                places.setdefault(change.place, Place(change.title, [])).changes.append(change)
        if places:
            parts.append(Part(key, title, list(places.values())))
    return parts

"""Whether enough are there (法定人数): read from what a plan or a person wrote, said in words. Plain arithmetic."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

_SHARE = re.compile(r"(>?)(?:(\d{1,3})/([1-9]\d{0,2})|(\d{1,3}(?:\.\d{1,4})?)%)")
_NUMBER = re.compile(r"[1-9]\d{0,4}")


@dataclass(frozen=True, slots=True)
class Quorum:
    """At least a share of those expected (`more`: more than it), or a number. Neither: nothing is asked for."""

    share: Fraction | None = None
    more: bool = False
    number: int | None = None
    text: str = ""

    def needed(self, expected: int) -> int:
        """How many have to be there of so many who are expected."""
        if self.number is not None:
            return self.number
        if self.share is None:
            return 0
        exact = self.share * expected
        return floor(exact) + 1 if self.more else ceil(exact)

    def reached(self, expected: int, present: int) -> bool:
        """Where a quorum is asked for and nobody is on the list, it is not reached: nobody was counted."""
        if self.number is None and self.share is None:
            return True
        return expected > 0 and present >= self.needed(expected)

    @property
    def is_asked(self) -> bool:
        return self.number is not None or self.share is not None

    @property
    def words(self) -> str:
        if self.number is not None:
            return ngettext("at least %(count)d person", "at least %(count)d people", self.number) % {
                "count": self.number
            }
        if self.share is None:
            return _("no quorum is asked for")
        words = _("more than %(share)s of those expected") if self.more else _("at least %(share)s of those expected")
        return words % {"share": self.text.lstrip(">")}


def read_quorum(text: str) -> Quorum | None:
    """None if it cannot be read; an empty text asks for nothing. Above everybody is nonsense, as is a share of 0."""
    said = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    if not said:
        return Quorum()
    if _NUMBER.fullmatch(said):
        return Quorum(number=int(said), text=said)
    if match := _SHARE.fullmatch(said):
        share = Fraction(int(match[2]), int(match[3])) if match[2] else Fraction(match[4]) / 100
        if 0 < share <= 1 and not (match[1] and share == 1):
            return Quorum(share=share, more=bool(match[1]), text=said)
    return None


@dataclass(frozen=True, slots=True)
class Attendance:
    """How many of each: expected without the observers, who are counted apart."""

    expected: int = 0
    present: int = 0
    leave: int = 0
    absent: int = 0
    observers: int = 0

    @property
    def missing(self) -> int:
        """Expected, not there, and nobody has said why."""
        return self.expected - self.present - self.leave - self.absent

    @property
    def share(self) -> Fraction | None:
        return Fraction(self.present, self.expected) if self.expected else None


def quorum_words(quorum: Quorum, attendance: Attendance) -> str:
    """应到 30 人，实到 24 人 … 达到要求, as it is read out when a meeting is opened."""
    a = attendance
    said = _("expected %(expected)d, present %(present)d, on leave %(leave)d, absent %(absent)d") % {
        "expected": a.expected,
        "present": a.present,
        "leave": a.leave,
        "absent": a.absent + a.missing,
    }
    if a.observers:
        said = _("%(said)s, observers %(observers)d") % {"said": said, "observers": a.observers}
    if not quorum.is_asked:
        return _("%(said)s; no quorum is asked for.") % {"said": said}
    values = {"said": said, "rule": quorum.words, "needed": quorum.needed(a.expected)}
    if quorum.reached(a.expected, a.present):
        return _("%(said)s; the quorum (%(rule)s, that is %(needed)d) is reached.") % values
    return _("%(said)s; the quorum (%(rule)s, that is %(needed)d) is not reached.") % values

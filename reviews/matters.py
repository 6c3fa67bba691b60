"""Whether two names of a matter mean the same matter (同一事项): a question put to people, never an answer.

Names are compared as people write them: full-width or not, with or without brackets, dates in any form, document
numbers in any brackets. Whole numbers only, so that the same names get the same answer everywhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

SAME = 80  # from here on people are asked whether it is the same matter
ALIKE = 45  # from here on a name is worth suggesting
TELLING = 6  # letters of a name that say enough to be found again in a longer one
_DAY = re.compile(r"(\d{4})\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})\s*日?")
_MONTH = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月")
_FILLER = re.compile(r"关于|的|第(?=\d)")
_FIGURES = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Likeness:
    """A name and how like it is, in hundredths."""

    matter: str
    percent: int

    @property
    def same(self) -> bool:
        return self.percent >= SAME


def normal(text: str) -> str:
    """A name without what writing it differently changes: width, case, brackets, punctuation, forms of dates."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = _DAY.sub(lambda m: f"{m[1]}{int(m[2]):02}{int(m[3]):02}", plain)
    plain = _MONTH.sub(lambda m: f"{m[1]}{int(m[2]):02}", plain)
    plain = "".join(letter for letter in plain if unicodedata.category(letter)[0] in "LNM")
    return _FILLER.sub("", plain)


def figures(text: str) -> list[str]:
    """The numbers of a name: its dates, and the year and number of a document."""
    plain = unicodedata.normalize("NFKC", text)
    plain = _DAY.sub(lambda m: f" {m[1]}{int(m[2]):02}{int(m[3]):02} ", plain)
    plain = _MONTH.sub(lambda m: f" {m[1]}{int(m[2]):02} ", plain)
    return [found.lstrip("0") or "0" for found in _FIGURES.findall(plain)]


def percent(first: str, second: str) -> int:
    """How like two names are: 100 for the same but for the writing, 0 for nothing in common."""
    one, other = normal(first), normal(second)
    if not one or not other:
        return 0
    found = _percent(one, other)
    if found < 100 and (one in other or other in one):
        # “Experience shared district-wide”, and the same with the number of the document behind it.
        found = max(found, SAME if min(len(one), len(other)) >= TELLING else ALIKE)
    # 〔2020〕1号 and 〔2020〕2号 differ in one letter only, and are two documents.
    mine, theirs = Counter(figures(first)), Counter(figures(second))
    if mine and theirs and mine - theirs and theirs - mine:
        found = min(found, SAME - 1)
    return found


def _percent(one: str, other: str) -> int:
    if one == other:
        return 100
    whole = len(one) + len(other)
    most = 200 * sum((Counter(one) & Counter(other)).values()) // whole
    if most < ALIKE:
        return most
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return min(99, 200 * sum(block.size for block in blocks) // whole)


def alike(text: str, matters: Iterable[str], least: int = ALIKE, most: int = 8) -> list[Likeness]:
    """Of these names those that are like the text, the likest first; the text itself is not among them."""
    wanted = text.strip()
    found = [Likeness(matter, percent(wanted, matter)) for matter in dict.fromkeys(matters) if matter != wanted]
    found = [one for one in found if one.percent >= least]
    found.sort(key=lambda one: (-one.percent, one.matter))
    return found[:most]


def same_document(first: str, second: str) -> bool:
    """Whether two document numbers are one, however they are written."""
    return bool(normal(first)) and normal(first) == normal(second)

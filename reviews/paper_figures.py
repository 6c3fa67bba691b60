"""What is counted of a poll's paper ballots: reading it as people type it, how it must add up, where two counts differ.

Plain data: a cell is a subject, a leaf and an answer ("" for an abstention); subject 0 without a leaf stands for the
ballots as a whole. A cell that is not there is 0.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from scoring.engine.types import ABSTAIN

from .ballot_form import Leaf, Place, Problem, Terms, expected, limit_of, places_of, read_answer
from .numbers import normal
from .services.errors import InvalidInput

Cell = tuple[int, str, str]  # subject, leaf, answer
Figures = Mapping[Cell, int]

# The ballots as a whole: received = valid + invalid + blank.
BALLOTS = {
    "received": gettext_lazy("received"),
    "valid": gettext_lazy("valid"),
    "invalid": gettext_lazy("invalid"),
    "blank": gettext_lazy("blank"),
}
WHOLE: Place = (0, "")
MOST_DIGITS = 6
_TIMES = re.compile(r"\s*[x×✕*]\s*", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s,;，；、]+")


@dataclass(frozen=True, slots=True)
class Layout:
    """One paper: its places, how many it asks of each leaf, and how many of those who vote on paper have it.

    `places` leaves out what was withdrawn or set not applicable since it was printed; `sizes` does not.
    """

    places: tuple[Place, ...]
    sizes: Mapping[str, int]
    handed: int


@dataclass(frozen=True, slots=True)
class Frame:
    """What figures of a poll's paper ballots must fit into. `handed`: ballots handed out."""

    terms: Terms
    layouts: tuple[Layout, ...]

    @property
    def handed(self) -> int:
        return sum(layout.handed for layout in self.layouts)

    def having(self) -> Counter[Place]:
        """Place → how many of the ballots handed out ask it; each place of any paper is there."""
        found: Counter[Place] = Counter()
        for layout in self.layouts:
            for place in layout.places:
                found[place] += layout.handed
        return found

    def most(self, leaf: str, share: str, valid: int) -> int:
        """How often so many valid ballots together may give an option that has a limit."""
        return valid * max((limit_of(share, layout.sizes.get(leaf, 0)) for layout in self.layouts), default=0)


def frame_of(terms: Terms, papers: Sequence[tuple[Sequence[Sequence[Any]], int]], rated: Collection[Place]) -> Frame:
    """`papers`: (the stored places of a paper, how many voters on paper have it); `rated`: places still rated."""
    layouts = []
    for stored, handed in papers:
        places = places_of(stored)
        sizes = Counter(code for _subject, code in places)
        layouts.append(Layout(tuple(place for place in places if place in rated), sizes, handed))
    return Frame(terms, tuple(layouts))


# ---------------------------------------------------------------- reading


def read_count(raw: str) -> int | None:
    """A number of ballots as it is typed; None where nothing was. Raises InvalidInput."""
    plain = normal(raw)
    if not plain:
        return None
    if not plain.isascii() or not plain.isdigit() or len(plain) > MOST_DIGITS:
        raise InvalidInput(_("“%(text)s” is not a number of ballots.") % {"text": raw})
    return int(plain)


def read_tally(leaf: Leaf, raw: str) -> dict[str, int]:
    """“90×3 85 85” → how often each figure was given, in the figures' one form. Raises InvalidInput."""
    found: Counter[str] = Counter()
    for part in filter(None, _BETWEEN.split(_TIMES.sub("×", normal(raw)))):
        figure, times, count = part.partition("×")
        answer = read_answer(leaf, figure)
        if answer is None:
            raise InvalidInput(f"“{figure}”: {expected(leaf)}")
        number = read_count(count)
        if times and number is None:
            raise InvalidInput(_("“%(text)s” is not a number of ballots.") % {"text": part})
        found[answer] += 1 if number is None else number
    return dict(found)


def tally_words(answers: Mapping[str, int]) -> str:
    """The same way back, highest figure first."""
    ordered = sorted(answers.items(), key=lambda pair: Fraction(pair[0]), reverse=True)
    return " ".join(f"{answer}×{count}" for answer, count in ordered)


def seen_words(answers: Mapping[str, int]) -> str:
    """The token of what stands in a place: two states are the same where this is."""
    return ";".join(f"{answer}={count}" for answer, count in sorted(answers.items()))


def by_place(figures: Figures) -> dict[Place, dict[str, int]]:
    found: dict[Place, dict[str, int]] = {}
    for (subject, leaf, answer), count in figures.items():
        found.setdefault((subject, leaf), {})[answer] = count
    return found


def votes_of(answers: Mapping[str, int]) -> int:
    return sum(count for answer, count in answers.items() if answer != ABSTAIN)


# ---------------------------------------------------------------- how figures add up


def problems(frame: Frame, figures: Figures) -> list[Problem]:
    """Everything that does not add up, place by place."""
    places = by_place(figures)
    whole = places.get(WHOLE, {})
    found = [Problem(words, WHOLE) for words in _whole_problems(frame, whole)]
    valid, having = whole.get("valid", 0), frame.having()
    for place, asked in having.items():
        words = place_problem(frame, places.get(place, {}), valid, asked)
        if words:
            found.append(Problem(words, place))
    return found + [Problem(words) for words in _limit_problems(frame, places, valid)]


def _whole_problems(frame: Frame, whole: Mapping[str, int]) -> list[str]:
    if lacking := [str(words) for name, words in BALLOTS.items() if name not in whole]:
        return [_("How many ballots are %(list)s? A 0 is a figure, too.") % {"list": "、".join(lacking)}]
    found = []
    if whole["received"] != whole["valid"] + whole["invalid"] + whole["blank"]:
        words = _("%(received)d ballots were received, but %(sum)d are valid, invalid or blank.")
        found.append(words % {"received": whole["received"], "sum": sum(whole.values()) - whole["received"]})
    if whole["received"] > frame.handed:
        words = _("%(received)d ballots were received, but only %(handed)d handed out.")
        found.append(words % {"received": whole["received"], "handed": frame.handed})
    return found


def place_problem(frame: Frame, answers: Mapping[str, int], valid: int, asked: int) -> str:
    """Answers and abstentions are as many as the valid ballots; fewer by those at most that do not ask this place."""
    votes, total = votes_of(answers), sum(answers.values())
    least = max(0, valid - (frame.handed - asked))
    if not least <= total <= valid:
        wanted = str(valid) if least == valid else f"{least}–{valid}"
        words = _("Answers and abstentions are %(total)d; the valid ballots ask for %(wanted)s.")
        return words % {"total": total, "wanted": wanted}
    if votes > asked:
        words = ngettext("Only %(asked)d voter may rate here.", "Only %(asked)d voters may rate here.", asked)
        return words % {"asked": asked}
    if not frame.terms.abstain and votes < total:
        return _("This ballot takes no abstentions.")
    return ""


def _limit_problems(frame: Frame, places: Mapping[Place, Mapping[str, int]], valid: int) -> list[str]:
    found = []
    for leaf in frame.terms.leaves:
        for option, share in frame.terms.limits:
            if option not in leaf.options:
                continue
            given = sum(answers.get(option, 0) for (_s, code), answers in places.items() if code == leaf.code)
            most = frame.most(leaf.code, share, valid)
            if given > most:
                words = _(
                    "%(leaf)s: “%(option)s” was given %(given)d times; the valid ballots may give it %(most)d times."
                )
                found.append(words % {"leaf": leaf.title, "option": option, "given": given, "most": most})
    return found


# ---------------------------------------------------------------- comparing


@dataclass(frozen=True, slots=True)
class Difference:
    cell: Cell
    first: int
    second: int


def differences(first: Figures, second: Figures) -> list[Difference]:
    """Cell by cell, in the order of the cells."""
    return [
        Difference(cell, first.get(cell, 0), second.get(cell, 0))
        for cell in sorted(first.keys() | second.keys())
        if first.get(cell, 0) != second.get(cell, 0)
    ]

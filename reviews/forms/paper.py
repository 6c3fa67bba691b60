"""Forms of paper ballots: handing out, printing, and the table in which somebody enters what he counted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from reviews.ballot_form import Leaf, Place
from reviews.models import Subject
from reviews.numbers import normal
from reviews.paper_figures import (
    BALLOTS,
    WHOLE,
    Frame,
    by_place,
    place_problem,
    read_count,
    read_tally,
    seen_words,
    tally_words,
)
from reviews.services.errors import Conflict, InvalidInput, ReviewError
from reviews.services.polls.handing import MOST_COPIES
from reviews.services.polls.tally import PlaceRow
from scoring.engine.types import ABSTAIN

MOST_SLIPS = 2000
_RANGE = re.compile(r"(\d{1,6})(?:\s*[-–—~]\s*(\d{1,6}))?")


class SlipsForm(forms.Form):
    """Numbers of slips, such as “1-5, 9”."""

    slips = forms.CharField(
        label=_("Numbers of the slips given back"),
        max_length=2000,
        help_text=_("For instance: 1-5, 9"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )

    def clean_slips(self) -> list[int]:
        found: dict[int, None] = {}
        for part in filter(None, re.split(r"[,，;；、\s]+", normal(self.cleaned_data["slips"]))):
            match = _RANGE.fullmatch(part)
            first = int(match[1]) if match else 0
            last = int(match[2]) if match and match[2] else first
            if not match or not 1 <= first <= last or len(found) + last - first >= MOST_SLIPS:
                raise forms.ValidationError(_("“%(part)s” is not a number of a slip."), params={"part": part})
            found |= dict.fromkeys(range(first, last + 1))
        return list(found)


class NamelessForm(forms.Form):
    number = forms.IntegerField(
        label=_("Ballots without a name"),
        min_value=1,
        max_value=MOST_COPIES,
        widget=forms.NumberInput(attrs={"autocomplete": "off"}),
    )


class CopiesForm(forms.Form):
    """`digest`: the paper's, "" for the common one."""

    digest = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    copies = forms.IntegerField(label=_("Copies printed"), min_value=1, max_value=MOST_COPIES)


# ---------------------------------------------------------------- the table of figures


@dataclass(frozen=True, slots=True)
class CountField:
    """One input: `column` is what the arrow keys follow, `is_text` a field that takes “90×3 85”."""

    name: str
    label: str
    value: str
    column: str
    is_text: bool = False


@dataclass(slots=True)
class CountLine:
    """One place of the table as it is shown: its fields, the token of what stands there, and what is wrong."""

    place: Place
    subject: Subject | None
    number: int
    fields: list[CountField]
    seen: str
    total: int | None = None
    lacking: int = 0
    problem: str = ""
    error: str = ""

    @property
    def key(self) -> int:
        return self.place[0]


@dataclass(slots=True)
class Posted:
    """What a request wants to stand in the places it names: right rows, and why others cannot be read."""

    rows: list[PlaceRow] = field(default_factory=list)
    wrong: dict[Place, str] = field(default_factory=dict)


def posted_places(data: Mapping[str, str], leaf: Leaf | None) -> Posted:
    """The rows of a form, or of one autosave: every place with a `seen-SUBJECT`; 0 are the ballots as a whole."""
    found = Posted()
    for name, seen in data.items():
        key = name.removeprefix("seen-")
        if key == name or not (key.isascii() and key.isdigit() and len(key) <= 18):
            continue
        place = WHOLE if key == "0" else (int(key), leaf.code if leaf else "")
        try:
            answers = _whole(data) if place == WHOLE else _answers(data, key, leaf)
        except InvalidInput as error:
            found.wrong[place] = str(error)
        else:
            found.rows.append(PlaceRow(place, answers, seen))
    return found


def _whole(data: Mapping[str, str]) -> dict[str, int]:
    counts = {name: read_count(data.get(f"n-0-{column}", "")) for column, name in enumerate(BALLOTS)}
    return {name: count for name, count in counts.items() if count is not None}


def _answers(data: Mapping[str, str], key: str, leaf: Leaf | None) -> dict[str, int]:
    if leaf is None:
        return {}
    if leaf.options:
        counts = {option: read_count(data.get(f"n-{key}-{place}", "")) for place, option in enumerate(leaf.options)}
        found = {option: count for option, count in counts.items() if count is not None}
    else:
        found = read_tally(leaf, data.get(f"t-{key}", ""))
    abstained = read_count(data.get(f"a-{key}", ""))
    return found if abstained is None else found | {ABSTAIN: abstained}


def whole_line(answers: Mapping[str, int], typed: Mapping[str, str] | None = None) -> CountLine:
    """The four numbers of the ballots as a whole."""
    fields = [
        CountField(name, str(label), _value(answers.get(key), typed, name), str(column))
        for column, (key, label) in enumerate(BALLOTS.items())
        for name in [f"n-0-{column}"]
    ]
    return CountLine(WHOLE, None, 0, fields, (typed or {}).get("seen-0", seen_words(answers)))


def _value(count: int | None, typed: Mapping[str, str] | None, name: str) -> str:
    return typed[name] if typed and name in typed else "" if count is None else str(count)


def place_lines(
    frame: Frame,
    leaf: Leaf,
    subjects: Iterable[tuple[int, Subject]],
    figures: Mapping[tuple[int, str, str], int],
    typed: Mapping[str, str] | None = None,
) -> list[CountLine]:
    """The lines of a page of the table; with `typed` as they came back."""
    places, having = by_place(figures), frame.having()
    valid = places.get(WHOLE, {}).get("valid")
    lines = []
    for number, subject in subjects:
        place = (subject.pk, leaf.code)
        answers = places.get(place, {})
        line = CountLine(
            place,
            subject,
            number,
            _fields(frame, leaf, subject.pk, answers, typed),
            (typed or {}).get(f"seen-{subject.pk}", seen_words(answers)),
            sum(answers.values()) if answers else None,
            frame.handed - having[place],
        )
        if answers and valid is not None:
            line.problem = place_problem(frame, answers, valid, having[place])
        lines.append(line)
    return lines


def _fields(
    frame: Frame, leaf: Leaf, subject: int, answers: Mapping[str, int], typed: Mapping[str, str] | None
) -> list[CountField]:
    fields = [
        CountField(name, option, _value(answers.get(option), typed, name), str(column))
        for column, option in enumerate(leaf.options)
        for name in [f"n-{subject}-{column}"]
    ]
    if not leaf.options:
        votes = tally_words({answer: count for answer, count in answers.items() if answer != ABSTAIN})
        name = f"t-{subject}"
        fields.append(CountField(name, str(_("Scores")), (typed or {}).get(name, votes), "0", is_text=True))
    if frame.terms.abstain:
        name = f"a-{subject}"
        fields.append(CountField(name, str(_("Abstain")), _value(answers.get(ABSTAIN), typed, name), "a"))
    return fields


def mark_refused(lines: Sequence[CountLine], refused: Mapping[Place, Any]) -> None:
    """Write beside each line why it was not saved; one changed meanwhile gets the new token, to be saved knowingly."""
    for line in lines:
        why = refused.get(line.place)
        if isinstance(why, Conflict):
            line.seen = why.theirs.seen
        if why is not None:
            line.error = refusal_words(why) if isinstance(why, ReviewError) else str(why)


def refusal_words(error: ReviewError) -> str:
    if isinstance(error, Conflict):
        words = _("Changed in another window meanwhile (%(value)s). Save again to keep what stands here.")
        return str(words) % {"value": error.theirs.value or "—"}
    return str(error)

"""Counting votes: from tallies (answer → number of votes) to the mean V, exactly (rules of §4).

Votes are never expanded: a hundred equal votes are one answer and the number 100.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from .methods.base import Report
from .rounding import whole_numbers
from .text import figure
from .text import gettext_noop as _
from .types import ABSTAIN, BallotForm, Tally, Text

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)

# The valid votes of one class: value (over the counter's common denominator) → votes.
Counts = dict[int, int]


@dataclass(frozen=True, slots=True)
class Count:
    """The valid votes on one subject on one leaf. `silent`: classes without any."""

    mean: Fraction
    silent: tuple[str, ...]
    answers: Mapping[str, int]  # of all classes together
    tally: Tally


class Counter:
    """Reads the tallies of one leaf by its ballot form."""

    def __init__(self, form: BallotForm) -> None:
        self.form = form
        weights, _common = whole_numbers(Fraction(c.weight) for c in form.classes)
        self.weights = {c.code: w for c, w in zip(form.classes, weights, strict=True)}
        figures = [o.value for o in form.options] or [form.step, form.scale]
        values, self.common = whole_numbers(Fraction(value) for value in figures)
        self.options = {o.title: v for o, v in zip(form.options, values, strict=False)}
        self._seen: dict[str, int] = dict(self.options)

    def count(self, tally: Tally, report: Report) -> Count | None:
        """Check and count; None if there is no valid vote (of a class that weighs anything)."""
        for code in tally.keys() - self.weights.keys():
            report("vote.class", self._unknown_class(code), code)
        numerator, denominator, weight = 0, 1, 0
        silent: list[str] = []
        answers: dict[str, int] = {}
        for code, share in self.weights.items():
            votes = self._votes(code, tally.get(code, {}), answers, report)
            if not votes:
                silent.append(code)
                continue
            total, number = trimmed(votes, self.form.trim)
            numerator = numerator * number + share * total * denominator
            denominator *= number
            weight += share
        if weight == 0:
            return None
        mean = Fraction(numerator, denominator * weight * self.common)
        return Count(mean, tuple(silent), answers, tally)

    def _votes(self, code: str, answers: Mapping[str, int], together: dict[str, int], report: Report) -> Counts:
        votes: Counts = {}
        for answer, number in answers.items():
            value = self._seen.get(answer)
            if value is None and answer != ABSTAIN:
                read = self._read(answer)
                if isinstance(read, Text):
                    report("vote", read, code, answer)
                    continue
                value = self._seen[answer] = read
            if not isinstance(number, int) or isinstance(number, bool) or number < 0:
                report("vote", _not_a_count(number), code, answer)
            elif number and value is not None:
                votes[value] = votes.get(value, 0) + number
                together[answer] = together.get(answer, 0) + number
        return votes

    def _read(self, answer: str) -> int | Text:
        values = {
            "answer": answer,
            "scale": figure(self.form.scale),
            "step": figure(self.form.step),
            "options": list(self.options),
        }
        if self.options:
            return Text(_("%(answer)s is not an option; expected: %(options)s."), values)
        if not _NUMBER.fullmatch(answer):
            return Text(_("%(answer)s is not a number; 0 to %(scale)s expected."), values)
        value = Fraction(Decimal(answer))
        if not 0 <= value <= Fraction(self.form.scale):
            return Text(_("%(answer)s is off the scale; 0 to %(scale)s expected."), values)
        if value % Fraction(self.form.step):
            return Text(_("%(answer)s is between the steps; multiples of %(step)s expected."), values)
        return int(value * self.common)

    def _unknown_class(self, code: str) -> Text:
        return Text(
            _("%(class)s is not a voter class here; expected: %(classes)s."),
            {"class": code, "classes": list(self.weights)},
        )


def trimmed(votes: Counts, trim: int) -> tuple[int, int]:
    """Sum and number of the votes, without the `trim` highest and lowest if more than twice that."""
    number = sum(votes.values())
    total = sum(value * count for value, count in votes.items())
    if not trim or number <= 2 * trim:
        return total, number
    ordered = sorted(votes.items())
    dropped = sum(value * count for value, count in [*first(ordered, trim), *first(ordered[::-1], trim)])
    return total - dropped, number - 2 * trim


def first(ordered: list[tuple[int, int]], number: int) -> list[tuple[int, int]]:
    """(value, votes) of the first `number` votes."""
    taken = []
    for value, count in ordered:
        if number:
            taken.append((value, min(count, number)))
            number -= taken[-1][1]
    return taken


def _not_a_count(number: object) -> Text:
    return Text(
        _("%(count)s is not a number of votes; a whole number from 0 expected."),
        {"count": str(number)},
    )


# ------------------------------------------------------------------------- in words


def ballot_words(form: BallotForm) -> list[Text]:
    """How the votes are counted, sentence by sentence."""
    words = []
    if form.options:
        options = [
            Text(_("%(option)s = %(value)s"), {"option": o.title, "value": figure(o.value)}) for o in form.options
        ]
        words.append(Text(_("Each vote names an option: %(options)s."), {"options": options}))
    else:
        words.append(
            Text(
                _("Each vote is a number from 0 to %(scale)s in steps of %(step)s."),
                {"scale": figure(form.scale), "step": figure(form.step)},
            )
        )
    if form.trim:
        words.append(
            Text(
                _("In a class with more than %(many)s votes the %(trim)s highest and the %(trim)s lowest are dropped."),
                {"many": 2 * form.trim, "trim": form.trim},
            )
        )
    if len(form.classes) > 1:
        classes = [
            Text(_("%(name)s (weight %(weight)s)"), {"name": c.title, "weight": figure(c.weight)}) for c in form.classes
        ]
        words.append(
            Text(
                _("V is the weighted mean of the class means: %(classes)s; a class without votes drops out."),
                {"classes": classes},
            )
        )
    else:
        words.append(Text(_("V is the mean of the votes.")))
    words.append(Text(_("Abstentions are not votes.")))
    if form.self_vote:
        words.append(Text(_("Voting on oneself is allowed here.")))
    return words


def is_withheld(form: BallotForm, tally: Tally, minimum_votes: int) -> bool:
    """Whether a class has so few votes that how single voters voted could be worked out.

    Then no count and no mean of the leaf may be told: the means of the other classes give it away.
    """
    return any(0 < number < minimum_votes for number in _numbers(form, tally).values())


def _numbers(form: BallotForm, tally: Tally) -> dict[str, int]:
    """Valid votes of each class."""
    return {c.code: sum(n for answer, n in tally.get(c.code, {}).items() if answer != ABSTAIN) for c in form.classes}


def ballot_steps(form: BallotForm, tally: Tally, minimum_votes: int) -> list[Text]:
    """The count class by class, down to V; none of it if a class is withheld."""
    numbers = _numbers(form, tally)
    if is_withheld(form, tally, minimum_votes):
        return [_withheld_step(c.title, numbers[c.code], minimum_votes) for c in form.classes]
    counter = Counter(form)
    means: list[ClassMean] = []
    steps = []
    for voter_class in form.classes:
        answers = tally.get(voter_class.code, {})
        number = numbers[voter_class.code]
        if not number:
            steps.append(_silent_step(voter_class.title))
            continue
        votes = counter._votes(voter_class.code, answers, {}, Report([], "", ""))
        total, counted = trimmed(votes, form.trim)
        mean = Fraction(total, counted * counter.common)
        weight = Fraction(voter_class.weight)
        means.append(ClassMean(weight, Fraction(total, counter.common), counted))
        values = {
            "class": voter_class.title,
            "votes": number,
            "answers": _answers(answers, counter),
            "total": figure(Fraction(total, counter.common)),
            "counted": counted,
            "abstained": answers.get(ABSTAIN, 0),
            "mean": figure(mean),
            "trim": form.trim,
        }
        if counted < number:
            ordered = sorted(votes.items())
            values["highest"] = _dropped(first(ordered[::-1], form.trim), counter.common)
            values["lowest"] = _dropped(first(ordered, form.trim), counter.common)
        steps.append(_class_step(values, trim=counted < number))
    return [*steps, _mean_step(means)]


def _silent_step(title: str) -> Text:
    return Text(_("%(class)s: no valid vote, drops out"), {"class": title})


def _withheld_step(title: str, number: int, minimum: int) -> Text:
    if not number:
        return _silent_step(title)
    if number < minimum:
        return Text(_("%(class)s: fewer than %(minimum)s votes, not shown"), {"class": title, "minimum": minimum})
    return Text(_("%(class)s: not shown either, as it would give the others away"), {"class": title})


def _answers(answers: Mapping[str, int], counter: Counter) -> list[str]:
    """Every answer with its value and its votes, highest first."""
    shown = [(counter._seen[a], a, n) for a, n in answers.items() if a != ABSTAIN and n]
    return [
        f"{answer} {figure(Fraction(value, counter.common))} × {n}" if answer in counter.options else f"{answer} × {n}"
        for value, answer, n in sorted(shown, reverse=True)
    ]


def _dropped(votes: list[tuple[int, int]], common: int) -> list[str]:
    return [f"{figure(Fraction(value, common))} × {count}" for value, count in votes]


def _class_step(values: dict[str, object], *, trim: bool) -> Text:
    if trim:
        return Text(
            _(
                "%(class)s: %(votes)s votes (%(answers)s), %(abstained)s abstentions; without the %(trim)s highest"
                " (%(highest)s) and the %(trim)s lowest (%(lowest)s): %(total)s ÷ %(counted)s = %(mean)s"
            ),
            values,
        )
    return Text(
        _("%(class)s: %(votes)s votes (%(answers)s), %(abstained)s abstentions; %(total)s ÷ %(counted)s = %(mean)s"),
        values,
    )


@dataclass(frozen=True, slots=True)
class ClassMean:
    """What a class brings into V: its weight, and the sum of its counted votes over their number."""

    weight: Fraction
    total: Fraction
    counted: int

    @property
    def mean(self) -> Fraction:
        return self.total / self.counted

    @property
    def shown(self) -> str:
        """The mean, as a quotient where its digits do not end: what is cut off would be lost in the sum."""
        digits = figure(self.mean)
        return f"{figure(self.total)} ÷ {self.counted}" if digits.endswith("…") else digits


def _mean_step(means: list[ClassMean]) -> Text:
    weight = sum((m.weight for m in means), Fraction(0))
    mean = sum((m.weight * m.mean for m in means), Fraction(0)) / weight
    if len(means) == 1:
        return Text(_("V = %(mean)s"), {"mean": figure(mean)})
    terms = " + ".join(f"{m.shown} × {figure(m.weight)}" for m in means)
    return Text(
        _("V = (%(terms)s) ÷ %(weight)s = %(mean)s"),
        {"terms": terms, "weight": figure(weight), "mean": figure(mean)},
    )

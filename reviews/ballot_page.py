"""What the ballot page shows: subjects by category, each leaf as buttons or as a figure, what was typed, what is wrong.

Made from the poll's terms, the voter's paper and what the browser sent; nothing of it is ever stored.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from appraisal_site.lib.fields import canonical
from scoring.engine.types import ABSTAIN

from .ballot_form import Answers, Leaf, Place, Problem, Terms, expected, limit_of, places_of
from .queries.booth import Rated

ABSTAINED = "-"  # what a form posts for 弃权, so that it is told from "not rated yet"
MOST_BUTTONS = 11  # a scale of so many values is asked as buttons (0 … 10)
QUICK = (100, 95, 90, 85, 80, 70, 60)  # per cent of the scale


# ---------------------------------------------------------------- what was sent


@dataclass(slots=True)
class Sent:
    """A posted ballot as typed: a place without an entry is not rated yet."""

    typed: dict[Place, str] = field(default_factory=dict)
    comments: dict[int, str] = field(default_factory=dict)

    @property
    def answers(self) -> dict[Place, str]:
        return {place: ABSTAIN if value == ABSTAINED else value for place, value in self.typed.items()}


def read_sent(post: Mapping[str, str]) -> Sent:
    """Fields `a.SUBJECT.LEAF` are answers, `c.SUBJECT` comments; all others belong to somebody else."""
    sent = Sent()
    for name, value in post.items():
        kind, _dot, rest = name.partition(".")
        subject, _dot, code = rest.partition(".")
        if not (subject.isascii() and subject.isdigit() and len(subject) < 19) or not (typed := value.strip()):
            continue
        if kind == "a" and code:
            sent.typed[int(subject), code] = typed
        elif kind == "c" and not code:
            sent.comments[int(subject)] = value
    return sent


# ---------------------------------------------------------------- how a leaf is asked


@dataclass(frozen=True, slots=True)
class Face:
    """How a leaf is asked: by buttons (`choices`), or by a figure that a few `quick` ones can be put into."""

    leaf: Leaf
    choices: tuple[str, ...]
    quick: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        return Fraction(self.leaf.step).denominator == 1

    @property
    def best(self) -> list[str]:
        if not self.leaf.options:
            return [self.leaf.scale]
        return [option for option in self.leaf.options if self.leaf.worth(option) == self.leaf.best]


def face_of(leaf: Leaf) -> Face:
    if leaf.options:
        return Face(leaf, leaf.options, ())
    scale, step = Decimal(leaf.scale), Decimal(leaf.step)
    if scale / step < MOST_BUTTONS:
        values = [step * number for number in range(int(scale / step), -1, -1)]
        return Face(leaf, tuple(map(canonical, values)), ())
    quick = [scale * percent / 100 // step * step for percent in QUICK]
    return Face(leaf, (), tuple(dict.fromkeys(map(canonical, quick))))


def columns_of(buttons: int) -> int:
    """On a phone: up to five in one row, more in rows as even as can be."""
    rows = max(1, -(-buttons // 5) if buttons <= 10 else 2)
    return min(6, -(-buttons // rows))


# ---------------------------------------------------------------- the page


@dataclass(slots=True)
class Question:
    """One leaf of one subject."""

    face: Face
    name: str
    typed: str = ""
    problem: str = ""
    columns: int = 0  # in which its buttons stand on a phone


@dataclass(slots=True)
class Line:
    """One subject of the ballot."""

    rated: Rated
    questions: list[Question] = field(default_factory=list)
    comment: str = ""
    problem: str = ""

    @property
    def is_done(self) -> bool:
        return all(question.typed for question in self.questions)


@dataclass(slots=True)
class Group:
    title: str
    lines: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class Page:
    groups: list[Group]
    faces: list[Face]
    limits: dict[str, dict[str, int]]  # leaf → option → how many may get it
    problems: list[str]  # of the ballot as a whole
    wrong: list[tuple[str, str]]  # (place to jump to, whose)

    @property
    def lines(self) -> list[Line]:
        return [line for group in self.groups for line in group.lines]

    @property
    def done(self) -> int:
        return sum(line.is_done for line in self.lines)

    @property
    def limit_words(self) -> list[str]:
        words = _("%(leaf)s: “%(option)s” at most %(most)d")
        titles = {face.leaf.code: face.leaf.title for face in self.faces}
        return [
            words % {"leaf": titles[code], "option": option, "most": most}
            for code, limits in self.limits.items()
            for option, most in limits.items()
        ]


def page_of(
    terms: Terms,
    places: Sequence[Sequence[Any]],
    subjects: Mapping[int, Rated],
    sent: Sent | None = None,
    problems: Iterable[Problem] = (),
) -> Page:
    """The page of a paper; subjects that were withdrawn from the round meanwhile are left out."""
    sent = sent or Sent()
    faces = {leaf.code: face_of(leaf) for leaf in terms.leaves}
    at_place = {problem.place: problem.text for problem in problems if problem.place}
    columns = {code: columns_of(len(face.choices) + terms.abstain) for code, face in faces.items()}
    groups: dict[str, Group] = {}
    wrong = []
    for subject, codes in places:
        if subject not in subjects:
            continue
        line = Line(subjects[subject], comment=sent.comments.get(subject, ""), problem=at_place.get((subject, ""), ""))
        for code in codes:
            place = (subject, code)
            name = f"a.{subject}.{code}"
            typed, problem = sent.typed.get(place, ""), at_place.get(place, "")
            line.questions.append(Question(faces[code], name, typed, problem, columns[code]))
        if line.problem or any(question.problem for question in line.questions):
            wrong.append((f"s{subject}", line.rated.name))
        groups.setdefault(line.rated.category, Group(line.rated.category)).lines.append(line)
    used = {code for _subject, codes in places for code in codes}
    shown = [face for code, face in faces.items() if code in used]
    whole = [problem.text for problem in problems if not problem.place]
    return Page(list(groups.values()), shown, limits_of(terms, places), whole, wrong)


def limits_of(terms: Terms, places: Sequence[Sequence[Any]]) -> dict[str, dict[str, int]]:
    """Leaf → option → how many subjects of this paper may get it."""
    number = Counter(code for _subject, code in places_of(places))
    found = {
        leaf.code: {
            option: limit_of(share, number[leaf.code]) for option, share in terms.limits if option in leaf.options
        }
        for leaf in terms.leaves
        if number[leaf.code]
    }
    return {code: limits for code, limits in found.items() if limits}


def for_script(terms: Terms, page: Page) -> str:
    """What the page's script must know to check while the ballot is filled in, as JSON."""
    leaves = {
        face.leaf.code: {
            "title": face.leaf.title,
            "choices": face.choices,
            "quick": face.quick,
            "scale": face.leaf.scale,
            "step": face.leaf.step,
            "best": face.best,
            "limits": page.limits.get(face.leaf.code, {}),
            "expected": expected(face.leaf),
        }
        for face in page.faces
    }
    invalid = {rule: str(warning_of(rule)) for rule in terms.invalid}
    told = {"leaves": leaves, "abstain": terms.abstain, "invalid": invalid}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


# ---------------------------------------------------------------- the last look before sending


def tallies_of(page: Page, answers: Answers) -> list[tuple[str, list[tuple[str, str]]]]:
    """Leaf by leaf how many of each answer a ballot gives, best first."""
    found = []
    for face in page.faces:
        code = face.leaf.code
        asked = [
            (line.rated.pk, question) for line in page.lines for question in line.questions if question.face is face
        ]
        given = Counter(answers.get((subject, code), ABSTAIN) for subject, _question in asked)
        rows = [(choice, str(given[choice])) for choice in face.choices] or _spread(filter(None, given.elements()))
        if abstained := sum(question.typed == ABSTAINED for _subject, question in asked):
            rows.append((_("Abstention"), str(abstained)))
        found.append((face.leaf.title, rows))
    return found


def _spread(figures: Iterable[str]) -> list[tuple[str, str]]:
    """Of figures: how many, the highest and the lowest."""
    found = sorted(figures, key=Fraction)
    rows = [(_("Rated"), str(len(found)))]
    return rows + ([(_("Highest"), found[-1]), (_("Lowest"), found[0])] if found else [])


def warning_of(rule: str) -> str:
    """What becomes of a ballot that the terms call invalid, in words to its voter; "" for a valid one."""
    if not rule:
        return ""
    return {
        "all_same": _("All subjects got the same rating. By the plan such a ballot is invalid and will not count."),
        "all_best": _("All subjects got the best rating. By the plan such a ballot is invalid and will not count."),
        "incomplete": _("Some are rated, others not. By the plan such a ballot is invalid and will not count."),
    }[rule]

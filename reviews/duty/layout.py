"""What a report consists of: the plan's parts and aspects as sections to write, its topics, its limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from indicators import shape

# What else a draft holds, by the mark before its key.
ANSWER, REPLY, WHY = "?", "!", "#why"  # last year's problem, reviewer's comment, why a requirement is not met
EXTRA = "?"  # the section that exists only where there are problems to answer and no part of the plan for it
WHOLE = "*"  # the one section of a plan that names no parts
_BETWEEN = "／"


@dataclass(frozen=True, slots=True)
class Limits:
    """Characters and shares that a text keeps to; None: no limit."""

    least: int | None = None
    most: int | None = None
    least_share: Fraction | None = None
    most_share: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """One text to write. `aspect` "" where it counts for none; `split`: its part is written by aspect."""

    key: str
    part: str
    aspect: str = ""
    split: bool = False

    @property
    def title(self) -> str:
        return f"{self.part} · {self.aspect}" if self.split else self.part


@dataclass(frozen=True, slots=True)
class Part:
    title: str
    sections: tuple[Section, ...]
    limits: Limits = Limits()
    required: bool = False
    answers: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Aspect:
    title: str
    limits: Limits
    note: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    title: str
    part: str = ""  # where it is offered; "": everywhere
    required: bool = False


@dataclass(frozen=True, slots=True)
class Role:
    """Whose report has a length of its own: of a category, or with a fact; with neither, everybody."""

    title: str
    limits: Limits
    fact: str = ""
    categories: tuple[str, ...] = ()

    def fits(self, category: str, facts: Iterable[str]) -> bool:
        if self.categories and category not in self.categories:
            return False
        return not self.fact or self.fact in facts


@dataclass(frozen=True, slots=True)
class Question:
    """Something of last year that the report has to answer. `source`: where it comes from, in words."""

    key: str
    text: str
    source: str = ""

    @property
    def name(self) -> str:
        """Under which the answer stands in a draft."""
        return f"{ANSWER}{self.key}"


@dataclass(frozen=True, slots=True)
class Layout:
    """All that a plan says about the report's text. `parts` are in the order in which they are written."""

    parts: tuple[Part, ...]
    limits: Limits = Limits()
    roles: tuple[Role, ...] = ()
    aspects: tuple[Aspect, ...] = ()
    topics: tuple[Topic, ...] = ()
    questions: tuple[Question, ...] = ()
    plan: Mapping[str, Any] = field(default_factory=dict)  # the plan's table itself, typed

    @property
    def sections(self) -> list[Section]:
        return [section for part in self.parts for section in part.sections]

    def keys_of_part(self, part: Part) -> list[str]:
        """Everything that counts for a part: its sections, and the answers if it takes them."""
        answers = [question.name for question in self.questions] if part.answers else []
        return [*(section.key for section in part.sections), *answers]

    def keys_of_aspect(self, aspect: str) -> list[str]:
        return [section.key for section in self.sections if section.aspect == aspect]

    @property
    def counted(self) -> list[str]:
        """Whatever counts for the whole."""
        return [key for part in self.parts for key in self.keys_of_part(part)]

    def role_of(self, category: str, facts: Iterable[str]) -> Role | None:
        """The first role that fits, so that one for everybody stands last."""
        given = set(facts)
        return next((role for role in self.roles if role.fits(category, given)), None)

    def topics_of(self, part: Part) -> list[Topic]:
        return [topic for topic in self.topics if topic.part in ("", part.title)]


def has_duty_report(document: Mapping[str, Any]) -> bool:
    """Whether a plan's document speaks of duty reports at all."""
    return bool(document.get("duty_report"))


def layout_of(document: Mapping[str, Any], questions: Sequence[Question] = ()) -> Layout:
    """The layout of a plan's document, for a report that has these `questions` to answer."""
    raw = document.get("duty_report") or {}
    given: Mapping[str, Any] = shape.DUTY_REPORT.read(raw, (), lambda _path, _text: None)
    aspects = tuple(Aspect(row["title"], _limits(row), row.get("note", "")) for row in _rows(given, "aspects"))
    taken: set[str] = set()
    parts = [_part(row, aspects, taken) for row in _rows(given, "parts")]
    if not parts:
        title = _("Duty report")
        parts = [Part(title, (Section(WHOLE, title),), required=True)]
    if questions and not any(part.answers for part in parts):
        title = _("How last year's problems were put right")
        parts.append(Part(title, (Section(EXTRA, title),), answers=True))
    return Layout(
        parts=tuple(parts),
        limits=_limits(given),
        roles=tuple(
            Role(row["title"], _limits(row), row.get("fact", ""), tuple(row.get("categories", ())))
            for row in _rows(given, "roles")
        ),
        aspects=aspects,
        topics=tuple(
            Topic(row["title"], row.get("part", ""), bool(row.get("required"))) for row in _rows(given, "topics")
        ),
        questions=tuple(questions),
        plan=given,
    )


def _rows(given: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Rows with a title: a draft of a plan may have others, a frozen plan has not."""
    return [row for row in given.get(name, ()) if row.get("title")]


def _limits(row: Mapping[str, Any]) -> Limits:
    shares = {key: Fraction(row[key]) for key in ("least_share", "most_share") if key in row}
    return Limits(row.get("least_characters"), row.get("most_characters"), **shares)


def _part(row: Mapping[str, Any], aspects: Sequence[Aspect], taken: set[str]) -> Part:
    title = row["title"]

    def section(aspect: str, split: bool) -> Section:
        key = f"{title}{_BETWEEN}{aspect}" if split else title
        while key in taken:
            key += "#"
        taken.add(key)
        return Section(key, title, aspect, split)

    split = bool(row.get("by_aspect")) and bool(aspects)
    sections = [section(each.title, True) for each in aspects] if split else [section(row.get("aspect", ""), False)]
    return Part(
        title, tuple(sections), _limits(row), bool(row.get("required")), bool(row.get("answers")), row.get("note", "")
    )

"""The order of the talks: stages first (heads, then deputies), within a stage by strokes, by lot or as listed.

Plain data in, plain data out, so that the same order can be made again: what a lot decides follows from its seed alone
(`sampling.lot`), and strokes are looked up, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from . import strokes
from .sampling import lot

GROUPS = ("plan", "category", "fact", "posts", "none")
WITHIN = ("strokes", "lot", "list")
DEPUTY = "副"


@dataclass(frozen=True, slots=True)
class Speaker:
    """What the order may depend on. `facts`: code → value as it is stored ("true", digits, a choice)."""

    code: str
    name: str
    category: str = ""
    post: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stage:
    """A subject belongs to the first stage that fits in everything it states."""

    title: str
    categories: tuple[str, ...] = ()
    fact: str = ""
    value: str = "true"
    posts: tuple[str, ...] = ()
    written: bool = False

    def fits(self, speaker: Speaker) -> bool:
        return (
            (not self.categories or speaker.category in self.categories)
            and (not self.fact or speaker.facts.get(self.fact) == self.value)
            and (not self.posts or any(holds(speaker.post, word) for word in self.posts))
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """How an order is made. `posts`: a line for each stage, the words of one line joined by 、."""

    group: str = "none"
    within: str = "list"
    fact: str = ""
    posts: tuple[str, ...] = ()
    seed: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    code: str
    stage: str
    written: bool


@dataclass(frozen=True, slots=True)
class Order:
    """`ties`: names in one stage that neither strokes nor their order set apart; they stand as listed."""

    places: tuple[Placed, ...]
    ties: tuple[tuple[str, ...], ...] = ()


def holds(post: str, word: str) -> bool:
    """Whether a post has this word in it: 副书记 is not a 书记."""
    at = post.find(word)
    while word and at >= 0:
        if at == 0 or post[at - 1] != DEPUTY or word.startswith(DEPUTY):
            return True
        at = post.find(word, at + 1)
    return False


def plan_stages(meeting: Mapping[str, Any]) -> list[Stage]:
    """The stages of a plan's `[meeting]`."""
    return [
        Stage(
            title=str(row["title"]),
            categories=tuple(row.get("categories", ())),
            fact=str(row.get("fact", "")),
            value=str(row.get("value", "true")),
            posts=tuple(row.get("posts", ())),
            written=bool(row.get("written")),
        )
        for row in meeting.get("stages", ())
    ]


def stages_of(rule: Rule, plan: Sequence[Stage], categories: Sequence[str], fact_title: str = "") -> list[Stage]:
    """The stages that a rule means."""
    if rule.group == "plan":
        return list(plan)
    if rule.group == "category":
        return [Stage(title=name, categories=(name,)) for name in categories]
    if rule.group == "fact":
        return [Stage(title=fact_title or rule.fact, fact=rule.fact)]
    if rule.group == "posts":
        return [Stage(title=line, posts=tuple(filter(None, line.split("、")))) for line in rule.posts]
    return []


def arrange(speakers: Sequence[Speaker], rule: Rule, stages: Sequence[Stage], known: strokes.Table) -> Order:
    """Everybody in order. Raises LookupError with the characters whose strokes have to be known first."""
    staged = [(_stage_of(each, stages), place, each) for place, each in enumerate(speakers)]
    staged.sort(key=lambda row: row[:2])
    groups = [(number, [row[2] for row in rows]) for number, rows in groupby(staged, key=lambda row: row[0])]
    if rule.within == "strokes":
        # All that is unknown at once, so that nobody is asked stage after stage.
        lacking = [one for _n, rows in groups for one in strokes.missing([each.name for each in rows], known)]
        if lacking:
            raise LookupError(*dict.fromkeys(lacking))
    places: list[Placed] = []
    ties: list[tuple[str, ...]] = []
    for number, rows in groups:
        stage = stages[number] if number < len(stages) else None
        ordered = rows
        if rule.within == "lot":
            ordered = sorted(rows, key=lambda each: (lot(rule.seed, each.code), each.code))
        elif rule.within == "strokes":
            found = strokes.ordered([each.name for each in rows], known)
            ordered = [rows[place] for place in found.places]
            ties += found.ties
        title, written = (stage.title, stage.written) if stage else ("", False)
        places += [Placed(each.code, title, written) for each in ordered]
    return Order(tuple(places), tuple(ties))


def _stage_of(speaker: Speaker, stages: Sequence[Stage]) -> int:
    return next((number for number, stage in enumerate(stages) if stage.fits(speaker)), len(stages))

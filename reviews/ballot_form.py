"""What a ballot of a poll asks and which answers it takes. Plain data: the page, the service and the count share it.

A place is a subject on a leaf. Its answer is an option's title, a number in plain digits, or "" for an abstention
(弃权). Where answers come from is no matter here, and nothing here knows who votes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from appraisal_site.lib.fields import canonical
from scoring.engine.types import ABSTAIN, Node, Plan

from .numbers import read_number
from .services.errors import InvalidInput
from .tree import BALLOTS, Tree

# Fewer online ballots of a class on a subject are never shown, whatever the plan says: one would be its voter's, and of
# two each voter knows the other's.
LEAST_VOTERS = 3
MOST_COMMENT = 500  # characters on one subject
MOST_COMMENTS = 2000  # characters on one ballot

Place = tuple[int, str]  # subject, leaf
Answers = Mapping[Place, str]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One question. With `options` an answer is one of them, else a number from 0 to `scale` in steps."""

    code: str
    title: str
    options: tuple[str, ...] = ()
    scale: str = "100"
    step: str = "1"
    values: tuple[str, ...] = ()  # of the options, for judging ballots as a whole; the engine scores by the plan
    self_vote: bool = False

    def worth(self, answer: str) -> Fraction:
        """What an answer is worth on the leaf's scale."""
        return Fraction(self.values[self.options.index(answer)] if self.options else answer)

    @property
    def best(self) -> Fraction:
        return max(map(Fraction, self.values)) if self.options else Fraction(self.scale)


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every ballot of a poll (plan: `[voting]`).

    `limits`: option → the largest share of the subjects on a ballot that may get it, per leaf. `invalid`: which
    ballots count as received but not as valid: "all_same", "all_best" (of two subjects or more), "incomplete".
    `minimum`: a class with fewer online votes on a subject is not shown.
    """

    leaves: tuple[Leaf, ...]
    abstain: bool = True
    comments: bool = False
    limits: tuple[tuple[str, str], ...] = ()
    invalid: tuple[str, ...] = ()
    minimum: int = 1

    def leaf(self, code: str) -> Leaf | None:
        return next((leaf for leaf in self.leaves if leaf.code == code), None)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Terms:
        leaves = tuple(
            Leaf(**{**row, "options": tuple(row["options"]), "values": tuple(row["values"])})
            for row in stored["leaves"]
        )
        limits = tuple((option, share) for option, share in stored["limits"])
        return cls(**{**stored, "leaves": leaves, "limits": limits, "invalid": tuple(stored["invalid"])})


def terms_of(plan: Plan, document: Mapping[str, Any], voter_class: str) -> Terms:
    """The terms of a class's ballots as the plan has them."""
    voting = document.get("voting") or {}
    nodes = leaves_of(plan, voter_class)
    titles = titles_of(Tree(plan), nodes)
    return Terms(
        leaves=tuple(_leaf(node, title) for node, title in zip(nodes, titles, strict=True)),
        abstain=voting.get("abstain", True),
        comments=voting.get("comments", False),
        limits=tuple((option, str(share)) for option, share in (voting.get("limits") or {}).items()),
        invalid=tuple(voting.get("invalid") or ()),
        minimum=max(plan.minimum_votes, LEAST_VOTERS),
    )


def leaves_of(plan: Plan, voter_class: str) -> list[Node]:
    """The leaves on which a class votes, in the plan's order."""
    return [
        node
        for node in Tree(plan).of(BALLOTS)
        if node.ballot and any(each.code == voter_class for each in node.ballot.classes)
    ]


def titles_of(tree: Tree, nodes: Sequence[Node]) -> list[str]:
    """What each leaf is called on a ballot. Where several have one title (德、能、勤, each with a leaf 测评), they are
    called as what stands above them, if that tells them apart."""
    own = [node.title for node in nodes]
    above = [tree.nodes[parent].title if (parent := tree.parents[node.code]) else "" for node in nodes]
    twins = [own.count(title) > 1 for title in own]
    telling = len({name for name, twin in zip(above, twins, strict=True) if twin}) == sum(twins)
    names = above if telling else [f"{tree.crumbs(node.code)} / {node.title}" for node in nodes]
    return [name if twin else title for name, title, twin in zip(names, own, twins, strict=True)]


def _leaf(node: Node, title: str) -> Leaf:
    form = node.ballot
    assert form is not None
    return Leaf(
        code=node.code,
        title=title,
        options=tuple(option.title for option in form.options),
        scale=canonical(form.scale),
        step=canonical(form.step),
        values=tuple(canonical(option.value) for option in form.options),
        self_vote=form.self_vote,
    )


# ---------------------------------------------------------------- checking


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a ballot; `place` None: with the ballot as a whole."""

    text: str
    place: Place | None = None


@dataclass(slots=True)
class Checked:
    """The answers as they count: every place of the paper, "" where the voter abstained."""

    answers: dict[Place, str] = field(default_factory=dict)
    comments: dict[int, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def places_of(paper: Sequence[Sequence[Any]]) -> list[Place]:
    """The places of a stored paper ([[subject, [leaf, …]], …]), in its order."""
    return [(subject, code) for subject, codes in paper for code in codes]


def check(terms: Terms, paper: Sequence[Sequence[Any]], typed: Answers, comments: Mapping[int, str]) -> Checked:
    """What a voter sent, judged place by place. Nothing is thrown away: all problems are named at once."""
    found = Checked()
    leaves = {leaf.code: leaf for leaf in terms.leaves}
    places = places_of(paper)
    if not typed.keys() <= set(places):
        words = _("This ballot asks less than the page showed. Load the page again; what you chose is kept.")
        found.problems.append(Problem(words))
    for place in places:
        raw, leaf = typed.get(place, "").strip(), leaves[place[1]]
        answer = read_answer(leaf, raw) if raw else ABSTAIN
        if answer is None:
            found.problems.append(Problem(expected(leaf), place))
        elif answer == ABSTAIN and not terms.abstain:
            found.problems.append(Problem(_("Not rated yet; this ballot does not take abstentions."), place))
        found.answers[place] = answer or ABSTAIN
    found.problems += [Problem(words) for words in over_limits(terms, found.answers)]
    _check_comments(terms, {subject for subject, _codes in paper}, comments, found)
    return found


def read_answer(leaf: Leaf, raw: str) -> str | None:
    """The answer in the one form in which it is counted; None if the leaf does not take it."""
    if leaf.options:
        return raw if raw in leaf.options else None
    return _read_figure(raw, leaf.scale, leaf.step)


@lru_cache(maxsize=4096)
def _read_figure(raw: str, scale: str, step: str) -> str | None:
    """Ballots are full of the same few figures."""
    try:
        number = read_number(raw, "")
    except InvalidInput:
        return None
    if not 0 <= number <= Decimal(scale):
        return None
    return canonical(number) if Fraction(number) % Fraction(step) == 0 else None


def expected(leaf: Leaf) -> str:
    if leaf.options:
        return _("One of these is expected: %s.") % "、".join(leaf.options)
    words = _("A number from 0 to %(scale)s in steps of %(step)s is expected.")
    return words % {"scale": leaf.scale, "step": leaf.step}


def over_limits(terms: Terms, answers: Answers) -> list[str]:
    """Where an option was given more often than the terms allow, in words."""
    found = []
    for leaf in terms.leaves if terms.limits else ():
        given = [answer for (_subject, code), answer in answers.items() if code == leaf.code]
        for option, share in terms.limits:
            most, times = limit_of(share, len(given)), given.count(option)
            if option in leaf.options and times > most:
                words = _("%(leaf)s: “%(option)s” may be given %(most)d times at most; it was given %(times)d times.")
                found.append(words % {"leaf": leaf.title, "option": option, "most": most, "times": times})
    return found


def limit_of(share: str, places: int) -> int:
    """How many of so many subjects a share allows: rounded down, but one where there is any at all."""
    allowed = int(Fraction(share) * places)
    return max(allowed, 1) if Fraction(share) > 0 and places else allowed


def plain_comment(raw: str) -> str:
    """A comment on one line, without characters that no keyboard types: a database that refuses one of them would do so
    at the count, when it is nobody's ballot any more."""
    return " ".join("".join(" " if unicodedata.category(one) in {"Cc", "Cs"} else one for one in raw).split())


def _check_comments(terms: Terms, subjects: set[int], typed: Mapping[int, str], found: Checked) -> None:
    for subject, raw in typed.items():
        text = plain_comment(raw)
        if not text:
            continue
        if not terms.comments or subject not in subjects:
            found.problems.append(Problem(_("This ballot takes no comments.")))
        elif len(text) > MOST_COMMENT:
            words = _("A comment has at most %(most)d characters; this one has %(length)d.")
            found.problems.append(Problem(words % {"most": MOST_COMMENT, "length": len(text)}, (subject, "")))
        else:
            found.comments[subject] = text
    length = sum(len(text) for text in found.comments.values())
    if length > MOST_COMMENTS:
        words = _("All comments of a ballot together have at most %(most)d characters; these have %(length)d.")
        found.problems.append(Problem(words % {"most": MOST_COMMENTS, "length": length}))


# ---------------------------------------------------------------- validity


def why_invalid(terms: Terms, answers: Answers) -> str:
    """The first of the terms' rules that makes a ballot invalid; "" for a valid one.

    A ballot of abstentions only is no rule's matter: it is received, and counts nothing.
    """
    given = {place: answer for place, answer in answers.items() if answer != ABSTAIN}
    rated = {subject for subject, _code in given}
    for rule in terms.invalid:
        if rule == "incomplete" and 0 < len(given) < len(answers):
            return rule
        if rule == "all_same" and len(rated) > 1 and is_straight(terms, given):
            return rule
        if rule == "all_best" and len(rated) > 1 and _all_best(terms, given):
            return rule
    return ""


def is_straight(terms: Terms, given: Answers) -> bool:
    """Whether every subject got the same answer, leaf by leaf."""
    return all(len({answer for (_s, code), answer in given.items() if code == leaf.code}) <= 1 for leaf in terms.leaves)


def _all_best(terms: Terms, given: Answers) -> bool:
    leaves = {leaf.code: leaf for leaf in terms.leaves}
    return all(leaves[code].worth(answer) == leaves[code].best for (_subject, code), answer in given.items())

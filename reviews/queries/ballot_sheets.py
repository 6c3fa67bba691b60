"""Ballot papers, counting sheets and their rules in words, ready to be printed: which subjects under which headings.

Nothing on a paper tells whose it is: no number, no name. Where a voter's own line is left out, the paper itself says
who he is unless others have the same one; then there is the common paper, on which everybody leaves his own line empty.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from indicators.services import engine_plan
from reviews.ballot_form import LEAST_VOTERS, Leaf, Place, Terms, limit_of, places_of
from reviews.models import BallotPaper, Entitlement, Poll, PollState, Subject
from reviews.services.polls.setup import classes_of, current_terms, preview
from reviews.tree import Tree

MOST_COLUMNS = 9  # boxes beside each other on an upright page; more than that and every leaf has a table of its own
COMMENT_LINES = 6
Places = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Column:
    """What stands under a heading of a table: a box to tick, or a field for a figure."""

    leaf: Leaf
    label: str
    is_box: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """The subjects of one category; a subject's number on the paper stands before it."""

    category: str
    rows: tuple[tuple[int, Subject], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a paper: of one leaf, or of all of them where they fit beside each other."""

    leaves: tuple[Leaf, ...]
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]

    @property
    def spans(self) -> list[tuple[Leaf, int]]:
        """Each leaf with the number of its columns: the upper heading."""
        return [(leaf, sum(column.leaf.code == leaf.code for column in self.columns)) for leaf in self.leaves]


@dataclass(frozen=True, slots=True)
class Paper:
    """A ballot paper. `digest` "" is the common one. `handed`: voters on paper who have it; `voters`: by name, for the
    screen alone."""

    digest: str
    places: tuple[Place, ...]
    tables: tuple[Table, ...]
    instructions: tuple[str, ...]
    handed: int = 0
    voters: tuple[str, ...] = ()

    @property
    def tells_its_voter(self) -> bool:
        return bool(self.digest) and 0 < self.handed < LEAST_VOTERS

    @property
    def subjects(self) -> int:
        return len({subject for subject, _leaf in self.places})


@dataclass(frozen=True, slots=True)
class Sheets:
    """All that is printed for a poll. `is_preview`: it is not open yet, and its voters may still change."""

    poll: Poll
    title: str
    terms: Terms
    papers: tuple[Paper, ...]
    common: Paper
    tallies: tuple[Table, ...]  # of the counting sheets: one of each leaf
    rules: tuple[str, ...]
    is_preview: bool = False
    comment_lines: range = field(default_factory=lambda: range(0))

    def paper(self, digest: str) -> Paper | None:
        if not digest:
            return self.common
        return next((paper for paper in self.papers if paper.digest == digest), None)

    @property
    def wanted(self) -> list[Paper]:
        """The papers to print: those that somebody votes on, or all of them as long as nobody does."""
        return [paper for paper in self.papers if paper.handed] or list(self.papers)


def sheets_of(poll: Poll) -> Sheets:
    """Load the poll with `round__plan_version`. At most five queries; more for a poll that is not open yet."""
    terms = titled(poll, current_terms(poll))
    subjects = {subject.pk: subject for subject in poll.round.subjects.all()}
    is_preview = poll.state == PollState.PREPARED
    found = _previewed(poll) if is_preview else _stored(poll)
    every = _union([places for _digest, places, _voters, _handed in found], list(subjects))
    papers = tuple(
        replace(_paper(terms, digest, places, subjects, poll), voters=tuple(voters), handed=handed)
        for digest, places, voters, handed in found
    )
    handed = sum(paper.handed for paper in papers)
    return Sheets(
        poll,
        classes_of(poll.round).get(poll.voter_class, poll.voter_class),
        terms,
        papers,
        replace(_paper(terms, "", every, subjects, poll, own=len(papers) > 1), handed=handed),
        tuple(_tallies(terms, every, subjects)),
        tuple(counting_rules(terms, papers)),
        is_preview,
        range(COMMENT_LINES if terms.comments else 0),
    )


def _stored(poll: Poll) -> list[tuple[str, Places, list[str], int]]:
    """(digest, places, names of those on paper, how many are on paper), in the order of the papers."""
    on_paper = Entitlement.objects.filter(poll=poll, on_paper=True).order_by()
    handed = dict(on_paper.values_list("paper").annotate(number=Count("pk")))
    names: dict[int, list[str]] = {}
    for paper, label in on_paper.exclude(label="").order_by("pk").values_list("paper_id", "label"):
        names.setdefault(paper, []).append(label)
    rows = BallotPaper.objects.filter(poll=poll).order_by("pk").values_list("pk", "digest", "places")
    return [(digest, places, names.get(pk, []), handed.get(pk, 0)) for pk, digest, places in rows]


def _previewed(poll: Poll) -> list[tuple[str, Places, list[str], int]]:
    """The papers that the poll's rule would make now."""
    found: dict[str, tuple[Places, list[str], int]] = {}
    for voter in preview(poll).electorate.voters:
        places = [[subject, list(codes)] for subject, codes in voter.places]
        digest = hashlib.sha256(json.dumps(places).encode()).hexdigest()
        _places, names, handed = found.get(digest, (places, [], 0))
        found[digest] = (places, [*names, voter.label] if voter.label else names, handed + voter.on_paper)
    return [(digest, *rest) for digest, rest in found.items()]


def _union(papers: Sequence[Places], order: Sequence[int]) -> Places:
    """All that any paper asks, in the round's order."""
    asked: dict[int, list[str]] = {}
    for places in papers:
        for subject, codes in places:
            kept = asked.setdefault(subject, [])
            kept += [code for code in codes if code not in kept]
    return [[subject, asked[subject]] for subject in order if subject in asked]


def titled(poll: Poll, terms: Terms) -> Terms:
    """The terms with titles that tell their leaves apart: five that are all called 测评 get their branch's name."""
    times = Counter(leaf.title for leaf in terms.leaves)
    if max(times.values(), default=0) < 2:
        return terms
    tree = Tree(engine_plan(poll.round.plan_version))
    leaves = tuple(
        replace(leaf, title=f"{tree.crumbs(leaf.code).rpartition(' / ')[2]} · {leaf.title}")
        if times[leaf.title] > 1 and leaf.code in tree.nodes
        else leaf
        for leaf in terms.leaves
    )
    return replace(terms, leaves=leaves)


# ---------------------------------------------------------------- a paper


def _paper(
    terms: Terms, digest: str, places: Places, subjects: Mapping[int, Subject], poll: Poll, *, own: bool = False
) -> Paper:
    known = [[subject, codes] for subject, codes in places if subject in subjects]
    return Paper(
        digest,
        tuple(places_of(known)),
        tuple(tables_of(terms, known, subjects)),
        tuple(_instructions(terms, known, poll.instructions, own=own)),
    )


def tables_of(terms: Terms, places: Places, subjects: Mapping[int, Subject]) -> list[Table]:
    """One table where its columns fit on the page and every subject is asked everything; else one of each leaf."""
    asked = {code for _subject, codes in places for code in codes}
    leaves = tuple(leaf for leaf in terms.leaves if leaf.code in asked)
    columns = [column for leaf in leaves for column in _columns(terms, leaf)]
    alike = all(len(codes) == len(leaves) for _subject, codes in places)
    if len(leaves) == 1 or (alike and len(columns) <= MOST_COLUMNS):
        return [_table(terms, leaves, [subjects[subject] for subject, _codes in places])]
    return [
        _table(terms, (leaf,), [subjects[subject] for subject, codes in places if leaf.code in codes])
        for leaf in leaves
    ]


def _tallies(terms: Terms, places: Places, subjects: Mapping[int, Subject]) -> list[Table]:
    by_leaf = [(leaf, [subjects[one] for one, codes in places if leaf.code in codes]) for leaf in terms.leaves]
    return [_table(terms, (leaf,), asked) for leaf, asked in by_leaf if asked]


def _columns(terms: Terms, leaf: Leaf) -> list[Column]:
    found = [Column(leaf, option) for option in leaf.options] or [Column(leaf, _("Score"), is_box=False)]
    return [*found, Column(leaf, _("Abstain"))] if takes_gaps(terms) else found


def takes_gaps(terms: Terms) -> bool:
    """Whether a voter may abstain on single lines and the ballot is still valid."""
    return terms.abstain and "incomplete" not in terms.invalid


def _table(terms: Terms, leaves: tuple[Leaf, ...], subjects: Collection[Subject]) -> Table:
    columns = tuple(column for leaf in leaves for column in _columns(terms, leaf))
    return Table(leaves, columns, grouped(subjects))


def grouped(subjects: Collection[Subject]) -> tuple[Group, ...]:
    """By category, in the order in which these appear; numbered through."""
    rows: dict[str, list[Subject]] = {}
    for subject in subjects:
        rows.setdefault(subject.category, []).append(subject)
    found, number = [], 0
    for category, members in rows.items():
        found.append(Group(category, tuple(enumerate(members, number + 1))))
        number += len(members)
    return tuple(found)


def _instructions(terms: Terms, places: Places, words: str, *, own: bool) -> list[str]:
    """What stands on top of a paper."""
    found = [words] if words else []
    if any(leaf.options for leaf in terms.leaves):
        found.append(_("Tick exactly one box on each line of each indicator."))
    for scale, step in dict.fromkeys((leaf.scale, leaf.step) for leaf in terms.leaves if not leaf.options):
        line = _("Write a figure from 0 to %(scale)s, in steps of %(step)s, into each field.")
        found.append(line % {"scale": scale, "step": step})
    if own:
        found.append(_("Leave the line of your own unit, and your own, empty: nobody rates himself."))
    if takes_gaps(terms):
        found.append(_("A line left empty, or with “abstain” ticked, is an abstention."))
    else:
        found.append(_("Every line must be filled in; a ballot with an empty line is invalid."))
    found += _limit_words(terms, [places]) + [_invalid_words()[rule] for rule in terms.invalid if rule != "incomplete"]
    found.append(_("Do not sign the ballot and make no other mark on it."))
    return found


def _limit_words(terms: Terms, papers: Sequence[Places]) -> list[str]:
    found = []
    for leaf in terms.leaves:
        sizes = {sum(leaf.code in codes for _subject, codes in places) for places in papers}
        for option, share in terms.limits:
            if option not in leaf.options:
                continue
            most = "–".join(map(str, sorted({limit_of(share, size) for size in sizes})))
            line = _("“%(option)s” at most %(most)s times; more make the ballot invalid.")
            if len(terms.leaves) > 1:
                line = _("%(leaf)s: “%(option)s” at most %(most)s times; more make the ballot invalid.")
            found.append(line % {"leaf": leaf.title, "option": option, "most": most})
    return found


# ---------------------------------------------------------------- rules for those who count


def counting_rules(terms: Terms, papers: Collection[Paper]) -> list[str]:
    """Which ballots are invalid and how unclear lines count, as it stands on the counting sheets."""
    found = [
        _("Received = valid + invalid + blank. A blank ballot has no mark at all; it is neither valid nor invalid."),
    ]
    if takes_gaps(terms):
        found.append(_("A line that is empty, unclear, off the scale or ticked twice is an abstention on that line."))
    else:
        found.append(_("A ballot with a line that is empty, unclear, off the scale or ticked twice is invalid."))
    found += [_invalid_words()[rule] for rule in terms.invalid if rule != "incomplete"]
    found += _limit_words(terms, [[[subject, codes] for subject, codes in _by_subject(p)] for p in papers])
    if len(papers) > 1:
        found.append(_("Who rated himself or his own unit on the common paper: strike that line, it is an abstention."))
    found.append(_("Invalid and blank ballots are counted apart and kept; nothing of them goes into the table."))
    return found


def _invalid_words() -> dict[str, str]:
    return {
        "all_same": _("A ballot that gives everybody the same answer is invalid."),
        "all_best": _("A ballot that gives everybody the best answer is invalid."),
    }


def _by_subject(paper: Paper) -> list[tuple[int, list[str]]]:
    found: dict[int, list[str]] = {}
    for subject, leaf in paper.places:
        found.setdefault(subject, []).append(leaf)
    return list(found.items())


def few_words(number: int) -> str:
    """What is said where so few vote on paper that whoever counts knows how they voted; "" else."""
    if not 0 < number < LEAST_VOTERS:
        return ""
    words = ngettext(
        "Only %(count)d voter votes on paper: whoever counts the ballot knows how this voter voted.",
        "Only %(count)d voters vote on paper: whoever counts the ballots knows how they voted.",
        number,
    )
    return words % {"count": number}

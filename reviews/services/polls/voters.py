"""Who votes on whom: a poll's rule and the people, units and codes that follow from it. Nothing here writes.

A rule names sources of voters (a class that was merged into another brings its own), a sample drawn from them, and
whom nobody votes on. Always left out: oneself and one's own unit, unless the leaf allows 自评; an excluded pair.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from reviews.ballot_form import Terms
from reviews.models import Attendee, MeetingState, Poll, Presence, Subject, Talk, VoteExclusion
from reviews.queries.polls import spared_places
from reviews.sampling import Candidate, draw
from units.models import Person, Role, RoleGrant, Unit, User

# What a source of voters can be, in the words of the page.
KINDS = {
    "units": _("every unit that is appraised, one ballot each"),
    "chosen_units": _("chosen units, one ballot each"),
    "leaders": _("all leaders"),
    "accounts": _("chosen accounts"),
    "people": _("people by unit, rank, position or category"),
    "chosen_people": _("chosen people"),
    "own_staff": _("the staff of each subject's unit, on that subject"),
    "attendees": _("who is present at the review meeting, of this class"),
    "slips": _("slips with a code, handed out without names"),
    "door": _("everybody who has the link, up to a number"),
    "paper": _("paper ballots handed out, nobody online"),
}


Key = tuple[str, int]  # who has a name: "account", "unit" or "person", and its id


@dataclass(frozen=True, slots=True)
class Source:
    """One source of voters. Of the other keys each kind reads its own; `origin` is the class that it came from."""

    kind: str
    ids: tuple[int, ...] = ()  # units, accounts or people that were chosen
    units: tuple[int, ...] = ()  # people: of these units
    ranks: tuple[str, ...] = ()
    positions: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    number: int = 0  # slips, paper ballots, seats of a door
    label: str = ""  # of a door
    supervised: bool = False  # leaders and accounts: only on the subjects of the group that bears their name
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """`sample`: only so many of the voters with a name, drawn with `seed`; 0: all. `without`: who does not vote here
    although a source names him, since he votes elsewhere or under another name."""

    sources: tuple[Source, ...] = ()
    sample: int = 0
    seed: str = ""
    not_own_category: bool = False  # direct competitors do not vote on each other
    without: tuple[Key, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Rule:
        sources: list[Source] = []
        for row in stored.get("sources", ()):
            values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
            sources.append(Source(**values))
        rest = {key: stored[key] for key in ("sample", "seed", "not_own_category") if key in stored}
        without = tuple((str(kind), int(pk)) for kind, pk in stored.get("without", ()))
        return cls(tuple(sources), **rest, without=without)


# Subjects in the round's order, each with the leaves on which it is rated.
Places = tuple[tuple[int, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Voter:
    """Somebody who may cast one ballot."""

    label: str
    places: Places
    account: int | None = None
    unit: int | None = None
    person: int | None = None
    slip: int | None = None
    door: int | None = None  # position of the source in the rule
    on_paper: bool = False

    @property
    def key(self) -> Key | None:
        """None: a voter without a name."""
        named = (("account", self.account), ("unit", self.unit), ("person", self.person))
        return next(((kind, pk) for kind, pk in named if pk), None)

    @property
    def is_named(self) -> bool:
        return self.key is not None


@dataclass(slots=True)
class _Voter:
    """A voter to be, before it is known on whom he votes."""

    key: Key
    label: str
    units: frozenset[int] = frozenset()  # he belongs to
    people: frozenset[int] = frozenset()  # he is
    categories: frozenset[str] = frozenset()
    only: frozenset[int] | None = None  # subjects
    code: str = ""


@dataclass(slots=True)
class Electorate:
    """All voters of a poll. If it is a sample: those `drawn` (their codes, in the order of their numbers).

    `candidates`: code and name of everybody with a name whom the sources name, drawn or not.
    """

    voters: list[Voter] = field(default_factory=list)
    candidates: list[tuple[str, str]] = field(default_factory=list)
    drawn: list[str] = field(default_factory=list)

    @property
    def population(self) -> int:
        return len(self.candidates)

    def votes_on(self) -> dict[tuple[int, str], int]:
        """(subject, leaf) → how many voters may rate it."""
        found: dict[tuple[int, str], int] = defaultdict(int)
        for voter in self.voters:
            for subject, codes in voter.places:
                for code in codes:
                    found[subject, code] += 1
        return dict(found)


def electorate(poll: Poll, terms: Terms) -> Electorate:
    """Who votes in a poll by its rule as it stands now. At most twelve queries, whatever the size."""
    rule = _with_attendees(poll, Rule.from_json(poll.rule))
    subjects = _as_they_speak(poll) if poll.in_meeting else list(poll.round.subjects.all())
    named = list(_named(rule, subjects))
    found = Electorate(candidates=[(one.code, one.label) for one in named])
    if rule.sample:
        found.drawn = draw(rule.seed, [Candidate(one.code) for one in named], {"": rule.sample})
        chosen = set(found.drawn)
        named = [one for one in named if one.code in chosen]
    desk = _Desk(poll, terms, rule, subjects)
    for one in named:
        places = desk.places(one)
        if places:
            kind, pk = one.key
            who: dict[str, Any] = {kind: pk}
            found.voters.append(Voter(one.label, places, **who))
    found.voters += _without_names(rule, desk.everything())
    return found


def _as_they_speak(poll: Poll) -> list[Subject]:
    """The subjects in the order of the talks, so that a ballot can be filled in as one after the other speaks; then
    who does not speak. Two queries."""
    talks = Talk.objects.filter(meeting__round=poll.round_id, is_current=True)
    order = talks.order_by("meeting__date", "meeting_id", "order").values_list("subject_id", flat=True)
    place = {subject: number for number, subject in enumerate(order)}
    return sorted(poll.round.subjects.all(), key=lambda subject: place.get(subject.pk, len(place)))


def _with_attendees(poll: Poll, rule: Rule) -> Rule:
    """The rule with those who are present now in place of the word for them: people of the roster by their names,
    the others a slip each, also who is present at several meetings: of one name in one unit there is one. What comes
    of the others stands last, so that every source keeps its place."""
    if all(source.kind != "attendees" for source in rule.sources):
        return rule
    named: dict[str, list[int]] = defaultdict(list)
    others: dict[str, set[tuple[str, str]]] = defaultdict(set)
    rows = Attendee.objects.filter(meeting__round=poll.round_id, presence=Presence.PRESENT)
    rows = rows.exclude(meeting__state=MeetingState.CANCELLED).exclude(voter_class="")
    for row in rows.order_by("meeting_id", "number"):
        if row.person_id is not None:
            named[row.voter_class].append(row.person_id)
        else:
            others[row.voter_class].add((row.name, row.unit))
    sources: list[Source] = []
    slips: list[Source] = []
    for source in rule.sources:
        if source.kind != "attendees":
            sources.append(source)
            continue
        code = source.origin or poll.voter_class
        sources.append(replace(source, kind="chosen_people", ids=tuple(named[code])))
        slips.append(replace(source, kind="slips", number=len(others[code])))
    return replace(rule, sources=(*sources, *slips))


def _without_names(rule: Rule, places: Places) -> Iterator[Voter]:
    if not places:
        return
    first = 1
    for position, source in enumerate(rule.sources):
        if source.kind == "slips":
            for number in range(first, first + source.number):
                yield Voter("", places, slip=number)
            first += source.number
        elif source.kind == "door":
            for _seat in range(source.number):
                yield Voter("", places, door=position)
        elif source.kind == "paper":
            for _sheet in range(source.number):
                yield Voter("", places, on_paper=True)


def _named(rule: Rule, subjects: Sequence[Subject]) -> Iterator[_Voter]:
    """The voters with a name, each once, whichever sources name him: an account of a person is that person."""
    seen: set[Key] = set(rule.without)
    people: set[int] = set()
    for source in rule.sources:
        for voter in _BY_KIND.get(source.kind, _nobody)(source, subjects):
            if voter.key not in seen and not voter.people & people:
                seen.add(voter.key)
                people |= voter.people
                yield voter


# ---------------------------------------------------------------- sources


def _nobody(_source: Source, _subjects: Sequence[Subject]) -> Iterable[_Voter]:
    return ()


def _units(source: Source, subjects: Sequence[Subject]) -> Iterator[_Voter]:
    wanted = source.ids if source.kind == "chosen_units" else [s.unit_id for s in subjects if s.unit_id]
    category = {subject.unit_id: subject.category for subject in subjects if subject.unit_id and not subject.person_id}
    for unit in Unit.objects.filter(pk__in=wanted, is_active=True):
        here = frozenset({category[unit.pk]} if unit.pk in category else ())
        yield _Voter(("unit", unit.pk), unit.name, frozenset({unit.pk}), categories=here, code=f"unit {unit.code}")


def _accounts(source: Source, subjects: Sequence[Subject]) -> Iterator[_Voter]:
    grants = RoleGrant.objects.filter(user__is_active=True).select_related("user", "person").order_by("user_id", "pk")
    grants = grants.filter(role=Role.LEADER) if source.kind == "leaders" else grants.filter(user__in=source.ids)
    everything: dict[int, list[RoleGrant]] = defaultdict(list)
    for grant in RoleGrant.objects.filter(user__in=grants.values("user")).select_related("person").order_by("pk"):
        everything[grant.user_id].append(grant)
    for user in {grant.user_id: grant.user for grant in grants}.values():
        own = everything[user.pk]
        people = frozenset(grant.person_id for grant in own if grant.person_id)
        units = {grant.unit_id for grant in own if grant.unit_id}
        units |= {grant.person.unit_id for grant in own if grant.person}
        name = str(user)
        only = frozenset(s.pk for s in subjects if s.group == name) if source.supervised else None
        yield _Voter(("account", user.pk), name, frozenset(units), people, only=only, code=f"account {user.username}")


def _people(source: Source, subjects: Sequence[Subject]) -> Iterator[_Voter]:
    rows = Person.objects.filter(is_active=True, unit__is_active=True)
    if source.kind == "chosen_people":
        rows = rows.filter(pk__in=source.ids)
    filters = {
        "unit__in": source.units,
        "rank__in": source.ranks,
        "position__in": source.positions,
        "category__in": source.categories,
    }
    rows = rows.filter(**{key: value for key, value in filters.items() if value})
    for person in rows:
        yield _person(person, None)


def _own_staff(_source: Source, subjects: Sequence[Subject]) -> Iterator[_Voter]:
    """Whole staff of each subject's unit: here one's own unit is just the one that is rated."""
    by_unit: dict[int, set[int]] = defaultdict(set)
    home = dict(Person.objects.filter(pk__in=[s.person_id for s in subjects if s.person_id]).values_list("pk", "unit"))
    for subject in subjects:
        unit = home.get(subject.person_id) if subject.person_id else subject.unit_id
        if unit:
            by_unit[unit].add(subject.pk)
    for person in Person.objects.filter(unit__in=by_unit, is_active=True):
        yield _person(person, frozenset(by_unit[person.unit_id]), of_own_unit=True)


def _person(person: Person, only: frozenset[int] | None, *, of_own_unit: bool = False) -> _Voter:
    units = frozenset() if of_own_unit else frozenset({person.unit_id})
    categories = frozenset({person.category} if person.category else ())
    return _Voter(
        ("person", person.pk), person.name, units, frozenset({person.pk}), categories, only, f"person {person.code}"
    )


_BY_KIND = {
    "units": _units,
    "chosen_units": _units,
    "leaders": _accounts,
    "accounts": _accounts,
    "people": _people,
    "chosen_people": _people,
    "own_staff": _own_staff,
}


def names_of(keys: Iterable[Key]) -> dict[Key, str]:
    """Voters by name. At most three queries."""
    wanted: dict[str, list[int]] = defaultdict(list)
    for kind, pk in keys:
        wanted[kind].append(pk)
    models: dict[str, Any] = {"account": User, "unit": Unit, "person": Person}
    return {
        (kind, one.pk): str(one) if kind == "account" else one.name
        for kind, ids in wanted.items()
        if kind in models
        for one in models[kind].objects.filter(pk__in=ids)
    }


# Who is chosen one by one, and which sources name voters of his kind.
_CHOSEN = {"unit": "chosen_units", "account": "accounts", "person": "chosen_people"}
_LIKE = {
    "unit": ("units", "chosen_units"),
    "account": ("leaders", "accounts"),
    "person": ("people", "chosen_people", "own_staff"),
}


def kinds_named(rule: Rule) -> list[str]:
    """What voters of a rule are, the kinds that it names first."""
    named = [kind for source in rule.sources for kind, like in _LIKE.items() if source.kind in like]
    return list(dict.fromkeys([*named, *_CHOSEN]))


def one_voter(poll: Poll, terms: Terms, key: Key) -> Voter | None:
    """Somebody with a name as a voter of a poll, on the subjects on which its rule has people of his kind vote.

    None if that is nobody, or on nobody. It does not matter whether the rule names him.
    """
    rule, subjects = Rule.from_json(poll.rule), list(poll.round.subjects.all())
    kind, pk = key
    alike = [source for source in rule.sources if source.kind in _LIKE[kind]] or [Source("")]
    desk = _Desk(poll, terms, rule, subjects)
    for source in alike:
        one_only = source if source.kind == "own_staff" else Source(_CHOSEN[kind], (pk,), supervised=source.supervised)
        for voter in _BY_KIND[one_only.kind](one_only, subjects):
            if voter.key == key and (places := desk.places(voter)):
                who: dict[str, Any] = {kind: pk}
                return Voter(voter.label, places, **who)
    return None


# ---------------------------------------------------------------- on whom


def _excluded(round_id: int) -> dict[tuple[str, int], set[int]]:
    found: dict[tuple[str, int], set[int]] = defaultdict(set)
    rows = VoteExclusion.objects.filter(round=round_id).values_list("subject_id", "unit_id", "person_id", "account_id")
    for subject, unit, person, account in rows:
        for kind, pk in (("unit", unit), ("person", person), ("account", account)):
            if pk:
                found[kind, pk].add(subject)
    return found


class _Desk:
    """Gives every voter his places. Voters of whom the same holds share them: thousands of people have a few lists."""

    def __init__(self, poll: Poll, terms: Terms, rule: Rule, subjects: Sequence[Subject]) -> None:
        self.terms, self.rule, self.subjects = terms, rule, subjects
        self.barred = _excluded(poll.round_id)
        self.spared = spared_places(poll.round, [leaf.code for leaf in terms.leaves])
        self.rated_units = frozenset(s.unit_id for s in subjects if s.unit_id and not s.person_id)
        self.rated_people = frozenset(s.person_id for s in subjects if s.person_id)
        self.known: dict[Any, Places] = {}

    def everything(self) -> Places:
        """The places of who has no name: nothing is his own."""
        return self.places(_Voter(("", 0), ""))

    def places(self, voter: _Voter) -> Places:
        keys = [voter.key, *(("person", pk) for pk in voter.people), *(("unit", pk) for pk in voter.units)]
        out = frozenset(subject for key in keys for subject in self.barred.get(key, ()))
        units, people = voter.units & self.rated_units, voter.people & self.rated_people
        categories = voter.categories if self.rule.not_own_category else frozenset()
        same = (units, people, categories, voter.only, out)
        if same not in self.known:
            self.known[same] = tuple(self._places(units, people, categories, voter.only, out))
        return self.known[same]

    def _places(
        self,
        units: frozenset[int],
        people: frozenset[int],
        categories: frozenset[str],
        only: frozenset[int] | None,
        out: frozenset[int],
    ) -> Iterator[tuple[int, tuple[str, ...]]]:
        for subject in self.subjects:
            if subject.pk in out or (only is not None and subject.pk not in only):
                continue
            own = is_own(units, people, subject)
            if subject.category in categories and not own:
                continue
            codes = tuple(
                leaf.code
                for leaf in self.terms.leaves
                if (leaf.self_vote or not own) and (subject.pk, leaf.code) not in self.spared
            )
            if codes:
                yield subject.pk, codes


def is_own(units: frozenset[int], people: frozenset[int], subject: Subject) -> bool:
    """Whether a voter is the subject, or of the unit that is the subject. A person's colleague is not that person."""
    if subject.person_id is not None:
        return subject.person_id in people
    return subject.unit_id is not None and subject.unit_id in units

"""Results of earlier rounds: whose they are, and what there is to say about the rounds themselves (往期)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from appraisal_site.lib.fields import canonical
from indicators import sets
from indicators.services import engine_plan
from indicators.sets import PlanSet
from reviews.models import EarlierResult, Round, RoundSetMember, Subject
from reviews.queries.earlier import members_of
from units.access import PUBLISHED

from .engine import ENGINE_VERSION
from .engine.types import Plan, Text
from .models import Computation, SubjectResult

Result = tuple[Decimal, str]  # total, grade ("": none)


@dataclass(slots=True)
class ResultsThen:
    """Results of one earlier round, by who was appraised then: a person, else a unit, else a code.

    A code stands for the same subject only where one of the two rounds knows no person or unit.
    """

    people: dict[int, Result] = field(default_factory=dict)
    units: dict[int, Result] = field(default_factory=dict)
    linked: dict[str, Result] = field(default_factory=dict)
    unlinked: dict[str, Result] = field(default_factory=dict)

    def add(self, person: int | None, unit: int | None, code: str, result: Result) -> None:
        if person is not None:
            self.people[person] = result
        elif unit is not None:
            self.units[unit] = result
        known = person is not None or unit is not None
        (self.linked if known else self.unlinked)[code] = result

    def of(self, person: int | None, unit: int | None, code: str) -> Result | None:
        if person is not None:
            return self.people.get(person) or self.unlinked.get(code)
        if unit is not None:
            return self.units.get(unit) or self.unlinked.get(code)
        return self.linked.get(code) or self.unlinked.get(code)


def results_then(round_ids: Collection[int]) -> dict[int, ResultsThen]:
    """The current results of these rounds. One query."""
    found: dict[int, ResultsThen] = defaultdict(ResultsThen)
    rows = (
        SubjectResult.objects.filter(computation__is_current=True, computation__round__in=round_ids)
        .order_by("id")
        .values_list(
            "computation__round_id", "subject__person_id", "subject__unit_id", "subject__code", "total", "grade"
        )
    )
    for round_id, person, unit, code, total, grade in rows.iterator(chunk_size=5000):
        found[round_id].add(person, unit, code, (Decimal(canonical(total)), grade))
    return found


# ---------------------------------------------------------------- the rounds themselves


@dataclass(frozen=True, slots=True)
class State:
    """What there is to say about a round whose result another one reads."""

    computed: bool = False
    provisional: bool = False
    stale: bool = False
    published: bool = False


def states(rounds: Collection[Round]) -> dict[int, State]:
    """The state of each round's result. Two queries."""
    ids = [one.pk for one in rounds]
    reads: dict[int, dict[str, str]] = defaultdict(dict)
    members = RoundSetMember.objects.filter(round__in=ids, earlier__computations__is_current=True)
    for reader, earlier, digest in members.values_list("round_id", "earlier_id", "earlier__computations__digest"):
        reads[reader][str(earlier)] = digest
    versions = {one.pk: (one.input_version, one.phase in PUBLISHED) for one in rounds}
    found = {one.pk: State(published=one.phase in PUBLISHED) for one in rounds}
    computations = Computation.objects.filter(round__in=ids, is_current=True)
    for pk, engine, version, provisional, read in computations.values_list(
        "round_id", "engine_version", "input_version", "provisional", "summary__earlier"
    ):
        now, published = versions[pk]
        fresh = version == now and engine == ENGINE_VERSION and (read or {}) == reads[pk]
        found[pk] = State(True, provisional, not (published or fresh), published)
    return found


def obstacles(round_: Round) -> list[str]:
    """Earlier rounds without a result that could be relied on, in words. Three queries; one without sets."""
    found = []
    for name, state in _titled_states(round_):
        if not state.computed:
            found.append(_("The earlier round “%(round)s” has not been computed.") % {"round": name})
        elif state.provisional:
            found.append(_("The result of the earlier round “%(round)s” is provisional.") % {"round": name})
    return found


def warnings(round_: Round) -> list[str]:
    """What may still change in earlier rounds, and sets with fewer rounds than expected. Four queries at most."""
    found = []
    for name, state in _titled_states(round_):
        if state.computed and state.stale:
            found.append(
                _("Inputs of the earlier round “%(round)s” have changed since its result was computed.")
                % {"round": name}
            )
        elif state.computed and not state.published:
            found.append(_("The result of the earlier round “%(round)s” has not been announced.") % {"round": name})
    return found + _lacking_words(round_)


def _titled_states(round_: Round) -> list[tuple[str, State]]:
    rounds = {row.earlier_id: row.earlier for row in members_of(round_)}
    found = states(list(rounds.values())) if rounds else {}
    return [(one.title, found[pk]) for pk, one in rounds.items()]


def _lacking_words(round_: Round) -> list[str]:
    expected = [
        each
        for each in sets.read_sets(round_.plan_version.document, engine_plan(round_.plan_version))
        if each.rounds and isinstance(each.title, str)
    ]
    if not expected:
        return []
    names: dict[str, set[str]] = defaultdict(set)
    members = RoundSetMember.objects.filter(round=round_).values_list("set_name", "earlier__name")
    stated = EarlierResult.objects.filter(subject__round=round_).values_list("set_name", "round_name").distinct()
    for code, name in (*members, *stated.order_by()):
        names[code].add(name)
    words = _("The set “%(set)s” has %(count)d of %(expected)d rounds.")
    return [
        words % {"set": each.title, "count": len(names[each.code]), "expected": each.rounds}
        for each in expected
        if len(names[each.code]) < each.rounds
    ]


# ---------------------------------------------------------------- the sets of a round


@dataclass(slots=True)
class Member:
    """A round of a set: of this database, of a workbook's sheet 往期, or of both.

    `found`: subjects of the reading round that have a result there, `workbook`: of these, those of the workbook;
    `without`: the others.
    """

    name: str
    row: RoundSetMember | None = None
    state: State = field(default_factory=State)
    found: int = 0
    workbook: int = 0
    without: int = 0
    points: Decimal | None = None


@dataclass(slots=True)
class SetOfRound:
    """`without`: subjects that have no result in any of the set's rounds."""

    set: PlanSet
    readers: list[Text]
    members: list[Member]
    without: int = 0

    @property
    def lacks(self) -> int:
        """How many rounds fewer than the plan expects."""
        return max(0, self.set.rounds - len(self.members))


@dataclass(frozen=True, slots=True)
class NamedRound:
    """A round that a rule asks for by name (`grade_in`): who asks, and in which sets it is."""

    name: str
    readers: list[Text]
    sets: list[str | Text]


@dataclass(frozen=True, slots=True)
class Cell:
    """One subject's result in one round of a set."""

    total: Decimal | None
    points: Decimal | None
    grade: str
    workbook: bool


@dataclass(slots=True)
class Sets:
    """All that a round reads of earlier rounds. `cells`: (set, round's name) → subject id → result."""

    sets: list[SetOfRound]
    named: list[NamedRound]
    subjects: list[Subject]
    cells: dict[tuple[str, str], dict[int, Cell]]

    def get(self, code: str) -> SetOfRound | None:
        return next((one for one in self.sets if one.set.code == code), None)


def sets_of(round_: Round) -> Sets:
    """Read the sets of a round with everything that is in them. Six queries, whatever the size."""
    plan = engine_plan(round_.plan_version)
    rows = members_of(round_)
    subjects = list(Subject.objects.filter(round=round_).order_by("order", "code"))
    cells = _cells(round_, rows, subjects)
    state = states([row.earlier for row in rows])
    known = sets.read_sets(round_.plan_version.document, plan)
    codes = {each.code for each in known}
    stored = sorted({row.set_name for row in rows} | {code for code, name in cells})
    known += [PlanSet(code, code, declared=False) for code in stored if code not in codes]
    found = [_set_of_round(each, plan, rows, cells, state, subjects) for each in known]
    return Sets(found, _named(plan, found), subjects, cells)


def _cells(
    round_: Round, rows: Iterable[RoundSetMember], subjects: Iterable[Subject]
) -> dict[tuple[str, str], dict[int, Cell]]:
    """The results as the engine gets them: the workbook's row wins."""
    rows = list(rows)
    then = results_then({row.earlier_id for row in rows})
    cells: dict[tuple[str, str], dict[int, Cell]] = {}
    for row in rows:
        points = engine_plan(row.earlier.plan_version).root.points
        results = then[row.earlier_id]
        column = cells.setdefault((row.set_name, row.earlier.name), {})
        for subject in subjects:
            result = results.of(subject.person_id, subject.unit_id, subject.code)
            if result is not None:
                column[subject.pk] = Cell(result[0], points, result[1], workbook=False)
    stated = EarlierResult.objects.filter(subject__round=round_).order_by("id")
    for subject_id, code, name, total, full, grade in stated.values_list(
        "subject_id", "set_name", "round_name", "total", "points", "grade"
    ).iterator(chunk_size=5000):
        cells.setdefault((code, name), {})[subject_id] = Cell(total, full, grade, workbook=True)
    return cells


def _set_of_round(
    each: PlanSet,
    plan: Plan,
    rows: Iterable[RoundSetMember],
    cells: dict[tuple[str, str], dict[int, Cell]],
    state: dict[int, State],
    subjects: Collection[Subject],
) -> SetOfRound:
    members = {
        row.earlier.name: Member(
            row.earlier.name,
            row,
            state[row.earlier_id],
            points=engine_plan(row.earlier.plan_version).root.points,
        )
        for row in rows
        if row.set_name == each.code
    }
    some: set[int] = set()
    for (code, name), column in cells.items():
        if code == each.code:
            member = members.setdefault(name, Member(name))
            member.found = len(column)
            member.workbook = sum(cell.workbook for cell in column.values())
            some.update(column)
    for member in members.values():
        member.without = len(subjects) - member.found
    ordered = [members[name] for name in sorted(members)]
    return SetOfRound(each, sets.reader_words(plan, each.code), ordered, len(subjects) - len(some))


def _named(plan: Plan, found: Iterable[SetOfRound]) -> list[NamedRound]:
    found = list(found)
    return [
        NamedRound(
            name,
            sets.named_words(plan, name),
            [one.set.title for one in found if any(member.name == name for member in one.members)],
        )
        for name in sets.readers(plan).named
    ]

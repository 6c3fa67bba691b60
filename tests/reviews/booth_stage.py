"""A vote among invented people, as the voters' pages show it: any leaves, any terms, slips, a link, or accounts."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.test import Client

from indicators import plan_file
from indicators.services import import_plan
from reviews import sealing
from reviews.models import Door, Entitlement, Participation, Poll, Round, SealedBallot
from reviews.services.polls.counting import count_polls
from reviews.services.polls.preparing import change_poll, prepare_polls
from reviews.services.polls.setup import close_poll, fix_poll, open_poll, start_poll
from reviews.services.polls.voters import Rule, Source
from reviews.services.rounds import NewSubject, open_round
from tests.factories import district_round, make_unit, make_user
from units.models import Person, Role, User

from .polls import office_of, poll_for, sheets, with_key

CATEGORIES = ("中层正职", "中层副职")
HEAD = """code = "{code}"
title = "民主测评"
source = "测评办法"
subjects = "people"
period = "year"
decimals = 2
categories = ["中层正职", "中层副职"]
grades = ["优秀", "合格"]
minimum_votes = 3

[[indicators]]
code = "R"
title = "总分"
points = {points}
"""
LEAF = """
[[indicators]]
code = "{code}"
parent = "R"
title = "{title}"
points = 10
method = "ballot"
{form}
classes = [ {{ code = "staff", title = "职工代表", voters = "staff" }} ]
"""
GRADES = (
    'scale = 100\noptions = [ { title = "优秀", value = 95 }, { title = "称职", value = 80 },'
    ' { title = "基本称职", value = 65 }, { title = "不称职", value = 40 } ]'
)
POINTS, HALVES, TEN = "scale = 100", "scale = 100\nstep = 0.5", "scale = 10"
ONE = (("DE", "德才表现", GRADES),)
THREE = (("DE", "德", GRADES), ("NENG", "能", GRADES), ("JI", "实绩得分", POINTS))


def plan_text(leaves: Any, voting: str, code: str) -> str:
    rows = (LEAF.format(code=code, title=title, form=form) for code, title, form in leaves)
    return HEAD.format(code=code, points=10 * len(leaves)) + "".join(rows) + f"\n[voting]\n{voting}\n"


class Vote:
    """A round of so many people and one open poll of them."""

    def __init__(
        self,
        subjects: int = 3,
        leaves: Any = ONE,
        voting: str = "",
        *,
        code: str = "vote",
        office: User | None = None,
        poll: Any = (),
        start: bool = True,
        **source: Any,
    ) -> None:
        self.office = office or office_of()
        version, _new = import_plan(document=plan_file.load(plan_text(leaves, voting, code)), by=None)
        unit = make_unit()
        people = Person.objects.bulk_create(
            Person(code=f"{code}{number:03}", name=f"张{number}号", unit=unit, position="科长", order=number)
            for number in range(1, subjects + 1)
        )
        rows = [
            NewSubject(person.code, person.name, CATEGORIES[number * 2 // subjects], person=person)
            for number, person in enumerate(people)
        ]
        self.round: Round = open_round(
            version=version, name="2026", title="中层干部民主测评", deadline=None, subjects=rows, by=None
        )
        self.subjects = list(self.round.subjects.all())
        self.parts = with_key(self.round, self.office)
        prepare_polls(round=self.round, by=self.office)
        rule = Rule((Source(**(source or {"kind": "slips", "number": 6})),))
        self.poll = change_poll(poll=self.round.polls.get(), rule=rule, by=self.office, **dict(poll))
        self.poll = fix_poll(poll=self.poll, by=self.office, despite_few="演示")
        if start:
            self.start()

    def start(self) -> None:
        self.poll = start_poll(poll=self.poll, by=self.office)

    def code(self, slip: int = 1) -> str:
        """A new code for a slip; the one before is dead."""
        code = sealing.random_code(sealing.CODE_LETTERS)
        rows = Entitlement.objects.filter(poll=self.poll, slip=slip)
        assert rows.update(code_hash=sealing.code_hash(code)) == 1
        return sealing.grouped(code)

    @property
    def door(self) -> Door:
        return self.poll.doors.get()

    def close(self) -> None:
        close_poll(poll=self.poll, by=self.office)
        self.poll.refresh_from_db()

    def count(self) -> None:
        self.close()
        count_polls(round=self.round, parts=self.parts, by=self.office)
        self.poll.refresh_from_db()

    def answers(self, *values: str) -> dict[str, str]:
        """The fields of a ballot: these answers by turns, to all subjects and leaves."""
        places = [(subject, code) for subject, codes in self.poll.papers.first().places for code in codes]
        return {f"a.{subject}.{code}": values[at % len(values)] for at, (subject, code) in enumerate(places)}

    def counted(self) -> dict[tuple[str, str], dict[str, int]]:
        """(subject's name, leaf) → answer → ballots."""
        found: dict[tuple[str, str], dict[str, int]] = {}
        for row in self.poll.counts.select_related("subject"):
            found.setdefault((row.subject.name, row.indicator), {})[row.answer] = row.count
        return found


def visitor() -> Client:
    """A browser without an account."""
    return Client()


def stored() -> tuple[int, int]:
    """How many have voted, how many ballots lie there."""
    return Participation.objects.count(), SealedBallot.objects.count()


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def everything() -> dict[str, list[str]]:
    """Every row of every table, but for participations and ballots."""
    return {
        model._meta.label: sorted(repr({k: _plain(v) for k, v in row.items()}) for row in model.objects.values())
        for model in apps.get_models()
        if model not in {Participation, SealedBallot}
    }


def account_vote() -> tuple[Poll, list[User]]:
    """Five units that rate each other by account."""
    office, round_ = office_of(), district_round(5)
    with_key(round_, office)
    poll = open_poll(poll=poll_for(round_, "unit", office), by=office)
    return poll, [make_user(Role.SUBJECT, sheet.unit) for sheet in sheets(poll)]

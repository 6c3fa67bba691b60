"""Four quarters of the same people, for plans of a year that read them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from indicators.services import engine_plan, ensure_plan
from reviews.models import (
    Ballot,
    BallotMark,
    Event,
    EventStatus,
    Mark,
    NotApplicable,
    Phase,
    Round,
)
from reviews.services.rounds import NewSubject, change_phase, open_round, touch_inputs
from scoring.services import announce_round, run_scoring
from units.models import Person, Role

from ..factories import make_unit, make_user

QUARTERS = ("2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4")


def people(count: int, category: str) -> list[NewSubject]:
    """Subjects who are people with accounts of the roster: the same in every round they are in."""
    unit = make_unit()
    found = []
    for number in range(1, count + 1):
        person = Person.objects.create(code=f"P{number:03}", name=f"王{number}", unit=unit, category=category)
        found.append(NewSubject(person.code, person.name, category, "分管一组", person=person))
    return found


def opened(plan: str, name: str, subjects: Sequence[NewSubject]) -> Round:
    version = ensure_plan(plan)
    title = f"{engine_plan(version).title} {name}"
    return open_round(version=version, name=name, title=title, deadline=None, subjects=subjects, by=None)


def points_quarter(name: str, subjects: Sequence[NewSubject], deductions: Sequence[int]) -> Round:
    """A quarter of finance-points without 民主测评: from each subject so many points of 常规工作 are taken."""
    round_ = opened("finance-points", name, subjects)
    for subject, count in zip(round_.subjects.order_by("order"), deductions, strict=True):
        NotApplicable.objects.create(subject=subject, indicator="M")
        if count:
            Event.objects.create(
                subject=subject, indicator="W", item="W1", count=Decimal(count), status=EventStatus.APPROVED
            )
    touch_inputs(round_.pk)
    round_.refresh_from_db()
    return round_


def work_quarter(name: str, subjects: Sequence[NewSubject], marks: Sequence[int]) -> Round:
    """A quarter of subdistrict-quarterly without key projects: so many of 50 points of 常规工作, half each."""
    round_ = opened("subdistrict-quarterly", name, subjects)
    ballot = Ballot.objects.create(round=round_, voter_class="leader")
    for subject, mark in zip(round_.subjects.order_by("order"), marks, strict=True):
        NotApplicable.objects.create(subject=subject, indicator="J12")
        for leaf in ("J111", "J112"):
            Mark.objects.create(subject=subject, indicator=leaf, value=Decimal(mark) / 2)
        BallotMark.objects.create(
            ballot=ballot, subject=subject, indicator="T", voter_class="leader", answer=str(mark * 2)
        )
    touch_inputs(round_.pk)
    round_.refresh_from_db()
    return round_


def announce(round_: Round) -> Round:
    run_scoring(round=round_)
    by = make_user(Role.OFFICE)
    return announce_round(round=change_phase(round=round_, to=Phase.REVIEWING, by=by), by=by)

"""Rows of a small district round: marks, events, ballots as people would have left them."""

from __future__ import annotations

from decimal import Decimal

from indicators.services import engine_plan
from reviews.models import (
    Ballot,
    BallotMark,
    Event,
    EventStatus,
    Mark,
    Phase,
    Round,
    Subject,
)
from reviews.services.rounds import change_phase, touch_inputs
from reviews.tree import MARKS, Tree
from scoring.models import Computation
from scoring.services import announce_round, run_scoring
from units.models import Role, User

from ..factories import district_round, make_user


def fill(round_: Round, *, lacking: tuple[str, str] | None = None, step: str = "0.1") -> None:
    """Every mark and ballot of the round. The first subject gets full points, each next one `step` less
    on every leaf of marks. `lacking`: the code of a subject and of a leaf that stays without input."""
    plan = engine_plan(round_.plan_version)
    subjects = list(round_.subjects.order_by("order"))
    leaves = Tree(plan).of(MARKS)
    marks = []
    for place, subject in enumerate(subjects):
        for node in leaves:
            if (subject.code, node.code) == lacking:
                continue
            marks.append(
                Mark(
                    subject=subject,
                    indicator=node.code,
                    assessor=node.assessors[0].name,
                    value=max(Decimal(0), node.points - Decimal(step) * place),
                    note=f"{node.title}：材料齐全",
                )
            )
    Mark.objects.bulk_create(marks)
    for leaf, voter_class in (("E1", "unit"), ("E2", "leader")):
        cast(round_, leaf, voter_class, ["90", "80"])
    touch_inputs(round_.pk)


def cast(round_: Round, leaf: str, voter_class: str, answers: list[str], subjects: list[Subject] | None = None) -> None:
    """One ballot per answer, which gives it to every subject."""
    everyone = subjects if subjects is not None else list(round_.subjects.all())
    for answer in answers:
        ballot = Ballot.objects.create(round=round_, voter_class=voter_class)
        BallotMark.objects.bulk_create(
            BallotMark(ballot=ballot, subject=s, indicator=leaf, voter_class=voter_class, answer=answer)
            for s in everyone
        )
    touch_inputs(round_.pk)


def add_event(
    subject: Subject, value: str, matter: str = "", status: str = EventStatus.APPROVED, **fields: object
) -> Event:
    event = Event.objects.create(
        subject=subject,
        indicator=fields.pop("indicator", "B"),
        item=fields.pop("item", "B-1"),
        value=Decimal(value),
        matter=matter,
        status=status,
        **fields,
    )
    touch_inputs(subject.round_id)
    return event


def subject(round_: Round, code: str) -> Subject:
    return round_.subjects.get(code=code)


def computed(subjects: int = 3, **how: object) -> tuple[Round, Computation]:
    """A round with all its inputs, computed."""
    round_ = district_round(subjects)
    fill(round_, **how)  # type: ignore[arg-type]
    round_.refresh_from_db()
    return round_, run_scoring(round=round_)


def announced(subjects: int = 3) -> tuple[Round, Computation]:
    round_, computation = computed(subjects)
    by = make_user(Role.OFFICE)
    round_ = change_phase(round=round_, to=Phase.REVIEWING, by=by)
    return announce_round(round=round_, by=by), computation


def own_account(round_: Round, code: str) -> User:
    """The account of a subject's own unit."""
    return make_user(Role.SUBJECT, subject(round_, code).unit)

"""Rows → engine inputs: typed, complete, in a fixed number of queries."""

from __future__ import annotations

from decimal import Decimal

import pytest

from indicators.services import engine_plan
from reviews.models import (
    EarlierResult,
    EventStatus,
    GradeDecision,
    NotApplicable,
    PaperTally,
    RoundSetMember,
    SubjectFact,
)
from scoring.engine.types import Decision, Earlier, Event, FactType, Mark
from scoring.load import fact_value, load_inputs
from scoring.models import Computation, SubjectResult

from ..factories import district_round, make_unit
from .rows import add_event, cast, fill, subject

pytestmark = pytest.mark.django_db


def load(round_):
    return load_inputs(round_, engine_plan(round_.plan_version))


@pytest.mark.parametrize("subjects", [1, 3, 60])
def test_the_number_of_queries_does_not_grow(subjects, django_assert_num_queries):
    round_ = district_round(subjects)
    fill(round_)
    plan = engine_plan(round_.plan_version)
    with django_assert_num_queries(14):
        inputs = load_inputs(round_, plan)
    assert len(inputs.subjects) == subjects
    assert all(len(each.marks) == 15 for each in inputs.subjects)


def test_every_kind_of_row_arrives():
    round_ = district_round(2)
    fill(round_, lacking=("S001", "K111"))
    first, second = subject(round_, "S001"), subject(round_, "S002")
    NotApplicable.objects.create(subject=first, indicator="K111")
    event = add_event(first, "2.5", "同一事项", status=EventStatus.PENDING)
    SubjectFact.objects.create(subject=second, code="unknown", value="x")
    GradeDecision.objects.create(subject=second, grade="良好", reason="并列", document="纪要1号")
    inputs = load(round_)
    one, two = inputs.subjects
    assert (one.key, one.category, one.name) == ("S001", first.category, first.name)
    assert one.not_applicable == {"K111"}
    assert "K111" not in one.marks
    assert two.marks["K111"] == [Mark("区委办公室", Decimal("1.9"))]
    assert one.events == {
        "B": [Event(item="B-1", value=Decimal("2.5"), matter="同一事项", status="pending", key=str(event.pk))]
    }
    assert two.facts == {"unknown": "x"}
    assert inputs.decisions == {"S002": Decision("良好", "并列", "纪要1号")}


def test_ballots_are_counted_and_paper_tallies_added():
    round_ = district_round(1)
    cast(round_, "E1", "unit", ["88", "88", "90", ""])
    PaperTally.objects.create(subject=subject(round_, "S001"), indicator="E1", voter_class="unit", answer="88", count=5)
    PaperTally.objects.create(
        subject=subject(round_, "S001"), indicator="E2", voter_class="leader", answer="70", count=0
    )
    (one,) = load(round_).subjects
    assert one.votes == {"E1": {"unit": {"88": 7, "90": 1, "": 1}}}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (FactType.BOOLEAN, "true", True),
        (FactType.BOOLEAN, "false", False),
        (FactType.NUMBER, "12.5", Decimal("12.5")),
        (FactType.CHOICE, "警告", "警告"),
    ],
)
def test_facts_are_typed_by_the_plan(kind, text, value):
    assert fact_value(kind, text) == value
    assert type(fact_value(kind, text)) is type(value)


def store(round_, totals):
    """A current result of a round, as far as later rounds read it."""
    computation = Computation.objects.create(
        round=round_, engine_version="1", input_version=0, digest="d", is_current=True
    )
    for code, (total, grade) in totals.items():
        SubjectResult.objects.create(
            computation=computation,
            subject=subject(round_, code),
            total=Decimal(total),
            rank=1,
            category_rank=1,
            grade=grade,
            document={},
        )


def test_earlier_rounds_are_found_by_unit_and_the_workbook_wins():
    earlier = district_round(2, name="2019")
    store(earlier, {"S001": ("91.5", "优秀"), "S002": ("80", "")})
    round_ = district_round(2, name="2020")
    # The same unit under another code; the other subject is a unit that was not there then.
    round_.subjects.filter(code="S002").update(unit=subject(earlier, "S001").unit)
    round_.subjects.filter(code="S001").update(unit=make_unit())
    RoundSetMember.objects.create(round=round_, set_name="近三年", earlier=earlier)
    EarlierResult.objects.create(
        subject=subject(round_, "S002"), set_name="近三年", round_name="2018", total="70", points="100", grade="合格"
    )
    inputs = load(round_)
    one, two = inputs.subjects
    assert inputs.known_sets == {"近三年"}
    assert one.earlier == {}
    assert two.earlier == {
        "近三年": [
            Earlier("2018", Decimal(70), Decimal(100), "合格"),
            Earlier("2019", Decimal("91.5"), Decimal(100), "优秀"),
        ]
    }
    EarlierResult.objects.create(
        subject=subject(round_, "S002"), set_name="近三年", round_name="2019", total="60", points="100", grade=""
    )
    assert load(round_).subjects[1].earlier["近三年"][1] == Earlier("2019", Decimal(60), Decimal(100), None)


def test_a_code_stands_for_the_same_subject_where_no_unit_is_known():
    earlier = district_round(1, name="2019")
    earlier.subjects.update(unit=None)
    store(earlier, {"S001": ("88", "良好")})
    round_ = district_round(1, name="2020")
    RoundSetMember.objects.create(round=round_, set_name="上年", earlier=earlier)
    assert load(round_).subjects[0].earlier["上年"][0].total == 88


def test_a_set_without_results_is_known():
    round_, earlier = district_round(1, name="2020"), district_round(1, name="2019")
    RoundSetMember.objects.create(round=round_, set_name="上年", earlier=earlier)
    inputs = load(round_)
    assert inputs.known_sets == {"上年"}
    assert inputs.subjects[0].earlier == {}

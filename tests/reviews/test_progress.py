"""Completeness: what is expected, in, missing and not applicable, counted by hand."""

import datetime
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from reviews.models import Ballot, BallotMark, Mark, NotApplicable, PaperTally
from reviews.queries.progress import (
    completeness,
    leaf_progress,
    missing_subjects,
    subject_progress,
)
from reviews.views._common import tree_of
from tests.factories import client_for, district_round, make_user
from units.models import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def round_():
    return district_round(subjects=5, deadline=datetime.date(2020, 12, 15))


def mark(subject, code, assessor):
    return Mark.objects.create(subject=subject, indicator=code, assessor=assessor, value=Decimal(1))


def leaf(round_, code):
    return next(row for row in leaf_progress(round_, tree_of(round_)) if row.node.code == code)


def test_a_branch_left_out_is_counted_once(round_):
    first, second, third, fourth, _fifth = round_.subjects.all()
    mark(first, "K111", "区委办公室")
    # The leaf itself and the node above it: still one subject.
    NotApplicable.objects.create(subject=second, indicator="K111")
    NotApplicable.objects.create(subject=second, indicator="K1")
    NotApplicable.objects.create(subject=third, indicator="K11")
    NotApplicable.objects.create(subject=fourth, indicator="K2")
    row = leaf(round_, "K111")
    assert (row.subjects, row.not_applicable, row.expected) == (5, 2, 3)
    assert (row.entered, row.missing, row.percent) == (1, 2, 33)
    assert row.crumbs == "重点工作 / 个性工作 / 区委重大决策"
    assert leaf(round_, "K22").not_applicable == 1
    assert leaf(round_, "K123").not_applicable == 1
    missing = missing_subjects(round_, tree_of(round_), "K111", "区委办公室")
    assert [subject.code for subject in missing] == ["S004", "S005"]


def test_another_assessors_mark_is_not_this_ones(round_):
    first = round_.subjects.first()
    mark(first, "K111", "另一单位")
    assert leaf(round_, "K111").entered == 0


def test_votes_count_by_subject_and_abstentions_do_not(round_):
    first, second, third, *_rest = round_.subjects.all()
    ballot = Ballot.objects.create(round=round_, voter_class="leader")
    other = Ballot.objects.create(round=round_, voter_class="leader")
    for slip in (ballot, other):
        BallotMark.objects.create(ballot=slip, subject=first, indicator="E2", voter_class="leader", answer="90")
    BallotMark.objects.create(ballot=ballot, subject=second, indicator="E2", voter_class="leader", answer="")
    PaperTally.objects.create(subject=third, indicator="E2", voter_class="leader", answer="80", count=3)
    PaperTally.objects.create(subject=second, indicator="E2", voter_class="leader", answer="80", count=0)
    row = leaf(round_, "E2")
    assert (row.assignment, row.entered, row.missing) == (None, 2, 3)
    missing = missing_subjects(round_, tree_of(round_), "E2")
    assert [subject.code for subject in missing] == ["S002", "S004", "S005"]
    [second_row] = subject_progress(round_, tree_of(round_), [third])
    assert "E2" not in {node.code for node, _assessor in second_row.missing}


def test_the_sum_and_each_subject_agree(round_):
    subjects = list(round_.subjects.all())
    tree = tree_of(round_)
    for subject in subjects[:3]:
        mark(subject, "K22", "区委组织部")
    NotApplicable.objects.create(subject=subjects[0], indicator="K1")
    leaves = leaf_progress(round_, tree)
    total = completeness(leaves)
    rows = subject_progress(round_, tree, subjects)
    assert total.expected == sum(row.expected for row in rows) == 5 * 17 - 10
    assert total.missing == sum(len(row.missing) for row in rows) == 75 - 3
    assert total.entered == 3
    assert total.percent == 4
    assert (rows[0].expected, len(rows[0].missing)) == (7, 6)


def test_complete_is_100_and_almost_is_not(round_):
    subjects = list(round_.subjects.all())
    for subject in subjects[:4]:
        mark(subject, "K22", "区委组织部")
    assert leaf(round_, "K22").percent == 80
    mark(subjects[4], "K22", "区委组织部")
    assert (leaf(round_, "K22").percent, leaf(round_, "K22").missing) == (100, 0)


def test_late_ones_stand_first_with_their_telephone(round_):
    unit = round_.assignments.get(indicator="K22").unit
    unit.contact, unit.phone = "王五", "010-00000000"
    unit.save()
    round_.assignments.exclude(indicator="K22").update(deadline=datetime.date(2021, 1, 31))
    client = client_for(make_user(Role.AUDITOR))
    address = reverse("reviews:progress", args=[round_.pk])
    with time_machine.travel(datetime.datetime(2020, 12, 15, 12, tzinfo=datetime.UTC)):
        assert not leaf(round_, "K22").late  # the day itself is in time
    with time_machine.travel(datetime.datetime(2020, 12, 20, 12, tzinfo=datetime.UTC)):
        assert leaf(round_, "K22").late
        assert not leaf(round_, "K111").late
        table = client.get(address).content.decode().split("<tbody>")[1]
    assert table.index("K22 ") < table.index("K111 ")
    assert "王五 010-00000000" in table

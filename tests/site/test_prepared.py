"""Prepared reads say what the ORM says, for any arguments, and are written once."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from appraisal_site.lib.prepared import LONGEST, Prepared, instance, names_of
from reviews.models import Mark, Round, Subject
from tests.factories import district_round
from units.models import Person, Unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def written() -> list[str]:
    return []


@pytest.fixture
def subjects_of(written) -> Prepared:
    def make(round_, ids, code):
        written.append("again")
        return (
            Subject.objects.filter(round=round_, pk__in=ids)
            .exclude(code=code)
            .order_by("order")
            .values_list("pk", "name", "unit__name", "round__deadline")
        )

    return Prepared(make)


def test_the_rows_are_those_of_the_orm_whatever_the_arguments(subjects_of, written):
    for name in ("2020", "2021"):
        round_ = district_round(5, name=name, deadline=datetime.date(2026, 12, 31))
        ids = list(round_.subjects.values_list("pk", flat=True))
        for some in (ids[:1], ids[1:2], ids[:2], ids[1:3], set(ids[2:4])):
            asked = (round_.pk, some, "S009")
            assert subjects_of(*asked) == list(subjects_of.make(*asked))
            assert subjects_of(*asked) != []
    written.clear()
    assert subjects_of(round_.pk, ids[:1], "S001") == []
    assert subjects_of(round_.pk, ids[:2], "") != []
    assert written == [], "for lists of one and two the statement is there"


def test_empty_and_long_lists_go_the_usual_way(subjects_of):
    round_ = district_round(1)
    subject = round_.subjects.get()
    assert subjects_of(round_.pk, [], "x") == []
    many = [subject.pk, *range(10**6, 10**6 + LONGEST)]
    assert [row[0] for row in subjects_of(round_.pk, many, "x")] == [subject.pk]


def test_values_are_what_the_fields_make_of_them():
    subject = district_round(1).subjects.get()
    mark = Mark.objects.create(subject=subject, indicator="K22", assessor="x", value=Decimal("3.50"))
    names = names_of(Mark)
    read = Prepared(lambda codes: Mark.objects.filter(indicator__in=codes).values_list(*names))
    [row] = read(["K22"])
    found = instance(Mark, names, row)
    assert (found, found.value, type(found.value)) == (mark, mark.value, Decimal)
    assert found.updated_at == mark.updated_at
    assert found.updated_at.tzinfo is not None
    found.value = Decimal(4)
    found.save()
    assert Mark.objects.get().value == 4


def test_what_was_left_out_is_read_when_it_is_asked_for():
    unit = Unit.objects.create(code="U1", name="甲单位", phone="123")
    person = Person.objects.create(code="P1", name="张一", unit=unit)
    names = names_of(Person, but=["phone"])
    assert names_of(Person, under="person__")[0] == "person__id"
    [row] = Prepared(lambda code: Person.objects.filter(code=code).values_list(*names))("P1")
    found = instance(Person, names, row)
    assert found.get_deferred_fields() == {"phone"}
    assert (found.unit, found.phone) == (unit, person.phone)
    turned = instance(Person, ["name", "id"], ["张二", person.pk])  # in any order
    assert (turned, turned.name) == (person, "张二")


def test_a_lock_in_a_transaction():
    round_ = district_round(1)
    lock = Prepared(lambda pk: Round.objects.filter(pk=pk).select_for_update().values_list("pk"))
    with transaction.atomic():
        assert lock(round_.pk) == [(round_.pk,)]
    if connection.features.has_select_for_update:
        assert "FOR UPDATE" in next(iter(lock.kept.__dict__.values())).sql


@pytest.mark.django_db(transaction=True)
def test_a_lock_outside_one_is_a_mistake():
    lock = Prepared(lambda pk: Round.objects.filter(pk=pk).select_for_update().values_list("pk"))
    with transaction.atomic():
        lock(1)
    with pytest.raises(TransactionManagementError):
        lock(1)

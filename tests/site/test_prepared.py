"""Prepared reads say what the ORM says, for any arguments, and are written once."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from appraisal_site.lib.prepared import LONGEST, Prepared, insert, instance, names_of
from reviews.models import Mark, Round, Subject
from tests.factories import district_round, make_user
from units.models import AuditEntry, Person, Unit

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


# ---------------------------------------------------------------- writing


KEY, WRITTEN = ["subject", "indicator", "assessor"], ["value", "note", "version", "updated_at"]


@pytest.mark.parametrize("number", [1, 3])
def test_rows_are_stored_as_the_orm_stores_them(number):
    subjects = list(district_round(3).subjects.all())[:number]
    marks = [Mark(subject=subject, indicator="K22", assessor="x", value=Decimal("3.50")) for subject in subjects]
    insert(marks, unique=KEY, written=WRITTEN)
    stored = {mark.subject_id: mark for mark in Mark.objects.all()}
    assert stored == {mark.subject_id: mark for mark in marks}
    assert {mark.value for mark in stored.values()} == {Decimal("3.5")}
    assert all(mark.created_at and not mark._state.adding for mark in marks)


@pytest.mark.parametrize("number", [1, 3])
def test_a_row_that_is_there_takes_over_what_is_written_and_keeps_the_rest(number):
    subjects = list(district_round(3).subjects.all())[:number]
    insert([Mark(subject=one, indicator="K22", assessor="x", value=1, source="workbook") for one in subjects])
    before = {mark.subject_id: mark for mark in Mark.objects.all()}
    again = [Mark(subject=one, indicator="K22", assessor="x", value=2, note="改", version=2) for one in subjects]
    insert(again, unique=KEY, written=WRITTEN)
    for mark in again:
        stored = Mark.objects.get(subject=mark.subject_id)
        assert (stored.pk, mark.pk, stored.value, stored.note) == (before[mark.subject_id].pk, stored.pk, 2, "改")
        assert (stored.source, stored.created_at) == ("workbook", before[mark.subject_id].created_at)
        assert stored.updated_at > before[mark.subject_id].updated_at


def test_an_entry_of_the_trail_keeps_its_changes():
    insert([])
    entry = AuditEntry(
        actor=make_user(), action="x", target="y", target_id="1", label="“甲”", changes={"值": ["1", None]}, round_id=7
    )
    insert([entry])
    stored = AuditEntry.objects.get()
    assert (stored, stored.changes, stored.label, stored.at) == (entry, entry.changes, "“甲”", entry.at)

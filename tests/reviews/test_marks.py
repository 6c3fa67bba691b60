"""Marks and 不适用: guards, conflicts between two sessions, what the audit trail keeps."""

from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.db import connection

from reviews.models import Mark, NotApplicable, Phase
from reviews.queries.history import trail_of_cell
from reviews.queries.marks import EMPTY, cells_of
from reviews.services import errors
from reviews.services.applicability import clear_not_applicable, set_not_applicable
from reviews.services.marks import Row, clear_cell, record_mark, record_not_applicable, save_rows
from reviews.services.rounds import change_phase
from reviews.views._common import tree_of
from tests.factories import assessor_of, district_round, make_user
from units.models import AuditEntry, Role

pytestmark = pytest.mark.django_db


class Desk:
    """One round, one sheet (K22, 15 points), its assessor and a colleague of the same unit."""

    def __init__(self, subjects: int = 3) -> None:
        self.round = district_round(subjects=subjects)
        self.sheet = self.round.assignments.select_related("unit").get(indicator="K22")
        self.one = assessor_of(self.round, "K22", name="张一")
        self.two = make_user(Role.ASSESSOR, self.sheet.unit, name="李二")
        self.subjects = list(self.round.subjects.all())
        self.subject = self.subjects[0]

    def mark(self, value, *, seen="", by=None, note="说明", subject=None):
        return record_mark(
            assignment=self.sheet,
            subject=subject or self.subject,
            value=Decimal(value),
            note=note,
            seen=seen,
            by=by or self.one,
        )

    def exclude(self, *, seen="", by=None, note=""):
        return record_not_applicable(
            assignment=self.sheet, subject=self.subject, by=by or self.one, seen=seen, note=note
        )

    def cell(self):
        return cells_of(self.sheet, tree_of(self.round), [self.subject.pk]).get(self.subject.pk, EMPTY)

    @property
    def seen(self):
        return self.cell().seen


@pytest.fixture
def desk():
    return Desk()


def test_a_mark_is_kept_exactly_with_who_and_when(desk):
    mark = desk.mark("14.50")
    assert mark.value == Decimal("14.5")
    assert (mark.created_by, mark.updated_by, mark.version) == (desk.one, desk.one, 1)
    desk.round.refresh_from_db()
    assert desk.round.input_version == 1


@pytest.mark.parametrize("value", ["-0.01", "15.01", "12.345"])
def test_a_mark_outside_its_range_is_refused(desk, value):
    with pytest.raises(errors.InvalidInput) as caught:
        desk.mark(value)
    assert caught.value.field == "value"
    assert not Mark.objects.exists()
    desk.round.refresh_from_db()
    assert desk.round.input_version == 0


@pytest.mark.parametrize("value", ["0", "15", "0.01"])
def test_the_borders_are_inside(desk, value):
    assert desk.mark(value).value == Decimal(value)


def test_this_plan_demands_a_note_but_not_for_not_applicable(desk):
    with pytest.raises(errors.InvalidInput) as caught:
        desk.mark(10, note=" ")
    assert caught.value.field == "note"
    assert desk.exclude().indicator == "K22"


@pytest.mark.parametrize("role", list(Role))
def test_nobody_else_enters_on_a_leaf(desk, role):
    stranger = make_user(role)  # an assessor or subject of another unit
    for write in (lambda: desk.mark(10, by=stranger), lambda: desk.exclude(by=stranger)):
        with pytest.raises(errors.NotAllowed):
            write()
    with pytest.raises(errors.NotAllowed):
        clear_cell(assignment=desk.sheet, subject=desk.subject, by=stranger, seen="")
    assert not Mark.objects.exists()


def test_a_deactivated_account_enters_nothing(desk):
    desk.one.is_active = False
    desk.one.save()
    with pytest.raises(errors.NotAllowed):
        desk.mark(10)


def test_without_a_unit_the_office_enters(desk):
    desk.sheet.unit = None
    desk.sheet.save()
    assert desk.mark(10, by=make_user(Role.OFFICE)).value == 10


def test_nothing_is_entered_when_the_round_is_not_collecting(desk):
    change_phase(round=desk.round, to=Phase.REVIEWING, by=make_user(Role.OFFICE))
    with pytest.raises(errors.RoundClosed):
        desk.mark(10)


def test_a_subject_of_another_round_is_refused(desk):
    other = district_round(name="2021").subjects.first()
    with pytest.raises(errors.InvalidInput) as caught:
        desk.mark(10, subject=other)
    assert caught.value.field == "subject"


# ---------------------------------------------------------------- two sessions


def test_two_new_marks_of_one_cell(desk):
    desk.mark(10, by=desk.one)
    with pytest.raises(errors.Conflict) as caught:
        desk.mark(12, by=desk.two)
    theirs = caught.value.theirs
    assert (theirs.value, theirs.by, theirs.note) == ("10", desk.one, "说明")
    assert theirs.at is not None
    assert Mark.objects.get().value == 10
    assert desk.mark(12, by=desk.two, seen=theirs.seen).value == 12


def test_two_changes_of_one_mark(desk):
    desk.mark(10)
    seen = desk.seen
    desk.mark(11, by=desk.one, seen=seen)
    with pytest.raises(errors.Conflict) as caught:
        desk.mark(12, by=desk.two, seen=seen)
    assert caught.value.theirs.value == "11"
    assert Mark.objects.get().value == 11


def test_the_same_value_twice_is_no_conflict(desk):
    desk.mark(10)
    assert desk.mark(10, by=desk.two).updated_by == desk.one


def test_not_applicable_against_a_mark(desk):
    desk.mark(10)
    with pytest.raises(errors.Conflict) as caught:
        desk.exclude(by=desk.two)
    assert caught.value.theirs.value == "10"
    desk.exclude(by=desk.two, seen=desk.seen)
    assert not Mark.objects.exists()
    assert NotApplicable.objects.get().updated_by == desk.two


def test_a_mark_against_not_applicable(desk):
    desk.exclude(by=desk.one)
    with pytest.raises(errors.Conflict):
        desk.mark(10, by=desk.two)
    assert not Mark.objects.exists()
    desk.mark(10, by=desk.two, seen=desk.seen)
    assert not NotApplicable.objects.exists()


def test_a_change_against_a_clearing(desk):
    desk.mark(10)
    seen = desk.seen
    clear_cell(assignment=desk.sheet, subject=desk.subject, by=desk.one, seen=seen)
    with pytest.raises(errors.Conflict):
        desk.mark(12, by=desk.two, seen=seen)
    assert not Mark.objects.exists()


def test_cleared_and_entered_anew_is_another_state(desk):
    desk.mark(10)
    seen = desk.seen
    clear_cell(assignment=desk.sheet, subject=desk.subject, by=desk.one, seen=seen)
    desk.mark(10.5, by=desk.one)
    with pytest.raises(errors.Conflict):
        desk.mark(12, by=desk.two, seen=seen)


@pytest.mark.django_db(transaction=True)
def test_many_new_marks_at_once_one_wins():
    """Threads with connections of their own: the database decides, nobody gets an error page."""
    desk = Desk()
    count = 4
    barrier, outcomes = Barrier(count), []

    def enter(number: int) -> None:
        try:
            barrier.wait()
            desk.mark(number + 1, by=desk.one if number % 2 else desk.two)
            outcomes.append("saved")
        except errors.Conflict:
            outcomes.append("conflict")
        finally:
            connection.close()

    threads = [Thread(target=enter, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict"] * (count - 1) + ["saved"]
    assert Mark.objects.count() == 1


# ---------------------------------------------------------------- sheets, branches, history


def test_a_sheet_saves_the_right_rows_and_reports_the_others(desk):
    first, second, third = desk.subjects
    desk.mark(1, subject=second, by=desk.two)
    saved = save_rows(
        assignment=desk.sheet,
        rows=[
            Row(first.pk, Decimal(10), note="好"),
            Row(second.pk, Decimal(10), note="好"),
            Row(third.pk, Decimal(99), note="好"),
        ],
        by=desk.one,
    )
    assert saved.changed == 1
    assert isinstance(saved.refused[second.pk], errors.Conflict)
    assert isinstance(saved.refused[third.pk], errors.InvalidInput)
    assert {m.subject_id: m.value for m in Mark.objects.all()} == {first.pk: 10, second.pk: 1}


@pytest.mark.parametrize("count", [1, 3])
def test_saving_asks_the_database_as_often_for_three_rows(desk, count, django_assert_num_queries):
    rows = [Row(subject.pk, Decimal(5), note="好") for subject in desk.subjects[:count]]
    assert desk.one.grants
    with django_assert_num_queries(10):
        assert save_rows(assignment=desk.sheet, rows=rows, by=desk.one).changed == count


def test_a_branch_set_not_applicable_shuts_its_leaves(desk):
    office = make_user(Role.OFFICE)
    desk.mark(10)
    with pytest.raises(errors.InvalidInput):  # K2 has a mark below it
        set_not_applicable(subject=desk.subject, indicator="K2", by=office)
    clear_cell(assignment=desk.sheet, subject=desk.subject, by=desk.one, seen=desk.seen)
    set_not_applicable(subject=desk.subject, indicator="K2", by=office, note="无此职能")
    assert desk.cell().kind == "above"
    with pytest.raises(errors.InvalidInput):
        desk.mark(10)
    with pytest.raises(errors.Conflict):
        set_not_applicable(subject=desk.subject, indicator="K2", by=office)
    assert clear_not_applicable(subject=desk.subject, indicator="K2", by=office)
    assert not clear_not_applicable(subject=desk.subject, indicator="K2", by=office)
    assert desk.mark(10).value == 10


@pytest.mark.parametrize("code", ["R", "nothing"])
def test_the_root_and_unknown_nodes_always_apply(desk, code):
    with pytest.raises(errors.InvalidInput):
        set_not_applicable(subject=desk.subject, indicator=code, by=make_user(Role.OFFICE))


def test_only_the_office_sets_branches(desk):
    for role in (Role.ADMIN, Role.AUDITOR, Role.LEADER, Role.ASSESSOR, Role.SUBJECT):
        with pytest.raises(errors.NotAllowed):
            set_not_applicable(subject=desk.subject, indicator="K2", by=make_user(role))


def test_every_change_of_a_cell_is_in_its_history(desk):
    desk.mark(10, note="一")
    desk.mark("10.5", note="二", seen=desk.seen, by=desk.two)
    desk.exclude(seen=desk.seen)
    clear_cell(assignment=desk.sheet, subject=desk.subject, by=desk.one, seen=desk.seen)
    entries = list(trail_of_cell(desk.round, tree_of(desk.round), desk.sheet, desk.subject))
    assert [entry.changes for entry in reversed(entries)] == [
        {"mark": [None, "10"], "note": [None, "一"]},
        {"mark": ["10", "10.5"], "note": ["一", "二"]},
        {"mark": ["10.5", None], "note": ["二", None], "not applicable": [None, "yes"]},
        {"not applicable": ["yes", None]},
    ]
    assert [entry.actor for entry in reversed(entries)] == [desk.one, desk.two, desk.one, desk.one]
    assert {entry.round_id for entry in entries} == {desk.round.pk}
    other = AuditEntry.objects.filter(round_id=desk.round.pk).exclude(pk__in=[entry.pk for entry in entries])
    assert set(other.values_list("action", flat=True)) == {"open round"}

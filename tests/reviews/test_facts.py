"""Facts and one-number leaves of plans other than the district's."""

from decimal import Decimal

import pytest

from reviews.models import Attainment, Phase, SubjectFact
from reviews.services import errors
from reviews.services.facts import FactRow, save_facts
from reviews.services.numbers import NumberRow, save_numbers, token
from reviews.services.rounds import change_phase
from tests.factories import district_round, make_user
from units.models import AuditEntry, Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def round_():
    return district_round(plan="finance-points", name="2020-11")


@pytest.fixture
def office():
    return make_user(Role.OFFICE)


def test_facts_are_kept_by_their_type_and_emptied_again(round_, office):
    pk = round_.subjects.first().pk
    rows = [FactRow(pk, "leave_days", "３.50", ""), FactRow(pk, "refused", "true", "")]
    assert save_facts(round=round_, rows=rows, by=office) == (2, {})
    assert dict(SubjectFact.objects.values_list("code", "value")) == {
        "leave_days": "3.5",
        "refused": "true",
    }
    assert save_facts(round=round_, rows=[FactRow(pk, "refused", "", "true")], by=office) == (1, {})
    assert not SubjectFact.objects.filter(code="refused").exists()
    changes = AuditEntry.objects.filter(action="enter fact").first().changes
    assert changes == {"value": ["true", None]}


@pytest.mark.parametrize(("code", "value"), [("leave_days", "三天"), ("refused", "maybe")])
def test_a_value_of_the_wrong_type_is_refused(round_, office, code, value):
    pk = round_.subjects.first().pk
    saved, refused = save_facts(round=round_, rows=[FactRow(pk, code, value, "")], by=office)
    assert saved == 0
    assert isinstance(refused[pk, code], errors.InvalidInput)
    assert not SubjectFact.objects.exists()


def test_a_fact_changed_meanwhile_is_a_conflict(round_, office):
    pk = round_.subjects.first().pk
    save_facts(round=round_, rows=[FactRow(pk, "leave_days", "3", "")], by=office)
    mine = FactRow(pk, "leave_days", "5", "")
    _saved, refused = save_facts(round=round_, rows=[mine], by=make_user(Role.OFFICE))
    conflict = refused[pk, "leave_days"]
    assert isinstance(conflict, errors.Conflict)
    assert (conflict.theirs.value, conflict.theirs.by) == ("3", office)
    assert SubjectFact.objects.get().value == "3"


def test_facts_have_guards(round_, office):
    pk = district_round(name="2021").subjects.first().pk
    with pytest.raises(errors.InvalidInput):
        save_facts(round=round_, rows=[FactRow(pk, "leave_days", "1", "")], by=office)
    mine = round_.subjects.first().pk
    with pytest.raises(errors.InvalidInput):
        save_facts(round=round_, rows=[FactRow(mine, "unknown", "1", "")], by=office)
    with pytest.raises(errors.NotAllowed):
        save_facts(round=round_, rows=[], by=make_user(Role.AUDITOR))
    change_phase(round=round_, to=Phase.REVIEWING, by=office)
    with pytest.raises(errors.RoundClosed):
        save_facts(round=round_, rows=[FactRow(mine, "leave_days", "1", "")], by=office)


@pytest.fixture
def attainment():
    round_ = district_round(plan="yinhai-2016", name="2016")
    return round_.assignments.get(indicator="G11")


def test_target_and_actual(attainment, office):
    subject = attainment.round.subjects.first()

    def save(**values):
        row = NumberRow(subject.pk, **values)
        saved = save_numbers(assignment=attainment, rows=[row], by=office)
        if error := saved.refused.get(subject.pk):
            raise error
        return saved.changed

    with pytest.raises(errors.InvalidInput):
        save(value=Decimal(8))
    with pytest.raises(errors.InvalidInput):
        save(value=Decimal(8), target=Decimal(0))
    assert save(value=Decimal(8), target=Decimal(10)) == 1
    assert save(value=Decimal(8), target=Decimal(10)) == 0
    with pytest.raises(errors.Conflict) as caught:
        save(value=Decimal(9), target=Decimal(10))
    assert save(value=Decimal(9), target=Decimal(10), seen=caught.value.theirs.seen) == 1
    stored = Attainment.objects.get()
    assert (stored.actual, stored.version) == (9, 2)
    assert save(value=None, seen=token(stored)) == 1
    assert not Attainment.objects.exists()
    assert AuditEntry.objects.filter(action="enter number").count() == 3


def test_numbers_have_guards(attainment, office):
    row = NumberRow(attainment.round.subjects.first().pk, Decimal(1), Decimal(1))
    with pytest.raises(errors.NotAllowed):
        save_numbers(assignment=attainment, rows=[row], by=make_user(Role.ASSESSOR))
    change_phase(round=attainment.round, to=Phase.REVIEWING, by=office)
    with pytest.raises(errors.RoundClosed):
        save_numbers(assignment=attainment, rows=[row], by=office)

"""Settling a differential veto: who may, what is checked, and nobody overwrites unseen."""

from __future__ import annotations

import pytest

from reviews.models import Phase, Round, SelectionSetting
from reviews.services.errors import Conflict, InvalidInput, NotAllowed, RoundClosed
from reviews.services.selections import place_keys, save_veto, token
from units.models import AuditEntry, Role

from ..factories import district_round, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def office():
    return make_user(Role.OFFICE)


@pytest.fixture
def rounds():
    """A round whose plan has a veto at position 0 and a focus list at 1, and two others."""
    return (
        district_round(4, plan="county-secretary", name="2017"),
        district_round(1, name="2018"),
        district_round(1, name="2019"),
    )


def test_a_setting_is_kept_changed_and_taken_back_with_a_trace(office, rounds):
    round_, first, second = rounds
    how = {"round": round_, "position": 0, "by": office}
    setting = save_veto(earlier=first, places={"": 2}, seen="", **how)
    assert (setting.title, setting.places, setting.version, setting.created_by) == ("差额否决", {"": 2}, 1, office)
    setting = save_veto(earlier=second, places={"": 3}, seen=token(setting), **how)
    assert (setting.earlier, setting.places, setting.version) == (second, {"": 3}, 2)
    assert save_veto(earlier=None, places={}, seen=token(setting), **how) is None
    assert save_veto(earlier=None, places={}, seen="", **how) is None
    assert not SelectionSetting.objects.exists()
    trail = AuditEntry.objects.filter(action="settle selection", round_id=round_.pk).order_by("id")
    assert [entry.changes["places"] for entry in trail] == [[None, "2"], ["2", "3"], ["3", None]]


def test_nothing_of_it_makes_a_result_stale(office, rounds):
    round_, first, _second = rounds
    save_veto(round=round_, position=0, earlier=first, places={"": 2}, seen="", by=office)
    version = round_.input_version
    round_.refresh_from_db()
    assert round_.input_version == version


@pytest.mark.parametrize("role", [None, Role.ADMIN, Role.AUDITOR, Role.LEADER, Role.ASSESSOR, Role.SUBJECT])
def test_who_may_not(role, rounds):
    round_, first, _second = rounds
    with pytest.raises(NotAllowed):
        save_veto(round=round_, position=0, earlier=first, places={"": 2}, seen="", by=make_user(role))


@pytest.mark.parametrize(
    ("places", "field"),
    [({}, "places"), ({"": 0}, "places"), ({"": 100_001}, "places"), ({"村": 1}, "places")],
)
def test_what_the_places_may_be(places, field, office, rounds):
    round_, first, _second = rounds
    with pytest.raises(InvalidInput) as caught:
        save_veto(round=round_, position=0, earlier=first, places=places, seen="", by=office)
    assert caught.value.field == field


@pytest.mark.parametrize("position", [1, 2, -1])
def test_only_a_veto_of_the_plan_can_be_settled(position, office, rounds):
    round_, first, _second = rounds
    with pytest.raises(InvalidInput):
        save_veto(round=round_, position=position, earlier=first, places={"": 1}, seen="", by=office)


def test_not_with_itself_and_not_once_sealed(office, rounds):
    round_, first, _second = rounds
    with pytest.raises(InvalidInput) as caught:
        save_veto(round=round_, position=0, earlier=round_, places={"": 1}, seen="", by=office)
    assert caught.value.field == "earlier"
    Round.objects.filter(pk=round_.pk).update(phase=Phase.SEALED)
    with pytest.raises(RoundClosed):
        save_veto(round=round_, position=0, earlier=first, places={"": 1}, seen="", by=office)


def test_an_older_state_is_refused(office, rounds):
    round_, first, second = rounds
    setting = save_veto(round=round_, position=0, earlier=first, places={"": 1}, seen="", by=office)
    other = make_user(Role.OFFICE)
    with pytest.raises(Conflict) as caught:
        save_veto(round=round_, position=0, earlier=second, places={"": 2}, seen="", by=other)
    assert (caught.value.theirs.by, caught.value.theirs.seen) == (office, token(setting))
    assert first.title in caught.value.theirs.value
    save_veto(round=round_, position=0, earlier=None, places={}, seen=token(setting), by=office)
    with pytest.raises(Conflict):
        save_veto(round=round_, position=0, earlier=second, places={"": 2}, seen=token(setting), by=other)
    # Settled anew it is another setting, however often it was changed.
    save_veto(round=round_, position=0, earlier=first, places={"": 5}, seen="", by=office)
    with pytest.raises(Conflict):
        save_veto(round=round_, position=0, earlier=second, places={"": 2}, seen=token(setting), by=other)


def test_places_are_asked_for_by_category_only_where_the_plan_ranks_by_category(rounds):
    assert place_keys(rounds[0]) == [""]
    by_category = district_round(4, plan="yinhai-2016", name="2016")
    assert place_keys(by_category) == ["经济管理类和其他类", "公共事务管理和监管监督类", "党委群团类"]

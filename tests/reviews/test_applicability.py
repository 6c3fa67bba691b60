"""不适用 for all subjects of a round at once: who may, whom it passes by, undoing it, how many queries."""

from __future__ import annotations

import pytest
from django.urls import reverse

from reviews.models import Mark, NotApplicable, Phase, Round
from reviews.services.applicability import clear_not_applicable_of_all, set_not_applicable_to_all
from reviews.services.errors import InvalidInput, NotAllowed, RoundClosed
from tests.factories import client_for, district_round, make_user
from units.models import AuditEntry, Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def office():
    return make_user(Role.OFFICE)


@pytest.fixture
def month():
    return district_round(4, plan="finance-points", name="2026-11")


def url(round_):
    return reverse("reviews:applicability", args=[round_.pk])


def test_a_month_without_a_vote(month, office):
    found = set_not_applicable_to_all(round=month, indicator="M", by=office, note=" 本月不测评 ")
    assert (found.done, found.already, found.refused) == (4, 0, [])
    assert set(NotApplicable.objects.values_list("indicator", "note", "created_by")) == {("M", "本月不测评", office.pk)}
    entries = AuditEntry.objects.filter(action="set not applicable", round_id=month.pk)
    assert entries.count() == 4
    assert entries.first().changes == {"not applicable": [None, "yes"], "note": [None, "本月不测评"]}
    month.refresh_from_db()
    assert month.input_version == 1
    again = set_not_applicable_to_all(round=month, indicator="M", by=office)
    assert (again.done, again.already) == (0, 4)
    month.refresh_from_db()
    assert month.input_version == 1


def test_undoing_it(month, office):
    set_not_applicable_to_all(round=month, indicator="M", by=office)
    assert clear_not_applicable_of_all(round=month, indicator="M", by=office) == 4
    assert not NotApplicable.objects.exists()
    assert AuditEntry.objects.filter(action="set applicable").count() == 4
    assert clear_not_applicable_of_all(round=month, indicator="M", by=office) == 0
    month.refresh_from_db()
    assert month.input_version == 2


def test_those_with_inputs_in_the_branch_keep_it(office):
    round_ = district_round(3)
    first, second, third = round_.subjects.order_by("order")
    Mark.objects.create(subject=first, indicator="K111", assessor="区委办公室", value=1)
    NotApplicable.objects.create(subject=second, indicator="K1")
    found = set_not_applicable_to_all(round=round_, indicator="K11", by=office)
    assert (found.done, found.already) == (1, 1)
    assert [subject for subject, _words in found.refused] == [first]
    assert set(NotApplicable.objects.values_list("subject", "indicator")) == {(second.pk, "K1"), (third.pk, "K11")}
    # Undone is only what was set on this very node.
    assert clear_not_applicable_of_all(round=round_, indicator="K11", by=office) == 1
    assert NotApplicable.objects.get().subject == second


@pytest.mark.parametrize("code", ["R", "no-such-code"])
def test_neither_the_root_nor_an_unknown_node(month, office, code):
    with pytest.raises(InvalidInput):
        set_not_applicable_to_all(round=month, indicator=code, by=office)
    with pytest.raises(InvalidInput):
        clear_not_applicable_of_all(round=month, indicator=code, by=office)
    assert not NotApplicable.objects.exists()


def test_only_the_office_and_only_while_collecting(month, office):
    for role in Role:
        if role == Role.OFFICE:
            continue
        with pytest.raises(NotAllowed):
            set_not_applicable_to_all(round=month, indicator="M", by=make_user(role))
        with pytest.raises(NotAllowed):
            clear_not_applicable_of_all(round=month, indicator="M", by=make_user(role))
    Round.objects.filter(pk=month.pk).update(phase=Phase.REVIEWING)
    with pytest.raises(RoundClosed):
        set_not_applicable_to_all(round=month, indicator="M", by=office)
    assert not NotApplicable.objects.exists()


def test_the_page_sets_and_undoes_it(month, office):
    client = client_for(office)
    assert url(month) in client.get(reverse("reviews:progress", args=[month.pk])).content.decode()
    page = client.post(url(month), {"exclude": "M", "note-M": "本月不测评"}, follow=True).content.decode()
    assert "M 现对 4 个考核对象不适用" in page
    assert NotApplicable.objects.filter(indicator="M", note="本月不测评").count() == 4
    page = client.post(url(month), {"include": "M"}, follow=True).content.decode()
    assert "M 已对 4 个考核对象恢复适用" in page
    assert not NotApplicable.objects.exists()
    refused = client.post(url(month), {"exclude": "R"}, follow=True).content.decode()
    assert "alert" in refused
    assert not NotApplicable.objects.exists()


def test_the_page_says_who_keeps_it(office):
    round_ = district_round(7)
    for subject in round_.subjects.all()[:6]:
        Mark.objects.create(subject=subject, indicator="K111", assessor="区委办公室", value=1)
    page = client_for(office).post(url(round_), {"exclude": "K11"}, follow=True).content.decode()
    assert "6 个考核对象" in page
    assert "2020对象单位5" in page
    assert "2020对象单位6" not in page
    assert "…" in page


def test_after_the_input_is_closed_the_page_only_shows(month, office):
    Round.objects.filter(pk=month.pk).update(phase=Phase.REVIEWING)
    page = client_for(office).get(url(month)).content.decode()
    assert 'name="exclude"' not in page
    assert 'name="include"' not in page


def test_queries_grow_with_nothing(office, django_assert_num_queries, django_assert_max_num_queries):
    few = district_round(2, plan="finance-points", name="2026-10")
    client = client_for(office)
    client.get(url(few))
    with django_assert_max_num_queries(12) as reads:
        client.get(url(few))
    assert clear_not_applicable_of_all(round=few, indicator="M", by=office) == 0  # the account's roles are known now
    with django_assert_max_num_queries(20) as writes:
        set_not_applicable_to_all(round=few, indicator="M", by=office)
    many = district_round(40, plan="finance-points", name="2026-11")
    with django_assert_num_queries(len(reads)):
        client.get(url(many))
    with django_assert_num_queries(len(writes)):
        set_not_applicable_to_all(round=many, indicator="M", by=office)

"""Accounts for many people at once: who gets one, who does not, and the passwords that are shown once."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.hashers import make_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.urls import reverse

from tests.factories import client_for, make_unit, make_user
from units.models import AuditEntry, Person, Role, User
from units.services import account_batches, accounts
from units.services.account_batches import create_accounts_for

pytestmark = pytest.mark.django_db
ADDRESS = "units:account_people"


@pytest.fixture
def admin():
    return make_user(Role.ADMIN)


@pytest.fixture
def people():
    unit = make_unit("甲单位")
    return [
        Person.objects.create(code=f"K{n:02}", name=f"张{n}", unit=unit, category="中层正职", order=n)
        for n in range(1, 5)
    ]


def test_one_page_makes_the_accounts_of_all_who_are_ticked(admin, people):
    client = client_for(admin)
    page = client.get(reverse(ADDRESS))
    assert page["Cache-Control"].count("no-store") == 1
    shown = client.post(reverse(ADDRESS), {"person": [one.pk for one in people[:3]]}).content.decode()
    passwords = re.findall(r'kp-secret">([^<]+)<', shown)
    accounts = [User.objects.get(username=one.code) for one in people[:3]]
    assert [account.check_password(password) for account, password in zip(accounts, passwords, strict=True)] == [
        True
    ] * 3
    assert all(account.must_change_password for account in accounts)
    assert [account.role_grants.get().person for account in accounts] == people[:3]
    assert AuditEntry.objects.filter(action="create account", actor=admin).count() == 3
    assert not any(password in str(list(AuditEntry.objects.values())) for password in passwords)
    left = client.get(reverse(ADDRESS)).content.decode()
    assert "K04" in left
    assert "K01" not in left


def test_the_same_form_again_makes_nothing_and_says_so(admin, people):
    client = client_for(admin)
    client.post(reverse(ADDRESS), {"person": [people[0].pk]})
    again = client.post(reverse(ADDRESS), {"person": [people[0].pk]}).content.decode()
    assert "kp-secret" not in again
    assert "已有账号" in again
    assert User.objects.filter(username="K01").count() == 1


def test_who_cannot_have_one_is_named_and_the_others_get_theirs(admin, people):
    make_user(Role.LEADER, username="k02")
    Person.objects.filter(pk=people[2].pk).update(code="第 3 号")
    made = create_accounts_for(people=list(Person.objects.order_by("order")), by=admin)
    assert [person.name for person, *_rest in made.accounts] == ["张1", "张4"]
    assert [person.name for person, _why in made.refused] == ["张2", "张3"]


def test_nobody_ticked_or_too_many(admin, people, monkeypatch):
    client = client_for(admin)
    page = client.post(reverse(ADDRESS), {})
    assert page.status_code == 422
    assert "没有勾选" in page.content.decode()
    monkeypatch.setattr(account_batches, "MOST_AT_ONCE", 2)
    page = client.post(reverse(ADDRESS), {"person": [one.pk for one in people]})
    assert page.status_code == 422
    assert page.content.decode().count(" checked") == 4, "what was ticked stays so"
    with pytest.raises(ValidationError):
        create_accounts_for(people=people, by=admin)
    assert not User.objects.filter(username__startswith="K").exists()


@pytest.mark.django_db(transaction=True)
def test_nothing_is_hashed_while_others_wait_to_write(admin, people, monkeypatch):
    inside = []

    def hashed(password):
        inside.append(connection.in_atomic_block)
        return make_password(password)

    monkeypatch.setattr(accounts, "make_password", hashed)
    made = create_accounts_for(people=people, by=admin)
    assert inside == [False] * 4
    assert all(account.check_password(password) for _person, account, password in made.accounts)


def test_only_the_administrator_makes_accounts(people):
    office = make_user(Role.OFFICE)
    assert client_for(office).get(reverse(ADDRESS)).status_code == 403
    with pytest.raises(PermissionDenied):
        create_accounts_for(people=people, by=office)


def test_the_list_costs_the_same_for_many(admin, people, django_assert_max_num_queries):
    client = client_for(admin)
    for more in (0, 30):
        Person.objects.bulk_create(Person(code=f"M{n:03}", name=f"李{n}", unit=people[0].unit) for n in range(more))
        with django_assert_max_num_queries(12):
            client.get(reverse(ADDRESS))

"""The administrator's accounts: who may see and change them, roles, initial passwords, the last administrator."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import client_for, make_unit, make_user
from units.models import AuditEntry, Person, Role, RoleGrant, User
from units.services import accounts as services
from units.services.accounts import Grant
from units.services.errors import ChangedMeanwhile, Refused

pytestmark = pytest.mark.django_db

ADMIN_PASSWORD = "first-of-all-words-9"


@pytest.fixture
def admin() -> User:
    return make_user(Role.ADMIN, username="guanli", name="系统管理员")


def make_person(name: str = "张一", **fields: Any) -> Person:
    number = Person.objects.count() + 1
    fields.setdefault("unit", make_unit())
    return Person.objects.create(code=f"P{number:04}", name=name, **fields)


def form_data(*roles: tuple[str, str, str], **fields: str) -> dict[str, Any]:
    data = {"username": "zhangyi", "name": "张一", "is_active": "on"} | fields
    data |= {"roles-TOTAL_FORMS": str(len(roles)), "roles-INITIAL_FORMS": "0"}
    for number, (role, unit, person) in enumerate(roles):
        data |= {f"roles-{number}-role": role, f"roles-{number}-unit": unit, f"roles-{number}-person": person}
    return data


def shown_password(response: Any) -> str:
    (password,) = re.findall(r'kp-secret">([^<]+)<', response.text)
    return password


def edit_data(client: Client, account: User, *roles: tuple[str, str, str], **fields: str) -> dict[str, Any]:
    """What the form of `account` holds when it is opened now, with other roles."""
    page = client.get(reverse("units:account_edit", args=[account.pk]))
    seen = page.context["form"].initial["seen"]
    return form_data(*roles, **({"username": account.username, "name": account.name, "seen": seen} | fields))


# Who may ---------------------------------------------------------------------------------------

READ, WRITE = {Role.ADMIN, Role.AUDITOR}, {Role.ADMIN}


@pytest.mark.parametrize("role", [*Role, None])
def test_administrators_change_auditors_read_others_see_nothing(role):
    other = make_user(Role.OFFICE)
    client = client_for(make_user(role))
    read, write = (200 if role in READ else 403), (200 if role in WRITE else 403)
    assert client.get(reverse("units:account_list")).status_code == read
    assert client.get(reverse("units:account_detail", args=[other.pk])).status_code == read
    assert client.get(reverse("units:account_add")).status_code == write
    assert client.get(reverse("units:account_edit", args=[other.pk])).status_code == write
    posts = (
        (reverse("units:account_add"), form_data(), write),
        (reverse("units:account_edit", args=[other.pk]), form_data(), 422 if role in WRITE else 403),
        (reverse("units:account_reset", args=[other.pk]), {}, write),
    )
    for address, data, expected in posts:
        assert client.post(address, data).status_code == expected
    assert User.objects.filter(username="zhangyi").exists() is (role in WRITE)
    assert AuditEntry.objects.exists() is (role in WRITE)


def test_a_visitor_is_sent_to_log_in(admin):
    addresses = [reverse("units:account_list"), reverse("units:account_add")]
    addresses += [reverse(f"units:account_{name}", args=[admin.pk]) for name in ("detail", "edit", "reset")]
    for address in addresses:
        assert Client().get(address)["Location"] == f"/accounts/login/?next={address}"
        assert Client().post(address).status_code == 302


def test_an_auditor_is_offered_nothing_to_change(admin):
    client = client_for(make_user(Role.AUDITOR))
    for address in (reverse("units:account_list"), reverse("units:account_detail", args=[admin.pk])):
        page = client.get(address).text
        assert reverse("units:account_add") not in page
        assert reverse("units:account_edit", args=[admin.pk]) not in page
        assert reverse("units:account_reset", args=[admin.pk]) not in page


def test_a_password_is_reset_by_post_only(admin):
    assert client_for(admin).get(reverse("units:account_reset", args=[admin.pk])).status_code == 405


@pytest.mark.parametrize("role", [Role.OFFICE, Role.AUDITOR, Role.LEADER])
def test_services_ask_for_the_permission_themselves(role, admin):
    by = make_user(role)
    with pytest.raises(PermissionDenied):
        services.create_account(username="x", name="", grants=[], by=by)
    with pytest.raises(PermissionDenied):
        services.reset_password(user=admin, by=by)
    with pytest.raises(PermissionDenied):
        services.change_account(user=admin, username="x", name="", is_active=False, grants=[], seen="", by=by)


# Reading ---------------------------------------------------------------------------------------


def test_the_queries_of_the_list_do_not_grow(admin):
    client = client_for(admin)

    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(reverse("units:account_list")).status_code == 200
        return len(queries)

    few = count()
    for _number in range(3):
        user = make_user(Role.ASSESSOR)
        RoleGrant.objects.create(user=user, role=Role.SUBJECT, person=make_person())
    assert count() == few == 7  # session, account, its roles, its messages, number of accounts, accounts, roles


def test_the_queries_of_one_account_do_not_grow(admin):
    client = client_for(admin)
    account = make_user(Role.ASSESSOR)

    def count(name: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse(f"units:account_{name}", args=[account.pk])).status_code == 200
        return len(queries)

    few = count("detail"), count("edit")
    for _number in range(3):
        RoleGrant.objects.create(user=account, role=Role.ASSESSOR, unit=make_unit())
        RoleGrant.objects.create(user=account, role=Role.SUBJECT, person=make_person())
    assert (count("detail"), count("edit")) == few == (7, 6)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"guanli", "lier", "wangwu"}),
        ("?q=LIER", {"lier"}),
        ("?q=李二", {"lier"}),
        ("?q=教育", {"lier"}),
        ("?q=不存在", set()),
        ("?role=assessor", {"lier"}),
        ("?role=admin&q=系统", {"guanli"}),
        ("?state=inactive", {"wangwu"}),
        ("?state=active", {"guanli", "lier"}),
        ("?state=initial", {"lier"}),
        ("?role=nonsense", {"guanli", "lier", "wangwu"}),
    ],
)
def test_accounts_are_found_by_name_unit_role_and_state(admin, query, found):
    make_user(Role.ASSESSOR, make_unit("区教育局"), username="lier", name="李二", must_change_password=True)
    make_user(Role.OFFICE, username="wangwu", name="王五", is_active=False)
    page = client_for(admin).get(reverse("units:account_list") + query)
    assert {account.username for account in page.context["page_obj"]} == found


def test_the_list_is_paged_and_the_pages_keep_the_filter(admin):
    User.objects.bulk_create(User(username=f"u{number:03}") for number in range(60))
    client = client_for(admin)
    page = client.get(reverse("units:account_list") + "?q=u0")
    assert len(page.context["page_obj"]) == 50
    assert "?q=u0&amp;page=2" in page.text
    assert len(client.get(reverse("units:account_list") + "?q=u0&page=2").context["page_obj"]) == 10


# Adding ----------------------------------------------------------------------------------------


def test_a_new_account_gets_its_roles_and_a_password_that_is_shown_once(admin):
    unit, person = make_unit("区教育局", code="J01"), make_person("李二")
    client = client_for(admin)
    data = form_data(("assessor", "J01", ""), ("subject", "", f"{person.code} 李二"), ("leader", "", ""), ("", "", ""))
    response = client.post(reverse("units:account_add"), data)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    password = shown_password(response)
    account = User.objects.get(username="zhangyi")
    assert account.check_password(password)
    assert account.must_change_password
    assert {(g.role, g.unit, g.person) for g in account.role_grants.all()} == {
        ("assessor", unit, None),
        ("subject", None, person),
        ("leader", None, None),
    }
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action) == (admin, "create account")
    assert password not in str(entry.changes)
    detail = client.get(reverse("units:account_detail", args=[account.pk])).text
    assert password not in detail
    assert "区教育局" in detail
    newcomer = Client()
    newcomer.post("/accounts/login/", {"username": "zhangyi", "password": password})
    assert newcomer.get("/")["Location"] == "/accounts/password/"


def test_initial_passwords_differ_and_hold_no_signs_that_look_alike():
    passwords = {services.initial_password() for _number in range(50)}
    assert len(passwords) == 50
    for password in passwords:
        assert re.fullmatch(r"[a-hjkmnp-z2-9]{4}(-[a-hjkmnp-z2-9]{4}){3}", password)


@pytest.mark.parametrize(
    ("roles", "line", "field"),
    [
        ([("assessor", "", "")], 0, "unit"),
        ([("subject", "", "")], 0, "unit"),
        ([("subject", "J01", "P0001")], 0, "person"),
        ([("admin", "J01", "")], 0, "role"),
        ([("", "J01", "")], 0, "role"),
        ([("leader", "", ""), ("assessor", "没有的单位", "")], 1, "unit"),
        ([("assessor", "J01", ""), ("assessor", "区教育局", "")], 1, "role"),
        ([("boss", "", "")], 0, "role"),
        ([("subject", "", "同名")], 0, "person"),
    ],
)
def test_a_role_that_does_not_fit_is_said_at_its_field_and_nothing_typed_is_lost(admin, roles, line, field):
    make_unit("区教育局", code="J01")
    for name in ("李二", "同名", "同名"):
        make_person(name)
    response = client_for(admin).post(reverse("units:account_add"), form_data(*roles))
    assert response.status_code == 422
    assert field in response.context["roles"][line].errors
    assert 'value="zhangyi"' in response.text
    for typed in roles[line][1:]:
        assert not typed or f'value="{typed}"' in response.text
    assert not User.objects.filter(username="zhangyi").exists()


@pytest.mark.parametrize("username", ["GuanLi", "guanli", "two words", ""])
def test_a_user_name_that_is_taken_or_wrong_is_refused(admin, username):
    response = client_for(admin).post(reverse("units:account_add"), form_data(username=username))
    assert response.status_code == 422
    assert "username" in response.context["form"].errors
    assert User.objects.count() == 1


# Changing --------------------------------------------------------------------------------------


def test_names_and_roles_are_changed_and_the_log_says_from_and_to(admin):
    old, new = make_unit("区教育局", code="J01"), make_unit("区卫健局", code="W01")
    account = make_user(Role.ASSESSOR, old, username="lier", name="李二")
    client = client_for(admin)
    data = edit_data(client, account, ("assessor", "J01", ""), ("assessor", "W01", ""), name="李三")
    data["roles-0-DELETE"] = "on"
    response = client.post(reverse("units:account_edit", args=[account.pk]), data)
    assert response["Location"] == reverse("units:account_detail", args=[account.pk])
    account.refresh_from_db()
    assert account.name == "李三"
    assert [grant.unit for grant in account.role_grants.all()] == [new]
    changes = AuditEntry.objects.get().changes
    assert changes["name"] == ["李二", "李三"]
    assert "区教育局" in changes["roles"][0]
    assert "区卫健局" in changes["roles"][1]
    assert set(changes) == {"name", "roles"}


def test_saving_what_is_there_writes_nothing(admin):
    account = make_user(Role.LEADER)
    client = client_for(admin)
    data = edit_data(client, account, ("leader", "", ""))
    assert client.post(reverse("units:account_edit", args=[account.pk]), data).status_code == 302
    assert not AuditEntry.objects.exists()


def test_two_administrators_do_not_overwrite_each_other_unawares(admin):
    account = make_user(Role.LEADER, username="lier", name="李二")
    one, two = client_for(admin), client_for(make_user(Role.ADMIN))
    address = reverse("units:account_edit", args=[account.pk])
    first = edit_data(one, account, ("leader", "", ""), name="李甲")
    second = edit_data(two, account, ("auditor", "", ""), name="李乙")
    assert one.post(address, first).status_code == 302
    refused = two.post(address, second)
    assert refused.status_code == 422
    assert "李甲" in refused.text
    assert 'value="李乙"' in refused.text
    account.refresh_from_db()
    assert (account.name, account.role_grants.get().role) == ("李甲", "leader")
    second["seen"] = refused.context["form"]["seen"].value()
    assert two.post(address, second).status_code == 302
    account.refresh_from_db()
    assert (account.name, account.role_grants.get().role) == ("李乙", "auditor")


def test_an_account_is_switched_off_and_on_again(admin):
    account = make_user(Role.LEADER)
    client, its_own = client_for(admin), client_for(account)
    address = reverse("units:account_edit", args=[account.pk])
    data = edit_data(client, account, ("leader", "", ""))
    del data["is_active"]
    assert client.post(address, data).status_code == 302
    account.refresh_from_db()
    assert not account.is_active
    assert its_own.get("/accounts/me/").status_code == 302
    assert client.post(address, edit_data(client, account, ("leader", "", ""))).status_code == 302
    account.refresh_from_db()
    assert account.is_active
    assert [entry.changes for entry in AuditEntry.objects.order_by("pk")] == [
        {"active": ["True", "False"]},
        {"active": ["False", "True"]},
    ]


@pytest.mark.parametrize("way", ["switched off", "role taken"])
def test_the_last_active_administrator_stays(admin, way):
    make_user(Role.ADMIN, is_active=False)
    client = client_for(admin)
    address = reverse("units:account_edit", args=[admin.pk])

    def post() -> int:
        data = edit_data(client, admin, ("admin" if way == "switched off" else "office", "", ""))
        if way == "switched off":
            del data["is_active"]
        return client.post(address, data).status_code

    assert post() == 422
    admin.refresh_from_db()
    assert admin.is_active
    assert admin.role_grants.get().role == Role.ADMIN
    assert not AuditEntry.objects.exists()
    make_user(Role.ADMIN)
    assert post() == 302


def test_a_reset_shows_a_new_password_ends_sessions_and_the_lock(admin):
    account = make_user(Role.LEADER, username="lier")
    its_own, elsewhere = client_for(account), Client()
    for _attempt in range(5):
        elsewhere.post("/accounts/login/", {"username": "lier", "password": "wrong"})
    response = client_for(admin).post(reverse("units:account_reset", args=[account.pk]))
    password = shown_password(response)
    assert "no-store" in response["Cache-Control"]
    assert its_own.get("/accounts/me/").status_code == 302
    account.refresh_from_db()
    assert account.must_change_password
    assert elsewhere.post("/accounts/login/", {"username": "lier", "password": password}).status_code == 302
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.changes) == (admin, "reset password", {})


def test_services_refuse_what_a_form_would_have_said(admin):
    unit, person = make_unit(), make_person()
    wrong = (
        [Grant(Role.ASSESSOR)],
        [Grant(Role.SUBJECT)],
        [Grant(Role.SUBJECT, unit, person)],
        [Grant(Role.AUDITOR, unit)],
        [Grant(Role.LEADER), Grant(Role.LEADER)],
    )
    for grants in wrong:
        with pytest.raises(Refused):
            services.create_account(username="x", name="", grants=grants, by=admin)
    with pytest.raises(ChangedMeanwhile):
        services.change_account(user=admin, username="y", name="", is_active=True, grants=[], seen="old", by=admin)
    with pytest.raises(IntegrityError), transaction.atomic():
        services.create_account(username=admin.username, name="", grants=[], by=admin)
    assert User.objects.count() == 1
    assert not AuditEntry.objects.exists()


# The command -----------------------------------------------------------------------------------


def create_admin(username: str) -> str:
    out = io.StringIO()
    call_command("create_admin", username, stdout=out)
    return out.getvalue()


def test_the_first_administrator_comes_from_the_command_line(monkeypatch):
    monkeypatch.setenv("KAOPING_ADMIN_PASSWORD", ADMIN_PASSWORD)
    assert "created" in create_admin("chief")
    user = User.objects.get()
    assert user.check_password(ADMIN_PASSWORD)
    assert not user.must_change_password
    assert user.role_grants.get().role == Role.ADMIN
    stored = user.password
    assert "as it was" in create_admin("chief")
    user.refresh_from_db()
    assert user.password == stored
    assert AuditEntry.objects.count() == 1


def test_the_command_is_a_way_back_in(monkeypatch):
    user = make_user(Role.OFFICE, username="chief", is_active=False, must_change_password=True)
    monkeypatch.setenv("KAOPING_ADMIN_PASSWORD", ADMIN_PASSWORD)
    assert "changed" in create_admin("chief")
    user.refresh_from_db()
    assert (user.is_active, user.must_change_password) == (True, False)
    assert user.check_password(ADMIN_PASSWORD)
    assert {grant.role for grant in user.role_grants.all()} == {Role.ADMIN, Role.OFFICE}


@pytest.mark.parametrize(("username", "password"), [("chief", "short"), ("two words", ADMIN_PASSWORD)])
def test_the_command_keeps_to_the_rules(monkeypatch, username, password):
    monkeypatch.setenv("KAOPING_ADMIN_PASSWORD", password)
    with pytest.raises(CommandError):
        create_admin(username)
    assert not User.objects.exists()


def test_a_superuser_of_django_is_an_administrator(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", ADMIN_PASSWORD)
    call_command("createsuperuser", "--noinput", "--username", "chief", stdout=io.StringIO())
    assert client_for(User.objects.get()).get(reverse("units:account_list")).status_code == 200
